//! Rows as they are collected, whatever the format they come from.

use super::columns::Columns;
use super::field::{Rules, Skip, Stamp, spelt_seconds};
use super::names::Names;
use super::report::TimeUnit;
use crate::data::{IdMap, Interactions, NO_TIME};
use std::borrow::Cow;
use std::sync::Arc;

/// The fields in use of one row.
pub(super) struct Fields<'a> {
    pub user: &'a [u8],
    pub item: &'a [u8],
    pub value: Option<&'a [u8]>,
    pub time: Option<&'a [u8]>,
    pub kind: Option<&'a [u8]>,
}

/// A row that is kept.
pub(super) struct Row<'a> {
    pub user: Cow<'a, [u8]>,
    pub item: Cow<'a, [u8]>,
    pub value: f32,
    pub time: Stamp,
}

/// What was counted on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub rows: u64,
    pub missing: u64,
    pub weightless: u64,
    pub empty_times: u64,
    pub numeric_times: u64,
    pub dates: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.missing += other.missing;
        self.weightless += other.weightless;
        self.empty_times += other.empty_times;
        self.numeric_times += other.numeric_times;
        self.dates += other.dates;
    }

    /// Counts a row and gives its value: the value times the weight, each 1 where there is none;
    /// `None` if the row is left out.
    #[inline]
    pub fn value(
        &mut self,
        value: Option<Result<f32, Skip>>,
        weight: Option<Result<f32, Skip>>,
    ) -> Result<Option<f32>, String> {
        self.rows += 1;
        match (value.unwrap_or(Ok(1.0)), weight.unwrap_or(Ok(1.0))) {
            (Ok(value), Ok(weight)) => {
                let product = value * weight;
                return match product.is_finite() {
                    true => Ok(Some(product)),
                    false => Err(format!(
                        "value {value:e} times weight {weight:e} is beyond 3.4e38; give a smaller weight"
                    )),
                };
            }
            (Err(Skip::Missing), _) | (_, Err(Skip::Missing)) => self.missing += 1,
            (Err(Skip::Weightless), _) | (_, Err(Skip::Weightless)) => self.weightless += 1,
        }
        Ok(None)
    }

    /// Counts the time of a row that is kept.
    #[inline]
    pub fn time(&mut self, time: Stamp) -> Stamp {
        match time {
            Stamp::Empty => self.empty_times += 1,
            Stamp::Number(_) => self.numeric_times += 1,
            Stamp::Seconds(_) => self.dates += 1,
        }
        time
    }
}

impl<'a> Fields<'a> {
    /// The row these fields make; `None` if it is left out.
    #[inline]
    pub fn read(&self, rules: &Rules<'_>, tally: &mut Tally) -> Result<Option<Row<'a>>, String> {
        let value = self.value.map(|text| rules.value(text)).transpose()?;
        let weight = self.kind.map(|text| rules.weight(text)).transpose()?;
        let Some(value) = tally.value(value, weight)? else { return Ok(None) };
        let time = match self.time {
            Some(text) => tally.time(rules.time(text)?),
            None => Stamp::Empty,
        };
        Ok(Some(Row { user: self.user.into(), item: self.item.into(), value, time }))
    }
}

/// Interactions in the making.
pub(super) struct Rows {
    pub users: Names,
    pub items: Names,
    pub user: Vec<u32>,
    pub item: Vec<u32>,
    /// `None` where every value is 1.
    pub value: Option<Vec<f32>>,
    /// Times in the unit of the file.
    pub time: Option<Vec<i64>>,
    pub tally: Tally,
}

impl Rows {
    /// No rows yet; names continue from `users` and `items`.
    pub fn new(users: &IdMap, items: &IdMap, columns: &Columns) -> Self {
        let value = columns.value.is_some() || columns.kind.is_some();
        Self {
            users: Names::after(users),
            items: Names::after(items),
            user: Vec::new(),
            item: Vec::new(),
            value: value.then(Vec::new),
            time: columns.time.map(|_| Vec::new()),
            tally: Tally::default(),
        }
    }

