//! Which column has a role: as told, else by name, else by position.

use super::Column;
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

    /// The column with the best of `known` names.
    pub fn named(&mut self, known: &[&str]) -> Option<usize> {
        let names: Vec<String> = self.names.as_ref()?.iter().map(|n| plain(n)).collect();
        let column = known.iter().find_map(|known| {
            names.iter().enumerate().position(|(c, name)| !self.taken[c] && name == known)
        })?;
        self.taken[column] = true;
        Some(column)
    }

    /// `found`, or else the first free column.
    pub fn next(&mut self, found: Option<usize>, role: &str) -> Result<usize, String> {
        let column = found.or_else(|| self.free().next()).ok_or_else(|| {
            format!(
                "there is no column left for {role}; a table needs one column of users and one of \
                 items (is the delimiter right?)"
            )
        })?;
        self.take(Some(column).filter(|_| found.is_none()), role);
        Ok(column)
    }
}
