//! Cofil and its peers as processes. Each run is a separate process, so that peak memory belongs to one
//! library and thread pools do not interfere.

use crate::answer::Answer;
use crate::experiment::{Experiment, Job};
use crate::places;
use crate::verdict::Times;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A library in an experiment, with its results so far.
pub struct Contestant {
    program: Program,
    /// The answer used for memory and quality.
    pub answer: Answer,
    /// Times of all rounds.
    pub times: Times,
    /// Number of repetitions of the timed part within a process.
    repeat: usize,
    /// All answers.
    pub answers: Vec<Answer>,
}

/// The program to run.
#[derive(Clone, Debug)]
pub enum Program {
    /// A `cofil-bench` binary, this one or another version.
    Cofil(PathBuf),
    /// A peer, by its name in `peers/run.py`.
    Peer(String),
}

/// Target time for the timed part of one process, in seconds.
const SECONDS: f64 = 1.0;
/// Maximum number of repetitions within a process.
const MOST_REPEATS: usize = 7;

impl Contestant {
    /// Runs the timed part once, to warm up. Memory is read from this run, because some libraries never
    /// free a model, and so is quality. With `results`, a file to use, cofil's recommendations or
    /// predictions are scored by the evaluator of the peers.
    pub fn enter(
        experiment: &Experiment,
        program: Program,
        name: &str,
        threads: usize,
        results: Option<PathBuf>,
    ) -> Self {
        let mut contestant = Self {
            program,
            answer: Answer {
                job: experiment.job.name().into(),
                peer: name.into(),
                package: String::new(),
                version: None,
                threads,
                timed: experiment.job.timed().into(),
                status: String::new(),
                reason: None,
                figures: None,
            },
            times: Times::default(),
            repeat: 1,
            answers: Vec::new(),
        };
        contestant.answer = contestant.ask(experiment, results.as_deref());
        if let (Some(results), Some(figures)) = (results, &mut contestant.answer.figures) {
            match score(&results) {
                Ok(quality) => {
                    figures.reported = figures.quality.clone();
                    // Values that it does not compute, such as the training loss, stay as reported.
                    figures.quality.extend(quality);
                }
                Err(error) => contestant.answer.status = format!("failed: --score: {error:#}"),
            }
            contestant.answers = vec![contestant.answer.clone()];
        }
        if let Ok(figures) = contestant.answer.figures() {
            let seconds = figures.seconds.get(experiment.job.timed()).copied().unwrap_or(SECONDS);
            contestant.repeat = ((SECONDS / seconds) as usize).clamp(1, MOST_REPEATS);
        }
        contestant
    }

    /// A contestant with given figures.
    #[cfg(test)]
    pub fn known(peer: &str, figures: crate::answer::Figures, times: Times) -> Self {
        let answer = Answer {
            job: "ease".into(),
            peer: peer.into(),
            package: peer.into(),
            version: Some("1.0".into()),
            threads: 2,
            timed: "fit".into(),
            status: "ok".into(),
            reason: None,
            figures: Some(figures),
        };
        let program = Program::Peer(peer.into());
        Self { program, answer, times, repeat: 1, answers: Vec::new() }
    }

    /// Runs one round, unless the warm-up failed.
    pub fn round(&mut self, experiment: &Experiment) {
        if self.answer.figures().is_err() {
            return;
        }
        let answer = self.ask(experiment, None);
        match answer.figures() {
            Ok(figures) => {
                let timed = |of: &BTreeMap<String, f64>| {
                    of.get(experiment.job.timed()).copied().unwrap_or(f64::NAN)
                };
                self.times.medians.push(timed(&figures.seconds));
                self.times.minima.push(timed(&figures.seconds_min));
            }
            Err(_) => self.answer = answer,
        }
    }

    fn ask(&mut self, experiment: &Experiment, results: Option<&Path>) -> Answer {
        let answer = self.command(experiment, results).and_then(output).and_then(parse);
        // Two versions of cofil report the same name.
        let named = |answer| Answer { peer: self.answer.peer.clone(), ..answer };
        // A failure becomes a row of the table and does not end the run.
        let answer = answer.map(named).unwrap_or_else(|error| Answer {
            status: format!("failed: {error:#}"),
            figures: None,
            ..self.answer.clone()
        });
        self.answers.push(answer.clone());
        answer
    }

    fn command(&self, experiment: &Experiment, results: Option<&Path>) -> Result<Command> {
        let mut command = match &self.program {
            Program::Cofil(path) => {
                let mut command = Command::new(path);
                command.args(["job", &experiment.name]);
                // A binary of another checkout would look for them in that checkout.
                command.env("COFIL_DATA", places::data());
                command.env("COFIL_PEERS", places::peers());
                command
            }
            Program::Peer(peer) => {
                let mut command = python();
                command.args([experiment.job.name(), peer]);
                command
            }
        };
        command.args(["--repeat", &self.repeat.to_string()]);
        command.args(["--threads", &self.answer.threads.to_string()]);
        if let Some(path) = results {
            command.arg("--results").arg(path);
        }
        Ok(command)
    }
}

/// The command for the peers, with the same data folder as cofil.
fn python() -> Command {
    let mut command = Command::new("python3");
    command.arg(places::peers_program()).env("COFIL_DATA", places::data());
    command
}

/// Creates the inputs that `job` shares with the peers, if they are missing.
pub fn prepare(job: Job) -> Result<()> {
    let names: &[&str] = match job {
        Job::Topk | Job::Evaluate => &["user_factors.npy", "item_factors.npy"],
        Job::Load => &["ratings.dat"],
        Job::AutorecWide => &["wide_lengths.npy", "wide_items.npy", "wide_ratings.npy"],
        _ => &[],
    };
    let missing = |name: &&str| !places::inputs().join(name).exists();
    if names.iter().any(missing) {
        let mut command = python();
        command.arg("--prepare");
        output(command).context("run.py --prepare")?;
        let still: Vec<PathBuf> =
            names.iter().filter(|n| missing(n)).map(|n| places::inputs().join(n)).collect();
        if !still.is_empty() {
            bail!("{still:?} is still missing; run peers/setup.py first");
        }
    }
    Ok(())
}

/// Scores lists or predictions with the peers' evaluator.
fn score(results: &Path) -> Result<BTreeMap<String, f64>> {
    let mut command = python();
    command.arg("--score").arg(results);
    serde_json::from_slice(&last_line(&output(command)?)?).context("cannot parse the scores")
}

fn output(mut command: Command) -> Result<Output> {
    command.output().with_context(|| command.get_program().to_string_lossy().into_owned())
}

fn parse(output: Output) -> Result<Answer> {
    serde_json::from_slice(&last_line(&output)?).context("cannot parse the answer")
}

/// Returns the last line of the output, or fails with the last line of standard error.
fn last_line(output: &Output) -> Result<Vec<u8>> {
    let last = |bytes: &[u8]| {
        bytes.trim_ascii().rsplit(|&byte| byte == b'\n').next().unwrap_or_default().to_vec()
    };
    let line = last(&output.stdout);
    if line.is_empty() {
        bail!("{}", String::from_utf8_lossy(&last(&output.stderr)));
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_dies_says_why() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo first >&2; echo out of memory >&2; exit 1"]);
        assert_eq!(parse(output(command).unwrap()).unwrap_err().to_string(), "out of memory");
    }
}
