//! Lists: the best items for a user of the training data, for a stranger, or for everybody.

use super::Recommender;
use crate::data::ItemUsers;
use crate::data::Row;
use crate::error::{Error, Remedy, Result};
use crate::math::parallel;
use crate::model::User;
use crate::rank::{self, RECOMMENDING, Rerank, Reranker};
use crate::watch::{self, Stage};
use serde::Serialize;

/// Users whose lists are held at once: bounds memory, not results.
const PART: usize = 8192;

/// What to recommend.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// How many items; fewer come back when there are no more.
    pub n: usize,
    /// Items that must not come back.
    pub exclude: &'a [&'a str],
    /// The only items that may come back; all if `None`.
    pub candidates: Option<&'a [&'a str]>,
    /// Whether items of the user's history may come back.
    pub seen: bool,
    /// How the best items are reordered; if they are, scores are the values by which they were chosen.
    pub rerank: Rerank,
}

impl Default for Query<'_> {
    fn default() -> Self {
        Self { n: 10, exclude: &[], candidates: None, seen: false, rerank: Rerank::default() }
    }
}

/// An item and its score; higher is better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scored<'a> {
    /// Name of the item.
    pub item: &'a str,
    /// Its score, on the scale of the recipe.
    pub score: f32,
}

impl Recommender {
    /// The best items for a user of the training data.
    ///
    /// # Errors
    /// If the user, or an item of the query, is unknown, or the query cannot be reordered as it says.
    pub fn recommend(&self, user: &str, query: &Query<'_>) -> Result<Vec<Scored<'_>>> {
        self.answer(self.user(user)?, query)
    }

    /// The best items for anybody, from (item, value) pairs of their history; popular items if it
    /// is empty. Of a repeated item the last value counts.
    ///
    /// # Errors
    /// If an item is unknown, or the query cannot be reordered as it says.
    pub fn recommend_for(
        &self,
        history: &[(&str, f32)],
        query: &Query<'_>,
    ) -> Result<Vec<Scored<'_>>> {
        let (columns, values) = self.history(history)?;
        self.answer(User::stranger(Row { columns: &columns, values: &values }), query)
    }

    /// The score of one item for a user of the training data.
    ///
    /// # Errors
    /// If the user or the item is unknown.
    pub fn predict(&self, user: &str, item: &str) -> Result<f32> {
        let mut score = [0.0];
        self.model.score(self.user(user)?, &[self.item(item)?], &mut score);
        Ok(score[0])
    }

    /// The best items for each of `users`, by their numbers: blocks of users in parallel.
    ///
    /// # Errors
    /// If an item of the query is unknown, or it cannot be reordered as it says.
    ///
    /// # Panics
    /// If a number is not one of a user.
    pub fn recommend_many(&self, users: &[u32], query: &Query<'_>) -> Result<Vec<Vec<(u32, f32)>>> {
        self.recommend_block(users, query, &watch::stage(RECOMMENDING, users.len()))
    }

    /// [`recommend_many`](Self::recommend_many) for as many users as there are: `take` gets a part of `users`
    /// and their lists, part after part, so that memory stays flat.
    ///
    /// # Errors
    /// As [`recommend_many`](Self::recommend_many), and those of `take`.
    ///
    /// # Panics
    /// If a number is not one of a user.
    pub fn recommend_each(
        &self,
        users: &[u32],
        query: &Query<'_>,
        mut take: impl FnMut(&[u32], &[Vec<(u32, f32)>]) -> Result<()>,
    ) -> Result<()> {
        let stage = watch::stage(RECOMMENDING, users.len());
        let mut parts = users.chunks(PART);
        parts.try_for_each(|part| take(part, &self.recommend_block(part, query, &stage)?))
    }

