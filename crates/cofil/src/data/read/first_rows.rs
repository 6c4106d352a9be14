//! What the first rows of delimited text may hold instead of what was guessed from them.

use super::ReadOptions;
use super::columns::Columns;
use super::field::{number, quoted};
use super::known::{is_known, is_word_of_ids};
use super::looks::Looks;
use super::options::Quote;
use super::sniff::{Grid, cut, has_digit, is_counted};
use std::collections::HashSet;

/// Number of rows from which on they are not alike by chance.
const ENOUGH: usize = 5;
/// Number of columns of small numbers that are a matrix.
const DENSE: usize = 5;
/// Number of columns of 0 and 1 at the end that are properties.
const FLAGS: usize = 8;
/// Number of rows among which a second header is searched.
const NEAR: usize = 4;

/// Types of columns, as they are written below names.
pub(super) const TYPES: &[&str] = &[
    "int",
    "integer",
    "int32",
    "int64",
    "bigint",
    "smallint",
    "long",
    "number",
    "numeric",
    "decimal",
    "float",
    "float64",
    "double",
    "real",
    "string",
    "str",
    "text",
    "char",
    "varchar",
    "object",
    "token",
    "date",
    "datetime",
    "timestamp",
    "time",
    "bool",
    "boolean",
    "uuid",
];

/// Returns an error if the rows have no ids: those of a matrix without names, or of a run of a search engine.
pub(super) fn check(grid: &Grid, options: &ReadOptions) -> Result<(), String> {
    let (rows, width) = (grid.body(), grid.width());
    let told = [&options.user, &options.item].iter().any(|column| column.is_some());
    if told || grid.header || rows.len() < ENOUGH || rows.iter().any(|row| row.len() != width) {
        return Ok(());
    }
    let all =
        |is: &dyn Fn(&[u8]) -> bool| rows.iter().flatten().all(|field| is(field.trim_ascii()));
    let is_bit = |field: &[u8]| matches!(field, b"0" | b"1");
    let is_small = |field: &[u8]| {
        let whole = number(field).filter(|n| n.fract() == 0.0);
        field.is_empty() || whole.is_some_and(|n| (0.0..=10.0).contains(&n))
    };
    if (width > 2 && all(&is_bit)) || (width >= DENSE && rows.len() >= 2 * ENOUGH && all(&is_small))
    {
        return Err(format!(
            "{} and the rows below look like a matrix without names, with a row for each user and a column for each \
             item: use `shape` = matrix, or name the user and item columns",
            quoted(&rows[0].join(&grid.delimiter[..]))
        ));
    }
    let is_flag = |column: usize| grid.below(column).all(|field| is_bit(field.trim_ascii()));
    let flags = (0..width).rev().take_while(|&c| is_flag(c)).count();
    let different: HashSet<&[u8]> = grid.below(0).collect();
    if flags >= FLAGS && different.len() == rows.len() {
        return Err(format!(
            "{} and the rows below look like a table of items or users, with a column of 0 and 1 for each property, not \
             of interactions; if it is a matrix of users and items, use `shape` = matrix, else give the table of \
             interactions",
            quoted(&rows[0][..width - flags].join(&grid.delimiter[..]))
        ));
    }
    let is_query = |row: &Vec<Vec<u8>>| row[1].eq_ignore_ascii_case(b"q0");
    if width == 6 && rows.iter().all(is_query) {
        return Err("these lines look like a run of a search engine (query, Q0, document, rank, score, name), not \
                    like interactions: evaluate them as lists, or name the user and item columns"
            .into());
    }
    Ok(())
}

