//! Describing, cleaning and splitting real data. The expected numbers were computed independently, row by row in plain
//! Python.

use cofil::Interactions;
use cofil::data::describe::Kind;
use cofil::data::split::{Share, Split};
use cofil::data::{Clean, Description, read};
use std::path::PathBuf;

fn table(name: &str) -> Interactions {
    let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into();
    let path = std::env::var_os("COFIL_DATA").map_or_else(beside, PathBuf::from).join(name);
    read::read(&path, &Default::default()).expect("COFIL_DATA names the data sets").interactions
}

#[test]
#[ignore = "needs COFIL_DATA"]
fn movielens_is_described() {
    let d = Description::of(&table("ml-100k/u.data")).unwrap();
    assert_eq!((d.users, d.items, d.interactions), (943, 1_682, 100_000));
    assert!((d.per_user.gini - 0.47190850477200424).abs() < 1e-12);
    assert!((d.per_item.gini - 0.628999631391201).abs() < 1e-12);
    let times = d.times.unwrap();
    assert_eq!((times.median_user_span, times.tied), (2_961, 0.75772));
    assert_eq!(times.known_in_latest_tenth, 0.2886);
    assert_eq!((d.values.kind, d.verdict.split.name.as_str()), (Kind::Ratings, "last"));
}

#[test]
#[ignore = "needs COFIL_DATA"]
fn the_core_of_filmtrust() {
    let clean = Clean { threshold: Some(3.0), min_user: 5, min_item: 5, ..Clean::default() };
    let (ratings, report) = clean.ratings(table("filmtrust/ratings.csv.gz")).unwrap();
    assert_eq!((report.rows, report.duplicates, report.below_threshold), (35_497, 3, 11_307));
    assert_eq!((ratings.len(), report.users, report.items), (20_802, 1_088, 262));
    assert_eq!((report.core_rounds, report.outside_core), (4, 24_187 - 20_802));
}

#[test]
#[ignore = "needs COFIL_DATA"]
fn the_latest_of_each_user_of_movielens() {
    let split = Split::Last { test: Share::Count(1) };
    let parts = split.apply(&table("ml-100k/u.data")).unwrap().remove(0);
    let report = parts.report;
    assert_eq!((report.test.interactions, report.test.users), (943, 943));
    assert_eq!((report.leakage.new_items, report.leakage.before_any_training), (3, 942));
    assert_eq!((report.leakage.shared_pairs, report.leakage.before_own_training), (0, 0));
}

#[test]
#[ignore = "needs COFIL_DATA"]
fn kinds_of_all_data_sets() {
    for (name, kind) in [
        ("anime-5k/ratings.csv.gz", Kind::Ratings),
        ("anime-5k/history.csv.gz", Kind::Events),
        ("filmtrust/ratings.csv.gz", Kind::Ratings),
        ("gowalla-lightgcn/train.csv.gz", Kind::Events),
        ("hetrec2011-lastfm-2k/user_artists.csv.gz", Kind::Counts),
        ("jester-1/ratings.csv.gz", Kind::Ratings),
        ("ml-1m/ratings.csv.gz", Kind::Ratings),
    ] {
        let values = Description::of(&table(name)).unwrap().values;
        assert_eq!((values.kind, values.suspects.as_slice()), (kind, &[][..]), "{name}");
    }
}
