//! Queries to a model, as the library defines them: dictionaries in, tables and dictionaries out.

use crate::columns;
use crate::errors::{note, note_findings, unreadable};
use crate::frame::{Frame, named};
use crate::ids;
use crate::model::{Model, note_unlike};
use crate::ratings::{Options, table};
use crate::run::run;
use crate::values::{self, plain};
use arrow_array::{ArrayRef, Float32Array, LargeStringArray, UInt32Array};
use arrow_schema::Field;
use cofil::ask::Recommended;
use cofil::data::read::Column;
use cofil::data::{ReadOptions, Table, unlike};
use cofil::interview::InterviewQuestion;
use cofil::{IdMap, Interactions, Query, Recommender, Rerank, Unknown, Who};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use schemars::schema_for;
use serde::Serialize;
use serde_json::{Map, Value};

type Meta<'py> = Bound<'py, PyAny>;

/// Reads a query; the settings of reranking stand beside the others, and `where` is the filter.
fn query(mut of: Map<String, Value>) -> cofil::Result<Query> {
    of.retain(|_, value| !value.is_null());
    let rerank = cofil::store::plain(&Rerank::default()).expect("plain data");
    let schema = schema_for!(Query).to_value();
    let keys = |value: &Value| -> Vec<String> {
        value.as_object().into_iter().flat_map(Map::keys).cloned().collect()
    };
    // The names as keywords.
    let mut valid = [keys(&schema["properties"]), keys(&rerank), vec!["where".to_owned()]].concat();
    valid.retain(|name| name != "filter" && name != "rerank");
    if let Some(unknown) = of.keys().find(|name| !valid.contains(name)) {
        return Err(cofil::Error::unknown("setting", unknown, valid));
    }
    let mut reranking = Map::new();
    for name in rerank.as_object().into_iter().flat_map(Map::keys) {
        reranking.extend(of.remove(name).map(|value| (name.clone(), value)));
    }
    let filter = of.remove("where");
    of.extend(filter.map(|filter| ("filter".to_owned(), filter)));
    let rerank = values::options(reranking)?;
    Ok(Query { rerank, ..values::options(of)? })
}

fn unknown(of: &str) -> cofil::Result<Unknown> {
    let rule = Map::from_iter([("unknown".to_owned(), of.into())]);
    Ok(values::options::<Query>(rule)?.unknown)
}

/// The columns of a list: rank, item, title if there are titles, and score.
fn list(recommender: &Recommender, items: &[Recommended]) -> Vec<(Field, ArrayRef)> {
    let numbers = items.iter().filter_map(|entry| recommender.items().get(&entry.item));
    let numbers: Vec<u32> = numbers.collect();
    let rank = UInt32Array::from_iter_values(items.iter().map(|entry| entry.rank as u32));
    let mut columns =
        vec![named("rank", rank), ids::column("item", recommender.items(), numbers.into_iter())];
    let titles = items.iter().map(|entry| entry.title.as_deref());
    columns.extend(title_column(recommender, titles));
    let scores = Float32Array::from_iter_values(items.iter().map(|entry| entry.score));
    columns.push(named("score", scores));
    columns
}

fn title_column<'a>(
    recommender: &Recommender,
    titles: impl Iterator<Item = Option<&'a str>>,
) -> Option<(Field, ArrayRef)> {
    let catalogue = recommender.catalogue()?;
    catalogue.has_titles().then(|| named("title", titles.collect::<LargeStringArray>()))
}

