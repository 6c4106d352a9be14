//! What `--json` prints is documented, field by field.

mod common;
use common::Place;
use serde_json::Value;

/// The section of the page on `command`.
fn section<'a>(page: &'a str, command: &str) -> &'a str {
    let sections = page.split("\n## ").skip(1);
    let named = |text: &&str| text.lines().next().is_some_and(|head| head.contains(command));
    sections.into_iter().find(named).unwrap_or_else(|| panic!("no section on {command}"))
}

#[test]
fn every_field_is_on_the_page() {
    let page = include_str!("../../../docs/json.md");
    let place = Place::with_ratings();
    place.write("pairs.csv", "user,item,rating\nu1,i1,3\nu1,i2,4\nnobody,i1,2\n");
    place.ok("train ratings.csv -a biased-mf --set factors=2 --set epochs=2 -o m");
    place.ok("train ratings.csv -a ease --set reg=1 -o e");
    for (command, args) in [
        ("describe", "ratings.csv"),
        ("split", "ratings.csv -o parts"),
        ("split", "ratings.csv --check pairs.csv"),
        ("train", "ratings.csv -a biased-mf --set epochs=2 --valid 0.2 -o n"),
        ("evaluate", "m --test pairs.csv --seen"),
        ("evaluate", "m e --test pairs.csv --seen"),
        ("compare", "ratings.csv -a ease --metric ndcg@5 --configs c"),
        ("compare", "ratings.csv -a ease --metric ndcg@5 --seeds 2"),
        ("tune", "ratings.csv -a ease --trials 2 -o t.toml"),
        ("reproduce", "toy --quick"),
        ("recommend", "m --user u1"),
        ("recommend", "m --all -o lists.csv"),
        ("explain", "e --user u1 --item i1"),
        ("similar", "m --item i1"),
        ("similar", "m --user u1"),
        ("similar", "m --all -o similar.csv"),
        ("predict", "m --user u1 --item i1"),
        ("predict", "m --pairs pairs.csv"),
        ("predict", "m --pairs pairs.csv -o p.csv"),
        ("interview", "m --answers i1=4"),
        ("inspect", "m --arrays arrays"),
        ("plot", "curve m -o c.svg"),
        ("convert", "ratings.csv again.jsonl"),
        ("man", "-o pages"),
    ] {
        let answer = place.json(&format!("{command} {args}"));
        let section = section(page, &format!("`{command}`"));
        let told = |name: &String| section.contains(&format!("`{name}`"));
        let fields = answer.as_object().expect("a document");
        let unknown: Vec<&String> = fields.keys().filter(|name| !told(name)).collect();
        assert!(unknown.is_empty(), "docs/json.md says nothing of {unknown:?} of {command} {args}");
        // Lists of documents are told in the same place.
        for (name, value) in fields {
            let Some(Value::Object(first)) = value.as_array().and_then(|list| list.first()) else {
                continue;
            };
            let listed =
                ["entries", "rounds", "standings", "items", "predictions", "trials", "parts"];
            if listed.contains(&name.as_str()) {
                let page_tells = |field: &&String| !page.contains(&format!("`{field}`"));
                let unknown: Vec<&String> = first.keys().filter(page_tells).collect();
                assert!(unknown.is_empty(), "{unknown:?} in {name} of {command} {args}");
            }
        }
    }
}
