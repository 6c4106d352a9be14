//! Writes lists of recommendations or of similar items to a file, block by block.

use super::ending::{Format, ending_or_csv};
use super::filler::is_filler;
use super::sheet::{Cells, Kind, Out, SheetWriter};
use super::{Catalogue, IdMap};
use crate::error::{Error, Result};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Writes lists in the format given by the file extension, as [`SheetWriter`] does.
///
/// Each entry is a row with the columns `user`, `item`, `rank` (from 1) and `score`, and `title` if the items have
/// titles; `.jsonl` has one line per user instead. `basis` is `popular` for entries that no history supports, else
/// empty. In lists of similar items, which have no `basis`, the column `item` takes the place of `user`, and `similar`
/// that of `item`. The text formats can also be written to a stream.
pub struct ListWriter<'a> {
    of: &'a Arc<IdMap>,
    items: &'a Arc<IdMap>,
    titles: Option<&'a Catalogue>,
    /// Names of the first two columns.
    names: [&'static str; 2],
    sink: Sink,
}

enum Sink {
    Rows(SheetWriter),
    Lines(Out),
}

const OF_USERS: [&str; 2] = ["user", "item"];
const OF_ITEMS: [&str; 2] = ["item", "similar"];

impl<'a> ListWriter<'a> {
    /// Checks that the extension of `path` is known.
    ///
    /// # Errors
    /// If the extension is unknown.
    pub fn check_path(path: &Path) -> Result<()> {
        SheetWriter::check_path(path)
    }

    /// Starts the file at `path`, for lists over `users` and `items`, with the titles of a catalogue if it has any.
    ///
    /// # Errors
    /// If the extension is unknown or the file system reports an error.
    pub fn create(
        path: &Path,
        users: &'a Arc<IdMap>,
        items: &'a Arc<IdMap>,
        catalogue: Option<&'a Catalogue>,
    ) -> Result<Self> {
        let (format, packing) = ending_or_csv(path)?;
        Self::new(Out::file(path, packing)?, format, OF_USERS, users, items, catalogue)
    }

    /// Like [`create`](Self::create), for lists of items similar to each of `items`.
    ///
    /// # Errors
    /// See [`create`](Self::create).
    pub fn create_similar(
        path: &Path,
        items: &'a Arc<IdMap>,
        catalogue: Option<&'a Catalogue>,
    ) -> Result<Self> {
        let (format, packing) = ending_or_csv(path)?;
        Self::new(Out::file(path, packing)?, format, OF_ITEMS, items, items, catalogue)
    }

    /// Writes to `stream` without buffering the lists, as `.csv` or, with `json`, as `.jsonl`.
    ///
    /// # Errors
    /// If the stream reports an error.
    pub fn stream(
        stream: impl Write + Send + 'static,
        json: bool,
        users: &'a Arc<IdMap>,
        items: &'a Arc<IdMap>,
        catalogue: Option<&'a Catalogue>,
    ) -> Result<Self> {
        let format = if json { Format::Json } else { Format::Text(',') };
        Self::new(Out::stream(stream), format, OF_USERS, users, items, catalogue)
    }

    /// Like [`stream`](Self::stream), for lists of items similar to each of `items`.
    ///
    /// # Errors
    /// See [`stream`](Self::stream).
    pub fn stream_similar(
        stream: impl Write + Send + 'static,
        json: bool,
        items: &'a Arc<IdMap>,
        catalogue: Option<&'a Catalogue>,
    ) -> Result<Self> {
        let format = if json { Format::Json } else { Format::Text(',') };
        Self::new(Out::stream(stream), format, OF_ITEMS, items, items, catalogue)
    }

