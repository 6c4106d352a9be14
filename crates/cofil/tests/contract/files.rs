//! Files, threads and interruptions: results are the same to the byte.

use super::*;
use cofil::Watch;

#[test]
fn saved_and_loaded_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.cofil");
    let ratings = tastes(40, 30);
    for algorithm in recipes() {
        let recommender = train(&algorithm, &ratings);
        let written = recommender.save(&path).unwrap();
        let loaded = Recommender::load(&path).unwrap();
        assert_eq!(loaded.fingerprint(), Some(&*written));
        assert_eq!(loaded.card(), recommender.card());
        assert_eq!(bytes(&loaded), bytes(&recommender), "{}", algorithm.name());
        for user in ["u0", "u7"] {
            let query = Query::default();
            assert_eq!(
                loaded.recommend(&Who::user(user), &query).unwrap(),
                recommender.recommend(&Who::user(user), &query).unwrap()
            );
        }
    }
}

#[test]
fn ratings_given_and_lent_make_the_same_file() {
    let mut ratings = tastes(40, 30);
    ratings.times = Some((0..ratings.len() as i64).map(|at| at * 86_400).collect());
    let aged = Algorithm::Popularity(cofil::Popularity { half_life: Some(20.0) });
    for algorithm in recipes().into_iter().chain([aged]) {
        let suited = suited(&algorithm, &ratings);
        let lent = Recommender::train(&algorithm, &suited, &Run::default()).unwrap();
        let given = Recommender::train_from(&algorithm, suited, &Run::default()).unwrap();
        assert!(given.to_bytes().unwrap() == lent.to_bytes().unwrap(), "{}", algorithm.name());
    }
    // `train_from` can continue from a checkpoint of `train`.
    let folder = tempfile::tempdir().unwrap();
    let als = |epochs| Algorithm::Als(cofil::Als { factors: 4, epochs, ..cofil::Als::default() });
    let checkpoint = Some(Checkpoint::new(folder.path().join("c"), 1));
    let run = Run { checkpoint, ..Run::default() };
    Recommender::train(&als(1), &ratings, &run).unwrap();
    let resumed = Recommender::train_from(&als(3), ratings.clone(), &run).unwrap();
    let whole = Recommender::train(&als(3), &ratings, &Run::default()).unwrap();
    assert!(resumed.to_bytes().unwrap() == whole.to_bytes().unwrap());
}

#[test]
fn same_bytes_for_any_number_of_threads() {
    let ratings = tastes(300, 200);
    for algorithm in recipes_of(3) {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bytes(&train(&algorithm, &ratings)))
        };
        let one = on(1);
        assert!(one == on(2) && one == on(3), "{}", algorithm.name());
    }
}

#[test]
fn resumed_equals_uninterrupted() {
    let ratings = tastes(60, 40);
    let held_out = tastes(60, 40);
    // Every epoch writes a checkpoint to the disk.
    for algorithm in recipes_of(8) {
        let validation = Validation {
            patience: 3,
            also: &[Metric::Mae],
            on_train: true,
            ..Validation::new(&held_out, Metric::Rmse)
        };
        let watched = (algorithm.target() == Target::Rating).then_some(Some(validation));
        for validation in [None].into_iter().chain(watched) {
            let folder = tempfile::tempdir().unwrap();
            let checkpoint = Checkpoint::new(folder.path().join("c"), 1);
            let name = algorithm.name();
            let ratings = suited(&algorithm, &ratings);
            let fit = |run: Run<'_>| {
                let trained = Recommender::train(&algorithm, &ratings, &run);
                bytes(&trained.unwrap_or_else(|e| panic!("{name}: {e}")))
            };
            let whole = fit(Run { validation, seed: 9, ..Run::default() });
            // Stop repeatedly, a little later each time.
            for pause in 1..=3 {
                let mut left = pause;
                let run = Run {
                    validation,
                    seed: 9,
                    checkpoint: Some(checkpoint.clone()),
                    ..Run::default()
                };
                let watch = Watch::new(|_| {
                    left -= 1;
                    if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                watch.during(|| Ok(fit(run))).expect("nobody stops it");
            }
            let resumed =
                fit(Run { validation, seed: 9, checkpoint: Some(checkpoint), ..Run::default() });
            assert!(resumed == whole, "{name}");
        }
    }
}
