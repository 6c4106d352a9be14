//! Readings: how models that rank turn ratings, counts and votes into weights.
//!
//! Weights are scaled so that the mean square of those above 0 is 1, as it is for events, which all count 1. The
//! weight of a rating v is √((v − low) / c), where low is the lower end of the scale and c the mean of v − low. The
//! weight of a count v is log₂(1 + v) / c. So ratings times 20, or counts in other units, give the same model, and
//! regularization has the same strength for all of them.
//!
//! ```
//! use cofil::data::Reading;
//!
//! let stars = [1.0, 3.0, 4.0, 5.0, 4.0, 4.0];
//! let reading = Reading::of(&stars, true).expect("these are ratings");
//! assert_eq!(reading, Reading::Scale { low: 1.0, mean: 3.0 });
//! // The lowest rating gives no weight; a high one counts more than a medium one.
//! assert_eq!((reading.weight(1.0), reading.weight(4.0)), (0.0, 1.0));
//! assert!(reading.weight(3.0) < 1.0 && reading.weight(5.0) > 1.0);
//! // Events are not converted: they all count 1.
//! assert_eq!(Reading::of(&[1.0, 1.0], true), None);
//! ```

use super::describe::{Kind, Values};
use super::read::ReadOptions;
use crate::math::real::{exp2, log2, square};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a model that ranks turns the values of a table into weights. Interactions with a weight above 0 are liked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Ratings: the weight is √((value − low) / mean).
    Scale {
        /// Ratings up to this one have the weight 0.
        low: f32,
        /// Mean of value − low over the ratings above `low`.
        mean: f32,
    },
    /// Ratings above this one have the weight 1, others 0.
    Above(f32),
    /// Counts: the weight is log₂(1 + count) / unit.
    Log {
        /// Square root of the mean square of the logarithms.
        unit: f32,
    },
    /// Counts, or weights, above 0 have the weight 1.
    Once,
}

/// How to choose the reading of a table's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadValues {
    /// Detect the reading from the values, see [`Reading::of`].
    #[default]
    ByKind,
    /// Use the values as weights: unchanged, or 1 for all above 0 by algorithms that only use liked or not liked.
    AsWeights,
    /// Use the given reading.
    As(Reading),
}

impl ReadValues {
    /// Returns how to use values read with `options`: as weights if that is asked for, or if event types have weights.
    pub fn usual(options: &ReadOptions, as_weights: bool) -> Self {
        match as_weights || !options.weights.is_empty() {
            true => Self::AsWeights,
            false => Self::ByKind,
        }
    }

    /// Returns the reading of `values` for algorithms that distinguish `weights` or for those that do not, see
    /// [`Reading::of`]; `None` if they are used as they are.
    pub(crate) fn reading(self, values: &[f32], weights: bool) -> Option<Reading> {
        match self {
            Self::ByKind => Reading::of(values, weights),
            Self::AsWeights => {
                let differ = values.iter().any(|&value| value <= 0.0 || value != values[0]);
                (differ && !weights).then_some(Reading::Once)
            }
            Self::As(reading) => Some(reading),
        }
    }
}

/// What has been chosen.
impl From<Option<Reading>> for ReadValues {
    fn from(reading: Option<Reading>) -> Self {
        reading.map_or(Self::AsWeights, Self::As)
    }
}

impl Reading {
    /// Returns the best reading of `values`, for algorithms that distinguish `weights` or for those that only use
    /// liked or not liked; `None` if the values are weights already. A scale begins at its lowest value; at 1 if it is
    /// one of 5 or 10 stars, so that a table with only high ratings keeps its meaning; and at 0 if dislike is expressed
    /// by values below 0.
    pub fn of(values: &[f32], weights: bool) -> Option<Self> {
        let (&first, rest) = values.split_first()?;
        if rest.iter().all(|&value| value == first) {
            return None;
        }
        let described = Values::of(values);
        let (least, high) = described.scale();
        let low = match least {
            _ if high <= 0.0 => least,
            _ if least < 0.0 => 0.0,
            _ if least > 1.0 && are_stars(&described) => 1.0,
            _ => least,
        };
        match (described.kind, weights) {
            (Kind::Events | Kind::Weights, _) => None,
            (Kind::Votes | Kind::Ratings, true) => {
                let above = |&value: &f32| f64::from(value.min(high)) - f64::from(low);
                let mean = mean(values.iter().map(above).filter(|&above| above > 0.0))?;
                Some(Self::Scale { low, mean })
            }
            (Kind::Votes | Kind::Ratings, false) => Some(Self::Above(low)),
            (Kind::Counts, true) => {
                let square = |&value: &f32| square(log2(1.0 + f64::from(value)));
                let mean = mean(values.iter().filter(|&&value| value > 0.0).map(square))?;
                Some(Self::Log { unit: mean.sqrt() })
            }
            (Kind::Counts, false) => Some(Self::Once),
        }
    }

