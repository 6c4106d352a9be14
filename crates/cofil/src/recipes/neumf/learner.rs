//! One epoch: batches are sampled some ahead, then learned from one after the other.

use super::batch::{Batch, Feed, Touched};
use super::parts::{Active, Parts, Sides};
use super::shard::{Common, Embedded, Shard};
use super::{OutputWeights, Plan};
use crate::data::Ratings;
use crate::error::Result;
use crate::math::lanes::padded;
use crate::math::real::ln;
use crate::math::vector::add_scaled;
use crate::math::{Matrix, Rng, parallel};
use crate::nn::loss::{Objective, Response};
use crate::nn::optimizer::{Sums, Table};
use crate::recipes::scale::Scale;
use crate::shapes::Network;
use crate::shapes::factors::ScoreFunction;
use crate::shapes::network::NetworkSettings;
use crate::shapes::network::tower::Tower;
use crate::train::{Learner, Loss};

/// Number of batches sampled at a time.
pub(super) const AHEAD: usize = 32;

/// The state of training a network.
pub(super) struct Networks<'a> {
    plan: &'a Plan,
    /// Whether negatives are given, not sampled.
    given: bool,
    feed: Feed<'a>,
    pub(super) parts: Parts,
    /// The scale of values during training.
    scale: Scale,
    response: ScoreFunction,
    /// The response during training, to scores in units.
    in_units: Response,
    popular: Vec<f32>,
    /// Users with interactions.
    known: Vec<u32>,
    tower: Tower,
    shards: Vec<Shard>,
    batches: Vec<Batch>,
    gradients: Gradients,
    /// The halves trained last.
    active: Active,
}

/// Gradients with respect to embeddings: a padded row for each sample, or each group, of all shards.
struct Gradients {
    product_items: Matrix,
    product_users: Matrix,
    tower_items: Matrix,
    tower_users: Matrix,
}

impl<'a> Networks<'a> {
    pub fn new(
        plan: &'a Plan,
        train: &'a Ratings,
        seed: u64,
        given: Option<&[Vec<u32>]>,
    ) -> Result<Self> {
        let training = &plan.training;
        let sampler = match training.samples() {
            true => Some(training.sampler(train, given)?),
            false => None,
        };
        let scale = training.scale(train);
        let response = training.response(train, scale);
        let mean = train.mean();
        let bias = match (training.loss, response) {
            (Objective::Squared, ScoreFunction::Sigmoid { low, high }) => {
                ln((mean - low) / (high - mean))
            }
            (Objective::Squared, _) => scale.mean(),
            _ => 0.0,
        };
        let in_units = match response.response() {
            Response::Linear => Response::Linear,
            Response::Sigmoid { low, high } => {
                Response::Sigmoid { low: scale.in_units(low), high: scale.in_units(high) }
            }
        };
        let feed = Feed::new(plan, &train.by_user, sampler, scale);
        let (rows, user_rows) = feed.rows();
        let shards = feed.groups.div_ceil(feed.shard);
        let zeros = |rows: usize, width: usize| Matrix::zeros(shards * rows, padded(width));
        let half = plan.layers.first().map_or(0, |inputs| inputs / 2);
        let gradients = Gradients {
            product_items: zeros(rows, plan.factors),
            product_users: zeros(user_rows, plan.factors),
            tower_items: zeros(rows, half),
            tower_users: zeros(user_rows, half),
        };
        let known = (0u32..).zip(train.by_user.iter()).filter(|(_, row)| !row.is_empty());
        let mut networks = Self {
            plan,
            given: given.is_some(),
            feed,
            parts: Parts::new(plan, train.users.len(), train.items.len(), bias, seed),
            scale,
            response,
            in_units,
            popular: train.by_user.column_counts().iter().map(|&c| c as f32).collect(),
            known: known.map(|(u, _)| u).collect(),
            tower: Tower::default(),
            shards: vec![Shard::default(); shards],
            batches: vec![Batch::default(); AHEAD],
            gradients,
            active: Active { product: false, tower: false, bias: 0 },
        };
        networks.active = networks.active(usize::MAX);
        Ok(networks)
    }

