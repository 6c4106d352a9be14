//! Properties that hold for any input.

use cofil::math::Matrix;
use cofil::shapes::ItemWeights;
use cofil::shapes::Weights;
use cofil::store::{self, Tensor};
use cofil::{
    Algorithm, Attribution, Csr, Ials, Model, Query, Ratings, Recommender, Row, Run, User, Who,
    rank,
};
use proptest::prelude::*;
use std::path::Path;

/// Sparse matrices of up to 8 × 8.
fn matrices() -> impl Strategy<Value = Csr> {
    (1usize..8, 1usize..8).prop_flat_map(|(rows, cols)| {
        let row = prop::collection::btree_map(0..cols as u32, -5f32..5.0, 0..=cols);
        prop::collection::vec(row, rows).prop_map(move |rows| Csr::from_rows(cols, rows))
    })
}

fn named(by_user: Csr) -> Ratings {
    let names = |n: usize| std::sync::Arc::new((0..n).map(|i| format!("n{i}")).collect());
    Ratings { users: names(by_user.rows()), items: names(by_user.cols()), by_user, times: None }
}

/// The file of a small model, for each algorithm.
fn files() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m.cofil");
    let rows = [vec![(0, 1.0), (1, 2.0)], vec![(1, 1.0), (2, 3.0)], vec![(0, 2.0), (2, 1.0)]];
    let ratings = named(Csr::from_rows(3, rows));
    Algorithm::all()
        .iter()
        .map(|algorithm| {
            let mut settings = serde_json::to_value(algorithm).expect("plain data");
            let parts = settings.as_object_mut().expect("a struct");
            parts.entry("factors").and_modify(|k| *k = 2.into());
            parts.entry("layers").and_modify(|layers| *layers = vec![4, 2].into());
            parts.entry("negatives").and_modify(|n| *n = 1.into());
            let algorithm: Algorithm = serde_json::from_value(settings).expect("its own settings");
            let train =
                |ratings: &Ratings| Recommender::train(&algorithm, ratings, &Run::default());
            // Some algorithms learn from interactions with equal weights and reject ratings.
            let trained = train(&ratings).or_else(|_| train(&ratings.binary()));
            trained.expect("trained").save(&path).expect("saved");
            std::fs::read(&path).expect("read back")
        })
        .collect()
}

/// Loads `bytes` as a model; a model that loads must also serve.
fn load(folder: &Path, bytes: &[u8]) {
    let path = folder.join("m.cofil");
    std::fs::write(&path, bytes).expect("written");
    serve(Recommender::load(&path));
}

fn serve(loaded: cofil::Result<Recommender>) {
    let Ok(recommender) = loaded else { return };
    let query = Query { seen: true, ..Query::default() };
    let mut lists =
        vec![recommender.recommend(&Who::anybody(), &query).expect("no name is asked for").items];
    for user in recommender.users().names() {
        lists.push(recommender.recommend(&Who::user(user), &query).expect("a known user").items);
    }
    for item in recommender.items().names() {
        lists.push(
            recommender
                .recommend(&Who::new_user([(item, 1.0)]), &query)
                .expect("a known item")
                .items,
        );
        lists.push(recommender.similar(item, 3).expect("a known item").items);
    }
    assert!(lists.iter().flatten().all(|scored| scored.score.is_finite()));
}

/// An array of a model file as an attacker might write it.
#[derive(Clone, Debug)]
enum Part {
    F32(Vec<f32>),
    Matrix(usize, usize),
    U32(Vec<u32>),
    Sizes(Vec<usize>),
    Bytes(Vec<u8>),
    Missing,
}

fn parts() -> impl Strategy<Value = Part> {
    let size = prop_oneof![9 => 0usize..6, 1 => Just(usize::MAX)];
    let number = prop_oneof![6 => -2f32..2.0, 1 => Just(f32::NAN), 1 => Just(f32::INFINITY)];
    prop_oneof![
        prop::collection::vec(number, 0..8).prop_map(Part::F32),
        (0usize..5, 0usize..5).prop_map(|(r, c)| Part::Matrix(r, c)),
        prop::collection::vec(prop_oneof![9 => 0u32..5, 1 => Just(u32::MAX)], 0..8)
            .prop_map(Part::U32),
        prop::collection::vec(size, 0..6).prop_map(Part::Sizes),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(Part::Bytes),
        Just(Part::Missing),
    ]
}

