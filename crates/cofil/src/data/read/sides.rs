//! Ratings by user and by item as Arrow IPC files whose list columns are compressed sparse rows:
//!
//! | file | one row per | columns |
//! |---|---|---|
//! | `by-user.arrow` | user | `user`, lists `item`, `value`, `time` |
//! | `by-item.arrow` | item | `item`, lists `user`, `value`, `time` |
//!
//! The offsets of a list column are the starts of the rows, the keys of its dictionary are the column numbers
//! (ascending), and the dictionary holds the ids in their order (integers if all are, else text). So a program that
//! maps the file has the matrix without parsing or copying. `value` is omitted if every value is 1, `time` if there
//! are no times. Each file has one record batch and is self-contained: it is read like any other table, by the module
//! `nested`.

use crate::data::order;
use crate::data::{IdMap, NO_TIME, Ratings};
use crate::error::{Error, Result};
use crate::store;
use arrow_array::{
    ArrayRef, DictionaryArray, Float32Array, Int64Array, LargeListArray, LargeStringArray,
    RecordBatch, TimestampMillisecondArray, UInt32Array,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;
use arrow_schema::{Field, Schema};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Ratings by user or by item: row r of the matrix holds `starts[r]..starts[r + 1]` of the entries.
struct Side<'a> {
    /// Ids of the rows, and the column name.
    rows: (&'static str, &'a IdMap),
    columns: (&'static str, &'a IdMap),
    starts: Vec<usize>,
    numbers: Vec<u32>,
    values: Vec<f32>,
    times: Option<Vec<i64>>,
}

/// Writes `ratings` by user and by item into `folder`, which is created if it does not exist. Each file appears
/// complete or not at all. Returns their paths and sizes in bytes.
///
/// # Errors
/// If the file system reports an error, or a time is out of range for timestamps.
pub fn write_sides(folder: &Path, ratings: &Ratings) -> Result<[(PathBuf, u64); 2]> {
    store::create_folder(folder)?;
    // Both files belong to one table.
    let _lock = store::Lock::take(folder)?;
    let write = |name: &str, side: &Side<'_>| {
        let path = folder.join(name);
        let batch = side.batch().map_err(|e| Error::format(&path, e.to_string()))?;
        let size = store::write_with(&path, store::Access::Usual, |file| {
            let mut file = BufWriter::with_capacity(1 << 16, file);
            let other = std::io::Error::other::<ArrowError>;
            let writer = arrow_ipc::writer::FileWriter::try_new(&mut file, &batch.schema());
            let mut writer = writer.map_err(other)?;
            writer.write(&batch).map_err(other)?;
            writer.finish().map_err(other)?;
            drop(writer);
            file.flush()
        })?;
        Ok((path, size))
    };
    Ok([
        write("by-user.arrow", &Side::by_user(ratings))?,
        write("by-item.arrow", &Side::by_item(ratings))?,
    ])
}

impl<'a> Side<'a> {
    fn by_user(ratings: &'a Ratings) -> Self {
        let rows = &ratings.by_user;
        Self {
            rows: ("user", &ratings.users),
            columns: ("item", &ratings.items),
            starts: rows.starts().to_vec(),
            numbers: rows.columns().to_vec(),
            values: rows.values().to_vec(),
            times: ratings.times.clone(),
        }
    }

    fn by_item(ratings: &'a Ratings) -> Self {
        let rows = &ratings.by_user;
        let user = rows.iter().enumerate().flat_map(|(u, row)| row.columns.iter().map(move |_| u));
        let user: Vec<u32> = user.map(|u| u as u32).collect();
        let starts = order::starts(rows.columns(), ratings.items.len());
        let order: Vec<usize> = order::by_key(rows.columns(), &starts);
        Self {
            rows: ("item", &ratings.items),
            columns: ("user", &ratings.users),
            starts,
            numbers: order::gather(&user, &order),
            values: order::gather(rows.values(), &order),
            times: ratings.times.as_ref().map(|times| order::gather(times, &order)),
        }
    }

