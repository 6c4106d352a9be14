//! The training data cut into a fixed grid of blocks of users × items.
//!
//! The blocks of a diagonal share neither users nor items, so they are learned in parallel, each by one thread, and
//! the result does not depend on the number of threads (the stratified schedule of Gemulla et al., "Large-scale
//! matrix factorization with distributed stochastic gradient descent", KDD 2011). The number of groups depends on the
//! data alone.

use crate::data::Csr;
use crate::math::{Rng, parallel};

/// Maximum number of groups on a side, unless the 16-bit indices need more.
const MOST_GROUPS: usize = 64;

/// Maximum number of entries that stay together from epoch to epoch: 16 cache lines, read in sequence.
const CHUNK: usize = 128;

/// Minimum number of chunks a block needs to be reordered by chunks; smaller blocks are reordered by entries.
const CHUNKS: usize = 256;

/// A value at (user, item), both numbered within their groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Row of the user's group.
    pub user: u16,
    /// Row of the item's group.
    pub item: u16,
    /// The value to predict.
    pub value: f32,
}

/// The rows of one side, dealt to groups.
#[derive(Clone, Debug)]
pub struct Groups {
    /// The rows of each group, those with most entries first because they share cache lines.
    pub rows: Vec<Vec<u32>>,
    /// (group, position in the group) of each row.
    place: Vec<(u16, u16)>,
}

/// All entries by block: block (g, h) holds those of user group g and item group h. `E` is what an algorithm needs of
/// an entry.
#[derive(Clone, Debug)]
pub struct Grid<E> {
    /// The users.
    pub users: Groups,
    /// The items.
    pub items: Groups,
    /// `blocks[g][h]`, entries in random order.
    pub blocks: Vec<Vec<Vec<E>>>,
}

impl Groups {
    /// Deals rows with these numbers of entries to `groups` groups at random, so that each group gets its share of
    /// rows with many entries.
    fn deal(counts: &[u32], groups: usize, rng: &mut Rng) -> Self {
        let mut order: Vec<u32> = (0..counts.len() as u32).collect();
        order.sort_by_key(|&r| std::cmp::Reverse(counts[r as usize]));
        let mut rows = vec![Vec::with_capacity(counts.len().div_ceil(groups)); groups];
        let mut place = vec![(0, 0); counts.len()];
        let mut turn: Vec<usize> = (0..groups).collect();
        for hand in order.chunks(groups) {
            rng.shuffle(&mut turn);
            for (&row, &group) in hand.iter().zip(&turn) {
                place[row as usize] = (group as u16, rows[group].len() as u16);
                rows[group].push(row);
            }
        }
        Self { rows, place }
    }
}

impl<E: Send> Grid<E> {
    /// Lays out `data` in the given numbers of user and item groups. `entry` makes an entry of the positions of user
    /// and item in their groups and the value; `rng` decides the groups and the order inside the blocks.
    pub fn new(
        data: &Csr,
        entry: impl Fn(u16, u16, f32) -> E + Sync,
        [tall, wide]: [usize; 2],
        rng: &Rng,
    ) -> Self {
        let degrees: Vec<u32> = data.iter().map(|row| row.len() as u32).collect();
        let users = Groups::deal(&degrees, tall, &mut rng.piece(0));
        let items = Groups::deal(&data.column_counts(), wide, &mut rng.piece(1));
        let stripe = |g: usize| {
            // Count first: blocks differ much in size, and a growing vector takes up to twice its size.
            let mut sizes = vec![0; wide];
            for &row in &users.rows[g] {
                let of_items = data.row(row as usize).columns.iter();
                of_items.for_each(|&item| sizes[usize::from(items.place[item as usize].0)] += 1);
            }
            let mut blocks: Vec<Vec<E>> = sizes.into_iter().map(Vec::with_capacity).collect();
            for (user, &row) in users.rows[g].iter().enumerate() {
                for (item, value) in data.row(row as usize).iter() {
                    let (h, item) = items.place[item as usize];
                    blocks[h as usize].push(entry(user as u16, item, value));
                }
            }
            for (h, block) in blocks.iter_mut().enumerate() {
                rng.piece((2 + g * wide + h) as u64).shuffle(block);
            }
            blocks
        };
        let blocks = parallel::map_all(0..tall, stripe);
        Self { users, items, blocks }
    }
}

