//! Times as they are written: numbers and dates.

use super::report::TimeUnit;
use crate::error::{Error, Result};
use chrono::format::{Parsed, StrftimeItems};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use std::borrow::Cow;

/// A time as written in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// Empty.
    Empty,
    /// A number whose unit is detected from the whole column.
    Number(i64),
    /// Seconds since 1970.
    Seconds(i64),
}

impl Stamp {
    /// Returns the raw number of the time, before its unit is known.
    pub fn raw(self) -> i64 {
        match self {
            Self::Empty => crate::data::NO_TIME,
            Self::Number(time) | Self::Seconds(time) => time,
        }
    }
}

/// Parses `text` as a time; `None` if it is neither a number nor a date.
pub(super) fn stamp(text: &[u8]) -> Option<Stamp> {
    if text.is_empty() {
        return Some(Stamp::Empty);
    }
    if text.len() <= 18 && text.iter().all(u8::is_ascii_digit) {
        let number = text.iter().fold(0i64, |n, &d| n * 10 + i64::from(d - b'0'));
        return Some(Stamp::Number(number));
    }
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(number) = text.parse::<i64>() {
        return Some(Stamp::Number(number));
    }
    if let Ok(number) = text.parse::<f64>() {
        return (number.abs() < 9e18).then_some(Stamp::Number(number.floor() as i64));
    }
    date_seconds(text).map(Stamp::Seconds)
}

/// Format of times, if given.
#[derive(Clone, Copy, Debug)]
pub(super) enum TimeFormat<'a> {
    /// A `strftime` pattern.
    Pattern(&'a str),
    /// Numbers in a unit.
    Unit(TimeUnit),
}

impl<'a> TimeFormat<'a> {
    /// Parses the format: anything but the name of a unit is a pattern.
    pub fn of(told: &'a str) -> Self {
        match TimeUnit::named(told) {
            Some(unit) => Self::Unit(unit),
            None => Self::Pattern(told),
        }
    }

    /// Returns the unit for the report.
    pub fn unit(self) -> TimeUnit {
        match self {
            Self::Pattern(_) => TimeUnit::Told,
            Self::Unit(unit) => unit,
        }
    }

    pub fn stamp(self, text: &[u8]) -> Option<Stamp> {
        let words = || std::str::from_utf8(text).ok();
        match self {
            _ if text.is_empty() => Some(Stamp::Empty),
            Self::Pattern(pattern) => written_seconds(words()?, pattern).map(Stamp::Seconds),
            Self::Unit(TimeUnit::SheetDays) => {
                sheet_seconds(words()?.parse().ok()?).map(Stamp::Seconds)
            }
            Self::Unit(_) => stamp(text).filter(|time| matches!(time, Stamp::Number(_))),
        }
    }
}

/// Converts a spreadsheet day to seconds since 1970: 1 is the first of 1900, 25569 the first of 1970, and decimals
/// are the time of day.
fn sheet_seconds(days: f64) -> Option<i64> {
    let seconds = ((days - 25_569.0) * 86_400.0).round();
    (seconds.abs() < 1e15).then_some(seconds as i64)
}

/// Returns an error if no date can be read with this format.
pub(super) fn check_time_format(format: &str) -> Result<()> {
    if TimeUnit::named(format).is_some() {
        return Ok(());
    }
    let mut items = StrftimeItems::new(format);
    let known = !items.any(|item| item == chrono::format::Item::Error);
    // A year is required: a time of day is not a date.
    let date = DateTime::UNIX_EPOCH.naive_utc();
    let reads = || written_seconds(&date.and_utc().format(format).to_string(), format) == Some(0);
    const YEARS: [&str; 9] = ["%Y", "%y", "%G", "%g", "%D", "%F", "%s", "%c", "%+"];
    match known && reads() {
        true => Ok(()),
        false if known && !YEARS.iter().any(|year| format.contains(year)) => Err(Error::setting(
            "time_format",
            format!(
                "{format:?} has no year, and a time of day is no point in time; give a format of dates, such as \
                 %d/%m/%Y %H:%M, or read no times (`time` = none)"
            ),
        )),
        false => Err(Error::setting(
            "time_format",
            format!(
                "{format:?} is not a date format; use strftime notation, such as %d/%m/%Y %H:%M, or a unit: \
                 s, ms, us, ns or excel"
            ),
        )),
    }
}

