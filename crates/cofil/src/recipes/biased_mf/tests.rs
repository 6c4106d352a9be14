//! Tests of gradients, of the equality of the training methods, and of bad settings.

use super::*;
use crate::data::Csr;
use crate::train::Learner;
use serde_json::json;

fn seeded(seed: u64) -> Run<'static> {
    Run { seed, ..Run::default() }
}

fn toy() -> Ratings {
    let mut rng = Rng::new(4, &[]);
    let mut triples = Vec::new();
    let names: Vec<String> = (0..12).map(|i| format!("n{i}")).collect();
    for u in 0..9 {
        for i in 0..12 {
            if rng.uniform() < 0.6 {
                triples.push((&*names[u], &*names[i], (1.0 + 4.0 * rng.uniform()).round()));
            }
        }
    }
    Ratings::from_triples(triples).expect("finite")
}

/// The objective of the module's docs in `f64`, as a function of all parameters: users' factors and biases, items'
/// factors and biases, μ.
fn objective(settings: &BiasedMf, train: &Ratings, parameters: &[Vec<f64>]) -> f64 {
    let [p, b, q, d, offset] = parameters else { panic!("five tables") };
    let k = settings.factors;
    let task = Task::new(settings, train, &Run::default());
    let mut sum = 0.0;
    for (u, row) in train.by_user.iter().enumerate() {
        for (i, y) in row.iter() {
            let y = task.target(y);
            let i = i as usize;
            let product: f64 = (0..k).map(|l| p[u * k + l] * q[i * k + l]).sum();
            let x = offset[0] + b[u] + d[i] + product;
            sum += match settings.link {
                Link::Linear => (f64::from(y) - x).powi(2),
                Link::Sigmoid => (1.0 + x.exp()).ln() - f64::from(y) * x,
            };
            let squares: f64 =
                (0..k).map(|l| p[u * k + l].powi(2) + q[i * k + l].powi(2)).sum::<f64>()
                    + b[u].powi(2)
                    + d[i].powi(2);
            let learned = settings.offset == Offset::Learned;
            let offset = if learned { offset[0].powi(2) } else { 0.0 };
            sum += f64::from(settings.reg) * (squares + offset);
        }
    }
    sum / train.len() as f64
}

fn parameters(learner: &mut impl Learner) -> Vec<Vec<f64>> {
    let wide = |part: &mut [f32]| part.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    learner.state().into_iter().filter(|part| !part.is_empty()).map(wide).collect()
}

