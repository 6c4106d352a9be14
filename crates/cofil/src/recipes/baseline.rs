//! User and item biases alone.
//!
//! Predicts r̂ = μ + b_u + b_i with the biases of [`Levels`]: alternating least squares for Σ (r − μ − b_u − b_i)² +
//! reg_user Σ b_u² + reg_item Σ b_i². Koren, "Factor in the neighbors: scalable and accurate collaborative
//! filtering", TKDD 4(1), 2010, section 2.1; Surprise's `BaselineOnly`. The baseline for all algorithms that predict
//! values; if tastes differ little or ratings are few, none beats it.
//!
//! # When to use
//!
//! As the baseline of every comparison of predicted values, and when there are too few ratings to learn tastes from. It
//! cannot make personal lists: all users get the items in the same order.

use super::{Range, Recipe, Target};
use crate::check::{check_count, check_not_negative};
use crate::data::Ratings;
use crate::data::levels::{self, Levels};
use crate::error::Result;
use crate::math::Matrix;
use crate::shapes::factors::{FactorsSettings, ScoreFunction};
use crate::shapes::{Factors, FoldIn};
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of `baseline`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Baseline {
    /// Number of alternating updates of item and user biases, ≥ 1; 10 as in Surprise.
    pub epochs: usize,
    /// Shrinkage of user biases, ≥ 0: the number of ratings at which a bias is halved. 15 as in Surprise.
    pub reg_user: f32,
    /// Shrinkage of item biases, ≥ 0; 10 as in Surprise.
    pub reg_item: f32,
}

impl Default for Baseline {
    fn default() -> Self {
        Self { epochs: levels::EPOCHS, reg_user: levels::REG_USER, reg_item: levels::REG_ITEM }
    }
}

impl Recipe for Baseline {
    fn target(&self) -> Target {
        Target::Rating
    }

    fn ranges(&self) -> Vec<Range> {
        vec![Range::log("reg_user", 0.5, 50.0), Range::log("reg_item", 0.5, 50.0)]
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        check_count("epochs", self.epochs)?;
        check_not_negative("reg_user", self.reg_user)?;
        check_not_negative("reg_item", self.reg_item)?;
        let (matrix, mean) = (&train.by_user, train.mean());
        let levels = Levels::fit(matrix, mean, self.epochs, self.reg_user, self.reg_item);
        // User biases are ridge regressions on the bias alone.
        let (reg, reg_exponent) = (self.reg_user, 0.0);
        let fold_in = FoldIn::Ridge { reg, reg_exponent, bias: true, unit: 1.0 };
        let settings = FactorsSettings { offset: mean, link: ScoreFunction::Identity, fold_in };
        let [users, items] = [matrix.rows(), matrix.cols()].map(|rows| Matrix::zeros(rows, 0));
        let model = Factors {
            user_bias: matrix.iter().map(|row| levels.user_bias(row)).collect(),
            item_bias: levels.item_bias,
            ..Factors::new(users, items, run.popularity(train), settings)
        };
        Ok(model.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::User;

    #[test]
    fn one_round_by_hand() {
        // μ = 3; b_x = (5 − 3 + 1 − 3) / (2 + 2) = 0, b_y = (4 − 3) / (2 + 1), b_z = (2 − 3) / (2 + 1);
        // b_ann = (2 + 1 − 1/3) / (4 + 2), b_bob = (−2 − 1 + 1/3) / (4 + 2).
        let rows = [("ann", "x", 5.0), ("ann", "y", 4.0), ("bob", "x", 1.0), ("bob", "z", 2.0)];
        let train = Ratings::from_triples(rows).unwrap();
        let recipe = Baseline { epochs: 1, reg_user: 4.0, reg_item: 2.0 };
        let model = recipe.fit(&train, &Run::default()).unwrap().model;
        let (bias, third) = (8.0 / 18.0, 1.0 / 3.0);
        for user in [User::of(&train, 0), User::new_user(train.by_user.row(0))] {
            let mut scores = [0.0; 3];
            model.score(user, &[0, 1, 2], &mut scores);
            let exact = [3.0 + bias, 3.0 + bias + third, 3.0 + bias - third];
            let near = scores.iter().zip(exact).all(|(s, e): (&f32, f32)| (s - e).abs() < 1e-6);
            assert!(near, "{scores:?}, not {exact:?}");
        }
    }
}
