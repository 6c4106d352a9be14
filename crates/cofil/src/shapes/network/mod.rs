//! The shape of neural collaborative filtering: embeddings and a learned function of them.
//!
//! score(u, i) = link(h · [p_u ∘ q_i ; φ([p′_u ; q′_i])] + b), where either half may be missing: the product of the
//! first pair of embeddings (the tower of GMF), and the last layer of a tower φ of dense layers above the second
//! pair. The first layer splits, W₁ [p ; q] = W₁ᵖ p + W₁ᵠ q: the items' half is computed once for all users, and the
//! user's once for all items. A few narrow products remain for each pair.

mod serve;
pub(crate) mod tower;

use super::factors::{FactorsSettings, ScoreFunction};
use super::output::Output;
use super::sampled::Sampled;
use super::{Factors, FoldIn};
use crate::data::{Csr, Pool, Row};
use crate::error::Result;
use crate::math::Matrix;
use crate::model::{Change, Contributions, Forgetting, Model, User, leave_one_out};
use crate::nn::layers::Activation;
use crate::nn::loss::Response;
use crate::store::{self, Archive, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serve::Ready;
use std::sync::OnceLock;

/// Embeddings and the layers above them.
#[derive(Clone, Debug)]
pub struct Network {
    /// p and q, with their half of h.
    pub product: Option<Product>,
    /// p′ and q′, with the layers above and their half of h.
    pub tower: Option<Layers>,
    /// Number of users who like each item: the scores for users without vector and history.
    pub popular: Vec<f32>,
    /// Start of a new user's vector, see [`Sampled`]: p, then p′.
    pub stranger: Vec<f32>,
    /// Settings of scoring and fold-in.
    pub settings: NetworkSettings,
    /// Tables for scoring, computed on first use.
    ready: OnceLock<Ready>,
    /// The pool negatives are sampled from, computed at the first fold-in.
    pool: OnceLock<Pool>,
}

/// The tower of GMF.
#[derive(Clone, Debug)]
pub struct Product {
    /// User vectors p, users × factors.
    pub users: Matrix,
    /// Item vectors q, items × factors.
    pub items: Matrix,
    /// This tower's part of the output weights h.
    pub output: Vec<f32>,
}

/// The tower of layers.
#[derive(Clone, Debug)]
pub struct Layers {
    /// User vectors p′, users × half the inputs of the first layer.
    pub users: Matrix,
    /// Item vectors q′, items × width.
    pub items: Matrix,
    /// W (outputs × inputs) and b of each layer, at least one.
    pub dense: Vec<(Matrix, Vec<f32>)>,
    /// This tower's part of the output weights h.
    pub output: Vec<f32>,
}

/// The settings of a [`Network`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSettings {
    /// Activation of every layer.
    pub activation: Activation,
    /// Bias b of the output.
    pub bias: f32,
    /// How the weighted sum becomes a score.
    pub link: ScoreFunction,
    /// How a new user gets a vector.
    pub fold_in: Sampled,
}

impl NetworkSettings {
    fn is_sound(&self) -> bool {
        self.bias.is_finite() && self.link.is_sound() && self.fold_in.is_sound()
    }
}

impl Network {
    /// Name of the shape in model files.
    pub const KIND: &str = "network";

    /// Returns a network of at least one half; sizes must fit together.
    pub fn new(
        product: Option<Product>,
        tower: Option<Layers>,
        popular: Vec<f32>,
        stranger: Vec<f32>,
        settings: NetworkSettings,
    ) -> Self {
        let (ready, pool) = (OnceLock::new(), OnceLock::new());
        Self { product, tower, popular, stranger, settings, ready, pool }
    }

