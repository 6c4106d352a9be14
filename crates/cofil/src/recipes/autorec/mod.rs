//! AutoRec: an autoencoder with one hidden layer fills the gaps of the rating matrix.
//!
//! h(r) = f(W g(V r + μ) + b), where r is a row with zeros for unknown entries. `autorec-item` encodes the ratings of
//! an item (columns are users), `autorec-user` those of a user (columns are items). The objective is Σ (ŷ − y)² over
//! the *observed* entries, in units, + λ/2 (‖W‖²_F + ‖V‖²_F). Biases have no penalty, and columns with many entries a
//! larger one (`reg_exponent`). Sedhain, Menon, Sanner & Xie, "AutoRec: autoencoders meet collaborative filtering",
//! WWW 2015.
//!
//! - Values are taken relative to the middle of the scale (`centre`), in the unit of [`Scale`]. So the prediction for
//!   an item or user without ratings is the middle: the paper's 3 for stars from 1 to 5.
//! - `autorec-item` adds its outputs to the level of the item: μ + b_i of [`Levels`], before the activation. The paper's
//!   network has an output per user, trained on the items this user rated, and nothing else says how much an item is
//!   liked: an item that everybody else rates lowest would be predicted the mean of a user who rated only good ones.
//!   Not with `centre` = `none`, which is the paper's network.
//! - Inputs of rows with many entries are scaled down (`input_exponent`).
//! - Steps follow the sum over the rows of a batch, divided by the size of a full batch. A column's rows of V and W
//!   pay the share of their penalty that the batch has of the column's entries: an epoch applies the penalty once to
//!   each row (of V for the inputs that are not dropped), and a batch touches only rows of its own entries.
//! - Values of a new user outside the scale of the data are used as they are; with `clip`, predictions end at the
//!   scale.
//! - **Interactions without ratings** cannot be told apart if only the observed entries count: a constant fits all
//!   ones. With `negatives` k > 0, each entry is a 1 (values that are not positive a 0), and for the n entries of a
//!   row k·n unobserved columns, sampled anew each epoch, have the target 0. Wu, DuBois, Zheng & Ester,
//!   "Collaborative denoising auto-encoders for top-N recommender systems", WSDM 2016.
//!
//! A new user's row of W is the solution of their part of the objective with the item codes fixed (`autorec-item`),
//! or their code is one more pass through the encoder (`autorec-user`).
//!
//! The cost of an epoch is proportional to its entries in both directions: see `learner`.
//!
//! # When to use
//!
//! `autorec-item`: to predict ratings when items have many of them: the most accurate on dense data, slower than
//! `biased-mf`. A new user's vector is a ridge regression.
//!
//! `autorec-user`: to predict ratings for new users by one pass through the network. It needs users with many ratings;
//! otherwise `autorec-item` is more accurate.

mod batch;
mod kernel;
mod learner;

use super::{Preset, Range, Recipe, Target, check_vectors};
use crate::check::{check_count, check_descent, check_share};
use crate::data::levels::{self, Levels};
use crate::data::{Csr, Ratings};
use crate::error::{Error, Result};
use crate::math::Matrix;
use crate::math::real::power;
use crate::memory::check_bytes;
use crate::model::Model;
use crate::nn::layers::Activation;
use crate::nn::optimizer::{MOMENTUM, Optimizer};
use crate::nn::schedule::Schedule;
use crate::recipes::scale::Scale;
use crate::recipes::settings::settings;
use crate::shapes::auto_encoder::{AutoEncoderSettings, Input};
use crate::shapes::factors::{FactorsSettings, ScoreFunction};
use crate::shapes::output::Output;
use crate::shapes::{AutoEncoder, Factors, FoldIn};
use crate::train::{Fitted, Run};
use learner::Network;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::fmt::Debug;
use std::marker::PhantomData;

/// Settings of `autorec-item`.
pub type AutorecItem = AutoRec<ByItem>;
/// Settings of `autorec-user`.
pub type AutorecUser = AutoRec<ByUser>;

