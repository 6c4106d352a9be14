//! Reading tables of interactions from files, readers and Arrow record batches.
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
//! Format, compression, delimiter, header and columns are detected from the content, never from the name of the file,
//! unless [`ReadOptions`] sets them; [`ReadReport`] says what was found. Ids are numbered in order of first
//! appearance, whatever the number of threads.

mod above;
#[cfg(feature = "arrow")]
mod arrow;
#[cfg(feature = "arrow")]
mod batch;
mod blocks;
mod chunks;
#[cfg(all(test, feature = "arrow"))]
mod columnar;
mod columns;
#[cfg(feature = "arrow")]
mod convert;
mod dated;
#[cfg(test)]
mod dates;
mod doubts;
mod encoding;
mod field;
mod first_rows;
mod folder;
mod foreign;
mod found;
pub(crate) mod frame;
#[cfg(test)]
mod guesses;
mod heads;
mod hints;
mod hive;
#[cfg(feature = "arrow")]
mod ipc;
mod json;
mod known;
mod layout;
mod limits;
mod listed;
mod lists;
mod looks;
mod matrix;
#[cfg(test)]
mod messy;
mod names;
mod negatives;
mod neighbours;
#[cfg(feature = "arrow")]
mod nested;
mod nested_lists;
mod notation;
mod options;
mod parts;
mod plain;
mod printed;
mod quoted;
mod report;
#[cfg(test)]
mod rivals;
mod rows;
mod search;
#[cfg(test)]
mod shapes;
#[cfg(feature = "arrow")]
mod sides;
mod sniff;
mod source;
mod stamp;
mod text;
mod times;
mod truths;
mod unread;
mod vectors;
mod words;
mod write;

#[cfg(feature = "arrow")]
pub use arrow::is_decoding;
pub use listed::{Listed, read_listed};
pub use lists::{Lists, read_lists};
pub use negatives::{Negatives, read_negatives};
pub use options::{Column, Format, Quote, ReadOptions, Shape};
pub use report::{ColumnReport, ReadReport, TimeUnit};
#[cfg(feature = "arrow")]
pub use sides::write_sides;
pub use write::write;

pub(crate) use known::is_item_name;
pub(crate) use report::{skipped, write_format};
pub(crate) use vectors::{read_ids, read_vectors};

use super::{IdMap, Interactions, Source};
use crate::error::{Error, Result};
use crate::math::parallel;
use chunks::Lines as _;
use field::Rules;
use found::Found;
use rows::{Rows, Start};
use source::Opened;
use std::path::Path;

/// Interactions, and a report on how they were read.
#[derive(Clone, Debug)]
pub struct Table {
    /// The interactions, in the order of the file.
    pub interactions: Interactions,
    /// How the file was read.
    pub report: ReadReport,
}

/// Reads a table of interactions from a path (`-` is standard input), a reader or record batches.
///
/// # Errors
/// If the file cannot be read or a row is not an interaction. The error names file, line and remedy.
pub fn read<'a>(source: impl Into<Source<'a>>, options: &ReadOptions) -> Result<Table> {
    read_with(source, options, &IdMap::new(), &IdMap::new())
}

/// Like [`read`], but continues the numbering of `users` and `items`: known ids keep their numbers, new ones are
/// appended.
///
/// # Errors
/// See [`read`].
pub fn read_with<'a>(
    source: impl Into<Source<'a>>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Table> {
    options.check()?;
    let source = source.into();
    let name = source.name().to_owned();
    let found = match source {
        source if options.shape == Some(Shape::Matrix) => {
            matrix::read(source, options, users, items)?
        }
        Source::Path(folder) if folder.is_dir() => parts::read(&folder, options, users, items)?,
        #[cfg(feature = "arrow")]
        Source::Batches { batches, .. } => {
            if options.format.is_some() {
                let message = "record batches are in memory and have no file format; leave it out";
                return Err(Error::setting("format", message));
            }
            arrow::read_memory(&name, batches, options, users, items)?
        }
        source => {
            let opened = Opened::open(source, options.format)?;
            read_opened(&name, opened, options, Start::Names(users, items))?
        }
    };
    found.table(&name, users, items)
}

