//! Batches of values: the gradient of the mean over a batch, with any optimizer.
//!
//! The values of a batch are grouped by user and by item to find the rows it touches; each row's gradient is summed
//! by one thread in the order of the batch.

use super::{Batch, BiasedMf, Offset, Task};
use crate::data::{Csr, Ratings};
use crate::math::vector::{add_scaled_lanes, dot_lanes};
use crate::math::{Matrix, Rng, parallel, vector};
use crate::nn::optimizer::Table;
use crate::shapes::Factors;
use crate::train::{Learner, Loss, Run};
use multiversion::multiversion;

/// Number of values a thread takes at once.
const PIECE: usize = 1 << 12;
/// Number of gradient rows a thread takes at once.
const ROWS: usize = 128;

/// The state of training [`BiasedMf`] with batches.
pub(super) struct Batches<'a> {
    settings: &'a BiasedMf,
    task: Task,
    values: Vec<Value>,
    /// The groups of all values, if the batch is the whole data.
    all: Option<[Groups; 2]>,
    sides: [Side; 2],
    /// μ.
    offset: Table,
}

/// A training example.
#[derive(Clone, Copy, Debug)]
struct Value {
    /// Row of the user and of the item.
    row: [u32; 2],
    value: f32,
}

/// The parameters of users or of items.
struct Side {
    factors: Table,
    bias: Table,
}

/// Positions in a batch, grouped by row.
struct Groups {
    positions: Vec<u32>,
    /// Each row that occurs, and the end of its positions.
    ends: Vec<(u32, usize)>,
}

impl Groups {
    fn new(batch: &[Value], side: usize) -> Self {
        let numbered = batch.iter().zip(0u64..);
        let mut keys: Vec<u64> =
            numbered.map(|(v, at)| u64::from(v.row[side]) << 32 | at).collect();
        keys.sort_unstable();
        let mut ends: Vec<(u32, usize)> = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            let row = (key >> 32) as u32;
            match ends.last_mut() {
                Some(last) if last.0 == row => last.1 = at + 1,
                _ => ends.push((row, at + 1)),
            }
        }
        Self { positions: keys.into_iter().map(|key| key as u32).collect(), ends }
    }

    /// Row of group `g` and its positions.
    fn get(&self, g: usize) -> (usize, &[u32]) {
        let start = if g == 0 { 0 } else { self.ends[g - 1].1 };
        (self.ends[g].0 as usize, &self.positions[start..self.ends[g].1])
    }
}

impl<'a> Batches<'a> {
    pub fn new(settings: &'a BiasedMf, train: &Ratings, run: &Run<'_>) -> Self {
        let task = Task::new(settings, train, run);
        let table =
            |values| Table::new(values, settings.optimizer).with_momentum(settings.momentum);
        let side = |rows: usize, side| {
            let mut factors = Matrix::zeros(rows, settings.factors);
            for row in 0..rows {
                settings.init_row(run.seed, side, row as u32, factors.row_mut(row));
            }
            Side { factors: table(factors), bias: table(Matrix::zeros(rows, 1)) }
        };
        let values = values(&train.by_user, |y| task.target(y));
        let all = (settings.batch == Batch::Full)
            .then(|| [Groups::new(&values, 0), Groups::new(&values, 1)]);
        Self {
            settings,
            sides: [side(task.users, 0), side(task.items(), 1)],
            offset: table(Matrix::from_vec(1, 1, vec![task.offset])),
            task,
            values,
            all,
        }
    }

    /// One step; returns the loss before it.
    fn step(&mut self, batch: &[Value], groups: &[Groups; 2], rate: f32) -> f64 {
        let (mut pulls, loss) = self.pulls(batch);
        let weight = 1.0 / batch.len() as f32;
        pulls.iter_mut().for_each(|pull| *pull *= weight);
        // Both sides' gradients are computed from the parameters before the step.
        let gradients = [0, 1].map(|side| self.gradients(batch, &groups[side], &pulls, side));
        for ((side, groups), gradient) in self.sides.iter_mut().zip(groups).zip(&gradients) {
            for (g, &(row, _)) in groups.ends.iter().enumerate() {
                let (bias, factors) = gradient.row(g).split_first().expect("bias and factors");
                side.factors.step(row as usize, factors, rate);
                if self.settings.biases {
                    side.bias.step(row as usize, &[*bias], rate);
                }
            }
        }
        if self.settings.offset == Offset::Learned {
            let sum: f64 = pulls.iter().map(|&pull| f64::from(pull)).sum();
            let offset = self.offset.values.data()[0];
            self.offset.step(0, &[2.0 * self.settings.reg * offset - sum as f32], rate);
        }
        loss
    }

    /// Returns −∂ℓ/∂x of each value, where x is the argument of the link, and Σ ℓ.
    fn pulls(&self, batch: &[Value]) -> (Vec<f32>, f64) {
        let piece = |range: std::ops::Range<usize>| {
            let mut pulls = vec![0.0; range.len()];
            let loss = pulls_of(&batch[range], self, &mut pulls);
            (pulls, loss)
        };
        let pieces = parallel::map(batch.len(), PIECE, piece);
        let loss = pieces.iter().map(|piece| piece.1).sum();
        (pieces.into_iter().flat_map(|piece| piece.0).collect(), loss)
    }

