use super::*;
use crate::algorithm::Algorithm;
use crate::data::{Csr, Duplicates, Interactions, Ratings};
use crate::recipes::{Als, BiasedMf, Ease, Gmf, Ials};
use crate::recommender::{Forgotten, Recommender, Updated};
use crate::train::Run;
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// Two groups of users and items. Each user lacks one item of their group, and `quiet` has no interactions.
fn ratings() -> Ratings {
    let pairs = (0..12).flat_map(|u| (0..12).map(move |i| (u, i)));
    let has = pairs.filter(|(u, i)| (u + i) % 2 == 0 && u != i);
    let triples: Vec<(String, String)> =
        has.map(|(u, i)| (format!("u{u}"), format!("i{i}"))).collect();
    let triples = triples.iter().map(|(u, i)| (&**u, &**i, 1.0));
    let mut ratings = Ratings::from_triples(triples).unwrap();
    let mut users = (*ratings.users).clone();
    users.insert("quiet").unwrap();
    ratings.users = users.into();
    let rows = ratings.by_user.iter().map(|row| row.iter().collect::<Vec<_>>()).chain([vec![]]);
    ratings.by_user = Csr::from_rows(12, rows);
    ratings
}

fn trained() -> Recommender {
    let ease = Algorithm::Ease(Ease { reg: 1.0, ..Ease::default() });
    Recommender::train(&ease, &ratings(), &Run::default()).unwrap()
}

fn items(answer: &Answer) -> Vec<&str> {
    answer.items.iter().map(|entry| entry.item.as_str()).collect()
}

#[test]
fn log_odds_become_probabilities_and_nothing_else_does() {
    let gmf = Algorithm::Gmf(Gmf { factors: 3, ..Gmf::default() });
    let recommender = Recommender::train(&gmf, &ratings(), &Run::default()).unwrap();
    // User 12 has no interactions, item 99 does not exist.
    let (users, items) = ([0, 3, 12, 0], [1, 5, 0, 99]);
    let scores = recommender.predict_many(&users, &items);
    let found = recommender.probabilities(&users, &items).unwrap();
    for at in [0, 1] {
        let sigma = 1.0 / (1.0 + (-f64::from(scores[at].unwrap())).exp());
        assert!((f64::from(found[at].unwrap()) - sigma).abs() < 1e-6, "{scores:?} {found:?}");
    }
    assert_eq!(found[2..], [None, None]);
    let says = trained().probabilities(&[0], &[0]).unwrap_err().to_string();
    assert!(says.contains("ease") && says.contains("its scores are not probabilities"), "{says}");
}

#[test]
fn an_item_listed_by_popularity_has_no_reasons() {
    let recommender = trained();
    let query = Query { n: 12, explain: 2, ..Query::default() };
    let answer = recommender.recommend(&Who::new_user(["i2"]), &query).unwrap();
    let by_popularity = |entry: &&Recommended| entry.basis == Some(Basis::Popular);
    assert!(answer.items.iter().any(|entry| !entry.because.is_empty()));
    assert!(answer.items.iter().any(|entry| by_popularity(&entry)), "{:?}", answer.items);
    assert!(answer.items.iter().filter(by_popularity).all(|entry| entry.because.is_empty()));
}

