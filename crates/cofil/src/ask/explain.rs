//! Explanations of scores.

use super::person::person;
use super::query::Skipped;
use super::{Basis, Unknown, Who};
use crate::data::filler;
use crate::error::Result;
use crate::math::real::finite;
use crate::model::{Attribution, Contributions};
use crate::rank;
use crate::recommender::Recommender;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The breakdown of a score: score = base + Σ contributions + rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Id of the item.
    pub item: String,
    /// Title of the item, if the model has a catalogue with titles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the score is based on.
    pub basis: Basis,
    /// Why the score is based on popularity, if it is.
    pub reason: Option<String>,
    /// The model's score of the item.
    pub score: f32,
    /// The part of the score that does not depend on the history, such as biases.
    pub base: f32,
    /// The contribution of each history entry, largest first. Entries that count against the item are negative.
    pub contributions: Vec<Contribution>,
    /// The remainder. If `method` is exact, it is only rounding for a new user. For a user in the training data it
    /// also includes the part of the learned vector that the history does not explain.
    pub rest: f32,
    /// How the contributions were computed.
    pub method: Attribution,
    /// Unknown ids in the request; they were skipped.
    pub unknown: Vec<String>,
}

/// A history entry and its contribution to a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contribution {
    /// Id of the item.
    pub item: String,
    /// Title of the item, if the model has a catalogue with titles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its value in the history.
    pub value: f32,
    /// Its contribution to the score.
    pub contribution: f32,
}

impl Recommender {
    /// Breaks down the score of `item` for `who`.
    ///
    /// # Errors
    /// If the item is unknown, another id is unknown and `unknown` is [`Unknown::Refuse`], or a value in the history
    /// is not finite.
    pub fn explain(&self, who: &Who, item: &str, unknown: Unknown) -> Result<Explanation> {
        let number = self.item(item)?;
        let mut skipped = Skipped::none(self, unknown);
        let person = person(self, who, &mut skipped)?;
        let user = person.user();
        let mut score = [0.0];
        self.model().score(user, &[number], &mut score);
        let [score] = score.map(filler::alone);
        let told = match user.history.is_empty() {
            true => None,
            false => {
                self.model().contributions(user.history, &[number]).pop().map(Contributions::finite)
            }
        };
        let Contributions { base, parts, method } = told.unwrap_or(Contributions {
            base: score,
            parts: Vec::new(),
            method: Attribution::Exact,
        });
        let base = filler::alone(base);
        let sum = parts.iter().fold(f64::from(base), |sum, &part| sum + f64::from(part));
        // Ties in the order of the items.
        let order = rank::top_k(&parts, parts.len(), &[]);
        let contribution = |(at, contribution): (u32, f32)| {
            let (item, value) =
                (user.history.columns[at as usize], user.history.values[at as usize]);
            let title = self.title(item);
            Contribution { item: self.items().name(item).to_string(), title, value, contribution }
        };
        Ok(Explanation {
            item: item.into(),
            title: self.title(number),
            basis: person.basis,
            score,
            base,
            contributions: order.into_iter().map(contribution).collect(),
            rest: finite((f64::from(score) - sum) as f32),
            method,
            unknown: skipped.names(),
            reason: person.reason.clone(),
        })
    }
}
