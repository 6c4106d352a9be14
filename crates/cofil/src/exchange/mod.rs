//! Importing and exporting models; `docs/models.md` describes each format.
//!
//! In: [`Foreign::open`] reads factors trained with another library, and [`Foreign::into_recommender`] makes a
//! recommender of them. Out: [`Recommender::export`](crate::Recommender::export) writes ONNX, arrays of NumPy, and
//! tables of vectors.
//!
//! ```
//! use cofil::exchange::{ExportOptions, Foreign, ForeignFiles, ImportOptions};
//! use cofil::{Algorithm, Bpr, Query, Ratings, Recommender, Run, Who};
//! # let folder = tempfile::tempdir().expect("a folder");
//! # let path = folder.path().join("m.npz");
//!
//! let ratings = Ratings::from_triples([("ann", "tea", 1.0), ("ann", "jam", 1.0), ("bob", "tea", 1.0)])?;
//! let bpr = Algorithm::Bpr(Bpr { factors: 2, ..Bpr::default() });
//! let trained = Recommender::train(&bpr, &ratings, &Run::default())?;
//! trained.export(&path, &ExportOptions::default())?;
//! let (imported, report) = Foreign::open(&ForeignFiles::new(&path))?
//!     .into_recommender(None, &ImportOptions::default())?;
//! assert_eq!((report.users, report.items, report.factors), (2, 2, 2));
//! assert_eq!(imported.predict("bob", "jam")?, trained.predict("bob", "jam")?);
//! # Ok::<(), cofil::Error>(())
//! ```

mod arrays;
mod assemble;
mod export;
mod foreign;
mod libmf;
mod onnx;
mod options;
mod vectors;

pub use export::{ExportFormat, ExportOptions, ExportReport, Side};
pub use foreign::{Foreign, ForeignFiles, ForeignFormat, ForeignSource, Ids};
pub use options::{FoldInKind, ImportOptions, ImportReport, Link};

#[cfg(test)]
mod tests;
