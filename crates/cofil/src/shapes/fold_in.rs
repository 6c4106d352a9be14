//! How somebody the model was not trained on gets a vector: the user's half of training, solved
//! for one history while the items stand still. Here are the ways; `stranger` goes them.

use super::sampled::Sampled;
use serde::{Deserialize, Serialize};

/// How a stranger gets a vector p and a bias b from a history of n values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum FoldIn {
    /// Not at all: p = 0, b = 0.
    Biases,
    /// The ridge regression Σ (r − μ − b_i − b − p·q_i)² + reg · n^reg_exponent · (‖p‖² + b²).
    Ridge {
        /// L2 penalty, ≥ 0.
        reg: f32,
        /// 0: the same penalty for everybody; 1: the same per value.
        reg_exponent: f32,
        /// Whether there is a b; 0 if not.
        bias: bool,
        /// What μ, biases and the vectors of users were multiplied with after training, > 0: new items are folded
        /// in by values and vectors that are divided by it, as in training.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        unit: f32,
    },
    /// Cross-entropy of the values, scaled to [0, 1] by the model's sigmoid link, with the penalty of
    /// [`Ridge`](Self::Ridge); a few steps like Newton's.
    Logistic {
        /// L2 penalty, ≥ 0.
        reg: f32,
        /// 0: the same penalty for everybody; 1: the same per value.
        reg_exponent: f32,
        /// Whether there is a b; 0 if not.
        bias: bool,
    },
    /// Implicit feedback: Σ_history w (p·q_i − t)² + α₀ Σ_all (p·q_i)² + penalty · ‖p‖², where
    /// w = 1 + alpha · |value|, t = 1 or, for values that are not positive, 0; penalty = reg · (n + α₀ · items)^reg_exponent.
    Implicit {
        /// L2 penalty, ≥ 0.
        reg: f32,
        /// ν of the penalty.
        reg_exponent: f32,
        /// α₀, the weight of "no interaction".
        unobserved_weight: f32,
        /// What a value adds to the weight of its interaction.
        alpha: f32,
    },
    /// Orthogonal projection of the filled row on item vectors whose columns are orthogonal and have
    /// the singular values as squared lengths. Of the history, r − b_i − b − fill is what differs
    /// from a row of `fill`.
    Projection {
        /// What stands for a missing value.
        fill: f32,
        /// Whether b is the mean of r − μ − b_i; 0 if not.
        bias: bool,
    },
    /// Gradient steps against the history and sampled negatives.
    Sampled(Sampled),
}

/// What is not said to be measured in another unit.
pub(super) fn one() -> f32 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
pub(super) fn is_one(unit: &f32) -> bool {
    *unit == 1.0
}

/// Weight w and target t of an interaction with `value`: w = 1 + alpha · |value|, t = 1, or 0 for
/// values that are not positive (a dislike).
#[inline]
pub(crate) fn confidence(alpha: f32, value: f32) -> (f32, f32) {
    (1.0 + alpha * value.abs(), if value > 0.0 { 1.0 } else { 0.0 })
}

impl FoldIn {
    /// Whether every number is in its range.
    pub(crate) fn is_sound(&self) -> bool {
        let sound = |x: &f32| x.is_finite() && *x >= 0.0;
        match self {
            Self::Biases => true,
            Self::Ridge { reg, reg_exponent, unit, .. } => {
                [reg, reg_exponent, unit].into_iter().all(sound) && *unit > 0.0
            }
            Self::Logistic { reg, reg_exponent, .. } => [reg, reg_exponent].into_iter().all(sound),
            Self::Implicit { reg, reg_exponent, unobserved_weight, alpha } => {
                [reg, reg_exponent, unobserved_weight, alpha].into_iter().all(sound)
            }
            Self::Projection { fill, .. } => fill.is_finite(),
            Self::Sampled(sampled) => sampled.is_sound(),
        }
    }
}