    /// Builds the batches.
    #[cfg(test)]
    pub(super) fn feed(&self) -> &Feed<'a> {
        &self.feed
    }

    /// The first batch of an epoch with seed `seed`.
    #[cfg(test)]
    pub(super) fn some_batch(&self, seed: u64) -> Batch {
        let mut batch = Batch::default();
        let mut rng = Rng::new(seed, &[]);
        let order = self.feed.order(&mut rng);
        self.feed.fill(&mut batch, &order[..self.feed.groups], &mut rng);
        batch
    }

    /// The halves trained in epoch `number`.
    fn active(&self, number: usize) -> Active {
        let before = self.plan.pretrain_epochs;
        let has = |product: bool, tower: bool, bias: usize| Active {
            product: product && self.parts.product.is_some(),
            tower: tower && self.parts.tower.is_some(),
            bias,
        };
        match number {
            _ if number <= before => has(true, false, 0),
            _ if number <= 2 * before => has(false, true, 1),
            _ => has(true, true, 0),
        }
    }

    /// The learning rate η of epoch `number`; each part of training restarts the schedule.
    fn rate(&self, number: usize) -> f32 {
        let before = self.plan.pretrain_epochs;
        let training = &self.plan.training;
        let (epoch, start) = match number {
            _ if number <= before => (number, training.learning_rate),
            _ if number <= 2 * before => (number - before, training.learning_rate),
            _ => {
                let rate = self.plan.joint_rate.filter(|_| before > 0);
                (number - 2 * before, rate.unwrap_or(training.learning_rate))
            }
        };
        training.schedule.rate(start, training.decay, training.period, epoch)
    }

    /// One step; returns the summed loss before it.
    pub(super) fn step(&mut self, batch: &Batch, rate: f32, rng: &Rng) -> f64 {
        let plan = self.plan;
        if self.active.tower {
            let layers = self.parts.layers.iter();
            let layers = layers.map(|(w, b)| (w.values.data(), b.values.data()));
            self.tower.set(layers, plan.activation);
        }
        let output = self.parts.output.each_ref().map(|output| {
            let mut h = output.values.data().to_vec();
            h.resize(padded(h.len()), 0.0);
            h
        });
        let common = Common {
            feed: &self.feed,
            parts: &self.parts,
            tower: &self.tower,
            active: self.active,
            objective: plan.training.loss,
            response: self.in_units,
            dropout: plan.dropout,
            output,
        };
        let groups = batch.users.len();
        let (per, used) = (self.feed.shard, groups.div_ceil(self.feed.shard));
        let (rows, user_rows) = self.feed.rows();
        let gradients = &mut self.gradients;
        let embedded = chunks(&mut gradients.product_items, rows)
            .zip(chunks(&mut gradients.product_users, user_rows))
            .zip(chunks(&mut gradients.tower_items, rows))
            .zip(chunks(&mut gradients.tower_users, user_rows));
        let shards = &mut self.shards[..used];
        let work: Vec<_> = shards.iter_mut().zip(embedded).enumerate().collect();
        parallel::for_each(
            work,
            |(s, (shard, (((product_items, product_users), tower_items), tower_users)))| {
                let embedded = Embedded { product_items, product_users, tower_items, tower_users };
                let range = s * per..(s * per + per).min(groups);
                shard.learn(&common, batch, range, embedded, &mut rng.piece(s as u64));
            },
        );
        self.update(batch, rate, used);
        self.shards[..used].iter().map(|shard| shard.loss).sum()
    }

    /// Applies gradients to parameters.
    fn update(&mut self, batch: &Batch, rate: f32, used: usize) {
        let Self { parts, gradients, shards, active, tower, plan, feed, .. } = self;
        let shards = &shards[..used];
        let sides = |sides: &mut Sides, users: &Matrix, items: &Matrix, reg: f32| {
            // The mean over samples of the penalty of their rows.
            let per_item = 2.0 * reg / batch.items.len() as f32;
            let per_user = per_item * feed.group as f32;
            parallel::join(
                || step_rows(&mut sides.items, &batch.by_item, items, per_item, rate),
                || step_rows(&mut sides.users, &batch.by_user, users, per_user, rate),
            );
        };
        let Parts { product, tower: embeddings, layers, output, bias } = parts;
        parallel::join(
            || {
                if let Some(embeddings) = embeddings.as_mut().filter(|_| active.tower) {
                    let Gradients { tower_users, tower_items, .. } = gradients;
                    sides(embeddings, tower_users, tower_items, plan.tower_reg);
                }
            },
            || {
                if let Some(product) = product.as_mut().filter(|_| active.product) {
                    let Gradients { product_users, product_items, .. } = gradients;
                    sides(product, product_users, product_items, plan.training.reg);
                }
                let learned = plan.output == OutputWeights::Learned;
                let halves = [active.product && learned, active.tower];
                for (half, learns) in halves.into_iter().enumerate() {
                    if learns {
                        let sum = sum(shards, |shard| &shard.output[half]);
                        let width = output[half].values.cols();
                        output[half].step(0, &sum[..width], rate);
                    }
                }
                let by_bias: f32 = shards.iter().map(|shard| shard.bias).sum();
                bias[active.bias].step(0, &[by_bias], rate);
                if active.tower {
                    step_layers(layers, tower, shards, rate);
                }
            },
        );
    }
}

