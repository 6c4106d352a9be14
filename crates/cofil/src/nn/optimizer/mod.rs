//! Optimizers: tables of parameters that are updated row by row.
//!
//! With g the gradient of the loss at the row θ and η the learning rate:
//! - `sgd`: θ ← θ − η g
//! - `momentum`: v ← β v + g, θ ← θ − η v
//! - `adam`: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − η m̂ / (√v̂ + ε) with
//!   m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ), β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸. Kingma & Ba, "Adam: a
//!   method for stochastic optimization", ICLR 2015.
//!
//! Updates are lazy: a row that a batch does not touch keeps its values and its memory, so a batch costs only the
//! rows it touches. Adam's t therefore counts the steps of each row separately: the first step of a row always has
//! length η. (With one t for all rows, a row first touched late would start with a step of η (1 − β₁) / √(1 − β₂) ≈ 3
//! η.)
//!
//! Weight decay, if a table has it, shrinks a row by the factor 1 − η λ before each of its steps, independently of
//! the gradient (for Adam: AdamW; Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019).

mod step;

pub(crate) use step::Sums;

use crate::math::{Matrix, parallel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use step::{RowRange, step_sums};

/// The usual β of momentum.
pub(crate) const MOMENTUM: f32 = 0.9;

/// The optimizer, which turns gradients into steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// Plain gradient descent.
    #[default]
    Sgd,
    /// Momentum: each step keeps a share of the previous velocity.
    Momentum,
    /// Adam: steps of about the learning rate, whatever the size of the gradient.
    Adam,
}

/// A table of parameters with the optimizer's memory of each row.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// The parameters.
    pub values: Matrix,
    optimizer: Optimizer,
    /// β of momentum.
    momentum: f32,
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
    /// Returns a table updated by `optimizer`.
    pub fn new(values: Matrix, optimizer: Optimizer) -> Self {
        let size = |wanted: bool, len: usize| vec![0.0; if wanted { len } else { 0 }];
        let (adam, n) = (optimizer == Optimizer::Adam, values.data().len());
        Self {
            optimizer,
            momentum: MOMENTUM,
            decay: 0.0,
            first: size(optimizer != Optimizer::Sgd, n),
            second: size(adam, n),
            steps: size(adam, values.rows()),
            values,
        }
    }

    /// Returns the table with decoupled weight decay λ = `decay`.
    pub fn with_decay(self, decay: f32) -> Self {
        Self { decay, ..self }
    }

    /// Returns the table with momentum β = `momentum`.
    pub fn with_momentum(self, momentum: f32) -> Self {
        Self { momentum, ..self }
    }

    /// Takes one step of row `row` against `gradient`.
    pub fn step(&mut self, row: usize, gradient: &[f32], rate: f32) {
        self.part(row..row + 1).step(row, gradient, rate);
    }

    /// Takes one step of each of `rows` (ascending). `gradient_of(r, values, gradient)` fills the gradient of
    /// `rows[r]`, which starts as zeros; `values` are the row's values. Pieces of rows are processed in parallel.
    pub fn step_rows(
        &mut self,
        rows: &[u32],
        rate: f32,
        gradient_of: impl Fn(usize, &[f32], &mut [f32]) + Sync,
    ) {
        let cols = self.values.cols();
        self.for_each_piece(rows, |piece, part| {
            let mut gradient = vec![0.0; cols];
            for r in piece {
                gradient.fill(0.0);
                let row = rows[r] as usize;
                gradient_of(r, part.row(row), &mut gradient);
                part.step(row, &gradient, rate);
            }
        });
    }

    /// [`step_rows`](Self::step_rows) for gradients that lie in a table: a kernel without calls.
    pub fn step_sums(&mut self, rows: &[u32], sums: Sums<'_>, rate: f32) {
        self.for_each_piece(rows, |piece, part| step_sums(part, rows, piece, sums, rate));
    }

    /// Cuts `rows` into pieces and gives each to a thread with its part of the table.
    fn for_each_piece(
        &mut self,
        rows: &[u32],
        work: impl Fn(Range<usize>, &mut RowRange<'_>) + Sync,
    ) {
        // Enough work to outweigh handing it to another thread.
        let size = (1 << 14) / self.values.cols().max(1) + 1;
        let mut rest = self.part(0..self.values.rows());
        if rows.len() <= size {
            return work(0..rows.len(), &mut rest);
        }
        let pieces = parallel::pieces(rows.len(), size);
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            let end = rows[piece.end - 1] as usize + 1;
            let (part, after) = rest.split(end);
            parts.push(part);
            rest = after;
        }
        parallel::for_each_chunk(&mut parts, 1, |p, part| work(pieces[p].clone(), &mut part[0]));
    }

    /// The rows of `range`, to step.
    fn part(&mut self, range: Range<usize>) -> RowRange<'_> {
        let cols = self.values.cols();
        let numbers = range.start * cols..range.end * cols;
        let adam = self.optimizer == Optimizer::Adam;
        let memory = |has: bool| if has { numbers.clone() } else { 0..0 };
        RowRange {
            optimizer: self.optimizer,
            momentum: self.momentum,
            decay: self.decay,
            start: range.start,
            cols,
            first: &mut self.first[memory(self.optimizer != Optimizer::Sgd)],
            second: &mut self.second[memory(adam)],
            steps: &mut self.steps[if adam { range } else { 0..0 }],
            values: &mut self.values.data_mut()[numbers],
        }
    }

    /// Frees everything but the parameters; no further step may follow.
    pub fn finish(&mut self) {
        (self.first, self.second, self.steps) = Default::default();
    }

    /// All state that the next step depends on.
    pub fn state(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let memory = [&mut self.first[..], &mut self.second, &mut self.steps];
        [self.values.data_mut()].into_iter().chain(memory)
    }
}

