//! What a trained model is: something that scores items for a user.
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
use crate::math::{Matrix, parallel};
use crate::store::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Someone to score for. One path serves known, new and cold users.
#[derive(Clone, Copy, Debug, Default)]
pub struct User<'a> {
    /// The user's row in the training data; `None` for a person the model was not trained on.
    pub index: Option<u32>,
    /// What they have interacted with, by item; may be empty.
    pub history: Row<'a>,
}

impl<'a> User<'a> {
    /// A person the model was not trained on, with what they are known to like.
    pub fn stranger(history: Row<'a>) -> Self {
        Self { index: None, history }
    }

    /// User `u` of the training data. A row without interactions taught the model nothing, so
    /// such a user counts as a stranger.
    pub fn of(train: &'a Ratings, u: u32) -> Self {
        let history = train.by_user.row(u as usize);
        Self { index: (!history.is_empty()).then_some(u), history }
    }
}

/// A trained model. Scoring never fails and writes finite numbers, higher is better; for a user
/// without index and history it falls back to what is popular.
///
/// Implement `score` and `items` and every part of the toolkit works with your model: evaluation,
/// top-k, similar items (see `examples/own_model.rs`).
pub trait Model: Send + Sync {
    /// Number of items the model knows; their indices are `0..items()`.
    fn items(&self) -> usize;

    /// Writes one score for each of `items`, in order; `scores` has the length of `items`.
    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]);

    /// Scores of all items for a block of users: row r of `scores` (users × items) is for `users[r]`, and has the
    /// same bits whoever else is in the block, so that one user's list is the one they have among all.
    /// Runs on the calling thread; callers give different blocks to different threads.
    /// Shapes override it with a matrix product.
    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        let items: Vec<u32> = (0..self.items() as u32).collect();
        for (r, user) in users.iter().enumerate() {
            self.score(*user, &items, scores.row_mut(r));
        }
    }

    /// How many users to give to one call of `score_block`: without reason to take more, so many that
    /// their scores stay in cache until they are ranked.
    fn block_size(&self) -> usize {
        (128 * 1024 / self.items().max(1)).clamp(8, 256)
    }

    /// Whether somebody without a history is a stranger to it, known or not: it scores by the history alone.
    fn needs_history(&self) -> bool {
        false
    }

    /// What each entry of `history` adds to the score of each of `items` for a stranger with that history,
    /// which is not empty. Shapes whose score is linear in the history answer exactly; without a formula of the
    /// shape's own it is what the score loses when the entry is left out, and a history of one entry is
    /// credited with the whole score.
    fn contributions(&self, history: Row<'_>, items: &[u32]) -> Vec<Contributions> {
        leave_one_out(self, history, items, &vec![0.0; items.len()])
    }

    /// How it reads the values of histories; `None` if they are to it what they are.
    fn reading(&self) -> Option<Reading> {
        None
    }

    /// What of `histories` counts for it, as it counts: of a model that ranks, what is liked.
    fn liked<'a>(&self, histories: &'a Csr) -> Cow<'a, Csr> {
        Cow::Borrowed(histories)
    }

    /// How near every item is to `item`; asked of models without item vectors. Without a notion of
    /// the shape's own: what it would recommend to somebody who knows only that item.
    fn similarities(&self, item: u32, scores: &mut [f32]) {
        let items: Vec<u32> = (0..self.items() as u32).collect();
        let history = Row { columns: &[item], values: &[1.0] };
        self.score(User::stranger(history), &items, scores);
    }

    /// One vector per item, if the model has them; similar items need nothing more.
    fn item_vectors(&self) -> Option<&Matrix> {
        None
    }

    /// One vector per user of the training data, if the model has them; similar users need nothing more.
    fn user_vectors(&self) -> Option<&Matrix> {
        None
    }

    /// Where users and items are, if scores are a product of two vectors and a bias.
    fn places(&self) -> Option<Places> {
        None
    }

    /// The model with new events in it, without training again; `None` if training is the way to do that.
    fn updated(&self, _change: &Change<'_>) -> Option<Box<dyn Model>> {
        None
    }

    /// The model without `users`, rising, of whom `seen` says what they had; those after them close up.
    /// `None` if training is the way to do that.
    fn without_users(&self, _users: &[u32], _seen: &Csr) -> Option<Forgetting> {
        None
    }

    /// Number of users of the training data that the model knows by their number; `None` if it scores by
    /// histories alone.
    fn users(&self) -> Option<usize> {
        self.user_vectors().map(Matrix::rows)
    }

    /// Refuses parts that do not fit together, which scoring could not bear; asked of models that were not
    /// trained here.
    ///
    /// # Errors
    /// If sizes differ that must be equal, or a setting is outside its range.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Name of the shape in the model file; a shape of your own that is never saved needs none.
    fn kind(&self) -> &'static str {
        "unnamed"
    }

    /// What the shape needs beside its tensors to be loaded again.
    fn settings(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// The numbers that are the model.
    fn tensors(&self) -> Vec<Tensor<'_>> {
        Vec::new()
    }
}

/// Refuses a model that no file could give back: one whose parts do not fit together, or with a number that is
/// not finite.
pub(crate) fn check_whole(model: &dyn Model) -> Result<()> {
    model.check()?;
    let is_finite = |tensor: &Tensor<'_>| {
        tensor.as_f32().is_none_or(|numbers| numbers.iter().all(|x| x.is_finite()))
    };
    match model.tensors().iter().find(|tensor| !is_finite(tensor)) {
        None => Ok(()),
        Some(tensor) => Err(Error::Unfit(format!(
            "`{}` of the model holds a number that is not finite; values of the data that are far above or below 1 \
             do this: divide them by a number that brings them nearer",
            tensor.name()
        ))),
    }
}

/// Where a model puts users and items: the score of item i at place p is base_i + q_i · p.
#[derive(Clone, Debug)]
pub struct Places {
    /// p by user of the training data.
    pub users: Matrix,
    /// Item vectors q, items × factors.
    pub items: Matrix,
    /// Base score of each item: what does not depend on the user.
    pub base: Vec<f32>,
}

/// New events, as a model sees them. The users and items of before come first, with their numbers.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// What everybody has now: users × items, new ones included.
    pub by_user: &'a Csr,
    /// Users with something new, rising.
    pub users: &'a [u32],
    /// By item: how many more users have it than before.
    pub added: &'a [i32],
}

/// A model without some users.
pub struct Forgetting {
    /// The model.
    pub model: Box<dyn Model>,
    /// What in it was learned from them too; empty if it is as if they had never been.
    pub remains: Vec<&'static str>,
}

/// What the entries of a history add to a score.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    /// The score without any of them: bias and the like.
    pub base: f32,
    /// What each adds, in the order of the history.
    pub parts: Vec<f32>,
    /// Whether `base` and `parts` sum to the score.
    pub method: Attribution,
}

/// How the contributions of a history to a score are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attribution {
    /// The score is a sum over the history, and these are its terms.
    Exact,
    /// What the score loses when an entry is left out; where entries say the same, no sum.
    LeaveOneOut,
}

/// What the scores of `items` lose when an entry of `history` is left out; `nothing` are the scores of
/// somebody whose only entry is left out. Each entry is left out once, for all items.
pub(crate) fn leave_one_out(
    model: &(impl Model + ?Sized),
    history: Row<'_>,
    items: &[u32],
    nothing: &[f32],
) -> Vec<Contributions> {
    let scores = |columns: &[u32], values: &[f32]| {
        let mut scores = vec![0.0; items.len()];
        model.score(User::stranger(Row { columns, values }), items, &mut scores);
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
