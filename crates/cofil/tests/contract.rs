//! What every recipe promises, checked on every recipe of the list.

use cofil::evaluate::Metric;
use cofil::math::{Matrix, Rng};
use cofil::models::Target;
use cofil::models::autorec::AutoRec;
use cofil::models::biased_mf::Offset;
use cofil::models::neumf::Training;
use cofil::train::schedule::Schedule;
use cofil::{
    Algorithm, BiasedMf, Checkpoint, Csr, Error, Gmf, Mlp, Model, Neumf, Query, Ratings,
    Recommender, Row, Run, Scored, User, Validation,
};
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Settings small enough for the toy data of this file.
fn recipes() -> Vec<Algorithm> {
    Algorithm::all()
        .into_iter()
        .map(|algorithm| match algorithm {
            // Without offset and biases, so that alike means in the same direction.
            Algorithm::BiasedMf(_) => Algorithm::BiasedMf(BiasedMf {
                factors: 16,
                epochs: 30,
                learning_rate: 0.05,
                decay: 0.95,
                reg: 0.001,
                init_scale: 0.2,
                biases: false,
                offset: Offset::None,
                ..BiasedMf::default()
            }),
            Algorithm::Ease(_) => {
                Algorithm::Ease(cofil::Ease { reg: 1.0, ..cofil::Ease::default() })
            }
            Algorithm::Als(_) => Algorithm::Als(cofil::Als { factors: 4, ..cofil::Als::default() }),
            Algorithm::Svd(_) => Algorithm::Svd(cofil::Svd { factors: 2, ..cofil::Svd::default() }),
            Algorithm::Ials(_) => {
                Algorithm::Ials(cofil::Ials { factors: 4, ..cofil::Ials::default() })
            }
            Algorithm::Slim(_) => {
                Algorithm::Slim(cofil::Slim { l1: 0.1, l2: 1.0, ..cofil::Slim::default() })
            }
            Algorithm::AutorecItem(default) => Algorithm::AutorecItem(small(default)),
            Algorithm::AutorecUser(default) => Algorithm::AutorecUser(small(default)),
            Algorithm::Gmf(gmf) => {
                let training = Training { epochs: 40, ..fast(gmf.training) };
                Algorithm::Gmf(Gmf { factors: 8, training })
            }
            Algorithm::Mlp(mlp) => Algorithm::Mlp(Mlp { training: fast(mlp.training), ..mlp }),
            Algorithm::Neumf(neumf) => Algorithm::Neumf(Neumf {
                factors: 8,
                pretrain_epochs: 1,
                training: fast(neumf.training),
                ..neumf
            }),
            other => other,
        })
        .chain([
            Algorithm::AutorecItem(AutoRec { negatives: 3, ..small(AutoRec::default()) }),
            Algorithm::AutorecUser(AutoRec { negatives: 3, ..small(AutoRec::default()) }),
        ])
        .collect()
}

fn small<S>(default: AutoRec<S>) -> AutoRec<S> {
    AutoRec {
        hidden: 8,
        epochs: 150,
        batch_size: 8,
        learning_rate: 0.01,
        schedule: Schedule::Constant,
        reg: 1.0,
        dropout: 0.0,
        init_scale: 0.1,
        ..default
    }
}

/// Steps small and large enough for a thousand interactions.
fn fast(training: Training) -> Training {
    Training { epochs: 25, batch_size: 256, learning_rate: 0.01, negatives: 2, ..training }
}

/// Networks that learn from interactions refuse values; to them, what was rated was chosen.
fn suited(algorithm: &Algorithm, ratings: &Ratings) -> Ratings {
    match algorithm {
        Algorithm::Gmf(_) | Algorithm::Mlp(_) | Algorithm::Neumf(_)
            if algorithm.target() == Target::Preference =>
        {
            ratings.binary()
        }
        _ => ratings.clone(),
    }
}

/// Even users like even items, odd users odd ones; each user's own diagonal item is withheld.
fn checkerboard(n: u32) -> Ratings {
    let names: Arc<cofil::IdMap> = Arc::new((0..n).map(|i| format!("id{i}")).collect());
    let row = |u: u32| (0..n).filter(move |&i| i != u && i % 2 == u % 2).map(|i| (i, 1.0));
    let by_user = Csr::from_rows(n as usize, (0..n).map(row));
    Ratings { users: names.clone(), items: names, by_user, times: None }
}

