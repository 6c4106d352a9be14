//! How iterative recipes learn: the recipe owns one epoch, [`Run`] owns the loop.
//!
//! Progress, validation, early stopping, checkpoints and the guard against divergence are written
//! here once. Closed-form recipes never call it.

pub mod checkpoint;
pub mod stop;

pub use checkpoint::Checkpoint;
pub use stop::Validation;

use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::evaluate;
use crate::math::{Rng, vector};
use crate::model::Model;
use checkpoint::Progress;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::ControlFlow;
use stop::Watch;

/// The objective in an epoch, summed over the training data in `f64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// Σ of the recipe's loss over the observed values.
    pub data: f64,
    /// The regularisation term.
    pub penalty: f64,
}

/// What happened in one epoch. No wall-clock times: equal runs give equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub number: usize,
    /// How many were asked for.
    pub of: usize,
    /// The training objective.
    pub loss: Loss,
    /// The validation metric, if the run has validation data.
    pub validation: Option<f64>,
    /// Whether this epoch's model is kept unless a later one is better: with validation data, the
    /// metric is the best so far; without, always.
    pub best: bool,
}

/// An iterative recipe part-way through learning.
pub(crate) trait Learner {
    /// The shape it becomes.
    type Model: Model;
    /// One pass over the data; `number` counts from 1. Pieces of work draw from `rng.piece(p)`.
    /// What it does depends on the data, the settings, `number`, `rng` and [`state`](Self::state)
    /// alone, so that a resumed run equals an uninterrupted one. It does not depend on how many
    /// epochs were asked for, so that a finished run can be resumed with more.
    fn epoch(&mut self, number: usize, rng: &Rng) -> Loss;
    /// Whether epoch `number` counts for validation: one that prepares the ground for later ones
    /// (pre-training) does not.
    fn counts(&self, _number: usize) -> bool {
        true
    }
    /// The model as it stands; usable after every epoch.
    fn model(&self) -> Self::Model;
    /// There will be no further epoch: what only learning needs may go before the last model is made.
    fn finish(&mut self) {}
    /// Every number that the next epoch depends on, in a fixed order: saved and restored by
    /// checkpoints and by early stopping.
    fn state(&mut self) -> Vec<&mut [f32]>;
    /// Which setting to change, and how, when the numbers stop being finite.
    fn remedy(&self) -> String;
}

/// Called with each epoch; says whether to go on.
pub type OnEpoch<'a> = Box<dyn FnMut(&Epoch) -> ControlFlow<()> + 'a>;

/// How to train, apart from what. `Run::default()` is silent, seed 0, without validation.
pub struct Run<'a> {
    /// Seed of everything random.
    pub seed: u64,
    /// Early stopping: the best epoch's model is kept.
    pub validation: Option<Validation<'a>>,
    /// Where to keep what is needed to go on after an interruption. If the file is there already,
    /// training goes on from it.
    pub checkpoint: Option<Checkpoint>,
    /// Called after every epoch; `Break` ends training: the checkpoint is written and the best
    /// model so far returned.
    pub on_epoch: OnEpoch<'a>,
    /// The epochs of the last fit, those before a resumption included.
    pub history: Vec<Epoch>,
    /// The recipe of the last fit with its settings; [`Algorithm::fit`](crate::Algorithm::fit) notes
    /// it here for the checkpoint.
    pub recipe: Value,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Self {
            seed: 0,
            validation: None,
            checkpoint: None,
            on_epoch: Box::new(|_| ControlFlow::Continue(())),
            history: Vec::new(),
            recipe: Value::Null,
        }
    }
}

impl Run<'_> {
    /// Starts the fit of `recipe`: what an earlier fit left behind is dropped.
    pub(crate) fn begin(&mut self, recipe: Value) {
        self.recipe = recipe;
        self.history.clear();
    }

    /// Brings `learner` to `epochs` epochs on `train`, or to the best one before validation or
    /// `on_epoch` says stop.
    ///
    /// # Errors
    /// If the numbers stop being finite, or the checkpoint cannot be used.
    pub(crate) fn learn<L: Learner>(
        &mut self,
        learner: &mut L,
        train: &Ratings,
        epochs: usize,
    ) -> Result<L::Model> {
        let file = match &self.checkpoint {
            Some(checkpoint) => Some(checkpoint.open(self, train)?),
            None => None,
        };
        let mut progress = match &file {
            Some(file) => file.resume(learner, epochs)?,
            None => Progress::default(),
        };
        self.history.extend_from_slice(&progress.history);
        let mut watch = self.validation.map(|v| Watch::replay(&v, &progress.history));
        for number in progress.history.len() + 1..=epochs {
            if watch.as_ref().is_some_and(Watch::is_over) {
                break;
            }
            let loss = learner.epoch(number, &Rng::new(self.seed, &[number as u64]));
            check_finite(learner, number, loss)?;
            let validation = match &self.validation {
                Some(v) if learner.counts(number) => {
                    Some(evaluate::measure(&learner.model(), train, v.ratings, v.metric)?)
                }
                _ => None,
            };
            let best = match (&mut watch, validation) {
                (Some(watch), Some(value)) => watch.is_best(value),
                (Some(_), None) => false,
                (None, _) => true,
            };
            if watch.is_some() && best {
                progress.best = learner.state().iter().map(|part| part.to_vec()).collect();
            }
            let epoch = Epoch { number, of: epochs, loss, validation, best };
            progress.history.push(epoch);
            self.history.push(epoch);
            let interrupted = (self.on_epoch)(&epoch).is_break();
            let last =
                interrupted || number == epochs || watch.as_ref().is_some_and(Watch::is_over);
            if let Some(file) = &file {
                file.save_if_due(learner, &progress, last)?;
            }
            if interrupted {
                break;
            }
        }
        restore(learner, &progress.best);
        learner.finish();
        Ok(learner.model())
    }
}

/// Puts a copy of the state back; nothing if the copy is empty.
fn restore(learner: &mut impl Learner, copy: &[Vec<f32>]) {
    learner.state().into_iter().zip(copy).for_each(|(part, copy)| part.copy_from_slice(copy));
}

/// Ends training before a number that is not finite gets into a model.
fn check_finite(learner: &mut impl Learner, epoch: usize, loss: Loss) -> Result<()> {
    let hint = learner.remedy();
    let diverged = |what: &str| Err(Error::Diverged { epoch, what: what.into(), hint });
    if !(loss.data + loss.penalty).is_finite() {
        return diverged("the loss");
    }
    // By Cauchy–Schwarz no inner product of parts of the state can overflow below this bound.
    let size: f64 = learner.state().iter().map(|part| vector::sum_of_squares(part)).sum();
    match size < 0.1 * f64::from(f32::MAX) {
        true => Ok(()),
        false => diverged("the model"),
    }
}

#[cfg(test)]
mod tests;