    /// Returns the weight of `value`.
    pub fn weight(self, value: f32) -> f32 {
        match self {
            Self::Scale { low, mean } => {
                let above = (f64::from(value) - f64::from(low)).max(0.0);
                (above / f64::from(mean)).sqrt() as f32
            }
            Self::Above(low) => f32::from(value > low),
            Self::Log { unit } => log2(1.0 + value.max(0.0)) / unit,
            Self::Once => f32::from(value > 0.0),
        }
    }

    /// Returns a value with a weight of about 1.
    pub fn usual(self) -> f32 {
        match self {
            Self::Scale { low, mean } => low + mean,
            Self::Above(low) => low + 1.0,
            Self::Log { unit } => exp2(unit) - 1.0,
            Self::Once => 1.0,
        }
    }

    /// Describes the reading in a sentence.
    pub fn sentence(self) -> String {
        match self {
            Self::Scale { low, .. } => {
                format!(
                    "weighted by rating; {low} and below are dislikes, higher ratings count more"
                )
            }
            Self::Above(low) => format!("ratings above {low} are positive, others negative"),
            Self::Log { .. } => "counts are weights on a logarithmic scale".into(),
            Self::Once => "values above 0 count 1, others are not liked".into(),
        }
    }

    /// Returns whether all values lead to finite weights.
    pub(crate) fn is_sound(self) -> bool {
        match self {
            Self::Scale { low, mean } => low.is_finite() && mean.is_finite() && mean > 0.0,
            Self::Above(low) => low.is_finite(),
            Self::Log { unit } => unit.is_finite() && unit > 0.0,
            Self::Once => true,
        }
    }
}

/// Returns whether `values` end at 5 or 10 and differ by steps of at most 1, or most of them, as stars do.
fn are_stars(values: &Values) -> bool {
    let (low, high) = values.scale();
    let shown = values.histogram.iter().filter(|bar| bar.count > 0);
    let on_scale = shown.map(|bar| bar.low as f32).filter(|value| (low..=high).contains(value));
    let on_scale: Vec<f32> = on_scale.collect();
    let small = on_scale.windows(2).filter(|pair| pair[1] - pair[0] <= 1.0).count();
    (high == 5.0 || high == 10.0) && 2 * small + 1 >= on_scale.len()
}

