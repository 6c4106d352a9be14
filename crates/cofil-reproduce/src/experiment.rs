//! The definition of an experiment, and helpers that most experiments share.

use crate::files::{Folder, Need};
use crate::report::{Claim, Line, Value};
use cofil::contest::{self, Entry};
use cofil::evaluate::{Measure, Measures, Ties};
use cofil::{Algorithm, Metric, Protocol, Ratings, Result, Run};
use serde_json::Map;

/// A published experiment.
pub struct Experiment {
    pub name: &'static str,
    pub title: &'static str,
    /// Data, split and candidates, as needed for a comparison.
    pub method: &'static str,
    pub needs: &'static [Need],
    /// Where to get the files.
    pub home: &'static str,
    pub published: &'static [Claim],
    /// Reads the data and returns the trial.
    pub start: fn(&Folder<'_>, quick: bool) -> Result<Trial>,
}

/// A function that trains and evaluates once, with a seed.
pub type Trial = Box<dyn Fn(u64) -> Result<Vec<Line>>>;

/// Returns an algorithm with the settings of an experiment.
pub fn recipe(name: &str, settings: serde_json::Value) -> Result<Algorithm> {
    let none = Map::new();
    Algorithm::from_settings(name, settings.as_object().unwrap_or(&none))
}

/// Returns an algorithm with the settings of one of its presets, of which `epochs` may be others.
pub fn preset(name: &str, preset: &str, epochs: Option<usize>) -> Result<Algorithm> {
    let mut settings = Algorithm::from_settings(name, &Map::new())?.preset(preset)?;
    settings.extend(epochs.map(|epochs| ("epochs".to_owned(), epochs.into())));
    Algorithm::from_settings(name, &settings)
}

/// Trains `algorithm` and evaluates it.
pub fn judge(
    algorithm: &Algorithm,
    (train, test): &(Ratings, Ratings),
    protocol: &Protocol,
    seed: u64,
) -> Result<Entry> {
    contest::enter(algorithm, train, test, protocol, &Run { seed, ..Run::default() })
}

/// Returns the results of `entry` as a line of the report.
pub fn line(name: &'static str, entry: &Entry) -> Line {
    let settings = Some(entry.algorithm.clone());
    Line { name, settings, values: values(&entry.report.metrics) }
}

/// Returns a line for each of `recipes`.
pub fn lines(
    recipes: &[(&'static str, Algorithm)],
    parts: &(Ratings, Ratings),
    protocol: &Protocol,
    seed: u64,
) -> Result<Vec<Line>> {
    let line = |(name, algorithm): &(&'static str, Algorithm)| {
        Ok(line(name, &judge(algorithm, parts, protocol, seed)?))
    };
    recipes.iter().map(line).collect()
}

/// Returns the metrics of a report with their intervals.
pub fn values(measures: &Measures) -> Vec<(String, Value)> {
    let value = |m: &Measure| Value { value: m.value, low: m.low, high: m.high };
    measures.0.iter().map(|m| (m.metric.to_string(), value(m))).collect()
}

/// Returns a protocol with intervals and without baselines, which are algorithms of the experiment. Ties count by
/// expectation, which favours no library's order of equal items.
pub fn protocol(metrics: Vec<Metric>) -> Protocol {
    Protocol { metrics, ties: Ties::Expected, baselines: false, ..Protocol::default() }
}
