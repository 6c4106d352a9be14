//! Commands that change a model: update, forget.

mod common;
use common::Place;
use serde_json::json;

const RECIPES: [&str; 5] = [
    "ease --set reg=1",
    "item-knn",
    "ials --set factors=4",
    "gmf --set factors=4 --set epochs=2",
    "autorec-user --set hidden=4 --set epochs=2 --set negatives=3",
];

#[test]
fn new_events_users_and_items_take_part() {
    let place = Place::with_events();
    let events = "user,item\nu0,even0\nnew,odd1\nnew,odd2\nnew,fresh\nu1,fresh\nu3,fresh\n";
    place.write("more.csv", events);
    for recipe in RECIPES {
        place.ok(&format!("train events.csv -a {recipe} -o m"));
        let told = place.json("update m more.csv -o n");
        for (key, value) in
            [("events", 6), ("users", 4), ("new_users", 1), ("new_items", 1), ("interactions", 146)]
        {
            assert_eq!(told[key], json!(value), "{recipe}: {told}");
        }
        let list =
            |who: &str| place.json(&format!("recommend n --user {who} -n 17"))["items"].clone();
        let names = |who: &str| -> Vec<String> {
            let items = list(who).as_array().expect("a list").clone();
            items.iter().map(|i| i["item"].as_str().expect("a name").to_owned()).collect()
        };
        assert!(!names("u0").contains(&"even0".to_owned()), "{recipe}: it is seen now");
        assert!(!names("new").contains(&"fresh".to_owned()), "{recipe}");
        if !recipe.starts_with("autorec") && !recipe.starts_with("gmf") {
            let first = &names("new")[..3];
            assert!(
                first.iter().all(|i| i.starts_with("odd") || i == "all"),
                "{recipe}: {first:?}"
            );
            let (odd, even) = (names("u5"), names("u6"));
            let place = |list: &[String]| list.iter().position(|i| i == "fresh");
            assert!(place(&odd) <= place(&even), "{recipe}: {odd:?} {even:?}");
        }
        let card = place.json("inspect n");
        assert_eq!(card["data"]["users"], 21, "{recipe}");
        // The old model is there as it was, and the same update gives the same bytes.
        place.ok("update m more.csv -o again");
        assert_eq!(place.read("n"), place.read("again"), "{recipe}");
        place.ok("update m more.csv -o m");
        assert_eq!(place.read("n"), place.read("m"), "{recipe}");
    }
    place.write("valued.csv", "user,item,rating\nu0,even0,4\n");
    let error = place.fails(1, "update m valued.csv -o n");
    assert!(error.contains("--implicit"), "{error}");
    place.ok("update m valued.csv --implicit -o n");
    place.ok("train events.csv -a ease --no-seen -o bare");
    assert!(place.fails(1, "update bare more.csv -o n").contains("--no-seen"));
}

/// In a model of ratings an event without a value is not the worst rating.
#[test]
fn events_without_values_are_liked() {
    let place = Place::with_events();
    let mut table = String::from("user,item,rating\n");
    for u in 0..12 {
        for i in (0..9).filter(|i| (u + i) % 4 != 3) {
            table += &format!("u{u},i{i},{}\n", 1 + (u * i) % 5);
        }
    }
    place.write("ratings.csv", table);
    place.write("bare.csv", "user,item\nnew,i1\nnew,i2\n");
    place.write("best.csv", "user,item,rating\nnew,i1,5\nnew,i2,5\n");
    place.write("worst.csv", "user,item,rating\nnew,i1,1\nnew,i2,1\n");
    place.ok("train ratings.csv -a als --set factors=3 --set epochs=3 -o m");
    let list = |events: &str| {
        place.ok(&format!("update m {events} -o n"));
        place.json("recommend n --user new")["items"].clone()
    };
    assert_eq!(list("bare.csv"), list("best.csv"));
    assert_eq!(list("worst.csv --implicit"), list("best.csv"));
    assert_ne!(list("worst.csv"), list("best.csv"));
}

/// Whether `part` stands anywhere in `bytes`.
fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[test]
fn who_is_forgotten_is_not_in_the_file() {
    let place = Place::with_events();
    let text = place.text("events.csv");
    place.write(
        "all.csv",
        format!("{text}jane.doe@example.org,even1\njane.doe@example.org,her-secret\n"),
    );
    for recipe in RECIPES.iter().chain(&["popularity", "svd --set factors=2"]) {
        place.ok(&format!("train all.csv -a {recipe} -o m"));
        assert!(holds(&place.read("m"), "jane.doe"), "{recipe}");
        let told = place.json("forget m --user jane.doe@example.org -o n");
        assert_eq!((&told["users"], &told["interactions"]), (&json!(1), &json!(2)), "{recipe}");
        assert_eq!(told["exact"], false, "{recipe}: an item that nobody else has is left");
        assert!(told["remains"].to_string().contains("ids of 1 item that"), "{recipe}: {told}");
        assert!(!holds(&place.read("n"), "jane.doe"), "{recipe}");
        let line = "recommend n --user jane.doe@example.org --unknown refuse";
        assert!(place.fails(1, line).contains("unknown user"));
        let card = place.json("inspect n");
        assert_eq!((&card["data"]["users"], &card["seen"]), (&json!(20), &json!(140)), "{recipe}");
        // Everybody else is served as before, but for the item that nobody has any more.
        if !recipe.starts_with("popularity") {
            let list = |model: &str| -> Vec<[serde_json::Value; 2]> {
                let items =
                    place.json(&format!("recommend {model} --user u7 -n 4"))["items"].clone();
                let items = items.as_array().expect("a list").iter();
                let known = items.filter(|entry| entry["item"] != "her-secret");
                known.take(3).map(|e| [e["item"].clone(), e["score"].clone()]).collect()
            };
            assert_eq!(list("m"), list("n"), "{recipe}");
        }
        let told = place.json("forget m --user jane.doe@example.org --refit -o m");
        assert_eq!(told["exact"], true, "{recipe}: {told}");
        let bytes = place.read("m");
        assert!(!holds(&bytes, "jane.doe") && !holds(&bytes, "her-secret"), "{recipe}");
        // The same as if they had never been, but for what the card says was done.
        place.ok(&format!("train events.csv -a {recipe} -o clean"));
        let lists = |model: &str| place.ok(&format!("recommend {model} --all -n 20"));
        assert_eq!(lists("m"), lists("clean"), "{recipe}");
    }
    place.ok("train events.csv -a popularity -o m");
    let told = place.json("forget m --user u3 --user u4 -o n");
    assert_eq!(
        (&told["exact"], &told["users"]),
        (&json!(true), &json!(2)),
        "counts are exact: {told}"
    );
    assert!(place.fails(1, "forget m --user u99 -o n").contains("unknown user `u99`"));
    place.fails(2, "forget m -o n");
}

#[cfg(unix)]
#[test]
fn a_kill_leaves_the_old_file_or_the_new_one() {
    let place = Place::with_events();
    place.ok("train events.csv -a ease -o m");
    place.ok("forget m --user u3 -o n");
    let (old, new) = (place.read("m"), place.read("n"));
    for round in 0..20 {
        place.write("t", &old);
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_cofil"))
            .current_dir(place.path(""))
            .args(["forget", "t", "--user", "u3", "-o", "t"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("started");
        (0..round * 300_000).for_each(|_| std::hint::spin_loop());
        // SIGKILL, wherever the process is by now.
        child.kill().expect("a child that was not waited for");
        child.wait().expect("ended");
        let found = place.read("t");
        assert!(found == old || found == new, "half a file");
        place.ok("inspect t");
    }
}
