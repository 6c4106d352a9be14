//! The shape of graph filters: a history is spread over the graph of users and items.
//!
//! With R̃ (users × items) the normalised interactions, P = R̃ᵀR̃, D the degrees of items and V the first right
//! singular vectors of R̃,
//!
//! score(x) = (x P + w x D^−b V Vᵀ D^b) p(P), with p(λ) = Σ_{n ≤ 4} (−t λ)ⁿ / n!
//!
//! P is never formed: R̃ and its transpose are multiplied one after the other, for many histories side by side. The
//! score is linear in the history, so what each entry contributes is exact, and new users are scored like known ones.

use crate::data::{Csr, Row};
use crate::error::Result;
use crate::math::matrix::mul_bt_by_row;
use crate::math::real::finite;
use crate::math::{Matrix, vector};
use crate::model::{Attribution, Contributions, Model, User};
use crate::store::{self, Archive, Tensor};
use multiversion::multiversion;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The normalised interactions and the low-rank term.
#[derive(Clone, Debug)]
pub(crate) struct GraphFilter {
    /// R̃, users × items.
    rows: Csr,
    /// R̃ᵀ, items × users.
    columns: Csr,
    /// D^b; 0 for items without interactions.
    scale: Vec<f32>,
    /// V, items × k.
    vectors: Matrix,
    /// Number of users who like each item: the scores of users without history.
    popular: Vec<f32>,
    settings: GraphFilterSettings,
}

/// The settings of [`GraphFilter`] in a file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GraphFilterSettings {
    /// w, weight of the low-rank term.
    pub low_rank: f32,
    /// t, how far scores are sharpened.
    pub sharpening: f32,
}

/// Order of the polynomial p.
const ORDER: u8 = 4;
/// The largest t at which no direction grows: the limit of stability of Runge–Kutta's method of order 4.
pub(crate) const MOST_SHARPENING: f32 = 2.7;
/// Number of histories that are multiplied side by side: their numbers for an item fill one cache line.
const LANES: usize = 16;

impl GraphFilter {
    /// Name of the shape in model files.
    pub(crate) const KIND: &str = "graph-filter";

    /// Builds the model from R̃, D^b, V and the number of interactions of each item.
    pub(crate) fn new(
        rows: Csr,
        scale: Vec<f32>,
        vectors: Matrix,
        popular: Vec<f32>,
        settings: GraphFilterSettings,
    ) -> Self {
        let columns = rows.transposed();
        Self { rows, columns, scale, vectors, popular, settings }
    }

    /// Reads the shape from its file.
    ///
    /// # Errors
    /// If an array is missing or has the wrong size.
    pub(crate) fn load(
        settings: &Value,
        archive: &Archive,
        users: usize,
        items: usize,
    ) -> Result<Self> {
        let settings: GraphFilterSettings = serde_json::from_value(settings.clone())
            .map_err(|e| archive.bad(format!("settings of shape graph-filter: {e}")))?;
        let rows = Csr::from_parts(
            archive.sizes("edges.starts")?,
            archive.u32("edges.columns")?,
            archive.f32("edges.values")?,
            items,
        );
        let rows = rows.filter(|rows| rows.rows() == users);
        let rows = rows.ok_or_else(|| archive.bad("the graph is damaged"))?;
        let model = Self::new(
            rows,
            archive.vector("scale", items)?,
            archive.matrix("vectors", Some(items))?,
            archive.vector("popular", items)?,
            settings,
        );
        model.check()?;
        Ok(model)
    }

    /// D^−b of item `i`.
    fn inverse_scale(&self, i: u32) -> f32 {
        match self.scale[i as usize] {
            0.0 => 0.0,
            scale => 1.0 / scale,
        }
    }

