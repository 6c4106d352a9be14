//! A table in several files of one folder, as Spark and others write it: read in the order of their names.

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
    let mut found = whole.ok_or_else(|| {
        Error::data(folder, None, "is a folder without files of a table; give a file")
    })?;
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

/// How the files after the `first` are read: as that was.
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

/// The files of a folder by name, without hidden ones, marks such as `_SUCCESS`, and empty ones.
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
                    "its name is part of the data, which is not read: write the table without partitions, or give one of them"
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