/// Writes a file of three users and three items in which the array `name` is `part`, with a valid checksum,
/// and loads it.
fn load_with(model: &dyn Model, header: &serde_json::Value, name: &str, part: &Part) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m.cofil");
    let ratings = named(Csr::from_rows(3, [vec![(0, 1.0)], vec![(1, 1.0), (2, 1.0)], vec![]]));
    let (text, ends) = ratings.users.parts();
    let mut tensors = model.tensors();
    for (text_name, ends_name) in [("users.text", "users.ends"), ("items.text", "items.ends")] {
        tensors.push(Tensor::bytes(text_name, text.as_bytes()));
        tensors.push(Tensor::sizes(ends_name, ends));
    }
    tensors.push(Tensor::sizes("seen.starts", ratings.by_user.starts()));
    tensors.push(Tensor::u32("seen.columns", ratings.by_user.columns()));
    tensors.push(Tensor::f32("seen.values", ratings.by_user.values()));
    tensors.retain(|tensor| tensor.name() != name);
    let matrix = match part {
        Part::Matrix(r, c) => Matrix::from_fn(*r, *c, |_, _| 0.5),
        _ => Matrix::default(),
    };
    match part {
        Part::F32(data) => tensors.push(Tensor::f32(name, data)),
        Part::Matrix(..) => tensors.push(Tensor::matrix(name, &matrix)),
        Part::U32(data) => tensors.push(Tensor::u32(name, data)),
        Part::Sizes(data) => tensors.push(Tensor::sizes(name, data)),
        Part::Bytes(data) => tensors.push(Tensor::bytes(name, data)),
        Part::Missing => {}
    }
    store::write(&path, "model", header, &tensors).expect("written");
    serve(Recommender::load(&path));
}

