//! The shape of item-to-item models: a user's history votes for items.
//!
//! score(u, i) = Σ_{j in history} r_uj W_ji. Known and new users are handled alike, and the contribution r_uj W_ji of
//! each history item is exact.

use crate::data::{Csr, Row};
use crate::error::Result;
use crate::math::real::finite;
use crate::math::{Matrix, vector};
use crate::model::{Attribution, Change, Contributions, Forgetting, Model, User};
use crate::store::{Archive, Tensor};
use multiversion::multiversion;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// W, and the popularity of items for users without history.
#[derive(Clone, Debug)]
pub struct ItemWeights {
    /// Row j holds the votes of item j: entry (j, i) is the weight from j to i.
    pub weights: Weights,
    /// Number of users who like each item.
    pub popular: Vec<f32>,
}

/// Weights between items, items × items.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// Every pair has a weight.
    Dense(Matrix),
    /// Most pairs have no weight.
    Sparse(Csr),
}

/// The settings of [`ItemWeights`] in a file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemWeightsSettings {
    weights: Form,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Form {
    Dense,
    Sparse,
}

impl ItemWeights {
    /// Name of the shape in model files.
    pub(crate) const KIND: &str = "item-weights";

    /// Reads the shape from its file.
    ///
    /// # Errors
    /// If an array is missing or has the wrong size.
    pub(crate) fn load(settings: &Value, archive: &Archive, items: usize) -> Result<Self> {
        let settings: ItemWeightsSettings = serde_json::from_value(settings.clone())
            .map_err(|e| archive.bad(format!("settings of shape item-weights: {e}")))?;
        let weights = match settings.weights {
            Form::Dense => Some(archive.matrix("weights", Some(items))?)
                .filter(|w| w.cols() == items)
                .map(Weights::Dense),
            Form::Sparse => Csr::from_parts(
                archive.sizes("weights.starts")?,
                archive.u32("weights.columns")?,
                archive.f32("weights.values")?,
                items,
            )
            .filter(|w| w.rows() == items)
            .map(Weights::Sparse),
        };
        let weights = weights.ok_or_else(|| archive.bad("the item weights are damaged"))?;
        Ok(Self { weights, popular: archive.vector("popular", items)? })
    }

    /// Returns a copy of `model` if it has this shape.
    pub(crate) fn of(model: &dyn Model) -> Option<Self> {
        let tensors = model.tensors();
        let tensor = |name: &str| tensors.iter().find(|tensor| tensor.name() == name);
        let floats = |name: &str| tensor(name)?.as_f32().map(<[f32]>::to_vec);
        let popular = floats("popular")?;
        let n = popular.len();
        let weights = match floats("weights") {
            Some(weights) => Weights::Dense(Matrix::from_vec(n, n, weights)),
            None => {
                let starts = tensor("weights.starts")?.as_u64()?;
                let starts = starts.iter().map(|&start| start as usize).collect();
                let columns = tensor("weights.columns")?.as_u32()?.to_vec();
                Weights::Sparse(Csr::from_parts(starts, columns, floats("weights.values")?, n)?)
            }
        };
        Some(Self { weights, popular })
    }

    /// Returns Σ_m w_m W_m, sparse if all are; at least one, all of the same items.
    pub(crate) fn sum(parts: Vec<(f32, Self)>) -> Self {
        let popular = parts[0].1.popular.clone();
        let n = popular.len();
        let sparse = parts.iter().all(|(_, part)| matches!(part.weights, Weights::Sparse(_)));
        let mut rows = Vec::new();
        let mut dense = if sparse { Matrix::zeros(1, n) } else { Matrix::zeros(n, n) };
        for j in 0..n {
            let sums = dense.row_mut(if sparse { 0 } else { j });
            let mut touched = Vec::new();
            for (weight, part) in &parts {
                match &part.weights {
                    Weights::Dense(w) => vector::add_scaled(sums, *weight, w.row(j)),
                    Weights::Sparse(w) => {
                        let row = w.row(j);
                        vector::add_scaled_sparse(sums, *weight, row.columns, row.values);
                        touched.extend_from_slice(row.columns);
                    }
                }
            }
            if sparse {
                touched.sort_unstable();
                touched.dedup();
                let sum = |&i: &u32| (i, std::mem::take(&mut sums[i as usize]));
                rows.push(touched.iter().map(sum).collect::<Vec<_>>());
            }
        }
        let weights = match sparse {
            true => Weights::Sparse(Csr::from_rows(n, rows)),
            false => Weights::Dense(dense),
        };
        Self { weights, popular }
    }

