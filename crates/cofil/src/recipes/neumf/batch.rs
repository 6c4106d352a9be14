//! The data of a step: interactions with their negatives, and the rows of embeddings they touch.

use super::Plan;
use crate::data::{Csr, Sampler};
use crate::math::Rng;
use crate::math::narrow::padded_rows;
use crate::nn::loss::Objective;
use crate::recipes::scale::Scale;

/// Number of shards a batch is cut into, each for one thread.
pub(super) const SHARDS: usize = 8;

/// The interactions and how they are cut into batches and shards.
#[derive(Debug)]
pub(super) struct Feed<'a> {
    data: &'a Csr,
    /// The user of each entry of `data`.
    users: Vec<u32>,
    sampler: Option<Sampler<'a>>,
    scale: Scale,
    objective: Objective,
    /// Number of scores per interaction.
    pub group: usize,
    /// Groups per batch and per shard.
    pub groups: usize,
    pub shard: usize,
}

/// The samples of one step; group g is `items[g * group..][..group]`, the interaction and its negatives.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    pub users: Vec<u32>,
    pub items: Vec<u32>,
    pub targets: Vec<f32>,
    pub corrections: Vec<f32>,
    /// Groups whose user has no negatives, ascending.
    pub lonely: Vec<u32>,
    /// 1 / the number of losses in the mean.
    pub weight: f32,
    pub by_user: Touched,
    pub by_item: Touched,
}

/// The rows that a batch touches, each with its positions.
#[derive(Clone, Debug, Default)]
pub(super) struct Touched {
    /// Distinct rows, ascending.
    pub rows: Vec<u32>,
    /// End of each row's positions.
    pub ends: Vec<u32>,
    pub places: Vec<u32>,
    keys: Vec<u64>,
}

impl Touched {
    /// Groups the positions of `rows` by row; `place` gives the place of a position.
    fn set(&mut self, rows: &[u32], place: impl Fn(u32) -> u32) {
        self.rows.clear();
        self.ends.clear();
        self.places.clear();
        self.keys.clear();
        self.keys.extend((0u32..).zip(rows).map(|(at, &row)| u64::from(row) << 32 | u64::from(at)));
        self.keys.sort_unstable();
        for (end, &key) in (1u32..).zip(&self.keys) {
            let row = (key >> 32) as u32;
            match self.rows.last() {
                Some(&last) if last == row => {}
                _ => {
                    self.rows.push(row);
                    self.ends.push(0);
                }
            }
            *self.ends.last_mut().expect("just pushed") = end;
            self.places.push(place(key as u32));
        }
    }
}

impl<'a> Feed<'a> {
    pub fn new(plan: &Plan, data: &'a Csr, sampler: Option<Sampler<'a>>, scale: Scale) -> Self {
        let mut users = Vec::with_capacity(data.nnz());
        for (u, row) in (0u32..).zip(data.iter()) {
            users.resize(users.len() + row.len(), u);
        }
        let training = &plan.training;
        let (group, groups) = (training.group(data.cols()), training.groups(data));
        let shard = groups.div_ceil(SHARDS);
        Self { data, users, sampler, scale, objective: training.loss, group, groups, shard }
    }

    /// Number of rows of a shard for samples and for users, in whole tiles.
    pub fn rows(&self) -> (usize, usize) {
        (padded_rows(self.shard * self.group), padded_rows(self.shard))
    }

    /// Returns all interactions in the order of an epoch.
    pub fn order(&self, rng: &mut Rng) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.users.len() as u32).collect();
        rng.shuffle(&mut order);
        order
    }

    /// Fills `batch` with the interactions of `order` and negatives.
    pub fn fill(&self, batch: &mut Batch, order: &[u32], rng: &mut Rng) {
        let (columns, values) = (self.data.columns(), self.data.values());
        let positives: Vec<u32> = order.iter().map(|&e| columns[e as usize]).collect();
        batch.users.clear();
        batch.users.extend(order.iter().map(|&e| self.users[e as usize]));
        batch.targets.clear();
        batch.corrections.clear();
        batch.items.clear();
        batch.lonely.clear();
        for (g, (&user, &positive)) in (0u32..).zip(batch.users.iter().zip(&positives)) {
            // If no negative can be sampled, the interaction is repeated, so that no other row is touched.
            let start = batch.items.len();
            if self.objective == Objective::FullSoftmax {
                let others = (0..self.data.cols() as u32).filter(|&item| item != positive);
                batch.items.extend([positive].into_iter().chain(others));
                continue;
            }
            batch.items.resize(start + self.group, positive);
            let Some(sampler) = &self.sampler else { continue };
            if let Some(&later) = batch.users.get(g as usize + 2) {
                sampler.foresee(later);
            }
            let negatives = &mut batch.items[start + 1..];
            if !sampler.draw(user, &positives, rng, negatives) {
                batch.lonely.push(g);
            }
            if self.objective == Objective::Softmax {
                batch.corrections.push(0.0);
                let correct = |&item: &u32| sampler.correction(user, item, self.group - 1);
                batch.corrections.extend(batch.items[start + 1..].iter().map(correct));
            }
        }
        match self.objective {
            Objective::Squared => {
                let target = |&e: &u32| self.scale.in_units(values[e as usize]);
                batch.targets.extend(order.iter().map(target));
            }
            Objective::Bce => {
                batch.targets.resize(batch.items.len(), 0.0);
                batch.targets.iter_mut().step_by(self.group).for_each(|y| *y = 1.0);
            }
            Objective::FullSoftmax => batch.corrections.resize(batch.items.len(), 0.0),
            Objective::Bpr | Objective::Softmax => {}
        }
        let (groups, lonely) = (batch.users.len(), batch.lonely.len());
        let losses = match self.objective {
            Objective::Bce => groups * self.group - lonely * (self.group - 1),
            Objective::Bpr => (groups - lonely) * (self.group - 1),
            Objective::Softmax => groups - lonely,
            Objective::Squared | Objective::FullSoftmax => groups,
        };
        self.finish(batch, losses);
    }

    /// Records which rows the samples touch; `losses` is the number of losses in the mean.
    pub fn finish(&self, batch: &mut Batch, losses: usize) {
        batch.weight = 1.0 / losses.max(1) as f32;
        let (rows, user_rows) = self.rows();
        let place = |at: u32, samples: usize, rows: usize| {
            (at as usize / samples * rows + at as usize % samples) as u32
        };
        let samples = self.shard * self.group;
        batch.by_item.set(&batch.items, |at| place(at, samples, rows));
        batch.by_user.set(&batch.users, |at| place(at, self.shard, user_rows));
    }
}
