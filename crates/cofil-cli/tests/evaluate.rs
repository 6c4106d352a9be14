//! `cofil evaluate` and `cofil compare`, run as a user runs them.

use assert_cmd::Command;
use cofil::data::ReadValues;
use cofil::data::read::{ReadOptions, read};
use cofil::{Algorithm, Duplicates, Query, Ratings, Recommender, Run, Who};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// The sample that is built into the command.
const SAMPLE: &[u8] = include_bytes!("../../../datasets/debian/links.csv.zst");

/// Two tastes: tea people and coffee people; popular items are tea and milk.
const TRAIN: &str = "user,item,rating
ann,tea,5
ann,milk,4
bob,tea,4
bob,milk,5
bob,scones,4
cat,coffee,5
cat,sugar,3
dan,coffee,4
dan,sugar,5
dan,milk,1
eve,tea,5
";
const TEST: &str = "user,item,rating
ann,scones,4
cat,milk,2
eve,milk,5
new,tea,3
ann,gold,1
";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    std::fs::write(path.join("train.csv"), TRAIN).unwrap();
    std::fs::write(path.join("test.csv"), TEST).unwrap();
    let negatives = "ann,coffee,sugar\ncat,tea,scones\neve,coffee,milk\nnew,milk,coffee\n";
    std::fs::write(path.join("negatives.csv"), negatives).unwrap();
    let table = read(path.join("train.csv"), &ReadOptions::default()).unwrap().interactions;
    let train = Ratings::new(&table, Duplicates::Last).unwrap();
    let popularity = Algorithm::from_settings("popularity", &serde_json::Map::new()).unwrap();
    // What nobody liked counts, too.
    let run = Run { values: ReadValues::AsWeights, ..Run::default() };
    let recommender = Recommender::train(&popularity, &train, &run).unwrap();
    recommender.save(&path.join("m.cofil")).unwrap();
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

