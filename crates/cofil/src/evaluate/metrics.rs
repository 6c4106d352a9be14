//! Formulas of the rank metrics, from the ranks of a user's relevant items.
//!
//! Items with equal scores form groups. If these have more than one item, each value is the expectation over random
//! orders within groups, in closed form: a model that gives every item the same score then gets exactly the value of
//! random guessing. Definitions are those of [`Metric`].

use super::Metric;
use super::convention::{AveragePrecision, Discount, Divisor, Meaning, Precision};
use crate::math::real::log2;

/// Relevant items with the same score. They are among `size` candidates with that score, behind `before` candidates
/// with higher scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Candidates with a higher score.
    pub before: usize,
    /// Candidates with this score, the relevant ones included; at least `hits`.
    pub size: usize,
    /// Relevant items with this score; at least 1.
    pub hits: usize,
}

/// The ranks of one user's relevant items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement<'a> {
    /// From high to low score.
    pub groups: &'a [Group],
    /// |R|, the number of relevant items; those in no group cannot be recommended.
    pub relevant: usize,
    /// Number of items ranked.
    pub candidates: usize,
    /// Number of items in the list.
    pub listed: usize,
}

impl Placement<'_> {
    /// Returns the value of `metric`, a metric of ranks; `None` if it is undefined for this user.
    pub fn value(&self, metric: Metric, meaning: &Meaning, discounts: &Discounts) -> Option<f64> {
        let divisor = |by: Divisor, k: usize| by.of(k, self.relevant, self.listed);
        let divided = |sum: f64, by: Divisor, k: usize| match divisor(by, k) {
            0 if meaning.skips_empty => None,
            n => Some(sum / n.max(1) as f64),
        };
        match metric {
            _ if self.relevant == 0 => None,
            Metric::Ndcg(k) => {
                Some(self.dcg(k, discounts) / discounts.sum(divisor(meaning.ideal, k)))
            }
            Metric::Recall(k) => divided(self.hits(k), meaning.recall, k),
            Metric::RecallCapped(k) => divided(self.hits(k), Divisor::Capped, k),
            Metric::Precision(k) => match meaning.precision {
                Precision::Mean(by) => divided(self.hits(k), by, k),
                Precision::Pooled => divided(self.hits(k), Divisor::Capped, k),
            },
            Metric::Hr(k) => Some(self.any_hit(k)),
            Metric::Map(k) => match meaning.map {
                AveragePrecision::AtHits(by) => divided(self.precisions(k), by, k),
                AveragePrecision::EveryRank => {
                    let precisions = (1..=k).map(|rank| self.hits(rank) / rank as f64);
                    Some(precisions.sum::<f64>() / k as f64)
                }
            },
            Metric::Mrr(k) => Some(self.reciprocal(k)),
            Metric::Auc => self.auc(),
            _ => None,
        }
    }

    /// Expected hits in the first `k`: each group spreads its hits evenly over its ranks.
    fn hits(&self, k: usize) -> f64 {
        let inside = |g: &Group| k.saturating_sub(g.before).min(g.size) as f64;
        self.groups.iter().map(|g| g.hits as f64 * inside(g) / g.size as f64).sum()
    }

    /// Expected DCG at `k`: the same with the discounts of those ranks.
    fn dcg(&self, k: usize, discounts: &Discounts) -> f64 {
        let inside =
            |g: &Group| discounts.sum(k.min(g.before + g.size)) - discounts.sum(k.min(g.before));
        self.groups.iter().map(|g| g.hits as f64 * inside(g) / g.size as f64).sum()
    }

    /// Probability of a hit in the first `k`.
    fn any_hit(&self, k: usize) -> f64 {
        // The first group decides alone: within the first k it has a hit for certain, and if it reaches beyond k, no
        // later group is inside.
        let Some(first) = self.groups.first() else { return 0.0 };
        let places = k.saturating_sub(first.before).min(first.size);
        // None of the hits is in `places` of the group: C(size − hits, places) / C(size, places).
        let missed = |j: usize| {
            let free = first.size - first.hits;
            free.saturating_sub(j) as f64 / (first.size - j) as f64
        };
        1.0 - (0..places).map(missed).product::<f64>()
    }

    /// Expected 1 / rank of the first hit, if that is at most `k`.
    fn reciprocal(&self, k: usize) -> f64 {
        let Some(first) = self.groups.first() else { return 0.0 };
        let last = (first.size - first.hits).min(k.saturating_sub(first.before + 1));
        let (mut none_yet, mut sum) = (1.0, 0.0);
        for t in 0..=last {
            let rank = first.before + t + 1;
            if rank > k {
                break;
            }
            let here = first.hits as f64 / (first.size - t) as f64;
            sum += none_yet * here / rank as f64;
            none_yet *= 1.0 - here;
        }
        sum
    }

    /// Expected sum of precision at the rank of each hit, for ranks up to `k`.
    fn precisions(&self, k: usize) -> f64 {
        let mut sum = 0.0;
        let mut above = 0;
        for g in self.groups {
            let each = g.hits as f64 / g.size as f64;
            // Given a hit at one rank, the other hits spread over the other ranks of the group.
            let others = (g.hits - 1) as f64 / (g.size - 1).max(1) as f64;
            for t in 0..k.saturating_sub(g.before).min(g.size) {
                let hits = (above + 1) as f64 + t as f64 * others;
                sum += each * hits / (g.before + t + 1) as f64;
            }
            above += g.hits;
        }
        sum
    }

    /// Share of (relevant, other) pairs in the right order, with ties counting half. A relevant item that cannot be
    /// recommended ranks behind all others.
    fn auc(&self) -> Option<f64> {
        let ranked: usize = self.groups.iter().map(|g| g.hits).sum();
        let others = self.candidates - ranked;
        let (mut pairs, mut above) = (0.0, 0);
        for g in self.groups {
            let equal = g.size - g.hits;
            let below = others - (g.before - above) - equal;
            pairs += g.hits as f64 * (below as f64 + 0.5 * equal as f64);
            above += g.hits;
        }
        (others > 0).then(|| pairs / (self.relevant as f64 * others as f64))
    }
}

