//! The outcome of a comparison.

use super::Entry;
use crate::evaluate::Metric;
use crate::evaluate::compare::Difference;
use crate::tune::{self, Trial};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The results of all algorithms. An outcome can be read back from JSON, except for the values of single users, which
/// are not written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The metrics; the first one orders the algorithms.
    pub metrics: Vec<Metric>,
    /// The algorithms, best first.
    #[serde(rename = "entries")]
    pub contestants: Vec<Contestant>,
    /// Differences of the second and later algorithms to the best, by the first metric.
    pub differences: Vec<Option<Difference>>,
    /// The algorithms that were skipped or failed, and why.
    pub failures: Vec<Failure>,
}

/// An algorithm in the comparison, with its result.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Contestant {
    /// The result.
    #[serde(flatten)]
    pub entry: Entry,
    /// A note on the result, such as that training stopped at the time limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Settings whose defaults were derived from the data, unless settings were searched.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub defaults: Map<String, Value>,
    /// The trials of the settings search, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<Vec<Trial>>,
}

/// An algorithm that was skipped or failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Name of the algorithm in the comparison.
    pub algorithm: String,
    /// Why it was skipped or failed.
    pub error: String,
}

impl Contestant {
    /// Returns the name as a file name without an extension.
    pub fn file_stem(&self) -> String {
        super::plan::file_stem(&self.entry.name)
    }

    /// Returns the trial whose settings were used, if they were searched by `metric`.
    pub fn best_trial(&self, metric: Metric) -> Option<&Trial> {
        tune::best(self.trials.as_deref()?, metric)
    }
}
