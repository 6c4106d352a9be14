//! The samples that one thread learns from at a time: forward, loss, backward.

use super::batch::{Batch, Feed};
use super::parts::{Active, Parts};
use crate::math::lanes::padded;
use crate::math::narrow::{Strided, outer, padded_rows};
use crate::math::vector::{add_scaled_lanes, dot_lanes};
use crate::math::{Matrix, Rng};
use crate::nn::layers::dropout;
use crate::nn::loss::{Asked, NONE, Objective, Response};
use crate::shapes::network::tower::{Layer, LayerRows, Tower};
use multiversion::multiversion;
use std::ops::Range;

/// Data that all shards of a batch read.
pub(super) struct Common<'a> {
    pub feed: &'a Feed<'a>,
    pub parts: &'a Parts,
    pub tower: &'a Tower,
    pub active: Active,
    pub objective: Objective,
    pub response: Response,
    pub dropout: f32,
    /// h of both halves, padded.
    pub output: [Vec<f32>; 2],
}

/// Gradients with respect to the embeddings of a shard's samples, one padded row for each item and each user. They
/// first hold the embeddings themselves.
pub(super) struct Embedded<'a> {
    pub product_items: &'a mut [f32],
    pub product_users: &'a mut [f32],
    pub tower_items: &'a mut [f32],
    pub tower_users: &'a mut [f32],
}

/// Working memory of a shard, and its part of the gradient of shared parameters.
#[derive(Clone, Debug, Default)]
pub(super) struct Shard {
    pub loss: f64,
    /// Gradient with respect to the output bias b.
    pub bias: f32,
    /// Gradient with respect to the output weights h of both halves.
    pub output: [Vec<f32>; 2],
    /// Gradients with respect to the user's part of the first layer, then to W of every layer: outputs × inputs,
    /// padded.
    pub weights: Vec<Vec<f32>>,
    /// Gradient with respect to the biases b of every layer.
    pub biases: Vec<Vec<f32>>,
    scores: Vec<f32>,
    /// h ∘ p by group.
    weighted: Vec<f32>,
    rows: LayerRows,
    slopes: LayerRows,
    masks: Vec<Vec<f32>>,
    /// The user's part of the first layer's sums, then the gradients with respect to it.
    user_sums: Vec<f32>,
}

