//! The same table from a path, from a reader and from record batches.

use cofil::data::read::{ReadOptions, Table, read, read_negatives};
use cofil::data::{IdMap, Source};
use std::io::Read;

const CSV: &[u8] = b"user,item,rating\n7,100,4\n-3,9000000000,2.5\n7,5,1\n12,100,3\n";

fn told(result: cofil::Result<Table>) -> String {
    result.map(|table| table.report.to_string()).expect_err("refused").to_string()
}

#[test]
fn a_reader_is_read_as_a_file_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("t.csv");
    std::fs::write(&path, CSV).expect("written");
    let options = ReadOptions::default();
    let of_file = read(&path, &options).expect("read");
    assert_eq!(read(path.as_path(), &options).expect("read").interactions, of_file.interactions);
    let name = path.to_str().expect("UTF-8");
    assert_eq!(read(name, &options).expect("read").interactions, of_file.interactions);
    let of_reader = read(Source::reader("body", CSV), &options).expect("read");
    assert_eq!(of_reader.interactions, of_file.interactions);
    assert_eq!(of_reader.report.path, "body");
    let of_box = Source::Reader { name: "body".into(), reader: Box::new(CSV) };
    assert_eq!(read(of_box, &options).expect("read").interactions, of_file.interactions);
    assert_eq!(of_file.interactions.users.integers(), Some(&[7, -3, 12][..]));
}

#[test]
fn what_is_wrong_with_a_reader_is_told_by_its_name() {
    let options = ReadOptions::default();
    let bad = Source::reader("upload", &b"user,item,rating\na,b,much\n"[..]);
    let much = told(read(bad, &options));
    assert!(much.starts_with("upload:2: rating \"much\" is not a number; "), "{much}");
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the line is dead"))
        }
    }
    let broken = Source::reader("upload", CSV.chain(Broken));
    assert_eq!(told(read(broken, &options)), "upload: the line is dead");
    assert!(told(read(Source::reader("upload", &b""[..]), &options)).starts_with("upload"));
}

#[test]
fn negatives_come_from_a_reader_too() {
    let users: IdMap = ["0", "1"].iter().collect();
    let items: IdMap = ["10", "20"].iter().collect();
    let source = Source::reader("negatives", &b"1,20,10\n0,99\n"[..]);
    let read = read_negatives(source, &ReadOptions::default(), &users, &items).expect("read");
    assert_eq!((read.by_user, read.unknown_items), (vec![vec![], vec![1, 0]], 1));
}

#[cfg(feature = "arrow")]
mod arrow {
    use super::*;
    use ::arrow_array::{
        ArrayRef, DictionaryArray, FixedSizeBinaryArray, Float32Array, Float64Array, Int32Array,
        Int64Array, RecordBatch, StringArray, UInt64Array,
    };
    use ::arrow_schema::ArrowError;
    use arrow_array::types::Int32Type;
    use cofil::data::IdKind;
    use cofil::data::read::{Format, read_with, write};
    use cofil::{Algorithm, Duplicates, Ratings, Recommender, Run};
    use std::sync::Arc;

    /// The bytes of a model of `table`.
    fn model(table: &Table) -> Vec<u8> {
        let ratings = Ratings::new(&table.interactions, Duplicates::Last).expect("finite");
        let settings = serde_json::json!({"algorithm": "ials", "factors": 2, "epochs": 2});
        let algorithm: Algorithm = serde_json::from_value(settings).expect("settings");
        let trained = Recommender::train(&algorithm, &ratings, &Run::default()).expect("trained");
        trained.to_bytes().expect("of a known shape")
    }

    fn batch(user: ArrayRef, item: ArrayRef) -> RecordBatch {
        let rating: ArrayRef = Arc::new(Float32Array::from(vec![4.0, 2.5, 1.0, 3.0]));
        let columns = [("user", user), ("item", item), ("rating", rating)];
        RecordBatch::try_from_iter(columns).expect("equal lengths")
    }

    fn integers() -> RecordBatch {
        let user = Arc::new(Int32Array::from(vec![7, -3, 7, 12]));
        batch(user, Arc::new(Int64Array::from(vec![100, 9_000_000_000, 5, 100])))
    }

    fn texts() -> RecordBatch {
        let user = Arc::new(StringArray::from(vec!["7", "-3", "7", "12"]));
        batch(user, Arc::new(StringArray::from(vec!["100", "9000000000", "5", "100"])))
    }

