//! Reading tables: round trips, agreement with a naive reader, and no panics on any bytes.

use cofil::data::read::{Column, Format, Quote, ReadOptions, read, read_with, write};
use cofil::data::{IdMap, Interactions, NO_TIME};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

const ENDINGS: [&str; 9] =
    ["csv", "tsv", "csv.gz", "tsv.zst", "jsonl", "jsonl.gz", "ndjson.zst", "parquet", "arrow"];

/// A table whose ids are numbered in order of first appearance, as a reader does.
fn table(rows: &[(String, String, f32, i64)], timed: bool) -> Interactions {
    let (mut users, mut items) = (IdMap::new(), IdMap::new());
    let mut table = Interactions::default();
    for (user, item, value, _) in rows {
        table.user.push(users.insert(user).expect("few users"));
        table.item.push(items.insert(item).expect("few items"));
        table.value.push(*value);
    }
    (table.users, table.items) = (Arc::new(users), Arc::new(items));
    // A column without any time counts as no column.
    let timed = timed && rows.iter().any(|row| row.3 != NO_TIME);
    table.time = timed.then(|| rows.iter().map(|row| row.3).collect());
    table
}

fn id() -> impl Strategy<Value = String> {
    let ids = prop_oneof![
        3 => (0u32..50).prop_map(|n| n.to_string()),
        1 => (4_194_290u64..4_194_320).prop_map(|n| n.to_string()),
        1 => any::<i64>().prop_map(|n| n.to_string()),
        2 => "[a-c,;:|\t\"'\r\n {}\\\\0.-]{1,4}",
        1 => any::<String>(),
    ];
    ids.prop_filter("ids are not empty, nor blanks", |id| !id.trim().is_empty())
}

fn interactions() -> impl Strategy<Value = Interactions> {
    let value = prop_oneof![
        Just(1f32),
        (-20i8..20).prop_map(|n| f32::from(n) / 2.0),
        any::<f32>().prop_filter("files hold no larger values", |v| v.abs() <= 1e28),
    ];
    let time =
        prop_oneof![1 => Just(NO_TIME), 6 => -10_000_000_000i64..99_999_999_999, 2 => 0i64..10];
    let rows = prop::collection::vec((id(), id(), value, time), 1..40);
    (rows, any::<bool>()).prop_map(|(rows, timed)| table(&rows, timed))
}

/// Any byte sequence gives a table or an error that names the file.
fn survives(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("a file in a temporary folder");
    let formats = [
        None,
        Some(Format::Text),
        Some(Format::JsonLines),
        Some(Format::Parquet),
        Some(Format::Arrow),
    ];
    for format in formats {
        let missing = Some(f32::NAN);
        for options in [
            ReadOptions { format, ..ReadOptions::default() },
            ReadOptions {
                format,
                missing,
                header: Some(false),
                delimiter: Some(",".into()),
                ..ReadOptions::default()
            },
        ] {
            match read(path, &options) {
                Ok(table) => {
                    let data = &table.interactions;
                    assert_eq!(data.item.len(), data.len());
                    assert_eq!(data.value.len(), data.len());
                    assert!(data.user.iter().all(|&u| (u as usize) < data.users.len()));
                    assert!(data.item.iter().all(|&i| (i as usize) < data.items.len()));
                    assert!(data.value.iter().all(|v| v.is_finite()));
                }
                Err(error) => {
                    let message = error.to_string();
                    assert!(message.contains("table.x"), "{message}");
                    assert!(message.len() < 1000, "{message}");
                }
            }
        }
    }
}

