//! Detection of ids that are written differently in two files.

use super::IdMap;
use super::prose::number;
use crate::error::shown;
use std::collections::{BTreeSet, HashMap};

/// Number of ids to examine.
const SAMPLE: usize = 1_000;
/// Share of unknown ids, in tenths, from which on they are reported even without a match in another spelling.
const NEARLY_ALL: usize = 9;
/// Number of new ids in a table from which on they are reported without a match in another spelling.
const MANY: usize = 10;

/// Returns a note on the rows of `of` (numbers in `names`, of which the first `known` are from earlier data) if most
/// of their ids are new: how many, and which known ids they probably stand for. `None` if there was no earlier data, or
/// a few ids are new that are not known in another spelling.
pub(crate) fn note(what: &str, of: &[u32], names: &IdMap, known: usize) -> Option<String> {
    if known == 0 {
        return None;
    }
    let mut met = vec![false; known];
    of.iter().for_each(|&number| {
        met.get_mut(number as usize).into_iter().for_each(|met| *met = true);
    });
    let old = met.into_iter().filter(|&met| met).count();
    let new: Vec<&str> =
        (known..names.len()).map(|number| names.name(number as u32)).take(SAMPLE).collect();
    // A table may well be about a few new users and items: those of an update are meant to be new.
    let is_doubtful = names.len() - known >= MANY || respelt(&new, names, known).is_some();
    is_doubtful.then(|| unknown(what, new.into_iter(), names.len() - known, old, names, known))?
}

/// Returns a note if nearly all `names`, for example of a file or a model, are missing from `known`: how many, and
/// which known ids they probably stand for (`1.0` for `1`, `007` for `7`, another case, surrounding spaces, a
/// prefix). `what` is the noun to use: `user` or `item`.
///
/// ```
/// use cofil::data::{IdMap, unlike};
///
/// let known: IdMap = ["1", "2"].iter().collect();
/// let told = unlike("user", ["1.0", "2.0"], &known);
/// assert_eq!(told.as_deref(), Some("all 2 users are unknown: is `1.0` the same as `1`? Write ids the same way"));
/// assert_eq!(unlike("user", ["1", "3"], &known), None);
/// ```
pub fn unlike<S: AsRef<str>>(
    what: &str,
    names: impl IntoIterator<Item = S>,
    known: &IdMap,
) -> Option<String> {
    unlike_in(what, names, known, WORDS)
}

/// Returns a note if the table of items describes next to none of the `items` of a model; see [`unlike`].
///
/// ```
/// use cofil::data::{IdMap, undescribed};
///
/// let items: IdMap = ["1", "2"].iter().collect();
/// let table: IdMap = ["x"].iter().collect();
/// let told = "all 2 items of the model are missing from the table (such as `1`; it has `x`)";
/// assert_eq!(undescribed(&items, &table).as_deref(), Some(told));
/// ```
pub fn undescribed(items: &IdMap, table: &IdMap) -> Option<String> {
    unlike_in("item", items.names(), table, [" of the model", "missing from the table", "it has"])
}

fn unlike_in<S: AsRef<str>>(
    what: &str,
    names: impl IntoIterator<Item = S>,
    known: &IdMap,
    words: [&str; 3],
) -> Option<String> {
    let (mut count, mut old, mut sample) = (0, 0, Vec::new());
    for name in names {
        if known.get(name.as_ref()).is_some() {
            old += 1;
            continue;
        }
        count += 1;
        if sample.len() < SAMPLE {
            sample.push(name);
        }
    }
    told(what, sample.into_iter(), [count, old], known, known.len(), words)
}

/// Whose ids they are, what they are, and how a known one is introduced.
const WORDS: [&str; 3] = ["", "unknown", "known:"];

/// Returns a note on `count` unknown ids beside `old` known ones. The known ids are the first `known` of `names`.
pub(crate) fn unknown<S: AsRef<str>>(
    what: &str,
    sample: impl Iterator<Item = S>,
    count: usize,
    old: usize,
    names: &IdMap,
    known: usize,
) -> Option<String> {
    told(what, sample, [count, old], names, known, WORDS)
}

