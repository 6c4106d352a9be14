//! Many small ridge regressions that share a table: one half of an alternating least squares epoch.
//!
//! For each row r of `out`, with entries e at table rows q_e: minimise Σ_e w_e (x·q_e + b − t_e)² + xᵀ B x + λ_r
//! (‖x‖² + b²), where b is optional. The normal equations are solved exactly ([`super::cholesky`]) or improved by a
//! few steps of conjugate gradients from the x in `out` (Takács, Pilászy, Tikk, "Applications of the conjugate
//! gradient method for implicit feedback collaborative filtering", RecSys 2011). Table rows are first copied side by
//! side, so that all later steps stream from a near cache.

mod group;
mod kernels;
mod row;

use super::Matrix;
use super::vector::LANES;
use crate::math::parallel;
use group::Group;
use row::Scratch;
use std::iter::Sum;
use std::ops::Range;

/// How the normal equations are solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// Exactly.
    Cholesky,
    /// By this many steps of conjugate gradients.
    Cg(usize),
}

/// The data all regressions of one half share.
#[derive(Clone, Copy)]
pub struct Half<'a, W, P> {
    /// Compressed sparse rows: row r of the output has entries `starts[r]..starts[r + 1]`.
    pub starts: &'a [usize],
    /// The table row of each entry.
    pub columns: &'a [u32],
    /// The value of each entry; `None` if each is 1.
    pub values: Option<&'a [f32]>,
    /// q, with rows padded to a multiple of 16 with zeros.
    pub table: &'a Matrix,
    /// B, symmetric and padded likewise; `None` for zero.
    pub base: Option<&'a Matrix>,
    /// (w, t) from (row, column, value), w ≥ 0.
    pub weigh: W,
    /// λ_r from (row, number of entries).
    pub penalty: P,
    /// Whether there is a b.
    pub bias: bool,
    /// How to solve.
    pub solver: Solver,
}

/// The objective at the solutions, summed over rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Objective {
    /// Σ w (x·q + b − t)² + xᵀ B x.
    pub data: f64,
    /// Σ λ (‖x‖² + b²).
    pub penalty: f64,
}

impl Sum for Objective {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |a, b| Self {
            data: a.data + b.data,
            penalty: a.penalty + b.penalty,
        })
    }
}

/// From this width on, rows are solved in groups.
const WIDE: usize = 128;