/// Parses `text` by `format` to seconds since 1970; a missing month or day is the first.
pub(super) fn written_seconds(text: &str, format: &str) -> Option<i64> {
    let zoned = DateTime::parse_from_str(text, format).ok().map(|time| time.timestamp());
    let plain = || NaiveDateTime::parse_from_str(text, format).ok();
    let date = || NaiveDate::parse_from_str(text, format).ok()?.and_hms_opt(0, 0, 0);
    let first = || {
        let mut parsed = Parsed::new();
        chrono::format::parse(&mut parsed, text, StrftimeItems::new(format)).ok()?;
        // Values that are already set do not change.
        let (_month, _day) = (parsed.set_month(1), parsed.set_day(1));
        parsed.to_naive_date().ok()?.and_hms_opt(0, 0, 0)
    };
    zoned.or_else(|| Some(plain().or_else(date).or_else(first)?.and_utc().timestamp()))
}

/// Returns the seconds since 1970 of `number` if its digits are a month from 1900 to 2100 (201901), a date
/// (20190131), or a date and time (201901311200, 20190131120000).
pub(super) fn spelt_seconds(number: i64) -> Option<i64> {
    let (day, second) = match number {
        190_001..=210_012 => (number * 100 + 1, 0),
        19_000_101..=21_001_231 => (number, 0),
        190_001_010_000..=210_012_312_359 => (number / 10_000, number % 10_000 * 100),
        19_000_101_000_000..=21_001_231_235_959 => (number / 1_000_000, number % 1_000_000),
        _ => return None,
    };
    let part = |n: i64, unit: i64| (n / unit % 100) as u32;
    NaiveDate::from_ymd_opt((day / 10_000) as i32, part(day, 100), part(day, 1))?
        .and_hms_opt(part(second, 10_000), part(second, 100), part(second, 1))
        .map(|time| time.and_utc().timestamp())
}

/// Maximum length of a date in bytes.
const LONGEST: usize = 80;
/// Dates that begin with a year of four digits. None of them can be read in two ways.
const YEAR_FIRST: &[&str] = &["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"];
/// Dates that begin with other digits. With points the day comes first, and names of months tell it; the notation with
/// a blank and a comma is that of Amazon's reviews. With slashes or hyphens alone the order cannot be told. A year of
/// two digits is refused later, see [`short_year`].
const NUMBER_FIRST: &[&str] =
    &["%d.%m.%Y", "%d-%B-%Y", "%d/%B/%Y", "%d %B %Y", "%d. %B %Y", "%m %d, %Y", "%Y-%m-%d"];
/// Dates that begin with the name of a day or a month.
const NAME_FIRST: &[&str] = &[
    "%A, %d %B %Y",
    "%A, %d-%B-%Y",
    "%A %d %B %Y",
    "%A %B %d %Y",
    "%A, %B %d, %Y",
    "%B %d, %Y",
    "%B %d %Y",
];
/// Times of day.
const CLOCKS: &[&str] = &["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H%M%S"];
/// Time zones that RFC 2822 knows by their names, and their hours. Other names stand for several zones.
const ZONES: [(&str, i32); 8] = [
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

/// Parses a date, or date and time, whose parts can be told, to seconds since 1970; UTC without an offset.
fn date_seconds(text: &str) -> Option<i64> {
    if text.len() > LONGEST {
        return None;
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp());
    }
    if text.len() == 7 && text.as_bytes()[4] == b'-' {
        return written_seconds(text, "%Y-%m");
    }
    let text = &year_before_time(text);
    let (date, rest) = date_and_rest(text)?;
    if rest.is_empty() {
        return Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp());
    }
    let clock = rest.strip_prefix(['T', ':', ',']).unwrap_or(rest).trim_start();
    // Only the fraction of a second may follow a comma.
    let clock: Cow<'_, str> =
        if clock.contains(',') { clock.replace(',', ".").into() } else { clock.into() };
    let written = CLOCKS.iter().find_map(|format| {
        let (time, zone) = NaiveTime::parse_and_remainder(&clock, format).ok()?;
        Some((time, offset(zone.trim_start())?))
    });
    let is_hour = clock.len() < 3 && rest.starts_with(['T', ' ']);
    let hour = || NaiveTime::from_hms_opt(clock.parse().ok().filter(|_| is_hour)?, 0, 0);
    let (time, offset) = written.or_else(|| Some((hour()?, 0)))?;
    Some(date.and_time(time).and_utc().timestamp() - i64::from(offset))
}

