//! Which column has a role: as told, else by name, else by position.

use super::Column;
use super::columns::{Looks, WIDE};
use super::field::shown;
use super::known::plain;
use crate::error::Error;

/// A search for the columns of a table: each can have one role.
pub(super) struct Search {
    pub names: Option<Vec<String>>,
    pub taken: Vec<bool>,
    pub notes: Vec<String>,
}

impl Search {
    /// Columns without a role, in order.
    pub fn free(&self) -> impl Iterator<Item = usize> {
        (0..self.taken.len()).filter(|&c| !self.taken[c])
    }

    pub fn call(&self, column: usize) -> String {
        match &self.names {
            Some(names) => format!("`{}`", shown(names[column].as_bytes())),
            None => format!("column {}", column + 1),
        }
    }

    /// Notes that a column was taken for its place although there are names.
    pub fn take(&mut self, column: Option<usize>, role: &str) {
        let Some(column) = column else { return };
        self.taken[column] = true;
        if self.names.is_some() {
            let note = format!("no column has a known name for {role}: took {}", self.call(column));
            self.notes.push(note);
        }
    }

    /// The column the user asked for.
    pub fn told(&mut self, column: &Option<Column>) -> Result<Option<usize>, String> {
        let index = match column {
            None | Some(Column::Absent) => return Ok(None),
            Some(Column::Position(position)) => {
                if *position == 0 || *position > self.taken.len() {
                    return Err(format!(
                        "there is no column {position}; the file has {}",
                        self.taken.len()
                    ));
                }
                position - 1
            }
            Some(Column::Name(name)) => {
                let Some(names) = &self.names else {
                    return Err(format!(
                        "there is no header to look for column `{name}` in; give its position, \
                         1 to {}",
                        self.taken.len()
                    ));
                };
                let exact = names.iter().position(|n| n == name);
                exact
                    .or_else(|| names.iter().position(|n| n.eq_ignore_ascii_case(name)))
                    .ok_or_else(|| {
                        let names = names.iter().map(|n| shown(n.as_bytes()));
                        Error::unknown("column", name, names).to_string()
                    })?
            }
        };
        if self.taken[index] {
            return Err(format!("{} cannot be two things at once", self.call(index)));
        }
        self.taken[index] = true;
        Ok(Some(index))
    }

    /// The column with the best of `known` names, or else the first whose name `means` the same.
    pub fn named(&mut self, known: &[&str], means: impl Fn(&str) -> bool) -> Option<usize> {
        let names = self.names.as_ref()?;
        let free: Vec<(usize, String)> = self.free().map(|c| (c, plain(&names[c]))).collect();
        let called = |known: &&str| free.iter().find(|(_, name)| name == known);
        let by_parts = || free.iter().find(|&&(c, _)| means(&names[c]));
        let column = known.iter().find_map(called).or_else(by_parts)?.0;
        self.taken[column] = true;
        Some(column)
    }

    /// Columns without a name are no part of the table, such as the numbers of rows that pandas writes.
    pub fn pass_over_index(&mut self) {
        let Some(names) = &self.names else { return };
        for (taken, name) in self.taken.iter_mut().zip(names) {
            *taken |= name.is_empty() || name.starts_with("Unnamed:");
        }
    }

    /// Refuses a matrix: a column of users, and for each item one of numbers.
    pub fn refuse_matrix(&self, looks: impl Fn(usize) -> Looks) -> Result<(), String> {
        let Some(names) = &self.names else { return Ok(()) };
        let items: Vec<usize> = (1..names.len()).filter(|&c| !names[c].is_empty()).collect();
        let numbered = items.iter().all(|&c| names[c].parse::<u64>().is_ok());
        // So many tell what the rest is.
        let mut first = items.iter().take(WIDE);
        let of_numbers = first.all(|&c| matches!(looks(c), Looks::Number | Looks::Empty));
        let none_known = items.iter().all(|&c| !self.taken[c]);
        if items.len() < (if numbered { 2 } else { 3 }) || !of_numbers || !none_known {
            return Ok(());
        }
        let (first, last) = (self.call(items[0]), self.call(items[items.len() - 1]));
        Err(format!(
            "this looks like a matrix with a column for each item ({first} to {last}): say so with `shape` = matrix, write a row \
             for each user and item (`melt` in pandas, `unpivot` in polars and SQL), or name the columns of users and \
             items"
        ))
    }

    /// Notes which columns that are left unread might be values or times, where a table has none.
    pub fn note_unread(&mut self, looks: impl Fn(usize) -> Looks, no_value: bool, no_time: bool) {
        let like = |c: usize| match looks(c) {
            Looks::Number if no_value => Some("numbers"),
            Looks::Date | Looks::Time if no_time => Some("times"),
            _ => None,
        };
        let named = |c: usize| Some(format!("{} ({})", self.call(c), like(c)?));
        let unread: Vec<String> = self.free().take(WIDE).filter_map(named).collect();
        if !unread.is_empty() {
            let more = unread.len().saturating_sub(5);
            let others = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.notes.push(format!(
                "left unread: {}{others}; name a column of ratings, counts or times to use it",
                unread[..unread.len() - more].join(", ")
            ));
        }
    }

    /// Notes a column of types of events that is left unread.
    pub fn note_types(&mut self, known: &[&str]) {
        let Some(names) = &self.names else { return };
        let is_type = |&c: &usize| known.contains(&plain(&names[c]).as_str());
        let column = self.free().find(is_type);
        if let Some(column) = column {
            let column = self.call(column);
            self.notes.push(format!(
                "left unread: {column} (types of events); `weights` such as view=1,buy=5 give each its value"
            ));
        }
    }

    /// `found`, or else the first free column that does not hold dates.
    pub fn next(
        &mut self,
        found: Option<usize>,
        role: &str,
        looks: impl Fn(usize) -> Looks,
    ) -> Result<usize, String> {
        let dateless = || self.free().find(|&c| looks(c) != Looks::Date);
        let column = found.or_else(dateless).ok_or_else(|| {
            format!(
                "there is no column left for {role}; a table needs one column of users and one of \
                 items (is the delimiter right?)"
            )
        })?;
        self.take(Some(column).filter(|_| found.is_none()), role);
        Ok(column)
    }
}
