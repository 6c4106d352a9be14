//! Items to rank against: a line for each user, `user,n1,n2,…`, or (user, item) pairs.

use super::source::Opened;
use super::{Format, ReadOptions, sniff, text};
use crate::data::{IdMap, Interactions, Source};
use crate::error::{Error, Result};
use serde::Serialize;

/// The items that each user's test items are ranked against.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Negatives {
    /// By number of user, numbers of items in the order of the file; empty for users without.
    pub by_user: Vec<Vec<u32>>,
    /// Lines whose user is not known.
    pub unknown_users: usize,
    /// Items, repeated ones counted again, that are not known.
    pub unknown_items: usize,
}

/// Reads a file of negatives: each line a user and then items, or, in a file of two columns, one item.
/// A first field `(user,item)` stands for its user, as in the files of the NCF paper.
/// Users and items are looked up in `users` and `items`; unknown ones are left out and counted.
///
/// # Errors
/// If the file cannot be read or a line has no user.
pub fn read_negatives<'a>(
    source: impl Into<Source<'a>>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Negatives> {
    let source = source.into();
    #[cfg(feature = "arrow")]
    if let Source::Batches { .. } = source {
        let table = super::read_pairs(source, options, users, items)?;
        return Ok(Negatives::of_pairs(&table.interactions, users, items));
    }
    let name = source.name().to_owned();
    let path = name.as_path();
    let mut source = Opened::open(source, options.format)?;
    if source.format != Format::Text {
        let table = super::read_opened(path, source, &super::pairs(options), users, items)?;
        return Ok(Negatives::of_pairs(&table.interactions, users, items));
    }
    let mut negatives = Negatives::none(users);
    let mut block = Vec::new();
    source.block(path, &mut block)?;
    // A line has as many fields as there are items: these are no columns.
    let table = sniff::table(&block, options)
        .map_err(|(line, message)| Error::data(path, Some(line), message))?;
    let mut line = 0;
    let mut header = table.header;
    while !block.is_empty() {
        for row in block.split_inclusive(|&b| b == b'\n') {
            line += 1;
            let row = row.trim_ascii_end();
            if row.is_empty() || std::mem::take(&mut header) {
                continue;
            }
            negatives
                .line(row, &table.delimiter, users, items)
                .map_err(|message| Error::data(path, Some(line), message))?;
        }
        source.block(path, &mut block)?;
    }
    Ok(negatives)
}

impl Negatives {
    fn none(users: &IdMap) -> Self {
        Self { by_user: vec![Vec::new(); users.len()], ..Self::default() }
    }

    /// Those of a table whose numbers continue those of `users` and `items`.
    fn of_pairs(table: &Interactions, users: &IdMap, items: &IdMap) -> Self {
        let mut negatives = Self::none(users);
        for (&user, &item) in table.user.iter().zip(&table.item) {
            negatives.add(user, Some(item).filter(|&i| (i as usize) < items.len()));
        }
        negatives
    }

    fn line(
        &mut self,
        row: &[u8],
        delimiter: &[u8],
        users: &IdMap,
        items: &IdMap,
    ) -> std::result::Result<(), String> {
        let pair = || Some((row.strip_prefix(b"(")?, memchr::memchr(b')', row)?));
        let (user, rest) = match pair() {
            Some((inside, end)) => {
                let user = text::fields(inside, b",").next().unwrap_or_default();
                (user, row[end + 1..].strip_prefix(delimiter).unwrap_or_default())
            }
            None => {
                let user = text::fields(row, delimiter).next().unwrap_or_default();
                (user, row.get(user.len() + delimiter.len()..).unwrap_or_default())
            }
        };
        let user = unquoted(user, "user")?;
        let user = match users.get(user) {
            Some(user) => user,
            None if user.is_empty() => return Err("user is empty; start each line with one".into()),
            None => {
                self.unknown_users += 1;
                return Ok(());
            }
        };
        for item in text::fields(rest, delimiter).filter(|item| !item.is_empty()) {
            self.add(user, items.get(unquoted(item, "item")?));
        }
        Ok(())
    }

    fn add(&mut self, user: u32, item: Option<u32>) {
        match (self.by_user.get_mut(user as usize), item) {
            (Some(list), Some(item)) => list.push(item),
            (Some(_), None) => self.unknown_items += 1,
            (None, _) => self.unknown_users += 1,
        }
    }
}

/// A field without blanks and quotes around it.
fn unquoted<'a>(field: &'a [u8], role: &str) -> std::result::Result<&'a str, String> {
    let field = field.trim_ascii();
    let inside = field.strip_prefix(b"\"").and_then(|f| f.strip_suffix(b"\"")).unwrap_or(field);
    std::str::from_utf8(inside)
        .map_err(|_| format!("{role} {} is not valid UTF-8", super::field::quoted(field)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_pairs_and_the_files_of_the_paper_are_read_alike() {
        let users: IdMap = ["0", "1"].iter().collect();
        let items: IdMap = ["10", "20", "30"].iter().collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("negatives");
        for content in [
            "user,n1,n2\n1,30,10\n0,20,99\n7,10,20\n",
            "1,30,10\n0,20,99\n7,10,20",
            "(1,20)\t30\t10\n(0,30)\t20\t99\n(7,20)\t10\t20\n",
            "user,item\n1,30\n0,20\n0,99\n7,10\n1,10\n",
            "\"user\",\"item\"\r\n\"1\",\"30\"\r\n0,20\r\n0,99\r\n\r\n7,10\r\n1,10\r\n",
        ] {
            std::fs::write(&path, content).expect("a file");
            let read =
                read_negatives(&path, &ReadOptions::default(), &users, &items).expect(content);
            let by_user = vec![vec![1], vec![2, 0]];
            assert_eq!(
                read,
                Negatives { by_user, unknown_users: 1, unknown_items: 1 },
                "{content}"
            );
        }
        std::fs::write(&path, "1,2\n,3\n").expect("a file");
        let error = read_negatives(&path, &ReadOptions::default(), &users, &items).unwrap_err();
        assert!(
            error.to_string().ends_with(":2: user is empty; start each line with one"),
            "{error}"
        );
    }
}
