//! Tables in several files of a folder, as written by Spark and others, read in the order of the file names. Folders in
//! it that are called `key=value` hold parts too, and the key is one more column.

use super::field::shown;
use super::folder::{self, Kinds};
use super::found::Found;
use super::hive::{self, Key, Unnamed};
use super::known::is_known;
use super::rows::Start;
use super::source::Opened;
use super::{Column, Format, ReadOptions, Shape, quoted, read_opened};
use crate::data::IdMap;
use crate::data::prose::number;
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
    refuse_split(folder, &files)?;
    folder::check_names(folder, &files.iter().map(|(path, _)| path).collect::<Vec<_>>())?;
    let keys = same_keys(&files)?;
    let (mut whole, mut unnamed): (Option<Found>, _) = (None, None);
    let (mut width, mut kinds) = (None, None);
    for (file, keys) in &files {
        let told = whole.as_ref().map_or(0, |found| found.rows.skipped.first.len());
        let mut found = match whole.take() {
            None => {
                let source = Opened::open(file, options.format)?;
                let found =
                    one(file, source, keys, &mut unnamed, options, Start::Names(users, items))?;
                width = folder::width(&found);
                if files.len() > 1 && keys.is_empty() {
                    kinds = Some(Kinds::of(&Opened::open(file, options.format)?, &found));
                }
                found
            }
            Some(first) => {
                let source = Opened::open(file, options.format)?;
                check_format(file, &source, first.format)?;
                source.check_header(file, &first)?;
                let headless = keys.is_empty() && source.lacks_header(&first);
                let mut options = as_first(&first, options);
                let both = kinds.map(|kinds| [kinds, Kinds::of(&source, &first)]);
                folder::check_columns(file, [None; 2], both)?;
                if headless {
                    options = by_position(&first, options);
                }
                let (mut columns, rows) = (first.columns, first.rows);
                if headless && !columns.notes.iter().any(|note| note == HEADLESS) {
                    columns.notes.push(HEADLESS.into());
                }
                let next = one(file, source, keys, &mut unnamed, &options, Start::Rows(rows))?;
                folder::check_columns(file, [width, folder::width(&next)], None)?;
                let mut notes = columns.notes.clone();
                notes.extend(
                    next.columns.notes.iter().filter(|note| !columns.notes.contains(note)).cloned(),
                );
                let columns = super::columns::Columns { notes, ..columns };
                let encoding = first.encoding.max(next.encoding);
                let typed_times = first.typed_times && next.typed_times;
                // A file without a header does not change that of the table.
                let header = first.header;
                Found { columns, encoding, typed_times, header, ..next }
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
        let note = format!(
            "{} files of the folder, in the order of their names, are one table",
            number(count)
        );
        found.columns.notes.insert(0, note);
    }
    let unread: Vec<String> = keys
        .iter()
        .filter(|&&key| match &unnamed {
            Some(layout) => !layout.keys.iter().any(|kept| kept == key),
            None => !found.columns.uses(key),
        })
        .map(|key| format!("`{}`", shown(key.as_bytes())))
        .filter(|key| !found.columns.notes.iter().any(|note| note.contains(key)))
        .collect();
    if !unread.is_empty() {
        let note = format!("ignored folder keys: {}", unread.join(", "));
        found.columns.notes.push(note);
    }
    Ok(found)
}

/// Note on files without the header that the first one has.
const HEADLESS: &str =
    "the files after the first have no header, and are read by the order of its columns";

/// Returns an error if the folder is the output of a split: training and test rows are not one table.
fn refuse_split(folder: &Path, files: &[Part]) -> Result<()> {
    let named = |name: &str| {
        let file =
            |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.iter().map(|(path, _)| file(path)).find(|file| file.starts_with(name))
    };
    match (named("split.json"), named("train.")) {
        (Some(_), Some(train)) => {
            let message = format!(
                "holds a split: sets for training and for testing, and `split.json`, which describes them; give one \
                 of the sets, such as `{train}`"
            );
            Err(Error::data(folder, None, message))
        }
        _ => Ok(()),
    }
}

/// Returns an error if the format of a file is not that of the first.
fn check_format(file: &Path, source: &Opened<'_>, first: Format) -> Result<()> {
    if source.format == first {
        return Ok(());
    }
    let message = format!(
        "is {}, but the first file of the folder is {}; give a folder with files of one format",
        called(source.format),
        called(first)
    );
    Err(Error::data(file, None, message))
}

fn called(format: Format) -> &'static str {
    match format {
        Format::Text => "delimited text",
        Format::JsonLines => "JSON",
        Format::Parquet => "Parquet",
        Format::Arrow => "Arrow IPC",
    }
}

