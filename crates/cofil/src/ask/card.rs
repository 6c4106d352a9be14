//! The description of a model.

use crate::recipes::Target;
use crate::recommender::{Card, Recommender};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The origin and contents of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelCard {
    /// Fingerprint of the file the model was loaded from; none if it has changed since or was not loaded.
    pub fingerprint: Option<String>,
    /// The model card, written by training or import.
    #[serde(flatten)]
    pub card: Card,
    /// What the model's scores mean.
    pub target: Target,
    /// Shape of the model.
    pub shape: String,
    /// Shapes of the model's arrays by name.
    pub arrays: BTreeMap<String, Vec<usize>>,
    /// Number of interactions in the file; they keep a user's own items out of their list.
    pub seen: usize,
    /// Summary of the catalogue of items, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CatalogueCard>,
}

/// Summary of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogueCard {
    /// Number of items in the catalogue.
    pub items: usize,
    /// Names of the catalogue's columns.
    pub columns: Vec<String>,
}

impl Recommender {
    /// Returns the origin and contents of the model.
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
