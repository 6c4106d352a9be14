//! Building blocks of networks: layers, losses, optimizers, learning rate schedules.

pub mod layers;
pub mod loss;
pub mod optimizer;
pub mod schedule;
