//! Resolves the user of a query and decides what the answer is based on.

use super::Who;
use super::query::Skipped;
use crate::data::Row;
use crate::error::Result;
use crate::model::User;
use crate::preference::any_liked;
use crate::recipes::Target;
use crate::recommender::Recommender;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an answer is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// What training learned about the user.
    Learned,
    /// A history, folded into the model as for a new user.
    FoldedIn,
    /// Popularity: nothing is known about the user.
    Popular,
}

/// A user as the model sees them.
pub(super) struct Person<'a> {
    index: Option<u32>,
    history: History<'a>,
    pub basis: Basis,
    /// Why the answer is based on popularity.
    pub reason: Option<String>,
    /// A note on values of the history that are off the scale.
    pub note: Option<String>,
}

/// A history, borrowed from the model or owned.
enum History<'a> {
    Kept(Row<'a>),
    Own(Vec<u32>, Vec<f32>),
}

impl Person<'_> {
    pub fn user(&self) -> User<'_> {
        let history = match &self.history {
            History::Kept(row) => *row,
            History::Own(columns, values) => Row { columns, values },
        };
        User { index: self.index, history }
    }
}

/// Resolves `who`.
pub(super) fn person<'a>(
    recommender: &'a Recommender,
    who: &Who,
    skipped: &mut Skipped<'_>,
) -> Result<Person<'a>> {
    let known = match &who.user {
        Some(name) => skipped.user(name)?,
        None => None,
    };
    let given: Vec<f32> = who.history.iter().filter_map(|liked| liked.value).collect();
    let off_scale = recommender.off_scale(&given);
    let mut events = BTreeMap::new();
    for liked in &who.history {
        let value = liked.value.unwrap_or_else(|| recommender.usual_value());
        recommender.check_value(&liked.item, value)?;
        if let Some(item) = skipped.item(&liked.item)? {
            events.insert(item, value);
        }
    }
    if let (Some(u), true) = (known, events.is_empty()) {
        return Ok(by_number(recommender, u));
    }
    if let Some(u) = known {
        for (item, value) in recommender.user_at(u).history.iter() {
            events.entry(item).or_insert(value);
        }
    }
    let (columns, values): (Vec<u32>, Vec<f32>) = events.into_iter().unzip();
    let note = recommender.note_off_scale("values in the history", off_scale);
    let none = match columns.is_empty() {
        true => Some(reason(who)),
        false => nothing_liked(recommender, Row { columns: &columns, values: &values })
            .then(|| "no item in the history has positive feedback".into()),
    };
    let history = History::Own(columns, values);
    Ok(match none {
        Some(reason) => {
            Person { index: None, history, basis: Basis::Popular, reason: Some(reason), note }
        }
        None => Person { index: None, history, basis: Basis::FoldedIn, reason: None, note },
    })
}

/// A user in the training data.
fn by_number(recommender: &Recommender, u: u32) -> Person<'_> {
    let User { index, history } = recommender.user_at(u);
    let name = recommender.users().name(u);
    let by_history = recommender.model().needs_history();
    let reason = match index {
        None => Some(format!("user `{name}` had no interactions in the training data")),
        Some(_) if history.is_empty() && by_history => Some(
            "the model file does not hold user histories, which this model scores by".to_owned(),
        ),
        Some(_) if nothing_liked(recommender, history) => {
            Some(format!("user `{name}` has no positive feedback"))
        }
        Some(_) => None,
    };
    let basis = if reason.is_some() { Basis::Popular } else { Basis::Learned };
    Person { index, history: History::Kept(history), basis, reason, note: None }
}

/// Returns whether `history` has entries but a ranking model would count none of them as liked.
fn nothing_liked(recommender: &Recommender, history: Row<'_>) -> bool {
    let ranks = recommender.card().target() == Target::Preference;
    ranks && !history.is_empty() && !any_liked(recommender.model().reading(), history)
}

/// Returns why nothing is known about `who`, who is not in the training data.
fn reason(who: &Who) -> String {
    match (&who.user, who.history.is_empty()) {
        (Some(name), true) => format!("user `{name}` is not known"),
        (Some(name), false) => {
            format!("user `{name}` is not known, nor is any item in the history")
        }
        (None, false) => "no item in the history is known".into(),
        (None, true) => "neither a user nor a history was given".into(),
    }
}
