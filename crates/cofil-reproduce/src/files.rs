//! Finds and reads the files of an experiment, and reports missing ones.

use cofil::data::read::{ReadOptions, read};
use cofil::data::split::align;
use cofil::{Duplicates, Error, IdMap, Interactions, Ratings, Result};
use std::path::{Path, PathBuf};

/// A file that an experiment reads.
pub struct Need {
    /// Description of the content.
    pub what: &'static str,
    /// Accepted file names; the first that exists is read.
    pub names: &'static [&'static str],
    /// Subfolders of the data folder to search, besides the data folder itself.
    pub folders: &'static [&'static str],
}

/// The data folder with the required files of one experiment.
pub struct Folder<'a> {
    pub path: &'a Path,
    /// Name of the experiment.
    pub name: &'static str,
    pub needs: &'static [Need],
    /// Where to get the files.
    pub home: &'static str,
}

impl Folder<'_> {
    /// Returns all files, in the order in which the experiment lists them.
    pub fn all(&self) -> Result<Vec<PathBuf>> {
        self.needs.iter().map(|need| self.find(need)).collect()
    }

    /// Returns the path of the file with the description `what`.
    pub fn file(&self, what: &str) -> Result<PathBuf> {
        let need = self.needs.iter().find(|need| need.what == what);
        self.find(need.expect("every file is listed in the experiment's needs"))
    }

    fn find(&self, need: &Need) -> Result<PathBuf> {
        let folders: Vec<PathBuf> = std::iter::once("")
            .chain(need.folders.iter().copied())
            .map(|f| self.path.join(f))
            .collect();
        let mut places =
            need.names.iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
        if let Some(found) = places.find(|place| place.is_file()) {
            return Ok(found);
        }
        let folder = self.path.display();
        Err(Error::Unfit(format!(
            "`{}` needs {}: {} in {folder}{}\n\nWhere to get it: {}",
            self.name,
            need.what,
            need.names.join(" or "),
            need.folders.iter().map(|sub| format!(" or {folder}/{sub}")).collect::<String>(),
            self.home
        )))
    }

    /// Reads the table with the description `what`.
    pub fn table(&self, what: &str) -> Result<Interactions> {
        Ok(read(self.file(what)?, &ReadOptions::default())?.interactions)
    }
}

/// Returns training and test set with common indices.
pub fn aligned(train: Interactions, test: &Interactions) -> Result<(Ratings, Ratings)> {
    let (train, test) = align(train, test)?;
    Ok((Ratings::new(&train, Duplicates::Last)?, Ratings::new(&test, Duplicates::Last)?))
}

/// Reads a file of lines `user item item …`, separated by blanks.
pub fn lists(path: &Path) -> Result<Interactions> {
    let text = cofil::store::read_text(path, 1 << 30)?;
    let (mut users, mut items) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let mut fields = line.split_whitespace();
        let Some(user) = fields.next() else { continue };
        for item in fields {
            users.push(user);
            items.push(item);
        }
    }
    let numbered = |names: &[&str]| -> (IdMap, Vec<u32>) {
        let map: IdMap = names.iter().collect();
        let numbers = names.iter().map(|name| map.get(name).expect("just inserted")).collect();
        (map, numbers)
    };
    let ((users, user), (items, item)) = (numbered(&users), numbered(&items));
    let value = vec![1.0; user.len()];
    Ok(Interactions {
        users: users.into(),
        items: items.into(),
        user,
        item,
        value,
        ..Interactions::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_tables() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.txt");
        std::fs::write(&path, "0 5 7\n\n1 \n2 7\n").unwrap();
        let table = lists(&path).unwrap();
        assert_eq!((table.user, table.item), (vec![0, 0, 1], vec![0, 1, 1]));
        assert_eq!(table.users.names().collect::<Vec<_>>(), ["0", "2"]);
    }
}
