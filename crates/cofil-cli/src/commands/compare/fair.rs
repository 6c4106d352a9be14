//! Every recipe under the same conditions: one split, one budget of trials and seconds.

use super::{Args, Data};
use crate::args::judging;
use crate::args::validation;
use crate::machine;
use crate::output::duration;
use anyhow::{Context, Result, bail};
use cofil::contest::{self, Failure};
use cofil::page::Contestant;
use cofil::tune::{self, Found, Journal, Search, Space};
use cofil::watch::{Event, Watch};
use cofil::{Algorithm, Metric, Protocol, Ratings, Run, Target};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Trains and judges all of `recipes`; who cannot take part comes with the reason.
pub fn run(
    args: &Args,
    recipes: &[(Algorithm, Vec<String>)],
    data: &Data,
    protocol: &Protocol,
) -> Result<(Vec<Contestant>, Vec<Failure>)> {
    // One part for the trials of all.
    let inner = match args.tune {
        Some(_) => Some(validation::hold_out(&data.rows, 0.1, args.judging.seed)?),
        None => None,
    };
    let inner = inner.as_ref().and_then(|parts| Some((&parts.train, parts.valid.as_ref()?)));
    let metric = protocol.metrics[0];
    // All of them first: that a journal is of something else shows before hours of work.
    let hunts = recipes.iter().map(|recipe| match (args.tune, inner) {
        (Some(trials), Some(parts)) => Hunt::new(args, recipe, parts, trials, metric).map(Some),
        _ => Ok(None),
    });
    let mut hunts = hunts.collect::<Result<Vec<_>>>()?;
    let progress = Progress::new(recipes.len());
    let (mut contestants, mut failures) = (Vec::new(), Vec::new());
    for ((recipe, _), hunt) in recipes.iter().zip(&mut hunts) {
        progress.begin(recipe.name());
        let protocol = Protocol { baselines: contestants.is_empty(), ..protocol.clone() };
        let entered = suits(args, recipe, &data.train)
            .and_then(|()| hunt.as_mut().map(|hunt| hunt.run(&progress)).transpose())
            .and_then(|found| enter(args, recipe, found, data, &protocol, &progress));
        match entered {
            Ok(contestant) => {
                progress.done(&contestant, protocol.metrics[0]);
                contestants.push(contestant);
            }
            Err(error) => {
                progress.failed(&error.to_string());
                failures
                    .push(Failure { algorithm: recipe.name().into(), error: error.to_string() });
            }
        }
    }
    progress.finish();
    Ok((contestants, failures))
}

/// Refuses what would learn to say the same of everything, unless it was asked for by name.
fn suits(args: &Args, recipe: &Algorithm, train: &Ratings) -> Result<()> {
    let (low, high) = train.scale();
    if args.algorithms.is_empty() && low == high && recipe.target() == Target::Rating {
        bail!("predicts values, and here all are {low}");
    }
    Ok(())
}

/// A search for the settings of one recipe.
struct Hunt<'a> {
    space: Space,
    train: &'a Ratings,
    valid: &'a Ratings,
    search: Search,
    journal: Option<Journal>,
}

impl<'a> Hunt<'a> {
    fn new(
        args: &Args,
        (recipe, fixed): &(Algorithm, Vec<String>),
        (train, valid): (&'a Ratings, &'a Ratings),
        trials: u64,
        metric: Metric,
    ) -> Result<Self> {
        let fixed: Vec<&str> = fixed.iter().map(String::as_str).collect();
        let space = Space::new(recipe.clone(), &fixed, &[])?.for_data(train);
        let search = Search {
            parallel: args.parallel as usize,
            seed: args.judging.seed,
            limit: limit(args),
            ..Search::new(trials as usize, metric)
        };
        let journal = match journal_path(args, recipe)? {
            Some(path) => Some(Journal::open(&path, &space, train, valid, &search)?),
            None => None,
        };
        Ok(Self { space, train, valid, search, journal })
    }

    fn run(&mut self, progress: &Progress) -> Result<Found> {
        let Self { space, train, valid, search, journal } = self;
        let trials = search.trials;
        let watch = Watch::new(|event| {
            progress.event(event, trials);
            ControlFlow::Continue(())
        });
        Ok(watch.during(|| tune::search(space, train, valid, search, journal.as_mut()))?)
    }
}

