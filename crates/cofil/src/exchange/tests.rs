use super::foreign::ForeignSource;
use super::*;
use crate::algorithm::Algorithm;
use crate::data::read::{ReadOptions, read_with};
use crate::data::{Interactions, Ratings, Source};
use crate::math::Matrix;
use crate::recipes::{Als, Ials, Target, UserKnn};
use crate::recommender::Recommender;
use crate::store::{Entry, Tensor, write_npz};
use crate::train::Run;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Three users and two items with two factors.
const USERS: [f32; 6] = [1.0, 2.0, 0.5, -1.0, 3.0, 0.25];
const ITEMS: [f32; 4] = [0.5, 1.0, -2.0, 4.0];

/// Some shapes have an array with the name of one that every archive has.
#[test]
fn every_shape_is_exported_to_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..60).map(|n| (format!("u{}", n % 12), format!("i{}", n * 7 % 9), 1.0));
    let rows: Vec<_> = rows.collect();
    let train = Ratings::from_triples(rows.iter().map(|(u, i, v)| (&**u, &**i, *v))).unwrap();
    for name in ["graph-filter", "ease", "item-knn", "ials", "blend", "popularity"] {
        let algorithm = Algorithm::from_settings(name, &serde_json::Map::new()).unwrap();
        let model = Recommender::train(&algorithm, &train, &Run::default()).unwrap();
        let path = folder.path().join(format!("{name}.npz"));
        model.export(&path, &Default::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

fn npz(folder: &TempDir, entries: &[Entry<'_>]) -> PathBuf {
    let path = folder.path().join("m.npz");
    write_npz(&path, entries).unwrap();
    path
}

fn import(
    path: &Path,
    options: &ImportOptions,
) -> crate::error::Result<(Recommender, ImportReport)> {
    Foreign::open(&ForeignFiles::new(path))?.into_recommender(None, options)
}

fn told<T>(result: crate::error::Result<T>) -> String {
    result.err().map(|e| e.to_string()).unwrap_or_default()
}

fn score(of: &Recommender, user: u32, item: u32) -> f32 {
    let mut score = [0.0];
    of.model().score(of.user_at(user), &[item], &mut score);
    score[0]
}

#[test]
fn bpr_of_implicit_has_its_biases_in_the_last_column() {
    let folder = folder();
    let users = Matrix::from_fn(3, 3, |r, c| if c < 2 { USERS[2 * r + c] } else { 1.0 });
    let bias = [0.75, -0.5];
    let items = Matrix::from_fn(2, 3, |r, c| if c < 2 { ITEMS[2 * r + c] } else { bias[r] });
    let path = npz(
        &folder,
        &[
            Entry::Numbers(Tensor::matrix("user_factors", &users)),
            Entry::Numbers(Tensor::matrix("item_factors", &items)),
            Entry::Numbers(Tensor::f64("regularization", &[0.01])),
            Entry::Numbers(Tensor::i64("num_threads", &[0])),
            Entry::Numbers(Tensor::bytes("verify_negative_samples", &[1])),
            Entry::Text("dtype", "float32"),
        ],
    );
    let (found, report) = import(&path, &ImportOptions::default()).unwrap();
    assert_eq!((report.name.as_str(), report.format), ("implicit-bpr", ForeignFormat::Implicit));
    assert_eq!((report.factors, report.reg, report.target), (2, 0.01, Target::Preference));
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("column 2") && note.contains("biases of items"))
    );
    assert!(report.notes.iter().any(|note| note.contains("users are numbered from 0")));
    assert_eq!(found.users().names().collect::<Vec<_>>(), ["0", "1", "2"]);
    for user in 0..3 {
        for item in 0..2 {
            let (p, q) = (&USERS[2 * user..][..2], &ITEMS[2 * item..][..2]);
            let expected = p[0] * q[0] + p[1] * q[1] + bias[item];
            assert!((score(&found, user as u32, item as u32) - expected).abs() < 1e-6);
        }
    }
    // The card and the scores survive the model file.
    let saved = Recommender::from_bytes(&found.to_bytes().unwrap()).unwrap();
    assert_eq!(saved.card().name(), "implicit-bpr");
    assert_eq!(score(&saved, 1, 1), score(&found, 1, 1));
}

#[test]
fn surprise_predicts_on_its_scale() {
    let folder = folder();
    let (users, items) =
        (Matrix::from_vec(3, 2, USERS.into()), Matrix::from_vec(2, 2, ITEMS.into()));
    let path = npz(
        &folder,
        &[
            Entry::Numbers(Tensor::matrix("pu", &users)),
            Entry::Numbers(Tensor::matrix("qi", &items)),
            Entry::Numbers(Tensor::f64("bu", &[0.1, 0.2, 0.3])),
            Entry::Numbers(Tensor::f64("bi", &[-0.1, 0.4])),
            Entry::Numbers(Tensor::f64("mu", &[3.5])),
            Entry::Numbers(Tensor::i64("scale", &[1, 5])),
            Entry::Texts("users", vec!["10", "20", "ü"]),
            Entry::Numbers(Tensor::i64("items", &[7, 9])),
        ],
    );
    let (found, report) = import(&path, &ImportOptions::default()).unwrap();
    assert_eq!((report.target, report.fold_in), (Target::Rating, FoldInKind::Ridge));
    // 3.5 + 0.2 - 0.1 + 0.5 · 0.5 - 1 · 1, and a sum above the scale.
    assert!((found.predict("20", "7").unwrap() - 2.85).abs() < 1e-6);
    assert_eq!(found.predict("10", "9").unwrap(), 5.0);
    assert_eq!(found.items().integers(), Some(&[7, 9][..]));
    // A new user: the ridge solution is nearer to their rating than the item's mean.
    let (columns, values) = found.history(&[("7", 1.0)]).unwrap();
    let row = crate::data::Row { columns: &columns, values: &values };
    let mut folded = [0.0];
    found.model().score(crate::model::User::new_user(row), &[0], &mut folded);
    assert!((1.0..1.2).contains(&folded[0]), "{folded:?}");
    let options = ImportOptions { scale: Some((0.5, 6.0)), ..ImportOptions::default() };
    assert_eq!(import(&path, &options).unwrap().0.predict("10", "9").unwrap(), 6.0);
}

#[test]
fn a_link_is_applied() {
    let folder = folder();
    let (users, items) =
        (Matrix::from_vec(3, 2, USERS.into()), Matrix::from_vec(2, 2, ITEMS.into()));
    let path = npz(
        &folder,
        &[
            Entry::Numbers(Tensor::matrix("user_embeddings", &users)),
            Entry::Numbers(Tensor::matrix("item_embeddings", &items)),
        ],
    );
    let sigmoid = ImportOptions { link: Some(Link::Sigmoid), ..ImportOptions::default() };
    let (found, _) = import(&path, &sigmoid).unwrap();
    assert!((score(&found, 0, 0) - 1.0 / (1.0 + (-2.5f32).exp())).abs() < 1e-6);
    let rating = ImportOptions { target: Some(Target::Rating), scale: Some((1.0, 5.0)), ..sigmoid };
    let (found, report) = import(&path, &rating).unwrap();
    assert!((score(&found, 0, 0) - 1.0 - 4.0 / (1.0 + (-2.5f32).exp())).abs() < 1e-5);
    assert_eq!(report.link, Link::Sigmoid);
}

const LIBMF: &str =
    "f 0\nm 3\nn 2\nk 2\nb 3.5\np0 T 1 2 \np1 F 0 0 \np2 T 3 0.25 \nq0 T 0.5 1 \nq1 T -2 4 \n";

#[test]
fn libmf_leaves_out_rows_without_data() {
    let folder = folder();
    let path = folder.path().join("model");
    std::fs::write(&path, LIBMF).unwrap();
    let options = ImportOptions { scale: Some((1.0, 5.0)), ..ImportOptions::default() };
    let (found, report) = import(&path, &options).unwrap();
    assert_eq!((report.format, report.target), (ForeignFormat::Libmf, Target::Rating));
    assert_eq!(found.users().names().collect::<Vec<_>>(), ["0", "2"]);
    assert_eq!(found.predict("0", "0").unwrap(), 2.5, "the inner product alone");
    assert_eq!(found.predict("2", "0").unwrap(), 1.75);
    assert!(
        report.notes.iter().any(|note| note.starts_with("skipped 1 user without interactions")),
        "{:?}",
        report.notes
    );
    let message = told(import(&path, &ImportOptions::default()));
    assert!(
        message.contains("setting `scale`") && message.contains("smallest and the largest"),
        "{message}"
    );
}

#[test]
fn hostile_libmf_models_are_refused() {
    let parse = |text: &str| told(libmf::parse(Path::new("m"), text.as_bytes()));
    for (from, to, says) in [
        ("p1 F", "p2 F", "m:7: expected `p1`, T or F, and 2 numbers"),
        ("p0 T 1 2", "p0 T 1", "m:6: expected `p0`"),
        ("p0 T 1 2", "p0 T 1 2 3", "m:6: expected `p0`"),
        ("p0 T 1 2", "p0 T 1 x", "m:6: expected `p0`"),
        ("m 3", "m 3000000000", "m:9: expected `p3`"),
        ("m 3", "m -3", "not a number of rows"),
        ("m 3", "m 1e300", "not a number of rows"),
        ("k 2", "k 0", "0 factors"),
        ("k 2", "k 4000000000", "4000000000 factors"),
        ("f 0", "f x", "m:1: expected `f`"),
    ] {
        let message = parse(&LIBMF.replacen(from, to, 1));
        assert!(message.contains(says), "{to}: {message}");
    }
    for end in 0..LIBMF.len() - 2 {
        assert!(!parse(&LIBMF[..end]).is_empty(), "cut at {end}");
    }
    let long = format!("f 0\nm 1\nn 1\nk 1\nb 0\np0 T {}", "1".repeat(1 << 20));
    assert!(parse(&long).contains("longer than 64 bytes"), "{}", parse(&long));
}

#[test]
fn what_does_not_fit_is_refused_with_the_remedy() {
    let folder = folder();
    let (users, items) =
        (Matrix::from_vec(3, 2, USERS.into()), Matrix::from_vec(2, 2, ITEMS.into()));
    let (narrow, empty) = (Matrix::zeros(2, 1), Matrix::zeros(4_000_000_000, 0));
    let bad = Matrix::from_vec(2, 2, vec![0.0, 1.0, f32::NAN, 0.0]);
    let p = || Entry::Numbers(Tensor::matrix("user_factors", &users));
    let q = || Entry::Numbers(Tensor::matrix("item_factors", &items));
    let preference = ImportOptions { target: Some(Target::Preference), ..ImportOptions::default() };
    for (entries, says) in [
        (vec![p()], "expected `user_factors` and `item_factors`"),
        (vec![], "found no arrays"),
        (vec![p(), Entry::Numbers(Tensor::f32("item_factors", &ITEMS))], "has 1 dimensions"),
        (
            vec![p(), Entry::Numbers(Tensor::matrix("item_factors", &empty))],
            "has 4000000000 rows and 0 columns",
        ),
        (vec![p(), Entry::Texts("item_factors", vec!["a"])], "has 1 dimensions"),
        (
            vec![p(), Entry::Numbers(Tensor::matrix("item_factors", &narrow))],
            "have 2 numbers, but item vectors have 1",
        ),
        (
            vec![p(), Entry::Numbers(Tensor::matrix("item_factors", &bad))],
            "m.npz: row 1 of the item vectors",
        ),
        (
            vec![p(), q(), Entry::Numbers(Tensor::f32("item_bias", &[1.0]))],
            "`item_bias` does not hold 2 numbers",
        ),
        (vec![p(), q(), Entry::Texts("users", vec!["a", "b"])], "3 users and 2 user ids"),
        (vec![p(), q(), Entry::Texts("users", vec!["a", "b", "a"])], "an id occurs twice"),
        (
            vec![p(), q(), Entry::Numbers(Tensor::f32("users", &[1.0, 2.0, 3.0]))],
            "ids are text or integers",
        ),
        (
            vec![p(), q(), Entry::Numbers(Tensor::f32("mu", &[1.0, 2.0]))],
            "`mu` is not one finite number",
        ),
        (
            vec![p(), q(), Entry::Numbers(Tensor::f32("scale", &[5.0, 1.0]))],
            "smallest and a largest rating",
        ),
        (vec![p(), q(), Entry::Text("target", "stars")], "neither rating nor preference"),
        (vec![p(), q(), Entry::Text("link", "output")], "unknown link `output`"),
    ] {
        let path = npz(&folder, &entries);
        let message = told(import(&path, &preference));
        assert!(message.contains(says), "{says}: {message}");
    }
    let path = npz(&folder, &[p(), q()]);
    let message = told(import(&path, &ImportOptions::default()));
    assert!(message.contains("setting `target`") && message.contains("preference"), "{message}");
    for (options, says) in [
        (ImportOptions { reg: Some(-1.0), ..preference.clone() }, "setting `reg`"),
        (ImportOptions { scale: Some((5.0, 1.0)), ..preference.clone() }, "setting `scale`"),
    ] {
        assert!(told(import(&path, &options)).contains(says), "{says}");
    }
    let pickle = folder.path().join("m.pkl");
    std::fs::write(&pickle, b"\x80\x04\x95").unwrap();
    assert!(told(import(&pickle, &preference)).contains("could run code when it is read"));
    let files = ForeignFiles { user_vectors: Some(path.clone()), ..ForeignFiles::new(&path) };
    assert!(told(Foreign::open(&files)).contains("setting `user_vectors`"));
    assert!(told(import(&folder.path().join("none"), &preference)).contains("No such file"));
}

fn events(foreign: &Foreign, text: &'static str) -> Interactions {
    let source = Source::reader("t", text.as_bytes());
    let table = read_with(source, &ReadOptions::default(), foreign.users(), foreign.items());
    table.unwrap().interactions
}

#[test]
fn interactions_tell_what_users_have() {
    let folder = folder();
    let (users, items) =
        (Matrix::from_vec(3, 2, USERS.into()), Matrix::from_vec(2, 2, ITEMS.into()));
    let path = npz(
        &folder,
        &[
            Entry::Numbers(Tensor::matrix("user_factors", &users)),
            Entry::Numbers(Tensor::matrix("item_factors", &items)),
        ],
    );
    let preference = ImportOptions { target: Some(Target::Preference), ..ImportOptions::default() };
    let files = ForeignFiles {
        user_ids: Some(Ids::Map(["ann", "bob", "cat"].iter().collect())),
        item_ids: Some(Ids::Map(["x", "y"].iter().collect())),
        ..ForeignFiles::new(&path)
    };
    let foreign = Foreign::open(&files).unwrap();
    let seen = events(&foreign, "user,item\nann,x\nbob,y\nann,z\ndan,x\n");
    let (found, report) = foreign.clone().into_recommender(Some(seen), &preference).unwrap();
    assert_eq!((report.interactions, found.card().data.interactions), (2, 2));
    assert!(
        report.notes.iter().any(|note| note.starts_with("skipped 2 interactions with unknown"))
    );
    let list = found.recommend(&crate::ask::Who::user("ann"), &crate::ask::Query::default());
    assert_eq!(list.unwrap().items.iter().map(|i| i.item.as_str()).collect::<Vec<_>>(), ["y"]);
    let nobody = events(&foreign, "user,item\ndan,x\n");
    assert!(
        told(foreign.into_recommender(Some(nobody), &preference))
            .contains("none of the interactions")
    );
}

#[test]
fn users_without_vectors_are_folded_in() {
    let folder = folder();
    let path = folder.path().join("items.csv");
    std::fs::write(&path, "item,vector\nx,\"[1,0]\"\ny,\"[0.9,0.1]\"\nz,\"[0,1]\"\n").unwrap();
    let foreign = Foreign::open(&ForeignFiles::new(&path)).unwrap();
    let seen = events(&foreign, "user,item\nann,x\nbob,z\n");
    let (found, report) = foreign.into_recommender(Some(seen), &ImportOptions::default()).unwrap();
    assert_eq!((report.users, report.items, report.format), (2, 3, ForeignFormat::Vectors));
    // ann has x, whose neighbour is y; by hand: A = QᵀQ + 2 x xᵀ + 0.1 I, b = 2 x.
    let (a, b, c) = (1.0 + 0.81 + 2.0 + 0.1, 0.09, 1.0 + 0.01 + 0.1);
    let det = a * c - b * b;
    let p = [2.0 * c / det, -2.0 * b / det];
    for (item, q) in [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]].into_iter().enumerate() {
        let expected = p[0] * q[0] + p[1] * q[1];
        assert!((score(&found, 0, item as u32) - expected).abs() < 1e-5, "{item}");
    }
    // Without interactions, new users are served.
    let (bare, _) = import(&path, &ImportOptions::default()).unwrap();
    let list = bare.recommend(&crate::ask::Who::new_user(["x"]), &crate::ask::Query::default());
    assert_eq!(list.unwrap().items[0].item, "y");
}

