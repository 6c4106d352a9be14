use super::*;
use crate::model::User;
use serde_json::json;

/// Ratings 1–5 of every other pair; one user and one item without any.
fn ratings() -> Ratings {
    let value = |u: u32, i: u32| 1.0 + ((u * 7 + i * 3 + u * i) % 5) as f32;
    let row = |u: u32| (0..29).filter(move |i| u != 4 && (u + i).is_multiple_of(2) && *i != 11);
    let rows = (0..31).map(|u| row(u).map(move |i| (i, value(u, i))).collect::<Vec<_>>());
    Ratings {
        users: std::sync::Arc::new((0..31).map(|u| format!("u{u}")).collect()),
        items: std::sync::Arc::new((0..29).map(|i| format!("i{i}")).collect()),
        by_user: Csr::from_rows(29, rows),
        times: None,
    }
}

fn recipes(solver: Method) -> [Box<dyn Recipe>; 2] {
    let als = Als { factors: 5, epochs: 30, solver, cg_steps: 8, ..Als::default() };
    let ials = Ials { factors: 5, alpha: 0.3, epochs: 30, solver, cg_steps: 8, ..Ials::default() };
    [Box::new(als), Box::new(ials)]
}

#[test]
fn folding_in_a_training_history_gives_the_trained_user() {
    let train = ratings();
    let items: Vec<u32> = (0..29).collect();
    for (solver, tolerance) in [(Method::Cholesky, 1e-4), (Method::Cg, 2e-2)] {
        for recipe in recipes(solver) {
            let model = recipe.fit(&train, &Run::default()).unwrap().model;
            for u in [0, 7, 30] {
                let (mut known, mut folded) = (vec![0.0; 29], vec![0.0; 29]);
                model.score(User::of(&train, u), &items, &mut known);
                model.score(User::new_user(train.by_user.row(u as usize)), &items, &mut folded);
                for (known, folded) in known.iter().zip(&folded) {
                    assert!((known - folded).abs() < tolerance, "{known} and {folded}");
                }
            }
        }
    }
}

#[test]
fn the_loss_is_the_objective_and_falls() {
    let train = ratings();
    for recipe in recipes(Method::Cholesky) {
        let Fitted { model, epochs } = recipe.fit(&train, &Run::default()).unwrap();
        let losses: Vec<f64> = epochs.iter().map(|e| e.loss.data + e.loss.penalty).collect();
        assert!(losses.windows(2).all(|w| w[1] <= w[0] * (1.0 + 1e-5)), "{losses:?}");
        // The data term, computed from scores.
        let items: Vec<u32> = (0..29).collect();
        let mut data = 0.0;
        for u in 0..31 {
            let mut scores = vec![0.0; 29];
            let row = train.by_user.row(u as usize);
            model.score(User { index: Some(u), history: row }, &items, &mut scores);
            data += match recipe.target() {
                Target::Rating => {
                    row.iter().map(|(i, r)| f64::from(r - scores[i as usize]).powi(2)).sum::<f64>()
                }
                Target::Preference => {
                    let all: f64 = scores.iter().map(|&s| f64::from(s).powi(2)).sum();
                    let known = row.iter().map(|(i, r)| {
                        (1.0 + 0.3 * f64::from(r)) * (f64::from(scores[i as usize]) - 1.0).powi(2)
                    });
                    f64::from(Ials::default().unobserved_weight) * all + known.sum::<f64>()
                }
            };
        }
        let told = epochs.last().unwrap().loss.data;
        assert!((told - data).abs() < 1e-3 * data, "{told} for {data}");
    }
}

#[test]
fn settings_outside_their_range_are_refused() {
    let train = ratings();
    let says = |name: &str, settings: serde_json::Value| {
        let settings = settings.as_object().expect("an object").clone();
        crate::Algorithm::from_settings(name, &settings)
            .and_then(|a| a.fit(&train, &Run::default()).map(|_| ()))
            .map_or_else(|e| e.to_string(), |()| String::new())
    };
    for name in ["als", "ials"] {
        for (setting, value) in [
            ("factors", json!(0)),
            ("epochs", json!(0)),
            ("reg", json!(-1)),
            ("reg_exponent", json!(-0.5)),
            ("cg_steps", json!(0)),
            ("init_scale", json!(-1)),
            ("solver", json!("lu")),
            ("factors", json!(-3)),
        ] {
            let message = says(name, json!({ setting: value }));
            assert!(message.starts_with(&format!("setting `{setting}`: ")), "{message}");
        }
        assert_eq!(says(name, json!({"factors": 100, "epochs": 3})), "", "more than items");
        assert_eq!(says(name, json!({"factors": 3, "reg": 0, "epochs": 3})), "", "no penalty");
    }
    assert!(says("ials", json!({"solver": "lu"})).contains("cholesky"));
    assert!(says("ials", json!({"alpha": -1})).starts_with("setting `alpha`: "));
    assert!(says("ials", json!({"unobserved_weight": -1})).contains("at least 0"));
    // The setting that is far from its default is named, not always the penalty.
    for (name, setting, value) in [
        ("als", "reg_exponent", 1e30),
        ("als", "init_scale", 1e30),
        ("ials", "reg_exponent", 1e30),
        ("ials", "init_scale", 1e30),
        ("ials", "unobserved_weight", 3e38),
    ] {
        let message = says(name, json!({ setting: value }));
        assert!(message.contains(&format!("lower `{setting}`, now")), "{name}: {message}");
    }
}
