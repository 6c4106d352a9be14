//! Items like an item, users like a user.

use super::{Recommender, Scored};
use crate::error::{Error, Remedy, Result};
use crate::rank;
use serde::{Deserialize, Serialize};

/// Users and how they were compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SimilarUsers<'a> {
    /// What the cosine is of.
    pub by: Likeness,
    /// The most alike first.
    pub users: Vec<ScoredUser<'a>>,
}

/// What two users are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// The vectors that the model learned for them.
    Vectors,
    /// Their histories, as rows of values: the model has no vectors of users.
    Histories,
}

/// A user and a cosine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ScoredUser<'a> {
    /// Name of the user.
    pub user: &'a str,
    /// −1 to 1.
    pub score: f32,
}

impl Recommender {
    /// The `n` items most like `item`.
    ///
    /// # Errors
    /// If the item is unknown.
    pub fn similar(&self, item: &str, n: usize) -> Result<Vec<Scored<'_>>> {
        Ok(self.named(rank::similar(&*self.model, self.item(item)?, n)))
    }

    /// [`similar`](Self::similar) for every item, in their order. With `exact` or up to [`rank::EXACT`] items all
    /// are compared, else some of the nearest may be missed: fewer than 1 in 100. In a build without the feature `ann` all
    /// are compared.
    ///
    /// # Errors
    /// If there is no memory for an index.
    pub fn similar_all(&self, n: usize, exact: bool) -> Result<Vec<Vec<Scored<'_>>>> {
        let lists = rank::similar_all(&*self.model, n, exact)?;
        Ok(lists.into_iter().map(|list| self.named(list)).collect())
    }

    /// The `n` users most like `user`: by cosine of their vectors where the model has them, else of their
    /// histories.
    ///
    /// # Errors
    /// If the user is unknown, or has neither vector nor history.
    pub fn similar_users(&self, user: &str, n: usize) -> Result<SimilarUsers<'_>> {
        let index = self.user_index(user)?;
        let says = |why: &str| format!("user `{user}` cannot be compared: {why}");
        let unfit = |why: &str| Error::Unfit(says(why));
        let known = self.user(user)?;
        let (by, best) = match self.model.user_vectors() {
            Some(_) if known.index.is_none() => {
                return Err(unfit("without interactions they have no vector"));
            }
            Some(vectors) => (Likeness::Vectors, rank::nearest(vectors, index, n)),
            None if self.seen.nnz() == 0 => {
                let why =
                    "the model has no vectors of users, and its file does not say what they have";
                return Err(Error::Unsupported(says(why)).with(Remedy::KeepSeen));
            }
            None if known.history.is_empty() => return Err(unfit("they have no history")),
            None => (Likeness::Histories, rank::nearest_row(&self.seen, index, n)),
        };
        let scored = |(user, score)| ScoredUser { user: self.users.name(user), score };
        Ok(SimilarUsers { by, users: best.into_iter().map(scored).collect() })
    }
}
