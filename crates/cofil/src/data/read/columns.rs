//! Resolving columns: as given in the options, else by name, else by position.

use super::field::{Rules, shown};
use super::known::{means_item, means_own_value, means_user, means_value, names_item, names_user};
use super::looks::{Looks, Seen};
use super::report::ColumnReport;
use super::search::Search;
use super::stamp::TimeFormat;
use super::words::{AMBIGUOUS, KIND, USER, VALUE, WEAK_THINGS, strong_things};
use super::{Column, ReadOptions};
use std::cell::OnceCell;

/// A table with more columns than this is probably not a table of interactions.
pub(super) const WIDE: usize = 30;
/// User, item, value and time. With more columns and no header, the value column cannot be guessed.
const USUAL: usize = 4;

/// The columns of a file, as indices from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub user: usize,
    pub item: usize,
    pub value: Option<usize>,
    pub time: Option<usize>,
    pub kind: Option<usize>,
    /// Whether the values are words for yes and no.
    pub of_letters: bool,
    /// Number of columns inserted before those of the file.
    pub before: usize,
    /// Names of all columns, if the file has them.
    pub names: Option<Vec<String>>,
    /// Unused columns, for the report.
    pub ignored: Vec<String>,
    /// Unused columns of event types.
    pub kinds: Vec<String>,
    /// Guesses, for the report.
    pub notes: Vec<String>,
}

