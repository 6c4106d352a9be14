//! Products with table rows that lie side by side.

#[cfg(target_arch = "x86_64")]
use crate::math::lanes::sums_avx512;
use crate::math::lanes::{combine, products_16};
use crate::math::vector::{LANES, add_scaled, dot, dot_lanes, sum_lanes};
use multiversion::multiversion;
use multiversion::target::match_target;

/// Row e of `rows` ← roots_e · row columns_e of the table.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn gather(rows: &mut [f32], table: &[f32], columns: &[u32], roots: &[f32]) {
    let width = rows.len() / columns.len().max(1);
    for ((to, &c), &root) in rows.chunks_exact_mut(width).zip(columns).zip(roots) {
        let from = &table[c as usize * width..][..width];
        for (to, from) in to.as_chunks_mut::<LANES>().0.iter_mut().zip(from.as_chunks().0) {
            let from: &[f32; LANES] = from;
            for l in 0..LANES {
                to[l] = root * from[l];
            }
        }
    }
}

/// out ← out + Σ_r x_r · row_r.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn add_combination(out: &mut [f32], x: &[f32], rows: &[f32]) {
    combine(out, x, rows, out.len(), 0);
}

/// out ← out + RᵀR v for the rows of R.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn add_normal_product(out: &mut [f32], rows: &[f32], v: &[f32]) {
    let width = out.len();
    let mut blocks = rows.chunks_exact(LANES * width);
    for block in &mut blocks {
        let partial = products_16(block, v);
        let products = match_target! {
            "x86_64+avx512f" => sums_avx512(&partial),
            _ => partial.map(|sum| sum_lanes(sum.0)),
        };
        combine(out, &products, block, width, 0);
    }
    for row in blocks.remainder().chunks_exact(width) {
        combine(out, &[dot_lanes(row, v)], row, width, 0);
    }
}

/// out ← out + A v for a symmetric matrix of which the upper triangle of 16-blocks is there.
pub fn add_upper_product(out: &mut [f32], a: &[f32], v: &[f32]) {
    let width = out.len();
    for (i, row) in a.chunks_exact(width).enumerate() {
        let first = i / LANES * LANES;
        let next = first + LANES;
        out[i] += dot(&row[first..], &v[first..]);
        add_scaled(&mut out[next..], v[i], &row[next..]);
    }
}
