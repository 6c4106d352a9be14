//! Shapes: what a trained model is. Scoring, saving, fold-in, update, forgetting and attribution are
//! written once for each, whatever recipe trained it.

mod attribution;
pub mod auto_encoder;
pub mod baseline;
pub mod factors;
pub mod fold_in;
mod forget;
pub mod item_neighbours;
pub mod item_weights;
pub mod network;
pub mod output;
mod ridge;
pub mod sampled;
mod stranger;
mod update;
pub mod user_neighbours;

pub use auto_encoder::AutoEncoder;
pub use baseline::Baseline;
pub use factors::Factors;
pub use fold_in::FoldIn;
pub use item_neighbours::ItemNeighbours;
pub use item_weights::ItemWeights;
pub use network::Network;
pub use user_neighbours::UserNeighbours;

use crate::error::{Error, Result};
use crate::model::Model;
use crate::store::Archive;
use serde_json::Value;

/// Names of the shapes that a file can hold.
pub const KINDS: [&str; 6] = [
    Factors::KIND,
    Network::KIND,
    ItemWeights::KIND,
    ItemNeighbours::KIND,
    UserNeighbours::KIND,
    AutoEncoder::KIND,
];

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

/// Refuses a model of shape `kind` that is not `sound`.
fn sound(kind: &str, sound: bool) -> Result<()> {
    match sound {
        true => Ok(()),
        false => {
            let why = "its arrays do not fit together, or a setting is outside its range";
            Err(Error::Unfit(format!("a model of shape `{kind}` that cannot be used: {why}")))
        }
    }
}
