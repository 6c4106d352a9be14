//! Dense row-major matrix of `f32`, and its products.

use super::product::{Right, Write, multiply};
use super::{parallel, vector};

/// Dense matrix, row-major: entry (r, c) is `data[r * cols + c]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    rows: usize,
    cols: usize,
    data: Vec<f32>,
}

impl Matrix {
    /// A `rows` × `cols` matrix of zeros.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self { rows, cols, data: vec![0.0; rows * cols] }
    }

    /// Takes row-major `data` of length `rows * cols`.
    ///
    /// # Panics
    /// If the length differs: the caller mixed up two shapes.
    pub fn from_vec(rows: usize, cols: usize, data: Vec<f32>) -> Self {
        assert_eq!(data.len(), rows * cols, "{rows} x {cols} matrix from {} numbers", data.len());
        Self { rows, cols, data }
    }

    /// Returns a matrix whose entries are computed one by one, row after row.
    pub fn from_fn(rows: usize, cols: usize, mut entry: impl FnMut(usize, usize) -> f32) -> Self {
        let data = (0..rows * cols).map(|i| entry(i / cols, i % cols)).collect();
        Self { rows, cols, data }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row `r`.
    pub fn row(&self, r: usize) -> &[f32] {
        &self.data[r * self.cols..(r + 1) * self.cols]
    }

    /// Row `r`, mutably.
    pub fn row_mut(&mut self, r: usize) -> &mut [f32] {
        &mut self.data[r * self.cols..(r + 1) * self.cols]
    }

    /// All entries, row after row.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// All entries, row after row, mutably.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// Returns the entries.
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }

    /// Changes the number of rows, keeping the allocation; the contents are unspecified afterwards.
    pub(crate) fn set_rows(&mut self, rows: usize) {
        self.data.resize(rows * self.cols, 0.0);
        self.rows = rows;
    }

    /// The rows named by `rows`, in that order.
    pub(crate) fn gather(&self, rows: &[u32]) -> Self {
        let mut data = Vec::with_capacity(rows.len() * self.cols);
        for &r in rows {
            data.extend_from_slice(self.row(r as usize));
        }
        Self { rows: rows.len(), cols: self.cols, data }
    }

    /// Copies the lower triangle of a square matrix to the upper one.
    pub(crate) fn mirror(&mut self) {
        debug_assert_eq!(self.rows, self.cols);
        mirror(&mut self.data, self.cols, 0, self.cols);
    }

    /// The transposed matrix.
    pub fn transposed(&self) -> Self {
        Self::from_fn(self.cols, self.rows, |r, c| self.data[c * self.cols + r])
    }
}

/// Below this number of columns, rows are multiplied one dot product after the other.
const NARROW: usize = 64;

/// Number of columns that a single row is multiplied with at a time.
const STRIP: usize = 1024;

/// Whether [`mul_bt_by_row`] gives the sums of [`multiply`].
pub(crate) fn are_sums_in_order(n: usize) -> bool {
    n >= NARROW
}

/// out (m × n) ← A (m × k) · Bᵀ (B is n × k). Row r of `out` has the same bits whatever the other rows are and
/// however many. A single row gets a second one beside it, because matrix products are faster; few columns get dot
/// products.
pub(crate) fn mul_bt_by_row(out: &mut [f32], a: &[f32], b: &[f32], m: usize, n: usize, k: usize) {
    if n < NARROW {
        for (r, out) in out.chunks_exact_mut(n.max(1)).take(m).enumerate() {
            let row = &a[r * k..(r + 1) * k];
            out.iter_mut()
                .enumerate()
                .for_each(|(c, out)| *out = vector::dot(row, &b[c * k..(c + 1) * k]));
        }
        return;
    }
    if m != 1 {
        multiply(out, n, Write::Replace, a, Right::Columns(b), (m, n, k));
        return;
    }
    let mut pair = a.to_vec();
    pair.resize(2 * k, 0.0);
    let mut strip = vec![0.0; 2 * n.min(2 * STRIP)];
    let mut start = 0;
    while start < n {
        // The last strip is at least as wide as the others.
        let width = if n - start < 2 * STRIP { n - start } else { STRIP };
        let strip = &mut strip[..2 * width];
        let b = &b[start * k..(start + width) * k];
        multiply(strip, width, Write::Replace, &pair, Right::Columns(b), (2, width, k));
        out[start..start + width].copy_from_slice(&strip[..width]);
        start += width;
    }
}

/// Copies the lower triangle of the square of columns `from..to` to the upper. `rows` are the rows `from..to` of a
/// matrix with `n` columns; splitting them in halves keeps reads and writes disjoint.
fn mirror(rows: &mut [f32], n: usize, from: usize, to: usize) {
    if to - from <= 64 {
        for i in from..to {
            for j in from..i {
                rows[(j - from) * n + i] = rows[(i - from) * n + j];
            }
        }
        return;
    }
    let middle = from.midpoint(to);
    let (above, below) = rows.split_at_mut((middle - from) * n);
    // Tiles of 16 x 16: the columns read stay in the first cache.
    parallel::for_each_chunk(above, 16 * n, |strip, out| {
        let j = from + strip * 16;
        for tile in parallel::pieces(to - middle, 16) {
            for (r, out) in out.chunks_mut(n).enumerate() {
                for i in tile.clone() {
                    out[middle + i] = below[i * n + j + r];
                }
            }
        }
    });
    mirror(above, n, from, middle);
    mirror(below, n, middle, to);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn mirrored_is_symmetric() {
        for n in [0, 1, 7, 64, 65, 200, 301] {
            let lower = |r: usize, c: usize| (r.max(c) * 1000 + r.min(c)) as f32;
            let mut m = Matrix::from_fn(n, n, |r, c| if c <= r { lower(r, c) } else { -1.0 });
            m.mirror();
            assert_eq!(m, Matrix::from_fn(n, n, lower));
        }
    }

    #[test]
    fn a_row_has_the_same_bits_in_any_company() {
        let mut rng = Rng::new(5, &[]);
        let rows = 33;
        for k in [0, 1, 5, 64, 65, 100, 128, 300, 513, 700] {
            for n in [1, 2, 17, 63, 64, 65, 130, 1024, 2047, 2048, 2500] {
                let a = Matrix::from_fn(rows, k, |_, _| rng.normal());
                let b = Matrix::from_fn(n, k, |_, _| rng.normal());
                let mut all = Matrix::zeros(rows, n);
                mul_bt_by_row(all.data_mut(), a.data(), b.data(), rows, n, k);
                for m in [1, 2, 3, 8, 17] {
                    let mut few = Matrix::zeros(m, n);
                    mul_bt_by_row(few.data_mut(), &a.data()[..m * k], b.data(), m, n, k);
                    let same = few.data().iter().zip(all.data());
                    let same = same.filter(|(a, b)| a.to_bits() == b.to_bits()).count();
                    assert_eq!(same, m * n, "{m} × {n}, {k} factors");
                }
                let exact: f32 = (0..k).map(|l| a.row(0)[l] * b.row(n - 1)[l]).sum();
                assert!((all.row(0)[n - 1] - exact).abs() < 1e-3);
            }
        }
    }
}
