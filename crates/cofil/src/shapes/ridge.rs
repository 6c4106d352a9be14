//! The normal equations of fold-in by ridge regression: the vector of a user from their history.
//!
//! A p = Σ_j pull_j q_j over the history, with A = base + Σ_j w_j q_j q_jᵀ + penalty · I. For [`FoldIn::Ridge`], base
//! is 0, w is 1 and the pull is the residual of the value. For [`FoldIn::Implicit`], base is α₀ QᵀQ and the pull is
//! w_j t_j. A⁻¹ is also the remaining covariance of the vector, which weights contributions.

use super::Factors;
use super::fold_in::{FoldIn, confidence};
use crate::data::Row;
use crate::math::real::power;
use crate::math::{Matrix, solve, syrk, vector};

/// The system of one history.
pub(super) struct Ridge {
    /// A without the penalty, n × n.
    a: Vec<f32>,
    /// Σ pull q.
    x: Vec<f32>,
    /// The pull of each entry of the history.
    pub pulls: Vec<f32>,
    penalty: f32,
    /// Whether the last direction is a bias, whose item side is 1.
    bias: bool,
}

impl Ridge {
    /// Returns vector and bias.
    pub fn solve(mut self) -> Option<(Vec<f32>, f32)> {
        solve_with_penalty(&mut self.a, &mut self.x, self.penalty)?;
        let b = if self.bias { self.x.pop()? } else { 0.0 };
        Some((self.x, b))
    }

    /// Returns z = A⁻¹ q, where q is extended by 1 if there is a bias.
    pub fn solve_for(&self, q: &[f32]) -> Option<Vec<f32>> {
        let (mut a, mut z) = (self.a.clone(), q.to_vec());
        z.extend(self.bias.then_some(1.0));
        solve_with_penalty(&mut a, &mut z, self.penalty)?;
        Some(z)
    }
}

impl Factors {
    /// Returns the system of `history`; `None` if fold-in is not a ridge regression.
    pub(super) fn ridge(&self, history: Row<'_>) -> Option<Ridge> {
        let length = history.len() as f32;
        let k = self.factors();
        match self.settings.fold_in {
            FoldIn::Ridge { reg, reg_exponent, bias, .. } => {
                // The bias is one more factor.
                let n = k + usize::from(bias);
                let (mut a, mut x) = (vec![0.0; n * n], vec![0.0; n]);
                let mut q = vec![1.0; n];
                let mut pulls = Vec::with_capacity(history.len());
                for (item, value) in history.iter() {
                    q[..k].copy_from_slice(self.items.row(item as usize));
                    pulls.push(self.residual(item, value));
                    vector::add_scaled(&mut x, self.residual(item, value), &q);
                    add_outer(&mut a, 1.0, &q);
                }
                let penalty = reg * power(length, reg_exponent);
                Some(Ridge { a, x, pulls, penalty, bias })
            }
            FoldIn::Implicit { reg, reg_exponent, unobserved_weight, alpha } => {
                let mut a: Vec<f32> =
                    self.gram().data().iter().map(|g| unobserved_weight * g).collect();
                let mut x = vec![0.0; k];
                let mut pulls = Vec::with_capacity(history.len());
                for (item, value) in history.iter() {
                    let (weight, target) = confidence(alpha, value);
                    let q = self.items.row(item as usize);
                    pulls.push(weight * target);
                    vector::add_scaled(&mut x, weight * target, q);
                    add_outer(&mut a, weight, q);
                }
                let weight = unobserved_weight.mul_add(self.items.rows() as f32, length);
                let penalty = reg * power(weight, reg_exponent);
                Some(Ridge { a, x, pulls, penalty, bias: false })
            }
            _ => None,
        }
    }

    /// QᵀQ, computed on first use.
    fn gram(&self) -> &Matrix {
        self.gram.get_or_init(|| {
            let (k, padded) = (self.factors(), syrk::gram(&self.items));
            Matrix::from_fn(k, k, |r, c| padded.row(r)[c])
        })
    }
}

/// A ← A + w q qᵀ.
pub(super) fn add_outer(a: &mut [f32], weight: f32, q: &[f32]) {
    for (row, &x) in a.chunks_exact_mut(q.len().max(1)).zip(q) {
        vector::add_scaled(row, weight * x, q);
    }
}

/// A history shorter than k leaves some directions undetermined. This floor, relative to the trace, sends them to
/// zero if there is no penalty.
fn floor(a: &[f32], n: usize, penalty: f32) -> f32 {
    let trace: f32 = (0..n).map(|i| a[i * n + i]).sum();
    penalty.max(1e-6 * trace)
}

/// x ← (A + penalty · I)⁻¹ x; `None` if that matrix is not positive definite.
pub(super) fn solve_with_penalty(a: &mut [f32], x: &mut [f32], penalty: f32) -> Option<()> {
    let n = x.len();
    let penalty = floor(a, n, penalty);
    (0..n).for_each(|i| a[i * n + i] += penalty);
    solve::solve_spd(a, x).then_some(())
}
