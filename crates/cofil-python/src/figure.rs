//! Figures.

use crate::model::Model;
use crate::ratings::Ratings;
use crate::run::run;
use cofil::data::Description;
use cofil::plot;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

/// A finished figure.
#[pyclass(frozen, module = "cofil._cofil")]
pub struct Figure(plot::Figure);

#[pymethods]
impl Figure {
    fn svg(&self) -> String {
        self.0.svg()
    }

    fn png<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &run(py, None, || self.0.png())?))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        run(py, None, || self.0.save(&path))
    }
}

/// The known values of a small table beside the predictions of a model for all its pairs.
#[pyfunction]
pub fn plot_matrix(py: Python<'_>, model: &Model, ratings: &Ratings) -> PyResult<Figure> {
    let model = model.get(py)?;
    run(py, None, || plot::completion(&model, &*ratings.grouped()?)).map(Figure)
}

/// Loss and validation metrics by epoch.
#[pyfunction]
pub fn plot_curve(py: Python<'_>, model: &Model) -> PyResult<Figure> {
    let model = model.get(py)?;
    let figure = || {
        let metric = model.card().valid_metric.map(|metric| metric.to_string());
        plot::curve(&model.card().epochs, &metric.unwrap_or_default())
    };
    run(py, None, figure).map(Figure)
}

/// Users and items by their vectors.
#[pyfunction]
pub fn plot_map(py: Python<'_>, model: &Model) -> PyResult<Figure> {
    let model = model.get(py)?;
    run(py, None, || plot::map(&model)).map(Figure)
}

/// The layers of a network.
#[pyfunction]
pub fn plot_network(py: Python<'_>, model: &Model) -> PyResult<Figure> {
    let model = model.get(py)?;
    run(py, None, || plot::network(&model)).map(Figure)
}

/// The distributions of a table.
#[pyfunction]
pub fn plot_ratings(py: Python<'_>, ratings: &Ratings) -> PyResult<Figure> {
    run(py, None, || Ok(plot::describe(&Description::of(&ratings.table)?))).map(Figure)
}
