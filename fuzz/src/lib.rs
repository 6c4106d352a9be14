//! Fuzz targets for all readers of external data, one function each. For any bytes they must return without a panic, in
//! bounded time and memory, and accepted input must give finite answers.

use cofil::data::catalogue::{Catalogue, CatalogueOptions};
use cofil::data::read::{self, Quote, ReadOptions};
use cofil::data::{Clean, IdMap, Ratings, Source};
use cofil::evaluate::Metric;
use cofil::exchange::{Foreign, ForeignFiles, ImportOptions};
use cofil::recipes::Target;
use cofil::tune::{self, Journal, Range, Search, Space};
use cofil::{Algorithm, Checkpoint, Query, Recommender, Run, Unknown, Who};
use serde_json::{Map, Value};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Reads a table of interactions in any format and converts it to ratings.
pub fn table(data: &[u8]) {
    let read = read::read(Source::reader("table", data), &ReadOptions::default());
    let Ok(table) = read else { return };
    let rows = table.interactions.len();
    if let Ok((ratings, _)) = Clean::default().ratings(table.interactions) {
        assert!(ratings.len() <= rows);
    }
}

/// Reads a table with options chosen by its first byte.
pub fn options(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else { return };
    let bit = |n: u8| choice >> n & 1 == 1;
    let delimiters = [None, Some(","), Some("::"), Some("\t")];
    let options = ReadOptions {
        delimiter: delimiters[usize::from(choice & 3)].map(str::to_string),
        header: bit(2).then_some(bit(3)),
        missing: bit(4).then_some(99.0),
        quote: bit(6).then_some(Quote::None),
        decimal: bit(7).then_some(','),
        weights: if bit(5) { vec![("view".into(), 1.0), ("buy".into(), 3.0)] } else { Vec::new() },
        ..ReadOptions::default()
    };
    _ = read::read(Source::reader("table", data), &options);
}

/// Reads lists of recommendations to evaluate.
pub fn lists(data: &[u8]) {
    let file = file(data, "lists.csv");
    let (users, items) = names();
    _ = read::read_lists(&file, &ReadOptions::default(), &users, &items);
}

/// Reads the negatives of each user.
pub fn negatives(data: &[u8]) {
    let (users, items) = names();
    let source = Source::reader("negatives", data);
    _ = read::read_negatives(source, &ReadOptions::default(), &users, &items);
}

/// Reads a table of item attributes.
pub fn catalogue(data: &[u8]) {
    _ = Catalogue::read(Source::reader("items", data), &CatalogueOptions::default());
}

/// Loads a model and uses it; builds for fuzzing skip the checksum.
pub fn model(data: &[u8]) {
    let Ok(model) = Recommender::from_bytes(data) else { return };
    let query = Query { n: 3, unknown: Unknown::Skip, ..Query::default() };
    for who in [
        Who::user("user 3"),
        Who::new_user([("pièce 1", 4.0), ("pièce 5", 2.0)]),
        Who::anybody(),
    ] {
        if let Ok(answer) = model.recommend(&who, &query) {
            assert!(answer.items.iter().all(|item| item.score.is_finite()));
        }
        _ = model.explain(&who, "pièce 2", Unknown::Skip);
    }
    if let Ok(value) = model.predict("user 3", "pièce 4") {
        assert!(value.is_finite());
    }
    _ = model.similar("pièce 1", 3);
    let mut copy = Vec::new();
    model.write_to(&mut copy).expect("what was loaded can be saved");
    Recommender::from_bytes(&copy).expect("what was saved can be loaded");
}

/// Imports a model of another program and recommends with it.
pub fn foreign(data: &[u8]) {
    let Ok(foreign) = Foreign::open(&ForeignFiles::new(file(data, "foreign"))) else { return };
    for target in [Target::Rating, Target::Preference] {
        let options = ImportOptions {
            target: Some(target),
            scale: Some((1.0, 5.0)),
            ..ImportOptions::default()
        };
        let Ok((model, _)) = foreign.clone().into_recommender(None, &options) else { continue };
        for who in [Who::user("0"), Who::new_user([("0", 4.0)])] {
            let query = Query { n: 3, unknown: Unknown::Skip, ..Query::default() };
            if let Ok(answer) = model.recommend(&who, &query) {
                assert!(answer.items.iter().all(|item| item.score.is_finite()));
            }
        }
    }
}

