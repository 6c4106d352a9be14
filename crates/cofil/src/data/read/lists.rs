//! Recommended lists, as any recommender writes them: a row for each user and item.

use super::{Column, ReadOptions, ReadReport, read_with};
use crate::data::IdMap;
use crate::error::Result;
use std::path::Path;

/// Lists of items, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Lists {
    /// By number of user, numbers of items. Items that were not known have numbers after the known ones.
    pub by_user: Vec<Vec<u32>>,
    /// Users in the file that are not known; their lists are left out.
    pub unknown_users: usize,
    /// How the file was read.
    pub report: ReadReport,
}

/// Reads rows of user, item and a score or a rank: a user's items by falling score; by rising rank, if
/// the column is called `rank`; in the order of the file, where values are equal or absent.
///
/// # Errors
/// As [`read_with`].
pub fn read_lists(
    path: &Path,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Lists> {
    let options = ReadOptions { time: Some(Column::Absent), ..options.clone() };
    let is_rank = |name: &str| name.eq_ignore_ascii_case("rank");
    let mut table = read_with(path, &options, users, items)?;
    if table.report.value.is_none() && options.value.is_none() {
        let value = Some(Column::Name("rank".into()));
        // The error says that there is no such column.
        if let Ok(ranked) = read_with(path, &ReadOptions { value, ..options }, users, items) {
            table = ranked;
        }
    }
    let value = table.report.value.as_ref().and_then(|column| column.name.as_deref());
    let sign = if value.is_some_and(is_rank) { 1.0 } else { -1.0 };
    let rows = table.interactions;
    let mut entries: Vec<Vec<(f32, u32)>> = vec![Vec::new(); rows.users.len()];
    for ((&user, &item), &value) in rows.user.iter().zip(&rows.item).zip(&rows.value) {
        entries[user as usize].push((sign * value, item));
    }
    let unknown_users = entries.split_off(users.len()).len();
    let list = |mut list: Vec<(f32, u32)>| {
        // Keeps the order of equal ones.
        list.sort_by(|a, b| a.0.total_cmp(&b.0));
        list.into_iter().map(|(_, item)| item).collect()
    };
    let by_user = entries.into_iter().map(list).collect();
    Ok(Lists { by_user, unknown_users, report: table.report })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_ordered_by_score_rank_or_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists.csv");
        let users: IdMap = ["a", "b", "c"].iter().map(ToString::to_string).collect();
        let items: IdMap = ["x", "y", "z"].iter().map(ToString::to_string).collect();
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_lists(&path, &ReadOptions::default(), &users, &items).unwrap()
        };
        let lists = read("user,item,rank,score\na,x,2,.1\na,y,1,.5\nb,z,2,7\nb,x,1,7\nd,x,1,1\n");
        assert_eq!(lists.by_user, [vec![1, 0], vec![2, 0], vec![]]);
        assert_eq!(lists.unknown_users, 1);
        let lists = read("user,item,rank\na,x,2\na,new,3\na,y,1\nc,z,1\n");
        assert_eq!(lists.by_user, [vec![1, 0, 3], vec![], vec![2]]);
        let lists = read("user,item\nc,z\na,x\nc,y\n");
        assert_eq!(lists.by_user, [vec![0], vec![], vec![2, 1]]);
    }
}
