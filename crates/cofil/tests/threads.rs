//! On real data, models are the same to the byte for any number of threads.

use cofil::data::read::{ReadOptions, read};
use cofil::{Algorithm, Duplicates, Ratings, Recommender, Run, Target};
use std::path::PathBuf;

#[test]
#[ignore = "needs COFIL_DATA"]
fn one_two_and_three_threads_learn_the_same_of_movielens_1m() {
    let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into();
    let data = std::env::var_os("COFIL_DATA").map_or_else(beside, PathBuf::from);
    let table = read(data.join("ml-1m-90-10/train.csv.gz"), &ReadOptions::default());
    let table = table.unwrap_or_else(|e| panic!("{e}")).interactions;
    let ratings = Ratings::new(&table, Duplicates::Last).expect("finite");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for algorithm in Algorithm::all() {
        let algorithm = brief(&algorithm);
        // Algorithms that rank take interactions, and some reject values.
        let ratings = match algorithm.target() {
            Target::Preference => ratings.binary(),
            Target::Rating => ratings.clone(),
        };
        let train = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let path = folder.path().join(format!("{threads}.cofil"));
            pool.expect("threads").install(|| {
                let run = Run { seed: 3, ..Run::default() };
                let trained = Recommender::train(&algorithm, &ratings, &run);
                trained.expect("learns").save(&path).expect("saved");
            });
            std::fs::read(path).expect("read back")
        };
        let one = train(1);
        for threads in [2, 3] {
            assert!(one == train(threads), "{}: {threads} threads", algorithm.name());
        }
    }
}

/// `algorithm` with one epoch, or two if that is quick.
fn brief(algorithm: &Algorithm) -> Algorithm {
    let value = serde_json::to_value(algorithm).expect("plain data");
    let mut settings = value.as_object().cloned().expect("an object");
    settings.remove("algorithm");
    if let Some(epochs) = settings.get_mut("epochs") {
        *epochs =
            if ["als", "ials", "biased-mf"].contains(&algorithm.name()) { 2 } else { 1 }.into();
    }
    Algorithm::from_settings(algorithm.name(), &settings).expect("fewer epochs")
}
