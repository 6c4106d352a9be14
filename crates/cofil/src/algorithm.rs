//! The list of algorithms. The enum is the format of config files, of settings on the command line and of the header
//! of model files.

use crate::data::{Ratings, ReadValues, Reading};
use crate::error::{Error, Result, plain_words};
use crate::model::check_whole;
use crate::preference::{Preference, liked};
use crate::recipes::autorec::AutoRec;
use crate::recipes::svd::Impute;
use crate::recipes::{self, Preset, Range, Recipe, Rule, Target, Traits};
use crate::store;
use crate::train::{Fitted, Run};
use crate::watch;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Declares the list of algorithms: the enum, the default settings and the access to each.
macro_rules! recipes {
    ($($(#[$about:meta])* $recipe:ident $name:literal,)*) => {
        /// An algorithm with its settings. In files: `{"algorithm": "ease", "reg": 250}` in any format; unknown names
        /// are refused.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "algorithm")]
        pub enum Algorithm {
            $($(#[$about])* #[serde(rename = $name)] $recipe(recipes::$recipe),)*
        }

        impl Algorithm {
            /// Returns all algorithms with their default settings.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$recipe(recipes::$recipe::default()),)*]
            }

            /// The name of the algorithm in files and commands, such as `ease`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$recipe(_) => $name,)*
                }
            }

            fn recipe(&self) -> &dyn Recipe {
                match self {
                    $(Self::$recipe(recipe) => recipe,)*
                }
            }

            fn recipe_mut(&mut self) -> &mut dyn Recipe {
                match self {
                    $(Self::$recipe(recipe) => recipe,)*
                }
            }
        }
    };
}

recipes! {
    /// Most popular items, the same for all users.
    Popularity "popularity",
    /// User and item biases alone.
    Baseline "baseline",
    /// Matrix factorization with biases, by stochastic gradient descent.
    BiasedMf "biased-mf",
    /// Matrix factorization of ratings, by alternating least squares.
    Als "als",
    /// Matrix factorization of interactions, by weighted alternating least squares over all pairs.
    Ials "ials",
    /// Matrix factorization trained on pairs: items the user has against items the user does not have.
    Bpr "bpr",
    /// Matrix factorization trained on pairs, against items that rank too high.
    Warp "warp",
    /// Matrix factorization trained to tell interactions from sampled negatives, by logistic regression.
    LogisticMf "logistic-mf",
    /// Matrix factorization that also uses which items a user rated.
    SvdPlusPlus "svd-plus-plus",
    /// Truncated singular value decomposition of the filled-in matrix.
    Svd "svd",
    /// Item-to-item weights in closed form.
    Ease "ease",
    /// Nearest neighbours between items.
    ItemKnn "item-knn",
    /// Nearest neighbours between users.
    UserKnn "user-knn",
    /// Ratings by nearest neighbours, relative to a baseline of biases.
    KnnBaseline "knn-baseline",
    /// Sparse item-to-item weights, by one elastic-net regression per item.
    Slim "slim",
    /// Random walks from item to user to item, with a popularity penalty.
    Rp3Beta "rp3beta",
    /// Random walks from item to user to item.
    P3Alpha "p3alpha",
    /// Filters on the graph of users and items, without training.
    GraphFilter "graph-filter",
    /// Autoencoder of item rows.
    AutorecItem "autorec-item",
    /// Autoencoder of user rows.
    AutorecUser "autorec-user",
    /// Generalized matrix factorization: products of embeddings, trained with sampled negatives.
    Gmf "gmf",
    /// Multilayer perceptron on embeddings, trained with sampled negatives.
    Mlp "mlp",
    /// Neural matrix factorization: `gmf` and `mlp` combined.
    Neumf "neumf",
    /// Weighted sum of other algorithms, with weights chosen on held-out interactions.
    Blend "blend",
}

/// What other libraries and papers call the algorithms, without case and separators, `+` spelt out.
const NAMES_ELSEWHERE: [(&str, &[&str]); 20] = [
    (
        "popularity",
        &["pop", "mostpop", "mostpopular", "popular", "toppop", "toppopular", "popscore"],
    ),
    ("baseline", &["bias", "biases", "baselineonly", "biasscorer", "itemuserbias"]),
    ("biased-mf", &["funksvd", "biasedmatrixfactorization", "mf", "pmf"]),
    (
        "ials",
        &[
            "implicitals",
            "implicitmf",
            "implicitmfscorer",
            "alternatingleastsquares",
            "wmf",
            "wrmf",
            "weightedmatrixfactorization",
        ],
    ),
    ("bpr", &["bprmf", "bayesianpersonalizedranking"]),
    ("logistic-mf", &["lmf", "logisticmatrixfactorization"]),
    ("svd-plus-plus", &["svdpp"]),
    ("svd", &["puresvd", "truncatedsvd"]),
    ("ease", &["easer", "ease^r"]),
    ("item-knn", &["iknn", "itemitem", "itemcf", "itemknnscorer", "itemitemrecommender"]),
    ("user-knn", &["uknn", "useruser", "usercf", "userknnscorer"]),
    ("slim", &["slimelastic", "slimelasticnet"]),
    ("rp3beta", &["rp3b", "rp3"]),
    ("p3alpha", &["p3a", "p3"]),
    ("graph-filter", &["gfcf"]),
    ("autorec-item", &["autorec", "iautorec", "itemautorec"]),
    ("autorec-user", &["uautorec", "userautorec"]),
    ("gmf", &["generalizedmatrixfactorization", "generalizedmf"]),
    ("neumf", &["ncf", "neuralmf", "neuralcf", "neuralmatrixfactorization"]),
    ("blend", &["ensemble", "hybrid"]),
];

impl Algorithm {
    /// Returns the algorithm called `name`, in any case and with any separators, or by another library or paper, with
    /// its default settings.
    ///
    /// ```
    /// use cofil::Algorithm;
    ///
    /// for (name, own) in [("EASE", "ease"), ("SVD++", "svd-plus-plus"), ("WMF", "ials"), ("MostPop", "popularity")] {
    ///     assert_eq!(Algorithm::named(name)?.name(), own);
    /// }
    /// # Ok::<(), cofil::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is none; the error suggests the nearest name.
    pub fn named(name: &str) -> Result<Self> {
        let plain = |name: &str| {
            let name = name.trim().to_lowercase().replace('+', "plus");
            name.replace(['-', '_', ' '], "")
        };
        let given = plain(name);
        let elsewhere = NAMES_ELSEWHERE.iter().find(|(_, names)| names.contains(&given.as_str()));
        let own = |one: &Self| {
            elsewhere.map_or_else(|| plain(one.name()) == given, |(own, _)| one.name() == *own)
        };
        let all = Self::all();
        let found = all.iter().find(|one| own(one)).cloned();
        found.ok_or_else(|| Error::unknown("algorithm", name, all.iter().map(Self::name)))
    }

    /// Trains a model on `train`. Algorithms that rank read its values as weights ([`Run::values`]): an entry with
    /// weight 0 or below means that the user has the item and does not like it.
    ///
    /// # Errors
    /// If a setting is out of range, the data does not suit the algorithm, or training diverges.
    pub fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        watch::check();
        self.check_sizes()?;
        train.check_not_empty()?;
        if run.negatives.is_some() && !self.recipe().takes_negatives() {
            return Err(Error::Unsupported(format!(
                "{} cannot use given negatives; `gmf`, `mlp` and `neumf` can, unless their `loss` is `squared` or \
                 `full-softmax`",
                self.name()
            )));
        }
        let asked =
            run.validation.iter().flat_map(|asked| asked.also.iter().chain([&asked.metric]));
        if let Some(metric) = asked.into_iter().find(|metric| metric.is_of_values())
            && self.target() == Target::Preference
        {
            return Err(self.predicts_no_ratings(&metric.to_string()));
        }
        let reading = self.reading(run.values, train);
        let run = Run { values: reading.into(), ..run.of(self.to_value()) };
        let fitted = match self.target() {
            Target::Rating => self.recipe().fit(train, &run).map_err(|e| self.blame_extremes(e))?,
            Target::Preference => {
                let liked = liked(reading, train)?;
                let run = Run { values: ReadValues::AsWeights, ..run };
                let fitted = self.recipe().fit(&liked, &run);
                let Fitted { model, epochs } = fitted.map_err(|e| self.blame_extremes(e))?;
                Fitted { model: Preference::new(model, reading, true), epochs }.boxed()
            }
        };
        check_whole(&*fitted.model)?;
        Ok(fitted)
    }

    /// Changes the advice of an error of training that diverged if settings are far above their defaults: more likely
    /// they are the cause than the setting that is usually to blame.
    fn blame_extremes(&self, error: Error) -> Error {
        const FAR: f64 = 30.0;
        let Error::Diverged { epoch, what, hint } = error else { return error };
        let usual = Self::all().into_iter().find(|other| other.name() == self.name());
        let usual = usual.expect("all algorithms are listed").to_value();
        let settings = self.to_value();
        let extremes = settings.as_object().into_iter().flatten().filter_map(|(name, now)| {
            let now = now.as_f64().filter(|_| now.is_f64())?;
            let usual = usual[name].as_f64().unwrap_or(0.0).max(0.01);
            (now > FAR * usual).then(|| format!("`{name}`, now {}", now as f32))
        });
        let extremes: Vec<String> = extremes.collect();
        let hint = match extremes.is_empty() {
            true => hint,
            false => format!("lower {}", extremes.join(", and ")),
        };
        Error::Diverged { epoch, what, hint }
    }

    /// How this algorithm reads the values of `train`, by `values`; `None` if they are weights. An algorithm that ranks
    /// learns from them as read; for one that predicts values, they only tell what users like, which popularity
    /// counts.
    pub fn reading(&self, values: ReadValues, train: &Ratings) -> Option<Reading> {
        values.reading(train.by_user.values(), !self.counts_alike())
    }

    /// Error for `metric` of predicted ratings, for an algorithm that only ranks.
    pub(crate) fn predicts_no_ratings(&self, metric: &str) -> Error {
        let name = self.name();
        Error::Unsupported(format!("{name} only ranks items; {metric} needs predicted ratings"))
    }

    /// Whether it ignores confidence weights.
    fn counts_alike(&self) -> bool {
        match self {
            _ if self.target() == Target::Rating => true,
            Self::Ials(ials) => ials.alpha == 0.0,
            Self::Popularity(_) | Self::Bpr(_) | Self::Warp(_) | Self::LogisticMf(_) => true,
            Self::Gmf(_) | Self::Mlp(_) | Self::Neumf(_) => true,
            Self::Blend(blend) => blend.algorithms().all(|a| a.is_ok_and(|a| a.counts_alike())),
            _ => false,
        }
    }

    /// Trains on values that are read already: see [`fit`](Self::fit).
    pub(crate) fn fit_as_read(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        self.check_sizes()?;
        self.recipe().fit(train, run)
    }

    /// Whether the algorithm needs times.
    pub(crate) fn needs_times(&self) -> bool {
        self.recipe().needs_times()
    }

    /// What the scores of its models mean.
    pub fn target(&self) -> Target {
        self.recipe().target()
    }

    /// Returns the algorithm set to rank, if it predicts values and has a setting for that; otherwise unchanged.
    pub fn to_rank(mut self) -> Self {
        match &mut self {
            Self::Svd(svd) => svd.impute = Impute::Zero,
            Self::AutorecItem(AutoRec { negatives, .. }) if *negatives == 0 => *negatives = 5,
            Self::AutorecUser(AutoRec { negatives, .. }) if *negatives == 0 => *negatives = 5,
            _ => {}
        }
        self
    }

    /// Returns the settings worth tuning, with their ranges.
    pub fn ranges(&self) -> Vec<Range> {
        self.recipe().ranges()
    }

    /// Returns the named sets of settings, such as those of a tutorial.
    pub fn presets(&self) -> &'static [Preset] {
        self.recipe().presets()
    }

    /// Returns the settings of the preset called `name`; pass them to
    /// [`from_settings_for`](Self::from_settings_for), with others in their place.
    ///
    /// ```
    /// use cofil::{Algorithm, Svd};
    ///
    /// let mut settings = Algorithm::Svd(Svd::default()).preset("tutorial")?;
    /// settings.insert("factors".into(), 3.into());
    /// let Algorithm::Svd(svd) = Algorithm::from_settings("svd", &settings)? else { unreachable!() };
    /// assert_eq!((svd.factors, svd.constant), (3, Some(0.5)));
    /// # Ok::<(), cofil::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the algorithm has no such preset.
    pub fn preset(&self, name: &str) -> Result<Map<String, Value>> {
        let presets = self.presets();
        match presets.iter().find(|preset| preset.name == name) {
            Some(preset) => Ok(preset.settings()),
            None if presets.is_empty() => {
                Err(Error::setting("preset", format!("{} has no presets", self.name())))
            }
            None => Err(Error::unknown("preset", name, presets.iter().map(|p| p.name))),
        }
    }

    /// Whether scores are log-odds: σ(score) is then the probability that the user interacts with the item, among
    /// pairs at the training ratio of negatives to interactions.
    pub fn scores_log_odds(&self) -> bool {
        self.recipe().scores_log_odds()
    }

    /// Returns the algorithm [called](Self::named) `name` with `settings` in place of defaults.
    ///
    /// # Errors
    /// If the algorithm or a setting is unknown (the error suggests the nearest name), or a value has the wrong type.
    pub fn from_settings(name: &str, settings: &Map<String, Value>) -> Result<Self> {
        let default = Self::named(name)?;
        let Value::Object(mut merged) = default.to_value() else {
            unreachable!("settings are structs")
        };
        for (setting, value) in settings {
            if setting == "algorithm" || !merged.contains_key(setting) {
                let valid = merged.keys().filter(|k| *k != "algorithm");
                return Err(Error::unknown("setting", setting, valid));
            }
            // One setting at a time, so that the error names the right one. A list may be given as one number, or as
            // names with commas between them.
            let value = match (&merged[setting], value) {
                (Value::Array(_), Value::Number(_)) => Value::Array(vec![value.clone()]),
                (Value::Array(usual), Value::String(text)) if is_of_numbers(usual) => {
                    let usual: Vec<String> = usual.iter().map(Value::to_string).collect();
                    let says = format!("must be a list such as {}, not `{text}`", usual.join(","));
                    return Err(Error::setting(setting, says));
                }
                (Value::Array(_), Value::String(names)) => {
                    names.split(',').map(|name| Value::from(name.trim())).collect()
                }
                _ => value.clone(),
            };
            merged.insert(setting.clone(), value.clone());
            let read = serde_json::from_value::<Self>(Value::Object(merged.clone()))
                .map_err(|e| Error::setting(setting, wrong_value(&e.to_string())))?;
            if let Some(lost) = lost_number(&value, &read.to_value()[setting]) {
                return Err(Error::setting(setting, too_large(lost)));
            }
        }
        serde_json::from_value(Value::Object(merged))
            .map_err(|e| Error::Unfit(plain_words(&format!("settings of {name}: {e}"))))
    }

    /// Returns the settings whose default depends on the data, with the rules: see [`suited_to`](Self::suited_to).
    pub fn rules(&self) -> &'static [Rule] {
        self.recipe().rules()
    }

    /// Returns the algorithm with every setting that has a [rule](Self::rules) adapted to `train`, except those that
    /// are `given`, and lists the adapted settings. Defaults that small data do not allow are lowered to the most that
    /// they do.
    ///
    /// ```
    /// use cofil::{Algorithm, Ease, Ratings};
    ///
    /// let two = Ratings::from_triples([("ann", "tea", 1.0), ("bob", "tea", 1.0)])?;
    /// let suited = Algorithm::Ease(Ease::default()).suited_to(&two, &[]);
    /// assert_eq!(suited.chosen.keys().collect::<Vec<_>>(), ["neighbours", "reg"]);
    /// let given = Algorithm::Ease(Ease { reg: 7.0, ..Ease::default() }).suited_to(&two, &["reg"]);
    /// assert_eq!(given.chosen.keys().collect::<Vec<_>>(), ["neighbours"]);
    /// # Ok::<(), cofil::Error>(())
    /// ```
    pub fn suited_to(&self, train: &Ratings, given: &[&str]) -> Suited {
        let mut suited = self.clone();
        suited.recipe_mut().suit(&Traits::of(train));
        let (Value::Object(before), Value::Object(mut after)) =
            (self.to_value(), suited.to_value())
        else {
            unreachable!("settings are structs")
        };
        let mut chosen = Map::new();
        for &Rule { setting, .. } in self.rules() {
            match given.contains(&setting) {
                true => _ = after.insert(setting.into(), before[setting].clone()),
                false => _ = chosen.insert(setting.into(), after[setting].clone()),
            }
        }
        suited.recipe_mut().limit(train);
        for (setting, value) in suited.to_value().as_object().into_iter().flatten() {
            let is_limited = after[setting] != *value && !given.contains(&setting.as_str());
            if is_limited && before[setting] == after[setting] {
                after.insert(setting.clone(), value.clone());
                chosen.insert(setting.clone(), value.clone());
            }
        }
        let algorithm = serde_json::from_value(Value::Object(after))
            .expect("these are the settings of two recipes of this kind");
        Suited { algorithm, chosen }
    }

    /// Returns the algorithm called `name` with `settings`; other settings get the defaults that suit `train`.
    ///
    /// # Errors
    /// As [`from_settings`](Self::from_settings).
    pub fn from_settings_for(
        name: &str,
        settings: &Map<String, Value>,
        train: &Ratings,
    ) -> Result<Suited> {
        let given: Vec<&str> = settings.keys().map(String::as_str).collect();
        Ok(Self::from_settings(name, settings)?.suited_to(train, &given))
    }

    /// Returns the JSON schema of the settings of algorithm `name`: type, default and meaning of each.
    ///
    /// # Errors
    /// If there is no such algorithm.
    pub fn schema(name: &str) -> Result<Value> {
        let name = Self::named(name)?.name();
        let schema = schemars::schema_for!(Self).to_value();
        let mut variants = schema["oneOf"].as_array().into_iter().flatten();
        let mut recipe = variants
            .find(|v| v["properties"]["algorithm"]["const"] == name)
            .cloned()
            .expect("the schema has all algorithms");
        // The types that the settings refer to.
        recipe["$defs"] = schema["$defs"].clone();
        // Print defaults with no more digits than they have.
        let default = Self::from_settings(name, &Map::new())?.to_value();
        for (setting, property) in recipe["properties"].as_object_mut().into_iter().flatten() {
            if let (Some(shown), Some(value)) = (property.get_mut("default"), default.get(setting))
            {
                *shown = value.clone();
            }
        }
        Ok(recipe)
    }

    /// Reads an algorithm from a model file. Skips settings that no longer exist and only named a file.
    pub(crate) fn of_file<'de, D: Deserializer<'de>>(
        file: D,
    ) -> std::result::Result<Self, D::Error> {
        let mut settings = Map::deserialize(file)?;
        // Model files written before negatives became part of the run.
        settings.remove("negatives_file");
        let settings = Value::Object(settings);
        let read: Self = serde_json::from_value(settings.clone()).map_err(D::Error::custom)?;
        match lost_number(&settings, &read.to_value()) {
            Some(lost) => Err(D::Error::custom(format!("a setting {}", too_large(lost)))),
            None => Ok(read),
        }
    }

    /// Refuses sizes that no machine can handle, whether they come from a file or from a caller.
    ///
    /// # Errors
    /// If a setting is beyond its limit; the error names the setting.
    pub(crate) fn check_sizes(&self) -> Result<()> {
        let value = self.to_value();
        let default = Self::all().iter().find(|a| a.name() == self.name()).map(Self::to_value);
        for (name, value) in value.as_object().into_iter().flatten() {
            let is_number = default.as_ref().is_some_and(|default| default[name].is_number());
            if is_number && value.is_null() {
                return Err(Error::setting(name, "must be a finite number"));
            }
            let Some(&(_, most)) = MOST.iter().find(|(limited, _)| limited == name) else {
                continue;
            };
            let numbers = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            if numbers.len() > DEEPEST {
                let says = format!("must be at most {DEEPEST} numbers, got {}", numbers.len());
                return Err(Error::setting(name, says));
            }
            if let Some(found) = numbers.iter().filter_map(Value::as_u64).find(|&n| n > most) {
                return Err(Error::setting(name, format!("must be at most {most}, got {found}")));
            }
        }
        Ok(())
    }

    fn to_value(&self) -> Value {
        store::plain(self).expect("settings are plain data")
    }
}

