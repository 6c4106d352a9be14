//! Tables as programs print them for people, with columns that are aligned by blanks.

use super::sniff;

/// Number of lines from which on their alignment can be told.
const FEW: usize = 3;

/// Returns whether `text` begins as the output of a program that says so: a tibble, a data frame of polars, or a table
/// with a line for each field, of psql or mysql.
pub(super) fn is_marked(text: &str) -> bool {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let begins = ["# A tibble:", "# A data frame:", "shape: (", "-[ RECORD 1 ]", "── Data"];
    begins.iter().any(|begin| first.starts_with(begin))
        || (first.starts_with("***") && first.contains(" row ***"))
}

/// Returns whether the lines of `text`, perhaps without the first, have their columns at the same places, with
/// several blanks between some, and no other delimiter.
pub(super) fn is_aligned(text: &str) -> bool {
    let lines =
        text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('['));
    let lines: Vec<&str> = lines.collect();
    let splits = |delimiter: &str| sniff::splits(text.as_bytes(), delimiter.as_bytes());
    if lines.len() < FEW || text.contains('\t') || [",", ";", "|", "::"].into_iter().any(splits) {
        return false;
    }
    are_aligned(&lines) || (lines.len() > FEW && are_aligned(&lines[1..]))
}

/// Returns whether there are places with blanks in all lines, not only in the few that are long enough.
fn are_aligned(lines: &[&str]) -> bool {
    // How many lines have something there, and how many reach beyond.
    let mut places: Vec<(usize, usize)> = Vec::new();
    for line in lines {
        for (at, c) in line.chars().enumerate() {
            if at == places.len() {
                places.push((0, 0));
            }
            places[at].0 += usize::from(!c.is_whitespace());
            places[at].1 += 1;
        }
    }
    let is_gap = |&(filled, reaching): &(usize, usize)| filled == 0 && 2 * reaching > lines.len();
    let columns = places.split(is_gap).filter(|column| !column.is_empty()).count();
    // Several blanks within a text are no alignment.
    let is_padded = |line: &&str| {
        let letters: Vec<char> = line.chars().collect();
        let start = letters.iter().position(|c| !c.is_whitespace()).unwrap_or_default();
        (start + 1..letters.len()).any(|at| {
            letters[at - 1..=at].iter().all(|c| c.is_whitespace())
                && places[at - 1..=at].iter().any(is_gap)
        })
    };
    columns > 1 && lines.iter().any(is_padded)
}

#[cfg(test)]
mod tests {
    use super::super::messy::{refused, rows};

    #[test]
    fn printed_tables_are_named() {
        for printed in [
            "  user item  rating\n0  ann  tea       5\n1  bob  jam      10\n",
            "    user    item  rating\n0    ann     tea       5\n..   ...     ...     ...\n99   bob     jam      10\n\n[100 rows x 3 columns]\n",
            "# A tibble: 2 \u{d7} 3\n  user  item  rating\n  <chr> <chr>  <dbl>\n1 ann   tea        5\n2 bob   jam        4\n",
            "shape: (2, 2)\n┌──────┬──────┐\n│ user ┆ item │\n│ ---  ┆ ---  │\n│ str  ┆ str  │\n╞══════╪══════╡\n│ ann  ┆ tea  │\n└──────┴──────┘\n",
            "Obs    user    item    rating\n\n  1    ann     tea        5\n  2    bob     jam       10\n",
            "                 The SAS System\n\nObs    user    item    rating\n\n  1    ann     tea        5\n  2    bob     jam       10\n",
            "     +-----------------------+\n     | user   item    rating |\n     |-----------------------|\n  1. |  ann    tea         5 |\n     +-----------------------+\n",
            "=====  =====\nuser   item\n=====  =====\nann    tea\n=====  =====\n",
            "user      item      rating\nann       tea       5\nbob       jam       4\n",
            "-[ RECORD 1 ]\nuser | ann\nitem | tea\n-[ RECORD 2 ]\nuser | bob\nitem | jam\n",
            "*************************** 1. row ***************************\nuser: ann\nitem: tea\n",
        ] {
            let told = refused(printed);
            assert!(told.contains("table printed") && told.contains("as CSV"), "{printed}{told}");
        }
        let told = refused("--\n-- PostgreSQL database dump\n--\n\nSET x = 0;\n");
        assert!(told.contains("SQL"), "{told}");
        assert_eq!(rows("ann tea 5\nbob jam 4\ncat jam 3\n").len(), 3);
        assert_eq!(rows("ann,   tea,   5\nbob,   jam,   4\ncat,   jam,  10\n").len(), 3);
        assert_eq!(rows("1 2 3\n1 3 4\n2 3 5\n").len(), 3);
    }

    #[test]
    fn tables_with_texts_are_not_printed_ones() {
        for content in [
            "user,book,rating\n1,\"Hitchhiker's Guide, The\",5\n2,\"Dune  (Book 1)\",4\n3,\"Hobbit, The\",5\n2,\"Foundation and Empire, Second  Foundation\",4\n",
            "user_id,recipe_id,date,rating,review\n1,7,2003-02-17,4,\"Great with a salad.  Cooked on top, 15 min.\"\n2,7,2001-12-19,5,\"So simple, so delicious!\n\nGreat for chilly  evenings.\"\n1,8,2002-02-01,5,Good\n3,8,2002-02-02,3,\"Fine,  but small\"\n",
            "1;\"a; b  c\";5\n2;\"d\";4\n3;\"e; f\";4\n1;\"d\";3\n",
            "user|text|stars\n1|\"a | b  c\"|5\n2|d|4\n3|\"e | f\"|4\n1|d|3\n",
        ] {
            assert_eq!(rows(content).len(), 4, "{content}");
        }
        // A line that is no row is told as such.
        let torn = "user,text,stars\n1,a  b,5\n2,c,4\n3,d,  e,4\n1,f,3\n";
        assert!(refused(torn).starts_with("t:4: 4 fields"), "{}", refused(torn));
        // Several blanks within a text are no alignment.
        let told = refused("1 tea\n2 jam\n3 tea\n4 jam\n5 a  b\n");
        assert!(told.starts_with("t:5: ") && !told.contains("printed"), "{told}");
    }
}
