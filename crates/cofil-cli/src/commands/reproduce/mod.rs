//! `cofil reproduce`: published experiments from file to number, with settings and seeds pinned.
//!
//! One file per experiment. Each says what was published where, which files it needs and where they
//! come from; `report` sets what came out beside what was published.

mod anime;
mod autorec;
mod d2l;
mod files;
mod gowalla;
mod interview;
mod ncf;
mod report;
mod toy;
mod update;

use crate::output;
use anyhow::Result;
use cofil::contest::{self, Entry};
use cofil::evaluate::{Measure, Measures};
use cofil::{Algorithm, Error, Metric, Protocol, Ratings, Run};
use files::{Folder, Need};
use report::{Line, Published, Value};
use serde_json::{Map, json};
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `cofil reproduce`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil reproduce
  cofil reproduce toy
  cofil reproduce gowalla --data downloads --seeds 1 --json

Data sets are not bundled: each experiment says which files it needs and where they are published.")]
pub struct Args {
    /// Which experiment [default: list them]
    name: Option<String>,
    /// Folder of the data set, or of several
    #[arg(long, value_name = "DIR", default_value = ".")]
    data: PathBuf,
    /// How often to repeat it, with seeds 1, 2, 3 …
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// Try it out: one seed and few epochs, whose numbers mean nothing
    #[arg(long)]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A published experiment.
struct Experiment {
    name: &'static str,
    title: &'static str,
    /// Data, split, candidates: what a reader must know to compare.
    method: &'static str,
    needs: &'static [Need],
    /// Where the files come from.
    home: &'static str,
    published: &'static [Published],
    /// Reads the data.
    start: fn(&Folder<'_>, quick: bool) -> Result<Trial>,
}

/// Trains and judges once, with a seed.
type Trial = Box<dyn Fn(u64) -> Result<Vec<Line>>>;

const EXPERIMENTS: [Experiment; 8] = [
    toy::EXPERIMENT,
    anime::EXPERIMENT,
    d2l::EXPERIMENT,
    ncf::EXPERIMENT,
    autorec::EXPERIMENT,
    gowalla::EXPERIMENT,
    interview::EXPERIMENT,
    update::EXPERIMENT,
];

pub fn run(args: &Args) -> Result<()> {
    let Some(name) = &args.name else { return list(args.json) };
    let names = || EXPERIMENTS.iter().map(|e| e.name);
    let found = EXPERIMENTS.iter().find(|e| e.name == name);
    let experiment = found.ok_or_else(|| Error::unknown("experiment", name, names()))?;
    let folder = Folder { path: &args.data, experiment };
    let files = folder.all()?;
    let start = Instant::now();
    let trial = (experiment.start)(&folder, args.quick)?;
    let seeds: Vec<u64> = (1..=if args.quick { 1 } else { args.seeds }).collect();
    let mut rounds = Vec::new();
    for &seed in &seeds {
        eprintln!("{name}: seed {seed}, {} of {}", rounds.len() + 1, seeds.len());
        rounds.push(trial(seed)?);
    }
    let found = report::Report {
        experiment,
        files,
        seeds,
        rounds,
        quick: args.quick,
        seconds: start.elapsed().as_secs_f64(),
    };
    match args.json {
        true => output::json(&found.json()),
        false => {
            println!("{}", found.text());
            Ok(())
        }
    }
}

fn list(json: bool) -> Result<()> {
    if json {
        let one = |e: &Experiment| {
            let files: Vec<_> = e.needs.iter().map(|need| need.names).collect();
            json!({"name": e.name, "title": e.title, "method": e.method, "files": files, "home": e.home})
        };
        return output::json(&EXPERIMENTS.iter().map(one).collect::<Vec<_>>());
    }
    let rows = EXPERIMENTS.iter().map(|e| {
        let files = e.needs.iter().map(|need| need.names[0]).collect::<Vec<_>>().join(", ");
        vec![e.name.into(), e.title.into(), if files.is_empty() { "none".into() } else { files }]
    });
    output::table(&["Experiment", "What was published", "Files"], rows, &[]);
    println!("\nRun one with: cofil reproduce NAME --data DIR");
    Ok(())
}

/// A recipe with the settings of an experiment.
fn recipe(name: &str, settings: serde_json::Value) -> Result<Algorithm> {
    let none = Map::new();
    Ok(Algorithm::from_settings(name, settings.as_object().unwrap_or(&none))?)
}

/// Trains `algorithm` and judges it; says how long it took.
fn judge(
    name: &'static str,
    algorithm: &Algorithm,
    (train, test): &(Ratings, Ratings),
    protocol: &Protocol,
    seed: u64,
) -> Result<Entry> {
    let run = Run { seed, ..Run::default() };
    let entry = contest::enter(algorithm, train, test, protocol, &run)?;
    eprintln!("  {name}: trained in {}", output::duration(entry.seconds.fit));
    Ok(entry)
}

/// What `entry` came to, as a line of the report.
fn line(name: &'static str, entry: &Entry) -> Result<Line> {
    Ok(Line {
        name,
        settings: output::value(&entry.algorithm)?,
        values: values(&entry.report.metrics),
    })
}

/// A line for each of `recipes`.
fn lines(
    recipes: &[(&'static str, Algorithm)],
    parts: &(Ratings, Ratings),
    protocol: &Protocol,
    seed: u64,
) -> Result<Vec<Line>> {
    let line = |(name, algorithm): &(&'static str, Algorithm)| {
        line(name, &judge(name, algorithm, parts, protocol, seed)?)
    };
    recipes.iter().map(line).collect()
}

fn values(measures: &Measures) -> Vec<(String, Value)> {
    let value = |m: &Measure| Value { value: m.value, low: m.low, high: m.high };
    measures.0.iter().map(|m| (m.metric.to_string(), value(m))).collect()
}

/// `metrics` with intervals and without baselines, which take part as recipes.
fn protocol(metrics: Vec<Metric>) -> Protocol {
    Protocol { metrics, baselines: false, ..Protocol::default() }
}
