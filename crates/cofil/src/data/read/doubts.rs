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
    let shared = shared(what, of, names, known);
    // Integers have neither marks nor quotes, and would have to be written as text.
    if names.all_integers().is_some() {
        return shared.into_iter().collect();
    }
    let new = || (known..names.len()).map(|number| names.name(number as u32));
    let notes = marks(what, of, names).into_iter().chain(quotes(what, new()));
    notes.chain(spoilt(what, new())).chain(decimals(what, names)).chain(shared).collect()
}

/// Ids that stand for all who are not known.
const SHARED: &[&str] = &[
    "-1",
    "undefined",
    "unknown",
    "Unknown",
    "UNKNOWN",
    "(not set)",
    "not set",
    "anonymous",
    "Anonymous",
    "guest",
    "Guest",
    "[deleted]",
    "deleted",
    "00000000-0000-0000-0000-000000000000",
];

/// Returns a note on an id in many rows that may stand for all who are not known.
fn shared(what: &str, of: &[u32], names: &IdMap, known: usize) -> Option<String> {
    // Those of earlier data are told there.
    let is_new = |number: &u32| *number as usize >= known;
    let found = SHARED.iter().filter_map(|name| Some((name, names.get(name).filter(is_new)?)));
    found.into_iter().find_map(|(name, number)| {
        let rows = of.iter().filter(|&&at| at == number).count();
        let share = rows as f64 / of.len() as f64;
        (rows > 1 && share >= TOLD).then(|| {
            format!(
                "{} of the rows have the {what} `{name}`, which may stand for all that are not known; if so, remove \
                 these rows",
                percent(share)
            )
        })
    })
}

/// Returns a note on ids that are there with and without decimals: `7.0` beside `7`.
fn decimals(what: &str, names: &IdMap) -> Option<String> {
    let mut found = Kept::default();
    for name in names.names() {
        let whole =
            name.split_once('.').filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'));
        found.add(name, whole.is_some_and(|(whole, _)| names.get(whole).is_some()));
    }
    (found.count > 0).then(|| {
        let first = shown(found.first.as_bytes());
        let whole = first.split('.').next().unwrap_or_default();
        let (ids, are) = (count(found.count, &format!("{what} id")), if found.count == 1 { "is" } else { "are" });
        format!(
            "{ids} {are} there with and without decimals, such as `{first}` and `{whole}`: if they are the same, write \
             them the same way"
        )
    })
}

/// Returns notes on ids that a program has changed: with blanks that nobody sees, or shortened to `4.01E+12`.
fn spoilt<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    // No-break and other blanks, and those of no width.
    let is_hidden = |c: char| {
        !c.is_ascii()
            && (c.is_whitespace() || ('\u{200b}'..='\u{200d}').contains(&c) || c == '\u{feff}')
    };
    // Without a sign and a point, or two digits, it may be one of other ids with letters.
    let is_sure = |name: &str| {
        name.split_once('+')
            .is_some_and(|(digits, power)| power.len() > 1 || digits.contains(['.', ',']))
    };
    let is_whole = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    let is_text = |name: &str| {
        let digits = |text: &str| !text.is_empty() && is_whole(text);
        (name.starts_with('=') && name.ends_with(['"', ')']))
            || name.strip_prefix('\'').is_some_and(digits)
    };
    let (mut blank, mut text) = (Kept::default(), Kept::default());
    let (mut short, mut maybe, mut whole, mut all) = (Kept::default(), Kept::default(), 0, 0);
    for name in names {
        blank.add(name, name.starts_with(is_hidden) || name.ends_with(is_hidden));
        text.add(name, is_text(name));
        whole += usize::from(is_whole(name));
        maybe.add(name, is_short(name));
        short.add(name, is_short(name) && is_sure(name));
        all += 1;
    }
    if whole > 0 && 2 * (whole + maybe.count) > all {
        short = maybe;
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
    let text = told(
        &text,
        "written as the formula or the text of a spreadsheet: write 007 instead of =\"007\" or '007",
    );
    let short = told(
        &short,
        "may have been shortened by a spreadsheet or by R: export the column as text (in R, set options(scipen = 99))",
    );
    blank.into_iter().chain(text).chain(short).collect()
}

/// Returns whether `name` is a number with a power of ten, as programs write large ones: `4.01E+12`, `1e+05`, `1e5`.
fn is_short(name: &str) -> bool {
    name.split_once(['e', 'E']).is_some_and(|(digits, power)| {
        digits.starts_with(|c: char| c.is_ascii_digit())
            && power.strip_prefix('+').unwrap_or(power).parse::<u8>().is_ok()
            && digits.replace(',', ".").parse::<f64>().is_ok()
    })
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

/// Further marks for missing values and times, in lower case. Ids may be such words.
const WORDS: &[&str] = &[
    "nat",
    "nil",
    "n.a.",
    "k.a.",
    "s/o",
    "(null)",
    "<null>",
    "(blank)",
    "(none)",
    "unrated",
    "unknown",
    "undefined",
    "missing",
    "not rated",
    "no rating",
    "not available",
    "--",
    "---",
    "–",
    "—",
    "?",
];

/// Returns whether programs write `text` where a value or a time is missing.
pub(super) fn is_mark(text: &[u8]) -> bool {
    let is = |mark: &&str| mark.as_bytes().eq_ignore_ascii_case(text);
    MARKS.iter().any(is) || WORDS.iter().any(is)
}

/// Returns whether programs write `text` where a time is missing: a mark, or a date of zeros.
pub(super) fn is_no_time(text: &[u8]) -> bool {
    let is_zero = || text.contains(&b'0') && text.iter().all(|byte| b"0-/.: TZ+".contains(byte));
    is_mark(text) || is_zero()
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

/// Returns a note if decimal points may separate thousands: behind each are three digits, of which there are `threes`,
/// and all other values, if there are any, are whole and below 1000.
///
/// Are all so, some must end with a 0 that numbers with decimals would not have: there are `padded` of these.
pub(super) fn thousands(values: &[f32], threes: u64, padded: u64) -> Option<String> {
    if threes < 2 || values.iter().any(|value| !(0.0..1000.0).contains(value)) {
        return None;
    }
    let parted = values.iter().filter(|value| value.fract() != 0.0).count() as u64;
    let are_all = threes == values.len() as u64;
    (parted <= threes && (!are_all || padded > 0)).then(|| {
        let (which, others) = match are_all {
            true => ("all".into(), ""),
            false => (threes.to_string(), ", and all others are whole"),
        };
        format!(
            "{which} values have a point and three digits behind it, such as {}{others}: if the points separate \
             thousands, remove them",
            values.iter().find(|value| value.fract() != 0.0).unwrap_or(&1.0)
        )
    })
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
