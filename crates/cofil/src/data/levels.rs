//! What a rating is made of before tastes: b_ui = μ + b_u + b_i.
//!
//! b_i = Σ (r_ui − μ − b_u) / (reg_item + n_i) and b_u = Σ (r_ui − μ − b_i) / (reg_user + n_u), in
//! turn. Koren, "Factor in the neighbors: scalable and accurate collaborative filtering", TKDD 4(1),
//! 2010, section 2.1, as Surprise solves it. Users come last in every round, so a user's bias is a
//! function of the items' and of the history: known users and strangers are one case.

use super::{Csr, Row};
use crate::math::parallel;
use crate::watch;

/// Rounds of Surprise.
pub const EPOCHS: usize = 10;
/// Its shrinkage of users' biases.
pub const REG_USER: f32 = 15.0;
/// Its shrinkage of items' biases.
pub const REG_ITEM: f32 = 10.0;
/// Rows that are one piece of work.
const PIECE: usize = 256;

/// μ and b_i, and how b_u follows from a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    /// Mean μ of all values.
    pub mean: f32,
    /// Item biases b_i.
    pub item_bias: Vec<f32>,
    /// What b_u is divided by beside the number of ratings.
    pub reg_user: f32,
}

impl Levels {
    /// Learns the biases of `matrix` in `epochs` rounds.
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

    /// b_u of somebody with this history.
    pub fn user_bias(&self, history: Row<'_>) -> f32 {
        ridge_mean(history, self.mean, &self.item_bias, self.reg_user)
    }

    /// What they say of `item` to somebody with bias `user_bias`; an item it never saw has no bias.
    pub fn of(&self, user_bias: f32, item: u32) -> f32 {
        self.mean + user_bias + self.item_bias.get(item as usize).unwrap_or(&0.0)
    }

    /// The residuals r_ui − b_ui, users × items.
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

/// Σ (value − μ − bias of the column) / (reg + n).
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
        // After many rounds another changes nothing.
        let many = Levels::fit(&matrix, 3.0, 200, 4.0, 2.0);
        let more = Levels::fit(&matrix, 3.0, 201, 4.0, 2.0);
        assert!((many.item_bias[1] - more.item_bias[1]).abs() < 1e-6);
    }
}
