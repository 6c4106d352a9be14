//! Ids: from Python objects to the numbers of a model, and back in the type that went in.

use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, FixedSizeBinaryArray, Int32Array, Int64Array,
    LargeStringArray, RecordBatch, StringArray,
};
use arrow_schema::Field;
use cofil::data::Source;
use cofil::data::read::{Column, ReadOptions, read_with};
use cofil::{IdKind, IdMap};
use std::sync::Arc;

/// How the ids of users and items are handed out; what the library itself does not keep.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Categories {
    /// Whether the users are categories.
    pub users: bool,
    /// Whether the items are.
    pub items: bool,
}

/// Returns a column `name` with the ids of `numbers`, in the type that went in.
pub fn column(
    name: &str,
    ids: &IdMap,
    is_category: bool,
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
        (None, _) if is_category => {
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
    let all: Option<Vec<[u8; 16]>> = numbers.iter().map(|&n| uuid(ids.name(n))).collect();
    match all {
        Some(all) => {
            let all = all.iter().map(|uuid| Some(&uuid[..]));
            let uuids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(all, 16);
            Ok(Arc::new(uuids.expect("each has 16 bytes")))
        }
        None => Err(texts(ids, numbers.into_iter())),
    }
}

/// Parses a UUID in hyphenated notation.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let mut digits = Vec::with_capacity(32);
    for (at, c) in text.bytes().enumerate() {
        match c {
            b'-' if is_hyphen(at) => {}
            _ if is_hyphen(at) => return None,
            _ => digits.push(char::from(c).to_digit(16)? as u8),
        }
    }
    let bytes: Vec<u8> = digits
        .chunks(2)
        .filter(|pair| pair.len() == 2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect();
    (text.len() == 36).then(|| bytes.try_into().ok()).flatten()
}

/// Numbers the ids in `column` in order.
///
/// # Errors
/// If the column does not hold ids.
pub fn map(column: &ArrayRef) -> cofil::Result<IdMap> {
    Ok(numbers(column, &IdMap::new())?.1)
}

/// Looks up the ids in `column`: the numbers of the known ones, and the unknown ones.
///
/// # Errors
/// If the column does not hold ids.
pub fn numbers(column: &ArrayRef, known: &IdMap) -> cofil::Result<(Vec<u32>, IdMap)> {
    // The library reads ids of all types, as one column of a table.
    let batch = RecordBatch::try_from_iter([("user", column.clone()), ("item", column.clone())]);
    let options = ReadOptions {
        user: Some(Column::Name("user".into())),
        item: Some(Column::Name("item".into())),
        value: Some(Column::Absent),
        time: Some(Column::Absent),
        ..ReadOptions::default()
    };
    let table = read_with(Source::batches("users", [batch]), &options, known, &IdMap::new())?;
    let rows = table.interactions;
    let is_known = |n: &u32| (*n as usize) < known.len();
    let unknown = rows.users.select(rows.user.iter().copied().filter(|n| !is_known(n)));
    Ok((rows.user.into_iter().filter(is_known).collect(), unknown))
}
