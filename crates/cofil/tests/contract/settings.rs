//! Every setting has an effect.

use super::*;

/// The arrays of the model, without the header, which repeats the settings.
fn content(model: &dyn Model) -> String {
    format!("{} {:?}", model.settings(), model.tensors())
}

/// Settings that matter only together with others, with those others.
const TOGETHER: [(&str, &str, &str, &str); 34] = [
    ("biased-mf", "momentum", "optimizer", "\"momentum\""),
    ("autorec-item", "momentum", "optimizer", "\"momentum\""),
    ("autorec-user", "momentum", "optimizer", "\"momentum\""),
    ("gmf", "momentum", "optimizer", "\"momentum\""),
    ("mlp", "momentum", "optimizer", "\"momentum\""),
    ("neumf", "momentum", "optimizer", "\"momentum\""),
    ("warp", "max_sampled", "max_sampled", "1"),
    ("autorec-item", "decay", "schedule", "\"exponential\""),
    ("autorec-user", "decay", "schedule", "\"exponential\""),
    ("autorec-item", "period", "schedule", "\"cosine\""),
    ("autorec-user", "period", "schedule", "\"cosine\""),
    ("svd", "constant", "impute", "\"constant\""),
    ("biased-mf", "batch_size", "batch", "\"mini-batch\""),
    ("als", "cg_steps", "solver", "\"cg\""),
    ("ials", "cg_steps", "solver", "\"cg\""),
    ("item-knn", "k1", "weighting", "\"bm25\""),
    ("item-knn", "b", "weighting", "\"bm25\""),
    ("user-knn", "k1", "weighting", "\"bm25\""),
    ("user-knn", "b", "weighting", "\"bm25\""),
    ("gmf", "link", "loss", "\"squared\""),
    ("gmf", "sampler_exponent", "sampler", "\"popularity\""),
    ("gmf", "decay", "schedule", "\"exponential\""),
    ("gmf", "period", "schedule", "\"cosine\""),
    ("mlp", "link", "loss", "\"squared\""),
    ("mlp", "sampler_exponent", "sampler", "\"popularity\""),
    ("mlp", "decay", "schedule", "\"exponential\""),
    ("mlp", "period", "schedule", "\"cosine\""),
    ("neumf", "joint_rate", "pretrain_epochs", "1"),
    ("neumf", "joint_rate", "joint_rate", "0.001"),
    ("neumf", "link", "loss", "\"squared\""),
    ("neumf", "sampler_exponent", "sampler", "\"popularity\""),
    ("neumf", "decay", "schedule", "\"exponential\""),
    ("neumf", "period", "schedule", "\"cosine\""),
    ("neumf", "alpha", "pretrain_epochs", "1"),
];

/// Settings that never change a model, with the reason.
const WITHOUT_EFFECT: [(&str, &str, &str); 2] = [
    ("slim", "max_memory", "only refuses data that would fill the memory"),
    ("ease", "max_items", "only refuses data that would fill the memory"),
];

/// Other values for a setting whose value is `value`.
fn alternatives(value: &Value, schema: &Value) -> Vec<Value> {
    fn names(schema: &Value, found: &mut Vec<Value>) {
        match schema {
            Value::Object(parts) => {
                found.extend(parts.get("const").filter(|c| c.is_string()).cloned());
                found.extend(
                    parts.get("enum").and_then(Value::as_array).into_iter().flatten().cloned(),
                );
                parts.values().for_each(|part| names(part, found));
            }
            Value::Array(parts) => parts.iter().for_each(|part| names(part, found)),
            _ => {}
        }
    }
    match value {
        Value::Bool(value) => vec![json!(!value)],
        Value::Number(n) if n.is_u64() => vec![json!(n.as_u64().expect("just checked") + 1)],
        Value::Number(n) if n.as_f64() == Some(0.0) => vec![json!(0.5)],
        Value::Number(n) => vec![json!(n.as_f64().expect("a number") / 2.0)],
        Value::Null => vec![json!(30.0)],
        Value::Array(list) if list.iter().all(Value::is_string) => vec![json!(["item-knn"])],
        Value::Array(list) => vec![json!([list.clone(), vec![json!(4)]].concat())],
        _ => {
            let mut found = Vec::new();
            names(schema, &mut found);
            found.retain(|other| other != value);
            found
        }
    }
}

/// Few neighbours and epochs, so that nothing saturates and tests are quick; small steps, so that all optimizers
/// converge.
const SMALL: [(&str, &str); 7] = [
    ("neighbours", "5"),
    ("remembered", "5"),
    ("epochs", "3"),
    ("factors", "4"),
    ("hidden", "8"),
    ("batch_size", "64"),
    ("learning_rate", "0.01"),
];

#[test]
fn every_setting_has_an_effect() {
    let dated = |mut ratings: Ratings| {
        ratings.times = Some((0..ratings.len() as i64).map(|at| at * 86_400).collect());
        ratings
    };
    // Large enough for algorithms that are exact on small data; networks are not, and train longer on every pair.
    let (large, small) = (dated(tastes(150, 140)), dated(tastes(50, 40)));
    let schemas = schemars::schema_for!(Algorithm).to_value();
    for algorithm in Algorithm::all() {
        let ratings = if is_network(&algorithm) { &small } else { &large };
        every_setting_of(&algorithm, ratings, &schemas);
    }
}

fn every_setting_of(algorithm: &Algorithm, ratings: &Ratings, schemas: &Value) {
    let name = algorithm.name();
    let schema = Algorithm::schema(name).unwrap();
    let fit = |settings: &Map<String, Value>| {
        let algorithm = Algorithm::from_settings(name, settings).unwrap();
        let model = algorithm.fit(&suited(&algorithm, ratings), &Run::default());
        content(&*model.unwrap_or_else(|e| panic!("{name}, {settings:?}: {e}")).model)
    };
    let defaults = serde_json::to_value(algorithm).unwrap();
    // Most settings are changed alone, against the same model.
    let mut models = Vec::<(Map<String, Value>, String)>::new();
    for (setting, default) in defaults.as_object().unwrap() {
        if setting == "algorithm"
            || WITHOUT_EFFECT.iter().any(|(recipe, s, _)| *recipe == name && s == setting)
        {
            continue;
        }
        let mut base = defaults.as_object().unwrap().clone();
        base.remove("algorithm");
        for (small, value) in SMALL {
            base.entry(small).and_modify(|v| *v = serde_json::from_str(value).unwrap());
        }
        for (_, _, other, value) in
            TOGETHER.iter().filter(|(recipe, s, ..)| *recipe == name && s == setting)
        {
            base.insert((*other).to_owned(), serde_json::from_str(value).unwrap());
        }
        let known = models.iter().position(|(settings, _)| *settings == base);
        let known = known.unwrap_or_else(|| {
            models.push((base.clone(), fit(&base)));
            models.len() - 1
        });
        let before = &models[known].1;
        let part = &schema["properties"][setting];
        let reference = part["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/"));
        let part = reference.map_or(part, |r| &schemas["$defs"][r]);
        let now = base.get(setting).unwrap_or(default).clone();
        let others = alternatives(&now, part);
        assert!(!others.is_empty(), "{name}: {setting} cannot be changed");
        for value in others {
            let mut changed = base.clone();
            changed.insert(setting.clone(), value.clone());
            assert!(fit(&changed) != *before, "{name}: {setting} = {value} changes nothing");
        }
    }
}