/// The same tastes as ratings: 5 for the own parity, 1 for the other; each user's own item and three
/// of the other parity are withheld.
fn rated_checkerboard(n: u32) -> Ratings {
    let withheld = |u: u32, i: u32| [0, 1, 3, 5].iter().any(|d| (u + d) % n == i);
    let value = |u: u32, i: u32| if i % 2 == u % 2 { 5.0 } else { 1.0 };
    let row = |u: u32| (0..n).filter(move |&i| !withheld(u, i)).map(move |i| (i, value(u, i)));
    let by_user = Csr::from_rows(n as usize, (0..n).map(row));
    Ratings { by_user, ..checkerboard(n) }
}

/// The checkerboard that `algorithm` can learn: where every value is 1 there is nothing in it for a
/// recipe that predicts values.
fn board(algorithm: &Algorithm, n: u32) -> Ratings {
    match algorithm.target() {
        Target::Preference => checkerboard(n),
        Target::Rating => rated_checkerboard(n),
    }
}

/// Ratings 1–5 from two hidden tastes, with noise.
fn tastes(users: usize, items: usize) -> Ratings {
    let mut rng = Rng::new(11, &[]);
    let p = Matrix::from_fn(users, 2, |_, _| rng.normal());
    let q = Matrix::from_fn(items, 2, |_, _| rng.normal());
    let rows: Vec<Vec<(u32, f32)>> = (0..users)
        .map(|u| {
            (0..items)
                .filter(|_| rng.uniform() < 0.5)
                .collect::<Vec<_>>()
                .into_iter()
                .map(|i| {
                    let x = p.row(u)[0] * q.row(i)[0] + p.row(u)[1] * q.row(i)[1];
                    (i as u32, (3.0 + x + 0.2 * rng.normal()).round().clamp(1.0, 5.0))
                })
                .collect()
        })
        .collect();
    Ratings {
        users: Arc::new((0..users).map(|u| format!("u{u}")).collect()),
        items: Arc::new((0..items).map(|i| format!("i{i}")).collect()),
        by_user: Csr::from_rows(items, rows),
        times: None,
    }
}

fn train(algorithm: &Algorithm, ratings: &Ratings) -> Recommender {
    let name = algorithm.name();
    Recommender::train(algorithm, &suited(algorithm, ratings), &mut Run::default())
        .unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn bytes(recommender: &Recommender) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m.cofil");
    recommender.save(&path).expect("saved");
    std::fs::read(&path).expect("read back")
}

#[test]
fn withheld_checkerboard_item_comes_first() {
    for algorithm in recipes() {
        if algorithm.name() == "popularity" {
            continue; // sees no difference between users, which is the point of it
        }
        let ratings = board(&algorithm, 50);
        let recommender = train(&algorithm, &ratings);
        for user in ["id4", "id13"] {
            let best = recommender.recommend(user, &Query { n: 1, ..Query::default() }).unwrap();
            assert_eq!(best[0].item, user, "{}", algorithm.name());
            let history: Vec<_> =
                recommender.user(user).unwrap().history.iter().collect::<Vec<_>>();
            let names: Vec<(&str, f32)> =
                history.iter().map(|&(i, v)| (recommender.items().name(i), v)).collect();
            let best =
                recommender.recommend_for(&names, &Query { n: 1, ..Query::default() }).unwrap();
            assert_eq!(best[0].item, user, "{} folded in", algorithm.name());
        }
    }
}

#[test]
fn someone_unknown_is_shown_what_is_popular() {
    let ratings = Ratings::from_triples([
        ("a", "x", 1.0),
        ("b", "x", 2.0),
        ("c", "x", 3.0),
        ("b", "y", 4.0),
        ("c", "y", 5.0),
        ("c", "z", 1.0),
    ])
    .unwrap();
    for algorithm in recipes() {
        let recommender = train(&algorithm, &ratings);
        let list = recommender.recommend_for(&[], &Query::default()).unwrap();
        let names: Vec<_> = list.iter().map(|s| s.item).collect();
        assert_eq!(names, ["x", "y", "z"], "{}", algorithm.name());
    }
}

