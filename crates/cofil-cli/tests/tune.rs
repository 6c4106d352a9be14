//! `cofil tune`, `cofil compare --tune` and the report, run as a user runs them.

mod common;
use common::Place;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// The trials of an answer without the times they took.
fn trials(answer: &Value) -> Vec<Value> {
    let mut trials = answer["trials"].as_array().expect("trials").clone();
    trials.iter_mut().for_each(|trial| trial["seconds"] = Value::Null);
    trials
}

#[test]
fn the_winner_is_written_for_train() {
    let place = Place::with_events();
    let line = "tune events.csv -a ials --trials 6 --metric ndcg@5 --implicit -o best.toml \
                --range factors=2..8 --choice solver=cholesky,cg --set init_scale=0.2 \
                --table t.csv --figure f.svg";
    let answer = place.json(line);
    assert_eq!(answer["trials"].as_array().map(Vec::len), Some(6));
    assert_eq!(
        (&answer["metric"], &answer["algorithm"]["algorithm"]),
        (&json!("ndcg@5"), &json!("ials"))
    );
    let best = answer["best"].as_u64().expect("a number") as usize;
    assert_eq!(answer["trials"][best]["value"], answer["value"]);
    for trial in &answer["trials"].as_array().expect("trials")[1..] {
        let drawn = trial["settings"].as_object().expect("settings");
        assert!(!drawn.contains_key("init_scale") && !drawn.contains_key("epochs"), "{drawn:?}");
        assert!((2..=8).contains(&drawn["factors"].as_u64().expect("a whole number")));
        assert!(["cholesky", "cg"].contains(&drawn["solver"].as_str().expect("a name")));
    }
    let text = place.text("best.toml");
    assert!(text.starts_with("# The best of 6 trials of `cofil tune`: ndcg@5 "), "{text}");
    let trained = place.json("train events.csv --config best.toml --implicit -o m");
    assert_eq!(trained["algorithm"], answer["algorithm"]);
    assert_eq!(trained["algorithm"]["init_scale"], 0.2);
    let table = place.text("t.csv");
    assert!(table.starts_with("trial,ndcg@5,epochs,cut,seconds,factors,"), "{table}");
    assert_eq!(table.lines().count(), 7);
    assert!(place.text("f.svg").contains("ials: best so far"));
    // What was done is not done again, and more can be asked for.
    let refused = place.fails(1, line);
    assert!(refused.contains("best.toml.trials: holds finished trials already"), "{refused}");
    let more = place.json(&format!("{} --resume", line.replace("--trials 6", "--trials 8")));
    assert_eq!(trials(&more)[..6], trials(&answer));
    let shown = place.run(&format!("{line} --resume"));
    assert!(shown.err.contains("continuing after 8 finished trials"), "{}", shown.err);
    assert!(shown.out.contains("settings  best.toml"), "{}", shown.out);
}

#[test]
fn a_test_set_that_cannot_be_used_is_refused_before_the_search() {
    let place = Place::with_events();
    let faults = [
        ("events.csv", "events.csv: all 140 test interactions are in the training data"),
        ("missing.csv", "missing.csv: "),
    ];
    for (test, says) in faults {
        let line = format!("tune events.csv -a ease --trials 2 --implicit --test {test} -o a.toml");
        let refused = place.fails(1, &line);
        assert!(refused.contains(says), "{refused}");
    }
    assert!(!place.path("a.toml.trials").exists(), "no trial was made");
}

#[test]
fn threads_change_nothing_and_the_test_part_is_not_seen() {
    let place = Place::with_events();
    place.write("test.csv", "user,item\nu0,even0\nu2,even3\n");
    let line = "tune events.csv -a ease --trials 5 --metric ndcg@5 --implicit";
    let one = place.json(&format!("{line} -o a.toml --threads 1"));
    let two = place.json(&format!("{line} -o b.toml --threads 3 --test test.csv"));
    assert_eq!(trials(&one), trials(&two));
    assert!(one["test"].is_null() && two["test"]["ndcg@5"]["value"].as_f64().is_some());
    let other = place.json(&format!("{line} -o c.toml --seed 1 --search random"));
    assert_ne!(trials(&one), trials(&other));
}

#[test]
fn wrong_arguments_are_refused_at_once() {
    let place = Place::with_events();
    let says = |rest: &str| place.run(&format!("tune events.csv -a ease -o b.toml {rest}")).err;
    assert!(says("--range rge=1..2").contains("did you mean `reg`?"));
    assert!(says("--range reg=2..1").contains("begins at 2 but ends at 1"));
    assert!(says("--range reg=0..1:log").contains("must begin above 0"));
    assert!(says("--range reg").contains("write SETTING=LOW..HIGH"));
    assert!(says("--choice reg=").contains("give at least one value"));
    assert!(says("--table t.xls").contains("must end in .csv or .json"));
    assert!(says("--figure f.jpg").contains(".svg or .png"));
    assert!(says("--metric rmse --implicit").contains("ease only ranks items"));
}

