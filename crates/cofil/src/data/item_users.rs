//! Users of each item: columns of the histories, built to count the users that two items share.
//!
//! A column is stored as bits, one per user, if that takes no more memory than the list of its users. So all columns
//! together are never larger than the data, and popular items, which are used most, are compared 64 users at a time.

use super::Csr;
use multiversion::multiversion;

/// The users of each item.
#[derive(Clone, Debug)]
pub(crate) struct ItemUsers {
    /// Items × users.
    lists: Csr,
    /// Where the bits of an item begin; `None` if it is stored as a list.
    bits_of: Vec<Option<usize>>,
    bits: Vec<u64>,
    /// Words per column of bits.
    words: usize,
}

impl ItemUsers {
    /// Builds the columns from histories, users × items. Values are ignored.
    pub fn new(by_user: &Csr) -> Self {
        let lists = by_user.transposed();
        let words = by_user.rows().div_ceil(64);
        let mut bits = Vec::new();
        let bits_of = lists.iter().map(|row| {
            // 8 bytes per word, 4 bytes per entry.
            (row.len() >= 2 * words && !row.is_empty()).then(|| {
                let start = bits.len();
                bits.resize(start + words, 0u64);
                row.columns.iter().for_each(|&u| bits[start + u as usize / 64] |= 1 << (u % 64));
                start
            })
        });
        Self { bits_of: bits_of.collect(), lists, bits, words }
    }

    /// Returns the number of users who have `item`.
    pub fn count(&self, item: u32) -> u32 {
        self.lists.row(item as usize).len() as u32
    }

    /// Returns the number of users of the most popular item.
    pub fn most(&self) -> u32 {
        (0..self.lists.rows() as u32).map(|item| self.count(item)).max().unwrap_or(0)
    }

    /// Returns the number of users who have both items.
    pub fn common(&self, a: u32, b: u32) -> u32 {
        let list = |item: u32| self.lists.row(item as usize).columns;
        let bits = |start: usize| &self.bits[start..start + self.words];
        match (self.bits_of[a as usize], self.bits_of[b as usize]) {
            (Some(a), Some(b)) => common_bits(bits(a), bits(b)),
            (Some(a), None) => common_mixed(bits(a), list(b)),
            (None, Some(b)) => common_mixed(bits(b), list(a)),
            (None, None) => common_lists(list(a), list(b)),
        }
    }

    /// Returns the cosine of the two columns, n_ab / √(n_a n_b): 0 for no common user, 1 for the same users.
    pub fn cosine(&self, a: u32, b: u32) -> f32 {
        let counts = f64::from(self.count(a)) * f64::from(self.count(b));
        match counts > 0.0 {
            true => (f64::from(self.common(a, b)) / counts.sqrt()) as f32,
            false => 0.0,
        }
    }
}

/// A plain loop over words, which the compiler vectorises if the CPU has an instruction for it.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512vpopcntdq",
    "x86_64+avx2+popcnt",
    "aarch64+neon"
))]
fn common_bits(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u64::from((a & b).count_ones())).sum::<u64>() as u32
}

fn common_mixed(bits: &[u64], list: &[u32]) -> u32 {
    list.iter().map(|&u| (bits[u as usize / 64] >> (u % 64) & 1) as u32).sum()
}

/// Both lists are ascending; each step advances past the smaller head, or past both.
fn common_lists(a: &[u32], b: &[u32]) -> u32 {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        common += u32::from(a[i] == b[j]);
        let (x, y) = (a[i], b[j]);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn common_users_are_those_in_both_columns() {
        let mut rng = Rng::new(5, &[]);
        // About one in i + 1 of 300 users has item i, so that some columns are bits and some are lists.
        let items = 40;
        let rows: Vec<Vec<(u32, f32)>> = (0..300)
            .map(|_| (1..items).filter(|&i| rng.below(i) == 0).map(|i| (i, -2.0)).collect())
            .collect();
        let by_user = Csr::from_rows(items as usize, rows.clone());
        let item_users = ItemUsers::new(&by_user);
        let bits = item_users.bits_of.iter().flatten().count();
        assert!(bits > 5 && bits < 39, "{bits} columns are bits");
        let has = |row: &[(u32, f32)], item: u32| row.iter().any(|&(i, _)| i == item);
        for a in 0..items {
            for b in 0..items {
                let both = rows.iter().filter(|row| has(row, a) && has(row, b)).count() as u32;
                assert_eq!(item_users.common(a, b), both, "{a} and {b}");
                let [n, m] = [a, b].map(|i| f64::from(item_users.count(i)));
                let cosine = if n * m > 0.0 { f64::from(both) / (n * m).sqrt() } else { 0.0 };
                assert_eq!(item_users.cosine(a, b), cosine as f32);
            }
        }
        assert_eq!(item_users.count(0), 0);
        assert_eq!(item_users.most(), 300);
    }
}
