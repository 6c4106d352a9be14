//! Matrix factorization with biases, by stochastic gradient descent.
//!
//! Predicts ŷ = link(μ + b_u + b_i + p_u·q_i). Each known value y contributes ℓ(y, ŷ) + λ (‖p_u‖² + ‖q_i‖² + b_u² +
//! b_i² + μ²) to the objective. ℓ is the squared error (y − ŷ)² for the linear link and cross-entropy for the
//! sigmoid, whose values are first scaled to [0, 1]. If μ is the mean, y is in the unit of [`Scale`]. A row with n
//! values pays its penalty n times, so λ means the same for long and short rows; a fixed μ has no penalty. Steps
//! follow the gradient of one value, or of the mean over a batch. Koren, Bell & Volinsky, "Matrix factorization
//! techniques for recommender systems", IEEE Computer 42(8), 2009.
//!
//! The penalty is of squares alone. Gradient steps on Σ |θ| leave small numbers where the penalty would have zeros, and
//! zeros in p and q mean nothing here, because any rotation of the factors predicts the same; `slim`, whose weights
//! mean something one by one, has this penalty and its zeros.
//!
//! The loss reported each epoch is Σ ℓ, where each value is predicted just before it is learned from. The penalty λ
//! (‖P‖² + ‖Q‖² + ‖b‖² + μ²), in squared Frobenius norms, is computed after the epoch and reported separately.
//!
//! # When to use
//!
//! To predict ratings: the default for that purpose, fast and near the best on most data. Choose another `link`,
//! `optimizer` or `batch` to repeat an experiment, not for accuracy. To rank interactions, take an algorithm that
//! learns from what users do not have, such as `ials`.

mod batch;
mod kernel;
mod sgd;

use super::suit::{Rule, Traits};
use super::{Link, Preset, Range, Recipe, Target, check_vectors};
use crate::check::{check_count, check_descent, check_share};
use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::math::elementary;
use crate::math::real::ln;
use crate::math::{Matrix, Rng};
use crate::nn::optimizer::{MOMENTUM, Optimizer};
use crate::nn::schedule::Schedule;
use crate::recipes::scale::Scale;
use crate::recipes::settings::settings;
use crate::shapes::factors::{self, FactorsSettings};
use crate::shapes::{Factors, FoldIn};
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

settings! {
    /// Settings of `biased-mf`. Steps follow the whole gradient, so `learning_rate` is half that of authors who drop
    /// the 2 of the squared error. A large learning rate with strong `decay` reaches the same error in a fifth of the
    /// epochs that a small, constant one needs.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct BiasedMf: vectors, descent {
        /// Optimizer that turns gradients into steps.
        pub optimizer: Optimizer,
        /// β of `optimizer` = `momentum`, the share of its velocity that a step keeps, in [0, 1): v ← β v + gradient,
        /// a step of −η v. Authors who write v ← β v + (1 − β) gradient have an η of 1 / (1 − β) times this one.
        pub momentum: f32,
        /// Values per step. `per-sample` with `sgd` is by far the fastest.
        pub batch: Batch,
        /// Values per step of `mini-batch`, ≥ 1; other kinds of batch ignore it.
        pub batch_size: usize,
        /// Link from inner product to prediction: `linear` learns by squared error, `sigmoid` by cross-entropy.
        pub link: Link,
        /// Distribution of the initial vectors: `normal` N(0, init_scale²), `uniform` U(0, init_scale), which keeps
        /// predictions positive from the start, or `symmetric` U(−init_scale, init_scale).
        pub init: Init,
        /// Whether users and items have biases.
        pub biases: bool,
        /// Source of the offset μ.
        pub offset: Offset,
    }
}

/// Number of values per step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Batch {
    /// One, in random order.
    #[default]
    PerSample,
    /// `batch_size`, in random order.
    MiniBatch,
    /// All at once.
    Full,
}

/// Distribution of the initial vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// N(0, `init_scale`²).
    #[default]
    Normal,
    /// U(0, `init_scale`).
    Uniform,
    /// U(−`init_scale`, `init_scale`).
    Symmetric,
}

/// Source of the offset μ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Offset {
    /// The mean of the values (for the sigmoid, its logit); fixed.
    #[default]
    Mean,
    /// Learned from 0, with the penalty of the biases.
    Learned,
    /// No offset.
    None,
}

