//! The bundled sample data: real interactions without a download.

use super::{IdMap, Interactions};
use crate::error::{Error, Result};
use std::sync::Arc;

/// Compressed as in the repository's `datasets/debian/`, which describes how the file was made.
const DEBIAN: &[u8] = include_bytes!("../../datasets/debian/links.csv.zst");

/// Returns the bundled sample data: dependencies of Debian source packages (the users) on packages (the items). It
/// has 10,928 users, 3,836 items and 123,648 links, without ratings or times.
///
/// # Errors
/// Never, unless the library was built from a damaged file.
pub fn sample_set() -> Result<Interactions> {
    let damaged = |what: &str| Error::Unfit(format!("the bundled sample is damaged: {what}"));
    let bytes = zstd::decode_all(DEBIAN).map_err(|e| damaged(&e.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|e| damaged(&e.to_string()))?;
    let (mut users, mut items) = (IdMap::new(), IdMap::new());
    let mut table = Interactions::default();
    for line in text.lines().skip(1) {
        let (package, dependency) = line.split_once(',').ok_or_else(|| damaged(line))?;
        table.user.push(users.insert(package)?);
        table.item.push(items.insert(dependency)?);
    }
    table.value = vec![1.0; table.user.len()];
    (table.users, table.items) = (Arc::new(users), Arc::new(items));
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Duplicates, Ratings};

    #[test]
    fn the_sample_is_what_its_page_says() {
        let table = sample_set().unwrap();
        assert_eq!((table.users.len(), table.items.len(), table.len()), (10_928, 3_836, 123_648));
        let ratings = Ratings::new(&table, Duplicates::Error).unwrap();
        let (least, most) =
            (|n: &[u32]| n.iter().min().copied(), |n: &[u32]| n.iter().max().copied());
        let per_item = ratings.by_user.column_counts();
        assert_eq!((least(&per_item), most(&per_item)), (Some(5), Some(7_740)));
        let seaborn = ratings.users.get("seaborn").unwrap();
        let pandas = ratings.items.get("python3-pandas").unwrap();
        assert_eq!(ratings.by_user.row(seaborn as usize).get(pandas), Some(1.0));
    }
}
