//! Why a score is what it is.

use super::person::person;
use super::query::Skipped;
use super::{Basis, Unknown, Who};
use crate::error::Result;
use crate::model::{Attribution, Contributions};
use crate::rank;
use crate::recommender::Recommender;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A score taken apart: score = base + Σ contributions + rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Name of the item.
    pub item: String,
    /// What it is called, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// On what the score rests.
    pub basis: Basis,
    /// Why it is that of what is popular, if it is.
    pub reason: Option<String>,
    /// What the model gives the item.
    pub score: f32,
    /// The part of the score that does not depend on the history, such as biases.
    pub base: f32,
    /// What each entry of the history adds, the largest first; negative for what counts against the item.
    pub contributions: Vec<Contribution>,
    /// What is left. For a stranger it is rounding alone where `method` is exact; for a user of the training
    /// data it is also what their learned vector says beyond the history.
    pub rest: f32,
    /// How the contributions were found.
    pub method: Attribution,
    /// Names of the question that the model does not know, and that were skipped.
    pub unknown: Vec<String>,
}

/// An entry of a history and its part of a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contribution {
    /// Name of the item.
    pub item: String,
    /// What it is called, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its value in the history.
    pub value: f32,
    /// What this entry of the history adds to the score.
    pub contribution: f32,
}

impl Recommender {
    /// The score of `item` for somebody, taken apart.
    ///
    /// # Errors
    /// If the item is unknown, another name is and such are refused, or a value of the history is not finite.
    pub fn explain(&self, who: &Who, item: &str, unknown: Unknown) -> Result<Explanation> {
        let number = self.item(item)?;
        let mut skipped = Skipped::none(self, unknown);
        let person = person(self, who, &mut skipped)?;
        let user = person.user();
        let mut score = [0.0];
        self.model().score(user, &[number], &mut score);
        let [score] = score;
        let told = match user.history.is_empty() {
            true => None,
            false => self.model().contributions(user.history, &[number]).pop(),
        };
        let Contributions { base, parts, method } = told.unwrap_or(Contributions {
            base: score,
            parts: Vec::new(),
            method: Attribution::Exact,
        });
        let sum = parts.iter().fold(f64::from(base), |sum, &part| sum + f64::from(part));
        // Equal contributions in the order of the items.
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
            rest: (f64::from(score) - sum) as f32,
            method,
            unknown: skipped.names,
            reason: person.reason.clone(),
        })
    }
}