fn one(
    file: &Path,
    mut source: Opened<'_>,
    keys: &[Key],
    unnamed: &mut Option<Unnamed>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
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

/// Returns `options` for a file whose first line is a row, with the columns of the `first` file.
fn by_position(first: &Found, options: ReadOptions) -> ReadOptions {
    let columns = &first.columns;
    let column = |column: usize| Column::Position(column + 1);
    let optional = |role: Option<usize>| Some(role.map_or(Column::Absent, column));
    ReadOptions {
        user: Some(column(columns.user)),
        item: Some(column(columns.item)),
        value: optional(columns.value),
        time: optional(columns.time),
        kind: columns.kind.map(column),
        header: Some(false),
        ..options
    }
}

impl Opened<'_> {
    /// Returns the fields of the first line of text, split like the `first` file.
    fn first_line(&self, first: &Found) -> Vec<&[u8]> {
        let (Some(delimiter), Shape::Rows) = (&first.delimiter, first.shape) else {
            return Vec::new();
        };
        let mut fields = Vec::new();
        let head = self.head();
        match quoted::cut(head, delimiter.as_bytes(), &mut fields) {
            Some(_) => fields.iter().map(|field| field.of(head).trim_ascii()).collect(),
            None => Vec::new(),
        }
    }

    /// Returns whether the text has no header although the `first` file has one: its first line has as many fields,
    /// none of which is the name of a column there, or usually.
    fn lacks_header(&self, first: &Found) -> bool {
        let (Some(names), Some(true)) = (&first.columns.names, first.header) else { return false };
        let fields = self.first_line(first);
        let is_name = |field: &&[u8]| {
            field.is_empty()
                || is_usual_name(field)
                || names.iter().any(|name| {
                    field
                        .strip_suffix(name.as_bytes())
                        .is_some_and(|table| table.is_empty() || table.ends_with(b"."))
                })
        };
        fields.len() == names.len() && !fields.iter().any(is_name)
    }

    /// Returns an error if the text has a header although the `first` file has none.
    fn check_header(&self, file: &Path, first: &Found) -> Result<()> {
        let names = || self.first_line(first).iter().filter(|field| is_usual_name(field)).count();
        if first.header == Some(false) && names() > 1 {
            let message = "begins with names of columns, but the first file of the folder has no header; give all \
                           files the same header, or none";
            return Err(Error::data(file, Some(1), message));
        }
        Ok(())
    }
}

fn is_usual_name(field: &[u8]) -> bool {
    field.len() > 1 && std::str::from_utf8(field).is_ok_and(is_known)
}

/// Number of folders within each other; more are probably links in a circle.
const DEEPEST: usize = 32;

/// Adds the files of `folder`, and of the folders in it that are called `key=value`, without hidden files, marks such
/// as `_SUCCESS`, files about the table, and empty files. `keys` are those of the folders above.
fn collect(folder: &Path, keys: &[Key], files: &mut Vec<Part>) -> Result<()> {
    let refused = |e| Error::io(folder, e);
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(['.', '_']) || name.ends_with(".crc") || folder::is_about(&name) {
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
        assert!(report.to_string().contains("ignored folder keys: `date`"), "{report}");
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
        assert!(told.contains("ignored folder keys: `year`"), "{told}");
        // A key may be named, and a role may be refused.
        let given = ReadOptions {
            item: Some(Column::Name("year".into())),
            time: Some(Column::Absent),
            ..ReadOptions::default()
        };
        let table = read(folder.path(), &given).unwrap();
        assert_eq!(table.interactions.items.names().collect::<Vec<_>>(), ["2024"]);
        let told = table.report.to_string();
        assert!(told.contains("ignored folder keys: `item`, `date`"), "{told}");
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

    #[test]
    fn only_the_first_part_may_have_a_header() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("part-0.csv", "rating,user,item\n5,ann,tea\n");
        write("part-1.csv", "3,\"bob\",jam\n2,ann,jam\n");
        write("part-2.csv", "1,cat,tea\n");
        let table = read(folder.path(), &ReadOptions::default()).unwrap();
        let data = &table.interactions;
        assert_eq!(data.users.names().collect::<Vec<_>>(), ["ann", "bob", "cat"]);
        assert_eq!(data.value, [5.0, 3.0, 2.0, 1.0]);
        let told = table.report.to_string();
        assert_eq!(told.matches("have no header").count(), 1, "{told}");
        assert!(told.contains("header, user=`user`"), "{told}");
        write("part-0.csv", "5,ann,tea\n");
        write("part-1.csv", "rating,user,item\n3,bob,jam\n");
        let told = read(folder.path(), &ReadOptions::default()).unwrap_err().to_string();
        assert!(told.contains("part-1.csv:1: begins with names of columns"), "{told}");
    }

    #[test]
    fn a_split_is_no_table() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("train.csv", "user,item\nann,tea\n");
        write("test.csv", "user,item\nann,jam\n");
        write("split.json", "{\n  \"id\": 1\n}\n");
        let told = read(folder.path(), &ReadOptions::default()).unwrap_err().to_string();
        assert!(told.contains("holds a split") && told.contains("such as `train.csv`"), "{told}");
    }

    #[test]
    fn parts_of_several_formats_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("a.jsonl", "{\"user\":1,\"item\":2}\n");
        write("b.csv", "user,item\n1,2\n");
        let told = read(folder.path(), &ReadOptions::default()).unwrap_err().to_string();
        assert!(
            told.contains("b.csv: is delimited text, but the first file of the folder is JSON"),
            "{told}"
        );
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
