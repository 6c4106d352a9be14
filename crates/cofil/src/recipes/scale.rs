//! The unit of values during training. It makes a penalty, a learning rate and an initial vector mean the same on
//! every rating scale.
//!
//! The unit is a quarter of the distance from the smallest to the largest value, so it is 1 for ratings from 1 to 5,
//! for which settings are published. It is at most twice the standard deviation, so that a few very large values do
//! not make all others look alike.
//!
//! A model of values in units, r / unit ≈ μ + b_u + b_i + p_u · q_i, becomes one of the values themselves when μ, the
//! biases and the *users'* vectors are multiplied by the unit. Its ridge regressions for new users then have the
//! penalty used in training: Σ (r − …)² + λ (‖p‖² + b²) is unit² times what it is in units.

use crate::data::{Csr, Ratings};
use crate::math::real::square;
use crate::shapes::{Factors, FoldIn};
use crate::train::Loss;
use std::borrow::Cow;

/// The scale of the values of some data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    mean: f32,
    unit: f64,
}

impl Scale {
    /// Returns the scale of `train`.
    pub fn of(train: &Ratings) -> Self {
        let (low, high) = train.scale();
        let mean = train.mean();
        let deviation = |&value: &f32| square(f64::from(value) - f64::from(mean));
        let squares: f64 = train.by_user.values().iter().map(deviation).sum();
        let deviation = (squares / train.len().max(1) as f64).sqrt();
        let unit = (0.25 * (f64::from(high) - f64::from(low))).min(2.0 * deviation);
        Self { mean, unit: if unit > 0.0 { unit } else { 1.0 } }
    }

    /// Returns the scale with unit 1: values stay as they are.
    pub fn as_they_are(self) -> Self {
        Self { unit: 1.0, ..self }
    }

    /// `value` in units.
    #[inline(always)]
    pub fn in_units(self, value: f32) -> f32 {
        (f64::from(value) / self.unit) as f32
    }

    /// `matrix` in units.
    pub fn matrix(self, matrix: &Csr) -> Cow<'_, Csr> {
        let mut matrix = Cow::Borrowed(matrix);
        if self.unit != 1.0 {
            let values = matrix.to_mut().values_mut().iter_mut();
            values.for_each(|value| *value = self.in_units(*value));
        }
        matrix
    }

    /// μ in units.
    pub fn mean(self) -> f32 {
        self.in_units(self.mean)
    }

    /// How new users are folded into a [restored](Self::restored) model trained with the penalty `reg`.
    pub fn fold_in(self, reg: f32, reg_exponent: f32, bias: bool) -> FoldIn {
        FoldIn::Ridge { reg, reg_exponent, bias, unit: self.unit() }
    }

    /// One unit.
    pub fn unit(self) -> f32 {
        (self.unit as f32).max(f32::MIN_POSITIVE)
    }

    /// Converts a loss in units to the scale of the values.
    pub fn loss(self, loss: Loss) -> Loss {
        let squares = square(self.unit);
        Loss { data: squares * loss.data, penalty: squares * loss.penalty }
    }

    /// Converts `model`, whose values are in units and whose offset is μ, to the scale of the values.
    pub fn restored(self, mut model: Factors) -> Factors {
        if self.unit == 1.0 {
            return model;
        }
        model.settings.offset = self.mean;
        for numbers in [model.users.data_mut(), &mut model.user_bias, &mut model.item_bias] {
            numbers.iter_mut().for_each(|x| *x = (f64::from(*x) * self.unit) as f32);
        }
        model
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(values: &[f32]) -> f64 {
        let names: Vec<String> = (0..values.len()).map(|i| i.to_string()).collect();
        let rows = names.iter().zip(values).map(|(name, &value)| (name.as_str(), "item", value));
        Scale::of(&Ratings::from_triples(rows).unwrap()).unit
    }

    #[test]
    fn the_unit_is_a_step_of_five_stars() {
        assert_eq!(unit(&[1.0, 3.0, 4.0, 5.0]), 1.0);
        assert_eq!(unit(&[0.0, 100.0, 50.0]), 25.0);
        assert_eq!(unit(&[-10.0, 10.0]), 5.0);
        assert_eq!(unit(&[3.0, 3.0]), 1.0, "all equal");
        // One of many values is very large: twice the deviation, 2 · 1000 · √(99 / 100²).
        let mut tail = vec![0.0; 100];
        tail[0] = 1000.0;
        assert!((unit(&tail) - 2000.0 * 0.0099f64.sqrt()).abs() < 1e-3, "{}", unit(&tail));
        assert_eq!(unit(&tail.iter().map(|v| 8.0 * v).collect::<Vec<_>>()), 8.0 * unit(&tail));
    }
}
