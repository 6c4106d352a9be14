//! Tables of results: one Arrow record batch.

use crate::errors::{no_table, unreadable};
use crate::{capsule, columns};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int32Type, Int64Type, TimestampSecondType,
    UInt32Type,
};
use arrow_array::{
    Array, ArrayRef, Int64Array, LargeStringArray, PrimitiveArray, RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use numpy::{Element, PyArray1};
use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyCapsule, PyList, PyString};
use std::sync::Arc;

/// A table of input or of results, built once and handed to any library by Arrow's PyCapsule interface.
#[pyclass(frozen, module = "cofil._cofil")]
pub struct Frame {
    batch: RecordBatch,
    /// Columns of input that cannot be read, by position, and why. Zeros stand in for them.
    unread: Vec<(usize, PyErr)>,
}

impl Frame {
    /// Creates a table.
    pub fn new(columns: Vec<(Field, ArrayRef)>) -> Self {
        let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays);
        Self { batch: batch.expect("columns of one length"), unread: Vec::new() }
    }

    /// Returns the columns that cannot be read, by position, and why.
    pub fn unread(&self, py: Python<'_>) -> Vec<(usize, PyErr)> {
        self.unread.iter().map(|(at, why)| (*at, why.clone_ref(py))).collect()
    }

    fn named(names: Vec<String>, arrays: Vec<ArrayRef>) -> PyResult<Self> {
        if arrays.is_empty() {
            return Err(unreadable("a table without columns; it needs users and items"));
        }
        let lengths: Vec<usize> = arrays.iter().map(Array::len).collect();
        if lengths.windows(2).any(|pair| pair[0] != pair[1]) {
            let told = names.iter().zip(&lengths).enumerate();
            let told = told.map(|(at, (name, n))| format!("{} has {n}", called(at, name)));
            let told = told.collect::<Vec<_>>().join(", ");
            return Err(unreadable(format!("the columns differ in length: {told}")));
        }
        let field = |(name, array): (String, ArrayRef)| {
            (Field::new(name, array.data_type().clone(), true), array)
        };
        Ok(Self::new(names.into_iter().zip(arrays).map(field).collect()))
    }

    fn column(&self, at: usize) -> PyResult<&ArrayRef> {
        let columns = self.batch.columns();
        columns.get(at).ok_or_else(|| PyIndexError::new_err(format!("there is no column {at}")))
    }
}

/// Calls a column by its name, or else by its position.
fn called(at: usize, name: &str) -> String {
    match name {
        "" => format!("column {}", at + 1),
        name => format!("column `{name}`"),
    }
}

/// Names a column.
pub fn named(name: &str, array: impl Array + 'static) -> (Field, ArrayRef) {
    let array: ArrayRef = Arc::new(array);
    (Field::new(name, array.data_type().clone(), true), array)
}

#[pymethods]
impl Frame {
    /// Creates a table from columns of any kind.
    #[new]
    fn of(names: Vec<String>, columns: Vec<Bound<'_, PyAny>>) -> PyResult<Self> {
        let arrays = columns.iter().map(columns::column).collect::<PyResult<Vec<_>>>()?;
        Self::named(names, arrays)
    }

    /// Creates a table of input. A column that cannot be read is an error once it is used.
    #[staticmethod]
    fn input(py: Python<'_>, names: Vec<String>, columns: Vec<Bound<'_, PyAny>>) -> PyResult<Self> {
        let mut unread = Vec::new();
        let mut arrays = Vec::with_capacity(columns.len());
        for (at, (name, column)) in names.iter().zip(&columns).enumerate() {
            arrays.push(columns::column(column).map(told_missing).or_else(|error| {
                let why = format!("{}: {}", called(at, name), error.value(py));
                let why = match (error.is_instance_of::<PyTypeError>(py), columns::length(column)) {
                    (true, Ok(rows)) => (no_table(why), rows),
                    (false, Ok(rows)) if error.is_instance_of::<PyValueError>(py) => {
                        (unreadable(why), rows)
                    }
                    _ => return Err(error),
                };
                unread.push((at, why.0));
                Ok(Arc::new(Int64Array::from(vec![0; why.1])) as ArrayRef)
            })?);
        }
        Ok(Self { unread, ..Self::named(names, arrays)? })
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    /// The names of the columns.
    fn names(&self) -> Vec<String> {
        self.batch.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// At most `n` rows from `start` on.
    fn slice(&self, start: usize, n: usize) -> Self {
        let start = start.min(self.batch.num_rows());
        let batch = self.batch.slice(start, n.min(self.batch.num_rows() - start));
        Self { batch, unread: Vec::new() }
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A wish, which may be ignored.
        let _ = requested_schema;
        capsule::exported(py, &self.batch)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::exported_schema(py, self.batch.schema_ref())
    }

    /// The type of a column in words: `number`, `text`, `category`, `uuid` or `time`.
    fn kind(&self, at: usize) -> PyResult<&'static str> {
        Ok(match self.column(at)?.data_type() {
            DataType::Dictionary(..) => "category",
            DataType::FixedSizeBinary(_) => "uuid",
            DataType::Timestamp(..) => "time",
            kind if kind.is_numeric() => "number",
            _ => "text",
        })
    }

    /// The numbers of a column as a NumPy array; `None` if it has others, or misses some.
    fn numpy<'py>(&self, py: Python<'py>, at: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        let column = self.column(at)?;
        Ok(match column.data_type() {
            _ if column.null_count() > 0 => None,
            DataType::Int64 => Some(array::<Int64Type>(py, column)),
            DataType::UInt32 => Some(array::<UInt32Type>(py, column)),
            DataType::Float32 => Some(array::<Float32Type>(py, column)),
            DataType::Float64 => Some(array::<Float64Type>(py, column)),
            DataType::Timestamp(TimeUnit::Second, _) => {
                Some(array::<TimestampSecondType>(py, column))
            }
            _ => None,
        })
    }