/// Returns whether a column called `name` is known by its name: of users, items, values, times or event types.
///
/// ```
/// use cofil::data::read::is_column_name;
///
/// assert!(is_column_name("movieId") && is_column_name("rating"));
/// assert!(!is_column_name("ann"));
/// ```
pub fn is_column_name(name: &str) -> bool {
    known::is_known(name)
}

fn read_opened(
    path: &Path,
    opened: Opened<'_>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
    let shaped = |shape: &Shape| !matches!(shape, Shape::Rows);
    if opened.format != Format::Text && options.shape.as_ref().is_some_and(shaped) {
        let message = "lists and blocks are delimited text; leave the shape out";
        return Err(Error::setting("shape", message));
    }
    match opened.format {
        Format::Text => read_text(path, opened, options, start),
        Format::JsonLines => read_json(path, opened, options, start),
        #[cfg(feature = "arrow")]
        Format::Parquet | Format::Arrow => arrow::read(path, opened, options, start),
        #[cfg(not(feature = "arrow"))]
        Format::Parquet | Format::Arrow => Err(no_arrow(path)),
    }
}

#[cfg(not(feature = "arrow"))]
fn no_arrow(path: &Path) -> Error {
    let message = "this build cannot read Parquet and Arrow; build it with the feature `arrow`";
    Error::data(path, None, message)
}

/// Reads (user, item) pairs, such as pairs to predict: [`read_with`] without values and times.
///
/// # Errors
/// See [`read`].
pub fn read_pairs<'a>(
    source: impl Into<Source<'a>>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Table> {
    read_with(source, &pairs(options), users, items)
}

/// Returns `options` without values and times.
fn pairs(options: &ReadOptions) -> ReadOptions {
    ReadOptions {
        value: Some(Column::Absent),
        time: Some(Column::Absent),
        kind: None,
        weights: Vec::new(),
        ..options.clone()
    }
}

/// Reads delimited text of any shape.
fn read_text(
    path: &Path,
    mut source: Opened<'_>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
    let options = &source.separated(options);
    if options.shape.is_none() {
        source.check_is_table(path, options.delimiter.as_deref())?;
    }
    if options.shape == Some(Shape::Blocks)
        || (options.shape.is_none() && blocks::begin(source.head()))
    {
        let options = blocks::options(source.head(), options);
        source.rewrite(|bytes| Box::new(blocks::Rows::new(bytes)));
        let found = read_rows(path, source, Vec::new(), &options, start)?;
        return Ok(blocks::shaped(found));
    }
    let mut block = Vec::new();
    source.block(path, &mut block)?;
    let comments = above::comments(&block, options);
    if let Some(comments) = comments {
        block.drain(..comments.length);
        source.skipped += comments.lines;
    }
    if matches!(options.shape, None | Some(Shape::Lists)) && options.delimiter.is_none() {
        let counts = neighbours::check_counts(&block, options);
        counts.map_err(|message| Error::data(path, Some(source.skipped + 1), message))?;
    }
    let mut found = match options.shape {
        Some(Shape::Lists) => neighbours::read(path, source, block, options, start)?,
        None if neighbours::are_lists(&block, options) => {
            neighbours::read(path, source, block, options, start)?
        }
        _ => read_rows(path, source, block, options, start)?,
    };
    found.columns.notes.extend(comments.map(above::Comments::note));
    Ok(found)
}

