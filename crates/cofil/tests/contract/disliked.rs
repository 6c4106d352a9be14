//! An item that everybody rates lowest comes first for nobody, and the popular list is the same for all algorithms.

use super::*;
use cofil::recipes::{Blend, Member, Popularity};
use cofil::{Als, AutorecItem, AutorecUser, Baseline, Duplicates, Interactions, Svd};

/// `bad` is rated 1 by four of five users; everybody rates a third of the items, from 3 to 5.
fn train() -> Ratings {
    let mut rng = Rng::new(11, &[]);
    let users: Vec<String> = (0..50).map(|u| format!("u{u}")).collect();
    let items: Vec<String> = (0..20).map(|i| format!("i{i}")).collect();
    let mut rows = Vec::new();
    for (u, user) in users.iter().enumerate() {
        for item in &items {
            if rng.uniform() < 0.35 {
                rows.push((user.as_str(), item.as_str(), 3.0 + rng.below(3) as f32));
            }
        }
        if u % 5 != 0 {
            rows.push((user.as_str(), "bad", 1.0));
        }
    }
    Ratings::from_triples(rows).unwrap()
}

/// The algorithms of this file's data, with settings of their own and by default, and blends of those that predict.
fn algorithms() -> impl Iterator<Item = Algorithm> {
    let of = ["als", "knn-baseline"].map(|name| Member::Name(name.into())).into();
    recipes().into_iter().chain([
        Algorithm::AutorecItem(AutorecItem { hidden: 20, ..AutorecItem::default() }),
        Algorithm::AutorecUser(AutorecUser { hidden: 20, ..AutorecUser::default() }),
        Algorithm::BiasedMf(BiasedMf::default()),
        Algorithm::Blend(Blend { of, ..Blend::default() }),
    ])
}

fn events(ratings: &Ratings) -> Interactions {
    let rows = ratings.by_user.iter().enumerate();
    Interactions {
        user: rows.flat_map(|(u, row)| std::iter::repeat_n(u as u32, row.len())).collect(),
        item: ratings.by_user.columns().to_vec(),
        value: ratings.by_user.values().to_vec(),
        users: ratings.users.clone(),
        items: ratings.items.clone(),
        ..Interactions::default()
    }
}

fn list(recommender: &Recommender, who: &Who) -> Vec<String> {
    let query = Query { n: 100, ..Query::default() };
    let list = recommender.recommend(who, &query).unwrap().items;
    list.into_iter().map(|entry| entry.item).collect()
}

fn trained(algorithm: &Algorithm, train: &Ratings) -> Recommender {
    let fitted = Recommender::train(algorithm, train, &Run::default());
    fitted.unwrap_or_else(|e| panic!("{}: {e}", algorithm.name()))
}

#[test]
fn what_everybody_rates_lowest_comes_first_for_nobody() {
    for scale in [|v| v, |v| 2.0 * v, |v| 20.0 * v, |v| v + 1.0, |v: f32| v - 3.0] {
        comes_first_for_nobody(scale);
    }
}

/// Checks `bad` if ratings are on another `scale`.
fn comes_first_for_nobody(scale: fn(f32) -> f32) {
    let mut train = train();
    train.by_user.values_mut().iter_mut().for_each(|value| *value = scale(*value));
    // Products alone, at this learning rate, need values near 0.
    let fits = |algorithm: &Algorithm| match algorithm {
        Algorithm::BiasedMf(mf) => mf.biases || scale(3.0) == 3.0,
        _ => true,
    };
    for algorithm in algorithms().filter(fits) {
        let recommender = trained(&algorithm, &train);
        let strangers = [("i0", 5.0), ("i1", 1.0), ("bad", 1.0)]
            .map(|(item, value)| Who::new_user([(item, scale(value))]));
        let users = train.users.names().map(|name| Who::user(name.to_string()));
        for who in users.chain(strangers).chain([Who::anybody()]) {
            let first = &list(&recommender, &who)[0];
            assert_ne!(first, "bad", "{}: {who:?}", algorithm.name());
        }
    }
}