impl<W, P> Half<'_, W, P>
where
    W: Fn(usize, u32, f32) -> (f32, f32) + Sync,
    P: Fn(usize, usize) -> f32 + Sync,
{
    /// Solves for every row: `out` (rows × padded width) and `biases` (unchanged without b). Rows without entries
    /// become zero.
    pub fn solve(&self, out: &mut Matrix, biases: &mut [f32]) -> Objective {
        let width = out.cols();
        assert_eq!((width, width % LANES), (self.table.cols(), 0), "padded tables of one width");
        assert_eq!((out.rows() + 1, out.rows()), (self.starts.len(), biases.len()));
        let mut rest = (out.data_mut(), biases);
        let mut pieces = Vec::new();
        for range in self.pieces(width) {
            let (xs, other_xs) = rest.0.split_at_mut(range.len() * width);
            let (bs, other_bs) = rest.1.split_at_mut(range.len());
            rest = (other_xs, other_bs);
            pieces.push((range, xs, bs));
        }
        let parts: Vec<Objective> = match (self.solver, self.base) {
            // Solving single rows would read a base too wide for a near cache at every step.
            (Solver::Cg(steps), Some(base)) if width >= WIDE && !self.bias => {
                let scratch = || Group::new(width);
                parallel::map_all_with(pieces, scratch, |group, (range, xs, _)| {
                    let xs = xs.chunks_mut(group::ROWS * width);
                    let groups = range.clone().step_by(group::ROWS).zip(xs).map(|(r, xs)| {
                        let rows = r..range.end.min(r + group::ROWS);
                        self.solve_group(group, rows, xs, base, steps)
                    });
                    groups.sum()
                })
            }
            _ => {
                let scratch = || Scratch::new(width);
                parallel::map_all_with(pieces, scratch, |scratch, (range, xs, bs)| {
                    let rows = range.zip(xs.chunks_exact_mut(width)).zip(bs);
                    rows.map(|((r, x), b)| self.solve_row(scratch, r, x, b)).sum()
                })
            }
        };
        parts.into_iter().sum()
    }

    #[inline]
    fn value(&self, entry: usize) -> f32 {
        self.values.map_or(1.0, |values| values[entry])
    }

    /// Runs of rows of about equal work: the cost of a row is its entries plus solving its system.
    fn pieces(&self, width: usize) -> Vec<Range<usize>> {
        let starts = self.starts;
        let rows = starts.len() - 1;
        let piece = ((starts[rows] + rows * width) / 128).max(4096);
        let mut pieces = Vec::new();
        let mut first = 0;
        for r in 0..rows {
            if starts[r + 1] - starts[first] + (r + 1 - first) * width >= piece || r + 1 == rows {
                pieces.push(first..r + 1);
                first = r + 1;
            }
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::lanes::padded;
    use crate::math::{Rng, solve};

    /// Compressed sparse rows of (column, value) lists.
    fn compress(rows: &[Vec<(u32, f32)>]) -> (Vec<usize>, Vec<u32>, Vec<f32>) {
        let mut starts = vec![0];
        rows.iter().for_each(|row| starts.push(starts[starts.len() - 1] + row.len()));
        let (columns, values) = rows.iter().flatten().copied().unzip();
        (starts, columns, values)
    }

    /// The same regression in the simplest form: b as one more factor.
    fn naive<W, P>(half: &Half<'_, W, P>, k: usize, r: usize) -> (Vec<f32>, f32, f64)
    where
        W: Fn(usize, u32, f32) -> (f32, f32) + Sync,
        P: Fn(usize, usize) -> f32 + Sync,
    {
        let n = k + usize::from(half.bias);
        let range = half.starts[r]..half.starts[r + 1];
        let penalty = (half.penalty)(r, range.len());
        let mut a = vec![0.0; n * n];
        let mut x = vec![0.0; n];
        let terms: Vec<(f32, f32, Vec<f32>)> = range
            .map(|e| {
                let c = half.columns[e];
                let (w, t) = (half.weigh)(r, c, half.value(e));
                let mut q = half.table.row(c as usize)[..k].to_vec();
                q.resize(n, 1.0);
                (w, t, q)
            })
            .collect();
        for i in 0..n {
            for j in 0..n {
                if let (Some(base), true) = (half.base, i < k && j < k) {
                    a[i * n + j] += base.row(i)[j];
                }
                a[i * n + j] += terms.iter().map(|(w, _, q)| w * q[i] * q[j]).sum::<f32>();
            }
            a[i * n + i] += penalty;
            x[i] = terms.iter().map(|(w, t, q)| w * t * q[i]).sum();
        }
        let matrix = a.clone();
        assert!(solve::solve_spd(&mut a, &mut x));
        let mut objective = terms.iter().map(|(w, t, _)| f64::from(w * t * t)).sum::<f64>();
        for i in 0..n {
            let (w, t): (f32, f32) = (x[i], terms.iter().map(|(w, t, q)| w * t * q[i]).sum());
            objective -= 2.0 * f64::from(w * t);
            for j in 0..n {
                objective += f64::from(x[i] * matrix[i * n + j] * x[j]);
            }
        }
        let bias = if half.bias { x.pop().expect("the bias") } else { 0.0 };
        (x, bias, objective)
    }

    #[test]
    fn solvers_agree_with_the_plain_normal_equations() {
        assert_agreement(20);
        // Wide enough to be solved in groups.
        assert_agreement(130);
    }

    fn assert_agreement(k: usize) {
        let mut rng = Rng::new(8, &[]);
        let columns = 3000;
        let width = padded(k);
        let pad = |_, c: usize, rng: &mut Rng| if c < k { rng.normal() } else { 0.0 };
        let table = Matrix::from_fn(columns, width, |r, c| pad(r, c, &mut rng));
        let base = Matrix::from_fn(width, width, |r, c| if r == c && r < k { 0.5 } else { 0.0 });
        // More rows than a group has.
        let lengths = [0, 1, 5, 40, 400, 3000, 1, 1, 7, 9, 2, 3, 0, 20, 60, 0, 11, 150, 2];
        let rows: Vec<Vec<(u32, f32)>> = lengths
            .iter()
            .map(|&n| (0..n).map(|i| ((i * columns / n) as u32, rng.normal())).collect())
            .collect();
        let (starts, columns, values) = compress(&rows);
        let given = Some(&values[..]);
        for (bias, base, values) in
            [(false, Some(&base), given), (true, None, given), (false, Some(&base), None)]
        {
            for solver in [Solver::Cholesky, Solver::Cg(60)] {
                let half = Half {
                    starts: &starts,
                    columns: &columns,
                    values,
                    table: &table,
                    base,
                    weigh: |_, c, v: f32| (0.5 + (c % 3) as f32, v + 1.0),
                    penalty: |_, n| 0.1 * n as f32,
                    bias,
                    solver,
                };
                let mut out =
                    Matrix::from_fn(lengths.len(), width, |_, c| if c < k { 0.3 } else { 0.0 });
                let mut biases = vec![0.7; lengths.len()];
                let found = half.solve(&mut out, &mut biases);
                assert_eq!(
                    (out.row(0), biases[0]),
                    (&vec![0.0; width][..], if bias { 0.0 } else { 0.7 })
                );
                let mut objective = 0.0;
                for r in (1..lengths.len()).filter(|&r| lengths[r] > 0) {
                    let (x, b, part) = naive(&half, k, r);
                    objective += part;
                    for (found, expected) in out.row(r).iter().zip(&x) {
                        assert!((found - expected).abs() < 2e-3, "{solver:?} row {r}");
                    }
                    assert!(!bias || (biases[r] - b).abs() < 2e-3, "{solver:?} row {r}");
                }
                let sum = found.data + found.penalty;
                assert!((sum - objective).abs() < 1e-3 * objective, "{solver:?} {sum} {objective}");
            }
        }
    }

    #[test]
    fn few_steps_lower_the_objective() {
        let mut rng = Rng::new(9, &[]);
        let table = Matrix::from_fn(50, 16, |_, _| rng.normal());
        let (starts, columns, values) = compress(&[(0..50).map(|c| (c, (c % 4) as f32)).collect()]);
        let mut out = Matrix::zeros(1, 16);
        let mut last = f64::INFINITY;
        for _ in 0..5 {
            let half = Half {
                starts: &starts,
                columns: &columns,
                values: Some(&values),
                table: &table,
                base: None,
                weigh: |_, _, v| (1.0, v),
                penalty: |_, _| 0.1,
                bias: false,
                solver: Solver::Cg(2),
            };
            let objective = half.solve(&mut out, &mut [0.0]);
            let sum = objective.data + objective.penalty;
            assert!(sum < last + 1e-3, "{sum} after {last}");
            last = sum;
        }
    }
}
