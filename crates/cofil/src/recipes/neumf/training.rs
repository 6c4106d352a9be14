//! Training of the networks: the settings all three algorithms share, and what follows from them.

use crate::check::{check_count, check_descent, check_not_negative, check_share};
use crate::data::sample::{Sampler, Sampling};
use crate::data::{Csr, Ratings};
use crate::error::{Error, Remedy, Result};
use crate::nn::layers::Activation;
use crate::nn::loss::Objective;
use crate::nn::optimizer::{MOMENTUM, Optimizer};
use crate::nn::schedule::Schedule;
use crate::recipes::scale::Scale;
use crate::recipes::settings::settings;
use crate::recipes::{Link, Range, Target};
use crate::shapes::Output;
use crate::shapes::factors::ScoreFunction;
use crate::shapes::sampled::Sampled;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

settings! {
    /// Training settings of the networks, shared by all three algorithms.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    pub struct Training: network {
        /// Loss to minimise: `bce`, `bpr`, `softmax` and `full-softmax` need interactions that all count the same,
        /// `squared` learns values. `full-softmax` scores all items for every interaction, so it is for small
        /// catalogues; `softmax` estimates it from negatives.
        pub loss: Objective,
        /// Link from score to value for `squared`; other losses ignore it.
        pub link: Link,
        /// Negatives per interaction, ≥ 1 and fewer than the number of items; `squared` ignores it, and
        /// `full-softmax` uses it only to estimate the vectors of new users.
        pub negatives: usize,
        /// Sampling of negatives; `squared` and `full-softmax` ignore it.
        pub sampler: Sampling,
        /// Popularity exponent for `sampler` = `popularity`, 0 to 4; other samplers ignore it.
        pub sampler_exponent: f32,
        /// λ, L2 penalty on the embeddings of each sample, ≥ 0; layers have none.
        pub reg: f32,
        /// Share of η by which embeddings and weights shrink at each step that touches them (AdamW), ≥ 0.
        pub weight_decay: f32,
    }
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
            optimizer: Optimizer::Adam,
            momentum: MOMENTUM,
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

impl Training {
    /// Lowers the number of negatives to the most that the items of `train` allow.
    pub(super) fn limit(&mut self, train: &Ratings) {
        if self.samples() {
            self.negatives = self.negatives.min(train.items.len().saturating_sub(1)).max(1);
        }
    }

    /// The training settings worth tuning, with ranges. The default of `reg`, 0, has no place on a logarithmic scale;
    /// the low end has as little effect.
    pub(super) fn ranges(&self) -> Vec<Range> {
        let mut ranges = vec![
            Range::whole("epochs", 3, 30),
            Range::log("learning_rate", 0.0002, 0.01),
            Range::log("reg", 1e-8, 0.01),
        ];
        if self.samples() {
            ranges.push(Range::whole("negatives", 1, 8));
        }
        ranges
    }

    pub(super) fn target(&self) -> Target {
        match self.loss {
            Objective::Squared => Target::Rating,
            _ => Target::Preference,
        }
    }

    /// Whether negatives are sampled.
    pub(super) fn samples(&self) -> bool {
        !matches!(self.loss, Objective::Squared | Objective::FullSoftmax)
    }

    /// Number of scores per interaction: its own and those of its negatives, in a catalogue of `items` items.
    pub(super) fn group(&self, items: usize) -> usize {
        match self.loss {
            Objective::Squared => 1,
            Objective::FullSoftmax => items,
            _ => self.negatives.saturating_add(1),
        }
    }

    /// Number of interactions per step, of all in `train`.
    pub(super) fn groups(&self, train: &Csr) -> usize {
        (self.batch_size / self.group(train.cols())).clamp(1, train.nnz().max(1))
    }

