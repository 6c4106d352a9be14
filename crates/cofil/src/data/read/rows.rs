//! Collecting rows, whatever format they come from.

use super::ReadOptions;
use super::columns::Columns;
use super::field::{EXACT, LARGEST, Rules, Skip, is_rounded};
use super::names::{self, Names, TO_SKIP};
use super::notation::Notation;
use super::report::TimeUnit;
use super::stamp::{Stamp, TimeFormat, zone_name};
use super::times::{self, Numbers};
use crate::data::prose::count;
use crate::data::{IdMap, Interactions, NO_TIME};
use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

/// Number of unreadable rows whose errors the report shows.
const FEW: usize = 5;

/// The used fields of a row.
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

impl Row<'_> {
    /// Returns an error if the user or the item is invalid, before either is numbered.
    pub fn check(&self) -> Result<(), String> {
        for (role, name) in [("user", &self.user), ("item", &self.item)] {
            names::check(name).map_err(|e| format!("{role} {}", e.0))?;
        }
        Ok(())
    }
}

/// Counts made while reading.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub rows: u64,
    pub missing: u64,
    pub weightless: u64,
    pub empty_times: u64,
    pub numeric_times: u64,
    pub dates: u64,
    /// Of these, the dates in each notation.
    pub notations: [u64; Notation::ALL.len()],
    /// Times with the name of a time zone, and the first of these names.
    pub zoned: u64,
    pub zone: &'static str,
    /// Times with a power of ten, such as 1.39E+09, which have lost digits.
    pub short_times: u64,
    /// Times of 0, among the numeric ones.
    pub zero_times: u64,
    /// Values in text with a point and three digits behind it, such as 1.234.
    pub threes: u64,
    /// Of these, the ones that end with 0.
    pub padded: u64,
    /// Values that were rounded because they have more digits than 32-bit floats hold.
    pub rounded: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.missing += other.missing;
        self.weightless += other.weightless;
        self.empty_times += other.empty_times;
        self.numeric_times += other.numeric_times;
        self.dates += other.dates;
        self.zero_times += other.zero_times;
        self.short_times += other.short_times;
        self.threes += other.threes;
        self.padded += other.padded;
        self.notations.iter_mut().zip(other.notations).for_each(|(sum, more)| *sum += more);
        if self.zoned == 0 {
            self.zone = other.zone;
        }
        self.zoned += other.zoned;
        self.rounded += other.rounded;
    }

    /// Counts a row and returns its value: the value times the weight, each 1 if missing; `None` if the row is left
    /// out.
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
                if product.abs() >= EXACT {
                    let exact = f64::from(value) * f64::from(weight) == f64::from(product);
                    self.rounded += u64::from(!exact);
                }
                return match product.abs() <= LARGEST {
                    true => Ok(Some(product)),
                    false => Err(format!(
                        "value {value:e} times weight {weight:e} exceeds 1e28; give a smaller weight"
                    )),
                };
            }
            (Err(Skip::Missing), _) | (_, Err(Skip::Missing)) => self.missing += 1,
            (Err(Skip::Weightless), _) | (_, Err(Skip::Weightless)) => self.weightless += 1,
        }
        Ok(None)
    }

    /// Counts `value` if it differs from the number in `text`.
    #[inline]
    pub fn count_rounded(&mut self, text: &[u8], value: f32, rules: &Rules<'_>) {
        if value.abs() >= EXACT {
            self.rounded += u64::from(is_rounded(text, value, rules.decimal_comma));
        }
    }

    /// Parses and counts the time of a row that is kept.
    #[inline]
    pub fn written_time(&mut self, text: &[u8], rules: &Rules<'_>) -> Result<Stamp, String> {
        let time = self.time(rules.time(text)?);
        if let Stamp::Number(_) = time {
            self.short_times += u64::from(text.iter().any(|byte| byte.eq_ignore_ascii_case(&b'e')));
        }
        if let Stamp::Seconds(_) = time
            && rules.time_format.is_none()
        {
            self.notations[Notation::of(text) as usize] += 1;
            if let Some(zone) = zone_name(text) {
                self.zone = if self.zoned == 0 { zone } else { self.zone };
                self.zoned += 1;
            }
        }
        Ok(time)
    }

    /// Returns the notation of the dates.
    fn notation(&self) -> TimeUnit {
        let mut found = Notation::ALL.into_iter().filter(|&of| self.notations[of as usize] > 0);
        match (found.next(), found.next()) {
            (Some(notation), None) => notation.unit(),
            (Some(_), Some(_)) => TimeUnit::Mixed,
            (None, _) => TimeUnit::Iso8601,
        }
    }

    /// Counts the time of a row that is kept.
    #[inline]
    pub fn time(&mut self, time: Stamp) -> Stamp {
        match time {
            Stamp::Empty => self.empty_times += 1,
            Stamp::Number(number) => {
                self.numeric_times += 1;
                self.zero_times += u64::from(number == 0);
            }
            Stamp::Seconds(_) => self.dates += 1,
        }
        time
    }
}