    /// Converts a network without layers to an inner product: h is multiplied into the item vectors, and the factor of
    /// a linear link into the user vectors.
    pub fn into_factors(self) -> Option<Factors> {
        let Product { mut users, mut items, output } =
            self.product.filter(|_| self.tower.is_none())?;
        for item in 0..items.rows() {
            items.row_mut(item).iter_mut().zip(&output).for_each(|(q, h)| *q *= h);
        }
        let NetworkSettings { bias, link, fold_in, .. } = self.settings;
        let (unit, link) = match link {
            ScoreFunction::Output(Output {
                activation: Activation::Identity,
                offset: 0.0,
                factor,
                range: None,
            }) => (factor, ScoreFunction::Identity),
            link => (1.0, link),
        };
        users.data_mut().iter_mut().for_each(|x| *x *= unit);
        let fold_in = FoldIn::Sampled(fold_in);
        let settings = FactorsSettings { offset: unit * bias, link, fold_in };
        Some(Factors::new(users, items, self.popular, settings))
    }

    /// Reads the shape from its file.
    ///
    /// # Errors
    /// If an array is missing or has the wrong size, or a setting is outside its range.
    pub fn load(settings: &Value, archive: &Archive, users: usize, items: usize) -> Result<Self> {
        let settings: NetworkSettings = serde_json::from_value(settings.clone())
            .map_err(|e| archive.bad(format!("settings of shape network: {e}")))?;
        if !settings.is_sound() {
            return Err(archive.bad("a setting of shape network is outside its range"));
        }
        let pair = |name: &str| -> Result<(Matrix, Matrix)> {
            let p = archive.matrix(&format!("{name}_users"), Some(users))?;
            let q = archive.matrix(&format!("{name}_items"), Some(items))?;
            match p.cols() == q.cols() && p.cols() > 0 {
                true => Ok((p, q)),
                false => {
                    let says = format!("user and item vectors of the {name} do not fit together");
                    Err(archive.bad(says))
                }
            }
        };
        let product = match archive.has("product_users") {
            false => None,
            true => {
                let (users, items) = pair("product")?;
                let output = archive.vector("product_output", users.cols())?;
                Some(Product { users, items, output })
            }
        };
        let tower = match archive.has("tower_users") {
            false => None,
            true => {
                let (users, items) = pair("tower")?;
                let mut dense: Vec<(Matrix, Vec<f32>)> = Vec::new();
                let mut width = 2 * users.cols();
                while archive.has(&format!("layer_{}_weights", dense.len() + 1)) {
                    let number = dense.len() + 1;
                    let weights = archive.matrix(&format!("layer_{number}_weights"), None)?;
                    let bias = archive.vector(&format!("layer_{number}_bias"), weights.rows())?;
                    if weights.cols() != width || bias.is_empty() {
                        let says = format!("layer {number} does not fit the layer below");
                        return Err(archive.bad(says));
                    }
                    width = bias.len();
                    dense.push((weights, bias));
                }
                if dense.is_empty() {
                    return Err(archive.bad("array `layer_1_weights` is missing"));
                }
                let output = archive.vector("tower_output", width)?;
                Some(Layers { users, items, dense, output })
            }
        };
        if product.is_none() && tower.is_none() {
            return Err(archive.bad("a network without embeddings"));
        }
        let width = product.as_ref().map_or(0, |half| half.users.cols())
            + tower.as_ref().map_or(0, |half| half.users.cols());
        let popular = archive.vector("popular", items)?;
        let stranger = archive.vector("stranger", width)?;
        Ok(Self::new(product, tower, popular, stranger, settings))
    }

    /// The link in the form the loss of fold-in needs.
    fn response(&self) -> Response {
        self.settings.link.response()
    }

    /// Returns the vector to score `user` with: p, then p′; `None` for a user about whom nothing is known.
    pub(super) fn vector_of(&self, user: User<'_>) -> Option<Vec<f32>> {
        match user.index {
            Some(u) => {
                let halves = [
                    self.product.as_ref().map(|half| half.users.row(u as usize)),
                    self.tower.as_ref().map(|half| half.users.row(u as usize)),
                ];
                Some(halves.into_iter().flatten().flatten().copied().collect())
            }
            None if user.history.is_empty() => None,
            None => {
                let fold_in = self.settings.fold_in;
                let pool = self.pool.get_or_init(|| fold_in.pool(&self.popular));
                let (history, items, start) = (user.history, self.popular.len(), &self.stranger);
                let found =
                    fold_in.vector(history, items, pool, self.response(), start, self.of_user());
                let sound = found.iter().all(|x| x.is_finite());
                Some(if sound { found } else { start.clone() })
            }
        }
    }
}

