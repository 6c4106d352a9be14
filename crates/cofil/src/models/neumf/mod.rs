//! Neural collaborative filtering: `gmf`, `mlp` and `neumf`. He et al., "Neural collaborative filtering",
//! WWW 2017.
//!
//! `gmf` scores s = h · (p_u ∘ q_i) + b; `mlp` scores s = h · φ([p_u ; q_i]) + b with a tower φ of dense
//! layers; `neumf` has both with embeddings of their own, s = h · [p_u ∘ q_i ; φ([p′_u ; q′_i])] + b. Each
//! interaction is learned together with negatives drawn anew every epoch, by cross-entropy, pairwise or
//! with a sampled softmax ([`crate::train::loss`]); values are learned by squared error without negatives.
//! With λ = `reg` and L the mean loss of a batch, what is made small is L + λ × the mean over its samples of
//! ‖p_u‖² + ‖q_i‖²; the layers pay nothing, for the penalty that suits embeddings starves them.
//!
//! One learner serves all three. With `pretrain_epochs` = p, `neumf` first learns p epochs of its product
//! alone, then p epochs of its tower alone, each with output weights of its own, and goes on from
//! h = [α h_product ; (1 − α) h_tower] with the memory of its optimizer cleared. Where we differ from the
//! paper: an interaction stays in one batch with its negatives, so that its user is gone through
//! once; Adam is lazy, and so are its penalties, on rows of embeddings that no sample touches
//! ([`crate::train::optimizer`]); the joint epochs use the same optimizer as those before.
//!
//! A batch is cut into shards, a number that depends on the batch alone; their gradients are added in order.
//! Rows of embeddings that repeat are grouped before the batch is learned from, and stepped once.

mod batch;
mod learner;
mod parts;
mod shard;

use super::factors::Link as Response;
use super::sampled::Sampled;
use super::{
    Range, Recipe, Target, check_count, check_decay, check_dropout, check_not_negative,
    check_positive,
};
use crate::data::Ratings;
use crate::data::read::{ReadOptions, read_negatives};
use crate::data::sample::{Sampler, Sampling};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::train::Run;
use crate::train::layers::Activation;
use crate::train::loss::Objective;
use crate::train::optimizer::Optimizer;
use crate::train::schedule::Schedule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Settings of `gmf`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gmf {
    /// Length of the embeddings, ≥ 1.
    pub factors: usize,
    /// How it learns.
    #[serde(flatten)]
    pub training: Training,
}

/// Settings of `mlp`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mlp {
    /// The tower: numbers that go in, half of them of the user and half of the item, and then those that
    /// come out of each layer. At least two, the first even.
    pub layers: Vec<usize>,
    /// What each layer does to its sums.
    pub activation: Activation,
    /// Share of each layer's outputs that training hides, in [0, 1).
    pub dropout: f32,
    /// How it learns.
    #[serde(flatten)]
    pub training: Training,
}

/// Settings of `neumf`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Neumf {
    /// Length of the embeddings that are multiplied, ≥ 1.
    pub factors: usize,
    /// The tower: numbers that go in, half of them of the user and half of the item, and then those that
    /// come out of each layer. At least two, the first even.
    pub layers: Vec<usize>,
    /// What each layer does to its sums.
    pub activation: Activation,
    /// Share of each layer's outputs that training hides, in [0, 1).
    pub dropout: f32,
    /// Epochs of the product alone, and as many of the tower alone, before `epochs` of both; 0 for none.
    pub pretrain_epochs: usize,
    /// α, the weight of the product where both begin to learn together, in [0, 1]; the tower has 1 − α.
    pub alpha: f32,
    /// How it learns.
    #[serde(flatten)]
    pub training: Training,
}

/// How a network learns: settings that all three recipes have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Training {
    /// Passes over the interactions, ≥ 1.
    pub epochs: usize,
    /// Samples per step, interactions and negatives alike, ≥ 1; a step has at least one interaction.
    pub batch_size: usize,
    /// What is made small: `bce`, `bpr` and `softmax` learn from interactions that all count alike, `squared`
    /// from values.
    pub loss: Objective,
    /// From score to value under `squared`; the other losses take no notice.
    pub link: Link,
    /// Negatives per interaction, ≥ 1 and fewer than there are items; `squared` takes no notice.
    pub negatives: usize,
    /// From where negatives are drawn; `squared` takes no notice.
    pub sampler: Sampling,
    /// Of `popularity`: negatives come in proportion to this power of how often an item occurs, in
    /// [0, 4]; the others take no notice.
    pub sampler_exponent: f32,
    /// A file of negatives by user, to be drawn from in place of `sampler`: lines of a user and items.
    pub negatives_file: Option<String>,
    /// How a gradient becomes a step.
    pub optimizer: Optimizer,
    /// η, the step length, > 0.
    pub learning_rate: f32,
    /// How η changes from epoch to epoch.
    pub schedule: Schedule,
    /// What η is multiplied with after every epoch (`exponential`), or its smallest share (`cosine`); in (0, 1].
    pub decay: f32,
    /// Epochs from start to start of `cosine`, ≥ 1.
    pub period: usize,
    /// λ, the L2 penalty on the embeddings of each sample, ≥ 0; the layers pay none.
    pub reg: f32,
    /// Share of η by which embeddings and weights shrink at every step that touches them, whatever the
    /// gradient (AdamW), ≥ 0.
    pub weight_decay: f32,
    /// Standard deviation of the first embeddings, > 0.
    pub init_scale: f32,
}

