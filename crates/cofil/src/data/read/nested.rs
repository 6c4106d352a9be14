//! Tables with one row per user (or item) and list columns: each list entry becomes a row.

use super::columns::Columns;
use super::convert;
use arrow_array::{
    Array, ArrayRef, LargeListArray, NullArray, RecordBatch, RecordBatchOptions, UInt64Array,
};
use arrow_schema::{ArrowError, Field, Schema};
use arrow_select::take::take;
use std::sync::Arc;

/// Number of rows to create from lists at a time.
const ENTRIES: usize = 1 << 16;

/// Expands the lists of `batch` to one row per entry, in pieces; returns the batch itself if no column in use has
/// lists. Other columns are repeated; a missing list is an empty one.
pub(super) fn flat(batch: RecordBatch, columns: &Columns) -> Result<Vec<RecordBatch>, String> {
    let optional = [columns.value, columns.time, columns.kind].into_iter().flatten();
    let used: Vec<usize> = [columns.user, columns.item].into_iter().chain(optional).collect();
    let mut lists: Vec<(usize, LargeListArray)> = Vec::new();
    for &column in &used {
        if let Some(list) = convert::lists(batch.column(column)) {
            lists.push((column, list));
        }
    }
    let Some((_, first)) = lists.first() else { return Ok(vec![batch]) };
    let length = |list: &LargeListArray, row: usize| {
        if list.is_null(row) { 0 } else { list.value_length(row) as usize }
    };
    for row in 0..batch.num_rows() {
        if lists.iter().any(|(_, list)| length(list, row) != length(first, row)) {
            return Err(format!("row {}: its lists differ in length", row + 1));
        }
    }
    let mut pieces = Vec::new();
    let mut row = 0;
    while row < batch.num_rows() {
        // Take whole rows, as many as fit, and at least one.
        let start = row;
        let mut size = 0;
        while row < batch.num_rows() && (row == start || size + length(first, row) <= ENTRIES) {
            size += length(first, row);
            row += 1;
        }
        let of = |entry: &dyn Fn(usize, usize) -> u64| -> UInt64Array {
            let row_entries = |row| (0..length(first, row)).map(move |at| (row, at));
            (start..row).flat_map(row_entries).map(|(row, at)| entry(row, at)).collect()
        };
        let repeat = of(&|row, _| row as u64);
        let column = |column: usize| -> Result<ArrayRef, ArrowError> {
            let list = lists.iter().find(|(of, _)| *of == column);
            match list {
                _ if !used.contains(&column) => Ok(Arc::new(NullArray::new(size))),
                None => take(&convert::viewed(batch.column(column)), &repeat, None),
                Some((_, list)) => {
                    let at = of(&|row, at| list.value_offsets()[row] as u64 + at as u64);
                    take(list.values(), &at, None)
                }
            }
        };
        let columns: Result<Vec<ArrayRef>, ArrowError> =
            (0..batch.num_columns()).map(column).collect();
        let piece = columns.and_then(|columns| {
            let field = |(field, column): (&Arc<Field>, &ArrayRef)| {
                Field::new(field.name(), column.data_type().clone(), true)
            };
            let fields =
                batch.schema().fields().iter().zip(&columns).map(field).collect::<Vec<_>>();
            let options = RecordBatchOptions::new().with_row_count(Some(size));
            RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        });
        pieces.push(piece.map_err(|e| e.to_string())?);
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::read::{ReadOptions, read};
    use arrow_array::types::Int32Type;
    use arrow_array::{Float32Array, ListArray, StringArray};

    /// Writes a file of `columns`.
    fn file(columns: Vec<(&str, ArrayRef)>) -> tempfile::NamedTempFile {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer =
            arrow_ipc::writer::FileWriter::try_new(file.as_file(), &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        file
    }

    fn items() -> ArrayRef {
        let rows = vec![Some(vec![Some(3), Some(5)]), None, Some(vec![]), Some(vec![Some(3)])];
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(rows))
    }

    #[test]
    fn each_entry_of_a_list_is_a_row() {
        let users = Arc::new(StringArray::from(vec!["a", "b", "c", "d"]));
        let table = file(vec![
            ("user", users),
            ("item", items()),
            ("extra", Arc::new(Float32Array::from(vec![0.0; 4]))),
        ]);
        let table = read(table.path(), &ReadOptions::default()).unwrap().interactions;
        assert_eq!((table.user, table.item), (vec![0, 0, 1], vec![0, 1, 0]));
        assert_eq!(table.users.names().collect::<Vec<_>>(), ["a", "d"]);
        assert_eq!(table.items.names().collect::<Vec<_>>(), ["3", "5"]);
    }

    #[test]
    fn lists_of_different_lengths_are_refused() {
        let users = Arc::new(StringArray::from(vec!["a", "b", "c", "d"]));
        let rows = vec![Some(vec![Some(1), Some(1)]), None, Some(vec![Some(1)]), None];
        let values = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(rows));
        let table = file(vec![("user", users), ("item", items()), ("value", values)]);
        let told = read(table.path(), &ReadOptions::default()).unwrap_err().to_string();
        assert!(told.contains("row 3: its lists differ in length"), "{told}");
    }
}