/// Resumes training from a checkpoint.
pub fn checkpoint(data: &[u8]) {
    _ = train(&file(data, "state.checkpoint"), 2);
}

/// Returns a seed for [`checkpoint`]: training stopped after the first epoch.
pub fn checkpoint_seed() -> Vec<u8> {
    let file = folder().join("seed.checkpoint");
    train(&file, 1).expect("a small training");
    std::fs::read(file).expect("a checkpoint")
}

fn train(checkpoint: &Path, epochs: u32) -> cofil::Result<()> {
    let run = Run { checkpoint: Some(Checkpoint::new(checkpoint, 1)), ..Run::default() };
    small("bpr", [("factors", 2), ("epochs", epochs)]).fit(&ratings(), &run).map(drop)
}

/// Resumes a search from its file of trials.
pub fn journal(data: &[u8]) {
    _ = trials(&file(data, "trials.jsonl"), false);
}

/// Returns a seed for [`journal`]: the trials of a finished search.
pub fn journal_seed() -> Vec<u8> {
    let file = folder().join("seed.trials");
    trials(&file, true).expect("a small search");
    std::fs::read(file).expect("a file of trials")
}

fn trials(file: &Path, to_the_end: bool) -> cofil::Result<()> {
    let space = Space::new(small("ease", []), &[], &[])?;
    let search = Search::new(3, Metric::Ndcg(10));
    let mut journal = Journal::open(file, &space, &ratings(), &ratings(), &search)?;
    if to_the_end {
        tune::search(&space, &ratings(), &ratings(), &search, Some(&mut journal))?;
    }
    Ok(())
}

/// Reads a settings file and the ranges of a search in JSON.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let settings = toml::from_str(text).or_else(|_| serde_json::from_str::<Map<String, Value>>(text));
    if let Ok(settings) = settings {
        let name = settings.get("algorithm").and_then(Value::as_str).unwrap_or("ials").to_string();
        if let Ok(algorithm) = Algorithm::from_settings(&name, &settings) {
            _ = Space::new(algorithm, &[], &[]);
        }
    }
    if let Ok(ranges) = serde_json::from_str::<Vec<Range>>(text) {
        _ = Space::new(small("ials", []), &[], &ranges);
    }
}

/// Writes the bytes to a temporary file, replacing the previous one.
fn file(data: &[u8], name: &str) -> PathBuf {
    let path = folder().join(name);
    let mut file = std::fs::File::create(&path).expect("a temporary file");
    file.write_all(data).expect("a temporary file");
    path
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("cofil-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    folder
}

fn small<const N: usize>(name: &str, settings: [(&str, u32); N]) -> Algorithm {
    let settings = settings.into_iter().map(|(name, value)| (name.to_string(), value.into()));
    Algorithm::from_settings(name, &settings.collect()).expect("settings of the algorithm")
}

fn ratings() -> Ratings {
    let pairs = (0..12).flat_map(|u| (0..4).map(move |k| (u, (u * 5 + k * k) % 9)));
    let pairs: Vec<_> = pairs.map(|(u, i)| (format!("user {u}"), format!("pièce {i}"))).collect();
    let triples = pairs.iter().map(|(user, item)| (user.as_str(), item.as_str(), 1.0));
    Ratings::from_triples(triples).expect("a small table")
}

fn names() -> (IdMap, IdMap) {
    (["ann", "bob", "1", "2"].into_iter().collect(), ["tea", "jam", "10", "20"].into_iter().collect())
}

/// Makes a function of bytes the fuzz target of a binary.
#[macro_export]
macro_rules! target {
    ($function:path) => {
        libfuzzer_sys::fuzz_target!(
            init: {
                // A decoder's panic on a damaged file is caught and reported as an error; any other ends the process.
                let usual = std::panic::take_hook();
                std::panic::set_hook(Box::new(move |panic| {
                    if !cofil::data::read::is_decoding() {
                        usual(panic);
                    }
                }));
            },
            |data: &[u8]| $function(data)
        );
    };
}
