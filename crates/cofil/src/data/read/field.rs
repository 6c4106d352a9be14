//! Fields of text: parsing of numbers and times, and error messages.

use super::doubts::is_mark;
use super::report::TimeUnit;
pub(super) use crate::error::shown;
use crate::error::{Error, Result};
use chrono::format::{Parsed, StrftimeItems};
use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Powers of ten that are exact in `f32`.
pub(super) const TENS: [f32; 11] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/// Parses `text` as a number, correctly rounded, including NaN and infinities.
pub(super) fn number(text: &[u8]) -> Option<f32> {
    short_number(text).or_else(|| std::str::from_utf8(text).ok()?.parse().ok())
}

/// Parses `true` and `false`, in any case.
fn truth(text: &[u8]) -> Option<bool> {
    let is = |word: &[u8]| text.eq_ignore_ascii_case(word);
    (is(b"true") || is(b"false")).then(|| is(b"true"))
}

/// From here on, not all whole numbers are exact in `f32`.
pub(super) const EXACT: f32 = 16_777_216.0;

/// Returns whether `value` differs from the number in `text`, as for large counts.
#[cold]
pub(super) fn is_rounded(text: &[u8], value: f32, decimal_comma: bool) -> bool {
    let text = String::from_utf8_lossy(text.trim_ascii());
    let text = if decimal_comma { text.replace(',', ".") } else { text.into_owned() };
    text.parse::<f64>().is_ok_and(|exact| exact != f64::from(value))
}

/// Parses `text` as a number with a decimal comma.
pub(super) fn comma_number(text: &[u8]) -> Option<f32> {
    if text.contains(&b'.') {
        return None;
    }
    let point: Vec<u8> = text.iter().map(|&b| if b == b',' { b'.' } else { b }).collect();
    number(&point)
}

/// Returns whether `text` is a number with commas between groups of three digits, such as 1,234.
fn has_thousands(text: &[u8]) -> bool {
    let whole = text.split(|&b| b == b'.').next().unwrap_or_default();
    let mut groups = whole.split(|&b| b == b',');
    let first = groups.next().unwrap_or_default();
    let digits = |group: &[u8]| group.iter().all(u8::is_ascii_digit);
    let mut more = groups.peekable();
    more.peek().is_some()
        && (1..=3).contains(&first.len())
        && digits(first)
        && more.all(|group| group.len() == 3 && digits(group))
}

/// Parses up to 7 digits with an optional sign and point. The digits and the power of ten are exact in `f32`, so one
/// division rounds like the full algorithm (Clinger 1990).
fn short_number(text: &[u8]) -> Option<f32> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let (mut mantissa, mut point) = (0u32, None);
    for (i, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + u32::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(i),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |i| digits.len() - 1 - i);
    if mantissa >= 1 << 24 || (point.is_some() && digits.len() == 1) {
        return None;
    }
    let value = mantissa as f32 / TENS[decimals];
    Some(if negative { -value } else { value })
}

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
    iso_seconds(text).map(Stamp::Seconds)
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

    fn stamp(self, text: &[u8]) -> Option<Stamp> {
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
    match known && reads() {
        true => Ok(()),
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
fn written_seconds(text: &str, format: &str) -> Option<i64> {
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
/// (20190131), or a date and time (20190131120000).
pub(super) fn spelt_seconds(number: i64) -> Option<i64> {
    let (day, second) = match number {
        190_001..=210_012 => (number * 100 + 1, 0),
        19_000_101..=21_001_231 => (number, 0),
        19_000_101_000_000..=21_001_231_235_959 => (number / 1_000_000, number % 1_000_000),
        _ => return None,
    };
    let part = |n: i64, unit: i64| (n / unit % 100) as u32;
    NaiveDate::from_ymd_opt((day / 10_000) as i32, part(day, 100), part(day, 1))?
        .and_hms_opt(part(second, 10_000), part(second, 100), part(second, 1))
        .map(|time| time.and_utc().timestamp())
}

/// Parses an ISO 8601 date, or date and time, to seconds since 1970; UTC without an offset.
fn iso_seconds(text: &str) -> Option<i64> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp());
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp());
    }
    for zoned in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"] {
        if let Ok(time) = DateTime::parse_from_str(text, zoned) {
            return Some(time.timestamp());
        }
    }
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix(" UTC")).unwrap_or(text);
    // With points the day always comes first, and names of months are unambiguous.
    let plain = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
        "%d.%m.%Y %H:%M:%S",
        "%d.%m.%Y %H:%M",
        "%a %b %d %H:%M:%S %Y",
    ];
    if let Ok(date) = NaiveDate::parse_from_str(text, "%d.%m.%Y") {
        return Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp());
    }
    if text.len() == 7 {
        return written_seconds(text, "%Y-%m");
    }
    plain
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(|time| time.and_utc().timestamp())
}