    pub(super) fn check(&self, train: &Ratings) -> Result<()> {
        check_count("epochs", self.epochs)?;
        check_count("batch_size", self.batch_size)?;
        check_count("period", self.period)?;
        check_descent(self.learning_rate, self.decay, self.reg, self.init_scale)?;
        check_not_negative("weight_decay", self.weight_decay)?;
        check_share("momentum", self.momentum)?;
        if !(0.0..=4.0).contains(&self.sampler_exponent) {
            let says = format!("must be between 0 and 4, got {}", self.sampler_exponent);
            return Err(Error::setting("sampler_exponent", says));
        }
        if u32::try_from(train.len()).is_err() {
            return Err(Error::Unsupported(
                "networks learn from at most 4,294,967,295 interactions".into(),
            ));
        }
        let (low, high) = train.scale();
        if self.loss == Objective::Squared {
            if self.link == Link::Sigmoid && low == high {
                let says = format!(
                    "all values are {low}, but `sigmoid` needs two different values; use `linear`"
                );
                return Err(Error::setting("link", says));
            }
            return Ok(());
        }
        if low != high || low <= 0.0 {
            let says = format!(
                "needs interactions that all count the same (only `squared` learns values), but values \
                 range from {low} to {high}"
            );
            return Err(Error::setting("loss", says).with(Remedy::ImplicitOrThreshold(None)));
        }
        let items = train.items.len();
        if items < 2 {
            let says = "all interactions are with one item: there is nothing to rank it against";
            return Err(Error::Unfit(says.into()));
        }
        match self.negatives {
            _ if !self.samples() => Ok(()),
            0 => Err(Error::setting("negatives", "this loss needs at least 1, got 0")),
            n if n >= items => Err(Error::setting(
                "negatives",
                format!("must be fewer than the number of items, got {n} for {items} items"),
            )),
            _ => Ok(()),
        }
    }

    /// The source of negatives: those `given` by user if there are any, otherwise sampled.
    pub(super) fn sampler<'a>(
        &self,
        train: &'a Ratings,
        given: Option<&[Vec<u32>]>,
    ) -> Result<Sampler<'a>> {
        let Some(lists) = given else {
            return Ok(Sampler::new(&train.by_user, self.sampler, self.sampler_exponent));
        };
        let unfit = |says: String| Err(Error::Unfit(format!("given negatives: {says}")));
        let (users, items) = (train.users.len(), train.items.len());
        if lists.len() != users {
            return unfit(format!("{} lists for {users} users", lists.len()));
        }
        if let Some(item) = lists.iter().flatten().find(|&&item| item as usize >= items) {
            return unfit(format!("item {item} of {items} items"));
        }
        let sampler = Sampler::given(&train.by_user, lists);
        match (0..users as u32).any(|u| sampler.has_negatives(u)) {
            true => Ok(sampler),
            false => unfit("every given negative is an item its user already has".into()),
        }
    }

    /// The scale of values during training.
    pub(super) fn scale(&self, train: &Ratings) -> Scale {
        match self.loss {
            Objective::Squared => Scale::of(train),
            _ => Scale::of(train).as_they_are(),
        }
    }

    /// The mapping from score to prediction: scores of a linear link are in the unit of `scale`.
    pub(super) fn response(&self, train: &Ratings, scale: Scale) -> ScoreFunction {
        match (self.loss, self.link) {
            (Objective::Squared, Link::Sigmoid) => {
                let (low, high) = train.scale();
                ScoreFunction::Sigmoid { low, high }
            }
            (Objective::Squared, Link::Linear) if scale.unit() != 1.0 => {
                let (activation, factor) = (Activation::Identity, scale.unit());
                ScoreFunction::Output(Output { activation, offset: 0.0, factor, range: None })
            }
            _ => ScoreFunction::Identity,
        }
    }

    /// How new users get a vector; negatives that were `given` do not apply to them.
    pub(super) fn fold_in(&self, given: bool, scale: Scale) -> Sampled {
        let (loss, negatives) = match self.loss {
            Objective::Squared => (self.loss, 0),
            // Estimated from samples: a request must not cost as much as an epoch.
            Objective::FullSoftmax => (Objective::Softmax, self.negatives.max(1)),
            _ => (self.loss, self.negatives),
        };
        Sampled {
            loss,
            negatives: negatives as u32,
            sampler: if given { Sampling::Uniform } else { self.sampler },
            exponent: self.sampler_exponent,
            reg: self.reg,
            bias: false,
            unit: scale.unit(),
        }
    }
}