/// An algorithm whose settings were adapted to the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Suited {
    /// The algorithm with all its settings.
    pub algorithm: Algorithm,
    /// The settings that were adapted to the data, with their values.
    pub chosen: Map<String, Value>,
}

/// Upper limits of iteration counts, sizes per user or item, and samples per entry.
const MOST: [(&str, u64); 11] = [
    // The model file records every epoch.
    ("epochs", 100_000),
    ("pretrain_epochs", 50_000),
    ("cg_steps", 10_000),
    ("power_iterations", 10_000),
    ("factors", 1 << 16),
    ("oversampling", 1 << 16),
    ("hidden", 1 << 16),
    ("layers", 1 << 16),
    ("negatives", 100_000),
    ("batch_size", 1 << 30),
    ("period", 1 << 30),
];
/// Upper limit of the number of layers.
const DEEPEST: usize = 64;

/// Returns a number in `given` that became infinite when it was `read`, which JSON shows as null.
fn lost_number<'a>(given: &'a Value, read: &Value) -> Option<&'a Value> {
    match (given, read) {
        (Value::Number(_), Value::Null) => Some(given),
        (Value::Array(given), Value::Array(read)) => {
            given.iter().zip(read).find_map(|(given, read)| lost_number(given, read))
        }
        (Value::Object(given), read) => {
            given.iter().find_map(|(name, given)| lost_number(given, read.get(name)?))
        }
        _ => None,
    }
}

