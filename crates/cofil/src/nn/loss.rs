//! Losses and their derivatives. Each function takes the scores of many samples, replaces each score by the
//! derivative of the summed loss with respect to it, and returns the sum.
//!
//! Pairwise losses take groups of scores of one user: first that of the positive s⁺, then those of negatives s⁻. Sums
//! are in `f64`; all forms are stable for scores of any size. A negative whose score is [`NONE`] is ignored: it has
//! no loss and a derivative of practically zero (below 10⁻³⁷).

use crate::math::elementary::{exp, ln, sigmoid, softplus};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The score of a missing negative.
pub const NONE: f32 = f32::MIN;

/// How a score becomes a prediction of a value on a scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Response {
    /// The score itself.
    Linear,
    /// low + (high − low) σ(s).
    Sigmoid {
        /// Smallest value.
        low: f32,
        /// Largest value.
        high: f32,
    },
}

/// The loss that training minimises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// Binary cross-entropy: 1 for interactions, 0 for negatives.
    #[default]
    Bce,
    /// Bayesian personalised ranking: an interaction should score higher than a negative.
    Bpr,
    /// Sampled softmax: picks the interaction out of itself and its negatives.
    Softmax,
    /// Softmax cross-entropy over all items: picks the interaction out of the whole catalogue.
    FullSoftmax,
    /// Squared error of values.
    Squared,
}

/// The targets of scores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The value of each sample, for [`cross_entropy`] and [`squared`].
    pub targets: &'a [f32],
    /// The corrections of [`softmax`].
    pub corrections: &'a [f32],
    /// Number of scores per group.
    pub group: usize,
    /// How scores become values, for [`squared`].
    pub response: Response,
}

impl Objective {
    /// Replaces `scores` by derivatives and returns the loss.
    pub(crate) fn slopes(self, scores: &mut [f32], asked: Asked<'_>) -> f64 {
        match self {
            Self::Bce => cross_entropy(scores, asked.targets),
            Self::Bpr => pairwise(scores, asked.group),
            // Nothing is sampled, so the corrections of all items are 0.
            Self::Softmax | Self::FullSoftmax => softmax(scores, asked.corrections, asked.group),
            Self::Squared => squared(scores, asked.targets, asked.response),
        }
    }
}

/// Binary cross-entropy −y ln σ(s) − (1 − y) ln(1 − σ(s)) with targets y in [0, 1].
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn cross_entropy(scores: &mut [f32], targets: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (scores, targets) in scores.chunks_mut(64).zip(targets.chunks(64)) {
        // Few enough to be summed in single precision.
        let mut part = 0.0;
        for (s, &y) in scores.iter_mut().zip(targets) {
            // ln(1 + eˢ) − y s, in a form in which nothing large cancels.
            part += ln(1.0 + exp(-s.abs())) + (s.max(0.0) - y * *s);
            *s = sigmoid(*s) - y;
        }
        sum += f64::from(part);
    }
    sum
}

/// Bayesian personalised ranking: −ln σ(s⁺ − s⁻) for each negative (Rendle et al., "BPR: Bayesian
/// personalized ranking from implicit feedback", UAI 2009).
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn pairwise(scores: &mut [f32], group: usize) -> f64 {
    let mut sum = 0.0;
    for scores in scores.chunks_exact_mut(group) {
        let (positive, negatives) = scores.split_first_mut().expect("a group has a positive");
        let (mut loss, mut slope) = (0.0, 0.0);
        for s in negatives {
            let lead = *positive - *s;
            loss += softplus(-lead);
            *s = sigmoid(-lead);
            slope -= *s;
        }
        *positive = slope;
        sum += f64::from(loss);
    }
    sum
}

/// Sampled softmax: −s⁺ + ln(eˢ⁺ + Σ e^(s⁻ − c)), where c = ln(k Q) corrects for the probability with which each of
/// the k negatives was sampled, so that the sum is an unbiased estimate of that over all negatives (Bengio & Senécal,
/// "Adaptive importance sampling to accelerate training of a neural probabilistic language model", IEEE Transactions
/// on Neural Networks 19(4), 2008). `corrections` has one number for each score, 0 for a positive.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn softmax(scores: &mut [f32], corrections: &[f32], group: usize) -> f64 {
    let mut sum = 0.0;
    let groups = scores.chunks_exact_mut(group).zip(corrections.chunks_exact(group));
    for (scores, corrections) in groups {
        scores.iter_mut().zip(corrections).for_each(|(s, c)| *s -= c);
        let positive = scores[0];
        let top = scores.iter().fold(positive, |top, &s| top.max(s));
        let mut total = 0.0;
        for s in scores.iter_mut() {
            *s = exp(*s - top);
            total += *s;
        }
        scores.iter_mut().for_each(|s| *s /= total);
        scores[0] -= 1.0;
        sum += f64::from(top - positive + ln(total));
    }
    sum
}

