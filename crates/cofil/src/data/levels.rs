//! Baseline biases of ratings: b_ui = μ + b_u + b_i.
//!
//! b_i = Σ (r_ui − μ − b_u) / (reg_item + n_i) and b_u = Σ (r_ui − μ − b_i) / (reg_user + n_u), alternately. Koren,
//! "Factor in the neighbors: scalable and accurate collaborative filtering", TKDD 4(1), 2010, section 2.1, solved as
//! in Surprise. User biases are updated last in each epoch, so a user's bias is a function of the item biases and of
//! the history: known and new users are treated alike.

use super::{Csr, Row};
use crate::math::parallel;
use crate::watch;

/// Number of epochs, as in Surprise.
pub const EPOCHS: usize = 10;
/// Shrinkage of user biases, as in Surprise.
pub const REG_USER: f32 = 15.0;
/// Shrinkage of item biases, as in Surprise.
pub const REG_ITEM: f32 = 10.0;
/// Rows per work unit.
const PIECE: usize = 256;

/// μ and b_i, and the regularization to compute b_u from a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    /// Mean μ of all values.
    pub mean: f32,
    /// Item biases b_i.
    pub item_bias: Vec<f32>,
    /// Regularization of user biases, added to the number of ratings.
    pub reg_user: f32,
}

impl Levels {
    /// Fits the biases of `matrix` in `epochs` epochs.
    pub fn fit(matrix: &Csr, mean: f32, epochs: usize, reg_user: f32, reg_item: f32) -> Self {
        let by_item = matrix.transposed();
        let mut levels = Self { mean, item_bias: vec![0.0; matrix.cols()], reg_user };
        let mut user_bias = vec![0.0; matrix.rows()];
        let stage = watch::stage("biases", epochs);
        for _ in 0..epochs {
            let bias = |i: usize| ridge_mean(by_item.row(i), mean, &user_bias, reg_item);
            levels.item_bias = rows(matrix.cols(), bias);
            user_bias = rows(matrix.rows(), |u| levels.user_bias(matrix.row(u)));
            stage.add(1);
        }
        levels
    }

    /// Returns b_u of a user with this history.
    pub fn user_bias(&self, history: Row<'_>) -> f32 {
        ridge_mean(history, self.mean, &self.item_bias, self.reg_user)
    }

    /// Returns the predicted value of `item` for a user with bias `user_bias`. Unknown items have no bias.
    pub fn of(&self, user_bias: f32, item: u32) -> f32 {
        self.mean + user_bias + self.item_bias.get(item as usize).unwrap_or(&0.0)
    }

    /// Returns the residuals r_ui − b_ui, users × items.
    pub fn rests(&self, matrix: &Csr) -> Csr {
        let mut rests = matrix.clone();
        for u in 0..matrix.rows() {
            let bias = self.user_bias(matrix.row(u));
            let range = matrix.starts()[u]..matrix.starts()[u + 1];
            let row = matrix.row(u);
            for (rest, (i, value)) in rests.values_mut()[range].iter_mut().zip(row.iter()) {
                *rest = value - self.of(bias, i);
            }
        }
        rests
    }
}

fn rows(n: usize, bias: impl Fn(usize) -> f32 + Sync + Send) -> Vec<f32> {
    parallel::map(n, PIECE, |range| range.map(&bias).collect::<Vec<_>>()).concat()
}

/// Returns Σ (value − μ − bias of the column) / (reg + n).
fn ridge_mean(row: Row<'_>, mean: f32, bias: &[f32], reg: f32) -> f32 {
    let rest = |(c, value): (u32, f32)| f64::from(value) - f64::from(mean + bias[c as usize]);
    let sum: f64 = row.iter().map(rest).sum();
    if row.is_empty() { 0.0 } else { (sum / (f64::from(reg) + row.len() as f64)) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_round_by_hand() {
        // μ = 3; items: (5 − 3 + 1 − 3) / (2 + 2) = 0, (4 − 3) / (2 + 1), (2 − 3) / (2 + 1).
        let matrix =
            Csr::from_rows(3, [vec![(0, 5.0), (1, 4.0)], vec![(0, 1.0), (2, 2.0)], vec![]]);
        let levels = Levels::fit(&matrix, 3.0, 1, 4.0, 2.0);
        assert_eq!(levels.item_bias, [0.0, 1.0 / 3.0, -1.0 / 3.0]);
        // (2 + 1 − 1/3) / (4 + 2)
        let bias = levels.user_bias(matrix.row(0));
        assert!((bias - 8.0 / 18.0).abs() < 1e-6, "{bias}");
        assert_eq!(levels.user_bias(matrix.row(2)), 0.0);
        let rests = levels.rests(&matrix);
        assert!((rests.row(0).values[1] - (1.0 - 1.0 / 3.0 - 8.0 / 18.0)).abs() < 1e-6);
        // After many epochs, another one changes nothing.
        let many = Levels::fit(&matrix, 3.0, 200, 4.0, 2.0);
        let more = Levels::fit(&matrix, 3.0, 201, 4.0, 2.0);
        assert!((many.item_bias[1] - more.item_bias[1]).abs() < 1e-6);
    }
}
