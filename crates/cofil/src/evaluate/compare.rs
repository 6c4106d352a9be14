//! Significance of the difference between two models.
//!
//! Both models are evaluated on the same users, so differences are taken per user. The interval comes from the
//! bootstrap samples that all models share. The p-value comes from a paired randomisation test: if the two models were
//! equally good, swapping their values for any user would change nothing, so the observed difference is compared with
//! those of random swaps (Smucker, Allan and Carterette, CIKM 2007). Several comparisons at once are corrected by
//! Holm's method.

use super::bootstrap::{LANES, keys, mix, quantile, resampled};
use super::columns::Column;
use super::report::number;
use super::{Metric, Report};
use crate::math::parallel;
use crate::math::real::square;
use crate::watch;
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Number of random swaps behind a p-value; the smallest p-value is one over this.
const SWAPS: usize = 10_000;
/// Separates the random numbers of the swaps from those of the bootstrap samples with the same seed.
const SWAP: u64 = 1 << 63;
/// Users summed in `f32` before the sum is added to an `f64`.
const BLOCK: usize = 256;

/// The difference between the values of two models.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Value of the first model minus that of the second.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// Effect size: the mean difference per user divided by its standard deviation (Cohen's d for paired samples).
    /// About 0.2 is called small, 0.5 medium, 0.8 large. For `rmse` and `mse` it compares mean squared errors. It is 0 if no user
    /// differs, and not finite (null in JSON) if all users differ by the same amount.
    #[serde(deserialize_with = "number")]
    pub effect: f64,
    /// p-value: the probability of a difference at least as large, in either direction, between equally good models.
    pub p: f64,
}

/// Returns the difference between two reports on the same test set; `None` if either lacks the metric, or the metric
/// has no values per user or fewer than two users.
pub fn difference(first: &Report, second: &Report, metric: Metric) -> Option<Difference> {
    let column = |report: &Report| {
        let found = report.columns.iter().find(|c| c.metric == metric && c.whole.is_none());
        found.filter(|c| c.users() > 1).cloned()
    };
    let (a, b) = (column(first)?, column(second)?);
    if a.weights != b.weights {
        return None;
    }
    let resamples = first.conditions.resamples.max(1000);
    let values = resampled(&[&a, &b], resamples, first.conditions.seed);
    let mut differences: Vec<f64> =
        values[0].iter().zip(&values[1]).map(|(x, y)| x - y).filter(|d| d.is_finite()).collect();
    differences.sort_unstable_by(f64::total_cmp);
    if differences.is_empty() {
        return None;
    }
    Some(Difference {
        value: a.value() - b.value(),
        low: quantile(&differences, 0.025),
        high: quantile(&differences, 0.975),
        effect: effect(&a, &b),
        p: probability(&a, &b, first.conditions.seed),
    })
}

/// Returns the mean of the differences per user divided by their standard deviation.
fn effect(a: &Column, b: &Column) -> f64 {
    let users = || (0..a.sums.len()).filter(|&u| a.weights.get(u) > 0);
    let of = |u: usize| (f64::from(a.sums[u]) - f64::from(b.sums[u])) / f64::from(a.weights.get(u));
    let n = users().count() as f64;
    let mean = users().map(of).sum::<f64>() / n;
    let variance = users().map(|u| square(of(u) - mean)).sum::<f64>() / (n - 1.0);
    match variance > 0.0 {
        true => mean / variance.sqrt(),
        // All users differ by the same amount, or none does.
        false if mean == 0.0 => 0.0,
        false => mean.signum() * f64::INFINITY,
    }
}

/// Applies Holm's correction to the p-values of several comparisons made at once.
#[cfg(any(feature = "tune", test))]
pub(crate) fn holm(ps: &mut [f64]) {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|&a, &b| ps[a].total_cmp(&ps[b]));
    let mut least = 0.0;
    for (rank, &at) in order.iter().enumerate() {
        least = (ps[at] * (ps.len() - rank) as f64).min(1.0).max(least);
        ps[at] = least;
    }
}

