//! Weighted approximate-rank pairwise loss: items the user has lead all others by a margin, with most weight on the
//! top of the list.
//!
//! score(u, i) = b_i + p_u · q_i. For each interaction (u, i), items j that the user does not have are sampled until
//! one violates the margin: score(u, j) > score(u, i) − 1, in at most `max_sampled` draws. If the t-th draw does, the
//! rank of i is estimated as (n − 1)/t of n items. A step of stochastic gradient descent follows on w · (1 − score(u,
//! i) + score(u, j)) + λ (‖p_u‖² + ‖q_i‖² + ‖q_j‖² + b_i² + b_j²) with w = ln max(1, ⌊(n − 1)/t⌋). Weston, Bengio &
//! Usunier, "WSABIE: scaling up to large vocabulary image annotation", IJCAI 2011. The logarithm in place of their Σ
//! 1/k, and the limit, are those of LightFM (Kula, "Metadata embeddings for user and item cold-start
//! recommendations", CBRecSys 2015); instead of its Adagrad, the learning rate falls.
//!
//! A new user's vector is learned with the loss of `bpr` and λ / ln(n − 1). The loss above, with expected steps in
//! place of samples, ranks held-out users of MovieLens-1M hardly better (NDCG@10 .438 instead of .433). When few
//! items are left that violate the margin, it puts those last that a user would choose next. The schedule is that of
//! `sgd::sampled`.
//!
//! # When to use
//!
//! To rank with vectors when the first few places count: it puts more weight on the top of the list than `bpr` and is
//! more accurate on most data, in fewer epochs.

use super::{Range, Recipe, Target};
use crate::check::check_count;
use crate::data::Ratings;
use crate::error::Result;
use crate::math::real::ln;
use crate::recipes::settings::settings;
use crate::recipes::sgd::part::{Scratch, Vectors, dot, pull_apart};
use crate::recipes::sgd::sampled::{self, Common, Rule, Task, by_comparison};
use crate::shapes::FoldIn;
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

settings! {
    /// Settings of `warp`. Steps are up to ln(items) times as long as those of `bpr`, so `learning_rate` is smaller;
    /// only violations pay the penalty, so `reg` is larger. The estimate of the rank assumes uniform sampling
    /// (`sampler_exponent` 0).
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Warp: vectors, descent, negatives {
        /// Maximum number of samples in search of a violation, ≥ 1. More improve the top of good lists but take
        /// longer.
        pub max_sampled: usize,
    }
}

impl Default for Warp {
    fn default() -> Self {
        Self {
            factors: 64,
            epochs: 20,
            learning_rate: 0.004,
            decay: 0.9,
            reg: 0.15,
            init_scale: 0.1,
            biases: true,
            max_sampled: 30,
            sampler_exponent: 0.0,
        }
    }
}

impl Recipe for Warp {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::log_whole("factors", 16, 128),
            Range::whole("epochs", 5, 60),
            Range::log("learning_rate", 0.001, 0.02),
            Range::log("reg", 0.005, 0.5),
            Range::log_whole("max_sampled", 5, 200),
        ]
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        check_count("max_sampled", self.max_sampled)?;
        sampled::fit_by_comparison(self, train, run)
    }
}

impl Rule for Warp {
    fn common(&self) -> Common {
        sampled::common!(self)
    }

    #[inline(always)]
    fn walk(&self, task: Task<'_, impl Vectors, impl Vectors>) -> f64 {
        let Task {
            pairs,
            users: (mut users, _),
            items: (mut items, bias),
            mut negatives,
            step,
            paces,
            catalogue,
        } = task;
        // The weight of a violation at the t-th draw, from t = 1.
        let others = catalogue - 1;
        let weight = |t: usize| ln((others / t).max(1) as f32);
        let weights: Vec<f32> = (1..=self.max_sampled.min(others)).map(weight).collect();
        let mut scratch = Scratch::default();
        // Keeps the compiler from dropping the stores.
        let scratch = std::hint::black_box(&mut scratch);
        let mut loss = 0f64;
        for pair in pairs {
            let i = usize::from(pair.item);
            let p = users.row(usize::from(pair.user));
            // Scores above this violate the margin.
            let limit = bias[i] + dot(p, items.row(i), scratch) - 1.0;
            let mut violation = None;
            for &weight in &weights {
                let Some(j) = negatives.draw(pair.user) else { break };
                let excess = bias[j] + dot(p, items.row(j), scratch) - limit;
                if excess > 0.0 {
                    violation = Some((j, weight, excess));
                    break;
                }
            }
            let Some((j, weight, excess)) = violation else { continue };
            loss += f64::from(weight * excess);
            let [q, r] = items.two(i, j);
            let own = step.own(paces[usize::from(pair.user)]);
            pull_apart(p, q, r, own.pull(weight), step.pull(weight));
            bias[i] = bias[i].mul_add(step.keep, step.bias * weight);
            bias[j] = bias[j].mul_add(step.keep, -step.bias * weight);
        }
        loss
    }

    fn fold_in(&self, items: usize) -> FoldIn {
        // The penalty paid per violation, of weight up to ln(n − 1), is paid per comparison, of weight 1.
        by_comparison(self.sampler_exponent, self.reg / ln(items.max(4) as f32 - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipes::sgd::sampled::testing::Toy;

    #[test]
    fn steps_follow_the_slope_of_the_objective() {
        for width in [16, 48, 64] {
            let toy = Toy::new(width);
            let warp = Warp { learning_rate: 0.1, reg: 0.2, max_sampled: 3, ..Warp::default() };
            let (after, loss) = toy.learned(&warp);
            let (mut point, mut negatives, mut sum) = (toy.point(), toy.negatives(), 0.0);
            for pair in &toy.pairs {
                let (u, i) = (usize::from(pair.user), usize::from(pair.item));
                let mut tried = (1..=3).map(|t| (t, negatives.draw(pair.user).expect("others")));
                let violated = |j: usize| point.score(u, j) > point.score(u, i) - 1.0;
                let Some((t, j)) = tried.find(|&(_, j)| violated(j)) else { continue };
                // Of 7 items: estimated ranks 6, 3 or 2.
                let weight = f64::from([6f32, 3.0, 2.0][t - 1]).ln();
                sum += weight * (1.0 - point.score(u, i) + point.score(u, j));
                point.step(0.1, |x| {
                    weight * (1.0 - x.score(u, i) + x.score(u, j))
                        + f64::from(0.2f32) * x.squares(u, &[i, j])
                });
            }
            after.point().assert_close(&point);
            assert!(loss > 0.0 && (loss - sum).abs() < 1e-4, "{loss} for {sum}");
            let (without, _) = toy.learned(&Warp { biases: false, ..warp });
            assert!(without.items.bias.iter().all(|&b| b == 0.0));
        }
    }
}
