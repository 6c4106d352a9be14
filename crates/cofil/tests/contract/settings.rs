//! Every setting has an effect.

use super::*;

/// The arrays of the model, without the header, which repeats the settings.
fn content(model: &dyn Model) -> String {
    format!("{} {:?}", model.settings(), model.tensors())
}

/// Settings that matter only together with others, with those others.
const TOGETHER: [(&str, &str, &str, &str); 28] = [
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
        Value::Array(list) => vec![json!([list.clone(), vec![json!(4)]].concat())],
        _ => {
            let mut found = Vec::new();
            names(schema, &mut found);
            found.retain(|other| other != value);
            found
        }
    }
}

#[test]
fn every_setting_has_an_effect() {
    // Large enough for algorithms that are exact on small data.
    let mut ratings = tastes(150, 140);
    let days = (0..ratings.len() as i64).map(|at| at * 86_400);
    ratings.times = Some(days.collect());
    let schemas = schemars::schema_for!(Algorithm).to_value();
    for algorithm in Algorithm::all() {
        let name = algorithm.name();
        let schema = Algorithm::schema(name).unwrap();
        for (setting, default) in serde_json::to_value(&algorithm).unwrap().as_object().unwrap() {
            if setting == "algorithm"
                || WITHOUT_EFFECT.iter().any(|(recipe, s, _)| *recipe == name && s == setting)
            {
                continue;
            }
            // Few neighbours and epochs, so that nothing saturates and tests are quick; small steps, so that all
            // optimizers converge.
            let mut base = serde_json::to_value(&algorithm).unwrap();
            let base = base.as_object_mut().unwrap();
            base.remove("algorithm");
            for (small, value) in [
                ("neighbours", json!(5)),
                ("remembered", json!(5)),
                ("epochs", json!(3)),
                ("factors", json!(4)),
                ("hidden", json!(8)),
                ("batch_size", json!(64)),
                ("learning_rate", json!(0.01)),
            ] {
                base.entry(small).and_modify(|v| *v = value);
            }
            for (_, _, other, value) in
                TOGETHER.iter().filter(|(recipe, s, ..)| *recipe == name && s == setting)
            {
                base.insert((*other).to_owned(), serde_json::from_str(value).unwrap());
            }
            let fit = |settings: &Map<String, Value>| {
                let algorithm = Algorithm::from_settings(name, settings).unwrap();
                let model = algorithm.fit(&suited(&algorithm, &ratings), &Run::default());
                content(&*model.unwrap_or_else(|e| panic!("{name}, {settings:?}: {e}")).model)
            };
            let before = fit(base);
            let part = &schema["properties"][setting];
            let reference = part["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/"));
            let part = reference.map_or(part, |r| &schemas["$defs"][r]);
            let now = base.get(setting).unwrap_or(default).clone();
            let others = alternatives(&now, part);
            assert!(!others.is_empty(), "{name}: {setting} cannot be changed");
            for value in others {
                let mut changed = base.clone();
                changed.insert(setting.clone(), value.clone());
                assert!(fit(&changed) != before, "{name}: {setting} = {value} changes nothing");
            }
        }
    }
}
