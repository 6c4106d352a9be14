//! What the first values of a column look like.

use super::dated::is_dated;
use super::doubts::is_mark;
use super::field;
use super::stamp::{Stamp, spelt_seconds, stamp};
use super::times::is_unix_time;
use super::truths::are_truths;
use super::words::EVENTS;
use std::collections::HashSet;

/// Apparent content of a column in the first rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// No values.
    Empty,
    /// Dates.
    Date,
    /// Dates or times of day in notations that are only read with their format.
    OtherDate,
    /// Numbers that all are recent unix times, or all spell dates.
    Time,
    /// Numbers that all are recent unix times in nanoseconds, or ids as long as these.
    Long,
    /// Numbers, most of them as large as unix times.
    Large,
    /// Only 0 and 1.
    Bits,
    /// Other numbers without decimals.
    Number,
    /// Numbers, some with decimals, also with a decimal comma.
    Decimal,
    /// Years, months in digits, or as many days as spreadsheets count up to now, without decimals.
    Calendar,
    /// Days of a spreadsheet, some with decimals for the time of day, or numbers like these.
    SheetDays,
    /// Types of events.
    Event,
    /// True or false, yes or no.
    Truth,
    /// Numbers with signs or separators that are not read.
    Amount,
    /// Objects of JSON, which have columns of their own.
    Object,
    /// Several ids in each value.
    Lists,
    /// Several ids in many of the values.
    SomeLists,
    /// Short texts of which only a few are different.
    Words,
    /// Anything else.
    Text,
}

/// A column in the first rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub looks: Looks,
    /// Whether some value occurs twice.
    pub repeats: bool,
    /// Whether these are a few small whole numbers in no order, as ratings and flags are, and ids of the first rows are
    /// not.
    pub is_scale: bool,
    /// Number of different values.
    pub different: usize,
    /// Whether these are numbers above those of usual scales.
    pub is_large: bool,
}

/// Scales of ratings rarely go beyond.
const LARGE: f32 = 100.0;

impl From<Looks> for Seen {
    fn from(looks: Looks) -> Self {
        Self { looks, repeats: false, is_scale: false, different: 0, is_large: false }
    }
}

impl Seen {
    /// Returns what `values` have in common.
    pub fn of<'a>(values: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let given = || values.clone().map(<[u8]>::trim_ascii).filter(|value| !value.is_empty());
        let different: HashSet<&[u8]> = given().collect();
        let count = given().count();
        let numbers: Option<Vec<f32>> = given().map(field::number).collect();
        let is_large =
            numbers.as_ref().is_some_and(|numbers| numbers.iter().all(|&number| number > LARGE));
        let is_scale = numbers.is_some_and(|numbers| {
            let is_small = |n: &f32| n.fract() == 0.0 && (-10.0..=10.0).contains(n);
            numbers.iter().all(is_small)
                && different.len() > 1
                && 2 * different.len() <= count
                && !numbers.is_sorted()
                && !numbers.iter().rev().is_sorted()
        });
        let (looks, different) = (Looks::of(values.clone()), different.len());
        Self { looks, repeats: different < count, is_scale, different, is_large }
    }
}

/// So many different texts are few, or an eighth of all.
const FEW: usize = 5;
/// Most bytes of a short text.
const SHORT: usize = 40;

/// Unix times of the years 1990 to 2040, in seconds.
const LATELY: std::ops::Range<i64> = 631_152_000..2_208_988_800;
/// Dates of the years 1990 to 2040 in digits: days, minutes and seconds.
const SPELT: [std::ops::Range<i64>; 3] = [
    19_900_101..20_410_101,
    199_001_010_000..204_101_010_000,
    19_900_101_000_000..20_410_101_000_000,
];
/// Days of the years 2000 to 2040, as counted in spreadsheets.
const DAYS: std::ops::Range<f32> = 36_526.0..51_502.0;