    /// W_ji.
    fn weight(&self, j: u32, i: u32) -> f32 {
        match &self.weights {
            Weights::Dense(w) => w.row(j as usize)[i as usize],
            Weights::Sparse(w) => w.row(j as usize).get(i).unwrap_or(0.0),
        }
    }

    fn score_all(&self, user: User<'_>, scores: &mut [f32]) {
        if user.history.is_empty() {
            scores.copy_from_slice(&self.popular);
            return;
        }
        scores.fill(0.0);
        for (j, value) in user.history.iter() {
            match &self.weights {
                Weights::Dense(w) => vector::add_scaled(scores, value, w.row(j as usize)),
                Weights::Sparse(w) => {
                    let row = w.row(j as usize);
                    vector::add_scaled_sparse(scores, value, row.columns, row.values);
                }
            }
        }
        scores.iter_mut().for_each(|score| *score = finite(*score));
    }
}

impl Model for ItemWeights {
    fn items(&self) -> usize {
        self.popular.len()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        // Rows of W are contiguous, columns are not: for many items, computing all is cheaper.
        if items.len() > self.items() / 16 {
            let mut all = vec![0.0; self.items()];
            self.score_all(user, &mut all);
            items.iter().zip(scores).for_each(|(&i, score)| *score = all[i as usize]);
            return;
        }
        for (&i, score) in items.iter().zip(scores) {
            *score = match user.history.is_empty() {
                true => self.popular[i as usize],
                false => finite(
                    user.history.iter().fold(0.0, |s, (j, v)| v.mul_add(self.weight(j, i), s)),
                ),
            };
        }
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        match &self.weights {
            Weights::Dense(w) if users.len() >= FEW => {
                votes(w.data(), self.items(), users, scores.data_mut());
                scores.data_mut().iter_mut().for_each(|score| *score = finite(*score));
                for (r, _) in users.iter().enumerate().filter(|(_, u)| u.history.is_empty()) {
                    scores.row_mut(r).copy_from_slice(&self.popular);
                }
            }
            _ => {
                for (r, &user) in users.iter().enumerate() {
                    self.score_all(user, scores.row_mut(r));
                }
            }
        }
    }

    fn needs_history(&self) -> bool {
        true
    }

    fn block_size(&self) -> usize {
        match self.weights {
            // Packing W's columns costs as much as 60 users' votes.
            Weights::Dense(_) => 256,
            Weights::Sparse(_) => 32,
        }
    }

    /// r_uj W_ji: the terms sum to the score.
    fn contributions(&self, history: Row<'_>, items: &[u32]) -> Vec<Contributions> {
        let of_item = |&item: &u32| {
            let parts = history.iter().map(|(j, value)| value * self.weight(j, item)).collect();
            Contributions { base: 0.0, parts, method: Attribution::Exact }
        };
        items.iter().map(of_item).collect()
    }

    /// The larger of the weights in both directions, because neighbours may be kept for one of the two items only.
    fn similarities(&self, item: u32, scores: &mut [f32]) {
        let history = Row { columns: &[item], values: &[1.0] };
        self.score_all(User::new_user(history), scores);
        for (j, score) in scores.iter_mut().enumerate() {
            *score = score.max(self.weight(j as u32, item));
        }
    }

    fn updated(&self, change: &Change<'_>) -> Option<Box<dyn Model>> {
        Some(Box::new(self.updated_by(change)))
    }

    fn without_users(&self, users: &[u32], liked: &Csr) -> Option<Forgetting> {
        Some(self.without(users, liked))
    }

    fn check(&self) -> Result<()> {
        let (rows, columns) = match &self.weights {
            Weights::Dense(w) => (w.rows(), w.cols()),
            Weights::Sparse(w) => (w.rows(), w.cols()),
        };
        super::sound(Self::KIND, rows == columns && rows == self.popular.len())
    }

    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn settings(&self) -> Value {
        let weights = match &self.weights {
            Weights::Dense(_) => Form::Dense,
            Weights::Sparse(_) => Form::Sparse,
        };
        serde_json::to_value(ItemWeightsSettings { weights }).expect("a name serializes")
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        let mut tensors = vec![Tensor::f32("popular", &self.popular)];
        match &self.weights {
            Weights::Dense(w) => tensors.push(Tensor::matrix("weights", w)),
            Weights::Sparse(w) => tensors.extend([
                Tensor::sizes("weights.starts", w.starts()),
                Tensor::u32("weights.columns", w.columns()),
                Tensor::f32("weights.values", w.values()),
            ]),
        }
        tensors
    }
}

