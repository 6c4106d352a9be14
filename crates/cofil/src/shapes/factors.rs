//! The shape of all factor models: one inner product per item.
//!
//! score(u, i) = link(μ + b_u + b_i + p_u · q_i), where p_u is learned (known users) or folded in from a history (new
//! users) by [`FoldIn`].

use super::FoldIn;
use super::output::Output;
use crate::data::{Csr, Pool, Row};
use crate::error::Result;
use crate::math::matrix::{are_sums_in_order, mul_bt_by_row};
use crate::math::real::{exp, finite};
use crate::math::{Matrix, vector};
use crate::model::{
    Change, Contributions, Forgetting, Model, Places, Products, User, leave_one_out,
};
use crate::nn::loss::Response;
use crate::store::{self, Archive, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::OnceLock;

/// User and item vectors with biases.
#[derive(Clone, Debug)]
pub struct Factors {
    /// User vectors p, users × k; k = 0 for biases only.
    pub users: Matrix,
    /// Item vectors q, items × k.
    pub items: Matrix,
    /// User biases b_u.
    pub user_bias: Vec<f32>,
    /// Item biases b_i.
    pub item_bias: Vec<f32>,
    /// Number of users who like each item: the scores for users without vector and history.
    pub popular: Vec<f32>,
    /// Singular values of the decomposed matrix, descending; empty for all algorithms but `svd`. There may be more
    /// than k.
    pub singular_values: Vec<f32>,
    /// Settings of scoring and fold-in.
    pub settings: FactorsSettings,
    /// QᵀQ, computed at the first fold-in.
    pub(crate) gram: OnceLock<Matrix>,
    /// The pool negatives are sampled from, computed at the first fold-in.
    pub(crate) pool: OnceLock<Pool>,
}

/// The settings of a [`Factors`] model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactorsSettings {
    /// Offset μ, added to every inner product.
    pub offset: f32,
    /// How the inner product becomes a score.
    pub link: ScoreFunction,
    /// How a new user gets a vector.
    pub fold_in: FoldIn,
}

impl FactorsSettings {
    /// Whether every number is in its range.
    fn is_sound(&self) -> bool {
        let logistic = matches!(self.fold_in, FoldIn::Logistic { .. });
        let fits = !logistic || matches!(self.link, ScoreFunction::Sigmoid { .. });
        self.link.is_sound() && fits && self.offset.is_finite() && self.fold_in.is_sound()
    }
}

/// How the inner product becomes a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ScoreFunction {
    /// The inner product itself.
    Identity,
    /// low + (high − low) · σ(x).
    Sigmoid {
        /// Smallest value.
        low: f32,
        /// Largest value.
        high: f32,
    },
    /// The output function of a network's last layer.
    Output(Output),
}

impl ScoreFunction {
    /// Whether every number is in its range.
    pub(super) fn is_sound(self) -> bool {
        match self {
            Self::Identity => true,
            Self::Sigmoid { low, high } => low < high && (high - low).is_finite(),
            Self::Output(output) => output.is_sound(),
        }
    }

    /// Returns the score of a finite sum.
    #[inline(always)]
    pub(super) fn apply(self, x: f32) -> f32 {
        match self {
            Self::Identity => x,
            Self::Sigmoid { low, high } => low + (high - low) / (1.0 + exp(-x)),
            Self::Output(output) => output.score(x),
        }
    }

    /// The same function in the form a loss needs.
    pub(crate) fn response(self) -> Response {
        match self {
            Self::Identity | Self::Output(_) => Response::Linear,
            Self::Sigmoid { low, high } => Response::Sigmoid { low, high },
        }
    }
}

impl Factors {
    /// Name of the shape in model files.
    pub(crate) const KIND: &str = "factors";

    /// Returns a model without biases; set them as fields.
    ///
    /// # Panics
    /// If the sizes do not fit together, which is a bug in the algorithm.
    pub fn new(users: Matrix, items: Matrix, popular: Vec<f32>, settings: FactorsSettings) -> Self {
        assert_eq!(users.cols(), items.cols(), "one width of vectors");
        assert_eq!(items.rows(), popular.len(), "one count per item");
        Self {
            user_bias: vec![0.0; users.rows()],
            item_bias: vec![0.0; items.rows()],
            users,
            items,
            popular,
            singular_values: Vec::new(),
            settings,
            gram: OnceLock::new(),
            pool: OnceLock::new(),
        }
    }

