//! Progress on standard error: one bar on a terminal, else a line per epoch, trial or algorithm.

mod text;

use crate::interrupt::Interrupt;
use crate::output::duration;
use crate::output::errln;
use cofil::Stop;
use cofil::data::prose::count;
use cofil::watch::{Event, Judged};
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Shorter stages get no bar.
const BRIEF: Duration = Duration::from_millis(300);

/// Steps of the bar per algorithm of a comparison.
const PARTS: usize = 1000;

/// The lines printed without a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lines {
    /// Algorithms of a comparison.
    #[default]
    Recipes,
    /// Epochs of a training.
    Epochs,
    /// Trials of a search.
    Trials,
}

/// Shows the library's events, and asks it to end after Ctrl-C.
pub struct Progress {
    interrupt: Arc<Interrupt>,
    terminal: bool,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    lines: Lines,
    bar: Option<(Level, ProgressBar)>,
    /// Start of the running stage.
    stage: Option<Instant>,
    /// The running algorithm of a comparison, and the number finished.
    recipe: Option<(String, usize)>,
    /// Trials in the search, trials finished, and the best value so far.
    trials: (usize, usize, Option<f64>),
    /// Detailed epochs: interval, examples per epoch, and the number and time of the epochs since the last one shown.
    every: Option<(usize, usize, usize, Instant)>,
    /// Describes what is kept when work is stopped.
    kept: Option<Box<dyn Fn() -> Option<String> + Send>>,
}

/// Level of a bar; inner levels are shown as the message of the outermost bar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Stage,
    Epochs,
    Trials,
    Recipes,
}

