//! Diversity and popularity control: the same order from every entry point.

use cofil::data::{Csr, Interactions};
use cofil::evaluate::{Candidates, evaluate, evaluate_lists};
use cofil::math::Rng;
use cofil::{Algorithm, Metric, Protocol, Query, Ratings, Recommender, Rerank, Run, Who};

/// Users who each like one of four groups of items; training and test set.
fn parts() -> (Ratings, Ratings) {
    let (users, items) = (70, 90);
    let mut rng = Rng::new(8, &[]);
    let mut rows = [Vec::new(), Vec::new()];
    for u in 0..users {
        let mut parts = [Vec::new(), Vec::new()];
        for i in 0..items {
            let like = if i % 4 == u % 4 { 3 } else { 25 };
            if rng.below(like + i / 8) == 0 {
                parts[usize::from(rng.below(4) == 0)].push((i, 1.0));
            }
        }
        let [train, test] = parts;
        rows[0].push(train);
        rows[1].push(test);
    }
    let mut table = Interactions::default();
    let mut names = (cofil::IdMap::default(), cofil::IdMap::default());
    (0..users).for_each(|u| _ = names.0.insert(&format!("u{u}")).unwrap());
    (0..items).for_each(|i| _ = names.1.insert(&format!("i{i}")).unwrap());
    (table.users, table.items) = (names.0.into(), names.1.into());
    let part = |rows| Ratings {
        users: table.users.clone(),
        items: table.items.clone(),
        by_user: Csr::from_rows(items as usize, rows),
        times: None,
    };
    rows.map(part).into()
}

fn trained(name: &str, train: &Ratings) -> Recommender {
    let algorithm = Algorithm::from_settings(name, &serde_json::Map::new()).unwrap();
    Recommender::train(&algorithm, train, &Run::default()).unwrap()
}

const RECIPES: [&str; 4] = ["ials", "ease", "item-knn", "popularity"];

fn settings() -> [Rerank; 3] {
    let off = Rerank { pool: 30, ..Rerank::default() };
    [
        Rerank { mmr: 0.5, ..off },
        Rerank { popularity_penalty: 0.4, ..off },
        Rerank { mmr: 0.7, popularity_penalty: 0.2, ..off },
    ]
}

#[test]
fn evaluated_lists_are_the_recommended_ones() {
    let (train, test) = parts();
    let everybody: Vec<u32> = (0..train.users.len() as u32).collect();
    let metrics: Vec<Metric> =
        Metric::all(6).into_iter().filter(|m| m.cutoff().is_some()).collect();
    for recipe in RECIPES {
        let recommender = trained(recipe, &train);
        for rerank in settings() {
            let query = Query { n: 6, rerank, ..Query::default() };
            let lists = recommender.recommend_many(&everybody, &query).unwrap();
            let items = |list: &Vec<(u32, f32)>| list.iter().map(|&(item, _)| item).collect();
            let lists: Vec<Vec<u32>> = lists.iter().map(items).collect();
            let plain = Protocol { resamples: 0, ..Protocol::plain(metrics.clone()) };
            let expected = evaluate_lists(&lists, &train, &test, &plain).unwrap();
            // With `auc` the whole pool is reordered, without it only the beginning.
            for more in [None, Some(Metric::Auc)] {
                let metrics = metrics.iter().copied().chain(more).collect();
                let protocol = Protocol { rerank, ..Protocol::plain(metrics) };
                let model = recommender.model();
                let found = evaluate(model, &train, &test, &protocol).unwrap();
                for measure in &expected.metrics.0 {
                    let value = found.value(measure.metric).unwrap();
                    assert_eq!(value, measure.value, "{recipe}: {} by {rerank}", measure.metric);
                }
            }
            for &u in everybody.iter().step_by(9) {
                let name = train.users.name(u);
                let alone = recommender.recommend(&Who::user(name), &query).unwrap().items;
                let alone: Vec<u32> =
                    alone.iter().map(|s| train.items.get(&s.item).unwrap()).collect();
                assert_eq!(alone, lists[u as usize], "{recipe}, {name}");
            }
        }
    }
}

#[test]
fn reordered_candidates_are_those_that_are_ranked() {
    let (train, test) = parts();
    let recommender = trained("ials", &train);
    let everything: Vec<u32> = (0..train.items.len() as u32).collect();
    let rerank = Rerank { mmr: 0.4, ..Rerank::default() };
    let all = Protocol { rerank, ..Protocol::plain(Metric::all(7)) };
    let evaluated = |candidates: Candidates| {
        let protocol = Protocol { candidates, seen: true, ..all.clone() };
        evaluate(recommender.model(), &train, &test, &protocol).unwrap().metrics
    };
    let given = Candidates::Given(vec![everything; train.users.len()]);
    assert_eq!(evaluated(given), evaluated(Candidates::All));
}

#[test]
fn reordered_lists_are_more_diverse_and_less_popular() {
    let (train, test) = parts();
    for recipe in RECIPES {
        let recommender = trained(recipe, &train);
        let value = |rerank: Rerank, metric: Metric| {
            let protocol = Protocol { rerank, ..Protocol::plain(vec![metric]) };
            let report = evaluate(recommender.model(), &train, &test, &protocol).unwrap();
            report.value(metric).unwrap()
        };
        let off = Rerank::default();
        let (ild, popularity) = (Metric::Ild(10), Metric::Popularity(10));
        assert!(value(Rerank { mmr: 0.3, ..off }, ild) > value(off, ild), "{recipe}");
        let punished = Rerank { popularity_penalty: 3.0, ..off };
        assert!(value(punished, popularity) < value(off, popularity), "{recipe}");
        let relevant = Rerank { pool: 10, ..off };
        let ndcg = Metric::Ndcg(10);
        assert_eq!(value(relevant, ndcg), value(off, ndcg), "{recipe}: nothing is asked for");
    }
}

#[test]
fn a_model_without_histories_is_reordered_by_its_vectors_alone() {
    let (train, _) = parts();
    let query = |mmr: f32, popularity_penalty: f32| Query {
        rerank: Rerank { mmr, popularity_penalty, ..Rerank::default() },
        ..Query::default()
    };
    for recipe in ["ials", "ease"] {
        let mut recommender = trained(recipe, &train);
        let full = recommender.recommend(&Who::user("u3"), &query(0.5, 0.3)).unwrap().items;
        assert_eq!(full.len(), 10);
        recommender.forget_seen();
        let told = |query| match recommender.recommend(&Who::new_user(["i3"]), &query) {
            Ok(list) => format!("{} items", list.items.len()),
            Err(error) => error.to_string(),
        };
        assert!(told(query(1.0, 0.3)).contains("does not hold user histories"), "{recipe}");
        let by_likeness = told(query(0.5, 0.0));
        match recipe {
            "ials" => assert_eq!(by_likeness, "10 items"),
            _ => assert!(by_likeness.contains("does not hold user histories"), "{by_likeness}"),
        }
    }
}
