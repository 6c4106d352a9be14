//! Lists by number: the best items of any users. There is one way to a list, and a single user is a block of one.

use super::Recommender;
use crate::data::ItemUsers;
use crate::error::{Error, Remedy, Result};
use crate::math::parallel;
use crate::model::User;
use crate::rank::{self, Rerank, Reranker};
use crate::watch::{self, Stage};

/// What may be listed, by number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selection {
    /// How many items; fewer come back when there are no more.
    pub n: usize,
    /// Whether each item may come back; all may if `None`.
    pub allowed: Option<Vec<bool>>,
    /// Whether items of the user's history may come back.
    pub seen: bool,
    /// How the best items are reordered; if they are, scores are the values by which they were chosen.
    pub rerank: Rerank,
}

impl Recommender {
    /// The best items for each of `users` as (item, score): blocks of users in parallel. A user's list does
    /// not depend on who else is in `users`.
    ///
    /// # Errors
    /// If the lists cannot be reordered as `selection` says.
    ///
    /// # Panics
    /// If a user or their history is not of this model, or `selection.allowed` has not an entry for each item.
    pub(crate) fn lists(
        &self,
        users: &[User<'_>],
        selection: &Selection,
    ) -> Result<Vec<Vec<(u32, f32)>>> {
        self.lists_of(users, selection, &watch::stage(rank::RECOMMENDING, users.len()))
    }

    /// [`lists`](Self::lists) for some of the users that `stage` is of.
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

    /// What reorders lists of `n` items, if anything does.
    fn reranker(&self, rerank: Rerank, n: usize) -> Result<Option<Reranker<'_>>> {
        rerank.check(n)?;
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
}
