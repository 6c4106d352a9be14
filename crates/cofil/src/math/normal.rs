//! Many small ridge regressions that share a table: one half of an alternating least squares epoch.
//!
//! For each row r of `out`, with entries e at table rows q_e: minimise
//! Σ_e w_e (x·q_e + b − t_e)² + xᵀ B x + λ_r (‖x‖² + b²), where b is there on request. The normal
//! equations are solved exactly ([`cholesky`]) or improved by a few steps of conjugate gradients
//! from the x that stands in `out` (Takács, Pilászy, Tikk, "Applications of the conjugate gradient
//! method for implicit feedback collaborative filtering", RecSys 2011). Table rows are copied side
//! by side first, so that everything after that streams from a near cache.

#[cfg(target_arch = "x86_64")]
use super::lanes::sums_avx512;
use super::lanes::{combine, products_16};
use super::syrk::add_gram;
use super::vector::{LANES, dot, dot_lanes, sum_lanes};
use super::{Matrix, cholesky};
use multiversion::multiversion;
use multiversion::target::match_target;
use rayon::prelude::*;
use std::ops::Range;

/// How the normal equations are solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// Exactly.
    Cholesky,
    /// By this many steps of conjugate gradients.
    Cg(usize),
}

/// What all regressions of one half have in common.
#[derive(Clone, Copy)]
pub struct Half<'a, W, P> {
    /// Compressed sparse rows: row r of the output has entries `starts[r]..starts[r + 1]`.
    pub starts: &'a [usize],
    /// The table row of each entry.
    pub columns: &'a [u32],
    /// The value of each entry.
    pub values: &'a [f32],
    /// q, with rows padded to a multiple of 16 with zeros.
    pub table: &'a Matrix,
    /// B, symmetric and padded alike; none: zero.
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

impl<W, P> Half<'_, W, P>
where
    W: Fn(usize, u32, f32) -> (f32, f32) + Sync,
    P: Fn(usize, usize) -> f32 + Sync,
{
    /// Solves for every row: `out` (rows × padded width) and `biases` (left alone without b).
    /// Rows without entries become zero.
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
        let parts: Vec<Objective> = pieces
            .into_par_iter()
            .map_init(
                || Scratch::new(width),
                |scratch, (range, xs, bs)| {
                    let mut sum = Objective::default();
                    for ((r, x), b) in range.zip(xs.chunks_exact_mut(width)).zip(bs) {
                        let part = self.solve_row(scratch, r, x, b);
                        sum.data += part.data;
                        sum.penalty += part.penalty;
                    }
                    sum
                },
            )
            .collect();
        parts.iter().fold(Objective::default(), |a, b| Objective {
            data: a.data + b.data,
            penalty: a.penalty + b.penalty,
        })
    }

    /// Runs of rows of about equal work: a row costs its entries plus solving its system.
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

    fn solve_row(&self, s: &mut Scratch, r: usize, x: &mut [f32], bias: &mut f32) -> Objective {
        let range = self.starts[r]..self.starts[r + 1];
        let (columns, values) = (&self.columns[range.clone()], &self.values[range.clone()]);
        let entries = range.len();
        if entries == 0 {
            x.fill(0.0);
            *bias = if self.bias { 0.0 } else { *bias };
            return Objective::default();
        }
        let width = x.len();
        let penalty = (self.penalty)(r, entries);
        // The exact solver and long rows need the matrix; few entries are faster as they are.
        let explicit = self.solver == Solver::Cholesky || entries > s.longest;
        let block = if explicit { s.block } else { entries };
        s.start(explicit, self.base);
        let mut sums = Sums::default();
        for (columns, values) in columns.chunks(block).zip(values.chunks(block)) {
            if s.rows.len() < columns.len() * width {
                s.rows.resize(columns.len() * width, 0.0);
            }
            s.roots.clear();
            s.targets.clear();
            for (&c, &v) in columns.iter().zip(values) {
                let (weight, target) = (self.weigh)(r, c, v);
                let root = weight.sqrt();
                s.roots.push(root);
                s.targets.push(root * target);
            }
            let rows = &mut s.rows[..columns.len() * width];
            gather(rows, self.table.data(), columns, &s.roots);
            add_combination(&mut s.right, &s.targets, rows);
            sums.square += f64::from(dot(&s.targets, &s.targets));
            if self.bias {
                add_combination(&mut s.sum, &s.roots, rows);
                sums.weight += f64::from(dot(&s.roots, &s.roots));
                sums.target += f64::from(dot(&s.roots, &s.targets));
            }
            if explicit {
                add_gram(&mut s.matrix, &s.rows[..columns.len() * width], width);
            }
        }
        // b is eliminated: at the optimum b = (Σ w t − s·x) / (Σ w + λ) with s = Σ w q.
        let shrink = 1.0 / (sums.weight + f64::from(penalty)) as f32;
        let bias_right = sums.target as f32;
        if self.bias {
            super::vector::add_scaled(&mut s.right, -bias_right * shrink, &s.sum);
        }
        let shrink = if self.bias { shrink } else { 0.0 };
        s.x.copy_from_slice(x);
        match self.solver {
            Solver::Cholesky => s.cholesky(penalty, shrink),
            Solver::Cg(steps) => {
                let rows = if explicit { 0 } else { entries * width };
                s.conjugate_gradients(rows, self.base, penalty, shrink, steps);
            }
        }
        x.copy_from_slice(&s.x);
        // With A x = right − residual: xᵀAx − 2 rightᵀx = −(right + residual)ᵀx.
        let product = |a: &[f32]| f64::from(dot(a, &s.x));
        let mut total = sums.square - product(&s.right) - product(&s.residual);
        let mut square = f64::from(dot(x, x));
        if self.bias {
            total -= sums.target * sums.target * f64::from(shrink);
            *bias = shrink * (bias_right - dot(&s.sum, x));
            square += f64::from(*bias) * f64::from(*bias);
        }
        let penalty = f64::from(penalty) * square;
        Objective { data: total - penalty, penalty }
    }
}

