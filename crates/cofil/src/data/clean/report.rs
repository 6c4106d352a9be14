//! What cleaning did, as numbers and sentences.

use super::Clean;
use crate::data::prose::{count, number};
use crate::data::{Duplicates, Finding};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What cleaning did, step by step. Every row that was removed is counted in exactly one of `missing`, `duplicates`,
/// `disliked`, `below_threshold` and `outside_core`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CleanReport {
    /// The settings of the cleaning.
    pub settings: Clean,
    /// Rows before cleaning.
    pub rows: usize,
    /// Rows dropped because their value means "no rating".
    pub missing: usize,
    /// Rows merged into another row of the same pair.
    pub duplicates: usize,
    /// Pairs dropped by `implicit` because they are not above 0, in a table with values below 0.
    #[serde(default)]
    pub disliked: usize,
    /// Pairs dropped because their value is below the threshold.
    pub below_threshold: usize,
    /// Pairs dropped because their user or item had too few interactions.
    pub outside_core: usize,
    /// Passes over the data until every user and item had enough interactions.
    pub core_rounds: usize,
    /// Users without remaining interactions.
    pub users_dropped: usize,
    /// Items without remaining interactions.
    pub items_dropped: usize,
    /// Remaining users.
    pub users: usize,
    /// Remaining items.
    pub items: usize,
    /// Remaining interactions.
    pub interactions: usize,
    /// What limits the use of the order of the remaining rows, if they have times, and what stands in for values.
    #[serde(default)]
    pub notes: Vec<Finding>,
}

impl CleanReport {
    /// Returns whether no rows, users or items were removed; values may have changed.
    pub fn is_untouched(&self) -> bool {
        self.rows == self.interactions && self.users_dropped == 0 && self.items_dropped == 0
    }

    /// Returns one sentence per step that changed something.
    pub fn sentences(&self) -> Vec<String> {
        let Clean { missing, duplicates, threshold, min_user, min_item, implicit } = &self.settings;
        let mut told = Vec::new();
        if self.missing > 0 {
            let marks: Vec<String> = missing.iter().map(f32::to_string).collect();
            let marks = marks.join(" or ");
            told.push(format!("dropped {}: {marks} means no rating", count(self.missing, "row")));
        }
        if self.duplicates > 0 {
            let kept = match duplicates {
                Duplicates::Last => "the last of each pair counts",
                Duplicates::First => "the first of each pair counts",
                Duplicates::Mean => "their mean counts",
                Duplicates::Sum => "their sum counts",
                Duplicates::Max => "the largest of each pair counts",
                Duplicates::Error => "none is allowed",
            };
            told.push(format!("merged {}: {kept}", count(self.duplicates, "repeated row")));
        }
        if self.disliked > 0 {
            let dropped = count(self.disliked, "interaction");
            told.push(format!("dropped {dropped} not above 0: values below 0 mean dislike"));
        }
        if let Some(threshold) = threshold {
            let dropped = count(self.below_threshold, "interaction");
            told.push(format!("dropped {dropped} below {threshold}; the others count 1"));
        }
        if *min_user > 1 || *min_item > 1 {
            told.push(format!(
                "dropped {} to reach ≥ {} per user and ≥ {} per item ({})",
                count(self.outside_core, "interaction"),
                (*min_user).max(1),
                (*min_item).max(1),
                count(self.core_rounds, "round")
            ));
        }
        let emptied = [(self.users_dropped, "user"), (self.items_dropped, "item")];
        let emptied = emptied.iter().filter(|(n, _)| *n > 0).map(|(n, who)| count(*n, who));
        let emptied = emptied.collect::<Vec<_>>().join(" and ");
        if !emptied.is_empty() {
            told.push(format!("dropped {emptied} without interactions"));
        }
        if *implicit && threshold.is_none() {
            // An update gives them the usual value of its model.
            told.push(format!("all {} interactions count alike", number(self.interactions)));
        }
        told
    }
}
