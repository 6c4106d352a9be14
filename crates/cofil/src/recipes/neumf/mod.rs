//! Neural collaborative filtering: `gmf`, `mlp` and `neumf`. He et al., "Neural collaborative filtering",
//! WWW 2017.
//!
//! `gmf` scores s = h · (p_u ∘ q_i) + b. `mlp` scores s = h · φ([p_u ; q_i]) + b with a tower φ of dense layers.
//! `neumf` has both, each with its own embeddings: s = h · [p_u ∘ q_i ; φ([p′_u ; q′_i])] + b. Each interaction is
//! learned together with negatives sampled anew every epoch, by cross-entropy, pairwise loss or sampled softmax, or
//! against all items by softmax ([`crate::nn::loss`]). Values are learned by squared error without negatives, in the unit of
//! [`Scale`](super::scale::Scale). With λ = `reg` and L the mean loss
//! of a batch, the objective is L + λ × the mean over its samples of ‖p_u‖² + ‖q_i‖². Layers have no penalty, because
//! one that suits embeddings shrinks them too much. The h of the product may be fixed to 1 ([`OutputWeights`]), which
//! makes `gmf` the dot product of Rendle et al., "Neural collaborative filtering vs. matrix factorization revisited",
//! RecSys 2020.
//!
//! The pairwise loss compares the scores themselves. With a sigmoid in between, as some tutorials have it, two outputs
//! differ by at most 1: a pair then always costs at least ln(1 + e⁻¹) ≈ .313, and the gradient vanishes where outputs
//! are near 0 or 1, right or wrong.
//!
//! One learner serves all three. With `pretrain_epochs` = p, `neumf` first trains its product alone for p epochs,
//! then its tower alone for p epochs, each with its own output weights. It continues from h = [α h_product ; (1 − α)
//! h_tower] with the optimizer's memory cleared. The tower may have its own penalty and weight decay (`tower_reg`,
//! `tower_weight_decay`), as in the paper's code. There are three differences from the paper. An interaction stays in
//! one batch with its negatives, so its user is processed once. Adam and its penalties are lazy: rows of embeddings
//! that no sample touches do not move ([`crate::nn::optimizer`]). The joint epochs use the same optimizer as the
//! pre-training, at their own rate (`joint_rate`).
//!
//! A batch is cut into shards, whose number depends on the batch alone; their gradients are added in order. Repeated
//! rows of embeddings are grouped before a batch is learned from, and updated once.
//!
//! # When to use
//!
//! `gmf`: to rank with a learned product of vectors, as a step towards `neumf`, or with `output = "ones"` as a plain
//! inner product trained by any of the losses.
//!
//! `mlp`: to repeat an experiment. A product of vectors is nearly always more accurate.
//!
//! `neumf`: to repeat an experiment, or to try the losses of neural recommenders. Compare it with `ials` and `ease`,
//! which are faster and at least as accurate on every data set of docs/results.md.

mod batch;
mod learner;
mod parts;
mod shard;
mod training;

pub use training::Training;

use super::{Preset, Range, Recipe, Target, check_vectors};
use crate::check::{check_count, check_not_negative, check_positive, check_share};
use crate::data::{Csr, Ratings};
use crate::error::{Error, Result};
use crate::memory::{check_bytes, check_room};
use crate::nn::layers::Activation;
use crate::nn::loss::Objective;
use crate::shapes::Network;
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Settings of `gmf`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gmf {
    /// Length of the embeddings, ≥ 1.
    pub factors: usize,
    /// Weights of the product: `learned` or `ones`.
    pub output: OutputWeights,
    /// Settings of the training.
    #[serde(flatten)]
    pub training: Training,
}

/// Settings of `mlp`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mlp {
    /// Tower: input size (half user, half item), then the size of each layer. At least two numbers, the first even.
    pub layers: Vec<usize>,
    /// Activation of each layer.
    pub activation: Activation,
    /// Dropout rate of each layer's outputs, in [0, 1).
    pub dropout: f32,
    /// Settings of the training.
    #[serde(flatten)]
    pub training: Training,
}

