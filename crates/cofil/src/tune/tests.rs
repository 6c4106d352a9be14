use super::*;
use crate::data::Csr;
use crate::evaluate;
use crate::math::{Rng, parallel};
use crate::train::Run;
use crate::watch::{Event, Watch};
use serde_json::Map;
use std::ops::ControlFlow;

/// Two tastes with noise, and one held-out item for each user.
fn data() -> (Ratings, Ratings) {
    let mut rng = Rng::new(5, &[]);
    let (mut rows, mut held) = (Vec::new(), Vec::new());
    for u in 0..60u32 {
        let mut row: Vec<(u32, f32)> = (0..40u32)
            .filter(|i| rng.uniform() < if i % 2 == u % 2 { 0.5 } else { 0.1 })
            .map(|i| (i, 1.0))
            .collect();
        held.push(if row.len() > 2 { vec![row.swap_remove(0)] } else { Vec::new() });
        row.sort_unstable_by_key(|entry| entry.0);
        rows.push(row);
    }
    let names = |n: u32| std::sync::Arc::new((0..n).map(|i| i.to_string()).collect());
    let train = Ratings {
        users: names(60),
        items: names(40),
        by_user: Csr::from_rows(40, rows),
        times: None,
    };
    let valid = Ratings { by_user: Csr::from_rows(40, held), ..train.clone() };
    (train, valid)
}

fn space(name: &str, over: &[Range]) -> Space {
    Space::new(Algorithm::from_settings(name, &Map::new()).unwrap(), &[], over).unwrap()
}

/// The trials without their times.
fn untimed(trials: &[Trial]) -> Vec<Trial> {
    trials.iter().map(|trial| Trial { seconds: 0.0, ..trial.clone() }).collect()
}

#[test]
fn nothing_worse_than_the_defaults_is_found() {
    let (train, valid) = data();
    let how = Search::new(12, Metric::Ndcg(10));
    for (name, over) in [
        ("ease", vec![]),
        ("ials", vec![Range::whole("factors", 2, 8)]),
        ("item-knn", vec![]),
        ("svd", vec![Range::whole("factors", 1, 20)]),
    ] {
        let space = space(name, &over).for_data(&train);
        let found = search(&space, &train, &valid, &how, None).unwrap();
        assert_eq!(found.trials.len(), 12);
        let first = found.trials[0].value;
        let best = found.trials[found.best].value.unwrap();
        assert!(found.trials[0].settings.is_empty() && first.is_none_or(|first| best >= first));
        // The best settings, trained again, give the same value as their trial.
        let model = found.algorithm.fit(&train, &Run::default()).unwrap().model;
        let again = evaluate::measure(&*model, &train, &valid, how.metric).unwrap();
        assert_eq!(again, best, "{name}: {:?}", found.algorithm);
    }
}

#[test]
fn parzen_estimators_find_what_is_good() {
    // Simulated trials, as if the best settings were 100 with `dot`.
    let over = [Range::log("reg", 1.0, 1e4), Range::choice("max_items", [10, 20, 30])];
    let space = space("ease", &over);
    let mut mean_distance = Vec::new();
    for method in [Method::Random, Method::Tpe] {
        let mut distance = 0.0;
        for seed in 0..5 {
            let (mut trials, mut drawn) = (Vec::new(), Vec::new());
            for number in 0..60 {
                let ranked = halving::ranked(&trials, Metric::Rmse);
                let settings = space.draw(&ranked, &drawn, method, seed).unwrap();
                drawn.push(settings.clone());
                let reg = settings.get("reg").map_or(200.0, |v| v.as_f64().unwrap());
                let off = (reg / 100.0).ln().abs();
                let value =
                    off + f64::from(u8::from(settings.get("max_items") != Some(&20.into())));
                if number >= 30 {
                    distance += value;
                }
                trials.push(Trial { number, settings, value: Some(value), ..Trial::default() });
            }
        }
        mean_distance.push(distance);
    }
    assert!(mean_distance[1] < 0.5 * mean_distance[0], "{mean_distance:?}");
}

#[test]
fn cut_trials_save_epochs_and_threads_change_nothing() {
    let (train, valid) = data();
    let over = [Range::whole("factors", 2, 8), Range::whole("epochs", 1, 9)];
    let space = space("ials", &over);
    let how = Search { seed: 3, ..Search::new(15, Metric::Ndcg(10)) };
    let run = |threads: usize| {
        parallel::on_threads(threads, || search(&space, &train, &valid, &how, None).unwrap())
            .unwrap()
    };
    let (one, two) = (run(1), run(2));
    assert_eq!(untimed(&one.trials), untimed(&two.trials));
    assert!(one.trials.iter().any(|trial| trial.cut));
    let longest = |trial: &Trial| trial.curve.last().unwrap().0;
    assert!(one.trials.iter().all(|trial| !trial.cut || [1, 3].contains(&longest(trial))));
}

