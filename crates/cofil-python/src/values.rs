//! Settings, requests and reports as Python objects: those of JSON.

use cofil::Error;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

/// Converts a Python object of the types of JSON; NumPy's scalars count as numbers, any iterable as a list.
pub fn value(of: &Bound<'_, PyAny>) -> PyResult<Value> {
    if of.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(truth) = of.cast::<PyBool>() {
        return Ok(truth.is_true().into());
    }
    if of.cast::<PyInt>().is_ok() {
        return Ok(match (of.extract::<i64>(), of.extract::<u64>()) {
            (Ok(whole), _) => whole.into(),
            (_, Ok(natural)) => natural.into(),
            _ => of.extract::<f64>()?.into(),
        });
    }
    if let Ok(float) = of.cast::<PyFloat>() {
        // JSON has no number for it, so that a setting that must be a number refuses this text.
        let number = Number::from_f64(float.value());
        return Ok(number.map_or_else(|| float.value().to_string().into(), Value::Number));
    }
    if let Ok(text) = of.cast::<PyString>() {
        return Ok(text.to_str()?.into());
    }
    if let Ok(map) = of.cast::<PyMapping>() {
        let pair = |pair: Bound<'_, PyAny>| {
            let (name, item): (String, Bound<'_, PyAny>) = pair.extract()?;
            Ok((name, value(&item)?))
        };
        let pairs = map.items()?.iter().map(pair).collect::<PyResult<Map<_, _>>>()?;
        return Ok(Value::Object(pairs));
    }
    // Arrays of no dimension are scalars, and cannot be iterated over.
    if of.getattr("shape").and_then(|shape| shape.len()).is_ok_and(|dimensions| dimensions == 0) {
        return value(&of.call_method0("item")?);
    }
    match of.try_iter() {
        Ok(items) => {
            Ok(Value::Array(items.map(|item| value(&item?)).collect::<PyResult<Vec<_>>>()?))
        }
        Err(_) => {
            let kind = of.get_type().qualname()?;
            Err(PyTypeError::new_err(format!("a {kind} is not a value of a setting")))
        }
    }
}

/// Reads options of the library; an unknown name is an error that suggests the nearest.
pub fn options<T: DeserializeOwned>(of: Map<String, Value>) -> cofil::Result<T> {
    let mut tried = Map::new();
    // One at a time, so that the error names the right one. The last attempt has them all.
    for (name, value) in of {
        tried.insert(name.clone(), value);
        if let Err(error) = serde_json::from_value::<T>(Value::Object(tried.clone())) {
            let says = error.to_string();
            if says.starts_with("missing field") {
                continue;
            }
            let quoted: Vec<&str> = says.split('`').skip(1).step_by(2).collect();
            return Err(match (says.starts_with("unknown field"), quoted.split_first()) {
                (true, Some((_, valid))) => Error::unknown("setting", &name, valid),
                // A type of its own names itself; the setting is known better here.
                _ => Error::setting(name, unnamed(&says)),
            });
        }
    }
    serde_json::from_value(Value::Object(tried))
        .map_err(|error| Error::Unfit(cofil::plain_words(&error.to_string())))
}

fn unnamed(says: &str) -> &str {
    let named = says.strip_prefix("setting `").and_then(|rest| rest.split_once("`: "));
    named.map_or(says, |(_, told)| told)
}

/// Returns the entries of a dictionary.
pub fn map(of: &Bound<'_, PyDict>) -> PyResult<Map<String, Value>> {
    match value(of)? {
        Value::Object(map) => Ok(map),
        _ => unreachable!("a dictionary is a mapping"),
    }
}

/// Converts to Python objects.
pub fn object<'py>(py: Python<'py>, of: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match of {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => whole.into_pyobject(py)?.into_any(),
            (_, Some(natural)) => natural.into_pyobject(py)?.into_any(),
            _ => number.as_f64().into_pyobject(py)?.into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let items = items.iter().map(|item| object(py, item)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any()
        }
        Value::Object(map) => {
            let dict = PyDict::new(py);
            for (name, item) in map {
                dict.set_item(name, object(py, item)?)?;
            }
            dict.into_any()
        }
    })
}

/// Converts plain data of the library.
pub fn plain<'py>(py: Python<'py>, of: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let value = cofil::store::plain(of).expect("answers are plain data");
    object(py, &value)
}
