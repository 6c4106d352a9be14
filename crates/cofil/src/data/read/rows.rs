//! Rows as they are collected, whatever the format they come from.

use super::field::{Rules, Skip, Stamp};
use super::names::Names;
use super::report::TimeUnit;
use crate::data::{IdMap, Interactions, NO_TIME};
use std::sync::Arc;

/// The fields in use of one row.
pub(super) struct Fields<'a> {
    pub user: &'a [u8],
    pub item: &'a [u8],
    pub value: Option<&'a [u8]>,
    pub time: Option<&'a [u8]>,
    pub kind: Option<&'a [u8]>,
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

    /// Counts a row that is left out.
    pub fn skip(&mut self, why: Skip) {
        match why {
            Skip::Missing => self.missing += 1,
            Skip::Weightless => self.weightless += 1,
        }
    }

    /// Counts the time of a row that is kept.
    pub fn time(&mut self, time: Stamp) {
        match time {
            Stamp::Empty => self.empty_times += 1,
            Stamp::Number(_) => self.numeric_times += 1,
            Stamp::Seconds(_) => self.dates += 1,
        }
    }
}

impl Fields<'_> {
    /// Value and time of the row; `None` if it is left out.
    #[inline]
    pub fn read(
        &self,
        rules: &Rules<'_>,
        tally: &mut Tally,
    ) -> Result<Option<(f32, Stamp)>, String> {
        tally.rows += 1;
        let mut value = 1.0;
        if let Some(text) = self.value {
            match rules.value(text)? {
                Ok(number) => value = number,
                Err(why) => {
                    tally.skip(why);
                    return Ok(None);
                }
            }
        }
        if let Some(kind) = self.kind {
            match rules.weight(kind)? {
                Ok(weight) => value *= weight,
                Err(why) => {
                    tally.skip(why);
                    return Ok(None);
                }
            }
        }
        let time = match self.time {
            Some(text) => rules.time(text)?,
            None => return Ok(Some((value, Stamp::Empty))),
        };
        tally.time(time);
        Ok(Some((value, time)))
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
    pub fn new(users: &IdMap, items: &IdMap, value: bool, time: bool) -> Self {
        Self {
            users: Names::after(users),
            items: Names::after(items),
            user: Vec::new(),
            item: Vec::new(),
            value: value.then(Vec::new),
            time: time.then(Vec::new),
            tally: Tally::default(),
        }
    }

    /// Reads and appends one row.
    pub fn push(&mut self, fields: &Fields<'_>, rules: &Rules<'_>) -> Result<(), String> {
        let Some((value, time)) = fields.read(rules, &mut self.tally)? else { return Ok(()) };
        self.append(fields.user, fields.item, value, time)
    }

    /// Appends one row that was read and counted.
    pub fn append(
        &mut self,
        user: &[u8],
        item: &[u8],
        value: f32,
        time: Stamp,
    ) -> Result<(), String> {
        self.user.push(self.users.insert(user).map_err(|e| format!("user {}", e.0))?);
        self.item.push(self.items.insert(item).map_err(|e| format!("item {}", e.0))?);
        if let Some(values) = &mut self.value {
            values.push(value);
        }
        if let Some(times) = &mut self.time {
            times.push(time.raw());
        }
        Ok(())
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
            let per_second = match found {
                TimeUnit::Milliseconds => 1_000,
                TimeUnit::Microseconds => 1_000_000,
                TimeUnit::Nanoseconds => 1_000_000_000,
                TimeUnit::Seconds | TimeUnit::Iso8601 | TimeUnit::Typed => 1,
            };
            if per_second > 1 {
                let known = time.iter_mut().filter(|t| **t != NO_TIME);
                known.for_each(|t| *t = t.div_euclid(per_second));
            }
            unit = Some(found);
            time
        });
        let value = value.unwrap_or_else(|| vec![1.0; user.len()]);
        let (users, items) = (Arc::new(users.ids), Arc::new(items.ids));
        Ok((Interactions { users, items, user, item, value, time }, unit, tally))
    }
}

/// The unit that puts the largest of `times` before the year 5138.
fn unit_of(times: &[i64]) -> TimeUnit {
    let known = times.iter().filter(|t| **t != NO_TIME);
    let largest = known.map(|t| t.unsigned_abs()).max().unwrap_or(0);
    match largest {
        0..100_000_000_000 => TimeUnit::Seconds,
        100_000_000_000..100_000_000_000_000 => TimeUnit::Milliseconds,
        100_000_000_000_000..100_000_000_000_000_000 => TimeUnit::Microseconds,
        _ => TimeUnit::Nanoseconds,
    }
}