/// The list for nobody in particular is that of `popularity`, after training, updates and removals alike.
#[test]
fn all_algorithms_have_the_same_popular_list() {
    let train = train();
    // `worse` is new; `i3` rises by likes, `i4` does not by dislikes; u1 changes their mind on `bad`.
    let new = (0..40).map(|n| format!("n{n}")).collect::<Vec<_>>();
    let rows = new.iter().flat_map(|name| {
        [(name.as_str(), "worse", 1.0), (name.as_str(), "i3", 4.0), (name.as_str(), "i4", 1.0)]
    });
    let rows: Vec<_> = rows.chain([("u1", "bad", 4.0), ("u1", "i3", 1.0)]).collect();
    let events = events(&Ratings::from_triples(rows).unwrap());
    let lists = |algorithm: &Algorithm| {
        let mut recommender = trained(algorithm, &train);
        let popular = |recommender: &Recommender| list(recommender, &Who::anybody());
        let mut lists = vec![popular(&recommender)];
        recommender
            .update(&events, Duplicates::Last)
            .unwrap_or_else(|e| panic!("{}: {e}", algorithm.name()));
        lists.push(popular(&recommender));
        let gone: Vec<&str> = new.iter().skip(2).map(String::as_str).chain(["u2", "u3"]).collect();
        recommender.forget(&gone).unwrap_or_else(|e| panic!("{}: {e}", algorithm.name()));
        lists.push(popular(&recommender));
        lists.push(popular(&Recommender::from_bytes(&recommender.to_bytes().unwrap()).unwrap()));
        lists
    };
    let expected = lists(&Algorithm::Popularity(Popularity::default()));
    assert_eq!(expected[1][0], "i3");
    assert_eq!(expected[1].last().unwrap(), "worse", "nobody likes it");
    for algorithm in algorithms() {
        assert_eq!(lists(&algorithm), expected, "{}", algorithm.name());
    }
}

/// Counts are what they were in files that do not say what is liked.
#[test]
fn files_without_a_reading_count_everybody() {
    let train = train();
    let weights = Run { values: cofil::data::ReadValues::AsWeights, ..Run::default() };
    let als = Algorithm::Als(Als { factors: 2, ..Als::default() });
    let recommender = Recommender::train(&als, &train, &weights).unwrap();
    assert_eq!(list(&recommender, &Who::anybody())[0], "bad");
    let baseline = trained(&Algorithm::Baseline(Baseline::default()), &train);
    assert_ne!(list(&baseline, &Who::anybody())[0], "bad");
}

/// A value below what stands for an unknown one lowers an item and those that `svd` finds like it, relative to no
/// interaction.
#[test]
fn a_dislike_raises_nothing_like_it() {
    let train = train();
    let svd = Svd { factors: 4, ..Svd::default() }.factorize(&train, 0).unwrap();
    let items: Vec<u32> = (0..train.items.len() as u32).collect();
    let scores = |item: u32, value: f32| {
        let mut scores = vec![0.0; items.len()];
        let history = Row { columns: &[item], values: &[value] };
        svd.score(User::new_user(history), &items, &mut scores);
        scores
    };
    for &item in &items {
        // 3 is the middle of 1 to 5: the history of somebody of whom nothing is known.
        let (disliked, unknown, liked) = (scores(item, 1.0), scores(item, 3.0), scores(item, 5.0));
        let moved = |scores: &[f32]| -> Vec<f32> {
            scores.iter().zip(&unknown).map(|(a, b)| a - b).collect()
        };
        let (down, up) = (moved(&disliked), moved(&liked));
        assert!(down[item as usize] < 0.0 && up[item as usize] > 0.0);
        let opposite = |(down, up): (&f32, &f32)| (down + up).abs() < 1e-4;
        assert!(down.iter().zip(&up).all(opposite), "what a like raises, a dislike lowers");
    }
}
