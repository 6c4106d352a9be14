//! `cofil train` and what it writes.

mod common;
use common::Place;
use serde_json::json;

#[test]
fn json_tells_what_was_done() {
    let place = Place::with_ratings();
    let report =
        place.json("train ratings.csv -a biased-mf --set factors=4 --set epochs=3 --seed 7 -o m");
    assert_eq!(report["algorithm"]["algorithm"], "biased-mf");
    assert_eq!((&report["algorithm"]["factors"], &report["seed"]), (&json!(4), &json!(7)));
    assert_eq!(report["algorithm"]["init_scale"], json!(0.03), "short numbers");
    assert_eq!(report["epochs"].as_array().map(Vec::len), Some(3));
    for phase in ["load", "fit", "save"] {
        assert!(report["seconds"][phase].as_f64().is_some_and(|s| s >= 0.0), "{phase}");
    }
    assert!(report["peak_memory_mb"].as_f64().is_some_and(|mb| mb > 1.0));
    assert_eq!(report["fingerprint"].as_str().map(str::len), Some(64));
    assert_eq!((&report["read"]["rows"], &report["clean"]["users"]), (&json!(192), &json!(20)));
    let model = place.json("inspect m");
    assert_eq!(model["fingerprint"], report["fingerprint"]);
    assert_eq!(model["data"]["fingerprint"], report["data_fingerprint"]);
}

#[test]
fn same_seed_same_bytes_for_any_number_of_threads() {
    let place = Place::with_ratings();
    let train = "train ratings.csv -a biased-mf --set factors=4 --set epochs=3";
    place.ok(&format!("{train} -o a --threads 1"));
    place.ok(&format!("{train} -o b --threads 3"));
    place.ok(&format!("{train} -o c --seed 1"));
    assert!(place.read("a") == place.read("b") && place.read("a") != place.read("c"));
}

#[test]
fn the_algorithm_follows_from_the_data_and_its_purpose() {
    let place = Place::with_ratings();
    let report = place.json("train ratings.csv --for rating -o m");
    assert_eq!(report["algorithm"]["algorithm"], "biased-mf");
    assert!(report["chosen_because"].as_str().is_some_and(|why| why.contains("ratings")));
    let report = place.json("train ratings.csv -o m");
    assert_eq!(report["algorithm"]["algorithm"], "slim");
    let report = place.json("train ratings.csv --implicit --for rating -o m");
    assert_eq!(report["algorithm"]["algorithm"], "slim", "there is nothing to predict");
    assert_eq!(report["clean"]["settings"]["implicit"], true);
}

#[test]
fn defaults_follow_the_data_where_nothing_is_set() {
    let place = Place::with_events();
    let line = "train events.csv -a ials --set factors=4 --set epochs=2 -o m";
    let told = place.run(line).err;
    let said = told.lines().find(|line| line.starts_with("defaults from the data: "));
    let said = said.unwrap_or_else(|| panic!("{told}"));
    assert!(said.contains("reg=") && said.contains("unobserved_weight="), "{said}");
    assert!(said.ends_with("(rules: cofil algorithms ials)"), "{said}");
    let report = place.json(line);
    let chosen = &report["defaults_for_this_data"];
    assert_eq!(chosen["reg"], report["algorithm"]["reg"]);
    // The file holds the numbers.
    let reg = format!("reg = {}", chosen["reg"]);
    let facts = place.ok("inspect m");
    assert!(facts.contains(&reg), "{facts}, not {reg}");
    let given = place.json(&format!("{line} --set reg=0.5"));
    assert_eq!(given["algorithm"]["reg"], 0.5);
    assert_eq!(given["defaults_for_this_data"].as_object().map(|chosen| chosen.len()), Some(1));
    let all = place.run(&format!("{line} --set reg=0.5 --set unobserved_weight=0.1")).err;
    assert!(!all.contains("defaults from the data"), "{all}");
    // A comparison tells the same, and so does each of its rounds.
    let compare =
        "compare events.csv -a ials --set ials.factors=4 --set ials.epochs=2 --metric ndcg@3";
    for line in [compare.to_owned(), format!("{compare} --seeds 2")] {
        let told = place.ok(&line);
        let (_, defaults) = told.split_once("Defaults from the data").expect("a heading");
        let line = defaults.lines().find(|line| line.starts_with("ials ")).expect("a line");
        assert!(line.contains("reg=") && line.contains("unobserved_weight="), "{line}");
    }
    let entries = place.json(compare)["entries"].clone();
    let ials = entries.as_array().unwrap().iter().find(|e| e["name"] == "ials").unwrap();
    assert_eq!(ials["defaults"]["reg"], ials["algorithm"]["reg"]);
    let fixed = format!("{compare} --set ials.reg=0.5 --set ials.unobserved_weight=0.1");
    assert!(!place.ok(&fixed).contains("Defaults from the data"));
    let rules = place.ok("algorithms ials");
    let shown = rules.split("Defaults derived from the data").nth(1).unwrap_or_default();
    assert!(shown.contains("unobserved_weight  5 d^0.75"), "{rules}");
    let json = place.json("algorithms ials");
    assert!(json["properties"]["reg"]["default_for_data"].is_string());
}

