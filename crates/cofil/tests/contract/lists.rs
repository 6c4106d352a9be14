//! An evaluation judges the very lists that are recommended.

use super::*;
use cofil::Protocol;
use cofil::evaluate::{Report, Ties, evaluate, evaluate_lists};

const ITEMS: usize = 36;

/// Groups of three items that always come together; users of one group are alike. Returns a training set and a test set
/// of another group. All values are 1, or, if `rated`, 3 or 5.
fn groups(rated: bool) -> (Ratings, Ratings) {
    let users = 48;
    let members = |group: usize| (0..3).map(move |m| ((group * 3 + m) * 7 % ITEMS) as u32);
    let value = |u: usize, item: u32| match (rated, (u + item as usize) % 3) {
        (false, _) => 1.0,
        (true, 0) => 3.0,
        (true, _) => 5.0,
    };
    let train = |u: usize| {
        let (own, other) = (u % 12, (u % 12 + 1 + u / 24) % 12);
        let mut row: Vec<u32> = members(own).chain(members(other)).collect();
        row.sort_unstable();
        row.into_iter().map(move |item| (item, value(u % 12, item))).collect::<Vec<_>>()
    };
    let test = |u: usize| {
        let mut row: Vec<u32> = members((u % 12 + 3) % 12).skip(u % 2).collect();
        row.sort_unstable();
        row.into_iter().map(|item| (item, value(1, item))).collect::<Vec<_>>()
    };
    let names = |prefix: &str, n: usize| -> Arc<cofil::IdMap> {
        Arc::new((0..n).map(|i| format!("{prefix}{i}")).collect())
    };
    let (user_names, items) = (names("u", users), names("i", ITEMS));
    let part = |rows: Vec<Vec<(u32, f32)>>| Ratings {
        users: user_names.clone(),
        items: items.clone(),
        by_user: Csr::from_rows(ITEMS, rows),
        times: None,
    };
    (part((0..users).map(train).collect()), part((0..users).map(test).collect()))
}

#[test]
fn evaluation_judges_the_recommended_lists() {
    let metrics = ["ndcg@10", "recall@5", "map@10", "mrr@3", "hr@1", "coverage@4"];
    let protocol = Protocol::plain(metrics.map(|metric| metric.parse().unwrap()).to_vec());
    let mut tied = 0;
    for algorithm in recipes_of(3) {
        let (ratings, test) = groups(algorithm.target() == Target::Rating);
        let (name, train_set) = (algorithm.name(), suited(&algorithm, &ratings));
        let recommender = train(&algorithm, &ratings);
        let users: Vec<u32> = (0..ratings.users.len() as u32).collect();
        let query = Query { n: 10, ..Query::default() };
        let lists = recommender.recommend_many(&users, &query).unwrap();
        let lists: Vec<Vec<u32>> =
            lists.into_iter().map(|list| list.into_iter().map(|best| best.0).collect()).collect();
        let judged = |protocol: &Protocol| -> Report {
            evaluate(recommender.model(), &train_set, &test, protocol).unwrap()
        };
        let of_lists = evaluate_lists(&lists, &train_set, &test, &protocol).unwrap();
        assert_eq!(judged(&protocol).metrics, of_lists.metrics, "{name}");
        let expected = Protocol { ties: Ties::Expected, ..protocol.clone() };
        tied += usize::from(judged(&expected).metrics != of_lists.metrics);
    }
    assert!(tied >= 5, "only {tied} algorithms give equal scores here");
}