/// Runs `line` and kills it as a power cut would, as soon as `enough` is true of a line it tells.
fn killed(place: &Place, line: &str, mut enough: impl FnMut(&str) -> bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cofil"))
        .current_dir(place.path("."))
        .args(line.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let told = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let found = told.map_while(Result::ok).any(|line| enough(&line));
    assert!(found, "it tells how far it is");
    child.kill().expect("it is killed");
    child.wait().expect("it has ended");
}

fn is_killed_and_goes_on(how: &str) {
    let place = Place::with_events();
    let line = "tune events.csv -a ials --trials 60 --metric ndcg@5 --implicit -o best.toml --json";
    let line = &format!("{line} {how}");
    // Wherever it is after its third trial.
    killed(&place, line, |told| told.starts_with("trial 3/60"));
    let kept = place.text("best.toml.trials");
    assert!(kept.lines().count() >= 3, "a line for the search, and one for each trial: {kept}");
    let resumed = place.json(&line.replace("--json", "--resume"));
    let whole = place.json(&line.replace("best.toml", "whole.toml").replace(" --json", ""));
    assert_eq!(trials(&resumed), trials(&whole));
    assert_eq!(place.text("best.toml"), place.text("whole.toml"));
}

#[test]
fn a_killed_search_goes_on() {
    is_killed_and_goes_on("--threads 1");
}

#[test]
fn a_killed_search_with_trials_side_by_side_goes_on() {
    is_killed_and_goes_on("--threads 3 --parallel 3");
}

#[test]
fn a_killed_comparison_goes_on() {
    let place = Place::with_events();
    let line =
        "compare events.csv --implicit --algorithms ease,ials,slim --metrics ndcg@5 --tune 12";
    let kept = format!("{line} --journal trials");
    // Popularity comes first, then ease: killed while ials is searched, or later.
    killed(&place, &kept, |told| told.contains("/4 ease: "));
    let ease = place.text("trials/ease.trials");
    assert_eq!(ease.lines().count(), 13, "a line for the search, and one for each trial: {ease}");
    let refused = place.fails(1, &kept);
    assert!(refused.contains("popularity.trials: holds finished trials already"), "{refused}");
    let other = place.fails(1, &format!("{kept} --resume --seed 1"));
    assert!(other.contains("these are trials of another search"), "{other}");
    let results = |answer: &Value| -> Vec<(Value, Vec<Value>, Value)> {
        let entries = answer["entries"].as_array().expect("entries");
        let result = |e: &Value| (e["name"].clone(), trials(e), e["report"]["metrics"].clone());
        entries.iter().map(result).collect()
    };
    let resumed = place.json(&format!("{kept} --resume"));
    assert_eq!(results(&resumed), results(&place.json(line)));
    assert_eq!(place.text("trials/ease.trials"), ease, "nothing was tried again");
}

#[test]
fn a_comparison_with_equal_budgets_becomes_a_page() {
    let place = Place::with_events();
    let line = "compare events.csv --implicit --algorithms ease,ials,slim,biased-mf --metrics ndcg@5,auc \
                --set slim.max_memory=1e-9 --skip biased-mf=<b>late</b> --tune 4 --report r.html";
    let answer = place.json(line);
    let entries = answer["entries"].as_array().expect("entries");
    let names: Vec<&str> = entries.iter().filter_map(|e| e["name"].as_str()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for entry in entries.iter().filter(|e| e["name"] != "popularity") {
        assert_eq!(entry["trials"].as_array().map(Vec::len), Some(4), "{}", entry["name"]);
    }
    let effect = |d: &Value| d["effect"].as_f64().is_some();
    assert!(answer["differences"].as_array().expect("differences").iter().all(effect));
    let failures = answer["failures"].as_array().expect("failures");
    assert_eq!(failures[0]["algorithm"], "slim");
    assert!(failures[0]["error"].as_str().is_some_and(|e| e.contains("max_memory")));
    let page = place.text("r.html");
    assert!(page.contains("&lt;b&gt;late&lt;/b&gt;") && !page.contains("<b>late"), "escaped");
    assert!(page.contains("cofil compare events.csv --implicit"), "the command");
    assert!(page.contains("Settings search") && page.contains("popularity@5"));
    let text = place.ok(line);
    for part in ["effect", "slim: skipped: ", "biased-mf: skipped: <b>", "random"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(text.contains("ndcg@5 by number of training interactions"), "{text}");
}

#[test]
fn several_rounds_write_the_settings_of_the_best_search() {
    let place = Place::with_events();
    let line =
        "compare events.csv -a ease --metric ndcg@3 --folds 3 --tune 3 --configs c --report r.html";
    let answer = place.json(line);
    let rounds = answer["rounds"].as_array().expect("rounds");
    let ease = |round: &Value| {
        let entries = round["entries"].as_array().expect("entries").clone();
        entries.into_iter().find(|entry| entry["name"] == "ease").expect("it takes part")
    };
    let best_value = |entry: &Value| {
        let trials = entry["trials"].as_array().expect("trials").iter();
        trials.filter_map(|trial| trial["value"].as_f64()).fold(f64::MIN, f64::max)
    };
    let entries: Vec<Value> = rounds.iter().map(ease).collect();
    let most = entries.iter().map(best_value).fold(f64::MIN, f64::max);
    let best = entries.iter().find(|entry| best_value(entry) == most).expect("one of them");
    let text = place.text("c/ease.toml");
    assert!(text.contains("Settings of the round with the best validation value"), "{text}");
    let trained = place.json("train events.csv --config c/ease.toml -o m");
    assert_eq!(trained["algorithm"]["reg"], best["algorithm"]["reg"]);
    assert!(place.text("r.html").contains("ndcg@3 of each round"));
}
