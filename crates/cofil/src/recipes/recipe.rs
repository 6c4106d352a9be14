//! The trait behind each algorithm: settings that can be fitted.

use super::preset::Preset;
use super::range::Range;
use super::suit::{Rule, Traits};
use crate::data::Ratings;
use crate::error::Result;
use crate::evaluate::{Metric, Protocol};
use crate::memory::check_room;
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings that can be fitted: the interface between `Algorithm` and each of its variants.
pub(crate) trait Recipe {
    /// What the scores of its models mean.
    fn target(&self) -> Target;
    /// The settings worth tuning, with ranges; declared beside the settings.
    fn ranges(&self) -> Vec<Range>;
    /// Named sets of settings.
    fn presets(&self) -> &'static [Preset] {
        &[]
    }
    /// The settings whose default depends on the data, with the rules.
    fn rules(&self) -> &'static [Rule] {
        &[]
    }
    /// Sets those of [`rules`](Self::rules) to suit data with these traits; may read the other settings.
    fn suit(&mut self, _: &Traits<'_>) {}
    /// Lowers settings to the most that `train` allows: defaults for data that are smaller than usual.
    fn limit(&mut self, _: &Ratings) {}
    /// Whether it can learn from given negatives ([`Run::negatives`]).
    fn takes_negatives(&self) -> bool {
        false
    }
    /// Whether a score is the log-odds that the user interacts with the item, as learned by cross-entropy.
    fn scores_log_odds(&self) -> bool {
        false
    }
    /// Whether it needs times.
    fn needs_times(&self) -> bool {
        false
    }
    /// Trains a model on `train`, which is not empty.
    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted>;
}

/// Refuses `copies` vectors of `factors` numbers per user and item if they do not fit into memory.
pub(crate) fn check_vectors(
    setting: &str,
    copies: usize,
    train: &Ratings,
    factors: usize,
) -> Result<()> {
    let everybody = train.users.len() + train.items.len();
    check_room(setting, copies, (everybody, "users and items"), factors)
}

/// The meaning of an algorithm's scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A predicted value on the scale of the data; RMSE is meaningful.
    Rating,
    /// A preference that only orders items; ranking metrics are meaningful.
    Preference,
}

impl Target {
    /// Returns the metric that validation and searches use by default.
    pub fn metric(self) -> Metric {
        match self {
            Self::Rating => Metric::Rmse,
            Self::Preference => Metric::Ndcg(10),
        }
    }

    /// Returns the metrics of an evaluation by default: those of rankings, and for models that predict ratings also
    /// those of predictions.
    pub fn metrics(self) -> Vec<Metric> {
        let mut metrics = Protocol::default().metrics;
        if self == Self::Rating {
            metrics.extend([Metric::Rmse, Metric::Mae]);
        }
        metrics
    }
}