#[test]
fn scores_are_finite_and_blocks_agree_with_single_scores() {
    for algorithm in recipes() {
        for ratings in [board(&algorithm, 20), tastes(40, 30)] {
            let recommender = train(&algorithm, &ratings);
            let model = recommender.model();
            let items: Vec<u32> = (0..model.items() as u32).collect();
            let users: Vec<User<'_>> = (0..ratings.users.len() as u32)
                .map(|u| User::of(&ratings, u))
                .chain([
                    User::default(),
                    User::stranger(ratings.by_user.row(3)),
                    User::stranger(Row { columns: &[0], values: &[1.0] }),
                ])
                .collect();
            let mut block = Matrix::zeros(users.len(), items.len());
            model.score_block(&users, &mut block);
            for (r, &user) in users.iter().enumerate() {
                let mut scores = vec![0.0; items.len()];
                model.score(user, &items, &mut scores);
                for (a, b) in scores.iter().zip(block.row(r)) {
                    assert!(a.is_finite() && b.is_finite(), "{}", algorithm.name());
                    let close = (a - b).abs() <= 1e-4 * a.abs().max(1.0);
                    assert!(close, "{}: {a} alone, {b} in a block", algorithm.name());
                }
            }
        }
    }
}

#[test]
fn saved_and_loaded_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.cofil");
    let ratings = tastes(40, 30);
    for algorithm in recipes() {
        let recommender = train(&algorithm, &ratings);
        let written = recommender.save(&path).unwrap();
        let loaded = Recommender::load(&path).unwrap();
        assert_eq!(loaded.fingerprint(), Some(&*written));
        assert_eq!(loaded.card(), recommender.card());
        assert_eq!(bytes(&loaded), bytes(&recommender), "{}", algorithm.name());
        for user in ["u0", "u7"] {
            let query = Query::default();
            assert_eq!(
                loaded.recommend(user, &query).unwrap(),
                recommender.recommend(user, &query).unwrap()
            );
        }
    }
}

#[test]
fn same_bytes_for_any_number_of_threads() {
    let ratings = tastes(300, 200);
    for algorithm in recipes() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bytes(&train(&algorithm, &ratings)))
        };
        let one = on(1);
        assert!(one == on(2) && one == on(3), "{}", algorithm.name());
    }
}

#[test]
fn unknown_names_are_told() {
    let recommender = train(&recipes()[0], &checkerboard(10));
    let says = recommender.recommend("id33", &Query::default()).unwrap_err().to_string();
    assert!(says.starts_with("unknown user `id33`; did you mean `id3`?"), "{says}");
    let says = recommender.similar("id", 3).unwrap_err().to_string();
    assert!(says.starts_with("unknown item `id`"), "{says}");
}

#[test]
fn nothing_seen_excluded_or_foreign_is_recommended() {
    let ratings = tastes(40, 30);
    for algorithm in recipes() {
        let recommender = train(&algorithm, &ratings);
        let query = Query {
            n: 100,
            exclude: &["i3", "i4"],
            candidates: Some(&["i1", "i3", "i5", "i5", "i7"]),
            seen: false,
        };
        let history = [("i5", 4.0)];
        let list = recommender.recommend_for(&history, &query).unwrap();
        let mut names: Vec<_> = list.iter().map(|s| s.item).collect();
        names.sort_unstable();
        assert_eq!(names, ["i1", "i7"], "{}", algorithm.name());
        let with_seen = recommender.recommend_for(&history, &Query { seen: true, ..query });
        assert_eq!(with_seen.unwrap().len(), 3, "{}", algorithm.name());
    }
}

