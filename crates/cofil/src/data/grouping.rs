//! Converts a table to sparse rows with little additional memory.
//!
//! Only the order of the rows is found by sorting; the columns are then brought into that order one by one. An owned
//! column is freed as soon as this is done. A table of 20 bytes per row becomes rows of 16 bytes and never needs more
//! than one additional column.

use super::duplicates::{Duplicates, check_sums, repeated};
use super::order::{Position, by_pair, gather, is_short, starts};
use super::{Csr, IdMap, Interactions, NO_TIME, Ratings};
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::sync::Arc;

/// [`Interactions`], borrowed or owned.
pub(super) struct Columns<'a> {
    user: Cow<'a, [u32]>,
    item: Cow<'a, [u32]>,
    value: Cow<'a, [f32]>,
    time: Option<Cow<'a, [i64]>>,
}

impl<'a> From<&'a Interactions> for Columns<'a> {
    fn from(table: &'a Interactions) -> Self {
        Self {
            user: Cow::Borrowed(&table.user),
            item: Cow::Borrowed(&table.item),
            value: Cow::Borrowed(&table.value),
            time: table.time.as_deref().map(Cow::Borrowed),
        }
    }
}

impl From<Interactions> for Columns<'_> {
    fn from(table: Interactions) -> Self {
        let Interactions { user, item, value, time, .. } = table;
        Self {
            user: Cow::Owned(user),
            item: Cow::Owned(item),
            value: Cow::Owned(value),
            time: time.map(Cow::Owned),
        }
    }
}

/// Implements [`Ratings::new`].
pub(super) fn group(
    users: Arc<IdMap>,
    items: Arc<IdMap>,
    columns: Columns<'_>,
    duplicates: Duplicates,
) -> Result<Ratings> {
    let (by_user, times) = match is_short(columns.user.len()) {
        true => rows::<u32>(&users, &items, columns, duplicates)?,
        false => rows::<usize>(&users, &items, columns, duplicates)?,
    };
    Ok(Ratings { users, items, by_user, times })
}

fn rows<P: Position>(
    users: &IdMap,
    items: &IdMap,
    columns: Columns<'_>,
    duplicates: Duplicates,
) -> Result<(Csr, Option<Vec<i64>>)> {
    let Columns { user, item, value, time } = columns;
    check_sums(duplicates, [users, items], [&user, &item], &value)?;
    let time = time.map(Times::new);
    let mut starts = starts(&user, users.len());
    let order: Vec<P> = by_pair([&user, &item], &starts);
    drop(user);
    let mut columns = gather(&item, &order);
    drop(item);
    let mut values = gather(&value, &order);
    drop(value);
    let mut times = time.map(|time| time.gather(&order));
    drop(order);
    let mut filled = 0;
    let mut end = 0;
    for u in 0..users.len() {
        let row = end..starts[u + 1];
        end = row.end;
        let begin = filled;
        let mut copies = 1f32;
        for at in row {
            let (item, value) = (columns[at], values[at]);
            if filled == begin || columns[filled - 1] != item {
                copies = 1.0;
                (columns[filled], values[filled]) = (item, value);
                times.iter_mut().for_each(|times| times.copy(at, filled));
                filled += 1;
                continue;
            }
            copies += 1.0;
            let kept = filled - 1;
            let time = |at: usize| times.as_ref().and_then(|times| times.known(at));
            let replaces = match duplicates {
                Duplicates::Error => return Err(repeated(users, items, [u as u32, item])),
                rule => rule.replaces(time(kept), time(at)),
            };
            values[kept] = duplicates.join(values[kept], value, copies, replaces);
            if replaces {
                times.iter_mut().for_each(|times| times.copy(at, kept));
            }
        }
        starts[u] = begin;
    }
    starts[users.len()] = filled;
    columns.truncate(filled);
    columns.shrink_to_fit();
    values.truncate(filled);
    values.shrink_to_fit();
    let times = times.map(|times| times.seconds(filled));
    let by_user = Csr::from_parts(starts, columns, values, items.len())
        .ok_or_else(|| Error::Unfit("a rating is not a finite number".into()))?;
    Ok((by_user, times))
}

/// Number of pieces in which the times of a table are freed.
const PIECES: usize = 16;

/// Times while they are reordered: stored as offsets from the first, in half the memory, unless they span more than
/// 136 years.
enum Times<'a> {
    Near {
        first: i64,
        /// [`u32::MAX`] in rows without a time.
        after: Vec<u32>,
    },
    Far(Cow<'a, [i64]>),
}

impl<'a> Times<'a> {
    fn new(mut times: Cow<'a, [i64]>) -> Self {
        let known = || times.iter().copied().filter(|&time| time != NO_TIME);
        let (first, last) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
        if last.checked_sub(first).is_none_or(|span| span >= i64::from(u32::MAX)) {
            return Self::Far(times);
        }
        let distance = |&time: &i64| match time {
            NO_TIME => u32::MAX,
            time => (time - first) as u32,
        };
        let mut after = vec![0; times.len()];
        // Start at the end, so that converted pieces can be freed.
        while !times.is_empty() {
            let rest = times.len() - times.len().min(after.len().div_ceil(PIECES));
            let piece = after[rest..times.len()].iter_mut().zip(&times[rest..]);
            piece.for_each(|(after, time)| *after = distance(time));
            match &mut times {
                Cow::Owned(times) => {
                    times.truncate(rest);
                    times.shrink_to_fit();
                }
                Cow::Borrowed(times) => *times = &times[..rest],
            }
        }
        Self::Near { first, after }
    }

