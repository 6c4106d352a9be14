//! Negative sampling: draws items that a user has not interacted with.
//!
//! Sampling is exact. Items the user already has are never drawn, and the others have the probability Q(j | u) = w_j
//! / Σ_{i ∉ u} w_i, where w is 1 (`uniform`) or a power of the item's number of interactions (`popularity`,
//! `in-batch`). [`Sampler::log_probability`] returns ln Q, which a sampled softmax needs. Membership is tested by
//! binary search in the user's sorted row; no set is built. A user who has interacted with every item that could be
//! drawn has no negatives, and the sampler says so.

mod alias;

use super::Csr;
use crate::math::Rng;
use crate::math::real::{ln, power};
pub use alias::Alias;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Number of draws that may hit one of the user's own items before falling back to a slower method that cannot.
const TRIES: usize = 32;

/// Distribution of negative samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// All items with equal probability.
    #[default]
    Uniform,
    /// Items in proportion to a power of their number of interactions.
    Popularity,
    /// The items of the other examples in the batch, in proportion to their number of occurrences.
    InBatch,
}

/// Draws negatives for the users of a data set.
#[derive(Clone, Debug)]
pub(crate) struct Sampler<'a> {
    positives: &'a Csr,
    pool: Cow<'a, Pool>,
    /// ln Σ_{i ∉ u} w_i by user; −∞ if nothing can be drawn.
    log_mass: Vec<f32>,
}

/// Returns a digest of negatives given by user.
pub(crate) fn fingerprint(lists: &[Vec<u32>]) -> String {
    let mut hash = blake3::Hasher::new();
    for list in lists {
        hash.update(&(list.len() as u64).to_le_bytes());
        for item in list {
            hash.update(&item.to_le_bytes());
        }
    }
    hash.finalize().to_hex().to_string()
}

/// The items to draw negatives from. A pool that does not depend on the users can be used for many data sets.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    /// This many items, with w = 1.
    Uniform(usize),
    /// w from counts, drawn from a batch if requested.
    Weighted {
        weights: Vec<f32>,
        /// Σ w.
        whole: f64,
        alias: Alias,
        in_batch: bool,
    },
    /// Lists by user: those of user u are `items[starts[u]..starts[u + 1]]`.
    Given { starts: Vec<usize>, items: Vec<u32> },
}

impl<'a> Sampler<'a> {
    /// Creates a sampler for the users of `positives`; `exponent` is the power of `popularity`.
    pub fn new(positives: &'a Csr, sampling: Sampling, exponent: f32) -> Self {
        let counts = positives.column_counts();
        let counts: Vec<f32> = counts.into_iter().map(|count| count as f32).collect();
        Self::weighted(positives, sampling, exponent, &counts)
    }

    /// Like [`new`](Self::new), with given numbers of interactions of the items.
    pub fn weighted(positives: &'a Csr, sampling: Sampling, exponent: f32, counts: &[f32]) -> Self {
        Self::over(positives, Cow::Owned(Pool::new(sampling, exponent, counts)))
    }

    /// Creates a sampler from `pool` for the users of `positives`.
    pub fn over(positives: &'a Csr, pool: Cow<'a, Pool>) -> Self {
        let log_mass = positives.iter().map(|row| ln(pool.mass_without(row.columns)) as f32);
        Self { positives, log_mass: log_mass.collect(), pool }
    }

    /// Creates a sampler from fixed lists by user. The user's own items are skipped; the remaining ones are equally
    /// likely.
    pub fn given(positives: &'a Csr, lists: &[Vec<u32>]) -> Self {
        let (mut starts, mut items) = (vec![0], Vec::new());
        for (u, row) in positives.iter().enumerate() {
            let mut list = lists.get(u).cloned().unwrap_or_default();
            list.sort_unstable();
            list.dedup();
            list.retain(|i| row.columns.binary_search(i).is_err());
            items.extend(list);
            starts.push(items.len());
        }
        let log_mass = starts.windows(2).map(|w| ln((w[1] - w[0]) as f32)).collect();
        Self { positives, pool: Cow::Owned(Pool::Given { starts, items }), log_mass }
    }

    /// Returns whether there are negatives for `user`.
    pub fn has_negatives(&self, user: u32) -> bool {
        self.log_mass[user as usize] > f32::NEG_INFINITY
    }

    /// Prefetches the data that a draw for `user` needs; to be called some draws ahead.
    pub fn foresee(&self, user: u32) {
        let lines = self.positives.row(user as usize).columns.iter().step_by(16);
        std::hint::black_box(lines.fold(0, |all, column| all ^ column));
    }

    /// Returns ln Q(item | user) of an item that can be drawn for the user.
    pub fn log_probability(&self, user: u32, item: u32) -> f32 {
        let weight = match &*self.pool {
            Pool::Weighted { weights, .. } => ln(weights[item as usize]),
            _ => 0.0,
        };
        weight - self.log_mass[user as usize]
    }

    /// Returns ln(k Q), which a sampled softmax subtracts from the score of each of k negatives.
    pub fn correction(&self, user: u32, item: u32, k: usize) -> f32 {
        match self.has_negatives(user) {
            true => self.log_probability(user, item) + ln(k as f32),
            false => 0.0,
        }
    }