/// Updates W and b of every layer.
fn step_layers(layers: &mut [(Table, Table)], tower: &Tower, shards: &[Shard], rate: f32) {
    for (l, (weights, bias)) in layers.iter_mut().enumerate() {
        let outputs = bias.values.cols();
        let by_bias = sum(shards, |shard| &shard.biases[l]);
        bias.step(0, &by_bias[..outputs], rate);
        let inputs = weights.values.cols() / outputs;
        let mut gradient = vec![0.0; weights.values.cols()];
        let mut add = |part: usize, from: usize, cols: usize| {
            let sum = sum(shards, |shard| &shard.weights[part]);
            let rows = gradient.chunks_exact_mut(inputs).zip(sum.chunks_exact(padded(cols)));
            for (row, sum) in rows {
                row[from..from + cols].iter_mut().zip(sum).for_each(|(g, s)| *g += s);
            }
        };
        match l {
            0 => {
                add(0, 0, tower.user.inputs());
                add(1, tower.user.inputs(), tower.item.inputs());
            }
            _ => add(l + 1, 0, inputs),
        }
        weights.step(0, &gradient, rate);
    }
}

/// Σ over shards, in order.
fn sum<'a>(shards: &'a [Shard], part: impl Fn(&'a Shard) -> &'a Vec<f32>) -> Vec<f32> {
    let mut sum = part(&shards[0]).clone();
    for shard in &shards[1..] {
        add_scaled(&mut sum, 1.0, part(shard));
    }
    sum
}

/// Updates the rows that a batch touched, each by the sum of its gradients and the penalty.
fn step_rows(table: &mut Table, touched: &Touched, gradients: &Matrix, penalty: f32, rate: f32) {
    let (gradients, stride) = (gradients.data(), gradients.cols());
    let Touched { rows, ends, places, .. } = touched;
    table.step_sums(rows, Sums { gradients, stride, ends, places, penalty }, rate);
}

/// The rows of each shard; an endless iterator if there are none.
fn chunks(matrix: &mut Matrix, rows: usize) -> impl Iterator<Item = &mut [f32]> {
    let size = rows * matrix.cols();
    let empty = std::iter::repeat_with(|| &mut [][..]).take(if size == 0 { usize::MAX } else { 0 });
    matrix.data_mut().chunks_mut(size.max(1)).chain(empty)
}

impl Learner for Networks<'_> {
    type Model = Network;

    fn learning_rate(&self, number: usize) -> Option<f32> {
        Some(self.rate(number))
    }

    fn epoch(&mut self, number: usize, rng: &Rng) -> Loss {
        let before = self.plan.pretrain_epochs;
        if before > 0 && number == 2 * before + 1 {
            self.parts.join(self.plan.alpha);
        }
        self.active = self.active(number);
        let rate = self.rate(number);
        let order = self.feed.order(&mut rng.piece(0));
        let mut batches = std::mem::take(&mut self.batches);
        let mut loss = 0.0;
        for (c, orders) in order.chunks(AHEAD * self.feed.groups).enumerate() {
            let draws = orders.chunks(self.feed.groups).zip(&mut batches).enumerate();
            // Odd streams are for sampling, even ones for dropout.
            let piece = |b: usize| 2 * (c * AHEAD + b) as u64 + 1;
            parallel::for_each(draws, |(b, (order, batch))| {
                self.feed.fill(batch, order, &mut rng.piece(piece(b)))
            });
            for (b, batch) in
                batches.iter().take(orders.len().div_ceil(self.feed.groups)).enumerate()
            {
                loss += self.step(batch, rate, &rng.piece(piece(b) + 1));
            }
        }
        self.batches = batches;
        self.scale.loss(Loss { data: loss, penalty: self.parts.penalty(self.plan) })
    }

    fn counts(&self, number: usize) -> bool {
        number > 2 * self.plan.pretrain_epochs
    }

    fn model(&self) -> Network {
        let (product, tower) = self.parts.halves(self.active);
        // New users start from the mean of the known ones.
        let users =
            [product.as_ref().map(|half| &half.users), tower.as_ref().map(|half| &half.users)];
        let mut stranger = Vec::new();
        for users in users.into_iter().flatten() {
            let mut sum = vec![0f64; users.cols()];
            for &u in &self.known {
                sum.iter_mut()
                    .zip(users.row(u as usize))
                    .for_each(|(sum, &p)| *sum += f64::from(p));
            }
            stranger.extend(sum.iter().map(|sum| (sum / self.known.len() as f64) as f32));
        }
        let settings = NetworkSettings {
            activation: self.plan.activation,
            bias: self.parts.bias[self.active.bias].values.data()[0],
            link: self.response,
            fold_in: self.plan.training.fold_in(self.given, self.scale),
        };
        Network::new(product, tower, self.popular.clone(), stranger, settings)
    }

    fn finish(&mut self) {
        self.parts.finish();
    }

    fn state(&mut self) -> Vec<&mut [f32]> {
        self.parts.state()
    }

    fn remedy(&self) -> String {
        format!("lower `learning_rate`, now {}", self.plan.training.learning_rate)
    }
}