#[test]
fn a_step_follows_the_gradient() {
    let train = toy();
    for link in [Link::Linear, Link::Sigmoid] {
        for biases in [true, false] {
            for offset in [Offset::Mean, Offset::Learned, Offset::None] {
                let settings = BiasedMf {
                    factors: 3,
                    learning_rate: 1e-2,
                    reg: 0.3,
                    batch: Batch::Full,
                    init_scale: 0.7,
                    link,
                    biases,
                    offset,
                    ..BiasedMf::default()
                };
                let mut learner = batch::Batches::new(&settings, &train, &seeded(1));
                // Move away from zero biases.
                for _ in 0..3 {
                    learner.epoch(1, &Rng::new(1, &[1]));
                }
                let before = parameters(&mut learner);
                learner.epoch(1, &Rng::new(1, &[1]));
                let after = parameters(&mut learner);
                for table in 0..before.len() {
                    for at in 0..before[table].len() {
                        let moved = |by: f64| {
                            let mut x = before.clone();
                            x[table][at] += by;
                            objective(&settings, &train, &x)
                        };
                        let is_learned = match table {
                            1 | 3 => biases,
                            4 => offset == Offset::Learned,
                            _ => true,
                        };
                        let slope = match is_learned {
                            true => (moved(1e-4) - moved(-1e-4)) / 2e-4,
                            false => 0.0,
                        };
                        let step = (before[table][at] - after[table][at]) / 1e-2;
                        assert!(
                            (step - slope).abs() < 2e-4 * (1.0 + slope.abs()),
                            "{link:?} {biases} {offset:?}, table {table} at {at}: {step}, not {slope}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn per_sample_steps_are_batches_of_one() {
    // One value, so that the order is the same for both.
    let train = Ratings::from_triples([("a", "x", 4.0), ("b", "y", 2.0)]).unwrap();
    let one = Ratings { by_user: Csr::from_rows(2, [vec![(0, 4.0)], vec![]]), ..train };
    for factors in [3, 16, 20, 32, 40, 64, 128] {
        for (offset, biases) in [(Offset::Learned, true), (Offset::Mean, false)] {
            let settings =
                BiasedMf { factors, init_scale: 0.5, offset, biases, ..BiasedMf::default() };
            let mut sgd = sgd::Sgd::new(&settings, &one, &seeded(7));
            let mut batches = batch::Batches::new(&settings, &one, &seeded(7));
            for epoch in 1..=3 {
                let rng = Rng::new(7, &[epoch as u64]);
                let (x, y) = (sgd.epoch(epoch, &rng), batches.epoch(epoch, &rng));
                assert!((x.data - y.data).abs() < 1e-4 * (1.0 + x.data), "{x:?} {y:?}");
                assert!((x.penalty - y.penalty).abs() < 1e-4 * (1.0 + x.penalty));
            }
            let (x, y) = (sgd.model(), batches.model());
            let close = |x: &[f32], y: &[f32]| x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-5);
            assert!(close(x.users.data(), y.users.data()), "{factors}");
            assert!(close(x.items.data(), y.items.data()), "{factors}");
            assert!(close(&x.user_bias, &y.user_bias) && close(&x.item_bias, &y.item_bias));
            assert!((x.settings.offset - y.settings.offset).abs() < 1e-5);
        }
    }
}

#[test]
fn link_errors_are_stable_and_exact() {
    for (x, y) in [(0.0f32, 0.3f32), (2.0, 0.0), (-3.0, 1.0), (0.7, 0.7)] {
        let (error, loss) = Link::Sigmoid.error(x, y);
        let (wide, y) = (f64::from(x), f64::from(y));
        let sigmoid = 1.0 / (1.0 + (-wide).exp());
        assert!((f64::from(error) - (y - sigmoid)).abs() < 1e-6);
        let exact = -y * sigmoid.ln() - (1.0 - y) * (1.0 - sigmoid).ln();
        assert!((loss - exact).abs() < 1e-5, "{loss} for {exact}");
    }
    for x in [1e4, -1e4, 1e30, -1e30] {
        let (error, loss) = Link::Sigmoid.error(x, 0.25);
        assert!(error.abs() <= 1.0 && loss.is_finite() && loss >= 0.0);
    }
}

#[test]
fn every_way_learns() {
    let train = toy();
    for (optimizer, learning_rate) in
        [(Optimizer::Sgd, 0.02), (Optimizer::Momentum, 0.005), (Optimizer::Adam, 0.02)]
    {
        for batch in [Batch::PerSample, Batch::MiniBatch, Batch::Full] {
            for link in [Link::Linear, Link::Sigmoid] {
                for init in [Init::Normal, Init::Uniform] {
                    let settings = BiasedMf {
                        factors: 4,
                        epochs: 60,
                        decay: 1.0,
                        learning_rate: if batch == Batch::Full { 10.0 } else { 1.0 }
                            * learning_rate,
                        reg: 0.01,
                        batch,
                        batch_size: 16,
                        init,
                        init_scale: 0.3,
                        offset: Offset::Learned,
                        link,
                        optimizer,
                        ..BiasedMf::default()
                    };
                    let epochs = settings.fit(&train, &Run::default()).expect("learns").epochs;
                    let (first, last) = (epochs[0].loss.data, epochs[59].loss.data);
                    assert!(last < 0.97 * first, "{settings:?}: {first} to {last}");
                }
            }
        }
    }
}

#[test]
fn bad_settings_are_told() {
    let train = toy();
    let make = |settings: serde_json::Value| {
        crate::Algorithm::from_settings("biased-mf", settings.as_object().expect("an object"))
    };
    for (settings, says) in [
        (json!({"factors": 0}), "setting `factors`: must be at least 1, got 0"),
        (json!({"epochs": 0}), "setting `epochs`: must be at least 1, got 0"),
        (json!({"batch_size": 0}), "setting `batch_size`: must be at least 1, got 0"),
        (json!({"reg": -0.1}), "setting `reg`: must be at least 0, got -0.1"),
        (json!({"learning_rate": 0}), "setting `learning_rate`: must be greater than 0, got 0"),
        (json!({"learning_rate": -1}), "setting `learning_rate`: must be greater than 0, got -1"),
        (json!({"decay": 1.5}), "setting `decay`: must be above 0 and at most 1, got 1.5"),
        (json!({"init_scale": 0}), "setting `init_scale`: must be greater than 0, got 0"),
        (
            json!({"learning_rate": 1e6}),
            "training diverged in epoch 1: the loss is not finite; lower `learning_rate`, now 1000000",
        ),
        // The setting that is far from its default is named, not always the learning rate.
        (
            json!({"reg": 1e6}),
            "training diverged in epoch 1: the loss is not finite; lower `reg`, now 1000000",
        ),
        (
            json!({"init_scale": 1e20}),
            "training diverged in epoch 1: the loss is not finite; lower `init_scale`, now 100000000000000000000",
        ),
    ] {
        let algorithm = make(settings).expect("the right types");
        let found = algorithm.fit(&train, &Run::default()).expect_err(says).to_string();
        assert_eq!(found, says);
    }
    let found = make(json!({"optimizer": "adm"})).unwrap_err().to_string();
    let says = "setting `optimizer`: unknown value `adm`; did you mean `adam`? (valid: sgd, ";
    assert!(found.starts_with(says), "{found}");
    let same = Ratings::from_triples([("a", "x", 1.0), ("b", "y", 1.0)]).unwrap();
    let sigmoid = make(json!({"link": "sigmoid"})).expect("the right types");
    let found = sigmoid.fit(&same, &Run::default()).expect_err("one value").to_string();
    assert_eq!(
        found,
        "setting `link`: all values are 1, but `sigmoid` needs two different values; use `linear`"
    );
}

#[test]
fn every_setting_has_an_effect() {
    let train = toy();
    let base = BiasedMf {
        factors: 4,
        epochs: 3,
        batch: Batch::MiniBatch,
        batch_size: 16,
        optimizer: Optimizer::Adam,
        offset: Offset::Learned,
        init_scale: 0.3,
        ..BiasedMf::default()
    };
    let scores = |settings: &BiasedMf| {
        let model = settings.fit(&train, &Run::default()).expect("learns").model;
        let mut scores = vec![0.0; 12];
        let items: Vec<u32> = (0..12).collect();
        model.score(crate::model::User::of(&train, 0), &items, &mut scores);
        scores
    };
    let expected = scores(&base);
    for (name, other) in [
        ("factors", BiasedMf { factors: 5, ..base.clone() }),
        ("epochs", BiasedMf { epochs: 4, ..base.clone() }),
        ("learning_rate", BiasedMf { learning_rate: 0.1, ..base.clone() }),
        ("decay", BiasedMf { decay: 0.5, ..base.clone() }),
        ("reg", BiasedMf { reg: 0.5, ..base.clone() }),
        ("optimizer", BiasedMf { optimizer: Optimizer::Momentum, ..base.clone() }),
        ("batch", BiasedMf { batch: Batch::Full, ..base.clone() }),
        ("batch_size", BiasedMf { batch_size: 8, ..base.clone() }),
        ("link", BiasedMf { link: Link::Sigmoid, ..base.clone() }),
        ("init", BiasedMf { init: Init::Uniform, ..base.clone() }),
        ("init", BiasedMf { init: Init::Symmetric, ..base.clone() }),
        ("init_scale", BiasedMf { init_scale: 0.1, ..base.clone() }),
        ("biases", BiasedMf { biases: false, ..base.clone() }),
        ("offset", BiasedMf { offset: Offset::Mean, ..base.clone() }),
    ] {
        assert_ne!(scores(&other), expected, "{name}");
    }
    assert_eq!(scores(&base), expected);
    let pushed = |momentum| BiasedMf { optimizer: Optimizer::Momentum, momentum, ..base.clone() };
    assert_ne!(scores(&pushed(0.5)), scores(&pushed(0.9)));
}

#[test]
fn initial_vectors_have_the_distribution_that_is_asked_for() {
    let drawn = |init| {
        let settings = BiasedMf { init, init_scale: 0.2, ..BiasedMf::default() };
        let mut vector = vec![0.0; 10_000];
        settings.init_row(1, 0, 7, &mut vector);
        let mean = vector.iter().sum::<f32>() / 1e4;
        let square = vector.iter().map(|x| x * x).sum::<f32>() / 1e4;
        let ends = vector.iter().fold((0f32, 0f32), |(l, h), &x| (l.min(x), h.max(x)));
        (mean, square, ends)
    };
    // Mean and mean square: 0 and a², a/2 and a²/3, 0 and a²/3, each within four standard errors.
    for (init, mean, square) in [
        (Init::Normal, 0.0, 0.04),
        (Init::Uniform, 0.1, 0.04 / 3.0),
        (Init::Symmetric, 0.0, 0.04 / 3.0),
    ] {
        let found = drawn(init);
        assert!(
            (found.0 - mean).abs() < 0.008 && (found.1 / square - 1.0).abs() < 0.06,
            "{found:?}"
        );
    }
    assert!(drawn(Init::Uniform).2.0 == 0.0 && drawn(Init::Uniform).2.1 <= 0.2);
    let (low, high) = drawn(Init::Symmetric).2;
    assert!((-0.2..-0.19).contains(&low) && (0.19..=0.2).contains(&high));
}