#[test]
fn a_config_file_is_overruled_by_arguments() {
    let place = Place::with_events();
    place.write("c.toml", "algorithm = \"ease\"\nreg = 10.0\n");
    assert_eq!(place.json("train events.csv -c c.toml -o m")["algorithm"]["reg"], 10.0);
    let report = place.json("train events.csv -c c.toml --set reg=20 -o m");
    assert_eq!(report["algorithm"]["reg"], 20.0);
    place.write("c.json", "{\"algorithm\": \"ease\", \"rge\": 1}");
    let error = place.fails(2, "train events.csv -c c.json -o m");
    assert!(error.contains("c.json: unknown setting `rge`; did you mean `reg`?"), "{error}");
    // Settings on the command line are none of the file, and without an algorithm the data decides on it.
    let error = place.fails(2, "train events.csv -c c.toml --set reg=x -o m");
    assert!(!error.contains("c.toml"), "{error}");
    place.write("factors.toml", "unknown = 10\n");
    let error = place.fails(2, "train events.csv -c factors.toml -o m");
    assert!(
        error.contains("factors.toml: algorithm ") && error.contains(", chosen from"),
        "{error}"
    );
}

#[test]
fn examples_of_settings_are_valid() {
    let place = Place::new();
    for name in ["popularity", "ease", "ials", "item-knn", "slim"] {
        let about = place.ok(&format!("algorithms {name}"));
        assert!(!about.contains("=not set"), "{about}");
    }
}

#[test]
fn validation_keeps_the_best_epoch() {
    let place = Place::with_ratings();
    let train = "train ratings.csv -a biased-mf --set factors=4 --set epochs=30 --patience 2";
    let report = place.json(&format!("{train} --valid 0.2 -o m"));
    assert_eq!(report["valid_metric"], "rmse");
    let epochs = report["epochs"].as_array().unwrap();
    assert!(epochs.iter().all(|e| e["validation"].is_f64()));
    assert!(epochs.iter().any(|e| e["best"] == true));
    place.write("valid.csv", "user,item,rating\nu1,i0,3\nu2,i4,2\nnobody,i1,5\n");
    let told = place.run(&format!("{train} --valid valid.csv -o m")).err;
    assert!(told.contains("validation: 2 interactions of valid.csv; skipped 1 with"), "{told}");
}

#[test]
fn a_preset_gives_way_to_settings() {
    let place = Place::with_ratings();
    let settings =
        |args: &str| place.json(&format!("train ratings.csv {args} -o m"))["algorithm"].clone();
    let tutorial = settings("-a svd --preset tutorial");
    assert_eq!((&tutorial["factors"], &tutorial["constant"]), (&json!(2), &json!(0.5)));
    place.write("c.toml", "algorithm = \"svd\"\nfactors = 3\nconstant = 1.0\n");
    let several = settings("-c c.toml --preset tutorial --set constant=2");
    assert_eq!((&several["factors"], &several["constant"]), (&json!(3), &json!(2.0)));
    let error = place.fails(2, "train ratings.csv -a svd --preset tutorail -o m");
    assert!(error.contains("unknown preset `tutorail`; did you mean `tutorial`?"), "{error}");
    let error = place.fails(2, "train ratings.csv -a ease --preset tutorial -o m");
    assert!(error.contains("ease has no presets"), "{error}");
    let error = place.fails(2, "train ratings.csv --preset tutorial -o m");
    assert!(error.contains("name it with --algorithm"), "{error}");
    let told = place.ok("algorithms svd");
    assert!(told.contains("Presets") && told.contains("impute=constant"), "{told}");
    let schema = place.json("algorithms svd");
    assert_eq!(schema["presets"]["tutorial"]["settings"]["factors"], 2);
}

