//! Notations of dates, for the report.

use super::report::TimeUnit;

/// How a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Iso,
    /// `2019/01/31`
    YearFirst,
    /// `31.01.2019`
    Points,
    /// `Thu Jan 31 12:00:00 2019`
    Words,
    /// `01 31, 2019`
    MonthFirst,
}

impl Notation {
    pub const ALL: [Self; 5] =
        [Self::Iso, Self::YearFirst, Self::Points, Self::Words, Self::MonthFirst];

    /// Returns the notation of `text`, which is a date.
    pub fn of(text: &[u8]) -> Self {
        let text = text.trim_ascii();
        match text {
            [_, _, _, _, b'/' | b'.', ..] if text[..4].iter().all(u8::is_ascii_digit) => {
                Self::YearFirst
            }
            [_, _, _, _, b'-' | b'0'..=b'9', ..] if text[..4].iter().all(u8::is_ascii_digit) => {
                Self::Iso
            }
            [_, b'.', b' ', ..] | [_, _, b'.', b' ', ..] => Self::Words,
            [_, b'.', ..] | [_, _, b'.', ..] => Self::Points,
            [b'0'..=b'9', ..] if text.contains(&b',') && text.contains(&b' ') => Self::MonthFirst,
            _ => Self::Words,
        }
    }

    /// Returns the notation for the report.
    pub fn unit(self) -> TimeUnit {
        match self {
            Self::Iso => TimeUnit::Iso8601,
            Self::YearFirst => TimeUnit::YearFirst,
            Self::Points => TimeUnit::Pointed,
            Self::Words => TimeUnit::Worded,
            Self::MonthFirst => TimeUnit::MonthFirst,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_are_told() {
        for (text, expected) in [
            ("2021-01-31", Notation::Iso),
            ("20210131T070105Z", Notation::Iso),
            ("2021/01/31", Notation::YearFirst),
            ("2021.01.31", Notation::YearFirst),
            ("31.01.2021", Notation::Points),
            ("1.1.2021", Notation::Points),
            ("1. May 2021", Notation::Words),
            ("31-Jan-2021", Notation::Words),
            ("Jan 31, 2021", Notation::Words),
            ("01 31, 2021", Notation::MonthFirst),
        ] {
            assert_eq!(Notation::of(text.as_bytes()), expected, "{text}");
        }
    }
}
