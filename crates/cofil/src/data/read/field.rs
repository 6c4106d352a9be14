//! Fields of text: parsing of numbers, and error messages.

use super::doubts::{is_mark, is_no_time};
use super::first_rows::TYPES;
use super::hints::{formats, no_time, number_of};
use super::known::is_known;
use super::stamp::{Stamp, TimeFormat, short_year, stamp};
use super::truths::truth;
pub(super) use crate::error::shown;

/// Powers of ten that are exact in `f32`.
pub(super) const TENS: [f32; 11] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/// Parses `text` as a number, correctly rounded, including NaN and infinities.
pub(super) fn number(text: &[u8]) -> Option<f32> {
    short_number(text).or_else(|| std::str::from_utf8(text).ok()?.parse().ok())
}

/// Returns whether `text` is in quotes, or in those of a spreadsheet: `="2"`.
fn is_quoted(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let text = text.strip_prefix('=').unwrap_or(&text);
    let is_quote = |c: char| "'\"`´‘’“”„«»".contains(c);
    text.chars().count() > 2 && text.starts_with(is_quote) && text.ends_with(is_quote)
}

/// Returns whether `text` is a number with signs or separators that are not read: `$12.50`, `1.234,50`, `80 %`.
pub(super) fn is_amount(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let is_sign = |c: char| !c.is_alphanumeric() && !"/:#_@".contains(c);
    let mut inner = text.trim_matches(is_sign);
    for currency in ["EUR", "USD", "GBP", "CHF", "JPY"] {
        inner = inner.trim_start_matches(currency).trim_end_matches(currency).trim_matches(is_sign);
    }
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, decimals) = inner.rsplit_once(['.', ',']).unwrap_or((inner, "0"));
    let mut thousands = whole.split(['.', ',', '\'', '’', ' ', '\u{a0}', '\u{202f}']);
    thousands.next().is_some_and(are_digits)
        && thousands.all(|group| group.len() == 3 && are_digits(group))
        && are_digits(decimals)
}

/// From here on, not all whole numbers are exact in `f32`.
pub(super) const EXACT: f32 = 16_777_216.0;

/// The largest value of a row. Sums of 2³² such values, as of duplicates, stay below the largest 32-bit float.
pub(super) const LARGEST: f32 = 1e28;

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