/// Reads text with one row per interaction: by the fast path up to the first quote, by the careful one from that line
/// on. `block` was already taken from `source`.
fn read_rows(
    path: &Path,
    mut source: Opened<'_>,
    mut block: Vec<u8>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
    if block.is_empty() {
        source.block(path, &mut block)?;
    }
    let mut lines = source.skipped;
    let layout = sniff::sniff(&block, options)
        .map_err(|(line, message)| Error::data(path, Some(lines + line), message))?;
    let columns = &layout.columns;
    let rules = Rules::new(options, columns);
    let mut rows = start.rows(columns, options);
    let cutter = text::Cutter::new(&layout, &rules);
    let mut start = 0;
    if layout.header {
        start = sniff::header_end(&block, &layout.delimiter, layout.quote);
        lines += memchr::memchr_iter(b'\n', &block[..start]).count() as u64;
    }
    let mut next = Vec::new();
    while !block.is_empty() {
        let quote = match layout.quote {
            Some(Quote::None) => None,
            _ => chunks::find(b'"', &block[start..]).map(|i| start + i),
        };
        if let Some(quote) = quote {
            let end = start + memchr::memrchr(b'\n', &block[start..quote]).map_or(0, |i| i + 1);
            lines += read_lines(path, &block[start..end], lines, &cutter, &mut rows)?;
            block.drain(..end);
            let mut records =
                quoted::Records::new(path, &mut source, &layout.delimiter, block, lines);
            while let Some(record) = records.next()? {
                let before = rows.tally;
                let place = format_args!("line {}", record.line);
                cutter
                    .push(&record, &mut rows)
                    .or_else(|message| rows.skip(before, place, message))
                    .map_err(|message| {
                        Error::data(path, Some(record.line), cutter.told(message))
                    })?;
            }
            break;
        }
        // The next block is read, and unpacked, while this one is parsed.
        let (parsed, taken) = parallel::join(
            || read_lines(path, &block[start..], lines, &cutter, &mut rows),
            || source.block(path, &mut next),
        );
        lines += parsed?;
        taken?;
        std::mem::swap(&mut block, &mut next);
        start = 0;
    }
    Ok(Found {
        compression: source.compression,
        delimiter: Some(String::from_utf8_lossy(&layout.delimiter).into_owned()),
        header: Some(layout.header),
        encoding: source.encoding,
        ..Found::new(Format::Text, layout.columns, rows)
    })
}

/// Reads JSON lines.
fn read_json(
    path: &Path,
    mut source: Opened<'_>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
    let mut block = Vec::new();
    source.block(path, &mut block)?;
    let mut columns = json::sniff(&block, options)
        .map_err(|(line, message)| Error::data(path, Some(line), message))?;
    let rules = Rules::new(options, &columns);
    let objects = json::Objects::new(&columns, &rules);
    let mut rows = start.rows(&columns, options);
    let mut lines = 0;
    while !block.is_empty() {
        lines += read_lines(path, &block, lines, &objects, &mut rows)?;
        source.block(path, &mut block)?;
    }
    let later = objects.later();
    columns.notes.extend(later);
    Ok(Found {
        compression: source.compression,
        encoding: source.encoding,
        ..Found::new(Format::JsonLines, columns, rows)
    })
}

/// Appends the rows of whole lines that follow `before` others; returns the number of lines.
fn read_lines(
    path: &Path,
    block: &[u8],
    before: u64,
    lines: &impl chunks::Lines,
    rows: &mut Rows,
) -> Result<u64> {
    chunks::read_block(block, before, lines, rows).map_err(|bad| {
        let ends = chunks::line_ends(&block[..bad.offset]) as u64;
        Error::data(path, Some(before + ends + 1), lines.told(bad.message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the result of [`read`] for a file with this content.
    fn parse(content: &[u8], options: &ReadOptions) -> Result<Table> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("t");
        std::fs::write(&path, content).expect("a file in it");
        read(&path, options).map_err(|error| match error {
            Error::Data { line, message, .. } => Error::data("t", line, message),
            other => other,
        })
    }

    /// Returns the rows as text, and the first line of the report.
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
