//! Malicious model files with valid checksums are rejected, or answered in bounded time with finite numbers.

use cofil::interview::{Interviewer, Reply};
use cofil::math::Matrix;
use cofil::store::{self, Tensor};
use cofil::{Error, Query, Recommender, Unknown, Who};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).expect("golden files");
    let paths = files.map(|file| file.expect("an entry").path());
    let models = paths.filter(|path| path.extension().is_some_and(|e| e == "cofil"));
    models.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

/// An array of a file; numbers with a shape.
enum Array {
    Floats(Vec<f32>, Vec<usize>),
    Naturals(Vec<u32>),
    Sizes(Vec<usize>),
    Bytes(Vec<u8>),
}

/// The bytes of a golden file after applying `change` to its header and to the numbers of each array.
fn changed(
    name: &str,
    mut change: impl FnMut(&mut Value),
    mut numbers: impl FnMut(&str, &mut [f32]),
) -> Vec<u8> {
    let bytes = std::fs::read(folder().join(name).with_extension("cofil")).expect("a golden file");
    let length = u64::from_le_bytes(*bytes.first_chunk().expect("a length")) as usize;
    let (head, data) = bytes[8..].split_at(length);
    let head: Value = serde_json::from_slice(head).expect("JSON");
    let envelope = head["__metadata__"]["cofil"].as_str().expect("an envelope");
    let envelope: Value = serde_json::from_str(envelope).expect("JSON");
    let mut header = envelope["header"].clone();
    change(&mut header);
    let mut arrays = Vec::new();
    for (name, about) in head.as_object().expect("an object") {
        if name == "__metadata__" {
            continue;
        }
        let place = |at: usize| about["data_offsets"][at].as_u64().expect("a place") as usize;
        let bytes = &data[place(0)..place(1)];
        let array = match about["dtype"].as_str() {
            Some("F32") => {
                let pieces = bytes.as_chunks().0.iter();
                let mut floats: Vec<f32> = pieces.map(|&b| f32::from_le_bytes(b)).collect();
                numbers(name, &mut floats);
                let shape = about["shape"].as_array().expect("a shape").iter();
                Array::Floats(floats, shape.map(|n| n.as_u64().expect("a size") as usize).collect())
            }
            Some("U32") => Array::Naturals(
                bytes.as_chunks().0.iter().map(|&b| u32::from_le_bytes(b)).collect(),
            ),
            Some("U64") => {
                let sizes = bytes.as_chunks().0.iter().map(|&b| u64::from_le_bytes(b) as usize);
                Array::Sizes(sizes.collect())
            }
            Some("U8") => Array::Bytes(bytes.to_vec()),
            other => panic!("{other:?}"),
        };
        arrays.push((name.clone(), array));
    }
    let matrices: Vec<Option<Matrix>> = arrays
        .iter()
        .map(|(_, array)| match array {
            Array::Floats(floats, shape) if shape.len() == 2 => {
                Some(Matrix::from_vec(shape[0], shape[1], floats.clone()))
            }
            _ => None,
        })
        .collect();
    let mut tensors = Vec::new();
    for ((name, array), matrix) in arrays.iter().zip(&matrices) {
        tensors.push(match (array, matrix) {
            (_, Some(matrix)) => Tensor::matrix(name, matrix),
            (Array::Floats(floats, _), None) => Tensor::f32(name, floats),
            (Array::Naturals(naturals), None) => Tensor::u32(name, naturals),
            (Array::Sizes(sizes), None) => Tensor::sizes(name, sizes),
            (Array::Bytes(bytes), None) => Tensor::bytes(name, bytes),
        });
    }
    let mut file = Vec::new();
    store::write_to(&mut file, "model", &header, &tensors).expect("memory takes bytes");
    file
}

fn with_header(name: &str, change: impl FnMut(&mut Value)) -> Result<Recommender, Error> {
    Recommender::from_bytes(&changed(name, change, |_, _| {}))
}

