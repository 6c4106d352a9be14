//! The setting `link`: maps the learned sum to the predicted value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a score becomes a predicted value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The score itself.
    #[default]
    Linear,
    /// low + (high − low) · σ(s), with low and high the smallest and largest value of the data.
    Sigmoid,
}
