//! Arrow data from and to other libraries by the PyCapsule interface, without a copy.

#![allow(unsafe_code, reason = "the C structures of Arrow are passed by address")]

use crate::errors::{no_table, unreadable};
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{
    Array, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchReader, StructArray, make_array,
};
use arrow_schema::{ArrowError, Schema};
use arrow_select::concat::concat;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use std::ffi::CStr;

const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// Batches with a common schema.
pub type Reader = Box<dyn RecordBatchReader + Send>;

fn bad(error: ArrowError) -> PyErr {
    unreadable(told(&error))
}

/// Tells what is wrong with Arrow data.
pub fn told(error: &ArrowError) -> String {
    let says = error.to_string();
    let says = says.trim_start_matches("C Data interface error: ");
    format!("the Arrow data cannot be read ({says}); convert the column, or leave it out")
}

/// Returns the batches of a table, or of a struct array; `None` if `object` does not have the interface.
pub fn batches(object: &Bound<'_, PyAny>) -> PyResult<Option<Reader>> {
    if object.hasattr("__arrow_c_stream__")? {
        let capsule = object.call_method0("__arrow_c_stream__")?;
        let stream = stream(&capsule)?;
        // SAFETY: `stream` returns the address of a stream, which is moved out of the capsule.
        let reader = unsafe { RecordBatchStreamReader::from_raw(stream) };
        let Ok(reader) = reader else {
            let kind = object.get_type().qualname()?;
            let says = format!("a {kind} is no table, but a column; name it: {{\"user\": …}}");
            return Err(no_table(says));
        };
        return Ok(Some(Box::new(reader)));
    }
    let Some(array) = array(object)? else { return Ok(None) };
    let Some(rows) = array.as_any().downcast_ref::<StructArray>() else {
        let kind = array.data_type();
        let says = format!(
            "an Arrow array of type {kind} is a column, not a table; name it: {{\"user\": …}}"
        );
        return Err(no_table(says));
    };
    if rows.null_count() > 0 {
        return Err(unreadable("the rows of a struct array must not be null"));
    }
    let batch = RecordBatch::from(rows.clone());
    let schema = batch.schema();
    Ok(Some(Box::new(RecordBatchIterator::new([Ok(batch)], schema))))
}

/// Returns a column; `None` if `object` does not have the interface.
pub fn column(object: &Bound<'_, PyAny>) -> PyResult<Option<ArrayRef>> {
    if let Some(array) = array(object)? {
        return Ok(Some(array));
    }
    if !object.hasattr("__arrow_c_stream__")? {
        return Ok(None);
    }
    let capsule = object.call_method0("__arrow_c_stream__")?;
    let stream = stream(&capsule)?;
    // SAFETY: as in `batches`.
    let reader = unsafe { ArrayStreamReader::from_raw(stream) }.map_err(bad)?;
    let kind = arrow_array::ArrayReader::field(&reader).data_type().clone();
    let parts = reader.collect::<Result<Vec<_>, _>>().map_err(bad)?;
    let parts: Vec<&dyn Array> = parts.iter().map(|part| &**part).collect();
    match parts.is_empty() {
        true => Ok(Some(arrow_array::new_empty_array(&kind))),
        false => concat(&parts).map(Some).map_err(bad),
    }
}

fn stream(capsule: &Bound<'_, PyAny>) -> PyResult<*mut FFI_ArrowArrayStream> {
    Ok(capsule.cast::<PyCapsule>()?.pointer_checked(Some(STREAM))?.as_ptr().cast())
}

fn array(object: &Bound<'_, PyAny>) -> PyResult<Option<ArrayRef>> {
    if !object.hasattr("__arrow_c_array__")? {
        return Ok(None);
    }
    let pair = object.call_method0("__arrow_c_array__")?;
    let (schema, array): (Bound<'_, PyAny>, Bound<'_, PyAny>) =
        pair.cast::<PyTuple>()?.extract()?;
    let schema = schema.cast::<PyCapsule>()?.pointer_checked(Some(SCHEMA))?;
    let array = array.cast::<PyCapsule>()?.pointer_checked(Some(ARRAY))?;
    // SAFETY: the names of the capsules say what their addresses hold; the array is moved out of its capsule.
    let data = unsafe {
        let array = FFI_ArrowArray::from_raw(array.as_ptr().cast());
        from_ffi(array, schema.cast::<FFI_ArrowSchema>().as_ref())
    };
    Ok(Some(make_array(data.map_err(bad)?)))
}

/// Returns the capsule of a stream with one batch.
pub fn exported<'py>(py: Python<'py>, batch: &RecordBatch) -> PyResult<Bound<'py, PyCapsule>> {
    let reader = RecordBatchIterator::new([Ok(batch.clone())], batch.schema());
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), STREAM)
}

/// Returns the capsule of a schema.
pub fn exported_schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(bad)?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}
