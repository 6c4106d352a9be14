//! Updates of trained models with new interactions without retraining, shape by shape.
//!
//! All parameters of known items stay. Users with new interactions are folded in, like new users. A new item of a
//! factor model is folded in too, with users and items exchanged: the ridge regression of its values on the vectors
//! of its users. Other shapes blend a new item from the known items of its users: row j is Σ_s c_js row s over the
//! [`MOST`] items s with the largest cosine n_js / √(n_j n_s) of common users, and Σ_s c_js = 1.

use super::item_weights::Weights;
use super::network::{Layers, Product};
use super::{AutoEncoder, Factors, FactorsSettings, FoldIn, ItemWeights, Network, Sampled};
use crate::data::{Csr, Row};
use crate::math::{Matrix, parallel, vector};
use crate::model::{Change, User};
use crate::rank;

/// Number of known items that a new one is blended from.
const MOST: usize = 20;
/// Number of rows solved in one piece.
const PIECE: usize = 16;

impl Factors {
    pub(super) fn updated_by(&self, change: &Change<'_>) -> Self {
        let (users, items) = (change.by_user.rows(), change.by_user.cols());
        let known = self.items.rows();
        let mut model = Self {
            user_bias: grown(&self.user_bias, users),
            item_bias: grown(&self.item_bias, items),
            singular_values: self.singular_values.clone(),
            ..Self::new(
                more_rows(&self.users, users),
                more_rows(&self.items, items),
                counted(&self.popular, change.added),
                self.settings,
            )
        };
        if self.settings.fold_in == FoldIn::Biases {
            // The score is the count.
            model.item_bias = counted(&self.item_bias, change.added);
            return model;
        }
        // New items say nothing about a user until they have vectors, which come from the users.
        let before: Vec<(Vec<u32>, Vec<f32>)> = change
            .users
            .iter()
            .map(|&u| {
                let row = change.by_user.row(u as usize);
                row.iter().filter(|&(item, _)| (item as usize) < known).unzip()
            })
            .collect();
        model.place_users(change.users, |at| Row { columns: &before[at].0, values: &before[at].1 });
        if items > known {
            model.place_items(change.by_user, known);
            model.place_users(change.users, |at| change.by_user.row(change.users[at] as usize));
        }
        model
    }

    /// Folds in users; `history` returns the history of the user at each position.
    fn place_users<'a>(&mut self, users: &[u32], history: impl Fn(usize) -> Row<'a> + Sync + Send) {
        let folded = parallel::map(users.len(), PIECE, |range| {
            let of =
                |at| Some(history(at)).filter(|row| !row.is_empty()).map(|row| self.fold_in(row));
            range.map(of).collect::<Vec<_>>()
        });
        for (&u, folded) in users.iter().zip(folded.into_iter().flatten()) {
            let Some((p, bias)) = folded else { continue };
            self.users.row_mut(u as usize).copy_from_slice(&p);
            self.user_bias[u as usize] = bias;
        }
    }

    /// Folds in the items from index `from` on, as in training: in units.
    fn place_items(&mut self, by_user: &Csr, from: usize) {
        let unit = self.unit();
        let fold_in = match self.settings.fold_in {
            FoldIn::Sampled(sampled) if unit != 1.0 => {
                FoldIn::Sampled(Sampled { unit: 1.0, ..sampled })
            }
            // Items have levels, so a new one gets its own.
            FoldIn::Ridge { reg, reg_exponent, unit, .. }
                if self.item_bias.iter().any(|&b| b != 0.0) =>
            {
                FoldIn::Ridge { reg, reg_exponent, unit, bias: true }
            }
            other => other,
        };
        let in_units = |x: &f32| x / unit;
        let mut by_item = by_user.transposed();
        by_item.values_mut().iter_mut().for_each(|value| *value /= unit);
        let activity = by_user.iter().map(|row| row.len() as f32).collect();
        let mut users = self.users.clone();
        users.data_mut().iter_mut().for_each(|x| *x /= unit);
        let offset = self.settings.offset / unit;
        let settings = FactorsSettings { offset, fold_in, ..self.settings };
        let turned = Self {
            user_bias: self.item_bias.iter().map(in_units).collect(),
            item_bias: self.user_bias.iter().map(in_units).collect(),
            ..Self::new(self.items.clone(), users, activity, settings)
        };
        let folded = parallel::map(by_item.rows() - from, PIECE, |range| {
            range.map(|at| turned.fold_in(by_item.row(from + at))).collect::<Vec<_>>()
        });
        for (item, (q, bias)) in (from..).zip(folded.into_iter().flatten()) {
            self.items.row_mut(item).copy_from_slice(&q);
            self.item_bias[item] = unit * bias;
        }
    }
}

