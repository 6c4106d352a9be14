//! Products of dense matrices with the same bits on every machine.
//!
//! Each number of a product is a sum of fused products in the order of k, [`DEPTH`] at a time. The linear-algebra
//! crate computes it this way, and fast, if the processor has fused products on wide registers and the operands are
//! matrices that are not too small; it is used in that case. For vectors, small matrices and other processors it has
//! other orders, some of which depend on the register width, so our own kernel takes over. That kernel also serves as
//! the reference in the tests.

use super::lanes::{Lanes, lanes};
use super::vector::LANES;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use multiversion::multiversion;

/// Whether a product overwrites its output or adds to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// out ← product
    Replace,
    /// out ← out + product
    Add,
}

impl From<Write> for Accum {
    fn from(write: Write) -> Self {
        match write {
            Write::Replace => Self::Replace,
            Write::Add => Self::Add,
        }
    }
}

/// The right factor of a product, k × n.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Right<'a> {
    /// Row by row.
    Rows(&'a [f32]),
    /// Column by column: the transpose, row by row.
    Columns(&'a [f32]),
}

/// Number of products summed before the sum is added to the output.
const DEPTH: usize = 512;
/// Up to this total number of products, the linear-algebra crate uses another order.
const SMALL: usize = 16 * 16 * 16;
/// Number of rows of a register tile.
const ROWS: usize = 6;

/// out (m × n, rows `stride` apart) ← \[out +\] A (m × k, row-major) · B, on the calling thread.
pub(crate) fn multiply(
    out: &mut [f32],
    stride: usize,
    write: Write,
    a: &[f32],
    b: Right<'_>,
    (m, n, k): (usize, usize, usize),
) {
    assert!(n <= stride && m * k <= a.len() && (m == 0 || (m - 1) * stride + n <= out.len()));
    if m < 2 || n < 2 || k < 2 || m * n * k <= SMALL || !has_wide_products() {
        plain(out, stride, write, a, b, (m, n, k));
        return;
    }
    let out = MatMut::from_column_major_slice_with_stride_mut(out, n, m, stride).transpose_mut();
    let a = MatRef::from_row_major_slice(&a[..m * k], m, k);
    let b = match b {
        Right::Rows(b) => MatRef::from_row_major_slice(b, k, n),
        Right::Columns(b) => MatRef::from_row_major_slice(b, n, k).transpose(),
    };
    matmul(out, write.into(), a, b, 1.0, Par::Seq);
    leave_wide_registers();
}

/// Whether the linear-algebra crate has kernels for this processor that sum in the order above.
fn has_wide_products() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512f")
        || (std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("fma"));
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Clears the upper halves of the vector registers, which the product leaves in use. Until then, every scalar
/// instruction of code compiled for any x86-64 has to preserve them (XᵀX by scattered additions took 2.3 times as
/// long).
#[allow(unsafe_code, reason = "an instruction that no safe function gives")]
fn leave_wide_registers() {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx") {
        #[target_feature(enable = "avx")]
        fn clear() {
            std::arch::x86_64::_mm256_zeroupper();
        }
        // SAFETY: the processor has AVX, as just checked, and no caller keeps values in the upper
        // halves across a call of a function compiled without AVX.
        unsafe { clear() }
    }
}

/// [`multiply`] by our own kernel.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn plain(
    out: &mut [f32],
    stride: usize,
    write: Write,
    a: &[f32],
    b: Right<'_>,
    (m, n, k): (usize, usize, usize),
) {
    let mut strip = vec![0.0; k.min(DEPTH) * LANES];
    // One iteration if k is 0, to write the zeros.
    for from in (0..k.max(1)).step_by(DEPTH) {
        let depth = DEPTH.min(k - from);
        let add = write == Write::Add || from > 0;
        for at in (0..n).step_by(LANES) {
            let width = LANES.min(n - at);
            let strip = &mut strip[..depth * LANES];
            match b {
                Right::Rows(b) => {
                    for (j, strip) in strip.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                        let row = &b[(from + j) * n + at..][..width];
                        copy(row, strip);
                    }
                }
                Right::Columns(b) => {
                    let column = |c: usize| &b[(at + c.min(width - 1)) * k + from..][..depth];
                    gather(strip, depth, column);
                }
            }
            let mut r = 0;
            while r + ROWS <= m {
                let row = |l: usize| &a[(r + l) * k + from..][..depth];
                let sums = tile(strip, [row(0), row(1), row(2), row(3), row(4), row(5)]);
                for (l, sum) in sums.iter().enumerate() {
                    store(sum, add, &mut out[(r + l) * stride + at..][..width]);
                }
                r += ROWS;
            }
            while r < m {
                let sum = tile_of_one(strip, &a[r * k + from..][..depth]);
                store(&sum, add, &mut out[r * stride + at..][..width]);
                r += 1;
            }
        }
    }
}

