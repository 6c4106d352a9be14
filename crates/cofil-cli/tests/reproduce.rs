//! `cofil reproduce`: what it lists, what it says of missing files, and the experiment that needs none.

mod common;

use common::Place;
use serde_json::Value;

/// The row of a report for a recipe and a metric.
fn row<'a>(report: &'a Value, recipe: &str, metric: &str) -> &'a Value {
    let rows = report["rows"].as_array().expect("a list of rows");
    let found = rows.iter().find(|row| row["recipe"] == recipe && row["metric"] == metric);
    found.unwrap_or_else(|| panic!("{recipe}, {metric}: {report}"))
}

#[test]
fn everything_is_listed_with_its_files() {
    let place = Place::new();
    let out = place.ok("reproduce");
    for name in [
        "toy",
        "anime",
        "d2l-ml-100k",
        "ncf-ml-1m",
        "autorec-ml-1m",
        "gowalla",
        "yelp2018",
        "ml-1m-rmse",
        "ml-100k-u1",
    ] {
        assert!(out.lines().any(|line| line.starts_with(name)), "{out}");
    }
    assert_eq!(place.ok("reproduce --list"), out);
    place.fails(2, "reproduce toy --list");
    let list = place.json("reproduce");
    for experiment in list.as_array().expect("a list") {
        assert!(experiment["home"].as_str().is_some_and(|home| !home.is_empty()), "{experiment}");
    }
}

#[test]
fn the_toy_matrix_is_what_the_tutorial_prints() {
    let answer = Place::new().json("reproduce toy --seeds 2");
    assert_eq!(answer["verdict"], "reached", "{answer}");
    assert_eq!(row(&answer, "svd", "1st singular value")["published"]["value"], 3.0321);
    assert_eq!(answer["seeds"], serde_json::json!([1, 2]));
    let offset = row(&answer, "linear", "offset");
    let mean = offset["mean"].as_f64().expect("a number");
    let seeds = [0, 1].map(|s| offset["by_seed"][s].as_f64().expect("a number"));
    assert!((mean - (seeds[0] + seeds[1]) / 2.0).abs() < 1e-12);
    let text = Place::new().ok("reproduce toy --seeds 1");
    assert!(text.contains("Verdict: reached"), "{text}");
}

#[test]
fn quick_runs_claim_nothing() {
    let answer = Place::new().json("reproduce toy --quick");
    assert!(answer["verdict"].as_str().is_some_and(|v| v.starts_with("none")), "{answer}");
    assert_eq!(answer["seeds"].as_array().map(Vec::len), Some(1));
}

#[test]
fn missing_files_are_named_with_their_source() {
    let place = Place::new();
    let error = place.fails(1, "reproduce gowalla --data nowhere");
    for part in ["train.txt", "nowhere/gowalla", "https://github.com/gusye1234/LightGCN-PyTorch"] {
        assert!(error.contains(part), "{error}");
    }
    assert!(place.fails(2, "reproduce gowala").contains("did you mean `gowalla`?"));
    place.fails(2, "reproduce toy --seeds 0");
}

#[test]
fn published_files_are_read_as_they_are() {
    let place = Place::new();
    let lists = |from: u32| {
        (0..40).map(move |u| format!("{u} {} {}\n", (u + from) % 30, (u + from + 7) % 30))
    };
    place.write("train.txt", lists(0).collect::<String>());
    place.write("test.txt", lists(3).collect::<String>());
    for (name, recipes) in
        [("gowalla", &["graph-filter", "ials"][..]), ("yelp2018", &["graph-filter"])]
    {
        let answer = place.json(&format!("reproduce {name} --quick"));
        for recipe in recipes {
            assert!(row(&answer, recipe, "recall@20")["mean"].as_f64().is_some(), "{answer}");
        }
    }
    // -1 means "not rated".
    let value = |n: i32| if n % 7 == 0 { -1 } else { 1 + n % 10 };
    let rows = (0..4000).map(|n| format!("{},{},{}\n", n % 800, n * 7 % 601, value(n)));
    place.write("rating.csv", format!("user_id,anime_id,rating\n{}", rows.collect::<String>()));
    let answer = place.json("reproduce anime --quick");
    assert!(row(&answer, "mean", "rmse")["mean"].as_f64().is_some_and(|m| m < 4.0), "{answer}");
    place.write(
        "ratings.dat",
        (0..600)
            .map(|n| format!("{}::{}::{}::9\n", n % 60, n * 7 % 31, 1 + n % 5))
            .collect::<String>(),
    );
    let answer = place.json("reproduce autorec-ml-1m --quick");
    for name in ["autorec-item", "autorec-user", "biased-mf"] {
        assert!(row(&answer, name, "rmse")["mean"].as_f64().is_some(), "{answer}");
    }
    let blended = |answer: &Value| {
        for name in ["autorec-item", "als", "blend"] {
            assert!(row(answer, name, "rmse")["mean"].as_f64().is_some(), "{answer}");
        }
    };
    blended(&place.json("reproduce ml-1m-rmse --quick"));
    let fold = |from: usize, step: usize| {
        let rows = (from..600).step_by(step);
        rows.map(|n| format!("{}\t{}\t{}\t9\n", n % 60, n * 7 % 31, 1 + n % 5)).collect::<String>()
    };
    place.write("u1.base", fold(1, 1));
    place.write("u1.test", fold(0, 9));
    blended(&place.json("reproduce ml-100k-u1 --quick"));
    let answer = place.json("reproduce interview --quick");
    for name in ["variance", "popular-variance", "popular-entropy", "popularity", "random"] {
        let first = row(&answer, name, "ndcg@20 after 0")["mean"].as_f64();
        assert_eq!(first, row(&answer, "random", "ndcg@20 after 0")["mean"].as_f64());
        assert!(row(&answer, name, "ndcg@20 after 10")["mean"].as_f64().is_some(), "{answer}");
    }
    let rows = |from: u32| {
        (from..from + 8).flat_map(|t| (0..40).map(move |u| (u, (u * 3 + t * 7) % 60, t)))
    };
    let tabs = |from: u32| {
        rows(from).map(|(u, i, t)| format!("{u}\t{i}\t4\t88000000{t}\n")).collect::<String>()
    };
    place.write("u.data", tabs(0));
    let answer = place.json("reproduce d2l-ml-100k --quick");
    assert!(row(&answer, "neumf", "auc")["mean"].as_f64().is_some(), "{answer}");
    let answer = place.json("reproduce update --quick");
    for name in ["ials stale", "ease updated", "item-knn refit"] {
        assert!(row(&answer, name, "ndcg@20")["mean"].as_f64().is_some(), "{answer}");
    }
    place.write("ml-1m.train.rating", tabs(0));
    let test = (0..40).map(|u| format!("{u}\t{}\t5\t9\n", (u * 3 + 59) % 60));
    place.write("ml-1m.test.rating", test.collect::<String>());
    let negatives = (0..40)
        .map(|u| format!("({u},{})\t{}\t{}\n", (u * 3 + 59) % 60, (u + 1) % 60, (u + 5) % 60));
    place.write("ml-1m.test.negative", negatives.collect::<String>());
    let answer = place.json("reproduce ncf-ml-1m --quick");
    for name in ["neumf", "gmf", "mlp", "dot product", "popularity"] {
        assert!(row(&answer, name, "hr@10")["mean"].as_f64().is_some(), "{answer}");
    }
}
