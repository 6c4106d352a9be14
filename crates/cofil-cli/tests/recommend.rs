//! Commands that use a model: recommend, similar, predict, inspect.

mod common;
use common::Place;
use serde_json::json;

fn with_model() -> Place {
    let place = Place::with_events();
    place.ok("train events.csv -a ease --set reg=1 -o m");
    place
}

#[test]
fn a_user_gets_unseen_items_with_reasons() {
    let place = with_model();
    let answer = place.json("recommend m --user u0 -n 2");
    assert_eq!((&answer["basis"], &answer["unknown"]), (&json!("learned"), &json!([])));
    let items = answer["items"].as_array().unwrap();
    let names: Vec<_> = items.iter().map(|i| i["item"].as_str().unwrap()).collect();
    assert_eq!(names, ["even0", "even4"], "what is missing of their group");
    for item in items {
        assert!(item["because"].as_array().is_some_and(|b| !b.is_empty() && b.len() <= 3));
    }
    let told = place.ok("recommend m --user u0 -n 2");
    assert!(told.starts_with("For user u0, who has 7 items:\n\n"), "{told}");
    assert!(told.contains("1  even0"), "{told}");
}

#[test]
fn new_users_are_known_by_their_history() {
    let place = with_model();
    let answer = place.json("recommend m --history odd1,odd2:2 -n 3");
    assert_eq!(answer["basis"], "folded-in");
    assert_eq!(place.json("recommend m --history odd1:1,odd2:2 -n 3"), answer);
    let items = answer["items"].as_array().unwrap();
    assert!(items.iter().all(|i| i["item"].as_str().unwrap() != "odd1"));
    assert!(items[0]["item"].as_str().unwrap().starts_with("odd"), "{items:?}");
    let answer = place
        .json("recommend m --history odd1 --with-seen --candidates odd1,odd2,all --exclude all");
    let items = answer["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
}

#[test]
fn whoever_is_unknown_is_shown_what_is_popular() {
    let place = with_model();
    let answer = place.json("recommend m --user u99 -n 3");
    assert_eq!((&answer["basis"], &answer["unknown"]), (&json!("popular"), &json!(["u99"])));
    assert_eq!(answer["reason"], "user `u99` is not known");
    assert_eq!(answer["items"][0]["item"], "all");
    let told = place.ok("recommend m --user u99 -n 3");
    assert!(told.starts_with("Most popular items, because user `u99` is not known:"), "{told}");
    // Events of today that the model has not seen, and a name that it does not know.
    let answer = place.json("recommend m --user u0 --history even0,moon");
    assert_eq!((&answer["basis"], &answer["unknown"]), (&json!("folded-in"), &json!(["moon"])));
    let names: Vec<_> = answer["items"].as_array().unwrap().iter().map(|i| &i["item"]).collect();
    assert!(!names.contains(&&json!("even0")) && !names.contains(&&json!("even2")), "{names:?}");
    let told = place.json("explain m --user u99 --item even1");
    assert_eq!((&told["basis"], &told["contributions"]), (&json!("popular"), &json!([])));
}

#[test]
fn nobody_in_particular_and_whoever_has_everything() {
    let place = with_model();
    let answer = place.json("recommend m --popular -n 2");
    assert_eq!((&answer["basis"], &answer["items"][0]["item"]), (&json!("popular"), &json!("all")));
    assert!(place.ok("recommend m --popular -n 2").starts_with("Most popular items:"));
    place.fails(2, "recommend m --popular --user u0");
    place.write("all.csv", "user,item\nann,x\nann,y\nbob,x\n");
    place.ok("train all.csv -a item-knn -o all");
    let told = place.ok("recommend all --user ann");
    assert!(told.contains("The user has all 2 items; add --seen"), "{told}");
    assert!(place.ok("recommend all --user bob --exclude y").contains("No items left"));
}

/// Stars: an algorithm that ranks is the default, the worst rating is no liking, and lists are filled by popularity.
#[test]
fn ratings_are_read_by_what_they_say() {
    let place = Place::new();
    let mut text = String::from("user,item,rating\n");
    for u in 0..12 {
        text +=
            &format!("u{u},bad,1\nu{u},{},5\nu{u},{},4\n", ["a", "b"][u % 2], ["c", "d"][u % 2]);
    }
    text += "u0,rare,5\nloner,alone,5\n";
    place.write("ratings.csv", &text);
    let report = place.json("train ratings.csv -o m");
    assert_eq!(report["algorithm"]["algorithm"], "slim");
    let told = place.ok("train ratings.csv -o m");
    assert!(told.contains("1 and below are dislikes"), "{told}");
    let first = |line: &str| place.json(line)["items"][0].clone();
    for algorithm in ["slim", "popularity", "ease", "ials", "bpr", "item-knn"] {
        place.ok(&format!("train ratings.csv -a {algorithm} -o m"));
        for who in ["--popular", "--history a", "--history a:5", "--user loner"] {
            let best = first(&format!("recommend m {who}"));
            assert_ne!(best["item"], "bad", "{algorithm} {who}: {best}");
        }
        // What somebody gave the worst rating does not come back, and says nothing for other items.
        let list = place.json("recommend m --user u1 -n 9")["items"].to_string();
        assert!(!list.contains("\"bad\""), "{algorithm}: {list}");
        let disliked = place.json("recommend m --history bad:1");
        assert_eq!(disliked["basis"], "popular", "{algorithm}");
    }
    place.ok("train ratings.csv -a item-knn -o m");
    let filled = first("recommend m --user loner");
    assert_eq!(filled["basis"], "popular", "{filled}");
    // What is for values says so, and names what is for lists.
    place.ok("train ratings.csv --for rating -o m");
    let answer = place.json("recommend m --user u1");
    assert!(answer["note"].as_str().is_some_and(|note| note.contains("slim")), "{answer}");
}

/// Somebody who buys and then looks has done both; a dislike raises nothing.
#[test]
fn events_are_weighed_and_added_up() {
    let place = Place::new();
    let mut text = String::from("user,item,event\n");
    for u in 0..10 {
        text += &format!("u{u},a,buy\nu{u},a,view\nu{u},hated,dislike\nu{u},b{},view\n", u % 3);
    }
    place.write("events.csv", &text);
    let weights = "--weight view=1,buy=5,dislike=-1";
    let report = place.json(&format!("train events.csv {weights} -a ease -o m"));
    let told = place.ok(&format!("train events.csv {weights} -a slim -o m"));
    assert!(told.contains("values are weights: 0 and below is not liked"), "{told}");
    let told = place.ok(&format!("train events.csv {weights} -a popularity -o m"));
    assert!(told.contains("values above 0 count 1, others are not liked"), "{told}");
    assert_eq!(report["algorithm"]["algorithm"], "ease");
    let data = place.json("inspect m")["data"].clone();
    assert_eq!(data["scale"], json!([-1.0, 6.0]), "{data}");
    for algorithm in ["popularity", "ease", "slim", "item-knn"] {
        place.ok(&format!("train events.csv {weights} -a {algorithm} -o m"));
        let list = place.json("recommend m --history b0 -n 2")["items"].clone();
        assert_eq!(list[0]["item"], "a", "{algorithm}: {list}");
        assert_ne!(list[1]["item"], "hated", "{algorithm}: {list}");
    }
    for algorithm in ["bpr", "warp", "logistic-mf", "gmf", "mlp", "neumf"] {
        place.ok(&format!("train events.csv {weights} -a {algorithm} --set epochs=3 -o m"));
        for who in ["--popular", "--history b0"] {
            let list = place.json(&format!("recommend m {who} -n 9"))["items"].clone();
            let last = list.as_array().unwrap().last().unwrap();
            assert_eq!(last["item"], "hated", "{algorithm} {who}: {list}");
        }
    }
    // Without their weights the events are still no likes of what is disliked.
    let dislikes = format!("train events.csv {weights} -a popularity --implicit -o m");
    let clean = place.json(&dislikes)["clean"].clone();
    assert_eq!((&clean["disliked"], &clean["interactions"]), (&json!(10), &json!(20)), "{clean}");
}

#[test]
fn lists_are_reordered_on_request() {
    let place = with_model();
    // Every user has `all`; a new user with items of both groups is shown it unless that counts.
    let names = |line: &str| -> Vec<String> {
        let answer = place.json(line);
        let items = answer["items"].as_array().unwrap().iter();
        items.map(|i| i["item"].as_str().unwrap().into()).collect()
    };
    let line = "recommend m --history even1,even2,odd1 -n 5";
    let plain = names(line);
    assert!(plain.contains(&"all".into()), "{plain:?}");
    let rare = names(&format!("{line} --popularity-penalty 20"));
    assert!(!rare.contains(&"all".into()), "{rare:?}");
    // Items of one group are alike, and as unlike the other's as can be: the second place goes there.
    let mixed = names(&format!("{line} --mmr 0.2"));
    let other = |names: &[String]| names.iter().position(|name| name.starts_with("odd"));
    assert_eq!(other(&mixed), Some(1));
    assert!(other(&plain) > Some(1), "{plain:?}");
    // Scores fall, so that whoever sorts by them keeps the order.
    place.ok("recommend m --all -n 5 --mmr 0.5 -o r.csv");
    let text = place.text("r.csv");
    let scores: Vec<(&str, f32)> = (text.lines().skip(1))
        .map(|line| {
            (line.split(',').next().unwrap(), line.split(',').nth(3).unwrap().parse().unwrap())
        })
        .collect();
    assert!(scores.windows(2).all(|w| w[0].0 != w[1].0 || w[0].1 >= w[1].1), "{text}");
    assert!(place.fails(2, "recommend m --user u0 --mmr -1").contains("must be from 0 to 1"));
    place.ok("train events.csv -a ease --no-seen -o bare");
    let told = place.fails(1, "recommend bare --user u0 --mmr 0.5");
    assert!(told.contains("train without --no-seen"), "{told}");
}

#[test]
fn everybody_goes_to_a_file() {
    let place = with_model();
    let report = place.json("recommend m --all -n 3 -o r.csv");
    assert_eq!((&report["users"], &report["output"]), (&json!(20), &json!("r.csv")));
    let csv = place.text("r.csv");
    assert!(csv.starts_with("user,item,rank,score,basis\nu0,even0,1,"), "{csv}");
    assert_eq!(csv.lines().count() as u64, report["rows"].as_u64().unwrap() + 1);
    place.ok("recommend m --all -n 3 -o r.jsonl");
    let first: serde_json::Value =
        serde_json::from_str(place.text("r.jsonl").lines().next().unwrap()).unwrap();
    assert_eq!((&first["user"], &first["items"][0]["item"]), (&json!("u0"), &json!("even0")));
    // Whom nothing supports an item for gets it by popularity, and the lists say so.
    place.ok("train events.csv -a item-knn --set neighbours=2 -o knn");
    place.ok("recommend knn --all -n 16 -o k.csv");
    let lists = place.text("k.csv");
    let (popular, learned): (Vec<&str>, Vec<&str>) =
        lists.lines().skip(1).partition(|line| line.ends_with(",popular"));
    assert!(!popular.is_empty() && learned.iter().all(|line| line.ends_with(',')), "{lists}");
    let lines = place.ok("recommend knn --all -n 16 --json");
    assert_eq!(lines.matches(r#""basis":"popular""#).count(), popular.len());
    place.ok("recommend m --all -n 3 -o r.parquet");
    assert!(place.read("r.parquet").starts_with(b"PAR1"));
    // What was written can be read again.
    place.ok("convert r.parquet back.csv --value-col score");
    assert!(place.text("back.csv").contains("u0,even0,"));
}

#[test]
fn one_answer_for_one_user_and_for_many() {
    let place = with_model();
    place.write("users.txt", "u3\n\nu0\n");
    place.ok("recommend m --users users.txt -n 2 -o r.jsonl");
    place.ok("recommend m --users users.txt -n 2 --exclude even0 -o excluded.jsonl");
    let lines = place.text("r.jsonl");
    let lists: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lists[0]["user"], &lists[1]["user"]), (&json!("u3"), &json!("u0")));
    let alone = place.json("recommend m --user u0 -n 2");
    for (many, one) in
        lists[1]["items"].as_array().unwrap().iter().zip(alone["items"].as_array().unwrap())
    {
        assert_eq!((&many["item"], &many["score"]), (&one["item"], &one["score"]));
    }
    assert!(!place.text("excluded.jsonl").contains("\"even0\""));
    place.write("users.txt", "u0\nwho\n");
    let report = place.json("recommend m --users users.txt -o r.jsonl");
    assert_eq!((&report["users"], &report["unknown"]), (&json!(1), &json!(["who"])));
    let error = place.fails(1, "recommend m --users users.txt -o r.jsonl --unknown refuse");
    assert!(error.contains("users.txt:2: unknown user `who`"), "{error}");
}

#[test]
fn without_seen_items_the_file_is_smaller_and_says_so() {
    let place = Place::with_ratings();
    let train = "train ratings.csv -a biased-mf --set factors=2 --set epochs=2";
    place.ok(&format!("{train} -o with"));
    place.ok(&format!("{train} --no-seen -o without"));
    assert!(place.read("without").len() < place.read("with").len());
    assert_eq!(place.json("inspect without")["seen"], 0);
    let list =
        |model: &str| place.json(&format!("recommend {model} --user u1 -n 50"))["items"].clone();
    assert_eq!(list("without").as_array().map(Vec::len), Some(12), "nothing is known to be seen");
    assert!(list("with").as_array().is_some_and(|list| list.len() < 12));
    let told = place.ok("recommend without --user u1");
    assert!(told.contains("The model file holds no histories"), "{told}");
}

#[test]
fn scores_are_taken_apart() {
    let place = Place::with_events();
    for (algorithm, settings, method) in [
        ("ease", "--set reg=1", "exact"),
        ("ials", "--set factors=4", "exact"),
        ("gmf", "--set factors=4 --set epochs=2", "leave-one-out"),
    ] {
        place.ok(&format!("train events.csv -a {algorithm} {settings} -o m"));
        for who in ["--user u0", "--history odd1,even3"] {
            let told = place.json(&format!("explain m {who} --item even0"));
            assert_eq!(told["method"], method, "{told}");
            let number = |value: &serde_json::Value| value.as_f64().expect("a number");
            let parts = told["contributions"].as_array().expect("a list");
            let sum: f64 = parts.iter().map(|part| number(&part["contribution"])).sum();
            let whole = number(&told["base"]) + sum + number(&told["rest"]);
            assert!((whole - number(&told["score"])).abs() < 1e-5, "{told}");
            assert_eq!(parts.len(), if who == "--user u0" { 7 } else { 2 });
            if method == "exact" {
                assert!(number(&told["rest"]).abs() < 1e-3, "{told}");
            }
        }
        let told = place.ok("explain m --user u0 --item even0 -n 2");
        assert!(told.contains("5 others") && told.contains("base"), "{told}");
    }
    assert!(place.fails(2, "explain m --item even0").contains("--user <USER>"));
}

#[test]
fn similar_items_of_all_are_those_of_each() {
    let place = with_model();
    place.ok("similar m --all -n 3 -o s.jsonl");
    let text = place.text("s.jsonl");
    assert_eq!(place.ok("similar m --all -n 3 --exact --json"), text);
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let item = first["item"].as_str().unwrap();
    assert_eq!(place.json(&format!("similar m --item {item} -n 3")), first);
}

#[test]
fn similar_users_are_of_one_group() {
    let place = Place::with_events();
    for (algorithm, by) in [("ease", "histories"), ("ials", "vectors")] {
        place.ok(&format!("train events.csv -a {algorithm} -o m"));
        let answer = place.json("similar m --user u3 -n 9");
        assert_eq!((&answer["by"], &answer["user"]), (&json!(by), &json!("u3")));
        let users = answer["users"].as_array().expect("a list");
        assert_eq!(users.len(), 9);
        for user in users {
            let name = user["user"].as_str().expect("a name");
            assert_eq!(name[1..].parse::<u32>().expect("a number") % 2, 1, "{algorithm}: {name}");
        }
        assert!(place.ok("similar m --user u3").starts_with("Most similar to user u3, by their"));
    }
    assert!(place.fails(1, "similar m --user u99").contains("unknown user `u99`"));
}

#[test]
fn questions_are_asked_and_answers_count() {
    let place = Place::with_events();
    place.ok("train events.csv -a ials --set factors=4 -o m");
    let told = place.json("interview m --answers even1=yes,even3=yes,odd1=no,odd2=?");
    assert_eq!(told["strategy"], "popular-variance");
    let history = json!([
        {"item": "even1", "value": 1.0}, {"item": "even3", "value": 1.0}, {"item": "odd1", "value": 0.0}
    ]);
    let mut found = told["history"].as_array().expect("a list").clone();
    found.sort_by_key(|entry| entry["item"].to_string());
    assert_eq!(json!(found), history);
    let question = told["questions"][0]["item"].as_str().expect("a name");
    assert!(!["even1", "even3", "odd1", "odd2"].contains(&question), "{told}");
    let first = told["items"][0]["item"].as_str().expect("a name");
    assert!(first.starts_with("even") || first == "all", "{told}");
    let says = place.fails(1, "interview m --answers even1=perhaps");
    assert!(says.contains("give yes, no, ? or a rating"), "{says}");
    // At the terminal; the input ends at once here.
    assert!(place.ok("interview m").contains("Recommended:"));
    place.ok("train events.csv -a ease -o m");
    assert_eq!(place.json("interview m")["strategy"], "popular-entropy");
    let says = place.fails(1, "interview m --strategy variance --json");
    assert!(says.contains("popular-entropy"), "{says}");
}

#[test]
fn similar_items_and_titles() {
    let place = with_model();
    place.write("titles.csv", "id,title\neven1,The First\neven2,\"Second, the\"\nall,All\n");
    let answer = place.json("similar m --item even1 -n 3");
    let items = answer["items"].as_array().unwrap();
    assert!(items.iter().all(|i| !i["item"].as_str().unwrap().starts_with("odd")), "{items:?}");
    let told = place.ok("similar m --item even1 -n 8 --titles titles.csv:id:title");
    assert!(
        told.starts_with("Most similar to The First:\n\n") && told.contains("Second, the"),
        "{told}"
    );
    let told = place.ok("recommend m --history even1 --titles titles.csv:1:2");
    assert!(told.starts_with("For a new user with The First:"), "{told}");
    // Columns given by name imply a header, whatever they are called.
    place.write("names.csv", "Nummer,Bezeichnung\neven1,Eins\neven2,Zwei\n");
    let told = place.ok("similar m --item even1 -n 8 --titles names.csv:Nummer:Bezeichnung");
    assert!(told.starts_with("Most similar to Eins:") && told.contains("Zwei"), "{told}");
}

/// Items with a number and a list; `odd7` and `all` are not in it, and `even3` has no title.
const ITEMS: &str = "id,title,number,kinds
even0,Zero,0,low|even
even1,One,1,low
even2,\"Two, the\",2,low|even
even3,,3,
even4,Four,4,high|even
even5,Five,5,high
even6,Six,6,high|even
nowhere,Nowhere,9,high
";

#[test]
fn filters_are_applied_before_the_best_are_chosen() {
    let place = with_model();
    place.write("items.csv", ITEMS);
    let picked = |args: &str| {
        let answer = place.json(&format!("recommend m --items items.csv {args}"));
        let items = answer["items"].as_array().unwrap().clone();
        items.iter().map(|i| i["item"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let sorted = |mut items: Vec<String>| {
        items.sort_unstable();
        items
    };
    // What odd users like least: all that match come back all the same.
    let high = picked("--history odd1,odd2 -n 3 --where kinds='high'");
    assert_eq!(sorted(high), ["even4", "even5", "even6"]);
    let few = picked("--history odd1,odd2 --where not(kinds!='even')and(number>=3)");
    assert_eq!(sorted(few), ["even3", "even4", "even6"]);
    let of_two = picked("--history odd1 --candidates even0,even5,all --where number<5");
    assert_eq!(of_two, ["even0"]);
    let left = picked("--history odd1 --exclude even6 --where kinds='even'");
    assert_eq!(sorted(left), ["even0", "even2", "even4"]);
    // One user and many users are asked alike.
    let one = picked("--user u0 --where number>=0 -n 2");
    let all = place.ok("recommend m --all --items items.csv --where number>=0 -n 2");
    let lines = all.lines().filter(|line| line.starts_with("u0,"));
    let named: Vec<&str> = lines.map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(named, one);

    let says = |args: &str, part: &str| {
        let error = place.fails(2, &format!("recommend m --user u1 {args}"));
        assert!(error.contains(part), "{args}: {error}");
    };
    says("--items items.csv --where number=", "at position 8: expected a value");
    says("--items items.csv --where number='x'", "column `number` holds numbers");
    says("--where number=1", "no item attributes to filter by");
    let error = place.fails(2, "recommend m --user u1 --items items.csv --where numbr=1");
    assert!(error.contains("unknown column `numbr`; did you mean `number`?"), "{error}");
}

#[test]
fn titles_are_in_every_format() {
    let place = with_model();
    place.write("items.csv", ITEMS);
    let answer = place.json("recommend m --user u0 -n 2 --items items.csv");
    assert_eq!(answer["items"][0]["title"], "Zero");
    assert!(answer["items"][0]["because"].as_array().is_some_and(|b| !b.is_empty()));
    let told = place.ok("recommend m --user u0 -n 2 --items items.csv");
    assert!(told.contains("1  Zero"), "{told}");
    place.ok("recommend m --all -n 2 --items items.csv -o lists.csv");
    let lists = place.text("lists.csv");
    assert!(lists.starts_with("user,item,rank,score,title,basis\n"), "{lists}");
    assert!(lists.lines().any(|line| line.starts_with("u0,even0,1,") && line.ends_with(",Zero,")));
    let lines = place.ok("recommend m --all -n 20 --with-seen --items items.csv --json");
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    for entry in first["items"].as_array().unwrap() {
        let expected = match entry["item"].as_str().unwrap() {
            "even1" => json!("One"),
            "even2" => json!("Two, the"),
            "even3" | "odd7" | "all" => json!(null),
            _ => continue,
        };
        assert_eq!(entry["title"], expected, "{entry}");
    }
    place.ok("recommend m --all -n 2 --items items.csv -o lists.parquet");
    let similar = place.json("similar m --item even1 -n 8 --items items.csv");
    let titled =
        similar["items"].as_array().unwrap().iter().find(|i| i["item"] == "even2").unwrap();
    assert_eq!((&similar["title"], &titled["title"]), (&json!("One"), &json!("Two, the")));
    let explained = place.json("explain m --user u0 --item even0 --items items.csv");
    assert_eq!(explained["title"], "Zero");
    let asked = place.json("interview m --answers even1=yes --items items.csv -n 20");
    assert!(asked["items"].as_array().unwrap().iter().any(|i| i["title"] == "Two, the"));
    // `all` is the most popular item of the report.
    place.write("titles.tsv", "id\ttitle\tkinds\nall\tFor everybody\ta;b\n");
    let compare = "compare events.csv --implicit --algorithms popularity --report r.html";
    place.ok(&format!("{compare} --items titles.tsv"));
    assert!(place.text("r.html").contains("For everybody (20)"));
    let split = "--items titles.tsv --items-separator ; --where kinds='b'";
    let answer = place.json(&format!("recommend m --user u0 --with-seen {split}"));
    assert_eq!(answer["items"][0]["item"], "all");
}

#[test]
fn a_model_file_keeps_its_items() {
    let place = with_model();
    place.write("items.csv", ITEMS);
    place.ok("train events.csv -a ease --set reg=1 --items items.csv -o kept");
    assert_ne!(place.read("m"), place.read("kept"));
    let kept = place.json("recommend kept --user u0 --where kinds='even'");
    let mut given = place.json("recommend m --user u0 --where kinds='even' --items items.csv");
    given.as_object_mut().and_then(|given| given.remove("also_read")).expect("a file was read");
    assert_eq!(kept, given);
    let card = place.json("inspect kept");
    assert_eq!(card["catalogue"], json!({"items": 8, "columns": ["title", "number", "kinds"]}));
    assert!(place.json("inspect m")["catalogue"].is_null());
    assert!(place.ok("inspect kept").contains("catalogue    8 items: title, number, kinds"));
    // Another table takes the place of the one in the file.
    place.write("other.csv", "id,title\neven0,Nought\n");
    let told = place.ok("recommend kept --user u0 -n 1 --items other.csv");
    assert!(told.contains("Nought"), "{told}");
}

#[test]
fn pairs_are_predicted_in_their_order() {
    let place = Place::with_ratings();
    place.ok("train ratings.csv -a biased-mf --set factors=2 -o m");
    place.write("pairs.csv", "user,item\nu3,i1\nnobody,i1\nu3,i5\n");
    let out = place.ok("predict m --pairs pairs.csv");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((lines[0], lines.len()), ("user,item,prediction", 4));
    // A rating of an unknown user comes from the bias of the item.
    let bias: f32 = lines[2].strip_prefix("nobody,i1,").expect("a pair").parse().expect("a rating");
    assert!((1.0..=5.0).contains(&bias), "{out}");
    let one = place.ok("predict m --user u3 --item i5");
    assert_eq!(lines[3], format!("u3,i5,{}", one.trim()));
    let report = place.json("predict m --pairs pairs.csv");
    assert_eq!((&report["pairs"], &report["missing"]), (&json!(3), &json!(0)));
    assert_eq!(report["unknown"], json!(["nobody"]));
    let told = place.run("predict m --pairs pairs.csv");
    assert!(told.err.contains("unknown user or item in 1 of 3 pairs: predicted from biases"));
    let told = place.fails(1, "predict m --pairs pairs.csv --strict");
    assert!(told.contains("unknown user `nobody`"), "{told}");
    place.ok("train ratings.csv -a popularity -o ranks");
    let report = place.json("predict ranks --pairs pairs.csv");
    assert_eq!(report["missing"], json!(1));
    assert!(report["predictions"][1]["prediction"].is_null());
    place.ok("predict m --pairs pairs.csv -o p.csv");
    assert_eq!(place.text("p.csv"), out);
}

/// The file of one list has the rows that the file of all has.
#[test]
fn a_single_list_is_written_as_all_are() {
    let place = with_model();
    for (all, one, of) in [
        ("recommend m --all", "recommend m --user u1", "u1,"),
        ("similar m --all", "similar m --item even1", "even1,"),
    ] {
        place.ok(&format!("{all} -n 3 -o all.csv"));
        let told = place.ok(&format!("{one} -n 3 -o one.csv"));
        assert!(told.starts_with("one.csv: 3 "), "{told}");
        let (all, one) = (place.text("all.csv"), place.text("one.csv"));
        let rows: Vec<&str> = all
            .lines()
            .enumerate()
            .filter(|(n, row)| *n == 0 || row.starts_with(of))
            .map(|(_, row)| row)
            .collect();
        assert_eq!(one.lines().collect::<Vec<_>>(), rows);
        assert_eq!(rows.len(), 4);
    }
}

/// In a model of ratings a score looks like one.
#[test]
fn scores_are_not_taken_for_ratings() {
    let place = Place::with_ratings();
    place.write("pairs.csv", "user,item\nu3,i1\nu3,i5\n");
    place.ok("train ratings.csv -a popularity -o ranks");
    place.ok("train ratings.csv -a baseline -o rates");
    place.ok("train ratings.csv -a ease --implicit -o events");
    place.ok("train ratings.csv -a logistic-mf --set factors=2 --set epochs=2 -o odds");
    let note = "note: popularity only ranks items: its scores are not on the rating scale. To predict ratings, \
                train with --for rating\n";
    for asked in ["--user u3 --item i1", "--pairs pairs.csv", "--pairs pairs.csv -o p.csv"] {
        for form in ["", " --json"] {
            let told = place.run(&format!("predict ranks {asked}{form}"));
            assert_eq!(
                (told.code, told.err.matches(note).count()),
                (0, 1),
                "{asked}: {}",
                told.err
            );
            for other in ["rates", "events"] {
                let told = place.run(&format!("predict {other} {asked}{form}"));
                assert!(!told.err.contains("only ranks"), "{other} {asked}: {}", told.err);
            }
        }
        let told = place.run(&format!("predict odds {asked} --probability"));
        assert!(told.code == 0 && !told.err.contains("only ranks"), "{asked}: {}", told.err);
    }
    assert!(place.run("predict odds --user u3 --item i1").err.contains("logistic-mf only ranks"));
}

#[test]
fn the_model_card_is_complete() {
    let place = with_model();
    let card = place.json("inspect m");
    let settings = json!({
        "algorithm": "ease", "reg": 1.0, "dropout": 0.0, "user_exponent": 0.0, "item_exponent": 0.0, "neighbours": 0,
        "max_items": 50000,
    });
    assert_eq!(card["algorithm"], settings);
    assert_eq!((&card["seed"], &card["shape"]), (&json!(0), &json!("item-weights")));
    assert_eq!((&card["data"]["users"], &card["data"]["items"]), (&json!(20), &json!(17)));
    assert_eq!(card["bytes"].as_u64(), Some(place.read("m").len() as u64));
    let told = place.ok("inspect m");
    for part in ["algorithm    ease", "20 users, 17 items, 140 interactions", "fingerprint  "] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn bad_requests_and_files_are_told() {
    let place = with_model();
    let says = |code, args: &str, part: &str| {
        let error = place.fails(code, args);
        assert!(error.contains(part), "cofil {args}: {error}");
    };
    says(1, "recommend m --user u99 --unknown refuse", "unknown user `u99`; did you mean `u19`?");
    says(
        1,
        "recommend m --history evn1 --unknown refuse",
        "unknown item `evn1`; did you mean `even1`?",
    );
    says(1, "similar m --item nothing", "unknown item `nothing`");
    says(1, "recommend none --user u1", "none: No such file");
    says(1, "recommend events.csv --user u1", "not a cofil model file");
    says(1, "recommend events.csv --user u1", "but text; if it is a table");
    says(2, "recommend m -o r.csv", "--output is for the lists of --all or --users");
    says(1, "recommend m --user u99 -o r.csv", "unknown user `u99`");
    says(1, "recommend m --all -o r.txt", ".gz or .zst), .parquet or .arrow");
    says(1, "recommend m --all -o nowhere/r.csv", "there is no folder nowhere");
    says(1, "predict m --user u1 --item i999", "unknown item `i999`");
    let mut bytes = place.read("m");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    place.write("flipped", &bytes);
    says(1, "inspect flipped", "the checksum does not match: the file is damaged");
    place.write("cut", &bytes[..middle]);
    says(1, "inspect cut", "cut short");
}

#[test]
fn every_output_has_the_same_formats() {
    let place = Place::with_ratings();
    place.ok("train ratings.csv -a biased-mf --set factors=2 --set epochs=2 -o m");
    place.write(
        "pairs.csv",
        "user,item,rating,time\nu3,i1,4,1000\nnobody,i1,2,1001\nu3,i5,1,1002\n",
    );
    let endings = ["csv", "tsv", "jsonl", "csv.gz", "tsv.zst", "jsonl.gz", "parquet", "arrow"];
    for ending in endings {
        place.ok(&format!("predict m --pairs pairs.csv -o p.{ending}"));
        place.ok(&format!("recommend m --all -n 3 --seen -o r.{ending}"));
        place.ok(&format!("similar m --all -n 3 -o s.{ending}"));
        // True values and times are kept as they were: they are read back from the predictions.
        place.ok(&format!("convert p.{ending} back.csv --value-col value"));
        let back = place.text("back.csv");
        assert_eq!(
            back, "user,item,value,time\nu3,i1,4,1000\nnobody,i1,2,1001\nu3,i5,1,1002\n",
            "{ending}"
        );
        if !ending.starts_with("jsonl") {
            for (file, columns) in [
                ("r", "--user-col user --item-col item"),
                ("s", "--user-col item --item-col similar"),
            ] {
                let read =
                    place.json(&format!("describe {file}.{ending} {columns} --value-col score"));
                let rows = if file == "r" { 20 } else { 12 } * 3;
                assert_eq!(read["read"]["rows"], json!(rows), "{file}.{ending}");
            }
        }
    }
    let table = place.text("p.csv");
    assert!(table.starts_with("user,item,value,time,prediction\nu3,i1,4,1000,"), "{table}");
    assert!(table.contains("\nnobody,i1,2,1001,"), "{table}");
    let answer = place.json("predict m --pairs pairs.csv");
    assert_eq!(answer["predictions"][1]["value"], json!(2.0));
    assert_eq!(answer["predictions"][2]["time"], json!(1002));
    // A pair whose value is missing stays a pair.
    place.write("some.csv", "user,item,rating\nu3,i1,4\nu3,i5,\n");
    let told = place.run("predict m --pairs some.csv");
    assert_eq!((told.code, told.out.lines().count()), (0, 3), "{}", told.err);
    assert!(told.err.contains("note: read users and items only: "), "{}", told.err);
    for command in ["predict m --pairs pairs.csv", "recommend m --all", "similar m --all"] {
        let told = place.fails(1, &format!("{command} -o x.xlsx"));
        assert!(told.contains("unknown file extension"), "{command}: {told}");
        assert!(!place.files().contains(&"x.xlsx".to_owned()), "{command}");
    }
}

#[test]
fn arrays_are_shown_and_written() {
    let place = with_model();
    place.ok("train events.csv -a ials --set factors=2 --set epochs=2 -o f");
    let told = place.ok("inspect f --arrays out");
    for part in ["user_factors", "item_factors", "u19", "wrote out/user_factors.npy"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let bytes = place.read("out/user_factors.npy");
    assert!(bytes.starts_with(b"\x93NUMPY\x01\x00"));
    assert_eq!(bytes.len(), 128 + 20 * 2 * 4);
    assert_eq!(place.text("out/users.txt").lines().count(), 20);
    assert_eq!(place.text("out/items.txt").lines().count(), 17);
    let written = place.json("inspect m --arrays out")["written"].clone();
    assert!(written.as_array().unwrap().contains(&json!("out/weights.npy")), "{written}");
    place.ok("inspect f --arrays texts --format csv");
    let text = place.text("texts/user_factors.csv");
    assert_eq!(text.lines().count(), 20);
    let number = |cell: &str| cell.parse::<f32>().is_ok();
    assert!(text.lines().all(|line| line.split(',').count() == 2 && line.split(',').all(number)));
    assert!(!place.path("texts/user_factors.npy").exists());
    place.fails(2, "inspect f --format csv");
}

/// Three users and four items: the offsets of the users' rows are as many as the items.
#[test]
fn only_rows_that_are_users_or_items_have_their_names() {
    let place = Place::new();
    let rows = ["a,w", "a,x", "b,x", "b,y", "c,y", "c,z"];
    place.write("few.csv", format!("user,item\n{}\n", rows.join("\n")));
    for algorithm in ["user-knn", "graph-filter"] {
        place.ok(&format!("train few.csv -a {algorithm} -o few"));
        let told = place.ok("inspect few");
        assert!(!told.contains("starts\n"), "{told}");
        let of = if algorithm == "user-knn" { "ratings" } else { "edges" };
        assert!(told.replace('\n', " ").contains(&format!("{of}.starts")), "{told}");
    }
    assert!(place.ok("inspect few").contains("\npopular\n"));
}

#[test]
fn scores_learned_by_cross_entropy_are_given_as_probabilities() {
    let place = Place::with_events();
    let train =
        |args: &str, to: &str| place.ok(&format!("train events.csv --implicit {args} -o {to}"));
    train("-a gmf --set factors=4 --set epochs=3", "logits");
    let score: f64 = place.ok("predict logits --user u0 --item even0").trim().parse().unwrap();
    let told = place.ok("predict logits --user u0 --item even0 --probability");
    let probability: f64 = told.trim().parse().unwrap();
    assert!((0.0..1.0).contains(&probability) && (score > 0.0) == (probability > 0.5), "{told}");
    place.write("pairs.csv", "user,item\nu0,even0\nu0,nothing\n");
    let answer = place.json("predict logits --pairs pairs.csv --probability");
    let first = answer["predictions"][0]["prediction"].as_f64().unwrap();
    assert!((first - probability).abs() < 1e-6 && answer["missing"] == 1, "{answer}");
    train("-a gmf --set factors=4 --set epochs=3 --set loss=bpr", "pairs");
    train("-a biased-mf --set factors=2 --set epochs=2", "values");
    for (model, says) in
        [("pairs", "its scores are not probabilities"), ("values", "predicts values")]
    {
        let error =
            place.fails(1, &format!("predict {model} --user u0 --item even0 --probability"));
        assert!(error.contains(says) && error.contains("cross-entropy"), "{error}");
    }
}

/// Without a user the list is that of everybody, and how to name one is told.
#[test]
fn a_list_for_nobody_is_that_of_what_is_popular() {
    let place = with_model();
    let answer = place.run("recommend m -n 3");
    assert_eq!((answer.code, &answer.out), (0, &place.ok("recommend m -n 3 --popular")));
    assert!(answer.err.contains("name a user with --user"), "{}", answer.err);
    assert_eq!(place.run("recommend m -n 3 --popular").err, "");
}

/// No score is a mark: an item that nobody likes is the last, and its score is -1.
#[test]
fn what_nobody_likes_comes_last() {
    let place = Place::new();
    place.write("pivot.csv", ",tea,jam,rye,oat\nann,5,3,,4\nbob,,4,1,5\ncat,4,,1,3\n");
    place.ok("train pivot.csv --matrix -a ease --set reg=1 -o m");
    let list = place.json("recommend m --user ann -n 9");
    let last = list["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["item"], &last["score"]), (&json!("rye"), &json!(-1.0)));
    assert!(last.get("basis").is_none_or(|basis| basis.is_null()), "{last}");
    let told = place.ok("recommend m --user ann -n 9");
    assert!(told.contains("rye") && told.contains("-1.0000"), "{told}");
    let refused = place.fails(1, "predict m --user ann --item rye");
    assert!(refused.contains("no user likes item `rye`"), "{refused}");
    place.write("pairs.csv", "user,item\nann,rye\nann,oat\nzoe,tea\n");
    let told = place.run("predict m --pairs pairs.csv");
    assert!(told.out.contains("ann,rye,\n"), "{}", told.out);
    assert!(
        told.err.contains("unknown user or item in 1 of 3 pairs: no prediction"),
        "{}",
        told.err
    );
    assert!(told.err.contains("no prediction for 1 of 3 pairs: no user likes"), "{}", told.err);
    let told = place.json("explain m --user ann --item rye");
    assert_eq!((&told["score"], &told["base"]), (&json!(-1.0), &json!(-1.0)));
    place.ok("recommend m --all -o all.csv");
    assert!(
        place.text("all.csv").contains(",rye,") && !place.text("all.csv").contains("1000000000")
    );
}

#[test]
fn candidates_that_are_left_out_are_told() {
    let place = with_model();
    let answer = place.run("recommend m --user u0 --candidates all,even0");
    assert!(answer.err.contains("the user has (all); add --seen"), "{}", answer.err);
    let answer = place.run("recommend m --history u --candidates nothing -n 0");
    assert!(!answer.err.contains("the user has"), "{}", answer.err);
}
