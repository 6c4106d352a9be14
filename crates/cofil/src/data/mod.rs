//! Reads, cleans, splits and describes data: from files to [`Ratings`].
//!
//! ```
//! use cofil::data::{Clean, ReadOptions, Source, read::read};
//!
//! let text = "user,item,rating\nann,tea,5\nbob,tea,3\nann,jam,4\nann,tea,4\n";
//! let table = read(Source::reader("ratings", text.as_bytes()), &ReadOptions::default())?;
//! // By default the last value of a repeated pair is kept; the report says so.
//! let (ratings, report) = Clean::default().ratings(table.interactions)?;
//! assert_eq!((ratings.users.len(), ratings.items.len(), ratings.len()), (2, 2, 3));
//! assert_eq!(report.rows, 4);
//! # Ok::<(), cofil::Error>(())
//! ```

pub mod catalogue;
pub(crate) mod clean;
pub(crate) mod csr;
pub mod describe;
pub(crate) mod duplicates;
mod ending;
pub(crate) mod filler;
mod finding;
mod grouping;
pub(crate) mod ids;
pub(crate) mod item_users;
pub(crate) mod levels;
pub(crate) mod lists;
pub(crate) mod moment;
mod order;
mod pieces;
pub mod prose;
pub(crate) mod ratings;
pub mod read;
pub(crate) mod reading;
pub(crate) mod sample;
pub(crate) mod sample_set;
mod sheet;
pub(crate) mod source;
pub mod split;
pub(crate) mod twins;

pub use catalogue::{Catalogue, Filter};
pub use clean::{Clean, CleanReport};
pub use csr::{Csr, Row};
pub use describe::Description;
pub use duplicates::Duplicates;
pub use finding::Finding;
pub use ids::{IdKind, IdMap};
pub(crate) use item_users::ItemUsers;
pub use lists::ListWriter;
pub use moment::{date, parse_date};
pub use ratings::{Interactions, NO_TIME, Ratings};
pub use read::{Column, ReadOptions, ReadReport, Table};
pub use reading::{ReadValues, Reading};
pub use sample::Sampling;
pub(crate) use sample::{Pool, Sampler};
pub use sample_set::sample_set;
pub use sheet::{Cells, Kind, SheetWriter};
#[cfg(feature = "arrow")]
pub use source::Batches;
pub use source::Source;
pub use split::{Split, SplitReport};
pub use twins::{undescribed, unlike};
