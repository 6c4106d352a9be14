//! Reproduces values printed by other programs.

use cofil::recipes::Link;
use cofil::recipes::Optimizer;
use cofil::recipes::{Batch, BiasedMf, Offset};
use cofil::{Algorithm, Ratings, Recommender, Run, store};

// === The five by five matrix ===
// Users 1-3 like the first three items, users 4-5 the other two; the anti-diagonal is unknown.
// Values: a NumPy program of the same equations, where c, p and q are μ, b_u and b_i.

const NAMES: [&str; 5] = ["1", "2", "3", "4", "5"];
const HIDDEN: [(usize, usize); 5] = [(0, 4), (1, 3), (2, 2), (3, 1), (4, 0)];

fn five_by_five() -> Ratings {
    let known = (0..25).map(|at| (at / 5, at % 5)).filter(|cell| !HIDDEN.contains(cell));
    let value = |u: usize, i: usize| if (u < 3) == (i < 3) { 1.0 } else { 0.0 };
    Ratings::from_triples(known.map(|(u, i)| (NAMES[u], NAMES[i], value(u, i)))).expect("finite")
}

/// μ, b_u, b_i and the predictions of the hidden values.
fn completed(settings: &BiasedMf, seed: u64) -> (f32, Vec<f32>, Vec<f32>, Vec<f32>) {
    let algorithm = Algorithm::BiasedMf(settings.clone());
    let run = Run { seed, ..Run::default() };
    let trained = Recommender::train(&algorithm, &five_by_five(), &run).expect("trains");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m.cofil");
    trained.save(&path).expect("saved");
    let file = store::read(&path, "model").expect("read back");
    let offset = file.header["settings"]["offset"].as_f64().expect("a number") as f32;
    let bias = |name| file.vector(name, 5).expect("one per row");
    let hidden = HIDDEN.map(|(u, i)| trained.predict(NAMES[u], NAMES[i]).expect("known names"));
    (offset, bias("user_bias"), bias("item_bias"), hidden.into())
}

fn assert_near(found: &[f32], expected: &[f32], tolerance: f32) {
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance, "{found:?} for {expected:?} ± {tolerance}");
    }
}

/// Rank 2, factors from N(0, 0.01²), biases and offset from 0, learning rate and penalty 0.01, one value per step.
fn tutorial() -> BiasedMf {
    BiasedMf {
        factors: 2,
        epochs: 500,
        learning_rate: 0.01,
        decay: 1.0,
        reg: 0.01,
        init_scale: 0.01,
        offset: Offset::Learned,
        ..BiasedMf::default()
    }
}

#[test]
fn gradient_descent_completes_the_matrix() {
    for seed in 0..5 {
        let (offset, p, q, hidden) = completed(&tutorial(), seed);
        assert_near(&[offset], &[0.254], 0.003);
        for bias in [p, q] {
            assert_near(&bias, &[0.20, 0.20, 0.19, 0.04, 0.04], 0.01);
        }
        assert_near(&hidden, &[0.015, 0.015, 0.98, 0.015, 0.015], 0.01);
    }
}

#[test]
fn gradient_descent_with_a_sigmoid_completes_the_matrix() {
    let settings = BiasedMf { epochs: 1000, link: Link::Sigmoid, ..tutorial() };
    for seed in 0..5 {
        let (offset, p, q, hidden) = completed(&settings, seed);
        assert_near(&[offset], &[0.082], 0.003);
        for bias in [p, q] {
            assert_near(&bias, &[0.48, 0.48, -0.05, -0.26, -0.26], 0.015);
        }
        assert_near(&hidden, &[0.031, 0.031, 0.96, 0.031, 0.031], 0.005);
    }
}

#[test]
fn adam_on_small_batches_completes_the_matrix() {
    for link in [Link::Linear, Link::Sigmoid] {
        let settings = BiasedMf {
            link,
            optimizer: Optimizer::Adam,
            batch: Batch::MiniBatch,
            batch_size: 4,
            ..tutorial()
        };
        for seed in 0..5 {
            let (.., hidden) = completed(&settings, seed);
            assert_near(&hidden, &[0.04, 0.04, 0.95, 0.04, 0.04], 0.045);
        }
    }
}