impl<'a> Fields<'a> {
    /// Returns the row made of these fields; `None` if it is left out.
    #[inline]
    pub fn read(&self, rules: &Rules<'_>, tally: &mut Tally) -> Result<Option<Row<'a>>, String> {
        let value = self.value.map(|text| rules.value(text)).transpose()?;
        let weight = self.kind.map(|text| rules.weight(text)).transpose()?;
        let (number, rounded) = (value, tally.rounded);
        let Some(value) = tally.value(value, weight)? else { return Ok(None) };
        if let (Some(Ok(number)), Some(text)) = (number, self.value) {
            if has_three_decimals(text) {
                tally.threes += 1;
                tally.padded += u64::from(text.trim_ascii().ends_with(b"0"));
            }
            // A value that was rounded before it was multiplied counts once.
            if tally.rounded == rounded {
                tally.count_rounded(text, number, rules);
            }
        }
        let time = match self.time {
            Some(text) => tally.written_time(text, rules)?,
            None => Stamp::Empty,
        };
        Ok(Some(Row { user: self.user.into(), item: self.item.into(), value, time }))
    }
}

/// Returns whether `text` has one to three digits, a point and three digits, and does not begin with 0.
#[inline]
fn has_three_decimals(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let are_digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    match text {
        [b'1'..=b'9', whole @ .., b'.', a, b, c] => {
            whole.len() < 3 && are_digits(whole) && are_digits(&[*a, *b, *c])
        }
        _ => false,
    }
}

/// Unreadable rows that are left out, up to a limit.
#[derive(Default)]
pub(super) struct Skipped {
    pub allowed: u64,
    pub count: u64,
    /// Errors of the first ones, with their places.
    pub first: Vec<String>,
}

impl Skipped {
    /// Leaves out a row with the error `message`; returns the message if the limit is exceeded.
    pub fn add(&mut self, place: impl Display, message: String) -> Result<(), String> {
        if self.count < self.allowed {
            if self.first.len() < FEW {
                // Whoever skips rows needs no advice to do so.
                let message = message.strip_suffix(TO_SKIP).unwrap_or(&message);
                self.first.push(format!("{place}: {message}"));
            }
            self.count += 1;
            return Ok(());
        }
        let before = match self.allowed {
            0 => return Err(message),
            1 => "1 bad row before it was skipped".into(),
            n => format!("{n} bad rows before it were skipped"),
        };
        let message = message.strip_suffix(TO_SKIP).unwrap_or(&message);
        let more = 10u64.saturating_pow(self.allowed.ilog10() + 1);
        Err(format!("{message} ({before}; to skip more: `skip_bad` = {more})"))
    }
}

/// Interactions being collected.
pub(super) struct Rows {
    pub users: Names,
    pub items: Names,
    pub user: Vec<u32>,
    pub item: Vec<u32>,
    /// `None` if every value is 1.
    pub value: Option<Vec<f32>>,
    /// Times in the unit of the file.
    pub time: Option<Vec<i64>>,
    pub tally: Tally,
    pub skipped: Skipped,
    /// Unit of the times, if given.
    time_unit: Option<TimeUnit>,
}

/// What the rows are appended to.
pub(super) enum Start<'a> {
    /// Known ids of users and items.
    Names(&'a IdMap, &'a IdMap),
    /// Rows of other files of the same table.
    Rows(Rows),
}

impl Start<'_> {
    pub fn rows(self, columns: &Columns, options: &ReadOptions) -> Rows {
        match self {
            Self::Names(users, items) => Rows::new(users, items, columns, options),
            Self::Rows(rows) => rows,
        }
    }
}