    /// Returns a model without vectors: all users get the same order.
    pub(crate) fn biases_only(users: usize, popular: Vec<f32>) -> Self {
        let settings =
            FactorsSettings { offset: 0.0, link: ScoreFunction::Identity, fold_in: FoldIn::Biases };
        let (p, q) = (Matrix::zeros(users, 0), Matrix::zeros(popular.len(), 0));
        Self { item_bias: popular.clone(), ..Self::new(p, q, popular, settings) }
    }

    /// Number of factors k.
    pub fn factors(&self) -> usize {
        self.items.cols()
    }

    /// Reads the shape from its file.
    ///
    /// # Errors
    /// If an array is missing or has the wrong size, or a setting is outside its range.
    pub(crate) fn load(
        settings: &Value,
        archive: &Archive,
        users: usize,
        items: usize,
    ) -> Result<Self> {
        let settings: FactorsSettings = serde_json::from_value(settings.clone())
            .map_err(|e| archive.bad(format!("settings of shape factors: {e}")))?;
        if !settings.is_sound() {
            return Err(archive.bad("a setting of shape factors is outside its range"));
        }
        let (p, q) = (
            archive.matrix("user_factors", Some(users))?,
            archive.matrix("item_factors", Some(items))?,
        );
        if p.cols() != q.cols() {
            return Err(archive.bad("user and item factors have different widths"));
        }
        let singular_values = match archive.has("singular_values") {
            true => archive.f32("singular_values")?,
            false => Vec::new(),
        };
        if singular_values.iter().any(|&s| s < 0.0) {
            return Err(archive.bad("array `singular_values` holds a negative number"));
        }
        Ok(Self {
            user_bias: archive.vector("user_bias", users)?,
            item_bias: archive.vector("item_bias", items)?,
            singular_values,
            ..Self::new(p, q, archive.vector("popular", items)?, settings)
        })
    }

    /// Returns the vector and bias to score `user` with; `None` for a user about whom nothing is known.
    fn vector_of<'a>(&'a self, user: User<'_>) -> Option<(Cow<'a, [f32]>, f32)> {
        match user.index {
            Some(u) => Some((self.users.row(u as usize).into(), self.user_bias[u as usize])),
            None if user.history.is_empty() => None,
            None => {
                let (p, bias) = self.fold_in(user.history);
                Some((p.into(), bias))
            }
        }
    }

    fn link(&self, x: f32) -> f32 {
        self.settings.link.apply(finite(x))
    }

    /// The score of a sum without a link.
    #[inline(always)]
    fn plain(noise: f32) -> impl Fn(f32) -> f32 {
        move |x| if x.abs() <= noise { 0.0 } else { finite(x) }
    }

    /// Scores up to this say nothing: only rounding and what is left of the initial vectors keep them from 0, the
    /// score of items that nobody shares with the user.
    fn noise(&self) -> f32 {
        match self.settings.fold_in {
            // The targets are 0 and 1, in numbers of 24 bits.
            FoldIn::Implicit { .. } => f32::EPSILON,
            _ => 0.0,
        }
    }
}

impl Model for Factors {
    fn items(&self) -> usize {
        self.items.rows()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        let Some((p, bias)) = self.vector_of(user) else {
            items.iter().zip(scores).for_each(|(&i, s)| *s = self.popular[i as usize]);
            return;
        };
        let plain = Self::plain(self.noise());
        for (&i, score) in items.iter().zip(scores) {
            let i = i as usize;
            let product = vector::dot(&p, self.items.row(i));
            let sum = self.settings.offset + bias + self.item_bias[i] + product;
            *score = match self.settings.link {
                ScoreFunction::Identity => plain(sum),
                ScoreFunction::Sigmoid { .. } | ScoreFunction::Output(_) => self.link(sum),
            };
        }
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        let k = self.factors();
        let known: Vec<_> = users.iter().map(|&user| self.vector_of(user)).collect();
        let mut block = Matrix::zeros(users.len(), k);
        for (r, user) in known.iter().enumerate() {
            if let Some((p, _)) = user {
                block.row_mut(r).copy_from_slice(p);
            }
        }
        let n = self.items();
        let plain = Self::plain(self.noise());
        let (block, items) = (block.data(), self.items.data());
        mul_bt_by_row(scores.data_mut(), block, items, users.len(), n, k);
        for (r, user) in known.iter().enumerate() {
            let row = scores.row_mut(r);
            let Some((_, bias)) = user else {
                row.copy_from_slice(&self.popular);
                continue;
            };
            let base = self.settings.offset + bias;
            let biased = row.iter_mut().zip(&self.item_bias);
            match self.settings.link {
                // A loop of its own, so that it runs in wide registers.
                ScoreFunction::Identity => biased.for_each(|(s, b)| *s = plain(base + b + *s)),
                ScoreFunction::Sigmoid { .. } | ScoreFunction::Output(_) => {
                    biased.for_each(|(s, b)| *s = self.link(base + b + *s));
                }
            }
        }
    }

