//! Results next to the published values.

use cofil::Algorithm;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A published value.
pub struct Claim {
    /// Name of the algorithm in the experiment.
    pub recipe: &'static str,
    pub metric: &'static str,
    pub value: f64,
    pub wanted: Wanted,
    /// The publication.
    pub source: &'static str,
}

/// How to compare with a published value.
#[derive(Clone, Copy)]
pub enum Wanted {
    AtLeast,
    AtMost,
    /// Within this tolerance on either side.
    About(f64),
}

/// The results of one algorithm with one seed.
pub struct Line {
    pub name: &'static str,
    /// Algorithm and settings; none for a constant prediction.
    pub settings: Option<Algorithm>,
    /// Values by metric.
    pub values: Vec<(String, Value)>,
}

/// A value with its 95 % interval over the test users, if there is one.
#[derive(Clone, Copy)]
pub struct Value {
    pub value: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self { value, low: None, high: None }
    }
}

/// The results of an experiment over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Name of the experiment.
    pub experiment: String,
    /// One-line description of the published experiment.
    pub title: String,
    /// Data, split and candidates, as needed for a comparison.
    pub method: String,
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// The seed of each repetition.
    pub seeds: Vec<u64>,
    /// Whether this was a quick trial, whose numbers are meaningless.
    pub quick: bool,
    /// The results: algorithms in their order, with the metrics of each.
    pub rows: Vec<Row>,
    /// Settings by algorithm.
    pub settings: BTreeMap<String, Algorithm>,
    /// The worst of all verdicts, as text.
    pub verdict: String,
    /// Duration in seconds.
    pub seconds: f64,
}

/// A metric of an algorithm over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Name of the algorithm in the experiment.
    pub recipe: String,
    /// Name of the metric.
    pub metric: String,
    /// Mean over the seeds.
    pub mean: f64,
    /// Lower end of the 95 % interval over the test users, mean over the seeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end of the interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The value of each seed, in order.
    pub by_seed: Vec<f64>,
    /// The published value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
    /// Result of the comparison: `reached`, `within the interval` or `not reached`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
}

/// A published value and how to compare with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Published {
    /// The value.
    pub value: f64,
    /// The condition for `reached`: `≥ 0.73`, `≤ 0.83`, `0.254 ± 0.003`.
    pub wanted: String,
    /// The publication.
    pub source: String,
}

impl From<&Claim> for Published {
    fn from(claim: &Claim) -> Self {
        let value = claim.value;
        let wanted = match claim.wanted {
            Wanted::AtLeast => format!("≥ {value}"),
            Wanted::AtMost => format!("≤ {value}"),
            Wanted::About(tolerance) => format!("{value} ± {tolerance}"),
        };
        Self { value, wanted, source: claim.source.into() }
    }
}

const REACHED: &str = "reached";
/// Not reached, but the published value lies within the interval of the result.
const WITHIN: &str = "within the interval";
const MISSED: &str = "not reached";

fn compared(claim: &Claim, ours: Value) -> &'static str {
    let Value { value, low, high } = ours;
    let reached = match claim.wanted {
        Wanted::AtLeast => value >= claim.value,
        Wanted::AtMost => value <= claim.value,
        Wanted::About(tolerance) => (value - claim.value).abs() <= tolerance,
    };
    let near = || low.is_some_and(|l| l <= claim.value) && high.is_some_and(|h| h >= claim.value);
    match reached {
        true => REACHED,
        false if near() => WITHIN,
        false => MISSED,
    }
}

/// Averages `rounds`, one per seed with the same algorithms and metrics in each, and compares them with
/// the published values.
pub fn rows(published: &[Claim], rounds: &[Vec<Line>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (l, line) in rounds.first().into_iter().flatten().enumerate() {
        for (m, (metric, _)) in line.values.iter().enumerate() {
            let values: Vec<Value> = rounds.iter().map(|r| r[l].values[m].1).collect();
            let mean = |of: fn(&Value) -> Option<f64>| {
                let all: Option<Vec<f64>> = values.iter().map(of).collect();
                all.map(|all| all.iter().sum::<f64>() / all.len() as f64)
            };
            let value = mean(|v| Some(v.value)).unwrap_or(f64::NAN);
            let ours = Value { value, low: mean(|v| v.low), high: mean(|v| v.high) };
            let mut claims = published.iter();
            let claim = claims.find(|claim| claim.recipe == line.name && claim.metric == metric);
            rows.push(Row {
                recipe: line.name.into(),
                metric: metric.clone(),
                mean: ours.value,
                low: ours.low,
                high: ours.high,
                by_seed: values.iter().map(|v| v.value).collect(),
                published: claim.map(Published::from),
                verdict: claim.map(|claim| compared(claim, ours).into()),
            });
        }
    }
    rows
}

/// Returns the worst of all verdicts.
pub fn verdict(rows: &[Row], quick: bool) -> String {
    if quick {
        return "none: a quick run has too few epochs for a comparison".into();
    }
    let badness = |verdict: &&str| [REACHED, WITHIN, MISSED].iter().position(|v| v == verdict);
    let worst = rows.iter().filter_map(|row| row.verdict.as_deref()).max_by_key(badness);
    worst.unwrap_or("none: there are no published values to compare with").into()
}

/// Returns algorithm and settings by name.
pub fn settings(rounds: &[Vec<Line>]) -> BTreeMap<String, Algorithm> {
    let lines = rounds.first().into_iter().flatten();
    lines.filter_map(|line| Some((line.name.to_owned(), line.settings.clone()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(wanted: Wanted) -> Claim {
        Claim { recipe: "x", metric: "m", value: 0.5, wanted, source: "somebody" }
    }

    #[test]
    fn verdicts_count_in_the_right_direction() {
        let of = |wanted, value| compared(&claim(wanted), Value::from(value));
        assert_eq!(of(Wanted::AtLeast, 0.5), "reached");
        assert_eq!(of(Wanted::AtLeast, 0.4), "not reached");
        assert_eq!(of(Wanted::AtMost, 0.4), "reached");
        assert_eq!(of(Wanted::AtMost, 0.6), "not reached");
        assert_eq!(of(Wanted::About(0.1), 0.45), "reached");
        assert_eq!(of(Wanted::About(0.1), 0.7), "not reached");
        assert_eq!(of(Wanted::AtLeast, f64::NAN), "not reached");
    }

    #[test]
    fn what_the_interval_holds_is_not_missed() {
        let near = Value { value: 0.48, low: Some(0.46), high: Some(0.51) };
        assert_eq!(compared(&claim(Wanted::AtLeast), near), "within the interval");
        let far = Value { high: Some(0.49), ..near };
        assert_eq!(compared(&claim(Wanted::AtLeast), far), "not reached");
    }

    #[test]
    fn the_worst_verdict_counts_and_a_report_can_be_read_back() {
        let options = crate::Options { seeds: 1, ..Default::default() };
        let mut report = crate::run("toy", &options).expect("needs no files");
        let text = serde_json::to_string(&report).expect("plain data");
        assert_eq!(serde_json::from_str::<Report>(&text).expect("what was written"), report);
        report.rows[0].verdict = Some(MISSED.into());
        assert_eq!(verdict(&report.rows, false), MISSED);
        assert!(verdict(&report.rows, true).starts_with("none"));
    }
}
