//! Whole evaluations, small enough to check by hand.

use super::*;
use crate::algorithm::Algorithm;
use crate::data::levels::Levels;
use crate::model::User;
use crate::recipes::Popularity;
use crate::train::Run;

/// Scores every item 0, or by a table.
struct Table(Vec<Vec<f32>>);

impl Model for Table {
    fn items(&self) -> usize {
        self.0[0].len()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        let row = &self.0[user.index.map_or(0, |u| u as usize + 1)];
        items.iter().zip(scores).for_each(|(&i, s)| *s = row[i as usize]);
    }
}

fn train() -> Ratings {
    Ratings::from_triples([
        ("a", "w", 4.0),
        ("a", "x", 2.0),
        ("b", "w", 3.0),
        ("b", "y", 5.0),
        ("c", "z", 1.0),
    ])
    .unwrap()
}

fn test_part(train: &Ratings, triples: &[(&str, &str, f32)]) -> Ratings {
    let (mut users, mut items) = ((*train.users).clone(), (*train.items).clone());
    let mut table = crate::data::Interactions::default();
    for &(user, item, value) in triples {
        table.user.push(users.insert(user).unwrap());
        table.item.push(items.insert(item).unwrap());
        table.value.push(value);
    }
    (table.users, table.items) = (users.into(), items.into());
    Ratings::new(&table, crate::data::Duplicates::Last).unwrap()
}

fn measured(model: &Table, test: &Ratings, metric: &str) -> f64 {
    measure(model, &train(), test, metric.parse().unwrap()).unwrap()
}

/// [`measured`] as the mean over all orders of equal items.
fn expected(model: &Table, test: &Ratings, metric: &str) -> f64 {
    let metric = metric.parse().unwrap();
    let protocol = Protocol { ties: Ties::Expected, ..Protocol::plain(vec![metric]) };
    evaluate(model, &train(), test, &protocol).unwrap().value(metric).unwrap()
}

/// Items are w x y z; row 0 is for new users.
fn model() -> Table {
    Table(vec![
        vec![4.0, 3.0, 2.0, 1.0],
        vec![9.0, 9.0, 1.0, 2.0],
        vec![9.0, 3.0, 9.0, 3.0],
        vec![4.0, 9.0, 2.0, 5.0],
    ])
}

#[test]
fn seen_items_are_not_ranked_and_ties_are_in_the_order_of_lists() {
    let train = train();
    // a: y is second of y, z. b: x and z are equal, x is relevant. c: nothing in test.
    let test = test_part(&train, &[("a", "y", 3.0), ("b", "x", 5.0)]);
    assert_eq!(measured(&model(), &test, "mrr@2"), (0.5 + 1.0) / 2.0, "x is before z in lists");
    assert_eq!(measured(&model(), &test, "hr@1"), (0.0 + 1.0) / 2.0);
    assert_eq!(measured(&model(), &test, "auc"), (0.0 + 1.0) / 2.0);
    assert_eq!(expected(&model(), &test, "mrr@2"), (0.5 + 0.75) / 2.0);
    assert_eq!(expected(&model(), &test, "hr@1"), (0.0 + 0.5) / 2.0);
    assert_eq!(expected(&model(), &test, "auc"), (0.0 + 0.5) / 2.0);
    assert_eq!(measured(&model(), &test, "coverage@1"), 0.5);
    // Lists break ties by index: a gets z, b gets x, each with one training interaction of three users.
    assert_eq!(measured(&model(), &test, "popularity@1"), 1.0);
    assert!((measured(&model(), &test, "novelty@1") - 3f64.log2()).abs() < 1e-12);
}

/// w is had by a and b, x by a, y by b, z by c: the cosine of w with x and y is 1 / √2, all others are 0.
#[test]
fn distance_in_lists_by_hand() {
    let train = train();
    let far = 1.0 - 0.5f64.sqrt();
    // a is shown z and y, c x, w and y.
    let test = test_part(&train, &[("a", "y", 1.0), ("c", "w", 1.0)]);
    let close = |metric: &str, expected: f64| {
        let found = measured(&model(), &test, metric);
        assert!((found - expected).abs() < 1e-7, "{metric} is {found}, not {expected}");
    };
    close("ild@2", (1.0 + far) / 2.0);
    close("ild@3", (1.0 + (far + 1.0 + far) / 3.0) / 2.0);
    let protocol = Protocol::plain(vec![Metric::Ild(1)]);
    let report = evaluate(&model(), &train, &test, &protocol).unwrap();
    assert!(report.metrics.0[0].value.is_nan(), "one item is no pair");
}

