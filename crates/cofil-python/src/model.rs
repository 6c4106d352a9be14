//! Trained models: persistence, evaluation, updates and vectors. Queries are in `queries`.

#![allow(unsafe_code, reason = "arrays of NumPy view the vectors of a model")]

use crate::errors::{note, note_findings, raised};
use crate::frame::Frame;
use crate::ids;
use crate::input::Input;
use crate::ratings::{Options, Ratings, table};
use crate::run::run;
use crate::values::{self, plain};
use cofil::data::{Catalogue, Clean, Interactions, Table, undescribed, unlike};
use cofil::evaluate::{Candidates, TestPart};
use cofil::interview::Interviewer;
use cofil::math::Matrix;
use cofil::{IdMap, Metric, Protocol, Recommender, Rerank};
use numpy::ndarray::ArrayView2;
use numpy::{PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, TryLockError, TryLockResult};
use std::time::Duration;

/// A trained model with its ids and the users' histories.
#[pyclass(frozen, module = "cofil._cofil")]
pub struct Model {
    inner: RwLock<Arc<Recommender>>,
    /// Why the algorithm was chosen, and the settings that follow from the data; null if the model was loaded.
    chosen: Value,
    /// What interviews need of all histories, as long as the recommender stays the same.
    interviewer: Mutex<Option<Arc<Interviewer>>>,
}

impl Model {
    pub fn new(recommender: Recommender, chosen: Value) -> Self {
        Self { inner: RwLock::new(recommender.into()), chosen, interviewer: Mutex::new(None) }
    }

    /// Returns the interviewer of `recommender`, which is this model as it is now.
    pub fn interviewer(&self, recommender: &Arc<Recommender>) -> Arc<Interviewer> {
        let kept = || self.interviewer.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().clone();
        match known.filter(|known| Arc::ptr_eq(known.recommender(), recommender)) {
            Some(known) => known,
            // Not made under the lock, as Ctrl-C may end it.
            None => kept().insert(Arc::new(Interviewer::new(recommender.clone()))).clone(),
        }
    }

    /// Returns the recommender as it is now; a later change does not touch it. To be called before the work is given to
    /// the pool, whose threads must not wait for each other.
    pub fn get(&self, py: Python<'_>) -> PyResult<Arc<Recommender>> {
        Ok(wait(py, || self.inner.try_read())?.clone())
    }

    /// Changes the recommender, or a copy if queries, or arrays of NumPy that view its vectors, still have it.
    fn change<T: Send>(
        &self,
        py: Python<'_>,
        change: impl FnOnce(&mut Recommender) -> cofil::Result<T> + Send,
    ) -> PyResult<T> {
        // It has the recommender too.
        *self.interviewer.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let mut guard = wait(py, || self.inner.try_write())?;
        let inner: &mut Arc<Recommender> = &mut guard;
        run(py, None, || {
            if Arc::get_mut(inner).is_none() {
                *inner = Recommender::from_bytes(&inner.to_bytes()?)?.into();
            }
            change(Arc::get_mut(inner).expect("nobody else has it"))
        })
    }

    /// Reads interactions, or takes ratings; ids are numbered after those of the model.
    fn events(
        &self,
        py: Python<'_>,
        events: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<(Table, Clean)> {
        let model = self.get(py)?;
        interactions(py, events, options, Some((model.users().clone(), model.items().clone())))
    }
}

/// Asks for a lock until it is free, without the interpreter's lock, looking for Ctrl-C.
fn wait<G>(py: Python<'_>, ask: impl Fn() -> TryLockResult<G>) -> PyResult<G> {
    loop {
        match ask() {
            Ok(guard) => return Ok(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                py.detach(|| std::thread::sleep(Duration::from_millis(1)));
                py.check_signals()?;
            }
        }
    }
}

#[pymethods]
impl Model {
    /// Loads a model file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let recommender = run(py, None, || Recommender::load(&path))?;
        Ok(Self::new(recommender, Value::Null))
    }

