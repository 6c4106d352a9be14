//! The contract of all algorithms, checked on each of them.

#![allow(clippy::disallowed_methods, reason = "a test may use the functions of the C library")]

mod change;
mod data;
mod disliked;
mod extreme;
mod files;
mod lists;
mod odd;
mod ranges;
mod scale;
mod settings;
mod suit;

use cofil::evaluate::Metric;
use cofil::math::{Matrix, Rng};
use cofil::model::{Attribution, Contributions};
use cofil::recipes::AutoRec;
use cofil::recipes::Offset;
use cofil::recipes::Schedule;
use cofil::recipes::Side;
use cofil::recipes::Target;
use cofil::recipes::Training;
use cofil::{
    Algorithm, Basis, BiasedMf, Checkpoint, Csr, ErrorKind, Gmf, KnnBaseline, Mlp, Model, Neumf,
    Query, Ratings, Recommended, Recommender, Row, Run, Unknown, User, Validation, Who,
};
use data::{board, checkerboard, tastes};
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Settings small enough for the toy data of this file.
fn recipes() -> Vec<Algorithm> {
    Algorithm::all()
        .into_iter()
        .map(|algorithm| match algorithm {
            // Without offset and biases, so that similar vectors point in the same direction.
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
            Algorithm::Bpr(_) => Algorithm::Bpr(cofil::Bpr {
                factors: 8,
                epochs: 100,
                learning_rate: 0.1,
                decay: 1.0,
                reg: 0.01,
                ..cofil::Bpr::default()
            }),
            Algorithm::Warp(_) => Algorithm::Warp(cofil::Warp {
                factors: 8,
                epochs: 100,
                learning_rate: 0.02,
                decay: 0.95,
                reg: 0.01,
                ..cofil::Warp::default()
            }),
            Algorithm::LogisticMf(_) => Algorithm::LogisticMf(cofil::LogisticMf {
                factors: 8,
                epochs: 60,
                learning_rate: 0.1,
                decay: 1.0,
                reg: 0.01,
                negatives: 2,
                ..cofil::LogisticMf::default()
            }),
            Algorithm::SvdPlusPlus(_) => Algorithm::SvdPlusPlus(cofil::SvdPlusPlus {
                factors: 8,
                epochs: 60,
                learning_rate: 0.02,
                decay: 1.0,
                reg: 0.01,
                ..cofil::SvdPlusPlus::default()
            }),
            Algorithm::AutorecItem(default) => Algorithm::AutorecItem(small(default)),
            Algorithm::AutorecUser(default) => Algorithm::AutorecUser(small(default)),
            Algorithm::Gmf(gmf) => {
                let training = Training { epochs: 40, ..fast(gmf.training) };
                Algorithm::Gmf(Gmf { factors: 8, training, ..gmf })
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
            Algorithm::KnnBaseline(KnnBaseline {
                neighbours_of: Side::Users,
                ..KnnBaseline::default()
            }),
        ])
        .collect()
}

/// The same algorithms with at most `epochs` epochs, for tests that do not need what is learned to be good.
fn recipes_of(epochs: u64) -> Vec<Algorithm> {
    let fewer = |algorithm: Algorithm| {
        let mut value = serde_json::to_value(&algorithm).unwrap();
        let settings = value.as_object_mut().unwrap();
        let fewer = |had: &mut Value| *had = had.as_u64().unwrap().min(epochs).into();
        settings.entry("epochs").and_modify(fewer);
        serde_json::from_value(value).unwrap()
    };
    recipes().into_iter().map(fewer).collect()
}

/// Returns whether an algorithm is a network over pairs of users and items: slow on many pairs.
fn is_network(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::Gmf(_) | Algorithm::Mlp(_) | Algorithm::Neumf(_))
}

