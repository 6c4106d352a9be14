//! Id and title columns of an item table.

use super::Frame;
use crate::data::read::Column;
use crate::data::read::known::{ITEM, MORE_THINGS, TITLE, means_item};
use crate::data::read::search::Search;
use crate::error::{Error, Result};
use std::path::Path;

/// The id column and, if there is one, the title column.
pub(crate) struct Roles {
    pub id: usize,
    pub title: Option<usize>,
    /// Whether the title column was guessed from its position.
    pub title_guessed: bool,
    /// Guesses, for the report.
    pub notes: Vec<String>,
}

impl Frame {
    /// Finds the id and title columns: as given, else by name, else the first column and the next one.
    ///
    /// # Errors
    /// If a given column does not exist.
    pub fn roles(&self, path: &Path, id: &Option<Column>, title: &Option<Column>) -> Result<Roles> {
        item_roles(self.names.clone(), self.columns.len(), id, title)
            .map_err(|message| Error::data(path, None, message))
    }
}

/// Returns the id and title columns of an item table, among `count` columns. The error is a message.
fn item_roles(
    names: Option<Vec<String>>,
    count: usize,
    id: &Option<Column>,
    title: &Option<Column>,
) -> std::result::Result<Roles, String> {
    let mut search = Search { names, taken: vec![false; count], notes: Vec::new() };
    let mut found_id = search.told(id)?;
    let mut found_title = search.told(title)?;
    if title.is_none() {
        found_title = search.named(TITLE, |_| false);
    }
    let usual = ITEM.iter().filter(|name| **name != "title" && !MORE_THINGS.contains(name));
    let ids: Vec<&str> = usual.copied().chain(["id"]).chain(MORE_THINGS.iter().copied()).collect();
    found_id = found_id.or_else(|| search.named(&ids, means_item));
    let id = match found_id {
        Some(id) => id,
        None if count == 0 => return Err("there are no columns; give a table of items".into()),
        // Without an id column, items may be identified by their titles.
        None => {
            search.take(Some(0), "ids");
            0
        }
    };
    let title_guessed = found_title.is_none() && title.is_none();
    if title_guessed {
        found_title = search.free().next();
    }
    Ok(Roles { id, title: found_title, title_guessed, notes: search.notes })
}
