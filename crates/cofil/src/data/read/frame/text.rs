//! Delimited text with all columns.

use super::super::{ReadOptions, limits, names, quoted, sniff, text};
use super::{Cells, Frame, Opened, Told, textual};
use crate::error::{Error, Result};
use std::path::Path;

pub(super) fn read(
    path: &Path,
    mut source: Opened<'_>,
    told: &Told<'_>,
    is_known: impl Fn(&str) -> bool,
) -> Result<Frame> {
    let mut block = Vec::new();
    let lines = source.skipped;
    let options =
        ReadOptions { delimiter: told.delimiter.map(Into::into), ..ReadOptions::default() };
    let options = source.separated(&options);
    source.check_is_table(path, options.delimiter.as_deref())?;
    source.block(path, &mut block)?;
    let told =
        sniff::Told { delimiter: options.delimiter.as_deref(), quote: None, header: told.header };
    let grid = sniff::grid(&block, &told, is_known);
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
    let mut records = quoted::Records::new(path, &mut source, &grid.delimiter, block, lines);
    while let Some(record) = records.next()? {
        if std::mem::take(&mut header) {
            continue;
        }
        record
            .check_lines(&grid.delimiter, |fields| is_row(fields, cut.width), |_| false)
            .and_then(|()| row(&mut record.fields(), record.len()))
            .map_err(|message| Error::data(path, Some(record.line), message))?;
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

/// Returns whether `fields` are those of a row, with an id, rather than a sentence.
fn is_row(fields: &[&[u8]], width: usize) -> bool {
    fields.len() == width && !fields[0].trim_ascii().contains(&b' ')
}
