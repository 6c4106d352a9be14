//! Counts of the users two items share, user by user.
//!
//! For values of 1, an entry of XᵀX is a count, so a row of XᵀX takes one addition of a whole number per entry of the
//! rows of the item's users. Items are renumbered by popularity: the counts that most additions hit lie side by side
//! and stay in the first-level cache. Counts are exact, so this gives the bytes that sums give.

use super::ItemColumns;
use std::cmp::Reverse;

/// The rows of X with items numbered by popularity.
pub struct Counts<'a> {
    by_item: &'a ItemColumns<'a>,
    /// The items, most popular first.
    order: Vec<u32>,
    /// The place of each item in `order`.
    place: Vec<u32>,
    /// The places of the items of all rows, row by row.
    places: Vec<u32>,
}

/// Memory for one row of XᵀX.
pub struct Scratch {
    /// By place; zeros between rows.
    counts: Vec<u32>,
    /// By item.
    sums: Vec<f32>,
    /// Items with a count, ascending.
    items: Vec<u32>,
}

impl<'a> Counts<'a> {
    /// Renumbers the items of X, whose values are all 1.
    pub fn new(by_item: &'a ItemColumns<'a>) -> Self {
        let mut order: Vec<u32> = (0..by_item.items() as u32).collect();
        order.sort_by_key(|&i| Reverse(by_item.count(i as usize)));
        let mut place = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(&i, at)| place[i as usize] = at);
        let places = by_item.matrix.columns().iter().map(|&i| place[i as usize]).collect();
        Self { by_item, order, place, places }
    }

    /// Memory for [`row`](Self::row), to be used again and again.
    pub fn scratch(&self) -> Scratch {
        let n = self.order.len();
        Scratch { counts: vec![0; n], sums: vec![0.0; n], items: vec![0; n] }
    }

    /// Returns the items with a user in common with item `i`, ascending, and row `i` of XᵀX, of which only the entries
    /// of these items mean anything.
    pub fn row<'s>(&self, i: usize, scratch: &'s mut Scratch) -> (&'s [u32], &'s [f32]) {
        let starts = self.by_item.matrix.starts();
        let users = self.by_item.users_of(i);
        let rows = users.iter().map(|&u| &self.places[starts[u as usize]..starts[u as usize + 1]]);
        let Scratch { counts, sums, items } = scratch;
        let mut met = 0;
        // If few items can be met, looking at all of them would take longer than sorting.
        if rows.clone().map(<[u32]>::len).sum::<usize>() < self.order.len() / 16 {
            for &at in rows.flatten() {
                let count = &mut counts[at as usize];
                items[met] = self.order[at as usize];
                met += usize::from(*count == 0);
                *count += 1;
            }
            items[..met].sort_unstable();
            for &j in &items[..met] {
                let count = std::mem::take(&mut counts[self.place[j as usize] as usize]);
                sums[j as usize] = count as f32;
            }
        } else {
            rows.for_each(|row| row.iter().for_each(|&at| counts[at as usize] += 1));
            for ((j, &at), sum) in (0..).zip(&self.place).zip(&mut *sums) {
                let count = counts[at as usize];
                *sum = count as f32;
                items[met] = j;
                met += usize::from(count > 0);
            }
            counts.fill(0);
        }
        (&items[..met], sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Csr;
    use crate::math::Rng;

    #[test]
    fn counts_count_what_sums_sum() {
        let mut rng = Rng::new(5, &[]);
        // Few entries, of which rows are collected, and many, of which they are looked up.
        for (users, items, share) in [(1, 1, 1.0), (50, 2000, 0.002), (300, 75, 0.2)] {
            let mut row = || {
                let all = 0..items as u32;
                all.filter(|_| rng.uniform() < share).map(|i| (i, 1.0)).collect::<Vec<_>>()
            };
            let matrix = Csr::from_rows(items, (0..users).map(|_| row()).collect::<Vec<_>>());
            let by_item = ItemColumns::new(&matrix);
            let counts = Counts::new(&by_item);
            let mut scratch = counts.scratch();
            for i in 0..items {
                let mut sums = vec![0.0; items];
                by_item.add_products(i, &mut sums);
                let (met, found) = counts.row(i, &mut scratch);
                let expected = (0..items as u32).filter(|&j| sums[j as usize] > 0.0);
                assert_eq!(met, expected.collect::<Vec<_>>());
                assert!(met.iter().all(|&j| found[j as usize] == sums[j as usize]));
            }
        }
    }
}