    fn of(batch: RecordBatch) -> Source<'static> {
        Source::batches("frame", [Ok(batch)])
    }

    #[test]
    fn integers_are_the_ids_that_text_gives() {
        let options = ReadOptions::default();
        let of_text = read(Source::reader("t", CSV), &options).expect("read");
        let of_integers = read(of(integers()), &options).expect("read");
        assert_eq!(of_integers.interactions, of_text.interactions);
        assert_eq!(of_integers.interactions.fingerprint(), of_text.interactions.fingerprint());
        assert_eq!(of_integers.interactions.users.kind(), IdKind::Integer);
        assert_eq!(of_integers.report.format, Format::Arrow);
        assert!(model(&of_integers) == model(&of_text), "the same bytes");
        // Independent of the column type.
        let floats = Arc::new(Float64Array::from(vec![7.0, -3.0, 7.0, 12.0]));
        let naturals = Arc::new(UInt64Array::from(vec![100, 9_000_000_000, 5, 100]));
        let of_others = read(of(batch(floats, naturals)), &options).expect("read");
        assert_eq!(of_others.interactions, of_text.interactions);
        let keys = Int32Array::from(vec![1, 0, 1, 2]);
        let words = Arc::new(Int64Array::from(vec![-3, 7, 12]));
        let user = DictionaryArray::<Int32Type>::try_new(keys, words).expect("keys of words");
        let item = Arc::new(Int64Array::from(vec![100, 9_000_000_000, 5, 100]));
        let of_words = read(of(batch(Arc::new(user), item)), &options).expect("read");
        assert_eq!(of_words.interactions, of_text.interactions);
    }

    #[test]
    fn a_file_that_has_the_name_of_a_reader_is_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (path, body) = (folder.path().join("t.parquet"), folder.path().join("body"));
        let options = ReadOptions::default();
        let table = read(Source::reader("t", CSV), &options).expect("read").interactions;
        write(&path, &table).expect("written");
        let bytes = std::fs::read(&path).expect("read back");
        std::fs::write(&body, b"x").expect("written");
        let source = Source::reader(body.display().to_string(), &bytes[..]);
        assert_eq!(read(source, &options).expect("read").interactions, table);
    }

    #[test]
    fn texts_stay_texts() {
        let options = ReadOptions::default();
        let of_texts = read(of(texts()), &options).expect("read").interactions;
        assert_eq!((of_texts.users.kind(), of_texts.items.kind()), (IdKind::Text, IdKind::Text));
        let of_integers = read(of(integers()), &options).expect("read").interactions;
        assert_eq!(of_texts.fingerprint(), of_integers.fingerprint(), "the names are the same");
        // Known ids keep their kind.
        let (users, items) = (&of_integers.users, &of_integers.items);
        let more = read_with(of(texts()), &options, users, items).expect("read").interactions;
        assert_eq!((more.users.kind(), more.user), (IdKind::Integer, of_integers.user));
        // Integers beyond 64 bits signed are text.
        let item = Arc::new(UInt64Array::from(vec![1, u64::MAX, 1, 2]));
        let user = Arc::new(Int64Array::from(vec![1, 2, 3, i64::MIN]));
        let large = read(of(batch(user, item)), &options).expect("read").interactions;
        assert_eq!(large.items.names().collect::<Vec<_>>(), ["1", "18446744073709551615", "2"]);
        assert_eq!((large.users.kind(), large.items.kind()), (IdKind::Integer, IdKind::Text));
    }

    #[test]
    fn kinds_survive_files_and_models() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options = ReadOptions::default();
        for (batch, kind) in [(integers(), IdKind::Integer), (texts(), IdKind::Text)] {
            let table = read(of(batch), &options).expect("read");
            for name in ["t.parquet", "t.arrow"] {
                let path = folder.path().join(name);
                write(&path, &table.interactions).expect("written");
                let again = read(&path, &options).expect("read back");
                assert_eq!(again.interactions, table.interactions, "{name}");
                assert_eq!(again.interactions.users.kind(), kind, "{name}");
                assert!(model(&again) == model(&table), "{name}");
            }
            let loaded = Recommender::from_bytes(&model(&table)).expect("whole");
            assert_eq!((loaded.users().kind(), loaded.items().kind()), (kind, kind));
        }
        let uuids: Vec<[u8; 16]> = [1, 2, 1, 3].map(|n| [n; 16]).into();
        let uuids = FixedSizeBinaryArray::try_from_iter(uuids.iter()).expect("of one length");
        let table = read(of(batch(Arc::new(uuids), integers().column(1).clone())), &options);
        let loaded = Recommender::from_bytes(&model(&table.expect("read"))).expect("whole");
        assert_eq!(loaded.users().kind(), IdKind::Uuid);
        assert_eq!(loaded.users().name(0), "01010101-0101-0101-0101-010101010101");
        assert_eq!((loaded.users().uuid(0), loaded.items().uuid(0)), (Some([1; 16]), None));
        // Categories are marked by whoever knows them.
        let mut table = read(of(texts()), &options).expect("read");
        Arc::make_mut(&mut table.interactions.users).set_category();
        let loaded = Recommender::from_bytes(&model(&table)).expect("whole");
        assert_eq!(
            (loaded.users().kind(), loaded.items().kind()),
            (IdKind::Category, IdKind::Text)
        );
    }

    #[test]
    fn new_ids_of_another_type_are_refused() {
        let options = ReadOptions::default();
        let trained = |batch| {
            let table = read(of(batch), &options).expect("read");
            Recommender::from_bytes(&model(&table)).expect("whole")
        };
        let csv = |text: &'static str| {
            read(Source::reader("t", text.as_bytes()), &options).expect("read")
        };
        let frame = |user: ArrayRef| {
            let item = Arc::new(Int64Array::from(vec![5, 5, 100, 100]));
            read(of(batch(user, item)), &options).expect("read")
        };
        let of_integers = trained(integers());
        let new_texts = frame(Arc::new(StringArray::from(vec!["7", "12", "8", "x"])));
        let told = of_integers.check_types(&new_texts).expect_err("text").to_string();
        assert!(
            told.contains("the new user `8` is text, but the users of the model are integers"),
            "{told}"
        );
        // Known ids are what they are called.
        let known = frame(Arc::new(StringArray::from(vec!["7", "12", "7", "-3"])));
        of_integers.check_types(&known).expect("no new ones");
        of_integers.check_types(&csv("user,item\n8,9\n")).expect("integers");
        let told = of_integers.check_types(&csv("user,item\n8,9\n8,b\n")).expect_err("text");
        assert!(told.to_string().contains("the new item `b` is text"), "{told}");
        let of_texts = trained(texts());
        of_texts.check_types(&csv("user,item\n8,9\n")).expect("text");
        let told = of_texts.check_types(&frame(Arc::new(Int64Array::from(vec![7, 12, 8, 7]))));
        assert!(told.expect_err("integers").to_string().contains("`8` is an integer"));
        let mut categories = read(of(texts()), &options).expect("read");
        Arc::make_mut(&mut categories.interactions.users).set_category();
        of_texts.check_types(&categories).expect("text");
    }

    #[test]
    fn several_batches_are_one_table() {
        let whole = read(of(integers()), &ReadOptions::default()).expect("read");
        let pieces = [integers().slice(0, 1), integers().slice(1, 0), integers().slice(1, 3)];
        let source = Source::batches("frame", pieces.map(Ok));
        let read = read(source, &ReadOptions::default()).expect("read");
        assert_eq!(read.interactions, whole.interactions);
    }

    #[test]
    fn batches_that_cannot_be_read_are_refused() {
        let options = ReadOptions::default();
        let other = Source::batches("frame", [Ok(integers()), Ok(texts())]);
        let says = "frame: record batch 2 has other columns than the first";
        assert_eq!(told(read(other, &options)), says);
        let narrow = integers().project(&[0]).expect("a column");
        let source = Source::batches("frame", [Ok(integers()), Ok(narrow.clone())]);
        assert_eq!(told(read(source, &options)), says);
        assert!(told(read(of(narrow), &options)).contains("no item column found"));
        let none = Source::batches("frame", Vec::new());
        assert!(told(read(none, &options)).starts_with("frame: there are no record batches"));
        let failed = ArrowError::ComputeError("the query failed".into());
        let source = Source::batches("frame", [Ok(integers()), Err(failed)]);
        assert!(told(read(source, &options)).contains("the query failed"));
        let csv = ReadOptions { format: Some(Format::Text), ..ReadOptions::default() };
        assert!(told(read(of(integers()), &csv)).starts_with("setting `format`: record batches"));
        let user = Arc::new(Int64Array::from(vec![Some(1), None, Some(2), Some(3)]));
        let missing = batch(user, Arc::new(Int64Array::from(vec![1, 2, 3, 4])));
        assert!(told(read(of(missing), &options)).contains("row 2: user is empty"));
    }
}
