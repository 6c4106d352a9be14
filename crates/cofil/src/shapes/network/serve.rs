//! Scores of a network: the items' half is cached, and items pass through the layers block by block.

use super::Network;
use super::tower::{LayerRows, Tower};
use crate::math::lanes::padded;
use crate::math::narrow::padded_rows;
use crate::math::real::finite;
use crate::math::vector::{add_scaled, dot};
use crate::math::{Matrix, parallel};
use crate::shapes::sampled::OfUser;

/// Number of items that pass through the layers together: their rows stay in the level-1 and level-2 caches.
const BLOCK: usize = 256;

/// Precomputed tables for scoring.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    /// h ∘ q by item.
    products: Matrix,
    tower: Tower,
    /// W₁ᵠ q′ by item, rows padded.
    halves: Vec<f32>,
    /// [h ∘ q ; q′] by item, for similar items.
    vectors: Matrix,
}

impl Network {
    fn ready(&self) -> &Ready {
        self.ready.get_or_init(|| {
            let mut products = Matrix::zeros(self.popular.len(), 0);
            if let Some(half) = &self.product {
                products = half.items.clone();
                for item in 0..products.rows() {
                    let row = products.row_mut(item).iter_mut();
                    row.zip(&half.output).for_each(|(q, h)| *q *= h);
                }
            }
            let (mut tower, mut halves) = (Tower::default(), Vec::new());
            if let Some(half) = &self.tower {
                let layers = half.dense.iter().map(|(w, b)| (w.data(), &b[..]));
                tower.set(layers, self.settings.activation);
                let n = half.items.rows();
                let mut rows = vec![0.0; padded_rows(n) * padded(half.items.cols())];
                for (i, row) in rows.chunks_exact_mut(padded(half.items.cols())).take(n).enumerate()
                {
                    row[..half.items.cols()].copy_from_slice(half.items.row(i));
                }
                halves.resize(padded_rows(n) * tower.width(0), 0.0);
                tower.item.add_forward(&rows, &mut halves);
            }
            let tower_items = self.tower.as_ref().map(|half| &half.items);
            let (left, right) = (products.cols(), tower_items.map_or(0, Matrix::cols));
            let mut vectors = Matrix::zeros(products.rows(), left + right);
            for item in 0..vectors.rows() {
                let (to, rest) = vectors.row_mut(item).split_at_mut(left);
                to.copy_from_slice(products.row(item));
                if let Some(items) = tower_items {
                    rest.copy_from_slice(items.row(item));
                }
            }
            Ready { products, tower, halves, vectors }
        })
    }

    /// The vectors items are compared by.
    pub(super) fn vectors(&self) -> &Matrix {
        &self.ready().vectors
    }

    /// Number of entries of p.
    fn split(&self) -> usize {
        self.product.as_ref().map_or(0, |half| half.users.cols())
    }

    /// Writes b + h · [p ∘ q ; …] for the items named by `item`; `vector` holds p and then p′.
    fn sums(
        &self,
        vector: &[f32],
        item: impl Fn(usize) -> usize,
        sums: &mut [f32],
        rows: &mut LayerRows,
    ) {
        let ready = self.ready();
        let (p, rest) = vector.split_at(self.split());
        for (at, sum) in sums.iter_mut().enumerate() {
            *sum = self.settings.bias;
            if !p.is_empty() {
                *sum += dot(p, ready.products.row(item(at)));
            }
        }
        let Some(layers) = &self.tower else { return };
        let width = ready.tower.width(0);
        let user = self.user_half(rest);
        ready.tower.resize(rows, sums.len());
        for (at, row) in rows[0].chunks_exact_mut(width).take(sums.len()).enumerate() {
            let half = &ready.halves[item(at) * width..][..width];
            row.iter_mut().zip(half).zip(&user).for_each(|((x, q), p)| *x = q + p);
        }
        ready.tower.forward(rows, |_, _| {});
        let last = ready.tower.depth() - 1;
        let width = ready.tower.width(last);
        for (row, sum) in rows[last].chunks_exact(width).zip(sums) {
            *sum += dot(&row[..layers.output.len()], &layers.output);
        }
    }

    /// W₁ᵖ p′ + b₁.
    fn user_half(&self, vector: &[f32]) -> Vec<f32> {
        let layer = &self.ready().tower.user;
        let mut rows = vec![0.0; padded_rows(1) * layer.width_in()];
        rows[..vector.len()].copy_from_slice(vector);
        let mut half = vec![0.0; padded_rows(1) * layer.width_out()];
        layer.forward(&rows, &mut half);
        half.truncate(layer.width_out());
        half
    }

    pub(super) fn score_items(&self, vector: &[f32], items: &[u32], scores: &mut [f32]) {
        let mut rows = LayerRows::new();
        for (items, scores) in items.chunks(BLOCK).zip(scores.chunks_mut(BLOCK)) {
            self.sums(vector, |at| items[at] as usize, scores, &mut rows);
        }
        self.link(scores);
    }

    pub(super) fn score_all(&self, vector: &[f32], scores: &mut [f32]) {
        let mut rows = LayerRows::new();
        for piece in parallel::pieces(scores.len(), BLOCK) {
            self.sums(vector, |at| piece.start + at, &mut scores[piece.clone()], &mut rows);
        }
        self.link(scores);
    }

    fn link(&self, scores: &mut [f32]) {
        let link = self.settings.link;
        scores.iter_mut().for_each(|s| *s = link.apply(finite(*s)));
    }

    /// This network as a function of one user's vector.
    pub(super) fn of_user(&self) -> impl OfUser {
        Descent { network: self, rows: LayerRows::new(), slopes: LayerRows::new() }
    }
}

struct Descent<'a> {
    network: &'a Network,
    rows: LayerRows,
    slopes: LayerRows,
}

impl OfUser for Descent<'_> {
    fn scores(&mut self, vector: &[f32], items: &[u32], scores: &mut [f32]) {
        self.network.sums(vector, |at| items[at] as usize, scores, &mut self.rows);
    }

    fn gradient(&mut self, vector: &[f32], items: &[u32], slopes: &[f32], gradient: &mut [f32]) {
        let network = self.network;
        let ready = network.ready();
        gradient.fill(0.0);
        let (by_p, by_rest) = gradient.split_at_mut(network.split());
        if !by_p.is_empty() {
            for (&item, &slope) in items.iter().zip(slopes) {
                add_scaled(by_p, slope, ready.products.row(item as usize));
            }
        }
        let Some(layers) = &network.tower else { return };
        let tower = &ready.tower;
        tower.resize(&mut self.slopes, items.len());
        let last = tower.depth() - 1;
        self.slopes[last].fill(0.0);
        for (row, &slope) in self.slopes[last].chunks_exact_mut(tower.width(last)).zip(slopes) {
            add_scaled(&mut row[..layers.output.len()], slope, &layers.output);
        }
        tower.backward(&self.rows, &mut self.slopes, |_, _| {});
        // All items have the same user: gradients with respect to the first sums are added up before W₁ᵖ.
        let width = tower.width(0);
        let mut by_sums = vec![0.0; padded_rows(1) * width];
        for row in self.slopes[0].chunks_exact(width).take(items.len()) {
            add_scaled(&mut by_sums[..width], 1.0, row);
        }
        let mut by_user = vec![0.0; padded_rows(1) * tower.user.width_in()];
        tower.user.backward(&by_sums, &mut by_user);
        by_rest.copy_from_slice(&by_user[..vector.len() - network.split()]);
    }
}
