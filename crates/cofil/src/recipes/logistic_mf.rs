//! Logistic matrix factorization: tells interactions from sampled negatives.
//!
//! The probability that user u interacts with item i is σ(x) with x = b_u + b_i + p_u · q_i. Each interaction comes
//! with `negatives` items sampled from those the user does not have. Each of these samples contributes its
//! cross-entropy and λ (‖p_u‖² + ‖q_i‖² + b_u² + b_i²) to the objective, and a step of stochastic gradient descent
//! follows.
//!
//! This is the matrix factorization of Rendle, Krichene, Zhang & Anderson, "Neural collaborative filtering vs. matrix
//! factorization revisited", RecSys 2020, with three differences: user and item biases stand in for the global bias,
//! negatives are sampled exactly, and λ is half of theirs (the slope of a penalty is 2λ here). Johnson, "Logistic
//! matrix factorization for implicit feedback data", NIPS workshop 2014, has the same model with all pairs in place
//! of samples; `negatives` stands for the inverse of its confidence α. The schedule is that of `sgd::sampled`.
//!
//! # When to use
//!
//! To rank with vectors on sparse data, or when a score should be a probability: scores pass through the logistic
//! function. It profits from more `negatives`.

use super::{Range, Recipe, Target};
use crate::data::{Ratings, Sampling};
use crate::error::{Error, Result};
use crate::math::elementary::{sigmoid, softplus_sum};
use crate::nn::loss::Objective;
use crate::recipes::settings::settings;
use crate::recipes::sgd::part::{Scratch, Vectors, dot, pull_together};
use crate::recipes::sgd::sampled::{self, Common, Rule, Task};
use crate::shapes::FoldIn;
use crate::shapes::sampled::Sampled;
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Number of losses summed at once.
const CHUNK: usize = 64;
/// Maximum number of negatives: far more than useful, and few enough for fold-in.
const MOST: u32 = 1000;

settings! {
    /// Settings of `logistic-mf`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct LogisticMf: vectors, descent, negatives {
        /// Number of negatives sampled per interaction, 1 to 1,000. More separate items better but make epochs
        /// slower.
        pub negatives: u32,
    }
}

impl Default for LogisticMf {
    fn default() -> Self {
        Self {
            factors: 64,
            epochs: 30,
            learning_rate: 0.03,
            decay: 0.97,
            reg: 0.002,
            init_scale: 0.1,
            negatives: 8,
            biases: true,
            sampler_exponent: 0.0,
        }
    }
}

impl Recipe for LogisticMf {
    fn scores_log_odds(&self) -> bool {
        true
    }

    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::log_whole("factors", 16, 192),
            Range::whole("epochs", 8, 60),
            Range::log("learning_rate", 0.003, 0.1),
            Range::log("reg", 1e-4, 0.02),
            Range::whole("negatives", 2, 16),
        ]
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        if !(1..=MOST).contains(&self.negatives) {
            let says = format!("must be between 1 and {MOST}, got {}", self.negatives);
            return Err(Error::setting("negatives", says));
        }
        sampled::fit(self, train, run)
    }
}

impl Rule for LogisticMf {
    fn common(&self) -> Common {
        sampled::common!(self)
    }

    #[inline(always)]
    fn walk(&self, task: Task<'_, impl Vectors, impl Vectors>) -> f64 {
        let Task {
            pairs,
            users: (mut users, user_bias),
            items: (mut items, item_bias),
            mut negatives,
            step,
            paces,
            ..
        } = task;
        let mut scratch = Scratch::default();
        // Keeps the compiler from dropping the stores.
        let scratch = std::hint::black_box(&mut scratch);
        // Scores with the sign that makes them large for misclassified samples.
        let (mut wrongs, mut filled) = ([0f32; CHUNK], 0);
        let mut loss = 0f64;
        for pair in pairs {
            let u = usize::from(pair.user);
            let p = users.row(u);
            let (bias, own) = (&mut user_bias[u], step.own(paces[u]));
            for sample in 0..=self.negatives {
                let (i, target, sign) = match sample {
                    0 => (usize::from(pair.item), 1.0, -1.0),
                    _ => match negatives.draw(pair.user) {
                        Some(j) => (j, 0.0, 1.0),
                        None => break,
                    },
                };
                let q = items.row(i);
                let x = *bias + item_bias[i] + dot(p, q, scratch);
                let error = target - sigmoid(x);
                pull_together(p, q, own.pull(error), step.pull(error));
                *bias = bias.mul_add(own.keep, own.bias * error);
                item_bias[i] = item_bias[i].mul_add(step.keep, step.bias * error);
                wrongs[filled] = sign * x;
                filled += 1;
                if filled == CHUNK {
                    loss += softplus_sum(wrongs);
                    filled = 0;
                }
            }
        }
        // Missing samples have no loss.
        wrongs[filled..].fill(-f32::MAX);
        loss + softplus_sum(wrongs)
    }

    fn fold_in(&self, _: usize) -> FoldIn {
        FoldIn::Sampled(Sampled {
            loss: Objective::Bce,
            negatives: self.negatives,
            sampler: Sampling::Popularity,
            exponent: self.sampler_exponent,
            reg: self.reg,
            bias: self.biases,
            unit: 1.0,
        })
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
            let mf =
                LogisticMf { learning_rate: 0.1, reg: 0.2, negatives: 9, ..LogisticMf::default() };
            let (after, loss) = toy.learned(&mf);
            let (mut point, mut negatives, mut sum) = (toy.point(), toy.negatives(), 0.0);
            for pair in &toy.pairs {
                let u = usize::from(pair.user);
                for sample in 0..=9 {
                    let (i, sign) = match sample {
                        0 => (usize::from(pair.item), -1.0),
                        _ => (negatives.draw(pair.user).expect("there are others"), 1.0),
                    };
                    let cost = |x: f64| (1.0 + (sign * x).exp()).ln();
                    sum += cost(point.score(u, i));
                    point.step(0.1, |x| {
                        cost(x.score(u, i)) + f64::from(0.2f32) * x.squares(u, &[i])
                    });
                }
            }
            after.point().assert_close(&point);
            assert!((loss - sum).abs() < 1e-3, "{loss} for {sum}");
            let (without, _) = toy.learned(&LogisticMf { biases: false, ..mf });
            assert!(without.items.bias.iter().chain(&without.users.bias).all(|&b| b == 0.0));
        }
    }

    #[test]
    fn too_many_or_no_negatives_are_refused() {
        let train = Ratings::from_triples([("a", "x", 1.0), ("b", "y", 1.0)]).unwrap();
        for negatives in [0, 1001] {
            let mf = LogisticMf { negatives, ..LogisticMf::default() };
            let says = mf.fit(&train, &Run::default()).expect_err("refused").to_string();
            assert_eq!(
                says,
                format!("setting `negatives`: must be between 1 and 1000, got {negatives}")
            );
        }
    }
}
