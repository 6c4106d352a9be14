//! The best items for any users, by index. All lists are made here; a single user is a block of one.

use super::Recommender;
use crate::data::ItemUsers;
use crate::error::{Error, Remedy, Result};
use crate::math::parallel;
use crate::model::User;
use crate::rank::{self, Rerank, Reranker};
use crate::watch::{self, Stage};

/// Which items may be listed, by index.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selection {
    /// Number of items to return; fewer if there are not that many.
    pub n: usize,
    /// Whether each item may be listed; `None` allows all.
    pub allowed: Option<Vec<bool>>,
    /// Whether items in the user's history may be listed.
    pub seen: bool,
    /// Diversity and popularity control. If it reorders the list, scores are the values the items were chosen by.
    pub rerank: Rerank,
}

impl Recommender {
    /// Returns the best items for each of `users` as (item, score), computed in parallel blocks. A user's list does
    /// not depend on which other users are requested.
    ///
    /// # Errors
    /// If the lists cannot be reordered as `selection` says.
    ///
    /// # Panics
    /// If a user or their history is not of this model, or `selection.allowed` does not have one entry per item.
    pub(crate) fn lists(
        &self,
        users: &[User<'_>],
        selection: &Selection,
    ) -> Result<Vec<Vec<(u32, f32)>>> {
        self.lists_of(users, selection, &watch::stage(rank::RECOMMENDING, users.len()))
    }

    /// [`lists`](Self::lists) for part of the users whose progress `stage` reports.
    pub(crate) fn lists_of(
        &self,
        users: &[User<'_>],
        selection: &Selection,
        stage: &Stage,
    ) -> Result<Vec<Vec<(u32, f32)>>> {
        let Selection { n, allowed, seen, rerank } = selection;
        if let Some(allowed) = allowed {
            assert_eq!(allowed.len(), self.items.len(), "one entry for each item");
        }
        let reranker = self.reranker(*rerank, *n)?;
        let k = if reranker.is_some() { rerank.pool } else { *n };
        let mut lists = rank::top_k_among(&*self.model, users, k, !seen, allowed.as_deref(), stage);
        if let Some(reranker) = &reranker {
            parallel::for_each_chunk(&mut lists, 64, |_, lists| {
                lists.iter_mut().for_each(|list| reranker.reorder(list, *n));
            });
        }
        Ok(lists)
    }

    /// Returns the reranker for lists of `n` items, if `rerank` is on.
    fn reranker(&self, rerank: Rerank, n: usize) -> Result<Option<Reranker<'_>>> {
        rerank.check(n)?;
        if rerank.is_off() {
            return Ok(None);
        }
        let needed = rerank.needs_item_users(&*self.model);
        if needed && self.seen.nnz() == 0 {
            let message = "the model file does not hold user histories, which diversity and popularity control \
                           need";
            return Err(Error::Unsupported(message.into()).with(Remedy::KeepSeen));
        }
        let item_users = needed.then(|| self.item_users.get_or_init(|| ItemUsers::new(&self.seen)));
        Ok(Some(Reranker::new(rerank, &*self.model, item_users)))
    }
}
