//! Searching for good settings.
//!
//! A trial trains a recipe with settings drawn from a [`Space`] on one part of the training data and is
//! judged by one metric on the rest. The test part is never seen: whoever has one trains the winner anew
//! on all training data and judges it once.
//!
//! Settings are drawn at random, or by tree-structured Parzen estimators: from where good trials lie dense
//! and bad ones do not, each setting by itself. Bergstra, Bardenet, Bengio & Kégl, "Algorithms for
//! hyper-parameter optimization", NIPS 2011. The first trial is what the recipe was given, its defaults
//! say, so that nothing is found that is worse than those on the validation part.
//!
//! Recipes that learn in epochs are cut short by successive halving: a trial that reaches a rung (the
//! least epochs, then η times as many, and so on) goes on if it is among the best 1/η of those that came
//! as far. Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020, in its
//! stopping form, which needs no checkpoints. The epoch that was best is what `epochs` is set to. Closed
//! forms are always fitted whole: on a share of the users the best penalty is another one.
//!
//! Trials run one after the other, each with all threads: that takes the memory of one, lets each draw
//! know all results before it, and gives the same trials for any number of threads.

#[cfg(feature = "plot")]
mod figure;
mod halving;
mod journal;
mod space;

pub use crate::models::Range;
pub use crate::models::range::Values;
#[cfg(feature = "plot")]
pub use figure::{figure, progress};
pub use journal::Journal;
pub use space::{Method, Space};

use crate::algorithm::Algorithm;
use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::evaluate::{self, Metric};
use crate::math::Rng;
use crate::models::Target;
use crate::train::{Epoch, Run, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How to search.
#[derive(Clone, Debug)]
pub struct Search {
    /// How many trials, those of an earlier run included, ≥ 1.
    pub trials: usize,
    /// What to make good.
    pub metric: Metric,
    /// How settings are drawn.
    pub method: Method,
    /// η: one in so many goes on from each rung; 0 and 1 let every trial run to its end.
    pub halving: usize,
    /// At most so many users of the validation part are judged by metrics of rankings, drawn once; 0 for all
    /// of them. Ranking all items for everybody after every epoch can take longer than the epoch.
    pub judged: usize,
    /// Seed of the draws and of every training.
    pub seed: u64,
    /// No trial but the first begins when this has passed, and one that is under way ends with its epoch.
    /// What is found then depends on the speed of the machine.
    pub limit: Option<Duration>,
}

impl Search {
    /// The usual search for what is best by `metric`: parzen estimators, one in three goes on, 2000 users
    /// are judged.
    pub fn new(trials: usize, metric: Metric) -> Self {
        let method = Method::default();
        Self { trials, metric, method, halving: 3, judged: 2000, seed: 0, limit: None }
    }

    /// The part of `valid` that trials are judged by.
    fn judges(&self, valid: &Ratings) -> Ratings {
        let by_user = &valid.by_user;
        let tested = |u: &u32| !by_user.row(*u as usize).is_empty();
        let mut users: Vec<u32> = (0..by_user.rows() as u32).filter(tested).collect();
        if self.metric.is_of_values() || self.judged == 0 || users.len() <= self.judged {
            return valid.clone();
        }
        Rng::new(self.seed, &[]).shuffle(&mut users);
        users.truncate(self.judged);
        users.sort_unstable();
        valid.of_users(&users)
    }
}

/// Settings that were tried, and what came of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Counted from 0.
    pub number: usize,
    /// What was drawn; everything else is as the space says. Empty for the first trial.
    pub settings: Map<String, Value>,
    /// The best value on the validation part; none of a trial that failed.
    pub value: Option<f64>,
    /// What `epochs` has to be for that value; none of closed forms.
    pub epochs: Option<usize>,
    /// Values by epoch.
    pub curve: Vec<(usize, f64)>,
    /// Whether it ended early because others were better at the same epoch, or because time was up.
    pub cut: bool,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took.
    pub seconds: f64,
}

/// What a search tells while it runs.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A trial learned for an epoch.
    Epoch(usize, &'a Epoch),
    /// A trial has ended.
    Trial(&'a Trial),
}

/// The outcome of a search.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The recipe with the best settings.
    pub algorithm: Algorithm,
    /// Number of the trial that had them.
    pub best: usize,
    /// All trials, in the order they were run.
    pub trials: Vec<Trial>,
}

