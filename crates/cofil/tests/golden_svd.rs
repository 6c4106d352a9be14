//! The tutorial's toy matrix by SVD with imputation, to the digits that the tutorial prints.

use cofil::recipes::Impute;
use cofil::{Model, Ratings, Svd, User};

/// Users 1–3 choose items 1–3, users 4–5 items 4–5; the anti-diagonal is hidden.
fn toy() -> Ratings {
    let names = ["1", "2", "3", "4", "5"];
    let pairs = (0..5).flat_map(|u| (0..5).map(move |i| (u, i))).filter(|(u, i)| u + i != 4);
    // (0, 4) is hidden: a row with all items comes first, so that items are numbered in order.
    let ratings: Vec<_> = pairs
        .map(|(u, i)| (names[u], names[i], if (u < 3) == (i < 3) { 1.0 } else { 0.0 }))
        .collect();
    Ratings::from_triples(ratings).expect("finite values")
}

#[test]
fn singular_values_vectors_and_completed_entries() {
    let train = toy();
    for (factors, constant) in [(2, Some(0.5)), (2, None)] {
        let svd = Svd { factors, impute: Impute::Constant, constant, ..Svd::default() };
        let model = svd.factorize(&train, 0).expect("decomposed");
        let expected = [3.0321, 1.8473, 0.5, 0.5, 0.3794];
        assert_eq!(model.singular_values.len(), 5);
        for (s, expected) in model.singular_values.iter().zip(expected) {
            assert!((s - expected).abs() < 1e-4, "{s} for {expected}");
        }
        // The sign of each column is arbitrary.
        let p = [(-0.99, 0.27), (-0.99, 0.27), (-0.78, 0.40), (-0.48, -0.88), (-0.48, -0.88)];
        let sign = |c: usize| -model.users.row(3)[c].signum();
        for (u, expected) in p.into_iter().enumerate() {
            let row = model.users.row(u);
            let close = |x: f32, e: f32| (x - e).abs() < 0.006;
            assert!(close(row[0] * sign(0), expected.0), "{u}: {row:?}");
            assert!(close(row[1] * sign(1), expected.1), "{u}: {row:?}");
        }
        for (u, expected) in [0.2390, 0.2390, 0.7703, 0.2390, 0.2390].into_iter().enumerate() {
            let item = train.items.get(["5", "4", "3", "2", "1"][u]).expect("an item");
            let mut score = [0.0];
            model.score(User::of(&train, u as u32), &[item], &mut score);
            assert!((score[0] - expected).abs() < 1e-4, "user {u}: {score:?} for {expected}");
        }
    }
}
