//! Where a model comes from.

use crate::algorithm::Algorithm;
use crate::data::{Ratings, Reading};
use crate::evaluate::Metric;
use crate::recipes::Target;
use crate::train::Epoch;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
#[schemars(with = "Written")]
pub struct Card {
    /// Version of cofil that trained or imported it.
    pub cofil: String,
    /// The recipe that trained the model, or the source it was imported from.
    pub origin: Origin,
    /// The training data.
    pub data: DataCard,
    /// The epochs of training; none for closed forms and imported models.
    pub epochs: Vec<Epoch>,
    /// What the validation of the epochs measured, if there was one.
    pub valid_metric: Option<Metric>,
    /// Fingerprint of the negatives that were given, if any; they are not in the file.
    pub negatives: Option<String>,
    /// What was done to the model after training, in order.
    pub changes: Vec<Changed>,
}

/// Who made the numbers of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A recipe of this toolkit, which can make them again.
    Trained {
        /// Recipe and settings.
        algorithm: Algorithm,
        /// Seed of everything random.
        seed: u64,
    },
    /// Another program: vectors or weights that came as they are.
    Imported(Imported),
}

/// A model that another program trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// What to call it, such as `two-tower-2024`.
    pub name: String,
    /// Who trained the model, on what data and how, in free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the model's scores mean.
    pub target: Target,
}

impl Card {
    /// Recipe and settings; `None` for an imported model.
    pub fn algorithm(&self) -> Option<&Algorithm> {
        match &self.origin {
            Origin::Trained { algorithm, .. } => Some(algorithm),
            Origin::Imported(_) => None,
        }
    }

    /// What to call the model: the name of its recipe, or the name it was imported by.
    pub fn name(&self) -> String {
        match &self.origin {
            Origin::Trained { algorithm, .. } => algorithm.name().into(),
            Origin::Imported(imported) => imported.name.clone(),
        }
    }

    /// What the scores of the model mean.
    pub fn target(&self) -> Target {
        match &self.origin {
            Origin::Trained { algorithm, .. } => algorithm.target(),
            Origin::Imported(imported) => imported.target,
        }
    }
}

/// [`Card`] as files have it: with `algorithm` and `seed`, or with `imported`.
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

/// Something done to a model after training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// [`Recommender::update`](super::Recommender::update).
    Updated {
        /// How many events.
        events: usize,
    },
    /// [`Recommender::forget`](super::Recommender::forget).
    Forgotten {
        /// How many users.
        users: usize,
    },
}

/// The training data of a model in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataCard {
    /// [`Ratings::fingerprint`]; empty if the data is not known.
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
    /// How the model reads the values, if it ranks and they are not weights as they stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
}

impl DataCard {
    /// The card of `ratings`.
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
