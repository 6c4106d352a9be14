//! Parquet and Arrow files as written by other programs.

use super::{ReadOptions, Table, read};
use crate::data::{IdKind, Source};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, DictionaryArray, FixedSizeBinaryArray, Int32Array,
    Int64Array, RecordBatch, StringArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::sync::Arc;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

/// 3,000 rows, enough for compression to pay off.
fn ratings() -> RecordBatch {
    batch(vec![
        ("user", Arc::new(Int64Array::from_iter_values((0..3000).map(|n| n % 70)))),
        (
            "item",
            Arc::new(StringArray::from_iter_values((0..3000).map(|n| format!("i{}", n % 13)))),
        ),
        ("rating", Arc::new(Int32Array::from_iter_values((0..3000).map(|n| n % 5)))),
    ])
}

fn parquet(batch: &RecordBatch, compression: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn read_bytes(bytes: Vec<u8>, options: &ReadOptions) -> Result<Table, String> {
    let source = Source::reader("t", std::io::Cursor::new(bytes));
    read(source, options).map_err(|error| error.to_string())
}

fn table(batch: &RecordBatch) -> Result<Table, String> {
    read_bytes(parquet(batch, Compression::UNCOMPRESSED), &ReadOptions::default())
}

#[test]
fn every_usual_packing_is_unpacked() {
    let batch = ratings();
    let expected = table(&batch).unwrap().interactions;
    assert_eq!(expected.len(), 3000);
    let read = |bytes| read_bytes(bytes, &ReadOptions::default()).unwrap().interactions;
    for compression in [
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
    ] {
        assert_eq!(read(parquet(&batch, compression)), expected, "{compression:?}");
    }
    for compression in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
        let options =
            || IpcWriteOptions::default().try_with_compression(Some(compression)).unwrap();
        let schema = batch.schema();
        let mut writer = FileWriter::try_new_with_options(Vec::new(), &schema, options()).unwrap();
        writer.write(&batch).unwrap();
        assert_eq!(read(writer.into_inner().unwrap()), expected);
        let mut writer =
            StreamWriter::try_new_with_options(Vec::new(), &schema, options()).unwrap();
        writer.write(&batch).unwrap();
        assert_eq!(read(writer.into_inner().unwrap()), expected);
    }
}

#[test]
fn ids_may_be_bytes_and_values_truths_or_codes() {
    let uuid: Vec<u8> = (0..16).collect();
    let uuids = FixedSizeBinaryArray::try_from_iter([&uuid[..], &uuid[..]].into_iter()).unwrap();
    let codes: DictionaryArray<Int32Type> =
        DictionaryArray::new(vec![1, 0].into(), Arc::new(Int64Array::from(vec![4, 5])));
    let bytes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"tea", b"jam"]));
    let found = table(&batch(vec![
        ("user", Arc::new(uuids)),
        ("item", bytes.clone()),
        ("rating", Arc::new(codes.clone())),
    ]));
    let found = found.unwrap().interactions;
    assert_eq!(found.users.names().collect::<Vec<_>>(), ["00010203-0405-0607-0809-0a0b0c0d0e0f"]);
    assert_eq!((found.users.kind(), found.items.kind()), (IdKind::Uuid, IdKind::Text));
    assert_eq!(found.items.names().collect::<Vec<_>>(), ["tea", "jam"]);
    assert_eq!(found.value, [5.0, 4.0]);
    let truths: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    let found = table(&batch(vec![("user", Arc::new(codes)), ("item", bytes), ("rating", truths)]));
    let found = found.unwrap().interactions;
    assert_eq!(found.users.integers(), Some(&[5, 4][..]));
    assert_eq!(found.value, [1.0, 0.0]);
    let no_text: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"\xff", b"a"]));
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let told = table(&batch(vec![("user", no_text), ("item", ids)])).unwrap_err();
    assert!(told.contains("the user column has bytes that are not text"), "{told}");
}

