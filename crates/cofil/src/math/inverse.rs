//! The inverse of a large symmetric positive definite matrix, in place and on all cores.
//!
//! Block sweeps (Gauss–Jordan for symmetric matrices; Goodnight, "A tutorial on the SWEEP operator",
//! 1979): sweeping the rows and columns K turns
//!
//! A_KK → −D, A_iK → A_iK D, A_ij → A_ij − A_iK D A_Kj, where D = A_KK⁻¹,
//! keeps the matrix symmetric, and once every K is swept −A⁻¹ is left. It costs n³ operations like Cholesky +
//! inversion of the factor + product, but has one kind of step instead of three and needs two panels of n × `BLOCK`
//! numbers instead of a second and third matrix. Every strip of rows is one product on one thread, so the result does
//! not depend on the number of threads.

use super::product::{Right, Write, multiply};
use super::vector::add_scaled_lanes;
use super::{Matrix, parallel};
use crate::error::{Error, Result};
use crate::watch;
use multiversion::multiversion;

/// Number of rows swept together: large enough for products near peak speed, small enough that the two panels of a
/// strip stay in cache.
const BLOCK: usize = 128;

/// Turns a symmetric positive definite matrix, of which the lower triangle is read, into its full inverse.
///
/// # Errors
/// If the matrix is not positive definite.
pub fn invert_spd(a: &mut Matrix) -> Result<()> {
    let n = a.rows();
    let mut panel = Matrix::zeros(n, BLOCK);
    let mut scaled = Matrix::zeros(n, BLOCK);
    let stage = watch::stage("inverse", n);
    for block in parallel::pieces(n, BLOCK) {
        let b = block.len();
        let pivot = Matrix::from_fn(b, b, |r, c| a.row(block.start + r)[block.start + c]);
        let mut pivot = invert_small(pivot)?;
        pivot.data_mut().iter_mut().for_each(|x| *x = -*x);
        // The column block before the step, A_iK, and −A_iK D; both without the rows of K, so that the product below
        // leaves row K and column K alone.
        parallel::for_each_chunk(panel.data_mut(), BLOCK * b, |strip, out| {
            for (r, out) in out.chunks_mut(b).enumerate().take(n.saturating_sub(strip * BLOCK)) {
                let i = strip * BLOCK + r;
                if i < block.start {
                    let column = block.clone().map(|k| a.row(k)[i]);
                    out.iter_mut().zip(column).for_each(|(o, x)| *o = x);
                } else if i >= block.end {
                    out.copy_from_slice(&a.row(i)[block.clone()]);
                } else {
                    out.fill(0.0);
                }
            }
        });
        let panel = &panel.data()[..n * b];
        let scaled = &mut scaled.data_mut()[..n * b];
        parallel::for_each_chunk(scaled, BLOCK * b, |strip, out| {
            let rows = out.len() / b;
            let from = &panel[strip * BLOCK * b..][..rows * b];
            // −D is symmetric.
            let right = Right::Columns(pivot.data());
            multiply(out, b, Write::Replace, from, right, (rows, b, b));
        });
        let scaled = &*scaled;
        parallel::for_each_chunk(a.data_mut(), BLOCK * n, |strip, out| {
            let (start, rows) = (strip * BLOCK, out.len() / n);
            let left = &scaled[start * b..][..rows * b];
            let upto = start + rows;
            let right = Right::Columns(&panel[..upto * b]);
            multiply(out, n, Write::Add, left, right, (rows, upto, b));
            for (r, out) in out.chunks_mut(n).enumerate() {
                let i = start + r;
                if i >= block.end {
                    let swept = left[r * b..].iter().map(|x| -x);
                    out[block.clone()].iter_mut().zip(swept).for_each(|(o, x)| *o = x);
                } else if i >= block.start {
                    let k = i - block.start;
                    for (j, o) in out[..block.start].iter_mut().enumerate() {
                        *o = -scaled[j * b + k];
                    }
                    out[block.clone()].copy_from_slice(pivot.row(k));
                }
            }
        });
        stage.add(b);
    }
    parallel::for_each_chunk(a.data_mut(), BLOCK * n, |_, strip| {
        strip.iter_mut().for_each(|x| *x = -*x);
    });
    a.mirror();
    Ok(())
}

/// The inverse of one diagonal block, on this thread.
fn invert_small(mut a: Matrix) -> Result<Matrix> {
    let n = a.rows();
    a.mirror();
    match sweep(a.data_mut(), n) {
        true => {
            a.mirror();
            Ok(a)
        }
        false => Err(Error::setting("reg", "the matrix is not positive definite; raise it")),
    }
}

/// The same steps row by row: the inverse of a symmetric n × n matrix in place. Returns false if it is not positive
/// definite.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn sweep(a: &mut [f32], n: usize) -> bool {
    for p in 0..n {
        let pivot = a[p * n + p];
        if pivot.is_nan() || pivot <= 0.0 {
            return false;
        }
        let (above, rest) = a.split_at_mut(p * n);
        let (row, below) = rest.split_at_mut(n);
        row[p] = 1.0;
        row.iter_mut().for_each(|x| *x /= pivot);
        for other in above.chunks_exact_mut(n).chain(below.chunks_exact_mut(n)) {
            let factor = std::mem::take(&mut other[p]);
            add_scaled_lanes(other, -factor, row);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    fn spd(n: usize) -> Matrix {
        let mut rng = Rng::new(7, &[n as u64]);
        let root = Matrix::from_fn(n, n + 3, |_, _| rng.normal());
        let mut a = Matrix::zeros(n, n);
        let right = Right::Columns(root.data());
        multiply(a.data_mut(), n, Write::Replace, root.data(), right, (n, n, n + 3));
        a.data_mut().iter_mut().for_each(|x| *x /= n as f32);
        (0..n).for_each(|i| a.row_mut(i)[i] += 0.5);
        a
    }

    #[test]
    fn inverse_times_matrix_is_identity() {
        for n in [1, 2, 5, 64, 65, 127, 128, 129, 300, 517] {
            let a = spd(n);
            let mut inverse = a.clone();
            // Entries above the diagonal are not read.
            for r in 0..n {
                inverse.row_mut(r)[r + 1..].fill(f32::NAN);
            }
            invert_spd(&mut inverse).expect("positive definite");
            let mut one = Matrix::zeros(n, n);
            let right = Right::Columns(inverse.data());
            multiply(one.data_mut(), n, Write::Replace, a.data(), right, (n, n, n));
            for r in 0..n {
                for c in 0..n {
                    let expected = if r == c { 1.0 } else { 0.0 };
                    assert!((one.row(r)[c] - expected).abs() < 1e-4, "{n}: ({r}, {c})");
                    assert_eq!(inverse.row(r)[c], inverse.row(c)[r]);
                }
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let on = |threads| {
            let mut a = spd(700);
            parallel::on_threads(threads, || invert_spd(&mut a)).unwrap().unwrap();
            a
        };
        assert!(on(1) == on(2) && on(1) == on(3));
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        let says = invert_spd(&mut Matrix::from_vec(1, 1, vec![-1.0])).unwrap_err().to_string();
        assert_eq!(says, "setting `reg`: the matrix is not positive definite; raise it");
        let mut a = spd(300);
        a.row_mut(200)[200] = 0.0;
        assert!(invert_spd(&mut a).is_err());
    }
}
