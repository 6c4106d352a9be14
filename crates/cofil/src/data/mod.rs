//! From files to [`Ratings`]: ids, sparse rows, reading, cleaning, splitting and describing.

pub mod catalogue;
pub mod clean;
pub mod csr;
pub mod describe;
pub mod finding;
pub mod ids;
pub mod item_users;
pub mod lists;
pub mod moment;
pub mod prose;
pub mod ratings;
pub mod read;
pub mod sample;
pub mod sample_set;
pub mod source;
pub mod split;

pub use catalogue::{Catalogue, Filter};
pub use clean::{Clean, CleanReport};
pub use csr::{Csr, Row};
pub use describe::Description;
pub use finding::Finding;
pub use ids::{IdKind, IdMap};
pub use item_users::ItemUsers;
pub use ratings::{Duplicates, Interactions, NO_TIME, Ratings};
pub use read::{Column, ReadOptions, ReadReport, Table};
pub use sample::{Sampler, Sampling};
pub use source::Source;
pub use split::{Split, SplitReport};