/// Sums over the entries of a row.
#[derive(Default)]
struct Sums {
    weight: f64,
    target: f64,
    square: f64,
}

/// Memory of one worker.
struct Scratch {
    /// Copied table rows, scaled by √w.
    rows: Vec<f32>,
    /// √w of each.
    roots: Vec<f32>,
    /// √w t of each.
    targets: Vec<f32>,
    /// Rows per update of the matrix: 24 KiB, half of a first-level cache.
    block: usize,
    /// Most entries for which conjugate gradients keep the rows: 512 KiB, half of a second-level cache.
    longest: usize,
    matrix: Vec<f32>,
    right: Vec<f32>,
    sum: Vec<f32>,
    x: Vec<f32>,
    residual: Vec<f32>,
    direction: Vec<f32>,
    image: Vec<f32>,
}

impl Scratch {
    fn new(width: usize) -> Self {
        let vector = || vec![0.0; width];
        Self {
            rows: Vec::new(),
            roots: Vec::new(),
            targets: Vec::new(),
            block: (6 * 1024 / width.max(1)).max(16),
            longest: (128 * 1024 / width.max(1)).max(16),
            matrix: vec![0.0; width * width],
            right: vector(),
            sum: vector(),
            x: vector(),
            residual: vector(),
            direction: vector(),
            image: vector(),
        }
    }

    fn start(&mut self, explicit: bool, base: Option<&Matrix>) {
        match base {
            Some(base) if explicit => self.matrix.copy_from_slice(base.data()),
            None if explicit => self.matrix.fill(0.0),
            _ => {}
        }
        self.right.fill(0.0);
        self.sum.fill(0.0);
        self.residual.fill(0.0);
    }

    /// x ← (M + penalty I − shrink s sᵀ)⁻¹ right; M's floor keeps the system definite without a penalty.
    fn cholesky(&mut self, penalty: f32, shrink: f32) {
        let width = self.x.len();
        if shrink > 0.0 {
            for (row, &s) in self.matrix.chunks_exact_mut(width).zip(&self.sum) {
                super::vector::add_scaled(row, -shrink * s, &self.sum);
            }
        }
        let diagonal = || (0..width).map(|i| i * width + i);
        let largest = diagonal().fold(0f32, |m, i| m.max(self.matrix[i]));
        // Padding has no entry on its diagonal and gets this floor; so do directions that the
        // entries leave open. Both right sides are zero.
        let floor = penalty.max(1e-6 * largest).max(f32::MIN_POSITIVE);
        diagonal().for_each(|i| self.matrix[i] += floor);
        self.x.copy_from_slice(&self.right);
        if !cholesky::solve(&mut self.matrix, &mut self.x) {
            // Only numbers that overflowed come here; the loss then tells.
            self.x.fill(f32::NAN);
        }
    }