impl Progress {
    pub fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { interrupt: Interrupt::listen(), terminal, shown: Mutex::default() }
    }

    /// Returns the flag set by Ctrl-C.
    pub fn stop(&self) -> Stop {
        self.interrupt.stop.clone()
    }

    /// Runs training; if it has `epochs`, Ctrl-C ends it after one. The bar's last state stays on the screen.
    pub fn training<T>(&self, epochs: bool, work: impl FnOnce() -> T) -> T {
        self.shown().lines = Lines::Epochs;
        let done = match epochs {
            true => self.interrupt.by_epochs("finishing this epoch, then saving", work),
            false => work(),
        };
        self.leave();
        done
    }

    /// Shows details every `epochs` epochs of `examples` training examples each.
    pub fn every(&self, epochs: usize, examples: usize) {
        self.shown().every = Some((epochs, examples, 0, Instant::now()));
    }

    /// Runs a search of `trials` trials, of which `done` were finished before, with the best value `best`. Ctrl-C ends
    /// it after an epoch.
    pub fn searching<T>(
        &self,
        trials: usize,
        done: usize,
        best: Option<f64>,
        work: impl FnOnce() -> T,
    ) -> T {
        {
            let mut shown = self.shown();
            (shown.lines, shown.trials) = (Lines::Trials, (trials, done, best));
        }
        if done > 0 {
            errln!("continuing after {done} finished trials");
        }
        let found = self.interrupt.by_epochs("stopping after this epoch", work);
        self.leave();
        found
    }

    /// Sets the message that says what was kept if work is stopped.
    pub fn when_stopped(&self, kept: impl Fn() -> Option<String> + Send + 'static) {
        self.shown().kept = Some(Box::new(kept));
    }

    /// Returns what was kept when work was stopped.
    pub fn kept(&self) -> Option<String> {
        self.shown().kept.as_ref()?()
    }

    /// Whether Ctrl-C ended work after an epoch, with its result kept.
    pub fn interrupted(&self) -> bool {
        self.interrupt.ended()
    }

    /// Shows an event; returns `Break` after Ctrl-C if the work can end here.
    pub fn show(&self, event: &Event<'_>) -> ControlFlow<()> {
        let mut shown = self.shown();
        match *event {
            Event::Stage { name, done, of } if self.terminal => shown.stage(name, done, of),
            Event::Stage { .. } => return ControlFlow::Continue(()),
            Event::Epoch { epoch, metric, rate, trial } => {
                let last = epoch.number == epoch.of;
                if trial.is_none()
                    && let Some(line) = shown.every(epoch, metric, rate)
                {
                    match &shown.bar {
                        Some((_, bar)) => bar.println(line),
                        None => errln!("{line}"),
                    }
                }
                match self.terminal {
                    true => shown.epoch(epoch, metric, trial),
                    false if trial.is_none() && shown.tells_every_epoch() => {
                        let (number, of) = (epoch.number, epoch.of);
                        errln!("epoch {number}/{of}  {}", text::epoch(epoch, metric));
                    }
                    false => {}
                }
                // Training ends by itself after its last epoch.
                if last && trial.is_none() {
                    return ControlFlow::Continue(());
                }
            }
            Event::Trial { trial, of, metric, best } => {
                shown.trials.0 = of;
                shown.trials.1 += 1;
                if best {
                    shown.trials.2 = trial.value;
                }
                match self.terminal {
                    true => shown.trial(metric),
                    false if shown.lines == Lines::Trials => {
                        errln!("{}", text::trial(trial, of, metric, best));
                    }
                    false => {}
                }
            }
            Event::Recipe { number, of, name, judged } => {
                shown.trials = (0, 0, None);
                let line = judged.map(|judged| recipe(number, of, name, judged));
                match self.terminal {
                    true => shown.recipe(number, of, name, line),
                    false => line.iter().for_each(|line| errln!("{line}")),
                }
            }
        }
        drop(shown);
        match self.interrupt.ends() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Removes the bar.
    pub fn clear(&self) {
        self.shown().clear();
    }

    /// Leaves the last state of the bar on the screen.
    fn leave(&self) {
        let mut shown = self.shown();
        if shown.bar.as_ref().is_none_or(|(level, _)| *level == Level::Stage) {
            return shown.clear();
        }
        if let Some((_, bar)) = shown.bar.take() {
            bar.abandon();
            errln!();
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    /// Returns the bar of `level` with `of` steps, labelled `prefix`; `None` inside an outer bar.
    fn bar(&mut self, level: Level, of: Option<usize>, prefix: &str) -> Option<&ProgressBar> {
        if self.bar.as_ref().is_none_or(|(now, _)| *now < level) {
            self.clear();
            let template = match of {
                Some(_) => "{prefix} {bar:24.cyan/white} {wide_msg}  {times}",
                None => "{prefix}  {elapsed}",
            };
            let style = ProgressStyle::with_template(template).expect("a fixed template");
            let style = style.with_key("times", times).progress_chars("━╸─");
            let bar = ProgressBar::no_length().with_style(style).with_prefix(prefix.to_owned());
            self.bar = Some((level, bar));
        }
        let (now, bar) = self.bar.as_ref()?;
        if *now == level {
            bar.set_prefix(prefix.to_owned());
            of.iter().for_each(|&of| bar.set_length(of as u64));
        }
        (*now == level).then_some(bar)
    }

    fn clear(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Shows `text` as the message of the bar outside `level`, if there is one.
    fn beside(&self, level: Level, text: impl FnOnce(&str) -> String) {
        if let (Some((now, bar)), Some((name, _))) = (&self.bar, &self.recipe)
            && *now > level
        {
            bar.set_message(text(name));
        }
    }

    /// Advances the bar of a comparison by the progress of the running algorithm.
    fn advance(&self, done: usize, of: usize) {
        if let (Some((Level::Recipes, bar)), Some((_, ended))) = (&self.bar, &self.recipe) {
            let part = PARTS * done.min(of) / of.max(1);
            // Training after a search starts from zero.
            bar.set_position(bar.position().max((PARTS * ended + part) as u64));
        }
    }

    fn stage(&mut self, name: &str, done: usize, of: Option<usize>) {
        let begun = match done {
            0 => *self.stage.insert(Instant::now()),
            _ => *self.stage.get_or_insert_with(Instant::now),
        };
        if of == Some(done) {
            self.stage = None;
            if self.bar.as_ref().is_some_and(|(level, _)| *level == Level::Stage) {
                self.clear();
            }
        } else if begun.elapsed() >= BRIEF {
            let share = of.map(|of| format!("{} %", done * 100 / of.max(1)));
            let share = share.unwrap_or_default();
            if let Some(bar) = self.bar(Level::Stage, of, name) {
                bar.set_message(share);
                bar.set_position(done as u64);
            } else {
                self.beside(Level::Epochs, |recipe| format!("{recipe}: {name} {share}"));
            }
        }
    }

    fn epoch(&mut self, epoch: &cofil::Epoch, metric: Option<&str>, trial: Option<usize>) {
        let (number, of) = (epoch.number, epoch.of);
        let (trials, _, best) = self.trials;
        match trial {
            None => {
                let keep = self.lines == Lines::Epochs;
                if let Some(bar) =
                    self.bar(Level::Epochs, Some(of), &format!("epoch {number}/{of}"))
                {
                    bar.set_message(text::epoch(epoch, metric));
                    bar.set_position(number as u64);
                    if number == of && !keep {
                        self.clear();
                    }
                }
                self.beside(Level::Epochs, |recipe| format!("{recipe}: epoch {number}/{of}"));
                self.advance(number, of + 1);
            }
            Some(trial) => {
                let trial = trial + 1;
                let told = format!("{trial}: epoch {number}{}", text::best("", best));
                if self.recipe.is_none() {
                    self.trials_bar(told);
                }
                self.beside(Level::Trials, |recipe| match trials {
                    0 => format!("{recipe}: trial {trial}, epoch {number}"),
                    of => format!("{recipe}: trial {trial}/{of}, epoch {number}"),
                });
            }
        }
    }

    /// Whether each epoch gets a line without a terminal: unless detailed epochs are shown.
    fn tells_every_epoch(&self) -> bool {
        self.lines == Lines::Epochs && self.every.is_none()
    }

    /// Prints the details of an epoch.
    fn every(
        &mut self,
        epoch: &cofil::Epoch,
        metric: Option<&str>,
        rate: Option<f32>,
    ) -> Option<String> {
        let (every, examples, epochs, since) = self.every.as_mut()?;
        *epochs += 1;
        if !epoch.number.is_multiple_of(*every) && epoch.number != epoch.of {
            return None;
        }
        let seconds = since.elapsed().as_secs_f64();
        let speed = (*epochs * *examples) as f64 / seconds.max(1e-9);
        (*epochs, *since) = (0, Instant::now());
        Some(text::full(epoch, metric, rate, speed))
    }

    fn trial(&mut self, metric: &str) {
        let (trials, ended, best) = self.trials;
        if self.recipe.is_none() {
            self.trials_bar(text::best(metric, best).trim_start().to_owned());
        }
        self.beside(Level::Trials, |recipe| format!("{recipe}: trial {ended}/{trials}"));
        self.advance(ended, trials + 1);
    }

    fn trials_bar(&mut self, message: String) {
        let (trials, ended, _) = self.trials;
        if let Some(bar) = self.bar(Level::Trials, Some(trials), &format!("trial {ended}/{trials}"))
        {
            bar.set_message(message);
            bar.set_position(ended as u64);
        }
    }

    fn recipe(&mut self, number: usize, of: usize, name: &str, line: Option<String>) {
        let ended = if line.is_some() { number } else { number - 1 };
        if let Some(bar) = self.bar(Level::Recipes, Some(PARTS * of), &format!("{ended}/{of}")) {
            bar.set_message(name.to_owned());
            line.iter().for_each(|line| bar.println(line));
            bar.set_position((PARTS * ended) as u64);
        }
        self.recipe = (ended < of).then(|| (name.to_owned(), ended));
        if ended == of {
            self.clear();
        }
    }
}

/// Writes the time that has passed and, once that can be estimated, the whole time.
fn times(state: &ProgressState, out: &mut dyn std::fmt::Write) {
    let elapsed = HumanDuration(state.elapsed());
    let _ = match state.pos() {
        0 => write!(out, "{elapsed:#}"),
        _ => write!(out, "{elapsed:#} of about {:#}", HumanDuration(state.duration())),
    };
}

/// Formats the result of an algorithm on one line.
fn recipe(number: usize, of: usize, name: &str, judged: &Judged) -> String {
    let head = format!("{number}/{of} {name}: ");
    if let Some(error) = &judged.error {
        return head + error;
    }
    let value = judged.value.map_or("–".into(), crate::args::judging::value);
    let mut line = format!("{head}{} {value}, trained in ", judged.metric);
    line += &duration(judged.seconds);
    if judged.trials > 0 {
        let trials = count(judged.trials, "trial");
        line += &format!(", {trials} in {}", duration(judged.trial_seconds));
    }
    judged.note.iter().for_each(|note| line += &format!("; {note}"));
    line
}
