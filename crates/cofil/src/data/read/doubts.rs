//! Notes on ids that were read as they are written, but probably mean something else.

use super::field::shown;
use super::foreign::{SUMS, footer, is_sum};
use super::unread::shortened;
use crate::data::describe;
use crate::data::prose::{count, have, number, percent};
use crate::data::{IdMap, Interactions};

/// Returns notes on the ids `names` of the rows `of`, of which the first `known` are from earlier data. `what` is the
/// noun to use: `user` or `item`.
pub(super) fn ids(what: &str, of: &[u32], names: &IdMap, known: usize) -> Vec<String> {
    // Integers have neither marks nor quotes, and would have to be written as text.
    if names.all_integers().is_some() {
        return Vec::new();
    }
    let new = || (known..names.len()).map(|number| names.name(number as u32));
    let notes = marks(what, of, names).into_iter().chain(quotes(what, new()));
    notes.chain(spoilt(what, new())).collect()
}

/// Returns notes on ids that a program has changed: with blanks that nobody sees, or shortened to `4.01E+12`.
fn spoilt<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    // No-break and other blanks, and those of no width.
    let is_hidden = |c: char| {
        !c.is_ascii()
            && (c.is_whitespace() || ('\u{200b}'..='\u{200d}').contains(&c) || c == '\u{feff}')
    };
    let is_short = |name: &str| {
        name.split_once("E+").is_some_and(|(digits, power)| {
            digits.contains(['.', ','])
                && power.parse::<u8>().is_ok()
                && digits.replace(',', ".").parse::<f64>().is_ok()
        })
    };
    let (mut blank, mut short) = (Kept::default(), Kept::default());
    for name in names {
        blank.add(name, name.starts_with(is_hidden) || name.ends_with(is_hidden));
        short.add(name, is_short(name));
    }
    let told = |kept: &Kept<'_>, why: &str| {
        let first = kept.first.escape_default();
        (kept.count > 0).then(|| {
            format!("{}, such as `{first}`, {why}", count(kept.count, &format!("{what} id")))
        })
    };
    let blank = told(
        &blank,
        "with blanks around that are not plain spaces: they are part of the id; remove them",
    );
    let short = told(&short, "may have been shortened by a spreadsheet: export the column as text");
    blank.into_iter().chain(short).collect()
}

/// Returns a note on rows that repeat the names of the columns, as in files that were joined.
pub(super) fn headers(table: &Interactions, user: &str, item: &str) -> Option<String> {
    let (user, item) = (table.users.get(user)?, table.items.get(item)?);
    let rows =
        table.user.iter().zip(&table.item).filter(|&(&u, &i)| (u, i) == (user, item)).count();
    (rows > 0).then(|| {
        let repeat = if rows == 1 { "repeats" } else { "repeat" };
        format!(
            "{} {repeat} the names of the columns: if files were joined, remove them",
            count(rows, "row")
        )
    })
}

/// Returns a note if the last row may be the footer of a table: a sum, or the number of rows.
pub(super) fn last_row(table: &Interactions) -> Option<String> {
    let (&user, before) = table.user.split_last()?;
    let (user_name, item) = (table.users.name(user), table.items.name(*table.item.last()?));
    let is_footer = || footer(format!("{user_name} {item}").as_bytes()).is_some();
    ((is_sum(user_name) || is_footer()) && !before.contains(&user)).then(|| {
        format!(
            "the last row, of the user `{}` and the item `{}`, may be a footer: if it is, remove it from the file",
            shown(user_name.as_bytes()),
            shown(item.as_bytes())
        )
    })
}

/// Returns a note on sums among the rows: users and items called so, and users called `Total ann` beside `ann`.
pub(super) fn sums(table: &Interactions) -> Option<String> {
    // Other words may be those of items: a song may be called All.
    let is_total =
        |word: &str| ["tot", "gesamt", "итог", "計", "计"].iter().any(|part| word.contains(part));
    let users = called_sums(&table.users, |_| true);
    let items = called_sums(&table.items, is_total);
    let users =
        users.filter(|user| table.user.contains(user)).map(|user| ("user", table.users.name(user)));
    let items =
        items.filter(|item| table.item.contains(item)).map(|item| ("item", table.items.name(item)));
    let told: Vec<String> = users
        .chain(items)
        .map(|(what, name)| format!("the {what} `{}`", shown(name.as_bytes())))
        .collect();
    (!told.is_empty()).then(|| {
        format!("{} may stand for sums of other rows: if so, remove these rows", shortened(&told))
    })
}