fn told<S: AsRef<str>>(
    what: &str,
    sample: impl Iterator<Item = S>,
    [count, old]: [usize; 2],
    names: &IdMap,
    known: usize,
    [of, unknown, introduced]: [&str; 3],
) -> Option<String> {
    if known == 0 {
        return None;
    }
    // Report from half on only: some new users are normal.
    if count == 0 || count < old {
        return None;
    }
    let sample: Vec<S> = sample.take(SAMPLE).collect();
    // Among known ids, one with letters ahead of a number is rather new.
    let twin = match old == 0 || count >= MANY {
        true => twin(&sample, names, known),
        false => respelt(&sample, names, known),
    };
    if twin.is_none() && 10 * count < NEARLY_ALL * (count + old) {
        return None;
    }
    let all = match (old, count) {
        (0, 1) => format!("the only {what}{of} is {unknown}"),
        (0, _) => format!("all {} {what}s{of} are {unknown}", number(count)),
        _ => format!("{} of {} {what}s{of} are {unknown}", number(count), number(count + old)),
    };
    Some(match twin {
        Some((here, there)) => {
            let [here, there] = [&here, &there].map(|name| shown(name.as_bytes()));
            format!("{all}: is `{here}` the same as `{there}`? Write ids the same way")
        }
        None => {
            let [here, there] =
                [sample[0].as_ref(), names.name(0)].map(|name| shown(name.as_bytes()));
            format!("{all} (such as `{here}`; {introduced} `{there}`)")
        }
    })
}

/// Returns the known name that `name`, which is unknown, probably stands for.
pub(crate) fn known_twin(name: &str, names: &IdMap) -> Option<String> {
    twin(&[name], names, names.len()).map(|(_, there)| there)
}

/// Returns the whole number that `name` is with decimals of 0, such as `7.0`.
fn whole(name: &str) -> Option<&str> {
    let (whole, rest) = name.split_once('.')?;
    (!rest.is_empty() && rest.bytes().all(|digit| digit == b'0')).then_some(whole)
}

/// Returns `name` without the quotes around it.
fn unquoted(name: &str) -> Option<&str> {
    ['\'', '"'].iter().find_map(|&quote| name.strip_prefix(quote)?.strip_suffix(quote))
}

/// Returns a name of `sample` and the known name it stands for, if most names have such a match.
fn twin<S: AsRef<str>>(sample: &[S], names: &IdMap, known: usize) -> Option<(String, String)> {
    respelt(sample, names, known).or_else(|| prefixed(sample, names, known))
}

/// [`twin`] by a spelling that `spell` returns.
fn most<S: AsRef<str>>(
    sample: &[S],
    names: &IdMap,
    known: usize,
    spell: impl Fn(&str) -> Option<String>,
) -> Option<(String, String)> {
    let is_known = |name: &str| names.get(name).is_some_and(|number| (number as usize) < known);
    let mut found = sample.iter().filter_map(|name| {
        let name = name.as_ref();
        let twin = spell(name).filter(|twin| twin != name)?;
        is_known(&twin).then(|| (name.to_owned(), twin))
    });
    let first = found.next()?;
    (2 * (1 + found.count()) >= sample.len()).then_some(first)
}

/// [`twin`] that is the same id in another spelling.
fn respelt<S: AsRef<str>>(sample: &[S], names: &IdMap, known: usize) -> Option<(String, String)> {
    let most = |spell: &dyn Fn(&str) -> Option<String>| most(sample, names, known, spell);
    // Compare names without case, blanks or leading zeros.
    let by = |spell: &dyn Fn(&str) -> String| {
        let wanted: HashMap<String, &str> =
            sample.iter().rev().map(|name| (spell(name.as_ref()), name.as_ref())).collect();
        let mut found: HashMap<&str, &str> = HashMap::new();
        for there in names.names().take(known) {
            if let Some(here) = wanted.get(&spell(there)) {
                found.entry(here).or_insert(there);
            }
        }
        let here = sample.iter().map(AsRef::as_ref).find(|name| found.contains_key(name))?;
        (2 * found.len() >= wanted.len()).then(|| (here.to_owned(), found[here].to_owned()))
    };
    most(&|name| whole(name).map(Into::into))
        .or_else(|| most(&|name| unquoted(name).map(Into::into)))
        .or_else(|| most(&|name| Some(format!("{name}.0"))))
        .or_else(|| by(&|name| name.trim_start_matches('0').to_owned()))
        .or_else(|| by(&|name| name.trim().to_lowercase()))
}

