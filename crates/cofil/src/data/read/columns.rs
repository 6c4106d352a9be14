//! Resolving columns: as given in the options, else by name, else by position.

use super::ReadOptions;
use super::field::{self, Rules, Stamp, TimeFormat, shown};
use super::known::{
    ITEM, KIND, TIME, USER, VALUE, means_item, means_time, means_user, means_value,
};
use super::report::ColumnReport;
use super::search::Search;
use super::times::is_unix_time;

/// A table with more columns than this is probably not a table of interactions.
pub(super) const WIDE: usize = 30;
/// User, item, value and time. With more columns and no header, the value column cannot be guessed.
const USUAL: usize = 4;

/// Apparent content of a column in the first rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// No values.
    Empty,
    /// Dates.
    Date,
    /// Numbers as large as unix times.
    Time,
    /// Numbers, also with a decimal comma.
    Number,
    /// Anything else.
    Text,
}

impl Looks {
    /// Returns what most of `values` look like.
    pub fn of<'a>(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let (mut all, mut dates, mut times, mut numbers) = (0, 0, 0, 0);
        for value in values.map(<[u8]>::trim_ascii).filter(|v| !v.is_empty()) {
            all += 1;
            match field::stamp(value) {
                Some(Stamp::Number(n)) => times += usize::from(is_unix_time(n)),
                Some(Stamp::Seconds(_)) => dates += 1,
                _ => {}
            }
            let number = field::number(value).or_else(|| field::comma_number(value));
            numbers += usize::from(number.is_some());
        }
        match all {
            0 => Self::Empty,
            _ if 2 * dates >= all => Self::Date,
            _ if 2 * times >= all => Self::Time,
            _ if 2 * numbers >= all => Self::Number,
            _ => Self::Text,
        }
    }
}

/// The columns of a file, as indices from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub user: usize,
    pub item: usize,
    pub value: Option<usize>,
    pub time: Option<usize>,
    pub kind: Option<usize>,
    /// Number of columns inserted before those of the file.
    pub before: usize,
    /// Names of all columns, if the file has them.
    pub names: Option<Vec<String>>,
    /// Unused columns, for the report.
    pub ignored: Vec<String>,
    /// Guesses, for the report.
    pub notes: Vec<String>,
}

impl<'a> Rules<'a> {
    /// Creates the rules of `options`, with column names for messages.
    pub fn new(options: &'a ReadOptions, columns: &Columns) -> Self {
        let name = |column: Option<usize>, role: &str| {
            column
                .and_then(|c| columns.names.as_ref().map(|n| shown(n[c].as_bytes())))
                .unwrap_or(role.into())
        };
        Self {
            value_name: name(columns.value, "value"),
            time_name: name(columns.time, "time"),
            kind_name: name(columns.kind, "type"),
            missing: options.missing,
            time_format: options.time_format.as_deref().map(TimeFormat::of),
            decimal_comma: options.decimal == Some(','),
            weights: &options.weights,
        }
    }
}

impl Columns {
    /// Describes a column for the report.
    pub fn report(&self, index: usize) -> ColumnReport {
        let name = self.names.as_ref().map(|names| shown(names[index].as_bytes()));
        ColumnReport { position: index + 1 - self.before, name }
    }

    /// Returns whether the column called `name` has a role.
    pub fn uses(&self, name: &str) -> bool {
        let roles = [Some(self.user), Some(self.item), self.value, self.time, self.kind];
        let names = self.names.as_ref();
        names.is_some_and(|names| roles.into_iter().flatten().any(|c| names[c] == name))
    }

    /// Resolves the columns among `count`, with `names` if there are any. The error is a message.
    pub fn resolve(
        names: Option<Vec<String>>,
        count: usize,
        looks: impl Fn(usize) -> Looks,
        options: &ReadOptions,
    ) -> Result<Self, String> {
        let mut search = Search { names, taken: vec![false; count], notes: Vec::new() };
        let mut user = search.told(&options.user)?;
        let mut item = search.told(&options.item)?;
        let mut value = search.told(&options.value)?;
        let mut time = search.told(&options.time)?;
        let mut kind = search.told(&options.kind)?;
        user = user.or_else(|| search.named(USER, means_user));
        item = item.or_else(|| search.named(ITEM, means_item));
        let (free_value, free_time) = (options.value.is_none(), options.time.is_none());
        if free_value {
            value = search.named(VALUE, means_value);
        }
        if free_time {
            time = search.named(TIME, means_time);
        }
        if options.kind.is_none() && !options.weights.is_empty() {
            kind = search.named(KIND, |_| false);
            if kind.is_none() {
                return Err("there are weights for event types, but no column is named \
                            `type` or `event`; name the column of event types"
                    .into());
            }
        }
        search.pass_over_index();
        if item.is_none() && search.names.is_some() {
            search.refuse_matrix(&looks)?;
        }
        // Guess value and time columns by position only if no name gives a hint.
        let unnamed = user.is_none() && item.is_none();
        let nameless = unnamed || search.names.is_none();
        if unnamed && count > WIDE {
            return Err(format!(
                "there are {count} columns, none with a known name; name the user and item columns (if each column is \
                 an item, as in a matrix, use `shape` = matrix)"
            ));
        }
        let user = search.next(user, "users", &looks)?;
        let item = search.next(item, "items", &looks)?;
        if nameless && free_value && value.is_none() && kind.is_none() && count <= USUAL {
            let only_one = search.free().count() == 1;
            value = search.free().next().filter(|&c| match looks(c) {
                Looks::Number => true,
                Looks::Time => !only_one || !free_time,
                Looks::Date | Looks::Text | Looks::Empty => false,
            });
            search.take(value, "values");
        }
        if nameless && free_time && time.is_none() {
            let times = |c: &usize| matches!(looks(*c), Looks::Date | Looks::Time);
            time = search.free().find(times);
            search.take(time, "times");
        }
        let no_time = |c: &usize| looks(*c) == Looks::Text && options.time_format.is_none();
        if let Some(column) = time.filter(|c| free_time && no_time(c)) {
            search.notes.push(format!(
                "{} does not hold times (unix seconds or ISO 8601) and is ignored; set `time_format` if they are \
                 written in another format",
                search.call(column)
            ));
            time = None;
            search.taken[column] = false;
        }
        let no_value = free_value && value.is_none() && kind.is_none();
        search.note_unread(&looks, no_value, free_time && time.is_none());
        if options.kind.is_none() && options.weights.is_empty() {
            search.note_types(KIND);
        }
        let ignored = search.free().map(|c| search.call(c)).collect();
        Ok(Self {
            user,
            item,
            value,
            time,
            kind,
            before: 0,
            ignored,
            names: search.names,
            notes: search.notes,
        })
    }
}
