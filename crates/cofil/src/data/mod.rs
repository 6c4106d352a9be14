//! From files to [`Ratings`]: ids, sparse rows, reading, cleaning, splitting and describing.

pub mod catalogue;
pub(crate) mod clean;
pub(crate) mod csr;
pub mod describe;
pub(crate) mod finding;
pub(crate) mod ids;
pub(crate) mod item_users;
pub(crate) mod lists;
pub(crate) mod moment;
pub mod prose;
pub(crate) mod ratings;
pub mod read;
pub(crate) mod sample;
pub(crate) mod sample_set;
pub(crate) mod source;
pub mod split;

pub use catalogue::{Catalogue, Filter};
pub use clean::{Clean, CleanReport};
pub use csr::{Csr, Row};
pub use describe::Description;
pub use finding::Finding;
pub use ids::{IdKind, IdMap};
pub(crate) use item_users::ItemUsers;
pub use lists::ListWriter;
pub use moment::{date, parse_date};
pub use ratings::{Duplicates, Interactions, NO_TIME, Ratings};
pub use read::{Column, ReadOptions, ReadReport, Table};
pub(crate) use sample::Sampler;
pub use sample::Sampling;
pub use sample_set::sample_set;
pub use source::{Batches, Source};
pub use split::{Split, SplitReport};