#[test]
fn settings_that_no_training_had_are_refused_by_name() {
    for (file, setting, value) in [
        ("factors-ridge", "epochs", json!(2_147_483_648u64)),
        ("factors-ridge", "factors", json!(u64::MAX)),
        ("factors-output", "hidden", json!(u64::MAX)),
        ("auto-encoder", "batch_size", json!(u64::MAX)),
        ("network-tower", "layers", json!([4, u64::MAX])),
        ("network-tower", "layers", json!(vec![4; 100_000])),
        ("factors-sampled", "negatives", json!(1_000_000_000)),
    ] {
        let told = with_header(file, |header| header["card"]["algorithm"][setting] = value.clone());
        let told = told.err().expect(setting).to_string();
        assert!(told.contains(&format!("setting `{setting}`: must be at most")), "{told}");
    }
    let told =
        with_header("factors-ridge", |header| header["card"]["data"]["scale"] = json!([5, 1]));
    assert!(told.err().expect("refused").to_string().contains("the scale of its data"));
}

/// A hundred thousand negatives for each of 256 entries in each of 60 steps would take minutes and much memory.
#[test]
fn an_answer_costs_no_more_for_a_file_that_wants_many_negatives() {
    let model = with_header("factors-sampled", |header| {
        header["settings"]["fold_in"]["sampled"]["negatives"] = json!(100_000);
    })
    .unwrap();
    let who = Who::new_user([("pièce 1", 4.0), ("pièce 5", 2.0)]);
    let answer = model.recommend(&who, &Query::default()).unwrap();
    assert!(answer.items.iter().all(|item| item.score.is_finite()));
    let told = with_header("factors-sampled", |header| {
        header["settings"]["fold_in"]["sampled"]["negatives"] = json!(100_001);
    });
    assert!(told.is_err());
}

#[test]
fn numbers_near_the_end_of_all_numbers_give_finite_answers() {
    let mut loaded = 0;
    for name in names() {
        for (size, alternating) in [(1e38, false), (1e38, true), (3.4e38, true), (1e-38, false)] {
            let bytes = changed(
                &name,
                |_| {},
                |array, numbers| {
                    for (at, x) in numbers.iter_mut().enumerate() {
                        let sign = if alternating && at % 2 == 1 { -1.0 } else { 1.0 };
                        let sign = if array == "singular_values" { 1.0 } else { sign };
                        *x = sign * size;
                    }
                },
            );
            // Some files are rejected, because the numbers have limits.
            match Recommender::from_bytes(&bytes) {
                Ok(model) => {
                    answer(&model, &name);
                    loaded += 1;
                }
                Err(error) => assert!(error.to_string().contains(':'), "{error}"),
            }
        }
    }
    assert!(loaded > names().len(), "most are models");
}

/// Calls everything a model can answer and checks that all numbers are finite.
fn answer(model: &Recommender, name: &str) {
    let query = Query { n: 3, unknown: Unknown::Refuse, ..Query::default() };
    let history = [("pièce 1", 4.0), ("pièce 5", 2.0)];
    for who in [Who::user("user 3"), Who::new_user(history), Who::anybody()] {
        let answer = model.recommend(&who, &query).expect("known names");
        for item in &answer.items {
            assert!(item.score.is_finite(), "{name}: {who:?}: {}", item.score);
        }
        if let Ok(told) = model.explain(&who, "pièce 2", Unknown::Refuse) {
            let told = serde_json::to_value(&told).expect("JSON");
            assert!(!told["score"].is_null(), "{name}: {told}");
        }
    }
    for user in 0..12 {
        let value = model.predict(&format!("user {user}"), "pièce 4").expect("known names");
        assert!(value.is_finite(), "{name}: {value}");
    }
    if let Ok(similar) = model.similar("pièce 1", 3) {
        let similar = serde_json::to_string(&similar).expect("JSON");
        assert!(!similar.contains("null"), "{name}: {similar}");
    }
}

#[test]
fn interviews_of_models_with_great_numbers_end() {
    for name in names() {
        let bytes =
            changed(&name, |_| {}, |_, numbers| numbers.iter_mut().for_each(|x| *x *= 1e30));
        let Ok(model) = Recommender::from_bytes(&bytes) else { continue };
        let interviewer = Interviewer::new(Arc::new(model));
        let Ok(mut interview) = interviewer.begin(interviewer.usual_strategy(), 1) else {
            continue;
        };
        for _ in 0..4 {
            let Some(item) = interview.question() else { break };
            interview.answer(item, Reply::Yes);
        }
        assert!(interview.scores().iter().all(|x| x.is_finite()), "{name}");
    }
}