impl ItemWeights {
    pub(super) fn updated_by(&self, change: &Change<'_>) -> Self {
        let known = self.popular.len();
        let n = change.by_user.cols();
        let popular = counted(&self.popular, change.added);
        if n == known {
            return Self { weights: self.weights.clone(), popular };
        }
        let blends = blends(change.by_user, known);
        let of_known = blends.transposed();
        let weights = match &self.weights {
            Weights::Dense(w) => Weights::Dense(dense(w, &blends, &of_known, n)),
            Weights::Sparse(w) => Weights::Sparse(sparse(w, &blends, &of_known, n)),
        };
        Self { weights, popular }
    }
}

/// W with a row and a column for each new item; no item votes for itself.
fn dense(w: &Matrix, blends: &Csr, of_known: &Csr, n: usize) -> Matrix {
    let known = w.rows();
    let mut grown = Matrix::zeros(n, n);
    for j in 0..known {
        let row = grown.row_mut(j);
        row[..known].copy_from_slice(w.row(j));
        for (s, &weight) in w.row(j).iter().enumerate() {
            for (new, share) in of_known.row(s).iter() {
                row[known + new as usize] += share * weight;
            }
        }
    }
    let mut sum = vec![0f32; n];
    for (new, blend) in blends.iter().enumerate() {
        sum.fill(0.0);
        for (s, share) in blend.iter() {
            vector::add_scaled(&mut sum, share, grown.row(s as usize));
        }
        sum[known + new] = 0.0;
        grown.row_mut(known + new).copy_from_slice(&sum);
    }
    grown
}

/// [`dense`] for sparse weights.
fn sparse(w: &Csr, blends: &Csr, of_known: &Csr, n: usize) -> Csr {
    let known = w.rows();
    let mut sum = vec![0f32; n];
    let mut rows: Vec<Vec<(u32, f32)>> = Vec::with_capacity(n);
    for row in w.iter() {
        let mut entries: Vec<(u32, f32)> = row.iter().collect();
        let mut touched = Vec::new();
        for (s, weight) in row.iter() {
            for (new, share) in of_known.row(s as usize).iter() {
                let column = known as u32 + new;
                touched.push(column);
                sum[column as usize] += share * weight;
            }
        }
        take(&mut sum, touched, &mut entries);
        rows.push(entries);
    }
    for (new, blend) in blends.iter().enumerate() {
        let (mut touched, mut entries) = (Vec::new(), Vec::new());
        for (s, share) in blend.iter() {
            for &(column, weight) in &rows[s as usize] {
                touched.push(column);
                sum[column as usize] += share * weight;
            }
        }
        sum[known + new] = 0.0;
        take(&mut sum, touched, &mut entries);
        rows.push(entries);
    }
    Csr::from_rows(n, rows)
}

/// Moves the sums of the columns in `touched` to `entries`, in column order.
fn take(sum: &mut [f32], mut touched: Vec<u32>, entries: &mut Vec<(u32, f32)>) {
    touched.sort_unstable();
    touched.dedup();
    for column in touched {
        let value = std::mem::take(&mut sum[column as usize]);
        if value != 0.0 && value.is_finite() {
            entries.push((column, value));
        }
    }
}

impl AutoEncoder {
    pub(super) fn updated_by(&self, change: &Change<'_>) -> Self {
        let blends = blends(change.by_user, self.popular.len());
        let mut output_bias = self.output_bias.clone();
        let bias =
            |blend: Row<'_>| blend.iter().map(|(s, c)| c * self.output_bias[s as usize]).sum();
        output_bias.extend(blends.iter().map(|blend| -> f32 { bias(blend) }));
        Self {
            encoder: blended(&self.encoder, &blends),
            decoder: blended(&self.decoder, &blends),
            output_bias,
            popular: counted(&self.popular, change.added),
            ..self.clone()
        }
    }
}

