//! Items like an item, users like a user.

use super::Recommended;
use crate::error::{Error, Result};
use crate::rank;
use crate::recommender::Recommender;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Items like an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SimilarItems {
    /// Name of the item.
    pub item: String,
    /// What it is called, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The most alike first; the score is the likeness.
    pub items: Vec<Recommended>,
}

/// Users like a user, and how they were compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SimilarUsers {
    /// Name of the user.
    pub user: String,
    /// What the cosine is of.
    pub by: Likeness,
    /// The most similar users first.
    pub users: Vec<SimilarUser>,
}

/// What two users are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// The vectors that the model learned for them.
    Vectors,
    /// Their histories, as rows of values: the model has no vectors of users.
    Histories,
}

/// A user and a cosine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SimilarUser {
    /// The user's place in the list, from 1.
    pub rank: usize,
    /// Name of the user.
    pub user: String,
    /// Similarity, −1 to 1.
    pub score: f32,
}

impl Recommender {
    /// The `n` items most like `item`.
    ///
    /// # Errors
    /// If the item is unknown.
    pub fn similar(&self, item: &str, n: usize) -> Result<SimilarItems> {
        let number = self.item(item)?;
        Ok(self.similar_named(number, &rank::similar(self.model(), number, n)))
    }

    /// [`similar`](Self::similar) for every item, in their order, as (item, likeness);
    /// [`similar_named`](Self::similar_named) gives names. With `exact` or up to 100,000 items all are
    /// compared, else some of the nearest may be missed: fewer than 1 in 100.
    ///
    /// # Errors
    /// If there is no memory for an index.
    pub fn similar_all(&self, n: usize, exact: bool) -> Result<Vec<Vec<(u32, f32)>>> {
        rank::similar_all(self.model(), n, exact)
    }

    /// A list of items like item `item`, with names.
    ///
    /// # Panics
    /// If a number is not one of an item.
    pub fn similar_named(&self, item: u32, list: &[(u32, f32)]) -> SimilarItems {
        SimilarItems {
            item: self.items().name(item).to_string(),
            title: self.title(item),
            items: self.named(list),
        }
    }

    /// The `n` users most like `user`: by cosine of their vectors where the model has them, else of their
    /// histories.
    ///
    /// # Errors
    /// If the user is unknown, or has neither vector nor history.
    pub fn similar_users(&self, user: &str, n: usize) -> Result<SimilarUsers> {
        let index = self.user_index(user)?;
        let unfit = |why: &str| Error::Unfit(format!("user `{user}` cannot be compared: {why}"));
        let known = self.user_at(index);
        let (by, best) = match self.model().user_vectors() {
            Some(_) if known.index.is_none() => {
                return Err(unfit("without interactions they have no vector"));
            }
            Some(vectors) => (Likeness::Vectors, rank::nearest(vectors, index, n)),
            None if self.seen().nnz() == 0 => {
                let why =
                    "the model has no vectors of users, and its file does not say what they have";
                return Err(unfit(why));
            }
            None if known.history.is_empty() => return Err(unfit("they have no history")),
            None => (Likeness::Histories, rank::nearest_row(self.seen(), index, n)),
        };
        let entry = |(rank, (user, score)): (usize, (u32, f32))| {
            let user = self.users().name(user).to_string();
            SimilarUser { rank: rank + 1, user, score }
        };
        let users = best.into_iter().enumerate().map(entry).collect();
        Ok(SimilarUsers { user: user.into(), by, users })
    }
}