#[test]
fn errors_are_clipped_and_unknown_pairs_get_levels() {
    let train = train();
    let levels = Levels::fit(&train.by_user, 3.0, 10, 15.0, 10.0);
    // 9 is clipped to 5; the new user is predicted by the level of w, the new item by that of a.
    let test = test_part(&train, &[("b", "y", 3.0), ("new", "w", 4.0), ("a", "new", 2.0)]);
    let of_w = f64::from(levels.of(0.0, 0));
    let of_a = f64::from(levels.of(levels.user_bias(train.by_user.row(0)), 4));
    assert!(of_w > 3.05 && of_a > 3.0, "{of_w}, {of_a}");
    let errors = [2.0, of_w - 4.0, of_a - 2.0];
    let mean = |of: fn(f64) -> f64| errors.map(of).iter().sum::<f64>() / 3.0;
    let close = |metric: &str, expected: f64| {
        let found = measured(&model(), &test, metric);
        assert!((found - expected).abs() < 1e-9, "{metric} is {found}, not {expected}");
    };
    close("mae", mean(f64::abs));
    close("rmse", mean(|e| e * e).sqrt());
}

#[test]
fn new_users_are_ranked_and_unknown_items_are_missed() {
    let train = train();
    let test = test_part(&train, &[("new", "w", 1.0), ("new", "what", 1.0)]);
    assert_eq!(measured(&model(), &test, "recall@4"), 0.5);
    assert_eq!(measured(&model(), &test, "precision@1"), 1.0);
}

/// Recommends the right neighbour of each history item in w x y z, scored by the item's value.
struct Next;

impl Model for Next {
    fn items(&self) -> usize {
        4
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        let liked = |item: u32| item.checked_sub(1).and_then(|left| user.history.get(left));
        items.iter().zip(scores).for_each(|(&i, s)| *s = liked(i).unwrap_or(0.0));
    }
}

#[test]
fn users_that_training_never_saw_are_scored_by_what_is_given() {
    let train = train();
    let given = test_part(&train, &[("new", "w", 2.0), ("new", "x", 3.0), ("a", "what", 1.0)]);
    let mut ids = (*given.users).clone();
    assert_eq!(ids.insert("new").unwrap(), 3, "numbered as in the test set");
    let test = test_part(&train, &[("new", "z", 1.0), ("new", "y", 1.0), ("new", "w", 1.0)]);
    let errors = [Metric::Rmse, Metric::Mse];
    let protocol =
        Protocol::plain([vec![Metric::Recall(1), Metric::Ndcg(2)], errors.into()].concat());
    let judged = |given| {
        let test = TestPart { given, ..TestPart::from(&test) };
        evaluate(&Next, &train, test, &protocol).unwrap()
    };
    // With w and x given, y is scored 3 and z 0; w is missed because it is given.
    let report = judged(Some(&given));
    assert_eq!(report.value(Metric::Recall(1)), Some(1.0 / 3.0));
    assert_eq!(report.value(Metric::Ndcg(2)), Some(1.0), "y before z is the best there is");
    // Values of w, y, z: x scores y 3; nothing scores z or w, and their 0 is clipped to 1.
    assert_eq!(errors.map(|m| report.value(m)), [Some((4.0f64 / 3.0).sqrt()), Some(4.0 / 3.0)]);
    let unknown = report.unknown;
    assert_eq!((unknown.users, unknown.given, unknown.repeated), (1, 1, 1));
    assert_eq!(unknown.given_interactions, 1, "what");
    assert_eq!(report.activity[0].from, 2);
    let all = report.warnings.join("; ");
    assert!(
        all.starts_with("skipped 1 given interaction with items the model does not know"),
        "{all}"
    );
    // Without given items everything scores 0: w, the first of the four items, is relevant.
    let report = judged(None);
    assert_eq!(report.value(Metric::Recall(1)), Some(1.0 / 3.0));
    assert_eq!((report.unknown.users, report.unknown.given), (1, 0));
    let told = "the only test user has no training interactions: give their histories (`given`)";
    assert_eq!(report.warnings[0], told);
}