    /// Scores of all items (items × L) for up to L users.
    fn scores<const L: usize>(&self, users: &[User<'_>]) -> Vec<f32> {
        let (n, k) = (self.popular.len(), self.vectors.cols());
        let mut by_user = vec![0f32; self.rows.rows() * L];
        let mut places = Matrix::zeros(users.len(), k);
        for (lane, user) in users.iter().enumerate() {
            for (j, value) in user.history.iter() {
                for (u, edge) in self.columns.row(j as usize).iter() {
                    let sum = &mut by_user[u as usize * L + lane];
                    *sum = edge.mul_add(value, *sum);
                }
                let share = self.settings.low_rank * value * self.inverse_scale(j);
                vector::add_scaled(places.row_mut(lane), share, self.vectors.row(j as usize));
            }
        }
        let mut scores = vec![0f32; n * L];
        multiply::<L>(&self.columns, &by_user, &mut scores);
        if self.settings.low_rank > 0.0 && k > 0 {
            let mut products = vec![0f32; users.len() * n];
            let vectors = self.vectors.data();
            mul_bt_by_row(&mut products, places.data(), vectors, users.len(), n, k);
            for (lane, products) in products.chunks_exact(n).enumerate() {
                let lanes = scores.chunks_exact_mut(L).zip(products.iter().zip(&self.scale));
                lanes.for_each(|(s, (x, scale))| s[lane] = x.mul_add(*scale, s[lane]));
            }
        }
        self.sharpen::<L>(&mut scores, by_user);
        clear_noise::<L>(&mut scores);
        scores
    }

    /// x ← p(P) x for the L columns of x (items × L). `by_user` (users × L) is overwritten.
    fn sharpen<const L: usize>(&self, x: &mut [f32], mut by_user: Vec<f32>) {
        if self.settings.sharpening == 0.0 {
            return;
        }
        let mut term = x.to_vec();
        for order in 1..=ORDER {
            multiply::<L>(&self.rows, &term, &mut by_user);
            multiply::<L>(&self.columns, &by_user, &mut term);
            let factor = -self.settings.sharpening / f32::from(order);
            for (x, term) in x.iter_mut().zip(&mut term) {
                *term *= factor;
                *x += *term;
            }
        }
    }

    /// Scores of all items for one user.
    fn score_one(&self, user: User<'_>) -> Vec<f32> {
        match user.history.is_empty() {
            true => self.popular.clone(),
            false => self.scores::<1>(&[user]).into_iter().map(finite).collect(),
        }
    }

    /// Writes the scores of up to L users to the rows of `out` (users × items).
    fn score_lanes<const L: usize>(&self, users: &[User<'_>], out: &mut [f32]) {
        let scores = self.scores::<L>(users);
        let n = self.popular.len();
        for (lane, (user, out)) in users.iter().zip(out.chunks_exact_mut(n)).enumerate() {
            match user.history.is_empty() {
                true => out.copy_from_slice(&self.popular),
                false => {
                    let lanes = out.iter_mut().zip(scores.chunks_exact(L));
                    lanes.for_each(|(out, scores)| *out = finite(scores[lane]));
                }
            }
        }
    }

    /// Column `item` of the matrix that maps a history to scores.
    fn column(&self, item: u32) -> impl Fn(u32) -> f32 + '_ {
        let mut filtered = vec![0f32; self.popular.len()];
        filtered[item as usize] = 1.0;
        let mut by_user = vec![0f32; self.rows.rows()];
        self.sharpen::<1>(&mut filtered, by_user.clone());
        multiply::<1>(&self.rows, &filtered, &mut by_user);
        let mut spread = vec![0f32; self.popular.len()];
        multiply::<1>(&self.columns, &by_user, &mut spread);
        let mut place = vec![0f32; self.vectors.cols()];
        for (i, (x, scale)) in filtered.iter().zip(&self.scale).enumerate() {
            vector::add_scaled(&mut place, x * scale, self.vectors.row(i));
        }
        move |j| {
            let low_rank = vector::dot(&place, self.vectors.row(j as usize));
            let share = self.settings.low_rank * self.inverse_scale(j);
            low_rank.mul_add(share, spread[j as usize])
        }
    }
}

/// Scores below this share of a user's highest are rounding errors of the factorization: the score of items that no
/// path joins to the user's is 0.
const NOISE: f32 = 1e-6;

/// Replaces rounding errors in the L columns of `scores` by 0.
fn clear_noise<const L: usize>(scores: &mut [f32]) {
    let mut most = [0f32; L];
    for row in scores.chunks_exact(L) {
        most.iter_mut().zip(row).for_each(|(most, score)| *most = most.max(score.abs()));
    }
    for row in scores.chunks_exact_mut(L) {
        for (score, most) in row.iter_mut().zip(most) {
            if score.abs() <= NOISE * most {
                *score = 0.0;
            }
        }
    }
}

/// out (rows × L) ← A x, for x with L columns; every sum is in the order of the row.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn multiply<const L: usize>(a: &Csr, x: &[f32], out: &mut [f32]) {
    for (row, out) in a.iter().zip(out.chunks_exact_mut(L)) {
        let mut sums = [0f32; L];
        for (&c, &value) in row.columns.iter().zip(row.values) {
            let x = &x[c as usize * L..][..L];
            for l in 0..L {
                sums[l] = value.mul_add(x[l], sums[l]);
            }
        }
        out.copy_from_slice(&sums);
    }
}