impl Rows {
    /// Creates an empty collection; ids continue from `users` and `items`.
    pub fn new(users: &IdMap, items: &IdMap, columns: &Columns, options: &ReadOptions) -> Self {
        let value = columns.value.is_some() || columns.kind.is_some();
        Self {
            users: Names::after(users),
            items: Names::after(items),
            user: Vec::new(),
            item: Vec::new(),
            value: value.then(Vec::new),
            time: columns.time.map(|_| Vec::new()),
            tally: Tally::default(),
            skipped: Skipped { allowed: options.skip_bad, ..Skipped::default() },
            time_unit: options.time_format.as_deref().map(|told| TimeFormat::of(told).unit()),
        }
    }

    /// Leaves out the row at `place` with the error `message`, and restores the state `before` the row.
    pub fn skip(
        &mut self,
        before: Tally,
        place: impl Display,
        message: String,
    ) -> Result<(), String> {
        self.skipped.add(place, message)?;
        self.tally = Tally { rows: before.rows + 1, ..before };
        Ok(())
    }

    /// Appends a row that was counted.
    pub fn push(&mut self, row: &Row<'_>) -> Result<(), String> {
        if self.skipped.allowed > 0 {
            row.check()?;
        }
        let user = self.users.insert(&row.user).map_err(|e| format!("user {}", e.0))?;
        let item = self.items.insert(&row.item).map_err(|e| format!("item {}", e.0))?;
        self.push_numbered(user, item, row.value, row.time);
        Ok(())
    }

    /// Appends a counted pair without a time.
    pub fn push_valued(&mut self, user: &[u8], item: &[u8], value: f32) -> Result<(), String> {
        self.push(&Row { user: user.into(), item: item.into(), value, time: Stamp::Empty })
    }

    /// Like [`push`](Self::push), with the numbers of user and item.
    #[inline]
    pub fn push_numbered(&mut self, user: u32, item: u32, value: f32, time: Stamp) {
        self.user.push(user);
        self.item.push(item);
        self.push_measures(value, time);
    }

    /// Appends value and time of a row whose user and item are appended elsewhere.
    #[inline]
    pub fn push_measures(&mut self, value: f32, time: Stamp) {
        if let Some(values) = &mut self.value {
            values.push(value);
        }
        if let Some(times) = &mut self.time {
            times.push(time.raw());
        }
    }

    /// Drops the rows from number `length` on.
    pub fn shorten(&mut self, length: usize) {
        self.user.truncate(length);
        self.item.truncate(length);
        if let Some(values) = &mut self.value {
            values.truncate(length);
        }
        if let Some(times) = &mut self.time {
            times.truncate(length);
        }
    }

    /// Adds space for `more` rows at the end.
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

    /// Closes gaps: from `start` on there are parts with space for `room` rows, of which `filled` are used.
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
        self.shorten(to);
    }

    /// Finishes the table: times in seconds, [`NO_TIME`](crate::data::NO_TIME) in rows without one, and the counts.
    /// `time_name` is the name of the time column.
    pub fn finish(self, time_name: &str) -> Result<Finished, String> {
        let Self { users, items, user, item, value, time, mut tally, skipped, time_unit, .. } =
            self;
        // Among dates, 0 stands for a missing one.
        if tally.dates > 0 && tally.numeric_times > tally.zero_times {
            return Err(format!(
                "the time column holds {} and {}; use the same format for all times",
                count(tally.dates as usize, "date"),
                count(tally.numeric_times as usize, "number")
            ));
        }
        let mut time = time;
        if tally.dates > 0
            && tally.zero_times > 0
            && let Some(times) = &mut time
        {
            for time in times.iter_mut().filter(|time| **time == 0) {
                *time = NO_TIME;
            }
            tally.empty_times += tally.zero_times;
        }
        let mut time = time.filter(|_| tally.dates + tally.numeric_times > 0);
        let mut numbers = None;
        if tally.dates == 0
            && let Some(time) = &mut time
        {
            numbers = Some(times::to_seconds(time, time_unit, time_name)?);
        }
        let dates = time_unit.unwrap_or_else(|| tally.notation());
        let unit = time.as_ref().map(|_| numbers.as_ref().map_or(dates, |numbers| numbers.unit));
        let value = value.unwrap_or_else(|| vec![1.0; user.len()]);
        let (users, items) = (Arc::new(users.ids), Arc::new(items.ids));
        let interactions = Interactions { users, items, user, item, value, time };
        Ok(Finished { interactions, unit, numbers, tally, skipped })
    }
}

/// A finished table, and what was found while reading.
pub(super) struct Finished {
    pub interactions: Interactions,
    pub unit: Option<TimeUnit>,
    /// Unit of the numbers in the time column.
    pub numbers: Option<Numbers>,
    pub tally: Tally,
    pub skipped: Skipped,
}
