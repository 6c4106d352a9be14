//! The user that a query is for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The user to recommend to: a user in the training data, perhaps with interactions newer than the model; a new user
/// with a history; or, with neither, an anonymous user, who gets the most popular items.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Who {
    /// Id of a user in the training data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Interactions that the model has not seen. If an item is repeated, the last value counts.
    pub history: Vec<Liked>,
}

impl Who {
    /// Creates a user with id `name`.
    pub fn user(name: impl Into<String>) -> Self {
        Self { user: Some(name.into()), history: Vec::new() }
    }

    /// Creates a new user with `history`: item ids, or [`Liked`] entries with values.
    pub fn new_user<L: Into<Liked>>(history: impl IntoIterator<Item = L>) -> Self {
        Self { user: None, history: history.into_iter().map(Into::into).collect() }
    }

    /// Creates an anonymous user, who gets the most popular items.
    pub fn anybody() -> Self {
        Self::default()
    }
}

/// An entry of a history: `"a"` or `{"item": "a", "value": 4.5}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Form")]
pub struct Liked {
    /// Id of the item.
    pub item: String,
    /// The value, on the scale of the training data. Default:
    /// [`usual_value`](crate::recommender::Recommender::usual_value).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f32>,
}

/// The two ways to write an entry.
#[derive(Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "an entry of a history is the id of an item, or an item with a finite number as its value"
)]
enum Form {
    /// The id of an item.
    Name(String),
    /// An item with its value.
    Valued(Valued),
}

/// An item with its value.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Valued {
    /// Id of the item.
    item: String,
    /// The value, on the scale of the training data.
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
