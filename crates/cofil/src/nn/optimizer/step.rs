//! Steps of some rows of a table, and the kernels they consist of.

use super::Optimizer;
use crate::math::elementary;
use multiversion::multiversion;
use std::ops::Range;

pub(super) const BETA1: f32 = 0.9;
pub(super) const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Gradients of rows, some of which occur more than once: the gradient of the r-th is the sum of the rows
/// `places[ends[r - 1]..ends[r]]` of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sums<'a> {
    /// The table.
    pub gradients: &'a [f32],
    /// Length of its rows, at least that of the rows to step.
    pub stride: usize,
    /// End of each row's places.
    pub ends: &'a [u32],
    /// Numbers of rows of `gradients`.
    pub places: &'a [u32],
    /// Factor of the row itself that is added for each of its places.
    pub penalty: f32,
}

impl Sums<'_> {
    /// The places of row `r`.
    #[inline(always)]
    fn places(&self, r: usize) -> &[u32] {
        let start = if r == 0 { 0 } else { self.ends[r - 1] };
        &self.places[start as usize..self.ends[r] as usize]
    }

    /// Returns `N` numbers of the gradient of a row with these places, from `at` on; `values` are the row's.
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
pub(super) struct RowRange<'a> {
    pub optimizer: Optimizer,
    pub momentum: f32,
    pub decay: f32,
    /// The first of the rows.
    pub start: usize,
    pub cols: usize,
    pub values: &'a mut [f32],
    pub first: &'a mut [f32],
    pub second: &'a mut [f32],
    pub steps: &'a mut [f32],
}

impl<'a> RowRange<'a> {
    /// Splits into the rows before row `end` of the table and the others.
    pub fn split(self, end: usize) -> (Self, Self) {
        let Self { optimizer, momentum, decay, start, cols, .. } = self;
        let rows = end - start;
        let (values, values_after) = self.values.split_at_mut(rows * cols);
        // Memory the optimizer does not need is empty.
        let cut = |numbers: &'a mut [f32], at: usize| numbers.split_at_mut(at.min(numbers.len()));
        let (first, first_after) = cut(self.first, rows * cols);
        let (second, second_after) = cut(self.second, rows * cols);
        let (steps, steps_after) = cut(self.steps, rows);
        let part = |start, values, first, second, steps| Self {
            optimizer,
            momentum,
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
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[(row - self.start) * self.cols..][..self.cols]
    }

    /// Takes one step of row `row` of the table.
    pub fn step(&mut self, row: usize, gradient: &[f32], rate: f32) {
        let row = row - self.start;
        let range = row * self.cols..(row + 1) * self.cols;
        let values = &mut self.values[range.clone()];
        if self.decay > 0.0 {
            let kept = 1.0 - rate * self.decay;
            values.iter_mut().for_each(|x| *x *= kept);
        }
        match self.optimizer {
            Optimizer::Sgd => sgd(values, gradient, rate),
            Optimizer::Momentum => {
                momentum(values, gradient, &mut self.first[range], self.momentum, rate);
            }
            Optimizer::Adam => {
                self.steps[row] += 1.0;
                let rates = adam_rates(self.steps[row], rate);
                let memory = (&mut self.first[range.clone()], &mut self.second[range]);
                adam(values, gradient, memory, rates);
            }
        }
    }
}

// Separate products and sums give the same bits for every vector width.

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn sgd(values: &mut [f32], gradient: &[f32], rate: f32) {
    for (x, g) in values.iter_mut().zip(gradient) {
        *x -= rate * g;
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn momentum(values: &mut [f32], gradient: &[f32], speed: &mut [f32], share: f32, rate: f32) {
    for ((x, g), v) in values.iter_mut().zip(gradient).zip(speed) {
        *v = share * *v + g;
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
pub(super) fn adam_rates(t: f32, rate: f32) -> (f32, f32) {
    let [first, second] = match POWERS.get(t as usize) {
        Some(powers) => *powers,
        // Beyond the table, the first power is below 10⁻¹⁸⁰.
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
pub(super) fn step_sums(
    part: &mut RowRange<'_>,
    rows: &[u32],
    piece: Range<usize>,
    sums: Sums<'_>,
    rate: f32,
) {
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
        // Whole registers, half registers, then the rest one by one.
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