fn too_large(number: &Value) -> String {
    format!("must be a number of at most 3.4e38, got {number}")
}

/// Whether a list is of numbers.
fn is_of_numbers(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(Value::is_number)
}

/// Explains why a setting's value is wrong; suggests the nearest of the valid names if one is misspelt.
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
    fn presets_are_settings_of_their_algorithm() {
        for algorithm in Algorithm::all() {
            let names: Vec<&str> = algorithm.presets().iter().map(|preset| preset.name).collect();
            for name in &names {
                let settings = algorithm.preset(name).unwrap();
                let made = Algorithm::from_settings(algorithm.name(), &settings).unwrap();
                assert_ne!(made, algorithm, "{name}");
                assert_eq!(names.iter().filter(|other| *other == name).count(), 1);
            }
        }
        let svd = Algorithm::from_settings("svd", &Map::new()).unwrap();
        let says = svd.preset("tutoral").unwrap_err().to_string();
        assert!(says.contains("did you mean `tutorial`?"), "{says}");
        let ease = Algorithm::from_settings("ease", &Map::new()).unwrap();
        assert!(ease.preset("tutorial").unwrap_err().to_string().contains("has no presets"));
    }

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
    fn names_of_others_are_understood() {
        for (names, own) in [
            (&["ALS", "als", " Als "][..], "als"),
            (&["EASE", "EASEr"], "ease"),
            (&["SVD++", "svdpp", "SVDpp", "svd_plus_plus"], "svd-plus-plus"),
            (&["most-popular", "mostpop", "Pop"], "popularity"),
            (&["itemknn", "item_knn", "ItemKNN", "item knn"], "item-knn"),
            (&["iALS", "wmf", "implicit-als", "AlternatingLeastSquares"], "ials"),
            (&["slim-elasticnet", "SLIMElastic"], "slim"),
            (&["KNNBaseline"], "knn-baseline"),
            (&["GF-CF"], "graph-filter"),
        ] {
            for name in names {
                assert_eq!(Algorithm::named(name).unwrap().name(), own, "{name}");
                assert_eq!(Algorithm::from_settings(name, &Map::new()).unwrap().name(), own);
                assert_eq!(Algorithm::schema(name).unwrap(), Algorithm::schema(own).unwrap());
            }
        }
        // Each name means one algorithm, and own names themselves.
        let own: Vec<&str> = Algorithm::all().iter().map(Algorithm::name).collect();
        own.iter().for_each(|name| assert_eq!(Algorithm::named(name).unwrap().name(), *name));
        let mut seen = std::collections::BTreeSet::new();
        for (name, others) in NAMES_ELSEWHERE {
            assert!(own.contains(&name), "{name}");
            others.iter().for_each(|other| assert!(seen.insert(other), "{other}"));
        }
        assert!(Algorithm::named("nothing").is_err() && Algorithm::named("").is_err());
    }

    /// The list, the names in serde and the schema have the same algorithms and settings.
    #[test]
    fn what_can_be_set_to_rank_ranks() {
        let ranks = |a: &Algorithm| a.target() == Target::Preference;
        let set: Vec<&str> = Algorithm::all()
            .iter()
            .filter(|a| !ranks(a) && ranks(&(*a).clone().to_rank()))
            .map(Algorithm::name)
            .collect();
        assert_eq!(set, ["svd", "autorec-item", "autorec-user"]);
        let others = Algorithm::all().into_iter().filter(|a| !set.contains(&a.name()));
        others.for_each(|a| assert_eq!(a.clone().to_rank(), a));
    }

    #[test]
    fn list_names_and_schema_agree() {
        let all = Algorithm::all();
        let names: Vec<&str> = all.iter().map(Algorithm::name).collect();
        let distinct: std::collections::BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        let schema = schemars::schema_for!(Algorithm).to_value();
        let variants = schema["oneOf"].as_array().expect("a list");
        let in_schema: Vec<&str> = variants
            .iter()
            .map(|v| v["properties"]["algorithm"]["const"].as_str().expect("a name"))
            .collect();
        assert_eq!(in_schema, names);
        for (algorithm, variant) in all.iter().zip(variants) {
            let name = algorithm.name();
            let told = variant["description"].as_str().unwrap_or_default();
            assert!(!told.is_empty(), "{name} has no description");
            let value = algorithm.to_value();
            let settings: std::collections::BTreeSet<&String> =
                value.as_object().expect("an object").keys().collect();
            let schema = Algorithm::schema(name).unwrap();
            let described = schema["properties"].as_object().expect("an object");
            assert_eq!(
                described.keys().collect::<std::collections::BTreeSet<_>>(),
                settings,
                "{name}"
            );
            for setting in settings.iter().filter(|s| **s != "algorithm") {
                let text = described[*setting]["description"].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{name}: {setting} has no description");
            }
            assert_eq!(&Algorithm::from_settings(name, &Map::new()).unwrap(), algorithm);
            let unknown = json!({"algorithm": name, "no_such_setting": 1});
            let refused = serde_json::from_value::<Algorithm>(unknown);
            assert!(refused.is_err(), "{name} takes a setting that it does not have");
        }
    }

    #[test]
    fn numbers_beyond_their_type_are_refused() {
        let given = |name: &str, settings: Value| {
            let settings = settings.as_object().unwrap().clone();
            Algorithm::from_settings(name, &settings).unwrap_err().to_string()
        };
        for (name, settings) in
            [("ials", json!({"reg": 1e308})), ("ease", json!({"dropout": -1e39}))]
        {
            let told = given(name, settings);
            assert!(told.contains("must be a number of at most 3.4e38, got"), "{told}");
        }
        let file = json!({"algorithm": "ials", "reg": 1e308});
        let told = Algorithm::of_file(file).unwrap_err().to_string();
        assert!(told.contains("3.4e38"), "{told}");
        let infinite = Algorithm::Ease(Ease { reg: f32::INFINITY, ..Ease::default() });
        assert!(infinite.check_sizes().unwrap_err().to_string().contains("`reg`"));
    }

    #[test]
    fn settings_that_are_no_more_are_passed_over_in_files_alone() {
        let old = json!({"algorithm": "gmf", "negatives_file": null, "factors": 3});
        assert!(serde_json::from_value::<Algorithm>(old.clone()).is_err());
        let Algorithm::Gmf(gmf) = Algorithm::of_file(old).unwrap() else {
            panic!("another recipe")
        };
        assert_eq!(gmf.factors, 3);
    }
}
