//! The defaults of a split.

use super::{Cut, Share, Split};
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A split of which only some settings are given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SplitSettings {
    /// How to split. Default: `kfold` with `folds`, `time` with `from`, `users` with `target`, else `random`.
    pub by: Option<By>,
    /// Size of the test set. Default: one interaction of each user with `last`, else a tenth.
    pub test: Option<Share>,
    /// Random seed.
    pub seed: u64,
    /// With `time`: the start of the test set, in seconds since 1970.
    pub from: Option<i64>,
    /// With `kfold`: the number of folds. Default: 5.
    pub folds: Option<u32>,
    /// With `users`: the share of each held-out user's interactions to predict. Default: a fifth.
    pub target: Option<Share>,
}

/// Names of the splits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// [`Split::Random`].
    Random,
    /// [`Split::UserRandom`].
    UserRandom,
    /// [`Split::Last`].
    Last,
    /// [`Split::Time`].
    Time,
    /// [`Split::Kfold`].
    Kfold,
    /// [`Split::Users`].
    Users,
}

/// Default number of folds.
const FOLDS: u32 = 5;

impl SplitSettings {
    /// Returns how to split.
    pub fn by(&self) -> By {
        self.by.unwrap_or(match self {
            Self { folds: Some(_), .. } => By::Kfold,
            Self { from: Some(_), .. } => By::Time,
            Self { target: Some(_), .. } => By::Users,
            _ => By::Random,
        })
    }

    /// Returns the number of folds of `kfold`.
    pub fn folds(&self) -> u32 {
        self.folds.unwrap_or(FOLDS)
    }

    /// Returns the split.
    ///
    /// # Errors
    /// If a setting does not belong to this split.
    pub fn split(&self) -> Result<Split> {
        let (by, seed) = (self.by(), self.seed);
        for (given, setting, wanted, name) in [
            (self.folds.is_some(), "folds", By::Kfold, "kfold"),
            (self.from.is_some(), "from", By::Time, "time"),
            (self.target.is_some(), "target", By::Users, "users"),
        ] {
            if given && by != wanted {
                return Err(Error::setting(setting, format!("needs `by` = {name}")));
            }
        }
        if self.test.is_some() && (self.from.is_some() || by == By::Kfold) {
            let says = "cannot be combined with `from` or `folds`";
            return Err(Error::setting("test", says));
        }
        let test = self.test.unwrap_or(match by {
            By::Last => Share::Count(1),
            _ => Share::Fraction(0.1),
        });
        Ok(match by {
            By::Random => Split::Random { test, seed },
            By::UserRandom => Split::UserRandom { test, seed },
            By::Last => Split::Last { test },
            By::Time => Split::Time { test: self.from.map_or(Cut::Latest(test), Cut::From) },
            By::Kfold => Split::Kfold { folds: self.folds(), seed },
            By::Users => {
                Split::Users { test, target: self.target.unwrap_or(Share::Fraction(0.2)), seed }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_follows_from_what_is_given() {
        let settings = |json: &str| serde_json::from_str::<SplitSettings>(json).unwrap();
        let (tenth, seed) = (Share::Fraction(0.1), 0);
        for (json, split) in [
            ("{}", Split::Random { test: tenth, seed }),
            (r#"{"by": "last"}"#, Split::Last { test: Share::Count(1) }),
            (r#"{"folds": 3, "seed": 2}"#, Split::Kfold { folds: 3, seed: 2 }),
            (r#"{"by": "kfold"}"#, Split::Kfold { folds: 5, seed }),
            (r#"{"from": 7}"#, Split::Time { test: Cut::From(7) }),
            (r#"{"target": 2}"#, Split::Users { test: tenth, target: Share::Count(2), seed }),
        ] {
            assert_eq!(settings(json).split().unwrap(), split, "{json}");
        }
        let told = |json: &str| settings(json).split().unwrap_err().to_string();
        let says = told(r#"{"by": "random", "folds": 3}"#);
        assert_eq!(says, "setting `folds`: needs `by` = kfold");
        assert!(told(r#"{"folds": 3, "test": 0.2}"#).contains("cannot be combined"));
        assert!(serde_json::from_str::<SplitSettings>(r#"{"fold": 3}"#).is_err());
    }
}