/// Returns the date at the beginning of `text`, and what follows.
fn date_and_rest(text: &str) -> Option<(NaiveDate, &str)> {
    let formats = match text.as_bytes() {
        [a, b, c, d, ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => YEAR_FIRST,
        [first, ..] if first.is_ascii_digit() => NUMBER_FIRST,
        // A word with digits is rather a name.
        _ if text.contains(' ') => NAME_FIRST,
        _ => return None,
    };
    let fits = |format: &&&str| match **format {
        // A number with a decimal comma has no blank.
        "%m %d, %Y" => text.contains(' ') && text.contains(", "),
        // Without a time these are numbers.
        "%Y%m%d" => text.contains('T'),
        _ => true,
    };
    let read = |format: &&str| NaiveDate::parse_and_remainder(text, format).ok();
    formats.iter().filter(fits).find_map(read)
}

/// Returns dates as the C library, Java and Twitter write them (`Tue Apr 03 20:17:05 +0000 2012`) with the time after
/// the year; all others unchanged.
fn year_before_time(text: &str) -> Cow<'_, str> {
    if !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return text.into();
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let (start, time, zone, year) = match words[..] {
        [_, _, _, time, year] => (&words[..3], time, "", year),
        [_, _, _, time, zone, year] => (&words[..3], time, zone, year),
        _ => return text.into(),
    };
    match time.contains(':') && year.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("{} {year} {time} {zone}", start.join(" ")).into(),
        false => text.into(),
    }
}

/// Returns the seconds of a time zone east of Greenwich; `None` if it is none, or has a name that stands for several.
fn offset(zone: &str) -> Option<i32> {
    // JavaScript adds the name of the zone, as RFC 2822 allows it: `GMT+0200 (CEST)`.
    let zone = zone.split(" (").next().unwrap_or_default();
    if ["", "Z", "UTC", "GMT", "UT"].contains(&zone) {
        return Some(0);
    }
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == zone) {
        return Some(hours * 3_600);
    }
    let zone = zone.strip_prefix("GMT").or_else(|| zone.strip_prefix("UTC")).unwrap_or(zone);
    let mut parsed = Parsed::new();
    chrono::format::parse(&mut parsed, zone, StrftimeItems::new("%#z")).ok()?;
    parsed.offset()
}

/// Returns the name of the time zone of `text`, which is a date, if it has one that depends on the country.
pub(super) fn zone_name(text: &[u8]) -> Option<&'static str> {
    let names = text.split(|byte| byte == &b' ').filter(|word| word.len() == 3);
    names.into_iter().find_map(|word| {
        let named = ZONES.iter().find(|(name, _)| name.as_bytes() == word);
        named.map(|(name, _)| *name)
    })
}