/// Returns whether `text` begins with a date such as 31.01.21 or 21-01-31, whose parts cannot be told.
fn has_short_year(text: &[u8]) -> bool {
    let date = text.split(|byte| b" T".contains(byte)).next().unwrap_or_default();
    let parts = date.split(|byte| b".-/".contains(byte));
    let short = |part: &[u8]| matches!(part.len(), 1 | 2) && part.iter().all(u8::is_ascii_digit);
    parts.clone().count() == 3 && parts.into_iter().all(short)
}

/// How a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Iso,
    /// `31.01.2019`
    Points,
    /// `Thu Jan 31 12:00:00 2019`
    Words,
}

impl Notation {
    /// Returns the notation of `text`, which is a date.
    pub fn of(text: &[u8]) -> Self {
        match text.trim_ascii() {
            [b'a'..=b'z' | b'A'..=b'Z', ..] => Self::Words,
            [_, b'.', ..] | [_, _, b'.', ..] => Self::Points,
            _ => Self::Iso,
        }
    }
}

/// Rules for the fields of a row, and their error messages.
pub(super) struct Rules<'a> {
    /// Names of the value, time and type columns for messages.
    pub value_name: String,
    pub time_name: String,
    pub kind_name: String,
    pub missing: Option<f32>,
    pub time_format: Option<TimeFormat<'a>>,
    pub decimal_comma: bool,
    pub weights: &'a [(String, f32)],
}

/// Why a row is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skip {
    Missing,
    Weightless,
}

impl<'a> Rules<'a> {
    /// Parses a value from text.
    #[inline]
    pub fn value(
        &self,
        text: &[u8],
    ) -> std::result::Result<std::result::Result<f32, Skip>, String> {
        let text = text.trim_ascii();
        let value = if self.decimal_comma { comma_number(text) } else { number(text) };
        match value {
            Some(value) => self.checked(value, || quoted(text)),
            None => self.not_a_number(text),
        }
    }

    /// Checks a numeric value; `shown` is its notation in the file.
    #[inline]
    pub fn checked(
        &self,
        value: f32,
        shown: impl Fn() -> String,
    ) -> std::result::Result<std::result::Result<f32, Skip>, String> {
        if self.missing.is_some_and(|m| m == value || (m.is_nan() && value.is_nan())) {
            return Ok(Err(Skip::Missing));
        }
        if value.is_finite() {
            return Ok(Ok(value));
        }
        let name = &self.value_name;
        let remedy = match value.is_nan() {
            true => "give it a value, or leave such rows out with `missing` = nan",
            false => "values must be below 3.4e38",
        };
        Err(format!("{name} {} is not a finite number; {remedy}", shown()))
    }

    #[cold]
    fn not_a_number(
        &self,
        text: &[u8],
    ) -> std::result::Result<std::result::Result<f32, Skip>, String> {
        let name = &self.value_name;
        if text.is_empty() {
            return match self.missing {
                Some(missing) if missing.is_nan() => Ok(Err(Skip::Missing)),
                _ => Err(format!(
                    "{name} is empty; give it a value, or leave such rows out with `missing` = nan"
                )),
            };
        }
        if let Some(truth) = truth(text) {
            return self.checked(f32::from(u8::from(truth)), || quoted(text));
        }
        let remedy = if is_mark(text) {
            if self.missing.is_some_and(f32::is_nan) {
                return Ok(Err(Skip::Missing));
            }
            "; if it marks a missing value, leave such rows out with `missing` = nan"
        } else if self.decimal_comma && text.contains(&b'.') {
            "; remove the points if they separate thousands, since the decimal separator is a comma here (`decimal` = ,)"
        } else if self.decimal_comma {
            "; the decimal separator is a comma here (`decimal` = ,)"
        } else if has_thousands(text) {
            "; remove the commas if they separate thousands, or set the decimal separator (`decimal` = ,)"
        } else if comma_number(text).is_some() {
            "; use a decimal point, or set the decimal separator (`decimal` = ,)"
        } else {
            ""
        };
        Err(format!("{name} {} is not a number{remedy}", quoted(text)))
    }

