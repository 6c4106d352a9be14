//! Importing and exporting models.

mod common;
use common::Place;
use serde_json::{Value, json};

/// The score of each item for a user.
fn scores(place: &Place, model: &str, user: &str) -> Vec<(String, f64)> {
    let list = place.json(&format!("recommend {model} --user {user} -n 20"))["items"].clone();
    let items = list.as_array().expect("a list").iter();
    let pair = |item: &Value| Some((item["item"].as_str()?.to_owned(), item["score"].as_f64()?));
    items.map(|item| pair(item).expect("item and score")).collect()
}

#[test]
fn what_is_exported_is_imported() {
    let place = Place::with_ratings();
    place.ok("train ratings.csv -a biased-mf --set factors=3 --set epochs=3 -o m");
    let told = place.ok("export m m.npz");
    assert!(told.contains("wrote m.npz"), "{told}");
    let report = place.json("import m.npz --seen ratings.csv --description ours -o i");
    assert_eq!((&report["format"], &report["target"]), (&json!("arrays"), &json!("rating")));
    assert_eq!((&report["factors"], &report["interactions"]), (&json!(3), &json!(192)));
    assert_eq!(scores(&place, "i", "u1"), scores(&place, "m", "u1"));
    let card = place.json("inspect i");
    assert_eq!(
        card["imported"],
        json!({"name": "arrays", "description": "ours", "target": "rating"})
    );
    // It is served, evaluated and updated like any other.
    place.write("more.csv", "user,item,rating\nu1,i2,5\nnew,i1,4\n");
    place.ok("evaluate i --test ratings.csv --metric rmse --seen");
    assert_eq!(place.json("update i more.csv -o n")["new_users"], 1);
    place.ok("recommend n --user new -n 3");
    assert!(place.fails(1, "forget i --user u1 --refit -o n").contains("was imported"));
    // The same files give the same bytes.
    place.ok("import m.npz --seen ratings.csv --description ours -o again");
    assert_eq!(place.read("i"), place.read("again"));
}

#[test]
fn what_is_assumed_is_told_and_what_is_missing_is_asked_for() {
    let place = Place::new();
    place.write("m.txt", "f 0\nm 2\nn 2\nk 1\nb 3\np0 T 2 \np1 T 1 \nq0 T 1.5 \nq1 T 2 \n");
    let told = place.fails(2, "import m.txt -o m");
    assert!(told.contains("`scale`") && told.contains("the smallest and the largest"), "{told}");
    let answer = place.run("import m.txt --scale 1,5 -o m");
    assert!(answer.err.contains("numbers of LIBMF's training file"), "{}", answer.err);
    assert!(answer.out.contains("predicted ratings"), "{}", answer.out);
    assert_eq!(place.json("predict m --user 0 --item 1")["prediction"], 4.0);
    place.write("users.txt", "ann\nbob\n");
    place.write("items.csv", "title,item\nAlien,x\nHeat,y\n");
    place.ok("import m.txt --scale 1,5 --user-ids users.txt --item-ids items.csv -o m");
    assert_eq!(place.json("predict m --user ann --item y")["prediction"], 4.0);
    place.write("users.txt", "ann\n");
    let told = place.fails(1, "import m.txt --scale 1,5 --user-ids users.txt -o n");
    assert!(told.contains("2 users and 1 user id"), "{told}");
    place.write("m.pkl", b"\x80\x04\x95");
    assert!(place.fails(1, "import m.pkl -o n").contains("could run code"));
    assert!(!place.files().contains(&"n".to_owned()));
}

#[test]
fn vectors_go_out_and_come_in() {
    let place = Place::with_events();
    place.ok("train events.csv -a ials --set factors=4 -o m");
    for ending in ["csv", "jsonl", "parquet", "arrow"] {
        place.ok(&format!("export m items.{ending}"));
        place.ok(&format!("export m users.{ending} --vectors users"));
        let vectors = format!("items.{ending} --user-vectors users.{ending}");
        place.ok(&format!("import {vectors} --seen events.csv -o i"));
        assert_eq!(scores(&place, "i", "u3"), scores(&place, "m", "u3"), "{ending}");
    }
    place.ok("export m items.npy");
    let names: Value = serde_json::from_str(&place.text("items.npy.json")).expect("JSON");
    let names: Vec<&str> =
        names["items"].as_array().expect("ids").iter().filter_map(Value::as_str).collect();
    place.write("items.txt", names.join("\n"));
    let report = place.json("import items.npy --item-ids items.txt --seen events.csv -o i");
    assert_eq!((&report["users"], &report["fold_in"]), (&json!(20), &json!("implicit")));
    assert_eq!(scores(&place, "i", "u3").len(), scores(&place, "m", "u3").len());
}

#[test]
fn files_that_cannot_be_exported_are_refused_early() {
    let place = Place::with_events();
    place.ok("train events.csv -a user-knn -o m");
    assert!(place.fails(1, "export m m.pth").contains("unknown file extension"));
    assert!(place.fails(1, "export m m.onnx").contains("user-neighbours"));
    assert!(place.fails(1, "export m m.csv --vectors users").contains("no user vectors"));
    assert!(place.fails(2, "export m m.csv --vectors both").contains("both"));
    place.ok("export m m.npz");
    assert_eq!(place.files().iter().filter(|name| name.starts_with("m.")).count(), 1);
}

/// Their inner products are not numbers of single precision, and lists of them would be of ties.
#[test]
fn vectors_beyond_single_precision_are_refused() {
    let place = Place::new();
    let import = |unit: &str| {
        let rows = format!("item,vector\na,\"[1{unit},2{unit}]\"\nb,\"[2{unit},1{unit}]\"\n");
        place.write("vectors.csv", rows);
        place.run("import vectors.csv -o m")
    };
    for unit in ["e19", "e-25"] {
        let refused = import(unit);
        assert_eq!(refused.code, 1, "{}", refused.err);
        assert!(refused.err.contains("leave the range of single precision"), "{}", refused.err);
    }
    for unit in ["e14", "e-14", ""] {
        assert_eq!(import(unit).code, 0, "{unit}");
        assert_eq!(place.json("similar m --item a")["items"][0]["score"], 0.8, "{unit}");
    }
}