    /// Loads a model from the bytes of its file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let recommender = run(py, None, || Recommender::from_bytes(bytes))?;
        Ok(Self::new(recommender, Value::Null))
    }

    /// Saves the model and returns its fingerprint.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<String> {
        let model = self.get(py)?;
        run(py, None, || model.save(&path))
    }

    /// The bytes of the model file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let model = self.get(py)?;
        Ok(PyBytes::new(py, &run(py, None, || model.to_bytes())?))
    }

    /// Where the model comes from and what it holds.
    fn card<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let model = self.get(py)?;
        let card = run(py, None, || Ok(model.model_card()))?;
        plain(py, &card)
    }

    /// Why the algorithm was chosen, and the settings that follow from the data.
    fn chosen<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::object(py, &self.chosen)
    }

    /// The type of the ids of users, or of items: `text`, `integer`, `uuid` or `category`.
    fn kind(&self, py: Python<'_>, of_users: bool) -> PyResult<String> {
        let model = self.get(py)?;
        plain(py, &if of_users { model.users().kind() } else { model.items().kind() })?.extract()
    }

    /// The ids of the users, or of the items, as a table of one column.
    fn ids(&self, py: Python<'_>, of_users: bool) -> PyResult<Frame> {
        let model = self.get(py)?;
        run(py, None, || {
            let (name, ids) = match of_users {
                true => ("user", model.users()),
                false => ("item", model.items()),
            };
            Ok(Frame::new(vec![ids::column(name, ids, 0..ids.len() as u32)]))
        })
    }

    /// The vectors of users or items, one row each, without a copy; `None` if the model has none.
    fn vectors<'py>(
        &self,
        py: Python<'py>,
        of_users: bool,
    ) -> PyResult<Option<Bound<'py, PyArray2<f32>>>> {
        let owner = Bound::new(py, Kept(self.get(py)?))?;
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
            // Histories are given for users that the model does not know.
            false => {
                let model = self.get(py)?;
                let known = (Arc::default(), model.items().clone());
                let (mut table, clean) = interactions(py, given, options, Some(known))?;
                let known = Interactions {
                    users: model.users().clone(),
                    items: model.items().clone(),
                    ..Interactions::default()
                };
                table.interactions =
                    run(py, None, || Ok(cofil::data::split::align(known, &table.interactions)?.1))?;
                Some((table, clean))
            }
        };
        let known = given.as_ref().map(|(given, _)| &given.interactions);
        let (test, clean) = match known.map(|known| (known.users.clone(), known.items.clone())) {
            Some(known) => interactions(py, test, options, Some(known))?,
            None => self.events(py, test, options)?,
        };
        let mut test = test.interactions;
        let model = self.get(py)?;
        let report = run(py, hear.as_ref(), || {
            if let Some((Table { interactions: given, .. }, _)) = &mut given {
                (*given, test) = cofil::data::split::align(std::mem::take(given), &test)?;
            }
            let given =
                given.map(|(given, clean)| given.interactions.into_ratings(clean.duplicates));
            let given = given.transpose()?.map(|given| model.weigh(given));
            let test = test.into_ratings(clean.duplicates)?;
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
        // Numbered on their own, so that their types show.
        let (table, clean) = interactions(py, events, options, None)?;
        let clean = Clean { implicit: implicit || clean.implicit, ..clean };
        let (updated, cleaned) = self.change(py, |model| {
            model.check_types(&table)?;
            let (events, cleaned) = model.events(table, &clean)?;
            Ok((model.update(&events, clean.duplicates)?, cleaned))
        })?;
        note_findings(py, &cleaned.notes)?;
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
        let forgotten = self.change(py, |model| match refit {
            true => model.forget_and_refit(&users),
            false => model.forget(&users),
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
        let model = self.get(py)?;
        let catalogue = catalogue(py, items, options, model.items())?;
        drop(model);
        self.change(py, |model| {
            model.set_catalogue(catalogue.map(Arc::new));
            Ok(())
        })
    }
}

/// Keeps a recommender for arrays that view it.
#[pyclass(frozen)]
struct Kept(Arc<Recommender>);

/// Reads interactions, or takes ratings, and returns how to clean them; ids are numbered after those of `known` users and
/// items.
pub fn interactions(
    py: Python<'_>,
    events: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
    known: Option<(Arc<IdMap>, Arc<IdMap>)>,
) -> PyResult<(Table, Clean)> {
    if let Ok(ratings) = events.cast::<Ratings>() {
        let (ratings, report) = (ratings.get(), ratings.get().report.clone());
        if let Some((users, items)) = &known {
            note_unlike(py, &ratings.table, users, items)?;
        }
        let interactions = run(py, None, || match &known {
            Some((users, items)) => ratings.numbered(users, items),
            None => Ok((*ratings.table).clone()),
        })?;
        return Ok((Table { interactions, report }, ratings.clean.clone()));
    }
    let options = Options::of(values::map(options)?).map_err(|error| raised(py, &error))?;
    let table = table(py, events, options.read, known, None)?;
    note(py, &table.report.notes)?;
    Ok((table, options.clean))
}

/// Warns if next to none of the ids of `rows` are among those of a model.
pub fn note_unlike(
    py: Python<'_>,
    rows: &Interactions,
    users: &IdMap,
    items: &IdMap,
) -> PyResult<()> {
    let notes =
        [unlike("user", rows.users.names(), users), unlike("item", rows.items.names(), items)];
    note(py, &notes.into_iter().flatten().collect::<Vec<_>>())
}

/// Reads a table of the items `known`.
pub fn catalogue(
    py: Python<'_>,
    items: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
    known: &IdMap,
) -> PyResult<Option<Catalogue>> {
    if items.is_none() {
        return Ok(None);
    }
    let options = values::options(values::map(options)?).map_err(|error| raised(py, &error))?;
    let input = Input::of(items, "the table of items")?;
    let ((catalogue, report), noted) =
        input.read(py, None, |source| Catalogue::read_for(source, &options, known))?;
    noted.check(|_| true)?;
    note(py, &report.notes)?;
    note(py, undescribed(known, catalogue.ids()).as_slice())?;
    Ok(Some(catalogue))
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
    if let Some(name) = settings.get("candidates").filter(|of| of.is_string() && **of != "all") {
        let says =
            format!("must be `all`, or leave it out and give `sampled` = a number, not {name}");
        return Err(cofil::Error::setting("candidates", says));
    }
    if let Some(Value::Object(together)) = settings.remove("rerank") {
        settings.extend(together);
    }
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
