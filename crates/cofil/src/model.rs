//! The trait of trained models: a model scores items for a user.
//!
//! ```
//! use cofil::data::Row;
//! use cofil::{Model, User};
//!
//! /// Likes items with a high number.
//! struct Newest(usize);
//!
//! impl Model for Newest {
//!     fn items(&self) -> usize {
//!         self.0
//!     }
//!
//!     fn score(&self, _: User<'_>, items: &[u32], scores: &mut [f32]) {
//!         items.iter().zip(scores).for_each(|(&item, score)| *score = item as f32);
//!     }
//! }
//!
//! let nobody = User { index: None, history: Row { columns: &[], values: &[] } };
//! assert_eq!(cofil::rank::top_k_all(&Newest(5), &[nobody], 2, true)[0], [(4, 4.0), (3, 3.0)]);
//! ```

use crate::data::{Csr, Ratings, Reading, Row};
use crate::error::{Error, Result};
use crate::math::real::finite;
use crate::math::{Matrix, parallel};
use crate::store::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A user to score items for: known, new, or without any history.
#[derive(Clone, Copy, Debug, Default)]
pub struct User<'a> {
    /// The user's row in the training data; `None` for a new user.
    pub index: Option<u32>,
    /// The items the user has, with values; may be empty.
    pub history: Row<'a>,
}

impl<'a> User<'a> {
    /// A new user with this history.
    pub fn new_user(history: Row<'a>) -> Self {
        Self { index: None, history }
    }

    /// User `u` of the training data. A user whose row is empty counts as a new user, because the model learned
    /// nothing about them.
    pub fn of(train: &'a Ratings, u: u32) -> Self {
        let history = train.by_user.row(u as usize);
        Self { index: (!history.is_empty()).then_some(u), history }
    }
}

/// A trained model. Scoring never fails and writes finite numbers; higher is better. For a user without index and
/// history, scores reflect popularity.
///
/// Implement `score` and `items`, and the whole toolkit works with your model: evaluation, top-k lists, similar items
/// (see `examples/own_model.rs`).
pub trait Model: Send + Sync {
    /// Number of items the model knows; their indices are `0..items()`.
    fn items(&self) -> usize;

    /// Writes one score for each of `items`, in order; `scores` has the length of `items`.
    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]);

    /// Scores all items for a block of users: row r of `scores` (users × items) is for `users[r]`. A row's bits do
    /// not depend on the other users in the block, so a user's list is the same whether requested alone or with all
    /// users.
    ///
    /// Runs on the calling thread; callers give different blocks to different threads. Shapes (the kinds of trained
    /// model in [`shapes`](crate::shapes)) override it with a matrix product.
    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        let items: Vec<u32> = (0..self.items() as u32).collect();
        for (r, user) in users.iter().enumerate() {
            self.score(*user, &items, scores.row_mut(r));
        }
    }

    /// Number of users to pass to one call of `score_block`. The default keeps their scores in cache until they are
    /// ranked.
    fn block_size(&self) -> usize {
        (128 * 1024 / self.items().max(1)).clamp(8, 256)
    }

    /// Whether the model scores by the history alone, so that even a known user without a history counts as a new
    /// user.
    fn needs_history(&self) -> bool {
        false
    }

    /// Returns what each entry of `history` adds to the score of each of `items` for a new user with that history,
    /// which is not empty.
    ///
    /// Shapes whose score is linear in the history answer exactly. The default is leave-one-out: what the score loses
    /// when the entry is removed. The only entry of a history is credited with the whole score.
    fn contributions(&self, history: Row<'_>, items: &[u32]) -> Vec<Contributions> {
        leave_one_out(self, history, items, &vec![0.0; items.len()])
    }

    /// How the model reads the values of histories; `None` if it takes them as they are.
    fn reading(&self) -> Option<Reading> {
        None
    }

    /// Returns the entries of `histories` that count for the model, with their weights. For a model that ranks, these
    /// are the items a user likes.
    fn liked<'a>(&self, histories: &'a Csr) -> Cow<'a, Csr> {
        Cow::Borrowed(histories)
    }

    /// Writes the similarity of every item to `item`. Called only for models without item vectors. The default is the
    /// score of each item for a new user who has only `item`.
    fn similarities(&self, item: u32, scores: &mut [f32]) {
        let items: Vec<u32> = (0..self.items() as u32).collect();
        let history = Row { columns: &[item], values: &[1.0] };
        self.score(User::new_user(history), &items, scores);
    }

    /// One vector per item, if the model has them; similar items are found by these alone.
    fn item_vectors(&self) -> Option<&Matrix> {
        None
    }

    /// One vector per user of the training data, if the model has them; similar users are found by these alone.
    fn user_vectors(&self) -> Option<&Matrix> {
        None
    }

    /// User and item embeddings, if a score is the product of two vectors plus a bias.
    fn places(&self) -> Option<Places> {
        None
    }

    /// The parts of the scores, if they are products of two vectors plus biases: lists of the best items are made from
    /// them without materialising all scores. They must be bitwise equal to those of `score_block`.
    fn products(&self) -> Option<Products<'_>> {
        None
    }

    /// Returns the model updated with new interactions without retraining; `None` if it has to be retrained.
    fn updated(&self, _change: &Change<'_>) -> Option<Box<dyn Model>> {
        None
    }

    /// Returns the model without `users` (ascending); `liked` holds the items that they like, which popularity counts.
    /// Later users move up. `None` if the model has to be retrained.
    fn without_users(&self, _users: &[u32], _liked: &Csr) -> Option<Forgetting> {
        None
    }

    /// Number of users of the training data that the model knows by index; `None` if it scores by histories alone.
    fn users(&self) -> Option<usize> {
        self.user_vectors().map(Matrix::rows)
    }

    /// Checks that the parts of the model fit together, as scoring requires. Called for models that were not trained
    /// here.
    ///
    /// # Errors
    /// If sizes that must be equal differ, or a setting is outside its range.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Name of the shape in the model file; only needed for models that are saved.
    fn kind(&self) -> &'static str {
        "unnamed"
    }

    /// Everything besides the tensors that is needed to load the model.
    fn settings(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// The parameters of the model.
    fn tensors(&self) -> Vec<Tensor<'_>> {
        Vec::new()
    }
}

