//! An interview as one question and one answer: nothing is kept in between.

use super::{Interviewer, Reply, Strategy};
use crate::ask::{Liked, Recommended, Unknown};
use crate::error::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What somebody new said so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InterviewQuestion {
    /// In their order; of an item that was answered twice the first answer counts.
    pub answers: Vec<Replied>,
    /// How questions are chosen; the model's usual way if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// How many items to recommend.
    pub n: usize,
    /// How many items to name that are worth asking about next.
    pub questions: usize,
    /// Seed of random questions.
    pub seed: u64,
    /// What to do with items that the model does not know.
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

/// An item and what was said about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replied {
    /// Name of the item.
    pub item: String,
    /// The answer.
    pub answer: Reply,
}

/// What to ask next, and what to recommend by now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InterviewAnswer {
    /// How questions are chosen.
    pub strategy: Strategy,
    /// Items to ask about, the one most worth it first; empty when all have been.
    pub questions: Vec<Asked>,
    /// What the answers say of the user: what they like or rate with its value, what they do not have with 0.
    pub history: Vec<Liked>,
    /// The best items that were not asked about.
    pub items: Vec<Recommended>,
    /// Items of the question that the model does not know, and that were skipped.
    pub unknown: Vec<String>,
}

/// An item to ask about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// Name of the item.
    pub item: String,
    /// What it is called, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Interviewer {
    /// What to ask next, and what to recommend, after the answers so far.
    ///
    /// # Errors
    /// If an item is unknown and such are refused, or the strategy looks at variances that the model does not have.
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
