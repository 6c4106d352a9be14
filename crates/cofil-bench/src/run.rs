//! The subcommands `run` and `list`.

use crate::contestant::{self, Contestant, Program};
use crate::experiment::{Experiment, Peer};
use crate::table::{self, Page};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Name of the earlier version in tables.
const BEFORE: &str = "before";

/// Arguments of `cofil-bench run`.
#[derive(clap::Args)]
pub struct Args {
    /// Experiments to run [default: all]
    experiments: Vec<String>,
    /// Number of measured rounds, after a warm-up run
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Number of threads for each library
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Compare with this `cofil-bench` binary of an earlier version instead of the peers
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// Write the results of every process to FILE as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the tables to the page FILE, between their marker lines
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

pub fn list() -> Result<()> {
    for experiment in Experiment::all()? {
        let peers: Vec<_> = experiment.peers.iter().map(|p| p.name.as_str()).collect();
        println!("{:<14} {} [{}]", experiment.name, experiment.title, peers.join(", "));
    }
    Ok(())
}

pub fn run(args: &Args) -> Result<()> {
    let mut experiments = Experiment::chosen(&args.experiments)?;
    if args.before.is_some() {
        // The package of an earlier version is not at hand.
        experiments.retain(|e| !e.job.is_python());
        experiments.iter_mut().for_each(|e| e.peers = vec![Peer::shown(BEFORE)]);
    }
    let mut page = match &args.markdown {
        Some(path) => Some(Page::open(path, &experiments)?),
        None => None,
    };
    let mut report = Vec::new();
    for experiment in &experiments {
        let conditions = conditions(args);
        eprintln!("{}: {conditions}", experiment.name);
        if let Err(error) = contestant::prepare(experiment.job) {
            eprintln!("{}: skipped: {error:#}", experiment.name);
            continue;
        }
        let contestants = compete(experiment, args)?;
        let (cofil, peers) = contestants.split_first().expect("cofil takes part");
        let table = format!("{}\n{conditions}\n", table::experiment(experiment, cofil, peers));
        println!("{table}");
        // After every experiment, so that little is lost if a later one is interrupted.
        if let Some(page) = &mut page {
            page.put(&experiment.name, &table)?;
        }
        report.push(answers(experiment, &conditions, &contestants));
        if let Some(path) = &args.json {
            let text = serde_json::to_string_pretty(&report)?;
            std::fs::write(path, text).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// Runs cofil (the first contestant) and the peers; each round starts with a different one.
fn compete(experiment: &Experiment, args: &Args) -> Result<Vec<Contestant>> {
    let scratch = tempfile::tempdir()?;
    let itself = std::env::current_exe()?;
    let program = |peer: &Peer| match &args.before {
        Some(path) => Program::Cofil(path.clone()),
        None => Program::Peer(peer.name.clone()),
    };
    let cofil = match experiment.job.is_python() {
        true => Program::Peer("cofil".into()),
        false => Program::Cofil(itself),
    };
    let mut programs = vec![("cofil", cofil)];
    programs.extend(experiment.peers.iter().map(|peer| (peer.name.as_str(), program(peer))));
    let mut contestants: Vec<_> = programs
        .into_iter()
        .map(|(name, program)| {
            eprintln!("{}: warming up {name}", experiment.name);
            // When two versions of cofil are compared, both use cofil's own evaluator.
            let scored = name == "cofil" && args.before.is_none() && experiment.job.has_results();
            let results = scored.then(|| scratch.path().join("results.npy"));
            Contestant::enter(experiment, program, name, args.threads, results)
        })
        .collect();
    for round in 0..args.rounds {
        eprintln!("{}: round {} of {}", experiment.name, round + 1, args.rounds);
        let count = contestants.len();
        (0..count).for_each(|turn| contestants[(round + turn) % count].round(experiment));
    }
    Ok(contestants)
}

fn answers(experiment: &Experiment, conditions: &str, contestants: &[Contestant]) -> Value {
    let answers: Vec<_> = contestants.iter().flat_map(|c| &c.answers).collect();
    let summary: Vec<_> = contestants
        .iter()
        .map(|c| {
            let ratio = contestants[0].times.ratio(&c.times);
            json!({
                "peer": c.answer.peer, "median": c.times.median(), "least": c.times.least(),
                "ratio_median": ratio.median, "ratio_least": ratio.least,
            })
        })
        .collect();
    json!({"experiment": experiment, "conditions": conditions, "summary": summary, "answers": answers})
}

/// Describes rounds, threads, machine and load.
fn conditions(args: &Args) -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpus.lines().find_map(|line| line.strip_prefix("model name"));
    let cpu = cpu.map_or("an unnamed processor", |name| name.trim_start_matches([' ', '\t', ':']));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "Median (minimum) of {} rounds, {} threads; {cpu}, {cores} cores; load average at start {load}.",
        args.rounds, args.threads
    )
}