/// Returns whether the first column only counts the rows, as some programs write in front of users and items.
pub(super) fn counts_rows(grid: &Grid, options: &ReadOptions) -> bool {
    let told = [&options.user, &options.item].iter().any(|column| column.is_some());
    let count = |start: usize| {
        grid.below(0).zip(start..).all(|(field, n)| field.trim_ascii() == n.to_string().as_bytes())
    };
    let are_ids =
        |looks: Looks| looks.is_plain_text() || matches!(looks, Looks::Lists | Looks::SomeLists);
    let texts = (1..grid.width()).filter(|&c| are_ids(Looks::of(grid.below(c)))).count();
    !told && !grid.header && grid.body().len() >= ENOUGH && texts > 1 && (count(0) || count(1))
}

/// Returns notes on guesses that may be wrong. `options` are those that were given.
pub(super) fn notes(
    head: &[u8],
    grid: &Grid,
    columns: &Columns,
    options: &ReadOptions,
) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(second_header(grid));
    let free = [&options.user, &options.item].iter().all(|column| column.is_none());
    if grid.header {
        notes.extend(unknown_header(grid).filter(|_| free && options.header.is_none()));
        return notes;
    }
    if options.header.is_none() && is_counted(&grid.rows()[0]) && grid.width() > 2 {
        let line = quoted(&grid.rows()[0].join(&grid.delimiter[..]));
        notes.push(format!(
            "the first line, {line}, is taken for a row; if pandas wrote it as the names of the columns, set `header` = \
             true"
        ));
    }
    if counts_rows(grid, options) {
        notes.push("column 1 counts the rows, and is not read".into());
    }
    if options.shape.is_none() && options.item.is_none() {
        notes.extend(further_items(grid, columns));
    }
    if free && options.value.is_none() {
        notes.extend(values_in_front(grid, columns));
    }
    if options.delimiter.is_none() && matches!(grid.delimiter[..], [b';' | b'|']) {
        notes.extend(commas(head, grid, options.quote));
    }
    notes
}

/// Returns a note if no name of the header is known.
fn unknown_header(grid: &Grid) -> Option<String> {
    let names = grid.names()?;
    let is_numbered = |name: &String| name.is_empty() || name.parse::<u64>().is_ok();
    let unknown = !names.iter().any(|name| is_known(name) || is_numbered(name));
    unknown.then(|| {
        let line = quoted(&grid.rows()[0].join(&grid.delimiter[..]));
        format!("the first line, {line}, is taken for column names; if it is a row, set `header` = false")
    })
}

/// Returns a note if a row below the first has nothing but names of columns, or their types.
fn second_header(grid: &Grid) -> Option<String> {
    let is_name = |field: &Vec<u8>| {
        let text = String::from_utf8_lossy(field.trim_ascii());
        let word = text.trim_matches(['(', ')']).to_lowercase();
        let word = word.split('(').next().unwrap_or_default();
        let within =
            text.len() > 2 && text.starts_with('(') && text.ends_with(')') && !has_digit(field);
        word.len() > 1
            && (TYPES.contains(&word) || is_known(&text) || is_word_of_ids(word) || within)
    };
    // Other names may be unknown.
    let is_header = |row: &Vec<Vec<u8>>| {
        let names = row.iter().filter(|field| is_name(field)).count();
        names > 1
            && 2 * names >= row.len()
            && !row.iter().any(|field| has_digit(field) && !is_name(field))
    };
    let (at, row) =
        grid.rows().iter().enumerate().take(NEAR).skip(1).find(|(_, row)| is_header(row))?;
    let line = quoted(&row.join(&grid.delimiter[..]));
    Some(format!(
        "row {} of the file, {line}, looks like names or types of columns: if it is, keep one line of names, above the \
         rows",
        at + 1
    ))
}

/// Returns a note if the users are small numbers in front of two columns of texts, which may be users and items.
fn values_in_front(grid: &Grid, columns: &Columns) -> Option<String> {
    let is_small = |field: &[u8]| {
        number(field.trim_ascii()).is_some_and(|n| n.fract() == 0.0 && (-10.0..=10.0).contains(&n))
    };
    let is_text = |column: usize| Looks::of(grid.below(column)).is_plain_text();
    let are_small = columns.user == 0
        && grid.body().len() >= ENOUGH
        && grid.below(0).all(is_small)
        && !counts(grid.below(0));
    (are_small && columns.item == 1 && is_text(1) && is_text(2)).then(|| {
        "column 1 is taken for users, though its numbers are as small as ratings; if they are values, name the columns \
         (`user` = 2, `item` = 3, `value` = 1)"
            .into()
    })
}

