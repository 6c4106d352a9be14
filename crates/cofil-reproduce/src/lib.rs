//! Published experiments, repeated from files to numbers with fixed settings and seeds.
//!
//! There is one file per experiment. Each states the published values and their source, the files it
//! needs, and where to get them. A [`Report`] lists the results next to the published values.
//!
//! ```
//! use cofil_reproduce::{Options, run};
//!
//! let report = run("toy", &Options { seeds: 1, ..Options::default() })?;
//! assert_eq!(report.verdict, "reached");
//! # Ok::<(), cofil::Error>(())
//! ```

#![deny(missing_docs)]

mod experiment;
mod experiments;
mod files;
mod report;

pub use report::{Published, Report, Row};

use cofil::watch::Event;
use cofil::{Error, Result, watch};
use experiment::Experiment;
use files::Folder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Instant;

/// Options of a repetition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Folder of the data set, or of several data sets.
    pub data: PathBuf,
    /// Number of repetitions, with seeds 1, 2, 3 …; at least 1.
    pub seeds: u64,
    /// Quick trial with one seed and few epochs; its numbers are meaningless.
    pub quick: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { data: ".".into(), seeds: 3, quick: false }
    }
}

/// A description of an experiment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Name, as passed to [`run`].
    pub name: String,
    /// One-line description of the published experiment.
    pub title: String,
    /// Data, split and candidates, as needed for a comparison.
    pub method: String,
    /// The files it needs, each with all accepted names.
    pub files: Vec<Vec<String>>,
    /// Where to get the files.
    pub home: String,
}

/// Returns all experiments.
pub fn experiments() -> Vec<Summary> {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let summary = |e: &Experiment| Summary {
        name: e.name.into(),
        title: e.title.into(),
        method: e.method.into(),
        files: e.needs.iter().map(|need| owned(need.names)).collect(),
        home: e.home.into(),
    };
    experiments::ALL.iter().map(summary).collect()
}

/// Repeats the experiment called `name`.
///
/// # Errors
/// Fails if there is no such experiment, if a required file is missing (the message says where to get
/// it) or cannot be read, or if training fails.
pub fn run(name: &str, options: &Options) -> Result<Report> {
    let names = || experiments::ALL.iter().map(|e| e.name);
    let found = experiments::ALL.iter().find(|e| e.name == name);
    let experiment = found.ok_or_else(|| Error::unknown("experiment", name, names()))?;
    if options.seeds == 0 {
        return Err(Error::setting("seeds", "must be at least 1, got 0"));
    }
    let Experiment { name, title, method, needs, home, published, start } = *experiment;
    let folder = Folder { path: &options.data, name, needs, home };
    let files = folder.all()?;
    let began = Instant::now();
    let trial = start(&folder, options.quick)?;
    let seeds: Vec<u64> = (1..=if options.quick { 1 } else { options.seeds }).collect();
    let stage = watch::stage("seeds", seeds.len());
    let mut rounds = Vec::new();
    for (at, &seed) in seeds.iter().enumerate() {
        let (number, of, named) = (at + 1, seeds.len(), format!("seed {seed}"));
        let told = watch::tell(&Event::Recipe { number, of, name: &named, judged: None });
        if told.is_break() {
            return Err(Error::Stopped);
        }
        rounds.push(trial(seed)?);
        stage.add(1);
    }
    let rows = report::rows(published, &rounds);
    Ok(Report {
        experiment: name.into(),
        title: title.into(),
        method: method.into(),
        files,
        seeds,
        quick: options.quick,
        verdict: report::verdict(&rows, options.quick),
        settings: report::settings(&rounds),
        rows,
        seconds: began.elapsed().as_secs_f64(),
    })
}
