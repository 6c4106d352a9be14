//! The result of one algorithm, and the order of results.

use crate::algorithm::Algorithm;
use crate::data::Ratings;
use crate::error::Result;
use crate::evaluate::compare::{Difference, difference, holm};
use crate::evaluate::{Metric, Protocol, Report, TestPart, evaluate_as};
use crate::recipes::Target;
use crate::train::{Epoch, Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::time::Instant;

/// The result of one algorithm.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Name of the algorithm in the comparison.
    pub name: String,
    /// The algorithm and its settings.
    pub algorithm: Algorithm,
    /// The evaluation report.
    #[serde(flatten)]
    pub report: Report,
    /// Training and evaluation times.
    pub seconds: Seconds,
    /// Size of the model's arrays in bytes.
    pub model_bytes: usize,
    /// Peak memory in MiB, data included, if it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_mb: Option<f64>,
    /// The training epochs, if the algorithm trains in epochs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub epochs: Vec<Epoch>,
}

/// Wall-clock times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Seconds {
    /// Training time in seconds.
    pub fit: f64,
    /// Evaluation time in seconds.
    pub evaluate: f64,
}

/// Trains `algorithm` on `train` and evaluates it on `test`. Metrics of predicted ratings are left out for algorithms
/// that do not predict ratings.
///
/// # Errors
/// As [`Algorithm::fit`] and [`evaluate`](crate::evaluate::evaluate).
pub fn enter<'a>(
    algorithm: &Algorithm,
    train: &Ratings,
    test: impl Into<TestPart<'a>>,
    protocol: &Protocol,
    run: &Run<'_>,
) -> Result<Entry> {
    let mut protocol = protocol.clone();
    if algorithm.target() == Target::Preference {
        let asked: Vec<String> = protocol.metrics.iter().map(Metric::to_string).collect();
        protocol.metrics.retain(|metric| !metric.is_of_values());
        if protocol.metrics.is_empty() {
            return Err(algorithm.predicts_no_ratings(&asked.join(", ")));
        }
    }
    let start = Instant::now();
    let Fitted { model, epochs } = algorithm.fit(train, run)?;
    let fit = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let values = algorithm.reading(run.values, train).into();
    let report = evaluate_as(&*model, values, train, test, &protocol)?;
    let seconds = Seconds { fit, evaluate: start.elapsed().as_secs_f64() };
    let model_bytes = model.tensors().iter().map(crate::store::Tensor::size).sum();
    Ok(Entry {
        name: algorithm.name().into(),
        algorithm: algorithm.clone(),
        report,
        seconds,
        model_bytes,
        peak_memory_mb: None,
        epochs,
    })
}

/// Sorts by `metric`, best first; entries without a value come last.
pub fn rank(entries: &mut [Entry], metric: Metric) {
    entries.sort_by(|a, b| order(a, b, metric));
}

/// Orders the better entry first; entries without a value come last.
pub(super) fn order(a: &Entry, b: &Entry, metric: Metric) -> Ordering {
    let key = |entry: &Entry| {
        let value = entry.report.value(metric).filter(|v| !v.is_nan())?;
        Some(if metric.higher_is_better() { value } else { -value })
    };
    key(b).partial_cmp(&key(a)).expect("values that are no numbers are out")
}

/// Returns the difference of each other entry to the first of `entries` by `metric`, with p-values corrected for their
/// number; `None` if it cannot be computed, for example for entries read back from JSON.
pub fn behind<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    metric: Metric,
) -> Vec<Option<Difference>> {
    differences(entries.into_iter().map(|entry| &entry.report), metric)
}

/// Like [`behind`], for reports on the same test set, with the same user indices.
pub fn differences<'a>(
    reports: impl IntoIterator<Item = &'a Report>,
    metric: Metric,
) -> Vec<Option<Difference>> {
    let mut reports = reports.into_iter();
    let Some(best) = reports.next() else { return Vec::new() };
    let mut found: Vec<Option<Difference>> =
        reports.map(|other| difference(other, best, metric)).collect();
    let mut ps: Vec<f64> = found.iter().flatten().map(|d| d.p).collect();
    holm(&mut ps);
    found.iter_mut().flatten().zip(ps).for_each(|(d, p)| d.p = p);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipes::{Ease, Popularity};

    #[test]
    fn recipes_are_judged_alike_and_ranked() {
        let pairs = |rows: &[(&'static str, &'static str)]| {
            Ratings::from_triples(rows.iter().map(|&(u, i)| (u, i, 1.0))).unwrap()
        };
        // Two tastes: users with `a` want `b`, users with `x` want `y`; `a` and `b` are popular.
        let train = pairs(&[
            ("1", "a"),
            ("1", "b"),
            ("2", "a"),
            ("2", "b"),
            ("3", "x"),
            ("3", "y"),
            ("4", "x"),
            ("5", "a"),
        ]);
        let rows = (0..5).map(|u| if u == 3 { vec![(3, 1.0)] } else { vec![] });
        let test = Ratings { by_user: crate::data::Csr::from_rows(4, rows), ..train.clone() };
        let protocol =
            Protocol { metrics: vec![Metric::Mrr(4), Metric::Rmse], ..Protocol::default() };
        let recipes = [
            Algorithm::Popularity(Popularity::default()),
            Algorithm::Ease(Ease { reg: 1.0, ..Ease::default() }),
        ];
        let mut entries = recipes
            .each_ref()
            .map(|recipe| enter(recipe, &train, &test, &protocol, &Run::default()).unwrap());
        rank(&mut entries, Metric::Mrr(4));
        assert_eq!(entries[0].algorithm.name(), "ease");
        assert_eq!(entries[0].report.value(Metric::Mrr(4)), Some(1.0));
        assert!(entries[1].report.value(Metric::Mrr(4)).unwrap() < 0.5);
        assert!(entries[0].model_bytes >= 64);
        assert_eq!(behind(&entries, Metric::Mrr(4)), [None], "one user");
        assert_eq!(entries[0].report.value(Metric::Rmse), None, "no values are predicted");
        let values = Protocol { metrics: vec![Metric::Rmse], ..protocol };
        let told = enter(&recipes[1], &train, &test, &values, &Run::default()).unwrap_err();
        assert!(told.to_string().starts_with("ease only ranks items; "), "{told}");
    }
}