/// Squared error (ŷ − y)².
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub(crate) fn squared(scores: &mut [f32], targets: &[f32], response: Response) -> f64 {
    let mut sum = 0.0;
    for (s, &y) in scores.iter_mut().zip(targets) {
        let (prediction, slope) = match response {
            Response::Linear => (*s, 1.0),
            Response::Sigmoid { low, high } => {
                let p = sigmoid(*s);
                ((high - low).mul_add(p, low), (high - low) * p * (1.0 - p))
            }
        };
        let error = prediction - y;
        sum += f64::from(error) * f64::from(error);
        *s = 2.0 * error * slope;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f32; 6] = [0.7, -1.3, 2.1, -0.4, 0.0, 3.2];
    const TARGETS: [f32; 6] = [1.0, 0.0, 0.0, 1.0, 0.25, 0.0];
    const CORRECTIONS: [f32; 6] = [0.0, -1.0, 0.5, 0.0, 0.3, 2.0];

    /// `naive` is the definition in `f64`.
    fn check(naive: impl Fn(&[f64]) -> f64, loss: impl Fn(&mut [f32]) -> f64) {
        let at: Vec<f64> = SCORES.iter().map(|&s| f64::from(s)).collect();
        let mut slopes = SCORES;
        let sum = loss(&mut slopes);
        assert!((sum - naive(&at)).abs() < 1e-5, "{sum}, expected {}", naive(&at));
        for i in 0..6 {
            let moved = |step: f64| {
                let mut x = at.clone();
                x[i] += step;
                naive(&x)
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((f64::from(slopes[i]) - slope).abs() < 1e-5, "{i}: {slopes:?}, {slope}");
        }
        // The result is a number for all scores.
        for large in [1e4, 1e30, f32::MAX] {
            let mut slopes = [large, -large, 0.0, -large, large, 1.0];
            let sum = loss(&mut slopes);
            assert!(!sum.is_nan() && slopes.iter().all(|s| !s.is_nan()), "{sum} {slopes:?}");
        }
    }

    fn sigma(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }

    #[test]
    fn cross_entropy_agrees_with_its_definition() {
        let naive = |s: &[f64]| {
            let parts = s.iter().zip(TARGETS).map(|(&s, y)| {
                let y = f64::from(y);
                -y * sigma(s).ln() - (1.0 - y) * (1.0 - sigma(s)).ln()
            });
            parts.sum()
        };
        check(naive, |s| cross_entropy(s, &TARGETS));
    }

    #[test]
    fn pairwise_agrees_with_its_definition() {
        let pair = |s: &[f64]| -> f64 { s[1..].iter().map(|n| -sigma(s[0] - n).ln()).sum() };
        check(|s| s.chunks(3).map(pair).sum(), |s| pairwise(s, 3));
        check(|s| s.chunks(2).map(pair).sum(), |s| pairwise(s, 2));
    }

    #[test]
    fn softmax_agrees_with_its_definition() {
        let naive = |s: &[f64]| {
            let corrected: Vec<f64> =
                s.iter().zip(CORRECTIONS).map(|(s, c)| s - f64::from(c)).collect();
            let group = |s: &[f64]| -> f64 { -s[0] + s.iter().map(|s| s.exp()).sum::<f64>().ln() };
            corrected.chunks(3).map(group).sum()
        };
        check(naive, |s| softmax(s, &CORRECTIONS, 3));
    }

    #[test]
    fn squared_agrees_with_its_definition() {
        let linear =
            |s: &[f64]| s.iter().zip(TARGETS).map(|(s, y)| (s - f64::from(y)).powi(2)).sum();
        check(linear, |s| squared(s, &TARGETS, Response::Linear));
        let bent = |s: &[f64]| {
            let error = |(&s, y): (&f64, f32)| (1.0 + 4.0 * sigma(s) - f64::from(y)).powi(2);
            s.iter().zip(TARGETS).map(error).sum()
        };
        check(bent, |s| squared(s, &TARGETS, Response::Sigmoid { low: 1.0, high: 5.0 }));
    }

    #[test]
    fn a_negative_that_is_not_there_costs_nothing() {
        let all = |loss: &dyn Fn(&mut [f32]) -> f64| {
            let (mut one, mut padded) = ([0.5], [0.5, NONE, NONE]);
            let difference = loss(&mut padded) - loss(&mut one);
            assert!(difference.abs() < 1e-6 && (padded[0] - one[0]).abs() < 1e-6, "{padded:?}");
            assert!(padded[1..].iter().all(|s| s.abs() < 1e-37), "{padded:?}");
        };
        all(&|s| cross_entropy(s, &[1.0, 0.0, 0.0]));
        all(&|s| pairwise(s, s.len()));
        all(&|s| softmax(s, &[0.0; 3], s.len()));
    }
}
