//! Evaluation options shared by `evaluate` and `compare`, and their tables.

use crate::args::input::Input;
use crate::args::reranking::Reranking;
use crate::table::{Column, Table};
use anyhow::Result;
pub use cofil::data::prose::value;
use cofil::data::prose::{number, range};
use cofil::evaluate::{Candidates, Convention, Measure, Measures, Report, TestPart, Ties};
use cofil::{Duplicates, IdMap, Metric, Protocol, Ratings, Target};
use std::fmt::Write;
use std::path::Path;

/// Evaluation options. Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Evaluation")]
pub struct Judging {
    /// Metrics, comma-separated [default: ndcg@10,recall@10,hr@10,auc; with algorithms that predict values also
    /// rmse,mae]
    #[arg(long = "metric", alias = "metrics", value_name = "METRICS")]
    pub metrics: Option<String>,
    /// Library whose metric definitions to use: cofil, implicit, recbole, rectools, lenskit, recpack, ranx,
    /// irspack, elliot or dacrema
    #[arg(long, value_name = "LIBRARY", default_value = "cofil")]
    pub convention: Convention,
    /// Rank test items among N sampled negatives instead of all items
    #[arg(long, value_name = "N")]
    pub sampled: Option<usize>,
    /// Correct sampled ranks to estimates of the ranks among all items
    #[arg(long, requires = "sampled")]
    pub corrected: bool,
    /// Tied scores: index (as in recommended lists), expected (mean over all orders), worst or best
    #[arg(long, default_value = "index", value_parser = ties)]
    pub ties: Ties,
    /// Smallest test value that counts as relevant [default: all are]
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub relevant_from: Option<f32>,
    /// Also rank items from the user's training (and given) history
    #[arg(long, alias = "with-seen")]
    pub seen: bool,
    /// Do not clip predictions to the range of the training values
    #[arg(long)]
    pub no_clip: bool,
    #[command(flatten)]
    pub reranking: Reranking,
    /// Bootstrap resamples for confidence intervals; 0 for none
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub resamples: usize,
    /// Random seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

fn ties(text: &str) -> Result<Ties, String> {
    serde_json::from_value(text.into()).map_err(|_| {
        cofil::Error::unknown("order", text, ["index", "expected", "worst", "best"]).to_string()
    })
}

impl Judging {
    /// Whether only errors of predicted values are asked for.
    pub fn is_of_values(&self) -> Result<bool> {
        let Some(list) = &self.metrics else { return Ok(false) };
        Ok(Metric::list(list)?.iter().all(Metric::is_of_values))
    }

    /// Returns the library's settings; without `--metric`, the metrics for `target`, or for both kinds of algorithm.
    pub fn protocol(&self, target: Option<Target>) -> Result<Protocol> {
        let mut protocol = Protocol::default();
        match &self.metrics {
            Some(list) => protocol.metrics = Metric::list(list)?,
            None => target.iter().for_each(|target| protocol.metrics = target.metrics()),
        }
        if let Some(n) = self.sampled {
            protocol.candidates = Candidates::Sampled { n, seed: self.seed };
        }
        Ok(Protocol {
            convention: self.convention,
            corrected: self.corrected,
            ties: self.ties,
            relevant_from: self.relevant_from,
            seen: self.seen,
            rerank: self.reranking.into(),
            clip: !self.no_clip,
            resamples: self.resamples,
            seed: self.seed,
            ..protocol
        })
    }
}

/// A test set, and the given interactions of users absent from training.
pub struct Tested {
    pub test: Ratings,
    pub given: Option<Ratings>,
}

impl Tested {
    pub fn borrowed(&self) -> TestPart<'_> {
        TestPart { given: self.given.as_ref(), ..(&self.test).into() }
    }
}

/// Reads a test set and given interactions; ids are numbered after the `known` users and items. Given values are
/// weighted as the training values were.
pub fn test_part(
    read: &Input,
    test: &Path,
    given: Option<&Path>,
    known: (&IdMap, &IdMap),
    json: bool,
    weigh: impl Fn(Ratings) -> Ratings,
) -> Result<Tested> {
    let table = |path: &Path, (users, items): (&IdMap, &IdMap)| -> Result<Ratings> {
        let table = read.read_with(path, users, items, json)?;
        Ok(table.interactions.into_ratings(Duplicates::usual(&read.options()))?)
    };
    let Some(given) = given else {
        return Ok(Tested { test: table(test, known)?, given: None });
    };
    let given = table(given, known)?;
    let test = table(test, (&given.users, &given.items))?;
    Ok(Tested { test, given: Some(weigh(given)) })
}

/// Formats the 95 % confidence interval.
pub fn interval(measure: &Measure) -> String {
    match (measure.low, measure.high) {
        (Some(low), Some(high)) => range(value(low), value(high)),
        _ => String::new(),
    }
}

/// Table of metrics with confidence intervals, best possible values and baselines.
pub fn table(report: &Report) -> Table {
    let mut columns = vec![
        Column::text("metric"),
        Column::number("value"),
        Column::number("95 % interval").spare(1),
        Column::number("best possible").spare(4),
    ];
    let baselines = report.baselines.0.iter();
    columns.extend(baselines.map(|(name, _)| Column::number(name).spare(2)));
    columns.push(Column::number("users").spare(3));
    let mut table = Table::new(columns);
    for measure in &report.metrics.0 {
        let mut row = vec![
            measure.metric.to_string(),
            value(measure.value),
            interval(measure),
            measure.max.map(value).unwrap_or_default(),
        ];
        for (_, baseline) in &report.baselines.0 {
            row.push(baseline.get(measure.metric).map_or("–".into(), |b| value(b.value)));
        }
        row.push(number(measure.users));
        table.row(row);
    }
    table
}

/// Table with one row per group of users by activity.
pub fn activity_table(report: &Report) -> Table {
    let metrics = report.activity.first().map(|a| a.metrics.0.as_slice()).unwrap_or_default();
    let names = metrics.iter().enumerate().map(|(at, m)| match at {
        0 => Column::number(m.metric.to_string()),
        _ => Column::number(m.metric.to_string()).spare(2),
    });
    let first = [Column::text("interactions"), Column::number("users").spare(1)];
    let mut table = Table::new(first.into_iter().chain(names));
    for group in &report.activity {
        let mut row = vec![range(number(group.from), number(group.to)), number(group.users)];
        row.extend(group.metrics.0.iter().map(|m| value(m.value)));
        table.row(row);
    }
    table
}

/// Formats every number of a report as CSV, one per line.
pub fn csv(report: &Report) -> Result<String> {
    let mut text = String::from("of,metric,value,low,high,users,max\n");
    let mut add = |of: &str, measures: &Measures| -> Result<()> {
        for m in &measures.0 {
            let number = |v: Option<f64>| {
                v.filter(|v| v.is_finite()).map(|v| v.to_string()).unwrap_or_default()
            };
            let (value, max) = (number(Some(m.value)), number(m.max));
            let (low, high) = (number(m.low), number(m.high));
            writeln!(text, "{of},{},{value},{low},{high},{},{max}", m.metric, m.users)?;
        }
        Ok(())
    };
    add("model", &report.metrics)?;
    for (name, measures) in &report.baselines.0 {
        add(name, measures)?;
    }
    for group in &report.activity {
        add(&format!("activity {}-{}", group.from, group.to), &group.metrics)?;
    }
    Ok(text)
}
