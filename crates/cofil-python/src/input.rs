//! Sources of tables: paths, Arrow data, and iterators over parts of a table.

use crate::capsule::{self, Reader};
use crate::errors::{no_table, unreadable};
use crate::frame::Frame;
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use cofil::data::Source;
use pyo3::prelude::*;
use pyo3::types::PyIterator;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A source, and what is noted while it is read.
pub struct Input {
    source: Source<'static>,
    noted: Arc<Mutex<Noted>>,
}

/// What is noted while a source is read.
#[derive(Default)]
pub struct Noted {
    /// The schema of the batches, if there are any.
    pub schema: Option<SchemaRef>,
    /// Columns that cannot be read, by position, and why.
    unread: Vec<(usize, PyErr)>,
    /// The exception of an iterator.
    raised: Option<PyErr>,
}

impl Noted {
    /// Notes the columns of `part` that cannot be read.
    fn part(&mut self, part: &Bound<'_, PyAny>) {
        if let Ok(frame) = part.cast::<Frame>() {
            self.unread.extend(frame.get().unread(part.py()));
        }
    }

    /// Returns an error if a column that is used could not be read.
    pub fn check(self, is_used: impl Fn(usize) -> bool) -> PyResult<()> {
        match self.unread.into_iter().find(|(at, _)| is_used(*at)) {
            Some((_, why)) => Err(why),
            None => Ok(()),
        }
    }
}

fn locked(noted: &Mutex<Noted>) -> MutexGuard<'_, Noted> {
    noted.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Input {
    /// Takes a path as text, a frame, Arrow data, or an iterator over frames and Arrow data.
    pub fn of(object: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let noted = Arc::<Mutex<Noted>>::default();
        if let Ok(path) = object.extract::<PathBuf>() {
            return Ok(Self { source: path.into(), noted });
        }
        locked(&noted).part(object);
        let parts = match capsule::batches(object)? {
            Some(reader) => Parts { current: Some(reader), rest: None, noted: noted.clone() },
            None => match object.cast::<PyIterator>() {
                Ok(rest) => {
                    Parts { current: None, rest: Some(rest.clone().unbind()), noted: noted.clone() }
                }
                Err(_) => {
                    let kind = object.get_type().qualname()?;
                    return Err(no_table(format!("a {kind} is not a table")));
                }
            },
        };
        Ok(Self { source: Source::batches(name, parts), noted })
    }

    /// Reads the source with `read`, on the calling thread.
    pub fn read<T>(
        self,
        py: Python<'_>,
        hear: Option<&Py<PyAny>>,
        read: impl FnOnce(Source<'static>) -> cofil::Result<T> + Send,
    ) -> PyResult<(T, Noted)>
    where
        T: Send,
    {
        let Self { source, noted } = self;
        let done = crate::run::run(py, hear, move || read(source));
        let mut noted = std::mem::take(&mut *locked(&noted));
        match noted.raised.take() {
            Some(raised) => Err(raised),
            None => Ok((done?, noted)),
        }
    }
}

/// The batches of a table in parts.
struct Parts {
    current: Option<Reader>,
    rest: Option<Py<PyIterator>>,
    noted: Arc<Mutex<Noted>>,
}

impl Parts {
    /// Takes the next part from the iterator.
    fn advance(&mut self) -> PyResult<bool> {
        let Some(rest) = &self.rest else { return Ok(false) };
        self.current = Python::attach(|py| -> PyResult<_> {
            let Some(part) = rest.bind(py).clone().next().transpose()? else { return Ok(None) };
            locked(&self.noted).part(&part);
            let Some(part) = capsule::batches(&part)? else {
                return Err(no_table("a part of a table must be a table"));
            };
            self.check(&part.schema())?;
            Ok(Some(part))
        })?;
        Ok(self.current.is_some())
    }

    /// Notes an exception, and returns an error to end reading with.
    fn raise(&self, exception: PyErr) -> ArrowError {
        locked(&self.noted).raised = Some(exception);
        ArrowError::CDataInterface("an exception".into())
    }

    /// Returns an error if a part has other columns than the first.
    fn check(&self, schema: &SchemaRef) -> PyResult<()> {
        let noted = locked(&self.noted);
        let Some(first) = noted.schema.as_ref().filter(|first| first.fields() != schema.fields())
        else {
            return Ok(());
        };
        let field = |schema: &SchemaRef, at: usize| {
            let field = schema.fields().get(at);
            field.map_or("none".to_owned(), |f| format!("`{}` of type {}", f.name(), f.data_type()))
        };
        let other = |&at: &usize| schema.fields().get(at) != first.fields().get(at);
        let at = (0..).find(other).unwrap_or_default();
        Err(unreadable(format!(
            "all parts of a table need the same columns of the same types, but column {} of the first is {}, of another {}",
            at + 1,
            field(first, at),
            field(schema, at)
        )))
    }

    /// Notes the schema of a part; returns a batch without rows, which defines the columns, before the first.
    fn begin(&mut self) -> Option<RecordBatch> {
        let schema = self.current.as_ref()?.schema();
        let mut noted = locked(&self.noted);
        match noted.schema {
            Some(_) => None,
            None => Some(RecordBatch::new_empty(noted.schema.insert(schema).clone())),
        }
    }
}

impl Iterator for Parts {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.current.as_mut().and_then(Iterator::next) {
                Some(Ok(batch)) if batch.num_rows() == 0 => {
                    if let Some(first) = self.begin() {
                        return Some(Ok(first));
                    }
                }
                Some(Ok(batch)) => {
                    self.begin();
                    return Some(Ok(batch));
                }
                Some(Err(error)) => {
                    let told = unreadable(capsule::told(&error));
                    return Some(Err(self.raise(told)));
                }
                None => {
                    if let Some(first) = self.begin() {
                        return Some(Ok(first));
                    }
                    match self.advance() {
                        Ok(true) => {}
                        Ok(false) => return None,
                        Err(raised) => return Some(Err(self.raise(raised))),
                    }
                }
            }
        }
    }
}
