//! One small symmetric positive definite system, blocked by sixteens.
//!
//! A = UᵀU row by row, right-looking: sixteen rows of U are finished, then their outer products are
//! taken from what is left of A with the register tiles of [`super::syrk`]. The right side is
//! eliminated along the way.

use super::lanes::{Lanes, lanes, lanes_mut};
use super::syrk::update;
use super::vector::{LANES, sum_lanes};
use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// Solves A x = b in place: `x` is b before and x after. A is n × n with n a multiple of 16; its
/// upper triangle is read and destroyed. A row of padding has 1 on the diagonal and 0 elsewhere.
/// Answers false if A is not positive definite; `x` is then unspecified.
#[must_use]
pub fn solve(a: &mut [f32], x: &mut [f32]) -> bool {
    let n = x.len();
    assert!(n % LANES == 0 && a.len() == n * n, "padded square matrix");
    solve_kernel(a, x, n)
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn solve_kernel(a: &mut [f32], x: &mut [f32], n: usize) -> bool {
    for first in (0..n).step_by(LANES) {
        let (head, rest) = a.split_at_mut((first + LANES) * n);
        let panel = &mut head[first * n..];
        if !factor_panel(panel, x, n, first) {
            return false;
        }
        match target_cfg_f!(target_feature = "avx512f") {
            true => update::<true>(rest, -1.0, panel, n, first + LANES),
            false => update::<false>(rest, -1.0, panel, n, first + LANES),
        }
    }
    for first in (0..n).step_by(LANES).rev() {
        back_substitute(&a[first * n..(first + LANES) * n], x, n, first);
    }
    true
}

/// Finishes rows `first..first + 16` of U in `panel` (rows of A from column 0 on) and takes their
/// part from the right side. The diagonal is left as 1 / u_rr.
#[inline(always)]
fn factor_panel(panel: &mut [f32], x: &mut [f32], n: usize, first: usize) -> bool {
    for r in 0..LANES {
        let (head, below) = panel.split_at_mut((r + 1) * n);
        let row = &mut head[r * n..];
        // What stands before the diagonal is not part of U; the right side must not see it.
        row[first..first + r].fill(0.0);
        let pivot = row[first + r];
        // Also false for NaN.
        if !(pivot > 0.0 && pivot < f32::INFINITY) {
            return false;
        }
        let inverse = 1.0 / pivot.sqrt();
        for j in (first..n).step_by(LANES) {
            lanes_mut(row, j).iter_mut().for_each(|u| *u *= inverse);
        }
        let y = x[first + r] * inverse;
        for j in (first..n).step_by(LANES) {
            subtract_scaled(lanes_mut(x, j), y, lanes(row, j));
        }
        x[first + r] = y;
        for (i, other) in below.chunks_exact_mut(n).enumerate() {
            let factor = row[first + r + 1 + i];
            for j in (first..n).step_by(LANES) {
                subtract_scaled(lanes_mut(other, j), factor, lanes(row, j));
            }
        }
        row[first + r] = inverse;
    }
    true
}

#[inline(always)]
fn subtract_scaled(y: &mut [f32; LANES], alpha: f32, x: &[f32; LANES]) {
    for l in 0..LANES {
        y[l] = (-alpha).mul_add(x[l], y[l]);
    }
}

/// Rows `first..first + 16` of U x = y, when x is known after them.
#[inline(always)]
fn back_substitute(panel: &[f32], x: &mut [f32], n: usize, first: usize) {
    let mut known = [0f32; LANES];
    for (known, row) in known.iter_mut().zip(panel.chunks_exact(n)) {
        let mut sum = Lanes::ZERO;
        for j in (first + LANES..n).step_by(LANES) {
            sum.add_product(lanes(row, j), lanes(x, j));
        }
        *known = sum_lanes(sum.0);
    }
    let block = lanes_mut(x, first);
    for r in (0..LANES).rev() {
        let row = &panel[r * n + first..][..LANES];
        let mut rest = block[r] - known[r];
        for j in r + 1..LANES {
            rest = (-row[j]).mul_add(block[j], rest);
        }
        block[r] = rest * row[r];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::lanes::padded;
    use crate::math::{Matrix, Rng, solve, syrk};

    #[test]
    fn agrees_with_the_plain_solver() {
        for n in [1, 3, 16, 17, 40, 64, 100] {
            let mut rng = Rng::new(9, &[n as u64]);
            let root = Matrix::from_fn(n + 5, n, |_, _| rng.normal());
            let width = padded(n);
            let mut a = syrk::gram(&root);
            (0..width).for_each(|i| a.row_mut(i)[i] += 1.0);
            let mut plain = Matrix::from_fn(n, n, |r, c| a.row(r)[c]).into_data();
            let mut expected: Vec<f32> = (0..n).map(|_| rng.normal()).collect();
            let mut x = expected.clone();
            x.resize(width, 0.0);
            // Nothing below the diagonal is read.
            (0..width).for_each(|i| a.row_mut(i)[..i].fill(f32::NAN));
            assert!(solve(a.data_mut(), &mut x));
            assert!(solve::solve_spd(&mut plain, &mut expected));
            for (found, expected) in x.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-3, "{n}: {found} for {expected}");
            }
            assert!(x[n..].iter().all(|&x| x == 0.0), "padding stays zero");
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        for (entry, value) in [(0, 0.0), (0, -1.0), (17, f32::NAN), (0, f32::INFINITY)] {
            let mut a = Matrix::from_fn(16, 16, |r, c| if r == c { 1.0 } else { 0.0 });
            a.data_mut()[entry] = value;
            assert!(!solve(a.data_mut(), &mut [1.0; 16]));
        }
    }
}
