//! Building blocks of layers: activations with their derivatives, initial weights, dropout.

use crate::math::{Matrix, Rng, elementary};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// λ and α of SELU: Klambauer et al., "Self-normalizing neural networks", NeurIPS 2017.
pub(crate) const SELU_SCALE: f32 = 1.050_701;
pub(crate) const SELU_ALPHA: f32 = 1.673_263_2;

/// Activation function of a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// x.
    Identity,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// max(x, 0).
    #[default]
    Relu,
    /// The hyperbolic tangent.
    Tanh,
    /// 1.0507 · (x if x > 0, else 1.6733 (eˣ − 1)).
    Selu,
}

impl Activation {
    /// f of one number.
    #[inline(always)]
    pub(crate) fn of(self, x: f32) -> f32 {
        match self {
            Self::Identity => x,
            Self::Sigmoid => elementary::sigmoid(x),
            Self::Relu => x.max(0.0),
            Self::Tanh => elementary::tanh(x),
            Self::Selu => {
                let below = SELU_ALPHA * (elementary::exp(x.min(0.0)) - 1.0);
                SELU_SCALE * if x > 0.0 { x } else { below }
            }
        }
    }

    /// f′ at the point where f is `y`.
    #[inline(always)]
    pub(crate) fn slope(self, y: f32) -> f32 {
        match self {
            Self::Identity => 1.0,
            Self::Sigmoid => y * (1.0 - y),
            Self::Relu => f32::from(y > 0.0),
            Self::Tanh => 1.0 - y * y,
            Self::Selu => {
                if y > 0.0 {
                    SELU_SCALE
                } else {
                    y + SELU_SCALE * SELU_ALPHA
                }
            }
        }
    }

    /// x ← f(x).
    pub(crate) fn apply(self, values: &mut [f32]) {
        apply(self, values);
    }

    /// Turns the gradient with respect to outputs into that with respect to the input of f.
    pub(crate) fn backward(self, outputs: &[f32], gradient: &mut [f32]) {
        backward(self, outputs, gradient);
    }
}

// The match stands outside the loops, so that each loop contains one formula.

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn apply(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::Identity => {}
        Activation::Sigmoid => values.iter_mut().for_each(|x| *x = Activation::Sigmoid.of(*x)),
        Activation::Relu => values.iter_mut().for_each(|x| *x = Activation::Relu.of(*x)),
        Activation::Tanh => values.iter_mut().for_each(|x| *x = Activation::Tanh.of(*x)),
        Activation::Selu => values.iter_mut().for_each(|x| *x = Activation::Selu.of(*x)),
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn backward(activation: Activation, outputs: &[f32], gradient: &mut [f32]) {
    let both = gradient.iter_mut().zip(outputs);
    match activation {
        Activation::Identity => {}
        Activation::Sigmoid => both.for_each(|(g, y)| *g *= Activation::Sigmoid.slope(*y)),
        Activation::Relu => both.for_each(|(g, y)| *g *= Activation::Relu.slope(*y)),
        Activation::Tanh => both.for_each(|(g, y)| *g *= Activation::Tanh.slope(*y)),
        Activation::Selu => both.for_each(|(g, y)| *g *= Activation::Selu.slope(*y)),
    }
}

/// Initial weights of a fully connected layer, outputs × inputs: uniform within ± √(6 / (inputs + outputs)). Glorot &
/// Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
pub fn glorot(inputs: usize, outputs: usize, rng: &mut Rng) -> Matrix {
    let bound = (6.0 / (inputs + outputs) as f32).sqrt();
    Matrix::from_fn(outputs, inputs, |_, _| bound * (2.0 * rng.uniform() - 1.0))
}

/// Inverted dropout: sets each number to 0 with probability `rate` and divides it by 1 − `rate` otherwise. `factors`
/// receives the factor applied to each number, for the gradient.
pub fn dropout(rate: f32, rng: &mut Rng, values: &mut [f32], factors: &mut Vec<f32>) {
    let kept = 1.0 / (1.0 - rate);
    factors.clear();
    factors.extend(values.iter().map(|_| if rng.uniform() < rate { 0.0 } else { kept }));
    values.iter_mut().zip(factors).for_each(|(x, factor)| *x *= *factor);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Activation; 5] = [
        Activation::Identity,
        Activation::Sigmoid,
        Activation::Relu,
        Activation::Tanh,
        Activation::Selu,
    ];

    /// The definition, in `f64`.
    fn exact(activation: Activation, x: f64) -> f64 {
        match activation {
            Activation::Identity => x,
            Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Activation::Relu => x.max(0.0),
            Activation::Tanh => x.tanh(),
            Activation::Selu if x > 0.0 => 1.050_700_987_355_480_5 * x,
            Activation::Selu => 1.050_700_987_355_480_5 * 1.673_263_242_354_377_2 * x.exp_m1(),
        }
    }

    #[test]
    fn activations_and_slopes_agree_with_the_definition() {
        for activation in ALL {
            // No multiple of 0.37 is near the kinks at 0.
            let xs: Vec<f32> = (-20..20).map(|i| 0.37 * i as f32 + 0.1).collect();
            let mut ys = xs.clone();
            activation.apply(&mut ys);
            let mut slopes = vec![2.0; xs.len()];
            activation.backward(&ys, &mut slopes);
            for ((&x, y), slope) in xs.iter().zip(ys).zip(slopes) {
                let f = |x: f64| exact(activation, x);
                let x = f64::from(x);
                assert!((f64::from(y) - f(x)).abs() < 1e-6, "{activation:?}({x})");
                let by_differences = (f(x + 1e-5) - f(x - 1e-5)) / 2e-5;
                let error = (f64::from(slope) - 2.0 * by_differences).abs();
                assert!(error < 1e-5, "slope of {activation:?} at {x}");
            }
        }
    }

    #[test]
    fn dropout_keeps_the_mean_and_says_what_it_did() {
        let (mut values, mut factors) = (vec![1.0; 100_000], Vec::new());
        dropout(0.25, &mut Rng::new(1, &[]), &mut values, &mut factors);
        assert_eq!(values, factors);
        let zeros = values.iter().filter(|&&x| x == 0.0).count();
        assert!(zeros.abs_diff(25_000) < 600, "{zeros}");
        assert!(values.iter().all(|&x| x == 0.0 || (x - 4.0 / 3.0).abs() < 1e-6));
    }
}
