//! Malicious files are rejected with a message, and cost no more memory and time than their size justifies.

#![allow(unsafe_code, reason = "an allocator that counts")]

use arrow_array::builder::{Int64Builder, ListBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray};
use cofil::Recommender;
use cofil::data::Catalogue;
use cofil::data::catalogue::CatalogueOptions;
use cofil::data::read::{ReadOptions, Table, read, read_lists, read_negatives, write};
use cofil::data::{Clean, Duplicates, IdMap, Source};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// An allocator that counts memory.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// Allows one measurement at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn more(size: usize) {
    let now = NOW.fetch_add(size, Ordering::Relaxed) + size;
    PEAK.fetch_max(now, Ordering::Relaxed);
}

// SAFETY: all calls go to the system's allocator; this type only counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        // SAFETY: guaranteed by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: guaranteed by the caller.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MB: usize = 1_000_000;

/// Runs `work` and checks that it took at most ten times `size` bytes and 200 MB.
fn within<T>(size: usize, work: impl FnOnce() -> T) -> T {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    let most = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    assert!(most <= 10 * size + 200 * MB, "{} MB for {size} bytes", most / MB);
    result
}

fn table(bytes: &[u8]) -> Result<Table, String> {
    let source = Source::reader("t", bytes);
    within(bytes.len(), || read(source, &ReadOptions::default())).map_err(|e| e.to_string())
}

fn catalogue(bytes: &[u8]) -> Result<usize, String> {
    let source = Source::reader("t", bytes);
    within(bytes.len(), || Catalogue::read(source, &CatalogueOptions::default()))
        .map(|(_, report)| report.items)
        .map_err(|e| e.to_string())
}

/// Compresses `start` followed by `times` copies of `piece`.
fn zstd(start: &[u8], piece: &[u8], times: usize) -> Vec<u8> {
    let mut packed = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    packed.write_all(start).unwrap();
    (0..times).for_each(|_| packed.write_all(piece).unwrap());
    packed.finish().unwrap()
}

fn gzip(start: &[u8], piece: &[u8], times: usize) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(start).unwrap();
    (0..times).for_each(|_| packed.write_all(piece).unwrap());
    packed.finish().unwrap()
}

#[test]
fn a_line_without_an_end_is_refused_by_its_number() {
    let head = b"user,item\na,b\n";
    let long = vec![b'x'; 1 << 20];
    for packed in [zstd(head, &long, 40), gzip(head, &long, 40)] {
        assert!(packed.len() < 1_000_000);
        for told in [table(&packed).unwrap_err(), catalogue(&packed).unwrap_err()] {
            assert!(told.starts_with("t:3: the line is longer than 16 MiB; "), "{told}");
        }
        let (users, items) = (IdMap::new(), IdMap::new());
        let options = ReadOptions::default();
        let told = within(packed.len(), || {
            read_negatives(Source::reader("t", &packed[..]), &options, &users, &items)
        });
        assert!(told.unwrap_err().to_string().starts_with("t:3: the line is longer"));
    }
    let packed = zstd(b"{\"user\":1,\"item\":\"", &long, 40);
    for told in [table(&packed).unwrap_err(), catalogue(&packed).unwrap_err()] {
        assert!(told.starts_with("t:1: the line is longer than 16 MiB; "), "{told}");
    }
}

#[test]
fn a_quote_that_nobody_closes_is_refused_where_it_opens() {
    let lines = "x\n".repeat(1 << 19);
    let packed = zstd(b"user,item\na,b\nc,\"", lines.as_bytes(), 40);
    for told in [table(&packed).unwrap_err(), catalogue(&packed).unwrap_err()] {
        assert!(told.starts_with("t:3: the row is longer than 16 MiB; close its quote"), "{told}");
    }
}

#[test]
fn delimiters_without_end_are_refused() {
    for line in [",", "\t", "::", " ", ", ", ";", "|", "\"\","] {
        let text = line.repeat(8 << 20 >> line.len()) + "\n1,2\n";
        for told in [table(text.as_bytes()).unwrap_err(), catalogue(text.as_bytes()).unwrap_err()] {
            assert!(told.contains("there are more than 65536 columns"), "{line:?}: {told}");
        }
    }
    // A line of negatives may have any number of fields.
    let many: String = (0..100_000).map(|n| format!(",{n}")).collect();
    let (users, items) = (["u"].iter().collect(), ["7", "99999"].iter().collect());
    let text = format!("u{many}\n");
    let source = Source::reader("t", text.as_bytes());
    let read = read_negatives(source, &ReadOptions::default(), &users, &items).unwrap();
    assert_eq!(read.by_user, [[0, 1]]);
}

/// Comparing each key with all earlier keys would take minutes.
#[test]
fn objects_of_many_keys_are_read_at_once_and_of_too_many_refused() {
    let object = |keys: usize| {
        let more: String = (0..keys).map(|n| format!(",\"k{n}\":[{n}]")).collect();
        format!("{{\"user\":1,\"item\":2{more}}}\n")
    };
    let text = object(65_000);
    assert_eq!(table(text.as_bytes()).unwrap().interactions.len(), 1);
    assert_eq!(catalogue(text.as_bytes()).unwrap(), 1);
    let text = object(100_000);
    for told in [table(text.as_bytes()).unwrap_err(), catalogue(text.as_bytes()).unwrap_err()] {
        assert!(told.contains("there are more than 65536 columns"), "{told}");
    }
}

