//! Machinery of stochastic gradient descent: a grid of blocks learned in parallel, rows of parameters in whole
//! registers, and negatives sampled inside a block.

pub mod grid;
pub mod part;
pub mod sampled;
