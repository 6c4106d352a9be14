//! Id and title columns of an item table.

use super::Frame;
use crate::data::IdMap;
use crate::data::read::Column;
use crate::data::read::known::{means_item, means_user, parts, plain};
use crate::data::read::search::Search;
use crate::data::read::words::{ITEM, MORE_THINGS, TITLE, USER, strong_things};
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
    /// Finds the id and title columns: as given, else by name, else the first column and the next one. Another column
    /// holds the ids if it has clearly more of the `known` ids.
    ///
    /// # Errors
    /// If a given column does not exist.
    pub fn roles(
        &self,
        path: &Path,
        id: &Option<Column>,
        title: &Option<Column>,
        known: &IdMap,
    ) -> Result<Roles> {
        let find = |id| {
            item_roles(self.names.clone(), self.columns.len(), |c| self.is_unique(c), id, title)
                .map_err(|message| Error::data(path, None, message))
        };
        let found = find(id)?;
        let better = self.column_of(known).filter(|&column| {
            let (there, here) =
                (self.count_known(column, known), self.count_known(found.id, known));
            id.is_none() && there > 2 * here
        });
        let Some(column) = better else { return Ok(found) };
        // It may have been given as the title.
        let Ok(mut roles) = find(&Some(Column::Position(column + 1))) else { return Ok(found) };
        let called = match &self.names {
            Some(names) => format!("`{}`", names[column]),
            None => format!("column {}", column + 1),
        };
        roles.notes.push(format!("the ids of the data are in {called}: took it for the ids"));
        Ok(roles)
    }

    /// Returns the column with most of the `known` ids, if it has at least half of them, or consists of them.
    fn column_of(&self, known: &IdMap) -> Option<usize> {
        let columns = 0..self.columns.len();
        let best = columns.max_by_key(|&c| (self.count_known(c, known), std::cmp::Reverse(c)))?;
        let count = self.count_known(best, known);
        let least = known.len().min(self.columns[best].words.len());
        (count > 0 && 2 * count >= least).then_some(best)
    }

    fn count_known(&self, column: usize, known: &IdMap) -> usize {
        self.columns[column].words.names().filter(|word| known.get(word).is_some()).count()
    }

    /// Returns whether every row has a value of its own.
    fn is_unique(&self, column: usize) -> bool {
        self.columns[column].words.len() == self.rows
    }
}

/// Words of the names of id columns.
const OF_IDS: [&str; 12] =
    ["id", "number", "nummer", "no", "nr", "code", "key", "sku", "asin", "isbn", "uuid", "guid"];
/// Names of columns with titles in other words.
const TITLES: [&str; 4] = ["titel", "bezeichnung", "artikelname", "produktname"];

/// Returns whether a word of `name` says that the column has ids, but not those of users.
fn has_id_word(name: &str) -> bool {
    let is_id = |part: &String| OF_IDS.contains(&part.as_str()) || part.ends_with("nummer");
    let of_users = USER.contains(&plain(name).as_str()) || means_user(name);
    parts(name).iter().any(is_id) && !of_users
}

/// Returns whether `name` is an id of items with such a word.
fn is_item_id(name: &str) -> bool {
    let plain = plain(name);
    let is_item = ITEM.contains(&plain.as_str()) || means_item(name);
    is_item && (has_id_word(name) || plain.ends_with("id"))
}

fn is_title(name: &str) -> bool {
    let plain = plain(name);
    TITLES.contains(&plain.as_str()) || plain.ends_with("titel")
}

/// Returns whether `name` is one word that names ids or titles, such as `Artikelnummer`.
pub(crate) fn is_id_or_title(name: &str) -> bool {
    let plain = plain(name);
    parts(name).len() == 1 && (is_title(name) || plain.ends_with("nummer"))
}

/// Returns the id and title columns of an item table, among `count` columns. The error is a message.
fn item_roles(
    names: Option<Vec<String>>,
    count: usize,
    is_unique: impl Fn(usize) -> bool,
    told_id: &Option<Column>,
    title: &Option<Column>,
) -> std::result::Result<Roles, String> {
    let mut search = Search { names, taken: vec![false; count], notes: Vec::new() };
    let mut found_id = search.told(told_id)?;
    let mut found_title = search.told(title)?;
    if title.is_none() {
        found_title = search.named(TITLE, is_title);
    }
    let usual = strong_things().iter().filter(|name| !MORE_THINGS.contains(name));
    let ids: Vec<&str> = usual.copied().chain(["id"]).chain(MORE_THINGS.iter().copied()).collect();
    // `track_id` comes before `artist`, which is an item only in other tables.
    found_id = found_id
        .or_else(|| search.named(&["item", "itemid", "iid"], is_item_id))
        .or_else(|| search.named(&["id"], |_| false))
        .or_else(|| search.named(&ids, means_item))
        .or_else(|| search.unique_id(&is_unique));
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
    search.check_name(Some(id), told_id, "id")?;
    search.check_name(found_title, title, "title")?;
    Ok(Roles { id, title: found_title, title_guessed, notes: search.notes })
}

impl Search {
    /// Returns the first column whose name has a word for ids and whose values are all different.
    fn unique_id(&mut self, is_unique: impl Fn(usize) -> bool) -> Option<usize> {
        let names = self.names.as_ref()?;
        let column = self.free().find(|&c| has_id_word(&names[c]) && is_unique(c))?;
        self.taken[column] = true;
        Some(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(names: &[&str]) -> (usize, Option<usize>) {
        let named = names.iter().map(ToString::to_string).collect();
        let roles = item_roles(Some(named), names.len(), |_| true, &None, &None).unwrap();
        (roles.id, roles.title)
    }

    #[test]
    fn ids_and_titles_are_known_by_their_names() {
        for (names, id, title) in [
            (&["track_id", "artist", "name"][..], 0, 2),
            (&["artist", "trackId", "name"], 1, 2),
            (&["Titel", "Artikelnummer"], 1, 0),
            (&["Bezeichnung", "Art.-Nr."], 1, 0),
            (&["title", "isbn", "author"], 1, 0),
            (&["artist", "id", "name"], 1, 2),
            (&["item", "artist_id", "title"], 0, 2),
            (&["movieId", "title", "genres"], 0, 1),
            (&["year", "product_code", "name"], 1, 2),
            (&["genre", "movie", "title"], 1, 2),
        ] {
            assert_eq!(roles(names), (id, Some(title)), "{names:?}");
        }
        assert!(is_id_or_title("Artikelnummer") && is_id_or_title("Titel"));
        assert!(!is_id_or_title("The Code") && !is_id_or_title("No 1"));
    }
}
