//! 95 % confidence intervals: how much a value would vary with other users from the same population.
//!
//! Poisson bootstrap: in each resample every user counts w times, w ~ Poisson(1), drawn from (seed, resample, user)
//! alone. All metrics of all compared models share the draws. Intervals of differences are therefore paired, and one
//! more metric costs one multiplication per draw.
//! Chamandy et al., "Estimating uncertainty for massive data streams", 2012.

use super::columns::{Column, Weights};
use crate::math::{Rng, parallel, vector};
use crate::watch;
use multiversion::multiversion;
use std::ops::Range;

/// Resamples computed together; their sums fit the L1 cache.
pub(super) const LANES: usize = 64;
/// Users summed in `f32` before the sum is added to an `f64`.
const BLOCK: usize = 256;
/// Pr[Poisson(1) ≤ j] · 2³² for j = 0 to 8; larger draws are one in nine million.
const THRESHOLDS: [u32; 9] = [
    1_580_030_168,
    3_160_060_337,
    3_950_075_421,
    4_213_413_783,
    4_279_248_373,
    4_292_415_291,
    4_294_609_777,
    4_294_923_276,
    4_294_962_463,
];

/// Returns the 2.5 % and 97.5 % quantiles of each column's value; `None` for fewer than two users, or for values
/// without a share per user.
pub(super) fn intervals(columns: &[&Column], resamples: usize, seed: u64) -> Vec<Option<[f64; 2]>> {
    let values = resampled(columns, resamples, seed);
    let interval = |(column, mut values): (&&Column, Vec<f64>)| {
        values.retain(|value| value.is_finite());
        let fits = column.whole.is_none() && column.users() > 1 && !values.is_empty();
        values.sort_unstable_by(f64::total_cmp);
        fits.then(|| [0.025, 0.975].map(|share| quantile(&values, share)))
    };
    columns.iter().zip(values).map(interval).collect()
}

/// Returns the value of each column in each resample.
pub(super) fn resampled(columns: &[&Column], resamples: usize, seed: u64) -> Vec<Vec<f64>> {
    // Most columns share their denominators, so each distinct series is summed once.
    let mut series: Vec<Series<'_>> = Vec::new();
    let mut place = |values| match series.iter().position(|known| *known == values) {
        Some(at) => at,
        None => {
            series.push(values);
            series.len() - 1
        }
    };
    let places: Vec<[usize; 2]> = columns
        .iter()
        .map(|c| [place(Series::Sums(&c.sums)), place(Series::Weights(&c.weights))])
        .collect();
    let width = series.len();
    let users = columns.first().map_or(0, |column| column.sums.len());
    let stage = watch::stage("resampling", resamples);
    let groups = parallel::map(resamples, LANES, |range| {
        stage.add(range.len());
        let n = range.len();
        let keys = keys(seed, range);
        let mut sums = vec![0f64; width * n];
        let (mut part, mut weights) = (vec![0f32; width * n], vec![0f32; n]);
        // One row per user.
        let mut shares = vec![0f32; BLOCK * width];
        for first in (0..users).step_by(BLOCK) {
            watch::check();
            let block = first..users.min(first + BLOCK);
            let shares = &mut shares[..block.len() * width];
            for (at, series) in series.iter().enumerate() {
                let column = shares[at..].iter_mut().step_by(width);
                column.zip(block.clone()).for_each(|(share, user)| *share = series.get(user));
            }
            part.fill(0.0);
            add_weighted(shares, first as u32, &keys, &mut weights, &mut part);
            sums.iter_mut().zip(&part).for_each(|(sum, &part)| *sum += f64::from(part));
        }
        (n, sums)
    });
    let value = |(column, [sum, weight]): (&&Column, [usize; 2])| {
        let lanes = groups.iter().flat_map(|(n, sums)| {
            (0..*n).map(move |lane| (sums[sum * n + lane], sums[weight * n + lane]))
        });
        lanes.map(|(sum, weight)| column.finish(sum, weight)).collect()
    };
    columns.iter().zip(places).map(value).collect()
}

/// Numbers by user that are summed in each resample.
#[derive(PartialEq)]
enum Series<'a> {
    Sums(&'a [f32]),
    Weights(&'a Weights),
}

impl Series<'_> {
    fn get(&self, user: usize) -> f32 {
        match self {
            Self::Sums(sums) => sums[user],
            Self::Weights(weights) => weights.get(user) as f32,
        }
    }
}

/// Returns the key that the draws of each resample depend on.
pub(super) fn keys(seed: u64, resamples: Range<usize>) -> Vec<u32> {
    let rng = Rng::new(seed, &[]);
    resamples.map(|r| rng.piece(r as u64).bits() as u32).collect()
}

/// Adds the shares of users `first..` to `sums` (series × resamples), weighted by how often each resample holds the
/// user. `weights` is scratch space for one user. Loops run over slices of resamples, because with fixed-length arrays
/// the compiler unrolls the wrong loop.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_weighted(shares: &[f32], first: u32, keys: &[u32], weights: &mut [f32], sums: &mut [f32]) {
    let width = sums.len() / keys.len();
    for (u, shares) in shares.chunks_exact(width).enumerate() {
        let user = mix(first.wrapping_add(u as u32));
        for (weight, &key) in weights.iter_mut().zip(keys) {
            *weight = poisson(mix(user ^ key));
        }
        for (sums, &share) in sums.chunks_exact_mut(keys.len()).zip(shares) {
            vector::add_scaled_lanes(sums, share, weights);
        }
    }
}

