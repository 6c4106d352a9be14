//! The setting `link`: from the sum that a recipe learns to the value that it predicts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a score becomes a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The score itself.
    #[default]
    Linear,
    /// low + (high − low) · σ(s) with the smallest and largest value of the data.
    Sigmoid,
}
