//! Figures, lists of algorithms, help, completions, manual pages and the quickstart.

mod common;
use common::Place;
use serde_json::json;

#[test]
fn a_small_matrix_is_completed_in_a_figure() {
    let place = Place::new();
    place.write("toy.csv", "user,item,value\na,x,1\na,y,1\nb,x,1\nb,z,0\nc,z,1\nc,y,0\n");
    let plot = "plot matrix toy.csv -a biased-mf --set factors=2";
    let report = place.json(&format!("{plot} -o fig.svg"));
    assert_eq!(report["predictions"].as_array().map(Vec::len), Some(3));
    assert_eq!(report["predictions"][0]["user"], "a");
    let svg = place.text("fig.svg");
    assert_eq!(svg.matches(">?</text>").count(), 3);
    for title in ["Training loss", "Known", "Predicted by biased-mf"] {
        assert!(svg.contains(title), "{title}");
    }
    place.ok(&format!("{plot} -o fig.png"));
    assert!(place.read("fig.png").starts_with(b"\x89PNG"));
    assert!(place.fails(1, &format!("{plot} -o fig.pdf")).contains(".svg or .png"));
    let mut large = String::from("user,item\n");
    (0..50).for_each(|i| large += &format!("u{i},i{i}\n"));
    place.write("large.csv", large);
    let error = place.fails(1, "plot matrix large.csv -a ease -o f.svg");
    assert!(error.contains("50 users and 50 items is too large to draw"), "{error}");
}

#[test]
fn the_curve_of_a_model_is_drawn() {
    let place = Place::with_ratings();
    place.ok("train ratings.csv -a biased-mf --set epochs=3 --valid 0.1 -o m");
    let report = place.json("plot curve m -o c.svg");
    assert_eq!(report["epochs"].as_array().map(Vec::len), Some(3));
    let svg = place.text("c.svg");
    assert!(svg.contains("validation") && svg.contains(">rmse</text>"), "the axis has its name");
    assert_eq!(place.json("inspect m")["valid_metric"], "rmse");
    place.ok("train ratings.csv -a ease -o e");
    assert!(place.fails(1, "plot curve e -o c.svg").contains("there is no curve"));
}

#[test]
fn the_vectors_of_a_model_are_drawn() {
    let place = Place::with_ratings();
    place.ok("train ratings.csv -a biased-mf --set factors=2 --set epochs=3 -o m");
    assert_eq!(place.json("plot map m -o map.svg")["output"], "map.svg");
    let svg = place.text("map.svg");
    assert!(svg.contains("factor 2</text>") && svg.contains("Users and items"), "{svg}");
    place.ok("plot map m -o map.png");
    let told = place.ok("inspect m");
    assert!(told.contains("\noffset  "), "{told}");
    place.ok("train ratings.csv -a ease -o e");
    let error = place.fails(1, "plot map e -o map.svg");
    assert!(error.contains("ease has no user or item vectors to draw"), "{error}");
}

#[test]
fn algorithms_and_their_settings_are_listed() {
    let place = Place::new();
    let list = place.json("algorithms");
    let names: Vec<_> =
        list.as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect();
    for name in ["popularity", "biased-mf", "ease", "ials"] {
        assert!(names.contains(&name), "{name}");
        let told = place.ok(&format!("algorithms {name}"));
        assert!(told.starts_with(&format!("{name}: ")) && !told.contains("see below"), "{told}");
    }
    let told = place.ok("algorithms biased-mf");
    assert!(told.contains("per-sample | mini-batch | full") && told.contains("0.05"), "{told}");
    assert_eq!(place.json("algorithms ease")["properties"]["reg"]["default"], json!(200.0));
    assert!(place.fails(2, "algorithms eas").contains("did you mean `ease`?"));
    let schema = place.json("algorithms biased-mf")["properties"].clone();
    assert_eq!(schema["learning_rate"]["default"].to_string(), "0.05", "as short as it is");
    let help = place.ok("train --help");
    names.iter().for_each(|name| assert!(help.contains(name), "{name}"));
}

#[test]
fn every_command_has_help_with_an_example() {
    let place = Place::new();
    let help = place.ok("--help");
    let commands = help.lines().skip_while(|l| *l != "Commands:").skip(1);
    let names = commands.take_while(|l| !l.is_empty()).filter(|l| !l.starts_with("   "));
    let names: Vec<&str> = names.filter_map(|l| l.split_whitespace().next()).collect();
    assert!(names.len() > 10, "{help}");
    for name in names.iter().filter(|name| !["help", "plot"].contains(name)) {
        let help = place.ok(&format!("{name} --help"));
        assert!(help.contains("Example"), "cofil {name} --help has no example");
        assert!(help.contains("--threads"), "{name}");
    }
    assert!(place.ok("--version").starts_with("cofil "));
    assert!(place.fails(2, "recomend m").contains("recommend"));
    assert!(place.fails(2, "train x -o y --threads 0").contains("--threads"));
}

#[test]
fn shells_and_the_manual_know_the_commands() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(place.ok(&format!("completions {shell}")).contains("recommend"), "{shell}");
    }
    assert!(place.ok("man").contains(".TH cofil 1"));
    let pages = place.json("man -o pages");
    let names: Vec<_> = pages["pages"].as_array().unwrap().iter().collect();
    assert!(names.contains(&&json!("cofil-train.1")), "{names:?}");
    let mut written: Vec<String> = std::fs::read_dir(place.path("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    written.sort_unstable();
    assert_eq!(pages["pages"], json!(written), "these and nothing else");
    let train = place.text("pages/cofil-train.1");
    assert!(train.contains(".TH cofil-train 1") && train.contains("checkpoint"), "{train}");
    // Pages are replaced; other files in the folder are not pages.
    place.write("pages/cofil-train.1", "old");
    place.write("pages/cofil-notes.1", "mine");
    assert_eq!(place.json("man -o pages"), pages);
    assert_eq!(place.text("pages/cofil-train.1"), train);
}

#[test]
fn quickstart_shows_everything() {
    let place = Place::with_ratings();
    let report = place.json("quickstart ratings.csv -o first");
    assert_eq!(report["toy"]["predictions"].as_array().map(Vec::len), Some(5));
    let names: Vec<_> =
        report["leaderboard"].as_array().unwrap().iter().map(|e| &e["name"]).collect();
    for name in ["popularity", "random", "ease"] {
        assert!(names.contains(&&json!(name)), "{names:?}");
    }
    let best = &report["leaderboard"][0]["metrics"]["ndcg@10"];
    assert!(best["low"].as_f64() <= best["value"].as_f64());
    assert_eq!(report["recommendations"].as_array().map(Vec::len), Some(3));
    place.ok("inspect first/best.cofil");
    assert!(place.text("first/matrix.svg").contains("Predicted by biased-mf"));
}

/// On the sample that is built in.
#[test]
fn quickstart_needs_nothing() {
    let place = Place::new();
    let told = place.ok("quickstart");
    for part in [
        "Complete a small matrix",
        "10,928 users, 3,836 items, 123,648 interactions",
        "Compare the algorithms",
        "popularity",
        "random",
        "seaborn has",
        "Because of",
        "\n* ",
        "same answers",
        "Next",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    for line in told.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert_eq!(place.files(), ["cofil-quickstart"]);
}