#[test]
fn several_metrics_are_followed() {
    let place = Place::with_ratings();
    let train = "train ratings.csv -a biased-mf --set factors=4 --set epochs=3 --valid 0.2 -o m";
    let report = place.json(&format!("{train} --metric mae,mse,recall@5"));
    assert_eq!(report["valid_metric"], "mae");
    for epoch in report["epochs"].as_array().unwrap() {
        let measured = epoch["measured"].as_array().unwrap();
        let names: Vec<_> = measured.iter().map(|m| m["metric"].as_str().unwrap()).collect();
        assert_eq!(names, ["mae", "mse", "recall@5"]);
        assert_eq!(measured[0]["validation"], epoch["validation"]);
        assert!(measured[1]["train"].is_f64() && measured[2]["train"].is_null());
    }
    let told = place.run(&format!("{train} --metric rmse,recall@5 --plot c.csv")).err;
    let line = told.lines().find(|line| line.starts_with("epoch 1/3")).expect("a line");
    for part in ["  rmse ", " (best), training ", "  recall@5 "] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(place.text("c.csv").starts_with("epoch,data,penalty,rmse,rmse_train,recall@5\n1,"));
    place.ok("plot curve m -o c.svg");
    assert!(place.text("c.svg").contains("Validation recall@5"));
}

#[test]
fn a_checkpoint_is_gone_on_from_and_never_overwritten_by_mistake() {
    let place = Place::with_ratings();
    let train = "train ratings.csv -a biased-mf --set factors=4";
    place.ok(&format!("{train} --set epochs=8 -o whole"));
    place.ok(&format!("{train} --set epochs=5 --checkpoint c --checkpoint-every 2 -o half"));
    let error = place.fails(1, &format!("{train} --set epochs=8 --checkpoint c -o resumed"));
    assert!(error.contains("delete the file, or continue with --resume"), "{error}");
    place.ok(&format!("{train} --set epochs=8 --checkpoint c --resume -o resumed"));
    assert!(place.read("whole") == place.read("resumed"), "resumed equals uninterrupted");
}

#[test]
fn negatives_that_are_given_are_learned_against() {
    let place = Place::with_events();
    let users =
        (0..20).map(|u| format!("u{u},{}0,nothing\n", if u % 2 == 0 { "odd" } else { "even" }));
    place.write("negatives.csv", format!("user,n1,n2\n{}", users.collect::<String>()));
    let train = "train events.csv -a gmf --set factors=2 --set epochs=2";
    place.ok(&format!("{train} -o drawn"));
    let told = place.run(&format!("{train} --negatives negatives.csv --checkpoint c -o given")).err;
    assert!(told.contains("negatives.csv: skipped 20 items unknown to the table"), "{told}");
    assert!(place.read("drawn") != place.read("given"));
    assert!(place.json("inspect given")["negatives"].is_string());
    assert!(place.json("inspect drawn")["negatives"].is_null());
    let error = place.fails(1, &format!("{train} --checkpoint c --resume -o other"));
    assert!(error.contains("of another run: its negatives"), "{error}");
    let error = place.fails(1, "forget given --user u1 --refit -o less");
    assert!(error.contains("trained on given negatives"), "{error}");
    let error = place.fails(1, "train events.csv -a ease --negatives negatives.csv -o m");
    assert!(error.contains("ease cannot use given negatives"), "{error}");
    let error = place.fails(2, "train events.csv -a gmf --set negatives_file=negatives.csv -o m");
    assert!(error.contains("unknown setting `negatives_file`"), "{error}");
}