/// Returns whether the numbers ascend from 0 or 1 without gaps, as ids of users do where their rows stand together.
fn counts<'a>(mut numbers: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut last = match numbers.next().and_then(number) {
        Some(first) if first == 0.0 || first == 1.0 => first,
        _ => return false,
    };
    numbers.all(|field| {
        let next = number(field).unwrap_or(f32::NAN);
        let follows = next == last || next == last + 1.0;
        last = next;
        follows
    }) && last > 1.0
}

/// Returns a note if the columns that are not read may hold items, as in lines of a user and items: texts, or whole
/// numbers between blanks behind a different user in each line.
fn further_items(grid: &Grid, columns: &Columns) -> Option<String> {
    let used = [Some(columns.user), Some(columns.item), columns.value, columns.time, columns.kind];
    let free: Vec<usize> =
        (0..grid.width()).filter(|&column| !used.contains(&Some(column))).collect();
    let fields = |column: usize| grid.rows().iter().filter_map(move |row| row.get(column));
    let different = |column: usize| fields(column).collect::<HashSet<_>>();
    let are_all = |is: fn(Looks) -> bool| {
        free.iter().all(|&column| is(Looks::of(fields(column).map(Vec::as_slice))))
    };
    let items = different(columns.item);
    let are_shared = || free.iter().any(|&column| fields(column).any(|id| items.contains(id)));
    let may_be_items =
        match grid.delimiter == b" " && different(columns.user).len() == grid.rows().len() {
            true if are_all(Looks::is_whole) => true,
            _ => are_all(Looks::is_plain_text) && (free.len() > 1 || are_shared()),
        };
    let (first, last) = (free.first()? + 1, free.last()? + 1);
    let named = match free.len() {
        1 => format!("column {first} is"),
        _ => format!("columns {first} to {last} are"),
    };
    may_be_items.then(|| {
        format!("{named} not read; if each line is a user and its items, use `shape` = lists")
    })
}

/// Returns a note if commas split all rows alike too, into a first field with lists, as in `a|b|c,u1,i1`.
fn commas(head: &[u8], grid: &Grid, quote: Option<Quote>) -> Option<String> {
    let rows = cut(head, b",", quote);
    let is_list = |row: &Vec<Vec<u8>>| {
        row.len() == rows[0].len() && super::text::find(&row[0], &grid.delimiter).is_some()
    };
    (rows.len() > 1 && rows[0].len() > 2 && rows.iter().all(is_list)).then(|| {
        let delimiter = String::from_utf8_lossy(&grid.delimiter);
        format!("columns are separated by `{delimiter}`, though commas split all rows alike too; if they do, set `delimiter` = ,")
    })
}

#[cfg(test)]
mod tests {
    use super::super::messy::{notes, refused, rows};

    fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
        (0..count).map(|n| line(n) + "\n").collect()
    }

    #[test]
    fn matrices_without_names_are_refused() {
        for content in [
            lines(20, |n| format!("1,0,{},0,1,0,{},0", n % 2, n / 2 % 2)),
            lines(9, |n| format!("{} 1 0 {}", n % 2, n / 2 % 2)),
            lines(12, |n| format!("{},3,{},1,5,0", n % 6, n % 4)),
        ] {
            let told = refused(&content);
            assert!(told.contains("matrix without names") && told.contains("matrix"), "{told}");
        }
        assert_eq!(rows(&lines(12, |n| format!("{},3,{},1", n % 6, n % 4))).len(), 12);
    }

    #[test]
    fn runs_and_judgements_are_known() {
        let told = refused(&lines(9, |n| format!("30{n} Q0 FBIS3-{n} 1 12.5 bm25")));
        assert!(told.contains("a run of a search engine"), "{told}");
        let judged = lines(9, |n| format!("{n},0,4{n}1,1"));
        assert_eq!(rows(&judged)[2], "2 421 1");
        assert!(notes(&judged).contains("TREC relevance judgements"));
    }

    #[test]
    fn numbers_of_rows_are_passed_over() {
        let content = lines(6, |n| format!("{n},ann{},tea{n},5", n % 2));
        assert_eq!(rows(&content)[1], "ann1 tea1 5");
        assert!(notes(&content).contains("column 1 counts the rows"), "{}", notes(&content));
        let impressions =
            lines(6, |n| format!("{n}\tU{n}\t11/1{n}/2019 9:05:58 AM\tN{n} N1\tN2-1 N{n}-0"));
        assert!(
            refused(&impressions).contains("several items in each row"),
            "{}",
            refused(&impressions)
        );
        // Users may be numbered by their rows.
        assert_eq!(rows(&lines(6, |n| format!("{n},7{n},5")))[1], "1 71 5");
    }

    #[test]
    fn small_numbers_in_front_of_texts_are_told() {
        for content in [
            lines(20, |n| format!("{}\tu{n}\ti{}", 1 + n * 7 % 5, n % 9)),
            lines(20, |n| format!("{},u{n},i{},15164913{n:02}", n * 3 % 2, n % 9)),
        ] {
            let told = notes(&content);
            assert!(told.contains("as small as ratings") && told.contains("`user` = 2"), "{told}");
        }
        let users = lines(20, |n| format!("{},i{},drink", n / 4, n % 9));
        assert!(!notes(&users).contains("as small as"), "{}", notes(&users));
    }

    #[test]
    fn rows_with_missing_values_are_no_headers() {
        for mark in ["\\N", "NULL", "NA", "-", "?"] {
            let content =
                format!("x1\ty1\t{mark}\n") + &lines(6, |n| format!("u{n}\ti{n}\t{}", n % 5));
            assert!(refused(&content).starts_with("t:1: value"), "{}", refused(&content));
        }
        for first in ["Ann,Alien,", "ann,i1,maybe", "u0,i0,nej"] {
            let content = format!("{first}\n") + &lines(6, |n| format!("u{n},i{n},{}", n % 2));
            let read = super::super::messy::table(&content, &super::ReadOptions::default());
            let is_row = |told: String| told.contains("value") || told.contains("column 3");
            assert!(read.map_or_else(is_row, |read| read.report.rows == 7), "{first}");
        }
        assert_eq!(
            rows(&(String::from("anonymous,i1\n") + &lines(6, |n| format!("u{n},i{n}")))).len(),
            7
        );
        let told = notes(&(String::from("wer,was\n") + &lines(6, |n| format!("u{n},i{n}"))));
        assert!(told.contains("the first line, \"wer,was\", is taken for column names"), "{told}");
        assert!(told.contains("`header` = false"), "{told}");
    }

    #[test]
    fn second_headers_are_told() {
        for head in [
            "Customer,,Product,,Sales\nID,Name,ID,Name,Qty\n",
            "user_id,item_id\nint,int\n",
            "user,item\nVARCHAR(20),VARCHAR(20)\n",
            "Customer,Product\n(id),(sku)\n",
            "user,item\nNutzer,Artikel\n",
            "Report,January\nuser,item\n",
        ] {
            let width = head.lines().next().map_or(0, |line| line.split(',').count());
            let row =
                |n: usize| (0..width).map(|c| format!("{c}{n}")).collect::<Vec<_>>().join(",");
            let told = notes(&(String::from(head) + &lines(8, row)));
            assert!(
                told.contains("row 2 of the file") && told.contains("names or types"),
                "{head}: {told}"
            );
        }
        assert!(!notes("user,item\nuser,jam\nbob,item\n").contains("row 2"));
    }
}
