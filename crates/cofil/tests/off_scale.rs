//! Values that are not on the scale of the training data.

use cofil::evaluate::Metric;
use cofil::{
    Algorithm, Baseline, Duplicates, Ease, Interactions, Protocol, Query, Ratings, Recommender,
    Run, Who,
};
use std::sync::Arc;

fn trained(algorithm: &Algorithm, values: [f32; 6]) -> Recommender {
    let pairs = [("u", "a"), ("u", "b"), ("v", "a"), ("v", "c"), ("w", "b"), ("w", "c")];
    let rows = pairs.iter().zip(values).map(|(&(user, item), value)| (user, item, value));
    let ratings = Ratings::from_triples(rows).unwrap();
    Recommender::train(algorithm, &ratings, &Run::default()).unwrap()
}

fn event(value: f32) -> Interactions {
    Interactions {
        users: Arc::new(["new"].iter().collect()),
        items: Arc::new(["a"].iter().collect()),
        user: vec![0],
        item: vec![0],
        value: vec![value],
        ..Interactions::default()
    }
}

fn both() -> [Algorithm; 2] {
    [Algorithm::Baseline(Baseline::default()), Algorithm::Ease(Ease::default())]
}

const STARS: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 3.0];

#[test]
fn values_far_off_the_scale_are_refused() {
    for algorithm in both() {
        let mut recommender = trained(&algorithm, STARS);
        let before = recommender.to_bytes().unwrap();
        let ask =
            |value: f32| recommender.recommend(&Who::new_user([("a", value)]), &Query::default());
        for value in [50.0, 10.0, -10.0] {
            let told = ask(value).unwrap_err().to_string();
            let expected = format!("the value of item `a` is {value}, but the scale of the");
            assert!(told.starts_with(&expected) && told.contains("1 to 5; convert"), "{told}");
        }
        assert!(recommender.history(&[("a", 50.0)]).is_err());
        // Training data need not hold the ends of the scale, so a value near it is used, with a note.
        assert!(ask(6.0).unwrap().note.unwrap().contains("history is off the scale"));
        assert!(!ask(5.0).unwrap().note.is_some_and(|note| note.contains("scale")));
        let told = recommender.update(&event(50.0), Duplicates::Last).unwrap_err().to_string();
        assert!(
            told.contains("user `new` and item `a` is 50") && told.contains("1 to 5"),
            "{told}"
        );
        assert!(recommender.to_bytes().unwrap() == before, "unchanged");
        assert_eq!(recommender.update(&event(6.0), Duplicates::Last).unwrap().off_scale, 1);
        assert_eq!(
            recommender.update(&event(6.0), Duplicates::Last).unwrap().off_scale,
            0,
            "6 is on it now"
        );
    }
}

#[test]
fn high_ratings_alone_have_the_lower_half_of_the_scale_too() {
    for algorithm in both() {
        let mut recommender = trained(&algorithm, [4.0, 5.0, 4.5, 4.0, 5.0, 4.0]);
        assert_eq!(recommender.scale(), Some((1.0, 5.0)));
        assert_eq!(recommender.update(&event(1.0), Duplicates::Last).unwrap().off_scale, 0);
    }
}

#[test]
fn counts_weights_and_events_have_no_scale() {
    let plays = [1.0, 1.0, 1.0, 2.0, 90.0, 1.0];
    for algorithm in both() {
        let mut recommender = trained(&algorithm, plays);
        assert_eq!(recommender.scale(), None);
        assert_eq!(recommender.update(&event(1000.0), Duplicates::Last).unwrap().off_scale, 0);
        assert!(recommender.recommend(&Who::new_user([("a", 500.0)]), &Query::default()).is_ok());
    }
    assert_eq!(trained(&both()[1], [1.0; 6]).scale(), None);
}

#[test]
fn a_value_that_is_not_given_is_on_the_scale() {
    for values in [STARS, [-0.1, 0.1, 0.1, -0.1, 0.1, 0.05], [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]] {
        for algorithm in both() {
            let answer = trained(&algorithm, values)
                .recommend(&Who::new_user(["a"]), &Query::default())
                .unwrap();
            assert!(!answer.note.is_some_and(|note| note.contains("scale")), "{values:?}");
        }
    }
}

#[test]
fn an_evaluation_counts_the_values_off_the_scale() {
    let recommender = trained(&both()[0], STARS);
    let train = recommender.histories().unwrap();
    let warnings = |values: [f32; 3]| {
        let rows = [("u", "c"), ("v", "b"), ("w", "a")].iter().zip(values);
        let test = Ratings::from_triples(rows.map(|(&(u, i), value)| (u, i, value))).unwrap();
        let test = Ratings { users: train.users.clone(), items: train.items.clone(), ..test };
        let protocol = Protocol { metrics: vec![Metric::Rmse], ..Protocol::default() };
        recommender.evaluate(&train, &test, &protocol).unwrap().warnings.join("; ")
    };
    let told = warnings([50.0, 3.0, 70.0]);
    let expected = "2 of the test values are off the scale of the training data, 1 to 5";
    assert!(told.contains(expected), "{told}");
    assert!(!warnings([5.0, 3.0, 1.0]).contains("off the scale"));
}