    fn gather<P: Position>(self, order: &[P]) -> Self {
        match self {
            Self::Near { first, after } => Self::Near { first, after: gather(&after, order) },
            Self::Far(times) => Self::Far(Cow::Owned(gather(&times, order))),
        }
    }

    /// Returns a number that grows with the time; `None` for a row without a time.
    fn known(&self, at: usize) -> Option<i64> {
        match self {
            Self::Near { after, .. } => {
                Some(i64::from(after[at])).filter(|&t| t != i64::from(u32::MAX))
            }
            Self::Far(times) => Some(times[at]).filter(|&time| time != NO_TIME),
        }
    }

    /// Copies the time at `from` to `to`.
    fn copy(&mut self, from: usize, to: usize) {
        match self {
            Self::Near { after, .. } => after[to] = after[from],
            Self::Far(times) => times.to_mut()[to] = times[from],
        }
    }

    /// Returns the first `rows` times, in seconds since 1970.
    fn seconds(self, rows: usize) -> Vec<i64> {
        match self {
            Self::Near { first, after } => {
                let time = |&after: &u32| match after {
                    u32::MAX => NO_TIME,
                    after => first + i64::from(after),
                };
                after[..rows].iter().map(time).collect()
            }
            Self::Far(times) => {
                let mut times = times.into_owned();
                times.truncate(rows);
                times
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;
    use std::collections::BTreeMap;

    /// A table with repeated pairs and times `span` apart.
    fn table(span: i64) -> Interactions {
        let mut rng = Rng::new(3, &[]);
        let mut draw = |n: u32| rng.below(n);
        let names = |n: u32| Arc::new((0..n).map(|i| i.to_string()).collect::<IdMap>());
        let rows = 0..2000;
        Interactions {
            users: names(90),
            items: names(30),
            user: rows.clone().map(|_| draw(80)).collect(),
            item: rows.clone().map(|_| draw(30)).collect(),
            value: rows.clone().map(|_| draw(9) as f32 - 2.0).collect(),
            time: Some(
                rows.map(|_| match draw(20) {
                    0 => NO_TIME,
                    at => span / 19 * i64::from(at) - 40,
                })
                .collect(),
            ),
        }
    }

    type Entries = BTreeMap<(u32, u32), (f32, i64)>;

    fn naive(table: &Interactions, rule: Duplicates) -> Entries {
        let mut entries: BTreeMap<(u32, u32), Vec<(i64, f32)>> = BTreeMap::new();
        let times = table.time.as_ref().unwrap();
        for at in 0..table.len() {
            let entry = entries.entry((table.user[at], table.item[at])).or_default();
            entry.push((times[at], table.value[at]));
        }
        let merged = |rows: &Vec<(i64, f32)>| {
            let values = || rows.iter().map(|row| row.1);
            let known = rows.iter().filter(|row| row.0 != NO_TIME);
            // Of equal elements, `min_by_key` returns the first and `max_by_key` the last.
            let first = known.clone().min_by_key(|row| row.0).unwrap_or(&rows[0]);
            let last = known.max_by_key(|row| row.0).unwrap_or(&rows[rows.len() - 1]);
            match rule {
                Duplicates::First | Duplicates::Error => (first.1, first.0),
                Duplicates::Last => (last.1, last.0),
                Duplicates::Sum => (values().sum(), last.0),
                Duplicates::Max => (values().fold(f32::MIN, f32::max), last.0),
                Duplicates::Mean => (values().sum::<f32>() / rows.len() as f32, last.0),
            }
        };
        entries.iter().map(|(pair, rows)| (*pair, merged(rows))).collect()
    }

    #[test]
    fn rows_are_those_of_a_plain_loop() {
        for span in [0, 3600, i64::from(u32::MAX) - 1, 1 << 40, i64::MAX - 40] {
            let table = table(span);
            for rule in [
                Duplicates::Last,
                Duplicates::First,
                Duplicates::Sum,
                Duplicates::Max,
                Duplicates::Mean,
            ] {
                let lent = Ratings::new(&table, rule).unwrap();
                assert_eq!(table.clone().into_ratings(rule).unwrap(), lent);
                let (by_user, times) =
                    rows::<usize>(&table.users, &table.items, (&table).into(), rule).unwrap();
                assert_eq!((&by_user, &times), (&lent.by_user, &lent.times));
                let times = times.unwrap();
                let pairs = (0u32..).zip(by_user.iter());
                let pairs = pairs.flat_map(|(u, row)| row.iter().map(move |(i, v)| ((u, i), v)));
                let found: Vec<_> =
                    pairs.zip(times).map(|((pair, v), time)| (pair, (v, time))).collect();
                let expected: Vec<_> = naive(&table, rule).into_iter().collect();
                assert_eq!(found.len(), expected.len());
                for (found, expected) in found.iter().zip(&expected) {
                    assert_eq!((found.0, found.1.1), (expected.0, expected.1.1), "{rule:?}");
                    assert!((found.1.0 - expected.1.0).abs() < 1e-5, "{rule:?}");
                }
            }
        }
    }
}
