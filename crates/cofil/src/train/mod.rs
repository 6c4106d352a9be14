//! Training of iterative algorithms: the algorithm implements one epoch, [`Run`] runs the loop.
//!
//! Progress, validation, early stopping, checkpoints and the check for divergence are implemented here once.
//! Closed-form algorithms do not use it.
//!
//! ```
//! use cofil::data::split::HeldOut;
//! use cofil::data::sample_set;
//! use cofil::train::{Run, Validation};
//! use cofil::{Algorithm, Bpr, Metric};
//!
//! let parts = HeldOut::share(&sample_set()?, 0.1, 1)?;
//! let bpr = Algorithm::Bpr(Bpr { factors: 8, epochs: 3, ..Bpr::default() });
//! let metric = Metric::Ndcg(10);
//! let validation = Validation { patience: 2, ..Validation::new(&parts.valid, metric) };
//! let run = Run { seed: 1, validation: Some(validation), ..Run::default() };
//! let fitted = bpr.fit(&parts.train, &run)?;
//! assert!(fitted.epochs.iter().any(|epoch| epoch.best));
//! # Ok::<(), cofil::Error>(())
//! ```

pub(crate) mod checkpoint;
pub(crate) mod stop;

pub use crate::watch::{Epoch, Loss, Measured};
pub use checkpoint::Checkpoint;
pub use stop::Validation;

use crate::data::{Ratings, ReadValues};
use crate::error::{Error, Result};
use crate::math::{Rng, vector};
use crate::model::Model;
use crate::preference;
use crate::watch::{self, Event};
use checkpoint::Progress;
use serde_json::Value;
use stop::Patience;

/// The state of an iterative algorithm during training.
pub(crate) trait Learner {
    /// The shape of the trained model.
    type Model: Model;
    /// Runs one pass over the data; `number` counts from 1. Pieces of work draw random numbers from `rng.piece(p)`.
    ///
    /// The result depends only on the data, the settings, `number`, `rng` and [`state`](Self::state), so a resumed
    /// run equals an uninterrupted one. It does not depend on the total number of epochs, so a finished run can be
    /// resumed with more.
    fn epoch(&mut self, number: usize, rng: &Rng) -> Loss;
    /// Whether epoch `number` counts for validation; pre-training epochs do not.
    fn counts(&self, _number: usize) -> bool {
        true
    }
    /// The learning rate of epoch `number`, if there is one.
    fn learning_rate(&self, _number: usize) -> Option<f32> {
        None
    }
    /// Returns the current model; usable after every epoch.
    fn model(&self) -> Self::Model;
    /// Called after the last epoch: frees everything that only training needs before the final model is made.
    fn finish(&mut self) {}
    /// All numbers that the next epoch depends on, in a fixed order: saved and restored by checkpoints and early
    /// stopping.
    fn state(&mut self) -> Vec<&mut [f32]>;
    /// The advice to give when numbers stop being finite: which setting to change, and how.
    fn remedy(&self) -> String;
}

/// Options of a training run. `Run::default()` has seed 0 and no validation. To follow epochs, or to end training
/// early, run it under a [`Watch`](crate::watch::Watch).
#[derive(Clone, Debug, Default)]
pub struct Run<'a> {
    /// Random seed.
    pub seed: u64,
    /// Early stopping; the best epoch's model is kept.
    pub validation: Option<Validation<'a>>,
    /// Checkpoint options. If the file already exists, training continues from it.
    pub checkpoint: Option<Checkpoint>,
    /// Negatives to learn from instead of sampled ones: by user of the training data, as read by
    /// [`read_negatives`](crate::data::read::read_negatives). Algorithms that use no negatives, or sample them from
    /// the current block of items, refuse them.
    pub negatives: Option<&'a [Vec<u32>]>,
    /// How algorithms that rank read the values; for those that predict values, what counts as liked in the list for
    /// users about whom nothing is known.
    pub values: ReadValues,
}

/// The result of training.
pub struct Fitted<M = Box<dyn Model>> {
    /// The trained model.
    pub model: M,
    /// All epochs, including those before a resumption; empty for closed-form algorithms.
    pub epochs: Vec<Epoch>,
}

impl<M> std::fmt::Debug for Fitted<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fitted").field("epochs", &self.epochs).finish_non_exhaustive()
    }
}

impl<M: Model + 'static> Fitted<M> {
    /// Boxes the model, for callers that do not need its shape.
    pub(crate) fn boxed(self) -> Fitted {
        Fitted { model: Box::new(self.model), epochs: self.epochs }
    }
}

