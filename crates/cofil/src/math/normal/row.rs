//! One row at a time: exactly or by conjugate gradients.

use super::kernels::{add_combination, add_normal_product, add_upper_product, gather};
use super::{Half, Objective, Solver};
use crate::math::syrk::add_gram;
use crate::math::vector::{add_scaled, dot};
use crate::math::{Matrix, cholesky};

impl<W, P> Half<'_, W, P>
where
    W: Fn(usize, u32, f32) -> (f32, f32) + Sync,
    P: Fn(usize, usize) -> f32 + Sync,
{
    /// Solves for row `r`; x holds the starting point.
    pub(super) fn solve_row(
        &self,
        s: &mut Scratch,
        r: usize,
        x: &mut [f32],
        bias: &mut f32,
    ) -> Objective {
        let range = self.starts[r]..self.starts[r + 1];
        let columns = &self.columns[range.clone()];
        let entries = range.len();
        if entries == 0 {
            x.fill(0.0);
            *bias = if self.bias { 0.0 } else { *bias };
            return Objective::default();
        }
        let width = x.len();
        let penalty = (self.penalty)(r, entries);
        // The exact solver and long rows need the matrix; few entries are faster without it.
        let explicit = self.solver == Solver::Cholesky || entries > s.longest;
        let block = if explicit { s.block } else { entries };
        s.start(explicit, self.base);
        let mut sums = Sums::default();
        for (columns, first) in columns.chunks(block).zip(range.step_by(block)) {
            if s.rows.len() < columns.len() * width {
                s.rows.resize(columns.len() * width, 0.0);
            }
            s.roots.clear();
            s.targets.clear();
            for (&c, entry) in columns.iter().zip(first..) {
                let (weight, target) = (self.weigh)(r, c, self.value(entry));
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
            add_scaled(&mut s.right, -bias_right * shrink, &s.sum);
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

/// Working memory of one thread.
pub(super) struct Scratch {
    /// Copied table rows, scaled by √w.
    rows: Vec<f32>,
    /// √w of each.
    roots: Vec<f32>,
    /// √w t of each.
    targets: Vec<f32>,
    /// Number of rows per update of the matrix: 24 KiB, half of a first-level cache.
    block: usize,
    /// Maximum number of entries for which conjugate gradients keep the rows: 512 KiB, half of a second-level cache.
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
    pub(super) fn new(width: usize) -> Self {
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
                add_scaled(row, -shrink * s, &self.sum);
            }
        }
        let diagonal = || (0..width).map(|i| i * width + i);
        let largest = diagonal().fold(0f32, |m, i| m.max(self.matrix[i]));
        // Padding has no entry on its diagonal and gets this floor, as do directions that the entries leave
        // undetermined. Their right sides are zero.
        let floor = penalty.max(1e-6 * largest).max(f32::MIN_POSITIVE);
        diagonal().for_each(|i| self.matrix[i] += floor);
        self.x.copy_from_slice(&self.right);
        if !cholesky::solve(&mut self.matrix, &mut self.x) {
            // Only overflowed numbers lead here; the loss then reports it.
            self.x.fill(f32::NAN);
        }
    }

    /// Takes steps of conjugate gradients from x. If `rows` is not 0, that many numbers of copied rows stand for the
    /// matrix. Leaves the residual.
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
                add_scaled(out, -shrink * dot(sum, v), sum);
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
            // The solution is exact to the precision of its numbers.
            if square <= 1e-20 * f32::MIN_POSITIVE.max(dot(right, right)) {
                break;
            }
            apply(direction, image);
            let curvature = dot(direction, image);
            if curvature <= 0.0 {
                break;
            }
            let step = square / curvature;
            add_scaled(x, step, direction);
            add_scaled(residual, -step, image);
            let next = dot(residual, residual);
            let ratio = next / square;
            for (d, r) in direction.iter_mut().zip(&*residual) {
                *d = r + ratio * *d;
            }
            square = next;
        }
    }
}