#[test]
fn a_basis_is_told_for_everybody() {
    let recommender = trained();
    let ask = |who: Who| recommender.recommend(&who, &Query { n: 3, ..Query::default() }).unwrap();
    let learned = ask(Who::user("u3"));
    assert_eq!((learned.basis, &learned.reason, items(&learned)[0]), (Basis::Learned, &None, "i3"));
    // Neither the given history nor the training history is recommended again.
    let today = ask(Who { history: vec!["i3".into()], ..Who::user("u3") });
    assert_eq!(today.basis, Basis::FoldedIn);
    assert!(items(&today).iter().all(|item| !["i1", "i3", "i5", "i7", "i9", "i11"].contains(item)));
    let stranger = ask(Who::new_user(["i1", "i5"]));
    assert_eq!(stranger.basis, Basis::FoldedIn);
    assert!(["i3", "i7", "i9", "i11"].contains(&items(&stranger)[0]));
    for (who, reason, unknown) in [
        (Who::user("moon"), "user `moon` is not known", vec!["moon"]),
        (Who::user("quiet"), "user `quiet` had no interactions in the training data", vec![]),
        (Who::anybody(), "neither a user nor a history was given", vec![]),
        (Who::new_user(["x", "y", "x"]), "no item in the history is known", vec!["x", "y"]),
    ] {
        let popular = ask(who);
        assert_eq!((popular.basis, popular.reason.as_deref()), (Basis::Popular, Some(reason)));
        assert_eq!((popular.unknown, popular.items), (owned(&unknown), ask(Who::anybody()).items));
    }
    // An unknown id with a history is treated as a new user.
    let both = ask(Who { user: Some("moon".into()), ..Who::new_user(["i1", "i5"]) });
    assert_eq!((both.basis, both.unknown), (Basis::FoldedIn, owned(&["moon"])));
    assert_eq!(both.items, stranger.items);
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn without_histories_models_of_histories_know_nobody() {
    let mut recommender = trained();
    recommender.forget_seen();
    let answer = recommender.recommend(&Who::user("u3"), &Query::default()).unwrap();
    assert_eq!(answer.basis, Basis::Popular);
    assert!(answer.reason.is_some_and(|why| why.contains("does not hold user histories")));
    let ials = Algorithm::Ials(Ials { factors: 3, ..Ials::default() });
    let mut vectors = Recommender::train(&ials, &ratings(), &Run::default()).unwrap();
    vectors.forget_seen();
    let answer = vectors.recommend(&Who::user("u3"), &Query::default()).unwrap();
    assert_eq!(answer.basis, Basis::Learned);
}

#[test]
fn unknown_names_are_skipped_once_or_refused() {
    let recommender = trained();
    let query = Query {
        exclude: owned(&["i1", "x"]),
        candidates: Some(owned(&["i1", "i3", "y", "x"])),
        ..Query::default()
    };
    let who = Who::new_user(["i5", "z", "x"]);
    let answer = recommender.recommend(&who, &query).unwrap();
    assert_eq!(items(&answer), ["i3"]);
    assert_eq!(answer.unknown, ["z", "x", "y"]);
    let refuse = Query { unknown: Unknown::Refuse, ..query };
    assert!(recommender.recommend(&who, &refuse).is_err());
    let refuse = Query { unknown: Unknown::Refuse, ..Query::default() };
    for (who, name) in [(Who::user("u99"), "user `u99`"), (Who::new_user(["i55"]), "item `i55`")] {
        let says = recommender.recommend(&who, &refuse).unwrap_err().to_string();
        assert!(says.starts_with(&format!("unknown {name}; did you mean")), "{says}");
    }
    let says = recommender
        .recommend(&Who::new_user([("i5", f32::NAN)]), &Query::default())
        .unwrap_err()
        .to_string();
    assert!(says.contains("`i5` is not finite"), "{says}");
    let filter =
        Query { filter: Some("year > 1990".parse().expect("a filter")), ..Query::default() };
    let says = recommender.recommend(&Who::anybody(), &filter).unwrap_err().to_string();
    assert!(says.contains("give a catalogue of items"), "{says}");
}

#[test]
fn many_are_answered_as_each_alone() {
    let recommender = trained();
    let people: Vec<Who> = (0..12)
        .map(|u| Who::user(format!("u{u}")))
        .chain([Who::anybody(), Who::new_user([("i2", 3.0)]), Who::user("moon")])
        .collect();
    let query = Query { explain: 2, ..Query::default() };
    let answers = recommender.recommend_batch(&people, &query).unwrap();
    for (who, answer) in people.iter().zip(&answers) {
        assert_eq!(recommender.recommend(who, &query).unwrap(), *answer);
        assert!(answer.items.iter().enumerate().all(|(at, entry)| entry.rank == at + 1));
    }
    assert!(answers[3].items[0].because.len() == 2, "{:?}", answers[3].items[0]);
}

#[test]
fn a_bare_item_counts_what_is_usual() {
    let recommender = trained();
    assert_eq!(recommender.usual_value(), 1.0);
    let ask = |recommender: &Recommender, who: Who| {
        recommender.recommend(&who, &Query::default()).unwrap().items
    };
    assert_eq!(
        ask(&recommender, Who::new_user(["i2"])),
        ask(&recommender, Who::new_user([("i2", 1.0)]))
    );
    let mut stars = ratings();
    let n = stars.by_user.values().len();
    stars.by_user.values_mut().iter_mut().zip(0..n).for_each(|(v, at)| *v = (at % 5) as f32 + 0.5);
    let mf = Algorithm::BiasedMf(BiasedMf { factors: 2, epochs: 3, ..BiasedMf::default() });
    let rated = Recommender::train(&mf, &stars, &Run::default()).unwrap();
    assert_eq!(rated.usual_value(), 4.5);
    assert_eq!(ask(&rated, Who::new_user(["i2"])), ask(&rated, Who::new_user([("i2", 4.5)])));
}

#[test]
fn pairs_are_predicted_in_their_order() {
    let recommender = trained();
    let pair = |user: &str, item: &str| Pair { user: user.into(), item: item.into() };
    let pairs =
        [pair("u3", "i5"), pair("moon", "i5"), pair("u1", "i5"), pair("u3", "x"), pair("u3", "i3")];
    let answer = recommender.predict_pairs(&pairs, Unknown::Skip).unwrap();
    assert_eq!(answer.unknown, ["moon", "x"]);
    for (Pair { user, item }, predicted) in pairs.iter().zip(&answer.predictions) {
        assert_eq!((&predicted.user, &predicted.item), (user, item));
        assert_eq!(predicted.prediction, recommender.predict(user, item).ok());
    }
    assert!(recommender.predict_pairs(&pairs, Unknown::Refuse).is_err());
}

#[test]
fn an_item_that_no_user_likes_has_no_score() {
    let users = ["a", "b", "c", "d", "e", "f"];
    let rated = users.iter().flat_map(|&user| [(user, "bad", 1.0), (user, "x", 4.0)]);
    let others = [("a", "y", 5.0), ("b", "y", 5.0), ("c", "y", 4.0)];
    let stars = Ratings::from_triples(rated.chain(others)).unwrap();
    let ease = Algorithm::from_settings("ease", &serde_json::Map::new()).unwrap();
    let recommender = Recommender::train(&ease, &stars, &Run::default()).unwrap();
    assert!(recommender.predict("d", "y").unwrap() > 0.0);
    let told = recommender.predict("d", "bad").unwrap_err().to_string();
    assert!(told.contains("no user likes item `bad`"), "{told}");
    let [d, bad] = [recommender.user_index("d").unwrap(), recommender.item("bad").unwrap()];
    assert_eq!(recommender.predict_many(&[d], &[bad]), [None]);
}

#[test]
fn ratings_of_unknown_pairs_come_from_biases() {
    let triples = [("a", "x", 5.0), ("a", "y", 4.0), ("b", "x", 4.0), ("b", "y", 1.0)];
    let stars = Ratings::from_triples(triples).unwrap();
    let als = Algorithm::Als(Als { factors: 1, ..Als::default() });
    let recommender = Recommender::train(&als, &stars, &Run::default()).unwrap();
    let predicted = recommender.predict_many(&[0, 1, 9, 9, 9], &[9, 9, 0, 1, 9]);
    let [a, b, x, y, mean] = predicted[..] else { panic!("{predicted:?}") };
    assert!(a > mean && b < mean && x > mean && y < mean, "{predicted:?}");
    assert_eq!(mean, Some(3.5));
}

/// A value survives a round trip through JSON and has a schema.
fn round<T: Serialize + DeserializeOwned + PartialEq + Debug + JsonSchema>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value, "{text}");
    assert!(schema_for!(T).as_object().is_some_and(|schema| !schema.is_empty()));
}

