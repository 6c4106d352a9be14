//! Lists for people.

use super::person::{Person, person};
use super::query::{Prepared, Query, Skipped};
use super::{Basis, Who};
use crate::error::Result;
use crate::math::parallel;
use crate::model::User;
use crate::preference::is_filler;
use crate::rank;
use crate::recipes::Target;
use crate::recommender::Recommender;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A list of items for somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// What the list rests on.
    pub basis: Basis,
    /// Why it is what is popular, if it is.
    pub reason: Option<String>,
    /// The recommended items, the best first.
    pub items: Vec<Recommended>,
    /// Names of the question that the model does not know, and that were skipped.
    pub unknown: Vec<String>,
    /// Why another model would give better lists, if this one was not made for lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recommended {
    /// The item's place in the list, from 1.
    pub rank: usize,
    /// Name of the item.
    pub item: String,
    /// What it is called, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Higher is better, on the scale of the recipe.
    pub score: f32,
    /// `popular` where nothing that is known of them speaks for the item: the list is filled with what is popular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Items of the history that it is there for, as many as were asked for; what adds most first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Because>,
}

/// An item of a history, and what it adds to the score of another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Because {
    /// Name of the item.
    pub item: String,
    /// What it is called, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it adds; above 0.
    pub score: f32,
}

impl Recommender {
    /// The best items for somebody.
    ///
    /// # Errors
    /// If a name is unknown and the query refuses such, a value of the history is not finite, or the lists cannot be
    /// filtered or reordered as the query says.
    pub fn recommend(&self, who: &Who, query: &Query) -> Result<Answer> {
        let mut answers = self.recommend_batch(std::slice::from_ref(who), query)?;
        Ok(answers.pop().expect("one for each"))
    }

    /// [`recommend`](Self::recommend) for each of `people`, in blocks of them in parallel; what anybody gets does not
    /// depend on who else is asked for.
    ///
    /// # Errors
    /// As [`recommend`](Self::recommend).
    pub fn recommend_batch(&self, people: &[Who], query: &Query) -> Result<Vec<Answer>> {
        let prepared = self.prepare(query)?;
        let mut found: Vec<(Person<'_>, Vec<String>)> = Vec::with_capacity(people.len());
        for who in people {
            let mut skipped = Skipped::none(self, prepared.rule);
            let person = person(self, who, &mut skipped)?;
            for name in prepared.unknown() {
                if !skipped.names.contains(name) {
                    skipped.names.push(name.clone());
                }
            }
            found.push((person, skipped.names));
        }
        let users: Vec<User<'_>> = found.iter().map(|(person, _)| person.user()).collect();
        let lists = prepared.lists_for(&users)?;
        let items = parallel::map(users.len(), 1, |range| {
            range.map(|at| explained(&prepared, users[at], &lists[at])).collect::<Vec<_>>()
        });
        let answer = |((person, unknown), items): (&(Person<'_>, Vec<String>), _)| Answer {
            basis: person.basis,
            reason: person.reason.clone(),
            items,
            unknown: unknown.clone(),
            note: self.note_on_lists(),
        };
        Ok(found.iter().zip(items.into_iter().flatten()).map(answer).collect())
    }

    /// Why another model would give better lists, if this one was not made for lists.
    pub fn note_on_lists(&self) -> Option<String> {
        (self.card().target() == Target::Rating).then(|| {
            format!(
                "{} predicts values; what would be rated highest is seldom what people choose. For lists, train an \
                 algorithm that ranks, such as slim",
                self.card().name()
            )
        })
    }

    /// `list` with names.
    pub(crate) fn named(&self, list: &[(u32, f32)]) -> Vec<Recommended> {
        let entry = |(rank, &(item, score)): (usize, &(u32, f32))| Recommended {
            rank: rank + 1,
            item: self.items().name(item).to_string(),
            title: self.title(item),
            score,
            basis: is_filler(score).then_some(Basis::Popular),
            because: Vec::new(),
        };
        list.iter().enumerate().map(entry).collect()
    }

    /// What an item is called; a model without a catalogue of items does not know.
    pub(crate) fn title(&self, item: u32) -> Option<String> {
        self.catalogue()?.title(self.items().name(item)).map(str::to_owned)
    }
}

/// A list with names and reasons.
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
            entry.because = reasons.into_iter().map(because).collect();
        }
    }
    named
}