    /// Lists for some of the users that `stage` is of.
    fn recommend_block(
        &self,
        users: &[u32],
        query: &Query<'_>,
        stage: &Stage,
    ) -> Result<Vec<Vec<(u32, f32)>>> {
        let users: Vec<User<'_>> = users.iter().map(|&u| self.user_at(u)).collect();
        let reranker = self.reranker(query)?;
        if query.exclude.is_empty() && query.candidates.is_none() {
            let k = if reranker.is_some() { query.rerank.pool } else { query.n };
            let mut lists = rank::top_k_of(&*self.model, &users, k, !query.seen, stage);
            if let Some(reranker) = &reranker {
                parallel::for_each_chunk(&mut lists, 64, |_, lists| {
                    lists.iter_mut().for_each(|list| reranker.reorder(list, query.n));
                });
            }
            return Ok(lists);
        }
        let allowed = self.allowed(query)?;
        let lists = parallel::map(users.len(), 64, |range| {
            stage.add(range.len());
            let list = |user: &User<'_>| self.best(*user, &allowed, query, reranker.as_ref());
            users[range].iter().map(list).collect::<Vec<_>>()
        });
        Ok(lists.into_iter().flatten().collect())
    }

    fn answer(&self, user: User<'_>, query: &Query<'_>) -> Result<Vec<Scored<'_>>> {
        let reranker = self.reranker(query)?;
        Ok(self.named(self.best(user, &self.allowed(query)?, query, reranker.as_ref())))
    }

    /// What reorders the answer of `query`, if anything does.
    fn reranker(&self, query: &Query<'_>) -> Result<Option<Reranker<'_>>> {
        let rerank = query.rerank;
        rerank.check(query.n)?;
        if rerank.is_off() {
            return Ok(None);
        }
        let needed = rerank.needs_item_users(&*self.model);
        if needed && self.seen.nnz() == 0 {
            let message = "the model file does not hold what users have, by which items would be \
                           reordered";
            return Err(Error::Unsupported(message.into()).with(Remedy::KeepSeen));
        }
        let item_users = needed.then(|| self.item_users.get_or_init(|| ItemUsers::new(&self.seen)));
        Ok(Some(Reranker::new(rerank, &*self.model, item_users)))
    }

    /// The items that `query` lets come back, whatever the user has seen, in rising order.
    fn allowed(&self, query: &Query<'_>) -> Result<Vec<u32>> {
        let named = |names: &[&str]| names.iter().map(|n| self.item(n)).collect::<Result<Vec<_>>>();
        let mut excluded = named(query.exclude)?;
        excluded.sort_unstable();
        let mut items: Vec<u32> = match query.candidates {
            Some(names) => named(names)?,
            None => (0..self.items.len() as u32).collect(),
        };
        items.sort_unstable();
        items.dedup();
        items.retain(|i| excluded.binary_search(i).is_err());
        Ok(items)
    }

    /// The best of `allowed` for `user`.
    fn best(
        &self,
        user: User<'_>,
        allowed: &[u32],
        query: &Query<'_>,
        reranker: Option<&Reranker<'_>>,
    ) -> Vec<(u32, f32)> {
        let seen = if query.seen { &[] } else { user.history.columns };
        let unseen = |item: &u32| seen.binary_search(item).is_err();
        let items: Vec<u32> = allowed.iter().copied().filter(unseen).collect();
        let mut scores = vec![0.0; items.len()];
        self.model.score(user, &items, &mut scores);
        let k = if reranker.is_some() { query.rerank.pool } else { query.n };
        let best = rank::top_k(&scores, k, &[]);
        let mut best = best.into_iter().map(|(at, score)| (items[at as usize], score)).collect();
        if let Some(reranker) = reranker {
            reranker.reorder(&mut best, query.n);
        }
        best
    }

    pub(super) fn named(&self, list: impl IntoIterator<Item = (u32, f32)>) -> Vec<Scored<'_>> {
        let scored = |(item, score)| Scored { item: self.items.name(item), score };
        list.into_iter().map(scored).collect()
    }
}
