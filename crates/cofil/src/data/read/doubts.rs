//! Notes on ids that were read as they are written, but probably mean something else.

use super::field::shown;
use crate::data::IdMap;
use crate::data::prose::count;

/// Returns notes on the ids `names` of the rows `of`, of which the first `known` are from earlier data. `what` is the
/// noun to use: `user` or `item`.
pub(super) fn ids(what: &str, _of: &[u32], names: &IdMap, known: usize) -> Vec<String> {
    let new = || (known..names.len()).map(|number| names.name(number as u32));
    quotes(what, new()).into_iter().collect()
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
