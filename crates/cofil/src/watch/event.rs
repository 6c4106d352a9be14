//! What a watch hears.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The objective in an epoch, summed over the training data in `f64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// Σ of the recipe's loss over the observed values.
    pub data: f64,
    /// The regularisation term.
    pub penalty: f64,
}

/// What happened in one epoch. No wall-clock times: equal runs give equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Epoch {
    /// Number of the epoch, from 1.
    pub number: usize,
    /// How many were asked for.
    pub of: usize,
    /// The training objective.
    pub loss: Loss,
    /// The validation metric, if the run has validation data.
    pub validation: Option<f64>,
    /// Whether this epoch's model is kept unless a later one is better: with validation data, the
    /// metric is the best so far; without, always.
    pub best: bool,
}

/// Settings that were tried in a search, and what came of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// Number of the trial, from 0.
    pub number: usize,
    /// What was drawn; everything else is as the space says. Empty for the first trial.
    pub settings: Map<String, Value>,
    /// The best value on the validation part; none of a trial that failed.
    pub value: Option<f64>,
    /// What `epochs` has to be for that value; none of closed forms.
    pub epochs: Option<usize>,
    /// The metric on the validation part by epoch.
    pub curve: Vec<(usize, f64)>,
    /// Whether it ended early because others were better at the same epoch, or because time was up.
    pub cut: bool,
    /// Why it failed.
    pub error: Option<String>,
    /// Seconds that the trial took.
    pub seconds: f64,
}

/// What came of a recipe in a comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// What orders the comparison, such as `ndcg@10`.
    pub metric: String,
    /// How good it is by that; none of a recipe that failed, or that is not measured so.
    pub value: Option<f64>,
    /// Seconds of training.
    pub seconds: f64,
    /// How many settings were tried before.
    pub trials: usize,
    /// Seconds of those trials.
    pub trial_seconds: f64,
    /// What else must be known, such as that time was up.
    pub note: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// An event of the work that a [`Watch`](super::Watch) hears of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// A stage of the work has come so far. Told when it begins, at most a few times a second, and when
    /// it ends.
    Stage {
        /// What is done, such as "ranking".
        name: &'a str,
        /// How much of it.
        done: usize,
        /// How much there is, where it is known; when the stage ends, what was done.
        of: Option<usize>,
    },
    /// A recipe learned for an epoch; `Break` ends training, and the best model so far is kept.
    Epoch {
        /// What came of it.
        epoch: &'a Epoch,
        /// What its validation measures, if there is one, such as `ndcg@10`.
        metric: Option<&'a str>,
        /// The learning rate of the epoch, where there is one.
        rate: Option<f32>,
        /// The trial that it is of, in a search.
        trial: Option<usize>,
    },
    /// A trial of a search has ended; `Break` ends the search.
    Trial {
        /// What came of it.
        trial: &'a Trial,
        /// How many were asked for.
        of: usize,
        /// What is made good, such as `ndcg@10`.
        metric: &'a str,
        /// Whether it is the best so far.
        best: bool,
    },
    /// A recipe of a comparison begins, or has ended; `Break` ends the comparison.
    Recipe {
        /// Number of the epoch, from 1.
        number: usize,
        /// How many take part.
        of: usize,
        /// Its name.
        name: &'a str,
        /// What came of it; none when it begins.
        judged: Option<&'a Judged>,
    },
}