fn trained(algorithm: Algorithm) -> Recommender {
    let ratings = Ratings::from_triples([
        ("a", "x", 5.0),
        ("a", "y", 3.0),
        ("b", "x", 4.0),
        ("b", "z", 1.0),
        ("c", "y", 2.0),
        ("c", "z", 5.0),
    ]);
    Recommender::train(&algorithm, &ratings.unwrap(), &Run::default()).unwrap()
}

fn als() -> Recommender {
    trained(Algorithm::Als(Als { factors: 2, epochs: 3, ..Als::default() }))
}

#[test]
fn arrays_come_back_as_they_went() {
    let folder = folder();
    for model in
        [als(), trained(Algorithm::Ials(Ials { factors: 2, epochs: 3, ..Ials::default() }))]
    {
        let path = folder.path().join("m.npz");
        let report = model.export(&path, &ExportOptions::default()).unwrap();
        assert_eq!(report.bytes, std::fs::metadata(&path).unwrap().len());
        let (found, _) = import(&path, &ImportOptions::default()).unwrap();
        assert_eq!(found.card().target(), model.card().target());
        for (user, item) in [("a", "z"), ("b", "y"), ("c", "x")] {
            let both = [found.predict(user, item).unwrap(), model.predict(user, item).unwrap()];
            assert_eq!(both[0], both[1], "{user} {item}");
        }
        let bytes = std::fs::read(&path).unwrap();
        model.export(&path, &ExportOptions::default()).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "same model, same bytes");
        let files = ForeignFiles { model: ForeignSource::Npz(bytes), ..ForeignFiles::new("") };
        assert_eq!(Foreign::open(&files).unwrap().items(), &**model.items());
    }
}