settings! {
    /// Settings of both AutoRecs; their defaults differ.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields, bound = "S: AutoRecSide")]
    #[schemars(bound = "S: AutoRecSide")]
    pub struct AutoRec<S>: network {
        /// Units of the hidden layer, ≥ 1; 500 in the paper.
        pub hidden: usize,
        /// λ, L2 penalty on both weight matrices, ≥ 0. Larger values give smoother predictions. The defaults (200 for
        /// items, 250 for users) and those of the other settings predict MovieLens-1M best.
        pub reg: f32,
        /// Exponent x of the penalty λ (n / mean n)^x of a column with n entries, in [0, 1]: 0 is the paper's even
        /// penalty, 1 the same per entry.
        pub reg_exponent: f32,
        /// g, activation of the encoder.
        pub encoder: Activation,
        /// f, activation of the decoder. Bounded ones span the scale of the data.
        pub decoder: Activation,
        /// Dropout rate of the inputs, in [0, 1); the rest are scaled up.
        pub dropout: f32,
        /// Unobserved entries per observed one, with target 0. At 0, ratings are predicted; above, all entries count
        /// as 1 and items are ranked.
        pub negatives: usize,
        /// Value subtracted from ratings before encoding and added to predictions.
        pub centre: Centre,
        /// Exponent x of the factor (mean n / n)^x on the inputs of a row with n entries, in [0, 1]. With 0, as in
        /// the paper, rows with many entries saturate the hidden units, and the error on MovieLens-1M is .006 higher.
        pub input_exponent: f32,
        /// Whether predictions are clipped to the range of ratings in the data. Off, so that top items are not tied;
        /// evaluation clips errors anyway.
        pub clip: bool,
        #[doc(hidden)]
        #[serde(skip)]
        pub side: PhantomData<S>,
    }
}

/// Value subtracted from ratings before encoding and added to predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Centre {
    /// The middle of the scale.
    #[default]
    Middle,
    /// The mean.
    Mean,
    /// Nothing, as in the paper.
    None,
}

/// AutoRec whose rows are items (I-AutoRec).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByItem;

/// AutoRec whose rows are users (U-AutoRec).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByUser;

/// The rows that are encoded: those of items or those of users.
pub trait AutoRecSide: Clone + Debug + Send + Sync + 'static {
    /// Default of `reg`.
    const REG: f32;
    /// Named sets of settings.
    const PRESETS: &'static [Preset];
    /// Whether rows have a level of their own, to which the outputs of their columns are added.
    const LEVELS: bool;
    /// The rows.
    fn rows(train: &Ratings) -> Cow<'_, Csr>;
}

impl AutoRecSide for ByItem {
    const LEVELS: bool = true;
    const REG: f32 = 200.0;
    const PRESETS: &'static [Preset] = &[Preset {
        name: "tutorial",
        about: "Textbook chapter on MovieLens-100K: ratings as they are, 25 epochs of Adam at a constant rate.",
        settings: || {
            json!({
                "hidden": 500, "epochs": 25, "batch_size": 256, "learning_rate": 0.002, "schedule": "constant",
                "reg": 30.0, "reg_exponent": 0.0, "dropout": 0.0, "centre": "none", "input_exponent": 0.0,
                "init_scale": 0.01,
            })
        },
    }];

    fn rows(train: &Ratings) -> Cow<'_, Csr> {
        Cow::Owned(train.by_user.transposed())
    }
}

impl AutoRecSide for ByUser {
    const LEVELS: bool = false;
    const REG: f32 = 250.0;
    const PRESETS: &'static [Preset] = &[];

    fn rows(train: &Ratings) -> Cow<'_, Csr> {
        Cow::Borrowed(&train.by_user)
    }
}

/// How the trained network is served.
trait Served: AutoRecSide {
    type Shape: Model + 'static;
    fn shape(network: &Network<'_, Self>) -> Self::Shape;
}

impl Served for ByItem {
    type Shape = Factors;