/// Returns the mean of `numbers` if it is finite and above 0.
fn mean(numbers: impl Iterator<Item = f64>) -> Option<f32> {
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
    Some((sum / count) as f32).filter(|mean| mean.is_normal() && *mean > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_values_has_a_reading() {
        let of = |values: &[f32]| [true, false].map(|weights| Reading::of(values, weights));
        let stars: Vec<f32> = (0..60).map(|i| [1.0, 2.0, 3.0, 3.0, 4.0, 5.0][i % 6]).collect();
        let scale = Some(Reading::Scale { low: 1.0, mean: 2.4 });
        assert_eq!(of(&stars), [scale, Some(Reading::Above(1.0))]);
        let likes = Some(Reading::Scale { low: 0.0, mean: 1.0 });
        assert_eq!(of(&[-1.0, 1.0, 1.0]), [likes, Some(Reading::Above(0.0))]);
        // If there are only high ratings, all of them are liked.
        let high = Some(Reading::Scale { low: 1.0, mean: 3.5 });
        assert_eq!(of(&[4.0, 5.0, 5.0, 4.0]), [high, Some(Reading::Above(1.0))]);
        let plays: Vec<f32> =
            (0..80).map(|i| [1.0, 1.0, 1.0, 2.0, 1.0, 3.0, 15.0, 63.0][i % 8]).collect();
        let [Some(Reading::Log { unit }), once] = of(&plays) else { panic!("{:?}", of(&plays)) };
        assert!(
            (unit * unit - (4.0 + square(log2(3.0)) + 4.0 + 16.0 + 36.0) / 8.0).abs() < 1e-5,
            "{unit}"
        );
        assert_eq!(once, Some(Reading::Once));
        assert_eq!(of(&[2.0, 2.0]), [None, None]);
        assert_eq!(of(&[]), [None, None]);
    }

    #[test]
    fn weights_are_used_as_they_are_or_count_once() {
        let of = |values: &[f32]| [true, false].map(|w| ReadValues::AsWeights.reading(values, w));
        assert_eq!(of(&[1.0, 5.0, -1.0]), [None, Some(Reading::Once)]);
        assert_eq!(of(&[-1.0, -1.0]), [None, Some(Reading::Once)]);
        assert_eq!(of(&[5.0, 5.0]), [None, None]);
    }

    #[test]
    fn weights_by_hand() {
        let weights =
            |reading: Reading, values: [f32; 4]| values.map(|value| reading.weight(value));
        let stars = Reading::Scale { low: 1.0, mean: 4.0 };
        assert_eq!(weights(stars, [-3.0, 1.0, 2.0, 5.0]), [0.0, 0.0, 0.5, 1.0]);
        assert_eq!(weights(Reading::Above(1.0), [1.0, 1.5, -1.0, 9.0]), [0.0, 1.0, 0.0, 1.0]);
        let log = Reading::Log { unit: 2.0 };
        assert_eq!(weights(log, [0.0, 1.0, 3.0, -2.0]), [0.0, 0.5, 1.0, 0.0]);
        assert_eq!(weights(Reading::Once, [0.0, 1.0, 3.0, -2.0]), [0.0, 1.0, 1.0, 0.0]);
        for reading in [stars, Reading::Above(1.0), log, Reading::Once] {
            assert_eq!(reading.weight(reading.usual()), 1.0, "{reading:?}");
        }
        for least in [f32::MIN, -1.0, 0.0, 1e-44] {
            let values = [least, 1.0, 2.0, f32::MAX];
            for reading in [true, false].into_iter().filter_map(|w| Reading::of(&values, w)) {
                assert!(reading.is_sound(), "{reading:?}");
                let weights = values.map(|value| reading.weight(value));
                assert!(
                    weights.iter().all(|w| w.is_finite() && *w >= 0.0),
                    "{reading:?}: {weights:?}"
                );
            }
        }
    }

    /// Where a scale begins and how long it is does not matter.
    #[test]
    fn the_unit_of_values_does_not_matter() {
        let weights = |values: &[f32]| -> Vec<f32> {
            let reading = Reading::of(values, true).expect("ratings");
            values.iter().map(|&value| reading.weight(value)).collect()
        };
        for stars in [[0.5, 2.0, 3.0, 3.5, 4.0, 5.0], [1.0, 2.0, 3.0, 3.5, 4.0, 5.0]] {
            let stars: Vec<f32> = (0..60).map(|i| stars[i % 6]).collect();
            for (factor, shift) in [(16.0, 0.0), (2.0, 0.0), (20.0, 0.0), (1.0, 1.0), (4.0, 8.0)] {
                let other: Vec<f32> = stars.iter().map(|value| value * factor + shift).collect();
                for (found, expected) in weights(&other).iter().zip(weights(&stars)) {
                    assert!(
                        (found - expected).abs() < 1e-5,
                        "x{factor} + {shift}: {found} {expected}"
                    );
                }
            }
        }
        let begins = |values: &[f32]| match Reading::of(values, true) {
            Some(Reading::Scale { low, .. }) => low,
            other => panic!("{other:?}"),
        };
        assert_eq!(begins(&[3.0, 4.0, 5.0, 4.5]), 1.0);
        assert_eq!(begins(&[7.0, 8.0, 10.0]), 1.0);
        assert_eq!(begins(&[2.0, 4.0, 8.0, 10.0]), 2.0);
        assert_eq!(begins(&[20.0, 60.0, 80.0, 100.0, 100.0, 80.0, 60.0, 80.0]), 20.0);
    }
}