#[test]
fn values_nested_without_end_need_no_stack() {
    let deep =
        |n: usize| format!("{{\"user\":1,\"item\":2,\"x\":{}{}}}\n", "[".repeat(n), "]".repeat(n));
    let text = deep(1 << 20);
    let read =
        move || (table(text.as_bytes()).map(|t| t.interactions.len()), catalogue(text.as_bytes()));
    let small = std::thread::Builder::new().stack_size(256 << 10).spawn(read).unwrap();
    assert_eq!(small.join().unwrap(), (Ok(1), Ok(1)));
    let open = "[".repeat(1 << 20);
    let text = format!("{{\"user\":{open}\n");
    assert!(table(text.as_bytes()).unwrap_err().contains("is not a JSON object"));
}

#[test]
fn lists_of_a_million_entries_take_what_they_are() {
    let text = format!("{{\"item\":1,\"x\":[{}1]}}\n", "\"\",".repeat(1 << 20));
    assert_eq!(catalogue(text.as_bytes()), Ok(1));
    let text = format!("{{\"item\":1,\"x\":[{}1]}}\n", "{},".repeat(1 << 20));
    assert_eq!(catalogue(text.as_bytes()), Ok(1));
}

#[test]
fn sums_of_values_from_files_never_overflow() {
    let text = |value: &str| format!("user,item,rating\n1,2,3\n1,2,{value}\n1,2,{value}\n");
    let sum = Clean { duplicates: Duplicates::Sum, ..Clean::default() };
    let table = table(text("-1e28").as_bytes()).unwrap();
    assert_eq!(sum.ratings(table.interactions).unwrap().0.by_user.values(), [-2e28]);
    for value in ["1.001e28", "-3e38", "1e39", "inf"] {
        let told = self::table(text(value).as_bytes()).unwrap_err();
        assert!(told.starts_with(&format!("t:3: rating \"{value}\" is not between")), "{told}");
    }
}

#[test]
fn a_product_of_value_and_weight_beyond_every_number_names_its_row() {
    let options = ReadOptions { weights: vec![("buy".into(), 3e27)], ..ReadOptions::default() };
    let text = "user,item,rating,type\n1,2,3,buy\n1,3,5,buy\n";
    let quoted = text.replace("1,3", "1,\"3\"");
    let json = "{\"user\":1,\"item\":2,\"rating\":3,\"type\":\"buy\"}\n{\"user\":1,\"item\":3,\"rating\":5,\"type\":\"buy\"}\n";
    for (text, line) in [(text, 3), (&quoted, 3), (json, 2)] {
        let told = read(Source::reader("t", text.as_bytes()), &options).unwrap_err().to_string();
        assert!(told.starts_with(&format!("t:{line}: value 5e0 times weight 3e27")), "{told}");
    }
}