#[test]
fn the_curve_is_written_as_its_ending_says() {
    let place = Place::with_ratings();
    let train = "train ratings.csv -a biased-mf --set epochs=2 --valid 0.1 -o m";
    for ending in ["csv", "svg", "png"] {
        place.ok(&format!("{train} --curve c.{ending}"));
    }
    assert!(place.text("c.csv").starts_with("epoch,data,penalty,rmse,rmse_train\n1,"));
    let svg = place.text("c.svg");
    for word in ["Training loss", ">rmse</text>", ">validation</text>", ">training</text>"] {
        assert!(svg.contains(word), "{word}: {svg}");
    }
    place.ok("train ratings.csv -a biased-mf --set epochs=2 -o m --curve c.csv");
    assert!(place.text("c.csv").starts_with("epoch,data,penalty,rmse\n1,"));
    assert!(place.read("c.png").starts_with(b"\x89PNG"));
    assert!(place.fails(1, &format!("{train} --curve c.jpg")).contains(".svg or .png"));
}

#[test]
fn epochs_are_told_line_by_line_where_there_is_no_terminal() {
    let place = Place::with_ratings();
    let told = place.run("train ratings.csv -a biased-mf --set epochs=2 -o m");
    assert!(told.err.contains("epoch 1/2  loss ") && told.err.contains("epoch 2/2  loss "));
    // Settings go on in further lines.
    let names = told.out.lines().map(|line| line.split("  ").next().unwrap());
    let kept: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    assert_eq!(kept, ["model", "algorithm", "data", "trained", "memory", "fingerprint"]);
}

