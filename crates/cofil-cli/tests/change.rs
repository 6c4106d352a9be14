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
    // Ratings that the model has are not replaced by what is usual.
    place.write("again.csv", "user,item\nu0,i0\nu1,i4\nu1,i4\nu5,i3\n");
    place.ok("update m again.csv -o n");
    let data = |model: &str| place.json(&format!("inspect {model}"))["data"].clone();
    for key in ["interactions", "mean", "scale", "fingerprint"] {
        assert_eq!(data("n")[key], data("m")[key], "{key}");
    }
    let told = |args: &str| place.run(&format!("update {args} -o n")).err;
    let counts = "each event of a new pair counts as 5, the value of an item that is liked";
    assert!(told("m bare.csv").contains(&format!("note: the events have no values: {counts}\n")));
    let ignored = told("m worst.csv --implicit");
    assert!(
        ignored.contains(&format!("note: the values are not counted: {counts}\n")),
        "{ignored}"
    );
    let answer = place.json("update m bare.csv -o n");
    let note = answer["clean"]["notes"][0]["text"].as_str().unwrap_or_default();
    assert!(note.contains(counts), "{answer}");
    assert!(!told("m best.csv").contains("counts as"));
    // Without values in the training data there is nothing to guess.
    place.ok("train events.csv -a ease --set reg=1 -o e");
    assert!(!told("e events.csv").contains("counts as"));
}

/// New users are what an update is for; ids in another spelling are not new.
#[test]
fn new_ids_are_not_doubted_but_new_spellings_are() {
    let place = Place::new();
    let rows: Vec<String> =
        (1..=6).map(|u| format!("{u},{}\n{u},{}\n", u % 3, 4 + u % 2)).collect();
    place.write("old.csv", format!("user,item\n{}", rows.concat()));
    place.ok("train old.csv -a item-knn -o m");
    for (new, is_doubted) in [
        ("1,2\nnew1,2\n", false),
        ("new1,2\n", false),
        ("1,0\nzed,9\n", false),
        ("1.0,2\n2.0,1\n", true),
    ] {
        place.write("new.csv", format!("user,item\n{new}"));
        let told = place.run("update m new.csv -o n");
        assert_eq!(told.code, 0, "{new}: {}", told.err);
        assert_eq!(told.err.contains("unknown"), is_doubted, "{new}: {}", told.err);
    }
}

/// New events have the weights of the old, and are added to them: a dislike raises nothing.
#[test]
fn weighed_events_are_added_to_those_of_the_model() {
    let place = Place::new();
    let mut old = String::from("user,item,event\n");
    for u in 0..12 {
        for i in (0..9).filter(|i| (u + i) % 4 != 3 && *i <= u) {
            old += &format!("u{u},i{i},{}\n", ["view", "buy", "view"][(u + i) % 3]);
        }
    }
    let mut new = String::from("user,item,event\nu11,i0,buy\nu11,i1,view\nu11,i1,view\n");
    for u in 0..30 {
        new += &format!("z{u},i8,dislike\nz{u},bad,dislike\nz{u},i2,view\nz{u},i2,dislike\n");
    }
    place.write("old.csv", &old);
    place.write("new.csv", &new);
    place.write("all.csv", format!("{old}{}", new.split_once('\n').unwrap().1));
    let weights = "--weight view=1,buy=5,dislike=-1";
    let popular = |model: &str| {
        let list = place.json(&format!("recommend {model} --popular -n 10"))["items"].clone();
        let items = list.as_array().unwrap().iter().map(|item| item["item"].clone());
        items.collect::<Vec<_>>()
    };
    let recipes = [
        "popularity",
        "slim",
        "ials --set factors=4",
        "ease",
        "bpr --set factors=4",
        "item-knn",
        "user-knn",
        "graph-filter",
    ];
    for recipe in recipes {
        place.ok(&format!("train old.csv {weights} -a {recipe} -o m"));
        let told = place.json(&format!("update m new.csv {weights} -o n"));
        assert_eq!((&told["clean"]["duplicates"], &told["events"]), (&json!(31), &json!(92)));
        assert_eq!(popular("m"), popular("n")[..9], "{recipe}");
        assert_eq!(popular("n")[9], "bad", "{recipe}");
        place.ok(&format!("train all.csv {weights} -a {recipe} -o whole"));
        let data = |model: &str| place.json(&format!("inspect {model}"))["data"].clone();
        for key in ["interactions", "mean", "scale", "fingerprint"] {
            assert_eq!(data("n")[key], data("whole")[key], "{recipe}: {key}");
        }
    }
    place.ok(&format!("train old.csv {weights} -a ease -o m"));
    let clean = place.json(&format!("update m new.csv {weights} --implicit -o n"))["clean"].clone();
    assert_eq!((&clean["disliked"], &clean["interactions"]), (&json!(90), &json!(2)), "{clean}");
    let told = place.fails(1, &format!("update m new.csv {weights} --duplicates mean -o n"));
    assert!(told.contains("user `u11`") && told.contains("occur more than once"), "{told}");
}

/// Among several events of a pair the latest counts; and the cells of a matrix are values.
#[test]
fn new_ratings_are_read_as_in_training() {
    let place = Place::with_ratings();
    place.ok("train ratings.csv -a popularity -o m");
    let seen = |events: &str| {
        place.ok(&format!("update m {events} -o n"));
        place.json("inspect n")["data"].clone()
    };
    place.write("late.csv", "user,item,rating,time\nu0,x,1,2020-01-02\nu0,x,5,2020-01-01\n");
    place.write("one.csv", "user,item,rating\nu0,x,1\n");
    assert_eq!(seen("late.csv"), seen("one.csv"));
    place.write("wide.csv", "user,x,y\nu0,1,2\nu1,2,1\n");
    place.write("long.csv", "user,item,rating\nu0,x,1\nu0,y,2\nu1,x,2\nu1,y,1\n");
    assert_eq!(seen("wide.csv --matrix"), seen("long.csv"));
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

/// Events whose types have weights are not read without them: a dislike would be liked.
#[test]
fn weights_of_event_types_are_asked_for() {
    let place = Place::new();
    let rows = "u1,a,view\nu1,b,buy\nu2,a,buy\nu2,c,dislike\nu3,b,view\nu3,c,dislike\nu4,a,view\nu4,b,buy\n";
    place.write("e1.csv", format!("user,item,event\n{rows}"));
    place.write("e2.csv", "user,item,event\nu1,c,dislike\nu5,a,view\n");
    let weights = "--weight view=1,buy=5,dislike=-1";
    for algorithm in ["ease", "bpr"] {
        place.ok(&format!("train e1.csv {weights} -a {algorithm} -o m"));
        let told = place.fails(1, "update m e2.csv -o n");
        assert!(told.contains("give --weight such as view=1,buy=5"), "{told}");
        place.ok(&format!("update m e2.csv {weights} -o n"));
        place.ok("update m e2.csv --implicit -o n");
    }
}
