//! Parquet and Arrow IPC with all columns.

use super::super::arrow::{NO_BATCHES, batches, broken, decoding, misread};
use super::super::convert::{Repeated, lists, words};
use super::super::limits;
use super::{Cells, Format, Frame, Opened, textual};
use crate::data::source::Batches;
use crate::error::Result;
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, SchemaRef};
use std::path::Path;

pub(super) fn read(path: &Path, source: Opened<'_>) -> Result<Frame> {
    let frame = textual(&source, source.encoding);
    decoding(path, || {
        let (schema, batches) = batches(path, source)?;
        collect(path, &schema, batches, frame)
    })
}

/// Reads record batches in memory.
pub(super) fn read_memory(path: &Path, mut batches: Box<Batches<'_>>) -> Result<Frame> {
    let first = batches.next().transpose().map_err(broken(path))?;
    let first = first.ok_or_else(|| misread(path, NO_BATCHES.into()))?;
    let schema = first.schema();
    let batches = std::iter::once(Ok(first)).chain(batches.map(|b| b.map_err(broken(path))));
    collect(path, &schema, batches, Frame::empty(Format::Arrow))
}

/// Fills `frame` with the rows of `batches`.
fn collect(
    path: &Path,
    schema: &SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch>>,
    frame: Frame,
) -> Result<Frame> {
    limits::check_columns(schema.fields().len()).map_err(|message| misread(path, message))?;
    let names = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut columns = vec![Cells::default(); schema.fields().len()];
    let mut rows = 0;
    for (at, batch) in batches.enumerate() {
        let batch = batch?;
        if batch.schema_ref().fields() != schema.fields() {
            let message = format!("record batch {} has other columns than the first", at + 1);
            return Err(misread(path, message));
        }
        fill(&mut columns, &batch, rows).map_err(|message| misread(path, message))?;
        rows += batch.num_rows();
    }
    Ok(Frame { names: Some(names), columns, rows, ..frame })
}

/// Appends the rows of `batch`, which follow `before` others.
fn fill(
    columns: &mut [Cells],
    batch: &RecordBatch,
    before: usize,
) -> std::result::Result<(), String> {
    for (cells, column) in columns.iter_mut().zip(batch.columns()) {
        // A column of type null takes no space in a file, however many rows it has, but much as text.
        if *column.data_type() == DataType::Null {
            continue;
        }
        let list = lists(column);
        cells.lists |= list.is_some();
        let entries = list.as_ref().map_or(column, |list| list.values());
        let Some(words) = words(entries)? else {
            let kind = match entries.data_type() {
                DataType::BinaryView => &DataType::Binary,
                kind => kind,
            };
            cells.foreign = Some(format!("values of type {kind}"));
            continue;
        };
        let is_float = entries.data_type().is_floating();
        let mut repeated = Repeated::default();
        for row in 0..batch.num_rows() {
            let range = match &list {
                None => row..row + 1,
                Some(list) if list.is_null(row) => 0..0,
                Some(list) => {
                    let offsets = list.value_offsets();
                    offsets[row] as usize..offsets[row + 1] as usize
                }
            };
            for word in range.filter_map(|at| words.get(at)) {
                // Write 4.0 as 4.
                let word = if is_float { word.strip_suffix(".0").unwrap_or(word) } else { word };
                let code = repeated.number(word, || cells.code(word))?;
                cells.push_code(before + row, code)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Told, read_frame};
    use super::*;
    use arrow_array::types::{Int32Type, Int64Type};
    use arrow_array::{
        ArrayRef, BinaryArray, BooleanArray, Date32Array, Float32Array, Float64Array, Int64Array,
        ListArray, StringArray, builder::StringDictionaryBuilder,
    };
    use std::sync::Arc;

    fn batch() -> RecordBatch {
        let mut kinds = StringDictionaryBuilder::<Int32Type>::new();
        kinds.append_value("tv");
        kinds.append_null();
        let lists = vec![Some(vec![Some(1), None, Some(3)]), None];
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(Int64Array::from(vec![i64::MAX, 2]))),
            ("title", Arc::new(StringArray::from(vec![Some("A"), None]))),
            ("price", Arc::new(Float32Array::from(vec![4.2, 5.0]))),
            ("year", Arc::new(Float64Array::from(vec![Some(1995.0), None]))),
            ("kind", Arc::new(kinds.finish())),
            ("new", Arc::new(BooleanArray::from(vec![true, false]))),
            ("date", Arc::new(Date32Array::from(vec![Some(0), None]))),
            ("list", Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists))),
            ("bytes", Arc::new(BinaryArray::from_vec(vec![b"\xff", b"y"]))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn rows(path: &Path) -> (Vec<Vec<String>>, Vec<bool>, Option<String>) {
        let told = Told { delimiter: None, header: None, format: None };
        let frame = read_frame(path.into(), &told, |_| false).unwrap();
        let row = |r: usize| {
            let cell = |cells: &Cells| cells.texts(r).collect::<Vec<_>>().join("+");
            frame.columns.iter().map(cell).collect()
        };
        let lists = frame.columns.iter().map(|cells| cells.lists).collect();
        let foreign = frame.columns.last().and_then(|cells| cells.foreign.clone());
        ((0..frame.rows).map(row).collect(), lists, foreign)
    }

    #[test]
    fn values_are_the_texts_that_other_formats_have() {
        let folder = tempfile::tempdir().unwrap();
        let (arrow, parquet) = (folder.path().join("a"), folder.path().join("p"));
        let batch = batch();
        let file = std::fs::File::create(&arrow).unwrap();
        let mut writer = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        let file = std::fs::File::create(&parquet).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let first =
            ["9223372036854775807", "A", "4.2", "1995", "tv", "true", "1970-01-01", "1+3", ""];
        let second = ["2", "", "5", "", "", "false", "", "", ""];
        for path in [arrow, parquet] {
            let (rows, lists, foreign) = rows(&path);
            assert_eq!(rows, [first, second, first, second]);
            assert_eq!(lists.iter().position(|&list| list), Some(7));
            assert_eq!(foreign.as_deref(), Some("values of type Binary"));
        }
    }
}
