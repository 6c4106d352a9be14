//! The result of reading a file in any format, and the report on it.

use super::columns::Columns;
use super::doubts;
use super::encoding::Encoding;
use super::rows::{Finished, Rows};
use super::{Format, ReadReport, Shape, Table, TimeUnit};
use crate::data::prose::{count, have, number};
use crate::data::{IdMap, NO_TIME, moment, twins};
use crate::error::{Error, Result};
use std::path::Path;

/// The result of reading a file in any format.
pub(super) struct Found {
    pub format: Format,
    pub shape: Shape,
    pub compression: Option<&'static str>,
    pub delimiter: Option<String>,
    pub header: Option<bool>,
    pub columns: Columns,
    pub rows: Rows,
    /// Whether the time column has a time type.
    pub typed_times: bool,
    pub encoding: Encoding,
}

impl Found {
    /// Creates the result for an uncompressed file that is not text.
    pub fn new(format: Format, columns: Columns, rows: Rows) -> Self {
        Self {
            format,
            shape: Shape::Rows,
            compression: None,
            delimiter: None,
            header: None,
            columns,
            rows,
            typed_times: false,
            encoding: Encoding::default(),
        }
    }

    /// Returns the table, whose ids continue from `users` and `items`, with the report.
    pub fn table(self, path: &Path, users: &IdMap, items: &IdMap) -> Result<Table> {
        let Self { columns, rows, .. } = self;
        let report = |column: Option<usize>| column.map(|c| columns.report(c));
        let time_name = report(columns.time).map_or_else(String::new, |column| column.to_string());
        let finished =
            rows.finish(&time_name).map_err(|message| Error::data(path, None, message))?;
        let Finished { interactions, unit, numbers, tally, skipped } = finished;
        if tally.rows == 0 {
            let message = "there are no interactions";
            let remedy = if columns.names.is_some() { ", only column names" } else { "" };
            return Err(Error::data(path, None, format!("{message}{remedy}")));
        }
        let mut notes = columns.notes.clone();
        notes.extend(self.encoding.note().map(Into::into));
        let all = interactions.len();
        if columns.time.is_some() && tally.empty_times > 0 {
            let (empty, all) = (tally.empty_times as usize, count(all, "row"));
            notes.push(format!("{} of {all} {} no time", number(empty), have(empty)));
        }
        if tally.zoned > 0 {
            notes.push(format!(
                "{} of {all} times name their time zone, such as {}, which is taken for the one of North America \
                 (RFC 2822); if it is another, write offsets such as +02:00",
                tally.zoned, tally.zone
            ));
        }
        if tally.short_times > 0 {
            let times = count(tally.short_times as usize, "time");
            notes.push(format!(
                "{times} in scientific notation (such as 1.39E+09) lost digits, as spreadsheets write {}: export the \
                 column as text",
                if tally.short_times == 1 { "it" } else { "them" }
            ));
        }
        let unfit = numbers.map_or(0, |numbers| numbers.unfit);
        if let Some(numbers) = numbers.filter(|numbers| numbers.unfit > 0) {
            let unfit = unfit as usize;
            let (fits, counts) =
                if unfit == 1 { ("does not fit", "counts") } else { ("do not fit", "count") };
            notes.push(format!(
                "{} {fits} {}, such as {}, and {counts} as missing",
                count(unfit, "time"),
                numbers.unit.in_words(),
                numbers.first_unfit
            ));
        }
        if let Some(times) = &interactions.time {
            let (mut odd, mut known) = (0, 0);
            for &time in times.iter().filter(|&&time| time != NO_TIME) {
                known += 1;
                odd += usize::from(moment::is_odd(time));
            }
            notes.extend(moment::odd_times(odd, known));
            notes.extend(moment::future_times(times, moment::now()));
        }
        if tally.rounded > 0 {
            let (values, are) =
                if tally.rounded == 1 { ("value has", "is") } else { ("values have", "are") };
            notes.push(format!(
                "{} {values} more digits than 32-bit floats hold (whole numbers up to 16,777,216, beyond that 7 digits) \
                 and {are} rounded",
                tally.rounded
            ));
        }
        // A value of a weight was chosen, and a table beside another one may have one row per user.
        if columns.value.is_some() && columns.kind.is_none() {
            notes.extend(doubts::values(&interactions.value));
            notes.extend(doubts::thousands(&interactions.value, tally.threes, tally.padded));
        }
        // Lists, blocks and matrices are no tables of items.
        if users.is_empty() && items.is_empty() && self.shape == Shape::Rows {
            let [users, items] = [&interactions.users, &interactions.items].map(|ids| ids.len());
            notes.extend(doubts::single_rows(all, users, items));
            notes.extend(doubts::single_item(&interactions));
        }
        notes.extend(doubts::ids("user", &interactions.user, &interactions.users, users.len()));
        notes.extend(doubts::ids("item", &interactions.item, &interactions.items, items.len()));
        notes.extend(doubts::last_row(&interactions).or_else(|| doubts::sums(&interactions)));
        if let [Some(user), Some(item)] =
            [columns.user, columns.item].map(|column| columns.names.as_ref()?.get(column))
        {
            notes.extend(doubts::headers(&interactions, user, item));
        }
        notes.extend(twins::note("user", &interactions.user, &interactions.users, users.len()));
        notes.extend(twins::note("item", &interactions.item, &interactions.items, items.len()));
        let report = ReadReport {
            path: path.display().to_string(),
            format: self.format,
            shape: self.shape,
            compression: self.compression.map(str::to_owned),
            delimiter: self.delimiter,
            header: self.header,
            user: columns.report(columns.user),
            item: columns.report(columns.item),
            value: report(columns.value),
            time: report(columns.time),
            kind: report(columns.kind),
            time_unit: unit.map(|unit| if self.typed_times { TimeUnit::Typed } else { unit }),
            rows: tally.rows,
            missing: tally.missing,
            weightless: tally.weightless,
            bad: skipped.count,
            bad_first: skipped.first,
            empty_times: tally.empty_times,
            unfit_times: unfit,
            rounded: tally.rounded,
            users: interactions.users.len(),
            items: interactions.items.len(),
            interactions: all,
            ignored: columns.ignored,
            unread_kinds: columns.kinds,
            notes,
        };
        Ok(Table { interactions, report })
    }
}
