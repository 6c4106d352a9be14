//! Unusual data: no users, no items, one value, new users.

use super::*;
use cofil::data::ReadValues;

/// `ratings` with `extra` users and items without interactions at the end.
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

/// Saves and loads a trained model, calls everything it can answer and checks that the answers are finite.
fn serves(recommender: &Recommender, what: &str) {
    let bytes = recommender.to_bytes().unwrap_or_else(|e| panic!("{what}: saving: {e}"));
    let loaded = Recommender::from_bytes(&bytes);
    let recommender = &loaded.unwrap_or_else(|e| panic!("{what}: loading: {e}"));
    let name = recommender.card().name();
    let items = recommender.items().len();
    let query = Query { n: items, seen: true, ..Query::default() };
    let check = |list: Vec<Recommended>, n: usize| {
        assert_eq!(list.len(), n, "{name}, {what}");
        assert!(list.iter().all(|s| s.score.is_finite()), "{name}, {what}: {list:?}");
        assert!(list.is_sorted_by(|a, b| a.score >= b.score), "{name}, {what}: {list:?}");
    };
    let users = recommender.users().len();
    for (at, user) in recommender.users().names().enumerate() {
        // Explaining every item is slow; users without interactions come last.
        let explain = if at < 3 || at + 3 >= users { 5 } else { 0 };
        let asked = Query { explain, ..query.clone() };
        let list = recommender.recommend(&Who::user(user), &asked).unwrap().items;
        assert!(list.iter().all(|entry| entry.because.len() <= 5), "{name}, {what}");
        check(list, items);
        let first = recommender.items().name(0);
        match recommender.predict(user, first) {
            Ok(score) => assert!(score.is_finite(), "{name}, {what}"),
            Err(e) => assert!(e.to_string().contains("no user likes"), "{name}, {what}: {e}"),
        }
    }
    for item in recommender.items().names() {
        let who = Who::new_user([(item, recommender.usual_value())]);
        check(recommender.recommend(&who, &query).unwrap().items, items);
        let similar = recommender.similar(item, items).unwrap().items;
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
    // The ratings of one item are far larger than the others.
    let mut mixed = tastes(30, 20);
    let first = mixed.by_user.columns().to_vec();
    let of_first = mixed.by_user.values_mut().iter_mut().zip(first).filter(|(_, i)| *i == 0);
    of_first.for_each(|(v, _)| *v *= 1e30);
    let data = [
        ("one interaction", one),
        ("one user", one_user.unwrap()),
        ("one item", one_item.unwrap()),
        ("users without items and items without users", with_strangers(&tastes(30, 20), 3)),
        ("negative values", negative),
        ("large values", large),
        ("only zeros", zeros),
        ("values of 2e19", times(&tastes(30, 20), 4e18)),
        ("values of 1e38", times(&tastes(30, 20), 2e37)),
        ("values of 1e-44", times(&tastes(30, 20), 1e-44)),
        ("values of all sizes", mixed),
    ];
    for algorithm in recipes() {
        let name = algorithm.name();
        for (what, ratings) in &data {
            let ratings = suited(&algorithm, ratings);
            match Recommender::train(&algorithm, &ratings, &Run::default()) {
                Ok(recommender) => serves(&recommender, what),
                // Users and items without interactions are no reason to fail.
                Err(e) if what.starts_with("users") => panic!("{name}, {what}: {e}"),
                Err(e) => match e.kind() {
                    ErrorKind::Data | ErrorKind::Setting | ErrorKind::Diverged => {}
                    _ => panic!("{name}, {what}: {e}"),
                },
            }
        }
    }
}

/// `ratings` with all values multiplied by `factor`.
fn times(ratings: &Ratings, factor: f64) -> Ratings {
    let mut ratings = ratings.clone();
    let values = ratings.by_user.values_mut().iter_mut();
    values.for_each(|value| *value = (f64::from(*value) * factor) as f32);
    ratings
}

/// Powers of two change no digit, so that the weights are exactly the same. Powers of values are the exception; they
/// are taken of numbers of usual size.
#[test]
fn similarities_and_walks_do_not_see_how_large_values_are() {
    let usual = tastes(30, 20);
    let make = |name: &str, settings: Value| {
        let settings: &Map<String, Value> = settings.as_object().unwrap();
        Algorithm::from_settings(name, settings).unwrap()
    };
    let scores = |algorithm: &Algorithm, ratings: &Ratings, history: f32| -> Vec<f64> {
        let run = Run { values: ReadValues::AsWeights, ..Run::default() };
        let model = algorithm.fit(ratings, &run).unwrap().model;
        let items: Vec<u32> = (0..ratings.items.len() as u32).collect();
        let row = Row { columns: &[1, 4, 9], values: &[history, 3.0 * history, 2.0 * history] };
        let mut scores = vec![0.0; items.len()];
        model.score(User::new_user(row), &items, &mut scores);
        scores.into_iter().map(f64::from).collect()
    };
    // Scores scale with the values of the history for item weights, with those of the data for user neighbours.
    for (algorithm, of_data, exact) in [
        (make("item-knn", json!({})), false, true),
        (make("item-knn", json!({"shrinkage": 3})), false, true),
        (make("item-knn", json!({"similarity": "pearson"})), false, true),
        (make("item-knn", json!({"similarity": "jaccard"})), false, true),
        (make("p3alpha", json!({})), false, false),
        (make("p3alpha", json!({"alpha": 1.7})), false, false),
        (make("rp3beta", json!({"alpha": 0.6})), false, false),
        (make("user-knn", json!({})), true, true),
        (make("user-knn", json!({"similarity": "pearson", "shrinkage": 2})), true, true),
        (make("knn-baseline", json!({"shrinkage": 2})), true, true),
        (make("knn-baseline", json!({"neighbours_of": "users", "shrinkage": 2})), true, true),
    ] {
        for power in [60, 120, -60, -140] {
            let factor = 2f64.powi(power);
            // A baseline near the smallest float is not exact itself.
            if algorithm.name() == "knn-baseline" && power == -140 {
                continue;
            }
            let scaled = times(&usual, factor);
            let (history, back) = if of_data { (factor as f32, factor) } else { (1.0, 1.0) };
            let found = scores(&algorithm, &scaled, history);
            let expected = scores(&algorithm, &usual, 1.0);
            assert!(expected.iter().any(|score| *score != 0.0), "{algorithm:?}");
            for (found, expected) in found.into_iter().zip(expected) {
                // Numbers near the smallest float have few digits.
                let least = 100.0 * f64::from(f32::from_bits(1)) / back;
                let most = if exact { least } else { 1e-6 * expected.abs() };
                let off = (found / back - expected).abs();
                assert!(off <= most, "{algorithm:?}, 2^{power}: {found} for {expected}");
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
            continue; // the prediction for an item without ratings is the algorithm's own choice
        }
        let name = algorithm.name();
        let recommender = train(&algorithm, &more);
        if name != "popularity" {
            let one = Query { n: 1, ..Query::default() };
            let best = recommender.recommend(&Who::user("id4"), &one).unwrap().items;
            assert_eq!(best[0].item, "id4", "{name}");
        }
        let silent = recommender.recommend(&Who::user("new0"), &Query::default()).unwrap();
        let stranger = recommender.recommend(&Who::anybody(), &Query::default()).unwrap();
        assert_eq!((silent.basis, stranger.basis), (Basis::Popular, Basis::Popular), "{name}");
        assert_eq!(silent.items, stranger.items, "{name}: they are shown what is popular");
    }
}

#[test]
fn data_without_interactions_is_refused() {
    let empty = Ratings { by_user: Csr::empty(0, 0), ..Ratings::default() };
    for algorithm in recipes() {
        assert!(Recommender::train(&algorithm, &empty, &Run::default()).is_err());
    }
}
