//! Search options of `tune`, and formatting of settings.

use anyhow::{Context, Result};
use cofil::Metric;
use cofil::tune::{Method, Range, Search, Values};
use serde_json::{Map, Value};
use std::time::Duration;

/// Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Searching")]
pub struct Searching {
    /// Range of a numeric setting; `:log` samples on a log scale. Repeatable [default: see `cofil algorithms NAME`]
    #[arg(long = "range", value_name = "SETTING=LOW..HIGH[:log]", value_parser = range, allow_hyphen_values = true)]
    pub ranges: Vec<Range>,
    /// Values to choose a setting from, comma-separated, or a JSON list. Repeatable
    #[arg(long = "choice", value_name = "SETTING=A,B", value_parser = choice)]
    pub choices: Vec<Range>,
    /// Search method: tpe (tree-structured Parzen estimator) or random
    #[arg(long, default_value = "tpe", value_parser = method)]
    pub search: Method,
    /// Successive halving: one in N trials is promoted at each rung; 1 lets every trial finish
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub halving: usize,
    /// Validation users to evaluate each trial on, sampled once; 0 for all
    #[arg(long = "valid-users", alias = "judged", value_name = "N", default_value_t = 2000)]
    pub judged: usize,
    /// Trials to run in parallel, as threads and memory allow. Each is drawn without the results of those in
    /// parallel, so the outcome depends on N but not on the number of threads
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub parallel: u64,
    /// Time limit: no trial starts after it, and the running one is stopped. The outcome then depends on the machine
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub limit: Option<Duration>,
}

/// A number of seconds.
pub fn seconds(text: &str) -> Result<Duration> {
    let seconds: Option<f64> = text.parse().ok();
    let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    limit.context("must be a number of seconds, such as 90 or 0.5")
}

impl Searching {
    /// The library's settings.
    pub fn search(&self, trials: usize, metric: Metric, seed: u64) -> Search {
        let limit = self.limit.filter(|limit| !limit.is_zero());
        let (method, halving, judged) = (self.search, self.halving, self.judged);
        let parallel = self.parallel as usize;
        Search { method, halving, judged, parallel, seed, limit, ..Search::new(trials, metric) }
    }

    /// Ranges and choices that replace or extend those of the algorithm.
    pub fn ranges(&self) -> Result<Vec<Range>> {
        Ok([self.ranges.clone(), self.choices.clone()].concat())
    }
}

fn method(text: &str) -> Result<Method, String> {
    serde_json::from_value(text.into())
        .map_err(|_| cofil::Error::unknown("search", text, ["tpe", "random"]).to_string())
}

/// Parses `reg=1e-4..1:log`; the range is of integers if both ends are written as integers.
fn range(text: &str) -> Result<Range> {
    let (setting, range) = text.split_once('=').context("write SETTING=LOW..HIGH")?;
    let (range, log) = match range.strip_suffix(":log") {
        Some(range) => (range, true),
        None => (range, false),
    };
    let (low, high) =
        range.split_once("..").context("write SETTING=LOW..HIGH, such as reg=1e-4..1:log")?;
    let (low, high) = (low.trim(), high.trim());
    let values = match (low.parse::<u64>(), high.parse::<u64>()) {
        (Ok(low), Ok(high)) => Values::Whole { low, high, log },
        _ => {
            let number = |text: &str| {
                let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
                number.with_context(|| format!("`{text}` is not a number"))
            };
            Values::Real { low: number(low)?, high: number(high)?, log }
        }
    };
    if let Some(problem) = values.problem() {
        anyhow::bail!("the range {problem}");
    }
    Ok(Range { setting: setting.trim().into(), values })
}

/// Parses `solver=cholesky,cg` or `layers=[[32,16],[64,32]]`.
fn choice(text: &str) -> Result<Range> {
    let (setting, values) = text.split_once('=').context("write SETTING=A,B")?;
    let values = match serde_json::from_str(values) {
        Ok(Value::Array(values)) => values,
        _ => {
            let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| text.into());
            values.split(',').map(str::trim).filter(|v| !v.is_empty()).map(value).collect()
        }
    };
    if values.is_empty() {
        anyhow::bail!("give at least one value");
    }
    Ok(Range { setting: setting.trim().into(), values: Values::Choice(values) })
}

/// Formats settings on one line.
pub fn settings(settings: &Map<String, Value>) -> String {
    let pair = |(name, value): (&String, &Value)| format!("{name}={}", plain(value));
    settings.iter().map(pair).collect::<Vec<_>>().join(" ")
}

/// Formats a value as `--set` takes it.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
