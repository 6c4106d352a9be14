//! Weights between an item and its most similar items only, for more items than a dense matrix can hold.
//!
//! The neighbours N of item i are the items j with the largest G_ji / √(G_jj G_ii). The weights to i are the ridge
//! regression of its column on theirs, (G_NN)⁻¹ G_Ni: column i of −P / P_ii, where P is the inverse of G restricted to
//! i and N. So G is never formed: entries of G_NN are sums over users who have two of the neighbours.

use crate::data::Csr;
use crate::error::{Error, Result};
use crate::math::parallel;
use crate::math::solve::solve_spd;
use crate::similarity::{self, ItemColumns};
use crate::watch;

/// Number of items in one piece of work.
const PIECE: usize = 16;
/// No entry of a user so far.
const NONE: u32 = u32::MAX;

/// Returns W, with weights from at most `most` items to each.
///
/// # Errors
/// If a system is not positive definite in `f32`: penalties are too small beside the values.
pub(super) fn weights(x: &Csr, penalties: &[f32], most: usize) -> Result<Csr> {
    let by_item = ItemColumns::new(x);
    let columns = x.transposed();
    let square = |column: crate::data::Row<'_>| -> f64 {
        column.values.iter().map(|&x| f64::from(x) * f64::from(x)).sum()
    };
    let sizes: Vec<f32> = columns
        .iter()
        .zip(penalties)
        .map(|(column, &penalty)| (1.0 / (square(column) + f64::from(penalty)).sqrt()) as f32)
        .collect();
    let neighbours: Vec<Vec<u32>> = similarity::map_products(&by_item, |i, items, sums| {
        let similar =
            |j: u32| if j as usize == i { 0.0 } else { sums[j as usize] * sizes[j as usize] };
        similarity::largest(items, most, similar).into_iter().map(|(j, _)| j).collect()
    });
    let stage = watch::stage("item weights", x.cols());
    let pieces = parallel::map_with(
        x.cols(),
        PIECE,
        || Restricted::new(x.rows()),
        |restricted, items| {
            stage.add(items.len());
            let row = |i: usize| restricted.solve(&columns, penalties, &neighbours[i], i as u32);
            items.map(row).collect::<Option<Vec<_>>>()
        },
    );
    let rows = pieces.into_iter().collect::<Option<Vec<_>>>();
    let Some(rows) = rows else {
        return Err(Error::setting("reg", "is too small for these values; raise it"));
    };
    Ok(Csr::from_rows(x.cols(), rows.into_iter().flatten()).transposed())
}

/// Scratch memory for G restricted to some items.
struct Restricted {
    /// For each user, the last of their entries so far; [`NONE`] outside of a computation.
    last: Vec<u32>,
    /// Entries of users: the one before, the place among the items, and the value.
    entries: Vec<(u32, u32, f32)>,
    gram: Vec<f32>,
}

impl Restricted {
    fn new(users: usize) -> Self {
        Self { last: vec![NONE; users], entries: Vec::new(), gram: Vec::new() }
    }

    /// Returns the weights from `neighbours` to `item`; None if the system is not positive definite.
    fn solve(
        &mut self,
        columns: &Csr,
        penalties: &[f32],
        neighbours: &[u32],
        item: u32,
    ) -> Option<Vec<(u32, f32)>> {
        let n = neighbours.len();
        self.gram.clear();
        self.gram.resize(n * n, 0.0);
        self.entries.clear();
        for (place, &j) in neighbours.iter().enumerate() {
            let sums = &mut self.gram[place * n..][..=place];
            for (u, value) in columns.row(j as usize).iter() {
                let last = &mut self.last[u as usize];
                let mut at = *last;
                while at != NONE {
                    let (before, other, x) = self.entries[at as usize];
                    sums[other as usize] = value.mul_add(x, sums[other as usize]);
                    at = before;
                }
                sums[place] = value.mul_add(value, sums[place]);
                self.entries.push((*last, place as u32, value));
                *last = self.entries.len() as u32 - 1;
            }
            sums[place] += penalties[j as usize];
        }
        let mut weights = vec![0f32; n];
        for (u, value) in columns.row(item as usize).iter() {
            let mut at = self.last[u as usize];
            while at != NONE {
                let (before, place, x) = self.entries[at as usize];
                weights[place as usize] = value.mul_add(x, weights[place as usize]);
                at = before;
            }
        }
        for &j in neighbours {
            columns.row(j as usize).columns.iter().for_each(|&u| self.last[u as usize] = NONE);
        }
        solve_spd(&mut self.gram, &mut weights)
            .then(|| neighbours.iter().copied().zip(weights).collect())
    }
}
