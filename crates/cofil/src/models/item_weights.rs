//! The shape of item-to-item models: a user's history votes for items.
//!
//! score(u, i) = Σ_{j in history} r_uj W_ji. Known users and strangers are one case, and each
//! history item's contribution r_uj W_ji is exact.

use crate::data::Row;
use crate::error::Result;
use crate::math::{Matrix, vector};
use crate::model::{Model, User};
use crate::store::{Archive, Tensor};
use serde_json::Value;

/// W: row j holds what item j says about all items.
#[derive(Clone, Debug)]
pub struct ItemWeights {
    /// Items × items; entry (j, i) is the weight from j to i.
    pub weights: Matrix,
    /// How often each item occurs: what somebody without history is shown.
    pub popular: Vec<f32>,
}

impl ItemWeights {
    /// Name of the shape in model files.
    pub const KIND: &str = "item-weights";

    /// Reads the shape from its file.
    ///
    /// # Errors
    /// If an array is missing or has the wrong size.
    pub fn load(_settings: &Value, archive: &Archive, items: usize) -> Result<Self> {
        let weights = archive.matrix("weights", Some(items))?;
        match weights.cols() == items {
            true => Ok(Self { weights, popular: archive.vector("popular", items)? }),
            false => Err(archive.bad("the item weights are not square")),
        }
    }

    fn score_all(&self, user: User<'_>, scores: &mut [f32]) {
        if user.history.is_empty() {
            scores.copy_from_slice(&self.popular);
            return;
        }
        scores.fill(0.0);
        for (j, value) in user.history.iter() {
            vector::add_scaled(scores, value, self.weights.row(j as usize));
        }
    }
}

impl Model for ItemWeights {
    fn items(&self) -> usize {
        self.weights.rows()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        for (&i, score) in items.iter().zip(scores) {
            *score = match user.history.is_empty() {
                true => self.popular[i as usize],
                false => user
                    .history
                    .iter()
                    .fold(0.0, |s, (j, v)| v.mul_add(self.weights.row(j as usize)[i as usize], s)),
            };
        }
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        for (r, &user) in users.iter().enumerate() {
            self.score_all(user, scores.row_mut(r));
        }
    }

    /// r_uj W_ji: they sum to the score.
    fn contributions(&self, history: Row<'_>, item: u32) -> Vec<f32> {
        history
            .iter()
            .map(|(j, value)| value * self.weights.row(j as usize)[item as usize])
            .collect()
    }

    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        vec![Tensor::matrix("weights", &self.weights), Tensor::f32("popular", &self.popular)]
    }
}