/// Reads delimited text without quotes with a plain loop over lines.
fn naive(text: &str, delimiter: &str) -> Interactions {
    let rows: Vec<(String, String, f32, i64)> = text
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let fields: Vec<&str> = line.split(delimiter).collect();
            let time = fields.get(3).map_or(NO_TIME, |t| t.parse().unwrap_or(NO_TIME));
            let value = fields.get(2).map_or(1.0, |v| v.parse().expect("a number"));
            (fields[0].to_owned(), fields[1].to_owned(), value, time)
        })
        .collect();
    table(&rows, true)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_comes_back(data in interactions()) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for ending in ENDINGS {
            let path = folder.path().join(format!("table.{ending}"));
            let size = write(&path, &data).expect("writable");
            prop_assert_eq!(size, std::fs::metadata(&path).expect("written").len());
            // Ids may contain delimiters and line ends.
            let quote = Some(Quote::Double);
            let table = read(&path, &ReadOptions { quote, ..ReadOptions::default() });
            let table = table.map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(&table.interactions, &data, "{}: {}", ending, table.report);
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "[ab1-3.,;:|\t\"\r\n {}-]{0,200}".prop_map(String::into_bytes),
            "(\\{\"(user|item|rating)\":(\"a\"|1|2.5|null|\\[\\]|\\{\\})[,}\n]?){0,9}".prop_map(String::into_bytes),
        ],
        magic in prop::sample::select(vec![&b""[..], b"PAR1", b"ARROW1\0\0", b"\xff\xff\xff\xff", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"]),
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        survives(&folder.path().join("table.x"), &[magic, &bytes].concat());
    }

    #[test]
    fn no_damage_makes_a_reader_panic(
        data in interactions(),
        cut in prop::option::of(any::<prop::sample::Index>()),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for ending in ENDINGS {
            let path = folder.path().join(format!("table.{ending}"));
            write(&path, &data).expect("writable");
            let mut bytes = std::fs::read(&path).expect("written");
            for (at, byte) in &hits {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            if let Some(cut) = &cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            survives(&folder.path().join("table.x"), &bytes);
        }
    }

    #[test]
    fn a_naive_reader_agrees(
        rows in prop::collection::vec(
            ("[a-z0-9é]{1,3}", "0|[1-9][0-9]{0,8}|0[0-9]{1,3}", "-?[0-9]{1,4}(\\.[0-9]{0,3})?", "[1-9][0-9]{8}|"), 1..60),
        delimiter in prop::sample::select(vec![",", "\t", "::", ";", "|", " ", "<>"]),
        end in prop::sample::select(vec!["\n", "\r\n", "\n\n"]),
        width in 2..=4usize,
        last in any::<bool>(),
    ) {
        let line = |row: &(String, String, String, String)| {
            [&row.0, &row.1, &row.2, &row.3].map(String::as_str)[..width].join(delimiter)
        };
        let mut text = rows.iter().map(line).collect::<Vec<_>>().join(end);
        if last {
            text += end;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("table");
        std::fs::write(&path, &text).expect("a file");
        let told = ["<>"].contains(&delimiter).then(|| delimiter.to_owned());
        let column = |n: usize| Some(if width >= n { Column::Position(n) } else { Column::Absent });
        let options = ReadOptions {
            delimiter: told,
            header: Some(false),
            value: column(3),
            time: column(4),
            ..ReadOptions::default()
        };
        let found = read(&path, &options).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(&found.interactions, &naive(&text, delimiter), "{}", found.report);
    }
}

/// 700,000 rows of skewed ids, more than one block and many chunks, with `odd` before the last line.
fn long_text(odd: &str) -> String {
    let mut state = 1u64;
    let mut text = String::new();
    for row in 0..700_000u64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(row | 1);
        let (user, item) = ((state >> 33) % 5_000, (state >> 40) % (1 + (state >> 20) % 3_000));
        if row == 699_999 {
            text += odd;
        }
        match row % 1000 {
            7 => text += &format!("user-{user},{item},2.5\n"),
            _ => text += &format!("{user},{item},{}\n", state % 5),
        }
    }
    text
}

#[test]
fn long_files_are_read_alike_by_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("table");
    let text = long_text("");
    std::fs::write(&path, &text).expect("a file");
    let expected = naive(&text, ",");
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let found = pool.install(|| read(&path, &ReadOptions::default())).expect("a table");
        assert!(found.interactions == expected, "{threads} threads");
    }
    // A single quote near the end makes only the last lines take the slow path.
    let odd = long_text("\"a,\n\"\"b\",7,3\n\n");
    std::fs::write(&path, &odd).expect("a file");
    let told = read(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(told.contains(":700000: the quote before"), "{told}");
    let double = ReadOptions { quote: Some(Quote::Double), ..ReadOptions::default() };
    let found = read(&path, &double).expect("a table").interactions;
    assert_eq!(found.len(), expected.len() + 1);
    let quoted = found.users.get("a,\n\"b").expect("the quoted user");
    assert_eq!(found.user[expected.len() - 1], quoted);
    // Lines are counted across blocks and paths.
    for (odd, line) in [("1,2,x\n", 700_000), ("\"1\",2,3\n1,2,x\n", 700_001)] {
        std::fs::write(&path, long_text(odd)).expect("a file");
        let error = read(&path, &ReadOptions::default()).expect_err("a text among numbers");
        let expected = format!(":{line}: value \"x\" is not a number");
        assert!(error.to_string().contains(&expected), "{error}");
    }
}

#[test]
fn numbers_of_ids_continue() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("test.csv");
    std::fs::write(&path, "user,item\nz,9\n7,x\nb,10\n").expect("a file");
    let (users, items): (IdMap, IdMap) =
        (["b", "7"].iter().collect(), ["x", "10"].iter().collect());
    let table = read_with(&path, &ReadOptions::default(), &users, &items).expect("a table");
    let data = table.interactions;
    assert_eq!((data.user, data.item), (vec![2, 1, 0], vec![2, 0, 1]));
    assert_eq!(data.users.names().collect::<Vec<_>>(), ["b", "7", "z"]);
    assert_eq!(data.items.names().collect::<Vec<_>>(), ["x", "10", "9"]);
}
