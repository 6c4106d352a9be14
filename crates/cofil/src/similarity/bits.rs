//! Counts of the users two items share, 64 users at a time.
//!
//! For dense data with values of 1, one bit per pair of user and item is enough: an entry of XᵀX is the number of
//! bits two items share. A machine that counts the bits of a whole vector of numbers at once does this faster than
//! walking through users. Counts are exact, so both ways give the same bytes.

use super::ItemColumns;
use crate::math::real::square;
use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use std::ops::Range;

/// Number of items side by side in a tile: their counts stay in registers while the users stream past.
const SIDE: usize = 32;

/// A bit for each user and item: whether the user has the item.
pub struct Bits {
    items: usize,
    /// Count of numbers of 64 users.
    words: usize,
    /// Tiles of [`SIDE`] items: for each 64 users, a number for every item.
    tiles: Vec<[u64; SIDE]>,
}

impl Bits {
    /// Returns the bits of X if counting them is faster. `pairs` is the number of products of two entries of the same
    /// user; one product takes as long as eight counts.
    pub fn if_shorter(by_item: &ItemColumns<'_>, pairs: usize) -> Option<Self> {
        let counts = square(by_item.items() as f64) * by_item.users().div_ceil(64) as f64;
        let shorter = by_item.binary && counts_fast() && counts < 8.0 * pairs as f64;
        shorter.then(|| Self::new(by_item))
    }

    fn new(by_item: &ItemColumns<'_>) -> Self {
        let (items, words) = (by_item.items(), by_item.users().div_ceil(64));
        let mut tiles = vec![[0; SIDE]; items.div_ceil(SIDE) * words];
        for i in 0..items {
            let tile = &mut tiles[i / SIDE * words..][..words];
            for &u in by_item.users_of(i) {
                tile[u as usize / 64][i % SIDE] |= 1 << (u % 64);
            }
        }
        Self { items, words, tiles }
    }

    /// Returns the rows of XᵀX of `items`, one after the other.
    pub fn products(&self, items: Range<usize>) -> Vec<f32> {
        let words = |i: usize| {
            let tile = &self.tiles[i / SIDE * self.words..][..self.words];
            tile.iter().map(move |numbers| numbers[i % SIDE])
        };
        let from: Vec<u64> = items.flat_map(words).collect();
        let mut rows = vec![0.0; from.len() / self.words * self.items];
        count(&from, &self.tiles, self.words, self.items, &mut rows);
        rows
    }
}

/// Whether this machine has an instruction that counts the bits of the numbers in a vector.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512vpopcntdq"))]
fn counts_fast() -> bool {
    target_cfg_f!(target_feature = "avx512vpopcntdq")
}

/// Counts the bits that each item of `from`, `words` numbers each, shares with each of the `items` of `tiles`.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512vpopcntdq"))]
fn count(from: &[u64], tiles: &[[u64; SIDE]], words: usize, items: usize, rows: &mut [f32]) {
    for (t, tile) in tiles.chunks_exact(words).enumerate() {
        for (from, row) in from.chunks_exact(words).zip(rows.chunks_exact_mut(items)) {
            let mut counts = [0u64; SIDE];
            for (x, tile) in from.iter().zip(tile) {
                for l in 0..SIDE {
                    counts[l] += u64::from((x & tile[l]).count_ones());
                }
            }
            row[t * SIDE..].iter_mut().zip(counts).for_each(|(to, count)| *to = count as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Csr;
    use crate::math::Rng;

    #[test]
    fn bits_count_what_sums_sum() {
        let mut rng = Rng::new(3, &[]);
        for (users, items) in [(1, 1), (700, 11), (64, 75)] {
            let mut row = || {
                let all = 0..items as u32;
                all.filter(|_| rng.uniform() < 0.3).map(|i| (i, 1.0)).collect::<Vec<_>>()
            };
            let matrix = Csr::from_rows(items, (0..users).map(|_| row()).collect::<Vec<_>>());
            let by_item = ItemColumns::new(&matrix);
            let bits = Bits::new(&by_item);
            let found = bits.products(0..items);
            for (i, found) in found.chunks(items).enumerate() {
                let mut sums = vec![0.0; items];
                by_item.add_products(i, &mut sums);
                assert_eq!(found, sums);
            }
            let last = bits.products(items - 1..items);
            assert_eq!(last, found[(items - 1) * items..]);
        }
    }
}
