//! The shape of autoencoders of user rows: the input is a user's history, the output a score for every item.
//!
//! score(u, i) = output(w_i · g(μ + Σ_{j in history} x_j v_j) + b_i), where x_j is the value of j minus a centre, in
//! units, and scaled down in long histories ([`Input`]). Known and new users are handled alike: one pass through the
//! encoder over the history.

use super::fold_in::{is_one, one};
use super::output::Output;
use crate::data::{Csr, Row};
use crate::error::Result;
use crate::math::matrix::mul_bt_by_row;
use crate::math::real::finite;
use crate::math::real::power;
use crate::math::{Matrix, vector};
use crate::model::{Attribution, Change, Contributions, Forgetting, Model, User, leave_one_out};
use crate::nn::layers::Activation;
use crate::store::{Archive, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Encoder, decoder, and the popularity of items for users without history.
#[derive(Clone, Debug)]
pub struct AutoEncoder {
    /// Encoder weights v, items × hidden.
    pub encoder: Matrix,
    /// Biases μ of the hidden units.
    pub hidden_bias: Vec<f32>,
    /// Decoder weights w, items × hidden; similar items are found by these.
    pub decoder: Matrix,
    /// Biases b of the outputs, one per item.
    pub output_bias: Vec<f32>,
    /// Number of users who like each item.
    pub popular: Vec<f32>,
    /// Settings of scoring.
    pub settings: AutoEncoderSettings,
}

/// The settings of an [`AutoEncoder`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoEncoderSettings {
    /// How values become inputs.
    pub input: Input,
    /// Activation g of the hidden units.
    pub hidden: Activation,
    /// How an output becomes a score.
    pub output: Output,
}

/// The mapping from the values of a row to the encoder's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Whether positive values count as 1 and others as 0.
    pub liked: bool,
    /// Value subtracted from each value.
    pub centre: f32,
    /// Difference that becomes 1, > 0.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub unit: f32,
    /// Length of a row whose inputs are not scaled, above 0.
    pub usual: f32,
    /// Inputs of a row with n entries are multiplied by (usual / n) to this power.
    pub exponent: f32,
}

impl Input {
    /// Returns the encoder's input for `value` in a row of the usual length.
    #[inline(always)]
    pub fn of(&self, value: f32) -> f32 {
        match self.liked {
            true => f32::from(value > 0.0),
            false => (value - self.centre) / self.unit,
        }
    }

    /// Returns the factor of the inputs of a row with n entries.
    pub fn factor(&self, n: usize) -> f32 {
        power(self.usual / n.max(1) as f32, self.exponent)
    }

    fn is_sound(&self) -> bool {
        let numbers = [self.centre, self.unit, self.usual, self.exponent];
        numbers.iter().all(|x| x.is_finite())
            && self.unit > 0.0
            && self.usual > 0.0
            && (0.0..=1.0).contains(&self.exponent)
    }
}

impl AutoEncoder {
    /// Name of the shape in model files.
    pub const KIND: &str = "auto-encoder";

    /// Reads the shape from its file.
    ///
    /// # Errors
    /// If an array is missing or has the wrong size, or a setting is outside its range.
    pub fn load(settings: &Value, archive: &Archive, items: usize) -> Result<Self> {
        let settings: AutoEncoderSettings = serde_json::from_value(settings.clone())
            .map_err(|e| archive.bad(format!("settings of shape auto-encoder: {e}")))?;
        if !(settings.output.is_sound() && settings.input.is_sound()) {
            return Err(archive.bad("a setting of shape auto-encoder is outside its range"));
        }
        let (encoder, decoder) =
            (archive.matrix("encoder", Some(items))?, archive.matrix("decoder", Some(items))?);
        if encoder.cols() != decoder.cols() {
            return Err(archive.bad("encoder and decoder have different widths"));
        }
        Ok(Self {
            hidden_bias: archive.vector("hidden_bias", encoder.cols())?,
            output_bias: archive.vector("output_bias", items)?,
            popular: archive.vector("popular", items)?,
            encoder,
            decoder,
            settings,
        })
    }