    /// Users are (w, b), items their codes and 1: the inner product is the input of the decoder's activation.
    fn shape(network: &Network<'_, Self>) -> Factors {
        // A new user's part of the objective, with the codes fixed; unobserved items get the weight with which they
        // are sampled on average.
        let rows = &*network.rows;
        let reg_exponent = network.settings.reg_exponent;
        let reg = 0.5 * network.settings.reg * power(network.mean_count, -reg_exponent);
        let drawn = network.settings.negatives as f32 * rows.nnz() as f32;
        let unobserved = rows.rows() as f32 * rows.cols() as f32 - rows.nnz() as f32;
        let fold_in = match network.settings.negatives {
            0 => FoldIn::Ridge { reg, reg_exponent, bias: false, unit: 1.0 },
            _ => FoldIn::Implicit {
                reg: 0.5 * network.settings.reg,
                reg_exponent: 0.0,
                unobserved_weight: (drawn / unobserved.max(1.0)).min(1.0),
                alpha: 0.0,
            },
        };
        let link = ScoreFunction::Output(network.scale.output);
        let settings = FactorsSettings { offset: 0.0, link, fold_in };
        let (users, items) = (network.outputs(), network.all_codes());
        let item_bias = network.levels.clone();
        Factors { item_bias, ..Factors::new(users, items, network.popular.clone(), settings) }
    }
}

impl Served for ByUser {
    type Shape = AutoEncoder;

    fn shape(network: &Network<'_, Self>) -> AutoEncoder {
        let hidden = network.settings.hidden;
        let mut encoder = Matrix::zeros(network.rows.cols(), hidden);
        for c in network.learned_columns() {
            encoder.row_mut(c).copy_from_slice(&network.encoder.values.row(c)[..hidden]);
        }
        let outputs = network.outputs();
        AutoEncoder {
            encoder,
            hidden_bias: network.hidden_bias.values.data()[..hidden].to_vec(),
            decoder: Matrix::from_fn(outputs.rows(), hidden, |c, l| outputs.row(c)[l]),
            output_bias: (0..outputs.rows()).map(|c| outputs.row(c)[hidden]).collect(),
            popular: network.popular.clone(),
            settings: network.scale,
        }
    }
}

impl<S: AutoRecSide> Default for AutoRec<S> {
    fn default() -> Self {
        Self {
            hidden: 500,
            epochs: 50,
            batch_size: 512,
            learning_rate: 0.004,
            schedule: Schedule::Cosine,
            decay: 0.02,
            period: 50,
            optimizer: Optimizer::Adam,
            momentum: MOMENTUM,
            reg: S::REG,
            reg_exponent: 0.5,
            encoder: Activation::Sigmoid,
            decoder: Activation::Identity,
            dropout: 0.6,
            negatives: 0,
            centre: Centre::Middle,
            input_exponent: 0.5,
            clip: false,
            init_scale: 0.03,
            side: PhantomData,
        }
    }
}

impl<S: Served> Recipe for AutoRec<S> {
    fn presets(&self) -> &'static [Preset] {
        S::PRESETS
    }

    fn target(&self) -> Target {
        match self.negatives {
            0 => Target::Rating,
            _ => Target::Preference,
        }
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::log_whole("hidden", 50, 600),
            Range::whole("epochs", 5, 60),
            Range::log("learning_rate", 0.0005, 0.02),
            Range::log("reg", 5.0, 1000.0),
            Range::real("dropout", 0.0, 0.8),
        ]
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        self.check(train)?;
        let mut network = Network::new(self, train, run);
        check_bytes("batch_size", self.batch_bytes(&network.rows), "the entries of a batch")?;
        Ok(run.learn(&mut network, train, self.epochs)?.boxed())
    }
}

