//! Data that is odd: nobody, nothing, one value, strangers.

use super::*;

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
    let name = recommender.card().name();
    let items = recommender.items().len();
    let query = Query { n: items, seen: true, ..Query::default() };
    let check = |list: Vec<Recommended>, n: usize| {
        assert_eq!(list.len(), n, "{name}, {what}");
        assert!(list.iter().all(|s| s.score.is_finite()), "{name}, {what}: {list:?}");
        assert!(list.is_sorted_by(|a, b| a.score >= b.score), "{name}, {what}: {list:?}");
    };
    for user in recommender.users().names() {
        let explained = Query { explain: 5, ..query.clone() };
        let list = recommender.recommend(&Who::user(user), &explained).unwrap().items;
        assert!(list.iter().all(|entry| entry.because.len() <= 5), "{name}, {what}");
        check(list, items);
        let first = recommender.items().name(0);
        assert!(recommender.predict(user, first).unwrap().is_finite(), "{name}, {what}");
    }
    for item in recommender.items().names() {
        check(recommender.recommend(&Who::stranger([(item, 1.0)]), &query).unwrap().items, items);
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
            match Recommender::train(&algorithm, &ratings, &Run::default()) {
                Ok(recommender) => serves(&recommender, what),
                // Who has neither users nor items alike has no reason to be refused.
                Err(e) if what.starts_with("users") => panic!("{name}, {what}: {e}"),
                Err(e) => match e.kind() {
                    ErrorKind::Data | ErrorKind::Setting | ErrorKind::Diverged => {}
                    _ => panic!("{name}, {what}: {e}"),
                },
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
