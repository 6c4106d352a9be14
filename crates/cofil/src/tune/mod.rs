//! Search for good settings.
//!
//! A trial trains an algorithm with settings drawn from a [`Space`] on part of the training data and evaluates it by
//! one metric on the rest, the validation set. The search never sees the test set: train the best settings on all
//! training data and evaluate the result on the test set once.
//!
//! Settings are drawn at random, or by tree-structured Parzen estimators: each setting independently, where good trials
//! are dense and bad trials are not (Bergstra, Bardenet, Bengio & Kégl, "Algorithms for hyper-parameter optimization",
//! NIPS 2011). The first trial uses the given settings, for example the defaults, so the result is never worse than
//! those on the validation set.
//!
//! Algorithms that train in epochs are stopped early by successive halving: a trial that reaches a rung (the minimum
//! number of epochs, then η times as many, and so on) continues if it is among the best 1/η of those that got that far
//! (Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020, in the stopping variant, which
//! needs no checkpoints). The setting `epochs` becomes the best epoch. Closed-form algorithms always train on all
//! users, because the best penalty on a share of the users is different.
//!
//! Trials run one after the other or several at once, as many as memory allows. Trial n is drawn from the results of
//! the trials before it, except those that may run at the same time. The trials are therefore the same for any number
//! of threads.
//!
//! ```
//! use cofil::data::sample_set;
//! use cofil::data::split::HeldOut;
//! use cofil::tune::{Search, Space, search};
//! use cofil::{Algorithm, Ease, Metric};
//!
//! let parts = HeldOut::share(&sample_set()?, 0.1, 1)?;
//! let space = Space::new(Algorithm::Ease(Ease::default()), &[], &[])?;
//! let three = Search::new(3, Metric::Ndcg(10));
//! let found = search(&space, &parts.train, &parts.valid, &three, None)?;
//! assert_eq!(found.trials.len(), 3);
//! println!("{:?}", found.algorithm);
//! # Ok::<(), cofil::Error>(())
//! ```

#[cfg(feature = "plot")]
mod figure;
mod halving;
mod journal;
mod parzen;
mod space;
mod trial;
mod workers;

pub use crate::recipes::Range;
pub use crate::recipes::range::Values;
pub use crate::watch::Trial;
#[cfg(feature = "plot")]
pub use figure::{figure, progress};
pub use journal::Journal;
pub use space::{Method, Space};

use crate::algorithm::Algorithm;
use crate::data::{Ratings, ReadValues};
use crate::error::{Error, Result};
use crate::evaluate::Metric;
use crate::math::Rng;
use crate::recipes::Target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use trial::Task;
use workers::Workers;

/// Options of a search.
#[derive(Clone, Debug)]
pub struct Search {
    /// Number of trials, including those of an earlier run, ≥ 1.
    pub trials: usize,
    /// The metric to optimise.
    pub metric: Metric,
    /// How settings are drawn.
    pub method: Method,
    /// η: one trial in η continues from each rung. With 0 or 1 every trial runs to its end.
    pub halving: usize,
    /// Maximum number of validation users for ranking metrics, drawn once; 0 for all. Ranking all items for all users
    /// after every epoch can take longer than the epoch.
    pub judged: usize,
    /// Maximum number of trials at once, ≥ 1, and no more than threads. A trial ignores the results of trials that may
    /// run at the same time, so the result depends on this number, but not on the number of threads or on how many
    /// trials fit into memory.
    pub parallel: usize,
    /// Random seed of the draws and of every training.
    pub seed: u64,
    /// Time limit. When it has passed, no trial but the first starts, and running trials are stopped; they count with
    /// the epochs evaluated so far, if any. The first trial ends after its current epoch. The result then depends on
    /// the speed of the machine.
    pub limit: Option<Duration>,
    /// How algorithms that rank read the values.
    pub values: ReadValues,
}

impl Search {
    /// Creates a search for the best `metric` with the defaults: Parzen estimators, one trial in three continues, 2000
    /// validation users.
    pub fn new(trials: usize, metric: Metric) -> Self {
        let method = Method::default();
        let values = ReadValues::default();
        Self {
            trials,
            metric,
            method,
            halving: 3,
            judged: 2000,
            parallel: 1,
            seed: 0,
            limit: None,
            values,
        }
    }

    /// Returns the part of `valid` that trials are evaluated on.
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

/// The outcome of a search.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// The algorithm with the best settings.
    pub algorithm: Algorithm,
    /// Index of the best trial.
    pub best: usize,
    /// All trials, by number.
    pub trials: Vec<Trial>,
    /// Number of trials stopped at the time limit before they could be evaluated; they are not counted.
    #[serde(default)]
    pub stopped: usize,
}

/// Tries settings of `space`, training on `train` and evaluating on `valid`, which shares the id maps of `train`.
///
/// Continues from the trials in `journal`, if given, and adds to it. The watch is told of every epoch and trial.
/// `Break` ends the search after the current epochs; the unfinished trials are dropped.
///
/// # Errors
/// If there are to be no trials, every trial fails, or the journal cannot be written.
pub fn search(
    space: &Space,
    train: &Ratings,
    valid: &Ratings,
    search: &Search,
    journal: Option<&mut Journal>,
) -> Result<Found> {
    if search.trials == 0 {
        return Err(Error::setting("trials", "must be at least 1"));
    }
    if search.metric.is_of_values() && space.base().target() == Target::Preference {
        return Err(space.base().predicts_no_ratings(&search.metric.to_string()));
    }
    let start = Instant::now();
    let valid = &search.judges(valid);
    let (trials, stopped) =
        Workers::new(Task { space, train, valid, search, start }, journal).run()?;
    let found = best(&trials, search.metric).map(|best| {
        let at = trials.iter().position(|trial| trial.number == best.number);
        Ok((winner(space, best)?, at.expect("it is one of them")))
    });
    match found {
        Some(found) => found.map(|(algorithm, best)| Found { algorithm, best, trials, stopped }),
        None => Err(Error::Unfit(match trials.iter().find_map(|trial| trial.error.as_deref()) {
            Some(error) => format!("every trial failed; the first: {error}"),
            None => "the search was stopped before its first trial ended".into(),
        })),
    }
}

/// Returns the best of `trials`; the first of them if several tie.
pub fn best(trials: &[Trial], metric: Metric) -> Option<&Trial> {
    halving::ranked(trials, metric)
        .into_iter()
        .min_by(|a, b| {
            let badness = |trial: &Trial| halving::badness(trial.value, metric);
            badness(a).total_cmp(&badness(b)).then(a.number.cmp(&b.number))
        })
        .filter(|trial| trial.value.is_some())
}

/// Returns the algorithm of a trial, with `epochs` set to its best epoch.
fn winner(space: &Space, trial: &Trial) -> Result<Algorithm> {
    let mut settings = trial.settings.clone();
    // The parts of a blend may have epochs; it has no such setting itself.
    let epochs = trial.epochs.filter(|_| space.epochs().is_some());
    settings.extend(epochs.map(|epochs| ("epochs".to_owned(), epochs.into())));
    space.algorithm(&settings)
}

#[cfg(test)]
mod tests;
