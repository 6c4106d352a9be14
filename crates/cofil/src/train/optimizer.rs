//! How a gradient becomes a step: tables of parameters that are updated row by row.
//!
//! With g the gradient of the loss at the row θ and η the learning rate:
//! - `sgd`: θ ← θ − η g
//! - `momentum`: v ← β v + g, θ ← θ − η v with β = 0.9
//! - `adam`: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − η m̂ / (√v̂ + ε) with
//!   m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ), β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸. Kingma & Ba, "Adam: a
//!   method for stochastic optimization", ICLR 2015.
//!
//! Lazy: a row that a batch does not touch stands still, values and memory alike, so a batch costs
//! what it touches. Adam's t therefore counts the steps of each row by itself: the first step of a
//! row has length η whenever it comes. (With one t for all, a row first met late would start with a
//! step of η (1 − β₁) / √(1 − β₂) ≈ 3 η.)
//!
//! Weight decay, where a table has it, shrinks a row by the factor 1 − η λ before each of its steps,
//! apart from the gradient (for Adam: AdamW; Loshchilov & Hutter, "Decoupled weight decay
//! regularization", ICLR 2019).

use crate::math::{Matrix, parallel};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

const MOMENTUM: f32 = 0.9;
const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// How a gradient becomes a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// A step against the gradient.
    #[default]
    Sgd,
    /// Steps that keep nine tenths of the speed of the one before.
    Momentum,
    /// Steps of about the learning rate, whatever the size of the gradient.
    Adam,
}

/// A table of parameters with what its optimizer remembers of each row.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// The parameters.
    pub values: Matrix,
    optimizer: Optimizer,
    /// λ of the weight decay.
    decay: f32,
    /// v of momentum, m of Adam; empty for SGD.
    first: Vec<f32>,
    /// v of Adam.
    second: Vec<f32>,
    /// t of Adam for each row; exact up to 2²⁴, where the corrections have long been 1.
    steps: Vec<f32>,
}

impl Table {
    /// A table to be updated by `optimizer`.
    pub fn new(values: Matrix, optimizer: Optimizer) -> Self {
        let size = |wanted: bool, len: usize| vec![0.0; if wanted { len } else { 0 }];
        let (adam, n) = (optimizer == Optimizer::Adam, values.data().len());
        Self {
            optimizer,
            decay: 0.0,
            first: size(optimizer != Optimizer::Sgd, n),
            second: size(adam, n),
            steps: size(adam, values.rows()),
            values,
        }
    }

    /// The same with decoupled weight decay λ = `decay`.
    pub fn with_decay(self, decay: f32) -> Self {
        Self { decay, ..self }
    }

    /// One step of row `row` against `gradient`.
    pub fn step(&mut self, row: usize, gradient: &[f32], rate: f32) {
        self.part(row..row + 1).step(row, gradient, rate);
    }

    /// One step of each of `rows`, which rise. `gradient_of(r, gradient)` fills the gradient of
    /// `rows[r]`, which comes to it as zeros. Pieces of rows are worked on in parallel.
    pub fn step_rows(
        &mut self,
        rows: &[u32],
        rate: f32,
        gradient_of: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        self.step_rows_from(rows, rate, |r, _, gradient| gradient_of(r, gradient));
    }

    /// Like [`step_rows`](Self::step_rows), where the gradient depends on what the row is now:
    /// `gradient_of(r, values, gradient)`.
    pub fn step_rows_from(
        &mut self,
        rows: &[u32],
        rate: f32,
        gradient_of: impl Fn(usize, &[f32], &mut [f32]) + Sync,
    ) {
        let cols = self.values.cols();
        // Enough work that handing it to another thread pays.
        let pieces = parallel::pieces(rows.len(), (1 << 14) / cols.max(1) + 1);
        let mut rest = self.part(0..self.values.rows());
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            let end = rows[piece.end - 1] as usize + 1;
            let (part, after) = rest.split(end);
            parts.push(part);
            rest = after;
        }
        parallel::for_each_chunk(&mut parts, 1, |p, part| {
            let mut gradient = vec![0.0; cols];
            for r in pieces[p].clone() {
                gradient.fill(0.0);
                let row = rows[r] as usize;
                gradient_of(r, part[0].row(row), &mut gradient);
                part[0].step(row, &gradient, rate);
            }
        });
    }

    /// The rows of `range`, to step.
    fn part(&mut self, range: Range<usize>) -> Part<'_> {
        let cols = self.values.cols();
        let numbers = range.start * cols..range.end * cols;
        let adam = self.optimizer == Optimizer::Adam;
        let memory = |has: bool| if has { numbers.clone() } else { 0..0 };
        Part {
            optimizer: self.optimizer,
            decay: self.decay,
            start: range.start,
            cols,
            first: &mut self.first[memory(self.optimizer != Optimizer::Sgd)],
            second: &mut self.second[memory(adam)],
            steps: &mut self.steps[if adam { range } else { 0..0 }],
            values: &mut self.values.data_mut()[numbers],
        }
    }

    /// Everything the next step depends on.
    pub fn state(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let memory = [&mut self.first[..], &mut self.second, &mut self.steps];
        [self.values.data_mut()].into_iter().chain(memory)
    }
}

