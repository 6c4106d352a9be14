//! Delimited text with quotes, through the `csv` crate: slower, but it knows every corner.

use super::field::Rules;
use super::layout::Layout;
use super::limits::Bounded;
use super::rows::Rows;
use super::source::unreadable;
use super::text::Cutter;
use crate::error::{Error, Result};
use std::io::Read;
use std::path::Path;

/// A reader of raw records that checks nothing itself but their length.
pub(super) fn reader<R: Read>(delimiter: u8, input: R) -> csv::Reader<Bounded<R>> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 16)
        .from_reader(Bounded::new(input))
}

/// Appends all rows of `input`, which starts after `lines` lines of the file.
pub(super) fn read_all(
    path: &Path,
    compression: Option<&str>,
    input: impl Read,
    lines: u64,
    layout: &Layout,
    rules: &Rules<'_>,
    rows: &mut Rows,
) -> Result<()> {
    let cutter = Cutter::new(layout, rules);
    let mut reader = reader(layout.delimiter[0], input);
    let mut record = csv::ByteRecord::new();
    loop {
        if !next(path, compression, lines, &mut reader, &mut record)? {
            return Ok(());
        }
        let bad = |message: String| misread(path, &record, lines, message);
        let fields = cutter.pick(&record).map_err(bad)?;
        if let Some(row) = fields.read(rules, &mut rows.tally).map_err(bad)? {
            rows.push(&row).map_err(bad)?;
        }
    }
}

/// Reads the next record of what follows `lines` lines of the file; tells whether there is one.
pub(super) fn next<R: Read>(
    path: &Path,
    compression: Option<&str>,
    lines: u64,
    reader: &mut csv::Reader<Bounded<R>>,
    record: &mut csv::ByteRecord,
) -> Result<bool> {
    reader.get_mut().begin();
    let line = lines + reader.position().line();
    reader.read_byte_record(record).map_err(|error| {
        let message = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(error) => match unreadable(path, compression, error) {
                // The row began here, whichever line was too much.
                Error::Data { path, line: None, message } => Error::data(path, Some(line), message),
                other => other,
            },
            _ => Error::data(path, Some(line), message),
        }
    })
}

/// `message` about a record that follows `lines` lines.
pub(super) fn misread(path: &Path, record: &csv::ByteRecord, lines: u64, message: String) -> Error {
    let line = record.position().map(|p| lines + p.line());
    // A quote that nobody closes swallows the lines after it.
    let open = record.iter().any(|field| field.contains(&b'\n'));
    let hint = if open { " (is a quote left open in this line?)" } else { "" };
    Error::data(path, line, message + hint)
}