/// Settings of `neumf`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Neumf {
    /// Length of the embeddings that are multiplied, ≥ 1.
    pub factors: usize,
    /// Weights of the product: `learned` or `ones`.
    pub output: OutputWeights,
    /// Tower: input size (half user, half item), then the size of each layer. At least two numbers, the first even.
    pub layers: Vec<usize>,
    /// Activation of each layer.
    pub activation: Activation,
    /// Dropout rate of each layer's outputs, in [0, 1).
    pub dropout: f32,
    /// Epochs of pre-training for the product alone and for the tower alone, before joint `epochs`; 0 for none.
    pub pretrain_epochs: usize,
    /// η of the joint epochs after pre-training, > 0, on the same schedule; null for `learning_rate`. At their first
    /// rate, pre-trained halves forget much.
    pub joint_rate: Option<f32>,
    /// `reg` of the tower's embeddings; null for `reg`. A penalty that suits the product shrinks the tower too much.
    pub tower_reg: Option<f32>,
    /// `weight_decay` of the tower's embeddings and layers; null for `weight_decay`.
    pub tower_weight_decay: Option<f32>,
    /// α, initial weight of the product in joint training, in [0, 1]; the tower has 1 − α.
    pub alpha: f32,
    /// Settings of the training.
    #[serde(flatten)]
    pub training: Training,
}

/// Output weights h of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutputWeights {
    /// Learned, as in the paper. They have no penalty, so they grow, embeddings shrink, and `reg` loses its effect.
    #[default]
    Learned,
    /// All 1: the dot product of Rendle et al. (RecSys 2020). With `reg`, ranks far better.
    Ones,
}

impl Default for Gmf {
    fn default() -> Self {
        Self { factors: 32, output: OutputWeights::default(), training: Training::default() }
    }
}

impl Default for Mlp {
    fn default() -> Self {
        let Neumf { layers, activation, dropout, training, .. } = Neumf::default();
        Self { layers, activation, dropout, training }
    }
}

impl Default for Neumf {
    fn default() -> Self {
        Self {
            factors: 32,
            output: OutputWeights::default(),
            layers: vec![64, 32, 16, 8],
            activation: Activation::Relu,
            dropout: 0.0,
            pretrain_epochs: 0,
            joint_rate: None,
            tower_reg: None,
            tower_weight_decay: None,
            alpha: 0.5,
            training: Training::default(),
        }
    }
}

/// The common form of the three algorithms: a network with one half or both.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// 0 if there is no product.
    factors: usize,
    output: OutputWeights,
    /// Empty if there is no tower.
    layers: Vec<usize>,
    activation: Activation,
    dropout: f32,
    pretrain_epochs: usize,
    joint_rate: Option<f32>,
    tower_reg: f32,
    tower_weight_decay: f32,
    alpha: f32,
    training: Training,
}

impl From<&Gmf> for Plan {
    fn from(gmf: &Gmf) -> Self {
        let Gmf { factors, output, training } = gmf.clone();
        let layers = Vec::new();
        let base = Plan::from(&Neumf { factors, output, layers, training, ..Neumf::default() });
        Self { activation: Activation::Identity, alpha: 1.0, ..base }
    }
}

impl From<&Mlp> for Plan {
    fn from(mlp: &Mlp) -> Self {
        let Mlp { layers, activation, dropout, training } = mlp.clone();
        let neumf = Neumf { layers, activation, dropout, training, ..Neumf::default() };
        Self { factors: 0, alpha: 0.0, ..Plan::from(&neumf) }
    }
}

impl From<&Neumf> for Plan {
    fn from(neumf: &Neumf) -> Self {
        let Neumf {
            factors,
            output,
            layers,
            activation,
            dropout,
            pretrain_epochs,
            joint_rate,
            tower_reg,
            tower_weight_decay,
            alpha,
            training,
        } = neumf.clone();
        Self {
            factors,
            output,
            layers,
            activation,
            dropout,
            pretrain_epochs,
            joint_rate,
            tower_reg: tower_reg.unwrap_or(training.reg),
            tower_weight_decay: tower_weight_decay.unwrap_or(training.weight_decay),
            alpha,
            training,
        }
    }
}

