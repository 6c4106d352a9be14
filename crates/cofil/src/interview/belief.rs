//! The belief about a new user: a normal distribution over user vectors, and its update by an answer.

use crate::data::Row;
use crate::math::real::finite;
use crate::math::real::square;
use crate::math::{Matrix, vector};
use crate::model::Places;
use crate::recipes::Target;
use crate::recommender::Recommender;
use crate::watch;
use std::sync::Arc;

/// Weight, in answers, of the mean noise of all items in the noise of each item.
const FEW: f64 = 5.0;

/// A normal distribution over user vectors.
#[derive(Clone)]
pub struct Belief {
    pub(super) mean: Vec<f32>,
    pub(super) covariance: Matrix,
    pub(super) places: Arc<Places>,
    /// Noise variance v by item.
    pub(super) noise: Arc<Vec<f32>>,
    /// Whether answers are yes or no, 1 or 0.
    choices: bool,
}

impl Belief {
    /// Returns the prior: the distribution of the users in the training data.
    pub fn prior(recommender: &Recommender) -> Option<Self> {
        let places = recommender.model().places()?;
        let chosen = recommender.model().liked(recommender.seen());
        let known = chosen.iter().enumerate().filter(|(_, row)| !row.is_empty());
        let users: Vec<usize> = known.map(|(u, _)| u).collect();
        let n = places.items.cols();
        if users.is_empty() {
            return None;
        }
        let (mut mean, mut gram) = (vec![0f64; n], vec![0f64; n * n]);
        for &u in &users {
            watch::check();
            let p = places.users.row(u);
            for (a, &x) in p.iter().enumerate() {
                mean[a] += f64::from(x);
                p.iter().zip(&mut gram[a * n..]).for_each(|(&y, g)| *g += f64::from(x * y));
            }
        }
        let count = users.len() as f64;
        mean.iter_mut().for_each(|m| *m /= count);
        gram.iter_mut().for_each(|g| *g /= count);
        let choices = recommender.card().target() == Target::Preference;
        let noise = noise(recommender, &places, &gram, choices, count);
        let mut covariance =
            Matrix::from_fn(n, n, |a, b| (gram[a * n + b] - mean[a] * mean[b]) as f32);
        // Directions in which the users do not differ are not certain either.
        let trace: f32 = (0..n).map(|a| covariance.row(a)[a]).sum();
        (0..n).for_each(|a| covariance.row_mut(a)[a] += 1e-4 * trace / n as f32);
        let mean = mean.into_iter().map(|m| m as f32).collect();
        Some(Self { mean, covariance, places: places.into(), noise: noise.into(), choices })
    }

    /// Returns Σ q.
    fn spread(&self, q: &[f32]) -> Vec<f32> {
        (0..q.len()).map(|a| vector::dot(self.covariance.row(a), q)).collect()
    }

    /// Returns by how much an answer reduces the trace of Σ.
    pub fn shrinks(&self, item: usize) -> f32 {
        let q = self.places.items.row(item);
        let sq = self.spread(q);
        vector::dot(&sq, &sq) / (self.noise[item] + vector::dot(q, &sq))
    }

    pub fn learn(&mut self, item: usize, value: f32) {
        let places = self.places.clone();
        let q = places.items.row(item);
        let y = match self.choices {
            true => f32::from(value > 0.0),
            false => value,
        };
        let sq = self.spread(q);
        let scale = 1.0 / (self.noise[item] + vector::dot(q, &sq));
        let surprise = y - places.base[item] - vector::dot(q, &self.mean);
        vector::add_scaled(&mut self.mean, scale * surprise, &sq);
        for (a, &s) in sq.iter().enumerate() {
            vector::add_scaled(self.covariance.row_mut(a), -scale * s, &sq);
        }
    }

    pub fn scores(&self) -> Vec<f32> {
        let score = |(i, base): (usize, &f32)| {
            finite(base + vector::dot(self.places.items.row(i), &self.mean))
        };
        self.places.base.iter().enumerate().map(score).collect()
    }
}

/// Returns the model's mean squared error on each item: over all users for choices, or over the given values for
/// ratings. Items with few values are shrunk towards the mean of all items. `gram` is Σ p pᵀ / users.
fn noise(
    recommender: &Recommender,
    places: &Places,
    gram: &[f64],
    choices: bool,
    users: f64,
) -> Vec<f32> {
    let by_item = recommender.model().liked(recommender.seen()).transposed();
    let n = places.items.cols();
    let missed = |(i, row): (usize, Row<'_>)| -> (f64, f64) {
        watch::check();
        let q = places.items.row(i);
        let place = |u: u32| f64::from(vector::dot(q, places.users.row(u as usize)));
        let base = f64::from(places.base[i]);
        if !choices {
            let square = |(u, r): (u32, f32)| square(f64::from(r) - base - place(u));
            return (row.iter().map(square).sum(), row.len() as f64);
        }
        // Σ (x − s)² = Σ s² − 2 Σ_has s + Σ_has 1, where the first is q · gram q.
        let by_gram = |a: usize| -> f64 {
            q.iter().zip(&gram[a * n..]).map(|(&x, g)| f64::from(x) * g).sum::<f64>()
        };
        let all: f64 = q.iter().enumerate().map(|(a, &x)| f64::from(x) * by_gram(a)).sum();
        let has: f64 = row.columns.iter().map(|&u| 1.0 - 2.0 * place(u)).sum();
        (all * users + has, users)
    };
    let missed: Vec<(f64, f64)> = by_item.iter().enumerate().map(missed).collect();
    let (sum, count) = missed.iter().fold((0.0, 0.0), |(s, c), m| (s + m.0, c + m.1));
    let usual = (sum / f64::max(count, 1.0)).max(1e-6);
    let of = |(sum, count): (f64, f64)| (sum.max(0.0) + FEW * usual) / (count + FEW);
    missed.into_iter().map(|m| of(m) as f32).collect()
}
