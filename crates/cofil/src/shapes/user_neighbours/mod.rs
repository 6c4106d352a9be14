//! The shape of user neighbours: similar users are found at request time.
//!
//! With N the k users whose similarity s_uv to u is largest and above zero,
//!
//! - by values, score(u, i) = Σ_{v in N} s_uv r_vi;
//! - by deviations, score(u, i) = b_ui + Σ_v s_uv (r_vi − b_vi) / Σ_v s_uv over the k most similar users v *who rated
//!   i*; b_ui alone if there are none. [`Levels`] gives b.
//!
//! The model is the training data: similarities are sums over the users who have items of the history, which cost no
//! more at request time than in training. So new users need no place in the model, and are handled like known ones,
//! except that no user is their own neighbour.

mod votes;

use crate::data::levels::Levels;
use crate::data::{Csr, Row};
use crate::error::Result;
use crate::math::real::finite;
use crate::math::real::square;
use crate::math::{Matrix, vector};
use crate::model::{Model, User};
use crate::similarity::{Measure, Moments, Rests, Similarity, idf, unit as unit_of};
use crate::store::{Archive, Tensor};
use multiversion::multiversion;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The training data and how neighbours vote.
#[derive(Clone, Debug)]
pub struct UserNeighbours {
    /// r: users × items.
    rows: Csr,
    settings: UserNeighboursSettings,
    /// Zeros if values vote.
    baseline: Levels,
    /// Number of users of each item.
    popular: Vec<f32>,
    /// The values that similarities are computed from: users × items.
    by_user: Csr,
    /// Their transpose, items × users.
    by_item: Csr,
    /// For cosine 1 / ‖x_v‖, for Jaccard n_v.
    of_user: Vec<f32>,
    /// Mean over users of Σ |r_vi|, for BM25.
    mean_length: f64,
    /// Factor applied to values before similarities are computed; does not change them.
    unit: f64,
}

/// The settings of [`UserNeighbours`] in a file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserNeighboursSettings {
    /// Number of neighbours k.
    pub neighbours: usize,
    /// How neighbours vote.
    pub votes: Votes,
}

/// How neighbours vote.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Votes {
    /// By their values, times their similarity.
    Values(Measure),
    /// By their ratings' deviations from the baseline; similarity is the correlation around it.
    Deviations {
        /// μ.
        mean: f32,
        /// Shrinkage of b_u, added to the number of ratings in the denominator.
        reg_user: f32,
        /// Number of common items, minus one, at which a similarity counts half.
        shrinkage: f32,
    },
}

impl UserNeighbours {
    /// Name of the shape in model files.
    pub const KIND: &str = "user-neighbours";

    /// Builds the model from the training data; `item_bias` is empty if values vote.
    pub fn new(rows: Csr, settings: UserNeighboursSettings, item_bias: Vec<f32>) -> Self {
        let popular: Vec<f32> = rows.column_counts().iter().map(|&c| c as f32).collect();
        let lengths = rows.iter().map(|row| length(row)).sum::<f64>();
        let mean_length = (lengths / rows.rows() as f64).max(f64::MIN_POSITIVE);
        let (mean, reg_user) = match settings.votes {
            Votes::Deviations { mean, reg_user, .. } => (mean, reg_user),
            Votes::Values(_) => (0.0, 0.0),
        };
        let baseline = Levels { mean, item_bias, reg_user };
        let empty = Csr::empty(0, 0);
        let (by_user, by_item, of_user) = (empty.clone(), empty, Vec::new());
        let unit = 1.0;
        let mut model = Self {
            rows,
            settings,
            baseline,
            popular,
            by_user,
            by_item,
            of_user,
            mean_length,
            unit,
        };
        let all = |model: &Self| -> Vec<Vec<(u32, f32)>> {
            model.rows.iter().map(|row| model.features(row)).collect()
        };
        let mut features = all(&model);
        if model.is_scale_free() {
            model.unit = unit_of(features.iter().flatten().map(|&(_, value)| value));
        }
        if model.unit != 1.0 {
            features = all(&model);
        }
        model.of_user = features.iter().map(|row| model.size(row)).collect();
        model.by_user = Csr::from_rows(model.rows.cols(), features);
        model.by_item = model.by_user.transposed();
        model
    }

    /// Sets the number of users who like each item; without it, everybody who has an item counts.
    pub fn with_popular(self, popular: Vec<f32>) -> Self {
        Self { popular, ..self }
    }