    /// g(μ + Σ x_j v_j).
    fn encode(&self, history: Row<'_>, code: &mut [f32]) {
        code.copy_from_slice(&self.hidden_bias);
        let input = self.settings.input;
        let factor = input.factor(history.len());
        for (item, value) in history.iter() {
            vector::add_scaled(code, factor * input.of(value), self.encoder.row(item as usize));
        }
        // Histories of any size give a finite code, and thus finite scores.
        code.iter_mut().for_each(|x| *x = finite(*x).clamp(-1e15, 1e15));
        self.settings.hidden.apply(code);
    }
}

impl Model for AutoEncoder {
    fn items(&self) -> usize {
        self.popular.len()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        if user.history.is_empty() {
            items.iter().zip(scores).for_each(|(&i, s)| *s = self.popular[i as usize]);
            return;
        }
        let mut code = vec![0.0; self.hidden_bias.len()];
        self.encode(user.history, &mut code);
        for (&i, score) in items.iter().zip(scores) {
            let x = vector::dot(&code, self.decoder.row(i as usize)) + self.output_bias[i as usize];
            *score = self.settings.output.score(finite(x));
        }
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        let (k, n) = (self.hidden_bias.len(), self.items());
        let mut codes = Matrix::zeros(users.len(), k);
        for (r, user) in users.iter().enumerate().filter(|(_, u)| !u.history.is_empty()) {
            self.encode(user.history, codes.row_mut(r));
        }
        let (codes, decoder) = (codes.data(), self.decoder.data());
        mul_bt_by_row(scores.data_mut(), codes, decoder, users.len(), n, k);
        for (r, user) in users.iter().enumerate() {
            let row = scores.row_mut(r);
            match user.history.is_empty() {
                true => row.copy_from_slice(&self.popular),
                false => {
                    let sums = row.iter_mut().zip(&self.output_bias);
                    sums.for_each(|(s, b)| *s = self.settings.output.score(finite(*s + b)));
                }
            }
        }
    }

    fn needs_history(&self) -> bool {
        true
    }

    /// Exact if hidden layer and output are linear.
    fn contributions(&self, history: Row<'_>, items: &[u32]) -> Vec<Contributions> {
        let AutoEncoderSettings { input, hidden, output } = self.settings;
        if hidden != Activation::Identity || output.activation != Activation::Identity {
            return leave_one_out(self, history, items, &vec![0.0; items.len()]);
        }
        let factor = output.factor * input.factor(history.len());
        let of_item = |&item: &u32| {
            let w = self.decoder.row(item as usize);
            let base = vector::dot(&self.hidden_bias, w) + self.output_bias[item as usize];
            let part = |(j, value): (u32, f32)| {
                factor * input.of(value) * vector::dot(self.encoder.row(j as usize), w)
            };
            Contributions {
                base: output.factor.mul_add(base, output.offset),
                parts: history.iter().map(part).collect(),
                method: Attribution::Exact,
            }
        };
        items.iter().map(of_item).collect()
    }

    fn item_vectors(&self) -> Option<&Matrix> {
        Some(&self.decoder)
    }

    fn updated(&self, change: &Change<'_>) -> Option<Box<dyn Model>> {
        Some(Box::new(self.updated_by(change)))
    }

    fn without_users(&self, users: &[u32], liked: &Csr) -> Option<Forgetting> {
        Some(self.without(users, liked))
    }

    fn check(&self) -> Result<()> {
        let (items, hidden) = (self.popular.len(), self.hidden_bias.len());
        let arrays = [&self.encoder, &self.decoder];
        let sizes = arrays.iter().all(|array| (array.rows(), array.cols()) == (items, hidden));
        let settings = self.settings.output.is_sound() && self.settings.input.is_sound();
        super::sound(Self::KIND, sizes && self.output_bias.len() == items && settings)
    }

    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn settings(&self) -> Value {
        serde_json::to_value(self.settings).expect("plain numbers serialize")
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        vec![
            Tensor::matrix("encoder", &self.encoder),
            Tensor::f32("hidden_bias", &self.hidden_bias),
            Tensor::matrix("decoder", &self.decoder),
            Tensor::f32("output_bias", &self.output_bias),
            Tensor::f32("popular", &self.popular),
        ]
    }
}
