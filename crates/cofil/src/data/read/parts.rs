//! Tables in several files of a folder, as written by Spark and others, read in the order of the file names.

use super::found::Found;
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
    let files = files(folder)?;
    let mut whole: Option<Found> = None;
    for file in &files {
        let told = whole.as_ref().map_or(0, |found| found.rows.skipped.first.len());
        let mut found = match whole.take() {
            None => one(file, options, Start::Names(users, items))?,
            Some(first) => {
                let options = as_first(&first, options);
                let (columns, rows) = (first.columns, first.rows);
                let next = one(file, &options, Start::Rows(rows))?;
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
        let name = file.file_name().unwrap_or_default().to_string_lossy();
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
    Ok(found)
}

fn one(file: &Path, options: &ReadOptions, start: Start<'_>) -> Result<Found> {
    read_opened(file, Opened::open(file, options.format)?, options, start)
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

/// Returns the files of a folder by name, without hidden files, marks such as `_SUCCESS`, and empty files.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let refused = |e| Error::io(folder, e);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(['.', '_']) || name.ends_with(".crc") {
            continue;
        }
        let about = std::fs::metadata(&path).map_err(|e| Error::io(&path, e))?;
        if about.is_dir() {
            let remedy = match name.contains('=') {
                true => {
                    "partition values in folder names are not read: write the table without partitions, or give one of them"
                }
                false => "give the folder or the file that holds the table",
            };
            return Err(Error::data(&path, None, format!("is a folder in a folder; {remedy}")));
        }
        if about.len() > 0 {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use crate::data::read::{ReadOptions, read};

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
        std::fs::create_dir(path("year=2020")).unwrap();
        let told = read(folder.path(), &options).unwrap_err().to_string();
        assert!(told.contains("year=2020: is a folder in a folder; partition values"), "{told}");
        let empty = tempfile::tempdir().unwrap();
        assert!(
            read(empty.path(), &options).unwrap_err().to_string().contains("without table files")
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