/// From score to value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The score itself.
    #[default]
    Linear,
    /// low + (high − low) · σ(s) with the smallest and largest value of the data.
    Sigmoid,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            epochs: 20,
            batch_size: 1024,
            loss: Objective::Bce,
            link: Link::Linear,
            negatives: 4,
            sampler: Sampling::Uniform,
            sampler_exponent: 0.75,
            negatives_file: None,
            optimizer: Optimizer::Adam,
            learning_rate: 0.001,
            schedule: Schedule::Constant,
            decay: 0.9,
            period: 10,
            reg: 0.0,
            weight_decay: 0.0,
            init_scale: 0.05,
        }
    }
}

impl Default for Gmf {
    fn default() -> Self {
        Self { factors: 32, training: Training::default() }
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
            layers: vec![64, 32, 16, 8],
            activation: Activation::Relu,
            dropout: 0.0,
            pretrain_epochs: 0,
            alpha: 0.5,
            training: Training::default(),
        }
    }
}

/// What all three recipes come to: a network with one half or both.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// 0 without product.
    factors: usize,
    /// Empty without tower.
    layers: Vec<usize>,
    activation: Activation,
    dropout: f32,
    pretrain_epochs: usize,
    alpha: f32,
    training: Training,
}

impl From<&Gmf> for Plan {
    fn from(gmf: &Gmf) -> Self {
        let Gmf { factors, training } = gmf.clone();
        let (layers, activation) = (Vec::new(), Activation::Identity);
        Self { factors, layers, activation, dropout: 0.0, pretrain_epochs: 0, alpha: 1.0, training }
    }
}

impl From<&Mlp> for Plan {
    fn from(mlp: &Mlp) -> Self {
        let Mlp { layers, activation, dropout, training } = mlp.clone();
        Self { factors: 0, layers, activation, dropout, pretrain_epochs: 0, alpha: 0.0, training }
    }
}

impl From<&Neumf> for Plan {
    fn from(neumf: &Neumf) -> Self {
        let Neumf { factors, layers, activation, dropout, pretrain_epochs, alpha, training } =
            neumf.clone();
        Self { factors, layers, activation, dropout, pretrain_epochs, alpha, training }
    }
}

impl Recipe for Gmf {
    fn target(&self) -> Target {
        self.training.target()
    }

    fn ranges(&self) -> Vec<Range> {
        [vec![Range::log_whole("factors", 8, 128)], self.training.ranges()].concat()
    }

    fn fit(&self, train: &Ratings, run: &mut Run<'_>) -> Result<Box<dyn Model>> {
        check_count("factors", self.factors)?;
        let network = Plan::from(self).fit(train, run)?;
        Ok(Box::new(network.into_factors().expect("a product without a tower")))
    }
}

impl Recipe for Mlp {
    fn target(&self) -> Target {
        self.training.target()
    }

    fn ranges(&self) -> Vec<Range> {
        [tower_ranges(), self.training.ranges()].concat()
    }

    fn fit(&self, train: &Ratings, run: &mut Run<'_>) -> Result<Box<dyn Model>> {
        let plan = Plan::from(self);
        plan.check_tower()?;
        Ok(Box::new(plan.fit(train, run)?))
    }
}

impl Recipe for Neumf {
    fn target(&self) -> Target {
        self.training.target()
    }

    fn ranges(&self) -> Vec<Range> {
        let product = vec![Range::log_whole("factors", 8, 128)];
        [product, tower_ranges(), self.training.ranges()].concat()
    }

    fn fit(&self, train: &Ratings, run: &mut Run<'_>) -> Result<Box<dyn Model>> {
        check_count("factors", self.factors)?;
        let plan = Plan::from(self);
        plan.check_tower()?;
        if !(0.0..=1.0).contains(&self.alpha) {
            let says = format!("must be between 0 and 1, got {}", self.alpha);
            return Err(Error::setting("alpha", says));
        }
        Ok(Box::new(plan.fit(train, run)?))
    }
}

/// What is worth tuning of a tower.
fn tower_ranges() -> Vec<Range> {
    let layers = [vec![32, 16, 8], vec![64, 32, 16, 8], vec![128, 64, 32, 16]];
    vec![Range::choice("layers", layers), Range::real("dropout", 0.0, 0.5)]
}