impl Model for Network {
    fn items(&self) -> usize {
        self.popular.len()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        match self.vector_of(user) {
            Some(vector) => self.score_items(&vector, items, scores),
            None => items.iter().zip(scores).for_each(|(&i, s)| *s = self.popular[i as usize]),
        }
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        for (r, &user) in users.iter().enumerate() {
            match self.vector_of(user) {
                Some(vector) => self.score_all(&vector, scores.row_mut(r)),
                None => scores.row_mut(r).copy_from_slice(&self.popular),
            }
        }
    }

    /// An only entry is credited with the change it makes for an average user.
    fn contributions(&self, history: Row<'_>, items: &[u32]) -> Vec<Contributions> {
        let mut nothing = vec![0.0; items.len()];
        self.score_items(&self.stranger, items, &mut nothing);
        leave_one_out(self, history, items, &nothing)
    }

    fn item_vectors(&self) -> Option<&Matrix> {
        Some(self.vectors())
    }

    fn updated(&self, change: &Change<'_>) -> Option<Box<dyn Model>> {
        Some(Box::new(self.updated_by(change)))
    }

    fn without_users(&self, users: &[u32], liked: &Csr) -> Option<Forgetting> {
        Some(self.without(users, liked))
    }

    fn users(&self) -> Option<usize> {
        let of_tower = self.tower.as_ref().map(|half| half.users.rows());
        self.product.as_ref().map(|half| half.users.rows()).or(of_tower)
    }

    fn check(&self) -> Result<()> {
        let (users, items) = (self.users().unwrap_or(0), self.popular.len());
        let mut width = 0;
        let mut fits = |p: &Matrix, q: &Matrix| {
            width += p.cols();
            p.cols() == q.cols() && p.cols() > 0 && (p.rows(), q.rows()) == (users, items)
        };
        let product = self.product.as_ref().is_none_or(|half| {
            fits(&half.users, &half.items) && half.output.len() == half.users.cols()
        });
        let tower = self.tower.as_ref().is_none_or(|half| {
            let mut below = 2 * half.users.cols();
            let stacked = half.dense.iter().all(|(weights, bias)| {
                let fits =
                    weights.cols() == below && weights.rows() == bias.len() && !bias.is_empty();
                below = bias.len();
                fits
            });
            let sizes = !half.dense.is_empty() && half.output.len() == below;
            fits(&half.users, &half.items) && stacked && sizes
        });
        let halves = self.product.is_some() || self.tower.is_some();
        let whole = halves && self.stranger.len() == width && self.settings.is_sound();
        super::sound(Self::KIND, product && tower && whole)
    }

    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn settings(&self) -> Value {
        store::plain(&self.settings).expect("plain numbers serialize")
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        let mut tensors =
            vec![Tensor::f32("popular", &self.popular), Tensor::f32("stranger", &self.stranger)];
        if let Some(Product { users, items, output }) = &self.product {
            tensors.push(Tensor::matrix("product_users", users));
            tensors.push(Tensor::matrix("product_items", items));
            tensors.push(Tensor::f32("product_output", output));
        }
        if let Some(Layers { users, items, dense, output }) = &self.tower {
            tensors.push(Tensor::matrix("tower_users", users));
            tensors.push(Tensor::matrix("tower_items", items));
            for (number, (weights, bias)) in (1..).zip(dense) {
                tensors.push(Tensor::matrix(format!("layer_{number}_weights"), weights));
                tensors.push(Tensor::f32(format!("layer_{number}_bias"), bias));
            }
            tensors.push(Tensor::f32("tower_output", output));
        }
        tensors
    }
}

#[cfg(test)]
mod tests;
