//! Gram matrices C += RᵀR of a few rows, in register tiles, one triangle only.
//!
//! C is symmetric: of row i only the columns from the 16-block of i on are computed. A tile of C
//! (8 × 32 with 32 vector registers, 4 × 16 with 16) stays in registers while the rows stream past.
//! Every entry adds its products in the order of the rows, so tiles of all sizes give the same bits.

use super::lanes::{Lanes, lanes, lanes_mut, padded};
use super::vector::LANES;
use super::{Matrix, parallel};
use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// C ← C + RᵀR on the upper triangle of 16-blocks. `rows` holds rows of `width` numbers, `c` is
/// width × width, and `width` is a multiple of 16.
pub fn add_gram(c: &mut [f32], rows: &[f32], width: usize) {
    assert!(width.is_multiple_of(LANES) && c.len() == width * width, "padded square matrix");
    add_gram_kernel(c, rows, width);
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_gram_kernel(c: &mut [f32], rows: &[f32], width: usize) {
    match target_cfg_f!(target_feature = "avx512f") {
        true => update::<true>(c, 1.0, rows, width, 0),
        false => update::<false>(c, 1.0, rows, width, 0),
    }
}

/// C ← C + sign · RᵀR for the rows and columns of C from `first` (a multiple of 16) on; `c` begins
/// with row `first`.
#[inline(always)]
pub fn update<const WIDE: bool>(
    c: &mut [f32],
    sign: f32,
    rows: &[f32],
    width: usize,
    first: usize,
) {
    let height = if WIDE { 8 } else { 4 };
    for i in (first..width).step_by(height) {
        let c = &mut c[(i - first) * width..][..height * width];
        let mut j = i / LANES * LANES;
        while j < width {
            match WIDE {
                true if j + 2 * LANES <= width => {
                    tile_8_32(c, sign, rows, width, i, j);
                    j += LANES;
                }
                true => tile_8_16(c, sign, rows, width, i, j),
                false => tile_4_16(c, sign, rows, width, i, j),
            }
            j += LANES;
        }
    }
}

// The steps are written out because the compiler keeps the tile in registers only if no loop surrounds them.

#[inline(always)]
fn step_4(tile: &mut [Lanes; 4], x: &[f32; 4], y: &[f32; LANES]) {
    tile[0].add_scaled(x[0], y);
    tile[1].add_scaled(x[1], y);
    tile[2].add_scaled(x[2], y);
    tile[3].add_scaled(x[3], y);
}

#[inline(always)]
fn step_8(tile: &mut [Lanes; 8], x: &[f32; 8], y: &[f32; LANES]) {
    tile[0].add_scaled(x[0], y);
    tile[1].add_scaled(x[1], y);
    tile[2].add_scaled(x[2], y);
    tile[3].add_scaled(x[3], y);
    tile[4].add_scaled(x[4], y);
    tile[5].add_scaled(x[5], y);
    tile[6].add_scaled(x[6], y);
    tile[7].add_scaled(x[7], y);
}

#[inline(always)]
fn tile_8_32(c: &mut [f32], sign: f32, rows: &[f32], width: usize, i: usize, j: usize) {
    let (mut left, mut right) = ([Lanes::ZERO; 8], [Lanes::ZERO; 8]);
    for row in rows.chunks_exact(width) {
        let x = row[i..i + 8].first_chunk().expect("eight numbers");
        step_8(&mut left, x, lanes(row, j));
        step_8(&mut right, x, lanes(row, j + LANES));
    }
    for (r, (left, right)) in left.iter().zip(&right).enumerate() {
        left.add_to(sign, lanes_mut(c, r * width + j));
        right.add_to(sign, lanes_mut(c, r * width + j + LANES));
    }
}

#[inline(always)]
fn tile_8_16(c: &mut [f32], sign: f32, rows: &[f32], width: usize, i: usize, j: usize) {
    let mut tile = [Lanes::ZERO; 8];
    for row in rows.chunks_exact(width) {
        step_8(&mut tile, row[i..i + 8].first_chunk().expect("eight numbers"), lanes(row, j));
    }
    for (r, part) in tile.iter().enumerate() {
        part.add_to(sign, lanes_mut(c, r * width + j));
    }
}

#[inline(always)]
fn tile_4_16(c: &mut [f32], sign: f32, rows: &[f32], width: usize, i: usize, j: usize) {
    let mut tile = [Lanes::ZERO; 4];
    for row in rows.chunks_exact(width) {
        step_4(&mut tile, row[i..i + 4].first_chunk().expect("four numbers"), lanes(row, j));
    }
    for (r, part) in tile.iter().enumerate() {
        part.add_to(sign, lanes_mut(c, r * width + j));
    }
}

/// XᵀX of a whole table, both triangles, padded to a multiple of 16 with zeros. Pieces of rows are
/// summed in their order.
pub fn gram(table: &Matrix) -> Matrix {
    const PIECE: usize = 2048;
    const BLOCK: usize = 64;
    let (cols, width) = (table.cols(), padded(table.cols()));
    let parts = parallel::map(table.rows(), PIECE, |piece| {
        let mut part = vec![0.0; width * width];
        let mut block = vec![0.0; BLOCK * width];
        for range in parallel::pieces(piece.len(), BLOCK) {
            for (to, r) in block.chunks_exact_mut(width.max(1)).zip(range.clone()) {
                to[..cols].copy_from_slice(table.row(piece.start + r));
            }
            add_gram(&mut part, &block[..range.len() * width], width);
        }
        part
    });
    let mut sum = Matrix::zeros(width, width);
    for part in parts {
        sum.data_mut().iter_mut().zip(part).for_each(|(s, p)| *s += p);
    }
    mirror(sum.data_mut(), width);
    sum
}

/// Copies the upper triangle to the lower.
fn mirror(c: &mut [f32], width: usize) {
    for r in 0..width {
        for l in 0..r {
            c[r * width + l] = c[l * width + r];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn gram_matrices_agree_with_the_definition() {
        let mut rng = Rng::new(4, &[]);
        for (m, k) in [(0, 3), (1, 1), (5, 16), (70, 33), (300, 64), (2100, 20)] {
            let table = Matrix::from_fn(m, k, |_, _| rng.normal());
            let gram = gram(&table);
            let width = padded(k);
            assert_eq!((gram.rows(), gram.cols()), (width, width));
            for i in 0..width {
                for j in 0..width {
                    let exact: f64 = match i < k && j < k {
                        true => (0..m)
                            .map(|r| f64::from(table.row(r)[i]) * f64::from(table.row(r)[j]))
                            .sum(),
                        false => 0.0,
                    };
                    assert!((f64::from(gram.row(i)[j]) - exact).abs() < 1e-5 * (m as f64 + 10.0));
                }
            }
        }
    }

    #[test]
    fn tiles_of_all_sizes_give_the_same_bits() {
        let mut rng = Rng::new(5, &[]);
        let rows: Vec<f32> = (0..37 * 48).map(|_| rng.normal()).collect();
        let run = |kernel: fn(&mut [f32], f32, &[f32], usize, usize)| {
            let mut c = vec![0.0; 32 * 48];
            kernel(&mut c, -1.0, &rows, 48, 16);
            c
        };
        assert_eq!(run(update::<true>), run(update::<false>));
    }
}
