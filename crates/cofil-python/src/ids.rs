//! Ids: from Python objects to the numbers of a model, and back in the type that went in.

use crate::frame::cells;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, FixedSizeBinaryArray, Int32Array, Int64Array,
    LargeStringArray, RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field};
use cofil::data::Source;
use cofil::data::read::{Column, ReadOptions, read_with};
use cofil::{IdKind, IdMap};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::sync::Arc;

/// Returns a column `name` with the ids of `numbers`, in the type that went in.
pub fn column(
    name: &str,
    ids: &IdMap,
    numbers: impl ExactSizeIterator<Item = u32>,
) -> (Field, ArrayRef) {
    let field = |array: &ArrayRef| Field::new(name, array.data_type().clone(), false);
    let array: ArrayRef = match (ids.integers(), ids.kind()) {
        (Some(integers), _) => {
            Arc::new(Int64Array::from_iter_values(numbers.map(|n| integers[n as usize])))
        }
        (None, IdKind::Uuid) => match uuids(ids, numbers) {
            Ok(uuids) => {
                let mark = [("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned())];
                let field = Field::new(name, uuids.data_type().clone(), false);
                return (field.with_metadata(mark), uuids);
            }
            Err(texts) => texts,
        },
        (None, IdKind::Category) => {
            let codes = Int32Array::from_iter_values(numbers.map(|n| n as i32));
            let texts: ArrayRef = Arc::new(StringArray::from_iter_values(ids.names()));
            Arc::new(DictionaryArray::<Int32Type>::new(codes, texts))
        }
        (None, _) => texts(ids, numbers),
    };
    (field(&array), array)
}

fn texts(ids: &IdMap, numbers: impl Iterator<Item = u32>) -> ArrayRef {
    Arc::new(LargeStringArray::from_iter_values(numbers.map(|n| ids.name(n))))
}

/// Returns the UUIDs; as text if one of the names is another.
fn uuids(ids: &IdMap, numbers: impl Iterator<Item = u32>) -> Result<ArrayRef, ArrayRef> {
    let numbers: Vec<u32> = numbers.collect();
    let all: Option<Vec<[u8; 16]>> = numbers.iter().map(|&n| ids.uuid(n)).collect();
    match all {
        Some(all) => {
            let all = all.iter().map(|uuid| Some(&uuid[..]));
            let uuids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(all, 16);
            Ok(Arc::new(uuids.expect("each has 16 bytes")))
        }
        None => Err(texts(ids, numbers.into_iter())),
    }
}

/// Returns the ids of `numbers` as Python objects, in the type that went in.
pub fn list<'py>(
    py: Python<'py>,
    ids: &IdMap,
    numbers: impl ExactSizeIterator<Item = u32>,
) -> PyResult<Bound<'py, PyList>> {
    cells(py, &column("id", ids, numbers).1)
}

/// Marks the ids of a column of this type as categories, if they are; the library does not tell them from text.
pub fn mark(ids: &mut IdMap, kind: &DataType) {
    if let DataType::Dictionary(_, values) = kind
        && matches!(**values, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
    {
        ids.set_category();
    }
}

/// Looks up the ids in `column`: the numbers of the known ones, and the unknown ones.
///
/// # Errors
/// If the column does not hold ids.
pub fn numbers(column: &ArrayRef, known: &IdMap) -> cofil::Result<(Vec<u32>, IdMap)> {
    let ids = map(column)?;
    let numbers: Vec<Option<u32>> = ids.names().map(|name| known.get(name)).collect();
    let unknown = (0..ids.len() as u32).filter(|&n| numbers[n as usize].is_none());
    let unknown = ids.select(unknown);
    Ok((numbers.into_iter().flatten().collect(), unknown))
}

/// Numbers the ids in `column` in order.
///
/// # Errors
/// If the column does not hold ids.
pub fn map(column: &ArrayRef) -> cofil::Result<IdMap> {
    if column.is_empty() {
        return Ok(IdMap::new());
    }
    // The library reads ids of all types, as one column of a table.
    let batch = RecordBatch::try_from_iter([("user", column.clone()), ("item", column.clone())]);
    let options = ReadOptions {
        user: Some(Column::Name("user".into())),
        item: Some(Column::Name("item".into())),
        value: Some(Column::Absent),
        time: Some(Column::Absent),
        ..ReadOptions::default()
    };
    let table =
        read_with(Source::batches("users", [batch]), &options, &IdMap::new(), &IdMap::new())?;
    let mut ids = table.interactions.users;
    mark(Arc::make_mut(&mut ids), column.data_type());
    Ok(Arc::unwrap_or_clone(ids))
}
