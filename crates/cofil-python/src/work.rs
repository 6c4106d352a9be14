//! Training, comparison and search.

#![allow(clippy::too_many_arguments, reason = "the functions are called by Python alone")]

use crate::errors::raised;
use crate::frame::Frame;
use crate::input::Input;
use crate::model::{Model, catalogue, note_unlike, protocol};
use crate::ratings::Ratings;
use crate::run::run;
use crate::values::{self, object, plain};
use cofil::contest::{self, Entrant, Plan, Tuning};
use cofil::data::read::{self, Negatives};
use cofil::data::split::HeldOut;
use cofil::data::{Clean, ReadOptions};
use cofil::train::{Checkpoint, Validation};
use cofil::tune::{self, Journal, Range, Search, Space};
use cofil::{Algorithm, Duplicates, Error, Interactions, Purpose, Recommender, Run, Suited};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use schemars::schema_for;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How to train, besides the algorithm and its settings.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Training {
    seed: u64,
    valid: Option<f64>,
    metric: Vec<cofil::Metric>,
    patience: Option<usize>,
    checkpoint: Option<PathBuf>,
    checkpoint_every: usize,
    resume: bool,
    seen: bool,
    purpose: Option<Purpose>,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            seed: 0,
            valid: None,
            metric: Vec::new(),
            patience: None,
            checkpoint: None,
            checkpoint_every: 1,
            resume: false,
            seen: true,
            purpose: None,
        }
    }
}

fn given(of: &Bound<'_, PyDict>) -> PyResult<Map<String, Value>> {
    let mut given = values::map(of)?;
    given.retain(|_, value| !value.is_null());
    Ok(given)
}

/// Trains a model. Without a name, the algorithm that suits the data.
#[pyfunction]
#[pyo3(signature = (train, algorithm, settings, training, valid=None, items=None, negatives=None, hear=None))]
pub fn fit(
    py: Python<'_>,
    train: &Bound<'_, Ratings>,
    algorithm: Option<&str>,
    settings: &Bound<'_, PyDict>,
    training: &Bound<'_, PyDict>,
    valid: Option<&Bound<'_, Ratings>>,
    items: Option<&Bound<'_, PyAny>>,
    negatives: Option<&Bound<'_, PyAny>>,
    hear: Option<Py<PyAny>>,
) -> PyResult<Model> {
    let (settings, training) = (given(settings)?, given(training)?);
    let training: Training = values::options(training).map_err(|error| raised(py, &error))?;
    if training.valid.is_none() && valid.is_none() {
        let name = match (training.metric.is_empty(), training.patience) {
            (false, _) => Some("metric"),
            (true, Some(_)) => Some("patience"),
            (true, None) => None,
        };
        let told = |name| Error::setting(name, "needs a validation set: give `valid`, such as 0.1");
        if let Some(name) = name {
            return Err(raised(py, &told(name)));
        }
    }
    let catalogue = match items {
        Some(items) => catalogue(py, items, &PyDict::new(py), &train.get().table.items)?,
        None => None,
    };
    let (train, valid) = (train.get(), valid.map(Bound::get));
    if let Some(valid) = valid {
        note_unlike(py, &valid.table, &train.table.users, &train.table.items)?;
    }
    let (ratings, valid) = run(py, hear.as_ref(), || {
        if let Some(path) = &training.checkpoint {
            cofil::store::check_new(path, "a checkpoint", training.resume)?;
        }
        Ok(match (training.valid, valid) {
            (None, None) => (train.grouped()?, None),
            (Some(share), _) => {
                let HeldOut { train, valid, .. } = held_out(&train.rows()?, share, training.seed)?;
                (Arc::new(train), Some(valid))
            }
            (None, Some(valid)) => {
                let ratings = (*train.grouped()?).clone();
                let rows = valid.numbered(&ratings.users, &ratings.items)?;
                let HeldOut { train, valid, .. } = HeldOut::rows(ratings, rows, &train.clean)?;
                (Arc::new(train), Some(valid))
            }
        })
    })?;
    let negatives = match negatives {
        Some(table) => Some(self::negatives(py, table, &ratings)?),
        None => None,
    };
    let notes = negatives.as_ref().map(|of| [&of.skipped()[..], &of.notes].concat());
    let (recommender, chosen) = run(py, hear.as_ref(), || {
        let (name, why) = match algorithm {
            Some(name) => (name.to_owned(), None),
            None => {
                let advice = Algorithm::suggest(&ratings, training.purpose);
                (advice.algorithm.name().to_owned(), Some(advice.reason))
            }
        };
        let Suited { algorithm, chosen } =
            Algorithm::from_settings_for(&name, &settings, &ratings)?;
        let usual = [algorithm.target().metric()];
        let (&metric, also) = training.metric.split_first().unwrap_or((&usual[0], &[]));
        let patience = training.patience.unwrap_or(5);
        let run = Run {
            seed: training.seed,
            validation: valid.as_ref().map(|ratings| Validation {
                patience,
                also,
                on_train: true,
                ..Validation::new(ratings, metric)
            }),
            checkpoint: training
                .checkpoint
                .map(|path| Checkpoint::new(path, training.checkpoint_every)),
            negatives: negatives.as_ref().map(|negatives| &negatives.by_user[..]),
            values: train.values,
        };
        let mut recommender = Recommender::train(&algorithm, &ratings, &run)?;
        if let Some(catalogue) = catalogue {
            recommender = recommender.with_catalogue(Some(catalogue.into()));
        }
        if !training.seen {
            recommender.forget_seen();
        }
        Ok((
            recommender,
            json!({"why": why, "defaults": chosen, "notes": notes.unwrap_or_default()}),
        ))
    })?;
    Ok(Model::new(recommender, chosen))
}

