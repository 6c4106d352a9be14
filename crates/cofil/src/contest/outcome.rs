//! What came of a comparison.

use super::Entry;
use crate::evaluate::Metric;
use crate::evaluate::compare::Difference;
use crate::tune::{self, Trial};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The results of all recipes. What was written as JSON can be read back, but for the shares of single
/// users, which are not written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// What was measured; the first orders the contestants.
    pub metrics: Vec<Metric>,
    /// Who took part, best first.
    #[serde(rename = "entries")]
    pub contestants: Vec<Contestant>,
    /// How far the second and those after it are from the first, by the first metric.
    pub differences: Vec<Option<Difference>>,
    /// Who did not take part, and why.
    pub failures: Vec<Failure>,
}

/// A recipe that took part.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Contestant {
    /// The contestant's result.
    #[serde(flatten)]
    pub entry: Entry,
    /// What else must be known, such as that time was up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What was tried to find its settings, if they were searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<Vec<Trial>>,
}

/// A recipe that could not be entered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Name under which it was to take part.
    pub algorithm: String,
    /// Why the recipe failed.
    pub error: String,
}

impl Contestant {
    /// Its name as that of a file, without an ending.
    pub fn file_stem(&self) -> String {
        super::plan::file_stem(&self.entry.name)
    }

    /// The trial whose settings it has, if they were searched by `metric`.
    pub fn best_trial(&self, metric: Metric) -> Option<&Trial> {
        tune::best(self.trials.as_deref()?, metric)
    }
}
