//! What `cofil compare` concludes and proposes, and the arguments it refuses.

mod common;

use common::Place;

#[test]
fn conclusions_say_what_was_tested_and_what_to_do_with_the_winner() {
    let place = Place::with_ratings();
    let values = "compare ratings.csv -a popularity,ials,biased-mf --set ials:epochs=2 --metric";
    let told = place.ok(&format!("{values} rmse,ndcg@3")).replace('\n', " ");
    assert!(told.contains("biased-mf is best by rmse") && told.contains(" no rmse."), "{told}");
    assert!(!told.contains("cannot be tested"), "{told}");
    assert!(told.contains("cofil predict model.cofil --user u0 --item "), "{told}");
    let answer = place.json(&format!("{values} rmse,ndcg@3"));
    let unmeasured = answer["conclusion"]["unmeasured"].as_array().unwrap();
    assert_eq!(unmeasured.len(), 2, "{}", answer["conclusion"]);
    // Settings that were compared are those that are combined, and either spelling names them.
    let ranked =
        "compare ratings.csv -a slim,ease --set ease:reg=3 --set slim.l1=2 --metric ndcg@3";
    let told = place.ok(ranked);
    assert!(told.contains("To combine ") && !told.contains("often"), "{told}");
    let next = told.lines().skip_while(|line| !line.starts_with("To combine")).skip(1);
    let next: Vec<&str> = next
        .take_while(|line| !line.is_empty())
        .map(|line| line.trim_matches([' ', '\\']))
        .collect();
    let next = next.join(" ");
    assert!(next.contains(r#""algorithm":"ease","reg":3"#) && next.contains(r#""l1":2"#), "{next}");
    place.ok(&next.strip_prefix("cofil ").unwrap().replace('\'', ""));
    let told = place
        .ok("compare ratings.csv -a popularity,ials --set ials:epochs=2 --seeds 2 --metric ndcg@3");
    let told = told.replace('\n', " ");
    let other = if told.contains("popularity is best") { "ials" } else { "popularity" };
    assert!(told.contains(&format!("It is ahead of {other} in ")), "{told}");
    let told = place.fails(1, "compare ratings.csv -a slim --metric mse");
    assert!(told.contains("slim only ranks items; mse needs predicted ratings"), "{told}");
}

#[test]
fn wrong_arguments_end_with_status_two() {
    let place = Place::with_ratings();
    for (wrong, part) in [
        ("--with ease --with ease", "already in the comparison"),
        ("-a slim --set l1=1", "write ALGORITHM:SETTING=VALUE"),
        ("-a slim --set slim:l1", "write ALGORITHM:SETTING=VALUE"),
        ("--skip ease", "write ALGORITHM=REASON"),
        ("--with ials:factors=3,factors=4", "`factors` is given twice"),
        ("--with ials:8", "write ALGORITHM:SETTING=VALUE"),
        ("--test ratings.csv --by last", "cannot be combined"),
        ("--given ratings.csv --test 0.1", "needs --test FILE"),
        ("--test 0", "between 0 and 1"),
        ("--test 1.5", "between 0 and 1"),
    ] {
        let told = place.fails(2, &format!("compare ratings.csv {wrong}"));
        assert!(told.contains(part), "{wrong}: {told}");
    }
}
