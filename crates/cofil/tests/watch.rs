//! All long-running work can be watched and stopped, and types shared among threads are `Send` or `Sync`.

use cofil::contest::{self, Entrant, Plan};
use cofil::data::read::{ReadOptions, read, write};
use cofil::data::split::HeldOut;
use cofil::recipes::Target;
use cofil::tune::{self, Search, Space};
use cofil::watch::{Event, Judged};
use cofil::{
    Algorithm, Duplicates, Error, IdMap, Interactions, Metric, Protocol, Query, Ratings,
    Recommender, Result, Run, Stop, Watch,
};
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Compiles only if `T` is `Send`.
fn crosses<T: Send>() {}
/// Compiles only if `T` is `Send` and `Sync`.
fn is_shared<T: Send + Sync>() {}

#[test]
fn what_crosses_threads_may() {
    is_shared::<Recommender>();
    is_shared::<Watch<'_>>();
    is_shared::<Stop>();
    crosses::<Run<'_>>();
    crosses::<Plan>();
    crosses::<Error>();
}

/// Even users like even items, odd users odd items; with `values`, users also rate the other items.
fn rows(values: bool) -> Interactions {
    let names = |letter: char, n: u32| -> Arc<IdMap> {
        Arc::new((0..n).map(|at| format!("{letter}{at}")).collect())
    };
    let mut rows =
        Interactions { users: names('u', 40), items: names('i', 30), ..Interactions::default() };
    for u in 0..40u32 {
        for i in (0..30u32).filter(|i| (i * 7 + u) % 5 != 0 && (values || i % 2 == u % 2)) {
            rows.user.push(u);
            rows.item.push(i);
            rows.value.push(if values && i % 2 != u % 2 { 1.0 + (i % 2) as f32 } else { 1.0 });
        }
    }
    if values {
        rows.value.iter_mut().zip(&rows.item).for_each(|(value, i)| *value += (i % 4) as f32);
    }
    rows
}

fn ratings(values: bool) -> Ratings {
    Ratings::new(&rows(values), Duplicates::Error).unwrap()
}

/// All algorithms, with few epochs.
fn recipes() -> Vec<Algorithm> {
    let brief = |algorithm: Algorithm| {
        let settings = serde_json::to_value(&algorithm).unwrap();
        let small = [("epochs", json!(2)), ("factors", json!(4)), ("hidden", json!(4))];
        let known = |(name, _): &(&str, Value)| settings.get(name).is_some();
        let small: Map<String, Value> =
            small.into_iter().filter(known).map(|(name, value)| (name.into(), value)).collect();
        Algorithm::from_settings(algorithm.name(), &small).unwrap()
    };
    Algorithm::all().into_iter().map(brief).collect()
}

/// Returns the events of `work`, after checking that it stops when asked to: before it starts, and at its first event.
fn watched(name: &str, work: impl Fn() -> Result<()>) -> Vec<String> {
    let mut told = Vec::new();
    let watch = Watch::new(|event| {
        told.push(match *event {
            Event::Stage { name, .. } => name.to_owned(),
            Event::Epoch { .. } => "epoch".into(),
            Event::Trial { .. } => "trial".into(),
            Event::Recipe { name, .. } => name.to_owned(),
        });
        ControlFlow::Continue(())
    });
    watch.during(&work).unwrap_or_else(|error| panic!("{name}: {error}"));
    drop(watch);
    assert!(!told.is_empty(), "{name} tells nothing");

    let stop = Stop::default();
    stop.ask();
    let stopped = Watch::default().with_stop(stop).during(&work);
    assert!(matches!(stopped, Err(Error::Stopped)), "{name} begins in spite of a stop");

    let (stop, mut after) = (Stop::default(), 0);
    let inside = stop.clone();
    let watch = Watch::new(|_| {
        after += usize::from(inside.is_asked());
        inside.ask();
        ControlFlow::Continue(())
    });
    let stopped = watch.with_stop(stop).during(&work);
    assert!(matches!(stopped, Err(Error::Stopped)), "{name} goes on in spite of a stop");
    told
}

#[test]
fn every_recipe_can_be_watched_and_stopped() {
    for algorithm in recipes() {
        let name = algorithm.name();
        let train = ratings(algorithm.target() == Target::Rating);
        let told = watched(name, || algorithm.fit(&train, &Run::default()).map(|_| ()));
        let learns = serde_json::to_value(&algorithm).unwrap().get("epochs").is_some();
        if learns && !name.ends_with("baseline") {
            // Some algorithms have warm-up epochs.
            let epochs = told.iter().filter(|event| *event == "epoch").count();
            assert!(epochs >= 2, "{name}: {told:?}");
        }
    }
}

#[test]
fn reading_and_writing_can_be_watched_and_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let mut names = vec!["t.csv", "t.csv.gz", "t.csv.zst", "t.jsonl"];
    if cfg!(feature = "arrow") {
        names.extend(["t.parquet", "t.arrow"]);
    }
    for name in names {
        let path = folder.path().join(name);
        let rows = rows(true);
        let told = watched(name, || write(&path, &rows).map(|_| ()));
        assert!(told.contains(&"writing".into()), "{name}: {told:?}");
        write(&path, &rows).unwrap();
        let told = watched(name, || read(&path, &ReadOptions::default()).map(|_| ()));
        assert!(told.contains(&"reading".into()), "{name}: {told:?}");
    }
    // Stopped work left no files besides the finished ones.
    let left = std::fs::read_dir(folder.path()).unwrap();
    let hidden = |e: std::io::Result<std::fs::DirEntry>| {
        e.unwrap().file_name().to_string_lossy().starts_with('.')
    };
    assert!(!left.into_iter().any(hidden), "a temporary file was left");
}