/// Lists of many users, one after another.
fn lists(recommender: &Recommender, users: &[u32], lists: &[Vec<(u32, f32)>]) -> Frame {
    let of_user: Vec<u32> = users
        .iter()
        .zip(lists)
        .flat_map(|(&user, list)| std::iter::repeat_n(user, list.len()))
        .collect();
    let entries: Vec<(u32, f32)> = lists.iter().flatten().copied().collect();
    let ranks = lists.iter().flat_map(|list| 1..=list.len() as u32);
    let (users, items) = (recommender.users(), recommender.items());
    let item = entries.iter().map(|&(item, _)| item);
    let mut columns = vec![
        ids::column("user", users, of_user.into_iter()),
        ids::column("item", items, item.clone()),
        named("rank", UInt32Array::from_iter_values(ranks)),
    ];
    if let Some(catalogue) = recommender.catalogue() {
        let titles = item.map(|item| catalogue.title(items.name(item)));
        columns.extend(title_column(recommender, titles));
    }
    let scores = Float32Array::from_iter_values(entries.iter().map(|&(_, score)| score));
    columns.push(named("score", scores));
    Frame::new(columns)
}

/// Returns plain data without the part that is handed out as a table.
fn without<'py>(py: Python<'py>, of: &impl Serialize, part: &str) -> PyResult<Meta<'py>> {
    let mut value = cofil::store::plain(of).expect("answers are plain data");
    value.as_object_mut().into_iter().for_each(|map| _ = map.remove(part));
    values::object(py, &value)
}