/// What the presets `ncf` are for.
const NCF: &str =
    "Reaches the figures of the paper (He et al., WWW 2017) on its split of MovieLens-1M.";

impl Recipe for Gmf {
    fn target(&self) -> Target {
        self.training.target()
    }

    fn presets(&self) -> &'static [Preset] {
        &[Preset {
            name: "ncf",
            about: NCF,
            settings: || {
                json!({
                    "factors": 384, "output": "ones", "reg": 0.0025, "epochs": 20, "negatives": 8, "batch_size": 2048,
                    "learning_rate": 0.003, "init_scale": 0.01, "schedule": "exponential", "decay": 0.9,
                })
            },
        }]
    }

    fn scores_log_odds(&self) -> bool {
        self.training.loss == Objective::Bce
    }

    fn takes_negatives(&self) -> bool {
        self.training.samples()
    }

    fn limit(&mut self, train: &Ratings) {
        self.training.limit(train);
    }

    fn ranges(&self) -> Vec<Range> {
        [vec![Range::log_whole("factors", 8, 128)], self.training.ranges()].concat()
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        check_count("factors", self.factors)?;
        let Fitted { model, epochs } = Plan::from(self).fit(train, run)?;
        let factors = model.into_factors().expect("a product without a tower");
        Ok(Fitted { model: factors, epochs }.boxed())
    }
}

impl Recipe for Mlp {
    fn target(&self) -> Target {
        self.training.target()
    }

    fn presets(&self) -> &'static [Preset] {
        &[Preset {
            name: "ncf",
            about: NCF,
            settings: || {
                json!({
                    "layers": [256, 128, 64], "weight_decay": 0.1, "epochs": 20, "negatives": 8, "batch_size": 1024,
                    "learning_rate": 0.003, "init_scale": 0.01, "schedule": "exponential", "decay": 0.9,
                })
            },
        }]
    }

    fn scores_log_odds(&self) -> bool {
        self.training.loss == Objective::Bce
    }

    fn takes_negatives(&self) -> bool {
        self.training.samples()
    }

    fn limit(&mut self, train: &Ratings) {
        self.training.limit(train);
    }

    fn ranges(&self) -> Vec<Range> {
        [tower_ranges(), self.training.ranges()].concat()
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        let plan = Plan::from(self);
        plan.check_tower()?;
        Ok(plan.fit(train, run)?.boxed())
    }
}

impl Recipe for Neumf {
    fn target(&self) -> Target {
        self.training.target()
    }

    fn presets(&self) -> &'static [Preset] {
        &[
            Preset {
                name: "ncf",
                about: NCF,
                settings: || {
                    json!({
                        "factors": 384, "output": "ones", "reg": 0.0025, "layers": [256, 128, 64], "tower_reg": 0.0,
                        "tower_weight_decay": 0.1, "pretrain_epochs": 20, "alpha": 0.75, "epochs": 1,
                        "joint_rate": 0.00001, "negatives": 8, "batch_size": 2048, "learning_rate": 0.003,
                        "init_scale": 0.01, "schedule": "exponential", "decay": 0.9,
                    })
                },
            },
            Preset {
                name: "tutorial",
                about: "Textbook chapter on personalized ranking: pairwise loss, 10 factors, three layers of 10, for \
                        MovieLens-100K.",
                settings: || {
                    json!({
                        "factors": 10, "layers": [20, 10, 10, 10], "loss": "bpr", "negatives": 1, "batch_size": 2048,
                        "learning_rate": 0.01, "weight_decay": 0.00001, "init_scale": 0.01, "epochs": 10,
                    })
                },
            },
        ]
    }

    fn scores_log_odds(&self) -> bool {
        self.training.loss == Objective::Bce
    }

    fn takes_negatives(&self) -> bool {
        self.training.samples()
    }

    fn limit(&mut self, train: &Ratings) {
        self.training.limit(train);
    }

    fn ranges(&self) -> Vec<Range> {
        let product = vec![Range::log_whole("factors", 8, 128)];
        [product, tower_ranges(), self.training.ranges()].concat()
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        check_count("factors", self.factors)?;
        let plan = Plan::from(self);
        plan.check_tower()?;
        if !(0.0..=1.0).contains(&self.alpha) {
            let says = format!("must be between 0 and 1, got {}", self.alpha);
            return Err(Error::setting("alpha", says));
        }
        if let Some(rate) = self.joint_rate {
            check_positive("joint_rate", rate)?;
        }
        check_not_negative("tower_reg", self.tower_reg.unwrap_or(0.0))?;
        check_not_negative("tower_weight_decay", self.tower_weight_decay.unwrap_or(0.0))?;
        Ok(plan.fit(train, run)?.boxed())
    }
}

