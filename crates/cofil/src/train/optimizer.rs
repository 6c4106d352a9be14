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

use crate::math::{Matrix, elementary, parallel};
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
    #[cfg(test)]
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

    /// Cuts `rows` into pieces, and gives each to a thread with its part of the table.
    fn for_each_piece(&mut self, rows: &[u32], work: impl Fn(Range<usize>, &mut Part<'_>) + Sync) {
        // Enough work that handing it to another thread pays.
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

/// Gradients of rows of which some occur more than once: that of the r-th is the sum of the rows
/// `places[ends[r - 1]..ends[r]]` of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sums<'a> {
    /// The table.
    pub gradients: &'a [f32],
    /// Length of its rows, at least that of what is stepped.
    pub stride: usize,
    /// Where the places of each row end.
    pub ends: &'a [u32],
    /// Numbers of rows of `gradients`.
    pub places: &'a [u32],
    /// What, times the row itself, is added for each of its places.
    pub penalty: f32,
}

impl Sums<'_> {
    /// The places of row `r`.
    #[inline(always)]
    fn places(&self, r: usize) -> &[u32] {
        let start = if r == 0 { 0 } else { self.ends[r - 1] };
        &self.places[start as usize..self.ends[r] as usize]
    }

    /// `N` numbers of the gradient of a row with these places, from `at` on; `values` are the row's.
    #[inline(always)]
    fn gradient<const N: usize>(&self, places: &[u32], at: usize, values: &[f32; N]) -> [f32; N] {
        let penalty = self.penalty * places.len() as f32;
        let mut sum = values.map(|x| penalty * x);
        for &place in places {
            let start = place as usize * self.stride + at;
            let gradient: &[f32; N] =
                self.gradients[start..start + N].first_chunk().expect("N numbers");
            for l in 0..N {
                sum[l] += gradient[l];
            }
        }
        sum
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
                let rates = adam_rates(self.steps[row], rate);
                let memory = (&mut self.first[range.clone()], &mut self.second[range]);
                adam(values, gradient, memory, rates);
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
    rates: (f32, f32),
) {
    let memory = first.iter_mut().zip(second);
    for ((x, &g), (m, v)) in values.iter_mut().zip(gradient).zip(memory) {
        adam_one(x, g, m, v, rates);
    }
}

/// Adam for one number.
#[inline(always)]
fn adam_one(x: &mut f32, g: f32, m: &mut f32, v: &mut f32, (rate, scale): (f32, f32)) {
    *m = BETA1 * *m + (1.0 - BETA1) * g;
    *v = BETA2 * *v + (1.0 - BETA2) * (g * g);
    *x -= rate * *m / ((*v * scale).sqrt() + EPSILON);
}

/// η / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ).
#[inline(always)]
fn adam_rates(t: f32, rate: f32) -> (f32, f32) {
    let [first, second] = match POWERS.get(t as usize) {
        Some(powers) => *powers,
        // Beyond the table the first is below 10⁻¹⁸⁰.
        None => [0.0, elementary::exp(t * -1.000_500_3e-3)],
    };
    (rate / (1.0 - first), 1.0 / (1.0 - second))
}

/// β₁ᵗ and β₂ᵗ by t.
static POWERS: [[f32; 2]; 4096] = powers();

const fn powers() -> [[f32; 2]; 4096] {
    let mut table = [[1.0; 2]; 4096];
    let (mut first, mut second, mut t) = (1.0, 1.0, 1);
    while t < table.len() {
        first *= BETA1 as f64;
        second *= BETA2 as f64;
        table[t] = [first as f32, second as f32];
        t += 1;
    }
    table
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn step_sums(part: &mut Part<'_>, rows: &[u32], piece: Range<usize>, sums: Sums<'_>, rate: f32) {
    let cols = part.cols;
    if part.optimizer != Optimizer::Adam {
        let mut gradient = vec![0.0; cols];
        for r in piece {
            let (row, places) = (rows[r] as usize, sums.places(r));
            let values = &part.values[(row - part.start) * cols..][..cols];
            for (at, (g, x)) in gradient.iter_mut().zip(values).enumerate() {
                [*g] = sums.gradient(places, at, &[*x]);
            }
            part.step(row, &gradient, rate);
        }
        return;
    }
    let kept = 1.0 - rate * part.decay;
    for r in piece {
        let (row, places) = (rows[r] as usize - part.start, sums.places(r));
        part.steps[row] += 1.0;
        let rates = adam_rates(part.steps[row], rate);
        let range = row * cols..(row + 1) * cols;
        let values = &mut part.values[range.clone()];
        let (first, second) = (&mut part.first[range.clone()], &mut part.second[range]);
        // Whole registers, half ones, and the rest one by one.
        let mut at = 0;
        while at + 16 <= cols {
            adam_some::<16>(values, first, second, (sums, places), at, rates, kept);
            at += 16;
        }
        if at + 8 <= cols {
            adam_some::<8>(values, first, second, (sums, places), at, rates, kept);
            at += 8;
        }
        while at < cols {
            adam_some::<1>(values, first, second, (sums, places), at, rates, kept);
            at += 1;
        }
    }
}

/// Adam for the `N` numbers of a row from `at` on.
#[inline(always)]
fn adam_some<const N: usize>(
    values: &mut [f32],
    first: &mut [f32],
    second: &mut [f32],
    (sums, places): (Sums<'_>, &[u32]),
    at: usize,
    rates: (f32, f32),
    kept: f32,
) {
    let some = |numbers: &mut [f32]| -> [f32; N] {
        *numbers[at..at + N].first_chunk().expect("N numbers")
    };
    let (mut x, mut m, mut v) = (some(values), some(first), some(second));
    let g = sums.gradient(places, at, &x);
    for l in 0..N {
        x[l] *= kept;
    }
    for l in 0..N {
        adam_one(&mut x[l], g[l], &mut m[l], &mut v[l], rates);
    }
    values[at..at + N].copy_from_slice(&x);
    first[at..at + N].copy_from_slice(&m);
    second[at..at + N].copy_from_slice(&v);
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
                    one.step_rows(&rows, 0.1, |r, gradient| {
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