#[test]
fn what_is_given_of_a_known_user_is_left_out_of_the_ranking() {
    let train = train();
    let given = test_part(&train, &[("a", "z", 1.0), ("a", "w", 5.0)]);
    let test = test_part(&train, &[("a", "y", 1.0)]);
    let part = TestPart { given: Some(&given), ..TestPart::from(&test) };
    let protocol = Protocol::plain(vec![Metric::Hr(1)]);
    // a, who has w and x, would be shown z before y.
    let hit = |test| evaluate(&model(), &train, test, &protocol).unwrap().value(Metric::Hr(1));
    assert_eq!((hit(part), hit(TestPart::from(&test))), (Some(1.0), Some(0.0)));
    let lower = test_part(&train, &[("b", "x", 1.0), ("b", "z", 1.0)]);
    let given = test_part(&train, &[("b", "x", 1.0)]);
    let part = TestPart { given: Some(&given), ..TestPart::from(&lower) };
    let report = evaluate(&model(), &train, part, &protocol).unwrap();
    assert_eq!((report.value(Metric::Hr(1)), report.unknown.repeated), (Some(1.0), 1));
}

#[test]
fn nothing_to_measure_is_told() {
    let train = train();
    let none = test_part(&train, &[]);
    let says =
        |test: &Ratings, metric| measure(&model(), &train, test, metric).unwrap_err().to_string();
    assert_eq!(says(&none, Metric::Auc), "the test set has no interactions");
}

/// Users × items with random entries; popular items have small indices.
fn random_ratings(users: usize, items: usize, seed: u64) -> (Ratings, Ratings) {
    let mut rng = crate::math::Rng::new(seed, &[]);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for _ in 0..users {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for i in 0..items {
            let value = 1.0 + rng.below(5) as f32;
            match rng.uniform() * (1.0 + i as f32 / 8.0) {
                x if x < 0.2 => a.push((i as u32, value)),
                x if x < 0.4 => b.push((i as u32, value)),
                _ => {}
            }
        }
        train.push(a);
        test.push(b);
    }
    let ids = |prefix: &str, n: usize| {
        std::sync::Arc::new((0..n).map(|j| format!("{prefix}{j}")).collect::<crate::data::IdMap>())
    };
    let (users, item_names) = (ids("u", users), ids("i", items));
    let part = |rows| Ratings {
        users: users.clone(),
        items: item_names.clone(),
        by_user: crate::data::Csr::from_rows(items, rows),
        times: None,
    };
    (part(train), part(test))
}

/// Pseudo-random scores for each user and item, with ties.
struct Noise(usize, u32);

impl Model for Noise {
    fn items(&self) -> usize {
        self.0
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        for (&i, s) in items.iter().zip(scores) {
            let mixed = bootstrap::mix(user.index.unwrap_or(0).wrapping_mul(7919) ^ i);
            *s = (mixed % self.1) as f32;
        }
    }
}

fn all_metrics(candidates: Candidates) -> Protocol {
    let mut metrics = Metric::all(5);
    metrics.extend([Metric::Ndcg(1000), Metric::Hr(1), Metric::Map(40)]);
    Protocol { metrics, candidates, ..Protocol::default() }
}

#[test]
fn a_constant_scorer_is_guessing_by_formula() {
    let (train, test) = random_ratings(40, 30, 1);
    for candidates in [Candidates::All, Candidates::Sampled { n: 7, seed: 3 }] {
        for convention in Convention::ALL {
            let ties = Ties::Expected;
            let protocol = Protocol { convention, ties, ..all_metrics(candidates.clone()) };
            let report = evaluate(&Noise(30, 1), &train, &test, &protocol).unwrap();
            let random = report.baselines.get("random").unwrap();
            assert_eq!(random.0.len(), 11);
            for guess in &random.0 {
                let found = report.metrics.get(guess.metric).unwrap();
                assert_eq!(found, guess, "{convention}");
            }
            assert!((report.value(Metric::Auc).unwrap() - 0.5).abs() < 1e-12);
        }
    }
}

