//! Delimited text, every column.

use super::super::{limits, names, quoted, sniff, text};
use super::{Cells, Frame, Opened, Told, textual};
use crate::error::{Error, Result};
use std::io::Read;
use std::path::Path;

/// Put after the last line: a row of its own, unless a quote that nobody closed swallows it.
const END: &[u8] = b"\n\x01";

pub(super) fn read(
    path: &Path,
    mut source: Opened<'_>,
    told: &Told<'_>,
    is_known: impl Fn(&str) -> bool,
) -> Result<Frame> {
    let mut block = Vec::new();
    source.block(path, &mut block)?;
    let grid = sniff::grid(&block, told.delimiter, told.header, is_known);
    let Some(grid) = grid else {
        return Err(Error::data(path, Some(1), "the file is empty; give a table of items"));
    };
    limits::check_columns(grid.width()).map_err(|message| Error::data(path, Some(1), message))?;
    let cut = text::Cut { delimiter: &grid.delimiter, header: grid.header, width: grid.width() };
    let mut columns = vec![Cells::default(); grid.width()];
    let mut rows = 0;
    let mut row = |fields: &mut dyn Iterator<Item = &[u8]>, count: usize| {
        if count != cut.width {
            return Err(cut.miscounted(count));
        }
        for (cells, field) in columns.iter_mut().zip(fields) {
            let field = names::utf8(field).map_err(|e| e.0)?;
            if !field.trim().is_empty() {
                cells.push(rows, field)?;
            }
        }
        rows += 1;
        Ok(())
    };
    let mut header = grid.header;
    match grid.delimiter[..] {
        // Quotes mean something only to delimiters of one byte.
        [delimiter] => {
            let compression = source.compression;
            let whole = block.as_slice().chain(source.text()).chain(END);
            let mut reader = quoted::reader(delimiter, whole);
            let mut record = csv::ByteRecord::new();
            while quoted::next(path, compression, 0, &mut reader, &mut record)? {
                if record.iter().any(|field| field.ends_with(END)) {
                    let line = record.position().map(|p| p.line());
                    let message = "a quote is opened in this row and never closed";
                    return Err(Error::data(path, line, message));
                }
                let is_end = record.len() == 1 && &record[0] == END.trim_ascii_start();
                if !is_end && !std::mem::take(&mut header) {
                    row(&mut record.iter(), record.len())
                        .map_err(|message| quoted::misread(path, &record, 0, message))?;
                }
            }
        }
        _ => {
            let mut line = 0;
            while !block.is_empty() {
                for bytes in block.split_inclusive(|&b| b == b'\n') {
                    line += 1;
                    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
                    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
                    if bytes.is_empty() || std::mem::take(&mut header) {
                        continue;
                    }
                    let count = text::fields(bytes, cut.delimiter).count();
                    row(&mut text::fields(bytes, cut.delimiter), count)
                        .map_err(|message| Error::data(path, Some(line), message))?;
                }
                source.block(path, &mut block)?;
            }
        }
    }
    Ok(Frame {
        delimiter: Some(String::from_utf8_lossy(&grid.delimiter).into_owned()),
        header: Some(grid.header),
        names: grid.names(),
        columns,
        rows,
        ..textual(&source, source.encoding)
    })
}