/// Settings of a tower worth tuning, with ranges.
fn tower_ranges() -> Vec<Range> {
    let layers = [vec![32, 16, 8], vec![64, 32, 16, 8], vec![128, 64, 32, 16]];
    vec![Range::choice("layers", layers), Range::real("dropout", 0.0, 0.5)]
}

impl Plan {
    fn check_tower(&self) -> Result<()> {
        let bad = |says: String| Err(Error::setting("layers", says));
        match self.layers[..] {
            [] | [_] => {
                bad(format!("needs at least two numbers, such as 64,32; got {:?}", self.layers))
            }
            [first, ..] if first % 2 == 1 => {
                bad(format!("the input size must be even (half user, half item), got {first}"))
            }
            _ if self.layers.contains(&0) => {
                bad(format!("all sizes must be at least 1, got {:?}", self.layers))
            }
            _ => check_share("dropout", self.dropout),
        }
    }

    /// Refuses vectors, layers and steps that do not fit into memory.
    fn check_room(&self, train: &Ratings) -> Result<()> {
        let half = self.layers.first().map_or(0, |first| first / 2);
        check_vectors("factors", 3, train, self.factors)?;
        check_vectors("layers", 3, train, half)?;
        for pair in self.layers.windows(2) {
            // The weights, a copy, two numbers of the optimizer, and gradients of the step and of each shard.
            check_room("layers", 5 + batch::SHARDS, (pair[0], "numbers of a layer"), pair[1])?;
        }
        let (bytes, samples) = self.step_bytes(&train.by_user);
        let setting = match samples > self.training.group(train.items.len()) {
            true => "batch_size",
            false if self.training.samples() => "negatives",
            false => "loss",
        };
        check_bytes(setting, bytes, &format!("{samples} samples of a step"))
    }

    /// Memory of a step on the interactions of `train`, with its number of samples.
    fn step_bytes(&self, train: &Csr) -> (u128, usize) {
        let groups = self.training.groups(train);
        let samples = groups.saturating_mul(self.training.group(train.cols()));
        let ahead = learner::AHEAD.min(train.nnz().div_ceil(groups));
        // A sample that is drawn has item, target and correction, and its place among the rows that are touched (a
        // key of two numbers and a place).
        let drawn = 6 * ahead as u128;
        // One that is learned from has its vectors, and for every layer sums, slopes and a mask of dropout.
        let inputs = self.layers.first().map_or(0, |inputs| inputs / 2);
        let sums: u128 = self.layers.iter().skip(1).map(|&outputs| 3 * outputs as u128).sum();
        let numbers = drawn + sums + (self.factors + inputs) as u128;
        (numbers.saturating_mul(4 * samples as u128), samples)
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted<Network>> {
        self.training.check(train)?;
        self.check_room(train)?;
        let epochs = self.training.epochs.saturating_add(self.pretrain_epochs.saturating_mul(2));
        let mut networks = learner::Networks::new(self, train, run.seed, run.negatives)?;
        run.learn(&mut networks, train, epochs)
    }
}

#[cfg(test)]
mod tests;
