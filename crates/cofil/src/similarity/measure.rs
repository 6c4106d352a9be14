//! How alike two items, or two users, are: the formulas that `item-knn` and `user-knn` share.
//!
//! Things are columns or rows of X; their *features* are the other side. For items, features are
//! users; for users they are items. [`item_knn`](crate::recipes::item_knn) has the equations.

use crate::check::check_not_negative;
use crate::error::{Error, Result};
use crate::math::real::{ln, ln_1p};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How alike two things are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Similarity {
    /// Angle between the two columns (of users: rows).
    Cosine,
    /// Inner product of the two.
    Dot,
    /// Common users (items) over all users (items) of the two.
    Jaccard,
    /// Correlation over what is common.
    Pearson,
}

/// What becomes of the values before similarities are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// Nothing.
    None,
    /// Roots, times how choosy the user (for users: how rare the item) is.
    TfIdf,
    /// Saturating, held back for popular items (for users: for users of many items), times the same.
    Bm25,
}

/// A similarity with everything that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The formula.
    pub similarity: Similarity,
    /// Weighting of the values before the similarity is taken.
    pub weighting: Weighting,
    /// BM25's k1.
    pub k1: f32,
    /// BM25's b.
    pub b: f32,
    /// How many common features count half.
    pub shrinkage: f32,
}

impl Measure {
    /// Refuses numbers out of range and what does not go together.
    ///
    /// # Errors
    /// Naming the setting.
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
                "goes with similarity `cosine` or `dot`; leave it at `none`",
            )),
        }
    }

    /// Refuses correlations of values that are all the same.
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

    /// The weighted value of a feature. `idf`: see [`idf`]; `length`: the sum of the
    /// absolute values of the thing; `mean`: of all such sums.
    pub fn weighted(&self, value: f32, idf: f64, length: f64, mean: f64) -> f32 {
        let (k1, b) = (f64::from(self.k1), f64::from(self.b));
        // What counts against a thing counts as much as the same for it would.
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

    /// What holds back similarities by chance.
    pub fn support(&self, common: f32) -> f32 {
        common / (common + self.shrinkage)
    }
}

/// Inverse document frequency of a feature that `having` of `things` have: ln N − ln(1 + n).
pub fn idf(things: usize, having: usize) -> f64 {
    ln(things as f64) - ln_1p(having as f64)
}

/// Magnitudes whose squares can be summed and multiplied in single precision, as powers of two.
const SAFE: std::ops::RangeInclusive<i32> = -12..=12;

/// What to multiply `values` by, so that their products are neither beyond every number nor nothing: 1 where they are
/// of a usual size. A power of two, by which products only change their exponents: what does not depend on the
/// scale of the values stays the same to the last bit.
pub fn unit(values: impl IntoIterator<Item = f32>) -> f64 {
    let largest = values.into_iter().fold(0f32, |largest, value| largest.max(value.abs()));
    // Single precision's smallest numbers are normal ones in double.
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
    /// One more common feature.
    pub fn add(&mut self, x: f32, y: f32) {
        self.count += 1.0;
        self.x += x;
        self.y += y;
        self.xx = x.mul_add(x, self.xx);
        self.yy = y.mul_add(y, self.yy);
        self.xy = x.mul_add(y, self.xy);
    }

    /// 0 where one of the two does not vary.
    pub fn correlation(&self) -> f32 {
        let covariance = self.xy - self.x * self.y / self.count;
        let (xx, yy) =
            (self.xx - self.x * self.x / self.count, self.yy - self.y * self.y / self.count);
        // Below this a variance is rounding.
        let varies = xx > 1e-5 * self.xx && yy > 1e-5 * self.yy;
        if varies { (covariance / (xx * yy).sqrt()).clamp(-1.0, 1.0) } else { 0.0 }
    }
}

/// Sums over the common features of two things whose values are what a baseline leaves.
#[derive(Clone, Copy, Default)]
pub struct Rests {
    count: f32,
    xx: f32,
    yy: f32,
    xy: f32,
}

impl Rests {
    /// One more common feature.
    pub fn add(&mut self, x: f32, y: f32) {
        // Rounded twice: a fused product would be a call where the processor is not known to have it.
        self.count += 1.0;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    /// Σxy / √(Σx² Σy²), the correlation around the baseline, times (n − 1) / (n − 1 + shrinkage):
    /// one common feature tells nothing.
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