#[test]
fn answers_for_many_can_be_watched_and_stopped() {
    let train = ratings(false);
    let algorithm = &recipes()[Algorithm::all().iter().position(|a| a.name() == "ials").unwrap()];
    let recommender = Recommender::train(algorithm, &train, &Run::default()).unwrap();
    let users: Vec<u32> = (0..40).collect();
    for query in [Query::default(), Query { exclude: vec!["i3".into()], ..Query::default() }] {
        let told = watched("many", || recommender.recommend_many(&users, &query).map(|_| ()));
        assert!(told.iter().all(|stage| stage == "recommending"), "{told:?}");
        // Lists are the same in parts and at once.
        let mut lists = Vec::new();
        let take = |part: &[u32], found: &[Vec<(u32, f32)>]| {
            assert_eq!(part.len(), found.len());
            lists.extend_from_slice(found);
            Ok(())
        };
        recommender.prepare(&query).unwrap().each(&users, take).unwrap();
        assert_eq!(lists, recommender.recommend_many(&users, &query).unwrap());
    }
    let told = watched("similar", || recommender.similar_all(5, false).map(|_| ()));
    assert!(told.contains(&"comparing items".into()), "{told:?}");
    let model = recommender.model();
    let protocol = Protocol { seen: true, ..Protocol::default() };
    let judge = || cofil::evaluate::evaluate(model, &train, &train, &protocol).map(|_| ());
    let told = watched("evaluate", judge);
    assert!(["ranking", "resampling"].iter().all(|s| told.contains(&(*s).into())), "{told:?}");
}

#[test]
fn searches_can_be_watched_and_stopped() {
    let parts = HeldOut::share(&rows(false), 0.2, 1).unwrap();
    for (name, parallel) in [("ease", 1), ("ials", 1), ("ials", 2), ("item-knn", 2)] {
        let algorithm = Algorithm::from_settings(name, &Map::new()).unwrap();
        let space = Space::new(algorithm, &[], &[]).unwrap().for_data(&parts.train);
        let how = Search { parallel, ..Search::new(4, Metric::Ndcg(5)) };
        let search = || tune::search(&space, &parts.train, &parts.valid, &how, None).map(|_| ());
        let on_three = || cofil::math::on_threads(3, search)?;
        let told = watched(name, on_three);
        assert_eq!(told.iter().filter(|event| *event == "trial").count(), 4, "{name}: {told:?}");
    }
}

fn plan(names: &[&str]) -> Plan {
    let entrants = recipes().into_iter().filter(|a| names.contains(&a.name()));
    let metrics = vec![Metric::Ndcg(5)];
    let protocol = Protocol { metrics, resamples: 100, ..Protocol::default() };
    Plan::new(entrants.map(Entrant::from).collect(), protocol)
}

#[test]
fn comparisons_can_be_watched_and_stopped() {
    let (train, mut plan) = (rows(false), plan(&["ials", "ease"]));
    let test = Ratings::new(&train, Duplicates::Error).unwrap();
    plan.protocol.seen = true;
    let compare = || contest::run(&plan, &train, &test).map(|_| ());
    let told = watched("compare", compare);
    for event in ["comparing", "popularity", "ials", "ease", "epoch", "inverse", "ranking"] {
        assert!(told.contains(&event.into()), "{event}: {told:?}");
    }
    // Work that is stopped within an epoch has no result.
    let asks = |event: &Event<'_>| match event {
        Event::Epoch { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    assert!(matches!(Watch::new(asks).during(compare), Err(Error::Stopped)));
}

#[test]
fn a_recipe_that_panics_or_fails_does_not_end_a_comparison() {
    let (train, mut told) = (rows(false), Vec::<(String, Judged)>::new());
    let test = Ratings::new(&train, Duplicates::Error).unwrap();
    let mut plan = plan(&["biased-mf", "ials", "ease"]);
    plan.protocol.seen = true;
    // A panic in the listener is a panic of the work it interrupts.
    let watch = Watch::new(|event| {
        if let Event::Recipe { name, judged: Some(judged), .. } = event {
            told.push(((*name).to_owned(), (*judged).clone()));
        }
        assert!(!matches!(event, Event::Epoch { epoch, .. } if epoch.number == 2), "as asked");
        ControlFlow::Continue(())
    });
    let outcome = watch.during(|| contest::run(&plan, &train, &test)).unwrap();
    drop(watch);
    let names = |x: &contest::Contestant| x.entry.name.clone();
    let mut took_part: Vec<String> = outcome.contestants.iter().map(names).collect();
    took_part.sort_unstable();
    assert_eq!(took_part, ["ease", "popularity"]);
    let [values, panicked] = &outcome.failures[..] else { panic!("{:?}", outcome.failures) };
    assert_eq!(
        (&*values.algorithm, &*values.error),
        ("biased-mf", "predicts ratings, but all are 1")
    );
    assert_eq!(panicked.algorithm, "ials");
    assert!(panicked.error.contains("panicked: as asked"), "{}", panicked.error);
    assert_eq!(told.len(), 4);
    assert!(told.iter().all(|(_, judged)| judged.error.is_some() != judged.value.is_some()));

    let text = serde_json::to_string(&outcome).unwrap();
    let again: contest::Outcome = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), text, "a report can be read back");
    assert_eq!(again.failures, outcome.failures);
    assert_eq!(again.differences, outcome.differences);
}