#[pymethods]
impl Model {
    /// Recommends items to one user: what the list is based on, and the list.
    fn recommend<'py>(
        &self,
        py: Python<'py>,
        who: &Bound<'py, PyDict>,
        query: &Bound<'py, PyDict>,
    ) -> PyResult<(Meta<'py>, Frame)> {
        let (who, of) = (values::map(who)?, values::map(query)?);
        let recommender = self.get(py)?;
        let (answer, frame) = run(py, None, || {
            let who: Who = values::options(who)?;
            let answer = recommender.recommend(&who, &self::query(of)?)?;
            let columns = list(&recommender, &answer.items);
            Ok((answer, Frame::new(columns)))
        })?;
        // The reasons of each item stay with the answer.
        Ok((plain(py, &answer)?, frame))
    }

    /// Recommends items to known users, or to all: names unknown to the query, unknown users, and the lists.
    #[pyo3(signature = (users, query, hear=None))]
    fn recommend_many<'py>(
        &self,
        py: Python<'py>,
        users: &Bound<'py, PyAny>,
        query: &Bound<'py, PyDict>,
        hear: Option<Py<PyAny>>,
    ) -> PyResult<(Vec<String>, Bound<'py, PyList>, Frame)> {
        let of = values::map(query)?;
        let column = if users.is_none() { None } else { Some(columns::column(users)?) };
        let recommender = self.get(py)?;
        let (skipped, unknown, told, frame) = run(py, hear.as_ref(), || {
            let query = self::query(of)?;
            let prepared = recommender.prepare(&query)?;
            let skipped: Vec<String> = prepared.unknown().map(String::from).collect();
            let mut unknown = IdMap::new();
            let all = 0..recommender.users().len() as u32;
            let users: Vec<u32> = match &column {
                None => all.collect(),
                Some(column) => {
                    let users;
                    (users, unknown) = ids::numbers(column, recommender.users())?;
                    if let (Some(first), Unknown::Refuse) = (unknown.names().next(), query.unknown)
                    {
                        recommender.user_index(first)?;
                    }
                    // One list for each, however often the column has them.
                    users
                }
            };
            let known = recommender.users();
            let told = column.as_ref().and_then(|_| {
                let names = users.iter().map(|&user| known.name(user)).chain(unknown.names());
                unlike("user", names, known)
            });
            let (mut seen, mut made) = (Vec::new(), Vec::new());
            prepared.each(&users, |users, lists| {
                seen.extend_from_slice(users);
                made.extend_from_slice(lists);
                Ok(())
            })?;
            Ok((skipped, unknown, told, lists(&recommender, &seen, &made)))
        })?;
        note(py, told.as_slice())?;
        Ok((skipped, ids::list(py, &unknown, 0..unknown.len() as u32)?, frame))
    }

    /// Predicts the value of a pair, or the probability.
    fn predict(
        &self,
        py: Python<'_>,
        user: &str,
        item: &str,
        probability: bool,
    ) -> PyResult<Option<f32>> {
        let model = self.get(py)?;
        let predicted = run(py, None, || match probability {
            false => model.predict(user, item).map(Some),
            true => {
                let (user, item) = (model.user_index(user)?, model.item(item)?);
                Ok(model.probabilities(&[user], &[item])?[0])
            }
        })?;
        if !probability {
            note_findings(py, &model.note_on_scores())?;
        }
        Ok(predicted)
    }

    /// Predicts the values of pairs, or probabilities: unknown ids, and the predictions, beside the values of the pairs if
    /// these are `valued`.
    fn predict_pairs<'py>(
        &self,
        py: Python<'py>,
        pairs: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
        probability: bool,
        valued: bool,
    ) -> PyResult<(Vec<Bound<'py, PyAny>>, Frame)> {
        let model = self.get(py)?;
        let options = Options::of(values::map(options)?);
        let options = options.map_err(|error| crate::errors::raised(py, &error))?.read;
        // The true values go along, as in the command, where there are any.
        let time = Some(Column::Absent);
        let value = if valued { options.value.clone() } else { Some(Column::Absent) };
        let options = ReadOptions { value, time, kind: None, weights: Vec::new(), ..options };
        // Numbered on their own, so that ids keep the type of the pairs.
        let Table { interactions: rows, report } = table(py, pairs, options, None, None)?;
        if report.missing > 0 {
            return Err(unreadable("some pairs have no value"));
        }
        note(py, &report.notes)?;
        note_unlike(py, &rows, model.users(), model.items())?;
        if !probability {
            note_findings(py, &model.note_on_scores())?;
        }
        let frame = run(py, None, || {
            let known = Interactions {
                users: model.users().clone(),
                items: model.items().clone(),
                ..Interactions::default()
            };
            let (_, Interactions { user, item, .. }) = cofil::data::split::align(known, &rows)?;
            let predictions = match probability {
                false => model.predict_many(&user, &item),
                true => model.probabilities(&user, &item)?,
            };
            let mut columns = vec![
                ids::column("user", &rows.users, rows.user.iter().copied()),
                ids::column("item", &rows.items, rows.item.iter().copied()),
            ];
            if report.has_values() {
                columns.push(named("value", Float32Array::from(rows.value.clone())));
            }
            columns.push(named("prediction", predictions.into_iter().collect::<Float32Array>()));
            Ok(Frame::new(columns))
        })?;
        let new = |ids: &IdMap, known: &IdMap| {
            let new = (0..ids.len() as u32).filter(|&n| known.get(ids.name(n)).is_none());
            ids::list(py, ids, new.collect::<Vec<_>>().into_iter())
        };
        let (users, items) = (new(&rows.users, model.users())?, new(&rows.items, model.items())?);
        Ok((users.iter().chain(items.iter()).collect(), frame))
    }

    /// The items most similar to one.
    fn similar(&self, py: Python<'_>, item: &str, n: usize) -> PyResult<Frame> {
        let recommender = self.get(py)?;
        run(py, None, || {
            let answer = recommender.similar(item, n)?;
            Ok(Frame::new(list(&recommender, &answer.items)))
        })
    }

    /// The items most similar to each of `items`.
    fn similar_many(&self, py: Python<'_>, items: Vec<String>, n: usize) -> PyResult<Frame> {
        let recommender = self.get(py)?;
        run(py, None, || {
            let (mut of, mut entries) = (Vec::new(), Vec::new());
            for item in &items {
                let answer = recommender.similar(item, n)?;
                let number = recommender.items().get(item).expect("it was found");
                of.extend(std::iter::repeat_n(number, answer.items.len()));
                entries.extend(answer.items);
            }
            let mut columns = list(&recommender, &entries);
            columns[1].0 = columns[1].0.clone().with_name("similar");
            columns.insert(0, ids::column("item", recommender.items(), of.into_iter()));
            Ok(Frame::new(columns))
        })
    }

    /// The items most similar to each item.
    #[pyo3(signature = (n, exact, hear=None))]
    fn similar_all(
        &self,
        py: Python<'_>,
        n: usize,
        exact: bool,
        hear: Option<Py<PyAny>>,
    ) -> PyResult<Frame> {
        let recommender = self.get(py)?;
        run(py, hear.as_ref(), || {
            let items = recommender.items();
            let lists = recommender.similar_all(n, exact)?;
            let of = lists.iter().zip(0u32..);
            let of = of.flat_map(|(list, item)| std::iter::repeat_n(item, list.len()));
            let entries: Vec<(u32, f32)> = lists.iter().flatten().copied().collect();
            let ranks = lists.iter().flat_map(|list| 1..=list.len() as u32);
            let scores = Float32Array::from_iter_values(entries.iter().map(|&(_, score)| score));
            Ok(Frame::new(vec![
                ids::column("item", items, of.collect::<Vec<_>>().into_iter()),
                named("rank", UInt32Array::from_iter_values(ranks)),
                ids::column("similar", items, entries.iter().map(|&(item, _)| item)),
                named("score", scores),
            ]))
        })
    }

    /// The users most similar to one: what they are compared by, and the list.
    fn similar_users<'py>(
        &self,
        py: Python<'py>,
        user: &str,
        n: usize,
    ) -> PyResult<(Meta<'py>, Frame)> {
        let recommender = self.get(py)?;
        let (answer, frame) = run(py, None, || {
            let answer = recommender.similar_users(user, n)?;
            let users = recommender.users();
            let numbers = answer.users.iter().filter_map(|entry| users.get(&entry.user));
            let numbers: Vec<u32> = numbers.collect();
            let ranks = UInt32Array::from_iter_values(answer.users.iter().map(|e| e.rank as u32));
            let scores = Float32Array::from_iter_values(answer.users.iter().map(|e| e.score));
            let frame = Frame::new(vec![
                named("rank", ranks),
                ids::column("user", users, numbers.into_iter()),
                named("score", scores),
            ]);
            Ok((answer, frame))
        })?;
        Ok((without(py, &answer, "users")?, frame))
    }

    /// Breaks down a score: its parts, and the contribution of each item of the history.
    fn explain<'py>(
        &self,
        py: Python<'py>,
        who: &Bound<'py, PyDict>,
        item: &str,
        unknown: &str,
    ) -> PyResult<(Meta<'py>, Frame)> {
        let who = values::map(who)?;
        let recommender = self.get(py)?;
        let (answer, frame) = run(py, None, || {
            let who: Who = values::options(who)?;
            let answer = recommender.explain(&who, item, self::unknown(unknown)?)?;
            let entries = &answer.contributions;
            let items = recommender.items();
            let numbers: Vec<u32> = entries.iter().filter_map(|e| items.get(&e.item)).collect();
            let mut columns = vec![ids::column("item", items, numbers.into_iter())];
            let titles = entries.iter().map(|entry| entry.title.as_deref());
            columns.extend(title_column(&recommender, titles));
            let value = |of: fn(&cofil::ask::Contribution) -> f32| {
                Float32Array::from_iter_values(entries.iter().map(of))
            };
            columns.push(named("value", value(|entry| entry.value)));
            columns.push(named("contribution", value(|entry| entry.contribution)));
            Ok((answer, Frame::new(columns)))
        })?;
        Ok((without(py, &answer, "contributions")?, frame))
    }

    /// The next questions for a new user, and the list after the answers so far.
    fn interview<'py>(
        &self,
        py: Python<'py>,
        question: &Bound<'py, PyDict>,
    ) -> PyResult<(Meta<'py>, Frame)> {
        let mut question = values::map(question)?;
        question.retain(|_, value| !value.is_null());
        let recommender = self.get(py)?;
        let (answer, frame) = run(py, None, || {
            let question: InterviewQuestion = values::options(question)?;
            let answer = self.interviewer(&recommender).ask(&question)?;
            let columns = list(&recommender, &answer.items);
            Ok((answer, Frame::new(columns)))
        })?;
        Ok((without(py, &answer, "items")?, frame))
    }
}
