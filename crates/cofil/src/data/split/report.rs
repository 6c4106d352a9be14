//! What a split came to, in numbers and in a sentence.

use super::{Cut, Leakage, Split};
use crate::data::clean::counts;
use crate::data::moment::date;
use crate::data::{Interactions, NO_TIME};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a split came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SplitReport {
    /// What was done, in a sentence.
    pub description: String,
    /// How the data was split.
    pub split: Split,
    /// Which round this is, from 1, for k-fold.
    pub fold: Option<u32>,
    /// BLAKE3 digest of the settings, the interactions and the part each went to.
    pub id: String,
    /// The training part.
    pub train: Size,
    /// What held-out users are known by.
    pub given: Option<Size>,
    /// The test part.
    pub test: Size,
    /// Users of the data without a test interaction.
    pub users_not_tested: usize,
    /// Interactions whose time is missing although others have one.
    pub without_time: usize,
    /// What testing on this says, and what it cannot say.
    pub leakage: Leakage,
}

/// How large a part is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Size {
    /// Number of interactions.
    pub interactions: usize,
    /// Users with at least one.
    pub users: usize,
    /// Items with at least one.
    pub items: usize,
}

impl Size {
    /// The size of `part`.
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
    /// What is done to `data`, in a sentence.
    pub(super) fn description(&self, data: &Interactions, fold: Option<u32>) -> String {
        match self {
            Self::Random { test, seed } => {
                format!("random: {} to test, seed {seed}", test.words("interaction"))
            }
            Self::UserRandom { test, seed } => {
                format!("random: {} of each user to test, seed {seed}", test.words("interaction"))
            }
            Self::Last { test } => {
                let order = match &data.time {
                    None => "the data has no times, so the last in the file count as latest",
                    Some(time) if time.contains(&NO_TIME) => {
                        "missing times count as oldest, equal times by place in the file"
                    }
                    Some(_) => "equal times by place in the file",
                };
                format!("the latest {} of each user to test; {order}", test.words("interaction"))
            }
            Self::Time { test: Cut::Latest(share) } => format!(
                "everything from one moment on to test, about {}",
                share.words("interaction")
            ),
            Self::Time { test: Cut::From(from) } => {
                format!("everything from {} on to test", date(*from))
            }
            Self::Kfold { folds, seed } => {
                let fold = fold.unwrap_or(1);
                format!("random: fold {fold} of {folds} to test, seed {seed}")
            }
            Self::Users { test, target, seed } => format!(
                "{} held out; {} of each to test, the rest is what they are known by; seed {seed}",
                test.words("user"),
                target.words("interaction"),
            ),
        }
    }
}