/// Rules for the fields of a row, and their error messages.
pub(super) struct Rules<'a> {
    /// Names of the value, time and type columns for messages.
    pub value_name: String,
    pub time_name: String,
    pub kind_name: String,
    /// Name or position of the value column, to choose it by.
    pub value_column: String,
    /// Whether the values are words for yes and no, which may be single letters.
    pub of_letters: bool,
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
    pub fn value(&self, text: &[u8]) -> Result<Result<f32, Skip>, String> {
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
    ) -> Result<Result<f32, Skip>, String> {
        if self.missing.is_some_and(|m| m == value || (m.is_nan() && value.is_nan())) {
            return Ok(Err(Skip::Missing));
        }
        if value.abs() <= LARGEST {
            return Ok(Ok(value));
        }
        let problem = match value.is_nan() {
            true => {
                "is not a finite number; give it a value, or skip such rows with `missing` = nan"
            }
            false => "is not between -1e28 and 1e28; correct it, or scale the column down",
        };
        Err(format!("{} {} {problem}", self.value_name, shown()))
    }

    #[cold]
    fn not_a_number(&self, text: &[u8]) -> Result<Result<f32, Skip>, String> {
        let name = &self.value_name;
        if text.is_empty() {
            return match self.missing {
                Some(missing) if missing.is_nan() => Ok(Err(Skip::Missing)),
                _ => Err(format!(
                    "{name} is empty; give it a value, or skip such rows with `missing` = nan"
                )),
            };
        }
        if let Some(truth) = truth(text, self.of_letters) {
            return self.checked(f32::from(u8::from(truth)), || quoted(text));
        }
        let remedy = if is_mark(text) {
            if self.missing.is_some_and(f32::is_nan) {
                return Ok(Err(Skip::Missing));
            }
            "; if it marks a missing value, skip such rows with `missing` = nan"
        } else if let [number @ .., b',' | b';'] = text
            && self::number(number).is_some()
        {
            "; remove the delimiter behind it"
        } else if self.decimal_comma && text.contains(&b'.') {
            "; remove the points if they separate thousands, since the decimal separator is a comma here (`decimal` = ,)"
        } else if self.decimal_comma {
            "; the decimal separator is a comma here (`decimal` = ,)"
        } else if has_thousands(text) {
            "; remove the commas if they separate thousands, or set the decimal separator (`decimal` = ,)"
        } else if comma_number(text).is_some() {
            "; use a decimal point, or set the decimal separator (`decimal` = ,)"
        } else if is_quoted(text) {
            "; leave out the quotes around it"
        } else if is_amount(text) {
            "; write plain numbers, without signs and separators of thousands"
        } else {
            let remedy = number_of(text).unwrap_or_else(|| self.by_words(text));
            return Err(format!("{name} {} is not a number; {remedy}", quoted(text)));
        };
        Err(format!("{name} {} is not a number{remedy}", quoted(text)))
    }

    /// Returns how to use a column of words as values.
    fn by_words(&self, text: &[u8]) -> String {
        // The values of a matrix are in all its columns.
        if self.value_column.is_empty() {
            return "write a number".into();
        }
        let word = String::from_utf8_lossy(text).to_lowercase();
        if TYPES.contains(&word.as_str()) || is_known(&word) {
            return "the row may hold names or types of columns: remove it, or leave it out (`skip_bad` = 1)".into();
        }
        let mut weight = format!("{}=1", shown(text));
        if weight.contains(' ') {
            weight = format!("\"{weight}\"");
        }
        format!(
            "if the column holds words, make it the column of event types (`kind` = {}) and give each a weight \
             (`weights` = {weight}); if only a few rows have words there, leave them out (`skip_bad` = 100)",
            self.value_column
        )
    }

    /// Parses a time from text.
    #[inline]
    pub fn time(&self, text: &[u8]) -> Result<Stamp, String> {
        let text = text.trim_ascii();
        let time = match self.time_format {
            Some(format) => format.stamp(text),
            None => stamp(text).filter(|time| match time {
                Stamp::Seconds(_) => short_year(text).is_none(),
                Stamp::Empty | Stamp::Number(_) => true,
            }),
        };
        time.or_else(|| is_no_time(text).then_some(Stamp::Empty)).ok_or_else(|| {
            let (name, short) = (&self.time_name, short_year(text));
            let told = std::str::from_utf8(text).unwrap_or_default();
            let text = quoted(text);
            if let (None, Some(problem)) = (self.time_format, no_time(told)) {
                return format!("{name} {text} {problem}");
            }
            match self.time_format {
                Some(TimeFormat::Pattern(format)) => {
                    format!("{name} {text} does not match {format:?}")
                }
                Some(TimeFormat::Unit(unit)) => {
                    format!("{name} {text} is not a number; times are numbers here ({unit})")
                }
                None => {
                    let problem = match short {
                        Some(_) => "has a year of two digits",
                        None => "cannot be read as a time without its format",
                    };
                    match formats(told).or_else(|| short.map(Into::into)) {
                        Some(format) => format!(
                            "{name} {text} {problem}; give it: `time_format` = {format} (or read no times: `time` = none)"
                        ),
                        None => format!(
                            "{name} {text} is not a time; use unix seconds or ISO 8601, or give its format (such as \
                             `time_format` = %d/%m/%Y), or read no times (`time` = none)"
                        ),
                    }
                }
            }
        })
    }

    /// Returns the weight of an event type.
    pub fn weight(&self, text: &[u8]) -> Result<Result<f32, Skip>, String> {
        let text = text.trim_ascii();
        match self.weights.iter().find(|(name, _)| name.as_bytes() == text) {
            Some(&(_, 0.0)) => Ok(Err(Skip::Weightless)),
            Some(&(_, weight)) => Ok(Ok(weight)),
            None => {
                let names: Vec<&str> = self.weights.iter().map(|(name, _)| name.as_str()).collect();
                Err(format!(
                    "{} {} has no weight (weights: {}); give it one (0 skips its rows)",
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