    /// The gradient of each group's row: bias, then factors.
    fn gradients(&self, batch: &[Value], groups: &Groups, pulls: &[f32], side: usize) -> Matrix {
        let width = 1 + self.settings.factors;
        let mut gradients = Matrix::zeros(groups.ends.len(), width);
        let ours = &self.sides[side];
        let theirs = &self.sides[1 - side].factors.values;
        let penalty = 2.0 * self.settings.reg / batch.len() as f32;
        parallel::for_each_chunk(gradients.data_mut(), ROWS * width, |piece, rows| {
            for (at, gradient) in rows.chunks_exact_mut(width).enumerate() {
                let (row, positions) = groups.get(piece * ROWS + at);
                // The penalty counts once per value.
                let penalty = penalty * positions.len() as f32;
                let (bias, factors) = gradient.split_first_mut().expect("bias and factors");
                *bias = penalty * ours.bias.values.row(row)[0];
                vector::add_scaled(factors, penalty, ours.factors.values.row(row));
                *bias -= subtract_pulled(factors, batch, positions, pulls, theirs, 1 - side);
            }
        });
        gradients
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn pulls_of(batch: &[Value], learner: &Batches<'_>, pulls: &mut [f32]) -> f64 {
    let [users, items] = &learner.sides;
    let offset = learner.offset.values.data()[0];
    let mut loss = 0f64;
    for (v, pull) in batch.iter().zip(pulls) {
        let [u, i] = v.row.map(|row| row as usize);
        let product = dot_lanes(users.factors.values.row(u), items.factors.values.row(i));
        let x = offset + users.bias.values.row(u)[0] + items.bias.values.row(i)[0] + product;
        let (error, part) = learner.settings.link.error(x, v.value);
        loss += part;
        *pull = learner.settings.link.slope() * error;
    }
    loss
}

/// gradient ← gradient − Σ pull · θ over the values at `positions`, with θ the row of the other side; returns Σ pull.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn subtract_pulled(
    gradient: &mut [f32],
    batch: &[Value],
    positions: &[u32],
    pulls: &[f32],
    theirs: &Matrix,
    other: usize,
) -> f32 {
    let mut sum = 0.0;
    for &at in positions {
        let pull = pulls[at as usize];
        let row = batch[at as usize].row[other];
        add_scaled_lanes(gradient, -pull, theirs.row(row as usize));
        sum += pull;
    }
    sum
}

/// The entries of `data`, user by user, with each value turned into the training target.
fn values(data: &Csr, target: impl Fn(f32) -> f32) -> Vec<Value> {
    let mut values = Vec::with_capacity(data.nnz());
    for (row, u) in data.iter().zip(0u32..) {
        values.extend(row.iter().map(|(i, y)| Value { row: [u, i], value: target(y) }));
    }
    values
}

impl Learner for Batches<'_> {
    type Model = Factors;

    fn learning_rate(&self, number: usize) -> Option<f32> {
        Some(self.settings.rate(number))
    }

    fn epoch(&mut self, number: usize, rng: &Rng) -> Loss {
        let rate = self.settings.rate(number);
        let values = std::mem::take(&mut self.values);
        let data = match self.all.take() {
            Some(groups) => {
                let loss = self.step(&values, &groups, rate);
                self.all = Some(groups);
                loss
            }
            None => {
                let size = match self.settings.batch {
                    Batch::PerSample => 1,
                    _ => self.settings.batch_size,
                };
                // Shuffled from the same order every time, so that an epoch depends on its number alone.
                let mut shuffled = values.clone();
                rng.piece(0).shuffle(&mut shuffled);
                let step = |batch: &[Value]| {
                    self.step(batch, &[0, 1].map(|side| Groups::new(batch, side)), rate)
                };
                shuffled.chunks(size).map(step).sum()
            }
        };
        self.values = values;
        let tables = self.sides.iter().flat_map(|side| [&side.factors, &side.bias]);
        let squares = tables.map(|table| vector::sum_of_squares(table.values.data())).sum();
        self.task.scale.loss(Loss {
            data,
            penalty: self.settings.penalty(squares, self.offset.values.data()[0]),
        })
    }

    fn model(&self) -> Factors {
        let [users, items] = self
            .sides
            .each_ref()
            .map(|side| (side.factors.values.clone(), side.bias.values.data().to_vec()));
        self.task.model(self.settings, users, items, self.offset.values.data()[0])
    }

    fn state(&mut self) -> Vec<&mut [f32]> {
        let sides = self.sides.iter_mut().flat_map(|side| [&mut side.factors, &mut side.bias]);
        sides.chain([&mut self.offset]).flat_map(Table::state).collect()
    }

    fn remedy(&self) -> String {
        self.settings.remedy()
    }
}
