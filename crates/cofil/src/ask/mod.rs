//! Queries to a recommender and its answers, as owned values. The command's JSON, the bodies of HTTP requests and
//! responses, and the results of language bindings all have these types.
//!
//! ```
//! use cofil::{Algorithm, Basis, Ease, Query, Ratings, Recommender, Run, Who};
//!
//! let ratings = Ratings::from_triples([
//!     ("ann", "bread", 1.0), ("ann", "butter", 1.0), ("ann", "jam", 1.0),
//!     ("bob", "bread", 1.0), ("bob", "butter", 1.0), ("cat", "nails", 1.0),
//! ])?;
//! let ease = Algorithm::Ease(Ease { reg: 1.0, ..Ease::default() });
//! let recommender = Recommender::train(&ease, &ratings, &Run::default())?;
//! // A user as a request may describe them.
//! let who: Who = serde_json::from_str(r#"{"history": ["bread", {"item": "butter", "value": 2}]}"#)?;
//! let answer = recommender.recommend(&who, &Query { n: 1, explain: 1, ..Query::default() })?;
//! assert_eq!((answer.basis, answer.items[0].item.as_str()), (Basis::FoldedIn, "jam"));
//! let answer = recommender.recommend(&Who::user("dan"), &Query::default())?;
//! assert_eq!((answer.basis, answer.unknown), (Basis::Popular, vec!["dan".to_owned()]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod card;
mod evaluate;
mod explain;
mod person;
mod predict;
mod query;
mod similar;
mod who;

pub use answer::{Answer, Because, Recommended};
pub use card::{CatalogueCard, ModelCard};
pub use explain::{Contribution, Explanation};
pub use person::Basis;
pub use predict::{Pair, Predicted, Predictions};
pub use query::{Prepared, Query, Unknown};
pub use similar::{Likeness, SimilarItems, SimilarUser, SimilarUsers};
pub use who::{Liked, Who};

#[cfg(test)]
mod tests;
