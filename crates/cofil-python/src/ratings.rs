//! Tables of interactions.

use crate::columns;
use crate::frame::Frame;
use crate::ids;
use crate::input::Input;
use crate::run::run;
use crate::values::{self, plain};
use arrow_array::{Float32Array, TimestampSecondArray};
use cofil::data::read::ColumnReport;
use cofil::data::split::SplitSettings;
use cofil::data::{Clean, Description, NO_TIME, ReadOptions, ReadReport, ReadValues, Table, read};
use cofil::{Advice, Duplicates, Error, IdKind, IdMap, Interactions};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::{Map, Value};
use std::sync::{Arc, OnceLock};

/// A table of interactions, and how it is cleaned before use.
#[pyclass(frozen, module = "cofil._cofil")]
pub struct Ratings {
    /// The rows before cleaning.
    pub table: Arc<Interactions>,
    /// How the table was read, or the one that this is a part of.
    pub report: ReadReport,
    pub clean: Clean,
    pub values: ReadValues,
    grouped: OnceLock<Arc<cofil::Ratings>>,
}

/// What a table in memory is called, in place of a path.
const IN_MEMORY: &str = "the table";

/// Options of a table: of reading and of cleaning.
pub struct Options {
    pub read: ReadOptions,
    pub clean: Clean,
    pub values: ReadValues,
}

impl Options {
    /// Sorts options by what they are for. None counts as not given.
    pub fn of(given: Map<String, Value>) -> cofil::Result<Self> {
        let names = |of: &Value| -> Vec<String> {
            of.as_object().into_iter().flat_map(Map::keys).cloned().collect()
        };
        let plain = |of| cofil::store::plain(of).expect("options are plain data");
        let of_read = names(&plain(&ReadOptions::default()));
        let of_clean = names(&cofil::store::plain(&Clean::default()).expect("plain data"));
        let (mut read, mut clean, mut as_weights, mut not_a_number) =
            (Map::new(), Map::new(), false, false);
        for (name, value) in given.into_iter().filter(|(_, value)| !value.is_null()) {
            match (name.as_str(), &value) {
                ("as_weights", _) => as_weights = value == Value::Bool(true),
                // JSON has no such number.
                ("missing", Value::String(text)) if text.eq_ignore_ascii_case("nan") => {
                    not_a_number = true;
                }
                ("weights", Value::Object(weights)) => {
                    let pairs =
                        weights.iter().map(|(kind, weight)| serde_json::json!([kind, weight]));
                    read.insert(name, pairs.collect());
                }
                ("user" | "item" | "value" | "time" | "kind", Value::Number(position)) => {
                    read.insert(name, position.to_string().into());
                }
                _ if of_read.contains(&name) => _ = read.insert(name, value),
                _ if of_clean.contains(&name) => _ = clean.insert(name, value),
                _ => {
                    let more = of_clean.iter().filter(|name| !of_read.contains(name));
                    let valid = of_read.iter().chain(more).map(String::as_str);
                    return Err(Error::unknown("setting", &name, valid.chain(["as_weights"])));
                }
            }
        }
        let mut read: ReadOptions = values::options(read)?;
        if not_a_number {
            read.missing = Some(f32::NAN);
        }
        let merged = clean.contains_key("duplicates");
        let mut clean: Clean = values::options(clean)?;
        if !merged {
            clean.duplicates = Duplicates::usual(&read);
        }
        let values = ReadValues::usual(&read, as_weights);
        Ok(Self { read, clean, values })
    }
}

/// Reads a table of interactions; ids are numbered after those of `known`. Ids of a column of categories are categories.
pub fn table(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    options: ReadOptions,
    known: Option<(Arc<IdMap>, Arc<IdMap>)>,
    hear: Option<&Py<PyAny>>,
) -> PyResult<Table> {
    let (users, items) = known.unwrap_or_default();
    let read = |source| read::read_with(source, &options, &users, &items);
    let (mut table, noted) = Input::of(source, IN_MEMORY)?.read(py, hear, read)?;
    let ReadReport { user, item, value, time, kind, .. } = &table.report;
    let place = |column: &ColumnReport| column.position.checked_sub(1);
    if let Some(schema) = &noted.schema {
        let rows = &mut table.interactions;
        for (column, ids) in [(user, &mut rows.users), (item, &mut rows.items)] {
            if let Some(field) = place(column).and_then(|at| schema.fields().get(at)) {
                ids::mark(Arc::make_mut(ids), field.data_type());
            }
        }
    }
    let others = [value, time, kind].into_iter().flatten();
    let used: Vec<usize> = [user, item].into_iter().chain(others).filter_map(place).collect();
    noted.check(|at| used.contains(&at))?;
    Ok(table)
}

