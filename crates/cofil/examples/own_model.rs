//! A model of your own gets evaluation, ranking and intervals for free:
//! `cargo run --release --example own_model`.

use cofil::data::sample_set;
use cofil::data::split::{Share, Split};
use cofil::evaluate::{Metric, Protocol, evaluate};
use cofil::{Duplicates, Model, Ratings, User};

/// Scores an item by how many of its neighbours in the alphabet the user has: packages whose
/// names begin alike often belong together.
struct Alphabet {
    /// Place of each item in the alphabet.
    place: Vec<f32>,
}

impl Alphabet {
    fn of(train: &Ratings) -> Self {
        let mut order: Vec<u32> = (0..train.items.len() as u32).collect();
        order.sort_by_key(|&i| train.items.name(i));
        let mut place = vec![0.0; order.len()];
        order.iter().enumerate().for_each(|(at, &i)| place[i as usize] = at as f32);
        Self { place }
    }
}

impl Model for Alphabet {
    fn items(&self) -> usize {
        self.place.len()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        for (&item, score) in items.iter().zip(scores) {
            let near = |&j: &u32| (self.place[j as usize] - self.place[item as usize]).abs();
            *score = user.history.columns.iter().map(|j| 1.0 / (1.0 + near(j))).sum();
        }
    }
}

fn main() -> cofil::Result<()> {
    let split = Split::UserRandom { test: Share::Fraction(0.2), seed: 1 };
    let parts = split.apply(&sample_set()?)?;
    let train = Ratings::new(&parts[0].train, Duplicates::Error)?;
    let test = Ratings::new(&parts[0].test, Duplicates::Error)?;

    let metric = Metric::Ndcg(10);
    let protocol = Protocol { metrics: vec![metric], ..Protocol::default() };
    let report = evaluate(&Alphabet::of(&train), &train, &test, &protocol)?;
    for (name, measures) in [("alphabet", Some(&report.metrics))]
        .into_iter()
        .chain(["popularity", "random"].map(|name| (name, report.baselines.get(name))))
    {
        if let Some(measure) = measures.and_then(|m| m.get(metric)) {
            println!("{name:<12} {metric} {:.4}", measure.value);
        }
    }
    Ok(())
}