#[test]
fn some_users_judge_lists_and_all_of_them_values() {
    let (train, valid) = data();
    let tested = |part: &Ratings| part.by_user.iter().filter(|row| !row.is_empty()).count();
    let few = |metric| Search { judged: 5, ..Search::new(1, metric) };
    let judges = few(Metric::Ndcg(10)).judges(&valid);
    assert_eq!((tested(&judges), judges.by_user.rows()), (5, valid.by_user.rows()));
    assert!(tested(&valid) > 5);
    assert_eq!(few(Metric::Rmse).judges(&valid), valid);
    let space = space("ease", &[]);
    let found = search(&space, &train, &valid, &few(Metric::Ndcg(10)), None).unwrap();
    let model = found.algorithm.fit(&train, &Run::default()).unwrap().model;
    let value = evaluate::measure(&*model, &train, &judges, Metric::Ndcg(10)).unwrap();
    assert_eq!(found.trials[0].value, Some(value));
}

#[test]
fn a_search_goes_on_from_its_journal() {
    let (train, valid) = data();
    let space = space("ease", &[]);
    let how = Search::new(11, Metric::Mrr(10));
    let whole = search(&space, &train, &valid, &how, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials");
    let open = |how: &Search| Journal::open(&path, &space, &train, &valid, how);
    // Nobody else writes it meanwhile, under whatever name.
    let first = open(&how).unwrap();
    let twin = folder.path().join("twin");
    std::fs::hard_link(&path, &twin).unwrap();
    let told = Journal::open(&twin, &space, &train, &valid, &how).err().unwrap().to_string();
    assert!(told.contains("another process is writing it"), "{told}");
    drop(first);
    // Stopped by the caller after four trials, and again after seven.
    for upto in [4, 7] {
        let mut journal = open(&how).unwrap();
        let watch = |event: &Event<'_>| match event {
            Event::Trial { trial, .. } if trial.number + 1 == upto => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let search = || search(&space, &train, &valid, &how, Some(&mut journal));
        Watch::new(watch).during(search).unwrap();
    }
    // An incomplete last line, as after a crash.
    let mut text = std::fs::read_to_string(&path).unwrap();
    text += "{\"number\":7,\"settings\":{\"re";
    std::fs::write(&path, &text).unwrap();
    let mut journal = open(&how).unwrap();
    assert_eq!(journal.trials().len(), 7);
    let found = search(&space, &train, &valid, &how, Some(&mut journal)).unwrap();
    assert_eq!(untimed(&found.trials), untimed(&whole.trials));
    assert_eq!((found.best, &found.algorithm), (whole.best, &whole.algorithm));
    // One search at a time.
    assert!(open(&how).unwrap_err().to_string().contains("another process is writing it"));
    drop(journal);
    let more = open(&Search { trials: 20, ..how.clone() }).unwrap();
    assert_eq!(more.trials().len(), 11, "more trials may be asked for");
    drop(more);

    let other = open(&Search { seed: 1, metric: Metric::Auc, ..how.clone() }).unwrap_err();
    assert!(other.to_string().contains("another search: metric, seed differ;"), "{other}");
    std::fs::write(&path, text.replacen("\"number\":2", "\"number\":x", 1)).unwrap();
    assert!(open(&how).unwrap_err().to_string().ends_with("line 4 is damaged"));
    std::fs::write(&path, "user,item\n").unwrap();
    assert!(open(&how).unwrap_err().to_string().contains("not a file of trials"));
}

#[test]
fn trials_side_by_side_are_the_same_for_any_number_of_threads() {
    let (train, valid) = data();
    let space = space("ials", &[Range::whole("factors", 2, 8), Range::whole("epochs", 1, 9)]);
    let how = Search { parallel: 3, ..Search::new(16, Metric::Ndcg(10)) };
    let folder = tempfile::tempdir().unwrap();
    let run = |threads: usize, journal: Option<&mut Journal>, upto: usize| {
        let mut ended = 0;
        let watch = |event: &Event<'_>| {
            ended += usize::from(matches!(event, Event::Trial { .. }));
            if ended < upto { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let search = || search(&space, &train, &valid, &how, journal);
        parallel::on_threads(threads, || Watch::new(watch).during(search).unwrap()).unwrap()
    };
    let one = run(1, None, 99);
    assert!(one.trials.iter().map(|trial| trial.number).eq(0..16));
    for threads in [2, 3, 5] {
        let more = run(threads, None, 99);
        assert_eq!(untimed(&more.trials), untimed(&one.trials), "{threads} threads");
        // Stopped twice, perhaps with one trial missing although the next one had ended.
        let path = folder.path().join(threads.to_string());
        let open = || Journal::open(&path, &space, &train, &valid, &how).unwrap();
        for upto in [4, 7] {
            run(threads, Some(&mut open()), upto);
        }
        let resumed = run(threads, Some(&mut open()), 99);
        assert_eq!(untimed(&resumed.trials), untimed(&one.trials), "resumed, {threads} threads");
        assert_eq!(resumed.algorithm, one.algorithm);
    }
}

#[test]
fn what_was_found_beside_a_trial_left_out_is_kept() {
    let (train, valid) = data();
    let space = space("ials", &[]);
    let how = Search { parallel: 2, ..Search::new(4, Metric::Ndcg(10)) };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials");
    let open = || Journal::open(&path, &space, &train, &valid, &how);
    let whole = search(&space, &train, &valid, &how, Some(&mut open().unwrap())).unwrap();
    // As if the run had been stopped after trial 2 ended, while trial 1 was running.
    let text = std::fs::read_to_string(&path).unwrap();
    let kept = |line: &&str| !line.contains("\"number\":1,") && !line.contains("\"number\":3,");
    let lines: Vec<&str> = text.lines().filter(kept).collect();
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let mut journal = open().unwrap();
    assert!(journal.trials().iter().map(|trial| trial.number).eq([0, 2]));
    let found = search(&space, &train, &valid, &how, Some(&mut journal)).unwrap();
    assert_eq!(untimed(&found.trials), untimed(&whole.trials));
    assert_eq!(found.best, whole.best);
    drop(journal);
    let alone =
        Journal::open(&path, &space, &train, &valid, &Search { parallel: 1, ..how.clone() });
    assert!(alone.unwrap_err().to_string().contains("another search: parallel differs;"));
}

#[test]
fn nobody_waits_for_a_trial_that_panicked() {
    let (train, valid) = data();
    let how = Search { parallel: 2, ..Search::new(9, Metric::Ndcg(10)) };
    let watch = |event: &Event<'_>| match event {
        Event::Epoch { trial: Some(3), .. } => panic!("as asked"),
        _ => ControlFlow::Continue(()),
    };
    let space = space("ials", &[]);
    let search = || search(&space, &train, &valid, &how, None);
    let run = || parallel::on_threads(2, || Watch::new(watch).during(search));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
}

#[test]
fn failures_are_kept_and_told() {
    let (train, valid) = data();
    let how = Search::new(4, Metric::Ndcg(10));
    // All values are 1, so nothing correlates.
    let over = [Range::choice("similarity", ["pearson", "cosine"])];
    let space = Space::new(
        Algorithm::from_settings("item-knn", &Map::new()).unwrap(),
        &["neighbours", "weighting", "k1", "b", "shrinkage", "keep"],
        &over,
    );
    let found = search(&space.unwrap(), &train, &valid, &how, None).unwrap();
    assert_eq!(found.trials.len(), 2, "there is nothing more to try");
    assert!(found.trials[1].error.as_ref().unwrap().contains("nothing correlates"));
    let rating = Search::new(2, Metric::Rmse);
    let told = search(&self::space("ease", &[]), &train, &valid, &rating, None).unwrap_err();
    assert!(told.to_string().starts_with("ease only ranks items"), "{told}");
}

#[test]
fn when_time_is_up_the_first_trial_ends_with_its_epoch() {
    let (train, valid) = data();
    let limit = Some(Duration::ZERO);
    let how = Search { limit, ..Search::new(5, Metric::Ndcg(10)) };
    let found = search(&space("ials", &[]), &train, &valid, &how, None).unwrap();
    let [trial] = &found.trials[..] else { panic!("{} trials", found.trials.len()) };
    assert!(trial.cut && trial.value.is_some() && trial.epochs == Some(1));
}

#[test]
fn what_is_under_way_when_time_is_up_is_stopped_and_not_counted() {
    let (train, valid) = data();
    let limit = Some(Duration::ZERO);
    let search = &Search { limit, ..Search::new(5, Metric::Ndcg(10)) };
    for recipe in ["ials", "bpr", "slim"] {
        let (space, start) = (&space(recipe, &[]), Instant::now());
        let task = Task { space, train: &train, valid: &valid, search, start };
        let on = |_: &Event<'_>| ControlFlow::Continue(());
        let run = |bounded| task.run(1, Map::new(), &[], bounded, on).unwrap();
        assert!(run(true).is_none(), "{recipe}");
        assert!(run(false).is_some_and(|trial| trial.value.is_some()), "{recipe}");
    }
}