/// Some consecutive rows of a table.
struct Part<'a> {
    optimizer: Optimizer,
    decay: f32,
    /// The first of the rows.
    start: usize,
    cols: usize,
    values: &'a mut [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    steps: &'a mut [f32],
}

impl<'a> Part<'a> {
    /// The rows before row `end` of the table, and the others.
    fn split(self, end: usize) -> (Self, Self) {
        let Self { optimizer, decay, start, cols, .. } = self;
        let rows = end - start;
        let (values, values_after) = self.values.split_at_mut(rows * cols);
        // What the optimizer has no need of is empty.
        let cut = |numbers: &'a mut [f32], at: usize| numbers.split_at_mut(at.min(numbers.len()));
        let (first, first_after) = cut(self.first, rows * cols);
        let (second, second_after) = cut(self.second, rows * cols);
        let (steps, steps_after) = cut(self.steps, rows);
        let part = |start, values, first, second, steps| Self {
            optimizer,
            decay,
            start,
            cols,
            values,
            first,
            second,
            steps,
        };
        (
            part(start, values, first, second, steps),
            part(end, values_after, first_after, second_after, steps_after),
        )
    }

    /// Row `row` of the table.
    fn row(&self, row: usize) -> &[f32] {
        &self.values[(row - self.start) * self.cols..][..self.cols]
    }

    /// One step of row `row` of the table.
    fn step(&mut self, row: usize, gradient: &[f32], rate: f32) {
        let row = row - self.start;
        let range = row * self.cols..(row + 1) * self.cols;
        let values = &mut self.values[range.clone()];
        if self.decay > 0.0 {
            let kept = 1.0 - rate * self.decay;
            values.iter_mut().for_each(|x| *x *= kept);
        }
        match self.optimizer {
            Optimizer::Sgd => sgd(values, gradient, rate),
            Optimizer::Momentum => momentum(values, gradient, &mut self.first[range], rate),
            Optimizer::Adam => {
                self.steps[row] += 1.0;
                let t = self.steps[row];
                let corrections = (1.0 - BETA1.powf(t), 1.0 - BETA2.powf(t));
                let memory = (&mut self.first[range.clone()], &mut self.second[range]);
                adam(values, gradient, memory, corrections, rate);
            }
        }
    }
}