/// Returns whether users differ in more than their level.
fn has_tastes(algorithm: &Algorithm) -> bool {
    !["popularity", "baseline"].contains(&algorithm.name())
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

/// Algorithms that learn from interactions against samples reject values; for them, every rating counts as a choice.
fn suited(algorithm: &Algorithm, ratings: &Ratings) -> Ratings {
    match algorithm {
        Algorithm::Bpr(_) | Algorithm::Warp(_) | Algorithm::LogisticMf(_) => ratings.binary(),
        Algorithm::Gmf(_) | Algorithm::Mlp(_) | Algorithm::Neumf(_)
            if algorithm.target() == Target::Preference =>
        {
            ratings.binary()
        }
        _ => ratings.clone(),
    }
}

fn train(algorithm: &Algorithm, ratings: &Ratings) -> Recommender {
    let name = algorithm.name();
    Recommender::train(algorithm, &suited(algorithm, ratings), &Run::default())
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
        if !has_tastes(&algorithm) {
            continue; // the order is the same for all users by design
        }
        let ratings = board(&algorithm, 50);
        let recommender = train(&algorithm, &ratings);
        for user in ["id4", "id13"] {
            let one = Query { n: 1, ..Query::default() };
            let best = recommender.recommend(&Who::user(user), &one).unwrap();
            assert_eq!(best.basis, Basis::Learned);
            assert_eq!(best.items[0].item, user, "{}", algorithm.name());
            let history: Vec<_> =
                recommender.user(user).unwrap().history.iter().collect::<Vec<_>>();
            let names = history.iter().map(|&(i, v)| (recommender.items().name(i).to_string(), v));
            let best = recommender.recommend(&Who::new_user(names), &one).unwrap();
            assert_eq!(best.basis, Basis::FoldedIn);
            assert_eq!(best.items[0].item, user, "{} folded in", algorithm.name());
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
        let list = recommender.recommend(&Who::anybody(), &Query::default()).unwrap().items;
        let names: Vec<_> = list.iter().map(|s| s.item.as_str()).collect();
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
                    User::new_user(ratings.by_user.row(3)),
                    User::new_user(Row { columns: &[0], values: &[1.0] }),
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
fn a_list_is_the_same_alone_and_among_others() {
    for algorithm in recipes() {
        let name = algorithm.name();
        let ratings = suited(&algorithm, &tastes(70, 90));
        let recommender = train(&algorithm, &ratings);
        let everybody: Vec<u32> = (0..70).collect();
        let some = ["i3", "i4", "i5", "i80"].map(String::from).to_vec();
        for query in [
            Query::default(),
            Query { n: 100, seen: true, ..Query::default() },
            Query { exclude: some.clone(), ..Query::default() },
            Query { candidates: Some(some), ..Query::default() },
        ] {
            let bits = |list: &[(u32, f32)]| -> Vec<(u32, u32)> {
                list.iter().map(|&(item, score)| (item, score.to_bits())).collect()
            };
            let all = recommender.recommend_many(&everybody, &query).unwrap();
            for company in [vec![7], vec![7, 8], vec![69, 7, 0], everybody[3..40].to_vec()] {
                let lists = recommender.recommend_many(&company, &query).unwrap();
                for (&u, list) in company.iter().zip(&lists) {
                    assert_eq!(bits(list), bits(&all[u as usize]), "{name}: {u} of {company:?}");
                }
            }
            for u in [0u32, 31, 69] {
                let who = Who::user(recommender.users().name(u).to_string());
                let answer = recommender.recommend(&who, &query).unwrap();
                let named = |s: &Recommended| (recommender.item(&s.item).unwrap(), s.score);
                let list: Vec<(u32, f32)> = answer.items.iter().map(named).collect();
                assert_eq!(bits(&list), bits(&all[u as usize]), "{name}: {u} by name");
            }
        }
    }
}

#[test]
fn unknown_names_are_told() {
    let recommender = train(&recipes()[0], &checkerboard(10));
    let refusing = Query { unknown: Unknown::Refuse, ..Query::default() };
    let says = recommender.recommend(&Who::user("id33"), &refusing).unwrap_err().to_string();
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
            exclude: ["i3", "i4"].map(String::from).into(),
            candidates: Some(["i1", "i3", "i5", "i5", "i7"].map(String::from).into()),
            ..Query::default()
        };
        let who = Who::new_user([("i5", 4.0)]);
        let list = recommender.recommend(&who, &query).unwrap().items;
        let mut names: Vec<_> = list.iter().map(|s| s.item.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["i1", "i7"], "{}", algorithm.name());
        let with_seen = recommender.recommend(&who, &Query { seen: true, ..query });
        assert_eq!(with_seen.unwrap().items.len(), 3, "{}", algorithm.name());
    }
}

#[test]
fn reasons_come_from_the_history() {
    for algorithm in recipes() {
        let ratings = board(&algorithm, 20);
        let recommender = train(&algorithm, &ratings);
        let (name, model) = (algorithm.name(), recommender.model());
        for history in [ratings.by_user.row(4), Row { columns: &[6], values: &[1.0] }] {
            let told = model.contributions(history, &[4]).remove(0);
            let Contributions { base, parts, method } = told;
            assert_eq!(parts.len(), history.len(), "{name}");
            assert!(base.is_finite() && parts.iter().all(|c| c.is_finite()), "{name}: {parts:?}");
            let linear = matches!(model.kind(), "item-weights")
                || ["popularity", "baseline", "als", "ials", "svd"].contains(&name);
            assert!(method == Attribution::Exact || !linear, "{name} is linear");
            if method == Attribution::Exact {
                let mut score = [0.0];
                model.score(User::new_user(history), &[4], &mut score);
                let sum: f32 = base + parts.iter().sum::<f32>();
                assert!((sum - score[0]).abs() < 1e-4, "{name}: {sum} for {score:?}");
            }
        }
        for user in ["id4", "id13"] {
            let told = recommender.explain(&Who::user(user), "id4", Unknown::Refuse).unwrap();
            assert_eq!(told.contributions.len(), recommender.user(user).unwrap().history.len());
            let sum: f32 = told.contributions.iter().map(|c| c.contribution).sum();
            let whole = told.base + sum + told.rest;
            assert!(
                (whole - told.score).abs() < 1e-3 * told.score.abs().max(1.0),
                "{name}: {told:?}"
            );
            assert_eq!(told.score, recommender.predict(user, "id4").unwrap(), "{name}");
        }
        if !has_tastes(&algorithm) {
            continue; // no history item is a reason
        }
        let because = |who: Who| {
            let candidates = Some(vec!["id4".into()]);
            let query = Query { candidates, explain: 3, seen: true, ..Query::default() };
            recommender.recommend(&who, &query).unwrap().items.remove(0).because
        };
        let reasons = because(Who::user("id4"));
        assert!(!reasons.is_empty() && reasons.len() <= 3, "{name}");
        assert!(reasons.is_sorted_by(|a, b| a.score >= b.score), "{name}");
        assert!(reasons.iter().all(|r| r.item != "id4" && r.score > 0.0), "{name}");
        let first = &reasons[0].item;
        let alone = because(Who::new_user([(first.as_str(), 1.0)]));
        assert!(alone.iter().all(|reason| reason.item == *first), "{name}: {alone:?}");
    }
}

#[test]
fn folded_in_a_training_user_gets_about_the_same_scores() {
    let ratings = tastes(200, 60);
    for algorithm in recipes() {
        // If values do not count, only liked items show a user's taste.
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
            recommender.model().score(User::new_user(user.history), &items, &mut folded);
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
fn similar_users_are_of_the_same_kind() {
    for algorithm in recipes() {
        let recommender = train(&algorithm, &board(&algorithm, 30));
        for user in ["id4", "id13"] {
            let parity = |name: &str| name[2..].parse::<u32>().unwrap() % 2;
            let similar = recommender.similar_users(user, 3).unwrap();
            assert_eq!(similar.users.len(), 3);
            for other in similar.users {
                assert_eq!(parity(&other.user), parity(user), "{}", algorithm.name());
            }
        }
    }
}

#[test]
fn similar_items_are_of_the_same_kind() {
    for algorithm in recipes() {
        if !has_tastes(&algorithm) {
            continue; // knows no kinds
        }
        let recommender = train(&algorithm, &board(&algorithm, 30));
        for item in ["id4", "id13"] {
            let parity = |name: &str| name[2..].parse::<u32>().unwrap() % 2;
            for similar in recommender.similar(item, 3).unwrap().items {
                assert_eq!(parity(&similar.item), parity(item), "{}", algorithm.name());
            }
        }
    }
}
