//! The two loops that take nearly all of the time, on rows of a whole number of [`LANES`].
//!
//! Both go through lists of (row of a table, number) and keep sums in registers: [`gather`] [`WIDE`] numbers of one
//! sum, [`decode`] the inner products with four rows. A number is thus used once or twice as soon as it is loaded.

use crate::math::vector::{LANES, dot_lanes, sum_lanes};
use crate::nn::layers::Activation;
use multiversion::multiversion;

/// Count of numbers of [`gather`]'s sum held in registers at a time.
const WIDE: usize = 8 * LANES;

/// Number of rows [`decode`] takes at once: between their two uses they stay in the first-level cache.
const BLOCK: usize = 8;

/// sum ← sum + Σ_e numbers[e] · row `rows[e]` of `table`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn gather(sum: &mut [f32], rows: &[u32], numbers: &[f32], table: &[f32]) {
    gather_all(sum, rows, numbers, table);
}

#[inline(always)]
fn gather_all(sum: &mut [f32], rows: &[u32], numbers: &[f32], table: &[f32]) {
    let mut at = 0;
    while at + WIDE <= sum.len() {
        gather_lanes::<WIDE>(sum, at, rows, numbers, table);
        at += WIDE;
    }
    while at < sum.len() {
        gather_lanes::<LANES>(sum, at, rows, numbers, table);
        at += LANES;
    }
}

#[inline(always)]
fn gather_lanes<const N: usize>(
    sum: &mut [f32],
    at: usize,
    rows: &[u32],
    numbers: &[f32],
    table: &[f32],
) {
    let width = sum.len();
    let out: &mut [f32; N] = sum[at..at + N].first_chunk_mut().expect("N numbers");
    let mut sums = *out;
    for (&row, &x) in rows.iter().zip(numbers) {
        let row: &[f32; N] =
            table[row as usize * width + at..][..N].first_chunk().expect("N numbers");
        for l in 0..N {
            sums[l] = x.mul_add(row[l], sums[l]);
        }
    }
    *out = sums;
}

/// For each entry, a row w of `table` and its target t, turns t into the pull d = slope · (f(x) − t) · f′ in place, where x =
/// level + w·h, and pulled ← pulled + d w. Returns Σ (f(x) − t)².
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn decode(
    activation: Activation,
    slope: f32,
    level: f32,
    hidden: &[f32],
    pulled: &mut [f32],
    entries: (&[u32], &mut [f32]),
    table: &[f32],
) -> f64 {
    let width = hidden.len();
    let (rows, targets) = entries;
    let mut squares = 0f64;
    for (rows, targets) in rows.chunks(BLOCK).zip(targets.chunks_mut(BLOCK)) {
        let mut sums = [0f32; BLOCK];
        let (fours, rest) = rows.as_chunks::<4>();
        for (rows, sums) in fours.iter().zip(sums.as_chunks_mut::<4>().0) {
            *sums = dot_four(hidden, rows.map(|row| &table[row as usize * width..][..width]));
        }
        for (&row, sum) in rest.iter().zip(sums[4 * fours.len()..].iter_mut()) {
            *sum = dot_lanes(hidden, &table[row as usize * width..][..width]);
        }
        for (&x, target) in sums.iter().zip(targets.iter_mut()) {
            squares += pull(activation, slope, level + x, target);
        }
        gather_all(pulled, rows, targets, table);
    }
    squares
}

/// The inner products of `x` with four rows.
#[inline(always)]
fn dot_four(x: &[f32], rows: [&[f32]; 4]) -> [f32; 4] {
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<LANES>().0);
    let (mut of_a, mut of_b, mut of_c, mut of_d) =
        ([0f32; LANES], [0f32; LANES], [0f32; LANES], [0f32; LANES]);
    for ((((x, a), b), c), d) in x.as_chunks::<LANES>().0.iter().zip(a).zip(b).zip(c).zip(d) {
        for l in 0..LANES {
            of_a[l] = x[l].mul_add(a[l], of_a[l]);
            of_b[l] = x[l].mul_add(b[l], of_b[l]);
            of_c[l] = x[l].mul_add(c[l], of_c[l]);
            of_d[l] = x[l].mul_add(d[l], of_d[l]);
        }
    }
    [sum_lanes(of_a), sum_lanes(of_b), sum_lanes(of_c), sum_lanes(of_d)]
}

/// Turns a target into the pull towards it; returns the squared error.
#[inline(always)]
fn pull(activation: Activation, slope: f32, x: f32, target: &mut f32) -> f64 {
    let y = activation.of(x);
    let error = y - *target;
    *target = slope * error * activation.slope(y);
    f64::from(error) * f64::from(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn kernels_agree_with_their_naive_twins() {
        let mut rng = Rng::new(5, &[]);
        let mut draw = |n: usize| (0..n).map(|_| 0.3 * rng.normal()).collect::<Vec<f32>>();
        for width in [16, 48, 128, 208] {
            let (table, hidden, start) = (draw(9 * width), draw(width), draw(width));
            for n in [0, 1, 3, 4, 7, 8, 13] {
                let rows: Vec<u32> = (0..n as u32).map(|e| (e * 5 + 2) % 9).collect();
                let numbers = draw(n);
                let mut sum = start.clone();
                gather(&mut sum, &rows, &numbers, &table);
                for l in 0..width {
                    let exact = |x: &[f32]| -> f64 {
                        let part = |e: usize| {
                            f64::from(x[e]) * f64::from(table[rows[e] as usize * width + l])
                        };
                        f64::from(start[l]) + (0..n).map(part).sum::<f64>()
                    };
                    assert!((f64::from(sum[l]) - exact(&numbers)).abs() < 1e-5);
                }
                let activation = Activation::Tanh;
                let (mut pulls, mut pulled) = (numbers.clone(), start.clone());
                let entries = (&rows[..], &mut pulls[..]);
                let squares = decode(activation, 0.7, 0.2, &hidden, &mut pulled, entries, &table);
                let mut expected = (0.0, start.iter().map(|&x| f64::from(x)).collect::<Vec<_>>());
                for e in 0..n {
                    let row = &table[rows[e] as usize * width..][..width];
                    let both = row.iter().zip(&hidden);
                    let sum: f64 = both.map(|(w, h)| f64::from(*w) * f64::from(*h)).sum();
                    let x = f64::from(0.2f32) + sum;
                    let error = x.tanh() - f64::from(numbers[e]);
                    let d = f64::from(0.7f32) * error * (1.0 - x.tanh().powi(2));
                    assert!((f64::from(pulls[e]) - d).abs() < 1e-5);
                    expected.0 += error * error;
                    expected.1.iter_mut().zip(row).for_each(|(sum, w)| *sum += d * f64::from(*w));
                }
                assert!((squares - expected.0).abs() < 1e-5 * (1.0 + expected.0));
                let near = |(a, b): (&f32, &f64)| (f64::from(*a) - b).abs() < 1e-5;
                assert!(pulled.iter().zip(&expected.1).all(near), "{width} {n}");
            }
        }
    }
}