#[test]
fn reasons_come_from_the_history() {
    for algorithm in recipes() {
        let ratings = board(&algorithm, 20);
        let recommender = train(&algorithm, &ratings);
        let (name, model) = (algorithm.name(), recommender.model());
        for history in [ratings.by_user.row(4), Row { columns: &[6], values: &[1.0] }] {
            let contributions = model.contributions(history, 4);
            assert_eq!(contributions.len(), history.len(), "{name}");
            assert!(contributions.iter().all(|c| c.is_finite()), "{name}: {contributions:?}");
            if model.kind() == "item-weights" {
                let mut score = [0.0];
                model.score(User::stranger(history), &[4], &mut score);
                let sum: f32 = contributions.iter().sum();
                assert!((sum - score[0]).abs() < 1e-5, "{name}: {sum} for {score:?}");
            }
        }
        if name == "popularity" {
            continue; // nobody's history is the reason
        }
        let reasons = recommender.explain("id4", "id4", 3).unwrap();
        assert!(!reasons.is_empty() && reasons.len() <= 3, "{name}");
        assert!(reasons.is_sorted_by(|a, b| a.score >= b.score), "{name}");
        assert!(reasons.iter().all(|r| r.item != "id4" && r.score > 0.0), "{name}");
        let names: Vec<(&str, f32)> = reasons.iter().map(|r| (r.item, 1.0)).collect();
        assert_eq!(recommender.explain_for(&names[..1], "id4", 3).unwrap()[0].item, names[0].0);
    }
}

#[test]
fn data_without_interactions_is_refused() {
    let empty = Ratings { by_user: Csr::empty(0, 0), ..Ratings::default() };
    for algorithm in recipes() {
        assert!(Recommender::train(&algorithm, &empty, &mut Run::default()).is_err());
    }
}

#[test]
fn resumed_equals_uninterrupted() {
    let ratings = tastes(60, 40);
    let held_out = tastes(60, 40);
    for algorithm in recipes() {
        for watched in [false, true] {
            let validation =
                (watched && algorithm.target() == Target::Rating).then_some(Validation {
                    ratings: &held_out,
                    metric: Metric::Rmse,
                    patience: 3,
                    min_improvement: 0.0,
                });
            let folder = tempfile::tempdir().unwrap();
            let checkpoint = Checkpoint { path: folder.path().join("c"), every: 1 };
            let name = algorithm.name();
            let ratings = suited(&algorithm, &ratings);
            let fit = |mut run: Run<'_>| {
                let trained = Recommender::train(&algorithm, &ratings, &mut run);
                bytes(&trained.unwrap_or_else(|e| panic!("{name}: {e}")))
            };
            let whole = fit(Run { validation, seed: 9, ..Run::default() });
            // Stopped again and again, a little later each time.
            for pause in 1..=3 {
                let mut left = pause;
                let run = Run {
                    validation,
                    seed: 9,
                    checkpoint: Some(checkpoint.clone()),
                    ..Run::default()
                };
                fit(Run {
                    on_epoch: Box::new(move |_| {
                        left -= 1;
                        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                    }),
                    ..run
                });
            }
            let resumed =
                fit(Run { validation, seed: 9, checkpoint: Some(checkpoint), ..Run::default() });
            assert!(resumed == whole, "{name}");
        }
    }
}

/// What the model knows, without the header that repeats the settings.
fn content(model: &dyn Model) -> String {
    format!("{} {:?}", model.settings(), model.tensors())
}

/// Settings that matter only beside certain others, with those.
const TOGETHER: [(&str, &str, &str, &str); 23] = [
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
    ("gmf", "link", "loss", "\"squared\""),
    ("gmf", "sampler_exponent", "sampler", "\"popularity\""),
    ("gmf", "decay", "schedule", "\"exponential\""),
    ("gmf", "period", "schedule", "\"cosine\""),
    ("mlp", "link", "loss", "\"squared\""),
    ("mlp", "sampler_exponent", "sampler", "\"popularity\""),
    ("mlp", "decay", "schedule", "\"exponential\""),
    ("mlp", "period", "schedule", "\"cosine\""),
    ("neumf", "link", "loss", "\"squared\""),
    ("neumf", "sampler_exponent", "sampler", "\"popularity\""),
    ("neumf", "decay", "schedule", "\"exponential\""),
    ("neumf", "period", "schedule", "\"cosine\""),
    ("neumf", "alpha", "pretrain_epochs", "1"),
];

/// Settings that never change a model, with the reason.
const WITHOUT_EFFECT: [(&str, &str, &str); 5] = [
    ("slim", "max_items", "only refuses data that would fill the memory"),
    ("ease", "max_items", "only refuses data that would fill the memory"),
    ("gmf", "negatives_file", "needs a file; tested beside the recipe"),
    ("mlp", "negatives_file", "needs a file; tested beside the recipe"),
    ("neumf", "negatives_file", "needs a file; tested beside the recipe"),
];