/// Returns the ids that are words for sums, in usual spellings, and the first that has such a word before or behind
/// another id: `Total ann`.
fn called_sums(names: &IdMap, is_told: impl Fn(&str) -> bool) -> impl Iterator<Item = u32> {
    let words = SUMS.iter().filter(|word| is_told(word));
    let spelt = words.flat_map(|word| {
        let titled: Vec<String> = word.split(' ').map(capital).collect();
        [capital(word), titled.join(" "), word.to_uppercase()]
    });
    let mut found: Vec<u32> = spelt.filter_map(|word| names.get(&word)).collect();
    let of_another = |&number: &u32| {
        let name = names.name(number);
        let rest = name.strip_prefix("Total ").or_else(|| name.strip_suffix(" Total"));
        rest.is_some_and(|rest| names.get(rest).is_some())
    };
    if names.all_integers().is_none() {
        found.extend((0..names.len() as u32).find(of_another));
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter()
}

/// Returns `word` with its first letter in upper case.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// Texts that programs write where something is missing.
const MARKS: &[&str] = &[
    "NULL", "null", "Null", "NA", "N/A", "#N/A", "<NA>", "\\N", "None", "none", "NaN", "nan", "-",
    "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!",
];

/// Returns whether programs write `text` where something is missing.
pub(super) fn is_mark(text: &[u8]) -> bool {
    MARKS.iter().any(|mark| mark.as_bytes() == text)
}

/// Returns a note on rows whose id is a mark for a missing one.
fn marks(what: &str, of: &[u32], names: &IdMap) -> Option<String> {
    let found: Vec<(&str, u32)> =
        MARKS.iter().filter_map(|mark| Some((*mark, names.get(mark)?))).collect();
    let rows = |number: u32| of.iter().filter(|&&at| at == number).count();
    let told: Vec<String> = found
        .into_iter()
        .map(|(mark, number)| (mark, rows(number)))
        .filter(|(_, rows)| *rows > 0)
        .map(|(mark, rows)| format!("{} {} the {what} `{mark}`", count(rows, "row"), have(rows)))
        .collect();
    (!told.is_empty()).then(|| {
        let told = told.join(", ");
        format!("{told}, which often marks a missing id; if so, remove these rows")
    })
}

/// Share of the rows from which on a value that may stand for a missing one is told.
const TOLD: f64 = 0.05;

/// Values from which on there is a scale for one to be apart from.
const SCALE: usize = 10;

/// Returns notes on values that may stand for missing ones.
pub(super) fn values(values: &[f32]) -> Vec<String> {
    if values.len() < SCALE {
        return Vec::new();
    }
    let told =
        describe::marks(values).into_iter().filter(|mark| mark.share >= TOLD && mark.rows > 1);
    told.map(|mark| {
        let (value, share) = (mark.value, percent(mark.share));
        format!(
            "{share} of the values are {value} ({}): if {value} means \"no rating\", drop these rows with \
             `missing` = {value}",
            mark.why
        )
    })
    .collect()
}

/// Rows from which on a table with a row per user or per item is told; a few may be so by chance.
const FEW: usize = 5;

/// Returns a note if all rows have the same item: it may be something else that all have.
pub(super) fn single_item(table: &Interactions) -> Option<String> {
    let first = table.item.first()?;
    let is_one = table.len() >= FEW && table.item.iter().all(|item| item == first);
    is_one.then(|| {
        format!(
            "all rows have the same item, `{}`: if that is none, name the column of items (`item` = COLUMN)",
            shown(table.items.name(*first).as_bytes())
        )
    })
}

/// Returns a note if nobody has a second row, or no item has: nothing can be learned from such rows, and they may be
/// a table of items or of users.
pub(super) fn single_rows(rows: usize, users: usize, items: usize) -> Option<String> {
    if rows < FEW || (users < rows && (items < rows || users == 1)) {
        return None;
    }
    let once = match (users == rows, items == rows) {
        (true, true) => "every user and every item",
        (true, false) => "every user",
        _ => "every item",
    };
    Some(format!(
        "{once} occurs only once ({} rows): this looks like a table of items or users, not of interactions; give the \
         table of interactions, or name its columns (`user`, `item`)",
        number(rows)
    ))
}

/// Returns a note on ids in quotes that were not taken for quotes around a field.
fn quotes<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let within = |name: &str, quote: char| {
        name.len() > 1 && name.starts_with(quote) && name.ends_with(quote)
    };
    let (mut all, mut double, mut single, mut escaped) =
        (0, Kept::default(), Kept::default(), Kept::default());
    for name in names {
        all += 1;
        escaped.add(name, name.contains("\\\""));
        double.add(name, within(name, '"'));
        single.add(name, within(name, '\''));
    }
    let told = |kept: &Kept<'_>, why: &str| {
        let (ids, first) = (count(kept.count, &format!("{what} id")), shown(kept.first.as_bytes()));
        let hold = if kept.count == 1 { "keeps its quotes" } else { "keep their quotes" };
        format!("{ids} {hold}, such as `{first}`: {why}")
    };
    match () {
        () if escaped.count > 0 => Some(told(
            &escaped,
            "a quote within quotes is written twice, not after a backslash; write it so, or leave out the quotes",
        )),
        () if double.count > 0 => Some(told(
            &double,
            "if they only enclose the id, remove them, or read them as quotes (`quote` = double)",
        )),
        // A single id may be a name in quotes.
        () if single.count > 1 && 2 * single.count > all => {
            Some(told(&single, "only `\"` encloses fields; replace `'` by it, or remove it"))
        }
        () => None,
    }
}

/// Ids of one kind: how many, and the first.
#[derive(Default)]
struct Kept<'a> {
    count: usize,
    first: &'a str,
}

impl<'a> Kept<'a> {
    fn add(&mut self, name: &'a str, is_one: bool) {
        if is_one && self.count == 0 {
            self.first = name;
        }
        self.count += usize::from(is_one);
    }
}
