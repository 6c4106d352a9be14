//! Reports: JSON round trips are exact, and the schema covers every field.

use cofil::contest::{self, Entrant, Outcome, Plan, Tuning};
use cofil::data::catalogue::{Catalogue, CatalogueOptions, CatalogueReport};
use cofil::data::read::{ReadOptions, ReadReport, read};
use cofil::data::split::{HeldOut, Leakage, Share, Split, SplitReport};
use cofil::data::{Clean, CleanReport, Description, Source};
use cofil::evaluate::{Report, difference, evaluate};
use cofil::recommender::Card;
use cofil::tune::{Found, Search, Space, search};
use cofil::{
    Advice, Algorithm, Duplicates, Ease, Ials, Interactions, Metric, Popularity, Protocol, Ratings,
    Recommender, Run,
};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads `value` back from JSON and checks that the schema of `T` covers each of its fields.
fn round<T: Serialize + DeserializeOwned + JsonSchema>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("plain data");
    let again: T = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert_eq!(serde_json::to_string(&again).expect("plain data"), text);
    let json: Value = serde_json::from_str(&text).expect("plain data");
    let schema = schema_for!(T).to_value();
    let mut unknown = Vec::new();
    check(&json, &schema, &schema, "", &mut unknown);
    assert!(unknown.is_empty(), "{} says nothing of {unknown:?}", std::any::type_name::<T>());
    again
}

/// The schemas that may describe a value of `schema`: itself, those it refers to, and those it is composed of.
fn parts<'a>(schema: &'a Value, root: &'a Value, found: &mut Vec<&'a Value>) {
    found.push(schema);
    if let Some(place) = schema["$ref"].as_str() {
        let part = root.pointer(place.trim_start_matches('#')).expect("a definition");
        parts(part, root, found);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            parts(part, root, found);
        }
    }
}

/// Collects the paths in `json` that `schema` does not cover.
fn check(json: &Value, schema: &Value, root: &Value, path: &str, unknown: &mut Vec<String>) {
    let mut all = Vec::new();
    parts(schema, root, &mut all);
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                let known = all.iter().find_map(|part| part["properties"].get(name));
                let any = || all.iter().find_map(|part| part.get("additionalProperties"));
                match known.or_else(any) {
                    Some(known) => check(value, known, root, &path, unknown),
                    None => unknown.push(path),
                }
            }
        }
        Value::Array(entries) => {
            if let Some(of) = all.iter().find_map(|part| part.get("items")) {
                entries.iter().for_each(|entry| check(entry, of, root, path, unknown));
            }
        }
        _ => {}
    }
}

/// 40 users with two tastes, with values and times.
fn rows() -> (Interactions, ReadReport) {
    let mut text = String::from("user,item,rating,timestamp\n");
    for u in 0..40_u32 {
        for i in (0..30_u32).filter(|i| (u * 7 + i * 11) % 3 == 0 || (u + i) % 5 == 0) {
            let value = if (u + i) % 2 == 0 { 4 + i % 2 } else { 1 + (u + i) % 3 };
            text += &format!("u{u},i{i},{value},{}\n", 1_600_000_000 + u * 1000 + i * 77);
        }
    }
    let source = Source::reader("table", text.as_bytes());
    let table = read(source, &ReadOptions::default()).expect("a table");
    (table.interactions, table.report)
}

