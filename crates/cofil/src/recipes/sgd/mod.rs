//! The machinery of stochastic gradient descent: a grid of blocks that can be learned from side by side, rows
//! of parameters in whole registers, and negatives drawn inside a block.

pub mod grid;
pub mod part;
pub mod sampled;
