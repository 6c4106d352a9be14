//! Shapes: the kinds of trained model. Scoring, saving, fold-in, update, forgetting and attribution are written once
//! per shape, whichever algorithm trained the model.
//!
//! ```
//! use cofil::math::Matrix;
//! use cofil::shapes::{Factors, FactorsSettings, FoldIn, ScoreFunction};
//! use cofil::data::Row;
//! use cofil::{Model, User};
//!
//! let users = Matrix::from_vec(1, 2, vec![1.0, 0.5]);
//! let items = Matrix::from_vec(2, 2, vec![1.0, 0.0, 0.0, 1.0]);
//! let settings =
//!     FactorsSettings { offset: 0.0, link: ScoreFunction::Identity, fold_in: FoldIn::Biases };
//! let model = Factors::new(users, items, vec![0.0; 2], settings);
//! let mut scores = [0.0; 2];
//! let user = User { index: Some(0), history: Row { columns: &[], values: &[] } };
//! model.score(user, &[0, 1], &mut scores);
//! assert_eq!(scores, [1.0, 0.5]);
//! ```

mod attribution;
pub(crate) mod auto_encoder;
pub(crate) mod blend;
pub(crate) mod factors;
pub(crate) mod fold_in;
mod forget;
pub(crate) mod graph_filter;
pub(crate) mod item_neighbours;
pub(crate) mod item_weights;
pub(crate) mod network;
mod new_user;
pub(crate) mod output;
mod ridge;
pub(crate) mod sampled;
mod update;
pub(crate) mod user_neighbours;

pub(crate) use auto_encoder::AutoEncoder;
pub(crate) use blend::Blend;
pub use factors::{Factors, FactorsSettings, ScoreFunction};
pub use fold_in::FoldIn;
pub(crate) use graph_filter::GraphFilter;
pub(crate) use item_neighbours::ItemNeighbours;
pub use item_weights::{ItemWeights, Weights};
pub(crate) use network::Network;
pub use output::Output;
pub use sampled::Sampled;
pub(crate) use user_neighbours::UserNeighbours;

use crate::error::{Error, Result};
use crate::model::Model;
use crate::store::Archive;
use serde_json::Value;

/// Names of the shapes that a file can hold.
pub(crate) const KINDS: [&str; 8] = [
    Factors::KIND,
    Network::KIND,
    ItemWeights::KIND,
    ItemNeighbours::KIND,
    UserNeighbours::KIND,
    GraphFilter::KIND,
    AutoEncoder::KIND,
    Blend::KIND,
];

/// Loads a model of shape `kind` for `users` and `items` from its file; checks every size.
///
/// # Errors
/// If the shape is unknown or the arrays do not fit together.
pub(crate) fn load(
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
        GraphFilter::KIND => Ok(Box::new(GraphFilter::load(settings, archive, users, items)?)),
        AutoEncoder::KIND => Ok(Box::new(AutoEncoder::load(settings, archive, items)?)),
        Blend::KIND => Ok(Box::new(Blend::load(settings, archive, users, items)?)),
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
