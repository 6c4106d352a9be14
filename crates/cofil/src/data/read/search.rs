//! Assigning roles to columns: as given in the options, else by name, else by position.

use super::Column;
use super::columns::{Looks, WIDE};
use super::field::shown;
use super::known::plain;
use crate::error::Error;

/// A search for the columns of a table. Each column can have one role.
pub(super) struct Search {
    pub names: Option<Vec<String>>,
    pub taken: Vec<bool>,
    pub notes: Vec<String>,
}

impl Search {
    /// Returns the columns without a role, in order.
    pub fn free(&self) -> impl Iterator<Item = usize> {
        (0..self.taken.len()).filter(|&c| !self.taken[c])
    }

    pub fn call(&self, column: usize) -> String {
        match &self.names {
            Some(names) => format!("`{}`", shown(names[column].as_bytes())),
            None => format!("column {}", column + 1),
        }
    }

    /// Takes a column, and adds a note if it was guessed by position although there are names.
    pub fn take(&mut self, column: Option<usize>, role: &str) {
        let Some(column) = column else { return };
        self.taken[column] = true;
        if self.names.is_some() {
            let note = format!("no column has a known name for {role}: took {}", self.call(column));
            self.notes.push(note);
        }
    }

    /// Returns the column given by the user.
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
                        "there is no header, so column `{name}` cannot be found; give its position, \
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
            return Err(format!("{} cannot have two roles", self.call(index)));
        }
        self.taken[index] = true;
        Ok(Some(index))
    }

    /// Returns the column with the best of the `known` names, or else the first for which `means` returns true.
    pub fn named(&mut self, known: &[&str], means: impl Fn(&str) -> bool) -> Option<usize> {
        let names = self.names.as_ref()?;
        let free: Vec<(usize, String)> = self.free().map(|c| (c, plain(&names[c]))).collect();
        let called = |known: &&str| free.iter().find(|(_, name)| name == known);
        let by_parts = || free.iter().find(|&&(c, _)| means(&names[c]));
        let column = known.iter().find_map(called).or_else(by_parts)?.0;
        self.taken[column] = true;
        Some(column)
    }

    /// Skips columns without a name, such as the row numbers that pandas writes.
    pub fn pass_over_index(&mut self) {
        let Some(names) = &self.names else { return };
        for (taken, name) in self.taken.iter_mut().zip(names) {
            *taken |= name.is_empty() || name.starts_with("Unnamed:");
        }
    }

    /// Returns an error for a matrix: a user column, and a numeric column for each item.
    pub fn refuse_matrix(&self, looks: impl Fn(usize) -> Looks) -> Result<(), String> {
        let Some(names) = &self.names else { return Ok(()) };
        let items: Vec<usize> = (1..names.len()).filter(|&c| !names[c].is_empty()).collect();
        let numbered = items.iter().all(|&c| names[c].parse::<u64>().is_ok());
        // This many columns are enough to tell.
        let mut first = items.iter().take(WIDE);
        let of_numbers = first.all(|&c| matches!(looks(c), Looks::Number | Looks::Empty));
        let none_known = items.iter().all(|&c| !self.taken[c]);
        if items.len() < (if numbered { 2 } else { 3 }) || !of_numbers || !none_known {
            return Ok(());
        }
        let (first, last) = (self.call(items[0]), self.call(items[items.len() - 1]));
        Err(format!(
            "this looks like a matrix with a column for each item ({first} to {last}): use `shape` = matrix, write one row \
             per user and item (`melt` in pandas, `unpivot` in polars and SQL), or name the user and item \
             columns"
        ))
    }

    /// Notes unused columns that might be values or times, if the table has none.
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
                "ignored: {}{others}; name a column of ratings, counts or times to use it",
                unread[..unread.len() - more].join(", ")
            ));
        }
    }

    /// Notes an unused column of event types.
    pub fn note_types(&mut self, known: &[&str]) {
        let Some(names) = &self.names else { return };
        let is_type = |&c: &usize| known.contains(&plain(&names[c]).as_str());
        let column = self.free().find(is_type);
        if let Some(column) = column {
            let column = self.call(column);
            self.notes.push(format!(
                "ignored: {column} (event types); to use them, give `weights` such as view=1,buy=5"
            ));
        }
    }

    /// Returns `found`, or else the first free column that does not hold dates.
    pub fn next(
        &mut self,
        found: Option<usize>,
        role: &str,
        looks: impl Fn(usize) -> Looks,
    ) -> Result<usize, String> {
        let dateless = || self.free().find(|&c| looks(c) != Looks::Date);
        let column = found.or_else(dateless).ok_or_else(|| {
            format!(
                "there is no column left for {role}; a table needs a user column and an \
                 item column (is the delimiter right?)"
            )
        })?;
        self.take(Some(column).filter(|_| found.is_none()), role);
        Ok(column)
    }
}