#[test]
fn what_is_said_of_data_is_read_back() {
    let (rows, report) = rows();
    assert_eq!(round(&report), report);
    let description = Description::of(&rows).expect("data");
    assert_eq!(round(&description), description);
    let clean = Clean { threshold: Some(2.0), ..Clean::default() };
    let (_, cleaned): (_, CleanReport) = clean.ratings(rows.clone()).expect("data");
    assert_eq!(round(&cleaned), cleaned);
    let split = Split::Last { test: Share::Count(2) };
    let parts = split.apply(&rows).expect("data").remove(0);
    let told: SplitReport = round(&parts.report);
    assert_eq!(told, parts.report);
    let leakage = Leakage::between(&parts.train, None, &parts.test).expect("names fit");
    assert_eq!(round(&leakage), leakage);
    let items = Source::reader("items", &b"id,title,genres,year\ni1,A,x|y,1999\ni2,B,y,2001\n"[..]);
    let (_, read): (_, CatalogueReport) =
        Catalogue::read(items, &CatalogueOptions::default()).expect("a table");
    assert_eq!(round(&read), read);
    let ratings = Ratings::new(&rows, Duplicates::Last).expect("data");
    let advice: Advice = Algorithm::suggest(&ratings, None);
    assert_eq!(round(&advice), advice);
}

#[test]
fn what_is_said_of_models_is_read_back() {
    let (rows, _) = rows();
    let parts = HeldOut::share(&rows, 0.2, 1).expect("data");
    let (train, test) = (&parts.train, &parts.valid);
    let protocol = Protocol {
        metrics: vec![Metric::Ndcg(5), Metric::Rmse, Metric::Coverage(5)],
        ..Protocol::default()
    };
    let fit = |algorithm: Algorithm| {
        let model = algorithm.fit(train, &Run::default()).expect("fits").model;
        evaluate(&*model, train, test, &protocol).expect("judged")
    };
    let ease = fit(Algorithm::Ease(Ease { reg: 5.0, ..Ease::default() }));
    let read: Report = round(&ease);
    assert_eq!((&read.metrics, &read.baselines), (&ease.metrics, &ease.baselines));
    let popular = fit(Algorithm::Popularity(Popularity::default()));
    let gap = difference(&ease, &popular, Metric::Ndcg(5)).expect("the same users");
    assert_eq!(round(&gap), gap);
    let ials = Algorithm::Ials(Ials { factors: 4, epochs: 3, ..Ials::default() });
    let recommender = Recommender::train(&ials, train, &Run::default()).expect("trained");
    let card: Card = round(recommender.card());
    assert_eq!(&card, recommender.card());
}

#[test]
fn searches_and_comparisons_are_read_back() {
    let (rows, _) = rows();
    let parts = HeldOut::share(&rows, 0.2, 1).expect("data");
    let ials = Algorithm::Ials(Ials { factors: 4, epochs: 4, ..Ials::default() });
    let space = Space::new(ials.clone(), &[], &[]).expect("settings");
    let three = Search::new(3, Metric::Ndcg(5));
    let found = search(&space, &parts.train, &parts.valid, &three, None).expect("found");
    let read: Found = round(&found);
    assert_eq!(read.trials, found.trials);
    space.ranges().iter().for_each(|range| assert_eq!(&round(range), range));

    // The test set is a part of the training data.
    let protocol = Protocol { metrics: vec![Metric::Ndcg(5)], seen: true, ..Protocol::default() };
    let tuning = Tuning { trials: 2, parallel: 1, journals: None, resume: false };
    // An invalid setting, so that one entrant fails.
    let hopeless = Entrant {
        name: "ease".into(),
        algorithm: Algorithm::Ease(Ease { reg: -1.0, ..Ease::default() }),
        fixed: vec!["reg".into()],
        suited: false,
        chosen: true,
    };
    let plan = Plan { tuning: Some(tuning), ..Plan::new(vec![ials.into(), hopeless], protocol) };
    let outcome = contest::run(&plan, &rows, &parts.valid).expect("compared");
    assert!(!outcome.failures.is_empty());
    let read: Outcome = round(&outcome);
    assert_eq!(read.contestants.len(), outcome.contestants.len());
    let told = outcome.conclusion().expect("it was measured");
    assert_eq!(round(&told), told);
    let first = contest::Round { fold: Some(1), seed: 3, split: "a split".into(), outcome };
    let series = contest::Series::new(vec![first]);
    assert_eq!(round(&series).standings.len(), series.standings.len());
}
