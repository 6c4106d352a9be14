//! Reading matrices on request: one row per user and one column per item, like pivot tables.

use super::columns::Columns;
use super::field::{Rules, comma_number, number, quoted, shown};
use super::foreign::is_sum;
use super::found::Found;
use super::frame::{Frame, Told, read_frame};
use super::known::{is_property, names_item, names_user, plain};
use super::rows::Start;
use super::search::{INDEX, Search};
use super::unread::shortened;
use super::words::{ITEM, USER};
use super::{Column, ReadOptions, Shape};
use crate::data::prose::count as count_rows;
use crate::data::{IdMap, Source};
use crate::error::{Error, Result};
use std::collections::HashSet;

/// Reads a matrix row by row. Cells that are empty or `nan` are unknown.
pub(super) fn read(
    source: Source<'_>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Found> {
    let path = source.name().to_owned();
    let bad = |message: String| Error::data(&path, None, message);
    let named = [&options.user, &options.item, &options.value, &options.time, &options.kind];
    let header = options.header.or_else(|| Column::imply_header(&named));
    let told = Told { delimiter: options.delimiter.as_deref(), header, format: options.format };
    let frame = read_frame(source, &told, |_| false)?;
    let Plan { names, user, others, left, numbered } = plan(&frame, options).map_err(bad)?;
    let Some(&item) = others.first() else {
        return Err(bad("a matrix needs a user column and one column per item".into()));
    };
    let mut notes: Vec<String> = frame.note.iter().map(ToString::to_string).collect();
    if numbered {
        let users = if user.is_some() { "" } else { "users and " };
        notes.push(format!("there are no column names: {users}items are numbered from 1"));
    }
    if !left.is_empty() {
        let left: Vec<String> =
            left.iter().map(|&c| format!("`{}`", shown(names[c].as_bytes()))).collect();
        notes.push(format!(
            "left out, as no items: {} (sums, or properties of users); rename a column that is an item",
            shortened(&left)
        ));
    }
    let row_name = user;
    let mut sums = 0;
    let user = user.unwrap_or(0);
    let columns =
        Columns { user, item, value: Some(item), names: Some(names), ..Columns::default() };
    let mut rules = Rules::new(options, &columns);
    let mut rows = Start::Names(users, items).rows(&columns, options);
    let names = columns.names.as_deref().unwrap_or_default();
    for row in 0..frame.rows {
        crate::watch::check();
        let number = (row + 1).to_string();
        let user = match row_name {
            Some(user) => frame.columns[user].texts(row).next().unwrap_or_default(),
            None => &number,
        };
        if row_name.is_some() && is_sum(user) {
            sums += 1;
            continue;
        }
        let before = rows.tally;
        let place = format_args!("row {}", row + 1);
        let mut all = || {
            let mut cells = Vec::new();
            for &column in &others {
                let text = frame.columns[column].texts(row).next().unwrap_or_default().trim();
                if text.is_empty() || text.eq_ignore_ascii_case("nan") {
                    continue;
                }
                rules.value_name.clone_from(&names[column]);
                rules.value_column.clear();
                let value = rules.value(text.as_bytes())?;
                if let Ok(value) = value {
                    rows.tally.count_rounded(text.as_bytes(), value, &rules);
                }
                // The cells of a row are one row of the file.
                let known = rows.tally.value(Some(value), None)?;
                rows.tally.rows = before.rows + 1;
                cells.extend(known.map(|value| (column, value)));
            }
            // A row that is left out adds no ids.
            for (column, value) in cells {
                rows.push_valued(user.as_bytes(), names[column].as_bytes(), value)?;
            }
            Ok(())
        };
        all()
            .or_else(|message| rows.skip(before, place, message))
            .map_err(|message| bad(format!("{place}: {message}")))?;
    }
    drop(rules);
    if sums > 0 {
        notes.push(format!("left out: {} of sums over users", count_rows(sums, "row")));
    }
    let names = columns.names.filter(|_| !numbered);
    let columns = Columns { value: None, names, notes, ..columns };
    Ok(Found {
        shape: Shape::Matrix,
        compression: frame.compression,
        delimiter: frame.delimiter,
        header: frame.header,
        ..Found::new(frame.format, columns, rows)
    })
}