impl<'a> Rules<'a> {
    /// Creates the rules of `options`, with column names for messages.
    pub fn new(options: &'a ReadOptions, columns: &Columns) -> Self {
        let name = |column: Option<usize>, role: &str| {
            column.and_then(|c| columns.name(c)).unwrap_or(role.into())
        };
        Self {
            value_name: name(columns.value, "value"),
            time_name: name(columns.time, "time"),
            kind_name: name(columns.kind, "type"),
            value_column: columns.value.map_or_else(String::new, |c| {
                let ColumnReport { name, position } = columns.report(c);
                name.unwrap_or_else(|| position.to_string())
            }),
            of_letters: columns.of_letters,
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
        ColumnReport { position: index + 1 - self.before, name: self.name(index) }
    }

    /// Returns the name of a column as it is shown, if it has one.
    pub fn name(&self, index: usize) -> Option<String> {
        let name = self.names.as_ref().map(|names| &names[index]);
        name.filter(|name| !name.is_empty()).map(|name| shown(name.as_bytes()))
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
        seen: impl Fn(usize) -> Seen,
        options: &ReadOptions,
    ) -> Result<Self, String> {
        let known: Vec<OnceCell<Seen>> = vec![OnceCell::new(); count];
        let seen = |column: usize| *known[column].get_or_init(|| seen(column));
        let looks = |column: usize| seen(column).looks;
        let mut search = Search { names, taken: vec![false; count], notes: Vec::new() };
        let mut user = search.told(&options.user)?;
        let mut item = search.told(&options.item)?;
        let mut value = search.told(&options.value)?;
        let mut time = search.told(&options.time)?;
        let mut kind = search.told(&options.kind)?;
        let (told_user, told_item) = (user.is_some(), item.is_some());
        user = user.or_else(|| search.named(USER, means_user));
        item = item.or_else(|| search.named(strong_things(), means_item));
        user = user.or_else(|| search.named(&[], names_user));
        if let Some(column) = user.filter(|_| !told_user) {
            user = Some(search.person(column));
        }
        item = item.or_else(|| search.named(&[], names_item));
        item = item.or_else(|| search.named(WEAK_THINGS, |_| false));
        let named_item = item.is_some();
        let (free_value, free_time) = (options.value.is_none(), options.time.is_none());
        if free_value {
            value = search.named(&[], means_own_value);
            value = value.or_else(|| search.named(VALUE, means_value));
            let is_text = |&c: &usize| looks(c).is_text() && search.is_called(c, AMBIGUOUS);
            if let Some(column) = value.filter(is_text) {
                search.taken[column] = false;
                value = None;
            }
        }
        if free_value && value.is_none() && user.is_some() && item.is_some() {
            value = search.unnamed_value(looks);
        }
        if free_time {
            time = search.time(looks);
            let spans = time.filter(|&c| search.is_span(c, looks(c)));
            if let Some(column) = spans {
                time = search.time(looks);
                match free_value && value.is_none() && options.kind.is_none() {
                    true => {
                        value = Some(column);
                        let note = format!(
                            "{} holds spans of time rather than points in time, which are read as values",
                            search.call(column)
                        );
                        search.notes.push(note);
                    }
                    false => search.taken[column] = false,
                }
            }
        }
        if options.kind.is_none() && !options.weights.is_empty() {
            kind = match search.named(KIND, |_| false) {
                None => Some(search.events(looks)?),
                named => named,
            };
        }
        let nameless_columns = search.pass_over_index(looks);
        if user.is_none() && item.is_none() {
            search.refuse_form()?;
        }
        if user.is_none() {
            search.refuse_one_person()?;
        }
        if value.is_none() && time.is_none() {
            search.refuse_matrix(user, item, seen)?;
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
        let (user, item) = search.ids(user, item, seen)?;
        let filled = (0..count.min(WIDE)).filter(|&c| looks(c) != Looks::Empty).count();
        if nameless && free_value && value.is_none() && kind.is_none() && filled <= USUAL {
            // With a time between user and item, the order is not the usual one, and numbers may be categories.
            let is_time = |c: usize| looks(c).is_time() || looks(c) == Looks::OtherDate;
            let is_usual =
                !(user.min(item)..user.max(item)).any(|c| !search.taken[c] && is_time(c));
            let times = search.free().filter(|&c| is_time(c)).count();
            // Large numbers may be counts, next to a column of times.
            let are_counts = |c: usize| looks(c) == Looks::Large && (times > 1 || !free_time);
            let is_value = |&c: &usize| looks(c) != Looks::Empty && (!is_time(c) || are_counts(c));
            value = search.free().find(is_value).filter(|&c| {
                (looks(c).is_whole() && is_usual)
                    || matches!(looks(c), Looks::Decimal | Looks::SheetDays)
                    || are_counts(c)
            });
            if let Some(column) = value.filter(|&c| looks(c) == Looks::SheetDays && free_time) {
                return Err(format!(
                    "{} may hold values or days of a spreadsheet: name it, as `value` = {position}, or as `time` = \
                     {position} with `time_format` = excel",
                    search.call(column),
                    position = column + 1
                ));
            }
            search.take(value, "values");
        }
        if nameless && free_time && time.is_none() {
            let is_told = options.time_format.is_some();
            let is_time =
                |&c: &usize| looks(c).is_time() || (is_told && looks(c) == Looks::OtherDate);
            time = search.free().find(is_time);
            search.take(time, "times");
        }
        search.note_large([(user, told_user), (item, told_item)], looks);
        // Dates in another notation are refused where they are read, with the format to give.
        let is_other = |c: usize| looks(c) == Looks::Event || looks(c).is_text();
        let no_time = |c: &usize| is_other(*c) && options.time_format.is_none();
        let no_times = time.filter(|c| free_time && no_time(c));
        if let Some(column) = no_times {
            // What is inside an object is told with its name.
            if looks(column) != Looks::Object {
                search.notes.push(format!(
                    "{} has no recognised time format and is ignored; if it holds dates, set `time_format` = FORMAT, \
                     else convert it to dates such as 2021-01-31, or set `time` = none",
                    search.call(column)
                ));
            }
            time = None;
            search.taken[column] = false;
        }
        if time.is_some() && options.time_format.as_ref().is_some_and(|told| told.contains("%Z")) {
            let note = "names of time zones (%Z) are passed over: all times count as UTC";
            search.notes.push(note.into());
        }
        let no_value = free_value && value.is_none() && kind.is_none();
        if !told_item {
            search.check_single(item, named_item, looks)?;
            search.note_things(item, looks);
        }
        if !told_user {
            search.note_persons(user);
            search.note_name_parts(user);
        }
        // Nobody misses what is not to be read.
        let missed = |c: usize| match looks(c) {
            Looks::OtherDate if options.time == Some(Column::Absent) => Looks::Text,
            look if look.is_time() && options.time == Some(Column::Absent) => Looks::Text,
            look if (look.is_number() || matches!(look, Looks::Truth | Looks::Amount))
                && options.value == Some(Column::Absent) =>
            {
                Looks::Text
            }
            look => look,
        };
        let mut unread_kinds = Vec::new();
        let mut told: Vec<usize> = no_times.into_iter().collect();
        if options.kind.is_none() && options.weights.is_empty() {
            let kinds = search.note_types(KIND, looks);
            unread_kinds.extend(kinds.iter().map(|&c| search.call(c)));
            told.extend(kinds);
            if no_value {
                search.note_words(looks);
            }
        }
        search.note_unread(missed, no_value, &told);
        if [&options.value, &options.time].iter().any(|told| **told != Some(Column::Absent)) {
            search.note_nameless(&nameless_columns);
        }
        for (column, told, role) in [
            (Some(user), &options.user, "user"),
            (Some(item), &options.item, "item"),
            (value, &options.value, "value"),
            (time, &options.time, "time"),
            (kind, &options.kind, "kind"),
        ] {
            search.check_name(column, told, role)?;
        }
        let unread = nameless_columns.into_iter().chain(search.free());
        let ignored = unread.map(|c| search.call(c)).collect();
        Ok(Self {
            user,
            item,
            value,
            time,
            kind,
            of_letters: value.is_some_and(|c| looks(c) == Looks::Truth),
            before: 0,
            ignored,
            kinds: unread_kinds,
            names: search.names,
            notes: search.notes,
        })
    }
}
