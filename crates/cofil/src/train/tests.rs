//! Tests of the training loop, on a learner of one number.

use super::*;
use crate::evaluate::Metric;
use crate::model::User;
use crate::watch::Watch;
use std::ops::ControlFlow;
use std::path::Path;

/// Predicts one number for everything.
struct Constant(f32);

impl Model for Constant {
    fn items(&self) -> usize {
        2
    }

    fn score(&self, _: User<'_>, _: &[u32], scores: &mut [f32]) {
        scores.fill(self.0);
    }
}

/// Momentum descent on (x − 3)² with a little noise.
struct Ball {
    place: [f32; 1],
    speed: [f32; 1],
    rate: f32,
}

impl Ball {
    fn new(rate: f32) -> Self {
        Self { place: [0.0], speed: [0.0], rate }
    }
}

impl Learner for Ball {
    type Model = Constant;

    fn epoch(&mut self, _: usize, rng: &Rng) -> Loss {
        let error = self.place[0] - 3.0;
        self.speed[0] = 0.9 * self.speed[0] - self.rate * error;
        self.place[0] += self.speed[0] + 0.01 * rng.piece(0).normal();
        Loss { data: f64::from(error).powi(2), penalty: 0.0 }
    }

    fn model(&self) -> Constant {
        Constant(self.place[0])
    }

    fn state(&mut self) -> Vec<&mut [f32]> {
        vec![&mut self.place, &mut self.speed]
    }

    fn remedy(&self) -> String {
        "lower `rate`".into()
    }
}

fn threes() -> Ratings {
    Ratings::from_triples([("a", "x", 3.0), ("b", "y", 3.0)]).expect("finite")
}

fn watching(ratings: &Ratings, patience: usize) -> Option<Validation<'_>> {
    Some(Validation { patience, ..Validation::new(ratings, Metric::Rmse) })
}

fn at(path: &Path) -> Option<Checkpoint> {
    Some(Checkpoint::new(path, 2))
}

#[test]
fn the_best_epoch_is_restored_after_patience() {
    let ratings = threes();
    let run = Run { validation: watching(&ratings, 3), ..Run::default() };
    let mut ball = Ball::new(0.1);
    let Fitted { model, epochs } = run.learn(&mut ball, &ratings, 100).expect("converges");
    // The ball overshoots: it is nearest to 3 in some epoch, and three more follow.
    let best = epochs.iter().rposition(|e| e.best).expect("the first is the best so far");
    let rmse = epochs[best].validation.expect("measured");
    assert_eq!(epochs.len(), best + 4);
    assert!(epochs.iter().all(|e| e.validation.expect("measured") >= rmse));
    assert_eq!(f64::from((model.0 - 3.0).abs()), rmse);
    assert_eq!(ball.place[0], model.0, "the learner is at the best epoch too");
}

#[test]
fn errors_on_both_sets_are_recorded_in_one_unit() {
    let ratings = threes();
    let other = Ratings::from_triples([("a", "x", 5.0), ("b", "y", 1.0)]).expect("finite");
    let validation = Validation {
        also: &[Metric::Mae, Metric::Recall(1), Metric::Rmse],
        on_train: true,
        ..Validation::new(&other, Metric::Rmse)
    };
    let run = Run { validation: Some(validation), ..Run::default() };
    let fitted = run.learn(&mut Ball::new(0.1), &ratings, 2).expect("converges");
    for epoch in &fitted.epochs {
        let of = |metric: &str| epoch.measured.iter().find(|m| m.metric == metric).expect(metric);
        assert_eq!(Some(of("rmse").validation), epoch.validation);
        assert!(of("recall@1").train.is_none(), "training items are not ranked");
        assert_eq!(epoch.measured.len(), 3, "each once");
        // All predictions are equal, and so are the training values: both errors are the same there.
        assert_eq!(of("rmse").train, of("mae").train);
        assert!(of("mae").validation >= 2.0 && of("rmse").validation >= of("mae").validation);
    }
    let last = fitted.epochs.last().expect("two");
    let train = last.measured[0].train.expect("an error of values");
    assert_eq!(train, (f64::from(fitted.model.0) - 3.0).abs());
    let plain = Run { validation: watching(&other, 5), ..Run::default() };
    let epochs = plain.learn(&mut Ball::new(0.1), &ratings, 2).expect("converges").epochs;
    assert!(epochs.iter().all(|e| e.measured.is_empty() && e.validation.is_some()));
}

#[test]
fn epochs_that_do_not_count_are_never_the_best() {
    struct Prepared(Ball);
    impl Learner for Prepared {
        type Model = Constant;
        fn epoch(&mut self, number: usize, rng: &Rng) -> Loss {
            self.0.epoch(number, rng)
        }
        fn counts(&self, number: usize) -> bool {
            number > 15
        }
        fn model(&self) -> Constant {
            self.0.model()
        }
        fn state(&mut self) -> Vec<&mut [f32]> {
            self.0.state()
        }
        fn remedy(&self) -> String {
            self.0.remedy()
        }
    }
    let ratings = threes();
    let run = Run { validation: watching(&ratings, 3), ..Run::default() };
    let fitted = run.learn(&mut Prepared(Ball::new(0.1)), &ratings, 40).expect("converges");
    let epochs = fitted.epochs;
    let counts = |e: &Epoch| (e.best, e.validation.is_some());
    assert!(epochs[..15].iter().all(|e| counts(e) == (false, false)));
    assert_eq!(counts(&epochs[15]), (true, true), "the first that counts is the best so far");
}

