//! The report on a split, as numbers and a sentence.

use super::{Cut, Leakage, Share, Split};
use crate::data::clean::counts;
use crate::data::moment::date;
use crate::data::prose::{count, percent};
use crate::data::{Interactions, NO_TIME};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Report on a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SplitReport {
    /// Description of the split, in a sentence.
    pub description: String,
    /// How the data was split.
    pub split: Split,
    /// Number of the fold, from 1, for k-fold.
    pub fold: Option<u32>,
    /// BLAKE3 digest of the settings, the interactions and the part of each interaction.
    pub id: String,
    /// Size of the training set.
    pub train: Size,
    /// Size of the history of held-out users.
    pub given: Option<Size>,
    /// Size of the test set.
    pub test: Size,
    /// Users without a test interaction.
    pub users_not_tested: usize,
    /// Interactions without a time, in data where others have one.
    pub without_time: usize,
    /// Comparison of the test set with the training set.
    pub leakage: Leakage,
}

/// Size of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Size {
    /// Number of interactions.
    pub interactions: usize,
    /// Users with at least one interaction.
    pub users: usize,
    /// Items with at least one interaction.
    pub items: usize,
}

impl Size {
    /// Returns the size of `part`.
    pub fn of(part: &Interactions) -> Self {
        let used = |column: &[u32], n| counts(column, n).into_iter().filter(|&n| n > 0).count();
        Self {
            interactions: part.len(),
            users: used(&part.user, part.users.len()),
            items: used(&part.item, part.items.len()),
        }
    }
}

impl Split {
    /// Describes the split with the test set `tested`, in a sentence; `missing` says whether rows lack a time.
    pub(super) fn description(
        &self,
        tested: &Interactions,
        missing: bool,
        fold: Option<u32>,
    ) -> String {
        match self {
            Self::Random { test, seed } => {
                format!("random: {} for testing, seed {seed}", test.words("interaction"))
            }
            Self::UserRandom { test, seed } => {
                format!(
                    "random: {} of each user for testing, seed {seed}",
                    test.words("interaction")
                )
            }
            Self::Last { test } => {
                let order = match tested.time {
                    None => "the data has no times, so the last in the file count as the latest",
                    Some(_) if missing => {
                        "missing times count as the oldest, ties are broken by file order"
                    }
                    Some(_) => "ties are broken by file order",
                };
                let latest = match test {
                    Share::Count(1) => "each user's latest interaction".to_owned(),
                    Share::Count(n) => format!("each user's latest {}", count(*n, "interaction")),
                    Share::Fraction(share) => {
                        format!("the latest {} of each user's interactions", percent(*share))
                    }
                };
                format!("test set: {latest}; {order}")
            }
            Self::Time { test: Cut::Latest(share) } => {
                let latest = match share {
                    Share::Count(n) => count(*n, "interaction"),
                    Share::Fraction(share) => percent(*share),
                };
                let times = tested.time.iter().flatten();
                let first = times.copied().filter(|&time| time != NO_TIME).min();
                let from = first.map(|first| format!(", from {}", date(first))).unwrap_or_default();
                format!("test set: the latest {latest}{from}")
            }
            Self::Time { test: Cut::From(from) } => {
                format!("test set: everything from {} on", date(*from))
            }
            Self::Kfold { folds, seed } => {
                let fold = fold.unwrap_or(1);
                format!("kfold: fold {fold} of {folds} for testing, seed {seed}")
            }
            Self::Users { test, target, seed } => format!(
                "{} held out; {} for testing, the rest as history; seed {seed}",
                test.words("user"),
                match target {
                    Share::Count(n) => format!("{} of each", count(*n, "interaction")),
                    Share::Fraction(share) => format!("{} of their interactions", percent(*share)),
                },
            ),
        }
    }
}