    fn new(
        out: Out,
        format: Format,
        names: [&'static str; 2],
        of: &'a Arc<IdMap>,
        items: &'a Arc<IdMap>,
        catalogue: Option<&'a Catalogue>,
    ) -> Result<Self> {
        let titles = catalogue.filter(|catalogue| catalogue.has_titles());
        let sink = match format {
            Format::Json => Sink::Lines(out),
            format => {
                let [of, item] = names;
                let mut columns = vec![
                    (of, Kind::Text),
                    (item, Kind::Text),
                    ("rank", Kind::Count),
                    ("score", Kind::Number),
                ];
                columns.extend(titles.map(|_| ("title", Kind::Text)));
                columns.extend((names == OF_USERS).then_some(("basis", Kind::Text)));
                Sink::Rows(SheetWriter::new(out, format, &columns)?)
            }
        };
        Ok(Self { of, items, titles, names, sink })
    }

    /// Appends the lists of `users`, or of items, one list each.
    ///
    /// # Errors
    /// If the file system reports an error.
    pub fn write(&mut self, users: &[u32], lists: &[Vec<(u32, f32)>]) -> Result<()> {
        let (of, items, titles) = (self.of, self.items, self.titles);
        let title = move |item: u32| titles.and_then(|titles| titles.title(items.name(item)));
        match &mut self.sink {
            Sink::Rows(rows) => {
                let pairs = users.iter().zip(lists);
                let entries = pairs.flat_map(|(&user, list)| {
                    list.iter().enumerate().map(move |(at, &(item, score))| (user, at, item, score))
                });
                let entries: Vec<(u32, usize, u32, f32)> = entries.collect();
                let mut cells = vec![
                    Cells::Text(entries.iter().map(|e| Some(of.name(e.0))).collect()),
                    Cells::Text(entries.iter().map(|e| Some(items.name(e.2))).collect()),
                    Cells::Count(entries.iter().map(|e| e.1 as u32 + 1).collect()),
                    Cells::Number(entries.iter().map(|e| Some(e.3)).collect()),
                ];
                if titles.is_some() {
                    cells.push(Cells::Text(entries.iter().map(|e| title(e.2)).collect()));
                }
                if self.names == OF_USERS {
                    cells.push(Cells::Text(entries.iter().map(|e| basis(e.3)).collect()));
                }
                rows.write(&cells)
            }
            Sink::Lines(out) => {
                for (&user, list) in users.iter().zip(lists) {
                    let is_of_users = self.names == OF_USERS;
                    let entry = |(at, &(item, score)): (usize, &(u32, f32))| Entry {
                        rank: at + 1,
                        item: items.name(item),
                        score,
                        title: title(item),
                        basis: basis(score).filter(|_| is_of_users),
                    };
                    let [key, _] = self.names;
                    let called = if key == OF_ITEMS[0] { title(user) } else { None };
                    let items = list.iter().enumerate().map(entry).collect();
                    let list = List { key, name: of.name(user), title: called, items };
                    let line = serde_json::to_string(&list).expect("names and numbers serialize");
                    writeln!(out, "{line}").map_err(|e| Error::io(out.path(), e))?;
                }
                Ok(())
            }
        }
    }

    /// Moves the finished file into place and returns the number of bytes written.
    ///
    /// # Errors
    /// If the file system reports an error.
    pub fn finish(self) -> Result<u64> {
        match self.sink {
            Sink::Rows(rows) => rows.finish(),
            Sink::Lines(out) => out.finish(),
        }
    }
}

/// A line of `.jsonl`.
struct List<'a> {
    key: &'static str,
    name: &'a str,
    title: Option<&'a str>,
    items: Vec<Entry<'a>>,
}

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.key, self.name)?;
        if let Some(title) = self.title {
            map.serialize_entry("title", title)?;
        }
        map.serialize_entry("items", &self.items)?;
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Entry<'a> {
    rank: usize,
    item: &'a str,
    score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<&'static str>,
}

/// What an entry is based on, if no history supports it: as [`Basis`](crate::Basis) is written.
fn basis(score: f32) -> Option<&'static str> {
    is_filler(score).then_some("popular")
}