#[test]
fn rows_that_cannot_be_read_are_left_out_on_request() {
    let users: ArrayRef =
        Arc::new(StringArray::from(vec![Some("ann"), None, Some("bob"), Some("cat")]));
    let items: ArrayRef = Arc::new(StringArray::from(vec!["tea", "jam", " ", "jam"]));
    let counts: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 16_777_217]));
    let batch = batch(vec![("user", users), ("item", items), ("count", counts)]);
    assert!(table(&batch).unwrap_err().contains("row 2: user is empty"));
    let bytes = parquet(&batch, Compression::SNAPPY);
    let options = ReadOptions { skip_bad: 2, ..ReadOptions::default() };
    let found = read_bytes(bytes.clone(), &options).unwrap();
    assert_eq!(found.interactions.users.names().collect::<Vec<_>>(), ["ann", "cat"]);
    assert_eq!(found.interactions.items.names().collect::<Vec<_>>(), ["tea", "jam"]);
    let report = found.report;
    assert_eq!((report.rows, report.bad, report.rounded), (4, 2, 1));
    assert!(report.bad_first[1].starts_with("row 3: item is empty"), "{:?}", report.bad_first);
    let told = read_bytes(bytes, &ReadOptions { skip_bad: 1, ..options }).unwrap_err();
    assert!(told.contains("row 3: item is empty") && told.contains("1 bad row before"), "{told}");
}

#[test]
fn whole_decimals_are_ids() {
    use arrow_array::Decimal128Array;
    let ids = |scale: i8, numbers: [i128; 3]| -> ArrayRef {
        let numbers = Decimal128Array::from(numbers.to_vec());
        Arc::new(numbers.with_precision_and_scale(10, scale).unwrap())
    };
    let items: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
    let of = |users: ArrayRef| table(&batch(vec![("user", users), ("item", items.clone())]));
    for users in [ids(0, [7, 8, 7]), ids(2, [700, 800, 700])] {
        let data = of(users).unwrap().interactions;
        assert_eq!(data.users.names().collect::<Vec<_>>(), ["7", "8"]);
        assert_eq!(data.users.kind(), IdKind::Integer);
    }
    let told = of(ids(2, [750, 800, 700])).unwrap_err();
    assert!(told.contains("7.50 is not an id"), "{told}");
}

#[test]
fn a_matrix_with_gaps_is_told_by_its_index() {
    use arrow_array::{Float64Array, NullArray};
    for index in ["user_id", "__index_level_0__"] {
        let ratings: ArrayRef = Arc::new(Float64Array::from(vec![Some(5.0), None]));
        let none: ArrayRef = Arc::new(NullArray::new(2));
        let users: ArrayRef = Arc::new(StringArray::from(vec!["u1", "u2"]));
        let columns = [("a", ratings.clone()), ("b", none), ("c", ratings), (index, users)];
        let columns = columns.map(|(name, column)| (name, column, true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let told = table(&batch).unwrap_err();
        assert!(told.contains("a column for each item (`a` to `c`)"), "{told}");
    }
}

#[test]
fn two_columns_of_a_name_are_asked_about() {
    let text = |name: &'static str| -> ArrayRef { Arc::new(StringArray::from(vec![name])) };
    let both = batch(vec![("user", text("u")), ("item", text("a")), ("item", text("b"))]);
    let arrow = |item: Option<&str>| {
        let item = item.map(|item| item.parse().unwrap());
        let source = Source::batches("t", std::iter::once(Ok(both.clone())));
        read(source, &ReadOptions { item, ..ReadOptions::default() }).map_err(|e| e.to_string())
    };
    for told in
        [table(&both).unwrap_err(), arrow(None).unwrap_err(), arrow(Some("item")).unwrap_err()]
    {
        assert!(told.contains("columns 2 and 3 are both named `item`"), "{told}");
    }
    assert_eq!(arrow(Some("3")).unwrap().interactions.items.name(0), "b");
    let third = ReadOptions { item: Some("3".parse().unwrap()), ..ReadOptions::default() };
    let found = read_bytes(parquet(&both, Compression::UNCOMPRESSED), &third).unwrap();
    assert_eq!(found.interactions.items.name(0), "b");
}
