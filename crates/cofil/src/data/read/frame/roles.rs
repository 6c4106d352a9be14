//! Ids and titles of a table about items.

use super::Frame;
use crate::data::read::Column;
use crate::data::read::known::{ITEM, TITLE, means_item};
use crate::data::read::search::Search;
use crate::error::{Error, Result};
use std::path::Path;

/// The column of ids and, if there is one, that of titles.
pub(crate) struct Roles {
    pub id: usize,
    pub title: Option<usize>,
    /// Whether nothing but its place says that the titles are there.
    pub title_guessed: bool,
    /// Guesses, for the report.
    pub notes: Vec<String>,
}

impl Frame {
    /// Finds ids and titles: as told, else by name, else the first column and the next one.
    ///
    /// # Errors
    /// If a column that was told is not there.
    pub fn roles(&self, path: &Path, id: &Option<Column>, title: &Option<Column>) -> Result<Roles> {
        item_roles(self.names.clone(), self.columns.len(), id, title)
            .map_err(|message| Error::data(path, None, message))
    }
}

/// The columns of ids and titles in a table of items, among `count`. The error is a message.
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
    let ids: Vec<&str> =
        ITEM.iter().copied().filter(|name| *name != "title").chain(["id"]).collect();
    found_id = found_id.or_else(|| search.named(&ids, means_item));
    let id = match found_id {
        Some(id) => id,
        None if count == 0 => return Err("there is no column; give a table of items".into()),
        // Where nothing is called an id, titles may be what items are known by.
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