/// Number B of groups on each side of a table of this size for `block` entries in a block. A block should be large
/// enough to outweigh a barrier between threads, and small enough for its rows to stay in a level-2 cache.
pub fn size(users: usize, items: usize, entries: usize, block: usize) -> usize {
    let by_entries = (entries as f64 / block as f64).sqrt() as usize;
    let by_index = users.max(items).div_ceil(1 << 16);
    by_entries.clamp(1, MOST_GROUPS).min(users.min(items).max(1)).max(by_index)
}

/// The order in which an epoch visits a block of `len` entries: chunk c holds
/// `entries[c * size..]`, up to `size` of them.
pub fn order(len: usize, rng: &mut Rng) -> (usize, Vec<u32>) {
    let size = chunk(len);
    let mut chunks: Vec<u32> = (0..len.div_ceil(size) as u32).collect();
    rng.shuffle(&mut chunks);
    (size, chunks)
}

/// Number of entries, of `len`, that stay together from epoch to epoch.
pub fn chunk(len: usize) -> usize {
    (len / CHUNKS).clamp(1, CHUNK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    #[test]
    fn the_size_depends_on_the_data() {
        let size = |users, items, entries| size(users, items, entries, 1 << 14);
        assert_eq!(size(5, 5, 20), 1);
        assert_eq!(size(6040, 3706, 900_000), 7);
        assert_eq!(size(138_000, 27_000, 20_000_000), 34);
        assert_eq!(size(1 << 22, 10, 1000), 64, "16-bit places");
        assert_eq!(size(2, 1_000, 1_000_000), 2);
        assert_eq!(size(0, 0, 0), 1);
    }

    proptest! {
        #[test]
        fn every_entry_is_in_its_block_once(seed in 0u64..1000, users in 1usize..40, items in 1usize..40, groups in 1usize..6) {
            let mut rng = Rng::new(seed, &[]);
            let rows: Vec<Vec<(u32, f32)>> = (0..users)
                .map(|_| (0..items as u32).filter(|_| rng.uniform() < 0.4).collect::<Vec<_>>().into_iter().map(|i| (i, rng.normal())).collect())
                .collect();
            let data = Csr::from_rows(items, rows);
            let entry = |user, item, value| Entry { user, item, value };
            let grid = Grid::new(&data, entry, [groups, groups + 1], &rng);
            let mut found = Vec::new();
            for (g, stripe) in grid.blocks.iter().enumerate() {
                for (h, block) in stripe.iter().enumerate() {
                    for e in block {
                        let (u, i) = (grid.users.rows[g][e.user as usize], grid.items.rows[h][e.item as usize]);
                        prop_assert_eq!(data.row(u as usize).get(i), Some(e.value));
                        found.push((u, i));
                    }
                }
            }
            found.sort_unstable();
            found.dedup();
            prop_assert_eq!(found.len(), data.nnz());

            let counts: Vec<u32> = data.iter().map(|row| row.len() as u32).collect();
            let dealt = Groups::deal(&counts, groups, &mut rng);
            let sizes = dealt.rows.iter().map(Vec::len);
            prop_assert_eq!(sizes.clone().sum::<usize>(), users);
            prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
        }

        #[test]
        fn an_order_visits_every_chunk_once(len in 0usize..5000) {
            let (size, mut chunks) = order(len, &mut Rng::new(1, &[]));
            chunks.sort_unstable();
            prop_assert_eq!(chunks.len(), len.div_ceil(size));
            prop_assert!(chunks.iter().enumerate().all(|(at, &c)| at == c as usize));
        }
    }
}
