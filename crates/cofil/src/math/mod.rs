//! Numbers: vectors, matrices, factorizations, random numbers and how work is split.
//!
//! The only place that imports the linear-algebra crate. Every kernel is deterministic: its result
//! does not depend on the number of threads.

pub mod cholesky;
pub mod elementary;
pub mod inverse;
pub mod lanes;
pub mod matrix;
pub mod narrow;
pub mod normal;
pub mod parallel;
pub mod rng;
pub mod solve;
pub mod svd;
pub mod syrk;
pub mod vector;

pub use matrix::Matrix;
pub use rng::Rng;