    /// Exact if a new user's vector is linear in the history.
    fn contributions(&self, history: Row<'_>, items: &[u32]) -> Vec<Contributions> {
        let nothing = |&item: &u32| match self.settings.fold_in {
            // Descent starts at zero, so this is the score of a user without entries.
            FoldIn::Sampled(_) => self.link(self.settings.offset + self.item_bias[item as usize]),
            _ => 0.0,
        };
        self.linear_contributions(history, items).unwrap_or_else(|| {
            leave_one_out(self, history, items, &items.iter().map(nothing).collect::<Vec<_>>())
        })
    }

    fn item_vectors(&self) -> Option<&Matrix> {
        (self.factors() > 0).then_some(&self.items)
    }

    fn user_vectors(&self) -> Option<&Matrix> {
        (self.factors() > 0).then_some(&self.users)
    }

    fn places(&self) -> Option<Places> {
        if self.factors() == 0 || self.settings.link != ScoreFunction::Identity {
            return None;
        }
        // The user bias is one more direction, whose item side is 1.
        let bias = self.user_bias.iter().any(|&b| b != 0.0);
        let with = |rows: &Matrix, last: &dyn Fn(usize) -> f32| {
            let k = rows.cols();
            let entry = |r: usize, c: usize| if c < k { rows.row(r)[c] } else { last(r) };
            Matrix::from_fn(rows.rows(), k + usize::from(bias), entry)
        };
        Some(Places {
            users: with(&self.users, &|u| self.user_bias[u]),
            items: with(&self.items, &|_| 1.0),
            base: self.item_bias.iter().map(|b| self.settings.offset + b).collect(),
        })
    }

    fn products(&self) -> Option<Products<'_>> {
        if self.settings.link != ScoreFunction::Identity || !are_sums_in_order(self.items()) {
            return None;
        }
        let of_user = |user: User<'_>| {
            let (p, bias) = self.vector_of(user)?;
            Some((p.into_owned(), self.settings.offset + bias))
        };
        let noise = self.noise();
        let plain = Self::plain(noise);
        Some(Products {
            items: &self.items,
            bias: &self.item_bias,
            of_user: Box::new(of_user),
            score: Box::new(move |_, x| plain(x)),
            // A score of noise below 0 is 0.
            floor: if noise > 0.0 { 0.0 } else { f32::MIN },
        })
    }

    fn updated(&self, change: &Change<'_>) -> Option<Box<dyn Model>> {
        Some(Box::new(self.updated_by(change)))
    }

    fn without_users(&self, users: &[u32], liked: &Csr) -> Option<Forgetting> {
        Some(self.without(users, liked))
    }

    fn check(&self) -> Result<()> {
        let (users, items) = (self.users.rows(), self.items.rows());
        let sizes = self.users.cols() == self.items.cols()
            && self.user_bias.len() == users
            && self.item_bias.len() == items
            && self.popular.len() == items;
        let falling = self.singular_values.iter().all(|&s| s >= 0.0);
        super::sound(Self::KIND, sizes && falling && self.settings.is_sound())
    }

    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn settings(&self) -> Value {
        store::plain(&self.settings).expect("plain numbers serialize")
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        let mut tensors = vec![
            Tensor::matrix("user_factors", &self.users),
            Tensor::matrix("item_factors", &self.items),
            Tensor::f32("user_bias", &self.user_bias),
            Tensor::f32("item_bias", &self.item_bias),
            Tensor::f32("popular", &self.popular),
        ];
        if !self.singular_values.is_empty() {
            tensors.push(Tensor::f32("singular_values", &self.singular_values));
        }
        tensors
    }
}
