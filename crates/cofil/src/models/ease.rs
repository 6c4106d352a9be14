//! EASE: the best linear item-to-item model in closed form.
//!
//! Minimises ‖X − X W‖² + λ‖W‖² with diag W = 0. With G = XᵀX + λI and P = G⁻¹ the solution is
//! W_ji = −P_ji / P_ii for j ≠ i. Steck, "Embarrassingly shallow autoencoders for sparse data",
//! WWW 2019, equation 8.

use super::{ItemWeights, Recipe, Target, check_positive};
use crate::data::Ratings;
use crate::error::Result;
use crate::math::{Matrix, solve};
use crate::model::Model;
use crate::train::Run;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of `ease`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ease {
    /// λ, the L2 penalty on item-to-item weights, > 0. Larger: smoother, more popular picks.
    pub reg: f32,
}

impl Default for Ease {
    fn default() -> Self {
        Self { reg: 500.0 }
    }
}

impl Recipe for Ease {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn fit(&self, train: &Ratings, _: &mut Run<'_>) -> Result<Box<dyn Model>> {
        check_positive("reg", self.reg)?;
        let n = train.items.len();
        let mut gram = Matrix::zeros(n, n);
        for row in train.by_user.iter() {
            for (i, x) in row.iter() {
                let target = gram.row_mut(i as usize);
                row.iter().for_each(|(j, y)| target[j as usize] += x * y);
            }
        }
        for i in 0..n {
            gram.row_mut(i)[i] += self.reg;
        }
        let mut weights = solve::invert_spd(gram)?;
        let diagonal: Vec<f32> = (0..n).map(|i| weights.row(i)[i]).collect();
        for j in 0..n {
            let row = weights.row_mut(j);
            row.iter_mut().zip(&diagonal).for_each(|(w, d)| *w /= -d);
            // EASE's constraint: an item may not predict itself.
            row[j] = 0.0;
        }
        let popular = train.by_user.column_counts().iter().map(|&c| c as f32).collect();
        Ok(Box::new(ItemWeights { weights, popular }))
    }
}
