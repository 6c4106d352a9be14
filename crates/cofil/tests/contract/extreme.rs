//! Numbers that nobody means: every setting of every algorithm, and every number of a request, gives a result that is
//! finite or an error that says so.

use super::*;
use cofil::data::Source;
use cofil::data::read::{Column, ReadOptions, read};
use cofil::evaluate::{Candidates, Measure, Metric, evaluate};
use cofil::watch::Event;
use cofil::{Protocol, Rerank, Watch};

const WHOLE: [u64; 6] = [0, 1, (1 << 16) + 1, 1 << 30, 1 << 53, u64::MAX];
const REAL: [f64; 5] = [0.0, -1.0, 1e-38, 1e38, 3.4e38];
const NO_NUMBER: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// Extreme values for a setting whose value is `value`; none for names and yes or no.
fn extremes(value: &Value) -> Vec<Value> {
    match value {
        Value::Number(n) if n.is_u64() => WHOLE.map(Value::from).to_vec(),
        Value::Number(_) | Value::Null => REAL.map(Value::from).to_vec(),
        Value::Array(_) => {
            let lists = WHOLE.map(|n| [json!([n]), json!([n, 2]), json!([2, n])]);
            lists.into_iter().flatten().chain([json!([]), json!(vec![2; 100])]).collect()
        }
        _ => Vec::new(),
    }
}

/// Settings of all algorithms that make a training as short as it can be.
fn shortest() -> Vec<(&'static str, Map<String, Value>)> {
    let of = |algorithm: Algorithm| {
        let mut settings = serde_json::to_value(&algorithm).unwrap();
        let settings = settings.as_object_mut().unwrap();
        settings.remove("algorithm");
        for (name, value) in [("layers", json!([4, 3])), ("pretrain_epochs", json!(0))] {
            settings.entry(name).and_modify(|had| *had = value);
        }
        (algorithm.name(), std::mem::take(settings))
    };
    recipes_of(1).into_iter().map(of).collect()
}

/// Checks that a model answers with finite numbers, and that the file it is saved in does.
fn answers(recommender: &Recommender, what: &str) {
    let bytes = recommender.to_bytes().unwrap_or_else(|e| panic!("{what}: saving: {e}"));
    let loaded = Recommender::from_bytes(&bytes).unwrap_or_else(|e| panic!("{what}: loading: {e}"));
    for who in [Who::user("u1"), Who::new_user([("i2", 4.0), ("i3", 1.0)]), Who::anybody()] {
        let query = Query { seen: true, ..Query::default() };
        let list = loaded.recommend(&who, &query).unwrap().items;
        assert_eq!(list.len(), loaded.items().len(), "{what}");
        assert!(list.iter().all(|entry| entry.score.is_finite()), "{what}: {list:?}");
    }
}

/// Whether an error is one that a number may cause.
fn is_fair(kind: ErrorKind) -> bool {
    use ErrorKind::{Data, Diverged, Resources, Setting};
    matches!(kind, Setting | Data | Diverged | Resources)
}

