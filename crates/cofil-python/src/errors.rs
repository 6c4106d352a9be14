//! Errors of the library as Python exceptions.

use cofil::Error;
use pyo3::prelude::*;
use std::any::Any;

/// Returns the exception for `error`: the class of its kind, and the message in the words of Python.
pub fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let message = error.say(keyword);
    exception(py, error.kind().name(), &message, error.setting_at_fault())
}

/// Returns the exception for a panic.
pub fn internal(py: Python<'_>, panic: &str) -> PyErr {
    let message = format!("this is a bug in cofil; it panicked: {panic}");
    exception(py, "internal", &message, None)
}

fn exception(py: Python<'_>, kind: &str, message: &str, setting: Option<&str>) -> PyErr {
    let made = || {
        let class = py.import("cofil._errors")?.call_method1("of_kind", (kind,))?;
        let exception = class.call1((message,))?;
        exception.setattr("setting", setting)?;
        Ok(PyErr::from_value(exception))
    };
    made().unwrap_or_else(|error: PyErr| error)
}

/// Writes an option as a keyword argument.
fn keyword(option: &str, value: Option<&str>) -> String {
    match (option, value) {
        // On by default.
        ("seen", _) => "without seen=False".into(),
        ("implicit" | "resume", _) => format!("with {option}=True"),
        (_, Some(value)) => format!("with {option}={value}"),
        (_, None) => format!("with {option}="),
    }
}

/// Returns the message of a panic.
#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub fn bug(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text").to_owned()
}
