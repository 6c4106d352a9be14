//! How iterative recipes learn: the recipe owns one epoch, [`Run`] owns the loop.

use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::evaluate::{self, Metric};
use crate::math::Rng;
use crate::model::Model;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// The objective after an epoch, summed over the training data in `f64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// Σ of the recipe's loss over the observed values.
    pub data: f64,
    /// The regularisation term.
    pub penalty: f64,
}

/// What happened in one epoch.
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
}

/// An iterative recipe part-way through learning.
pub(crate) trait Learner {
    /// The shape it becomes.
    type Model: Model;
    /// One pass over the data. Pieces of work draw from `rng.piece(p)`.
    fn epoch(&mut self, rng: &Rng) -> Loss;
    /// The model as it stands; usable after every epoch.
    fn model(&self) -> Self::Model;
    /// Everything that the next epoch depends on: saved and restored by checkpoints and by early
    /// stopping.
    fn state(&mut self) -> Vec<(&'static str, &mut [f32])>;
    /// What to change when the numbers stop being finite.
    fn remedy(&self) -> String;
}

/// Data held out from training to decide when to stop.
#[derive(Clone, Copy, Debug)]
pub struct Validation<'a> {
    /// Interactions the recipe does not learn from; same id maps as the training data.
    pub ratings: &'a Ratings,
    /// What to watch.
    pub metric: Metric,
    /// Stop after this many epochs without improvement; the best epoch's model is kept.
    pub patience: usize,
}

/// How to train, apart from what. `Run::default()` is silent, seed 0, without validation.
pub struct Run<'a> {
    /// Seed of everything random.
    pub seed: u64,
    /// Early stopping.
    pub validation: Option<Validation<'a>>,
    /// Called after every epoch; `Break` ends training with the model as it stands.
    pub on_epoch: Box<dyn FnMut(&Epoch) -> ControlFlow<()> + 'a>,
    /// The epochs so far.
    pub history: Vec<Epoch>,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Self {
            seed: 0,
            validation: None,
            on_epoch: Box::new(|_| ControlFlow::Continue(())),
            history: Vec::new(),
        }
    }
}

impl Run<'_> {
    /// Runs `epochs` epochs of `learner` on `train`.
    ///
    /// # Errors
    /// If the loss or the state stops being finite.
    pub(crate) fn learn<L: Learner>(
        &mut self,
        learner: &mut L,
        train: &Ratings,
        epochs: usize,
    ) -> Result<L::Model> {
        for number in 1..=epochs {
            let loss = learner.epoch(&Rng::new(self.seed, &[number as u64]));
            if !(loss.data + loss.penalty).is_finite() {
                let what = "the loss".into();
                return Err(Error::Diverged { epoch: number, what, hint: learner.remedy() });
            }
            let validation = match &self.validation {
                Some(v) => Some(evaluate::measure(&learner.model(), train, v.ratings, v.metric)?),
                None => None,
            };
            let epoch = Epoch { number, of: epochs, loss, validation };
            self.history.push(epoch);
            if (self.on_epoch)(&epoch).is_break() {
                break;
            }
        }
        Ok(learner.model())
    }
}
