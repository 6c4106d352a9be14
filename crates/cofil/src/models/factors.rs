//! The shape of every factor model: one inner product per item.
//!
//! score(u, i) = link(μ + b_u + b_i + p_u · q_i), where p_u is learned (known users) or folded in
//! from a history (strangers) by [`FoldIn`].

use crate::data::Row;
use crate::error::Result;
use crate::math::matrix::{Output, mul_bt};
use crate::math::{Matrix, solve, vector};
use crate::model::{Model, User};
use crate::store::{Archive, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// User and item vectors with biases.
#[derive(Clone, Debug)]
pub struct Factors {
    /// p: users × k; k = 0 for biases only.
    pub users: Matrix,
    /// q: items × k.
    pub items: Matrix,
    /// b_u.
    pub user_bias: Vec<f32>,
    /// b_i.
    pub item_bias: Vec<f32>,
    /// How often each item occurs: what somebody without vector and history is shown.
    pub popular: Vec<f32>,
    /// The rest.
    pub settings: Settings,
}

/// What a [`Factors`] model needs beside its arrays.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// μ.
    pub offset: f32,
    /// From inner product to score.
    pub link: Link,
    /// How a stranger gets a vector.
    pub fold_in: FoldIn,
}

/// From inner product to score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The inner product itself.
    Identity,
    /// low + (high − low) · σ(x).
    Sigmoid {
        /// Smallest value.
        low: f32,
        /// Largest value.
        high: f32,
    },
}

/// How a stranger gets a vector from a history.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoldIn {
    /// Not at all: there are no vectors.
    Biases,
    /// Ridge regression of the values on the items' vectors.
    Ridge {
        /// L2 penalty.
        reg: f32,
    },
}

impl Factors {
    /// Name of the shape in model files.
    pub const KIND: &str = "factors";

    /// A model without vectors: every user sees the same order.
    pub fn biases_only(users: usize, popular: Vec<f32>) -> Self {
        Self {
            users: Matrix::zeros(users, 0),
            items: Matrix::zeros(popular.len(), 0),
            user_bias: vec![0.0; users],
            item_bias: popular.clone(),
            popular,
            settings: Settings { offset: 0.0, link: Link::Identity, fold_in: FoldIn::Biases },
        }
    }

    /// Number of factors k.
    pub fn factors(&self) -> usize {
        self.items.cols()
    }

    /// Reads the shape from its file.
    ///
    /// # Errors
    /// If an array is missing or has the wrong size.
    pub fn load(settings: &Value, archive: &Archive, users: usize, items: usize) -> Result<Self> {
        let settings: Settings = serde_json::from_value(settings.clone())
            .map_err(|e| archive.bad(format!("settings of shape factors: {e}")))?;
        let model = Self {
            users: archive.matrix("user_factors", Some(users))?,
            items: archive.matrix("item_factors", Some(items))?,
            user_bias: archive.vector("user_bias", users)?,
            item_bias: archive.vector("item_bias", items)?,
            popular: archive.vector("popular", items)?,
            settings,
        };
        match model.users.cols() == model.items.cols() {
            true => Ok(model),
            false => Err(archive.bad("user and item factors have different widths")),
        }
    }

    /// The vector and bias to score `user` with; `None` for somebody nothing is known of.
    fn vector_of<'a>(&'a self, user: User<'_>) -> Option<(std::borrow::Cow<'a, [f32]>, f32)> {
        match user.index {
            Some(u) => Some((self.users.row(u as usize).into(), self.user_bias[u as usize])),
            None if user.history.is_empty() => None,
            None => Some((self.fold_in(user.history).into(), 0.0)),
        }
    }

    fn fold_in(&self, history: Row<'_>) -> Vec<f32> {
        let k = self.factors();
        let FoldIn::Ridge { reg } = self.settings.fold_in else { return vec![0.0; k] };
        let (mut a, mut b) = (vec![0.0; k * k], vec![0.0; k]);
        for (item, value) in history.iter() {
            let q = self.items.row(item as usize);
            vector::add_scaled(&mut b, value - self.settings.offset, q);
            for r in 0..k {
                vector::add_scaled(&mut a[r * k..(r + 1) * k], q[r], q);
            }
        }
        for r in 0..k {
            a[r * k + r] += reg;
        }
        match solve::solve_spd(&mut a, &mut b) {
            true => b,
            false => vec![0.0; k],
        }
    }

    fn link(&self, x: f32) -> f32 {
        match self.settings.link {
            Link::Identity => x,
            Link::Sigmoid { low, high } => low + (high - low) / (1.0 + (-x).exp()),
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
        for (&i, score) in items.iter().zip(scores) {
            let i = i as usize;
            let product = vector::dot(&p, self.items.row(i));
            *score = self.link(self.settings.offset + bias + self.item_bias[i] + product);
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
        mul_bt(
            scores.data_mut(),
            Output::Replace,
            block.data(),
            self.items.data(),
            users.len(),
            n,
            k,
        );
        for (r, user) in known.iter().enumerate() {
            let row = scores.row_mut(r);
            match user {
                None => row.copy_from_slice(&self.popular),
                Some((_, bias)) => {
                    for (score, item_bias) in row.iter_mut().zip(&self.item_bias) {
                        *score = self.link(self.settings.offset + bias + item_bias + *score);
                    }
                }
            }
        }
    }

    fn item_vectors(&self) -> Option<&Matrix> {
        (self.factors() > 0).then_some(&self.items)
    }

    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn settings(&self) -> Value {
        serde_json::to_value(self.settings).expect("plain numbers serialize")
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        vec![
            Tensor::matrix("user_factors", &self.users),
            Tensor::matrix("item_factors", &self.items),
            Tensor::f32("user_bias", &self.user_bias),
            Tensor::f32("item_bias", &self.item_bias),
            Tensor::f32("popular", &self.popular),
        ]
    }
}