#[test]
fn resumed_equals_uninterrupted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ratings = threes();
    for (case, validation) in [None, watching(&ratings, 3)].into_iter().enumerate() {
        let path = folder.path().join(format!("{case}.checkpoint"));
        let whole = Run { validation, seed: 5, ..Run::default() };
        let expected = whole.learn(&mut Ball::new(0.1), &ratings, 20).expect("converges");
        // Interrupted after each epoch in turn, by a `Break`, until nothing is left to do.
        for _ in 0..25 {
            let run = Run { validation, seed: 5, checkpoint: at(&path), ..Run::default() };
            let learn = || run.learn(&mut Ball::new(0.1), &ratings, 20);
            Watch::new(|_| ControlFlow::Break(())).during(learn).expect("goes on");
        }
        let last = Run { validation, seed: 5, checkpoint: at(&path), ..Run::default() };
        let fitted = last.learn(&mut Ball::new(0.1), &ratings, 20).expect("is at the end");
        assert_eq!(fitted.model.0.to_bits(), expected.model.0.to_bits());
        assert_eq!(fitted.epochs, expected.epochs);
    }
}

#[test]
fn more_epochs_may_be_asked_for_and_a_finished_run_costs_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("c");
    let ratings = threes();
    let to = |epochs| {
        let run = Run { checkpoint: at(&path), ..Run::default() };
        let run = run.of(serde_json::json!({"algorithm": "ball", "epochs": epochs}));
        let mut seen = 0;
        let watch = Watch::new(|_| {
            seen += 1;
            ControlFlow::Continue(())
        });
        let fitted = watch.during(|| run.learn(&mut Ball::new(0.1), &ratings, epochs));
        drop(watch);
        fitted.map(|fitted| (fitted.model.0, fitted.epochs, seen))
    };
    assert_eq!(to(3).expect("trains").2, 3);
    let (longer, history, seen) = to(7).expect("goes on");
    assert_eq!(seen, 4);
    let whole = Run::default();
    let expected = whole.learn(&mut Ball::new(0.1), &ratings, 7).expect("trains");
    assert_eq!((longer, history), (expected.model.0, expected.epochs));
    assert_eq!(to(7).expect("is there").2, 0);
    let says = to(3).expect_err("beyond").to_string();
    assert!(says.contains("at epoch 7, beyond the 3 asked for"), "{says}");
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("c");
    let ratings = threes();
    let run = Run { checkpoint: at(&path), ..Run::default() };
    run.learn(&mut Ball::new(0.1), &ratings, 2).expect("trains");
    let other = Ratings::from_triples([("a", "x", 3.0), ("b", "y", 2.0)]).expect("finite");
    let fresh = || Run { checkpoint: at(&path), ..Run::default() };
    let recipe = serde_json::json!({"algorithm": "ball", "epochs": 9});
    for (run, data, name) in [
        (Run { seed: 1, ..fresh() }, &ratings, "seed is 0, not 1"),
        (fresh(), &other, "training data is"),
        (fresh().of(recipe), &ratings, "recipe is null, not {\"algorithm\":\"ball\"}"),
        (Run { validation: watching(&other, 1), ..fresh() }, &ratings, "validation is null"),
    ] {
        let says = run.learn(&mut Ball::new(0.1), data, 4).expect_err(name).to_string();
        assert!(says.contains("is of another run") && says.contains(name), "{says}");
    }
    let never = Run { checkpoint: Some(Checkpoint::new(&path, 0)), ..Run::default() };
    let says = never.learn(&mut Ball::new(0.1), &ratings, 4).expect_err("0").to_string();
    assert!(says.contains("`checkpoint.every`: must be at least 1"), "{says}");
    std::fs::write(&path, b"not a checkpoint").expect("written");
    assert!(fresh().learn(&mut Ball::new(0.1), &ratings, 4).is_err());
}

#[test]
fn an_unwritable_checkpoint_is_noticed_before_the_first_epoch() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = Run { checkpoint: at(&folder.path().join("missing/c")), ..Run::default() };
    let watch = Watch::new(|_| panic!("no epoch may run"));
    assert!(watch.during(|| run.learn(&mut Ball::new(0.1), &threes(), 4)).is_err());
}

#[test]
fn divergence_names_epoch_and_remedy() {
    let mut told = 0;
    let watch = Watch::new(|_| {
        told += 1;
        ControlFlow::Continue(())
    });
    let learn = || Run::default().learn(&mut Ball::new(50.0), &threes(), 1000);
    let says = watch.during(learn).expect_err("diverges");
    drop(watch);
    let Error::Diverged { epoch, .. } = says else { panic!("{says}") };
    assert_eq!(epoch, told + 1, "the epochs before are told");
    assert!(epoch > 1 && says.to_string().ends_with("is not finite; lower `rate`"), "{says}");
}

#[test]
fn a_break_returns_the_best_model_so_far() {
    let ratings = threes();
    let run = Run { validation: watching(&ratings, 100), ..Run::default() };
    let watch = Watch::new(|event| match event {
        Event::Epoch { epoch, .. } if epoch.number == 12 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let learn = || run.learn(&mut Ball::new(0.1), &ratings, 100);
    let Fitted { model, epochs } = watch.during(learn).expect("trains");
    assert_eq!(epochs.len(), 12);
    let best = epochs.iter().filter_map(|e| e.validation).fold(f64::INFINITY, f64::min);
    assert_eq!(f64::from((model.0 - 3.0).abs()), best);
}