impl Shard {
    /// Learns from groups `range` of `batch`.
    pub fn learn(
        &mut self,
        common: &Common<'_>,
        batch: &Batch,
        range: Range<usize>,
        embedded: Embedded<'_>,
        rng: &mut Rng,
    ) {
        let group = common.feed.group;
        let users = &batch.users[range.clone()];
        let items = &batch.items[range.start * group..range.end * group];
        self.scores.clear();
        self.scores.resize(items.len(), common.parts.bias[common.active.bias].values.data()[0]);
        if let Some(sides) = common.parts.product.as_ref().filter(|_| common.active.product) {
            gather(&sides.users.values, users, embedded.product_users);
            gather(&sides.items.values, items, embedded.product_items);
            let h = &common.output[0];
            self.weighted.resize(users.len() * h.len(), 0.0);
            weight(&mut self.weighted, embedded.product_users, h);
            add_products(&mut self.scores, &self.weighted, embedded.product_items, h.len(), group);
        }
        if let Some(sides) = common.parts.tower.as_ref().filter(|_| common.active.tower) {
            gather(&sides.users.values, users, embedded.tower_users);
            gather(&sides.items.values, items, embedded.tower_items);
            self.climb(common, (embedded.tower_users, users.len()), embedded.tower_items, rng);
        }
        for &g in batch.lonely.iter().filter(|&&g| range.contains(&(g as usize))) {
            let start = (g as usize - range.start) * group;
            self.scores[start + 1..start + group].fill(NONE);
        }
        let part = |values: &'_ [f32]| match values.is_empty() {
            true => 0..0,
            false => range.start * group..range.end * group,
        };
        let asked = Asked {
            targets: &batch.targets[part(&batch.targets)],
            corrections: &batch.corrections[part(&batch.corrections)],
            group,
            response: common.response,
        };
        self.loss = common.objective.slopes(&mut self.scores, asked);
        self.scores.iter_mut().for_each(|slope| *slope *= batch.weight);
        self.bias = self.scores.iter().sum();
        if common.active.product {
            let h = &common.output[0];
            clear(&mut self.output[0], h.len());
            let (users, items) = (embedded.product_users, embedded.product_items);
            descend_products(
                &self.scores,
                &self.weighted,
                users,
                items,
                h,
                &mut self.output[0],
                group,
            );
        }
        if common.active.tower {
            self.descend(common, (embedded.tower_users, users.len()), embedded.tower_items);
        }
    }

    /// Forward pass through the tower; adds its part to the scores.
    fn climb(
        &mut self,
        common: &Common<'_>,
        (users, groups): (&[f32], usize),
        items: &[f32],
        rng: &mut Rng,
    ) {
        let (tower, samples) = (common.tower, self.scores.len());
        let width = tower.width(0);
        self.user_sums.resize(padded_rows(groups) * width, 0.0);
        let users = &users[..padded_rows(groups) * tower.user.width_in()];
        tower.user.forward(users, &mut self.user_sums);
        tower.resize(&mut self.rows, samples);
        spread(&self.user_sums, &mut self.rows[0], width, common.feed.group);
        let items = &items[..padded_rows(samples) * tower.item.width_in()];
        tower.item.add_forward(items, &mut self.rows[0]);
        self.masks.resize(tower.depth(), Vec::new());
        let masks = &mut self.masks;
        tower.forward(&mut self.rows, |l, rows| {
            if common.dropout > 0.0 {
                dropout(common.dropout, rng, rows, &mut masks[l]);
            }
        });
        let last = tower.depth() - 1;
        add_dots(&mut self.scores, &self.rows[last], &common.output[1]);
    }

    /// Backward pass through the tower: replaces the embeddings in `users` and `items` by gradients.
    fn descend(
        &mut self,
        common: &Common<'_>,
        (users, groups): (&mut [f32], usize),
        items: &mut [f32],
    ) {
        let (tower, samples) = (common.tower, self.scores.len());
        tower.resize(&mut self.slopes, samples);
        let last = tower.depth() - 1;
        let h = &common.output[1];
        clear(&mut self.output[1], h.len());
        descend_dots(
            &self.scores,
            &self.rows[last],
            h,
            &mut self.slopes[last],
            &mut self.output[1],
        );
        let masks = &self.masks;
        tower.backward(&self.rows, &mut self.slopes, |l, slopes| {
            if common.dropout > 0.0 {
                slopes.iter_mut().zip(&masks[l]).for_each(|(slope, mask)| *slope *= mask);
            }
        });
        let width = tower.width(0);
        let first = &self.slopes[0];
        clear(&mut self.user_sums, padded_rows(groups) * width);
        sum_groups(&first[..samples * width], &mut self.user_sums, width, common.feed.group);

        self.weights.resize(1 + tower.depth(), Vec::new());
        self.biases.resize(tower.depth(), Vec::new());
        let product = |out: &mut Vec<f32>, slopes: (&[f32], usize), x: &[f32], layer: &Layer, n| {
            out.resize(padded_rows(layer.outputs()) * layer.width_in(), 0.0);
            let slopes = Strided { data: slopes.0, stride: slopes.1 };
            outer(out, slopes, x, layer.width_in(), n);
        };
        product(&mut self.weights[0], (&self.user_sums, width), users, &tower.user, groups);
        product(&mut self.weights[1], (first, width), items, &tower.item, samples);
        clear(&mut self.biases[0], width);
        sum_rows(&self.user_sums[..groups * width], &mut self.biases[0]);
        for (l, layer) in (1..).zip(&tower.rest) {
            let width = layer.width_out();
            let slopes = &self.slopes[l];
            product(&mut self.weights[l + 1], (slopes, width), &self.rows[l - 1], layer, samples);
            clear(&mut self.biases[l], width);
            sum_rows(&slopes[..samples * width], &mut self.biases[l]);
        }
        tower.item.backward(first, &mut items[..padded_rows(samples) * tower.item.width_in()]);
        let users = &mut users[..padded_rows(groups) * tower.user.width_in()];
        tower.user.backward(&self.user_sums, users);
    }
}

fn clear(numbers: &mut Vec<f32>, len: usize) {
    numbers.clear();
    numbers.resize(len, 0.0);
}

