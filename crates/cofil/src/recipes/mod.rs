//! Recipes: how models are learned, one file each. A recipe imports shapes, the machinery they share (`sgd`)
//! and the layers below, never another recipe.

pub mod als;
pub mod autorec;
pub mod biased_mf;
pub mod bpr;
pub mod ease;
pub mod item_knn;
pub mod knn_baseline;
mod link;
pub mod logistic_mf;
pub mod neumf;
pub mod popularity;
pub mod range;
mod recipe;
mod sgd;
pub mod slim;
pub mod svd;
pub mod svd_plus_plus;
pub mod user_knn;
pub mod walk;
pub mod warp;

pub use als::{Als, Ials};
pub use autorec::{AutorecItem, AutorecUser};
pub use biased_mf::BiasedMf;
pub use bpr::Bpr;
pub use ease::Ease;
pub use item_knn::ItemKnn;
pub use knn_baseline::KnnBaseline;
pub use link::Link;
pub use logistic_mf::LogisticMf;
pub use neumf::{Gmf, Mlp, Neumf};
pub use popularity::Popularity;
pub use range::Range;
pub(crate) use recipe::Recipe;
pub use recipe::Target;
pub use slim::Slim;
pub use svd::Svd;
pub use svd_plus_plus::SvdPlusPlus;
pub use user_knn::UserKnn;
pub use walk::{P3Alpha, Rp3Beta};
pub use warp::Warp;