/// Where the finished trials of `recipe` are kept.
fn journal_path(args: &Args, recipe: &Algorithm) -> Result<Option<PathBuf>> {
    let Some(folder) = &args.journal else { return Ok(None) };
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let path = folder.join(format!("{}.trials", recipe.name()));
    if path.exists() && !args.resume {
        bail!(
            "{}: there are finished trials already; go on from them with --resume, or remove the folder",
            path.display()
        );
    }
    Ok(Some(path))
}

/// The time there is for a search, and again for a training.
fn limit(args: &Args) -> Option<Duration> {
    args.limit.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn enter(
    args: &Args,
    recipe: &Algorithm,
    found: Option<Found>,
    data: &Data,
    protocol: &Protocol,
    progress: &Progress,
) -> Result<Contestant> {
    let limit = limit(args);
    let recipe = found.as_ref().map_or(recipe, |found| &found.algorithm);
    let start = Instant::now();
    let run = Run { seed: args.judging.seed, ..Run::default() };
    let watch = Watch::new(|event| {
        progress.event(event, 0);
        match limit.is_some_and(|limit| start.elapsed() >= limit) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    let fresh = machine::forget_peak_memory();
    let tested = data.tested.borrowed();
    let enter = || contest::enter(recipe, &data.train, tested, protocol, &run);
    let mut entry = watch.during(enter)?;
    entry.peak_memory_mb = machine::recent_peak_mb().filter(|_| fresh);
    let note = entry.epochs.last().filter(|last| last.number < last.of);
    let note = note.map(|last| format!("time was up after {} of {} epochs", last.number, last.of));
    // Settings of a trial that never came to its end may have deserved more epochs.
    let best = found.as_ref().map(|found| &found.trials[found.best]).filter(|trial| trial.cut);
    let cut = best
        .and_then(|trial| trial.curve.last())
        .map(|(last, _)| format!("the best trial was cut short after {last} epochs"));
    let note = note.or(cut);
    Ok(Contestant { entry, found, note })
}

/// Shows how far the whole is: a bar on a terminal, else a line for each recipe.
struct Progress {
    bar: Option<ProgressBar>,
    recipes: usize,
    /// Number and name of the recipe under way.
    now: Mutex<(usize, String)>,
}

impl Progress {
    fn new(recipes: usize) -> Self {
        let style = "{pos}/{len} {bar:24.cyan/white} {msg}  {elapsed} of about {duration}";
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(style).expect("a fixed template");
            ProgressBar::new(recipes as u64).with_style(style.progress_chars("━╸─"))
        });
        Self { bar, recipes, now: (0, String::new()).into() }
    }

    fn now(&self) -> MutexGuard<'_, (usize, String)> {
        self.now.lock().expect("showing does not panic")
    }

    fn begin(&self, name: &str) {
        let mut now = self.now();
        *now = (now.0 + 1, name.to_owned());
        if let Some(bar) = &self.bar {
            bar.set_message(name.to_owned());
        }
    }

    fn event(&self, event: &Event<'_>, trials: usize) {
        let Some(bar) = &self.bar else { return };
        let name = &self.now().1;
        bar.set_message(match event {
            Event::Epoch { epoch, trial: Some(trial), .. } => {
                format!("{name}: trial {}/{trials}, epoch {}", trial + 1, epoch.number)
            }
            Event::Epoch { epoch, .. } => format!("{name}: epoch {}/{}", epoch.number, epoch.of),
            Event::Trial(trial) => format!("{name}: trial {}/{trials}", trial.number + 1),
            Event::Stage { .. } => return,
        });
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        let (number, name) = &*self.now();
        let line = format!("{number}/{} {name}: {text}", self.recipes);
        match &self.bar {
            Some(bar) => {
                bar.println(line);
                bar.set_position(*number as u64);
            }
            None => eprintln!("{line}"),
        }
    }

    fn done(&self, contestant: &Contestant, metric: Metric) {
        let Contestant { entry, found, note } = contestant;
        let value = entry.report.value(metric).map_or("–".into(), judging::value);
        let mut text = format!("{metric} {value}, trained in {}", duration(entry.seconds.fit));
        if let Some(found) = found {
            let seconds = found.trials.iter().map(|trial| trial.seconds).sum();
            text += &format!(", {} trials in {}", found.trials.len(), duration(seconds));
        }
        note.iter().for_each(|note| text += &format!("; {note}"));
        self.line(&text);
    }

    fn failed(&self, error: &str) {
        self.line(error);
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