    /// The codes and the texts of a column of categories.
    fn categories<'py>(
        &self,
        py: Python<'py>,
        at: usize,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyList>)> {
        let column = self.column(at)?;
        let Some(coded) = column.as_any_dictionary_opt() else {
            return Err(no_table("the column has no categories"));
        };
        let codes = PyArray1::from_iter(
            py,
            coded
                .normalized_keys()
                .into_iter()
                .enumerate()
                .map(|(at, code)| if coded.keys().is_valid(at) { code as i32 } else { -1 }),
        );
        Ok((codes.into_any(), cells(py, coded.values())?))
    }

    /// The values of a column as Python objects.
    fn list<'py>(&self, py: Python<'py>, at: usize) -> PyResult<Bound<'py, PyList>> {
        cells(py, self.column(at)?)
    }
}

/// Missing texts in place of a column of no type, which the library can neither take as ids nor as numbers.
fn told_missing(column: ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Null => Arc::new(LargeStringArray::new_null(column.len())),
        _ => column,
    }
}

fn array<'py, T: ArrowPrimitiveType<Native: Element + Copy>>(
    py: Python<'py>,
    column: &ArrayRef,
) -> Bound<'py, PyAny> {
    PyArray1::from_slice(py, column.as_primitive::<T>().values()).into_any()
}

/// Returns the values of a column as Python objects.
pub fn cells<'py>(py: Python<'py>, column: &ArrayRef) -> PyResult<Bound<'py, PyList>> {
    let none = || py.None().into_bound(py);
    macro_rules! list {
        ($array:expr, $to:expr) => {{
            let cells = $array.iter().map(|cell| match cell {
                Some(cell) => $to(cell),
                None => Ok(none()),
            });
            PyList::new(py, cells.collect::<PyResult<Vec<Bound<'py, PyAny>>>>()?)
        }};
    }
    let text = |text: &str| Ok(PyString::new(py, text).into_any());
    match column.data_type() {
        DataType::Int64 => list!(column.as_primitive::<Int64Type>(), |n: i64| whole(py, n)),
        DataType::UInt32 => {
            list!(column.as_primitive::<UInt32Type>(), |n: u32| whole(py, n.into()))
        }
        DataType::Float32 => {
            list!(column.as_primitive::<Float32Type>(), |n: f32| number(py, n.into()))
        }
        DataType::Float64 => list!(column.as_primitive::<Float64Type>(), |n| number(py, n)),
        DataType::Timestamp(TimeUnit::Second, _) => {
            let seconds: &PrimitiveArray<TimestampSecondType> = column.as_primitive();
            list!(seconds, |n: i64| whole(py, n))
        }
        DataType::Boolean => list!(column.as_boolean(), |truth: bool| {
            Ok(PyBool::new(py, truth).to_owned().into_any())
        }),
        DataType::Utf8 => list!(column.as_string::<i32>() as &StringArray, text),
        DataType::LargeUtf8 => list!(column.as_string::<i64>() as &LargeStringArray, text),
        DataType::FixedSizeBinary(16) => {
            let uuid = py.import("uuid")?.getattr("UUID")?;
            list!(column.as_fixed_size_binary(), |bytes: &[u8]| {
                uuid.call1((py.None(), PyBytes::new(py, bytes)))
            })
        }
        DataType::Dictionary(..) => {
            let coded = column.as_dictionary::<Int32Type>();
            let texts = cells(py, coded.values())?;
            list!(coded.keys(), |code: i32| texts.get_item(code as usize))
        }
        DataType::Null => PyList::new(py, (0..column.len()).map(|_| none())),
        kind => Err(no_table(format!("a column of type {kind} cannot be listed"))),
    }
}

fn whole(py: Python<'_>, n: i64) -> PyResult<Bound<'_, PyAny>> {
    Ok(n.into_pyobject(py)?.into_any())
}

fn number(py: Python<'_>, n: f64) -> PyResult<Bound<'_, PyAny>> {
    Ok(n.into_pyobject(py)?.into_any())
}
