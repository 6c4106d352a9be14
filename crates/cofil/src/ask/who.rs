//! For whom an answer is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Somebody: a user of the training data, perhaps with events that the model has not seen; a stranger with a
/// history; or, with neither, nobody in particular.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Who {
    /// Name of a user of the training data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What they have that the model has not seen; of a repeated item the last value counts.
    pub history: Vec<Liked>,
}

impl Who {
    /// The user called `name`.
    pub fn user(name: impl Into<String>) -> Self {
        Self { user: Some(name.into()), history: Vec::new() }
    }

    /// A stranger who has `history`: names of items, or [`Liked`] with their values.
    pub fn stranger<L: Into<Liked>>(history: impl IntoIterator<Item = L>) -> Self {
        Self { user: None, history: history.into_iter().map(Into::into).collect() }
    }

    /// Nobody in particular, who is shown what is popular.
    pub fn anybody() -> Self {
        Self::default()
    }
}

/// An item of a history: `"a"` or `{"item": "a", "value": 4.5}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Form")]
pub struct Liked {
    /// Name of the item.
    pub item: String,
    /// Its value, on the scale of the training data; without one
    /// [`usual_value`](crate::recommender::Recommender::usual_value) counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f32>,
}

/// What may be written.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Form {
    /// Name of an item.
    Name(String),
    /// An item with its value.
    Valued(Valued),
}

/// An item with its value.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Valued {
    /// Name of the item.
    item: String,
    /// Its value, on the scale of the training data.
    #[serde(default)]
    value: Option<f32>,
}

impl From<Form> for Liked {
    fn from(form: Form) -> Self {
        match form {
            Form::Name(item) => Self { item, value: None },
            Form::Valued(Valued { item, value }) => Self { item, value },
        }
    }
}

impl From<&str> for Liked {
    fn from(item: &str) -> Self {
        Self { item: item.into(), value: None }
    }
}

impl From<String> for Liked {
    fn from(item: String) -> Self {
        Self { item, value: None }
    }
}

impl<S: Into<String>> From<(S, f32)> for Liked {
    fn from((item, value): (S, f32)) -> Self {
        Self { item: item.into(), value: Some(value) }
    }
}