    /// Steps of conjugate gradients from x; `rows` numbers of copied rows stand for the matrix if
    /// not 0. Leaves the residual.
    fn conjugate_gradients(
        &mut self,
        rows: usize,
        base: Option<&Matrix>,
        penalty: f32,
        shrink: f32,
        steps: usize,
    ) {
        let Self { rows: buffer, matrix, right, sum, x, residual, direction, image, .. } = self;
        let apply = |v: &[f32], out: &mut [f32]| {
            for (out, v) in out.iter_mut().zip(v) {
                *out = penalty * v;
            }
            if shrink > 0.0 {
                super::vector::add_scaled(out, -shrink * dot(sum, v), sum);
            }
            match rows {
                0 => add_upper_product(out, matrix, v),
                rows => {
                    base.iter().for_each(|base| add_combination(out, v, base.data()));
                    add_normal_product(out, &buffer[..rows], v);
                }
            }
        };
        apply(x, image);
        for ((residual, right), image) in residual.iter_mut().zip(&*right).zip(&*image) {
            *residual = right - image;
        }
        direction.copy_from_slice(residual);
        let mut square = dot(residual, residual);
        for _ in 0..steps {
            // The solution stands, to the precision of its numbers.
            if square <= 1e-20 * f32::MIN_POSITIVE.max(dot(right, right)) {
                break;
            }
            apply(direction, image);
            let curvature = dot(direction, image);
            if curvature <= 0.0 {
                break;
            }
            let step = square / curvature;
            super::vector::add_scaled(x, step, direction);
            super::vector::add_scaled(residual, -step, image);
            let next = dot(residual, residual);
            let ratio = next / square;
            for (d, r) in direction.iter_mut().zip(&*residual) {
                *d = r + ratio * *d;
            }
            square = next;
        }
    }
}

/// Row e of `rows` ← roots_e · row columns_e of the table.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn gather(rows: &mut [f32], table: &[f32], columns: &[u32], roots: &[f32]) {
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
fn add_combination(out: &mut [f32], x: &[f32], rows: &[f32]) {
    combine(out, x, rows, out.len(), 0);
}

/// out ← out + RᵀR v for the rows of R.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_normal_product(out: &mut [f32], rows: &[f32], v: &[f32]) {
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
fn add_upper_product(out: &mut [f32], a: &[f32], v: &[f32]) {
    let width = out.len();
    for (i, row) in a.chunks_exact(width).enumerate() {
        let first = i / LANES * LANES;
        let next = first + LANES;
        out[i] += dot(&row[first..], &v[first..]);
        super::vector::add_scaled(&mut out[next..], v[i], &row[next..]);
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

    const K: usize = 20;

    /// The same regression in the plainest way: b as one more factor.
    fn naive<W, P>(half: &Half<'_, W, P>, r: usize) -> (Vec<f32>, f32, f64)
    where
        W: Fn(usize, u32, f32) -> (f32, f32),
        P: Fn(usize, usize) -> f32,
    {
        let n = K + usize::from(half.bias);
        let range = half.starts[r]..half.starts[r + 1];
        let penalty = (half.penalty)(r, range.len());
        let mut a = vec![0.0; n * n];
        let mut x = vec![0.0; n];
        let terms: Vec<(f32, f32, Vec<f32>)> = range
            .map(|e| {
                let (c, v) = (half.columns[e], half.values[e]);
                let (w, t) = (half.weigh)(r, c, v);
                let mut q = half.table.row(c as usize)[..K].to_vec();
                q.resize(n, 1.0);
                (w, t, q)
            })
            .collect();
        for i in 0..n {
            for j in 0..n {
                if let (Some(base), true) = (half.base, i < K && j < K) {
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
        let mut rng = Rng::new(8, &[]);
        let columns = 3000;
        let width = padded(K);
        let pad = |_, c: usize, rng: &mut Rng| if c < K { rng.normal() } else { 0.0 };
        let table = Matrix::from_fn(columns, width, |r, c| pad(r, c, &mut rng));
        let base = Matrix::from_fn(width, width, |r, c| if r == c && r < K { 0.5 } else { 0.0 });
        let lengths = [0usize, 1, 5, 40, 400, 3000];
        let rows: Vec<Vec<(u32, f32)>> = lengths
            .iter()
            .map(|&n| (0..n).map(|i| ((i * columns / n) as u32, rng.normal())).collect())
            .collect();
        let (starts, columns, values) = compress(&rows);
        for (bias, base) in [(false, Some(&base)), (true, None)] {
            for solver in [Solver::Cholesky, Solver::Cg(60)] {
                let half = Half {
                    starts: &starts,
                    columns: &columns,
                    values: &values,
                    table: &table,
                    base,
                    weigh: |_, c, v: f32| (0.5 + (c % 3) as f32, v + 1.0),
                    penalty: |_, n| 0.1 * n as f32,
                    bias,
                    solver,
                };
                let mut out =
                    Matrix::from_fn(lengths.len(), width, |_, c| if c < K { 0.3 } else { 0.0 });
                let mut biases = vec![0.7; lengths.len()];
                let found = half.solve(&mut out, &mut biases);
                assert_eq!((out.row(0), biases[0]), (&[0.0; 32][..], if bias { 0.0 } else { 0.7 }));
                let mut objective = 0.0;
                for r in 1..lengths.len() {
                    let (x, b, part) = naive(&half, r);
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
                values: &values,
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