    /// Appends one row that was counted.
    pub fn push(&mut self, row: &Row<'_>) -> Result<(), String> {
        let user = self.users.insert(&row.user).map_err(|e| format!("user {}", e.0))?;
        let item = self.items.insert(&row.item).map_err(|e| format!("item {}", e.0))?;
        self.push_numbered(user, item, row.value, row.time);
        Ok(())
    }

    /// [`push`](Self::push) with the numbers of user and item.
    #[inline]
    pub fn push_numbered(&mut self, user: u32, item: u32, value: f32, time: Stamp) {
        self.user.push(user);
        self.item.push(item);
        if let Some(values) = &mut self.value {
            values.push(value);
        }
        if let Some(times) = &mut self.time {
            times.push(time.raw());
        }
    }

    /// Makes room for `more` rows at the end.
    pub fn lengthen(&mut self, more: usize) {
        let length = self.user.len() + more;
        self.user.resize(length, 0);
        self.item.resize(length, 0);
        if let Some(values) = &mut self.value {
            values.resize(length, 0.0);
        }
        if let Some(times) = &mut self.time {
            times.resize(length, 0);
        }
    }

    /// From `start` on lie parts of (room, filled) rows: moves what is filled together.
    pub fn close_gaps(&mut self, start: usize, parts: impl Iterator<Item = (usize, usize)>) {
        let (mut from, mut to) = (start, start);
        for (room, filled) in parts {
            if from != to {
                self.user.copy_within(from..from + filled, to);
                self.item.copy_within(from..from + filled, to);
                if let Some(values) = &mut self.value {
                    values.copy_within(from..from + filled, to);
                }
                if let Some(times) = &mut self.time {
                    times.copy_within(from..from + filled, to);
                }
            }
            from += room;
            to += filled;
        }
        self.user.truncate(to);
        self.item.truncate(to);
        if let Some(values) = &mut self.value {
            values.truncate(to);
        }
        if let Some(times) = &mut self.time {
            times.truncate(to);
        }
    }

    /// The finished table: times in seconds with their unit, [`NO_TIME`] in rows without.
    pub fn finish(self) -> Result<(Interactions, Option<TimeUnit>, Tally), String> {
        let Self { users, items, user, item, value, time, tally } = self;
        if tally.dates > 0 && tally.numeric_times > 0 {
            return Err(format!(
                "the time column holds {} dates and {} numbers; write all times alike",
                tally.dates, tally.numeric_times
            ));
        }
        let mut unit = None;
        let time = time.filter(|_| tally.dates + tally.numeric_times > 0).map(|mut time| {
            let found = match tally.dates {
                0 => unit_of(&time),
                _ => TimeUnit::Iso8601,
            };
            let seconds = |t: i64| match found {
                TimeUnit::Milliseconds => t.div_euclid(1_000),
                TimeUnit::Microseconds => t.div_euclid(1_000_000),
                TimeUnit::Nanoseconds => t.div_euclid(1_000_000_000),
                TimeUnit::Spelt => spelt_seconds(t).unwrap_or(NO_TIME),
                TimeUnit::Seconds | TimeUnit::Iso8601 | TimeUnit::Typed => t,
            };
            let known = time.iter_mut().filter(|t| **t != NO_TIME);
            known.for_each(|t| *t = seconds(*t));
            unit = Some(found);
            time
        });
        let value = value.unwrap_or_else(|| vec![1.0; user.len()]);
        let (users, items) = (Arc::new(users.ids), Arc::new(items.ids));
        Ok((Interactions { users, items, user, item, value, time }, unit, tally))
    }
}

/// Digits of a date where all are, else the unit that puts the largest of `times` before the year 5138.
fn unit_of(times: &[i64]) -> TimeUnit {
    let known = || times.iter().filter(|t| **t != NO_TIME);
    if known().all(|&t| spelt_seconds(t).is_some()) {
        return TimeUnit::Spelt;
    }
    let known = known();
    let largest = known.map(|t| t.unsigned_abs()).max().unwrap_or(0);
    match largest {
        0..100_000_000_000 => TimeUnit::Seconds,
        100_000_000_000..100_000_000_000_000 => TimeUnit::Milliseconds,
        100_000_000_000_000..100_000_000_000_000_000 => TimeUnit::Microseconds,
        _ => TimeUnit::Nanoseconds,
    }
}
