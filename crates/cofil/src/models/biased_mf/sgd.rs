//! One value at a time: stochastic gradient descent over the grid of blocks.
//!
//! For each value, with e = y − ŷ from the parameters before the step (both halves use the old
//! ones): p ← (1 − 2ηλ) p + η′ e q, q likewise with p, b ← (1 − 2ηλ) b + η′ e, where η′ = 2η for
//! squared error and η for cross-entropy.

use super::grid::{Grid, order};
use super::kernel::{self, Part, Step};
use super::{BiasedMf, Offset, Task};
use crate::data::Ratings;
use crate::math::vector::LANES;
use crate::math::{Matrix, Rng, vector};
use crate::models::Factors;
use crate::train::{Learner, Loss};
use rayon::prelude::*;

/// [`BiasedMf`] with plain SGD, part-way through learning.
pub(super) struct Sgd<'a> {
    settings: &'a BiasedMf,
    task: Task,
    grid: Grid,
    /// Length of a row: the number of factors, rounded up to whole [`LANES`].
    width: usize,
    users: Vec<Part>,
    items: Vec<Part>,
    /// μ.
    offset: [f32; 1],
}

impl<'a> Sgd<'a> {
    pub fn new(settings: &'a BiasedMf, train: &Ratings, seed: u64) -> Self {
        let task = Task::new(settings, train);
        let grid = Grid::new(&train.by_user, |y| task.target(y), &Rng::new(seed, &[0, 2]));
        let width = settings.factors.next_multiple_of(LANES);
        let parts = |groups: &[Vec<u32>], side| -> Vec<Part> {
            let part = |rows: &Vec<u32>| {
                let mut factors = vec![0.0; rows.len() * width];
                for (&row, target) in rows.iter().zip(factors.chunks_exact_mut(width)) {
                    settings.init_row(seed, side, row, &mut target[..settings.factors]);
                }
                Part { factors, bias: vec![0.0; rows.len()] }
            };
            groups.par_iter().map(part).collect()
        };
        let users = parts(&grid.users.rows, 0);
        let items = parts(&grid.items.rows, 1);
        Self { settings, offset: [task.offset], task, grid, width, users, items }
    }

    /// Rows and biases in the order of the data.
    fn gather(&self, parts: &[Part], groups: &[Vec<u32>], rows: usize) -> (Matrix, Vec<f32>) {
        let mut factors = Matrix::zeros(rows, self.settings.factors);
        let mut bias = vec![0.0; rows];
        for (part, group) in parts.iter().zip(groups) {
            let values = part.factors.chunks_exact(self.width).zip(&part.bias);
            for (&row, (vector, &b)) in group.iter().zip(values) {
                factors.row_mut(row as usize).copy_from_slice(&vector[..self.settings.factors]);
                bias[row as usize] = b;
            }
        }
        (factors, bias)
    }
}

impl Learner for Sgd<'_> {
    type Model = Factors;

    fn epoch(&mut self, number: usize, rng: &Rng) -> Loss {
        let learned = self.settings.offset == Offset::Learned;
        let step = Step {
            link: self.settings.link,
            rate: self.settings.rate(number),
            reg: self.settings.reg,
            biases: self.settings.biases,
            offset: learned,
        };
        let size = self.grid.size();
        let mut diagonals: Vec<usize> = (0..size).collect();
        rng.piece(0).shuffle(&mut diagonals);
        let mut loss = 0.0;
        for d in diagonals {
            // Group g of the users meets group g + d of the items.
            self.items.rotate_left(d);
            let start = self.offset[0];
            let learn = |(g, (users, items)): (usize, (&mut Part, &mut Part))| {
                let h = (g + d) % size;
                let block = &self.grid.blocks[g][h];
                let order = order(block.len(), &mut rng.piece((1 + g * size + h) as u64));
                kernel::learn(block, &order, users, items, step, start)
            };
            let pairs = self.users.par_iter_mut().zip(&mut self.items).enumerate();
            let ends: Vec<(f64, f32)> = pairs.map(learn).collect();
            loss += ends.iter().map(|end| end.0).sum::<f64>();
            if learned {
                // Each block started from the same offset; their mean goes on.
                let sum: f64 = ends.iter().map(|end| f64::from(end.1)).sum();
                self.offset[0] = (sum / size as f64) as f32;
            }
            self.items.rotate_right(d);
        }
        let parts = self.users.iter().chain(&self.items);
        let squares = parts
            .map(|part| vector::sum_of_squares(&part.factors) + vector::sum_of_squares(&part.bias));
        Loss { data: loss, penalty: self.settings.penalty(squares.sum(), self.offset[0]) }
    }

    fn model(&self) -> Factors {
        let users = self.gather(&self.users, &self.grid.users.rows, self.task.users);
        let items = self.gather(&self.items, &self.grid.items.rows, self.task.items());
        self.task.model(self.settings, users, items, self.offset[0])
    }

    fn state(&mut self) -> Vec<&mut [f32]> {
        let parts = self.users.iter_mut().chain(&mut self.items);
        let slices = parts.flat_map(|part| [&mut part.factors[..], &mut part.bias[..]]);
        slices.chain([&mut self.offset[..]]).collect()
    }

    fn remedy(&self) -> String {
        self.settings.remedy()
    }
}