impl Looks {
    /// Returns what most of `values` look like.
    pub fn of<'a>(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let is_given = |value: &&[u8]| !value.is_empty() && !is_mark(value);
        let values: Vec<&[u8]> = values.map(<[u8]>::trim_ascii).filter(is_given).collect();
        let count = |is: fn(&[u8]) -> bool| values.iter().filter(|value| is(value)).count();
        let all = values.len();
        let most = |is: fn(&[u8]) -> bool| 2 * count(is) >= all;
        if all == 0 {
            Self::Empty
        } else if most(|value| matches!(stamp(value), Some(Stamp::Seconds(_)))) {
            Self::Date
        } else if let Some(lists) = Self::of_lists(count(is_list), all) {
            lists
        } else if most(is_number) {
            Self::of_numbers(&values)
        } else if most(is_dated) {
            Self::OtherDate
        } else if are_truths(&values) {
            Self::Truth
        } else if most(field::is_amount) {
            Self::Amount
        } else if count(is_event) == all {
            Self::Event
        } else {
            let are_spaced = are_spaced_lists(&values);
            let is_list = |value: &&&[u8]| {
                is_list(value) || has_parts(value, ',') || (are_spaced && spaced(value).len() > 1)
            };
            let lists = values.iter().filter(is_list).count();
            Self::of_lists(lists, all).unwrap_or(Self::of_texts(&values))
        }
    }

    fn of_texts(values: &[&[u8]]) -> Self {
        let different: HashSet<&[u8]> = values.iter().copied().collect();
        // The same word in all rows says nothing.
        let are_few = different.len() <= FEW.max(values.len() / 8)
            && (different.len() > 1 || values.len() == 1);
        let are_short = values.iter().all(|value| value.len() <= SHORT);
        if are_few && are_short { Self::Words } else { Self::Text }
    }

    /// Returns what a column of `lists` among `all` values looks like.
    fn of_lists(lists: usize, all: usize) -> Option<Self> {
        match lists {
            0 => None,
            // A single one may be a title.
            _ if lists == all && all > 1 => Some(Self::Lists),
            _ => (4 * lists >= all).then_some(Self::SomeLists),
        }
    }

    fn of_numbers(values: &[&[u8]]) -> Self {
        let whole = |value: &&[u8]| match stamp(value) {
            Some(Stamp::Number(number)) => Some(number),
            _ => None,
        };
        let all = |is: fn(i64) -> bool| values.iter().all(|value| whole(value).is_some_and(is));
        let large = values.iter().filter_map(whole).filter(|&number| is_unix_time(number)).count();
        let decimal = values.iter().any(|value| is_decimal(value));
        if 2 * values.iter().filter(|value| is_two_numbers(value)).count() > values.len() {
            return Self::Text;
        }
        if all(is_recent) || all(is_spelt) {
            Self::Time
        } else if all(is_long) {
            Self::Long
        } else if values.iter().all(|value| field::number(value).is_some_and(|n| DAYS.contains(&n)))
        {
            if decimal { Self::SheetDays } else { Self::Calendar }
        } else if all(is_year) || all(is_month) {
            Self::Calendar
        } else if 2 * large >= values.len() {
            Self::Large
        } else if decimal {
            Self::Decimal
        } else if values.iter().all(|value| matches!(value, [b'0' | b'1'])) {
            Self::Bits
        } else {
            Self::Number
        }
    }

    pub fn is_number(self) -> bool {
        self.is_whole() || matches!(self, Self::Decimal | Self::SheetDays)
    }

    /// Returns whether these are numbers without decimals.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Bits | Self::Number | Self::Calendar)
    }

    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::Words
                | Self::Lists
                | Self::SomeLists
                | Self::Truth
                | Self::Amount
                | Self::Object
        )
    }

    /// Returns whether these are texts without any form.
    pub fn is_plain_text(self) -> bool {
        matches!(self, Self::Text | Self::Words)
    }

    pub fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Time | Self::Long | Self::Large)
    }
}

fn is_number(value: &[u8]) -> bool {
    field::number(value).or_else(|| field::comma_number(value)).is_some()
}

