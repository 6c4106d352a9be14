//! Similarity measures of `item-knn` and `user-knn`.
//!
//! The things compared are columns or rows of X; their *features* are the other side. For items, features are users;
//! for users, they are items. The equations are in [`item_knn`](crate::recipes::item_knn).

use crate::check::check_not_negative;
use crate::error::{Error, Result};
use crate::math::real::{ln, ln_1p};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Similarity measure of two items (users).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Similarity {
    /// Cosine of the angle between the two columns (for users: rows).
    Cosine,
    /// Inner product of the two columns (rows).
    Dot,
    /// Common users (items) divided by the users (items) of either.
    Jaccard,
    /// Correlation over common users (items).
    Pearson,
}

/// Weighting of values before similarities are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// No weighting.
    None,
    /// TF-IDF: the square root, times a weight for users with few items (for users: for rare items).
    TfIdf,
    /// BM25: saturating, damped for popular items (for users: for users with many items), times the same weight.
    Bm25,
}

/// A similarity measure with all its settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The formula.
    pub similarity: Similarity,
    /// Weighting of values before the similarity is computed.
    pub weighting: Weighting,
    /// BM25's k1.
    pub k1: f32,
    /// BM25's b.
    pub b: f32,
    /// Number of common features at which a similarity counts half.
    pub shrinkage: f32,
}

impl Measure {
    /// Refuses settings that are out of range or do not fit together.
    ///
    /// # Errors
    /// Names the setting.
    pub fn check(&self) -> Result<()> {
        check_not_negative("shrinkage", self.shrinkage)?;
        check_not_negative("k1", self.k1)?;
        check_not_negative("b", self.b)?;
        if self.b > 1.0 {
            return Err(Error::setting("b", format!("must be at most 1, got {}", self.b)));
        }
        let weighable = matches!(self.similarity, Similarity::Cosine | Similarity::Dot);
        match weighable || self.weighting == Weighting::None {
            true => Ok(()),
            false => Err(Error::setting(
                "weighting",
                "needs similarity `cosine` or `dot`; otherwise leave it at `none`",
            )),
        }
    }

    /// Refuses correlation if all values are equal.
    ///
    /// # Errors
    /// If there is nothing to correlate.
    pub fn check_scale(&self, (low, high): (f32, f32)) -> Result<()> {
        match self.similarity == Similarity::Pearson && low == high {
            false => Ok(()),
            true => Err(Error::setting(
                "similarity",
                format!("all values are {low}, so nothing correlates; choose `cosine`"),
            )),
        }
    }

    /// Returns the weighted value of a feature. For `idf` see [`idf`]; `length` is the sum of the absolute values of
    /// the thing, `mean` the mean of all such sums.
    pub fn weighted(&self, value: f32, idf: f64, length: f64, mean: f64) -> f32 {
        let (k1, b) = (f64::from(self.k1), f64::from(self.b));
        // A negative value gets the same weight as a positive one of the same size.
        let size = f64::from(value.abs());
        let term = match self.weighting {
            Weighting::None => return value,
            Weighting::TfIdf => size.sqrt(),
            Weighting::Bm25 if size == 0.0 => 0.0,
            Weighting::Bm25 => size * (k1 + 1.0) / (k1 * (1.0 - b + b * length / mean) + size),
        };
        let term = (term * idf) as f32;
        if value < 0.0 { -term } else { term }
    }

    /// The shrinkage factor, which damps similarities that arise by chance.
    pub fn support(&self, common: f32) -> f32 {
        common / (common + self.shrinkage)
    }
}

/// Inverse document frequency of a feature that `having` of `things` things have: ln N − ln(1 + n).
pub fn idf(things: usize, having: usize) -> f64 {
    ln(things as f64) - ln_1p(having as f64)
}

/// Magnitudes whose squares can be summed and multiplied in single precision, as powers of two.
const SAFE: std::ops::RangeInclusive<i32> = -12..=12;

/// Returns the factor for `values` that keeps their products from overflow and underflow: 1 for values of usual size.
/// The factor is a power of two, which changes only the exponents of products; results that do not depend on the
/// scale of the values stay the same to the last bit.
pub fn unit(values: impl IntoIterator<Item = f32>) -> f64 {
    let largest = values.into_iter().fold(0f32, |largest, value| largest.max(value.abs()));
    // The smallest numbers of single precision are normal numbers in double precision.
    let exponent = (f64::from(largest).to_bits() >> 52) as i32 - 1023;
    match largest == 0.0 || SAFE.contains(&exponent) {
        true => 1.0,
        false => f64::from_bits(((1023 - exponent) as u64) << 52),
    }
}

/// Sums over the common features of two things.
#[derive(Clone, Copy, Default)]
pub struct Moments {
    /// Number of common features.
    pub count: f32,
    x: f32,
    y: f32,
    xx: f32,
    yy: f32,
    xy: f32,
}

impl Moments {
    /// Adds one more common feature.
    pub fn add(&mut self, x: f32, y: f32) {
        self.count += 1.0;
        self.x += x;
        self.y += y;
        self.xx = x.mul_add(x, self.xx);
        self.yy = y.mul_add(y, self.yy);
        self.xy = x.mul_add(y, self.xy);
    }

    /// Returns the correlation; 0 if one of the two does not vary.
    pub fn correlation(&self) -> f32 {
        let covariance = self.xy - self.x * self.y / self.count;
        let (xx, yy) =
            (self.xx - self.x * self.x / self.count, self.yy - self.y * self.y / self.count);
        // A variance below this is rounding error.
        let varies = xx > 1e-5 * self.xx && yy > 1e-5 * self.yy;
        if varies { (covariance / (xx * yy).sqrt()).clamp(-1.0, 1.0) } else { 0.0 }
    }
}

/// Sums over the common features of two things whose values are deviations from a baseline.
#[derive(Clone, Copy, Default)]
pub struct Rests {
    count: f32,
    xx: f32,
    yy: f32,
    xy: f32,
}

impl Rests {
    /// Adds one more common feature.
    pub fn add(&mut self, x: f32, y: f32) {
        // Rounded twice: a fused product would be a function call on processors without the instruction.
        self.count += 1.0;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    /// Returns Σxy / √(Σx² Σy²), the correlation around the baseline, times (n − 1) / (n − 1 + shrinkage): one common
    /// feature is no evidence.
    pub fn correlation(&self, shrinkage: f32) -> f32 {
        let others = self.count - 1.0;
        let squares = self.xx.sqrt() * self.yy.sqrt();
        match squares > 0.0 && others > 0.0 {
            true => self.xy / squares * (others / (others + shrinkage)),
            false => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_bring_every_size_near_one() {
        assert_eq!([unit([]), unit([0.0, -0.0]), unit([1.0, -5.0])], [1.0; 3]);
        for power in (-149..=127).filter(|power| !SAFE.contains(power)) {
            let value = 2f64.powi(power) as f32;
            let scaled = unit([0.0, -value]) * f64::from(value);
            assert_eq!(scaled, 1.0, "2^{power}");
        }
        assert_eq!(unit([f32::MAX, 1.0]), 2f64.powi(-127));
    }
}