// Separate products and sums: the same bits for every vector width.

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn sgd(values: &mut [f32], gradient: &[f32], rate: f32) {
    for (x, g) in values.iter_mut().zip(gradient) {
        *x -= rate * g;
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn momentum(values: &mut [f32], gradient: &[f32], speed: &mut [f32], rate: f32) {
    for ((x, g), v) in values.iter_mut().zip(gradient).zip(speed) {
        *v = MOMENTUM * *v + g;
        *x -= rate * *v;
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn adam(
    values: &mut [f32],
    gradient: &[f32],
    (first, second): (&mut [f32], &mut [f32]),
    (correction1, correction2): (f32, f32),
    rate: f32,
) {
    let memory = first.iter_mut().zip(second);
    for ((x, &g), (m, v)) in values.iter_mut().zip(gradient).zip(memory) {
        *m = BETA1 * *m + (1.0 - BETA1) * g;
        *v = BETA2 * *v + (1.0 - BETA2) * (g * g);
        *x -= rate * (*m / correction1) / ((*v / correction2).sqrt() + EPSILON);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows 0 and 1 after steps of both, of row 0, and of both.
    fn after(optimizer: Optimizer) -> Vec<f32> {
        let mut table = Table::new(Matrix::from_vec(2, 1, vec![1.0, 1.0]), optimizer);
        for (row, gradient) in [(0, 2.0), (1, 2.0), (0, -1.0), (0, 4.0), (1, 4.0)] {
            table.step(row, &[gradient], 0.1);
        }
        table.values.into_data()
    }

    fn assert_close(found: &[f32], expected: &[f32]) {
        for (f, e) in found.iter().zip(expected) {
            assert!((f - e).abs() < 1e-6, "{found:?}, expected {expected:?}");
        }
    }

    #[test]
    fn steps_agree_with_hand_computed_ones() {
        assert_close(&after(Optimizer::Sgd), &[1.0 - 0.2 + 0.1 - 0.4, 1.0 - 0.2 - 0.4]);
        // v of row 0: 2, 0.8, 4.72; of row 1: 2, 5.8.
        assert_close(&after(Optimizer::Momentum), &[1.0 - 0.1 * 7.52, 1.0 - 0.1 * 7.8]);
        // In f64, with m̂ and v̂ of each row's own t.
        let by_hand = |gradients: &[f64]| {
            let (mut x, mut m, mut v) = (1.0, 0.0, 0.0);
            for (t, g) in (1..).zip(gradients) {
                m = 0.9 * m + 0.1 * g;
                v = 0.999 * v + 0.001 * g * g;
                let (m, v) = (m / (1.0 - 0.9f64.powi(t)), v / (1.0 - 0.999f64.powi(t)));
                x -= 0.1 * m / (v.sqrt() + 1e-8);
            }
            x as f32
        };
        assert_close(&after(Optimizer::Adam), &[by_hand(&[2.0, -1.0, 4.0]), by_hand(&[2.0, 4.0])]);
    }

    #[test]
    fn the_first_adam_step_has_length_rate_whenever_it_comes() {
        let mut table = Table::new(Matrix::zeros(2, 1), Optimizer::Adam);
        (0..1000).for_each(|_| table.step(0, &[1.0], 0.01));
        table.step(1, &[7.0], 0.01);
        assert_close(table.values.row(1), &[-0.01]);
    }

    #[test]
    fn rows_step_together_as_they_do_alone() {
        let gradient = |row: u32, gradient: &mut [f32]| {
            assert_eq!(gradient, [0.0; 3]);
            gradient.copy_from_slice(&[0.1 * row as f32, -1.0, 0.5]);
        };
        let rows: Vec<u32> = (0..20_000).filter(|row| row % 3 != 1).collect();
        for optimizer in [Optimizer::Sgd, Optimizer::Momentum, Optimizer::Adam] {
            let fresh = || Table::new(Matrix::from_fn(20_000, 3, |r, _| r as f32), optimizer);
            let (mut one, mut other) = (fresh(), fresh());
            for _ in 0..3 {
                one.step_rows(&rows, 0.1, |r, g| gradient(rows[r], g));
                for &row in &rows {
                    let mut g = [0.0; 3];
                    gradient(row, &mut g);
                    other.step(row as usize, &g, 0.1);
                }
            }
            assert!(one.state().eq(other.state()), "{optimizer:?}");
            assert_eq!(one.values.row(1), [1.0; 3], "was not touched");
            one.step_rows(&[], 0.1, |_, _| unreachable!("no rows"));
        }
    }

    #[test]
    fn decay_is_apart_from_the_gradient() {
        let mut table =
            Table::new(Matrix::from_vec(1, 1, vec![2.0]), Optimizer::Adam).with_decay(0.5);
        table.step(0, &[3.0], 0.1);
        assert_close(table.values.data(), &[2.0 * 0.95 - 0.1]);
    }

    #[test]
    fn the_state_is_all_a_step_depends_on() {
        for optimizer in [Optimizer::Sgd, Optimizer::Momentum, Optimizer::Adam] {
            let fresh = || Table::new(Matrix::zeros(2, 2), optimizer);
            let (mut one, mut other) = (fresh(), fresh());
            (0..5).for_each(|i| one.step(i % 2, &[1.0, -0.5 * i as f32], 0.1));
            other.state().zip(one.state()).for_each(|(to, from)| to.copy_from_slice(from));
            one.step(0, &[0.3, 0.7], 0.1);
            other.step(0, &[0.3, 0.7], 0.1);
            assert_eq!(one.values, other.values);
        }
    }
}
