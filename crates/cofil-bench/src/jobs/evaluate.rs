//! Evaluation: all ranking metrics from the shared factors, including scoring and ranking; or all list
//! metrics, from ready-made lists.

use super::{factors, split};
use crate::answer::Figures;
use crate::experiment::Experiment;
use crate::gauge::Gauge;
use crate::places;
use anyhow::Result;
use cofil::evaluate::{Metric, Protocol, evaluate, evaluate_lists};
use cofil::rank::top_k_all;
use serde_json::json;

pub fn figures(experiment: &Experiment, mut gauge: Gauge) -> Result<Figures> {
    let folder = places::data().join(&experiment.data);
    let split = gauge.once("load", || split::read_split(&folder))?;
    let model = factors::read(&places::inputs())?;
    let measured = |metric: &Metric| match experiment.from_lists {
        true => metric.cutoff().is_some(),
        false => !metric.is_of_values(),
    };
    let metrics: Vec<_> = Metric::all(experiment.k).into_iter().filter(measured).collect();
    let names: Vec<_> = metrics.iter().map(Metric::to_string).collect();
    // Without intervals and baselines, which the peers do not compute.
    let protocol = Protocol::plain(metrics);
    let report = if experiment.from_lists {
        let lists = gauge.once("rank", || {
            let lists = top_k_all(&model, &split.users(), experiment.k, true);
            let items = |list: Vec<(u32, f32)>| list.into_iter().map(|(item, _)| item).collect();
            anyhow::Ok(lists.into_iter().map(items).collect::<Vec<Vec<u32>>>())
        })?;
        gauge.time("evaluate", || evaluate_lists(&lists, &split.train, &split.test, &protocol))?
    } else {
        gauge.time("evaluate", || evaluate(&model, &split.train, &split.test, &protocol))?
    };
    let quality = report.metrics.0.iter().map(|m| (m.metric.to_string(), m.value)).collect();
    let from = if experiment.from_lists { "lists" } else { "factors" };
    let settings = json!({"k": experiment.k, "starts_from": from, "metrics": names});
    Ok(gauge.figures(quality, settings))
}
