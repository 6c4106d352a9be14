//! The inverse of a large symmetric positive definite matrix, in place and on all cores.
//!
//! Block sweeps (Gauss–Jordan for symmetric matrices; Goodnight, "A tutorial on the SWEEP operator",
//! 1979): sweeping the rows and columns K turns
//!
//! A_KK → −D, A_iK → A_iK D, A_ij → A_ij − A_iK D A_Kj, where D = A_KK⁻¹,
//!
//! keeps the matrix symmetric, and once every K is swept −A⁻¹ is left. It costs n³ operations like
//! Cholesky + inversion of the factor + product, but is one kind of step instead of three and needs
//! two panels of n × `BLOCK` numbers instead of a second and third matrix. Every strip of rows is
//! one product on one thread, so the result does not depend on their number.

use super::matrix::leave_wide_registers;
use super::{Matrix, parallel};
use crate::error::{Error, Result};
use crate::watch;
use faer::linalg::cholesky::llt;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// Rows swept together: large enough for products near peak speed, small enough that the two panels
/// of a strip stay in cache.
const BLOCK: usize = 128;

/// Turns a symmetric positive definite matrix, of which the lower triangle is read, into its inverse
/// (whole).
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
        let pivot = invert_small(pivot)?;
        // The column block as it was, A_iK, and −A_iK D; both without the rows of K, so that the
        // product below leaves row K and column K alone.
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
            product(out, b, Accum::Replace, -1.0, from, pivot.data(), rows, b, b);
        });
        let scaled = &*scaled;
        parallel::for_each_chunk(a.data_mut(), BLOCK * n, |strip, out| {
            let (start, rows) = (strip * BLOCK, out.len() / n);
            let left = &scaled[start * b..][..rows * b];
            let upto = start + rows;
            product(out, n, Accum::Add, 1.0, left, &panel[..upto * b], rows, upto, b);
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
                    let corner = pivot.row(k).iter().map(|x| -x);
                    out[block.clone()].iter_mut().zip(corner).for_each(|(o, x)| *o = x);
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

/// out (m × n, rows `stride` apart) ← \[out +\] α A (m × k) · Bᵀ (B is n × k), on this thread.
#[allow(clippy::too_many_arguments, reason = "the arguments of a GEMM")]
fn product(
    out: &mut [f32],
    stride: usize,
    accum: Accum,
    alpha: f32,
    a: &[f32],
    b: &[f32],
    m: usize,
    n: usize,
    k: usize,
) {
    let out = MatMut::from_row_major_slice_mut(out, m, stride).subcols_mut(0, n);
    let a = MatRef::from_row_major_slice(a, m, k);
    let b = MatRef::from_row_major_slice(b, n, k);
    matmul(out, accum, a, b.transpose(), alpha, Par::Seq);
    leave_wide_registers();
}

/// The inverse of one diagonal block by Cholesky, on this thread.
fn invert_small(mut a: Matrix) -> Result<Matrix> {
    let n = a.rows();
    let mut memory = faer::dyn_stack::MemBuffer::new(
        llt::factor::cholesky_in_place_scratch::<f32>(n, Par::Seq, Default::default())
            .or(llt::inverse::inverse_scratch::<f32>(n, Par::Seq)),
    );
    let stack = faer::dyn_stack::MemStack::new(&mut memory);
    let view = MatMut::from_row_major_slice_mut(a.data_mut(), n, n);
    llt::factor::cholesky_in_place(view, Default::default(), Par::Seq, stack, Default::default())
        .map_err(|_| Error::setting("reg", "the matrix is not positive definite; raise it"))?;
    let mut inverse = Matrix::zeros(n, n);
    llt::inverse::inverse(
        MatMut::from_row_major_slice_mut(inverse.data_mut(), n, n),
        MatRef::from_row_major_slice(a.data(), n, n),
        Par::Seq,
        stack,
    );
    leave_wide_registers();
    inverse.mirror();
    Ok(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    fn spd(n: usize) -> Matrix {
        let mut rng = Rng::new(7, &[n as u64]);
        let root = Matrix::from_fn(n, n + 3, |_, _| rng.normal());
        let mut a = Matrix::zeros(n, n);
        product(
            a.data_mut(),
            n,
            Accum::Replace,
            1.0 / n as f32,
            root.data(),
            root.data(),
            n,
            n,
            n + 3,
        );
        (0..n).for_each(|i| a.row_mut(i)[i] += 0.5);
        a
    }

    #[test]
    fn inverse_times_matrix_is_identity() {
        for n in [1, 2, 5, 64, 65, 127, 128, 129, 300, 517] {
            let a = spd(n);
            let mut inverse = a.clone();
            // What lies above the diagonal is not read.
            for r in 0..n {
                inverse.row_mut(r)[r + 1..].fill(f32::NAN);
            }
            invert_spd(&mut inverse).expect("positive definite");
            let mut one = Matrix::zeros(n, n);
            product(one.data_mut(), n, Accum::Replace, 1.0, a.data(), inverse.data(), n, n, n);
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
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| invert_spd(&mut a)).unwrap();
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
