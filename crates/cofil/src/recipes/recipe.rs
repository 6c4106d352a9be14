//! What a recipe is: settings that can be fitted.

use super::range::Range;
use super::suit::{Rule, Traits};
use crate::data::Ratings;
use crate::error::Result;
use crate::memory::check_room;
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings that can be fitted: what `Algorithm` asks of each of its variants.
pub(crate) trait Recipe {
    /// What the scores of its models mean.
    fn target(&self) -> Target;
    /// Which settings are worth tuning, and where; what to try is declared beside the settings.
    fn ranges(&self) -> Vec<Range>;
    /// Which settings have a default that follows the data, and how.
    fn rules(&self) -> &'static [Rule] {
        &[]
    }
    /// Sets those of [`rules`](Self::rules) to what suits data with these traits; the others may be looked at.
    fn suit(&mut self, _: &Traits) {}
    /// Whether it can learn against negatives that are given ([`Run::negatives`]).
    fn takes_negatives(&self) -> bool {
        false
    }
    /// Whether it asks when things happened.
    fn needs_times(&self) -> bool {
        false
    }
    /// Learns from `train`, which is not empty.
    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted>;
}

/// Refuses vectors of `factors` numbers for every user and item that the machine has no room for, `copies` of them.
pub(crate) fn check_vectors(
    setting: &str,
    copies: usize,
    train: &Ratings,
    factors: usize,
) -> Result<()> {
    let everybody = train.users.len() + train.items.len();
    check_room(setting, copies, (everybody, "users and items"), factors)
}

/// What the scores of a recipe mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A predicted value on the scale of the data: RMSE makes sense.
    Rating,
    /// Order alone: ranking metrics make sense.
    Preference,
}
