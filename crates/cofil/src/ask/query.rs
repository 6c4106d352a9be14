//! What is asked for, and how its names become numbers.

use crate::data::{Filter, IdMap};
use crate::error::Result;
use crate::model::User;
use crate::rank::{self, Rerank};
use crate::recommender::{Recommender, Selection};
use crate::watch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Users whose lists are in memory at once.
const PART: usize = 8192;

/// What to recommend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// How many items; fewer come back when there are no more.
    pub n: usize,
    /// Items that must not come back.
    pub exclude: Vec<String>,
    /// The only items that may come back; all if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Vec<String>>,
    /// Whether items of the user's history may come back.
    pub seen: bool,
    /// Only items of which this is true may come back: an expression of the catalogue of items.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub filter: Option<Filter>,
    /// How the best items are reordered; if they are, scores are the values by which they were chosen.
    pub rerank: Rerank,
    /// For how many items of the history to say that an item is there because of them; 0 for none.
    pub explain: usize,
    /// What to do with names that the model does not know.
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

/// What to do with names that the model does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    /// Go on without them; the answer lists them.
    #[default]
    Skip,
    /// Refuse the question.
    Refuse,
}

/// Names that were skipped, each once, in their order.
pub(super) struct Skipped<'a> {
    recommender: &'a Recommender,
    rule: Unknown,
    pub names: Vec<String>,
}

impl<'a> Skipped<'a> {
    pub fn none(recommender: &'a Recommender, rule: Unknown) -> Self {
        Self { recommender, rule, names: Vec::new() }
    }

    /// The number of item `name`; `None` if it is unknown and skipped.
    pub fn item(&mut self, name: &str) -> Result<Option<u32>> {
        self.of(name, Recommender::items, Recommender::item)
    }

    /// The number of user `name`; `None` if they are unknown and skipped.
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
            // Looked up again for the error, which offers the nearest name.
            (None, Unknown::Refuse) => known(self.recommender, name).map(Some),
            (None, Unknown::Skip) => {
                if !self.names.iter().any(|other| other == name) {
                    self.names.push(name.into());
                }
                Ok(None)
            }
        }
    }
}

/// A query whose names were looked up, for any number of users.
pub struct Prepared<'a> {
    pub(super) recommender: &'a Recommender,
    pub(super) explain: usize,
    pub(super) rule: Unknown,
    selection: Selection,
    unknown: Vec<String>,
}

impl Prepared<'_> {
    /// Items of the query that the model does not know.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The best items for each of `users`, by their numbers, as (item, score): the lists that
    /// [`Recommender::recommend`] gives each of them by name.
    ///
    /// # Errors
    /// If the lists cannot be reordered as the query says.
    ///
    /// # Panics
    /// If a number is not one of a user.
    pub fn lists(&self, users: &[u32]) -> Result<Vec<Vec<(u32, f32)>>> {
        let users: Vec<User<'_>> = users.iter().map(|&u| self.recommender.user_at(u)).collect();
        self.lists_for(&users)
    }

    /// [`lists`](Self::lists) for any number of users, handed to `take` some users at a time, so that memory does
    /// not grow with their number.
    ///
    /// # Errors
    /// As [`lists`](Self::lists), and those of `take`.
    ///
    /// # Panics
    /// If a number is not one of a user.
    pub fn each(
        &self,
        users: &[u32],
        mut take: impl FnMut(&[u32], &[Vec<(u32, f32)>]) -> Result<()>,
    ) -> Result<()> {
        let stage = watch::stage(rank::RECOMMENDING, users.len());
        users.chunks(PART).try_for_each(|part| {
            let people: Vec<User<'_>> = part.iter().map(|&u| self.recommender.user_at(u)).collect();
            take(part, &self.recommender.lists_of(&people, &self.selection, &stage)?)
        })
    }

    pub(super) fn lists_for(&self, users: &[User<'_>]) -> Result<Vec<Vec<(u32, f32)>>> {
        self.recommender.lists(users, &self.selection)
    }
}

impl Recommender {
    /// Looks up the names of `query` once, for any number of users.
    ///
    /// # Errors
    /// If an item is unknown and the query refuses such, or its filter cannot be applied.
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

    /// [`Prepared::lists`] of `query`.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare), or if the lists cannot be reordered as the query says.
    ///
    /// # Panics
    /// If a number is not one of a user.
    pub fn recommend_many(&self, users: &[u32], query: &Query) -> Result<Vec<Vec<(u32, f32)>>> {
        self.prepare(query)?.lists(users)
    }

    /// Which items `query` lets come back, whatever the user has seen; `None` if all.
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
