//! Findings of reports on data, and remedies.

use crate::error::Remedy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A finding of a report. `Display` writes whole sentences, with option names as in the library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// One or more sentences.
    pub text: String,
    /// The remedy, if an option of the toolkit is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

impl Finding {
    /// Adds a remedy.
    pub(crate) fn with(self, remedy: Remedy) -> Self {
        Self { remedy: Some(remedy), ..self }
    }

    /// Returns whole sentences. Option names are written by `with`, see [`Remedy::say`].
    pub fn say(&self, with: impl Fn(&str, Option<&str>) -> String) -> String {
        self.sentences(self.remedy.as_ref().map(|remedy| remedy.say(with)))
    }

    fn sentences(&self, remedy: Option<String>) -> String {
        let Some(remedy) = remedy else { return self.text.clone() };
        let mut letters = remedy.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        format!("{} {}{}.", self.text, first.collect::<String>(), letters.as_str())
    }
}

impl From<String> for Finding {
    fn from(text: String) -> Self {
        Self { text, remedy: None }
    }
}

impl From<&str> for Finding {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentences(self.remedy.as_ref().map(Remedy::to_string)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_told_in_sentences_and_read_back() {
        let plain = Finding::from("3 items without any interaction.");
        assert_eq!(plain.to_string(), "3 items without any interaction.");
        let finding = Finding::from("3 users are rare.").with(Remedy::MinUser(5));
        assert_eq!(finding.to_string(), "3 users are rare. Drop them with `min_user` = 5.");
        let door = |option: &str, value: Option<&str>| format!("by {option}({})", value.unwrap());
        assert_eq!(finding.say(door), "3 users are rare. Drop them by min_user(5).");
        let json = serde_json::to_string(&finding).unwrap();
        assert_eq!(json, r#"{"text":"3 users are rare.","remedy":{"min-user":5}}"#);
        assert_eq!(serde_json::from_str::<Finding>(&json).unwrap(), finding);
    }
}
