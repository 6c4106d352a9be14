//! Reading items to rank against: one line per user, `user,n1,n2,…`, or (user, item) pairs.

use super::report::called;
use super::rows::Start;
use super::source::Opened;
use super::{Format, ReadOptions, Table, sniff, text};
use crate::data::prose::count;
use crate::data::{IdMap, Source, twins};
use crate::error::{Error, Result};
use serde::Serialize;

/// The items that each user's test items are ranked against.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Negatives {
    /// Numbers of items in the order of the file, indexed by the number of the user; empty for users without
    /// negatives.
    pub by_user: Vec<Vec<u32>>,
    /// Lines with an unknown user.
    pub unknown_users: usize,
    /// Unknown items, counted with repetitions.
    pub unknown_items: usize,
    /// How the file was read.
    pub read_as: String,
    /// Notes on what to check: most ids are unknown, and which known ids they probably stand for.
    pub notes: Vec<String>,
}

/// Number of unknown ids to examine for notes.
const SAMPLE: usize = 1_000;

/// Ids that were looked up.
#[derive(Default)]
struct Met {
    known: usize,
    unknown: usize,
    sample: Vec<String>,
}

impl Met {
    fn add(&mut self, name: &str, known: bool) {
        match known {
            true => self.known += 1,
            false => {
                self.unknown += 1;
                if self.sample.len() < SAMPLE {
                    self.sample.push(name.into());
                }
            }
        }
    }

    fn note(self, what: &str, names: &IdMap) -> Option<String> {
        let sample = self.sample.into_iter();
        twins::unknown(what, sample, self.unknown, self.known, names, names.len())
    }
}

/// Reads a file of negatives. Each line has a user and items, or, in a file of two columns, a user and one item. A
/// first field `(user,item)` means its user, as in the files of the NCF paper. Users and items are looked up in
/// `users` and `items`; unknown ones are left out and counted.
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
        return Ok(Negatives::of_pairs(&table, users, items));
    }
    let name = source.name().to_owned();
    let path = name.as_path();
    let mut source = Opened::open(source, options.format)?;
    let options = &source.separated(options);
    if source.format != Format::Text {
        let start = Start::Names(users, items);
        let found = super::read_opened(path, source, &super::pairs(options), start)?;
        return Ok(Negatives::of_pairs(&found.table(path, users, items)?, users, items));
    }
    let mut negatives = Negatives::none(users);
    let mut block = Vec::new();
    source.block(path, &mut block)?;
    // The number of fields depends on the number of items, so the fields are not columns.
    let table = sniff::table(&block, options)
        .map_err(|(line, message)| Error::data(path, Some(line), message))?;
    let mut line = source.skipped;
    let mut header = table.header;
    negatives.read_as = format!(
        "read as: {}, {}, one line per user, followed by items",
        called(&String::from_utf8_lossy(&table.delimiter)),
        if header { "header" } else { "no header" }
    );
    let mut met = [Met::default(), Met::default()];
    while !block.is_empty() {
        for row in block.split_inclusive(|&b| b == b'\n') {
            line += 1;
            let row = row.trim_ascii_end();
            if row.is_empty() || std::mem::take(&mut header) {
                continue;
            }
            negatives
                .line(row, &table.delimiter, users, items, &mut met)
                .map_err(|message| Error::data(path, Some(line), message))?;
        }
        source.block(path, &mut block)?;
    }
    let [of_users, of_items] = met;
    negatives.notes.extend(of_users.note("user", users));
    negatives.notes.extend(of_items.note("item", items));
    Ok(negatives)
}

impl Negatives {
    /// Returns what was left out, as sentences.
    pub fn skipped(&self) -> Vec<String> {
        let unknown = [(self.unknown_users, "user"), (self.unknown_items, "item")];
        let unknown = unknown.into_iter().filter(|(n, _)| *n > 0);
        unknown
            .map(|(n, noun)| format!("skipped {} unknown to the table", count(n, noun)))
            .collect()
    }

    fn none(users: &IdMap) -> Self {
        Self { by_user: vec![Vec::new(); users.len()], ..Self::default() }
    }

    /// Returns the pairs of a table whose numbers continue those of `users` and `items`.
    fn of_pairs(table: &Table, users: &IdMap, items: &IdMap) -> Self {
        let text = table.report.to_string();
        let mut lines = text.lines();
        let read_as = lines.next().unwrap_or_default().to_owned();
        let notes = table.report.notes.clone();
        let mut negatives = Self { read_as, notes, ..Self::none(users) };
        let rows = &table.interactions;
        for (&user, &item) in rows.user.iter().zip(&rows.item) {
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
        met: &mut [Met; 2],
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
        let [of_users, of_items] = met;
        let found = users.get(user);
        if !user.is_empty() {
            of_users.add(user, found.is_some());
        }
        let user = match found {
            Some(user) => user,
            None if user.is_empty() => return Err("user is empty; start each line with one".into()),
            None => {
                self.unknown_users += 1;
                return Ok(());
            }
        };
        for item in text::fields(rest, delimiter).filter(|item| !item.is_empty()) {
            let item = unquoted(item, "item")?;
            let found = items.get(item);
            of_items.add(item, found.is_some());
            self.add(user, found);
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

/// Removes blanks and quotes around a field.
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
            assert_eq!(read.by_user, [vec![1], vec![2, 0]], "{content}");
            assert_eq!((read.unknown_users, read.unknown_items), (1, 1), "{content}");
            assert!(read.notes.is_empty() && read.read_as.starts_with("read as: "), "{read:?}");
        }
        std::fs::write(&path, "0.0,10,20\n1.0,30\n").expect("a file");
        let read = read_negatives(&path, &ReadOptions::default(), &users, &items).unwrap();
        assert_eq!(
            read.notes,
            ["all 2 users are unknown: is `0.0` the same as `0`? Write ids the same way"]
        );
        std::fs::write(&path, "1,2\n,3\n").expect("a file");
        let error = read_negatives(&path, &ReadOptions::default(), &users, &items).unwrap_err();
        assert!(
            error.to_string().ends_with(":2: user is empty; start each line with one"),
            "{error}"
        );
    }
}