impl Model for GraphFilter {
    fn items(&self) -> usize {
        self.popular.len()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        let all = self.score_one(user);
        items.iter().zip(scores).for_each(|(&i, score)| *score = all[i as usize]);
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        let n = self.popular.len();
        let pieces = users.chunks(LANES).zip(scores.data_mut().chunks_mut(LANES * n));
        for (users, scores) in pieces {
            match users.len() {
                1 => self.score_lanes::<1>(users, scores),
                _ => self.score_lanes::<LANES>(users, scores),
            }
        }
    }

    fn needs_history(&self) -> bool {
        true
    }

    fn block_size(&self) -> usize {
        LANES
    }

    /// x_j times entry (j, i) of the matrix that maps a history to scores: the terms sum to the score.
    fn contributions(&self, history: Row<'_>, items: &[u32]) -> Vec<Contributions> {
        let of_item = |&item: &u32| {
            let column = self.column(item);
            let parts = history.iter().map(|(j, value)| value * column(j)).collect();
            Contributions { base: 0.0, parts, method: Attribution::Exact }
        };
        items.iter().map(of_item).collect()
    }

    fn users(&self) -> Option<usize> {
        Some(self.rows.rows())
    }

    fn check(&self) -> Result<()> {
        let n = self.popular.len();
        let fits = self.rows.cols() == n && self.scale.len() == n && self.vectors.rows() == n;
        let GraphFilterSettings { low_rank, sharpening } = self.settings;
        let sound = low_rank.is_finite() && low_rank >= 0.0;
        let sharp = (0.0..=MOST_SHARPENING).contains(&sharpening);
        super::sound(Self::KIND, fits && sound && sharp)
    }

    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn settings(&self) -> Value {
        store::plain(&self.settings).expect("plain numbers")
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        vec![
            Tensor::sizes("edges.starts", self.rows.starts()),
            Tensor::u32("edges.columns", self.rows.columns()),
            Tensor::f32("edges.values", self.rows.values()),
            Tensor::f32("scale", &self.scale),
            Tensor::matrix("vectors", &self.vectors),
            Tensor::f32("popular", &self.popular),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    fn random(users: usize, items: usize, k: usize, settings: GraphFilterSettings) -> GraphFilter {
        let mut rng = Rng::new(5, &[]);
        let mut rows = Vec::new();
        for _ in 0..users {
            let mut row = Vec::new();
            for i in 0..items as u32 {
                if rng.uniform() < 0.2 {
                    row.push((i, 0.3 * rng.uniform()));
                }
            }
            rows.push(row);
        }
        let scale = (0..items).map(|i| 0.5 + 0.1 * i as f32).collect();
        let vectors = Matrix::from_fn(items, k, |_, _| 0.2 * rng.normal());
        let popular = (0..items).map(|i| i as f32).collect();
        GraphFilter::new(Csr::from_rows(items, rows), scale, vectors, popular, settings)
    }

    /// The matrix that maps histories to scores, from the equation.
    fn naive(model: &GraphFilter) -> Vec<Vec<f64>> {
        let n = model.popular.len();
        let value = |u: usize, i: usize| f64::from(model.rows.row(u).get(i as u32).unwrap_or(0.0));
        let square = |f: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            (0..n).map(|j| (0..n).map(|i| f(j, i)).collect()).collect()
        };
        let times = |a: &[Vec<f64>], b: &[Vec<f64>]| {
            square(&|j, i| (0..n).map(|l| a[j][l] * b[l][i]).sum())
        };
        let p =
            square(&|j, i| (0..model.rows.rows()).map(|u| value(u, j) * value(u, i)).sum::<f64>());
        let low_rank = |j: usize, i: usize| {
            let (a, b) = (model.vectors.row(j), model.vectors.row(i));
            let dot: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum();
            dot * f64::from(model.scale[i]) / f64::from(model.scale[j])
        };
        let weight = f64::from(model.settings.low_rank);
        let mut sum = square(&|j, i| p[j][i] + weight * low_rank(j, i));
        let mut term = sum.clone();
        for order in 1..=4 {
            let next = times(&term, &p);
            let factor = -f64::from(model.settings.sharpening) / f64::from(order);
            term = square(&|j, i| factor * next[j][i]);
            sum = square(&|j, i| sum[j][i] + term[j][i]);
        }
        sum
    }

    #[test]
    fn scores_are_those_of_the_equation_in_every_way_of_asking() {
        let (users, items) = (90, 40);
        for (low_rank, sharpening) in [(0.0, 0.0), (0.4, 0.0), (0.3, 1.5), (0.0, 2.7)] {
            let model = random(users, items, 7, GraphFilterSettings { low_rank, sharpening });
            model.check().unwrap();
            let exact = naive(&model);
            let histories = Csr::from_rows(
                items,
                (0..users).map(|u| {
                    let has = move |i: &u32| (i * 7 + u as u32).is_multiple_of(5) && u > 0;
                    let rows = (0..items as u32).filter(has);
                    rows.map(|i| (i, 1.0 - 0.1 * i as f32)).collect::<Vec<_>>()
                }),
            );
            let everybody: Vec<User<'_>> = histories.iter().map(User::new_user).collect();
            let all: Vec<u32> = (0..items as u32).collect();
            for size in [1, 5, users] {
                let mut block = Matrix::zeros(size, items);
                model.score_block(&everybody[..size], &mut block);
                for (r, user) in everybody[..size].iter().enumerate() {
                    let mut alone = vec![0.0; items];
                    model.score(*user, &all, &mut alone);
                    assert_eq!(alone, block.row(r), "user {r} of {size}");
                    if user.history.is_empty() {
                        assert_eq!(alone, model.popular);
                        continue;
                    }
                    let parts = model.contributions(user.history, &all);
                    for (i, &score) in alone.iter().enumerate() {
                        let row = user.history.iter();
                        let sum: f64 = row.map(|(j, x)| f64::from(x) * exact[j as usize][i]).sum();
                        let near = 1e-5 * (10.0 + sum.abs());
                        assert!((f64::from(score) - sum).abs() < near, "{score} for {sum}");
                        let told: f32 = parts[i].parts.iter().sum();
                        assert!(f64::from(told - score).abs() < 3.0 * near, "{told} for {score}");
                    }
                }
            }
        }
    }
}
