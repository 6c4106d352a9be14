//! Bayesian personalised ranking: items the user has score higher than items the user does not have.
//!
//! score(u, i) = b_i + p_u · q_i. Each interaction (u, i) is paired with one item j sampled from those the user does
//! not have, and contributes −ln σ(x) + λ (‖p_u‖² + ‖q_i‖² + ‖q_j‖² + b_i² + b_j²) to the objective, where x =
//! score(u, i) − score(u, j). One step of stochastic gradient descent follows. Rendle, Freudenthaler, Gantner &
//! Schmidt-Thieme, "BPR: Bayesian personalized ranking from implicit feedback", UAI 2009, section 4.3.2. The paper
//! has separate λ for users and for each of the two items; here there is one. An epoch visits every interaction once
//! instead of drawing them at random, on the schedule of `sgd::sampled`.
//!
//! # When to use
//!
//! To rank with vectors when the order of a list matters and iALS has been tried: BPR reaches more of the catalogue
//! than most, at the price of some accuracy. It needs many cheap epochs.

use super::suit::{self, Traits};
use super::{Range, Recipe, Target};
use crate::data::Ratings;
use crate::error::Result;
use crate::math::elementary::{sigmoid, softplus_sum};
use crate::recipes::settings::settings;
use crate::recipes::sgd::part::{Scratch, Vectors, dot_difference, pull_apart};
use crate::recipes::sgd::sampled::{self, Common, Rule, Task, by_comparison};
use crate::shapes::FoldIn;
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Number of losses summed at once.
const CHUNK: usize = 64;

settings! {
    /// Settings of `bpr`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Bpr: vectors, descent, negatives {
    }
}

impl Default for Bpr {
    fn default() -> Self {
        Self {
            factors: 64,
            epochs: 60,
            learning_rate: 0.05,
            decay: 0.98,
            reg: 0.005,
            init_scale: 0.1,
            biases: true,
            sampler_exponent: 0.0,
        }
    }
}

impl Recipe for Bpr {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::log_whole("factors", 16, 128),
            Range::whole("epochs", 10, 100),
            Range::log("learning_rate", 0.01, 0.2),
            Range::log("reg", 1e-4, 0.02),
            Range::real("sampler_exponent", 0.0, 1.0),
        ]
    }

    fn rules(&self) -> &'static [suit::Rule] {
        &[suit::Rule {
            setting: "sampler_exponent",
            rule: "0.5; 0 if more than 3 % of all user–item pairs occur",
        }]
    }

    fn suit(&mut self, data: &Traits<'_>) {
        self.sampler_exponent = if data.density() > 0.03 { 0.0 } else { 0.5 };
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        sampled::fit_by_comparison(self, train, run)
    }
}

impl Rule for Bpr {
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
            ..
        } = task;
        let mut scratch = Scratch::default();
        // Keeps the compiler from dropping the stores.
        let scratch = std::hint::black_box(&mut scratch);
        let mut loss = 0f64;
        for pairs in pairs.chunks(CHUNK) {
            // Without a negative there is no comparison and no loss.
            let mut behind = [-f32::MAX; CHUNK];
            for (pair, behind) in pairs.iter().zip(&mut behind) {
                let i = usize::from(pair.item);
                let Some(j) = negatives.draw(pair.user) else { continue };
                let p = users.row(usize::from(pair.user));
                let [q, r] = items.two(i, j);
                let x = bias[i] - bias[j] + dot_difference(p, q, r, scratch);
                let slope = sigmoid(-x);
                let own = step.own(paces[usize::from(pair.user)]);
                pull_apart(p, q, r, own.pull(slope), step.pull(slope));
                bias[i] = bias[i].mul_add(step.keep, step.bias * slope);
                bias[j] = bias[j].mul_add(step.keep, -step.bias * slope);
                *behind = -x;
            }
            loss += softplus_sum(behind);
        }
        loss
    }

    fn fold_in(&self, _: usize) -> FoldIn {
        by_comparison(self.sampler_exponent, self.reg)
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
            let bpr = Bpr { learning_rate: 0.1, reg: 0.2, ..Bpr::default() };
            let (after, loss) = toy.learned(&bpr);
            let (mut point, mut negatives, mut sum) = (toy.point(), toy.negatives(), 0.0);
            for pair in &toy.pairs {
                let (u, i) = (usize::from(pair.user), usize::from(pair.item));
                let j = negatives.draw(pair.user).expect("there are others");
                let cost = |lead: f64| (1.0 + (-lead).exp()).ln();
                sum += cost(point.score(u, i) - point.score(u, j));
                point.step(0.1, |x| {
                    cost(x.score(u, i) - x.score(u, j)) + f64::from(0.2f32) * x.squares(u, &[i, j])
                });
            }
            after.point().assert_close(&point);
            assert!((loss - sum).abs() < 1e-4, "{loss} for {sum}");
            let (without, _) = toy.learned(&Bpr { biases: false, ..bpr });
            assert!(without.items.bias.iter().all(|&b| b == 0.0));
        }
    }
}
