//! Columns of Python objects and NumPy arrays as Arrow arrays.

use crate::capsule;
use crate::errors::{no_table, unreadable};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, DictionaryArray, FixedSizeBinaryArray, Float32Array,
    Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeListArray, LargeStringArray,
    NullArray, TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::Field;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::sync::Arc;

/// Returns a column: Arrow data, a NumPy array, a pair of codes and their texts, or any iterable.
pub fn column(of: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    if let Some(array) = capsule::column(of)? {
        return Ok(array);
    }
    if let Some((codes, texts)) = pair(of)? {
        return coded(&codes, &texts);
    }
    match of.hasattr("dtype")? {
        true => array(of),
        false => objects(of),
    }
}

/// Returns the number of rows of a column.
pub fn length(of: &Bound<'_, PyAny>) -> PyResult<usize> {
    match pair(of)? {
        Some((codes, _)) => codes.len(),
        None => of.len(),
    }
}

/// Returns codes and their texts.
fn pair<'py>(of: &Bound<'py, PyAny>) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let Ok(pair) = of.cast::<PyTuple>() else { return Ok(None) };
    if pair.len() != 2 || !pair.get_item(0)?.hasattr("dtype")? {
        return Ok(None);
    }
    Ok(Some((pair.get_item(0)?, pair.get_item(1)?)))
}

/// Returns a column of categories. A negative code means a missing value.
fn coded(codes: &Bound<'_, PyAny>, texts: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let codes: PyReadonlyArray1<'_, i32> = codes.call_method1("astype", ("int32",))?.extract()?;
    let codes: Int32Array =
        codes.as_array().iter().map(|&code| (code >= 0).then_some(code)).collect();
    let coded = DictionaryArray::<Int32Type>::try_new(codes, column(texts)?);
    Ok(Arc::new(coded.map_err(|error| unreadable(error.to_string()))?))
}

/// Converts a NumPy array with one copy.
fn array(of: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let shape: Vec<usize> = of.getattr("shape")?.extract()?;
    if shape.len() != 1 {
        let says = format!("a column has one dimension, not {}", shape.len());
        return Err(unreadable(says));
    }
    let kind = of.getattr("dtype")?;
    let (code, size): (String, usize) =
        (kind.getattr("kind")?.extract()?, kind.getattr("itemsize")?.extract()?);
    macro_rules! numbers {
        ($native:ty, $array:ty) => {{
            // In the byte order of the machine; others are converted.
            let native = of.call_method1("astype", (numpy::dtype::<$native>(of.py()),))?;
            let numbers: PyReadonlyArray1<'_, $native> = native.extract()?;
            let numbers = numbers.as_array();
            Arc::new(<$array>::from_iter_values(numbers.iter().copied())) as ArrayRef
        }};
    }
    Ok(match (code.as_str(), size) {
        ("i", 1) => numbers!(i8, Int8Array),
        ("i", 2) => numbers!(i16, Int16Array),
        ("i", 4) => numbers!(i32, Int32Array),
        ("i", 8) => numbers!(i64, Int64Array),
        ("u", 1) => numbers!(u8, UInt8Array),
        ("u", 2) => numbers!(u16, UInt16Array),
        ("u", 4) => numbers!(u32, UInt32Array),
        ("u", 8) => numbers!(u64, UInt64Array),
        ("f", 2 | 4) => numbers!(f32, Float32Array),
        ("f", _) => numbers!(f64, Float64Array),
        ("b", _) => {
            let truths: PyReadonlyArray1<'_, bool> = of.extract()?;
            Arc::new(truths.as_array().iter().map(|&truth| Some(truth)).collect::<BooleanArray>())
        }
        ("M", _) => {
            let seconds = of.call_method1("astype", ("datetime64[s]",))?;
            let seconds: PyReadonlyArray1<'_, i64> =
                seconds.call_method1("view", ("int64",))?.extract()?;
            let time = |&time: &i64| (time != i64::MIN).then_some(time);
            Arc::new(seconds.as_array().iter().map(time).collect::<TimestampSecondArray>())
        }
        ("O" | "U" | "S" | "T", _) => objects(&of.call_method0("tolist")?)?,
        _ => {
            let says = format!("an array of type {kind} holds neither ids, numbers nor times");
            return Err(no_table(says));
        }
    })
}

/// A Python value of a column.
#[derive(Clone)]
enum Cell {
    Missing,
    Truth(bool),
    Whole(i64),
    Natural(u64),
    /// A whole number beyond 64 bits.
    Huge(String),
    Number(f64),
    /// Seconds since 1970.
    Time(i64),
    Text(String),
    Bytes(Vec<u8>),
    Uuid([u8; 16]),
    List(Vec<Self>),
}