/// Returns the share of random swaps with a difference at least as large. For `rmse`, sums of squares replace their
/// roots, as the order is the same.
fn probability(a: &Column, b: &Column, seed: u64) -> f64 {
    let differences: Vec<f32> = a.sums.iter().zip(&b.sums).map(|(x, y)| x - y).collect();
    let observed = differences.iter().map(|&d| f64::from(d)).sum::<f64>().abs();
    // Rounding of the same numbers in another order must not make a sum count as smaller.
    let enough = observed - 1e-6 * differences.iter().map(|&d| f64::from(d.abs())).sum::<f64>();
    let stage = watch::stage("random swaps", SWAPS - 1);
    let counts = parallel::map(SWAPS - 1, LANES, |range| {
        stage.add(range.len());
        let keys = keys(seed ^ SWAP, range);
        let (mut sums, mut part) = (vec![0f64; keys.len()], vec![0f32; keys.len()]);
        for (block, differences) in differences.chunks(BLOCK).enumerate() {
            watch::check();
            part.fill(0.0);
            add_swapped(differences, (block * BLOCK) as u32, &keys, &mut part);
            sums.iter_mut().zip(&part).for_each(|(sum, &part)| *sum += f64::from(part));
        }
        sums.iter().filter(|sum| sum.abs() >= enough).count()
    });
    // The observed order is one of the swaps.
    (1 + counts.iter().sum::<usize>()) as f64 / SWAPS as f64
}

/// Adds the differences of users `first..` to `sums`, with the sign that each resample's swaps give.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_swapped(differences: &[f32], first: u32, keys: &[u32], sums: &mut [f32]) {
    for (u, &difference) in differences.iter().enumerate() {
        let user = mix(first.wrapping_add(u as u32));
        for (sum, &key) in sums.iter_mut().zip(keys) {
            let sign = mix(user ^ key) & 0x8000_0000;
            *sum += f32::from_bits(difference.to_bits() ^ sign);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    fn column(sums: &[f64], weights: impl IntoIterator<Item = u32>) -> Column {
        let mut column = Column::new(Metric::Ndcg(1));
        sums.iter().zip(weights).for_each(|(&sum, weight)| column.push(sum, weight));
        column
    }

    fn mean(sums: &[f64]) -> Column {
        column(sums, std::iter::repeat(1))
    }

    #[test]
    fn swaps_agree_with_the_count_of_all() {
        // Eight users, all better by one: of 256 equally likely sign patterns two are as extreme.
        let (a, b) = (mean(&[1.0; 8]), mean(&[0.0; 8]));
        assert!((probability(&a, &b, 1) - 2.0 / 256.0).abs() < 0.003);
        // Seven of eight: patterns with at least seven equal signs are 2 · 9.
        let mut sums = [1.0; 8];
        sums[3] = -1.0;
        assert!((probability(&mean(&sums), &b, 1) - 18.0 / 256.0).abs() < 0.01);
        assert_eq!(probability(&a, &a, 1), 1.0, "no difference");
    }

    #[test]
    fn equal_models_are_called_different_one_time_in_twenty() {
        let mut rng = Rng::new(8, &[]);
        let mut noise = || mean(&std::array::from_fn::<_, 100, _>(|_| f64::from(rng.normal())));
        let ps: Vec<f64> = (0..200).map(|seed| probability(&noise(), &noise(), seed)).collect();
        let low = ps.iter().filter(|&&p| p <= 0.05).count();
        assert!((2..=22).contains(&low), "{low} of 200");
    }

    #[test]
    fn effect_size_by_hand() {
        // Differences 1, 2, 3: mean 2, standard deviation 1.
        let (a, b) = (mean(&[2.0, 2.0, 3.0]), mean(&[1.0, 0.0, 0.0]));
        assert_eq!((effect(&a, &b), effect(&b, &a)), (2.0, -2.0));
        assert_eq!(effect(&a, &a), 0.0);
        // Users for whom the metric is undefined are left out.
        let some = |sums: [f64; 3]| column(&sums, [1, 1, 0]);
        let effect = effect(&some([1.0, 3.0, 0.0]), &some([0.0, 0.0, 9.0]));
        assert!((effect - 2.0 / 2f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn holm_by_hand() {
        let mut ps = [0.01, 0.04, 0.03, 0.005];
        holm(&mut ps);
        let expected = [0.03, 0.06, 0.06, 0.02];
        assert!(ps.iter().zip(expected).all(|(p, e)| (p - e).abs() < 1e-12), "{ps:?}");
    }
}