fn warned(folder: &Path, line: &str) -> String {
    let output = cofil(folder, line).assert().success().get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn best_items_are_reordered_on_request() {
    let folder = folder();
    let line = "evaluate m.cofil --test test.csv --metrics mrr@3,popularity@2,ild@2 --json";
    let plain = json(folder.path(), line);
    let other = json(folder.path(), &format!("{line} --popularity-penalty 5"));
    let of = |answer: &Value, metric: &str| answer["metrics"][metric]["value"].as_f64().unwrap();
    assert!(of(&other, "popularity@2") < of(&plain, "popularity@2"));
    assert_ne!(of(&other, "mrr@3"), of(&plain, "mrr@3"));
    assert_eq!(other["baselines"], plain["baselines"], "which stay as they are");
    assert_eq!(other["conditions"]["rerank"]["popularity_penalty"], 5.0);
    assert_eq!(plain["conditions"]["rerank"], Value::Null);
    let far = json(folder.path(), &format!("{line} --mmr 0.1"));
    assert!(of(&far, "ild@2") > of(&plain, "ild@2"));
    let line = "evaluate m.cofil --test test.csv --metrics mrr@3 --mmr 0.1";
    assert!(stdout(folder.path(), line).contains("reranked: the best 100 by mmr 0.1"));
    assert!(refused(folder.path(), &format!("{line} --pool 2")).contains("`pool`: lists of 3"));
    let line = "compare train.csv --test test.csv --algorithms ease --metrics mrr@3 --mmr 2";
    assert!(refused(folder.path(), line).contains("`mmr`: must be from 0 to 1, got 2"));
    stdout(folder.path(), "recommend m.cofil --all -n 2 -o lists.csv");
    let lists =
        "evaluate --lists lists.csv --train train.csv --test test.csv --metrics hr@2 --mmr 0.5";
    assert!(refused(folder.path(), lists).contains("do not apply to --lists"));
}

#[test]
fn evaluate_gives_every_number_its_interval_users_and_maximum() {
    let folder = folder();
    let line = "evaluate m.cofil --test test.csv --metrics recall@1,auc --json";
    let answer = json(folder.path(), line);
    assert_eq!((&answer["users"], &answer["interactions"]), (&4.into(), &5.into()));
    // Counts: tea 3, milk 3, scones 1, coffee 2, sugar 2. ann is shown coffee, the first with 2; cat
    // tea, the first with 3; eve milk; the new one tea.
    let recall = &answer["metrics"]["recall@1"];
    assert_eq!(recall["value"], (0.0 + 0.0 + 1.0 + 1.0) / 4.0);
    let expected = json(folder.path(), &format!("{line} --ties expected"));
    let recall_of_all_orders = expected["metrics"]["recall@1"]["value"].as_f64();
    assert_eq!(recall_of_all_orders, Some((0.0 + 0.5 + 1.0 + 0.5) / 4.0), "tea or milk");
    assert_eq!(recall["users"], 4);
    assert_eq!(recall["max"], (0.5 + 1.0 + 1.0 + 1.0) / 4.0, "gold is not known");
    assert!(recall["low"].as_f64() < recall["high"].as_f64());
    assert_eq!(answer["baselines"]["popularity"]["recall@1"]["value"], recall["value"]);
    assert!(answer["baselines"]["random"]["auc"]["value"].as_f64().unwrap() < 0.5);
    assert_eq!(answer["unknown"]["users"], 1);
    assert_eq!(answer["unknown"]["items"], 1);
    assert!(answer["seconds"]["evaluate"].as_f64().is_some());
    assert_eq!(json(folder.path(), &format!("{line} --threads 1"))["metrics"], answer["metrics"]);
}

#[test]
fn evaluate_shows_a_table_and_writes_csv() {
    let folder = folder();
    let line =
        "evaluate m.cofil --test test.csv --metrics ndcg@2,coverage@1 --by-activity --csv out.csv";
    let text = stdout(folder.path(), line);
    for part in
        ["ndcg@2", "coverage@1", "best possible", "popularity", "random", "training interactions"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    let csv = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    assert!(csv.starts_with("of,metric,value,low,high,users,max\nmodel,ndcg@2,"), "{csv}");
    assert!(csv.contains("\nrandom,ndcg@2,") && csv.contains("\nactivity 0-0,ndcg@2,"), "{csv}");
}

#[test]
fn evaluate_judges_lists_of_any_program() {
    let folder = folder();
    let lists = "user,item,rank\nann,coffee,1\nann,scones,2\neve,milk,1\nzoe,tea,1\n";
    std::fs::write(folder.path().join("lists.csv"), lists).unwrap();
    let line = "evaluate --lists lists.csv --train train.csv --test test.csv --json";
    let answer = json(folder.path(), &format!("{line} --metrics mrr@2,hr@1"));
    // ann's scones are second, eve's milk is first; cat and the new one have no list.
    assert_eq!(answer["metrics"]["mrr@2"]["value"], (0.5 + 1.0) / 4.0);
    assert_eq!(answer["metrics"]["hr@1"]["value"], 1.0 / 4.0);
    assert_eq!(answer["algorithm"], "lists.csv");
    assert!(answer["warnings"].to_string().contains("2 of the test users have no list"));
    assert!(json(folder.path(), line)["metrics"]["ndcg@10"]["value"].as_f64().is_some());
    assert!(
        refused(folder.path(), &format!("{line} --metrics auc"))
            .contains("auc needs more than lists")
    );
    assert!(refused(folder.path(), "evaluate --test test.csv").contains("MODEL"));
}

/// The sample has many items with equal scores.
#[test]
fn evaluate_judges_the_lists_of_recommend() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    std::fs::write(path.join("all.csv.zst"), SAMPLE).unwrap();
    stdout(path, "split all.csv.zst --by user-random --test 0.3 --seed 1 -o parts");
    let mut differ = false;
    for algorithm in ["popularity", "item-knn"] {
        stdout(path, &format!("train parts/train.csv -a {algorithm} -o m.cofil"));
        stdout(path, "recommend m.cofil --all -n 10 -o lists.csv");
        let rest = "--test parts/test.csv --metric ndcg@10 --resamples 0 --json";
        let of_lists = format!("evaluate --lists lists.csv --train parts/train.csv {rest}");
        let of_lists = json(path, &of_lists)["metrics"].clone();
        let judged =
            |ties| json(path, &format!("evaluate m.cofil {rest}{ties}"))["metrics"].clone();
        assert_eq!(judged(""), of_lists, "{algorithm}");
        differ |= judged(" --ties expected") != of_lists;
    }
    assert!(differ, "there are equal scores");
}

#[test]
fn evaluate_among_given_negatives_warns() {
    let folder = folder();
    let line = "evaluate m.cofil --test test.csv --negatives negatives.csv --metrics hr@1 --json";
    let answer = json(folder.path(), line);
    // ann: scones behind coffee and sugar. cat: milk behind tea. eve: milk, named twice. new: tea before milk.
    assert_eq!(answer["metrics"]["hr@1"]["value"], (0.0 + 0.0 + 1.0 + 1.0) / 4.0);
    assert!(answer["warnings"][0].as_str().unwrap().contains("not comparable"));
    let sampled = "evaluate m.cofil --test test.csv --sampled 1 --metrics hr@1 --json";
    assert!(
        json(folder.path(), sampled)["conditions"]["candidates"]
            .as_str()
            .unwrap()
            .contains("1 sampled")
    );
    std::fs::write(folder.path().join("negatives.csv"), "ann,coffee,sugar\nbob,sugar,milk\n")
        .unwrap();
    let says = refused(folder.path(), line);
    assert!(says.contains("3 of the test users have no negatives, such as `cat`"), "{says}");
}

#[test]
fn evaluate_tells_mistakes_and_their_remedy() {
    let folder = folder();
    let says = |line: &str| refused(folder.path(), line);
    let text = says("evaluate m.cofil --test test.csv --metrics ndgc@20");
    assert!(text.contains("unknown metric `ndgc@20`; did you mean `ndcg@20`?"), "{text}");
    let text = says("evaluate m.cofil --test test.csv --ties fair");
    assert!(text.contains("unknown order `fair` (valid: index, expected, worst, best)"), "{text}");
    let text = says("evaluate m.cofil --test nowhere.csv");
    assert!(text.contains("nowhere.csv"), "{text}");
}

#[test]
fn compare_ranks_recipes_beside_popularity_and_guessing() {
    let folder = folder();
    let line = "compare train.csv --test test.csv --algorithms ease --set ease.reg=1 --implicit \
                --metrics ndcg@2,auc --json";
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let answer = json(folder.path(), &line);
    let entries = answer["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    let value = |at: usize| entries[at]["metrics"]["ndcg@2"]["value"].as_f64().unwrap();
    assert!(value(0) >= value(1));
    let ease = entries.iter().find(|e| e["algorithm"]["algorithm"] == "ease").unwrap();
    assert_eq!(ease["algorithm"]["reg"], 1.0);
    assert!(ease["seconds"]["fit"].as_f64().is_some() && ease["model_bytes"].as_u64().unwrap() > 0);
    let baselines: Vec<_> =
        entries.iter().filter(|e| e["baselines"]["random"].is_object()).collect();
    assert_eq!(baselines.len(), 1, "they are the same for all");
    let text = stdout(folder.path(), &line.replace(" --json", ""));
    for part in ["ease", "popularity", "random", "ndcg@2", "p vs. best", "fit s", "model MB"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let says = refused(folder.path(), &line.replace("ease.reg", "eese.reg"));
    assert!(says.contains("did you mean `ease`?"), "{says}");
}

#[test]
fn by_predicted_values_only_those_are_compared_that_predict_any() {
    let folder = folder();
    let line = "compare train.csv --test test.csv --metrics rmse --json";
    let answer = json(folder.path(), line);
    let entries = answer["entries"].as_array().unwrap();
    let names: Vec<_> = entries.iter().map(|e| e["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"biased-mf") && !names.contains(&"ease"), "{names:?}");
    let line =
        "compare train.csv --test test.csv --algorithms ease,biased-mf --metrics rmse --json";
    let answer = json(folder.path(), line);
    assert_eq!(answer["entries"].as_array().map(Vec::len), Some(1));
    let why = answer["failures"][0]["error"].as_str().unwrap();
    assert!(why.contains("ease only ranks items; rmse"), "{why}");
    let line = "compare train.csv --test test.csv --algorithms ease --metrics rmse,mae";
    let says = refused(folder.path(), line);
    assert!(says.contains("error: no algorithm could be compared: ease only ranks"), "{says}");
    let line = "evaluate m.cofil --test test.csv --metrics rmse,hr@1 --json";
    let warnings = json(folder.path(), line)["warnings"].to_string();
    assert!(warnings.contains("popularity only ranks items: its scores"), "{warnings}");
}

#[test]
fn compare_without_a_test_part_holds_out_a_tenth() {
    let folder = folder();
    let line = "compare train.csv --algorithms popularity --metrics hr@3 --json";
    let answer = json(folder.path(), line);
    assert!(answer["split"].as_str().unwrap().contains("random"), "{}", answer["split"]);
    assert_eq!(answer["entries"][0]["interactions"], 1);
}

/// The bundled packages: users held out whole, and scored by a part of what they have.
#[test]
fn users_held_out_are_scored_from_what_is_given() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    std::fs::write(path.join("all.csv.zst"), SAMPLE).unwrap();
    let split = "split all.csv.zst --by users --test 200 --target 0.3 --seed 1 -o parts --gzip";
    cofil(path, split).assert().success();
    stdout(path, "train parts/train.csv.gz --algorithm ease --implicit -o m.cofil");
    let line = "evaluate m.cofil --test parts/test.csv.gz --metrics recall@10,ndcg@10 --json";
    let cold = json(path, line);
    let warm = json(path, &line.replace("--test", "--given parts/given.csv.gz --test"));
    let value = |answer: &Value, name: &str| answer[name]["recall@10"]["value"].as_f64().unwrap();
    assert_eq!(value(&cold, "metrics"), value(&cold["baselines"], "popularity"));
    assert!(value(&warm, "metrics") > 2.0 * value(&warm["baselines"], "popularity"), "{warm}");
    assert_eq!((&warm["unknown"]["users"], &warm["unknown"]["given"]), (&200.into(), &200.into()));

    // The same number by hand: lists for each history.
    let rows = |name: &str| {
        let table = read(path.join(name), &ReadOptions::default()).unwrap().interactions;
        let mut by_user = std::collections::BTreeMap::<String, Vec<String>>::new();
        for (&user, &item) in table.user.iter().zip(&table.item) {
            let items = by_user.entry(table.users.name(user).into()).or_default();
            items.push(table.items.name(item).into());
        }
        by_user
    };
    let (given, test) = (rows("parts/given.csv.gz"), rows("parts/test.csv.gz"));
    let recommender = Recommender::load(&path.join("m.cofil")).unwrap();
    let recall = |(user, wanted): (&String, &Vec<String>)| {
        let known = given[user].iter().filter(|item| recommender.items().get(item).is_some());
        let who = Who::new_user(known.map(|item| (item.as_str(), 1.0)));
        let list = recommender.recommend(&who, &Query::default()).unwrap().items;
        let hits = list.iter().filter(|scored| wanted.contains(&scored.item));
        hits.count() as f64 / wanted.len() as f64
    };
    let mean = test.iter().map(recall).sum::<f64>() / test.len() as f64;
    assert!((mean - value(&warm, "metrics")).abs() < 1e-12, "{mean}");

    let line = "compare parts/train.csv.gz --given parts/given.csv.gz --test parts/test.csv.gz \
                --algorithms ease --implicit --metrics recall@10 --json";
    let answer = json(path, &line.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(value(&answer["entries"][0], "metrics"), value(&warm, "metrics"));
    let says = refused(path, "compare all.csv.zst --given parts/given.csv.gz");
    assert!(says.contains("--test"), "{says}");
}

#[test]
fn one_algorithm_takes_part_with_several_settings() {
    let folder = folder();
    let line = "compare train.csv --test test.csv -a popularity --with ease:reg=1 --with ease:reg=50 --implicit \
                --metric ndcg@2 --configs settings";
    let answer = json(folder.path(), &format!("{line} --json"));
    let entries = answer["entries"].as_array().unwrap();
    let mut names: Vec<_> = entries.iter().map(|e| e["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["ease:reg=1", "ease:reg=50", "popularity"]);
    assert_eq!(answer["conclusion"]["best"], entries[0]["name"]);
    let text = std::fs::read_to_string(folder.path().join("settings/ease-reg=50.toml")).unwrap();
    assert!(
        text.starts_with("# ease:reg=50 in `cofil compare train.csv`")
            && text.contains("reg = 50.0"),
        "{text}"
    );
    let line_of_train =
        "train train.csv --implicit --config settings/ease-reg=50.toml -o t.cofil --json";
    assert_eq!(json(folder.path(), line_of_train)["algorithm"]["reg"], 50.0);
    let text = stdout(folder.path(), line);
    for part in
        ["is best by ndcg@2", "Next:", "cofil train train.csv --config settings/", "--implicit"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    // What is typed next trains the best.
    let next = text.lines().skip_while(|l| *l != "Next:").skip(1);
    let next: Vec<&str> = next
        .take_while(|l| !l.contains("recommend"))
        .map(|l| l.trim().trim_end_matches('\\').trim())
        .collect();
    stdout(folder.path(), next.join(" ").strip_prefix("cofil ").unwrap());
    let says = refused(folder.path(), "compare train.csv --with ease:rg=1");
    assert!(says.contains("did you mean `reg`?"), "{says}");
}

#[test]
fn folds_and_seeds_give_mean_and_deviation() {
    let folder = TempDir::new().unwrap();
    let mut text = String::from("user,item\n");
    for (u, i) in (0..30).flat_map(|u| (0..12).map(move |i| (u, i))) {
        if i % 2 == u % 2 && (i + u) % 3 != 0 {
            text += &format!("u{u},i{i}\n");
        }
    }
    std::fs::write(folder.path().join("t.csv"), text).unwrap();
    let line = "compare t.csv -a ease --metric ndcg@5,auc --folds 3 --seeds 2";
    let answer = json(folder.path(), &format!("{line} --json"));
    let rounds = answer["rounds"].as_array().unwrap();
    let places: Vec<_> =
        rounds.iter().map(|r| (r["fold"].as_u64().unwrap(), r["seed"].as_u64().unwrap())).collect();
    assert_eq!(places, [(1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (3, 1)]);
    let best = &answer["standings"][0];
    let spread = &best["metrics"][0];
    let values: Vec<f64> =
        spread["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let mean = values.iter().sum::<f64>() / 6.0;
    let sd = (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 5.0).sqrt();
    assert!((spread["mean"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert!((spread["sd"].as_f64().unwrap() - sd).abs() < 1e-12);
    let text = stdout(folder.path(), line);
    for part in [" ± ", "best in", "ndcg@5 of each round", "is best by the mean of ndcg@5"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    stdout(folder.path(), &format!("{line} --report r.html"));
    let page = std::fs::read_to_string(folder.path().join("r.html")).unwrap();
    for part in
        ["Mean ± standard deviation", "ndcg@5 of each round", best["name"].as_str().unwrap()]
    {
        assert!(page.contains(part), "{part}");
    }
    for (wrong, part) in [
        ("--folds 3 --by random", "--folds needs --by kfold"),
        ("--folds 3 --test 0.2", "--test cannot be combined with --from or --folds"),
        ("--test t.csv --by last", "cannot be combined with --by, --folds, --from or --target"),
        ("--by time", "needs times"),
        ("--by lst", "last"),
    ] {
        let says = refused(folder.path(), &format!("compare t.csv -a ease {wrong}"));
        assert!(says.contains(part), "{wrong}: {says}");
    }
}

/// A split made by `split` and one made by `compare` are the same.
#[test]
fn every_way_to_split_is_that_of_split() {
    let folder = TempDir::new().unwrap();
    let mut text = String::from("user,item,time\n");
    for (u, i) in (0..40).flat_map(|u| (0..12).map(move |i| (u, i))) {
        if i % 2 == u % 2 && (i + u) % 3 != 0 {
            text += &format!("u{u},i{i},{}\n", 1_000_000_000 + (u * 7 + i * 13) % 100 * 100_000);
        }
    }
    std::fs::write(folder.path().join("t.csv"), text).unwrap();
    for how in [
        "--by user-random --test 0.3",
        "--by last",
        "--by time --test 0.2",
        "--from 2001-11-01",
        "--by users --test 8 --target 0.5",
    ] {
        let ease = "-a ease --set ease.reg=1 --implicit --metric ndcg@3 --json";
        let value = |answer: &Value| {
            let entries = answer["entries"].as_array().unwrap().clone();
            let ease = entries.into_iter().find(|e| e["name"] == "ease").unwrap();
            ease["metrics"]["ndcg@3"]["value"].as_f64().unwrap()
        };
        let at_once = json(folder.path(), &format!("compare t.csv {how} {ease}"));
        stdout(folder.path(), &format!("split t.csv {how} -o parts --implicit"));
        let given = if how.contains("users") { " --given parts/given.csv" } else { "" };
        let parts = format!("compare parts/train.csv{given} --test parts/test.csv {ease}");
        // Users are added up in another order.
        let difference = value(&at_once) - value(&json(folder.path(), &parts));
        assert!(difference.abs() < 1e-12, "{how}: {difference}");
    }
}

#[test]
fn saved_models_stand_side_by_side() {
    let folder = folder();
    stdout(folder.path(), "train train.csv -a ease --set reg=1 --implicit -o e.cofil");
    let line = "evaluate m.cofil e.cofil --test test.csv --metric ndcg@2,auc";
    let answer = json(folder.path(), &format!("{line} --json"));
    let entries = answer["entries"].as_array().unwrap();
    assert_eq!((entries.len(), answer["differences"].as_array().unwrap().len()), (2, 1));
    for entry in entries {
        let alone = format!(
            "evaluate {}.cofil --test test.csv --metric ndcg@2,auc --json",
            entry["name"].as_str().unwrap()
        );
        assert_eq!(entry["metrics"], json(folder.path(), &alone)["metrics"]);
    }
    assert_eq!(answer["conclusion"]["best"], entries[0]["name"]);
    let text = stdout(folder.path(), line);
    assert!(text.contains("\n* ") && text.contains("is best by ndcg@2"), "{text}");
    std::fs::write(folder.path().join("other.csv"), "user,item\nzoe,tea\nann,tea\nann,milk\n")
        .unwrap();
    stdout(folder.path(), "train other.csv -a ease --implicit -o o.cofil");
    let told =
        json(folder.path(), "evaluate m.cofil o.cofil --test test.csv --metric ndcg@2 --json");
    assert_eq!(told["differences"], serde_json::json!([null]), "users are numbered differently");
    let conclusion = &told["conclusion"];
    assert_eq!(conclusion["untested"], serde_json::json!([]), "{conclusion}");
    assert_eq!(conclusion["apart"], serde_json::json!([told["entries"][1]["name"]]));
    let line = "evaluate m.cofil e.cofil o.cofil --test test.csv --metric ndcg@2";
    let told = stdout(folder.path(), line);
    assert!(told.replace('\n', " ").contains("trained on another table"), "{told}");
    // Those of one table are still compared.
    let told = json(folder.path(), &format!("{line} --json"));
    let alone = if told["conclusion"]["best"] == "o" { 2 } else { 1 };
    assert_eq!(told["conclusion"]["apart"].as_array().map(Vec::len), Some(alone), "{told}");
}

#[test]
fn earlier_names_of_options_are_taken() {
    let folder = folder();
    let old = "compare train.csv --test test.csv --algorithms ease --metrics hit_rate@2 --json";
    let new = "compare train.csv --test test.csv -a ease --metric hr@2 --json";
    let metrics = |line: &str| json(folder.path(), line)["entries"][0]["metrics"].clone();
    assert_eq!(metrics(old), metrics(new));
    let old = "recommend m.cofil --user ann --with-seen --json";
    assert_eq!(
        json(folder.path(), old),
        json(folder.path(), &old.replace("--with-seen", "--seen"))
    );
    stdout(
        folder.path(),
        "train train.csv -a biased-mf --set epochs=2 --valid 0.2 --valid-metric mae --curve c.csv -o b.cofil",
    );
    assert!(std::fs::read_to_string(folder.path().join("c.csv")).unwrap().contains("mae"));
}

/// What was trained on cannot be tested on; where most was, the figures say little.
#[test]
fn a_test_on_the_training_data_is_refused() {
    let folder = folder();
    let path = folder.path();
    let told = refused(path, "evaluate m.cofil --test train.csv");
    assert!(told.contains("all 11 test interactions are in the training data"), "{told}");
    assert!(told.contains("`cofil split`"), "{told}");
    let told = refused(path, "compare train.csv --test train.csv -a popularity,ease");
    assert!(told.contains("all 11 test interactions are in the training data"), "{told}");
    // Ranked with what users have, they can be found.
    assert!(stdout(path, "evaluate m.cofil --test train.csv --seen").contains("ndcg@10"));
    std::fs::write(path.join("most.csv"), format!("{TRAIN}ann,scones,4\n")).unwrap();
    let told = warned(path, "evaluate m.cofil --test most.csv");
    assert!(told.contains("11 of 12 test interactions are in the training data"), "{told}");
}

/// Predictions for the pairs of a test set are no recommendations.
#[test]
fn lists_of_test_items_alone_are_told() {
    let folder = folder();
    let path = folder.path();
    stdout(path, "predict m.cofil --pairs test.csv -o pairs.csv");
    let line = "evaluate --lists pairs.csv --train train.csv --test test.csv";
    let told = warned(path, line);
    assert!(told.contains("the lists hold only test items"), "{told}");
}

#[test]
fn histories_of_new_users_are_asked_for() {
    let folder = folder();
    let path = folder.path();
    std::fs::write(path.join("new.csv"), "user,item,rating\nx,tea,5\ny,milk,4\n").unwrap();
    let told = warned(path, "evaluate m.cofil --test new.csv");
    assert!(told.contains("give their histories (--given)"), "{told}");
}

/// Each seed draws another split; on a fixed split, what has no randomness counts once.
#[test]
fn seeds_repeat_the_split_where_it_is_random() {
    let folder = folder();
    let path = folder.path();
    std::fs::write(path.join("sample.csv.zst"), SAMPLE).unwrap();
    let line =
        "compare sample.csv.zst -a popularity --metric ndcg@10 --resamples 0 --seeds 2 --json";
    let answer = json(path, line);
    let values = answer["standings"][0]["metrics"][0]["values"].as_array().unwrap();
    assert_ne!(values[0], values[1], "{values:?}");
    let line = "compare train.csv --test test.csv -a popularity --metric ndcg@10 --seeds 2";
    let told = stdout(path, line);
    assert!(told.contains("over 1 round") && told.contains("1 of 1"), "{told}");
    assert_eq!(told.matches('±').count(), 1, "{told}");
}
