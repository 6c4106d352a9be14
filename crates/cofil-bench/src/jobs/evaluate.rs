//! Every ranking metric from the shared factors: scoring, ranking and measuring in one.

use super::{factors, split};
use crate::answer::Figures;
use crate::experiment::Experiment;
use crate::gauge::Gauge;
use crate::places;
use anyhow::Result;
use cofil::evaluate::{Metric, Protocol, evaluate};
use serde_json::json;

pub fn figures(experiment: &Experiment, mut gauge: Gauge) -> Result<Figures> {
    let folder = places::data().join(&experiment.data);
    let split = gauge.once("load", || split::read_split(&folder))?;
    let model = factors::read(&places::inputs())?;
    let of_values = |metric: &Metric| matches!(metric, Metric::Rmse | Metric::Mae);
    let metrics: Vec<_> = Metric::all(experiment.k).into_iter().filter(|m| !of_values(m)).collect();
    let names: Vec<_> = metrics.iter().map(Metric::to_string).collect();
    // Without intervals and baselines, which the peers do not have.
    let protocol = Protocol::plain(metrics);
    let report =
        gauge.time("evaluate", || evaluate(&model, &split.train, &split.test, &protocol))?;
    let quality = report.metrics.0.iter().map(|m| (m.metric.to_string(), m.value)).collect();
    let settings = json!({"k": experiment.k, "starts_from": "factors", "metrics": names});
    Ok(gauge.figures(quality, settings))
}
