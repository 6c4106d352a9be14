//! Learning rate schedules.
//!
//! No schedule depends on the total number of epochs, so a finished run can be resumed with more.

use crate::math::real::{cos, whole_power};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the learning rate changes from epoch to epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// The learning rate stays the same.
    #[default]
    Constant,
    /// The learning rate is multiplied by `decay` after every epoch.
    Exponential,
    /// Cosine annealing with restarts: falls along half a cosine from the full rate to `decay` times it over `period`
    /// epochs, then starts again (Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR
    /// 2017).
    Cosine,
}

impl Schedule {
    /// Returns the learning rate of `epoch`, counted from 1; `rate` is that of the first.
    pub(crate) fn rate(self, rate: f32, decay: f32, period: usize, epoch: usize) -> f32 {
        let passed = epoch.saturating_sub(1);
        match self {
            Self::Constant => rate,
            Self::Exponential => {
                rate * whole_power(decay, i32::try_from(passed).unwrap_or(i32::MAX))
            }
            Self::Cosine => {
                let last = period.max(2) - 1;
                let angle = std::f32::consts::PI * (passed % (last + 1)) as f32 / last as f32;
                rate * (decay + (1.0 - decay) * 0.5 * (1.0 + cos(angle)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_agree_with_hand_computed_ones() {
        let rates = |schedule: Schedule| [1, 2, 3, 4].map(|e| schedule.rate(0.4, 0.5, 3, e));
        assert_eq!(rates(Schedule::Constant), [0.4; 4]);
        assert_eq!(rates(Schedule::Exponential), [0.4, 0.2, 0.1, 0.05]);
        let cosine = rates(Schedule::Cosine);
        let close = cosine.iter().zip([0.4, 0.3, 0.2, 0.4]).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(close, "{cosine:?}");
    }
}