/// Numbers of a tile of [`for_tiles`]: half of the second-level cache of usual processors.
const TILE: usize = 1 << 17;

/// Computes base_r + bias_c + a_r · b_c for each row r of A (m × k) and c of B (n × k), with the sums of [`multiply`],
/// and gives them to `use_row`, some columns at a time: r, the first c, and the numbers. The columns of a row ascend.
///
/// A tile of numbers stays in cache until it is used: writing all numbers of long rows and reading them again takes
/// longer than the products of short vectors.
pub(crate) fn for_tiles(
    (a, base): (&[f32], &[f32]),
    (b, bias): (&[f32], &[f32]),
    k: usize,
    mut use_row: impl FnMut(usize, usize, &mut [f32]),
) {
    let (m, n) = (base.len(), bias.len());
    assert!(a.len() == m * k && b.len() == n * k);
    let width = (TILE / m.max(1)).next_multiple_of(LANES);
    let mut tile = vec![0.0; m * width.min(n)];
    for at in (0..n).step_by(width) {
        let width = width.min(n - at);
        let columns = Right::Columns(&b[at * k..][..width * k]);
        multiply(&mut tile, width, Write::Replace, a, columns, (m, width, k));
        for (r, row) in tile.chunks_exact_mut(width).take(m).enumerate() {
            add_biases(row, base[r], &bias[at..at + width]);
            use_row(r, at, row);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_biases(row: &mut [f32], base: f32, bias: &[f32]) {
    row.iter_mut().zip(bias).for_each(|(number, bias)| *number += base + bias);
}

/// Copies as many numbers as there are; the remaining ones are never read by others.
#[inline(always)]
fn copy(from: &[f32], to: &mut [f32; LANES]) {
    match from.first_chunk() {
        Some(from) => *to = *from,
        None => to.iter_mut().zip(from).for_each(|(to, from)| *to = *from),
    }
}

/// Places sixteen columns side by side, eight by eight.
#[inline(always)]
fn gather<'a>(strip: &mut [f32], depth: usize, column: impl Fn(usize) -> &'a [f32]) {
    for half in [0, LANES / 2] {
        let columns = [
            column(half),
            column(half + 1),
            column(half + 2),
            column(half + 3),
            column(half + 4),
            column(half + 5),
            column(half + 6),
            column(half + 7),
        ];
        let mut j = 0;
        while j + 8 <= depth {
            let mut square = [[0f32; 8]; 8];
            for (c, column) in columns.iter().enumerate() {
                let numbers: &[f32; 8] = column[j..j + 8].first_chunk().expect("eight numbers");
                for l in 0..8 {
                    square[l][c] = numbers[l];
                }
            }
            for (l, row) in square.iter().enumerate() {
                let to = (j + l) * LANES + half;
                *strip[to..to + 8].first_chunk_mut().expect("eight numbers") = *row;
            }
            j += 8;
        }
        for j in j..depth {
            for (c, column) in columns.iter().enumerate() {
                strip[j * LANES + half + c] = column[j];
            }
        }
    }
}

/// Written out so that the sums stay in registers.
#[inline(always)]
fn tile(strip: &[f32], rows: [&[f32]; ROWS]) -> [Lanes; ROWS] {
    let mut sums = [Lanes::ZERO; ROWS];
    let depth = strip.len() / LANES;
    let rows = rows.map(|row| &row[..depth]);
    for k in 0..depth {
        let y = lanes(strip, k * LANES);
        sums[0].add_scaled(rows[0][k], y);
        sums[1].add_scaled(rows[1][k], y);
        sums[2].add_scaled(rows[2][k], y);
        sums[3].add_scaled(rows[3][k], y);
        sums[4].add_scaled(rows[4][k], y);
        sums[5].add_scaled(rows[5][k], y);
    }
    sums
}

#[inline(always)]
fn tile_of_one(strip: &[f32], row: &[f32]) -> Lanes {
    let mut sum = Lanes::ZERO;
    for (x, y) in row.iter().zip(strip.as_chunks::<LANES>().0) {
        sum.add_scaled(*x, y);
    }
    sum
}

#[inline(always)]
fn store(sum: &Lanes, add: bool, out: &mut [f32]) {
    match out.first_chunk_mut::<LANES>() {
        Some(out) if add => sum.add_to(1.0, out),
        Some(out) => *out = sum.0,
        // No slice of the sums, because that would move them out of registers.
        None => {
            for l in 0..LANES {
                if l < out.len() {
                    out[l] = if add { out[l] + sum.0[l] } else { sum.0[l] };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Matrix, Rng};

    /// The order of sums that the module promises, number by number.
    fn exact(start: f32, write: Write, depth: usize, pair: impl Fn(usize) -> (f32, f32)) -> f32 {
        let mut value = start;
        for from in (0..depth.max(1)).step_by(DEPTH) {
            let mut sum = 0f32;
            for j in from..depth.min(from + DEPTH) {
                let (x, y) = pair(j);
                sum = x.mul_add(y, sum);
            }
            value = if write == Write::Add || from > 0 { value + sum } else { sum };
        }
        value
    }

    #[test]
    fn tiles_have_every_number_once() {
        let mut rng = Rng::new(6, &[]);
        for (m, n, k) in [(1, 1, 1), (5, 16, 3), (700, 200, 7), (13, 100, 9), (25, 64, 600)] {
            let a = Matrix::from_fn(m, k, |_, _| rng.normal());
            let b = Matrix::from_fn(n, k, |_, _| rng.normal());
            let base: Vec<f32> = (0..m).map(|_| rng.normal()).collect();
            let bias: Vec<f32> = (0..n).map(|_| rng.normal()).collect();
            let mut shown = vec![Vec::new(); m];
            for_tiles((a.data(), &base), (b.data(), &bias), k, |r, from, numbers| {
                assert_eq!(shown[r].len(), from, "columns ascend");
                shown[r].extend(numbers.iter().map(|number| number.to_bits()));
            });
            for (r, shown) in shown.iter().enumerate() {
                let number = |c: usize| {
                    let product = |j: usize| (a.row(r)[j], b.row(c)[j]);
                    exact(0.0, Write::Replace, k, product) + (base[r] + bias[c])
                };
                let expected: Vec<u32> = (0..n).map(|c| number(c).to_bits()).collect();
                assert_eq!(*shown, expected, "{m} × {n} × {k}");
            }
        }
    }

    #[test]
    fn every_number_is_a_sum_in_order() {
        let mut rng = Rng::new(4, &[]);
        let sizes = [1, 2, 5, 6, 7, 16, 17, 33, 65, 129];
        let depths = [0, 1, 2, 7, 16, 20, 64, 100, 128, 300, 513, 1100];
        let shapes = sizes.iter().flat_map(|&m| sizes.iter().map(move |&n| (m, n)));
        for (at, (m, n)) in shapes.enumerate() {
            // Each pair of sizes with some of the depths.
            for k in depths.into_iter().skip(at % 4).step_by(4) {
                let a = Matrix::from_fn(m, k, |_, _| rng.normal());
                let b = Matrix::from_fn(k, n, |_, _| rng.normal());
                let columns = b.transposed();
                let stride = n + at % 3;
                let start = Matrix::from_fn(m, stride, |_, _| rng.normal());
                for write in [Write::Replace, Write::Add] {
                    let mut outs = [(); 4].map(|()| start.clone());
                    let [one, two, three, four] = &mut outs;
                    let (rows, columns) = (Right::Rows(b.data()), Right::Columns(columns.data()));
                    multiply(one.data_mut(), stride, write, a.data(), rows, (m, n, k));
                    multiply(two.data_mut(), stride, write, a.data(), columns, (m, n, k));
                    plain(three.data_mut(), stride, write, a.data(), rows, (m, n, k));
                    plain(four.data_mut(), stride, write, a.data(), columns, (m, n, k));
                    for (r, c) in (0..m).flat_map(|r| (0..stride).map(move |c| (r, c))) {
                        let before = start.row(r)[c];
                        let value = match c < n {
                            true => exact(before, write, k, |j| (a.row(r)[j], b.row(j)[c])),
                            false => before,
                        };
                        for (way, out) in outs.iter().enumerate() {
                            let found = out.row(r)[c];
                            assert_eq!(
                                found.to_bits(),
                                value.to_bits(),
                                "way {way}, {write:?} {m} × {n} × {k}, ({r}, {c}): {found} or {value}"
                            );
                        }
                    }
                }
            }
        }
    }
}