/// Holds out a share, which is called `valid` here; a number of rows would be ratings.
fn held_out(rows: &Interactions, share: f64, seed: u64) -> cofil::Result<HeldOut> {
    HeldOut::share(rows, share, seed).map_err(|error| match error {
        Error::Setting { setting, .. } if setting == "test" => {
            Error::setting("valid", format!("a share is above 0 and below 1, not {share}"))
        }
        other => other,
    })
}

/// Reads negatives: for each user of `train` the items to learn against.
fn negatives(
    py: Python<'_>,
    table: &Bound<'_, PyAny>,
    train: &cofil::Ratings,
) -> PyResult<Negatives> {
    let options = ReadOptions::default();
    let read = |source| read::read_negatives(source, &options, &train.users, &train.items);
    let (negatives, noted) = Input::of(table, "the negatives")?.read(py, None, read)?;
    noted.check(|_| true)?;
    Ok(negatives)
}

/// Trains several algorithms, given as (name, settings), and evaluates them on one test set.
#[pyfunction]
#[pyo3(signature = (train, test, given, algorithms, settings, tune, hear=None))]
pub fn compare<'py>(
    py: Python<'py>,
    train: &Bound<'py, Ratings>,
    test: &Bound<'py, Ratings>,
    given: Option<&Bound<'py, Ratings>>,
    algorithms: Option<Vec<(String, Bound<'py, PyDict>)>>,
    settings: &Bound<'py, PyDict>,
    tune: &Bound<'py, PyDict>,
    hear: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (settings, tune) = (self::given(settings)?, self::given(tune)?);
    let algorithms = match algorithms {
        None => None,
        Some(list) => {
            let one = |(name, settings): &(String, Bound<'py, PyDict>)| {
                Ok((name.clone(), self::given(settings)?))
            };
            Some(list.iter().map(one).collect::<PyResult<Vec<_>>>()?)
        }
    };
    let (train, test, given) = (train.get(), test.get(), given.map(Bound::get));
    let known = given.unwrap_or(train);
    note_unlike(py, &test.table, &known.table.users, &train.table.items)?;
    let outcome = run(py, hear.as_ref(), || {
        let contest: Contest = values::options(tune)?;
        let protocol = protocol(settings, cofil::Protocol::default().metrics)?;
        let entrants = match algorithms {
            Some(list) => list
                .iter()
                .map(|(name, settings)| Entrant::of(name, settings, true))
                .collect::<cofil::Result<Vec<_>>>()?,
            None => Plan::suited(&protocol.metrics)
                .iter()
                .map(|recipe| Entrant::of(recipe.name(), &Map::new(), false))
                .collect::<cofil::Result<Vec<_>>>()?,
        };
        let rows = train.rows()?;
        let numbered = |given: &Ratings| -> cofil::Result<_> {
            Ok((given.numbered(&rows.users, &rows.items)?, given.clean.duplicates))
        };
        let given = given.map(numbered).transpose()?;
        let (users, items) = match &given {
            Some((given, _)) => (&given.users, &given.items),
            None => (&rows.users, &rows.items),
        };
        let test = test.numbered(users, items)?.into_ratings(test.clean.duplicates)?;
        let given = given.map(|(rows, merged)| rows.into_ratings(merged)).transpose()?;
        let given = given.map(|given| train.clean.weigh(given));
        let parallel = contest.parallel;
        let plan = Plan {
            seed: protocol.seed,
            tuning: contest.tune.map(|trials| Tuning {
                trials,
                parallel,
                journals: contest.journal,
                resume: contest.resume,
            }),
            limit: limit(contest.limit)?,
            values: train.values,
            ..Plan::new(entrants, protocol)
        };
        let part = cofil::evaluate::TestPart { ratings: &test, given: given.as_ref() };
        contest::run(&plan, &rows, part)
    })?;
    let conclusion = outcome.conclusion().map(|found| found.say(str::to_owned));
    let mut value = cofil::store::plain(&outcome).expect("an outcome is plain data");
    value["conclusion"] = conclusion.into();
    object(py, &value)
}