/// A model found in closed form, without epochs.
impl<M: Model + 'static> From<M> for Fitted {
    fn from(model: M) -> Self {
        Self { model: Box::new(model), epochs: Vec::new() }
    }
}

impl Run<'_> {
    /// The run of the algorithm `recipe`, which is recorded in its checkpoint.
    pub(crate) fn of(&self, recipe: Value) -> Self {
        let mut run = self.clone();
        if let Some(checkpoint) = &mut run.checkpoint {
            checkpoint.recipe = recipe;
        }
        run
    }

    /// The popularity of items in the list for users about whom nothing is known: by item, the number of users who like
    /// it. An algorithm that ranks is given nothing but what is liked, with [`values`](Self::values) read.
    pub(crate) fn popularity(&self, train: &Ratings) -> Vec<f32> {
        let reading = self.values.reading(train.by_user.values(), false);
        preference::likes(reading, &train.by_user).into_iter().map(|count| count as f32).collect()
    }

    /// Trains `learner` on `train` for `epochs` epochs, or until validation or the watch stops it, and leaves it at
    /// the best epoch.
    ///
    /// # Errors
    /// If numbers are no longer finite, or the checkpoint cannot be used.
    pub(crate) fn learn<L: Learner>(
        &self,
        learner: &mut L,
        train: &Ratings,
        epochs: usize,
    ) -> Result<Fitted<L::Model>> {
        let file = match &self.checkpoint {
            Some(checkpoint) => Some(checkpoint.open(self, train)?),
            None => None,
        };
        let mut progress = match &file {
            Some(file) => file.resume(learner, epochs)?,
            None => Progress::default(),
        };
        let metric = self.validation.map(|v| v.metric.to_string());
        let mut patience = self.validation.map(|v| Patience::replay(&v, &progress.history));
        for number in progress.history.len() + 1..=epochs {
            if patience.as_ref().is_some_and(Patience::is_over) {
                break;
            }
            let loss = learner.epoch(number, &Rng::new(self.seed, &[number as u64]));
            check_finite(learner, number, loss, train)?;
            let (validation, measured) = match &self.validation {
                Some(v) if learner.counts(number) => v.measure(&learner.model(), train)?,
                _ => (None, Vec::new()),
            };
            let best = match (&mut patience, validation) {
                (Some(patience), Some(value)) => patience.is_best(value),
                (Some(_), None) => false,
                (None, _) => true,
            };
            if patience.is_some() && best {
                progress.best = learner.state().iter().map(|part| part.to_vec()).collect();
            }
            let epoch = Epoch { number, of: epochs, loss, validation, measured, best };
            let interrupted = watch::tell(&Event::Epoch {
                epoch: &epoch,
                metric: metric.as_deref(),
                rate: learner.learning_rate(number),
                trial: None,
            })
            .is_break();
            progress.history.push(epoch);
            let last =
                interrupted || number == epochs || patience.as_ref().is_some_and(Patience::is_over);
            if let Some(file) = &file {
                file.save_if_due(learner, &progress, last)?;
            }
            if interrupted {
                break;
            }
            watch::check();
        }
        restore(learner, &progress.best);
        learner.finish();
        Ok(Fitted { model: learner.model(), epochs: progress.history })
    }
}

/// Restores a copy of the state; does nothing if the copy is empty.
fn restore(learner: &mut impl Learner, copy: &[Vec<f32>]) {
    learner.state().into_iter().zip(copy).for_each(|(part, copy)| part.copy_from_slice(copy));
}

/// Values above this make training diverge with any settings.
const LARGE: f32 = 1e6;

/// Stops training before a number that is not finite gets into a model.
fn check_finite(
    learner: &mut impl Learner,
    epoch: usize,
    loss: Loss,
    train: &Ratings,
) -> Result<()> {
    // By Cauchy–Schwarz, no inner product of parts of the state can overflow below this bound.
    let mut size = || learner.state().iter().map(|part| vector::sum_of_squares(part)).sum::<f64>();
    let what = match (loss.data + loss.penalty).is_finite() {
        false => "the loss",
        true if size() < 0.1 * f64::from(f32::MAX) => return Ok(()),
        true => "the model",
    };
    let (low, high) = train.scale();
    let largest = low.abs().max(high.abs());
    let hint = match largest > LARGE {
        true => format!("rescale the values, which reach {largest:e}, to be near 1"),
        false => learner.remedy(),
    };
    Err(Error::Diverged { epoch, what: what.into(), hint })
}

#[cfg(test)]
mod tests;
