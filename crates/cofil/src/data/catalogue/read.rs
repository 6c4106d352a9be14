//! Reading a table into a catalogue.

use super::typed::Typing;
use super::values::{Attribute, Values};
use super::{AttributeReport, Catalogue, CatalogueOptions, CatalogueReport, movielens};
use crate::data::prose::count;
use crate::data::read::frame::{Cells, Frame, Told, is_id_or_title, read_frame};
use crate::data::read::{Column, ColumnReport, is_item_name};
use crate::data::{IdMap, Source};
use crate::error::{Error, Result};
use std::collections::HashSet;

impl Catalogue {
    /// Reads a table of items: delimited text, JSON lines, Parquet or Arrow IPC, compressed or not, or record
    /// batches. Rows without an id, and rows that repeat the id of an earlier row, are left out and counted.
    ///
    /// # Errors
    /// If the file cannot be read or holds no items, or a column named in `options` does not exist. The error names
    /// file, line and remedy.
    pub fn read<'a>(
        source: impl Into<Source<'a>>,
        options: &CatalogueOptions,
    ) -> Result<(Self, CatalogueReport)> {
        Self::read_for(source, options, &IdMap::new())
    }

    /// Like [`read`](Self::read), for the items `known` from interactions or a model: a column with their ids is
    /// preferred to one with a better name, unless the options name one.
    ///
    /// # Errors
    /// See [`read`](Self::read).
    pub fn read_for<'a>(
        source: impl Into<Source<'a>>,
        options: &CatalogueOptions,
        known: &IdMap,
    ) -> Result<(Self, CatalogueReport)> {
        options.check()?;
        let source = source.into();
        let name = source.name().to_owned();
        let path = name.as_path();
        let told = Told {
            delimiter: options.delimiter.as_deref(),
            header: options.header.or_else(|| Column::imply_header(&[&options.id, &options.title])),
            format: options.format,
        };
        let mut frame =
            read_frame(source, &told, |name| is_item_name(name) || is_id_or_title(name))?;
        let mut notes: Vec<String> = frame.note.iter().map(ToString::to_string).collect();
        notes.extend(movielens::name_columns(&mut frame));
        let mut roles = frame.roles(path, &options.id, &options.title, known)?;
        notes.append(&mut roles.notes);
        let (names, renamed) = names(&frame, roles.id, roles.title);
        notes.extend(renamed);

        let bad = |message: String| Error::data(path, None, message);
        let Items { ids, rows, unnamed, repeated, example } =
            Items::find(&frame.columns[roles.id], frame.rows).map_err(bad)?;
        if rows.is_empty() {
            return Err(bad("the file contains no items".into()));
        }
        if let Some(id) = example {
            let rows = count(repeated, "row");
            notes.push(format!(
                "skipped {rows} with a duplicate id, such as `{id}`: the first row of each id counts"
            ));
        }
        let typing = Typing { rows: &rows, options };
        let mut title = roles.title.filter(|&title| title != roles.id);
        let mut columns = Vec::new();
        let mut place_of_title = None;
        for (at, cells) in frame.columns.iter().enumerate().filter(|(at, _)| *at != roles.id) {
            let name = names[at].clone();
            if let Some(what) = &cells.foreign {
                notes.push(format!("`{name}` holds {what} and is ignored"));
                title = title.filter(|&title| title != at);
                continue;
            }
            let mut values = match title == Some(at) {
                true => typing.texts(cells)?,
                false => typing.values(cells)?,
            };
            if title == Some(at) {
                if roles.title_guessed && !tells_apart(&values) {
                    title = None;
                    values = typing.values(cells)?;
                } else {
                    place_of_title = Some(columns.len());
                    if roles.title_guessed && frame.names.is_some() {
                        notes.push(format!("no column has a known name for titles: took `{name}`"));
                    }
                }
            }
            columns.push(Attribute { name, values });
        }
        if title.is_none() {
            notes.push("no column has titles: items are shown by their ids".into());
        }
        let column = |at: usize| ColumnReport {
            position: at + 1,
            name: frame.names.as_ref().map(|_| names[at].clone()),
        };
        let told = |column: &Attribute| AttributeReport {
            name: column.name().to_owned(),
            kind: column.kind(),
            missing: column.missing(),
        };
        let report = CatalogueReport {
            path: path.display().to_string(),
            format: frame.format,
            compression: frame.compression.map(str::to_owned),
            delimiter: frame.delimiter.clone(),
            header: frame.header,
            id: column(roles.id),
            title: title.map(column),
            columns: columns.iter().map(told).collect(),
            rows: frame.rows,
            items: rows.len(),
            unnamed,
            repeated,
            notes,
        };
        let id = names[roles.id].clone();
        Ok((Self { id, ids, columns, title: place_of_title }, report))
    }
}

/// The rows of the file that are items.
struct Items {
    ids: IdMap,
    rows: Vec<usize>,
    unnamed: usize,
    repeated: usize,
    /// Example of a repeated id.
    example: Option<String>,
}

impl Items {
    fn find(cells: &Cells, rows: usize) -> std::result::Result<Self, String> {
        if cells.lists || cells.foreign.is_some() {
            let what = cells.foreign.as_deref().unwrap_or("lists");
            return Err(format!("the id column holds {what}; ids must be text or whole numbers"));
        }
        let mut found =
            Self { ids: IdMap::new(), rows: Vec::new(), unnamed: 0, repeated: 0, example: None };
        for row in 0..rows {
            let Some(id) = cells.texts(row).next().filter(|id| !id.is_empty()) else {
                found.unnamed += 1;
                continue;
            };
            let number = found.ids.insert(id).map_err(|e| e.to_string())?;
            if number as usize == found.rows.len() {
                found.rows.push(row);
            } else {
                found.repeated += 1;
                found.example.get_or_insert_with(|| id.into());
            }
        }
        Ok(found)
    }
}

/// Returns whether the values can be titles: texts of which at least half are distinct.
fn tells_apart(values: &Values) -> bool {
    match values {
        Values::Texts { words, codes } => 2 * words.len() >= codes.len(),
        _ => false,
    }
}

/// Returns unique column names, and a note about columns with the name of an earlier one. Those are named by their
/// position, as columns without a name are.
fn names(frame: &Frame, id: usize, title: Option<usize>) -> (Vec<String>, Option<String>) {
    let mut taken = HashSet::new();
    let mut renamed = Vec::new();
    let mut names = Vec::with_capacity(frame.columns.len());
    for at in 0..frame.columns.len() {
        let position = (at + 1).to_string();
        let mut name = match &frame.names {
            Some(names) if names[at].is_empty() => position.clone(),
            Some(names) => names[at].clone(),
            None if at == id => "id".into(),
            None if title == Some(at) => "title".into(),
            None => position.clone(),
        };
        if !taken.insert(name.clone()) {
            renamed.push(format!("`{name}`"));
            name = position;
            while !taken.insert(name.clone()) {
                name.push('\'');
            }
        }
        names.push(name);
    }
    let note = (!renamed.is_empty()).then(|| {
        let listed = renamed.join(", ");
        format!("several columns are named {listed}: the later ones are named by their position")
    });
    (names, note)
}
