//! Collaborative filtering: from a table of interactions to evaluated, explained recommendations.
//!
//! ```
//! use cofil::{Algorithm, Ease, Query, Ratings, Recommender, Run, Who};
//!
//! let ratings = Ratings::from_triples([
//!     ("ann", "bread", 1.0), ("ann", "butter", 1.0), ("ann", "jam", 1.0),
//!     ("bob", "bread", 1.0), ("bob", "butter", 1.0),
//!     ("cat", "nails", 1.0), ("cat", "hammer", 1.0),
//! ])?;
//! let ease = Algorithm::Ease(Ease { reg: 1.0, ..Ease::default() });
//! let recommender = Recommender::train(&ease, &ratings, &Run::default())?;
//! let answer = recommender.recommend(&Who::user("bob"), &Query { n: 1, ..Query::default() })?;
//! assert_eq!(answer.items[0].item, "jam");
//! // A new user is answered the same way.
//! let answer = recommender.recommend(&Who::new_user(["nails"]), &Query::default())?;
//! assert_eq!(answer.items[0].item, "hammer");
//! # Ok::<(), cofil::Error>(())
//! ```

#![deny(missing_docs, unnameable_types)]
// Tests compare with the functions of the C library.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

pub(crate) mod advice;
pub(crate) mod algorithm;
pub mod ask;
mod check;
#[cfg(feature = "tune")]
pub mod contest;
pub mod data;
pub(crate) mod error;
pub mod evaluate;
pub mod exchange;
pub mod interview;
pub mod math;
pub mod memory;
pub mod model;
pub(crate) mod nn;
#[cfg(all(feature = "plot", feature = "tune"))]
pub mod page;
#[cfg(feature = "plot")]
pub mod plot;
pub(crate) mod preference;
pub mod rank;
pub mod recipes;
pub mod recommender;
pub mod shapes;
pub(crate) mod similarity;
pub mod store;
pub mod train;
#[cfg(feature = "tune")]
pub mod tune;
pub mod watch;

pub use advice::{Advice, Alternative, Purpose};
pub use algorithm::{Algorithm, Suited};
pub use ask::{Answer, Basis, Explanation, Liked, Query, Recommended, Unknown, Who};
pub use data::{Csr, Duplicates, IdKind, IdMap, Interactions, Ratings, Row};
pub use error::{Error, ErrorKind, Remedy, Result, plain_words, visible};
pub use evaluate::{Metric, Protocol};
pub use model::{Attribution, Model, User};
pub use rank::Rerank;
pub use recipes::{
    Als, AutorecItem, AutorecUser, Baseline, BiasedMf, Blend, Bpr, Ease, Gmf, GraphFilter, Ials,
    ItemKnn, KnnBaseline, LogisticMf, Mlp, Neumf, P3Alpha, Popularity, Range, Rp3Beta, Slim, Svd,
    SvdPlusPlus, Target, UserKnn, Warp,
};
pub use recommender::{Forgotten, Recommender, Updated};
pub use train::{Checkpoint, Epoch, Fitted, Loss, Run, Validation};
pub use watch::{Event, Stop, Watch};