/// Options of a comparison.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Contest {
    tune: Option<usize>,
    parallel: usize,
    limit: Option<f64>,
    /// Folder of the finished trials.
    journal: Option<PathBuf>,
    resume: bool,
}

impl Default for Contest {
    fn default() -> Self {
        Self { tune: None, parallel: 1, limit: None, journal: None, resume: false }
    }
}

fn limit(seconds: Option<f64>) -> cofil::Result<Option<Duration>> {
    let limit = |seconds| {
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| Error::setting("limit", "must be a number of seconds"))
    };
    seconds.map(limit).transpose()
}

/// Options of a search.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Searching {
    trials: Option<usize>,
    metric: Option<cofil::Metric>,
    valid: Option<f64>,
    seed: u64,
    ranges: Vec<Range>,
    method: tune::Method,
    halving: Option<usize>,
    judged: Option<usize>,
    parallel: Option<usize>,
    limit: Option<f64>,
    /// File of the finished trials.
    journal: Option<PathBuf>,
    resume: bool,
}

/// Searches for the best settings of an algorithm.
#[pyfunction]
#[pyo3(signature = (train, algorithm, settings, options, valid=None, hear=None))]
pub fn search<'py>(
    py: Python<'py>,
    train: &Bound<'py, Ratings>,
    algorithm: &str,
    settings: &Bound<'py, PyDict>,
    options: &Bound<'py, PyDict>,
    valid: Option<&Bound<'py, Ratings>>,
    hear: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (settings, options) = (given(settings)?, given(options)?);
    let (train, valid) = (train.get(), valid.map(Bound::get));
    let (found, metric) = run(py, hear.as_ref(), || {
        let options: Searching = values::options(options)?;
        if let Some(path) = &options.journal {
            cofil::store::check_new(path, "finished trials", options.resume)?;
        }
        let rows = train.rows()?;
        let whole = cofil::Ratings::new(&rows, Duplicates::Error)?;
        let held = match valid {
            Some(valid) => {
                let rows = valid.numbered(&whole.users, &whole.items)?;
                HeldOut::rows(whole.clone(), rows, &train.clean)?
            }
            None => held_out(&rows, options.valid.unwrap_or(0.1), options.seed)?,
        };
        let base = Algorithm::from_settings_for(algorithm, &settings, &whole)?.algorithm;
        let metric = options.metric.unwrap_or_else(|| base.target().metric());
        let fixed: Vec<&str> = settings.keys().map(String::as_str).collect();
        let space = Space::new(base, &fixed, &options.ranges)?.for_data(&held.train);
        let usual = Search::new(options.trials.unwrap_or(30), metric);
        let search = Search {
            method: options.method,
            halving: options.halving.unwrap_or(usual.halving),
            judged: options.judged.unwrap_or(usual.judged),
            parallel: options.parallel.unwrap_or(usual.parallel),
            seed: options.seed,
            limit: limit(options.limit)?,
            values: train.values,
            ..usual
        };
        let HeldOut { train, valid, .. } = &held;
        let journal =
            options.journal.map(|path| Journal::open(&path, &space, train, valid, &search));
        let mut journal = journal.transpose()?;
        Ok((tune::search(&space, train, valid, &search, journal.as_mut())?, metric))
    })?;
    let mut value = cofil::store::plain(&found).expect("plain data");
    value["metric"] = metric.to_string().into();
    object(py, &value)
}

