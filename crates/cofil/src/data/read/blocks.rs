//! Blocks, as the files of Netflix have them: a line `17:` names an item, and below it is a row for each user.
//!
//! The rows are read as those of a table whose first column is the item; lines keep their numbers, as the lines that
//! name items become empty ones.

use super::found::Found;
use super::limits::{Beyond, LONGEST_LINE};
use super::{Column, ReadOptions, Shape};
use std::io::{BufRead, BufReader, Read};

/// Whether text that starts with `head` is blocks: a line `17:`, and then one that is not.
pub(super) fn begin(head: &[u8]) -> bool {
    let mut lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).filter(|l| !l.is_empty());
    let first = lines.next().and_then(item);
    first.is_some_and(|item| item.iter().all(u8::is_ascii_digit))
        && lines.next().is_some_and(|row| item(row).is_none() && row[0].is_ascii_digit())
}

/// Bytes of the longest item, which is put before each of its rows.
const LONGEST: usize = 64;

/// The item that a line names.
fn item(line: &[u8]) -> Option<&[u8]> {
    let item = line.strip_suffix(b":")?;
    let alone =
        (1..=LONGEST).contains(&item.len()) && !item.iter().any(|b| b",;|\t:\"".contains(b));
    alone.then_some(item)
}

/// What stands between the fields of rows that `head` has some of.
fn delimiter(head: &[u8]) -> u8 {
    let row = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
    let row = row.filter(|line| !line.is_empty()).find(|line| item(line).is_none());
    let stands = |delimiter: &u8| row.is_some_and(|row| row.contains(delimiter));
    *b",;|\t ".iter().find(|delimiter| stands(delimiter)).unwrap_or(&b',')
}

/// How the rows are read that [`Rows`] makes of text that starts with `head`.
pub(super) fn options(head: &[u8], options: &ReadOptions) -> ReadOptions {
    let sniffed = char::from(delimiter(head)).to_string();
    // Columns are counted without that of the items.
    let moved = |column: &Option<Column>| match column {
        Some(Column::Position(position)) => Some(Column::Position(position + 1)),
        other => other.clone(),
    };
    ReadOptions {
        user: moved(&options.user).or(Some(Column::Position(2))),
        item: Some(Column::Position(1)),
        value: moved(&options.value),
        time: moved(&options.time),
        kind: moved(&options.kind),
        delimiter: options.delimiter.clone().or(Some(sniffed)),
        header: Some(false),
        ..options.clone()
    }
}

/// `found` in rows that [`Rows`] made.
pub(super) fn shaped(mut found: Found) -> Found {
    found.shape = Shape::Blocks;
    found.columns.before = 1;
    found
}

/// The rows of blocks, each behind its item and a delimiter.
pub(super) struct Rows<R> {
    bytes: BufReader<R>,
    item: Vec<u8>,
    /// What stands between fields; found in the first row.
    delimiter: Option<u8>,
    /// Text that is ready to be taken, and how much of it was.
    ready: Vec<u8>,
    taken: usize,
    lines: u64,
}

impl<R: Read> Rows<R> {
    pub fn new(bytes: R) -> Self {
        let bytes = BufReader::with_capacity(1 << 16, bytes);
        Self { bytes, item: Vec::new(), delimiter: None, ready: Vec::new(), taken: 0, lines: 0 }
    }

    /// Makes the next line ready; nothing at the end.
    fn next(&mut self) -> std::io::Result<()> {
        let mut line = Vec::new();
        let mut piece = (&mut self.bytes).take(LONGEST_LINE as u64 + 1);
        piece.read_until(b'\n', &mut line)?;
        self.lines += 1;
        if line.len() > LONGEST_LINE {
            return Err(Beyond::line(Some(self.lines)));
        }
        self.ready.clear();
        self.taken = 0;
        if let Some(item) = item(line.trim_ascii()) {
            self.item = item.to_vec();
            self.ready.push(b'\n');
        } else if line.trim_ascii().is_empty() {
            self.ready = line;
        } else {
            let delimiter = *self.delimiter.get_or_insert_with(|| delimiter(&line));
            self.ready.extend_from_slice(&self.item);
            self.ready.push(delimiter);
            self.ready.append(&mut line);
        }
        Ok(())
    }
}

impl<R: Read> Read for Rows<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.taken == self.ready.len() {
            self.next()?;
        }
        let ready = &self.ready[self.taken..];
        let size = ready.len().min(into.len());
        into[..size].copy_from_slice(&ready[..size]);
        self.taken += size;
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_behind_their_item() {
        let text = "17:\r\n1,5,2005-09-06\r\n\n2,3,2005-09-07\n4:\n1,1,2005-01-01";
        assert!(begin(text.as_bytes()));
        let mut rows = String::new();
        Rows::new(text.as_bytes()).read_to_string(&mut rows).unwrap();
        assert_eq!(rows, "\n17,1,5,2005-09-06\r\n\n17,2,3,2005-09-07\n\n4,1,1,2005-01-01");
        for other in
            ["user,item:\n1,2\n", "note:\n1,2\n", "1:\n2:\n", "17:\n", "1::2::3\n1::3::4\n", ""]
        {
            assert!(!begin(other.as_bytes()), "{other}");
        }
    }
}
