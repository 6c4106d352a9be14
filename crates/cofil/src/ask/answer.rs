//! Lists of recommended items.

use super::person::{Person, person};
use super::query::{Prepared, Query, Skipped};
use super::{Basis, Who};
use crate::data::filler::{is_filler, shown};
use crate::error::Result;
use crate::math::parallel;
use crate::model::User;
use crate::rank;
use crate::recipes::Target;
use crate::recommender::Recommender;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The items recommended to one user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// What the list is based on.
    pub basis: Basis,
    /// Why the list holds the most popular items, if it does.
    pub reason: Option<String>,
    /// The recommended items, best first.
    pub items: Vec<Recommended>,
    /// Unknown ids in the request; they were skipped.
    pub unknown: Vec<String>,
    /// Which values of the history are off the scale, and a hint that another algorithm gives better lists, if this one
    /// predicts ratings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One item of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recommended {
    /// Position in the list, from 1.
    pub rank: usize,
    /// Id of the item.
    pub item: String,
    /// Title of the item, if the model has a catalogue with titles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The score; higher is better. Its scale depends on the algorithm.
    pub score: f32,
    /// `popular` if no history entry supports the item: the rest of the list is filled with the most popular items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The history items that contribute most to the score, largest contribution first, at most `explain` of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Because>,
}

/// A history item given as a reason, with its contribution to the score of the recommended item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Because {
    /// Id of the history item.
    pub item: String,
    /// Title of the item, if the model has a catalogue with titles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its contribution to the score; above 0.
    pub score: f32,
}

impl Recommender {
    /// Recommends items to `who`.
    ///
    /// # Errors
    /// If an id is unknown and `query.unknown` is [`Unknown::Refuse`](super::Unknown::Refuse), a value in the
    /// history is not finite or far off the scale of the training data, or the list cannot be filtered or reordered as the query says.
    pub fn recommend(&self, who: &Who, query: &Query) -> Result<Answer> {
        let mut answers = self.recommend_batch(std::slice::from_ref(who), query)?;
        Ok(answers.pop().expect("one for each"))
    }

    /// Calls [`recommend`](Self::recommend) for each of `people`, in parallel blocks. A user's list does not depend
    /// on which other users are requested.
    ///
    /// # Errors
    /// As [`recommend`](Self::recommend).
    pub fn recommend_batch(&self, people: &[Who], query: &Query) -> Result<Vec<Answer>> {
        let prepared = self.prepare(query)?;
        let mut found: Vec<(Person<'_>, Vec<String>)> = Vec::with_capacity(people.len());
        for who in people {
            let mut skipped = Skipped::none(self, prepared.rule);
            let person = person(self, who, &mut skipped)?;
            prepared.unknown().try_for_each(|name| skipped.add(name))?;
            found.push((person, skipped.names()));
        }
        let users: Vec<User<'_>> = found.iter().map(|(person, _)| person.user()).collect();
        let lists = prepared.lists_for(&users)?;
        let items = parallel::map(users.len(), 1, |range| {
            range.map(|at| explained(&prepared, users[at], &lists[at])).collect::<Vec<_>>()
        });
        let answer = |((person, unknown), items): ((Person<'_>, Vec<String>), _)| Answer {
            basis: person.basis,
            reason: person.reason,
            items,
            unknown,
            note: [person.note, self.note_on_lists()].into_iter().flatten().reduce(joined),
        };
        Ok(found.into_iter().zip(items.into_iter().flatten()).map(answer).collect())
    }

    /// Returns a hint that another algorithm gives better lists, if this one predicts ratings.
    pub fn note_on_lists(&self) -> Option<String> {
        (self.card().target() == Target::Rating).then(|| {
            format!(
                "{} predicts ratings, and high predicted ratings make poor lists. For lists, train an algorithm that \
                 ranks, such as slim",
                self.card().name()
            )
        })
    }

    /// Returns `list` with ids and titles.
    pub(crate) fn named(&self, list: &[(u32, f32)]) -> Vec<Recommended> {
        let entry = |(rank, &(item, score)): (usize, &(u32, f32))| Recommended {
            rank: rank + 1,
            item: self.items().name(item).to_string(),
            title: self.title(item),
            score,
            basis: is_filler(score).then_some(Basis::Popular),
            because: Vec::new(),
        };
        shown(list).iter().enumerate().map(entry).collect()
    }

    /// Returns the title of an item, if the model has a catalogue with titles.
    pub(crate) fn title(&self, item: u32) -> Option<String> {
        self.catalogue()?.title(self.items().name(item)).map(str::to_owned)
    }
}

fn joined(one: String, other: String) -> String {
    format!("{one}. {other}")
}

/// Returns a list with ids, titles and reasons.
fn explained(prepared: &Prepared<'_>, user: User<'_>, list: &[(u32, f32)]) -> Vec<Recommended> {
    let recommender = prepared.recommender;
    let mut named = recommender.named(list);
    if prepared.explain > 0 {
        let items: Vec<u32> = list.iter().map(|&(item, _)| item).collect();
        let all = rank::reasons(recommender.model(), user.history, &items, prepared.explain);
        for (entry, reasons) in named.iter_mut().zip(all) {
            let because = |(item, score)| {
                let title = recommender.title(item);
                Because { item: recommender.items().name(item).to_string(), title, score }
            };
            // A place by popularity has no reason in the history.
            if entry.basis.is_none() {
                entry.because = reasons.into_iter().map(because).collect();
            }
        }
    }
    named
}
