//! Importing and exporting models.

use crate::columns;
use crate::errors::{raised, unreadable};
use crate::ids;
use crate::model::{Model, interactions};
use crate::run::run;
use crate::values::{self, plain};
use arrow_array::Array;
use cofil::exchange::{ExportOptions, Foreign, ForeignFiles, ForeignSource, Ids, ImportOptions};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// Imports a model trained with another library: a path, or the bytes of an `.npz` file. Returns it with a report.
#[pyfunction]
#[pyo3(signature = (source, user_vectors, user_ids, item_ids, seen, options))]
pub fn import_model<'py>(
    py: Python<'py>,
    source: &Bound<'py, PyAny>,
    user_vectors: Option<PathBuf>,
    user_ids: &Bound<'py, PyAny>,
    item_ids: &Bound<'py, PyAny>,
    seen: &Bound<'py, PyAny>,
    options: &Bound<'py, PyDict>,
) -> PyResult<(Model, Bound<'py, PyAny>)> {
    let mut options = values::map(options)?;
    options.retain(|_, value| !value.is_null());
    let options: ImportOptions = values::options(options).map_err(|error| raised(py, &error))?;
    let model = match source.extract::<Vec<u8>>() {
        Ok(bytes) => ForeignSource::Npz(bytes),
        Err(_) => ForeignSource::Path(source.extract()?),
    };
    let (user_ids, item_ids) =
        (given_ids(py, "user_ids", user_ids)?, given_ids(py, "item_ids", item_ids)?);
    let files = ForeignFiles { model, user_vectors, user_ids, item_ids };
    let foreign = run(py, None, || Foreign::open(&files))?;
    let seen = match seen.is_none() {
        true => None,
        false => {
            let known = (Arc::new(foreign.users().clone()), Arc::new(foreign.items().clone()));
            let (table, clean) = interactions(py, seen, &PyDict::new(py), Some(known))?;
            Some(run(py, None, || clean.events(table.interactions))?.0)
        }
    };
    let (recommender, report) = run(py, None, || foreign.into_recommender(seen, &options))?;
    Ok((Model::new(recommender, Value::Null), plain(py, &report)?))
}

/// Writes a model in the format of the file's ending; returns a report.
#[pyfunction]
pub fn export_model<'py>(
    py: Python<'py>,
    model: &Bound<'py, Model>,
    path: PathBuf,
    options: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let options = values::map(options)?;
    let options: ExportOptions = values::options(options).map_err(|error| raised(py, &error))?;
    let model = model.get().get(py)?;
    let report = run(py, None, || model.export(&path, &options))?;
    plain(py, &report)
}

/// A path, a column of ids, or nothing.
fn given_ids(py: Python<'_>, name: &str, of: &Bound<'_, PyAny>) -> PyResult<Option<Ids>> {
    if of.is_none() {
        return Ok(None);
    }
    if let Ok(path) = of.extract::<PathBuf>() {
        return Ok(Some(Ids::Path(path)));
    }
    let column = columns::column(of)?;
    let ids = run(py, None, || ids::map(&column))?;
    if ids.len() < column.len() {
        let twice =
            format!("{name}= has an id twice: each row of the vectors needs an id of its own");
        return Err(unreadable(twice));
    }
    Ok(Some(Ids::Map(ids)))
}
