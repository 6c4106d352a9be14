//! From a table to recommendations: `cargo run --release --example quickstart [TABLE]`.

use cofil::data::Clean;
use cofil::data::read::{ReadOptions, read};
use cofil::data::sample_set;
use cofil::{Algorithm, Ease, Query, Recommender, Run, Who};

fn main() -> cofil::Result<()> {
    // A table of your own, or the sample data: the dependencies of Debian packages.
    let interactions = match std::env::args().nth(1) {
        Some(path) => read(path, &ReadOptions::default())?.interactions,
        None => sample_set()?,
    };
    let (ratings, _) = Clean { implicit: true, ..Clean::default() }.ratings(interactions)?;

    let ease = Algorithm::Ease(Ease::default());
    let recommender = Recommender::train(&ease, &ratings, &Run::default())?;

    let user = ratings.users.name(0);
    println!("For {user}:");
    let query = Query { n: 5, explain: 2, ..Query::default() };
    for best in recommender.recommend(&Who::user(user), &query)?.items {
        let reasons: Vec<&str> = best.because.iter().map(|reason| reason.item.as_str()).collect();
        println!("{:8.4}  {}  because of {}", best.score, best.item, reasons.join(" and "));
    }
    Ok(())
}
