//! Notes on ids that were read as they are written, but probably mean something else.

use super::field::shown;
use crate::data::IdMap;
use crate::data::describe;
use crate::data::prose::{count, have, number, percent};

/// Returns notes on the ids `names` of the rows `of`, of which the first `known` are from earlier data. `what` is the
/// noun to use: `user` or `item`.
pub(super) fn ids(what: &str, of: &[u32], names: &IdMap, known: usize) -> Vec<String> {
    // Integers have neither marks nor quotes, and would have to be written as text.
    if names.all_integers().is_some() {
        return Vec::new();
    }
    let new = || (known..names.len()).map(|number| names.name(number as u32));
    marks(what, of, names).into_iter().chain(quotes(what, new())).collect()
}

/// Texts that programs write where something is missing.
const MARKS: [&str; 13] =
    ["NULL", "null", "Null", "NA", "N/A", "#N/A", "<NA>", "\\N", "None", "none", "NaN", "nan", "-"];

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

/// Returns notes on values that may stand for missing ones.
pub(super) fn values(values: &[f32]) -> Vec<String> {
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
        "{once} occurs only once in {} rows: this looks like a table of items or users, not of interactions; give the \
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
