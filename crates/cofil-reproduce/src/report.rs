//! What was published beside what came out.

use cofil::Algorithm;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A number in a publication.
pub struct Claim {
    /// The recipe it is of.
    pub recipe: &'static str,
    pub metric: &'static str,
    pub value: f64,
    pub wanted: Wanted,
    /// Who says so.
    pub source: &'static str,
}

/// How to compare with it.
#[derive(Clone, Copy)]
pub enum Wanted {
    AtLeast,
    AtMost,
    /// Within so much on either side.
    About(f64),
}

/// What came of one recipe with one seed.
pub struct Line {
    pub name: &'static str,
    /// Recipe and settings; none of a constant.
    pub settings: Option<Algorithm>,
    /// By metric.
    pub values: Vec<(String, Value)>,
}

/// A number with its 95 % interval over the test users, where there is one.
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

/// All seeds of one experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Name of the experiment.
    pub experiment: String,
    /// What was published, in a line.
    pub title: String,
    /// Data, split, candidates: what a reader must know to compare.
    pub method: String,
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// One for each repetition.
    pub seeds: Vec<u64>,
    /// Whether it was tried out only, so that the numbers mean nothing.
    pub quick: bool,
    /// The numbers: recipes in their order, and the metrics of each.
    pub rows: Vec<Row>,
    /// Settings by recipe.
    pub settings: BTreeMap<String, Algorithm>,
    /// The worst of all verdicts, in words.
    pub verdict: String,
    /// How long it took.
    pub seconds: f64,
}

/// A metric of a recipe over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Name of the recipe in the experiment.
    pub recipe: String,
    /// What was measured.
    pub metric: String,
    /// Mean over the seeds.
    pub mean: f64,
    /// Lower end of the 95 % interval over the test users, mean over the seeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The value of each seed, in their order.
    pub by_seed: Vec<f64>,
    /// What was published of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
    /// How the two compare: `reached`, `within the interval` or `not reached`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
}

/// A published number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Published {
    /// The number.
    pub value: f64,
    /// What counts as reached: `≥ 0.73`, `≤ 0.83`, `0.254 ± 0.003`.
    pub wanted: String,
    /// Who published it.
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
/// Not reached, but the published value lies in our interval.
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

/// The rows of `rounds`, one for each seed, with the same recipes and metrics in each, beside what was
/// published.
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

/// The worst of all verdicts.
pub fn verdict(rows: &[Row], quick: bool) -> String {
    if quick {
        return "none: a quick run has too few epochs to compare".into();
    }
    let badness = |verdict: &&str| [REACHED, WITHIN, MISSED].iter().position(|v| v == verdict);
    let worst = rows.iter().filter_map(|row| row.verdict.as_deref()).max_by_key(badness);
    worst.unwrap_or("none: nothing comparable was published").into()
}

/// Recipe and settings by name.
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