/// Returns whether `number` is a unix time of the years 1990 to 2040, in seconds, milli- or microseconds.
fn is_recent(number: i64) -> bool {
    [1, 1_000, 1_000_000].iter().any(|per_second| LATELY.contains(&(number / per_second)))
}

/// Returns whether the digits of `number` are a date of the years 1990 to 2040, with or without a time.
fn is_spelt(number: i64) -> bool {
    SPELT.iter().any(|range| range.contains(&number)) && spelt_seconds(number).is_some()
}

/// Returns whether `number` is a unix time of the years 1990 to 2040 in nanoseconds. Other ids are as long.
fn is_long(number: i64) -> bool {
    LATELY.contains(&(number / 1_000_000_000))
}

fn is_year(number: i64) -> bool {
    (1900..=2100).contains(&number)
}

/// Returns whether the digits of `number` are a month, such as 201901.
fn is_month(number: i64) -> bool {
    (190_001..=210_012).contains(&number) && spelt_seconds(number).is_some()
}

/// Returns whether `value` is a pair of long numbers with a point between them, as the ids of Google Analytics. No time
/// and no measure has so many digits before the point and behind it.
fn is_two_numbers(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    text.split_once('.').is_some_and(|(first, second)| {
        first.len() > 6
            && second.len() > 9
            && (first.bytes().chain(second.bytes())).all(|b| b.is_ascii_digit())
    })
}

/// Returns whether `value` is a number with decimals other than zeros.
fn is_decimal(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value).replace(',', ".");
    text.parse::<f64>().is_ok_and(|number| number.is_finite() && number.fract() != 0.0)
}

fn is_event(value: &[u8]) -> bool {
    let word = String::from_utf8_lossy(value);
    let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    EVENTS.contains(&word.to_ascii_lowercase().as_str())
}

/// Returns whether `value` holds several ids: `['a', 'b']`, `a|b`, `a;b`, or words with digits between blanks. With commas
/// it may be a number.
fn is_list(value: &[u8]) -> bool {
    let is_within =
        |open: u8, close: u8| value.first() == Some(&open) && value.last() == Some(&close);
    // Words of titles have digits too, but not each of them.
    let are_ids = || {
        let parts = value.split(|&b| b == b' ');
        parts.clone().count() > 1
            && !is_dated(value)
            && parts.into_iter().all(|part| part.iter().any(u8::is_ascii_digit))
    };
    is_within(b'[', b']')
        || is_within(b'{', b'}')
        || has_parts(value, '|')
        || has_parts(value, ';')
        || (has_parts(value, ' ') && are_ids())
}

/// Returns whether `separator` stands between several texts, without blanks around it, as are usual in titles.
fn has_parts(value: &[u8], separator: char) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.trim() == part;
    std::str::from_utf8(value)
        .is_ok_and(|text| text.contains(separator) && text.split(separator).all(is_part))
}

/// Returns the parts of `value` between commas and the like, perhaps with blanks around.
fn spaced(value: &[u8]) -> Vec<&str> {
    let text = std::str::from_utf8(value).unwrap_or_default();
    let parts: Vec<&str> = text.split([',', ';', '|']).map(str::trim).collect();
    if parts.iter().any(|part| part.is_empty()) { vec![text] } else { parts }
}

