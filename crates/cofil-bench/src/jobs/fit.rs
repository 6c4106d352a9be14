//! Training an algorithm on the split.

use super::{quality, split};
use crate::answer::Figures;
use crate::experiment::Experiment;
use crate::gauge::Gauge;
use crate::places;
use anyhow::{Context, Result};
use cofil::rank::top_k_all;
use cofil::{Algorithm, Run, Target};
use std::path::Path;

pub fn figures(
    experiment: &Experiment,
    mut gauge: Gauge,
    results: Option<&Path>,
) -> Result<Figures> {
    let recipe = experiment.cofil.as_ref().context("the experiment has no algorithm")?;
    let algorithm = Algorithm::from_settings(&recipe.algorithm, &recipe.settings)?;
    let folder = places::data().join(&experiment.data);
    let mut split = gauge.once("load", || split::read_split(&folder))?;
    let preference = algorithm.target() == Target::Preference;
    if preference {
        // Every rating is a positive, as for the peers.
        split.train.by_user.values_mut().fill(1.0);
    }
    let model = gauge.time("fit", || algorithm.fit(&split.train, &Run::default()))?.model;
    let quality = if preference {
        if let Some(path) = results {
            let lists = top_k_all(&*model, &split.users(), experiment.k, true);
            quality::write_lists(path, &lists, experiment.k)?;
        }
        quality::ranking(&*model, &split, experiment.k)?
    } else {
        let predictions = quality::predictions(&*model, &split);
        if let Some(path) = results {
            quality::write_predictions(path, &predictions)?;
        }
        quality::errors(&predictions, &split)
    };
    Ok(gauge.figures(quality, serde_json::to_value(&algorithm)?))
}
