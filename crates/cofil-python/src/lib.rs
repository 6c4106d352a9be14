//! The extension module of the Python package `cofil`. It translates between Python and the library, and states no
//! rule of its own. The package itself is in `python/cofil`.

mod capsule;
mod columns;
mod errors;
mod exchange;
mod figure;
mod frame;
mod ids;
mod input;
mod model;
mod queries;
mod ratings;
mod reproduce;
mod run;
mod values;
mod work;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _cofil {
    use super::errors::raised;
    use super::run;
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::exchange::{export_model, import_model};
    #[pymodule_export]
    use super::figure::{Figure, plot_curve, plot_map, plot_matrix, plot_network, plot_ratings};
    #[pymodule_export]
    use super::frame::Frame;
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::ratings::Ratings;
    #[pymodule_export]
    use super::reproduce::{experiments, reproduce};
    #[pymodule_export]
    use super::work::{algorithm, compare, fit, names, preset, sample, schemas, search, settings};

    /// The number of threads that work uses.
    #[pyfunction]
    fn threads() -> usize {
        run::threads()
    }

    /// Sets the number of threads; `None` for all cores.
    #[pyfunction]
    #[pyo3(signature = (threads=None))]
    fn set_threads(py: Python<'_>, threads: Option<i64>) -> PyResult<()> {
        run::set_threads(threads).map_err(|error| raised(py, &error))
    }

    /// Whether a column is known by its name.
    #[pyfunction]
    fn is_column_name(name: &str) -> bool {
        cofil::data::read::is_column_name(name)
    }

    /// Runs the command and returns its exit status; the process is expected to end.
    #[pyfunction]
    fn main(py: Python<'_>, arguments: Vec<std::ffi::OsString>) -> u8 {
        py.detach(|| cofil_cli::main(arguments))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // A damaged file is an exception, and no message of a decoder's panic belongs on the screen.
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !cofil::data::read::is_decoding() {
                usual(panic);
            }
        }));
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
