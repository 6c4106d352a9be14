//! Similar items and similar users.

use super::Recommended;
use crate::error::{Error, Result};
use crate::rank;
use crate::recommender::Recommender;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The items most similar to one item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SimilarItems {
    /// Id of the item.
    pub item: String,
    /// Title of the item, if the model has a catalogue with titles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The similar items, most similar first; the score is the similarity.
    pub items: Vec<Recommended>,
}

/// The users most similar to one user, and how they were compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SimilarUsers {
    /// Id of the user.
    pub user: String,
    /// What the cosine similarity compares.
    pub by: Likeness,
    /// The most similar users first.
    pub users: Vec<SimilarUser>,
}

/// What users are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// Their learned vectors.
    Vectors,
    /// Their histories, as rows of values; used if the model has no user vectors.
    Histories,
}

/// A similar user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SimilarUser {
    /// Position in the list, from 1.
    pub rank: usize,
    /// Id of the user.
    pub user: String,
    /// Cosine similarity, −1 to 1.
    pub score: f32,
}

impl Recommender {
    /// Returns the `n` items most similar to `item`.
    ///
    /// # Errors
    /// If the item is unknown.
    pub fn similar(&self, item: &str, n: usize) -> Result<SimilarItems> {
        let number = self.item(item)?;
        Ok(self.similar_named(number, &rank::similar(self.model(), number, n)))
    }

    /// Returns [`similar`](Self::similar) for every item, in index order, as (item, similarity);
    /// [`similar_named`](Self::similar_named) adds the ids. With `exact`, or up to 100,000 items, all pairs are
    /// compared. Otherwise an approximate index is used, which misses fewer than 1 in 100 of the nearest items.
    ///
    /// # Errors
    /// If there is not enough memory for the lists or the index.
    pub fn similar_all(&self, n: usize, exact: bool) -> Result<Vec<Vec<(u32, f32)>>> {
        rank::similar_all(self.model(), n, exact)
    }

    /// Returns `list`, the items similar to `item`, with ids and titles.
    ///
    /// # Panics
    /// If an index is not that of an item.
    pub fn similar_named(&self, item: u32, list: &[(u32, f32)]) -> SimilarItems {
        SimilarItems {
            item: self.items().name(item).to_string(),
            title: self.title(item),
            items: self.named(list),
        }
    }

    /// Returns the `n` users most similar to `user`, by cosine similarity of their vectors if the model has any, else
    /// of their histories.
    ///
    /// # Errors
    /// If the user is unknown, or has neither a vector nor a history.
    pub fn similar_users(&self, user: &str, n: usize) -> Result<SimilarUsers> {
        let index = self.user_index(user)?;
        let unfit = |why: &str| Error::Unfit(format!("user `{user}` cannot be compared: {why}"));
        let known = self.user_at(index);
        let (by, best) = match self.model().user_vectors() {
            Some(_) if known.index.is_none() => {
                return Err(unfit("they have no interactions and so no vector"));
            }
            Some(vectors) => (Likeness::Vectors, rank::nearest(vectors, index, n)),
            None if self.seen().nnz() == 0 => {
                let why = "the model has no user vectors, and its file holds no user histories";
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
