//! The advice of `describe` can be followed: its algorithms, metrics and splits exist.

#![allow(clippy::disallowed_methods, reason = "a test may use the functions of the C library")]

use cofil::data::Description;
use cofil::data::read::{ReadOptions, read};
use cofil::{Advice, Algorithm, Duplicates, Metric, Ratings};

/// A table with `value` and, if `timed`, times over some years.
fn table(users: usize, items: usize, timed: bool, value: impl Fn(usize) -> f64) -> String {
    let mut text = String::from(if timed { "user,item,value,time\n" } else { "user,item,value\n" });
    for at in 0..4 * users.max(items) {
        let (user, item) = (at % users, (at * 7 + at / users) % items);
        text += &format!("u{user},i{item},{}", value(at));
        text += &if timed { format!(",{}\n", 1_000_000_000 + at * 90_000) } else { "\n".into() };
    }
    text
}

#[test]
fn advice_can_be_followed() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let kinds: [fn(usize) -> f64; 6] = [
        |_| 1.0,
        |at| (at % 2) as f64,
        |at| (at % 5 + 1) as f64,
        |at| (at % 41) as f64 / 2.0 - 10.0,
        |at| 1.3f64.powi((at % 40) as i32).ceil(),
        |at| if at % 7 == 0 { -1.0 } else { (at % 10 + 1) as f64 },
    ];
    let known: Vec<&str> = Algorithm::all().iter().map(Algorithm::name).collect();
    let mut advised = std::collections::BTreeSet::new();
    for (users, items) in [(50, 30), (300, 400), (200, 30_000)] {
        for (value, timed) in kinds.iter().flat_map(|kind| [(kind, false), (kind, true)]) {
            std::fs::write(&file, table(users, items, timed, value)).expect("written");
            let read = read(file.path(), &ReadOptions::default()).expect("a table");
            let description = Description::of(&read.interactions).expect("described");
            let advice = Advice::on(&description, None);
            // The default algorithm of `train` is the first that `describe` suggests.
            let ratings = Ratings::new(&read.interactions, Duplicates::Last).expect("ratings");
            let suggested = Algorithm::suggest(&ratings, None);
            assert_eq!(advice.algorithm, suggested.algorithm);
            advised.insert(advice.algorithm.name().to_owned());
            let verdict = description.verdict;
            assert!(!advice.alternatives.is_empty() && !verdict.metrics.is_empty());
            for other in advice.alternatives {
                let name = other.algorithm;
                assert!(known.contains(&&*name), "no algorithm is called {name}");
                advised.insert(name);
            }
            for name in verdict.metrics.iter().flat_map(|advice| advice.name.split(", ")) {
                // `coverage` and `novelty` are named without a cutoff.
                let named = [name.to_owned(), format!("{name}@10")];
                let known = named.iter().any(|name| name.parse::<Metric>().is_ok());
                assert!(known, "no metric is called {name}");
            }
            let split = ["random", "user-random", "last", "time"];
            assert!(split.contains(&&*verdict.split.name), "{}", verdict.split.name);
        }
    }
    assert!(advised.len() >= 5, "the tables differ enough: {advised:?}");
}