/// What the columns of a matrix are.
struct Plan {
    /// Names of the columns, or numbers from 1 for the items.
    names: Vec<String>,
    /// The user column; `None` if each row is a user and the rows are numbered.
    user: Option<usize>,
    others: Vec<usize>,
    /// Columns of sums over a row, or of properties of users, which are left out.
    left: Vec<usize>,
    /// Whether there are no column names.
    numbered: bool,
}

/// Finds the columns of a matrix. The error is a message.
fn plan(frame: &Frame, options: &ReadOptions) -> std::result::Result<Plan, String> {
    let count = frame.columns.len();
    let taken = vec![false; count];
    let mut search = Search { names: frame.names.clone(), taken, notes: Vec::new() };
    let told = search.told(&options.user)?;
    let user = match &frame.names {
        Some(names) => {
            let mut known = HashSet::new();
            if let Some(twice) = names.iter().find(|name| !known.insert(*name)) {
                return Err(format!(
                    "there are two columns {}; rename one",
                    quoted(twice.as_bytes())
                ));
            }
            let is_user = |name: &String| {
                name == INDEX || USER.contains(&plain(name).as_str()) || names_user(name)
            };
            let index = names.iter().take(1).position(String::is_empty);
            let found = told.or(index).or_else(|| names.iter().position(is_user));
            if let Some(first) = names.first().filter(|_| found.is_none())
                && (ITEM.contains(&plain(first).as_str()) || names_item(first))
            {
                let name = shown(first.as_bytes());
                return Err(format!(
                    "`{name}` names items, so that there is a column for each user: transpose the matrix, or say that \
                     these are the users (`user` = {name})"
                ));
            }
            Some(found.unwrap_or(0))
        }
        None => unnamed_user(frame, told, options.header.is_some())?,
    };
    let is_measure = |column: &usize| {
        frame
            .names
            .as_ref()
            .is_some_and(|names| is_sum(&names[*column]) || is_property(&names[*column]))
    };
    // The index of a pandas table is no item, if the users have a column of their own.
    let is_index = |column: usize| frame.names.as_ref().is_some_and(|names| names[column] == INDEX);
    let others = (0..count).filter(|&column| Some(column) != user && !is_index(column));
    let (left, others): (Vec<usize>, Vec<usize>) = others.partition(is_measure);
    let mut names = frame.names.clone().unwrap_or_else(|| vec!["user".into(); count]);
    if frame.names.is_none() {
        others.iter().zip(1..).for_each(|(&column, n)| names[column] = format!("{n}"));
    }
    Ok(Plan { names, user, others, left, numbered: frame.names.is_none() })
}

/// Returns the user column of a matrix without names: as `told`, else the first, if it holds text. The error is a
/// message, unless it `is_certain` that there are no names.
fn unnamed_user(
    frame: &Frame,
    told: Option<usize>,
    is_certain: bool,
) -> std::result::Result<Option<usize>, String> {
    let Some(users) = frame.columns.get(told.unwrap_or(0)) else { return Ok(None) };
    let texts = || (0..frame.rows).filter_map(|row| users.texts(row).next());
    let is_text = !texts()
        .all(|text| number(text.as_bytes()).or_else(|| comma_number(text.as_bytes())).is_some());
    let counts_from = |start: usize| {
        frame.rows > 1
            && texts().count() == frame.rows
            && texts().zip(start..).all(|(text, n)| text.parse() == Ok(n))
    };
    if is_text && !is_certain {
        return Err("it is not certain whether the first line names the items: set `header` = true or `header` = false"
            .into());
    }
    if told.is_none() && !is_certain && (counts_from(0) || counts_from(1)) {
        return Err(
            "there are no column names, and the first column may number the users or hold values: name the user \
             column (`user` = 1), or set `header` = false to read it as values"
                .into(),
        );
    }
    Ok(told.or_else(|| is_text.then_some(0)))
}
