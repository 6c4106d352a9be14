//! Errors of the library as Python exceptions.

use cofil::Error;
use cofil::data::Finding;
use pyo3::prelude::*;
use std::any::Any;

/// Returns the exception for `error`: the class of its kind, and the message in the words of Python.
pub fn raised(py: Python<'_>, error: &Error) -> PyErr {
    // The keyword for it is `where`.
    let message = error.say(keyword).replace("setting `filter`", "setting `where`");
    let setting = error.setting_at_fault();
    let setting = setting.map(|name| if name == "filter" { "where" } else { name });
    exception(py, error.kind().name(), &message, setting)
}

/// Returns the exception for a panic.
pub fn internal(py: Python<'_>, panic: &str) -> PyErr {
    let message = format!("this is a bug in cofil; it panicked: {panic}");
    exception(py, "internal", &message, None)
}

/// Returns a `DataError`: a table with this fault cannot be read.
pub fn unreadable(message: impl Into<String>) -> PyErr {
    Python::attach(|py| exception(py, "data", &message.into(), None))
}

/// Returns a `DataError` that is a `TypeError`: an object is not of the kind that is needed.
pub fn no_table(message: impl Into<String>) -> PyErr {
    Python::attach(|py| exception(py, "kind", &message.into(), None))
}

/// Warns of the notes of a reader.
pub fn note(py: Python<'_>, notes: &[String]) -> PyResult<()> {
    if !notes.is_empty() {
        py.import("cofil._errors")?.call_method1("note", (notes,))?;
    }
    Ok(())
}

/// Warns of findings, in the words of Python.
pub fn note_findings<'a>(
    py: Python<'_>,
    findings: impl IntoIterator<Item = &'a Finding>,
) -> PyResult<()> {
    let told: Vec<String> = findings.into_iter().map(|finding| finding.say(keyword)).collect();
    note(py, &told)
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
        ("purpose", Some(purpose)) => format!("with purpose=\"{purpose}\""),
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
