//! Options that are refused where they would mean nothing, and ids of which nothing is known.

mod common;

use common::Place;

/// With ratings and the models `ease`, `knn` and `ratings`.
fn place() -> Place {
    let place = Place::with_ratings();
    place.ok("train ratings.csv -a ease -o ease");
    place.ok("train ratings.csv -a biased-mf --set factors=2 --set epochs=3 -o ratings");
    place
}

/// An option that would do nothing is an error, and nothing is written.
#[test]
fn options_that_would_be_ignored_are_refused() {
    let place = place();
    place.write("lists.csv", "user,item,score\nu0,i0,1\n");
    let files = place.files();
    for (line, part) in [
        ("similar ease --user u1 -o x.csv", "print similar users with --json"),
        ("similar ease --item i1 --exact", "--exact"),
        ("predict ratings --user u1 --item i1 -o x.csv", "--output"),
        ("recommend ease --history i1 -o x.csv", "or of a known --user; print others with --json"),
        ("recommend ease --popular -o x.csv", "--output"),
        ("recommend ease --user u1 --pool 20", "--popularity-penalty"),
        (
            "evaluate --lists lists.csv --train ratings.csv --test ratings.csv --corrected",
            "--corrected",
        ),
        ("evaluate ease --test ratings.csv --negatives lists.csv --corrected", "--corrected"),
        (
            "evaluate --lists lists.csv --train ratings.csv --test ratings.csv --mmr 0.5",
            "do not apply to --lists",
        ),
        ("train ratings.csv -a slim --every 4 -o x", "--every: slim does not train in epochs"),
        ("train ratings.csv -a slim --checkpoint c -o x", "--checkpoint: slim does not train"),
        ("train ratings.csv -a slim --plot c.svg -o x", "--plot: slim does not train"),
        ("train ratings.csv -a ials --patience 2 -o x", "--valid"),
        ("train ratings.csv -a ials --metric rmse -o x", "--valid"),
        ("split ratings.csv --check ratings.csv --by last", "--by"),
        ("evaluate ease ratings --test ratings.csv --seen --table x", "--table takes one model"),
        ("split ratings.csv --folds 3 --by random -o x", "--folds needs --by kfold"),
        (
            "split ratings.csv --folds 3 --test 0.2 -o x",
            "--test cannot be combined with --from or --folds",
        ),
    ] {
        let told = place.fails(2, line);
        assert!(told.contains(part), "{line}: {told}");
        assert_eq!(place.files(), files, "{line}");
    }
}

/// Old names of options are still read.
#[test]
fn options_keep_their_former_names() {
    let place = place();
    place.ok("evaluate ease --test ratings.csv --seen --csv a.csv");
    place.ok("evaluate ease --test ratings.csv --seen --table b.csv");
    assert_eq!(place.text("a.csv"), place.text("b.csv"));
    let tune = "tune ratings.csv -a ease --trials 1 --metric ndcg@3";
    place.ok(&format!("{tune} --judged 5 -o a.toml"));
    place.ok(&format!("{tune} --valid-users 5 -o b.toml"));
}

#[test]
fn one_pair_is_predicted_as_in_a_table() {
    let place = place();
    place.write("pairs.csv", "user,item\nnobody,i1\nu1,nothing\n");
    let table = place.json("predict ratings --pairs pairs.csv");
    for (at, pair) in ["--user nobody --item i1", "--user u1 --item nothing"].iter().enumerate() {
        let one = place.run(&format!("predict ratings {pair} --json"));
        assert_eq!(one.code, 0, "{}", one.err);
        assert!(one.err.contains("predicted from biases"), "{}", one.err);
        let one: serde_json::Value = serde_json::from_str(&one.out).unwrap();
        assert_eq!(one["prediction"], table["predictions"][at]["prediction"]);
        assert!(one["prediction"].is_number(), "{one}");
        place.fails(1, &format!("predict ratings {pair} --strict"));
        // Scores of algorithms that rank have no biases.
        place.fails(1, &format!("predict ease {pair}"));
    }
}

#[test]
fn lists_and_scores_by_popularity_say_so_once() {
    let place = place();
    let told = place.run("recommend ease --user nobody");
    assert!(told.out.contains("`nobody` is not known"), "{}", told.out);
    assert!(!told.err.contains("nobody"), "{}", told.err);
    let told = place.ok("recommend ease --popular");
    assert!(!told.contains("Because of") && told.contains("Score"), "{told}");
    let told = place.ok("explain ease --user nobody --item i1");
    assert!(
        told.starts_with("User `nobody` is not known; showing the popularity of i1: "),
        "{told}"
    );
    assert!(told.trim_end().ends_with(" users.") && !told.contains("Exact"), "{told}");
    let told = place.ok("explain ratings --user nobody --item i1");
    assert!(told.contains("rating of i1 by an unknown user"), "{told}");
}

#[test]
fn values_of_settings_are_asked_for_as_they_are_written() {
    let place = place();
    for (setting, part) in [
        ("mlp --set layers=(10,10)", "must be a list such as"),
        ("mlp --set layers=a", "must be a list such as"),
        ("ials --set factors=-3", "must not be negative, got -3"),
        ("ials --set factors=1.5", "must be a whole number, not 1.5"),
    ] {
        let told = place.fails(2, &format!("train ratings.csv -a {setting} -o x"));
        assert!(told.contains(part), "{setting}: {told}");
    }
    for (text, part) in [
        ("algorithm = \"ials\n", "line 1: a text lacks its closing quote"),
        ("algorithm = \"ials\"\nreg =\n", "line 2: a value is missing"),
        ("algorithm = \"ials\"\nreg = 1\nreg = 2\n", "line 3: a setting is given twice"),
    ] {
        place.write("c.toml", text);
        let told = place.fails(1, "train ratings.csv --config c.toml -o x");
        assert!(told.contains(part) && !told.contains("TOML"), "{told}");
    }
    for (text, part) in [
        (
            "# best\nalgorithm: ials\nreg: 0.1\n",
            "this looks like YAML, which is not read; write TOML",
        ),
        ("---\nalgorithm: ials\n", "this looks like YAML"),
        ("train:\n  reg: 1\n", "this looks like YAML"),
        ("{\"algorithm\": \"ials\"}\n", "give the file a name that ends in .json"),
        ("reg = 2021-01-01T00:00:00:00\n", "line 1: "),
    ] {
        place.write("c.yaml", text);
        let told = place.fails(1, "train ratings.csv --config c.yaml -o x");
        assert!(told.contains(part), "{text}: {told}");
    }
}
