//! Interviews as stateless requests and responses.

use super::{Interviewer, Reply, Strategy};
use crate::ask::{Liked, Recommended, Unknown};
use crate::error::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state of an interview: the answers so far, and what to return.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InterviewQuestion {
    /// The answers so far, in order. If an item is answered twice, the first answer counts.
    pub answers: Vec<Replied>,
    /// How questions are chosen; the model's default if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// Number of items to recommend.
    pub n: usize,
    /// Number of questions to return.
    pub questions: usize,
    /// Random seed for the `random` strategy.
    pub seed: u64,
    /// What to do with unknown items.
    pub unknown: Unknown,
}

impl Default for InterviewQuestion {
    fn default() -> Self {
        Self {
            answers: Vec::new(),
            strategy: None,
            n: 10,
            questions: 1,
            seed: 0,
            unknown: Unknown::Skip,
        }
    }
}

/// An item and the answer about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replied {
    /// Id of the item.
    pub item: String,
    /// The answer.
    pub answer: Reply,
}

/// The next questions, and the recommendations after the answers so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InterviewAnswer {
    /// How questions are chosen.
    pub strategy: Strategy,
    /// Items to ask about, most informative first; empty if there are no more.
    pub questions: Vec<Asked>,
    /// The history that the answers give: items the user likes or rates with their value, items they do not have with
    /// 0.
    pub history: Vec<Liked>,
    /// The best items that were not asked about.
    pub items: Vec<Recommended>,
    /// Unknown items in the answers; they were skipped.
    pub unknown: Vec<String>,
}

/// An item to ask about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// Id of the item.
    pub item: String,
    /// Title of the item, if the model has a catalogue with titles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Interviewer {
    /// Returns the next questions and the recommendations after the answers so far.
    ///
    /// # Errors
    /// If an item is unknown and `question.unknown` is [`Unknown::Refuse`], or the strategy uses variances that the
    /// model does not have.
    pub fn ask(&self, question: &InterviewQuestion) -> Result<InterviewAnswer> {
        let recommender = self.recommender();
        let strategy = question.strategy.unwrap_or_else(|| self.usual_strategy());
        let mut interview = self.begin(strategy, question.seed)?;
        let mut unknown: Vec<String> = Vec::new();
        for Replied { item, answer } in &question.answers {
            match (recommender.items().get(item), question.unknown) {
                (Some(number), _) => interview.answer(number, *answer),
                (None, Unknown::Refuse) => _ = recommender.item(item)?,
                (None, Unknown::Skip) if unknown.contains(item) => {}
                (None, Unknown::Skip) => unknown.push(item.clone()),
            }
        }
        let name = |item: u32| recommender.items().name(item).to_string();
        let asked = |item: u32| Asked { item: name(item), title: recommender.title(item) };
        let liked = |&(item, value): &(u32, f32)| Liked { item: name(item), value: Some(value) };
        Ok(InterviewAnswer {
            strategy,
            questions: interview.questions(question.questions).into_iter().map(asked).collect(),
            history: interview.history().iter().map(liked).collect(),
            items: recommender.named(&interview.list(question.n)),
            unknown,
        })
    }
}