impl<S: AutoRecSide> AutoRec<S> {
    fn check(&self, train: &Ratings) -> Result<()> {
        check_count("hidden", self.hidden)?;
        check_vectors("hidden", 6, train, self.hidden)?;
        check_count("epochs", self.epochs)?;
        check_count("batch_size", self.batch_size)?;
        check_count("period", self.period)?;
        check_descent(self.learning_rate, self.decay, self.reg, self.init_scale)?;
        check_share("momentum", self.momentum)?;
        check_share("dropout", self.dropout)?;
        for (name, exponent) in
            [("input_exponent", self.input_exponent), ("reg_exponent", self.reg_exponent)]
        {
            if !(0.0..=1.0).contains(&exponent) {
                let says = format!("must be at least 0 and at most 1, got {exponent}");
                return Err(Error::setting(name, says));
            }
        }
        let (low, high) = train.scale();
        if self.negatives == 0 && low == high {
            let says = format!(
                "all values are {low}, so without unobserved entries there is nothing to learn; \
                 set it to 5, for example"
            );
            return Err(Error::setting("negatives", says));
        }
        Ok(())
    }

    /// Upper limit of the memory of a batch's entries: as inputs and outputs, by row and by column.
    fn batch_bytes(&self, rows: &Csr) -> u128 {
        let outputs = |entries: usize| {
            entries.saturating_mul(self.negatives.saturating_add(1)).min(rows.cols()) as u128
        };
        let counts = || rows.iter().map(|row| row.len() as u128 + outputs(row.len()));
        let (longest, all) = (counts().max().unwrap_or(0), counts().sum::<u128>());
        // A column or row, and a number.
        2 * 8 * all.min(longest.saturating_mul(self.batch_size as u128))
    }

    /// The learning rate η of an epoch.
    fn rate(&self, epoch: usize) -> f32 {
        self.schedule.rate(self.learning_rate, self.decay, self.period, epoch)
    }

    /// The level of each row as an output before the activation: that of its item in the baseline of biases, 0 without
    /// ratings.
    fn levels(&self, train: &Ratings, rows: usize, output: Output) -> Vec<f32> {
        if !S::LEVELS || self.negatives > 0 || self.centre == Centre::None {
            return vec![0.0; rows];
        }
        let mean = train.mean();
        let Levels { item_bias, .. } =
            Levels::fit(&train.by_user, mean, levels::EPOCHS, levels::REG_USER, levels::REG_ITEM);
        let rated = train.by_user.column_counts();
        let level = |(bias, &n): (&f32, &u32)| match n {
            0 => 0.0,
            _ => output.inverse(mean + bias),
        };
        item_bias.iter().zip(&rated).map(level).collect()
    }

    /// The mapping from values to the network's units and back.
    fn scale(&self, train: &Ratings, rows: &Csr) -> AutoEncoderSettings {
        let (low, high) = match self.negatives {
            0 => train.scale(),
            _ => (0.0, 1.0),
        };
        let middle = low.midpoint(high);
        let centre = match self.centre {
            Centre::Middle => middle,
            Centre::Mean => train.mean(),
            Centre::None => 0.0,
        };
        // Without a centre it is the paper's network, on values as they are.
        let unit = match self.centre {
            _ if self.negatives > 0 => 1.0,
            Centre::None => 1.0,
            Centre::Middle | Centre::Mean => Scale::of(train).unit(),
        };
        let (offset, factor) = match self.decoder {
            Activation::Sigmoid => (low, high - low),
            Activation::Tanh => (middle, 0.5 * (high - low)),
            _ if self.negatives > 0 => (0.0, 1.0),
            _ => (centre, unit),
        };
        let filled = rows.iter().filter(|row| !row.is_empty()).count();
        let input = Input {
            liked: self.negatives > 0,
            centre,
            unit,
            usual: rows.nnz() as f32 / filled.max(1) as f32,
            exponent: self.input_exponent,
        };
        let range = self.clip.then_some((low, high));
        let output = Output { activation: self.decoder, offset, factor, range };
        AutoEncoderSettings { input, hidden: self.encoder, output }
    }
}

#[cfg(test)]
mod tests;