impl Ratings {
    /// A part of this table, which is clean already; a model merges it with what it knows as this table.
    fn part(&self, rows: Interactions) -> Self {
        Self {
            table: rows.into(),
            report: self.report.clone(),
            clean: Clean { duplicates: self.clean.duplicates, ..Clean::default() },
            values: self.values,
            grouped: OnceLock::new(),
        }
    }

    /// Returns the clean rows, in the order of the table.
    pub fn rows(&self) -> cofil::Result<Interactions> {
        Ok(self.clean.interactions((*self.table).clone())?.0)
    }

    /// Returns the clean rows by user.
    pub fn grouped(&self) -> cofil::Result<Arc<cofil::Ratings>> {
        if let Some(grouped) = self.grouped.get() {
            return Ok(grouped.clone());
        }
        let ratings = match self.is_clean() {
            // The same without a copy of the table.
            true => cofil::Ratings::new(&self.table, self.clean.duplicates)?,
            false => self.clean.ratings((*self.table).clone())?.0,
        };
        Ok(self.grouped.get_or_init(|| ratings.into()).clone())
    }

    /// Whether cleaning does no more than merge repeated rows.
    fn is_clean(&self) -> bool {
        let all = |column: &[u32], ids: &IdMap| {
            let mut seen = vec![false; ids.len()];
            column.iter().for_each(|&id| seen[id as usize] = true);
            !seen.is_empty() && seen.iter().all(|&seen| seen)
        };
        let Interactions { users, items, user, item, .. } = &*self.table;
        let merges = Clean { duplicates: self.clean.duplicates, ..Clean::default() };
        self.clean == merges && all(user, users) && all(item, items)
    }

    /// Returns the rows with users and items numbered after those of `known`.
    pub fn numbered(&self, users: &Arc<IdMap>, items: &Arc<IdMap>) -> cofil::Result<Interactions> {
        let known =
            Interactions { users: users.clone(), items: items.clone(), ..Interactions::default() };
        Ok(cofil::data::split::align(known, &self.table)?.1)
    }
}

#[pymethods]
impl Ratings {
    /// Reads a table. Codes of texts are categories, unless they only name the rows of a matrix. `known` are columns of
    /// users and items, numbered first.
    #[staticmethod]
    #[pyo3(signature = (source, options, as_categories=true, hear=None, known=None))]
    fn read(
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
        as_categories: bool,
        hear: Option<Py<PyAny>>,
        known: Option<(Bound<'_, PyAny>, Bound<'_, PyAny>)>,
    ) -> PyResult<Self> {
        let given = Options::of(values::map(options)?);
        let Options { read, clean, values } =
            given.map_err(|error| crate::errors::raised(py, &error))?;
        let known = match known {
            Some((users, items)) => {
                let [users, items] = [columns::column(&users)?, columns::column(&items)?];
                Some(run(py, None, || Ok((ids::map(&users)?.into(), ids::map(&items)?.into())))?)
            }
            None => None,
        };
        let Table { mut interactions, report } = table(py, source, read, known, hear.as_ref())?;
        if !as_categories {
            for ids in [&mut interactions.users, &mut interactions.items] {
                if ids.kind() == IdKind::Category {
                    Arc::make_mut(ids).set_text();
                }
            }
        }
        Ok(Self { table: interactions.into(), report, clean, values, grouped: OnceLock::new() })
    }

    fn __len__(&self) -> usize {
        self.table.len()
    }

    /// The numbers of users and items.
    fn shape(&self) -> (usize, usize) {
        (self.table.users.len(), self.table.items.len())
    }

    /// Whether the table has a column of values.
    fn has_values(&self) -> bool {
        self.report.has_values()
    }

    /// The ids of users, or of items, in the order of their numbers, as a table of one column.
    fn ids(&self, of_users: bool) -> Frame {
        let ids = if of_users { &self.table.users } else { &self.table.items };
        Frame::new(vec![ids::column("id", ids, 0..ids.len() as u32)])
    }

