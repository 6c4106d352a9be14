//! Parquet and Arrow IPC, every column.

use super::super::arrow::{batches, decoding, misread};
use super::super::batch::is_text;
use super::super::nested;
use super::{Cells, Frame, Source, textual};
use crate::error::Result;
use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use std::path::Path;

pub(super) fn read(path: &Path, source: Source) -> Result<Frame> {
    let frame = textual(&source, source.encoding);
    decoding(path, || {
        let (schema, batches) = batches(path, source)?;
        let names = schema.fields().iter().map(|field| field.name().clone()).collect();
        let mut columns = vec![Cells::empty(0); schema.fields().len()];
        let mut rows = 0;
        for batch in batches {
            let batch = batch?;
            fill(&mut columns, &batch).map_err(|message| misread(path, message))?;
            rows += batch.num_rows();
        }
        Ok(Frame { names: Some(names), columns, rows, ..frame })
    })
}

fn fill(columns: &mut [Cells], batch: &RecordBatch) -> std::result::Result<(), String> {
    for (cells, column) in columns.iter_mut().zip(batch.columns()) {
        let list = nested::list(column)?;
        cells.lists |= list.is_some();
        let entries = list.as_ref().map_or(column, |list| list.values());
        let Some(words) = words(entries)? else {
            cells.foreign = Some(format!("values of type {}", entries.data_type()));
            (0..batch.num_rows()).for_each(|_| cells.end_row());
            continue;
        };
        let is_float = entries.data_type().is_floating();
        for row in 0..batch.num_rows() {
            let range = match &list {
                None => row..row + 1,
                Some(list) if list.is_null(row) => 0..0,
                Some(list) => {
                    let offsets = list.value_offsets();
                    offsets[row] as usize..offsets[row + 1] as usize
                }
            };
            for at in range.filter(|&at| words.is_valid(at)) {
                let word = words.value(at);
                // 4.0 is the number that 4 is.
                let word = if is_float { word.strip_suffix(".0").unwrap_or(word) } else { word };
                cells.push(word)?;
            }
            cells.end_row();
        }
    }
    Ok(())
}

/// The values of a column as texts; `None` if they are none.
fn words(column: &ArrayRef) -> std::result::Result<Option<LargeStringArray>, String> {
    let kind = column.data_type();
    let can_be_text = match kind {
        DataType::Null | DataType::Boolean => true,
        DataType::Dictionary(_, values) => values.is_numeric() || is_text(values),
        kind => kind.is_numeric() || kind.is_temporal() || is_text(kind),
    };
    if !can_be_text {
        return Ok(None);
    }
    let words = cast(column, &DataType::LargeUtf8)
        .map_err(|e| format!("a column of type {kind} cannot be read as text: {e}"))?;
    Ok(Some(words.as_string::<i64>().clone()))
}
