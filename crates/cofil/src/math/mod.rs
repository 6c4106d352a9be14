//! Numerics: vectors, matrices, factorizations, random numbers and the splitting of work.
//!
//! This is the only module that imports the linear-algebra crate. Every kernel is deterministic: its result does not
//! depend on the number of threads.
//!
//! ```
//! use cofil::math::{Matrix, Rng, on_threads};
//!
//! let mut rng = Rng::new(7, &[]);
//! let matrix = Matrix::from_fn(2, 3, |_, _| rng.normal());
//! assert_eq!(matrix.transposed().rows(), 3);
//! assert_eq!(on_threads(2, cofil::math::threads)?, 2);
//! # Ok::<(), cofil::Error>(())
//! ```

pub(crate) mod cholesky;
pub(crate) mod elementary;
pub(crate) mod inverse;
pub(crate) mod lanes;
pub(crate) mod matrix;
pub(crate) mod narrow;
pub(crate) mod normal;
pub(crate) mod parallel;
pub(crate) mod product;
pub(crate) mod real;
pub(crate) mod rng;
pub(crate) mod solve;
pub(crate) mod svd;
pub(crate) mod syrk;
pub(crate) mod vector;
pub(crate) mod ziggurat;

pub use matrix::Matrix;
pub use parallel::{MOST_THREADS, STACK, on_threads, threads};
pub use rng::Rng;
