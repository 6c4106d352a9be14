//! Compares algorithms on one split: `cargo run --release --example compare`.

use cofil::data::sample_set;
use cofil::data::split::{Share, Split};
use cofil::evaluate::{Metric, Protocol, evaluate};
use cofil::{Algorithm, Duplicates, Ratings, Run};
use serde_json::json;

fn main() -> cofil::Result<()> {
    let split = Split::UserRandom { test: Share::Fraction(0.2), seed: 1 };
    let parts = split.apply(&sample_set()?)?;
    let train = Ratings::new(&parts[0].train, Duplicates::Error)?;
    let test = Ratings::new(&parts[0].test, Duplicates::Error)?;

    let protocol = Protocol {
        metrics: vec![Metric::Ndcg(10), Metric::Recall(10), Metric::Coverage(10)],
        baselines: false,
        ..Protocol::default()
    };
    // Settings as in a config file; the others keep their defaults.
    for (name, settings) in [
        ("popularity", json!({})),
        ("ials", json!({"factors": 32, "epochs": 5})),
        ("ease", json!({"reg": 100})),
        ("ease", json!({"reg": 1000})),
    ] {
        let settings = settings.as_object().cloned().unwrap_or_default();
        let model = Algorithm::from_settings(name, &settings)?.fit(&train, &Run::default())?.model;
        let report = evaluate(&*model, &train, &test, &protocol)?;
        print!("{name:<11} {:<24}", serde_json::Value::from(settings));
        for m in &report.metrics.0 {
            let (low, high) = (m.low.unwrap_or(m.value), m.high.unwrap_or(m.value));
            print!("  {} {:.4} ({low:.4} to {high:.4})", m.metric, m.value);
        }
        println!();
    }
    Ok(())
}
