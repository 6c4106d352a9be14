//! What helps, in terms of the toolkit's options.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What helps, in terms of options of reading, cleaning and training. `Display` names the options as the library
/// does, `` `missing` = -1 ``; a door names them as its callers do, by [`say`](Self::say).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Remedy {
    /// Train and keep in the model what its users have.
    KeepSeen,
    /// Take every value as an interaction.
    Implicit,
    /// Take values of at least this as interactions, and the rest as none.
    Threshold(f32),
    /// Either of the two before; without a value where any is as good.
    ImplicitOrThreshold(Option<f32>),
    /// Leave out rows with this value, which stands for "no rating".
    Missing(f32),
    /// Choose what becomes of several rows of one pair: the rules that suit the data.
    Duplicates(Vec<String>),
    /// Drop users with fewer interactions.
    MinUser(u32),
    /// Drop items with fewer interactions.
    MinItem(u32),
}

impl Remedy {
    /// The remedy as part of a sentence, where `with` says how to name an option (`seen`, `implicit`, `threshold`,
    /// `missing`, `duplicates`, `min_user`, `min_item`) and the value to give it. Without a value it is to be
    /// switched on, or the caller has to find one.
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
                "if it stands for \"no rating\", leave such rows out {}",
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
        assert_eq!(
            says(Remedy::Missing(-1.0)),
            "if it stands for \"no rating\", leave such rows out with `missing` = -1"
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