impl Cell {
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if object.is_none() {
            return Ok(Self::Missing);
        }
        if let Ok(text) = object.cast::<PyString>() {
            return match text.to_str() {
                Ok(text) => Ok(Self::Text(text.to_owned())),
                Err(_) => {
                    let says = format!("{} is no text: it has half of a character", text.repr()?);
                    Err(unreadable(says))
                }
            };
        }
        if let Ok(truth) = object.cast::<PyBool>() {
            return Ok(Self::Truth(truth.is_true()));
        }
        if let Ok(float) = object.cast::<PyFloat>() {
            return Ok(Self::Number(float.value()));
        }
        if object.cast::<PyInt>().is_ok() {
            return Self::whole(object);
        }
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.as_bytes().to_vec()));
        }
        if let Ok(list) = object.cast::<PyList>() {
            return Ok(Self::List(
                list.iter().map(|cell| Self::of(&cell)).collect::<PyResult<_>>()?,
            ));
        }
        let kind = object.get_type().qualname()?.to_string();
        match kind.as_str() {
            "ndarray" => match object.call_method0("tolist")?.cast::<PyList>() {
                Ok(list) => Self::of(list),
                Err(_) => Self::neither(&kind),
            },
            "UUID" => Ok(Self::Uuid(object.getattr("bytes")?.extract()?)),
            // pandas' marks of missing values.
            "NAType" | "NaTType" => Ok(Self::Missing),
            "bool" | "bool_" => Ok(Self::Truth(object.is_truthy()?)),
            "Decimal" => Self::decimal(object),
            "datetime64" => {
                let seconds = object.call_method1("astype", ("datetime64[s]",))?;
                let seconds: i64 = seconds.call_method1("astype", ("int64",))?.extract()?;
                Ok(if seconds == i64::MIN { Self::Missing } else { Self::Time(seconds) })
            }
            // Dates, and points in time in UTC unless they have another zone.
            _ if object.hasattr("utctimetuple")? => {
                Self::time(&object.call_method0("utctimetuple")?)
            }
            _ if object.hasattr("timetuple")? => Self::time(&object.call_method0("timetuple")?),
            // A duration is a whole number to NumPy.
            "timedelta64" => Self::neither(&kind),
            // Whole numbers of any kind, also NumPy's.
            _ if object.hasattr("__index__")? => Self::whole(object),
            _ if object.hasattr("__float__")? => match object.extract() {
                Ok(number) => Ok(Self::Number(number)),
                Err(_) => Self::neither(&kind),
            },
            _ => Self::neither(&kind),
        }
    }

    fn neither(kind: &str) -> PyResult<Self> {
        let article =
            if kind.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
        let says = format!("{article} {kind} is neither an id, a number nor a time");
        Err(no_table(says))
    }

    fn whole(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(match (object.extract::<i64>(), object.extract::<u64>()) {
            (Ok(whole), _) => Self::Whole(whole),
            (_, Ok(natural)) => Self::Natural(natural),
            _ => Self::Huge(object.call_method0("__index__")?.str()?.to_str()?.to_owned()),
        })
    }

    /// Whole decimals are whole numbers, whatever their size.
    fn decimal(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let number: f64 = object.extract().unwrap_or(f64::NAN);
        if !object.call_method0("is_finite")?.is_truthy()? {
            return Ok(Self::Number(number));
        }
        let whole = object.call_method0("to_integral_value")?;
        Ok(match number {
            _ if object.eq(&whole)? => return Self::whole(&object.call_method0("__int__")?),
            // With its fraction lost it would be an id.
            _ if number.fract() == 0.0 && object.gt(&whole)? => Self::Number(number.next_up()),
            _ if number.fract() == 0.0 => Self::Number(number.next_down()),
            _ => Self::Number(number),
        })
    }

    fn time(parts: &Bound<'_, PyAny>) -> PyResult<Self> {
        let seconds = parts.py().import("calendar")?.call_method1("timegm", (parts,))?;
        Ok(Self::Time(seconds.extract()?))
    }

    /// The type of the cell in words; `None` if it fits into any column.
    fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Missing => None,
            // How pandas writes a missing text.
            Self::Number(number) if number.is_nan() => None,
            Self::Whole(_) | Self::Natural(_) | Self::Huge(_) | Self::Number(_) => Some("numbers"),
            Self::Truth(_) => Some("truth values"),
            Self::Time(_) => Some("times"),
            Self::Text(_) => Some("text"),
            Self::Bytes(_) => Some("bytes"),
            Self::Uuid(_) => Some("UUIDs"),
            Self::List(_) => Some("lists"),
        }
    }

    fn number(&self) -> Option<f64> {
        match *self {
            Self::Whole(whole) => Some(whole as f64),
            Self::Natural(natural) => Some(natural as f64),
            Self::Number(number) => Some(number),
            Self::Huge(ref huge) => huge.parse().ok(),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Huge(text) => Some(text.clone()),
            Self::Whole(whole) => Some(whole.to_string()),
            Self::Natural(natural) => Some(natural.to_string()),
            _ => None,
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_) | Self::Missing)
    }

    fn is_natural(&self) -> bool {
        matches!(self, Self::Natural(_) | Self::Missing | Self::Whole(0..))
    }

    fn is_integer(&self) -> bool {
        matches!(self, Self::Huge(_)) || self.is_whole() || self.is_natural()
    }
}