/// One model of each shape for three users and three items.
fn shapes() -> Vec<Box<dyn Model>> {
    let square = Matrix::from_fn(3, 3, |r, c| if r == c { 0.0 } else { 0.1 * (r + c) as f32 });
    let popular = vec![1.0, 2.0, 3.0];
    let sparse = Csr::from_rows(3, [vec![(1, 0.5)], vec![(0, 0.5), (2, 0.1)], vec![]]);
    let ratings = named(Csr::from_rows(3, [vec![(0, 1.0), (1, 2.0)], vec![(2, 3.0)], vec![]]));
    let ials = Algorithm::Ials(Ials { factors: 2, ..Ials::default() });
    vec![
        Box::new(ItemWeights { weights: Weights::Dense(square), popular: popular.clone() }),
        Box::new(ItemWeights { weights: Weights::Sparse(sparse), popular }),
        ials.fit(&ratings, &Run::default()).expect("trained").model,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn transposing_twice_is_identity(matrix in matrices()) {
        let transposed = matrix.transposed();
        for (r, row) in matrix.iter().enumerate() {
            for (c, value) in row.iter() {
                prop_assert_eq!(transposed.row(c as usize).get(r as u32), Some(value));
            }
        }
        prop_assert_eq!(transposed.nnz(), matrix.nnz());
        prop_assert_eq!(transposed.transposed(), matrix);
    }

    #[test]
    fn only_sound_parts_become_a_matrix(
        starts in prop::collection::vec(prop_oneof![9 => 0usize..6, 1 => Just(usize::MAX)], 0..6),
        entries in prop::collection::vec((0u32..5, -1f32..1.0), 0..6),
        cols in 0usize..5,
    ) {
        let (columns, values): (Vec<u32>, Vec<f32>) = entries.into_iter().unzip();
        if let Some(matrix) = Csr::from_parts(starts.clone(), columns.clone(), values, cols) {
            prop_assert_eq!(matrix.iter().map(|row| row.len()).sum::<usize>(), columns.len());
            prop_assert_eq!(matrix.transposed().transposed(), matrix);
        }
    }

    #[test]
    fn top_k_is_sort_and_cut(
        scores in prop::collection::vec(prop_oneof![5 => -3i32..3, 1 => Just(i32::MAX)], 0..40),
        k in 0usize..50,
        excluded in prop::collection::btree_set(0u32..40, 0..10),
    ) {
        // Few distinct values, so that many are equal; one of them stands for NaN.
        let number = |s: &i32| if *s == i32::MAX { f32::NAN } else { *s as f32 };
        let scores: Vec<f32> = scores.iter().map(number).collect();
        let mut sorted: Vec<(u32, f32)> = (0u32..)
            .zip(scores.iter().copied())
            .filter(|(i, s)| !excluded.contains(i) && !s.is_nan())
            .collect();
        sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        sorted.truncate(k);
        let excluded: Vec<u32> = excluded.into_iter().collect();
        prop_assert_eq!(rank::top_k(&scores, k, &excluded), sorted);
    }

    #[test]
    fn any_data_is_learned_from_or_refused(matrix in matrices(), history in matrices()) {
        let ratings = named(matrix);
        for algorithm in Algorithm::all() {
            let model = match algorithm.fit(&ratings, &Run::default()) {
                Ok(fitted) => fitted.model,
                Err(error) => {
                    prop_assert!(!error.to_string().is_empty());
                    continue;
                }
            };
            let mut users: Vec<User<'_>> =
                (0..ratings.users.len() as u32).map(|u| User::of(&ratings, u)).collect();
            if history.cols() <= model.items() {
                users.extend(history.iter().map(User::new_user));
            }
            let mut scores = Matrix::zeros(users.len(), model.items());
            model.score_block(&users, &mut scores);
            prop_assert!(scores.data().iter().all(|s| s.is_finite()), "{}", algorithm.name());
        }
    }

    #[test]
    fn any_bytes_are_refused_or_served(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        load(tempfile::tempdir().expect("a temporary folder").path(), &bytes);
    }

    #[test]
    fn damaged_arrays_are_refused_or_served(
        shape in 0usize..3,
        at in 0usize..12,
        part in parts(),
    ) {
        let shapes = shapes();
        let model = &*shapes[shape];
        let tensors = model.tensors();
        let others = [
            "users.text", "users.ends", "items.text", "items.ends", "seen.starts", "seen.columns",
            "seen.values",
        ];
        let names: Vec<&str> = tensors.iter().map(Tensor::name).chain(others).collect();
        let card = serde_json::json!({
            "cofil": "0.1.0", "algorithm": {"algorithm": "popularity"}, "seed": 0, "epochs": [],
            "data": {
                "fingerprint": "", "users": 3, "items": 3, "interactions": 3, "mean": 1.0,
                "scale": [1.0, 1.0],
            },
        });
        let header = serde_json::json!({
            "card": card, "kind": model.kind(), "settings": model.settings(),
        });
        load_with(model, &header, names[at % names.len()], &part);
    }
}

#[test]
fn the_undamaged_file_is_served() {
    // The input that the property above damages is valid.
    let folder = tempfile::tempdir().expect("a temporary folder");
    for bytes in files() {
        let path = folder.path().join("m.cofil");
        std::fs::write(&path, bytes).expect("written");
        serve(Ok(Recommender::load(&path).expect("sound")));
    }
}

#[test]
fn files_with_a_byte_changed_or_cut_short_are_refused_or_served() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut rng = cofil::math::Rng::new(1, &[]);
    for bytes in files() {
        for _ in 0..60 {
            let mut damaged = bytes.clone();
            let at = rng.below(bytes.len() as u32) as usize;
            damaged[at] = rng.bits() as u8;
            load(folder.path(), &damaged);
            load(folder.path(), &damaged[..at]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exact_contributions_sum_to_the_score(by_user in matrices(), history in matrices()) {
        let ratings = named(by_user);
        if ratings.is_empty() {
            return Ok(());
        }
        let n = ratings.items.len() as u32;
        let linear = [
            ("als", serde_json::json!({"factors": 3, "epochs": 2})),
            ("ials", serde_json::json!({"factors": 3, "epochs": 2, "alpha": 0.5})),
            ("svd", serde_json::json!({"factors": 1})),
            ("popularity", serde_json::json!({})),
            ("ease", serde_json::json!({"reg": 1.0})),
            ("autorec-item", serde_json::json!({"hidden": 2, "epochs": 1})),
            ("autorec-user", serde_json::json!({"hidden": 2, "epochs": 1})),
        ];
        for (name, settings) in linear {
            let algorithm = Algorithm::from_settings(name, settings.as_object().unwrap()).unwrap();
            let Ok(fitted) = algorithm.fit(&ratings, &Run::default()) else { continue };
            let model = fitted.model;
            for row in history.iter() {
                let entries = row.iter().filter(|&(item, _)| item < n);
                let (columns, values): (Vec<u32>, Vec<f32>) = entries.unzip();
                if columns.is_empty() {
                    continue;
                }
                let row = Row { columns: &columns, values: &values };
                for item in 0..n {
                    let told = model.contributions(row, &[item]).remove(0);
                    prop_assert_eq!(told.parts.len(), row.len());
                    let size = told.parts.iter().fold(1.0, |sum, part| sum + part.abs());
                    let sum = told.base + told.parts.iter().sum::<f32>();
                    let mut score = [0.0];
                    model.score(User::new_user(row), &[item], &mut score);
                    // Autoencoders clip to the range of the data, whatever the sum.
                    let (low, high) = ratings.scale();
                    let ends = name.starts_with("autorec") && !(low..=high).contains(&sum);
                    let exact = told.method == Attribution::Exact && !ends;
                    prop_assert!(
                        !exact || (sum - score[0]).abs() <= 1e-3 * size,
                        "{}: {} for {:?}", name, sum, score
                    );
                }
            }
        }
    }
}
