//! Shapes (`factors`, `item_weights`, `item_neighbours`, `user_neighbours`, `auto_encoder`, `network`) that trained models take, and the recipes that train them,
//! one file each. A recipe imports shapes and the layers below, never another recipe.

pub mod als;
mod attribution;
pub mod auto_encoder;
pub mod autorec;
pub mod baseline;
pub mod biased_mf;
pub mod bpr;
pub mod ease;
pub mod factors;
pub mod fold_in;
mod forget;
mod grid;
pub mod item_knn;
pub mod item_neighbours;
pub mod item_weights;
pub mod knn_baseline;
pub mod logistic_mf;
pub mod network;
pub mod neumf;
pub mod output;
mod part;
pub mod popularity;
pub mod range;
mod ridge;
pub mod sampled;
mod sampled_sgd;
pub mod similarity;
pub mod slim;
pub mod svd;
pub mod svd_plus_plus;
mod update;
pub mod user_knn;
pub mod user_neighbours;
pub mod walk;
pub mod warp;

pub use als::{Als, Ials};
pub use auto_encoder::AutoEncoder;
pub use autorec::{AutorecItem, AutorecUser};
pub use baseline::Baseline;
pub use biased_mf::BiasedMf;
pub use bpr::Bpr;
pub use ease::Ease;
pub use factors::Factors;
pub use fold_in::FoldIn;
pub use item_knn::ItemKnn;
pub use item_neighbours::ItemNeighbours;
pub use item_weights::ItemWeights;
pub use knn_baseline::KnnBaseline;
pub use logistic_mf::LogisticMf;
pub use network::Network;
pub use neumf::{Gmf, Mlp, Neumf};
pub use popularity::Popularity;
pub use range::Range;
pub use slim::Slim;
pub use svd::Svd;
pub use svd_plus_plus::SvdPlusPlus;
pub use user_knn::UserKnn;
pub use user_neighbours::UserNeighbours;
pub use walk::{P3Alpha, Rp3Beta};
pub use warp::Warp;

use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::store::Archive;
use crate::train::Run;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Rebuilds a model of shape `kind` for `users` and `items` from its file; every size is checked.
///
/// # Errors
/// If the shape is unknown or the arrays do not fit together.
pub fn load(
    kind: &str,
    settings: &Value,
    archive: &Archive,
    users: usize,
    items: usize,
) -> Result<Box<dyn Model>> {
    match kind {
        Factors::KIND => Ok(Box::new(Factors::load(settings, archive, users, items)?)),
        Network::KIND => Ok(Box::new(Network::load(settings, archive, users, items)?)),
        ItemWeights::KIND => Ok(Box::new(ItemWeights::load(settings, archive, items)?)),
        ItemNeighbours::KIND => Ok(Box::new(ItemNeighbours::load(settings, archive, items)?)),
        UserNeighbours::KIND => {
            Ok(Box::new(UserNeighbours::load(settings, archive, users, items)?))
        }
        AutoEncoder::KIND => Ok(Box::new(AutoEncoder::load(settings, archive, items)?)),
        _ => Err(archive.bad(format!("model shape `{kind}` is not known to this version"))),
    }
}

/// Settings that can be fitted: what `Algorithm` asks of each of its variants.
pub(crate) trait Recipe {
    /// What the scores of its models mean.
    fn target(&self) -> Target;
    /// Which settings are worth tuning, and where; what to try is declared beside the settings.
    fn ranges(&self) -> Vec<Range>;
    /// Learns from `train`, which is not empty.
    fn fit(&self, train: &Ratings, run: &mut Run<'_>) -> Result<Box<dyn Model>>;
}

/// What the scores of a recipe mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A predicted value on the scale of the data: RMSE makes sense.
    Rating,
    /// Order alone: ranking metrics make sense.
    Preference,
}

/// Refuses a number that is not above zero.
pub(crate) fn check_positive(setting: &str, value: f32) -> Result<()> {
    match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(Error::setting(setting, format!("must be greater than 0, got {value}"))),
    }
}

/// Refuses a number below zero.
pub(crate) fn check_not_negative(setting: &str, value: f32) -> Result<()> {
    match value >= 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(Error::setting(setting, format!("must be at least 0, got {value}"))),
    }
}

/// Refuses a count of zero.
pub(crate) fn check_count(setting: &str, value: usize) -> Result<()> {
    match value > 0 {
        true => Ok(()),
        false => Err(Error::setting(setting, "must be at least 1, got 0")),
    }
}

/// Refuses a factor of the learning rate outside (0, 1].
pub(crate) fn check_decay(decay: f32) -> Result<()> {
    match decay > 0.0 && decay <= 1.0 {
        true => Ok(()),
        false => {
            let says = format!("must be above 0 and at most 1, got {decay}");
            Err(Error::setting("decay", says))
        }
    }
}

/// Refuses a share to leave out outside [0, 1).
pub(crate) fn check_dropout(dropout: f32) -> Result<()> {
    match (0.0..1.0).contains(&dropout) {
        true => Ok(()),
        false => {
            let says = format!("must be at least 0 and below 1, got {dropout}");
            Err(Error::setting("dropout", says))
        }
    }
}