/// [`twin`] with or without letters ahead of its number.
fn prefixed<S: AsRef<str>>(sample: &[S], names: &IdMap, known: usize) -> Option<(String, String)> {
    let most = |spell: &dyn Fn(&str) -> Option<String>| most(sample, names, known, spell);
    let ahead = |name: &str| name.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let prefixes: BTreeSet<&str> =
        names.names().take(known.min(SAMPLE)).map(|name| &name[..ahead(name)]).collect();
    let mut prefixes = prefixes.into_iter().filter(|prefix| !prefix.is_empty()).take(5);
    most(&|name| Some(name[ahead(name)..].to_owned()))
        .or_else(|| prefixes.find_map(|prefix| most(&|name| Some(format!("{prefix}{name}")))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_are_found() {
        for (known, new, told) in [
            (
                &["1", "2", "30"][..],
                &["1.0", "2.0"][..],
                Some("all 2 items are unknown: is `1.0` the same as `1`?"),
            ),
            (&["42", "2"], &["42.000000"], Some("is `42.000000` the same as `42`?")),
            (&["42", "ann"], &["'42'", "\"ann\""], Some("is `'42'` the same as `42`?")),
            (&["1.0", "2.0"], &["1", "2"], Some("is `1` the same as `1.0`?")),
            (&["7", "30"], &["007", "030"], Some("is `007` the same as `7`?")),
            (&["007"], &["7"], Some("the only item is unknown: is `7` the same as `007`?")),
            (&["Tea", "Jam"], &["tea", "JAM"], Some("is `tea` the same as `Tea`?")),
            (&["tea"], &["tea "], Some("is `tea ` the same as `tea`?")),
            (&[" tea"], &["tea"], Some("is `tea` the same as ` tea`?")),
            (&["i1", "i2"], &["1", "2"], Some("is `1` the same as `i1`?")),
            (&["1", "2"], &["item-1", "item-2"], Some("is `item-1` the same as `1`?")),
            (&["a", "b"], &["x", "y"], Some("all 2 items are unknown (such as `x`; known: `a`)")),
            (&["1", "2"], &["3"], Some("the only item is unknown (such as")),
        ] {
            let said = unlike("item", new, &known.iter().collect());
            let told = told.unwrap();
            assert!(
                said.as_ref().is_some_and(|said| said.contains(told)),
                "{known:?} {new:?}: {said:?}"
            );
        }
    }

    #[test]
    fn a_single_name_has_its_twin() {
        let names: IdMap = ["1", "Tea", "item-7"].iter().collect();
        for (name, twin) in [("1.0", "1"), ("'1'", "1"), ("tea", "Tea"), ("7", "item-7")] {
            assert_eq!(known_twin(name, &names).as_deref(), Some(twin), "{name}");
        }
        assert_eq!(known_twin("2", &names), None);
    }

    #[test]
    fn a_few_new_ids_are_usual() {
        let noted = |known: &[&str], of: &[String]| {
            let mut names: IdMap = known.iter().collect();
            let numbers: Vec<u32> = of.iter().map(|name| names.insert(name).unwrap()).collect();
            note("user", &numbers, &names, known.len())
        };
        let of = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let known = ["1", "2", "3"];
        for new in [&["1", "2", "x", "x"][..], &["1", "x"], &["x"], &["1", "new1"], &["new1"]] {
            assert_eq!(noted(&known, &of(new)), None, "{new:?}");
        }
        let many: Vec<String> = (0..10).map(|n| format!("x{n}")).collect();
        let told = noted(&["a", "b"], &many).unwrap();
        assert_eq!(told, "all 10 users are unknown (such as `x0`; known: `a`)");
        // The same id in another spelling is never meant to be new.
        for new in [&["1.0"][..], &["1", "2.0"], &["1", "\"2\""]] {
            assert!(noted(&known, &of(new)).is_some_and(|told| told.contains("the same as")));
        }
        assert_eq!(noted(&[], &many), None);
        // Nor is a new name among known ones taken for one of them.
        let known: IdMap = known.iter().collect();
        assert_eq!(unlike("user", ["1", "new1"], &known), None);
    }
}
