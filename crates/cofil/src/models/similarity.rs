//! What two items have in common: XᵀX and its relatives, item by item.
//!
//! Row i of XᵀX is the sum of the rows of X of everybody who has item i, each times their value for
//! i. It is collected in one dense accumulator that stays in the first cache, on the caller's pool,
//! one item per task: sums run in the order of users whatever the number of threads, and for
//! counts they are exact.

use crate::data::Csr;
use crate::math::{Matrix, parallel};

/// Items whose rows of XᵀX are one piece of work.
const ITEMS: usize = 8;

/// X by columns: for every item who has it and where in their row it stands.
pub struct ByItem<'a> {
    matrix: &'a Csr,
    starts: Vec<usize>,
    /// The row of each entry of a column, rising.
    rows: Vec<u32>,
    /// The entry's place inside its row.
    places: Vec<u32>,
    binary: bool,
}

impl<'a> ByItem<'a> {
    /// Counting sort of the entries of X (users × items) by column.
    pub fn new(matrix: &'a Csr) -> Self {
        let mut starts = vec![0usize; matrix.cols() + 1];
        matrix.columns().iter().for_each(|&c| starts[c as usize + 1] += 1);
        for c in 0..matrix.cols() {
            starts[c + 1] += starts[c];
        }
        let mut next = starts.clone();
        let (mut rows, mut places) = (vec![0u32; matrix.nnz()], vec![0u32; matrix.nnz()]);
        for (r, row) in matrix.iter().enumerate() {
            for (place, &column) in row.columns.iter().enumerate() {
                let at = &mut next[column as usize];
                (rows[*at], places[*at]) = (r as u32, place as u32);
                *at += 1;
            }
        }
        let binary = matrix.values().iter().all(|&v| v == 1.0);
        Self { matrix, starts, rows, places, binary }
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.matrix.cols()
    }

    /// Number of users who have item `i`.
    pub fn count(&self, i: usize) -> usize {
        self.starts[i + 1] - self.starts[i]
    }

    /// Everybody who has item `i`: their row of X and the place of `i` in it.
    pub fn of(&self, i: usize) -> impl Iterator<Item = (crate::data::Row<'a>, usize)> + '_ {
        let range = self.starts[i]..self.starts[i + 1];
        let places = self.places[range.clone()].iter();
        self.rows[range]
            .iter()
            .zip(places)
            .map(|(&r, &place)| (self.matrix.row(r as usize), place as usize))
    }

    /// Adds row `i` of XᵀX to `sums`, up to the diagonal if `sums` ends there.
    pub fn add_products(&self, i: usize, sums: &mut [f32]) {
        let whole = sums.len() > i + 1;
        for (row, place) in self.of(i) {
            let value = row.values[place];
            let end = if whole { row.len() } else { place + 1 };
            match self.binary {
                true => row.columns[..end].iter().for_each(|&j| sums[j as usize] += 1.0),
                false => {
                    for (&j, &other) in row.columns[..end].iter().zip(&row.values[..end]) {
                        let sum = &mut sums[j as usize];
                        *sum = value.mul_add(other, *sum);
                    }
                }
            }
        }
    }
}

/// XᵀX, its lower triangle; above the diagonal are zeros.
pub fn gram(matrix: &Csr) -> Matrix {
    let by_item = ByItem::new(matrix);
    let n = by_item.items();
    let mut gram = Matrix::zeros(n, n);
    parallel::for_each_chunk(gram.data_mut(), ITEMS * n, |piece, rows| {
        for (r, row) in rows.chunks_mut(n).enumerate() {
            let i = piece * ITEMS + r;
            by_item.add_products(i, &mut row[..=i]);
        }
    });
    gram
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn gram_is_the_product() {
        let mut rng = Rng::new(2, &[]);
        for binary in [true, false] {
            let rows: Vec<Vec<(u32, f32)>> = (0..40)
                .map(|_| {
                    let mut row = Vec::new();
                    for i in 0..23 {
                        if rng.uniform() < 0.3 {
                            row.push((i, if binary { 1.0 } else { rng.below(9) as f32 - 4.0 }));
                        }
                    }
                    row
                })
                .collect();
            let matrix = Csr::from_rows(23, rows);
            let (gram, by_item) = (gram(&matrix), ByItem::new(&matrix));
            for i in 0..23 {
                let mut whole = vec![0.0; 23];
                by_item.add_products(i, &mut whole);
                for j in 0..23 {
                    let product = |row: crate::data::Row<'_>| {
                        row.get(i as u32).unwrap_or(0.0) * row.get(j as u32).unwrap_or(0.0)
                    };
                    let exact: f32 = matrix.iter().map(product).sum();
                    assert_eq!(gram.row(i)[j], if j <= i { exact } else { 0.0 });
                    assert_eq!(whole[j], exact);
                }
                assert_eq!(by_item.count(i), by_item.of(i).count());
            }
        }
    }
}