/// Returns whether `values` are lists with blanks between their parts, as titles (`Hobbit, The`) and names have them
/// too. The parts of lists occur in several, also in another place; those of titles, at most at the end.
fn are_spaced_lists(values: &[&[u8]]) -> bool {
    let different: HashSet<&[u8]> = values.iter().copied().collect();
    let (mut firsts, mut later, mut all, mut longest) = (HashSet::new(), HashSet::new(), 0, 0);
    for value in &different {
        let parts = spaced(value);
        all += parts.len();
        longest = longest.max(parts.len());
        firsts.extend(parts.first().copied());
        later.extend(parts.into_iter().skip(1));
    }
    let both = firsts.intersection(&later).count();
    let parts = firsts.len() + later.len() - both;
    // Sorted lists have the same parts in the same places.
    let are_sorted = longest > 2 && 2 * parts <= all && 2 * firsts.len() <= different.len();
    are_sorted || (both > 1 && 4 * both >= later.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_look_like_what_they_hold() {
        for (values, expected) in [
            (&["", " "][..], Looks::Empty),
            (&["2021-01-31", "2021-02-01"], Looks::Date),
            (&["31/01/2021", "01/02/2021"], Looks::OtherDate),
            (&["1112486027", "1600000000"], Looks::Time),
            (&["20210131", "20210228"], Looks::Time),
            (&["20210131", "20210231"], Looks::Number),
            (&["20140407105109", "20140407235959"], Looks::Time),
            (&["201404071051", "201404072359"], Looks::Time),
            (&["20140407105109", "20140407255959"], Looks::Number),
            (&["1396867869277000123", "1396867869277000999"], Looks::Long),
            (&["2019", "2020"], Looks::Calendar),
            (&["201901", "201912"], Looks::Calendar),
            (&["43586", "43587"], Looks::Calendar),
            (&["43586.5", "43587"], Looks::SheetDays),
            (&["ja", "Nein"], Looks::Truth),
            (&["1112486027", "0"], Looks::Large),
            (&["1", "2.0", "x"], Looks::Number),
            (&["1", "0", "1"], Looks::Bits),
            (&["1", "2.5"], Looks::Decimal),
            (&["1", "2,5"], Looks::Decimal),
            (&["pv", "add_to_cart"], Looks::Event),
            (&["pv", "tea"], Looks::Words),
            (&["True", "FALSE", ""], Looks::Truth),
            (&["Y", "N"], Looks::Truth),
            (&["A", "F", "B"], Looks::Words),
            (&["US", "US"], Looks::Text),
            (&["1026454.4271112504", "2139463462.1633110411"], Looks::Text),
            (&["1612076462.1234567", "1612076463.5"], Looks::Time),
            (&["2021-01-31", "NULL", "NaT", "NA"], Looks::Date),
            (&["$12.50", "€ 3", "1'200 CHF"], Looks::Amount),
            (&["1.234,50", "80 %"], Looks::Amount),
            (&["1.2.3.4", "192.168.0.1"], Looks::Words),
            (&["#12", "A7"], Looks::Words),
            (&["11 12", "13 14 15"], Looks::Lists),
            (&["i29 i21 i3", "i29 i4"], Looks::Lists),
            (&["i1:5 i2:3", "i7:4 i9:1"], Looks::Lists),
            (&["Toy Story 2", "7 up"], Looks::Words),
            (&["['a', 'b']", "['a']"], Looks::Lists),
            (&["a|b", "c", "d,e"], Looks::SomeLists),
            (&["11 12", "13", "14"], Looks::SomeLists),
            (&["a,b", "c,d"], Looks::Lists),
            (&["1,234,567", "12", "1"], Looks::Number),
            (&["Lock, Stock", "Me, Myself"], Looks::Words),
            (&["tea, jam, milk", "jam, tea", "milk, rye"], Looks::Lists),
            (&["tea; jam", "jam; tea", "rye"], Looks::SomeLists),
            (&["jam | rye | tea", "jam | tea", "jam | rye", "jam", "rye | tea"], Looks::SomeLists),
            (&["Hobbit, The", "Help, The", "Room, A", "Hobbit, The"], Looks::Words),
            (&["Doe, Ann", "Doe, Bob", "Lee, Ann", "Lee, Bob"], Looks::Words),
            (&["1 Main St, Rome, IT", "2 Main St, Rome, IT", "3 Hill St, Rome, IT"], Looks::Words),
            (&["a", "b", "c", "d", "e", "f"], Looks::Text),
            (&["green tea", "7 up"], Looks::Words),
        ] {
            assert_eq!(Looks::of(values.iter().map(|v| v.as_bytes())), expected, "{values:?}");
        }
    }
}