/// Returns the format to give for `text` if it is a date with a year of two digits, whose parts cannot be told.
pub(super) fn short_year(text: &[u8]) -> Option<&'static str> {
    if text.len() >= 4 && text[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let parts = |date: &[u8]| date.split(|byte| b".-/".contains(byte)).count() == 3;
    let named = |date: &[u8]| date.iter().filter(|byte| byte.is_ascii_alphabetic()).count() > 2;
    let date = text.split(|byte| b" T:".contains(byte)).next().unwrap_or_default();
    let short = |part: &[u8]| matches!(part.len(), 1 | 2) && part.iter().all(u8::is_ascii_digit);
    let separator = date.iter().find(|byte| b".-/".contains(byte));
    if parts(date) && date.split(|byte| b".-/".contains(byte)).all(short) {
        return Some(match separator {
            Some(b'-') => "%y-%m-%d",
            Some(b'/') => "%d/%m/%y",
            _ => "%d.%m.%y",
        });
    }
    // Neither the time nor the zone of a date with names holds a year.
    let mut words = text
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.starts_with(b"+") && !word.starts_with(b"-"));
    let whole = |word: &[u8]| {
        let date = word.split(|&byte| byte == b':').next().unwrap_or_default();
        date.windows(4).any(|digits| digits.iter().all(u8::is_ascii_digit))
    };
    if !named(text) || words.any(whole) || date_seconds(std::str::from_utf8(text).ok()?).is_none() {
        return None;
    }
    Some(match separator {
        Some(b'-') if named(date) => "%d-%b-%y",
        _ => "%d %b %y",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        for text in [
            "2005-05-01",
            "2005-05-01T00:00:00Z",
            "2005-05-01 00:00:00",
            "2005-05-01T00:00:00.25",
            "2005-05-01 00:00:00 UTC",
            "2005-05-01T02:00:00+02:00",
            "2005-05-01 02:00:00+0200",
            "2005-05-01T00:00",
            "2005-05-01T00",
            "2005-05-01 0",
            "01.05.2005",
            "1.5.2005 00:00",
            "01.05.2005 00:00:00",
            "2005-05-01 00:00:00,250",
            "20050501T000000Z",
            "2005/05/01",
            "2005/5/1 0:00",
            "2005/05/01 00:00:00",
            "2005/05/01 12:00:00 AM",
            "2005.05.01",
            "2005.05.01 00:00:00",
            "05 01, 2005",
            "05 1, 2005",
            "01-May-2005",
            "01-MAY-2005 00:00:00",
            "01MAY2005",
            "1 May 2005",
            "1. May 2005 00:00",
            "01/May/2005:02:00:00 +0200",
            "May 1, 2005",
            "May 01 2005",
            "May 1, 2005, 12:00:00 AM",
            "Sunday, May 1, 2005",
            "Sun May 01 00:00:00 2005",
            "Sun May  1 00:00:00 2005",
            "Sun May 01 02:00:00 +0200 2005",
            "Sun May 01 00:00:00 UTC 2005",
            "Sat Apr 30 17:00:00 PDT 2005",
            "Sun May 01 2005 02:00:00 GMT+0200 (Central European Summer Time)",
            "Sun, 01 May 2005 00:00:00 GMT",
            "Sun, 1 May 2005 02:00:00 +0200",
            "Sunday, 01-May-2005 00:00:00 GMT",
            "2005-04-30 20:00:00 EDT",
        ] {
            assert_eq!(stamp(text.as_bytes()), Some(Stamp::Seconds(1_114_905_600)), "{text}");
        }
        assert_eq!(stamp(b"964982703"), Some(Stamp::Number(964_982_703)));
        assert_eq!(stamp(b"-1.5"), Some(Stamp::Number(-2)));
        assert_eq!(stamp(b""), Some(Stamp::Empty));
        assert_eq!(stamp(b"2005-05"), Some(Stamp::Seconds(1_114_905_600)));
        for text in [
            "yesterday",
            "2005-13-01",
            "1/2/2005",
            "2005/31/01",
            "31-01-2005",
            "Mon May 01 00:00:00 2005",
            "Sun May 01 00:00:00 CEST 2005",
            "Sun May 01 00:00:00 A 2005",
            "0501,2005",
            "may122005",
            "20050501",
            "2005-05-01 25:00",
            "2005-05-01 00:00:00 Europe/Berlin",
            "nan",
            "1e300",
            "\u{e9}",
        ] {
            assert!(!matches!(stamp(text.as_bytes()), Some(Stamp::Seconds(_))), "{text}");
        }
    }

    #[test]
    fn numbers_that_spell_dates_are_told() {
        assert_eq!(spelt_seconds(20_050_501), Some(1_114_905_600));
        assert_eq!(spelt_seconds(20_050_501_000_001), Some(1_114_905_601));
        assert_eq!(spelt_seconds(200_505), Some(1_114_905_600));
        for number in
            [200_513, 200_500, 20_051_301, 20_050_532, 18_991_231, 20_050_501_240_000, 964_982_703]
        {
            assert_eq!(spelt_seconds(number), None, "{number}");
        }
    }

    #[test]
    fn formats_of_times_tell_a_date() {
        for (format, text) in [
            ("%d/%m/%Y", "31/01/2021"),
            ("%m/%d/%Y %H:%M", "01/31/2021 00:00"),
            ("%b %d, %Y", "Jan 31, 2021"),
            ("%Y%m%d%H%M%S %z", "20210131020000 +0200"),
        ] {
            check_time_format(format).unwrap();
            assert_eq!(written_seconds(text, format), Some(1_612_051_200), "{format}");
        }
        assert_eq!(written_seconds("2021", "%Y"), Some(1_609_459_200));
        assert_eq!(written_seconds("03/2021", "%m/%Y"), Some(1_614_556_800));
        for unit in ["s", "ms", "us", "ns", "excel", "%Y", "%b %Y"] {
            check_time_format(unit).unwrap();
        }
        let days = |text: &[u8]| TimeFormat::of("excel").stamp(text);
        assert_eq!(days(b"43586.5"), Some(Stamp::Seconds(1_556_712_000)));
        assert_eq!((days(b""), days(b"May")), (Some(Stamp::Empty), None));
        for format in ["", "%H:%M", "%Q", "yesterday", "%m"] {
            assert!(check_time_format(format).is_err(), "{format}");
        }
    }

    #[test]
    fn years_of_two_digits_and_names_of_zones_are_told() {
        for (text, format) in [
            ("31.01.21", "%d.%m.%y"),
            ("31.01.21 07:01", "%d.%m.%y"),
            ("21-01-31T07:01:00", "%y-%m-%d"),
            ("1/31/21", "%d/%m/%y"),
            ("03-APR-12", "%d-%b-%y"),
            ("3 Apr 12", "%d %b %y"),
            ("Tue, 03 Apr 12 20:17:05 +0000", "%d %b %y"),
        ] {
            assert_eq!(short_year(text.as_bytes()), Some(format), "{text}");
        }
        for text in [
            "2021-01-31",
            "31.01.2021",
            "03-Apr-2012",
            "Tue Apr 03 20:17:05 2012",
            "1.5.2005 00:00",
        ] {
            assert_eq!(short_year(text.as_bytes()), None, "{text}");
        }
        assert_eq!(zone_name(b"Tue Apr 03 20:17:05 PDT 2012"), Some("PDT"));
        assert_eq!(zone_name(b"Tue Apr 03 20:17:05 UTC 2012"), None);
    }
}
