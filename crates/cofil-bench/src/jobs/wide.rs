//! Training on tables too wide for dense storage; there is no quality, because no peer finishes.

use super::{npy, split};
use crate::answer::Figures;
use crate::experiment::{Experiment, Job};
use crate::gauge::Gauge;
use crate::places;
use anyhow::{Context, Result};
use cofil::{Algorithm, Csr, IdMap, Ratings, Run};
use std::collections::BTreeMap;
use std::sync::Arc;

pub fn figures(experiment: &Experiment, mut gauge: Gauge) -> Result<Figures> {
    let recipe = experiment.cofil.as_ref().context("the experiment has no algorithm")?;
    let algorithm = Algorithm::from_settings(&recipe.algorithm, &recipe.settings)?;
    let train = gauge.once("load", || match experiment.job {
        Job::AutorecWide => made_up(),
        _ => {
            let folder = places::data().join(&experiment.data);
            let split = split::read_parts(&folder, ["train.csv.gz", "test.csv.gz"], 0)?;
            Ok(split.train.binary())
        }
    })?;
    let run = Run { seed: 1, ..Run::default() };
    let fitted = gauge.time("fit", || algorithm.fit(&train, &run))?;
    let loss = fitted.epochs.last().map(|epoch| epoch.loss.data / train.len() as f64);
    let reported: BTreeMap<_, _> = loss.map(|loss| ("loss".to_owned(), loss)).into_iter().collect();
    let figures = gauge.figures(BTreeMap::new(), serde_json::to_value(&algorithm)?);
    Ok(Figures { reported, ..figures })
}

/// Reads the synthetic table that `peers/inputs.py` generates.
fn made_up() -> Result<Ratings> {
    let read = |name: &str| {
        let path = places::inputs().join(name);
        std::fs::read(&path).with_context(|| path.display().to_string())
    };
    let lengths = npy::integers(&read("wide_lengths.npy")?)?;
    let items = npy::integers(&read("wide_items.npy")?)?;
    let values = npy::floats(&read("wide_ratings.npy")?)?;
    let count = items.iter().max().map_or(0, |&item| item + 1);
    let names = |count: u32| Arc::new((0..count).map(|name| name.to_string()).collect::<IdMap>());
    let mut entries = items.into_iter().zip(values);
    let rows = lengths.iter().map(|&n| entries.by_ref().take(n as usize).collect::<Vec<_>>());
    let by_user = Csr::from_rows(count as usize, rows);
    Ok(Ratings { users: names(lengths.len() as u32), items: names(count), by_user, times: None })
}
