//! Distribution of interactions over users or items.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Distribution of the number of interactions per user, or per item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// The smallest number of interactions.
    pub min: u32,
    /// First quartile of the number of interactions.
    pub q25: u32,
    /// Median number of interactions.
    pub median: u32,
    /// Third quartile of the number of interactions.
    pub q75: u32,
    /// 95 % quantile of the number of interactions.
    pub q95: u32,
    /// 99 % quantile of the number of interactions.
    pub q99: u32,
    /// The largest number of interactions.
    pub max: u32,
    /// The mean number of interactions.
    pub mean: f64,
    /// Users or items with exactly one interaction.
    pub with_one: usize,
    /// Users or items with fewer than five interactions.
    pub under_five: usize,
    /// Users or items with the largest number of interactions.
    pub at_max: usize,
    /// Users or items in the id map without any interaction.
    pub without: usize,
    /// Gini index: 0 if all have the same number of interactions, near 1 if one has nearly all.
    pub gini: f64,
    /// Share of the interactions that belongs to the most active 1 % of users (most popular items), rounded up to at
    /// least one.
    pub top_percent: f64,
    /// The users or items with the most interactions, in descending order.
    pub top: Vec<Top>,
    /// Number of users or items with 1, 2–3, 4–7, 8–15 … interactions.
    pub histogram: Vec<Bin>,
    /// Lorenz curve: the share of the interactions that belongs to the 0 %, 2 % … 100 % with the fewest interactions.
    pub lorenz: Vec<f64>,
}

/// A user or item and its number of interactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Top {
    /// Id of the user or item.
    pub name: String,
    /// Number of interactions of the user or item.
    pub interactions: u32,
}

/// A bar of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bin {
    /// Smallest value of the bar.
    pub low: f64,
    /// Largest value of the bar; the next bar begins above it.
    pub high: f64,
    /// Number of users, items or rows in the bar.
    pub count: usize,
}

impl Spread {
    /// Summarises the interactions per user or item. Those without any count in `without` only.
    pub(super) fn of<'a>(counts: &[u32], name: impl Fn(u32) -> &'a str) -> Self {
        let mut named: Vec<(u32, u32)> =
            counts.iter().copied().zip(0..).filter(|&(n, _)| n > 0).collect();
        let without = counts.len() - named.len();
        // Equal counts in the order of the numbers of the ids.
        named.sort_unstable_by_key(|&(n, index)| (n, std::cmp::Reverse(index)));
        let top = named.iter().rev().take(3);
        let top = top
            .map(|&(interactions, index)| Top { name: name(index).to_owned(), interactions })
            .collect();
        let sorted: Vec<u32> = named.into_iter().map(|(n, _)| n).collect();
        if sorted.is_empty() {
            return Self { without, ..Self::default() };
        }
        let n = sorted.len();
        let mut held = Vec::with_capacity(n + 1);
        held.push(0u64);
        for &count in &sorted {
            held.push(held[held.len() - 1] + u64::from(count));
        }
        let total = held[n] as f64;
        let share = |names: usize| held[names] as f64 / total;
        let busiest = n.div_ceil(100);
        Self {
            min: sorted[0],
            q25: quantile(&sorted, 0.25),
            median: quantile(&sorted, 0.5),
            q75: quantile(&sorted, 0.75),
            q95: quantile(&sorted, 0.95),
            q99: quantile(&sorted, 0.99),
            max: sorted[n - 1],
            mean: total / n as f64,
            with_one: sorted.partition_point(|&c| c < 2),
            under_five: sorted.partition_point(|&c| c < 5),
            at_max: n - sorted.partition_point(|&c| c < sorted[n - 1]),
            without,
            gini: gini(&sorted, total),
            top_percent: 1.0 - share(n - busiest),
            top,
            histogram: doubling_bins(&sorted),
            lorenz: (0..=50).map(|i| share((i * n).div_ceil(50).min(n))).collect(),
        }
    }
}

/// Returns the smallest element of `sorted` with at least the share `q` of the elements at or below it.
pub(super) fn quantile<T: Copy>(sorted: &[T], q: f64) -> T {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// Σᵢ (2i − n − 1) xᵢ / (n Σx) over ascending x, with i from 1.
fn gini(sorted: &[u32], total: f64) -> f64 {
    let n = sorted.len() as f64;
    let weighted: f64 =
        sorted.iter().zip(1u64..).map(|(&x, i)| (2.0 * i as f64 - n - 1.0) * f64::from(x)).sum();
    weighted / (n * total)
}

fn doubling_bins(sorted: &[u32]) -> Vec<Bin> {
    let max = sorted[sorted.len() - 1];
    let bin = |power: u32| {
        let (low, high) = (1u64 << power, (1u64 << (power + 1)) - 1);
        let below = |limit: u64| sorted.partition_point(|&c| u64::from(c) < limit);
        Bin { low: low as f64, high: high as f64, count: below(high + 1) - below(low) }
    };
    (0..=max.ilog2()).map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_by_hand() {
        let names = ["a", "b", "c", "d", "e"];
        let spread = Spread::of(&[4, 1, 0, 2, 1], |i| names[i as usize]);
        // Sorted: 1 1 2 4; Σ(2i − 5)x = −3 − 1 + 2 + 12 = 10; 10 / (4 · 8) = 0.3125.
        assert_eq!(spread.gini, 0.3125);
        assert_eq!(
            (spread.min, spread.q25, spread.median, spread.q75, spread.max),
            (1, 1, 1, 2, 4)
        );
        assert_eq!((spread.with_one, spread.under_five, spread.without), (2, 4, 1));
        assert_eq!(spread.at_max, 1);
        assert_eq!((spread.mean, spread.top_percent), (2.0, 0.5));
        let top: Vec<_> = spread.top.iter().map(|t| (t.name.as_str(), t.interactions)).collect();
        assert_eq!(top, [("a", 4), ("d", 2), ("b", 1)]);
        let bins: Vec<_> = spread.histogram.iter().map(|b| (b.low, b.high, b.count)).collect();
        assert_eq!(bins, [(1.0, 1.0, 2), (2.0, 3.0, 1), (4.0, 7.0, 1)]);
        assert_eq!((spread.lorenz.len(), spread.lorenz[0], spread.lorenz[50]), (51, 0.0, 1.0));
        assert_eq!(spread.lorenz[25], 0.25, "the least busy half has two of eight");
    }

    #[test]
    fn equality_and_nothing() {
        let same = Spread::of(&[3, 3, 3], |_| "x");
        assert_eq!((same.gini, same.median, same.q99), (0.0, 3, 3));
        let none = Spread::of(&[0, 0], |_| "x");
        assert_eq!((none.without, none.max, none.gini), (2, 0, 0.0));
    }

    #[test]
    fn quantiles_are_members() {
        let sorted: Vec<u32> = (1..=100).collect();
        assert_eq!((quantile(&sorted, 0.25), quantile(&sorted, 0.99)), (25, 99));
        assert_eq!((quantile(&sorted, 0.0), quantile(&sorted, 1.0)), (1, 100));
    }
}