    /// Fills `negatives` with independent draws for `user`; `batch` are the items of the other examples. Returns
    /// false, and draws nothing, if the user has no negatives.
    pub fn draw(&self, user: u32, batch: &[u32], rng: &mut Rng, negatives: &mut [u32]) -> bool {
        if !self.has_negatives(user) {
            return false;
        }
        let own = self.positives.row(user as usize).columns;
        match &*self.pool {
            Pool::Uniform(_) => {
                let left = (self.positives.cols() - own.len()) as u32;
                negatives.fill_with(|| rng.below(left));
                let (fours, rest) = negatives.as_chunks_mut::<4>();
                fours.iter_mut().for_each(|n| *n = nth_missing(own, *n));
                rest.iter_mut().for_each(|n| [*n] = nth_missing(own, [*n]));
            }
            Pool::Weighted { weights, alias, in_batch, .. } => {
                let candidates = if *in_batch { batch } else { &[] };
                negatives.fill_with(|| {
                    let mut tries = (0..TRIES).map(|_| match candidates.len() {
                        0 => alias.draw(rng),
                        n => candidates[rng.below(n as u32) as usize],
                    });
                    let found = tries.find(|item| own.binary_search(item).is_err());
                    found.unwrap_or_else(|| walk(own, weights, rng.uniform()))
                });
            }
            Pool::Given { starts, items } => {
                let list = &items[starts[user as usize]..starts[user as usize + 1]];
                negatives.fill_with(|| list[rng.below(list.len() as u32) as usize]);
            }
        }
        true
    }
}

impl Pool {
    /// Creates a pool of all items; `counts` are their numbers of interactions, `exponent` is the power of
    /// `popularity`.
    pub fn new(sampling: Sampling, exponent: f32, counts: &[f32]) -> Self {
        match sampling {
            Sampling::Uniform => Self::Uniform(counts.len()),
            Sampling::Popularity => Self::weighted(counts, exponent, false),
            Sampling::InBatch => Self::weighted(counts, 1.0, true),
        }
    }

    fn weighted(counts: &[f32], exponent: f32, in_batch: bool) -> Self {
        // Avoid 0⁰ = 1: an item without interactions is not popular.
        let weight = |&count: &f32| if count > 0.0 { power(count, exponent) } else { 0.0 };
        let weights: Vec<f32> = counts.iter().map(weight).collect();
        let whole = weights.iter().map(|&w| f64::from(w)).sum();
        Self::Weighted { alias: Alias::new(&weights), weights, whole, in_batch }
    }

    /// Returns Σ w of the items that are not in `own`, which must be ascending.
    ///
    /// # Panics
    /// If the pool is given by user: its lists do not contain own items.
    fn mass_without(&self, own: &[u32]) -> f64 {
        match self {
            Self::Uniform(items) => (items - own.len()) as f64,
            Self::Weighted { weights, whole, .. } => {
                // For short rows, subtracting is as accurate as summing the rest, and much cheaper.
                if own.len() * 4 < weights.len() {
                    let mass =
                        whole - own.iter().map(|&i| f64::from(weights[i as usize])).sum::<f64>();
                    if mass > 1e-3 * whole {
                        return mass;
                    }
                }
                // Summed over the rest instead of subtracted, so that an empty rest is exactly 0.
                let mut left = 0.0;
                let mut own = own.iter().peekable();
                for (i, &w) in (0u32..).zip(weights) {
                    if own.next_if_eq(&&i).is_none() {
                        left += f64::from(w);
                    }
                }
                left
            }
            Self::Given { .. } => unreachable!("lists by user"),
        }
    }
}

/// Returns, for each n, the `n`th number, from 0, that is not in `sorted`.
///
/// Before sorted[m], sorted[m] − m numbers are missing, which never falls with m. The search asks for how many m this
/// is at most n. It bisects without branches, which would be unpredictable, and for all `n` side by side, so that
/// memory accesses overlap.
fn nth_missing<const N: usize>(sorted: &[u32], n: [u32; N]) -> [u32; N] {
    let (mut start, mut size) = ([0; N], sorted.len());
    while size > 0 {
        let half = size.div_ceil(2);
        for (start, n) in start.iter_mut().zip(n) {
            let middle = *start + half - 1;
            let below = sorted[middle] - middle as u32 <= n;
            *start = std::hint::select_unpredictable(below, *start + half, *start);
        }
        // If the answer was no, this leaves one element too many. It is a no again and does no harm.
        size -= half;
    }
    std::array::from_fn(|l| n[l] + start[l] as u32)
}

/// Returns the item not in `own` at `place` ∈ [0, 1) of their total weight.
fn walk(own: &[u32], weights: &[f32], place: f32) -> u32 {
    let left = || {
        let all = (0u32..).zip(weights);
        all.filter(|(i, w)| **w > 0.0 && own.binary_search(i).is_err())
    };
    let mut rest = f64::from(place) * left().map(|(_, w)| f64::from(*w)).sum::<f64>();
    let mut last = 0;
    for (item, &weight) in left() {
        last = item;
        rest -= f64::from(weight);
        if rest < 0.0 {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests;
