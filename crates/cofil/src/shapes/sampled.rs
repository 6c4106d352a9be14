//! Fold-in by gradient descent, for models without a closed form: the user's half of training with everything else
//! fixed.
//!
//! From a start vector, takes `STEPS` steps of Adam on the mean loss of the history and of negatives, plus the
//! penalty. Negatives are sampled anew for every step in the same way as in training. The samples depend on the
//! number of the step alone, so the same history always gives the same vector. For a long history each step takes
//! `MOST` entries, and fewer if each has very many negatives.

use super::fold_in::{is_one, one};
use crate::data::{Csr, Pool, Row, Sampler, Sampling};
use crate::math::{Matrix, Rng};
use crate::nn::loss::{Asked, NONE, Objective, Response};
use crate::nn::optimizer::{Optimizer, Table};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Number of steps.
const STEPS: usize = 60;
/// Length of the first step in each direction; later steps shrink towards zero.
const RATE: f32 = 0.1;
/// Maximum number of history entries per step.
const MOST: usize = 256;
/// Maximum number of entries and negatives per step: with more than 255 negatives each, fewer entries.
const MOST_SCORED: usize = MOST << 8;

/// The training settings that a user's vector depends on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampled {
    /// The loss that fold-in minimises.
    pub loss: Objective,
    /// Negatives per entry; 0 for squared error.
    pub negatives: u32,
    /// How negatives are sampled.
    pub sampler: Sampling,
    /// Popularity exponent of `sampler`.
    pub exponent: f32,
    /// L2 penalty per sample, ≥ 0.
    pub reg: f32,
    /// Whether `Factors` learns a user bias b with the vector. Losses that need the level of scores, not only their
    /// order, would otherwise bend the vector to fit it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bias: bool,
    /// The unit values are divided by for squared error, as in training; > 0.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub unit: f32,
}

/// A model as a function of one user's vector.
pub(crate) trait OfUser {
    /// Writes the scores of `items`.
    fn scores(&mut self, vector: &[f32], items: &[u32], scores: &mut [f32]);
    /// Adds up slope · ∂score/∂vector over the items scored last.
    fn gradient(&mut self, vector: &[f32], items: &[u32], slopes: &[f32], gradient: &mut [f32]);
}

impl Sampled {
    /// Whether every number is in its range.
    pub(crate) fn is_sound(&self) -> bool {
        let needed = u32::from(self.loss != Objective::Squared);
        let sound = |x: f32| x.is_finite() && x >= 0.0;
        // The upper end is not a limit of the method: it keeps a damaged file from requesting all memory.
        self.loss != Objective::FullSoftmax
            && (needed..=needed * 100_000).contains(&self.negatives)
            && sound(self.exponent)
            && sound(self.reg)
            && sound(self.unit)
            && self.unit > 0.0
    }

    /// A response to scores in units.
    fn in_units(&self, response: Response) -> Response {
        match response {
            Response::Linear => Response::Linear,
            Response::Sigmoid { low, high } => {
                Response::Sigmoid { low: low / self.unit, high: high / self.unit }
            }
        }
    }

    /// Returns the pool negatives are sampled from; `popular` holds the number of interactions of each item.
    pub(crate) fn pool(&self, popular: &[f32]) -> Pool {
        Pool::new(self.sampler, self.exponent, popular)
    }

    /// Returns the vector of a user with `history` in a catalogue of `items` items, with negatives from `pool`. The
    /// scores of `model` are in units; `response` is that of the values themselves.
    pub(crate) fn vector(
        &self,
        history: Row<'_>,
        items: usize,
        pool: &Pool,
        response: Response,
        start: &[f32],
        mut model: impl OfUser,
    ) -> Vec<f32> {
        let response = self.in_units(response);
        let own = Csr::from_rows(items, [history.iter()]);
        let sampler = Sampler::over(&own, Cow::Borrowed(pool));
        let group = 1 + self.negatives as usize;
        // The number of negatives comes from a file and determines the cost of every request, so it is limited.
        let most = (MOST_SCORED / group).clamp(1, MOST);
        let drawable = sampler.has_negatives(0);
        let one = Matrix::from_vec(1, start.len(), start.to_vec());
        let mut table = Table::new(one, Optimizer::Adam);
        let (mut items, mut targets, mut corrections) = (Vec::new(), Vec::new(), Vec::new());
        let mut gradient = vec![0.0; start.len()];
        let entries: Vec<(u32, f32)> = history.iter().collect();
        for step in 0..STEPS {
            let mut rng = Rng::new(0, &[step as u64]);
            targets.clear();
            corrections.clear();
            items.clear();
            for e in 0..entries.len().min(most) {
                let (item, value) = match entries.len() <= most {
                    true => entries[e],
                    false => entries[rng.below(entries.len() as u32) as usize],
                };
                items.push(item);
                targets.push(if self.loss == Objective::Squared { value / self.unit } else { 1.0 });
                corrections.push(0.0);
                let from = items.len();
                items.resize(from + group - 1, item);
                targets.resize(from + group - 1, 0.0);
                sampler.draw(0, &[], &mut rng, &mut items[from..]);
                let correct = |&i: &u32| sampler.correction(0, i, group - 1);
                corrections.extend(items[from..].iter().map(correct));
            }
            let mut scores = vec![0.0; items.len()];
            let vector = table.values.row(0).to_vec();
            model.scores(&vector, &items, &mut scores);
            if !drawable {
                scores.chunks_mut(group).for_each(|group| group[1..].fill(NONE));
            }
            let asked = Asked { targets: &targets, corrections: &corrections, group, response };
            self.loss.slopes(&mut scores, asked);
            let weight = 1.0 / scores.len() as f32;
            scores.iter_mut().for_each(|s| *s *= weight);
            model.gradient(&vector, &items, &scores, &mut gradient);
            let penalised = gradient.iter_mut().zip(&vector);
            penalised.for_each(|(g, p)| *g += 2.0 * self.reg * p);
            let rate = RATE * (1.0 - step as f32 / STEPS as f32);
            table.step(0, &gradient, rate);
        }
        table.values.into_data()
    }
}
