//! The model card: where a model comes from.

use crate::algorithm::Algorithm;
use crate::data::{Ratings, Reading};
use crate::evaluate::Metric;
use crate::recipes::Target;
use crate::train::Epoch;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Where a model comes from: the algorithm or source, the training data, and later changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
#[schemars(with = "Written")]
pub struct Card {
    /// Version of cofil that trained or imported the model.
    pub cofil: String,
    /// The algorithm that trained the model, or the source it was imported from.
    pub origin: Origin,
    /// The training data.
    pub data: DataCard,
    /// The training epochs; none for closed-form algorithms and imported models.
    pub epochs: Vec<Epoch>,
    /// The validation metric, if training had a validation set.
    pub valid_metric: Option<Metric>,
    /// Fingerprint of the given negatives, if any; the negatives themselves are not in the file.
    pub negatives: Option<String>,
    /// Changes made to the model after training, in order.
    pub changes: Vec<Changed>,
}

/// Where a model was trained.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// Trained by an algorithm of this toolkit, which can train it again.
    Trained {
        /// Algorithm and settings.
        algorithm: Algorithm,
        /// Random seed.
        seed: u64,
    },
    /// Imported from another program, as vectors or weights.
    Imported(Imported),
}

/// The source of an imported model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// Name of the model, such as `two-tower-2024`.
    pub name: String,
    /// Who trained the model, on what data and how, in free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the model's scores mean.
    pub target: Target,
}

impl Card {
    /// Returns the algorithm and its settings; `None` for an imported model.
    pub fn algorithm(&self) -> Option<&Algorithm> {
        match &self.origin {
            Origin::Trained { algorithm, .. } => Some(algorithm),
            Origin::Imported(_) => None,
        }
    }

    /// Returns the name of the model: that of its algorithm, or the name given at import.
    pub fn name(&self) -> String {
        match &self.origin {
            Origin::Trained { algorithm, .. } => algorithm.name().into(),
            Origin::Imported(imported) => imported.name.clone(),
        }
    }

    /// Returns what the model's scores mean.
    pub fn target(&self) -> Target {
        match &self.origin {
            Origin::Trained { algorithm, .. } => algorithm.target(),
            Origin::Imported(imported) => imported.target,
        }
    }
}

/// [`Card`] as it is stored: with `algorithm` and `seed`, or with `imported`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Card")]
struct Written {
    cofil: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "of_file")]
    algorithm: Option<Algorithm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    imported: Option<Imported>,
    data: DataCard,
    epochs: Vec<Epoch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    valid_metric: Option<Metric>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    negatives: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Changed>,
}

fn of_file<'de, D: Deserializer<'de>>(file: D) -> Result<Option<Algorithm>, D::Error> {
    Algorithm::of_file(file).map(Some)
}

impl TryFrom<Written> for Card {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written {
            cofil,
            algorithm,
            seed,
            imported,
            data,
            epochs,
            valid_metric,
            negatives,
            changes,
        } = written;
        let origin = match (algorithm, seed, imported) {
            (Some(algorithm), Some(seed), None) => Origin::Trained { algorithm, seed },
            (None, None, Some(imported)) => Origin::Imported(imported),
            _ => return Err("it needs either `algorithm` and `seed` or `imported`"),
        };
        Ok(Self { cofil, origin, data, epochs, valid_metric, negatives, changes })
    }
}

impl From<Card> for Written {
    fn from(card: Card) -> Self {
        let Card { cofil, origin, data, epochs, valid_metric, negatives, changes } = card;
        let (algorithm, seed, imported) = match origin {
            Origin::Trained { algorithm, seed } => (Some(algorithm), Some(seed), None),
            Origin::Imported(imported) => (None, None, Some(imported)),
        };
        Self { cofil, algorithm, seed, imported, data, epochs, valid_metric, negatives, changes }
    }
}

/// A change made to a model after training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// [`Recommender::update`](super::Recommender::update).
    Updated {
        /// Number of events.
        events: usize,
    },
    /// [`Recommender::forget`](super::Recommender::forget).
    Forgotten {
        /// Number of users.
        users: usize,
    },
}

/// Summary of a model's training data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataCard {
    /// [`Ratings::fingerprint`] of the data; empty if the data is unknown.
    pub fingerprint: String,
    /// Number of users.
    pub users: usize,
    /// Number of items.
    pub items: usize,
    /// Number of interactions.
    pub interactions: usize,
    /// Mean value of the interactions.
    pub mean: f32,
    /// Smallest and largest value.
    pub scale: (f32, f32),
    /// How values are read as weights, unless they are weights; an item with a weight above 0 is liked. A model that
    /// ranks learns from the weights. One that predicts values counts by them how many users like an item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
}

impl DataCard {
    /// Describes in a sentence how an algorithm that ranks uses the values, unless all are equal.
    pub fn values_sentence(&self) -> Option<String> {
        let (low, high) = self.scale;
        match self.reading {
            Some(reading) => Some(reading.sentence()),
            None if low == high => None,
            None => {
                Some("values are weights: 0 and below is not liked, higher ones count more".into())
            }
        }
    }

    /// Creates the card of `ratings`.
    pub fn of(ratings: &Ratings) -> Self {
        Self {
            fingerprint: ratings.fingerprint(),
            users: ratings.users.len(),
            items: ratings.items.len(),
            interactions: ratings.len(),
            mean: ratings.mean(),
            scale: ratings.scale(),
            reading: None,
        }
    }
}
