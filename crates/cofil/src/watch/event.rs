//! Events that a watch receives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The training objective in an epoch, summed over the training data in `f64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// Sum of the algorithm's loss over the observed values.
    pub data: f64,
    /// The regularisation term.
    pub penalty: f64,
}

/// The record of one epoch. It has no wall-clock times, so that equal runs give equal bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Epoch {
    /// Number of the epoch, from 1.
    pub number: usize,
    /// Number of epochs requested.
    pub of: usize,
    /// The training objective.
    pub loss: Loss,
    /// The validation metric, if the run has a validation set.
    pub validation: Option<f64>,
    /// All metrics that were measured, if the run asks for more than the validation metric.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<Measured>,
    /// Whether this epoch's model is the best so far and will be kept unless a later one is better. Always true without
    /// a validation set.
    pub best: bool,
}

/// A metric after an epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// Name of the metric, such as `rmse`.
    pub metric: String,
    /// Its value on the validation set.
    pub validation: f64,
    /// Its value on the training set, for metrics of predicted values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<f64>,
}

/// One trial of a search: the settings and their result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// Number of the trial, from 0.
    pub number: usize,
    /// The settings that were drawn; all others are those of the search space. Empty for the first trial.
    pub settings: Map<String, Value>,
    /// The best value on the validation set; none if the trial failed.
    pub value: Option<f64>,
    /// The number of epochs that gave this value; none for closed forms.
    pub epochs: Option<usize>,
    /// The metric on the validation set by epoch.
    pub curve: Vec<(usize, f64)>,
    /// Whether the trial was stopped early because others were better at the same epoch, or by the time limit.
    pub cut: bool,
    /// Why the trial failed.
    pub error: Option<String>,
    /// Duration in seconds.
    pub seconds: f64,
}

/// The result of an algorithm in a comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// The metric that orders the comparison, such as `ndcg@10`.
    pub metric: String,
    /// The value of this metric; none if the algorithm failed or the metric does not apply to it.
    pub value: Option<f64>,
    /// Training time in seconds.
    pub seconds: f64,
    /// Number of trials of the settings search.
    pub trials: usize,
    /// Duration of these trials in seconds.
    pub trial_seconds: f64,
    /// A note on the result, such as that training stopped at the time limit.
    pub note: Option<String>,
    /// Why the algorithm failed.
    pub error: Option<String>,
}

/// An event that a [`Watch`](super::Watch) receives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// Progress of a stage of the work. Sent when the stage starts, at most ten times a second while it runs, and when
    /// it ends.
    Stage {
        /// Name of the stage, such as "ranking".
        name: &'a str,
        /// Number of parts done.
        done: usize,
        /// Number of parts in all, if known; when the stage ends, the number done.
        of: Option<usize>,
    },
    /// A training epoch has ended. `Break` ends training and keeps the best model so far.
    Epoch {
        /// The record of the epoch.
        epoch: &'a Epoch,
        /// The validation metric, if there is one, such as `ndcg@10`.
        metric: Option<&'a str>,
        /// The learning rate of the epoch, if there is one.
        rate: Option<f32>,
        /// Number of the trial, in a search.
        trial: Option<usize>,
    },
    /// A trial of a search has ended; `Break` ends the search.
    Trial {
        /// The trial and its result.
        trial: &'a Trial,
        /// Number of trials requested.
        of: usize,
        /// The metric to optimise, such as `ndcg@10`.
        metric: &'a str,
        /// Whether the trial is the best so far.
        best: bool,
    },
    /// An algorithm of a comparison starts or has ended; `Break` ends the comparison.
    Recipe {
        /// Number of the algorithm, from 1.
        number: usize,
        /// Number of algorithms.
        of: usize,
        /// Name of the algorithm.
        name: &'a str,
        /// The result; none when the algorithm starts.
        judged: Option<&'a Judged>,
    },
}
