//! Products with narrow matrices, which the layers of small networks need by the thousand.
//!
//! Both products are built from one tile: eight rows of the output times one or two registers of columns, whose sums
//! stay in registers while the depth is walked through. Nothing is packed or allocated, so a product of 128 × 32 × 16
//! already runs at three quarters of the machine's multiply-add limit. For this, tables are padded: the length of a
//! row of `b` and `out` is a multiple of [`LANES`], the number of rows of the output a multiple of [`ROWS`]. Padding
//! is multiplied too, but never read by others.

use super::lanes::{Lanes, lanes, lanes_mut};
use super::vector::LANES;
use multiversion::multiversion;

/// Number of rows of a tile.
pub const ROWS: usize = 8;

/// The next multiple of [`ROWS`].
pub fn padded_rows(n: usize) -> usize {
    n.next_multiple_of(ROWS)
}

/// A table whose row r is `data[r * stride..]`.
#[derive(Clone, Copy, Debug)]
pub struct Strided<'a> {
    /// The numbers.
    pub data: &'a [f32],
    /// Distance from one row to the next, in numbers.
    pub stride: usize,
}

/// The value a product is added to.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// Zero.
    Zero,
    /// The same row for each row.
    Row(&'a [f32]),
    /// The present contents of `out`.
    Output,
}

/// out (rows × width) ← start + A (rows × depth) · B (depth × width); `width` is the stride of B and `out`.
pub fn mul(
    out: &mut [f32],
    start: Start<'_>,
    a: Strided<'_>,
    b: &[f32],
    width: usize,
    depth: usize,
) {
    mul_kernel(out, start, a, b, width, depth);
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn mul_kernel(
    out: &mut [f32],
    start: Start<'_>,
    a: Strided<'_>,
    b: &[f32],
    width: usize,
    depth: usize,
) {
    let stride = a.stride;
    for (tile, out) in out.chunks_exact_mut(ROWS * width).enumerate() {
        let a = &a.data[tile * ROWS * stride..(tile * ROWS + ROWS - 1) * stride + depth];
        // All of one length, so that one check covers all eight.
        let row = |r: usize| &a[r * stride..r * stride + depth];
        let rows = [row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)];
        set_tile(out, start, RowsOf(rows), depth, b, width);
    }
}

/// out (rows × width) ← Aᵀ B, where A is samples × (at least) rows and B samples × width; `width` is the
/// stride of B and `out`.
pub fn outer(out: &mut [f32], a: Strided<'_>, b: &[f32], width: usize, samples: usize) {
    outer_kernel(out, a, b, width, samples);
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn outer_kernel(out: &mut [f32], a: Strided<'_>, b: &[f32], width: usize, samples: usize) {
    for (tile, out) in out.chunks_exact_mut(ROWS * width).enumerate() {
        set_tile(out, Start::Zero, ColumnsOf(a, tile * ROWS), samples, b, width);
    }
}

/// The factors of a tile's rows. A trait instead of a closure, because the compiler may leave a closure as a function
/// of its own, which took a third of a NeuMF epoch.
trait Factors {
    /// Those of row k of the right matrix.
    fn at(&self, k: usize) -> [f32; ROWS];
}

/// Eight rows of the left matrix, all of one length.
struct RowsOf<'a>([&'a [f32]; ROWS]);

impl Factors for RowsOf<'_> {
    #[inline(always)]
    fn at(&self, k: usize) -> [f32; ROWS] {
        let rows = &self.0;
        [
            rows[0][k], rows[1][k], rows[2][k], rows[3][k], rows[4][k], rows[5][k], rows[6][k],
            rows[7][k],
        ]
    }
}

/// Eight columns of the left matrix, from this one on.
struct ColumnsOf<'a>(Strided<'a>, usize);

impl Factors for ColumnsOf<'_> {
    #[inline(always)]
    fn at(&self, k: usize) -> [f32; ROWS] {
        let at = k * self.0.stride + self.1;
        *self.0.data[at..at + ROWS].first_chunk().expect("eight numbers")
    }
}

/// Computes eight rows of `out`; `factors` are those of the rows of `b`.
#[inline(always)]
fn set_tile(
    out: &mut [f32],
    start: Start<'_>,
    factors: impl Factors,
    depth: usize,
    b: &[f32],
    width: usize,
) {
    let mut at = 0;
    while at + 2 * LANES <= width {
        let (mut left, mut right) = ([Lanes::ZERO; ROWS], [Lanes::ZERO; ROWS]);
        for k in 0..depth {
            let x = factors.at(k);
            let row = &b[k * width + at..k * width + at + 2 * LANES];
            step(&mut left, &x, lanes(row, 0));
            step(&mut right, &x, lanes(row, LANES));
        }
        store(&left, start, out, width, at);
        store(&right, start, out, width, at + LANES);
        at += 2 * LANES;
    }
    if at < width {
        let mut sums = [Lanes::ZERO; ROWS];
        for k in 0..depth {
            step(&mut sums, &factors.at(k), lanes(b, k * width + at));
        }
        store(&sums, start, out, width, at);
    }
}

