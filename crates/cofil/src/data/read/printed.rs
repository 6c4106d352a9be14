//! Tables as programs print them for people, with columns that are aligned by blanks.

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
    let is_even = |delimiter: &str| {
        let count = |line: &&str| line.matches(delimiter).count();
        lines.first().map(count) != Some(0)
            && lines.windows(2).all(|pair| count(&pair[0]) == count(&pair[1]))
    };
    if lines.len() < FEW || text.contains('\t') || [",", ";", "|", "::"].into_iter().any(is_even) {
        return false;
    }
    are_aligned(&lines) || (lines.len() > FEW && are_aligned(&lines[1..]))
}

fn are_aligned(lines: &[&str]) -> bool {
    let mut filled: Vec<bool> = Vec::new();
    for line in lines {
        for (at, c) in line.chars().enumerate() {
            if at == filled.len() {
                filled.push(false);
            }
            filled[at] |= !c.is_whitespace();
        }
    }
    let columns = filled.split(|&is_filled| !is_filled).filter(|column| !column.is_empty()).count();
    columns > 1 && lines.iter().any(|line| line.trim_start().contains("  "))
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
}