/// Converts Python objects, all of one type.
fn objects(of: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    gathered(&of.try_iter()?.map(|cell| Cell::of(&cell?)).collect::<PyResult<Vec<_>>>()?)
}

fn gathered(cells: &[Cell]) -> PyResult<ArrayRef> {
    let mut kinds: Vec<&str> = cells.iter().filter_map(Cell::kind).collect();
    kinds.dedup();
    kinds.sort_unstable();
    kinds.dedup();
    let all = |is: fn(&Cell) -> bool| cells.iter().all(is);
    Ok(match kinds[..] {
        [] => Arc::new(NullArray::new(cells.len())),
        ["numbers"] if all(Cell::is_whole) => {
            let whole = |cell: &Cell| if let Cell::Whole(n) = cell { Some(*n) } else { None };
            Arc::new(cells.iter().map(whole).collect::<Int64Array>())
        }
        ["numbers"] if all(Cell::is_natural) => {
            let natural = |cell: &Cell| match *cell {
                Cell::Natural(natural) => Some(natural),
                Cell::Whole(whole) => u64::try_from(whole).ok(),
                _ => None,
            };
            Arc::new(cells.iter().map(natural).collect::<UInt64Array>())
        }
        // As the library reads integers beyond 64 bits.
        ["numbers"] if all(Cell::is_integer) => texts(cells),
        ["numbers"] => Arc::new(cells.iter().map(Cell::number).collect::<Float64Array>()),
        ["truth values"] => {
            let truth =
                |cell: &Cell| if let Cell::Truth(truth) = cell { Some(*truth) } else { None };
            Arc::new(cells.iter().map(truth).collect::<BooleanArray>())
        }
        ["times"] => {
            let time = |cell: &Cell| if let Cell::Time(time) = cell { Some(*time) } else { None };
            Arc::new(cells.iter().map(time).collect::<TimestampSecondArray>())
        }
        ["text"] => texts(cells),
        ["bytes"] => {
            let bytes = |cell: &Cell| {
                if let Cell::Bytes(bytes) = cell { Some(bytes.clone()) } else { None }
            };
            Arc::new(cells.iter().map(bytes).collect::<BinaryArray>())
        }
        ["UUIDs"] => {
            let bytes =
                |cell: &Cell| if let Cell::Uuid(bytes) = cell { Some(*bytes) } else { None };
            let uuids =
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(cells.iter().map(bytes), 16);
            Arc::new(uuids.map_err(|error| unreadable(error.to_string()))?)
        }
        ["lists"] => lists(cells)?,
        _ => {
            let says = format!("{} in one column; give it one type", kinds.join(" and "));
            return Err(no_table(says));
        }
    })
}

fn lists(cells: &[Cell]) -> PyResult<ArrayRef> {
    let (mut entries, mut ends) = (Vec::new(), Vec::new());
    for cell in cells {
        if let Cell::List(list) = cell {
            entries.extend_from_slice(list);
        }
        ends.push(entries.len() as i64);
    }
    let entries = gathered(&entries)?;
    let field = Field::new_list_field(entries.data_type().clone(), true);
    let offsets = OffsetBuffer::new([0].into_iter().chain(ends).collect());
    let present = NullBuffer::from_iter(cells.iter().map(|cell| matches!(cell, Cell::List(_))));
    let lists = LargeListArray::try_new(field.into(), offsets, entries, Some(present));
    Ok(Arc::new(lists.map_err(|error| unreadable(error.to_string()))?))
}

fn texts(cells: &[Cell]) -> ArrayRef {
    Arc::new(cells.iter().map(Cell::text).collect::<LargeStringArray>())
}