#[test]
fn vectors_order_items_as_the_scores_do() {
    let folder = folder();
    let model = als();
    let mut names = vec!["v.csv", "v.npy"];
    if cfg!(feature = "arrow") {
        names.push("v.parquet");
    }
    for name in names {
        let (items, users) =
            (folder.path().join(name), folder.path().join(format!("users-{name}")));
        let report = model.export(&items, &ExportOptions { vectors: Side::Items }).unwrap();
        assert_eq!(report.files, Recommender::exported_files(&items).unwrap());
        model.export(&users, &ExportOptions { vectors: Side::Users }).unwrap();
        let files = ForeignFiles { user_vectors: Some(users), ..ForeignFiles::new(&items) };
        let (found, report) = Foreign::open(&files)
            .unwrap()
            .into_recommender(None, &ImportOptions::default())
            .unwrap();
        // The biases of items are known by the 1 of users.
        assert_eq!(report.factors, 2, "{name}");
        for user in 0..3 {
            let gap = score(&found, user, 0) - score(&found, user, 1);
            let expected = score(&model, user, 0) - score(&model, user, 1);
            assert!((gap - expected).abs() < 1e-5, "{name}: {gap} {expected}");
        }
        if name == "v.npy" {
            let ids = std::fs::read_to_string(folder.path().join("v.npy.json")).unwrap();
            assert_eq!(ids, "{\"items\":[\"x\",\"y\",\"z\"]}\n");
        } else {
            assert_eq!(found.items(), model.items());
        }
    }
}

#[test]
fn shapes_that_a_format_cannot_hold_are_refused() {
    let folder = folder();
    let knn = trained(Algorithm::UserKnn(UserKnn::default()));
    let export = |model: &Recommender, name: &str, vectors| {
        told(model.export(&folder.path().join(name), &ExportOptions { vectors }))
    };
    assert!(export(&knn, "m.onnx", Side::Items).contains("shape `user-neighbours`"));
    assert!(export(&knn, "m.csv", Side::Items).contains("no item vectors"));
    assert!(export(&knn, "m.csv", Side::Users).contains("no user vectors"));
    assert!(export(&als(), "m.pth", Side::Items).contains("unknown file extension"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    assert_eq!(export(&als(), "m.onnx", Side::Items), "");
    let ids = std::fs::read_to_string(folder.path().join("m.onnx.json")).unwrap();
    assert_eq!(ids, "{\"users\":[\"a\",\"b\",\"c\"],\n\"items\":[\"x\",\"y\",\"z\"]}\n");
}
