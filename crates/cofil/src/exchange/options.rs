//! What a caller knows about a foreign model that its file does not say.

use super::ForeignFormat;
use crate::error::{Error, Result};
use crate::recipes::Target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How to import a model. What is not set follows from the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// Name of the model. Default: that of the program and method that trained it.
    pub name: Option<String>,
    /// Who trained the model, on what data and how, in free text.
    pub description: Option<String>,
    /// Meaning of the scores: `rating` for predicted values, `preference` for scores that only order items. Default: as
    /// the format says; otherwise it has to be given.
    pub target: Option<Target>,
    /// Function from the sum of inner product, biases and offset to the score. Default: as the file says, else `none`.
    pub link: Option<Link>,
    /// Smallest and largest rating. Default: as the file says, else those of the interactions.
    pub scale: Option<(f32, f32)>,
    /// How a new user gets a vector. Default: `ridge` for ratings, `implicit` for preferences.
    pub fold_in: Option<FoldInKind>,
    /// L2 penalty of the vector of a new user, at least 0; for each rating with `ridge`, in total with `implicit`.
    /// Default: as the file says, else 0.1.
    pub reg: Option<f32>,
}

/// Function from a sum to a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The sum is the score.
    None,
    /// The sigmoid of the sum: from 0 to 1 for preferences, from the smallest to the largest rating for ratings.
    Sigmoid,
}

/// How a new user of an imported model gets a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FoldInKind {
    /// Ridge regression of the user's values on the vectors of their items; with a sigmoid link, logistic regression.
    Ridge,
    /// Least squares over all items, where items of the history have the target 1 and others 0, as in implicit ALS.
    Implicit,
}

impl FromStr for Link {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "none" => Ok(Self::None),
            "sigmoid" => Ok(Self::Sigmoid),
            _ => Err(Error::unknown("link", text, ["none", "sigmoid"])),
        }
    }
}

impl FromStr for FoldInKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "ridge" => Ok(Self::Ridge),
            "implicit" => Ok(Self::Implicit),
            _ => Err(Error::unknown("fold-in", text, ["ridge", "implicit"])),
        }
    }
}

/// What was imported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImportReport {
    /// Format of the file.
    pub format: ForeignFormat,
    /// Name of the model.
    pub name: String,
    /// Meaning of the scores.
    pub target: Target,
    /// Number of users.
    pub users: usize,
    /// Number of items.
    pub items: usize,
    /// Length of a vector.
    pub factors: usize,
    /// Number of interactions that were given.
    pub interactions: usize,
    /// Function from a sum to a score.
    pub link: Link,
    /// How a new user gets a vector.
    pub fold_in: FoldInKind,
    /// Its penalty.
    pub reg: f32,
    /// What was assumed, in sentences.
    pub notes: Vec<String>,
}
