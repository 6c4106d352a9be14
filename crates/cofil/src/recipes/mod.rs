//! Algorithms and their settings, one file each. An algorithm imports shapes, shared machinery (`sgd`) and the layers
//! below, never another algorithm; `blend` alone trains others, through [`Algorithm`](crate::Algorithm).
//!
//! ```
//! use cofil::Algorithm;
//! use cofil::recipes::{Ease, Ials};
//!
//! // Settings are plain fields with defaults; in files they have the same names.
//! let ials = Algorithm::Ials(Ials { factors: 32, ..Ials::default() });
//! assert_eq!(ials.target(), cofil::Target::Preference);
//! let settings = serde_json::json!({"reg": 250.0});
//! let ease = Algorithm::from_settings("ease", settings.as_object().expect("an object"))?;
//! assert_eq!(ease, Algorithm::Ease(Ease { reg: 250.0, ..Ease::default() }));
//! # Ok::<(), cofil::Error>(())
//! ```

pub(crate) mod als;
pub(crate) mod autorec;
pub(crate) mod baseline;
pub(crate) mod biased_mf;
pub(crate) mod blend;
pub(crate) mod bpr;
pub(crate) mod ease;
pub(crate) mod graph_filter;
pub(crate) mod item_knn;
pub(crate) mod knn_baseline;
mod link;
pub(crate) mod logistic_mf;
pub(crate) mod neumf;
pub(crate) mod popularity;
mod preset;
pub(crate) mod range;
mod recipe;
mod scale;
mod settings;
mod sgd;
pub(crate) mod slim;
mod suit;
pub(crate) mod svd;
pub(crate) mod svd_plus_plus;
pub(crate) mod user_knn;
pub(crate) mod walk;
pub(crate) mod warp;

pub use als::{Als, Ials, Method};
pub use autorec::{AutoRec, AutoRecSide, AutorecItem, AutorecUser, ByItem, ByUser, Centre};
pub use baseline::Baseline;
pub use biased_mf::{Batch, BiasedMf, Init, Offset};
pub use blend::{Blend, Member};
pub use bpr::Bpr;
pub use ease::Ease;
pub use graph_filter::GraphFilter;
pub use item_knn::ItemKnn;
pub use knn_baseline::{KnnBaseline, Side};
pub use link::Link;
pub use logistic_mf::LogisticMf;
pub use neumf::{Gmf, Mlp, Neumf, OutputWeights, Training};
pub use popularity::Popularity;
pub use preset::Preset;
pub use range::{Range, Values};
pub use recipe::Target;
pub(crate) use recipe::{Recipe, check_vectors};
pub use slim::Slim;
pub use suit::Rule;
pub(crate) use suit::Traits;
pub use svd::{Impute, Svd};
pub use svd_plus_plus::SvdPlusPlus;
pub use user_knn::UserKnn;
pub use walk::{P3Alpha, Rp3Beta};
pub use warp::Warp;

pub use crate::math::normal::Solver;
pub use crate::nn::layers::Activation;
pub use crate::nn::loss::Objective;
pub use crate::nn::optimizer::Optimizer;
pub use crate::nn::schedule::Schedule;
pub use crate::similarity::{Keep, Similarity, Weighting};