    /// Guesses and losses of reading that may be mistakes.
    fn notes(&self) -> &[String] {
        &self.report.notes
    }

    /// How the table was read, in words.
    fn read_as(&self) -> String {
        let told = self.report.to_string();
        // What is in memory has no format.
        match self.report.path == IN_MEMORY {
            true => told.replacen("Arrow IPC", IN_MEMORY, 1),
            false => told,
        }
    }

    /// The options of cleaning, as keywords.
    fn settings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut settings = cofil::store::plain(&self.clean).expect("plain data");
        settings.as_object_mut().into_iter().for_each(|map| _ = map.remove("missing"));
        settings["as_weights"] = (self.values == ReadValues::AsWeights).into();
        values::object(py, &settings)
    }

    /// What cleaning does, as sentences.
    fn cleaning(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        run(py, None, || Ok(self.clean.interactions((*self.table).clone())?.1.sentences()))
    }

    /// Describes the table.
    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let description = run(py, None, || Description::with(&self.table, self.values))?;
        let mut about = cofil::store::plain(&description).expect("plain data");
        let keyword = |option: &str, value: Option<&str>| match value {
            Some(value) => format!("with {}={value}", option.replace('-', "_")),
            None => format!("with {}=True", option.replace('-', "_")),
        };
        let warnings = description.verdict.warnings.iter();
        about["warnings"] = warnings.map(|warning| warning.say(keyword)).collect();
        about["advice"] = cofil::store::plain(&Advice::on(&description, None)).expect("plain data");
        values::object(py, &about)
    }

    /// Splits the clean rows: (train, given, test, report) for each part.
    #[allow(clippy::type_complexity, reason = "a tuple for Python")]
    fn split<'py>(
        &self,
        py: Python<'py>,
        settings: &Bound<'py, PyDict>,
    ) -> PyResult<Vec<(Self, Option<Self>, Self, Bound<'py, PyAny>)>> {
        let mut given = values::map(settings)?;
        given.retain(|_, value| !value.is_null());
        // The keyword for it is `start`, because `from` is a word of Python's.
        let start = |error| match error {
            Error::Setting { setting, message } if setting == "from" => {
                Error::setting("start", message)
            }
            other => other,
        };
        if let Some(Value::String(from)) = given.get("from") {
            let seconds = cofil::data::parse_date(from);
            let seconds = seconds.map_err(|error| crate::errors::raised(py, &start(error)))?;
            given.insert("from".into(), seconds.into());
        }
        let parts = run(py, None, || {
            let settings: SplitSettings = values::options(given).map_err(start)?;
            settings.split()?.rounds(self.rows()?)?.collect::<cofil::Result<Vec<_>>>()
        })?;
        let handed = |parts: cofil::data::split::Parts| {
            let report = plain(py, &parts.report)?;
            let given = parts.given.map(|given| self.part(given));
            Ok((self.part(parts.train), given, self.part(parts.test), report))
        };
        parts.into_iter().map(handed).collect()
    }

    /// The rows as a table, or the first `n` of them.
    #[pyo3(signature = (n=None))]
    fn frame(&self, py: Python<'_>, n: Option<usize>) -> PyResult<Frame> {
        let Interactions { users, items, user, item, value, time } = &*self.table;
        let n = n.unwrap_or(usize::MAX).min(user.len());
        let (user, item, value) = (&user[..n], &item[..n], &value[..n]);
        let build = || {
            let mut columns = vec![
                ids::column("user", users, user.iter().copied()),
                ids::column("item", items, item.iter().copied()),
                crate::frame::named("value", Float32Array::from(value.to_vec())),
            ];
            if let Some(time) = time {
                let time = time[..n].iter().map(|&time| (time != NO_TIME).then_some(time));
                let time = time.collect::<TimestampSecondArray>().with_timezone("UTC");
                columns.push(crate::frame::named("time", time));
            }
            Ok(Frame::new(columns))
        };
        run(py, None, build)
    }

    /// The digest of ids, rows and times.
    fn fingerprint(&self, py: Python<'_>) -> PyResult<String> {
        run(py, None, || Ok(self.grouped()?.fingerprint()))
    }
}