/// Other values for a setting that is `value` now.
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
    // Large enough for recipes that are exact on small data.
    let mut ratings = tastes(150, 140);
    let days = (0..ratings.len() as i64).map(|at| at * 86_400);
    ratings.times = Some(days.collect());
    let schemas = schemars::schema_for!(Algorithm).to_value();
    for algorithm in Algorithm::all() {
        let name = algorithm.name();
        let schema = Algorithm::schema(&name).unwrap();
        for (setting, default) in serde_json::to_value(&algorithm).unwrap().as_object().unwrap() {
            if setting == "algorithm"
                || WITHOUT_EFFECT.iter().any(|(recipe, s, _)| *recipe == name && s == setting)
            {
                continue;
            }
            // Few neighbours and epochs, so that nothing is saturated and all is quick; small steps, so
            // that every optimizer can take them.
            let mut base = serde_json::to_value(&algorithm).unwrap();
            let base = base.as_object_mut().unwrap();
            base.remove("algorithm");
            for (small, value) in [
                ("neighbours", json!(5)),
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
                let algorithm = Algorithm::from_settings(&name, settings).unwrap();
                let model = algorithm.fit(&suited(&algorithm, &ratings), &mut Run::default());
                content(&*model.unwrap_or_else(|e| panic!("{name}, {settings:?}: {e}")))
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

/// `ratings` with `extra` users and items at the end that nobody has to do with.
fn with_strangers(ratings: &Ratings, extra: usize) -> Ratings {
    let longer = |ids: &cofil::IdMap| {
        let names = ids.names().map(str::to_owned).chain((0..extra).map(|i| format!("new{i}")));
        Arc::new(names.collect::<cofil::IdMap>())
    };
    let mut starts = ratings.by_user.starts().to_vec();
    starts.resize(starts.len() + extra, ratings.len());
    let (columns, values) = (ratings.by_user.columns().to_vec(), ratings.by_user.values().to_vec());
    let items = longer(&ratings.items);
    let by_user = Csr::from_parts(starts, columns, values, items.len()).unwrap();
    Ratings { users: longer(&ratings.users), items, by_user, times: None }
}

/// Asks a trained model everything, and wants finite answers.
fn serves(recommender: &Recommender, what: &str) {
    let name = recommender.card().algorithm.name();
    let items = recommender.items().len();
    let query = Query { n: items, seen: true, ..Query::default() };
    let check = |list: Vec<Scored<'_>>, n: usize| {
        assert_eq!(list.len(), n, "{name}, {what}");
        assert!(list.iter().all(|s| s.score.is_finite()), "{name}, {what}: {list:?}");
        assert!(list.is_sorted_by(|a, b| a.score >= b.score), "{name}, {what}: {list:?}");
    };
    for user in recommender.users().names() {
        check(recommender.recommend(user, &query).unwrap(), items);
        let first = recommender.items().name(0);
        assert!(recommender.predict(user, first).unwrap().is_finite(), "{name}, {what}");
        assert!(recommender.explain(user, first, 5).unwrap().len() <= 5, "{name}, {what}");
    }
    for item in recommender.items().names() {
        check(recommender.recommend_for(&[(item, 1.0)], &query).unwrap(), items);
        let similar = recommender.similar(item, items).unwrap();
        assert!(similar.iter().all(|s| s.item != item), "{name}, {what}");
        check(similar, items - 1);
    }
}

#[test]
fn odd_data_is_learned_from_or_refused_with_a_reason() {
    let one = Ratings::from_triples([("u", "a", 1.0)]).unwrap();
    let one_user = Ratings::from_triples([("u", "a", 1.0), ("u", "b", 3.0), ("u", "c", 5.0)]);
    let one_item = Ratings::from_triples([("u", "a", 1.0), ("v", "a", 3.0), ("w", "a", 5.0)]);
    let mut negative = tastes(30, 20);
    negative.by_user.values_mut().iter_mut().for_each(|v| *v = 2.0 * (*v - 3.0));
    let mut large = tastes(30, 20);
    large.by_user.values_mut().iter_mut().for_each(|v| *v *= 1000.0);
    let mut zeros = tastes(30, 20);
    zeros.by_user.values_mut().fill(0.0);
    let data = [
        ("one interaction", one),
        ("one user", one_user.unwrap()),
        ("one item", one_item.unwrap()),
        ("users without items and items without users", with_strangers(&tastes(30, 20), 3)),
        ("negative values", negative),
        ("large values", large),
        ("only zeros", zeros),
    ];
    for algorithm in recipes() {
        let name = algorithm.name();
        for (what, ratings) in &data {
            let ratings = suited(&algorithm, ratings);
            match Recommender::train(&algorithm, &ratings, &mut Run::default()) {
                Ok(recommender) => serves(&recommender, what),
                // Who has neither users nor items alike has no reason to be refused.
                Err(e) if what.starts_with("users") => panic!("{name}, {what}: {e}"),
                Err(Error::Unfit(_) | Error::Setting { .. } | Error::Diverged { .. }) => {}
                Err(e) => panic!("{name}, {what}: {e}"),
            }
        }
    }
}

#[test]
fn unrated_items_and_silent_users_change_nothing_for_the_rest() {
    let ratings = checkerboard(20);
    let more = with_strangers(&ratings, 3);
    for algorithm in recipes() {
        if algorithm.target() == Target::Rating {
            continue; // what an item without ratings is predicted is the recipe's guess
        }
        let name = algorithm.name();
        let recommender = train(&algorithm, &more);
        if name != "popularity" {
            let best = recommender.recommend("id4", &Query { n: 1, ..Query::default() }).unwrap();
            assert_eq!(best[0].item, "id4", "{name}");
        }
        let silent = recommender.recommend("new0", &Query::default()).unwrap();
        let stranger = recommender.recommend_for(&[], &Query::default()).unwrap();
        assert_eq!(silent, stranger, "{name}: who has no history is shown what is popular");
    }
}

#[test]
fn folded_in_a_training_user_gets_about_the_same_scores() {
    let ratings = tastes(200, 60);
    for algorithm in recipes() {
        // Where values do not count, only those that were liked tell of tastes.
        let ratings = match suited(&algorithm, &ratings) == ratings {
            true => ratings.clone(),
            false => liked(&ratings),
        };
        let recommender = train(&algorithm, &ratings);
        let items: Vec<u32> = (0..60).collect();
        let mut sum = 0.0;
        for u in 0..200 {
            let user = User::of(&ratings, u);
            let (mut known, mut folded) = (vec![0.0; 60], vec![0.0; 60]);
            recommender.model().score(user, &items, &mut known);
            recommender.model().score(User::stranger(user.history), &items, &mut folded);
            sum += correlation(&known, &folded) / 200.0;
        }
        println!("{}: mean correlation {sum}", algorithm.name());
        assert!(sum > 0.9, "{}: mean correlation {sum}", algorithm.name());
    }
}

/// The pairs with values above 3.
fn liked(ratings: &Ratings) -> Ratings {
    let row =
        |u: usize| ratings.by_user.row(u).iter().filter(|(_, v)| *v > 3.0).map(|(i, _)| (i, 1.0));
    let by_user = Csr::from_rows(ratings.items.len(), (0..ratings.users.len()).map(row));
    Ratings { by_user, ..ratings.clone() }
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |x: &[f32]| x.iter().sum::<f32>() / x.len() as f32;
    let (ma, mb) = (mean(a), mean(b));
    let sum =
        |f: &dyn Fn(f32, f32) -> f32| a.iter().zip(b).map(|(x, y)| f(x - ma, y - mb)).sum::<f32>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

#[test]
fn similar_items_are_of_the_same_kind() {
    for algorithm in recipes() {
        if algorithm.name() == "popularity" {
            continue; // knows no kinds
        }
        let recommender = train(&algorithm, &board(&algorithm, 30));
        for item in ["id4", "id13"] {
            let parity = |name: &str| name[2..].parse::<u32>().unwrap() % 2;
            for similar in recommender.similar(item, 3).unwrap() {
                assert_eq!(parity(similar.item), parity(item), "{}", algorithm.name());
            }
        }
    }
}