#[test]
fn every_extreme_setting_is_learned_with_or_refused() {
    let ratings = tastes(12, 9);
    let (mut trained, mut refused) = (0, 0);
    for (name, base) in shortest() {
        for (setting, default) in &base {
            for value in extremes(default) {
                let what = format!("{name}, {setting} = {value}");
                let mut settings = base.clone();
                settings.insert(setting.clone(), value);
                let result = Algorithm::from_settings(name, &settings).and_then(|algorithm| {
                    let ratings = suited(&algorithm, &ratings);
                    // A million epochs are like three.
                    let watch = Watch::new(|event| match event {
                        Event::Epoch { epoch, .. } if epoch.number >= 3 => ControlFlow::Break(()),
                        _ => ControlFlow::Continue(()),
                    });
                    watch.during(|| Recommender::train(&algorithm, &ratings, &Run::default()))
                });
                match result {
                    Ok(recommender) => {
                        answers(&recommender, &what);
                        trained += 1;
                    }
                    Err(error) => {
                        assert!(is_fair(error.kind()), "{what}: {error}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(trained > 200 && refused > 200, "{trained} trained, {refused} refused");
}

/// What is done if all is well, with a name for messages.
type Asked<T> = (String, T);

/// Reranking with every extreme number in every place.
fn reranks() -> Vec<Asked<Rerank>> {
    let usual = Rerank { mmr: 0.5, ..Rerank::default() };
    let reals = REAL.map(|x| x as f32).into_iter().chain(NO_NUMBER);
    let mut all = Vec::new();
    for x in reals {
        all.push((format!("mmr = {x}"), Rerank { mmr: x, ..usual }));
        all.push((format!("penalty = {x}"), Rerank { popularity_penalty: x, ..usual }));
    }
    for n in WHOLE {
        all.push((format!("pool = {n}"), Rerank { pool: n as usize, ..usual }));
    }
    all
}

#[test]
fn every_extreme_request_is_answered_or_refused() {
    let ratings = tastes(12, 9);
    let ease = recipes().into_iter().find(|algorithm| algorithm.name() == "ease").unwrap();
    let recommender = train(&ease, &ratings);
    let mut queries: Vec<Asked<Query>> = Vec::new();
    for n in WHOLE.map(|n| n as usize) {
        queries.push((format!("n = {n}"), Query { n, ..Query::default() }));
        queries.push((format!("explain = {n}"), Query { explain: n, ..Query::default() }));
    }
    for (what, rerank) in reranks() {
        queries.push((what, Query { rerank, n: 3, ..Query::default() }));
    }
    let (mut answered, mut refused) = (0, 0);
    for (what, query) in queries {
        for who in [Who::user("u1"), Who::new_user([("i2", 4.0)]), Who::anybody()] {
            match recommender.recommend(&who, &query) {
                Ok(answer) => {
                    let text = serde_json::to_string(&answer.items).unwrap();
                    assert!(!text.contains("null"), "{what}: {text}");
                    answered += 1;
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Setting, "{what}: {error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(answered > 20 && refused > 10, "{answered} answered, {refused} refused");
}

#[test]
fn every_extreme_protocol_is_followed_or_refused() {
    let ratings = tastes(12, 9);
    let ease = recipes().into_iter().find(|algorithm| algorithm.name() == "ease").unwrap();
    let recommender = train(&ease, &ratings);
    let usual = Protocol { seen: true, resamples: 10, ..Protocol::default() };
    let mut protocols: Vec<Asked<Protocol>> = Vec::new();
    for n in WHOLE.map(|n| n as usize) {
        protocols.push((format!("resamples = {n}"), Protocol { resamples: n, ..usual.clone() }));
        let candidates = Candidates::Sampled { n, seed: u64::MAX };
        protocols.push((format!("sampled = {n}"), Protocol { candidates, ..usual.clone() }));
        let metrics = Metric::all(n);
        protocols.push((format!("cutoff = {n}"), Protocol { metrics, ..usual.clone() }));
    }
    for x in REAL.map(|x| x as f32).into_iter().chain(NO_NUMBER) {
        let relevant_from = Some(x);
        protocols.push((format!("from = {x}"), Protocol { relevant_from, ..usual.clone() }));
    }
    for (what, rerank) in reranks() {
        protocols.push((what, Protocol { rerank, ..usual.clone() }));
    }
    let (mut followed, mut refused) = (0, 0);
    for (what, protocol) in protocols {
        match evaluate(recommender.model(), &ratings, &ratings, &protocol) {
            Ok(report) => {
                // The diversity of one item is that of no user.
                let is_told = |m: &Measure| m.value.is_finite() || m.users == 0;
                let finite = report.metrics.0.iter().all(is_told);
                assert!(finite, "{what}: {:?}", report.metrics.0);
                followed += 1;
            }
            Err(error) => {
                assert!(is_fair(error.kind()), "{what}: {error}");
                refused += 1;
            }
        }
    }
    assert!(followed > 10 && refused > 10, "{followed} followed, {refused} refused");
}

#[test]
fn every_extreme_way_to_read_is_followed_or_refused() {
    let text = "user,item,rating,time,type\na,x,1,5,view\na,y,2,6,buy\nb,x,3,7,view\n";
    let usual = ReadOptions::default();
    let mut ways: Vec<Asked<ReadOptions>> = Vec::new();
    for x in REAL.map(|x| x as f32).into_iter().chain(NO_NUMBER) {
        ways.push((format!("missing = {x}"), ReadOptions { missing: Some(x), ..usual.clone() }));
        let weights = vec![("view".into(), x), ("buy".into(), 1.0)];
        ways.push((format!("weight = {x}"), ReadOptions { weights, ..usual.clone() }));
    }
    for n in WHOLE {
        ways.push((format!("skipped = {n}"), ReadOptions { skip_bad: n, ..usual.clone() }));
        let column = Some(Column::Position(n as usize));
        ways.push((format!("user {n}"), ReadOptions { user: column.clone(), ..usual.clone() }));
        ways.push((format!("value {n}"), ReadOptions { value: column.clone(), ..usual.clone() }));
        ways.push((format!("time {n}"), ReadOptions { time: column, ..usual.clone() }));
    }
    for way in ["", "\0", "\n", "\"", "%", "%Q", "%%%", &"s".repeat(1 << 16)] {
        let (delimiter, time_format) = (Some(way.to_owned()), Some(way.to_owned()));
        ways.push((format!("delimiter {way:?}"), ReadOptions { delimiter, ..usual.clone() }));
        ways.push((format!("times {way:?}"), ReadOptions { time_format, ..usual.clone() }));
        let decimal = way.chars().next();
        ways.push((format!("decimal {decimal:?}"), ReadOptions { decimal, ..usual.clone() }));
    }
    let (mut followed, mut refused) = (0, 0);
    for (what, options) in ways {
        match read(Source::reader("t", text.as_bytes()), &options) {
            Ok(table) => {
                let values = &table.interactions.value;
                assert!(values.iter().all(|value| value.is_finite()), "{what}: {values:?}");
                followed += 1;
            }
            Err(error) => {
                assert!(is_fair(error.kind()), "{what}: {error}");
                refused += 1;
            }
        }
    }
    assert!(followed > 10 && refused > 10, "{followed} followed, {refused} refused");
}