impl Network {
    pub(super) fn updated_by(&self, change: &Change<'_>) -> Self {
        let blends = blends(change.by_user, self.popular.len());
        let n = change.by_user.rows();
        let product = self.product.as_ref().map(|half| Product {
            users: more_rows(&half.users, n),
            items: blended(&half.items, &blends),
            output: half.output.clone(),
        });
        let tower = self.tower.as_ref().map(|half| Layers {
            users: more_rows(&half.users, n),
            items: blended(&half.items, &blends),
            ..half.clone()
        });
        let popular = counted(&self.popular, change.added);
        let mut model = Self::new(product, tower, popular, self.stranger.clone(), self.settings);
        let vectors = parallel::map(change.users.len(), PIECE, |range| {
            let of = |at: usize| {
                let history = change.by_user.row(change.users[at] as usize);
                model.vector_of(User::new_user(history))
            };
            range.map(of).collect::<Vec<_>>()
        });
        for (&u, vector) in change.users.iter().zip(vectors.into_iter().flatten()) {
            let Some(vector) = vector else { continue };
            let (mut rest, u) = (&vector[..], u as usize);
            for users in [
                model.product.as_mut().map(|half| &mut half.users),
                model.tower.as_mut().map(|half| &mut half.users),
            ]
            .into_iter()
            .flatten()
            {
                let (own, after) = rest.split_at(users.cols());
                users.row_mut(u).copy_from_slice(own);
                rest = after;
            }
        }
        model
    }
}

/// For each item from index `from` on: the known items it is blended from, with their shares.
fn blends(by_user: &Csr, from: usize) -> Csr {
    let by_item = by_user.transposed();
    let blend = |counts: &mut Vec<f32>, item: usize| {
        counts.fill(0.0);
        for &u in by_item.row(item).columns {
            let known =
                by_user.row(u as usize).columns.iter().take_while(|&&s| (s as usize) < from);
            known.for_each(|&s| counts[s as usize] += 1.0);
        }
        for (s, count) in counts.iter_mut().enumerate().filter(|(_, count)| **count > 0.0) {
            *count /= (by_item.row(s).len() as f32).sqrt();
        }
        let mut best = rank::top_k(counts, MOST, &[]);
        best.retain(|&(_, cosine)| cosine > 0.0);
        let sum: f32 = best.iter().map(|&(_, cosine)| cosine).sum();
        best.iter_mut().for_each(|(_, cosine)| *cosine /= sum);
        best.sort_unstable_by_key(|&(s, _)| s);
        best
    };
    let new = by_item.rows() - from;
    let rows = parallel::map_with(
        new,
        PIECE,
        || vec![0f32; from],
        |counts, range| range.map(|at| blend(counts, from + at)).collect::<Vec<_>>(),
    );
    Csr::from_rows(from, rows.into_iter().flatten())
}

/// The rows of known items, then those of new ones.
fn blended(rows: &Matrix, blends: &Csr) -> Matrix {
    let mut grown = more_rows(rows, rows.rows() + blends.rows());
    for (new, blend) in blends.iter().enumerate() {
        let row = grown.row_mut(rows.rows() + new);
        for (s, share) in blend.iter() {
            vector::add_scaled(row, share, rows.row(s as usize));
        }
    }
    grown
}

fn more_rows(matrix: &Matrix, rows: usize) -> Matrix {
    let mut data = matrix.data().to_vec();
    data.resize(rows * matrix.cols(), 0.0);
    Matrix::from_vec(rows, matrix.cols(), data)
}

fn grown(numbers: &[f32], n: usize) -> Vec<f32> {
    let mut numbers = numbers.to_vec();
    numbers.resize(n, 0.0);
    numbers
}

/// Number of users who like each item after adding `added`.
fn counted(popular: &[f32], added: &[i32]) -> Vec<f32> {
    let grown = grown(popular, added.len());
    grown.iter().zip(added).map(|(count, &more)| count + more as f32).collect()
}
