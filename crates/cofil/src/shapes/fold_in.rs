//! Fold-in: how a user the model was not trained on gets a vector. It is the user's half of training, solved for one
//! history with the items fixed. This module declares the methods; `new_user` implements them.

use super::sampled::Sampled;
use serde::{Deserialize, Serialize};

/// How a new user gets a vector p and a bias b from a history of n values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum FoldIn {
    /// No fold-in: p = 0, b = 0.
    Biases,
    /// The ridge regression Σ (r − μ − b_i − b − p·q_i)² + reg · n^reg_exponent · (‖p‖² + b²).
    Ridge {
        /// L2 penalty, ≥ 0.
        reg: f32,
        /// 0: the same penalty for all users; 1: the same per value.
        reg_exponent: f32,
        /// Whether there is a b; 0 if not.
        bias: bool,
        /// Factor by which μ, biases and user vectors were multiplied after training, > 0. New items are folded in
        /// with values and vectors divided by it, as in training.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        unit: f32,
    },
    /// Cross-entropy of the values, scaled to [0, 1] by the model's sigmoid link, with the penalty of
    /// [`Ridge`](Self::Ridge); solved by a few Newton-like steps.
    Logistic {
        /// L2 penalty, ≥ 0.
        reg: f32,
        /// 0: the same penalty for all users; 1: the same per value.
        reg_exponent: f32,
        /// Whether there is a b; 0 if not.
        bias: bool,
    },
    /// Implicit feedback: Σ_history w (p·q_i − t)² + α₀ Σ_all (p·q_i)² + penalty · ‖p‖², where w = 1 + alpha ·
    /// |value|, t = 1 or, for values that are not positive, 0, and penalty = reg · (n + α₀ · items)^reg_exponent.
    Implicit {
        /// L2 penalty, ≥ 0.
        reg: f32,
        /// Exponent ν of the penalty.
        reg_exponent: f32,
        /// α₀, the weight of "no interaction".
        unobserved_weight: f32,
        /// Increase of an interaction's weight per unit of value.
        alpha: f32,
    },
    /// Orthogonal projection of the filled row on item vectors, whose columns are orthogonal with the singular values
    /// as squared lengths. A history entry contributes r − b_i − b − fill, its difference from a row of `fill`.
    Projection {
        /// The value that replaces missing values.
        fill: f32,
        /// Whether b is the mean of r − μ − b_i; 0 if not.
        bias: bool,
    },
    /// Gradient steps against the history and sampled negatives.
    Sampled(Sampled),
}

/// The unit of models that do not name one.
pub(super) fn one() -> f32 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
pub(super) fn is_one(unit: &f32) -> bool {
    *unit == 1.0
}

/// Weight w and target t of an interaction with `value`: w = 1 + alpha · |value|, t = 1, or 0 for values that are not
/// positive (a dislike).
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
