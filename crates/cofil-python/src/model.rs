//! Trained models: persistence, evaluation, updates and vectors. Queries are in `queries`.

#![allow(unsafe_code, reason = "arrays of NumPy view the vectors of a model")]

use crate::errors::raised;
use crate::frame::Frame;
use crate::ids::{self, Categories};
use crate::input::Input;
use crate::ratings::{Options, Ratings, table};
use crate::run::run;
use crate::values::{self, plain};
use cofil::data::{Catalogue, Table};
use cofil::evaluate::{Candidates, TestPart};
use cofil::math::Matrix;
use cofil::{Duplicates, IdMap, Metric, Protocol, Recommender, Rerank};
use numpy::ndarray::ArrayView2;
use numpy::{PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// A trained model with its ids and the users' histories.
#[pyclass(frozen, module = "cofil._cofil")]
pub struct Model {
    inner: RwLock<Arc<Recommender>>,
    pub categories: Categories,
    /// Why the algorithm was chosen, and the settings that follow from the data; null if the model was loaded.
    chosen: Value,
}

impl Model {
    pub fn new(recommender: Recommender, categories: Categories, chosen: Value) -> Self {
        Self { inner: RwLock::new(recommender.into()), categories, chosen }
    }

    /// Returns the recommender. It waits for an update that is running, so the interpreter's lock must not be held.
    pub fn get(&self) -> RwLockReadGuard<'_, Arc<Recommender>> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the recommender when all queries have ended.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut Recommender) -> cofil::Result<T>,
    ) -> cofil::Result<T> {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::get_mut(&mut inner).is_none() {
            // Arrays of NumPy view its vectors: they keep it, and this model goes on with a copy.
            *inner = Recommender::from_bytes(&inner.to_bytes()?)?.into();
        }
        change(Arc::get_mut(&mut inner).expect("nobody else has it"))
    }

    /// Reads interactions, or takes ratings; ids are numbered after those of the model.
    fn events(
        &self,
        py: Python<'_>,
        events: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Table> {
        let known = run(py, None, || {
            let model = self.get();
            Ok((model.users().clone(), model.items().clone()))
        })?;
        interactions(py, events, options, known)
    }
}

#[pymethods]
impl Model {
    /// Loads a model file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let recommender = run(py, None, || Recommender::load(&path))?;
        Ok(Self::new(recommender, Categories::default(), Value::Null))
    }

    /// Loads a model from the bytes of its file.
    #[staticmethod]
    #[pyo3(signature = (bytes, users_are_categories=false, items_are_categories=false))]
    fn from_bytes(
        py: Python<'_>,
        bytes: &[u8],
        users_are_categories: bool,
        items_are_categories: bool,
    ) -> PyResult<Self> {
        let recommender = run(py, None, || Recommender::from_bytes(bytes))?;
        let categories = Categories { users: users_are_categories, items: items_are_categories };
        Ok(Self::new(recommender, categories, Value::Null))
    }

    /// Saves the model and returns its fingerprint.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<String> {
        run(py, None, || self.get().save(&path))
    }

    /// The bytes of the model file, and whether users and items are categories, which the file does not say.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyBytes>, bool, bool)> {
        let bytes = run(py, None, || self.get().to_bytes())?;
        Ok((PyBytes::new(py, &bytes), self.categories.users, self.categories.items))
    }

    /// Where the model comes from and what it holds.
    fn card<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let card = run(py, None, || Ok(self.get().model_card()))?;
        plain(py, &card)
    }

    /// Why the algorithm was chosen, and the settings that follow from the data.
    fn chosen<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::object(py, &self.chosen)
    }

    /// The type of the ids of users, or of items: `text`, `integer` or `uuid`.
    fn kind(&self, py: Python<'_>, of_users: bool) -> PyResult<String> {
        let kind = run(py, None, || {
            let model = self.get();
            Ok(if of_users { model.users().kind() } else { model.items().kind() })
        })?;
        plain(py, &kind)?.extract()
    }

    /// The ids of the users, or of the items, as a table of one column.
    fn ids(&self, py: Python<'_>, of_users: bool) -> PyResult<Frame> {
        run(py, None, || {
            let model = self.get();
            let (name, ids, category) = match of_users {
                true => ("user", model.users(), self.categories.users),
                false => ("item", model.items(), self.categories.items),
            };
            Ok(Frame::new(vec![ids::column(name, ids, category, 0..ids.len() as u32)]))
        })
    }

    /// The vectors of users or items, one row each, without a copy; `None` if the model has none.
    fn vectors<'py>(
        &self,
        py: Python<'py>,
        of_users: bool,
    ) -> PyResult<Option<Bound<'py, PyArray2<f32>>>> {
        let kept = run(py, None, || Ok(self.get().clone()))?;
        let owner = Bound::new(py, Kept(kept))?;
        let model = owner.get().0.model();
        let vectors = if of_users { model.user_vectors() } else { model.item_vectors() };
        let view = |vectors: &Matrix| {
            let shape = (vectors.rows(), vectors.cols());
            let view = ArrayView2::from_shape(shape, vectors.data()).expect("rows end to end");
            // SAFETY: the owner of the array keeps the vectors, which nobody changes while it exists.
            let array = unsafe { PyArray2::borrow_from_array(&view, owner.clone().into_any()) };
            array.readwrite().make_nonwriteable();
            array
        };
        Ok(vectors.map(view))
    }

    /// Evaluates the model on test ratings, with histories of new users.
    #[pyo3(signature = (test, given, options, settings, hear=None))]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        test: &Bound<'py, PyAny>,
        given: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
        settings: &Bound<'py, PyDict>,
        hear: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let settings = values::map(settings)?;
        let mut given = match given.is_none() {
            true => None,
            false => Some(self.events(py, given, options)?.interactions),
        };
        let mut test = self.events(py, test, options)?.interactions;
        let report = run(py, hear.as_ref(), || {
            let model = self.get();
            if let Some(given) = &mut given {
                (*given, test) = cofil::data::split::align(std::mem::take(given), &test)?;
            }
            let given = given.map(|given| given.into_ratings(Duplicates::Last)).transpose()?;
            let given = given.map(|given| model.weigh(given));
            let test = test.into_ratings(Duplicates::Last)?;
            let usual = model.card().target().metrics();
            let part = TestPart { ratings: &test, given: given.as_ref() };
            model.evaluate(&model.histories()?, part, &protocol(settings, usual)?)
        })?;
        plain(py, &report)
    }

    /// Adds interactions without training again.
    fn update<'py>(
        &self,
        py: Python<'py>,
        events: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
        implicit: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut table = self.events(py, events, options)?;
        if implicit {
            table.report.value = None;
        }
        let updated = run(py, None, || {
            self.change(|model| {
                let events = model.events(table);
                model.update(&events)
            })
        })?;
        plain(py, &updated)
    }

    /// Removes users, and with `refit` trains again without them.
    fn forget<'py>(
        &self,
        py: Python<'py>,
        users: Vec<String>,
        refit: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        let forgotten = run(py, None, || {
            self.change(|model| match refit {
                true => model.forget_and_refit(&users),
                false => model.forget(&users),
            })
        })?;
        plain(py, &forgotten)
    }

    /// Sets the table of items; `None` removes it.
    fn describe_items(
        &self,
        py: Python<'_>,
        items: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<()> {
        let catalogue = catalogue(py, items, options)?;
        run(py, None, || {
            self.change(|model| {
                model.set_catalogue(catalogue.map(Arc::new));
                Ok(())
            })
        })
    }
}

