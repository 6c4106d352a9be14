//! `cofil describe` and `cofil split`, run as a user runs them.

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// Ten ratings: three users, five items, one repeated pair, one mark for "no rating", two equal times.
const TABLE: &str = "user,item,rating,timestamp
ann,tea,5,100
ann,milk,3,200
ann,jam,-1,300
bob,tea,4,150
bob,milk,2,150
bob,bread,4,400
cat,tea,1,50
cat,salt,5,500
ann,tea,4,600
cat,bread,2,700
";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("ratings.csv"), TABLE).unwrap();
    folder
}

fn cofil(folder: &Path, line: &str) -> Command {
    let mut command = Command::cargo_bin("cofil").unwrap();
    command.current_dir(folder).args(line.split(' '));
    command
}

fn stdout(folder: &Path, line: &str) -> String {
    let output = cofil(folder, line).assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

fn json(folder: &Path, line: &str) -> Value {
    serde_json::from_str(&stdout(folder, line)).unwrap()
}

fn refused(folder: &Path, line: &str) -> String {
    let output = cofil(folder, line).assert().failure().get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap()
}

#[test]
fn describe_tells_sizes_and_what_to_look_at() {
    let folder = folder();
    let text = stdout(folder.path(), "describe ratings.csv");
    let first = "3 users, 5 items, 10 interactions of 9 pairs; density 60 %\n";
    assert!(text.starts_with(first), "{text}");
    for part in [
        "1970-01-01 00:00:50 to 1970-01-01 00:11:40, 0 days",
        "-1 in 1 row (10 %) probably means",
        "--missing -1",
        "1 pair occurs more than once, 1 with different values",
        "busiest users: ann (4)",
        "most popular items: tea (4)",
        "Ratings from 1 to 5",
        "biased-mf",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
}

#[test]
fn describe_as_json_after_cleaning() {
    let folder = folder();
    let line = "describe ratings.csv --missing -1 --duplicates mean --min-item 2 --json";
    let report = json(folder.path(), line);
    assert_eq!(report["clean"]["rows"], 9);
    assert_eq!(report["clean"]["duplicates"], 1);
    assert_eq!(report["clean"]["outside_core"], 1);
    let d = &report["description"];
    assert_eq!((&d["users"], &d["items"], &d["interactions"]), (&3.into(), &3.into(), &7.into()));
    // 4.5 (ann's tea), 3, 4, 2, 4, 1, 2.
    assert_eq!(d["values"]["mean"], 20.5 / 7.0);
    assert_eq!(d["values"]["kind"], "ratings");
    assert_eq!(d["per_item"]["max"], 3);
}

#[test]
fn describe_draws() {
    let folder = folder();
    let text = stdout(folder.path(), "describe ratings.csv --plot figure.svg");
    assert!(text.ends_with("wrote figure.svg\n"), "{text}");
    assert!(read(folder.path(), "figure.svg").contains("Interactions per user"));
    stdout(folder.path(), "describe ratings.csv --plot figure.png");
    let png = std::fs::read(folder.path().join("figure.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let error = refused(folder.path(), "describe ratings.csv --plot figure.gif");
    assert!(error.contains("figure.gif"), "{error}");
}

#[test]
fn the_latest_of_each_user_in_exact_bytes() {
    let folder = folder();
    let report = json(folder.path(), "split ratings.csv --missing -1 --by last -o out --json");
    let test = "user,item,value,time\nbob,bread,4,400\nann,tea,4,600\ncat,bread,2,700\n";
    assert_eq!(read(folder.path(), "out/test.csv"), test);
    let train = "user,item,value,time\nann,milk,3,200\nbob,tea,4,150\nbob,milk,2,150\n\
                 cat,tea,1,50\ncat,salt,5,500\n";
    assert_eq!(read(folder.path(), "out/train.csv"), train);
    let saved: Value = serde_json::from_str(&read(folder.path(), "out/split.json")).unwrap();
    assert_eq!(saved, report);
    let part = &report["parts"][0];
    assert_eq!(part["split"], serde_json::json!({"by": "last", "test": 1}));
    assert_eq!(part["leakage"]["before_own_training"], 0);
    assert_eq!(part["leakage"]["before_any_training"], 1, "bob's bread is older than cat's salt");
    assert_eq!(part["leakage"]["new_items"], 1, "bread");
    assert_eq!(part["id"].as_str().unwrap().len(), 64);
}

#[test]
fn the_same_seed_gives_the_same_files() {
    let folder = folder();
    let files = |seed: u64, out: &str| {
        let line = format!("split ratings.csv --by random --test 0.4 --seed {seed} -o {out}");
        stdout(folder.path(), &line);
        [format!("{out}/train.csv"), format!("{out}/test.csv")].map(|f| read(folder.path(), &f))
    };
    let one = files(42, "a");
    assert_eq!(one, files(42, "b"));
    assert_ne!(one, files(43, "c"));
    assert_eq!(one[1].lines().count(), 1 + 4, "0.4 of 9 pairs is 3.6");
}

#[test]
fn folds_and_held_out_users_get_their_files() {
    let folder = folder();
    let line = "split ratings.csv --by kfold --folds 3 --gzip -o k --json";
    let report = json(folder.path(), line);
    let parts = report["parts"].as_array().unwrap();
    let tested = parts.iter().map(|p| p["test"]["interactions"].as_u64().unwrap());
    assert_eq!((parts.len(), tested.sum::<u64>()), (3, 9));
    assert!(folder.path().join("k/fold3/test.csv.gz").exists());
    let line = "split ratings.csv --by users --test 1 --target 0.5 -o u --json";
    assert_eq!(json(folder.path(), line)["parts"][0]["leakage"]["new_users"], 1);
    assert!(read(folder.path(), "u/given.csv").lines().count() > 1);
}

#[test]
fn a_moment_cuts_for_all() {
    let folder = folder();
    let line = "split ratings.csv --by time --from 1970-01-01T00:08:20 -o t";
    stdout(folder.path(), line);
    let test = "user,item,value,time\ncat,salt,5,500\nann,tea,4,600\ncat,bread,2,700\n";
    assert_eq!(read(folder.path(), "t/test.csv"), test);
    // The order of the rows does not matter: the times decide, also if the newest come first.
    let (names, rows) = TABLE.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.sort_by_key(|row| {
        std::cmp::Reverse(row.rsplit(',').next().unwrap().parse::<u64>().unwrap())
    });
    std::fs::write(folder.path().join("newest.csv"), format!("{names}\n{}\n", rows.join("\n")))
        .unwrap();
    let sorted = |file: &str| {
        let text = read(folder.path(), file);
        let mut lines: Vec<String> = text.lines().map(Into::into).collect();
        lines.sort();
        lines
    };
    for by in ["time --test 0.3", "last"] {
        stdout(folder.path(), &format!("split ratings.csv --by {by} -o one"));
        stdout(folder.path(), &format!("split newest.csv --by {by} -o other"));
        for part in ["train.csv", "test.csv"] {
            assert_eq!(sorted(&format!("one/{part}")), sorted(&format!("other/{part}")), "{by}");
        }
        for set in ["one", "other"] {
            std::fs::remove_dir_all(folder.path().join(set)).unwrap();
        }
    }
}

#[test]
fn parts_that_exist_are_compared() {
    let folder = folder();
    let test = "user,item,rating\nann,tea,5\ndan,egg,1\n";
    std::fs::write(folder.path().join("test.csv"), test).unwrap();
    let found = json(folder.path(), "split ratings.csv --check test.csv --json");
    let leakage = &found["leakage"];
    assert_eq!((&leakage["shared_pairs"], &leakage["new_users"]), (&1.into(), &1.into()));
    let text = stdout(folder.path(), "split ratings.csv --check test.csv");
    assert!(text.contains("- 1 test interaction (50 %)"), "{text}");
}

#[test]
fn mistakes_are_told_with_their_remedy() {
    let folder = folder();
    std::fs::write(folder.path().join("untimed.csv"), "user,item\na,x\nb,y\nb,x\n").unwrap();
    for (line, told) in [
        ("split untimed.csv --by time -o out", "the data has none; name their column"),
        ("split ratings.csv --test 1.5 -o out", "must be a share above 0 and below 1"),
        ("split ratings.csv --test 9 -o out", "the training set would be empty: 9 of 9"),
        ("split ratings.csv --by kfold --folds 1 -o out", "must be 2 to 255, got 1"),
        ("split ratings.csv --by users --test 3 -o out", "3 users cannot be held out"),
        ("split ratings.csv --min-user 9 -o out", "no rows left after cleaning 10 rows"),
        ("split ratings.csv --duplicates error -o out", "user `ann` and item `tea` occur more"),
        ("split ratings.csv -o ratings.csv/out", "ratings.csv/out: cannot create the folder"),
        ("split ratings.csv", "--output"),
        ("split ratings.csv --by time --from May -o out", "`May` is not a time"),
        ("describe missing.csv", "missing.csv"),
    ] {
        let error = refused(folder.path(), line);
        assert!(error.contains(told), "{line}:\n{error}");
    }
    assert!(!folder.path().join("out").exists(), "nothing is written where nothing is split");
}
