//! What a model says of itself.

use crate::recipes::Target;
use crate::recommender::{Card, Recommender};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a model comes from and what it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelCard {
    /// Fingerprint of the file it was loaded from, if it is as there.
    pub fingerprint: Option<String>,
    /// The card that training, or the import, wrote.
    #[serde(flatten)]
    pub card: Card,
    /// What the model's scores mean.
    pub target: Target,
    /// Shape of the model.
    pub shape: String,
    /// Shapes of its arrays by name.
    pub arrays: BTreeMap<String, Vec<usize>>,
    /// Interactions it holds, so that nobody is recommended what they have.
    pub seen: usize,
    /// What it holds about items, if it has a catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CatalogueCard>,
}

/// A catalogue in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogueCard {
    /// How many items it describes.
    pub items: usize,
    /// Names of the catalogue's columns.
    pub columns: Vec<String>,
}

impl Recommender {
    /// Where the model comes from and what it holds.
    pub fn model_card(&self) -> ModelCard {
        let arrays = self.model().tensors();
        let arrays = arrays.iter().map(|array| (array.name().to_owned(), array.shape().to_vec()));
        ModelCard {
            fingerprint: self.fingerprint().map(str::to_owned),
            card: self.card().clone(),
            target: self.card().target(),
            shape: self.model().kind().into(),
            arrays: arrays.collect(),
            seen: self.seen().nnz(),
            catalogue: self.catalogue().map(|catalogue| CatalogueCard {
                items: catalogue.len(),
                columns: catalogue.columns().iter().map(|c| c.name().to_owned()).collect(),
            }),
        }
    }
}
