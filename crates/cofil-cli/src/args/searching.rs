//! How settings are searched: the arguments and the progress that `tune` and `compare --tune` share.

use crate::args::judging;
use crate::output::duration;
use anyhow::{Context, Result};
use cofil::Event;
use cofil::Metric;
use cofil::tune::{self, Method, Range, Search, Trial, Values};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Searching")]
pub struct Searching {
    /// Numbers to draw a setting from; `:log` for equal ratios. May be repeated [default: see `cofil algorithms NAME`]
    #[arg(long = "range", value_name = "SETTING=LOW..HIGH[:log]", value_parser = range, allow_hyphen_values = true)]
    pub ranges: Vec<Range>,
    /// Values to choose a setting from, separated by commas, or a JSON list. May be repeated
    #[arg(long = "choice", value_name = "SETTING=A,B", value_parser = choice)]
    pub choices: Vec<Range>,
    /// How settings are drawn: tpe (from where earlier trials were good) or random
    #[arg(long, default_value = "tpe", value_parser = method)]
    pub search: Method,
    /// One trial in N goes on from each rung of epochs; 1 lets all of them finish
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub halving: usize,
    /// Users whose lists judge a trial, drawn once from the validation part; 0 for all
    #[arg(long, value_name = "USERS", default_value_t = 2000)]
    pub judged: usize,
    /// Trials at once, as far as there are threads and memory for them. None knows those that may run beside it,
    /// so that what is found depends on N, but not on the number of threads
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub parallel: u64,
    /// Seconds after which no trial begins; what is found then depends on the machine
    #[arg(long, value_name = "SECONDS")]
    pub limit: Option<f64>,
}

impl Searching {
    /// The library's settings.
    pub fn search(&self, trials: usize, metric: Metric, seed: u64) -> Search {
        let limit = self.limit.filter(|seconds| *seconds > 0.0);
        let limit = limit.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let (method, halving, judged) = (self.search, self.halving, self.judged);
        let parallel = self.parallel as usize;
        Search { method, halving, judged, parallel, seed, limit, ..Search::new(trials, metric) }
    }

    /// What replaces or joins the ranges of the recipe.
    pub fn ranges(&self) -> Result<Vec<Range>> {
        Ok([self.ranges.clone(), self.choices.clone()].concat())
    }
}

fn method(text: &str) -> Result<Method, String> {
    serde_json::from_value(text.into()).map_err(|_| "write tpe or random".into())
}

/// `reg=1e-4..1:log`; both ends whole numbers without point make a range of whole numbers.
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

/// `solver=cholesky,cg` or `layers=[[32,16],[64,32]]`.
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
        anyhow::bail!("name at least one value");
    }
    Ok(Range { setting: setting.trim().into(), values: Values::Choice(values) })
}

/// Settings in a line.
pub fn settings(settings: &Map<String, Value>) -> String {
    let pair = |(name, value): (&String, &Value)| format!("{name}={}", plain(value));
    settings.iter().map(pair).collect::<Vec<_>>().join(" ")
}

/// A value as it is written after `--set`.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Shows trials on standard error: a bar on a terminal, else a line for each. Ctrl-C ends the search after
/// the epoch under way.
pub struct Progress {
    bar: Option<ProgressBar>,
    metric: Metric,
    trials: usize,
    interrupted: Arc<AtomicBool>,
    /// The best value so far, and how many trials have ended.
    so_far: Mutex<(Option<f64>, u64)>,
}

impl Progress {
    /// For `trials`, of which some were `done` before.
    pub fn new(trials: usize, metric: Metric, done: &[Trial]) -> Self {
        let best = tune::best(done, metric).and_then(|trial| trial.value);
        let done = done.len();
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = interrupted.clone();
        // A second handler cannot be set; then Ctrl-C ends the command at once.
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            eprintln!("\nending with this epoch; Ctrl-C again to stop at once");
        });
        if done > 0 {
            eprintln!("{done} trials were finished before");
        }
        let style = "trial {pos}/{len} {bar:24.cyan/white} {msg}  {elapsed} of about {duration}";
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(style).expect("a fixed template");
            let bar = ProgressBar::new(trials as u64).with_style(style.progress_chars("━╸─"));
            bar.with_position(done as u64)
        });
        Self { bar, metric, trials, interrupted, so_far: (best, done as u64).into() }
    }

    /// Whether Ctrl-C was pressed.
    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Shows what happens; `Break` after Ctrl-C.
    pub fn show(&self, event: &Event<'_>) -> ControlFlow<()> {
        let mut so_far = self.so_far.lock().expect("showing does not panic");
        match (event, &self.bar) {
            (Event::Epoch { epoch, trial: Some(number), .. }, Some(bar)) => {
                let best = so_far.0.map(judging::value).unwrap_or_default();
                bar.set_message(format!("{}: epoch {}  best {best}", number + 1, epoch.number));
            }
            (Event::Epoch { .. } | Event::Stage { .. }, _) => {}
            (Event::Trial(trial), bar) => self.trial(trial, bar.as_ref(), &mut so_far),
        }
        match self.interrupted() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn trial(&self, trial: &Trial, bar: Option<&ProgressBar>, so_far: &mut (Option<f64>, u64)) {
        let (best_so_far, ended) = so_far;
        *ended += 1;
        let better = |value: f64| match *best_so_far {
            None => true,
            Some(best) if self.metric.higher_is_better() => value > best,
            Some(best) => value < best,
        };
        let best = trial.value.is_some_and(better);
        if best {
            *best_so_far = trial.value;
        }
        match bar {
            Some(bar) => {
                let best = best_so_far.map(judging::value).unwrap_or_default();
                bar.set_position(*ended);
                bar.set_message(format!("best {} {best}", self.metric));
            }
            None => {
                let value = match (trial.value, &trial.error) {
                    (Some(value), _) => format!("{} {}", self.metric, judging::value(value)),
                    (None, Some(error)) => format!("failed: {error}"),
                    (None, None) => "no value".into(),
                };
                let mark = if best {
                    " (best)"
                } else if trial.cut {
                    " (cut short)"
                } else {
                    ""
                };
                let time = duration(trial.seconds);
                let drawn = settings(&trial.settings);
                let (number, trials) = (trial.number + 1, self.trials);
                eprintln!("trial {number}/{trials}  {value}{mark}  {time}  {drawn}");
            }
        }
    }

    /// Leaves the last state of the bar on the screen.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
            eprintln!();
        }
    }
}