/// Refuses a model that could not be loaded from a file: parts that do not fit together, or a number that is not
/// finite.
pub(crate) fn check_whole(model: &dyn Model) -> Result<()> {
    model.check()?;
    let is_finite = |tensor: &Tensor<'_>| {
        tensor.as_f32().is_none_or(|numbers| numbers.iter().all(|x| x.is_finite()))
    };
    match model.tensors().iter().find(|tensor| !is_finite(tensor)) {
        None => Ok(()),
        Some(tensor) => Err(Error::Unfit(format!(
            "`{}` of the model holds a number that is not finite; values of the data far above or below 1 cause this: \
             rescale them",
            tensor.name()
        ))),
    }
}

/// User and item embeddings: the score of item i for a user at p is base_i + q_i · p.
#[derive(Clone, Debug)]
pub struct Places {
    /// Embedding p of each user of the training data.
    pub users: Matrix,
    /// Item vectors q, items × factors.
    pub items: Matrix,
    /// Base score of each item: the part that does not depend on the user.
    pub base: Vec<f32>,
}

/// The parts of scores that are products: the score of item i for a user with vector p and base b comes from
/// x = (b + b_i) + p · q_i.
pub struct Products<'a> {
    /// Item vectors q, items × factors.
    pub items: &'a Matrix,
    /// Item biases b_i.
    pub bias: &'a [f32],
    /// Returns vector and base of a user; `None` for a user about whom nothing is known, whose scores are not products.
    #[allow(clippy::type_complexity, reason = "the field is its name")]
    pub of_user: Box<dyn Fn(User<'_>) -> Option<(Vec<f32>, f32)> + Sync + 'a>,
    /// Returns the score of an item from x: at most x, or `floor` if that is more.
    pub score: Box<dyn Fn(usize, f32) -> f32 + Sync + 'a>,
    /// See `score`.
    pub floor: f32,
}

/// New interactions, as passed to a model. Existing users and items come first and keep their indices.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// All histories now: users × items, new ones included.
    pub by_user: &'a Csr,
    /// Users with new interactions, ascending.
    pub users: &'a [u32],
    /// By item: the change in the number of users who like it.
    pub added: &'a [i32],
}

/// A model without some users.
pub struct Forgetting {
    /// The model.
    pub model: Box<dyn Model>,
    /// Parts of the model that were learned with these users' data too; empty if no trace of them is left.
    pub remains: Vec<&'static str>,
}

/// What the entries of a history add to a score.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    /// The score without any of them, such as a bias.
    pub base: f32,
    /// What each entry adds, in the order of the history.
    pub parts: Vec<f32>,
    /// Whether `base` and `parts` sum to the score.
    pub method: Attribution,
}

impl Contributions {
    /// The same with numbers too large for `f32` clipped, as scores are.
    pub(crate) fn finite(mut self) -> Self {
        self.parts.iter_mut().for_each(|part| *part = finite(*part));
        Self { base: finite(self.base), ..self }
    }
}

/// How contributions of history entries to a score are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attribution {
    /// The score is a sum over the history, and these are its terms.
    Exact,
    /// What the score loses when an entry is left out; does not sum to the score if entries carry the same
    /// information.
    LeaveOneOut,
}

/// Returns what the scores of `items` lose when an entry of `history` is left out; `nothing` holds the scores when
/// the only entry is left out. Each entry is left out once, for all items together.
pub(crate) fn leave_one_out(
    model: &(impl Model + ?Sized),
    history: Row<'_>,
    items: &[u32],
    nothing: &[f32],
) -> Vec<Contributions> {
    let scores = |columns: &[u32], values: &[f32]| {
        let mut scores = vec![0.0; items.len()];
        model.score(User::new_user(Row { columns, values }), items, &mut scores);
        scores
    };
    let whole = scores(history.columns, history.values);
    let without: Vec<Vec<f32>> = match history.len() {
        1 => vec![nothing.to_vec()],
        entries => parallel::map_all(0..entries, |left_out| {
            let (mut columns, mut values) = (history.columns.to_vec(), history.values.to_vec());
            columns.remove(left_out);
            values.remove(left_out);
            scores(&columns, &values)
        }),
    };
    let of_item = |(at, &base): (usize, &f32)| Contributions {
        base,
        parts: without.iter().map(|scores| whole[at] - scores[at]).collect(),
        method: Attribution::LeaveOneOut,
    };
    nothing.iter().enumerate().map(of_item).collect()
}
