//! One small symmetric positive definite system, in blocks of sixteen.
//!
//! A = UᵀU row by row, right-looking: sixteen rows of U are finished, then their outer products are subtracted from
//! the rest of A with the register tiles of [`super::syrk`]. The right side is eliminated along the way.

use super::lanes::{Lanes, combine, lanes, lanes_mut};
use super::syrk::update;
use super::vector::{LANES, sum_lanes};
use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// Solves A x = b in place: `x` holds b before and x afterwards. A is n × n with n a multiple of 16; its upper
/// triangle is read and destroyed. A row of padding has 1 on the diagonal and 0 elsewhere. Returns false if A is not
/// positive definite; `x` is then unspecified.
#[must_use]
pub fn solve(a: &mut [f32], x: &mut [f32]) -> bool {
    let n = x.len();
    assert!(n.is_multiple_of(LANES) && a.len() == n * n, "padded square matrix");
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

/// The 16 × 16 block on the diagonal: the multiples of its rows that are subtracted from each other.
struct Diagonal {
    /// Entry (s, i): the multiple of row i subtracted from unscaled row s.
    factors: [[f32; LANES]; LANES],
    /// 1 / u_rr.
    inverse: [f32; LANES],
}

/// Finishes rows `first..first + 16` of U in `panel` (rows of A from column 0 on) and subtracts their part from the
/// right side. The diagonal is left as 1 / u_rr.
#[inline(always)]
fn factor_panel(panel: &mut [f32], x: &mut [f32], n: usize, first: usize) -> bool {
    let Some(diagonal) = factor_diagonal(panel, n, first) else { return false };
    let mut j = first + LANES;
    while j + 3 * LANES <= n {
        eliminate_3(panel, &diagonal, n, j);
        j += 3 * LANES;
    }
    while j < n {
        eliminate_1(panel, &diagonal, n, j);
        j += LANES;
    }
    let mut right = Lanes(*lanes(x, first));
    let mut y = [0f32; LANES];
    for (r, row) in panel.chunks_exact_mut(n).enumerate() {
        let block = lanes_mut(row, first);
        y[r] = right.0[r] * diagonal.inverse[r];
        right.add_scaled(-y[r], block);
        block[r] = diagonal.inverse[r];
    }
    *lanes_mut(x, first) = y;
    y.iter_mut().for_each(|y| *y = -*y);
    combine(&mut x[first + LANES..], &y, panel, n, first + LANES);
    true
}

/// Factors the block without the columns after it. Rows are left unscaled at first, so that only one division lies
/// between a row and the next.
#[inline(always)]
fn factor_diagonal(panel: &mut [f32], n: usize, first: usize) -> Option<Diagonal> {
    let mut rows = [[0f32; LANES]; LANES];
    let mut d = Diagonal { factors: [[0.0; LANES]; LANES], inverse: [0.0; LANES] };
    let mut sound = true;
    for i in 0..LANES {
        let mut row = Lanes(*lanes(panel, i * n + first));
        for s in 0..i {
            row.add_scaled(d.factors[s][i], &rows[s]);
        }
        let pivot = row.0[i];
        // Also false for NaN.
        sound &= pivot > 0.0 && pivot < f32::INFINITY;
        let inverse = 1.0 / pivot;
        rows[i] = row.0;
        for l in 0..LANES {
            d.factors[i][l] = -inverse * row.0[l];
        }
        d.inverse[i] = inverse.sqrt();
    }
    for (i, row) in rows.iter().enumerate() {
        for (l, (to, x)) in lanes_mut(panel, i * n + first).iter_mut().zip(row).enumerate() {
            // Entries before the diagonal are not part of U.
            *to = if l < i { 0.0 } else { d.inverse[i] * x };
        }
    }
    sound.then_some(d)
}

/// The panel's columns `j..j + 48`, in registers row by row.
#[inline(always)]
fn eliminate_3(panel: &mut [f32], d: &Diagonal, n: usize, j: usize) {
    let mut rows = [[[0f32; LANES]; 3]; LANES];
    for i in 0..LANES {
        let from = &panel[i * n + j..][..3 * LANES];
        let mut a = Lanes(*lanes(from, 0));
        let mut b = Lanes(*lanes(from, LANES));
        let mut c = Lanes(*lanes(from, 2 * LANES));
        for s in 0..i {
            let factor = d.factors[s][i];
            a.add_scaled(factor, &rows[s][0]);
            b.add_scaled(factor, &rows[s][1]);
            c.add_scaled(factor, &rows[s][2]);
        }
        rows[i] = [a.0, b.0, c.0];
        let to = &mut panel[i * n + j..][..3 * LANES];
        for l in 0..LANES {
            to[l] = d.inverse[i] * a.0[l];
            to[l + LANES] = d.inverse[i] * b.0[l];
            to[l + 2 * LANES] = d.inverse[i] * c.0[l];
        }
    }
}

/// The panel's columns `j..j + 16`.
#[inline(always)]
fn eliminate_1(panel: &mut [f32], d: &Diagonal, n: usize, j: usize) {
    let mut rows = [[0f32; LANES]; LANES];
    for i in 0..LANES {
        let mut row = Lanes(*lanes(panel, i * n + j));
        for s in 0..i {
            row.add_scaled(d.factors[s][i], &rows[s]);
        }
        rows[i] = row.0;
        let to = lanes_mut(panel, i * n + j);
        for l in 0..LANES {
            to[l] = d.inverse[i] * row.0[l];
        }
    }
}

/// Rows `first..first + 16` of U x = y, when the entries of x after them are known.
#[inline(always)]
fn back_substitute(panel: &[f32], x: &mut [f32], n: usize, first: usize) {
    let mut known = [Lanes::ZERO; LANES];
    for j in (first + LANES..n).step_by(LANES) {
        let x = lanes(x, j);
        for r in 0..LANES {
            known[r].add_product(lanes(panel, r * n + j), x);
        }
    }
    let known = known.map(|sum| sum_lanes(sum.0));
    let block = lanes_mut(x, first);
    for r in (0..LANES).rev() {
        let row = lanes(panel, r * n + first);
        let mut rest = block[r] - known[r];
        // The entry found last comes last: the others are done before it is available.
        for j in (r + 1..LANES).rev() {
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