#[test]
fn values_are_between_zero_and_the_attainable() {
    let (train, test) = random_ratings(60, 40, 2);
    for ties in [Ties::Expected, Ties::Worst, Ties::Best, Ties::Index] {
        let protocol = Protocol { ties, ..all_metrics(Candidates::All) };
        let report = evaluate(&Noise(40, 9), &train, &test, &protocol).unwrap();
        for m in &report.metrics.0 {
            let ends = m.low.zip(m.high);
            assert!(ends.is_none_or(|(low, high)| low <= m.value && m.value <= high), "{m:?}");
            assert_eq!(ends.is_none(), matches!(m.metric, Metric::Coverage(_) | Metric::Gini(_)));
            if let Some(max) = m.max {
                assert!((0.0..=max + 1e-12).contains(&m.value), "{m:?}");
            }
        }
        let buckets: usize = report.activity.iter().map(|a| a.users).sum();
        assert_eq!(buckets, report.users);
    }
}

#[test]
fn worst_and_best_order_of_ties_enclose_the_rest() {
    let (train, test) = random_ratings(50, 40, 3);
    let value = |ties| {
        let protocol = Protocol { ties, ..Protocol::plain(Metric::all(4)) };
        evaluate(&Noise(40, 4), &train, &test, &protocol).unwrap()
    };
    let [worst, expected, index, best] =
        [Ties::Worst, Ties::Expected, Ties::Index, Ties::Best].map(value);
    for metric in Metric::all(4).into_iter().filter(Metric::is_of_ranks) {
        let of = |report: &Report| report.value(metric).unwrap();
        assert!(of(&worst) < of(&expected) && of(&expected) < of(&best), "{metric}");
        assert!(of(&worst) <= of(&index) && of(&index) <= of(&best), "{metric}");
    }
}

#[test]
fn the_popularity_baseline_is_the_popularity_model() {
    let (train, test) = random_ratings(50, 40, 4);
    let protocol = all_metrics(Candidates::All);
    let report = evaluate(&Noise(40, 100), &train, &test, &protocol).unwrap();
    let recipe = Algorithm::Popularity(Popularity::default());
    let popular = recipe.fit(&train, &Run::default()).unwrap().model;
    let popular = evaluate(&*popular, &train, &test, &protocol).unwrap();
    let lowest = train.by_user.values().iter().filter(|&&value| value == train.scale().0).count();
    assert!(
        lowest > 0,
        "nobody likes what is rated lowest, and popularity counts who likes an item"
    );
    for baseline in &report.baselines.get("popularity").unwrap().0 {
        assert_eq!(popular.metrics.get(baseline.metric).unwrap(), baseline);
        assert!(!baseline.metric.is_of_values());
    }
    assert!(popular.value(Metric::Auc).unwrap() > 0.55, "small numbers are popular");
    let mean = report.baselines.get("mean").unwrap();
    assert_eq!(mean.0.len(), 3);
    assert!(mean.get(Metric::Rmse).unwrap().value > 1.0);
}

#[test]
fn any_number_of_threads_gives_the_same_report() {
    let (train, test) = random_ratings(300, 60, 5);
    let protocol = all_metrics(Candidates::All);
    let with = |threads: usize| {
        let work = || evaluate(&Noise(60, 50), &train, &test, &protocol).unwrap();
        let report = crate::math::on_threads(threads, work).unwrap();
        serde_json::to_string(&report).unwrap()
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(3));
}

#[test]
fn given_candidates_count_once() {
    let train = train();
    let test = test_part(&train, &[("a", "y", 3.0), ("b", "z", 5.0), ("new", "y", 1.0)]);
    // a: the positive is among the negatives, one of which is repeated and one unknown.
    let given = Candidates::Given(vec![vec![1, 2, 3, 3, 99], vec![0], vec![], vec![3]]);
    let protocol = Protocol { candidates: given, ..Protocol::plain(vec![Metric::Mrr(9)]) };
    let report = evaluate(&model(), &train, &test, &protocol).unwrap();
    // a scores y 1, x 9, z 2: third. b scores w 9, z 3: second. new scores y 2, z 1: first.
    let mean = (1.0 / 3.0 + 1.0 / 2.0 + 1.0) / 3.0;
    assert!((report.value(Metric::Mrr(9)).unwrap() - mean).abs() < 1e-12);
    assert!(report.warnings[0].starts_with("ranked among given candidates"));
    let protocol = Protocol { candidates: Candidates::Given(vec![vec![]]), ..protocol };
    let says = evaluate(&model(), &train, &test, &protocol).unwrap_err().to_string();
    assert_eq!(says, "1 candidate list for 4 users of the test set");
}