/// Algorithms have the names that others give them, and models their own.
#[test]
fn algorithms_may_be_called_as_elsewhere() {
    let place = Place::with_ratings();
    for (args, own) in
        [("-a EASE", "ease"), ("--recipe mostpop", "popularity"), ("--config c.toml", "item-knn")]
    {
        place.write("c.toml", "algorithm = \"ItemKNN\"\n");
        place.ok(&format!("train ratings.csv {args} -o m"));
        assert_eq!(place.json("inspect m")["algorithm"]["algorithm"], own, "{args}");
    }
    let compare = "compare ratings.csv -a EASE,Pop --set EASE:reg=3 --skip ItemKNN=slow --with itemknn:shrinkage=3";
    let told = place.json(&format!("{compare} --metric ndcg@5"));
    let entries = told["entries"].as_array().expect("a list").iter();
    let mut names: Vec<&str> = entries.filter_map(|entry| entry["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["ease", "item-knn:shrinkage=3", "popularity"], "{told}");
    assert_eq!(place.json("algorithms SVD++"), place.json("algorithms svd-plus-plus"));
    assert!(place.ok("algorithms SVD++").starts_with("svd-plus-plus: "));
    let list = place.ok("algorithms");
    for (name, predicts) in [("als", "values"), ("ials", "ranking"), ("baseline", "values")] {
        let line = list.lines().find(|line| line.starts_with(&format!("{name} ")));
        let word = line.and_then(|line| line.split_whitespace().nth(1));
        assert_eq!(word, Some(predicts), "{list}");
    }
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
}

#[test]
fn bad_input_is_told_with_the_remedy() {
    let place = Place::with_ratings();
    let says = |code, args: &str, part: &str| {
        let error = place.fails(code, args);
        assert!(error.contains(part), "cofil {args}: {error}");
    };
    says(2, "train ratings.csv -a eese -o m", "a similar value exists: 'ease'");
    says(2, "train ratings.csv -a biased-mf --set factor=3 -o m", "did you mean `factors`?");
    says(
        2,
        "train ratings.csv -a biased-mf --set factors=0 -o m",
        "setting `factors`: must be at least 1",
    );
    says(
        2,
        "train ratings.csv -a biased-mf --set reg=-1 -o m",
        "setting `reg`: must be at least 0",
    );
    says(1, "train ratings.csv -a biased-mf --set factors -o m", "write NAME=VALUE");
    says(1, "train missing.csv -o m", "missing.csv: No such file");
    says(1, "train ratings.csv -o nowhere/m", "there is no folder nowhere");
    says(1, "train ratings.csv -o .", "this is a folder; name a file in it");
    says(2, "train ratings.csv", "--output <FILE>");
    place.write("bad.csv", "user,item,rating\na,b,4\na,c,4x5\n");
    says(1, "train bad.csv -o m", "bad.csv:3: ");
    place.write("empty.csv", "");
    says(1, "train empty.csv -o m", "empty.csv");
    says(
        1,
        "train ratings.csv -a biased-mf --set learning_rate=1e9 -o m",
        "training diverged in epoch 1",
    );
    let expected = ["bad.csv", "empty.csv", "ratings.csv"];
    assert_eq!(place.files(), expected, "no model and no temporary file is left behind");
}

#[test]
fn some_epochs_are_told_in_full() {
    let place = Place::with_ratings();
    let line = "train ratings.csv -a biased-mf --set epochs=5 --set learning_rate=0.0625 --set decay=0.5 -o n --every 2";
    let told = place.run(line).err;
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("epoch ")).collect();
    let numbers: Vec<&str> =
        lines.iter().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(numbers, ["2/5", "4/5", "5/5"], "{told}");
    for (line, rate) in lines.iter().zip(["rate 0.03125 ", "rate 0.0078125 ", "rate 0.00390625 "]) {
        for part in ["loss ", "(data ", ", penalty ", rate, " examples/s"] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
}

#[test]
fn notes_on_times_are_told_by_all_that_train_or_split() {
    let place = Place::new();
    let mut text = String::from("user,item,time\n");
    for (u, i) in (0..20).flat_map(|u| (0..8).map(move |i| (u, i))) {
        text += &format!("u{u},i{},{}\n", (u + i * i) % 12, 1_500_000_000 + u * 1000 + i / 4);
    }
    place.write("t.csv", &text);
    let notes = ["median user is active for 1 second,", "have the same timestamp as another"];
    for command in [
        "train t.csv -a ease --set reg=1 -o m",
        "split t.csv -o parts",
        "compare t.csv -a ease --metric ndcg@5",
        "tune t.csv -a ease --trials 2 -o best.toml",
        "plot matrix t.csv -a ease --set reg=1 -o m.svg",
    ] {
        let told = place.run(command);
        assert_eq!(told.code, 0, "{}", told.err);
        for note in notes {
            assert_eq!(told.err.matches(note).count(), 1, "{command}: {note} in {}", told.err);
        }
    }
    let described = place.ok("describe t.csv").replace('\n', " ");
    let described = described.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(notes.iter().all(|note| described.contains(note)), "{described}");
    let answer = place.json("split t.csv -o again");
    assert_eq!(answer["clean"]["notes"].as_array().map(Vec::len), Some(2));
    let told = place.run("train t.csv --time-col none -a ease --set reg=1 -o m");
    assert!(!told.err.contains("note: "), "{}", told.err);
}

/// Defaults are lowered to what small data allow; a value that was given is refused.
#[test]
fn defaults_follow_small_data() {
    let place = Place::new();
    place.write("few.csv", "user,item,rating\na,x,5\na,y,3\nb,x,4\nb,z,1\n");
    let answer = place.json("train few.csv -a svd -o m");
    assert_eq!(answer["algorithm"]["factors"], 2);
    assert_eq!(answer["defaults_for_this_data"]["factors"], 2);
    assert!(place.fails(2, "train few.csv -a svd --set factors=16 -o m").contains("at most 2"));
    for algorithm in ["gmf", "mlp", "neumf"] {
        let line = format!("train few.csv --implicit -a {algorithm} --set epochs=1 -o m");
        let answer = place.json(&line);
        assert_eq!(answer["defaults_for_this_data"]["negatives"], 2, "{algorithm}");
        let told = place.fails(2, &format!("{line} --set negatives=4"));
        assert!(told.contains("fewer than the number of items"), "{told}");
    }
}

/// Scores that only order items have no error.
#[test]
fn epochs_are_not_chosen_by_the_error_of_ranking_scores() {
    let place = Place::with_ratings();
    for metric in ["rmse", "ndcg@10,mae"] {
        let told = place
            .fails(1, &format!("train ratings.csv -a ials --valid 0.1 --metric {metric} -o m"));
        assert!(told.contains("ials only ranks items"), "{told}");
    }
    place.ok("train ratings.csv -a als --valid 0.1 --metric rmse -o m");
}

#[test]
fn flags_are_told_by_their_own_names() {
    let place = Place::with_ratings();
    let told = place.fails(2, "train ratings.csv --missing good -o m");
    assert!(told.contains("--skip-bad 100") && !told.contains('`'), "{told}");
    let told = place.fails(2, "train ratings.csv --valid 0.1 --metric mrr -o m");
    assert!(!told.contains("setting `metrics`"), "{told}");
    place.ok("train ratings.csv -a als -o m");
    let told = place.fails(2, "recommend m --user u1 --where year>3");
    assert!(told.contains("--where") && !told.contains("filter`"), "{told}");
}