    /// Reads the shape from its file.
    ///
    /// # Errors
    /// If an array is missing or has the wrong size.
    pub fn load(settings: &Value, archive: &Archive, users: usize, items: usize) -> Result<Self> {
        let settings: UserNeighboursSettings = serde_json::from_value(settings.clone())
            .map_err(|e| archive.bad(format!("settings of shape user-neighbours: {e}")))?;
        let rows = Csr::from_parts(
            archive.sizes("ratings.starts")?,
            archive.u32("ratings.columns")?,
            archive.f32("ratings.values")?,
            items,
        );
        let rows = rows.filter(|rows| rows.rows() == users && settings.neighbours > 0);
        let rows = rows.ok_or_else(|| archive.bad("the neighbours are damaged"))?;
        let item_bias = match settings.votes {
            Votes::Values(measure) => {
                measure.check().map_err(|e| archive.bad(e.to_string()))?;
                Vec::new()
            }
            Votes::Deviations { mean, reg_user, shrinkage } => {
                let sound = |x: f32| x.is_finite() && x >= 0.0;
                if !mean.is_finite() || !sound(reg_user) || !sound(shrinkage) {
                    return Err(archive.bad("the baseline is damaged"));
                }
                archive.vector("item_bias", items)?
            }
        };
        let model = Self::new(rows, settings, item_bias);
        // Files of earlier versions count everybody who has an item.
        Ok(match archive.has("popular") {
            true => model.with_popular(archive.vector("popular", items)?),
            false => model,
        })
    }

    /// Whether similarities stay the same when all values are multiplied by a number.
    fn is_scale_free(&self) -> bool {
        match self.settings.votes {
            Votes::Values(measure) => measure.similarity != Similarity::Dot,
            Votes::Deviations { .. } => true,
        }
    }

    /// Returns the values similarities are computed from, in [`unit`](Self::unit)s.
    fn features(&self, row: Row<'_>) -> Vec<(u32, f32)> {
        match self.settings.votes {
            Votes::Values(measure) => {
                let length = length(row);
                let weighted = |(i, value): (u32, f32)| {
                    let having = self.popular[i as usize] as usize;
                    let idf = idf(self.rows.rows(), having);
                    let value = match measure.similarity {
                        Similarity::Jaccard => 1.0,
                        _ => measure.weighted(value, idf, length, self.mean_length),
                    };
                    (i, self.in_units(value))
                };
                let mut row: Vec<(u32, f32)> = row.iter().map(weighted).collect();
                if measure.similarity == Similarity::Pearson {
                    // A correlation is invariant to shifts: subtracting the mean keeps residuals small.
                    let sum: f64 = row.iter().map(|(_, value)| f64::from(*value)).sum();
                    let mean = (sum / row.len().max(1) as f64) as f32;
                    row.iter_mut().for_each(|(_, value)| *value -= mean);
                }
                row
            }
            Votes::Deviations { .. } => {
                let bias = self.baseline.user_bias(row);
                let rest = |i, value| finite(value - self.baseline.of(bias, i));
                row.iter().map(|(i, value)| (i, self.in_units(rest(i, value)))).collect()
            }
        }
    }

    fn in_units(&self, value: f32) -> f32 {
        // A new user's values may be far larger than those of the data.
        finite((f64::from(value) * self.unit) as f32)
    }

    /// Returns the number per user that a similarity needs besides the product.
    fn size(&self, features: &[(u32, f32)]) -> f32 {
        let Votes::Values(measure) = self.settings.votes else { return 1.0 };
        match measure.similarity {
            Similarity::Jaccard => features.len() as f32,
            Similarity::Dot | Similarity::Pearson => 1.0,
            Similarity::Cosine => {
                let squares = features.iter().map(|(_, x)| square(f64::from(*x)));
                let norm = squares.sum::<f64>().sqrt();
                if norm > 0.0 { (1.0 / norm) as f32 } else { 0.0 }
            }
        }
    }

