//! The list of recipes. This enum is the config file, the command's settings and the header of the
//! model file.

use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::recipes::autorec::AutoRec;
use crate::recipes::svd::Impute;
use crate::recipes::{self, Range, Recipe, Target};
use crate::store;
use crate::train::{Fitted, Run};
use crate::watch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// States the list of recipes: the enum, every recipe with its defaults, and the way to each.
macro_rules! recipes {
    ($($(#[$about:meta])* $recipe:ident,)*) => {
        /// Every recipe with its settings: `{"algorithm": "ease", "reg": 250}` in any format; unknown names
        /// are refused.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "algorithm", rename_all = "kebab-case")]
        pub enum Algorithm {
            $($(#[$about])* $recipe(recipes::$recipe),)*
        }

        impl Algorithm {
            /// Every recipe with its default settings.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$recipe(recipes::$recipe::default()),)*]
            }

            fn recipe(&self) -> &dyn Recipe {
                match self {
                    $(Self::$recipe(recipe) => recipe,)*
                }
            }
        }
    };
}

recipes! {
    /// What most people chose.
    Popularity,
    /// Matrix factorization with biases, learned by gradient descent.
    BiasedMf,
    /// Vectors for ratings, by alternating least squares.
    Als,
    /// Vectors for interactions, by alternating least squares over all pairs.
    Ials,
    /// Vectors learned from comparisons: what was chosen against what was not.
    Bpr,
    /// Vectors learned from comparisons with items that rank too high.
    Warp,
    /// Vectors that tell what was chosen from what was not.
    LogisticMf,
    /// Matrix factorization that also reads from which items a user rated.
    SvdPlusPlus,
    /// Truncated singular value decomposition of the filled matrix.
    Svd,
    /// Item-to-item weights in closed form.
    Ease,
    /// The most similar items vote.
    ItemKnn,
    /// The most similar users vote.
    UserKnn,
    /// Ratings: what similar items or users have over a baseline.
    KnnBaseline,
    /// Sparse item-to-item weights, an elastic-net regression for each item.
    Slim,
    /// Random walks from item to user to item.
    #[serde(rename = "rp3beta")]
    Rp3Beta,
    /// The same, popular items not held back.
    #[serde(rename = "p3alpha")]
    P3Alpha,
    /// An autoencoder of items' rows.
    AutorecItem,
    /// An autoencoder of users' rows.
    AutorecUser,
    /// Embeddings multiplied, learned against sampled negatives.
    Gmf,
    /// A network of layers above embeddings.
    Mlp,
    /// Both: embeddings multiplied, and a network of layers.
    Neumf,
}

impl Algorithm {
    /// Learns a model from `train`.
    ///
    /// # Errors
    /// If a setting is out of range, the data cannot support the recipe, or training diverges.
    pub fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        watch::check();
        train.check_not_empty()?;
        self.recipe().fit(train, &run.of(self.to_value()))
    }

    /// What the scores of its models mean.
    pub fn target(&self) -> Target {
        self.recipe().target()
    }

    /// The same set to rank, where it predicts values and can be set to rank; else as it is.
    pub fn to_rank(mut self) -> Self {
        match &mut self {
            Self::Svd(svd) => svd.impute = Impute::Zero,
            Self::AutorecItem(AutoRec { negatives, .. }) if *negatives == 0 => *negatives = 5,
            Self::AutorecUser(AutoRec { negatives, .. }) if *negatives == 0 => *negatives = 5,
            _ => {}
        }
        self
    }

    /// Which settings are worth tuning, and where.
    pub fn ranges(&self) -> Vec<Range> {
        self.recipe().ranges()
    }

    /// The name under which it is chosen, such as `ease`.
    pub fn name(&self) -> String {
        match self.to_value().get("algorithm") {
            Some(Value::String(name)) => name.clone(),
            _ => unreachable!("the enum is tagged"),
        }
    }

    /// The recipe called `name` with `settings` in place of defaults.
    ///
    /// # Errors
    /// If the recipe or a setting is unknown (the nearest name is offered) or a value has the wrong type.
    pub fn from_settings(name: &str, settings: &Map<String, Value>) -> Result<Self> {
        let all = Self::all();
        let default = all
            .iter()
            .find(|a| a.name() == name)
            .ok_or_else(|| Error::unknown("algorithm", name, all.iter().map(Self::name)))?;
        let Value::Object(mut merged) = default.to_value() else {
            unreachable!("settings are structs")
        };
        for (setting, value) in settings {
            if setting == "algorithm" || !merged.contains_key(setting) {
                let valid = merged.keys().filter(|k| *k != "algorithm");
                return Err(Error::unknown("setting", setting, valid));
            }
            // One setting at a time, so that a wrong type is blamed on the right one.
            merged.insert(setting.clone(), value.clone());
            serde_json::from_value::<Self>(Value::Object(merged.clone()))
                .map_err(|e| Error::setting(setting, wrong_value(&e.to_string())))?;
        }
        serde_json::from_value(Value::Object(merged))
            .map_err(|e| Error::Unfit(format!("settings of {name}: {e}")))
    }

    /// JSON schema of the settings of recipe `name`: type, default and meaning of each.
    ///
    /// # Errors
    /// If there is no such recipe.
    pub fn schema(name: &str) -> Result<Value> {
        let schema = schemars::schema_for!(Self).to_value();
        let mut variants = schema["oneOf"].as_array().into_iter().flatten();
        let mut recipe = variants
            .find(|v| v["properties"]["algorithm"]["const"] == name)
            .cloned()
            .ok_or_else(|| Error::unknown("algorithm", name, Self::all().iter().map(Self::name)))?;
        // The types that its settings refer to.
        recipe["$defs"] = schema["$defs"].clone();
        // Defaults with as many digits as they have.
        let default = Self::from_settings(name, &Map::new())?.to_value();
        for (setting, property) in recipe["properties"].as_object_mut().into_iter().flatten() {
            if let (Some(shown), Some(value)) = (property.get_mut("default"), default.get(setting))
            {
                *shown = value.clone();
            }
        }
        Ok(recipe)
    }

    fn to_value(&self) -> Value {
        store::plain(self).expect("settings are plain data")
    }
}

/// What is wrong with the value of a setting; a misspelt name of a list comes with the nearest.
fn wrong_value(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message.starts_with("unknown variant"), quoted.split_first()) {
        (true, Some((name, valid))) => Error::unknown("value", name, valid).to_string(),
        _ => message.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipes::Ease;
    use serde_json::json;

    #[test]
    fn settings_are_checked_by_name_and_type() {
        let make = |name: &str, settings: Value| {
            Algorithm::from_settings(name, settings.as_object().expect("an object"))
        };
        let ease = make("ease", json!({"reg": 250})).unwrap();
        assert_eq!(ease, Algorithm::Ease(Ease { reg: 250.0, ..Ease::default() }));
        let says = |r: Result<Algorithm>| r.unwrap_err().to_string();
        assert!(says(make("eese", json!({}))).contains("did you mean `ease`?"));
        assert!(says(make("ease", json!({"rg": 1}))).contains("did you mean `reg`?"));
        assert!(says(make("ease", json!({"reg": "much"}))).starts_with("setting `reg`: "));
        assert!(make("popularity", json!({"half_life": 30})).is_ok());
    }

    #[test]
    fn what_can_be_set_to_rank_ranks() {
        let ranks = |a: &Algorithm| a.target() == Target::Preference;
        let set: Vec<String> = Algorithm::all()
            .into_iter()
            .filter(|a| !ranks(a) && ranks(&a.clone().to_rank()))
            .map(|a| a.name())
            .collect();
        assert_eq!(set, ["svd", "autorec-item", "autorec-user"]);
        let others = Algorithm::all().into_iter().filter(|a| !set.contains(&a.name()));
        others.for_each(|a| assert_eq!(a.clone().to_rank(), a));
    }

    #[test]
    fn every_setting_is_documented() {
        for algorithm in Algorithm::all() {
            let name = algorithm.name();
            let schema = Algorithm::schema(&name).unwrap();

            for setting in algorithm.to_value().as_object().unwrap().keys() {
                let text = &schema["properties"][setting]["description"];
                assert!(setting == "algorithm" || text.is_string(), "{name}: {setting}");
            }
        }
    }
}