    /// Parses a time from text.
    #[inline]
    pub fn time(&self, text: &[u8]) -> std::result::Result<Stamp, String> {
        let text = text.trim_ascii();
        let time = match self.time_format {
            Some(format) => format.stamp(text),
            None => stamp(text).filter(|time| match time {
                Stamp::Seconds(_) => !has_short_year(text),
                Stamp::Empty | Stamp::Number(_) => true,
            }),
        };
        time.ok_or_else(|| {
            let is_short = has_short_year(text);
            let (name, text) = (&self.time_name, quoted(text));
            match self.time_format {
                Some(TimeFormat::Pattern(format)) => {
                    format!("{name} {text} does not match {format:?}")
                }
                Some(TimeFormat::Unit(unit)) => {
                    format!("{name} {text} is not a number; times are numbers here ({unit})")
                }
                None if is_short => {
                    let format = match text.chars().find(|c| ".-/".contains(*c)) {
                        Some('-') => "%y-%m-%d",
                        Some('/') => "%d/%m/%y",
                        _ => "%d.%m.%y",
                    };
                    format!(
                        "{name} {text} has a year of two digits; give its format, such as `time_format` = {format}"
                    )
                }
                None => format!(
                    "{name} {text} is not a time; use unix seconds or ISO 8601, or give its format (such as \
                     `time_format` = %d/%m/%Y)"
                ),
            }
        })
    }

    /// Returns the weight of an event type.
    pub fn weight(
        &self,
        text: &[u8],
    ) -> std::result::Result<std::result::Result<f32, Skip>, String> {
        let text = text.trim_ascii();
        match self.weights.iter().find(|(name, _)| name.as_bytes() == text) {
            Some(&(_, 0.0)) => Ok(Err(Skip::Weightless)),
            Some(&(_, weight)) => Ok(Ok(weight)),
            None => {
                let names: Vec<&str> = self.weights.iter().map(|(name, _)| name.as_str()).collect();
                Err(format!(
                    "{} {} has no weight (weights: {}); give it one (0 leaves its rows out)",
                    self.kind_name,
                    quoted(text),
                    names.join(", ")
                ))
            }
        }
    }
}

/// Returns `x` as a whole number, if it is one and floats are exact there.
pub(super) fn integral(x: f64) -> Option<i64> {
    (x.trunc() == x && x.abs() < 9_007_199_254_740_992.0).then_some(x as i64)
}

/// Returns [`shown`] in quotation marks.
pub(super) fn quoted(text: &[u8]) -> String {
    format!("\"{}\"", shown(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            "01.05.2005",
            "1.5.2005 00:00",
            "01.05.2005 00:00:00",
            "Sun May 01 00:00:00 2005",
        ] {
            assert_eq!(stamp(text.as_bytes()), Some(Stamp::Seconds(1_114_905_600)), "{text}");
        }
        assert_eq!(stamp(b"964982703"), Some(Stamp::Number(964_982_703)));
        assert_eq!(stamp(b"-1.5"), Some(Stamp::Number(-2)));
        assert_eq!(stamp(b""), Some(Stamp::Empty));
        assert_eq!(stamp(b"2005-05"), Some(Stamp::Seconds(1_114_905_600)));
        for text in ["yesterday", "01-Jan-1995", "2005-13-01", "1/2/2005", "nan", "1e300", "\u{e9}"]
        {
            assert_eq!(stamp(text.as_bytes()), None, "{text}");
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
    fn long_text_is_cut_in_messages() {
        let long = quoted("é".repeat(1_000_000).as_bytes());
        assert_eq!(long.chars().count(), 43);
        assert_eq!(quoted(b"a\n\xff"), "\"a\\n\u{fffd}\"");
    }

    proptest! {
        #[test]
        fn numbers_are_parsed_as_the_standard_library_does(text in "-?[0-9]{0,6}[.]?[0-9]{0,6}(e-?[0-9])?") {
            let expected = text.parse::<f32>().ok();
            prop_assert_eq!(number(text.as_bytes()).map(f32::to_bits), expected.map(f32::to_bits));
        }
    }
}