    fn batch(&self) -> std::result::Result<RecordBatch, ArrowError> {
        let names = |ids: &IdMap| -> ArrayRef {
            match ids.integers() {
                Some(integers) => Arc::new(Int64Array::from(integers.to_vec())),
                None => Arc::new(LargeStringArray::from_iter_values(ids.names())),
            }
        };
        let starts = self.starts.iter().map(|&at| at as i64).collect::<Vec<_>>();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(starts));
        let list = |name: &str, entries: ArrayRef| -> std::result::Result<ArrayRef, ArrowError> {
            let nullable = entries.null_count() > 0;
            let field = Arc::new(Field::new(name, entries.data_type().clone(), nullable));
            Ok(Arc::new(LargeListArray::try_new(field, offsets.clone(), entries, None)?))
        };
        let keys = UInt32Array::from(self.numbers.clone());
        let numbers = DictionaryArray::try_new(keys, names(self.columns.1))?;
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            (self.rows.0, names(self.rows.1)),
            (self.columns.0, list(self.columns.0, Arc::new(numbers))?),
        ];
        if self.values.iter().any(|&v| v != 1.0) {
            let values = Float32Array::from(self.values.clone());
            columns.push(("value", list("value", Arc::new(values))?));
        }
        if let Some(times) = &self.times {
            let millis = times.iter().map(|&time| match time {
                NO_TIME => Ok(None),
                time => time.checked_mul(1000).map(Some).ok_or_else(|| {
                    ArrowError::ComputeError(format!("time {time} is out of range for timestamps"))
                }),
            });
            let millis: TimestampMillisecondArray =
                millis.collect::<std::result::Result<_, ArrowError>>()?;
            columns.push(("time", list("time", Arc::new(millis.with_timezone("UTC")))?));
        }
        let field = |(name, column): &(&str, ArrayRef)| {
            Field::new(*name, column.data_type().clone(), false)
        };
        let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
        RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|c| c.1).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::read::{ReadOptions, read};
    use crate::data::{Duplicates, Interactions};
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::UInt32Type;

    /// Numbers that are not in the order in which a reader of either file would find the ids.
    fn ratings(times: bool) -> Ratings {
        let names = |names: &[&str]| Arc::new(names.iter().copied().collect::<IdMap>());
        let table = Interactions {
            users: names(&["ann", "bob", "7"]),
            items: names(&["tea", "12", "milk", "salt"]),
            user: vec![0, 1, 2, 0, 1],
            item: vec![3, 0, 2, 1, 2],
            value: vec![1.0, 2.5, 1.0, -3.0, 1.0],
            time: times.then(|| vec![5, NO_TIME, -7, 1_000_000_000, 0]),
        };
        Ratings::new(&table, Duplicates::Error).unwrap()
    }

    #[test]
    fn both_sides_read_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        for ratings in [ratings(false), ratings(true), ratings(false).binary()] {
            for (path, size) in write_sides(&folder.path().join("sides"), &ratings).unwrap() {
                assert_eq!(std::fs::metadata(&path).unwrap().len(), size);
                let table = read(&path, &ReadOptions::default()).unwrap();
                assert_eq!(table.report.rows, 5);
                assert_eq!(table.report.notes.len(), 2 * usize::from(ratings.times.is_some()));
                let again = Ratings::new(&table.interactions, Duplicates::Error).unwrap();
                assert_eq!(again, ratings, "{}", path.display());
            }
        }
    }

    #[test]
    fn lists_are_the_sparse_rows() {
        let ratings = ratings(false);
        let batch = Side::by_user(&ratings).batch().unwrap();
        let list = batch.column(1).as_list::<i64>();
        let starts: Vec<usize> = list.offsets().iter().map(|&at| at as usize).collect();
        assert_eq!(starts, ratings.by_user.starts());
        let numbers = list.values().as_dictionary::<UInt32Type>();
        assert_eq!(numbers.keys().values().as_ref(), ratings.by_user.columns());
        assert_eq!(numbers.values().len(), 4);
        let batch = Side::by_item(&ratings).batch().unwrap();
        let list = batch.column(1).as_list::<i64>();
        let transposed = ratings.by_user.transposed();
        let numbers = list.values().as_dictionary::<UInt32Type>();
        assert_eq!(numbers.keys().values().as_ref(), transposed.columns());
    }
}
