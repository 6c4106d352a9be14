//! The experiments, one file each.

mod anime;
mod autorec;
mod d2l;
mod gowalla;
mod interview;
mod ncf;
mod toy;
mod update;

use crate::experiment::Experiment;

/// All experiments, in the order of the list.
pub static ALL: [Experiment; 8] = [
    toy::EXPERIMENT,
    anime::EXPERIMENT,
    d2l::EXPERIMENT,
    ncf::EXPERIMENT,
    autorec::EXPERIMENT,
    gowalla::EXPERIMENT,
    interview::EXPERIMENT,
    update::EXPERIMENT,
];
