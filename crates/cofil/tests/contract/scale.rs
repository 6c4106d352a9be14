//! Algorithms that predict ratings learn the same model on any scale of values.

use super::*;
use cofil::model::Change;

/// The predictions of `algorithm` from `values` of the pairs of `ratings`, for users as known users and as new users.
fn predicted(algorithm: &Algorithm, ratings: &Ratings, value: impl Fn(f32) -> f32) -> Vec<f64> {
    let mut ratings = ratings.clone();
    ratings.by_user.values_mut().iter_mut().for_each(|v| *v = value(*v));
    let model = algorithm.fit(&ratings, &Run::default()).unwrap().model;
    let items: Vec<u32> = (0..ratings.items.len() as u32).collect();
    let mut all = Vec::new();
    for u in 0..ratings.users.len() as u32 {
        let known = User::of(&ratings, u);
        for user in [known, User { index: None, ..known }] {
            let mut scores = vec![0.0; items.len()];
            model.score(user, &items, &mut scores);
            all.extend(scores.into_iter().map(f64::from));
        }
    }
    all
}

/// The algorithms that predict ratings, with default settings; the networks by squared error, with each link.
fn predicting() -> Vec<Algorithm> {
    let mut all = Algorithm::all();
    all.retain(|algorithm| algorithm.target() == Target::Rating);
    for name in ["gmf", "mlp", "neumf"] {
        for link in ["linear", "sigmoid"] {
            let Value::Object(settings) = json!({
                "loss": "squared", "link": link, "learning_rate": 0.01, "batch_size": 64, "reg": 0.001,
                "epochs": 3
            }) else {
                unreachable!("it is an object")
            };
            all.push(Algorithm::from_settings(name, &settings).unwrap());
        }
    }
    let few = |mut value: Value| {
        let settings = value.as_object_mut().unwrap();
        let fewer = |epochs: &mut Value| *epochs = epochs.as_u64().unwrap().min(10).into();
        settings.entry("epochs").and_modify(fewer);
        settings.entry("hidden").and_modify(|hidden| *hidden = 16.into());
        serde_json::from_value(value).unwrap()
    };
    all.iter().map(|algorithm| few(serde_json::to_value(algorithm).unwrap())).collect()
}

#[test]
fn a_scale_twice_as_long_changes_no_digit() {
    let ratings = tastes(40, 30);
    // Square roots of singular values have other digits.
    for algorithm in predicting().iter().filter(|algorithm| algorithm.name() != "svd") {
        let usual = predicted(algorithm, &ratings, |v| v);
        for power in [1, -3, 40, -60] {
            let factor = 2f64.powi(power);
            let scaled = predicted(algorithm, &ratings, |v| (f64::from(v) * factor) as f32);
            for (found, expected) in scaled.iter().zip(&usual) {
                let (name, found) = (algorithm.name(), found / factor);
                assert!(found == *expected, "{name}, 2^{power}: {found} for {expected}");
            }
        }
    }
}

#[test]
fn any_scale_gives_about_the_same() {
    let ratings = tastes(40, 30);
    for algorithm in predicting() {
        let name = algorithm.name();
        let usual = predicted(&algorithm, &ratings, |v| v);
        // The value imputed for missing values does not scale with the values.
        let shifts: &[f32] = if name == "svd" { &[0.0] } else { &[0.0, -3.0, 7.0] };
        for factor in [20.0, 0.5, 0.3] {
            for shift in shifts {
                let scaled = predicted(&algorithm, &ratings, |v| factor * (v + shift));
                let (factor, shift) = (f64::from(factor), f64::from(*shift));
                let difference =
                    |(found, expected): (&f64, &f64)| (found / factor - shift - expected).abs();
                let differences = scaled.iter().zip(&usual).map(difference);
                let mean = differences.clone().sum::<f64>() / usual.len() as f64;
                let most = differences.fold(0.0, f64::max);
                // Rounding grows where a unit of a network switches on or off: in single scores.
                let is_near = if is_network(&algorithm) { mean < 0.05 } else { most < 0.01 };
                assert!(is_near, "{name} · {factor} + {shift}: {mean}, at most {most}");
            }
        }
    }
}

/// Scores of the last item for all users, after they got it in an update.
fn of_new_item(algorithm: &Algorithm, ratings: &Ratings, factor: f32) -> Vec<f32> {
    let mut all = ratings.clone();
    all.by_user.values_mut().iter_mut().for_each(|v| *v *= factor);
    let new = all.items.len() - 1;
    let known = |u: usize| all.by_user.row(u).iter().filter(|&(item, _)| (item as usize) < new);
    let users = all.users.len();
    let before = Ratings {
        items: Arc::new(all.items.names().take(new).map(|name| name.to_string()).collect()),
        by_user: Csr::from_rows(new, (0..users).map(known)),
        ..all.clone()
    };
    let model = algorithm.fit(&before, &Run::default()).unwrap().model;
    let has = |&u: &u32| all.by_user.row(u as usize).get(new as u32).is_some();
    let who: Vec<u32> = (0..users as u32).filter(has).collect();
    let mut added = vec![0; new + 1];
    added[new] = who.len() as i32;
    let change = Change { by_user: &all.by_user, users: &who, added: &added };
    let model = model.updated(&change).expect("factors can be updated");
    let score = |u: u32| {
        let mut score = [0.0];
        model.score(User::of(&all, u), &[new as u32], &mut score);
        score[0] / factor
    };
    (0..users as u32).map(score).collect()
}

#[test]
fn new_items_are_folded_in_alike() {
    let ratings = tastes(60, 25);
    for name in ["als", "biased-mf", "svd-plus-plus", "baseline", "gmf"] {
        let algorithm = match name {
            "gmf" => predicting().into_iter().find(|algorithm| algorithm.name() == "gmf").unwrap(),
            _ => Algorithm::from_settings(name, &Map::new()).unwrap(),
        };
        let usual = of_new_item(&algorithm, &ratings, 1.0);
        assert!(usual.iter().any(|score| (score - usual[0]).abs() > 0.1), "{name}: {usual:?}");
        for factor in [16.0, 20.0] {
            for (found, expected) in of_new_item(&algorithm, &ratings, factor).iter().zip(&usual) {
                assert!((found - expected).abs() < 0.01, "{name}: {found} for {expected}");
            }
        }
    }
}
