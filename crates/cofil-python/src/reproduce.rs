//! Published experiments.

use crate::run::run;
use crate::values::plain;
use cofil_reproduce::Options;
use pyo3::prelude::*;
use std::path::PathBuf;

/// The experiments: name, title, method, files and where to get them.
#[pyfunction]
pub fn experiments(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    plain(py, &cofil_reproduce::experiments())
}

/// Repeats an experiment.
#[pyfunction]
#[pyo3(signature = (name, data, seeds, quick, hear=None))]
pub fn reproduce<'py>(
    py: Python<'py>,
    name: &str,
    data: PathBuf,
    seeds: u64,
    quick: bool,
    hear: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let options = Options { data, seeds, quick };
    let report = run(py, hear.as_ref(), || cofil_reproduce::run(name, &options))?;
    plain(py, &report)
}