#[cfg(test)]
mod tests {
    use super::step::{BETA1, BETA2, adam_rates};
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
    fn momentum_keeps_the_share_it_is_told() {
        let values = Matrix::from_vec(1, 1, vec![1.0]);
        let mut table = Table::new(values, Optimizer::Momentum).with_momentum(0.5);
        [2.0, -1.0, 4.0].iter().for_each(|&g| table.step(0, &[g], 0.1));
        // v: 2, 0, 4.
        assert_close(table.values.data(), &[1.0 - 0.1 * 6.0]);
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
                one.step_rows(&rows, 0.1, |r, _, g| gradient(rows[r], g));
                for &row in &rows {
                    let mut g = [0.0; 3];
                    gradient(row, &mut g);
                    other.step(row as usize, &g, 0.1);
                }
            }
            assert!(one.state().eq(other.state()), "{optimizer:?}");
            assert_eq!(one.values.row(1), [1.0; 3], "was not touched");
            one.step_rows(&[], 0.1, |_, _, _| unreachable!("no rows"));
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
    fn sums_that_lie_in_a_table_are_gradients_like_others() {
        use crate::math::Rng;
        for optimizer in [Optimizer::Sgd, Optimizer::Momentum, Optimizer::Adam] {
            for cols in [1, 8, 13, 16, 32, 45] {
                let mut rng = Rng::new(1, &[cols as u64]);
                let values = Matrix::from_fn(900, cols, |_, _| rng.normal());
                let mut one = Table::new(values, optimizer).with_decay(0.1);
                let mut other = one.clone();
                let gradients = Matrix::from_fn(1200, 48, |_, _| rng.normal());
                let rows: Vec<u32> = (0..600).map(|r| r + r / 2).collect();
                let ends: Vec<u32> = (1..=600).map(|r| 2 * r).collect();
                let places: Vec<u32> = (0..1200).rev().collect();
                for _ in 0..3 {
                    let before = one.values.clone();
                    one.step_rows(&rows, 0.1, |r, _, gradient| {
                        for (l, g) in gradient.iter_mut().enumerate() {
                            let places = [1199 - 2 * r, 1198 - 2 * r];
                            *g = 0.02 * before.row(rows[r] as usize)[l]
                                + places.map(|p| gradients.row(p)[l]).iter().sum::<f32>();
                        }
                    });
                    let sums = Sums {
                        gradients: gradients.data(),
                        stride: 48,
                        ends: &ends,
                        places: &places,
                        penalty: 0.01,
                    };
                    other.step_sums(&rows, sums, 0.1);
                    for (a, b) in one.values.data().iter().zip(other.values.data()) {
                        assert!((a - b).abs() < 1e-4, "{optimizer:?} {cols}: {a}, {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn powers_agree_with_the_definition_in_the_table_and_beyond() {
        for t in [1u16, 2, 100, 4095, 4096, 5000, 20_000] {
            let exact = |beta: f32| 1.0 / (1.0 - f64::from(beta).powi(i32::from(t)));
            let (first, second) = adam_rates(f32::from(t), 1.0);
            for (found, exact) in [(first, exact(BETA1)), (second, exact(BETA2))] {
                assert!((f64::from(found) / exact - 1.0).abs() < 1e-4, "{t}: {found}, {exact}");
            }
        }
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
