//! From the output of a network to a score on the scale of the data.

use crate::math::real::{atanh, ln};
use crate::nn::layers::Activation;
use serde::{Deserialize, Serialize};

/// y = offset + factor · f(x), clipped to `range`: increasing in x, up to ties.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Activation f of the output.
    pub activation: Activation,
    /// Offset: the score of output 0.
    pub offset: f32,
    /// Factor: the change in score per unit of output; above 0.
    pub factor: f32,
    /// Smallest and largest score.
    pub range: Option<(f32, f32)>,
}

impl Output {
    /// Whether every number is in its range.
    pub(crate) fn is_sound(&self) -> bool {
        let range = self.range.is_none_or(|(low, high)| low <= high && (high - low).is_finite());
        range && self.offset.is_finite() && self.factor.is_finite() && self.factor > 0.0
    }

    /// Returns the score of x; always finite.
    #[inline(always)]
    #[allow(clippy::manual_clamp, reason = "clamp lets NaN through")]
    pub fn score(&self, x: f32) -> f32 {
        let (low, high) = self.range.unwrap_or((f32::MIN, f32::MAX));
        let y = self.factor.mul_add(self.activation.of(x), self.offset);
        y.max(low).min(high)
    }

    /// Returns the target of f for a value of the data.
    #[inline(always)]
    pub fn target(&self, value: f32) -> f32 {
        (value - self.offset) / self.factor
    }

    /// Returns the x whose score is nearest to `value`, kept away from the flat parts of f.
    pub fn inverse(&self, value: f32) -> f32 {
        let y = self.target(value);
        match self.activation {
            Activation::Identity => y,
            Activation::Sigmoid => {
                let y = y.clamp(0.02, 0.98);
                ln(y / (1.0 - y))
            }
            Activation::Relu => y.max(0.0),
            Activation::Tanh => atanh(y.clamp(-0.96, 0.96)),
            Activation::Selu => {
                let (below, slope) = (Activation::Selu.of(f32::MIN), Activation::Selu.slope(1.0));
                match y > 0.0 {
                    true => y / slope,
                    false => ln(1.0 - (y / below).min(0.98)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_undone_and_finite() {
        use Activation::{Identity, Relu, Selu, Sigmoid, Tanh};
        for activation in [Identity, Sigmoid, Relu, Tanh, Selu] {
            let output = Output { activation, offset: 1.0, factor: 4.0, range: Some((0.0, 5.0)) };
            assert!(output.is_sound());
            for x in [0.2, 0.5, 0.9] {
                let back = output.inverse(output.score(x));
                assert!((back - x).abs() < 1e-4, "{activation:?}: {back} for {x}");
            }
            for x in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e38, -1e38] {
                let y = output.score(x);
                assert!((0.0..=5.0).contains(&y), "{activation:?}: {y}");
                assert!(output.inverse(x.clamp(-1e30, 1e30)).is_finite() || x.is_nan());
                assert!(Output { range: None, ..output }.score(x).is_finite());
            }
        }
        let output = Output { activation: Selu, offset: 0.0, factor: 1.0, range: None };
        assert!((output.inverse(Selu.of(-1.5)) + 1.5).abs() < 1e-4);
        assert!(!Output { factor: 0.0, ..output }.is_sound());
        assert!(!Output { range: Some((2.0, 1.0)), ..output }.is_sound());
    }
}