/// Draws from Poisson(1) with 32 random bits.
#[inline(always)]
fn poisson(draw: u32) -> f32 {
    let mut count = 0u32;
    for threshold in THRESHOLDS {
        count += u32::from(draw >= threshold);
    }
    count as f32
}

/// Mixes 32 bits bijectively, so that each input bit affects each output bit (two rounds of multiply and shift).
#[inline(always)]
pub(super) fn mix(x: u32) -> u32 {
    let x = x.wrapping_add(0x9e37_79b9);
    let x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    let x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// Returns the interpolated quantile of the sorted `values` at `share`.
pub(super) fn quantile(values: &[f64], share: f64) -> f64 {
    let at = share * (values.len() - 1) as f64;
    let (low, high) = (values[at.floor() as usize], values[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Metric;

    fn column(metric: Metric, sums: &[f64], weights: &[u32]) -> Column {
        let mut column = Column::new(metric);
        sums.iter().zip(weights).for_each(|(&sum, &weight)| column.push(sum, weight));
        column
    }

    #[test]
    fn thresholds_are_poisson() {
        let (mut term, mut sum) = ((-1f64).exp(), 0.0);
        for (j, &threshold) in THRESHOLDS.iter().enumerate() {
            sum += term;
            term /= (j + 1) as f64;
            assert!((f64::from(threshold) - sum * 2f64.powi(32)).abs() <= 1.0, "{j}");
        }
    }

    #[test]
    fn a_mean_has_the_interval_of_theory() {
        let mut rng = Rng::new(4, &[]);
        let n = 2000;
        let values: Vec<f64> = (0..n).map(|_| f64::from(rng.normal())).collect();
        let ones = vec![1; n];
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: Vec<f64> = values.iter().map(|v| v * v).collect();
        let (a, b) =
            (column(Metric::Ndcg(1), &values, &ones), column(Metric::Rmse, &squares, &ones));
        let found = intervals(&[&a, &b], 4000, 1);
        let half = 1.96 / (n as f64).sqrt();
        let [low, high] = found[0].unwrap();
        assert!((low - (mean - half)).abs() < 0.1 * half, "{low} {mean} {half}");
        assert!((high - (mean + half)).abs() < 0.1 * half, "{high} {mean} {half}");
        // The root of a mean square: half the width, by the delta method.
        let rmse = (squares.iter().sum::<f64>() / n as f64).sqrt();
        let half = 1.96 * (2.0 / n as f64).sqrt() / (2.0 * rmse);
        let [low, high] = found[1].unwrap();
        assert!(((high - low) / 2.0 - half).abs() < 0.1 * half, "{low} {high} {half}");
    }

    #[test]
    fn intervals_cover_the_truth_as_often_as_they_say() {
        // Hit rates, and squared errors of a skewed distribution, of 150 users.
        let (n, worlds, mut covered) = (150, 400, [0; 2]);
        for world in 0..worlds {
            let mut rng = Rng::new(world, &[7]);
            let hits: Vec<f64> = (0..n).map(|_| f64::from(u8::from(rng.uniform() < 0.3))).collect();
            let squares: Vec<f64> = (0..n).map(|_| f64::from(rng.normal()).powi(2)).collect();
            let a = column(Metric::Hr(10), &hits, &vec![1; n]);
            let b = column(Metric::Rmse, &squares, &vec![1; n]);
            let ends = intervals(&[&a, &b], 400, world);
            for ((count, ends), truth) in covered.iter_mut().zip(ends).zip([0.3, 1.0]) {
                let [low, high] = ends.unwrap();
                *count += usize::from(low <= truth && truth <= high);
            }
        }
        // 95 % of 400 are 380; three standard deviations are 13, and few users make percentile
        // intervals a little narrow.
        assert!(covered.iter().all(|c| (360..=394).contains(c)), "{covered:?} of {worlds}");
    }

    #[test]
    fn sums_agree_with_the_naive_twin() {
        let n = 700;
        let sums: Vec<f64> = (0..n).map(|u| f64::from(u % 7)).collect();
        let weights: Vec<u32> = (0..n).map(|u| u % 3).collect();
        let c = column(Metric::Mae, &sums, &weights);
        let fast = resampled(&[&c], 35, 9);
        for (r, value) in fast[0].iter().enumerate() {
            let key = Rng::new(9, &[]).piece(r as u64).bits() as u32;
            let weight = |u: usize| {
                let draw = mix(mix(u as u32) ^ key);
                THRESHOLDS.iter().filter(|&&t| draw >= t).count() as f64
            };
            let sum: f64 = (0..n as usize).map(|u| weight(u) * sums[u]).sum();
            let whole: f64 = (0..n as usize).map(|u| weight(u) * f64::from(weights[u])).sum();
            assert!((value - sum / whole).abs() < 1e-6);
        }
    }

    #[test]
    fn few_users_have_no_interval() {
        let one = column(Metric::Auc, &[1.0, 0.0], &[1, 0]);
        assert_eq!(intervals(&[&one], 100, 0), [None]);
        assert_eq!(intervals(&[], 100, 0), []);
        let two = column(Metric::Auc, &[1.0, 0.0], &[1, 1]);
        assert_eq!(intervals(&[&two], 0, 0), [None]);
        assert_eq!(intervals(&[&two], 100, 0), [Some([0.0, 1.0])]);
    }
}