impl Training {
    /// What is worth tuning of how it learns. The default of `reg`, none at all, has no place on a
    /// logarithmic scale; the low end does as little.
    fn ranges(&self) -> Vec<Range> {
        let mut ranges = vec![
            Range::whole("epochs", 3, 30),
            Range::log("learning_rate", 0.0002, 0.01),
            Range::log("reg", 1e-8, 0.01),
        ];
        if self.loss != Objective::Squared {
            ranges.push(Range::whole("negatives", 1, 8));
        }
        ranges
    }

    fn target(&self) -> Target {
        match self.loss {
            Objective::Squared => Target::Rating,
            _ => Target::Preference,
        }
    }

    /// Scores per interaction: its own and those of its negatives.
    fn group(&self) -> usize {
        if self.loss == Objective::Squared { 1 } else { 1 + self.negatives }
    }

    fn check(&self, train: &Ratings) -> Result<()> {
        check_count("epochs", self.epochs)?;
        check_count("batch_size", self.batch_size)?;
        check_count("period", self.period)?;
        check_positive("learning_rate", self.learning_rate)?;
        check_positive("init_scale", self.init_scale)?;
        check_not_negative("reg", self.reg)?;
        check_not_negative("weight_decay", self.weight_decay)?;
        check_decay(self.decay)?;
        if !(0.0..=4.0).contains(&self.sampler_exponent) {
            let says = format!("must be between 0 and 4, got {}", self.sampler_exponent);
            return Err(Error::setting("sampler_exponent", says));
        }
        if u32::try_from(train.len()).is_err() {
            return Err(Error::Unfit(
                "networks learn from at most 4,294,967,295 interactions".into(),
            ));
        }
        let (low, high) = train.scale();
        if self.loss == Objective::Squared {
            if self.link == Link::Sigmoid && low == high {
                let says = format!("all values are {low}, and `sigmoid` needs two; use `linear`");
                return Err(Error::setting("link", says));
            }
            return Ok(());
        }
        if low != high || low <= 0.0 {
            let says = format!(
                "learns from interactions that all count alike, and here are values from {low} to {high}: \
                 take them all as interactions with `--implicit`, or the high ones with `--threshold`, or \
                 learn the values with `loss` = squared"
            );
            return Err(Error::setting("loss", says));
        }
        let items = train.items.len();
        if items < 2 {
            let says = "all interactions are with one item: there is nothing to rank it against";
            return Err(Error::Unfit(says.into()));
        }
        match self.negatives {
            0 => Err(Error::setting("negatives", "this loss needs at least 1, got 0")),
            n if n >= items => Err(Error::setting(
                "negatives",
                format!("must be fewer than there are items, and {n} are asked for of {items}"),
            )),
            _ => Ok(()),
        }
    }

    /// Where negatives come from.
    fn sampler<'a>(&self, train: &'a Ratings) -> Result<Sampler<'a>> {
        let Some(path) = &self.negatives_file else {
            return Ok(Sampler::new(&train.by_user, self.sampler, self.sampler_exponent));
        };
        let (path, options) = (Path::new(path), ReadOptions::default());
        let lists = read_negatives(path, &options, &train.users, &train.items)?;
        let sampler = Sampler::given(&train.by_user, &lists.by_user);
        match (0..train.users.len() as u32).any(|u| sampler.has_negatives(u)) {
            true => Ok(sampler),
            false => {
                let says = format!("{}: no negatives for any user of the data", path.display());
                Err(Error::setting("negatives_file", says))
            }
        }
    }

    /// From score to what is predicted.
    fn response(&self, train: &Ratings) -> Response {
        match (self.loss, self.link) {
            (Objective::Squared, Link::Sigmoid) => {
                let (low, high) = train.scale();
                Response::Sigmoid { low, high }
            }
            _ => Response::Identity,
        }
    }

    /// How strangers get a vector.
    fn fold_in(&self) -> Sampled {
        let squared = self.loss == Objective::Squared;
        Sampled {
            loss: self.loss,
            negatives: if squared { 0 } else { self.negatives as u32 },
            // A file says nothing of strangers.
            sampler: if self.negatives_file.is_some() { Sampling::Uniform } else { self.sampler },
            exponent: self.sampler_exponent,
            reg: self.reg,
        }
    }
}

impl Plan {
    fn check_tower(&self) -> Result<()> {
        let bad = |says: String| Err(Error::setting("layers", says));
        match self.layers[..] {
            [] | [_] => bad(format!(
                "needs the numbers that go in and at least one layer, got {:?}",
                self.layers
            )),
            [first, ..] if first % 2 == 1 => bad(format!(
                "half of the numbers that go in are the user's, so that {first} is odd is wrong"
            )),
            _ if self.layers.contains(&0) => {
                bad(format!("a layer of nothing in {:?}", self.layers))
            }
            _ => check_dropout(self.dropout),
        }
    }

    fn fit(&self, train: &Ratings, run: &mut Run<'_>) -> Result<super::Network> {
        self.training.check(train)?;
        let epochs = self.training.epochs + 2 * self.pretrain_epochs;
        let seed = run.seed;
        run.learn(&mut learner::Networks::new(self, train, seed)?, train, epochs)
    }
}

#[cfg(test)]
mod tests;
