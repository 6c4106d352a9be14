//! Updates with new events and removal of users, for every algorithm.

use super::data::board;
use super::{bytes, recipes, suited, train};
use cofil::{Duplicates, Interactions, Query, Ratings, Who};

/// Events of a new user, and of a known user with a new item.
fn events(value: f32) -> Interactions {
    let table =
        [("new", "id2"), ("new", "id4"), ("new", "fresh"), ("id6", "fresh"), ("id8", "fresh")];
    let users: cofil::IdMap = ["new", "id6", "id8"].iter().collect();
    let items: cofil::IdMap = ["id2", "id4", "fresh"].iter().collect();
    Interactions {
        user: table.iter().map(|e| users.get(e.0).expect("in the list")).collect(),
        item: table.iter().map(|e| items.get(e.1).expect("in the list")).collect(),
        value: vec![value; table.len()],
        users: users.into(),
        items: items.into(),
        ..Interactions::default()
    }
}

#[test]
fn new_events_give_the_same_finite_model_for_any_number_of_threads() {
    for algorithm in recipes() {
        let name = algorithm.name();
        let ratings = suited(&algorithm, &board(&algorithm, 30));
        let value = ratings.scale().1;
        let updated = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut recommender = train(&algorithm, &ratings);
                let told = recommender.update(&events(value), Duplicates::Last).unwrap();
                assert_eq!(
                    (told.events, told.users, told.new_users, told.new_items),
                    (5, 3, 1, 1),
                    "{name}"
                );
                recommender
            })
        };
        let recommender = updated(1);
        assert!(bytes(&recommender) == bytes(&updated(3)), "{name}");
        let all = Query { n: 100, seen: true, ..Query::default() };
        for user in ["new", "id6", "id7"] {
            let list = recommender.recommend(&Who::user(user), &all).unwrap().items;
            assert_eq!(list.len(), 31, "{name}");
            assert!(list.iter().all(|s| s.score.is_finite()), "{name}");
        }
        // The saved model can be loaded.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.cofil");
        recommender.save(&path).unwrap();
        let loaded = cofil::Recommender::load(&path).unwrap();
        assert_eq!(
            loaded.recommend(&Who::user("new"), &all).unwrap(),
            recommender.recommend(&Who::user("new"), &all).unwrap()
        );
    }
}

#[test]
fn who_leaves_is_gone_and_the_others_are_served_as_before() {
    for algorithm in recipes() {
        let name = algorithm.name();
        let ratings: Ratings = suited(&algorithm, &board(&algorithm, 30));
        let mut recommender = train(&algorithm, &ratings);
        let who = Who::user("id13");
        // Lists are filled by the number of users of each item, which is one fewer now.
        let list = |recommender: &cofil::Recommender| {
            let items = recommender.recommend(&who, &Query::default()).unwrap().items;
            items.into_iter().filter(|item| item.basis.is_none()).collect::<Vec<_>>()
        };
        let before = list(&recommender);
        let had = recommender.user("id4").unwrap().history.len();
        let told = recommender.forget(&["id4"]).unwrap();
        assert_eq!((told.users, told.interactions), (1, had), "{name}");
        // Models that are the data are made again without them.
        let kind = recommender.model().kind();
        let is_data = kind.ends_with("neighbours") || kind == "graph-filter";
        assert_eq!(told.exact, name == "popularity" || is_data, "{name}: {told:?}");
        assert!(recommender.user("id4").is_err(), "{name}");
        if name != "popularity" && !is_data {
            assert_eq!(list(&recommender), before, "{name}");
        }
        assert!(recommender.forget_and_refit(&["id5"]).unwrap().exact, "{name}");
        assert_eq!(recommender.users().len(), 28, "{name}");
        assert_eq!(recommender.card().data.users, 28, "{name}");
    }
}