/// The names of the algorithms.
#[pyfunction]
pub fn names() -> Vec<&'static str> {
    Algorithm::all().iter().map(Algorithm::name).collect()
}

/// The name and schema of an algorithm, and the rules of the defaults that follow from the data.
#[pyfunction]
pub fn algorithm<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let described = || {
        let algorithm = Algorithm::from_settings(name, &Map::new())?;
        let rules = algorithm.rules().iter();
        let rules: Vec<Value> =
            rules.map(|rule| json!({"setting": rule.setting, "rule": rule.rule})).collect();
        let presets = algorithm.presets().iter();
        let presets: Vec<Value> =
            presets.map(|preset| json!({"name": preset.name, "about": preset.about})).collect();
        let name = algorithm.name();
        let schema = Algorithm::schema(name)?;
        Ok(json!({"name": name, "schema": schema, "rules": rules, "presets": presets}))
    };
    object(py, &described().map_err(|error| raised(py, &error))?)
}

/// The settings of a preset.
#[pyfunction]
pub fn preset<'py>(py: Python<'py>, algorithm: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let found = Algorithm::from_settings(algorithm, &Map::new()).and_then(|a| a.preset(name));
    plain(py, &found.map_err(|error| raised(py, &error))?)
}

/// The schemas of options, from which the stubs are made.
#[pyfunction]
pub fn schemas(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let all = json!({
        "read": schema_for!(ReadOptions),
        "clean": schema_for!(Clean),
        "query": schema_for!(cofil::Query),
        "protocol": schema_for!(cofil::Protocol),
        "rerank": schema_for!(cofil::Rerank),
        "import": schema_for!(cofil::exchange::ImportOptions),
    });
    object(py, &all)
}

/// Checks settings and a seed, and returns all settings.
#[pyfunction]
pub fn settings<'py>(
    py: Python<'py>,
    algorithm: &str,
    settings: &Bound<'py, PyDict>,
    seed: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let (settings, seed) = (given(settings)?, values::value(seed)?);
    let made = Algorithm::from_settings(algorithm, &settings).map_err(|error| match error {
        Error::Unknown { kind: "setting", name, valid, .. } => {
            Error::unknown("setting", &name, valid.iter().map(String::as_str).chain(["seed"]))
        }
        other => other,
    });
    let checked = made.and_then(|made| {
        // As `Training` takes it.
        values::options::<Training>(Map::from_iter([("seed".to_owned(), seed)]))?;
        Ok(made)
    });
    plain(py, &checked.map_err(|error| raised(py, &error))?)
}

/// The bundled sample of interactions.
#[pyfunction]
pub fn sample(py: Python<'_>) -> PyResult<Frame> {
    let rows = run(py, None, cofil::data::sample_set)?;
    let column = |name, ids, numbers: Vec<u32>| crate::ids::column(name, ids, numbers.into_iter());
    Ok(Frame::new(vec![
        column("user", &rows.users, rows.user.clone()),
        column("item", &rows.items, rows.item.clone()),
    ]))
}
