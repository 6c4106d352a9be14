//! Reading matrices on request: one row per user and one column per item, like pivot tables.

use super::columns::Columns;
use super::field::Rules;
use super::found::Found;
use super::frame::{Told, read_frame};
use super::known::{USER, means_user, plain};
use super::rows::Start;
use super::search::{INDEX, Search};
use super::{ReadOptions, Shape};
use crate::data::{IdMap, Source};
use crate::error::{Error, Result};

/// Reads a matrix row by row. Cells that are empty or `nan` are unknown.
pub(super) fn read(
    source: Source<'_>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Found> {
    let path = source.name().to_owned();
    let bad = |message: String| Error::data(&path, None, message);
    let told = Told {
        delimiter: options.delimiter.as_deref(),
        header: options.header.or(Some(true)),
        format: options.format,
    };
    let frame = read_frame(source, &told, |_| false)?;
    let Some(names) = frame.names.clone() else {
        return Err(bad("a matrix needs a header with its items".into()));
    };
    let mut search =
        Search { names: Some(names.clone()), taken: vec![false; names.len()], notes: Vec::new() };
    let user = search.told(&options.user).map_err(bad)?.unwrap_or_else(|| {
        let is_user = |name: &String| {
            name == INDEX || USER.contains(&plain(name).as_str()) || means_user(name)
        };
        names.iter().position(is_user).unwrap_or(0)
    });
    let others: Vec<usize> = (0..names.len()).filter(|&column| column != user).collect();
    let Some(&item) = others.first() else {
        return Err(bad("a matrix needs a user column and one column per item".into()));
    };
    let columns =
        Columns { user, item, value: Some(item), names: Some(names), ..Columns::default() };
    let mut rules = Rules::new(options, &columns);
    let mut rows = Start::Names(users, items).rows(&columns, options);
    let names = columns.names.as_deref().unwrap_or_default();
    for row in 0..frame.rows {
        crate::watch::check();
        let user = frame.columns[user].texts(row).next().unwrap_or_default();
        for &column in &others {
            let Some(text) = frame.columns[column].texts(row).next() else { continue };
            if text.trim().is_empty() || text.trim().eq_ignore_ascii_case("nan") {
                continue;
            }
            let before = rows.tally;
            rules.value_name.clone_from(&names[column]);
            let mut one = || {
                let value = rules.value(text.as_bytes())?;
                let Some(value) = rows.tally.value(Some(value), None)? else { return Ok(()) };
                rows.push_valued(user.as_bytes(), names[column].as_bytes(), value)
            };
            let place = format_args!("row {}", row + 1);
            one()
                .or_else(|message| rows.skip(before, place, message))
                .map_err(|message| bad(format!("{place}: {message}")))?;
        }
    }
    drop(rules);
    let notes = frame.note.iter().map(ToString::to_string).collect();
    let columns = Columns { value: None, notes, ..columns };
    Ok(Found {
        shape: Shape::Matrix,
        compression: frame.compression,
        delimiter: frame.delimiter,
        header: frame.header,
        ..Found::new(frame.format, columns, rows)
    })
}
