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
//! Trials run one after the other, or some side by side, as many as memory allows. The trial with number n
//! is drawn from what came of all up to n less those that may run beside it, so that the trials are the
//! same for any number of threads.
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
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use trial::Task;
use workers::Workers;

/// How to search.
#[derive(Clone, Debug)]
pub struct Search {
    /// How many trials, those of an earlier run included, ≥ 1.
    pub trials: usize,
    /// The metric to improve.
    pub metric: Metric,
    /// How settings are drawn.
    pub method: Method,
    /// η: one in so many goes on from each rung; 0 and 1 let every trial run to its end.
    pub halving: usize,
    /// At most so many users of the validation part are judged by metrics of rankings, drawn once; 0 for all
    /// of them. Ranking all items for everybody after every epoch can take longer than the epoch.
    pub judged: usize,
    /// At most so many trials at once, ≥ 1, and no more than threads. A trial does not know those that may
    /// run beside it: what is found depends on this number, but neither on that of the threads nor on how
    /// many trials there was memory for.
    pub parallel: usize,
    /// Seed of the draws and of every training.
    pub seed: u64,
    /// No trial but the first begins when this has passed, and one that is under way is stopped: it counts by the
    /// epochs that were judged, if there are any. The first ends with its epoch. What is found then depends on the
    /// speed of the machine.
    pub limit: Option<Duration>,
    /// How recipes that rank read the values.
    pub values: ReadValues,
}

impl Search {
    /// The usual search for what is best by `metric`: parzen estimators, one in three goes on, 2000 users
    /// are judged.
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

/// The outcome of a search.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// The recipe with the best settings.
    pub algorithm: Algorithm,
    /// Index of the trial that had them.
    pub best: usize,
    /// All trials, by number.
    pub trials: Vec<Trial>,
    /// Trials that were stopped when time was up before anything of them could be judged: they are not counted.
    #[serde(default)]
    pub stopped: usize,
}

/// Tries settings of `space`: trained on `train`, judged by `valid`, which shares its id maps. Goes on from
/// the trials of `journal` if there is one, and adds to it. The watch is told of every epoch and trial; `Break` ends
/// the search after the epochs under way, and leaves those trials out.
///
/// # Errors
/// If every trial fails, or the journal cannot be written.
pub fn search(
    space: &Space,
    train: &Ratings,
    valid: &Ratings,
    search: &Search,
    journal: Option<&mut Journal>,
) -> Result<Found> {
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

#[cfg(test)]
mod tests;