#[test]
fn questions_and_answers_are_read_back() {
    let mut recommender = trained();
    let who = Who { user: Some("u3".into()), history: vec!["i2".into(), ("i4", 2.5).into()] };
    round(&who);
    let query = Query { candidates: Some(owned(&["i3", "x"])), explain: 2, ..Query::default() };
    round(&query);
    round(&recommender.recommend(&who, &query).unwrap());
    round(&recommender.recommend(&Who::user("moon"), &Query::default()).unwrap());
    round(&recommender.explain(&who, "i3", Unknown::Skip).unwrap());
    round(&recommender.similar("i3", 3).unwrap());
    round(&recommender.similar_users("u3", 3).unwrap());
    let pairs = [Pair { user: "u3".into(), item: "i5".into() }];
    round(&pairs[0]);
    round(&recommender.predict_pairs(&pairs, Unknown::Skip).unwrap());
    round(&Algorithm::suggest(&ratings(), None));
    let ials = Algorithm::Ials(Ials { factors: 3, epochs: 2, ..Ials::default() });
    round(&Recommender::train(&ials, &ratings(), &Run::default()).unwrap().model_card());
    let events = Interactions {
        user: vec![0],
        item: vec![0],
        value: vec![1.0],
        users: std::sync::Arc::new(["new"].iter().collect()),
        items: std::sync::Arc::new(["i1"].iter().collect()),
        ..Interactions::default()
    };
    round::<Updated>(&recommender.update(&events, Duplicates::Last).unwrap());
    round::<Forgotten>(&recommender.forget(&["u1"]).unwrap());
    round(&recommender.model_card());
}

#[test]
fn questions_may_be_short_but_not_misspelt() {
    let who: Who =
        serde_json::from_str(r#"{"history": ["a", {"item": "b", "value": 4.5}]}"#).unwrap();
    assert_eq!(who, Who::new_user([Liked::from("a"), ("b", 4.5).into()]));
    assert_eq!(serde_json::from_str::<Who>("{}").unwrap(), Who::anybody());
    assert_eq!(serde_json::from_str::<Query>("{}").unwrap(), Query::default());
    for wrong in [r#"{"usr": "a"}"#, r#"{"history": [{"item": "a", "rating": 4}]}"#] {
        assert!(serde_json::from_str::<Who>(wrong).is_err(), "{wrong}");
    }
    assert!(serde_json::from_str::<Query>(r#"{"exlude": []}"#).is_err());
}
