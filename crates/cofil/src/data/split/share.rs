//! The size of the test set.

use crate::data::prose::{count, percent};
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A share or a number: `0.1` is a tenth, `10` is ten. Also read from text, as people write it: `"20%"`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Share {
    /// A number, at least 1.
    Count(usize),
    /// A share, above 0 and below 1.
    Fraction(f64),
}

/// Where a split by time cuts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// The latest interactions, as close to this share as possible without separating equal times.
    Latest(Share),
    /// From this time on, in seconds since 1970.
    From(i64),
}

impl Share {
    /// Returns the number of rows that this share of `n` rows comes to.
    pub fn of(self, n: usize) -> usize {
        match self {
            Self::Count(count) => count.min(n),
            Self::Fraction(share) => (n as f64 * share).round() as usize,
        }
    }

    /// Returns the number of one user's `n` rows, leaving at least one.
    pub(super) fn of_one_user(self, n: usize) -> usize {
        self.of(n).min(n.saturating_sub(1))
    }

    pub(super) fn check(self, setting: &str) -> Result<()> {
        match self {
            Self::Count(1..) => Ok(()),
            Self::Fraction(share) if share > 0.0 && share < 1.0 => Ok(()),
            Self::Count(n) => Err(Error::setting(setting, format!("must be at least 1, got {n}"))),
            Self::Fraction(share) => {
                let range = "must be a share above 0 and below 1, or a whole number of";
                Err(Error::setting(setting, format!("{range} at least 1, got {share}")))
            }
        }
    }

    pub(super) fn words(self, noun: &str) -> String {
        match self {
            Self::Count(n) => count(n, noun),
            Self::Fraction(share) => format!("{} of the {noun}s", percent(share)),
        }
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let count = || value.as_u64().and_then(|n| usize::try_from(n).ok()).map(Self::Count);
        let share = || value.as_f64().map(Self::Fraction);
        let text = || value.as_str().and_then(|text| text.parse().ok());
        count().or_else(share).or_else(text).ok_or_else(|| {
            let says = "must be a share such as 0.2 or 20%, or a number such as 10, not";
            D::Error::custom(format!("{says} {value}"))
        })
    }
}

impl std::str::FromStr for Share {
    type Err = Error;

    /// Parses `0.1`, `10%` or `10`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong =
            || Error::setting("test", format!("`{text}` is neither a share like 0.1 nor a count"));
        let share = match (text.strip_suffix('%'), text.parse()) {
            (None, Ok(count)) => Self::Count(count),
            (None, Err(_)) => Self::Fraction(text.parse().map_err(|_| wrong())?),
            (Some(percent), _) => {
                Self::Fraction(percent.trim_end().parse::<f64>().map_err(|_| wrong())? / 100.0)
            }
        };
        share.check("test")?;
        Ok(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_and_rounded() {
        let read = |text: &str| text.parse::<Share>();
        assert_eq!(read("0.1").unwrap(), Share::Fraction(0.1));
        assert_eq!(read("20 %").unwrap(), Share::Fraction(0.2));
        let from = |text: &str| serde_json::from_str::<Share>(text).map_err(|e| e.to_string());
        assert_eq!(from("\"20%\""), Ok(Share::Fraction(0.2)));
        assert_eq!((from("3"), from("0.5")), (Ok(Share::Count(3)), Ok(Share::Fraction(0.5))));
        let told = from("[1]").unwrap_err();
        assert!(told.starts_with("must be a share such as 0.2 or 20%"), "{told}");
        assert_eq!(read("20").unwrap(), Share::Count(20));
        for wrong in ["0", "1.0", "0.0", "-1", "150%", "nan", "ten", ""] {
            assert!(read(wrong).unwrap_err().to_string().starts_with("setting `test`:"), "{wrong}");
        }
        assert_eq!(Share::Fraction(0.1).of(1_000_209), 100_021);
        assert_eq!(Share::Count(3).of(2), 2);
        let of_one_user = |n| Share::Fraction(0.5).of_one_user(n);
        assert_eq!((of_one_user(0), of_one_user(1), of_one_user(3)), (0, 0, 2));
        assert_eq!(Share::Count(2).of_one_user(2), 1);
    }
}
