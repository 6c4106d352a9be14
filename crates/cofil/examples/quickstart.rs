//! From a table to recommendations: `cargo run --release --example quickstart [TABLE]`.

use cofil::data::Clean;
use cofil::data::read::{ReadOptions, read};
use cofil::data::sample_set;
use cofil::{Algorithm, Ease, Query, Recommender, Run};

fn main() -> cofil::Result<()> {
    // A table of your own, or what Debian packages depend on.
    let interactions = match std::env::args().nth(1) {
        Some(path) => read(path, &ReadOptions::default())?.interactions,
        None => sample_set::debian()?,
    };
    let (ratings, _) = Clean { implicit: true, ..Clean::default() }.ratings(interactions)?;

    let ease = Algorithm::Ease(Ease::default());
    let recommender = Recommender::train(&ease, &ratings, &Run::default())?;

    let user = ratings.users.name(0);
    println!("For {user}:");
    for best in recommender.recommend(user, &Query { n: 5, ..Query::default() })? {
        let reasons = recommender.reasons(user, best.item, 2)?;
        let reasons: Vec<&str> = reasons.iter().map(|reason| reason.item).collect();
        println!("{:8.4}  {}  because of {}", best.score, best.item, reasons.join(" and "));
    }
    Ok(())
}