impl Default for BiasedMf {
    fn default() -> Self {
        Self {
            factors: 64,
            epochs: 12,
            learning_rate: 0.05,
            decay: 0.75,
            reg: 0.055,
            optimizer: Optimizer::Sgd,
            momentum: MOMENTUM,
            batch: Batch::PerSample,
            batch_size: 1024,
            link: Link::Linear,
            init: Init::Normal,
            init_scale: 0.03,
            biases: true,
            offset: Offset::Mean,
        }
    }
}

/// The settings of the tutorials on matrix factorization.
const PRESETS: &[Preset] = &[
    Preset {
        name: "tutorial",
        about: "Matrix factorization tutorial: SGD, one value at a time, linear output, learned offset.",
        settings: || {
            json!({
                "factors": 2, "epochs": 500, "learning_rate": 0.01, "decay": 1.0, "reg": 0.01, "init_scale": 0.01,
                "offset": "learned",
            })
        },
    },
    Preset {
        name: "tutorial-sigmoid",
        about: "The same with sigmoid output and cross-entropy, for 1000 epochs.",
        settings: || {
            json!({
                "factors": 2, "epochs": 1000, "learning_rate": 0.01, "decay": 1.0, "reg": 0.01, "init_scale": 0.01,
                "offset": "learned", "link": "sigmoid",
            })
        },
    },
    Preset {
        name: "tutorial-adam",
        about: "The same by Adam on batches of four values, linear output; `link=sigmoid` for the other output.",
        settings: || {
            json!({
                "factors": 2, "epochs": 500, "learning_rate": 0.01, "decay": 1.0, "reg": 0.01, "init_scale": 0.01,
                "offset": "learned", "optimizer": "adam", "batch": "mini-batch", "batch_size": 4,
            })
        },
    },
    Preset {
        name: "tutorial-anime",
        about: "Tutorial on the anime ratings: full-batch gradient descent with momentum, vectors from U(0, 11/K), no \
                biases.",
        settings: || {
            json!({
                "factors": 50, "init": "uniform", "init_scale": 0.22, "optimizer": "momentum", "batch": "full",
                "biases": false, "offset": "none", "epochs": 100, "learning_rate": 20.0, "decay": 1.0, "reg": 0.02,
            })
        },
    },
];

impl Recipe for BiasedMf {
    fn presets(&self) -> &'static [Preset] {
        PRESETS
    }

    fn target(&self) -> Target {
        Target::Rating
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::log_whole("factors", 8, 128),
            Range::whole("epochs", 4, 30),
            Range::log("learning_rate", 0.005, 0.15),
            Range::real("decay", 0.6, 1.0),
            Range::log("reg", 0.005, 0.2),
        ]
    }

    fn rules(&self) -> &'static [Rule] {
        &[Rule {
            setting: "reg",
            rule: "0.07 v, or 0.15 v if the residuals of user and item biases show no structure, where v is their \
                   variance in units of the scale; from 0.01 to 0.2",
        }]
    }

    fn suit(&mut self, data: &Traits<'_>) {
        // Other links and offsets do not learn values in units of the scale.
        if self.link == Link::Linear
            && self.offset == Offset::Mean
            && let Some(reg) = data.penalty(0.07, 0.15, 0.2)
        {
            self.reg = reg;
        }
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        self.check(train)?;
        let fitted = match (self.batch, self.optimizer) {
            (Batch::PerSample, Optimizer::Sgd) => {
                run.learn(&mut sgd::Sgd::new(self, train, run), train, self.epochs)?
            }
            _ => run.learn(&mut batch::Batches::new(self, train, run), train, self.epochs)?,
        };
        Ok(fitted.boxed())
    }
}

impl BiasedMf {
    fn check(&self, train: &Ratings) -> Result<()> {
        check_count("factors", self.factors)?;
        check_vectors("factors", 2, train, self.factors)?;
        check_count("epochs", self.epochs)?;
        check_count("batch_size", self.batch_size)?;
        check_descent(self.learning_rate, self.decay, self.reg, self.init_scale)?;
        check_share("momentum", self.momentum)?;
        let (low, high) = train.scale();
        if self.link == Link::Sigmoid && low == high {
            let says = format!(
                "all values are {low}, but `sigmoid` needs two different values; use `linear`"
            );
            return Err(Error::setting("link", says));
        }
        Ok(())
    }

    /// The learning rate η of an epoch.
    fn rate(&self, epoch: usize) -> f32 {
        Schedule::Exponential.rate(self.learning_rate, self.decay, 1, epoch)
    }