/// Below this number of users, whole rows of W are read one after the other instead.
const FEW: usize = 64;

/// Number of columns of W that all users of a block vote on together. For about 4,000 items these are 512 KiB and
/// stay in a second-level cache while user after user picks rows from them; a user's sums stay in registers.
const TILE: usize = 32;

/// Dense scores (users × n): Σ r_uj W_j for every user. Additions are in the order of [`Model::score`], so the bits
/// are the same.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn votes(weights: &[f32], n: usize, users: &[User<'_>], scores: &mut [f32]) {
    let whole = n - n % TILE;
    // Copied side by side, because rows that are whole pages apart exhaust the address cache.
    let mut packed = vec![0f32; n * TILE];
    for start in (0..whole).step_by(TILE) {
        for (to, from) in packed.chunks_exact_mut(TILE).zip(weights.chunks_exact(n)) {
            to.copy_from_slice(&from[start..start + TILE]);
        }
        for (user, out) in users.iter().zip(scores.chunks_exact_mut(n)) {
            let mut sums = [0f32; TILE];
            for (&j, &value) in user.history.columns.iter().zip(user.history.values) {
                let row = &packed[j as usize * TILE..][..TILE];
                for l in 0..TILE {
                    sums[l] = value.mul_add(row[l], sums[l]);
                }
            }
            out[start..start + TILE].copy_from_slice(&sums);
        }
    }
    for (user, out) in users.iter().zip(scores.chunks_exact_mut(n)) {
        let rest = &mut out[whole..];
        rest.fill(0.0);
        for (&j, &value) in user.history.columns.iter().zip(user.history.values) {
            vector::add_scaled_lanes(rest, value, &weights[j as usize * n + whole..][..n - whole]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn every_way_of_scoring_gives_the_same_bits() {
        let n = 70;
        let mut rng = Rng::new(4, &[]);
        let dense = Matrix::from_fn(n, n, |_, _| (rng.normal() - 1.0).max(0.0));
        let entries = |j| {
            let row: &[f32] = dense.row(j);
            (0..n as u32).zip(row.to_vec()).filter(|e| e.1 != 0.0)
        };
        let sparse = Csr::from_rows(n, (0..n).map(entries));
        let history = Csr::from_rows(
            n,
            (0..20)
                .map(|u| (0..n as u32).filter(move |i| (i * 7 + u) % 9 < u / 2))
                .map(|row| row.map(|i| (i, 0.1 * i as f32 - 2.0)).collect::<Vec<_>>()),
        );
        let users: Vec<User<'_>> = history.iter().map(User::new_user).collect();
        let popular: Vec<f32> = (0..n).map(|i| i as f32).collect();
        let items: Vec<u32> = (0..n as u32).collect();
        for weights in [Weights::Dense(dense.clone()), Weights::Sparse(sparse)] {
            let model = ItemWeights { weights, popular: popular.clone() };
            let mut block = Matrix::zeros(users.len(), n);
            model.score_block(&users, &mut block);
            for (r, &user) in users.iter().enumerate() {
                let (mut all, mut one) = (vec![0.0; n], [0.0]);
                model.score(user, &items, &mut all);
                assert_eq!(all, block.row(r));
                for i in items.iter().copied() {
                    model.score(user, &[i], &mut one);
                    assert_eq!(one[0], all[i as usize]);
                    if !user.history.is_empty() {
                        let naive: f32 = user
                            .history
                            .iter()
                            .map(|(j, v)| v * dense.row(j as usize)[i as usize])
                            .sum();
                        let sum: f32 =
                            model.contributions(user.history, &[i])[0].parts.iter().sum();
                        assert!((naive - one[0]).abs() < 1e-4 && (sum - one[0]).abs() < 1e-4);
                    }
                }
                if user.history.is_empty() {
                    assert_eq!(all, popular);
                }
            }
        }
    }
}
