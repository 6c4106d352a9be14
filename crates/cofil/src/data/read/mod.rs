//! Tables of interactions from files, readers and Arrow record batches.
//!
//! ```
//! use cofil::data::read::{ReadOptions, read};
//! # let folder = tempfile::tempdir().expect("a folder");
//! # let path = folder.path().join("ratings.csv");
//! # std::fs::write(&path, "user,item,rating\nann,tea,5\nbob,jam,3\n").expect("it is written");
//!
//! let table = read(&path, &ReadOptions::default())?;
//! println!("{}", table.report); // read as: comma-separated, header, user=`user`, …
//! assert_eq!(table.interactions.len(), 2);
//! # Ok::<(), cofil::Error>(())
//! ```
//!
//! Format, compression, delimiter, header and columns are sniffed from the content, never from the
//! name of the file, unless [`ReadOptions`] says otherwise; [`ReadReport`] tells what was found.
//! Names are numbered in order of first appearance, whatever the number of threads.

#[cfg(feature = "arrow")]
mod arrow;
#[cfg(feature = "arrow")]
mod batch;
mod chunks;
mod columns;
#[cfg(feature = "arrow")]
mod convert;
mod encoding;
mod field;
pub(crate) mod frame;
mod json;
mod known;
mod layout;
mod limits;
mod lists;
#[cfg(test)]
mod messy;
mod names;
mod negatives;
#[cfg(feature = "arrow")]
mod nested;
mod options;
mod quoted;
mod report;
mod rows;
mod search;
#[cfg(feature = "arrow")]
mod sides;
mod sniff;
mod source;
mod text;
mod write;

#[cfg(feature = "arrow")]
pub use arrow::is_decoding;
pub use lists::{Lists, read_lists};
pub use negatives::{Negatives, read_negatives};
pub use options::{Column, Format, Quote, ReadOptions};
pub use report::{ColumnReport, ReadReport, TimeUnit};
#[cfg(feature = "arrow")]
pub use sides::write_sides;
pub use write::write;

pub(crate) use known::is_item_name;
pub(crate) use report::write_format;

use super::{IdMap, Interactions, Source};
use crate::error::{Error, Result};
use columns::Columns;
use encoding::Encoding;
use field::Rules;
use rows::Rows;
use source::Opened;
use std::path::Path;

/// Interactions and how they were read.
#[derive(Clone, Debug)]
pub struct Table {
    /// The interactions in the order of the file.
    pub interactions: Interactions,
    /// How the file was read.
    pub report: ReadReport,
}

/// Reads a table of interactions from a path (`-` is standard input), a reader or record batches.
///
/// # Errors
/// If the file cannot be read or holds something that is no interaction; names file, line and remedy.
pub fn read<'a>(source: impl Into<Source<'a>>, options: &ReadOptions) -> Result<Table> {
    read_with(source, options, &IdMap::new(), &IdMap::new())
}

/// [`read`] with numbers continued from `users` and `items`: known names keep their numbers, new
/// ones are appended.
///
/// # Errors
/// As [`read`].
pub fn read_with<'a>(
    source: impl Into<Source<'a>>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Table> {
    options.check()?;
    match source.into() {
        #[cfg(feature = "arrow")]
        Source::Batches { name, batches } => {
            if options.format.is_some() {
                let message =
                    "record batches are in memory and have no format of file; leave it out";
                return Err(Error::setting("format", message));
            }
            let name = Path::new(&name);
            arrow::read_memory(name, batches, options, users, items)?.table(name)
        }
        source => {
            let name = source.name().to_owned();
            let opened = Opened::open(source, options.format)?;
            read_opened(&name, opened, options, users, items)
        }
    }
}

fn read_opened(
    path: &Path,
    opened: Opened<'_>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Table> {
    let found = match opened.format {
        Format::Text => read_text(path, opened, options, users, items)?,
        Format::JsonLines => read_json(path, opened, options, users, items)?,
        #[cfg(feature = "arrow")]
        Format::Parquet | Format::Arrow => arrow::read(path, opened, options, users, items)?,
        #[cfg(not(feature = "arrow"))]
        Format::Parquet | Format::Arrow => return Err(no_arrow(path)),
    };
    found.table(path)
}

#[cfg(not(feature = "arrow"))]
fn no_arrow(path: &Path) -> Error {
    let message = "this build reads no Parquet and Arrow; build it with feature `arrow`";
    Error::data(path, None, message)
}

