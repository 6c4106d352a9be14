//! Remedies for errors, as options of the toolkit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A remedy for an error: an option of reading, cleaning or training. `Display` writes options as the library does,
/// `` `missing` = -1 ``. Front ends write them as their users do, with [`say`](Self::say).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Remedy {
    /// Train with the users' histories kept in the model.
    KeepSeen,
    /// Take all values as interactions.
    Implicit,
    /// Take values of at least this as interactions and drop the rest.
    Threshold(f32),
    /// Either of the two above; without a value if no particular threshold is better.
    ImplicitOrThreshold(Option<f32>),
    /// Drop rows with this value, which stands for "no rating".
    Missing(f32),
    /// Choose how to merge duplicate rows of a pair: the rules that suit the data.
    Duplicates(Vec<String>),
    /// Drop users with fewer interactions.
    MinUser(u32),
    /// Drop items with fewer interactions.
    MinItem(u32),
    /// Continue from the file of an earlier run.
    Resume,
    /// Train an algorithm that predicts ratings.
    PredictRatings,
}

impl Remedy {
    /// Returns the remedy as part of a sentence. `with` formats an option (`seen`, `implicit`, `threshold`, `missing`,
    /// `duplicates`, `min_user`, `min_item`, `resume`, `purpose`) and the value to give it. If there is no value, the option is a switch, or
    /// the caller has to choose a value.
    pub fn say(&self, with: impl Fn(&str, Option<&str>) -> String) -> String {
        let with = |option, value: Option<String>| with(option, value.as_deref());
        let number = |value: &f32| Some(value.to_string());
        match self {
            Self::KeepSeen => format!("train {}", with("seen", None)),
            Self::Implicit => {
                format!("take all values as interactions {}", with("implicit", None))
            }
            Self::Threshold(least) => {
                format!("take the high values as interactions {}", with("threshold", number(least)))
            }
            Self::ImplicitOrThreshold(least) => format!(
                "take all values as interactions {}, or the high ones {}",
                with("implicit", None),
                with("threshold", least.as_ref().and_then(number))
            ),
            Self::Missing(mark) => format!(
                "if it means \"no rating\", skip such rows {}",
                with("missing", number(mark))
            ),
            Self::Duplicates(rules) => {
                let rules = match &rules[..] {
                    [] => None,
                    [one] => Some(one.clone()),
                    [some @ .., last] => Some(format!("{} or {last}", some.join(", "))),
                };
                format!("choose one value per pair {}", with("duplicates", rules))
            }
            Self::MinUser(least) => {
                format!("drop them {}", with("min_user", Some(least.to_string())))
            }
            Self::MinItem(least) => {
                format!("drop them {}", with("min_item", Some(least.to_string())))
            }
            Self::Resume => format!("delete the file, or continue {}", with("resume", None)),
            Self::PredictRatings => {
                format!("to predict ratings, train {}", with("purpose", Some("rating".into())))
            }
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(|option, value| match value {
            Some(value) => format!("with `{option}` = {value}"),
            None => format!("with `{option}`"),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_names_the_options_of_the_library() {
        let says = |remedy: Remedy| remedy.to_string();
        assert_eq!(says(Remedy::KeepSeen), "train with `seen`");
        let told = "to predict ratings, train with `purpose` = rating";
        assert_eq!(says(Remedy::PredictRatings), told);
        assert_eq!(
            says(Remedy::Missing(-1.0)),
            "if it means \"no rating\", skip such rows with `missing` = -1"
        );
        assert_eq!(
            says(Remedy::ImplicitOrThreshold(Some(3.5))),
            "take all values as interactions with `implicit`, or the high ones with `threshold` = 3.5"
        );
        let rules = ["last", "first", "mean"].map(String::from).to_vec();
        assert_eq!(
            says(Remedy::Duplicates(rules)),
            "choose one value per pair with `duplicates` = last, first or mean"
        );
    }

    #[test]
    fn a_door_names_them_in_its_own_words() {
        let python = |option: &str, _: Option<&str>| format!("with {option}=True");
        assert_eq!(Remedy::KeepSeen.say(python), "train with seen=True");
    }

    #[test]
    fn a_remedy_is_plain_data() {
        let remedy = Remedy::Missing(-1.0);
        let json = serde_json::to_string(&remedy).unwrap();
        assert_eq!(json, r#"{"missing":-1.0}"#);
        assert_eq!(serde_json::from_str::<Remedy>(&json).unwrap(), remedy);
    }
}
