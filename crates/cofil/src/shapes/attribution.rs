//! What each history entry adds to the score of a factor model, if fold-in is linear.
//!
//! A ridge regression gives p = A⁻¹ Σ_j pull_j q_j, so p · q_i = Σ_j pull_j (q_jᵀ A⁻¹ q_i): the contribution of entry
//! j is its pull times its similarity to i for this user (Hu, Koren & Volinsky, "Collaborative filtering for implicit
//! feedback datasets", ICDM 2008, section 5). A projection is already a sum over the history. With a nonlinear link
//! there is no sum, and the result is `None`.

use super::Factors;
use super::factors::ScoreFunction;
use super::fold_in::FoldIn;
use super::ridge::Ridge;
use crate::data::Row;
use crate::math::vector;
use crate::model::{Attribution, Contributions};
use crate::nn::layers::Activation;

impl Factors {
    /// Returns the terms of the scores of `items` for a new user with `history`; `None` if they are not linear.
    pub(super) fn linear_contributions(
        &self,
        history: Row<'_>,
        items: &[u32],
    ) -> Option<Vec<Contributions>> {
        // From the sum to the score: factor · x + offset.
        let (factor, offset) = match self.settings.link {
            ScoreFunction::Identity => (1.0, 0.0),
            ScoreFunction::Output(o) if o.activation == Activation::Identity => {
                (o.factor, o.offset)
            }
            _ => return None,
        };
        let terms: Vec<(f32, Vec<f32>)> = match self.settings.fold_in {
            FoldIn::Biases => items.iter().map(|_| (0.0, vec![0.0; history.len()])).collect(),
            FoldIn::Ridge { .. } | FoldIn::Implicit { .. } => {
                let ridge = self.ridge(history);
                items.iter().map(|&i| (0.0, self.ridge_parts(history, ridge.as_ref(), i))).collect()
            }
            FoldIn::Projection { fill, bias } => self.projection_parts(history, items, fill, bias),
            FoldIn::Logistic { .. } | FoldIn::Sampled(_) => return None,
        };
        let of_item = |((base, mut parts), &item): ((f32, Vec<f32>), &u32)| {
            let bias = self.settings.offset + self.item_bias[item as usize];
            parts.iter_mut().for_each(|part| *part *= factor);
            let base = factor.mul_add(bias + base, offset);
            let finite = base.is_finite() && parts.iter().all(|part| part.is_finite());
            finite.then_some(Contributions { base, parts, method: Attribution::Exact })
        };
        terms.into_iter().zip(items).map(of_item).collect()
    }

    /// pull_j (q_jᵀ A⁻¹ q_i); zeros if the history has no solution, as in fold-in.
    fn ridge_parts(&self, history: Row<'_>, ridge: Option<&Ridge>, item: u32) -> Vec<f32> {
        let solved = ridge.and_then(|ridge| {
            let z = ridge.solve_for(self.items.row(item as usize))?;
            Some((&ridge.pulls, z))
        });
        let Some((pulls, z)) = solved else { return vec![0.0; history.len()] };
        let (z, bias) = z.split_at(self.factors());
        let bias: f32 = bias.iter().sum();
        let like = |j: u32| vector::dot(z, self.items.row(j as usize)) + bias;
        history.columns.iter().zip(pulls).map(|(&j, pull)| pull * like(j)).collect()
    }

    /// With z_l = q_il / ‖column l‖² and g_j = z · q_j, the row of fill values gives fill · Σ_j g_j, and entry j adds
    /// (r_j − fill) g_j. If the mean of the r_j is subtracted from them and added to the score, entry j also adds r_j
    /// (1 − Σ g) / n. Everything is in `f64`, as in the projection.
    fn projection_parts(
        &self,
        history: Row<'_>,
        items: &[u32],
        fill: f32,
        mean: bool,
    ) -> Vec<(f32, Vec<f32>)> {
        let k = self.factors();
        let (mut sums, mut squares) = (vec![0f64; k], vec![0f64; k]);
        for i in 0..self.items.rows() {
            for (l, &q) in self.items.row(i).iter().enumerate() {
                sums[l] += f64::from(q);
                squares[l] += f64::from(q) * f64::from(q);
            }
        }
        let terms = |&item: &u32| {
            let of_item = self.items.row(item as usize);
            let z = |l: usize| match squares[l] > 0.0 {
                true => f64::from(of_item[l]) / squares[l],
                false => 0.0,
            };
            let z: Vec<f64> = (0..k).map(z).collect();
            let g = |j: u32| -> f64 {
                self.items.row(j as usize).iter().zip(&z).map(|(&q, z)| f64::from(q) * z).sum()
            };
            let all: f64 = z.iter().zip(&sums).map(|(z, sum)| z * sum).sum();
            let likes: Vec<f64> = history.columns.iter().map(|&j| g(j)).collect();
            let of_mean = match mean {
                true => (1.0 - likes.iter().sum::<f64>()) / history.len().max(1) as f64,
                false => 0.0,
            };
            let fill = f64::from(fill);
            let part = |((j, value), g): ((u32, f32), &f64)| {
                let r = f64::from(self.residual(j, value));
                ((r - fill) * g + r * of_mean) as f32
            };
            ((fill * all) as f32, history.iter().zip(&likes).map(part).collect())
        };
        items.iter().map(terms).collect()
    }
}