#[test]
fn sampled_candidates_are_without_interaction_and_repeatable() {
    let (train, test) = random_ratings(30, 50, 6);
    for n in [3, 30, 500] {
        let protocol = Protocol {
            candidates: Candidates::Sampled { n, seed: 1 },
            ..Protocol::plain(vec![Metric::Auc])
        };
        for case in cases::cases(
            50,
            &Histories::new(50, &train, None),
            &test,
            &protocol,
            0..test.by_user.rows(),
        ) {
            let list = case.candidates(50, &protocol).unwrap();
            assert_eq!(list, case.candidates(50, &protocol).unwrap());
            assert!(list.is_sorted_by(|a, b| a < b));
            let negatives: Vec<_> = list.iter().filter(|i| !case.reachable.contains(i)).collect();
            let free = 50 - case.user.history.len() - case.test.len();
            assert_eq!(negatives.len(), n.min(free));
            assert!(negatives.iter().all(|&&i| case.user.history.get(i).is_none()));
        }
    }
}

#[test]
fn what_training_never_saw_is_counted() {
    let train = train();
    let test = test_part(
        &train,
        &[("a", "what", 1.0), ("a", "w", 4.0), ("new", "z", 1.0), ("new", "what", 1.0)],
    );
    let report = evaluate(&model(), &train, &test, &Protocol::default()).unwrap();
    let unknown = Unknown {
        users: 1,
        items: 1,
        interactions: 2,
        repeated: 1,
        unreachable_users: 1,
        ..Unknown::default()
    };
    assert_eq!(report.unknown, unknown);
    assert_eq!(report.warnings.len(), 3);
    assert_eq!((report.users, report.interactions, report.items), (2, 4, 4));
    // a can only miss; new can find one of two.
    assert_eq!(report.metrics.get(Metric::Recall(10)).unwrap().max, Some(0.25));
    assert_eq!(report.activity.len(), 2);
    let seen = Protocol { seen: true, ..Protocol::default() };
    let report = evaluate(&model(), &train, &test, &seen).unwrap();
    assert_eq!(report.unknown.repeated, 0);
    assert_eq!(report.metrics.get(Metric::Recall(10)).unwrap().max, Some(0.5));
    let liked = Protocol { relevant_from: Some(2.0), ..Protocol::default() };
    let report = evaluate(&model(), &train, &test, &liked).unwrap();
    assert_eq!(report.metrics.get(Metric::Recall(10)).unwrap().users, 1);
}

#[test]
fn a_foreign_model_is_refused() {
    let (train, test) = random_ratings(3, 5, 1);
    let says = evaluate(&Noise(4, 2), &train, &test, &Protocol::default()).unwrap_err();
    assert_eq!(says.to_string(), "the model knows 4 items, the training set has 5");
}

#[test]
fn differences_are_taken_user_by_user() {
    let (train, test) = random_ratings(200, 40, 7);
    let report = |model: &dyn Model| {
        evaluate(model, &train, &test, &Protocol::plain(Metric::all(5))).unwrap()
    };
    let popular = Popular(train.by_user.column_counts().iter().map(|&c| c as f32).collect());
    let (good, bad, like_bad) =
        (report(&popular), report(&Noise(40, 1 << 20)), report(&Noise(40, 50)));
    let d = difference(&good, &bad, Metric::Ndcg(5)).unwrap();
    let value = good.value(Metric::Ndcg(5)).unwrap() - bad.value(Metric::Ndcg(5)).unwrap();
    assert!(
        (d.value - value).abs() < 1e-12 && d.low > 0.0 && d.high > d.value && d.p < 0.01,
        "{d:?}"
    );
    let same = difference(&bad, &bad, Metric::Auc).unwrap();
    assert_eq!((same.value, same.low, same.high, same.p), (0.0, 0.0, 0.0, 1.0));
    let alike = difference(&bad, &like_bad, Metric::Auc).unwrap();
    assert!(alike.p > 0.01, "{alike:?}");
    assert_eq!(difference(&good, &bad, Metric::Coverage(5)), None);
}

