//! Stochastic gradient descent, one value at a time, over the grid of blocks.
//!
//! For each value, with e = y − ŷ from the parameters before the step: p ← (1 − 2ηλ) p + η′ e q, q likewise with the
//! old p, and b ← (1 − 2ηλ) b + η′ e, where η′ = 2η for squared error and η for cross-entropy.

use super::kernel::{self, Step};
use super::{BiasedMf, Offset, Task};
use crate::data::Ratings;
use crate::math::{Rng, parallel, vector};
use crate::recipes::sgd::grid::{self, Entry, Grid, order};
use crate::recipes::sgd::part::Part;
use crate::shapes::Factors;
use crate::train::{Learner, Loss, Run};

/// Target number of entries per block.
const BLOCK: usize = 1 << 14;

/// The state of training [`BiasedMf`] with plain SGD.
pub(super) struct Sgd<'a> {
    settings: &'a BiasedMf,
    task: Task,
    grid: Grid<Entry>,
    users: Vec<Part>,
    items: Vec<Part>,
    /// μ.
    offset: [f32; 1],
}

impl<'a> Sgd<'a> {
    pub fn new(settings: &'a BiasedMf, train: &Ratings, run: &Run<'_>) -> Self {
        let task = Task::new(settings, train, run);
        let size = grid::size(train.users.len(), train.items.len(), train.len(), BLOCK);
        let rng = Rng::new(run.seed, &[0, 2]);
        let entry = |user, item, value| Entry { user, item, value: task.target(value) };
        let grid = Grid::new(&train.by_user, entry, [size; 2], &rng);
        let parts = |groups, side| {
            let init = |row, vector: &mut [f32]| settings.init_row(run.seed, side, row, vector);
            Part::of_groups(groups, settings.factors, init)
        };
        let (users, items) = (parts(&grid.users, 0), parts(&grid.items, 1));
        Self { settings, offset: [task.offset], task, grid, users, items }
    }
}

impl Learner for Sgd<'_> {
    type Model = Factors;

    fn learning_rate(&self, number: usize) -> Option<f32> {
        Some(self.settings.rate(number))
    }

    fn epoch(&mut self, number: usize, rng: &Rng) -> Loss {
        let learned = self.settings.offset == Offset::Learned;
        let step = Step {
            link: self.settings.link,
            rate: self.settings.rate(number),
            reg: self.settings.reg,
            biases: self.settings.biases,
            offset: learned,
        };
        let size = self.grid.blocks.len();
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
            let pairs = self.users.iter_mut().zip(&mut self.items).enumerate();
            let ends: Vec<(f64, f32)> = parallel::map_all(pairs, learn);
            loss += ends.iter().map(|end| end.0).sum::<f64>();
            if learned {
                // Each block started from the same offset; continue with their mean.
                let sum: f64 = ends.iter().map(|end| f64::from(end.1)).sum();
                self.offset[0] = (sum / size as f64) as f32;
            }
            self.items.rotate_right(d);
        }
        let parts = self.users.iter().chain(&self.items);
        let squares = parts
            .map(|part| vector::sum_of_squares(&part.factors) + vector::sum_of_squares(&part.bias));
        self.task.scale.loss(Loss {
            data: loss,
            penalty: self.settings.penalty(squares.sum(), self.offset[0]),
        })
    }

    fn model(&self) -> Factors {
        let users = Part::gather(&self.users, &self.grid.users, self.settings.factors);
        let items = Part::gather(&self.items, &self.grid.items, self.settings.factors);
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
