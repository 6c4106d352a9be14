//! Compares saved models on one test set.

use super::{Args, Judged, Seconds, judge};
use crate::args::judging::value;
use crate::args::wrong;
use crate::commands::compare::show::{Line, by_activity, leaderboard};
use crate::output::{self, errln, outln};
use anyhow::{Result, bail};
use cofil::Metric;
use cofil::contest::{Conclusion, differences};
use cofil::evaluate::{Difference, Report};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    /// The first one orders the models.
    metrics: &'a [Metric],
    conclusion: Option<Conclusion>,
    /// The models, best first.
    entries: Vec<Entry<'a>>,
    /// Of every other model to the first, if they were trained on the same table.
    differences: &'a [Option<Difference>],
}

/// One model.
#[derive(Serialize, JsonSchema)]
struct Entry<'a> {
    name: &'a str,
    algorithm: &'a str,
    #[serde(flatten)]
    report: &'a Report,
    seconds: Seconds,
    model_bytes: usize,
}

pub fn run(args: &Args, models: &[PathBuf]) -> Result<()> {
    if args.table.is_some() {
        return Err(wrong("--table takes one model; use --json for several"));
    }
    let mut judged = Vec::new();
    for path in models {
        let name = name(path, models);
        let found = judge(args, path)?;
        if let (Some(measure), false) = (found.report.metrics.0.first(), args.json) {
            errln!("{name}: {} {}", measure.metric, value(measure.value));
        }
        judged.push((name, found));
    }
    let metrics = metrics(&judged);
    let Some(&first) = metrics.first() else { bail!("no metric was computed for all models") };
    let key = |(_, judged): &(String, Judged)| {
        let value = judged.report.value(first).filter(|v| !v.is_nan());
        value.map_or(f64::MAX, |v| if first.higher_is_better() { -v } else { v })
    };
    judged.sort_by(|a, b| key(a).total_cmp(&key(b)));
    let users = &judged[0].1.users;
    // Paired comparison needs the same numbering of users, as models of one table have.
    let is_alike = |other: &Judged| other.users.names().eq(users.names());
    let alike: Vec<bool> = judged.iter().map(|(_, other)| is_alike(other)).collect();
    let paired = judged.iter().zip(&alike).filter(|(_, alike)| **alike);
    let mut tested = differences(paired.map(|((_, judged), _)| &judged.report), first).into_iter();
    let apart: Vec<Option<Difference>> =
        alike[1..].iter().map(|&alike| alike.then(|| tested.next()).flatten().flatten()).collect();
    let reports: Vec<(&str, &Report)> =
        judged.iter().map(|(name, judged)| (name.as_str(), &judged.report)).collect();
    let is_apart =
        |name: &str| judged.iter().zip(&alike).any(|((other, _), alike)| other == name && !alike);
    let conclusion =
        Conclusion::new(first, &reports, &apart).map(|found| found.with_apart(is_apart));
    if args.json {
        let entries = judged
            .iter()
            .map(|(name, judged)| Entry {
                name,
                algorithm: &judged.algorithm,
                report: &judged.report,
                seconds: judged.seconds,
                model_bytes: judged.model_bytes,
            })
            .collect();
        let answer = Answer { metrics: &metrics, conclusion, entries, differences: &apart };
        return output::json(&answer);
    }
    let differences = std::iter::once(&None).chain(&apart);
    let lines: Vec<Line<'_>> = judged
        .iter()
        .zip(differences)
        .map(|((name, judged), difference)| Line {
            name,
            note: None,
            report: &judged.report,
            difference: *difference,
            cost: [None, None, Some(judged.model_bytes as f64 / 1e6)],
        })
        .collect();
    leaderboard(&format!("test set {}", args.test.display()), &metrics, &lines);
    if args.by_activity {
        by_activity(first, &lines);
    }
    outln!();
    output::prose(&conclusion.map(|found| found.say(str::to_owned)).unwrap_or_default());
    Ok(())
}

/// Returns the file stem, if unique among `models`.
fn name(path: &Path, models: &[PathBuf]) -> String {
    let stem = path.file_stem().unwrap_or(path.as_os_str());
    match models.iter().filter(|other| other.file_stem() == Some(stem)).count() {
        1 => stem.to_string_lossy().into_owned(),
        _ => path.display().to_string(),
    }
}

/// Returns every metric measured for any model.
fn metrics(judged: &[(String, Judged)]) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::new();
    for measure in judged.iter().flat_map(|(_, judged)| &judged.report.metrics.0) {
        if !metrics.contains(&measure.metric) {
            metrics.push(measure.metric);
        }
    }
    metrics
}
