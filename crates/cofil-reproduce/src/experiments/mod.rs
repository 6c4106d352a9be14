//! The experiments, one file each.

mod anime;
mod autorec;
mod d2l;
mod interview;
mod lightgcn;
mod ncf;
mod rating_error;
mod toy;
mod update;

use crate::experiment::Experiment;

/// All experiments, in the order of the list.
pub static ALL: [Experiment; 11] = [
    toy::EXPERIMENT,
    anime::EXPERIMENT,
    d2l::EXPERIMENT,
    ncf::EXPERIMENT,
    autorec::EXPERIMENT,
    lightgcn::GOWALLA,
    lightgcn::YELP2018,
    rating_error::ML_1M,
    rating_error::ML_100K,
    interview::EXPERIMENT,
    update::EXPERIMENT,
];