/// (user, item) pairs, such as those to predict: [`read_with`] that looks for no values and times.
///
/// # Errors
/// As [`read`].
pub fn read_pairs<'a>(
    source: impl Into<Source<'a>>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Table> {
    read_with(source, &pairs(options), users, items)
}

/// `options` without values and times.
fn pairs(options: &ReadOptions) -> ReadOptions {
    ReadOptions {
        value: Some(Column::Absent),
        time: Some(Column::Absent),
        kind: None,
        weights: Vec::new(),
        ..options.clone()
    }
}

/// What a reader of some format found.
struct Found {
    format: Format,
    compression: Option<&'static str>,
    delimiter: Option<String>,
    header: Option<bool>,
    columns: Columns,
    rows: Rows,
    /// Whether the type of the time column says what it holds.
    typed_times: bool,
    encoding: Encoding,
}

impl Found {
    fn table(self, path: &Path) -> Result<Table> {
        let Self { columns, rows, .. } = self;
        let (interactions, time_unit, tally) =
            rows.finish().map_err(|message| Error::data(path, None, message))?;
        if tally.rows == 0 {
            let message = "there is no interaction in the file";
            let remedy = if columns.names.is_some() { ", only the names of columns" } else { "" };
            return Err(Error::data(path, None, format!("{message}{remedy}")));
        }
        let report = |column: Option<usize>| column.map(|c| columns.report(c));
        let mut notes = columns.notes.clone();
        notes.extend(self.encoding.note().map(Into::into));
        if columns.time.is_some() && tally.empty_times > 0 {
            let (empty, all) = (tally.empty_times, interactions.len());
            notes.push(format!("{empty} of {all} rows have no time"));
        }
        let report = ReadReport {
            path: path.display().to_string(),
            format: self.format,
            compression: self.compression.map(str::to_owned),
            delimiter: self.delimiter,
            header: self.header,
            user: columns.report(columns.user),
            item: columns.report(columns.item),
            value: report(columns.value),
            time: report(columns.time),
            kind: report(columns.kind),
            time_unit: time_unit.map(|unit| if self.typed_times { TimeUnit::Typed } else { unit }),
            rows: tally.rows,
            missing: tally.missing,
            weightless: tally.weightless,
            empty_times: tally.empty_times,
            users: interactions.users.len(),
            items: interactions.items.len(),
            interactions: interactions.len(),
            ignored: columns.ignored,
            notes,
        };
        Ok(Table { interactions, report })
    }
}

/// Delimited text: the fast path up to the first quote, the careful one from its line on.
fn read_text(
    path: &Path,
    mut source: Opened<'_>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Found> {
    let mut block = Vec::new();
    source.block(path, &mut block)?;
    let layout = sniff::sniff(&block, options)
        .map_err(|(line, message)| Error::data(path, Some(line), message))?;
    let columns = &layout.columns;
    let rules = Rules::new(options, columns);
    let mut rows = Rows::new(users, items, columns);
    let cutter = text::Cutter::new(&layout, &rules);
    let mut lines = 0;
    let mut start = 0;
    if layout.header {
        start = sniff::header_end(&block, &layout.delimiter, layout.quote);
        lines = memchr::memchr_iter(b'\n', &block[..start]).count() as u64;
    }
    while !block.is_empty() {
        let quote = match layout.quote {
            Some(Quote::None) => None,
            _ => memchr::memchr(b'"', &block[start..]).map(|i| start + i),
        };
        let end = quote.map_or(block.len(), |q| {
            start + memchr::memrchr(b'\n', &block[start..q]).map_or(0, |i| i + 1)
        });
        lines += read_lines(path, &block[start..end], lines, &cutter, &mut rows)?;
        if quote.is_some() {
            block.drain(..end);
            let mut records =
                quoted::Records::new(path, &mut source, &layout.delimiter, block, lines);
            while let Some(record) = records.next()? {
                cutter
                    .push(&record, &mut rows)
                    .map_err(|message| Error::data(path, Some(record.line), message))?;
            }
            break;
        }
        start = 0;
        source.block(path, &mut block)?;
    }
    Ok(Found {
        format: Format::Text,
        compression: source.compression,
        delimiter: Some(String::from_utf8_lossy(&layout.delimiter).into_owned()),
        header: Some(layout.header),
        columns: layout.columns,
        rows,
        typed_times: false,
        encoding: source.encoding,
    })
}

