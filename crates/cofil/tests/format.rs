//! Files written by earlier versions stay loadable and give the same recommendations.
//!
//! `golden/*.cofil` are never rewritten. After adding a shape, or a variant of one, add it to [`models`] and run
//! `cargo test --release --test format -- --ignored`: it writes the missing files, and their recommendations beside
//! them.

use cofil::data::Csr;
use cofil::math::Rng;
use cofil::{Algorithm, Query, Ratings, Recommender, Run, Unknown, Who};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file for each variant of each shape.
fn models() -> Vec<(&'static str, Value)> {
    vec![
        ("factors-biases-only", json!({"algorithm": "popularity"})),
        ("factors-ridge", json!({"algorithm": "als", "factors": 2, "epochs": 3})),
        ("factors-implicit", json!({"algorithm": "ials", "factors": 2, "epochs": 3})),
        ("factors-biased", json!({"algorithm": "biased-mf", "factors": 2, "epochs": 3})),
        (
            "factors-sigmoid",
            json!({"algorithm": "biased-mf", "factors": 2, "epochs": 3, "link": "sigmoid"}),
        ),
        ("factors-svd", json!({"algorithm": "svd", "factors": 2})),
        (
            "factors-output",
            json!({
                "algorithm": "autorec-item", "hidden": 3, "epochs": 3, "learning_rate": 0.1,
                "decoder": "sigmoid", "clip": true
            }),
        ),
        (
            "auto-encoder",
            json!({"algorithm": "autorec-user", "hidden": 3, "epochs": 3, "learning_rate": 0.1}),
        ),
        (
            "auto-encoder-liked",
            json!({
                "algorithm": "autorec-user", "hidden": 3, "epochs": 3, "learning_rate": 0.1,
                "encoder": "tanh", "negatives": 1
            }),
        ),
        ("factors-sampled", json!({"algorithm": "gmf", "factors": 2, "epochs": 3, "loss": "bpr"})),
        (
            "network-both",
            json!({"algorithm": "neumf", "factors": 2, "layers": [4, 3, 2], "epochs": 3, "loss": "bce"}),
        ),
        (
            "network-tower",
            json!({
                "algorithm": "mlp", "layers": [4, 3], "epochs": 3, "loss": "squared", "link": "sigmoid",
                "activation": "tanh"
            }),
        ),
        ("item-weights-dense", json!({"algorithm": "ease", "reg": 1.0})),
        ("item-weights-sparse", json!({"algorithm": "item-knn", "neighbours": 3})),
        ("item-neighbours", json!({"algorithm": "knn-baseline", "neighbours": 3})),
        (
            "user-neighbours-values",
            json!({"algorithm": "user-knn", "neighbours": 3, "weighting": "bm25"}),
        ),
        (
            "user-neighbours-deviations",
            json!({"algorithm": "knn-baseline", "neighbours_of": "users", "neighbours": 3}),
        ),
    ]
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Twelve users, eight items, ratings from 1 to 5, ids beyond ASCII.
fn ratings() -> Ratings {
    let mut rng = Rng::new(3, &[]);
    let rows: Vec<Vec<(u32, f32)>> = (0..12)
        .map(|_| (0..8).filter(|_| rng.uniform() < 0.6).collect::<Vec<u32>>())
        .map(|row| row.into_iter().map(|i| (i, (i % 5 + 1) as f32)).collect())
        .collect();
    Ratings {
        users: Arc::new((0..12).map(|u| format!("user {u}")).collect()),
        items: Arc::new((0..8).map(|i| format!("pièce {i}")).collect()),
        by_user: Csr::from_rows(8, rows),
        times: None,
    }
}

/// The recommendations of a model to a known user, a new user, and an anonymous user.
fn answers(recommender: &Recommender) -> Value {
    let query = Query { n: 3, unknown: Unknown::Refuse, ..Query::default() };
    let list = |who: Who| -> Value {
        let answer = recommender.recommend(&who, &query).expect("known names");
        answer.items.iter().map(|s| json!({"item": s.item, "score": s.score})).collect()
    };
    json!({
        "known": list(Who::user("user 3")),
        "stranger": list(Who::new_user([("pièce 1", 4.0), ("pièce 5", 2.0)])),
        "nobody": list(Who::anybody()),
    })
}

/// Compares ids exactly, and scores up to rounding, which differs between processors.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().expect("a score"), b.as_f64().expect("a score"));
            (a - b).abs() <= 1e-4 * a.abs().max(1.0)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn files_of_earlier_versions_load_and_answer_as_they_did() {
    let mut files = 0;
    for entry in std::fs::read_dir(golden()).expect("the golden files") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|e| e != "cofil") {
            continue;
        }
        files += 1;
        let recommender = Recommender::load(&path).unwrap_or_else(|e| panic!("{e}"));
        let text = std::fs::read_to_string(path.with_extension("json")).expect("its answers");
        let expected: Value = serde_json::from_str(&text).expect("JSON");
        let found = answers(&recommender);
        assert!(same(&found, &expected), "{}: {found} for {expected}", path.display());
    }
    assert!(files >= models().len(), "{files} files; run the writer of this test");
}

#[test]
#[ignore = "writes golden files that are missing"]
fn write_what_is_missing() {
    for (name, settings) in models() {
        let path = golden().join(name).with_extension("cofil");
        if path.exists() {
            continue;
        }
        // Network losses other than the squared loss take interactions, not values.
        let counted = settings.get("loss").is_some_and(|loss| loss != "squared");
        let ratings = if counted { ratings().binary() } else { ratings() };
        let algorithm: Algorithm = serde_json::from_value(settings).expect("settings");
        let trained = Recommender::train(&algorithm, &ratings, &Run::default());
        let recommender = trained.expect("trained");
        recommender.save(&path).expect("saved");
        let answers = serde_json::to_string_pretty(&answers(&recommender)).expect("JSON");
        std::fs::write(path.with_extension("json"), answers + "\n").expect("written");
    }
}