/// The bytes of three interactions as a Parquet and as an Arrow file.
fn columnar() -> [(&'static str, Vec<u8>); 2] {
    let rows = table(b"user,item,rating\na,x,1\na,y,2\nb,x,3\n").unwrap().interactions;
    let folder = tempfile::tempdir().unwrap();
    ["t.parquet", "t.arrow"].map(|name| {
        let path = folder.path().join(name);
        write(&path, &rows).unwrap();
        (name, std::fs::read(path).unwrap())
    })
}

#[test]
fn parquet_and_arrow_are_read_from_within_gzip_and_zstd() {
    for (name, bytes) in columnar() {
        for packed in [gzip(&bytes, b"", 0), zstd(&bytes, b"", 0)] {
            let read = table(&packed).unwrap_or_else(|e| panic!("{name}: {e}")).interactions;
            assert_eq!(read.value, [1.0, 2.0, 3.0], "{name}");
            // What is cut off is no table.
            let told = table(&packed[..packed.len() / 2]).unwrap_err();
            assert!(told.starts_with("t: "), "{name}: {told}");
        }
    }
}

#[test]
fn parquet_and_arrow_that_unpack_without_end_are_refused() {
    let zeros = vec![0; 1 << 20];
    for (name, bytes) in columnar() {
        let packed = zstd(&bytes, &zeros, 400);
        assert!(packed.len() < MB, "{name}: {}", packed.len());
        match (name, table(&packed)) {
            ("t.parquet", Err(told)) => {
                assert!(told.starts_with("t: the zstd data unpacks to more than"), "{told}");
            }
            // What follows the last batch is never unpacked.
            ("t.arrow", Ok(table)) => assert_eq!(table.interactions.len(), 3),
            (_, read) => panic!("{name}: {read:?}"),
        }
    }
}

/// A Parquet file of `rows` rows whose column `name` has the same `text` in each, stored once; other columns have
/// numbers.
fn repeated(name: &str, text: &str, rows: usize) -> Vec<u8> {
    let others = ["user", "item", "title"].into_iter().filter(|other| *other != name);
    let numbers = || Arc::new(Int64Array::from_iter_values(0..rows as i64)) as ArrayRef;
    let texts = StringArray::from(vec![text]);
    let codes = Int32Array::from(vec![0; rows]);
    let texts: DictionaryArray<Int32Type> =
        DictionaryArray::try_new(codes, Arc::new(texts)).unwrap();
    let mut columns = vec![(name, Arc::new(texts) as ArrayRef)];
    columns.extend(others.map(|other| (other, numbers())));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    // Without the types of Arrow it is a column of texts.
    let packed = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let options = ArrowWriterOptions::new().with_skip_arrow_metadata(true).with_properties(packed);
    let mut writer =
        ArrowWriter::try_new_with_options(Vec::new(), batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn a_long_text_that_a_dictionary_repeats_takes_no_more_than_once() {
    let (text, rows) = ("é".repeat(MB / 2), 20_000);
    let bytes = repeated("user", &text, rows);
    assert!(bytes.len() < MB, "{}", bytes.len());
    let read = table(&bytes).unwrap().interactions;
    assert_eq!((read.users.len(), read.items.len(), read.len()), (1, rows, rows));
    assert_eq!(catalogue(&repeated("title", &text, rows)), Ok(rows));
}

#[test]
fn a_long_text_in_every_row_is_not_written_out() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.csv", "a.jsonl.zst", "a.parquet", "a.arrow"] {
        let path = folder.path().join(name);
        let rows = table(&repeated("user", &"u".repeat(MB / 10), 20_000)).unwrap().interactions;
        let told = within(MB, || write(&path, &rows)).unwrap_err().to_string();
        let says = "the ids would take 2.0 GB, more than 100 times the table";
        assert!(told.contains(says), "{name}: {told}");
        // Many long ids are written, some rows at a time.
        let rows = table(&repeated("user", &"u".repeat(2000), 65_000)).unwrap().interactions;
        within(MB, || write(&path, &rows)).expect(name);
        // Packed, it is as small as what is harmful.
        if ["a.csv", "a.arrow"].contains(&name) {
            let size = std::fs::metadata(&path).unwrap().len() as usize;
            let again = within(size, || read(&path, &ReadOptions::default())).unwrap().interactions;
            assert!(again.len() == 65_000 && again.users.len() == 1, "{name}");
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn tens_of_thousands_of_columns_are_sampled_some_at_a_time() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c", "d"]));
    let names = (0..50_000).map(|n| match n {
        7 => "user_id".to_owned(),
        30_000 => "item_id".to_owned(),
        _ => format!("t{n}"),
    });
    let batch = RecordBatch::try_from_iter(names.map(|name| (name, texts.clone()))).unwrap();
    // Writing takes much memory too, which others must not measure.
    let bytes = within(1000 * MB, || {
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    });
    let rows = table(&bytes).unwrap().interactions;
    assert_eq!((rows.len(), rows.users.name(1), rows.items.name(3)), (4, "b", "d"));
}

/// A Parquet file with a list of as many equal numbers in each of a few rows.
fn of_lists(entries: usize) -> Vec<u8> {
    let mut items = ListBuilder::new(Int64Builder::new());
    for _ in 0..20 {
        items.values().append_value_n(7, entries);
        items.append(true);
    }
    let users = Arc::new(Int64Array::from_iter_values(0..20)) as ArrayRef;
    let batch = RecordBatch::try_from_iter([
        ("user", users),
        ("item", Arc::new(items.finish()) as ArrayRef),
    ]);
    let batch = batch.unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn lists_in_parquet_that_repeat_without_end_are_refused() {
    assert_eq!(table(&of_lists(3)).unwrap().interactions.len(), 60);
    let bytes = of_lists(1_000_000);
    assert!(bytes.len() < MB / 10, "{}", bytes.len());
    let told = table(&bytes).unwrap_err();
    assert!(told.contains("unpacks to more than"), "{told}");
}

#[test]
fn lists_of_a_million_objects_take_what_they_are() {
    let entries = "{\"id\":1},".repeat(700_000);
    let text = format!("{{\"user\":\"u\",\"items\":[{entries}{{\"id\":2}}]}}\n");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lists.jsonl");
    std::fs::write(&path, &text).unwrap();
    let (users, items) = (["u"].iter().collect(), ["1", "2"].iter().collect());
    let read = within(text.len(), || read_lists(&path, &ReadOptions::default(), &users, &items));
    assert_eq!(read.unwrap().by_user[0].len(), 700_001);
}

#[test]
fn headers_of_models_hold_a_limited_number_of_values() {
    for piece in ["[0],", "0,", "[],"] {
        let list = piece.repeat((30 << 20) / piece.len());
        let head = format!("{{\"__metadata__\":{{\"cofil\":\"\"}},\"x\":[{list}0]}}");
        let bytes = [&(head.len() as u64).to_le_bytes()[..], head.as_bytes()].concat();
        let told = within(bytes.len(), || Recommender::from_bytes(&bytes).map(|_| ())).unwrap_err();
        assert!(told.to_string().contains("more than 1048576 values"), "{told}");
    }
}
