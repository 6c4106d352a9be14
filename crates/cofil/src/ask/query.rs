//! Queries, and the lookup of the ids they name.

use crate::data::filler::shown;
use crate::data::{Filter, IdMap};
use crate::error::Result;
use crate::model::User;
use crate::rank::{self, Rerank};
use crate::recommender::{Recommender, Selection};
use crate::watch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Number of users whose lists are in memory at once.
const PART: usize = 8192;

/// A request for recommendations: how many items, which items may come back, and in which order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// Number of items to return; fewer if there are not that many.
    pub n: usize,
    /// Items to leave out.
    pub exclude: Vec<String>,
    /// Items to choose from; all if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Vec<String>>,
    /// Whether items in the user's history may be recommended.
    pub seen: bool,
    /// Filter on item attributes, such as `year > 1990`; only matching items may come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub filter: Option<Filter>,
    /// Diversity and popularity control. If it reorders the list, scores are the values the items were chosen by.
    pub rerank: Rerank,
    /// Maximum number of history items to give as reasons for each recommended item; 0 for none.
    pub explain: usize,
    /// What to do with unknown ids.
    pub unknown: Unknown,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            n: 10,
            exclude: Vec::new(),
            candidates: None,
            seen: false,
            filter: None,
            rerank: Rerank::default(),
            explain: 0,
            unknown: Unknown::Skip,
        }
    }
}

/// What to do with ids that the model does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    /// Skip them; the answer lists them.
    #[default]
    Skip,
    /// Return an error.
    Refuse,
}

/// Looks up ids and collects the unknown ones, each once, in order of appearance.
pub(super) struct Skipped<'a> {
    recommender: &'a Recommender,
    rule: Unknown,
    names: IdMap,
}

impl<'a> Skipped<'a> {
    pub fn none(recommender: &'a Recommender, rule: Unknown) -> Self {
        Self { recommender, rule, names: IdMap::new() }
    }

    /// Returns the index of item `name`; `None` if it is unknown and skipped.
    pub fn item(&mut self, name: &str) -> Result<Option<u32>> {
        self.of(name, Recommender::items, Recommender::item)
    }

    /// Returns the index of user `name`; `None` if it is unknown and skipped.
    pub fn user(&mut self, name: &str) -> Result<Option<u32>> {
        self.of(name, Recommender::users, Recommender::user_index)
    }

    fn of(
        &mut self,
        name: &str,
        ids: impl Fn(&Recommender) -> &std::sync::Arc<IdMap>,
        known: impl Fn(&Recommender, &str) -> Result<u32>,
    ) -> Result<Option<u32>> {
        match (ids(self.recommender).get(name), self.rule) {
            (Some(number), _) => Ok(Some(number)),
            // A second lookup builds the error, which suggests the nearest id.
            (None, Unknown::Refuse) => known(self.recommender, name).map(Some),
            (None, Unknown::Skip) => {
                self.add(name)?;
                Ok(None)
            }
        }
    }

    /// Adds an unknown name, unless it is there.
    ///
    /// # Errors
    /// If there are more than a map can number.
    pub fn add(&mut self, name: &str) -> Result<()> {
        self.names.insert(name).map(|_| ())
    }

    /// Returns the unknown names, each once.
    pub fn names(self) -> Vec<String> {
        self.names.names().map(String::from).collect()
    }
}

/// A query whose ids are already looked up; it serves any number of users.
pub struct Prepared<'a> {
    pub(super) recommender: &'a Recommender,
    pub(super) explain: usize,
    pub(super) rule: Unknown,
    selection: Selection,
    unknown: IdMap,
}

impl Prepared<'_> {
    /// Returns the items in the query that the model does not know.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.names()
    }

    /// Returns the best items for each of `users` as (item, score). Users and items are indices. The lists are the
    /// same as those of [`Recommender::recommend`].
    ///
    /// # Errors
    /// If the lists cannot be reordered as the query says.
    ///
    /// # Panics
    /// If an index is not that of a user.
    pub fn lists(&self, users: &[u32]) -> Result<Vec<Vec<(u32, f32)>>> {
        let users: Vec<User<'_>> = users.iter().map(|&u| self.recommender.user_at(u)).collect();
        self.lists_for(&users)
    }

    /// Computes [`lists`](Self::lists) in blocks of users and passes each block to `take`, so that memory use does
    /// not grow with the number of users.
    ///
    /// # Errors
    /// As [`lists`](Self::lists), and those of `take`.
    ///
    /// # Panics
    /// If an index is not that of a user.
    pub fn each(
        &self,
        users: &[u32],
        mut take: impl FnMut(&[u32], &[Vec<(u32, f32)>]) -> Result<()>,
    ) -> Result<()> {
        let stage = watch::stage(rank::RECOMMENDING, users.len());
        users.chunks(PART).try_for_each(|part| {
            let people: Vec<User<'_>> = part.iter().map(|&u| self.recommender.user_at(u)).collect();
            take(part, &told(self.recommender.lists_of(&people, &self.selection, &stage)?))
        })
    }

    pub(super) fn lists_for(&self, users: &[User<'_>]) -> Result<Vec<Vec<(u32, f32)>>> {
        Ok(told(self.recommender.lists(users, &self.selection)?))
    }
}

/// Returns `lists` with the scores to show.
fn told(mut lists: Vec<Vec<(u32, f32)>>) -> Vec<Vec<(u32, f32)>> {
    lists.iter_mut().for_each(|list| *list = shown(list));
    lists
}

impl Recommender {
    /// Looks up the ids in `query` once, for any number of users.
    ///
    /// # Errors
    /// If an item is unknown and `query.unknown` is [`Unknown::Refuse`], or the filter cannot be applied.
    pub fn prepare(&self, query: &Query) -> Result<Prepared<'_>> {
        let mut skipped = Skipped::none(self, query.unknown);
        let selection = Selection {
            n: query.n,
            allowed: self.allowed(query, &mut skipped)?,
            seen: query.seen,
            rerank: query.rerank,
        };
        let (explain, rule) = (query.explain, query.unknown);
        Ok(Prepared { recommender: self, explain, rule, selection, unknown: skipped.names })
    }

    /// Prepares `query` and returns its [`Prepared::lists`].
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare), or if the lists cannot be reordered as the query says.
    ///
    /// # Panics
    /// If an index is not that of a user.
    pub fn recommend_many(&self, users: &[u32], query: &Query) -> Result<Vec<Vec<(u32, f32)>>> {
        self.prepare(query)?.lists(users)
    }

    /// Returns which items `query` allows, seen items aside; `None` if it allows all.
    fn allowed(&self, query: &Query, skipped: &mut Skipped<'_>) -> Result<Option<Vec<bool>>> {
        if query.candidates.is_none() && query.exclude.is_empty() && query.filter.is_none() {
            return Ok(None);
        }
        let mut allowed = vec![query.candidates.is_none(); self.items().len()];
        for name in query.candidates.iter().flatten() {
            if let Some(item) = skipped.item(name)? {
                allowed[item as usize] = true;
            }
        }
        for name in &query.exclude {
            if let Some(item) = skipped.item(name)? {
                allowed[item as usize] = false;
            }
        }
        if let Some(filter) = &query.filter {
            let mut matching = vec![false; allowed.len()];
            self.matching(filter)?.iter().for_each(|&item| matching[item as usize] = true);
            allowed.iter_mut().zip(matching).for_each(|(allowed, matches)| *allowed &= matches);
        }
        Ok(Some(allowed))
    }
}
