//! Delimited text with quotes, through the `csv` crate: slower, but it knows every corner.

use super::field::Rules;
use super::layout::Layout;
use super::rows::Rows;
use super::source::unreadable;
use super::text::Cutter;
use crate::error::{Error, Result};
use std::io::Read;
use std::path::Path;

/// A reader of raw records that checks nothing itself.
pub(super) fn reader<R: Read>(delimiter: u8, input: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 16)
        .from_reader(input)
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
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => return Err(failed(path, compression, error)),
        }
        let bad = |message: String| misread(path, &record, lines, message);
        let fields = cutter.pick(&record).map_err(bad)?;
        if let Some(row) = fields.read(rules, &mut rows.tally).map_err(bad)? {
            rows.push(&row).map_err(bad)?;
        }
    }
}

/// What a failed read means to the user.
pub(super) fn failed(path: &Path, compression: Option<&str>, error: csv::Error) -> Error {
    let message = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => unreadable(path, compression, error),
        _ => Error::data(path, None, message),
    }
}

/// `message` about a record that follows `lines` lines.
pub(super) fn misread(path: &Path, record: &csv::ByteRecord, lines: u64, message: String) -> Error {
    let line = record.position().map(|p| lines + p.line());
    // A quote that nobody closes swallows the lines after it.
    let open = record.iter().any(|field| field.contains(&b'\n'));
    let hint = if open { " (is a quote left open in this line?)" } else { "" };
    Error::data(path, line, message + hint)
}
