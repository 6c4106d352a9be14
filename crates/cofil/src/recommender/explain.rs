//! Why a score is what it is.

use super::{Recommender, Scored};
use crate::data::Row;
use crate::error::Result;
use crate::model::{Attribution, Contributions, User};
use crate::rank;
use serde::Serialize;

/// A score taken apart: score = base + Σ contributions + rest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation<'a> {
    /// Name of the item.
    pub item: &'a str,
    /// What the model gives it.
    pub score: f32,
    /// Of that, what has nothing to do with the history: bias and the like.
    pub base: f32,
    /// What each entry of the history adds, the largest first; negative for what counts against it.
    pub contributions: Vec<Contribution<'a>>,
    /// What is left. For a stranger it is rounding alone where `method` is exact; for a user of the training
    /// data it is also what their learned vector says beyond the history.
    pub rest: f32,
    /// How the contributions were found.
    pub method: Attribution,
}

/// An entry of a history and its part of a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Contribution<'a> {
    /// Name of the item.
    pub item: &'a str,
    /// Its value in the history.
    pub value: f32,
    /// What it adds.
    pub contribution: f32,
}

impl Recommender {
    /// The score of `item` for a user of the training data, taken apart.
    ///
    /// # Errors
    /// If the user or the item is unknown.
    pub fn explain(&self, user: &str, item: &str) -> Result<Explanation<'_>> {
        Ok(self.taken_apart(self.user(user)?, self.item(item)?))
    }

    /// [`explain`](Self::explain) for anybody, from the history given to
    /// [`recommend_for`](Self::recommend_for).
    ///
    /// # Errors
    /// If an item is unknown.
    pub fn explain_for(&self, history: &[(&str, f32)], item: &str) -> Result<Explanation<'_>> {
        let (columns, values) = self.history(history)?;
        let history = Row { columns: &columns, values: &values };
        Ok(self.taken_apart(User::stranger(history), self.item(item)?))
    }

    fn taken_apart(&self, user: User<'_>, item: u32) -> Explanation<'_> {
        let mut score = [0.0];
        self.model.score(user, &[item], &mut score);
        let [score] = score;
        let Contributions { base, parts, method } = match user.history.is_empty() {
            true => Contributions { base: score, parts: Vec::new(), method: Attribution::Exact },
            false => self.model.contributions(user.history, item),
        };
        let sum = parts.iter().fold(f64::from(base), |sum, &part| sum + f64::from(part));
        // Equal contributions in the order of the items.
        let order = rank::top_k(&parts, parts.len(), &[]);
        let contribution = |(at, contribution): (u32, f32)| {
            let (item, value) =
                (user.history.columns[at as usize], user.history.values[at as usize]);
            Contribution { item: self.items.name(item), value, contribution }
        };
        Explanation {
            item: self.items.name(item),
            score,
            base,
            contributions: order.into_iter().map(contribution).collect(),
            rest: (f64::from(score) - sum) as f32,
            method,
        }
    }

    /// Why a user of the training data is recommended `item`: the `n` items of their history that
    /// add most to its score, each with what it adds.
    ///
    /// # Errors
    /// If the user or the item is unknown.
    pub fn reasons(&self, user: &str, item: &str, n: usize) -> Result<Vec<Scored<'_>>> {
        let history = self.user(user)?.history;
        Ok(self.named(rank::reasons(&*self.model, history, self.item(item)?, n)))
    }

    /// [`reasons`](Self::reasons) for anybody, from the history given to
    /// [`recommend_for`](Self::recommend_for).
    ///
    /// # Errors
    /// If an item is unknown.
    pub fn reasons_for(
        &self,
        history: &[(&str, f32)],
        item: &str,
        n: usize,
    ) -> Result<Vec<Scored<'_>>> {
        let (columns, values) = self.history(history)?;
        let history = Row { columns: &columns, values: &values };
        Ok(self.named(rank::reasons(&*self.model, history, self.item(item)?, n)))
    }
}
