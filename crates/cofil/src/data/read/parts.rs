//! Tables in several files of a folder, as written by Spark and others, read in the order of the file names. Folders in
//! it that are called `key=value` hold parts too, and the key is one more column.

use super::field::shown;
use super::found::Found;
use super::hive::{self, Key, Unnamed};
use super::rows::Start;
use super::source::Opened;
use super::{Column, ReadOptions, Shape, read_opened};
use crate::data::IdMap;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Reads the files of `folder` as one table.
pub(super) fn read(
    folder: &Path,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Found> {
    let mut files = Vec::new();
    collect(folder, &[], &mut files)?;
    files.sort_unstable();
    let keys = same_keys(&files)?;
    let (mut whole, mut unnamed): (Option<Found>, _) = (None, None);
    for (file, keys) in &files {
        let told = whole.as_ref().map_or(0, |found| found.rows.skipped.first.len());
        let mut found = match whole.take() {
            None => one(file, keys, &mut unnamed, options, Start::Names(users, items))?,
            Some(first) => {
                let options = as_first(&first, options);
                let (columns, rows) = (first.columns, first.rows);
                let next = one(file, keys, &mut unnamed, &options, Start::Rows(rows))?;
                let mut notes = columns.notes.clone();
                notes.extend(
                    next.columns.notes.iter().filter(|note| !columns.notes.contains(note)).cloned(),
                );
                let columns = super::columns::Columns { notes, ..columns };
                let encoding = first.encoding.max(next.encoding);
                let typed_times = first.typed_times && next.typed_times;
                Found { columns, encoding, typed_times, ..next }
            }
        };
        let name = file.strip_prefix(folder).unwrap_or(file).display();
        for place in &mut found.rows.skipped.first[told..] {
            *place = format!("{name}: {place}");
        }
        whole = Some(found);
    }
    let mut found = whole
        .ok_or_else(|| Error::data(folder, None, "is a folder without table files; give a file"))?;
    let count = files.len();
    if count > 1 {
        let note =
            format!("{count} files of the folder, in the order of their names, are one table");
        found.columns.notes.insert(0, note);
    }
    let unread: Vec<String> = keys
        .iter()
        .filter(|&&key| match &unnamed {
            Some(layout) => !layout.keys.iter().any(|kept| kept == key),
            None => !found.columns.uses(key),
        })
        .map(|key| format!("`{}`", shown(key.as_bytes())))
        .collect();
    if !unread.is_empty() {
        let note = format!("keys of the folders left unread: {}", unread.join(", "));
        found.columns.notes.push(note);
    }
    Ok(found)
}

fn one(
    file: &Path,
    keys: &[Key],
    unnamed: &mut Option<Unnamed>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
    let mut source = Opened::open(file, options.format)?;
    match keys.is_empty() {
        true => read_opened(file, source, options, start),
        false => {
            let options = hive::add(&mut source, options, keys.to_vec(), unnamed)
                .map_err(|message| Error::data(file, None, message))?;
            read_opened(file, source, &options, start)
        }
    }
}

/// A file, and the keys of its folders.
type Part = (PathBuf, Vec<Key>);

/// Returns the names of the keys.
///
/// # Errors
/// If they are not the same for all files.
fn same_keys(files: &[Part]) -> Result<Vec<&str>> {
    let of = |part: &Part| part.1.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let Some(first) = files.first() else { return Ok(Vec::new()) };
    if let Some(other) = files.iter().find(|part| of(part) != of(first)) {
        let told = |part: &Part| match of(part)[..] {
            [] => "none".into(),
            ref keys => keys.join(", "),
        };
        let message = format!(
            "the folders have other keys ({}) than those of {} ({}); give a folder with one table",
            told(other),
            first.0.display(),
            told(first)
        );
        return Err(Error::data(&other.0, None, message));
    }
    Ok(first.1.iter().map(|(key, _)| key.as_str()).collect())
}

/// Returns the options for the files after the `first`, which are read like it.
fn as_first(first: &Found, options: &ReadOptions) -> ReadOptions {
    let columns = &first.columns;
    let column = |column: usize| match &columns.names {
        Some(names) => Column::Name(names[column].clone()),
        None => Column::Position(column + 1 - columns.before),
    };
    let optional = |role: Option<usize>| Some(role.map_or(Column::Absent, column));
    let rows = first.shape == Shape::Rows;
    ReadOptions {
        user: rows.then(|| column(columns.user)),
        item: rows.then(|| column(columns.item)),
        value: optional(columns.value),
        time: optional(columns.time),
        kind: columns.kind.map(column),
        delimiter: first.delimiter.clone(),
        header: first.header,
        format: Some(first.format),
        shape: Some(first.shape),
        ..options.clone()
    }
}

/// Number of folders within each other; more are probably links in a circle.
const DEEPEST: usize = 32;

/// Adds the files of `folder`, and of the folders in it that are called `key=value`, without hidden files, marks such
/// as `_SUCCESS`, and empty files. `keys` are those of the folders above.
fn collect(folder: &Path, keys: &[Key], files: &mut Vec<Part>) -> Result<()> {
    let refused = |e| Error::io(folder, e);
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(['.', '_']) || name.ends_with(".crc") {
            continue;
        }
        let about = std::fs::metadata(&path).map_err(|e| Error::io(&path, e))?;
        if about.is_dir() {
            let Some(key) = hive::key(&name).filter(|_| keys.len() < DEEPEST) else {
                let message =
                    "is a folder in a folder; give the folder or the file that holds the table";
                return Err(Error::data(&path, None, message));
            };
            collect(&path, &[keys, &[key]].concat(), files)?;
        } else if about.len() > 0 {
            files.push((path, keys.to_vec()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::data::read::{Column, ReadOptions, read};

    #[test]
    fn the_parts_of_a_folder_are_one_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
        write("part-00001.csv", "user,item,rating\nann,jam,2\ncat,tea,3\n");
        write("part-00000.csv", "user,item,rating\nann,tea,5\nbob,jam,1\n");
        write("part-00002.csv", "user,item,rating\n");
        write("part-00003.csv", "");
        write("_SUCCESS", "");
        write(".part-00000.csv.crc", "crc");
        let options = ReadOptions::default();
        let table = read(folder.path(), &options).unwrap();
        let data = &table.interactions;
        assert_eq!(data.users.names().collect::<Vec<_>>(), ["ann", "bob", "cat"]);
        assert_eq!((&data.user, &data.item), (&vec![0, 1, 0, 2], &vec![0, 1, 1, 0]));
        assert_eq!(data.value, [5.0, 1.0, 2.0, 3.0]);
        assert!(table.report.to_string().contains("3 files of the folder"), "{}", table.report);
        // Positions in errors are those in the file.
        write("part-00002.csv", "user,item,rating\nann,tea,x\n");
        let told = read(folder.path(), &options).unwrap_err().to_string();
        assert!(told.contains("part-00002.csv:2: rating \"x\""), "{told}");
        let skip = ReadOptions { skip_bad: 1, ..ReadOptions::default() };
        let report = read(folder.path(), &skip).unwrap().report;
        assert!(report.bad_first[0].starts_with("part-00002.csv: line 2: rating"), "{report}");
        write("part-00002.csv", "user,item,stars\nann,tea,1\n");
        let told = read(folder.path(), &options).unwrap_err().to_string();
        assert!(told.contains("part-00002.csv:1: unknown column `rating`"), "{told}");
        std::fs::create_dir(path("more")).unwrap();
        let told = read(folder.path(), &options).unwrap_err().to_string();
        assert!(told.contains("more: is a folder in a folder; give the folder"), "{told}");
        let empty = tempfile::tempdir().unwrap();
        assert!(
            read(empty.path(), &options).unwrap_err().to_string().contains("without table files")
        );
    }

    #[test]
    fn keys_in_names_of_folders_are_columns() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("item=tea%2C%20green/date=2024-05-01/part-0.csv", "user,rating\nann,5\nbob,\"4\"\n");
        write("item=jam/date=2024-05-02/part-0.csv", "user,rating\r\nann,1\r\n");
        write("item=jam/date=2024-05-02/part-1.csv", "user,rating\ncat,2");
        write("item=jam/_SUCCESS", "");
        let options = ReadOptions::default();
        let table = read(folder.path(), &options).unwrap();
        let data = &table.interactions;
        assert_eq!(data.users.names().collect::<Vec<_>>(), ["ann", "cat", "bob"]);
        assert_eq!(data.items.names().collect::<Vec<_>>(), ["jam", "tea, green"]);
        assert_eq!((&data.user, &data.item), (&vec![0, 1, 0, 2], &vec![0, 0, 1, 1]));
        assert_eq!(data.value, [1.0, 2.0, 5.0, 4.0]);
        let (may_1, may_2) = (1_714_521_600, 1_714_608_000);
        assert_eq!(data.time, Some(vec![may_2, may_2, may_1, may_1]), "{}", table.report);
        assert!(!table.report.to_string().contains("unread"), "{}", table.report);
        // A key that has no role is named, and one that is missing is empty.
        let untimed = ReadOptions { time: Some(Column::Absent), ..ReadOptions::default() };
        let report = read(folder.path(), &untimed).unwrap().report;
        assert!(report.to_string().contains("folders left unread: `date`"), "{report}");
        write("item=__HIVE_DEFAULT_PARTITION__/date=2024-05-01/x.csv", "user,rating\nann,5\n");
        let told = read(folder.path(), &options).unwrap_err().to_string();
        assert!(told.contains("x.csv:2: item is empty"), "{told}");
        write("date=2024-05-01/x.csv", "user,item,rating\nann,tea,5\n");
        let told = read(folder.path(), &options).unwrap_err().to_string();
        assert!(told.contains("the folders have other keys (item, date)"), "{told}");
    }

    #[test]
    fn keys_of_files_without_a_header_have_the_role_of_their_name() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("year=2024/item=tea%2C%20green/date=2024-05-01/part-0.csv", "1,5\n2,4\n");
        write("year=2024/item=jam/date=2024-05-02/part-0.csv", "1,1\n3,2\n");
        let table = read(folder.path(), &ReadOptions::default()).unwrap();
        let data = &table.interactions;
        assert_eq!(data.users.names().collect::<Vec<_>>(), ["1", "3", "2"]);
        assert_eq!(data.items.names().collect::<Vec<_>>(), ["jam", "tea, green"]);
        assert_eq!((&data.user, &data.item), (&vec![0, 1, 0, 2], &vec![0, 0, 1, 1]));
        assert_eq!(data.value, [1.0, 2.0, 5.0, 4.0]);
        let (may_1, may_2) = (1_714_521_600, 1_714_608_000);
        assert_eq!(data.time, Some(vec![may_2, may_2, may_1, may_1]), "{}", table.report);
        let told = table.report.to_string();
        assert!(told.contains("folders left unread: `year`"), "{told}");
        // A key may be named, and a role may be refused.
        let given = ReadOptions {
            item: Some(Column::Name("year".into())),
            time: Some(Column::Absent),
            ..ReadOptions::default()
        };
        let table = read(folder.path(), &given).unwrap();
        assert_eq!(table.interactions.items.names().collect::<Vec<_>>(), ["2024"]);
        let told = table.report.to_string();
        assert!(told.contains("folders left unread: `item`, `date`"), "{told}");
        write("year=2024/item=jam/date=2024-05-03/part-0.csv", "1,1,7\n3,2,7\n");
        let told = read(folder.path(), &ReadOptions::default()).unwrap_err().to_string();
        assert!(told.contains("has 3 columns, the first file 2"), "{told}");
    }

    #[test]
    fn keys_go_into_every_format() {
        let expected = (vec![0, 1, 0], vec![0, 0, 1], vec![1.0, 2.0, 3.0]);
        let check = |folder: &std::path::Path| {
            let table = read(folder, &ReadOptions::default()).unwrap();
            let data = table.interactions;
            assert_eq!(data.items.names().collect::<Vec<_>>(), ["a/b", "c"], "{}", table.report);
            assert_eq!((data.user, data.item, data.value), expected, "{}", table.report);
        };
        let folder = tempfile::tempdir().unwrap();
        let path = |folder: &tempfile::TempDir, key: &str| {
            let path = folder.path().join(key);
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        let objects = "{\"user\":1,\"value\":1}\n{\"user\":2,\"value\":2}\n";
        std::fs::write(path(&folder, "item=a%2Fb").join("x.jsonl"), objects).unwrap();
        let list = "[{\"user\": 1,\n \"value\": 3}]";
        std::fs::write(path(&folder, "item=c").join("x.json"), list).unwrap();
        check(folder.path());
        #[cfg(feature = "arrow")]
        for ending in ["parquet", "arrow"] {
            use crate::data::{IdMap, Interactions};
            // The items of the files have another name.
            let folder = tempfile::tempdir().unwrap();
            let write = |key: &str, user: Vec<u32>, value: Vec<f32>| {
                let users: IdMap = ["1", "2"].iter().collect();
                let items: IdMap = ["unused"].iter().collect();
                let item = vec![0; user.len()];
                let (users, items) = (users.into(), items.into());
                let rows = Interactions { users, items, user, item, value, time: None };
                let file = path(&folder, key).join(format!("x.{ending}"));
                crate::data::read::write(&file, &rows).unwrap();
            };
            write("title=a%2Fb", vec![0, 1], vec![1.0, 2.0]);
            write("title=c", vec![0], vec![3.0]);
            let item = Some(Column::Name("title".into()));
            let table =
                read(folder.path(), &ReadOptions { item, ..ReadOptions::default() }).unwrap();
            let data = table.interactions;
            assert_eq!(data.items.names().collect::<Vec<_>>(), ["a/b", "c"], "{}", table.report);
            assert_eq!((data.user, data.item, data.value), expected, "{ending}");
        }
    }

    #[cfg(feature = "arrow")]
    #[test]
    fn parts_may_be_parquet() {
        let folder = tempfile::tempdir().unwrap();
        let names: std::sync::Arc<crate::data::IdMap> =
            std::sync::Arc::new(["a", "b"].iter().collect());
        let rows = |user: Vec<u32>, item: Vec<u32>| crate::data::Interactions {
            users: names.clone(),
            items: names.clone(),
            value: vec![1.0; user.len()],
            user,
            item,
            time: None,
        };
        let write = |name: &str, rows| {
            crate::data::read::write(&folder.path().join(name), &rows).unwrap();
        };
        write("part-1.parquet", rows(vec![1, 0], vec![0, 0]));
        write("part-0.parquet", rows(vec![0, 1], vec![0, 1]));
        std::fs::write(folder.path().join("_metadata"), b"PAR1").unwrap();
        let found = read(folder.path(), &ReadOptions::default()).unwrap().interactions;
        assert_eq!((found.user, found.item), (vec![0, 1, 1, 0], vec![0, 1, 0, 0]));
    }
}
