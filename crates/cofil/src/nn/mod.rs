//! What networks are made of: layers, losses, optimizers, schedules of the learning rate.

pub mod layers;
pub mod loss;
pub mod optimizer;
pub mod schedule;