    /// Returns the similarity of each user of the training data to `user`.
    fn similar(&self, user: User<'_>) -> Vec<f32> {
        let features = self.features(user.history);
        let mut similar = match self.settings.votes {
            Votes::Deviations { shrinkage, .. } => {
                let sums = self.sums(&features, Rests::add);
                sums.iter().map(|sum| sum.correlation(shrinkage)).collect()
            }
            Votes::Values(measure) if measure.similarity == Similarity::Pearson => {
                let value = |sum: &Moments| match sum.count > 0.0 {
                    true => sum.correlation() * measure.support(sum.count),
                    false => 0.0,
                };
                self.sums(&features, Moments::add).iter().map(value).collect()
            }
            Votes::Values(measure) => {
                let own = self.size(&features);
                let value = |(&product, &size): (&f32, &f32)| match measure.similarity {
                    Similarity::Jaccard => product / (own + size - product).max(1.0),
                    _ => product * (own * size),
                };
                if measure.shrinkage == 0.0 {
                    let add = |sum: &mut f32, x: f32, y: f32| *sum = x.mul_add(y, *sum);
                    self.sums(&features, add).iter().zip(&self.of_user).map(value).collect()
                } else {
                    let add = |sum: &mut (f32, f32), x: f32, y: f32| {
                        *sum = (x.mul_add(y, sum.0), sum.1 + 1.0);
                    };
                    let sums = self.sums(&features, add);
                    let value = |((product, common), size): (&(f32, f32), &f32)| {
                        let support = if *common > 0.0 { measure.support(*common) } else { 0.0 };
                        value((product, size)) * support
                    };
                    sums.iter().zip(&self.of_user).map(value).collect::<Vec<f32>>()
                }
            }
        };
        if let Some(u) = user.index.and_then(|u| similar.get_mut(u as usize)) {
            // No user is their own neighbour.
            *u = 0.0;
        }
        similar
    }

    /// Calls `add` with the values of `features` and of each user for every feature they share.
    fn sums<A: Copy + Default>(
        &self,
        features: &[(u32, f32)],
        add: impl Fn(&mut A, f32, f32),
    ) -> Vec<A> {
        let mut sums = vec![A::default(); self.rows.rows()];
        add_sums(&self.by_item, features, &add, &mut sums);
        sums
    }
}

/// Calls `add` with each sum, the value of a feature and that of the sum's row.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_sums<A, F: Fn(&mut A, f32, f32)>(
    by_item: &Csr,
    features: &[(u32, f32)],
    add: &F,
    sums: &mut [A],
) {
    for &(i, value) in features {
        let row = by_item.row(i as usize);
        for (&v, &other) in row.columns.iter().zip(row.values) {
            add(&mut sums[v as usize], value, other);
        }
    }
}

/// Σ |r| of a row.
fn length(row: Row<'_>) -> f64 {
    row.values.iter().map(|value| f64::from(value.abs())).sum()
}

impl Model for UserNeighbours {
    fn items(&self) -> usize {
        self.popular.len()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        match self.settings.votes {
            _ if user.history.is_empty() => {
                items.iter().zip(scores).for_each(|(&i, s)| *s = self.popular[i as usize]);
            }
            Votes::Deviations { .. } if items.len() < self.items() / 2 => {
                self.deviations_of(user, items, scores);
            }
            _ => {
                let mut all = vec![0.0; self.items()];
                match self.settings.votes {
                    Votes::Values(_) => self.add_values(user, &mut all),
                    Votes::Deviations { .. } => self.add_deviations(user, &mut all),
                }
                items.iter().zip(scores).for_each(|(&i, s)| *s = all[i as usize]);
            }
        }
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        for (r, &user) in users.iter().enumerate() {
            let scores = scores.row_mut(r);
            match self.settings.votes {
                _ if user.history.is_empty() => scores.copy_from_slice(&self.popular),
                Votes::Values(_) => self.add_values(user, scores),
                Votes::Deviations { .. } => self.add_deviations(user, scores),
            }
        }
    }

    fn needs_history(&self) -> bool {
        true
    }

    fn block_size(&self) -> usize {
        8
    }

    /// Cosines between the columns that users of the two items are compared by.
    fn similarities(&self, item: u32, scores: &mut [f32]) {
        scores.fill(0.0);
        let norm = |i: usize| vector::norm(self.by_item.row(i).values);
        for (v, value) in self.by_item.row(item as usize).iter() {
            let row = self.by_user.row(v as usize);
            vector::add_scaled_sparse(scores, value, row.columns, row.values);
        }
        let own = norm(item as usize);
        for (i, score) in scores.iter_mut().enumerate() {
            let norms = own * norm(i);
            *score = finite(if norms > 0.0 { *score / norms } else { 0.0 });
        }
    }

    fn users(&self) -> Option<usize> {
        Some(self.rows.rows())
    }

    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn settings(&self) -> Value {
        crate::store::plain(&self.settings).expect("plain numbers")
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        let mut tensors = vec![
            Tensor::sizes("ratings.starts", self.rows.starts()),
            Tensor::u32("ratings.columns", self.rows.columns()),
            Tensor::f32("ratings.values", self.rows.values()),
        ];
        if let Votes::Deviations { .. } = self.settings.votes {
            tensors.push(Tensor::f32("item_bias", &self.baseline.item_bias));
            tensors.push(Tensor::f32("popular", &self.popular));
        }
        tensors
    }
}

#[cfg(test)]
mod tests;
