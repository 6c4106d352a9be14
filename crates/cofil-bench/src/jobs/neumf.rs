//! Training on the split of the NCF paper, evaluated by training loss and among the paper's negatives.

use super::{quality, split};
use crate::answer::Figures;
use crate::experiment::Experiment;
use crate::gauge::Gauge;
use crate::places;
use anyhow::{Context, Result, ensure};
use cofil::data::read::{ReadOptions, read_negatives};
use cofil::evaluate::{Candidates, Metric, Protocol, evaluate};
use cofil::math::Matrix;
use cofil::{Algorithm, Fitted, Run, User};
use std::path::Path;

pub fn figures(
    experiment: &Experiment,
    mut gauge: Gauge,
    results: Option<&Path>,
) -> Result<Figures> {
    let recipe = experiment.cofil.as_ref().context("the experiment has no algorithm")?;
    let algorithm = Algorithm::from_settings(&recipe.algorithm, &recipe.settings)?;
    let folder = places::data().join(&experiment.data);
    let split =
        gauge.once("load", || split::read_parts(&folder, ["train.csv.gz", "test.csv"], 0))?;
    let (train, test) = (split.train.binary(), split.test.binary());
    let (model, loss) = gauge.time("fit", || {
        let run = Run { seed: 1, ..Run::default() };
        let Fitted { model, epochs } = algorithm.fit(&train, &run)?;
        anyhow::Ok((model, epochs.last().map(|epoch| epoch.loss.data)))
    })?;

    let settings = serde_json::to_value(&algorithm)?;
    let negatives = settings["negatives"].as_u64().context("the algorithm has no `negatives`")?;
    let samples = train.len() as f64 * (1 + negatives) as f64;
    let file = folder.join("negatives.csv.gz");
    let negatives =
        read_negatives(&file, &ReadOptions::default(), &test.users, &test.items)?.by_user;
    if let Some(path) = results {
        // The held-out item comes first, as in the files of the peers.
        let width = 1 + negatives.first().map_or(0, Vec::len);
        let mut scores = Matrix::zeros(negatives.len(), width);
        for (u, others) in negatives.iter().enumerate() {
            let mut items = test.by_user.row(u).columns.to_vec();
            items.extend(others);
            ensure!(items.len() == width, "user {u} has {} candidates, not {width}", items.len());
            model.score(User::of(&train, u as u32), &items, scores.row_mut(u));
        }
        quality::write_scores(path, &scores)?;
    }
    let protocol = Protocol {
        candidates: Candidates::Given(negatives),
        ..Protocol::plain(vec![Metric::Hr(10), Metric::Ndcg(10)])
    };
    let report = evaluate(&*model, &train, &test, &protocol)?;
    let measured = report.metrics.0.iter().map(|m| (m.metric.to_string(), m.value));
    let loss = loss.map(|loss| ("bce".to_owned(), loss / samples));
    Ok(gauge.figures(measured.chain(loss).collect(), settings))
}
