//! Training a recipe on the split.

use super::{lists, split};
use crate::answer::Figures;
use crate::experiment::Experiment;
use crate::gauge::Gauge;
use crate::places;
use anyhow::{Context, Result};
use cofil::evaluate::{self, Metric};
use cofil::rank::top_k_all;
use cofil::{Algorithm, Run, Target, User};

pub fn figures(experiment: &Experiment, mut gauge: Gauge) -> Result<Figures> {
    let recipe = experiment.cofil.as_ref().context("the experiment names no recipe")?;
    let algorithm = Algorithm::from_settings(&recipe.algorithm, &recipe.settings)?;
    let folder = places::data().join(&experiment.data);
    let mut split = gauge.once("load", || split::read(&folder))?;
    let preference = algorithm.target() == Target::Preference;
    if preference {
        // Every rating is a positive, as for the peers.
        split.train.by_user.values_mut().fill(1.0);
    }
    let model = gauge.time("fit", || algorithm.fit(&split.train, &mut Run::default()))?;
    let quality = if preference {
        let users = 0..split.train.by_user.rows() as u32;
        let users: Vec<_> = users.map(|u| User::of(&split.train, u)).collect();
        let lists = top_k_all(&*model, &users, experiment.k, true);
        lists::quality(&lists, &split.test, experiment.k)
    } else {
        let rmse = evaluate::measure(&*model, &split.train, &split.test, Metric::Rmse)?;
        [("rmse".to_owned(), rmse)].into()
    };
    Ok(gauge.figures(quality, serde_json::to_value(&algorithm)?))
}