/// Keeps a recommender for arrays that view it.
#[pyclass(frozen)]
struct Kept(Arc<Recommender>);

/// Reads interactions, or takes ratings; ids are numbered after those of `known` users and items.
pub fn interactions(
    py: Python<'_>,
    events: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
    known: (Arc<IdMap>, Arc<IdMap>),
) -> PyResult<Table> {
    if let Ok(ratings) = events.cast::<Ratings>() {
        let (ratings, report) = (ratings.get(), ratings.get().report.clone());
        let interactions = run(py, None, || ratings.numbered(&known.0, &known.1))?;
        return Ok(Table { interactions, report });
    }
    let options = Options::of(values::map(options)?).map_err(|error| raised(py, &error))?;
    Ok(table(py, events, options.read, Some(known), None)?.0)
}

/// Reads a table of items.
pub fn catalogue(
    py: Python<'_>,
    items: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Option<Catalogue>> {
    if items.is_none() {
        return Ok(None);
    }
    let options = values::options(values::map(options)?).map_err(|error| raised(py, &error))?;
    let input = Input::of(items, "the table of items")?;
    let (read, _) = input.read(py, None, |source| Catalogue::read(source, &options))?;
    Ok(Some(read.0))
}

/// Returns a protocol from keywords: `metrics` may be one text, `sampled` a number, and the settings of reranking stand
/// beside the others.
pub fn protocol(mut settings: Map<String, Value>, usual: Vec<Metric>) -> cofil::Result<Protocol> {
    settings.retain(|_, value| !value.is_null());
    let metrics = match settings.remove("metrics") {
        None => usual,
        Some(Value::String(list)) => Metric::list(&list)?,
        Some(Value::Array(names)) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            Metric::list(&names.join(","))?
        }
        Some(other) => {
            return Err(cofil::Error::setting("metrics", format!("must be names, not {other}")));
        }
    };
    let sampled = settings.remove("sampled");
    let rerank = cofil::store::plain(&Rerank::default()).expect("plain data");
    let mut reranking = Map::new();
    for name in rerank.as_object().into_iter().flat_map(Map::keys) {
        reranking.extend(settings.remove(name).map(|value| (name.clone(), value)));
    }
    let rerank: Rerank = values::options(reranking)?;
    let mut protocol = Protocol { metrics, rerank, ..values::options(settings)? };
    if let Some(n) = sampled {
        let n = n.as_u64().and_then(|n| usize::try_from(n).ok());
        let n = n.ok_or_else(|| cofil::Error::setting("sampled", "must be a whole number"))?;
        protocol.candidates = Candidates::Sampled { n, seed: protocol.seed };
    }
    Ok(protocol)
}