#[test]
fn lists_are_judged_as_they_stand() {
    let train = train();
    // Relevant are x, y for a (two of y, z reachable: x was seen) and x for b; c has no list.
    let test =
        test_part(&train, &[("a", "y", 3.0), ("a", "z", 1.0), ("b", "x", 5.0), ("c", "w", 1.0)]);
    let [w, x, y, z] = [0, 1, 2, 3];
    // a: a seen item takes the first place, a duplicate the third; 9 is an unknown item.
    let lists = vec![vec![w, y, y, z], vec![9, x], vec![]];
    let protocol = Protocol {
        resamples: 0,
        metrics: ["hr@1", "hr@2", "mrr@4", "precision@4", "recall@3", "coverage@2"]
            .map(|name| name.parse().unwrap())
            .to_vec(),
        ..Protocol::default()
    };
    let report = evaluate_lists(&lists, &train, &test, &protocol).unwrap();
    let values: Vec<f64> = report.metrics.0.iter().map(|measure| measure.value).collect();
    let third = |sum: f64| sum / 3.0;
    let expected = [0.0, third(2.0), third(1.0), third(0.5 + 0.25), third(0.5 + 1.0), 0.75];
    for (found, expected) in values.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{values:?}");
    }
    assert!(
        report
            .warnings
            .iter()
            .any(|w| w.contains("1 of the test users has no list and counts as 0"))
    );
    let says = |metric: &str| {
        let protocol = Protocol::plain(vec![metric.parse().unwrap()]);
        evaluate_lists(&lists, &train, &test, &protocol).unwrap_err().to_string()
    };
    assert!(says("auc").contains("auc needs more than lists"));
}

#[test]
fn lists_of_a_model_score_what_the_model_scores() {
    let train = train();
    let test = test_part(&train, &[("a", "y", 3.0), ("b", "x", 5.0), ("c", "x", 5.0)]);
    let protocol = Protocol {
        metrics: Metric::all(2).into_iter().filter(|metric| metric.cutoff().is_some()).collect(),
        ..Protocol::default()
    };
    let users: Vec<User<'_>> = (0..3).map(|u| User::of(&train, u)).collect();
    let lists = crate::rank::top_k_all(&model(), &users, 2, true);
    let lists: Vec<Vec<u32>> =
        lists.into_iter().map(|list| list.into_iter().map(|(item, _)| item).collect()).collect();
    let of_lists = evaluate_lists(&lists, &train, &test, &protocol).unwrap();
    let of_model = evaluate(&model(), &train, &test, &protocol).unwrap();
    assert_eq!(of_lists.metrics, of_model.metrics);
    assert_eq!(of_lists.baselines, of_model.baselines);
}

#[test]
fn ranks_among_sampled_items_are_corrected() {
    // Half of the others are sampled: on average the correction gives the value of the full ranking.
    let (train, test) = random_ratings(400, 80, 6);
    let model = Noise(80, 1 << 20);
    let protocol = Protocol::plain(vec![Metric::Ndcg(20), Metric::Hr(5), Metric::Recall(10)]);
    let values = |protocol: &Protocol| {
        let report = evaluate(&model, &train, &test, protocol).unwrap();
        report.metrics.0.iter().map(|m| m.value).collect::<Vec<f64>>()
    };
    let exact = values(&protocol);
    let sampled = |corrected| {
        let candidates = Candidates::Sampled { n: 20, seed: 1 };
        values(&Protocol { candidates, corrected, ..protocol.clone() })
    };
    for ((exact, raw), corrected) in exact.iter().zip(sampled(false)).zip(sampled(true)) {
        assert!((corrected - exact).abs() < 0.5 * (raw - exact).abs(), "{exact} {raw} {corrected}");
    }
    let wrong = Protocol { corrected: true, ..protocol };
    let says = evaluate(&model, &train, &test, &wrong).unwrap_err().to_string();
    assert!(says.starts_with("setting `corrected`"), "{says}");
}
