//! Top items for every user from the shared factors, without seen items; training is not timed.

use super::{factors, quality, split};
use crate::answer::Figures;
use crate::experiment::Experiment;
use crate::gauge::Gauge;
use crate::places;
use anyhow::Result;
use cofil::rank::top_k_all;
use serde_json::json;
use std::path::Path;

pub fn figures(
    experiment: &Experiment,
    mut gauge: Gauge,
    results: Option<&Path>,
) -> Result<Figures> {
    let folder = places::data().join(&experiment.data);
    let split = gauge.once("load", || split::read_split(&folder))?;
    let model = factors::read(&places::inputs())?;
    let recommend = || top_k_all(&model, &split.users(), experiment.k, true);
    let lists = gauge.time("recommend", recommend);
    if let Some(path) = results {
        quality::write_lists(path, &lists, experiment.k)?;
    }
    let quality = quality::ranking(&model, &split, experiment.k)?;
    Ok(gauge.figures(quality, json!({"n": experiment.k, "users": lists.len()})))
}