/// Copies rows of a table into padded rows; the padding is left as it is.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn gather(table: &Matrix, rows: &[u32], out: &mut [f32]) {
    let cols = table.cols();
    for (&row, out) in rows.iter().zip(out.chunks_exact_mut(padded(cols))) {
        copy(&mut out[..cols], table.row(row as usize));
    }
}

/// Adding 0 keeps the compiler from calling `memcpy`, which is slow for such short rows.
#[inline(always)]
fn copy(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from + 0.0);
}

/// Copies the row of each group to the rows of its samples.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn spread(groups: &[f32], rows: &mut [f32], width: usize, group: usize) {
    for (rows, from) in rows.chunks_mut(group * width).zip(groups.chunks_exact(width)) {
        rows.chunks_exact_mut(width).for_each(|row| copy(row, from));
    }
}

/// h ∘ p.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn weight(out: &mut [f32], users: &[f32], h: &[f32]) {
    for (out, p) in out.chunks_exact_mut(h.len()).zip(users.chunks_exact(h.len())) {
        for ((x, p), h) in out.iter_mut().zip(p).zip(h) {
            *x = p * h;
        }
    }
}

/// score ← score + (h ∘ p) · q.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_products(scores: &mut [f32], weighted: &[f32], items: &[f32], width: usize, group: usize) {
    let groups = scores.chunks_exact_mut(group).zip(items.chunks(group * width));
    for ((scores, items), p) in groups.zip(weighted.chunks_exact(width)) {
        for (score, q) in scores.iter_mut().zip(items.chunks_exact(width)) {
            *score += dot_lanes(p, q);
        }
    }
}

/// Turns gradients with respect to scores into those with respect to q (replacing q), p (replacing p) and h.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn descend_products(
    slopes: &[f32],
    weighted: &[f32],
    users: &mut [f32],
    items: &mut [f32],
    h: &[f32],
    by_h: &mut [f32],
    group: usize,
) {
    let width = h.len();
    let groups = slopes.chunks_exact(group).zip(items.chunks_mut(group * width));
    let sides = users.chunks_exact_mut(width).zip(weighted.chunks_exact(width));
    // Σ gradient · q of a group.
    let mut sum = vec![0.0; width];
    for ((slopes, items), (p, weighted)) in groups.zip(sides) {
        sum.fill(0.0);
        for (&slope, q) in slopes.iter().zip(items.chunks_exact_mut(width)) {
            add_scaled_lanes(&mut sum, slope, q);
            q.iter_mut().zip(weighted).for_each(|(q, p)| *q = slope * p);
        }
        for (((by_h, p), sum), h) in by_h.iter_mut().zip(p).zip(&sum).zip(h) {
            *by_h = p.mul_add(*sum, *by_h);
            *p = h * sum;
        }
    }
}

/// score ← score + h · x.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_dots(scores: &mut [f32], rows: &[f32], h: &[f32]) {
    for (score, x) in scores.iter_mut().zip(rows.chunks_exact(h.len())) {
        *score += dot_lanes(x, h);
    }
}

/// Turns gradients with respect to scores into those with respect to x and h.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn descend_dots(slopes: &[f32], rows: &[f32], h: &[f32], by_rows: &mut [f32], by_h: &mut [f32]) {
    let width = h.len();
    let rows = rows.chunks_exact(width).zip(by_rows.chunks_exact_mut(width));
    for (&slope, (x, by_x)) in slopes.iter().zip(rows) {
        add_scaled_lanes(by_h, slope, x);
        by_x.iter_mut().zip(h).for_each(|(by_x, h)| *by_x = slope * h);
    }
}

/// Adds up the rows of each group.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn sum_groups(rows: &[f32], sums: &mut [f32], width: usize, group: usize) {
    for (rows, sum) in rows.chunks_exact(group * width).zip(sums.chunks_exact_mut(width)) {
        rows.chunks_exact(width).for_each(|row| add_scaled_lanes(sum, 1.0, row));
    }
}

/// Adds up all rows.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn sum_rows(rows: &[f32], sum: &mut [f32]) {
    rows.chunks_exact(sum.len()).for_each(|row| add_scaled_lanes(sum, 1.0, row));
}