    /// Fills the initial vector of a row; `side` is 0 for users, 1 for items.
    fn init_row(&self, seed: u64, side: u64, row: u32, vector: &mut [f32]) {
        let mut rng = Rng::new(seed, &[0, side, u64::from(row)]);
        vector.fill_with(|| match self.init {
            Init::Normal => self.init_scale * rng.normal(),
            Init::Uniform => self.init_scale * rng.uniform(),
            Init::Symmetric => self.init_scale * (2.0 * rng.uniform() - 1.0),
        });
    }

    /// λ times the squares of all parameters.
    fn penalty(&self, squares: f64, offset: f32) -> f64 {
        let offset = if self.offset == Offset::Learned { f64::from(offset) } else { 0.0 };
        f64::from(self.reg) * (squares + offset * offset)
    }

    fn remedy(&self) -> String {
        format!("lower `learning_rate`, now {}", self.learning_rate)
    }
}

/// Properties of the data apart from its entries.
struct Task {
    users: usize,
    popular: Vec<f32>,
    /// Initial μ.
    offset: f32,
    /// Smallest and largest value.
    ends: (f32, f32),
    /// Unit of values for the linear link.
    scale: Scale,
    link: Link,
}

impl Task {
    fn new(settings: &BiasedMf, train: &Ratings, run: &Run<'_>) -> Self {
        let (ends, mean, scale) = (train.scale(), train.mean(), Scale::of(train));
        let (scale, offset) = match (settings.offset, settings.link) {
            (Offset::Mean, Link::Linear) => (scale, scale.mean()),
            (Offset::Mean, Link::Sigmoid) => {
                (scale.as_they_are(), ln((mean - ends.0) / (ends.1 - mean)))
            }
            // Without μ, the vectors have to fit the values themselves.
            _ => (scale.as_they_are(), 0.0),
        };
        let popular = run.popularity(train);
        Self { users: train.users.len(), popular, offset, ends, scale, link: settings.link }
    }

    fn items(&self) -> usize {
        self.popular.len()
    }

    /// The training target for a value of the data: in units, or scaled to [0, 1] for the sigmoid.
    fn target(&self, value: f32) -> f32 {
        let (low, high) = self.ends;
        match self.link {
            Link::Linear => self.scale.in_units(value),
            Link::Sigmoid => (value - low) / (high - low),
        }
    }

    fn model(
        &self,
        settings: &BiasedMf,
        (users, user_bias): (Matrix, Vec<f32>),
        (items, item_bias): (Matrix, Vec<f32>),
        offset: f32,
    ) -> Factors {
        // A new user's half of the objective above, with the items fixed.
        let (reg, reg_exponent, bias) = (settings.reg, 1.0, settings.biases);
        let (link, fold_in) = match self.link {
            Link::Linear => {
                (factors::ScoreFunction::Identity, self.scale.fold_in(reg, reg_exponent, bias))
            }
            Link::Sigmoid => {
                let (low, high) = self.ends;
                (
                    factors::ScoreFunction::Sigmoid { low, high },
                    FoldIn::Logistic { reg, reg_exponent, bias },
                )
            }
        };
        let settings = FactorsSettings { offset, link, fold_in };
        self.scale.restored(Factors {
            user_bias,
            item_bias,
            ..Factors::new(users, items, self.popular.clone(), settings)
        })
    }
}

impl Link {
    /// Returns −∂ℓ/∂x up to [`slope`](Self::slope), and ℓ; x is the argument of the link.
    #[inline(always)]
    fn error(self, x: f32, y: f32) -> (f32, f64) {
        match self {
            Self::Linear => {
                let error = y - x;
                (error, f64::from(error) * f64::from(error))
            }
            Self::Sigmoid => {
                // t ≤ 1 never overflows; ℓ = −y ln σ(x) − (1 − y) ln(1 − σ(x)).
                let t = elementary::exp(-x.abs());
                let sigmoid = if x >= 0.0 { 1.0 } else { t } / (1.0 + t);
                (y - sigmoid, f64::from(x.max(0.0) - x * y + elementary::ln(1.0 + t)))
            }
        }
    }

    /// The factor of the gradient that [`error`](Self::error) leaves out.
    #[inline(always)]
    fn slope(self) -> f32 {
        match self {
            Self::Linear => 2.0,
            Self::Sigmoid => 1.0,
        }
    }
}

#[cfg(test)]
mod tests;
