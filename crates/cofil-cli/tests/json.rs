//! What `--json` prints is documented, field by field, and has a schema.

mod common;
use common::Place;
use serde_json::Value;
use std::collections::BTreeSet;

/// The section of the page on `command`.
fn section<'a>(page: &'a str, command: &str) -> &'a str {
    let sections = page.split("\n## ").skip(1);
    let named = |text: &&str| text.lines().next().is_some_and(|head| head.contains(command));
    sections.into_iter().find(named).unwrap_or_else(|| panic!("no section on {command}"))
}

/// The schema that `reference` names in `root`.
fn named<'a>(root: &'a Value, reference: &str) -> &'a Value {
    let path = reference.strip_prefix('#').expect("a place in the same document");
    root.pointer(path).unwrap_or_else(|| panic!("{reference} is missing"))
}

/// Whether `value` is as `schema` says, by the keywords that our schemas use.
fn check(schema: &Value, root: &Value, value: &Value, at: &str) -> Result<(), String> {
    let Some(rules) = schema.as_object() else {
        let any = schema.as_bool() == Some(true);
        return if any { Ok(()) } else { Err(format!("{at}: nothing is allowed")) };
    };
    let is = |name: &Value| match name.as_str().expect("a name") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{at}: type {other}"),
    };
    let one_of = |choices: &Value, at: &str| {
        let tried = choices.as_array().expect("a list").iter();
        let wrong: Vec<String> =
            tried.map_while(|choice| check(choice, root, value, at).err()).collect();
        match wrong.len() == choices.as_array().map_or(0, Vec::len) {
            true => Err(format!("{at}: none of the forms fits: {}", wrong.join("; "))),
            false => Ok(()),
        }
    };
    for (keyword, rule) in rules {
        match keyword.as_str() {
            "$ref" => check(named(root, rule.as_str().expect("text")), root, value, at)?,
            "anyOf" | "oneOf" => one_of(rule, at)?,
            "allOf" => {
                rule.as_array()
                    .expect("a list")
                    .iter()
                    .try_for_each(|s| check(s, root, value, at))?;
            }
            "type" => {
                let fits = rule.as_array().map_or_else(|| is(rule), |names| names.iter().any(is));
                if !fits {
                    return Err(format!("{at}: {value} is not of type {rule}"));
                }
            }
            "const" if rule != value => return Err(format!("{at}: {value} is not {rule}")),
            "enum" if !rule.as_array().expect("a list").contains(value) => {
                return Err(format!("{at}: {value} is none of {rule}"));
            }
            "required" if value.is_object() => {
                let names = rule.as_array().expect("a list").iter().filter_map(Value::as_str);
                if let Some(name) = names.into_iter().find(|name| value.get(name).is_none()) {
                    return Err(format!("{at}: `{name}` is missing"));
                }
            }
            "properties" => {
                for (name, rule) in rule.as_object().expect("an object") {
                    let found =
                        value.get(name).map(|v| check(rule, root, v, &format!("{at}.{name}")));
                    found.transpose()?;
                }
            }
            "additionalProperties" => {
                let named = |name: &String| {
                    rules.get("properties").is_some_and(|known| known.get(name).is_some())
                };
                for (name, v) in value.as_object().into_iter().flatten().filter(|(n, _)| !named(n))
                {
                    check(rule, root, v, &format!("{at}.{name}"))?;
                }
            }
            "items" => {
                let from = rules.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                for v in value.as_array().into_iter().flatten().skip(from) {
                    check(rule, root, v, &format!("{at}[]"))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Names of the fields that `schema` knows.
fn fields<'a>(schema: &'a Value, root: &'a Value, found: &mut BTreeSet<&'a str>) {
    if let Some(reference) = schema["$ref"].as_str() {
        fields(named(root, reference), root, found);
    }
    found.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| &**name));
    for keyword in ["anyOf", "oneOf", "allOf"] {
        for part in schema[keyword].as_array().into_iter().flatten() {
            fields(part, root, found);
        }
    }
}

#[test]
fn settings_have_a_schema() {
    let place = Place::with_ratings();
    let schema: Value = serde_json::from_str(&place.ok("schema settings")).expect("JSON");
    let answer = place.json("train ratings.csv -a ials --set epochs=2 --set factors=3 -o m");
    check(&schema, &schema, &answer["algorithm"], "").expect("it fits");
    let wrong = serde_json::json!({"algorithm": "ials", "factors": "many"});
    assert!(check(&schema, &schema, &wrong, "").is_err());
    let all: Value = serde_json::from_str(&place.ok("schema")).expect("JSON");
    assert_eq!(all["settings"], schema);
    assert!(all["tune"]["anyOf"].is_array() && all.as_object().map_or(0, |all| all.len()) > 20);
    let told = place.fails(2, "schema trian");
    assert!(told.contains("did you mean `train`?"), "{told}");
}

#[test]
fn every_field_is_on_the_page_and_in_the_schema() {
    let page = include_str!("../../../docs/json.md");
    let place = Place::with_ratings();
    let schemas: Value = serde_json::from_str(&place.ok("schema")).expect("JSON");
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
        ("plot", "map m -o c.svg"),
        ("convert", "ratings.csv again.jsonl"),
        ("update", "e pairs.csv -o u"),
        ("forget", "e --user u1 -o f"),
        ("export", "m model.npz"),
        ("export", "m model.onnx"),
        ("import", "model.npz --seen ratings.csv -o i"),
        ("man", "-o pages"),
    ] {
        let answer = place.json(&format!("{command} {args}"));
        let section = section(page, &format!("`{command}`"));
        let told = |name: &String| section.contains(&format!("`{name}`"));
        let schema = &schemas[command];
        check(schema, schema, &answer, command).unwrap_or_else(|e| panic!("{command} {args}: {e}"));
        let mut known = BTreeSet::new();
        fields(schema, schema, &mut known);
        let fields = answer.as_object().expect("a document");
        let strange: Vec<&String> =
            fields.keys().filter(|name| !known.contains(&***name)).collect();
        assert!(strange.is_empty(), "the schema of {command} does not have {strange:?}");
        let anywhere = |name: &&String| *name != "also_read";
        let unknown: Vec<&String> =
            fields.keys().filter(anywhere).filter(|name| !told(name)).collect();
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

#[test]
fn documents_tell_how_further_files_were_read() {
    let place = Place::with_ratings();
    place.write("test.csv", "user,item,rating\nu1,i1,3\nu1,i2,4\nnobody,i1,2\n");
    place.write("given.csv", "user,item,rating\nnobody,i2,5\n");
    place.write("negatives.csv", "u1,i6,i11\nnobody,i5,i6\n");
    place.write("items.csv", "id,title\ni1,One\n");
    place.write("users.txt", "u1\nu2\n");
    let train = "train ratings.csv -a ials --set epochs=2";
    place.ok(&format!("{train} -o m"));
    place.ok("recommend m --all --seen -n 3 -o lists.csv");
    for (command, files) in [
        (
            &*format!("{train} -o n --valid test.csv --items items.csv"),
            &["items.csv", "test.csv"][..],
        ),
        (
            "train ratings.csv -a gmf --set epochs=1 --implicit -o g --negatives negatives.csv",
            &["negatives.csv"],
        ),
        ("evaluate m --test test.csv --given given.csv --seen", &["given.csv", "test.csv"]),
        (
            "evaluate m --test test.csv --negatives negatives.csv --seen",
            &["test.csv", "negatives.csv"],
        ),
        (
            "evaluate --lists lists.csv --train ratings.csv --test test.csv --seen",
            &["ratings.csv", "test.csv", "lists.csv"],
        ),
        ("compare ratings.csv -a ease --test test.csv --seen --metric ndcg@5", &["test.csv"]),
        ("tune ratings.csv -a ease --trials 2 -o b.toml --valid test.csv", &["test.csv"]),
        ("split ratings.csv --check test.csv", &["test.csv"]),
        ("recommend m --users users.txt -o l.csv", &["users.txt"]),
        ("recommend m --user u1 --items items.csv", &["items.csv"]),
    ] {
        let answer = place.json(command);
        let paths: Vec<_> =
            answer["also_read"].as_array().unwrap().iter().map(|f| &f["path"]).collect();
        assert_eq!(paths, files, "{command}");
    }
    assert_eq!(place.json("describe ratings.csv")["also_read"], Value::Null);
    assert_eq!(place.json("compare ratings.csv -a ease --metric ndcg@5")["read"]["rows"], 192);
}
