//! Answers to questions about items.

use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// An answer: `"yes"`, `"no"`, `"unknown"` or a value on the scale of the training data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Form", into = "Form")]
pub enum Reply {
    /// The user likes the item.
    Yes,
    /// The user does not have the item but could have. For models that predict ratings, the same as
    /// [`Unknown`](Self::Unknown).
    No,
    /// The user cannot say.
    Unknown,
    /// The user's rating.
    Value(f32),
}

/// The two ways to write an answer.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "an answer is yes, no, ? (unknown) or a rating")]
enum Form {
    /// A value.
    Value(f32),
    /// yes, no, unknown, or a value as text.
    Text(String),
}

impl FromStr for Reply {
    type Err = Error;

    /// Parses `yes` or `y`, `no` or `n`, `unknown`, `skip`, `s` or `?`, or a number; case is ignored.
    fn from_str(text: &str) -> Result<Self> {
        match text.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(Self::Yes),
            "n" | "no" => Ok(Self::No),
            "s" | "skip" | "?" | "unknown" => Ok(Self::Unknown),
            number => match number.parse() {
                Ok(value) => Form::Value(value).try_into(),
                Err(_) => Err(not_understood(text)),
            },
        }
    }
}

fn not_understood(text: impl std::fmt::Display) -> Error {
    Error::Unfit(format!("the answer `{text}` is not understood; give yes, no, ? or a rating"))
}

impl TryFrom<Form> for Reply {
    type Error = Error;

    fn try_from(form: Form) -> Result<Self> {
        match form {
            Form::Value(value) if value.is_finite() => Ok(Self::Value(value)),
            Form::Value(value) => Err(not_understood(value)),
            Form::Text(text) => text.parse(),
        }
    }
}

impl From<Reply> for Form {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Yes => Self::Text("yes".into()),
            Reply::No => Self::Text("no".into()),
            Reply::Unknown => Self::Text("unknown".into()),
            Reply::Value(value) => Self::Value(value),
        }
    }
}