/// Tries settings of `space`: trained on `train`, judged by `valid`, which shares its id maps. Goes on from
/// the trials of `journal` if there is one, and adds to it. `watch` is told what happens; `Break` ends the
/// search after the epoch under way, and leaves that trial out.
///
/// # Errors
/// If every trial fails, or the journal cannot be written.
pub fn search(
    space: &Space,
    train: &Ratings,
    valid: &Ratings,
    search: &Search,
    mut journal: Option<&mut Journal>,
    mut watch: impl FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Found> {
    let start = Instant::now();
    let valid = &search.judges(valid);
    let mut trials = journal.as_mut().map(|journal| journal.trials().to_vec()).unwrap_or_default();
    while trials.len() < search.trials {
        if search.limit.is_some_and(|limit| start.elapsed() >= limit) && !trials.is_empty() {
            break;
        }
        let ranked: Vec<&Trial> = halving::ranked(&trials, search.metric);
        let Some(settings) = space.draw(&ranked, search.method, search.seed) else { break };
        let attempt = Attempt { space, train, valid, search, trials: &trials, start };
        let Some(trial) = attempt.run(settings, &mut watch)? else { break };
        if let Some(journal) = &mut journal {
            journal.add(&trial)?;
        }
        let ended = watch(Event::Trial(&trial)).is_break();
        trials.push(trial);
        if ended {
            break;
        }
    }
    trials.truncate(search.trials);
    let found = best(&trials, search.metric).map(|best| {
        let algorithm = winner(space, best)?;
        Ok((algorithm, best.number))
    });
    match found {
        Some(found) => found.map(|(algorithm, best)| Found { algorithm, best, trials }),
        None => Err(Error::Unfit(match trials.iter().find_map(|trial| trial.error.as_deref()) {
            Some(error) => format!("every trial failed; the first: {error}"),
            None => "the search was ended before its first trial had".into(),
        })),
    }
}

/// The best of `trials`; of equal ones the first.
pub fn best(trials: &[Trial], metric: Metric) -> Option<&Trial> {
    halving::ranked(trials, metric)
        .into_iter()
        .min_by(|a, b| {
            let badness = |trial: &Trial| halving::badness(trial.value, metric);
            badness(a).total_cmp(&badness(b)).then(a.number.cmp(&b.number))
        })
        .filter(|trial| trial.value.is_some())
}

/// The recipe of a trial, with its best epoch as the last.
fn winner(space: &Space, trial: &Trial) -> Result<Algorithm> {
    let mut settings = trial.settings.clone();
    settings.extend(trial.epochs.map(|epochs| ("epochs".to_owned(), epochs.into())));
    space.algorithm(&settings)
}

/// What a trial needs to be run.
struct Attempt<'a> {
    space: &'a Space,
    train: &'a Ratings,
    valid: &'a Ratings,
    search: &'a Search,
    /// Those before it.
    trials: &'a [Trial],
    start: Instant,
}

impl Attempt<'_> {
    /// Tries `settings`; `None` if `watch` ended it.
    fn run(
        &self,
        settings: Map<String, Value>,
        watch: &mut impl FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Trial>> {
        let number = self.trials.len();
        let begun = Instant::now();
        let mut trial = Trial { number, settings, ..Trial::default() };
        let algorithm = match self.space.algorithm(&trial.settings) {
            Ok(algorithm) => algorithm,
            Err(error) => {
                trial.error = Some(error.to_string());
                return Ok(Some(trial));
            }
        };
        let mut ended = false;
        match self.learn(&algorithm, &mut trial, &mut ended, watch) {
            Ok(()) => {}
            // Settings that diverge, or that the recipe refuses, are bad settings.
            Err(error) => trial.error = Some(error.to_string()),
        }
        trial.seconds = (begun.elapsed().as_secs_f64() * 1e3).round() / 1e3;
        Ok((!ended).then_some(trial))
    }

    fn learn(
        &self,
        algorithm: &Algorithm,
        trial: &mut Trial,
        ended: &mut bool,
        watch: &mut impl FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let metric = self.search.metric;
        if metric.is_of_values() && algorithm.target() == Target::Preference {
            return Err(Error::Unfit(format!(
                "{} ranks and predicts no values, so there is nothing to measure by {metric}",
                algorithm.name()
            )));
        }
        let rungs = halving::Rungs::new(self.space.epochs(), self.search, self.trials);
        let patience = self.space.epochs().map_or(1, |(_, most)| (most / 4).max(5));
        let validation = Validation { ratings: self.valid, metric, patience, min_improvement: 0.0 };
        let Trial { number, curve, cut, .. } = trial;
        let mut run = Run {
            seed: self.search.seed,
            validation: Some(validation),
            on_epoch: Box::new(|epoch| {
                if let Some(value) = epoch.validation {
                    curve.push((epoch.number, value));
                }
                if watch(Event::Epoch(*number, epoch)).is_break() {
                    *ended = true;
                    return ControlFlow::Break(());
                }
                let late = |limit| self.start.elapsed() >= limit;
                let over = epoch.number < epoch.of
                    && (self.search.limit.is_some_and(late) || rungs.end(epoch.number, curve));
                *cut |= over;
                if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            }),
            ..Run::default()
        };
        let model = algorithm.fit(self.train, &mut run)?;
        let history = std::mem::take(&mut run.history);
        drop(run);
        let best = history.iter().rev().find(|epoch| epoch.best && epoch.validation.is_some());
        trial.value = match best {
            Some(epoch) => {
                // Epochs that only prepare the ground are not counted by the setting.
                let asked = self.space.epochs().map_or(epoch.of, |(_, most)| most);
                trial.epochs = Some(epoch.number + asked - epoch.of);
                epoch.validation
            }
            None => Some(evaluate::measure(&*model, self.train, self.valid, metric)?),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests;