/// Written out so that the sums stay in registers.
#[inline(always)]
fn step(sums: &mut [Lanes; ROWS], x: &[f32; ROWS], y: &[f32; LANES]) {
    sums[0].add_scaled(x[0], y);
    sums[1].add_scaled(x[1], y);
    sums[2].add_scaled(x[2], y);
    sums[3].add_scaled(x[3], y);
    sums[4].add_scaled(x[4], y);
    sums[5].add_scaled(x[5], y);
    sums[6].add_scaled(x[6], y);
    sums[7].add_scaled(x[7], y);
}

#[inline(always)]
fn store(sums: &[Lanes; ROWS], start: Start<'_>, out: &mut [f32], width: usize, at: usize) {
    for (r, sum) in sums.iter().enumerate() {
        let out = lanes_mut(out, r * width + at);
        match start {
            Start::Zero => *out = sum.0,
            Start::Row(row) => {
                *out = *lanes(row, at);
                sum.add_to(1.0, out);
            }
            Start::Output => sum.add_to(1.0, out),
        }
    }
}

/// `matrix` (rows × cols, row-major) with rows padded to whole [`LANES`] and their number to whole [`ROWS`].
pub fn pad(matrix: Strided<'_>, rows: usize, cols: usize, out: &mut Vec<f32>) {
    let width = cols.next_multiple_of(LANES);
    out.clear();
    out.resize(padded_rows(rows) * width, 0.0);
    for (r, out) in out.chunks_exact_mut(width).take(rows).enumerate() {
        out[..cols].copy_from_slice(&matrix.data[r * matrix.stride..r * matrix.stride + cols]);
    }
}

/// The transpose of `matrix` (rows × cols), padded likewise.
pub fn pad_transposed(matrix: Strided<'_>, rows: usize, cols: usize, out: &mut Vec<f32>) {
    let width = rows.next_multiple_of(LANES);
    out.clear();
    out.resize(padded_rows(cols) * width, 0.0);
    for r in 0..rows {
        let row = &matrix.data[r * matrix.stride..r * matrix.stride + cols];
        row.iter().enumerate().for_each(|(c, x)| out[c * width + r] = *x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Matrix, Rng};

    #[test]
    fn products_agree_with_the_definition() {
        let mut rng = Rng::new(3, &[]);
        for (rows, width, depth) in [(8, 16, 1), (8, 32, 5), (24, 48, 33), (16, 80, 7), (8, 16, 0)]
        {
            let a = Matrix::from_fn(rows, depth + 2, |_, _| rng.normal());
            let b = Matrix::from_fn(depth, width, |_, _| rng.normal());
            let start = Matrix::from_fn(rows, width, |_, _| rng.normal());
            let product = |r: usize, c: usize| -> f64 {
                (0..depth).map(|k| f64::from(a.row(r)[k]) * f64::from(b.row(k)[c])).sum()
            };
            let check = |out: &Matrix, start: &dyn Fn(usize, usize) -> f32| {
                for (r, c) in (0..rows).flat_map(|r| (0..width).map(move |c| (r, c))) {
                    let expected = f64::from(start(r, c)) + product(r, c);
                    assert!((f64::from(out.row(r)[c]) - expected).abs() < 1e-4);
                }
            };
            let rows_of_a = Strided { data: a.data(), stride: depth + 2 };
            let with = |from: Start<'_>| {
                let mut out = start.clone();
                mul(out.data_mut(), from, rows_of_a, b.data(), width, depth);
                out
            };
            check(&with(Start::Zero), &|_, _| 0.0);
            check(&with(Start::Row(start.row(1))), &|_, c| start.row(1)[c]);
            check(&with(Start::Output), &|r, c| start.row(r)[c]);
            let mut out = start.clone();
            let transposed = a.transposed();
            let columns = Strided { data: transposed.data(), stride: rows };
            outer(out.data_mut(), columns, b.data(), width, depth);
            check(&out, &|_, _| 0.0);
        }
    }

    #[test]
    fn padding_is_zero() {
        let data: Vec<f32> = (1..=6).map(|x| x as f32).collect();
        let (mut rows, mut columns) = (vec![9.0], Vec::new());
        pad(Strided { data: &data, stride: 3 }, 2, 2, &mut rows);
        pad_transposed(Strided { data: &data[1..], stride: 3 }, 2, 2, &mut columns);
        assert_eq!((rows.len(), columns.len()), (8 * 16, 8 * 16));
        assert_eq!((rows[0], rows[1], rows[2], rows[16], rows[17]), (1.0, 2.0, 0.0, 4.0, 5.0));
        assert_eq!((columns[0], columns[1], columns[16], columns[17]), (2.0, 5.0, 3.0, 6.0));
        assert_eq!(rows.iter().sum::<f32>() + columns.iter().sum::<f32>(), 12.0 + 16.0);
    }
}