/// JSON lines.
fn read_json(
    path: &Path,
    mut source: Opened<'_>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Found> {
    let mut block = Vec::new();
    source.block(path, &mut block)?;
    let columns = json::sniff(&block, options)
        .map_err(|(line, message)| Error::data(path, Some(line), message))?;
    let rules = Rules::new(options, &columns);
    let objects = json::Objects::new(&columns, &rules);
    let mut rows = Rows::new(users, items, &columns);
    let mut lines = 0;
    while !block.is_empty() {
        lines += read_lines(path, &block, lines, &objects, &mut rows)?;
        source.block(path, &mut block)?;
    }
    let (format, compression) = (Format::JsonLines, source.compression);
    Ok(Found {
        format,
        compression,
        delimiter: None,
        header: None,
        columns,
        rows,
        typed_times: false,
        encoding: source.encoding,
    })
}

/// Appends the rows of whole lines that follow `before` others; returns how many lines there are.
fn read_lines(
    path: &Path,
    block: &[u8],
    before: u64,
    lines: &impl chunks::Lines,
    rows: &mut Rows,
) -> Result<u64> {
    let ends = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count() as u64;
    chunks::read_block(block, lines, rows).map_err(|bad| {
        Error::data(path, Some(before + ends(&block[..bad.offset]) + 1), bad.message)
    })?;
    Ok(ends(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What [`read`] makes of a file with this content.
    fn parse(content: &[u8], options: &ReadOptions) -> Result<Table> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("t");
        std::fs::write(&path, content).expect("a file in it");
        read(&path, options).map_err(|error| match error {
            Error::Data { line, message, .. } => Error::data("t", line, message),
            other => other,
        })
    }

    /// Rows as text, and the first line of the report.
    fn rows(content: &str) -> (Vec<String>, String) {
        let table = parse(content.as_bytes(), &ReadOptions::default()).expect(content);
        let data = &table.interactions;
        let row = |at: usize| {
            let time = data.time.as_ref().map(|t| format!(" {}", t[at])).unwrap_or_default();
            let (user, item) = (data.users.name(data.user[at]), data.items.name(data.item[at]));
            format!("{user} {item} {}{time}", data.value[at])
        };
        let report = table.report.to_string();
        ((0..data.len()).map(row).collect(), report.lines().next().unwrap_or_default().into())
    }

    #[test]
    fn common_shapes_are_recognised() {
        let cases: &[(&str, &[&str], &str)] = &[
            (
                "1::2::3::978300760\n",
                &["1 2 3 978300760"],
                "separated by `::`, no header, user=column 1, item=column 2, value=column 3, time=column 4 (unix s)",
            ),
            (
                "userId,movieId,rating,timestamp\r\n7,9,4.5,964982703\r\n",
                &["7 9 4.5 964982703"],
                "comma-separated, header, user=`userId`, item=`movieId`, value=`rating`, time=`timestamp` (unix s)",
            ),
            (
                "rating;item;user\n3;a b;é\n",
                &["é a b 3"],
                "semicolon-separated, header, user=`user`, item=`item`, value=`rating`",
            ),
            (
                "user,item\n\"a,b\",\"say \"\"x\"\"\"\nc,d\n",
                &["a,b say \"x\" 1", "c d 1"],
                "comma-separated, header, user=`user`, item=`item`",
            ),
            (
                "\"user\",\"item\"\n1,2",
                &["1 2 1"],
                "comma-separated, header, user=`user`, item=`item`",
            ),
            (
                "\u{feff}user, item, rating\nann, b, 2\n",
                &["ann b 2"],
                "separated by `, `, header, user=`user`, item=`item`, value=`rating`",
            ),
            (
                "user_id:token\titem_id:token\ttimestamp:float\na\tb\t1.5e9\n",
                &["a b 1 1500000000"],
                "tab-separated, header, user=`user_id:token`, item=`item_id:token`, time=`timestamp:float` (unix s)",
            ),
            (
                "a|b|2005-05-01\n",
                &["a b 1 1114905600"],
                "separated by `|`, no header, user=column 1, item=column 2, time=column 3 (ISO 8601)",
            ),
            (
                "1 2 964982703123\n",
                &["1 2 1 964982703"],
                "space-separated, no header, user=column 1, item=column 2, time=column 3 (unix ms)",
            ),
        ];
        for (content, expected, report) in cases {
            let (found, line) = rows(content);
            assert_eq!(
                (found.as_slice(), line),
                (
                    expected.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>().as_slice(),
                    format!("read as: {report}")
                )
            );
        }
    }
}