/// Cumulative sums of 1 / log₂(rank + 1), or of a convention's own discount, over the first ranks.
#[derive(Clone, Debug)]
pub struct Discounts(Vec<f64>);

impl Discounts {
    /// Computes the sums for ranks up to `longest`.
    pub fn new(longest: usize, discount: Discount) -> Self {
        let mut sums = vec![0.0];
        for rank in 1..=longest {
            let from = match discount {
                Discount::Log => rank + 1,
                Discount::ClippedLog => rank.max(2),
            };
            sums.push(sums[rank - 1] + 1.0 / log2(from as f64));
        }
        Self(sums)
    }

    /// Computes the sums for the largest cutoff of `metrics`, but no more than lists of `most` items need. If ideal
    /// lists are not cut, covers those too.
    pub fn for_metrics(metrics: &[Metric], meaning: &Meaning, most: usize) -> Self {
        let longest = metrics.iter().filter_map(Metric::cutoff).max().unwrap_or(0);
        let uncut = meaning.ideal == Divisor::Relevant;
        Self::new(if uncut { most } else { longest.min(most) }, meaning.discount)
    }

    /// Returns the DCG of hits at all of the first `n` ranks (at most as many as there are).
    pub fn sum(&self, n: usize) -> f64 {
        self.0[n.min(self.0.len() - 1)]
    }
}

/// Returns the Gini coefficient of `counts`, 0 if all are equal. Sorts `counts`.
pub fn gini(counts: &mut [u64]) -> f64 {
    counts.sort_unstable();
    let n = counts.len() as f64;
    let total: f64 = counts.iter().map(|&c| c as f64).sum();
    let weighted: f64 =
        counts.iter().enumerate().map(|(i, &c)| (2.0 * (i + 1) as f64 - n - 1.0) * c as f64).sum();
    if total > 0.0 { weighted / (n * total) } else { 0.0 }
}

#[cfg(test)]
mod tests;
