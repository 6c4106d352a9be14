//! Blocks, as in the files of Netflix: a line `17:` with an item, followed by one row per user.
//!
//! The rows are read like those of a table whose first column is the item. Line numbers are kept, because the lines
//! with items become empty ones.

use super::field::number;
use super::found::Found;
use super::limits::{Beyond, LONGEST_LINE};
use super::{Column, ReadOptions, Shape};
use std::io::{BufRead, BufReader, Read};

/// Returns whether text that starts with `head` has blocks: a line `17:`, followed by lines of another form. Blocks may
/// be empty. If the item is not a number, the rows must have a delimiter.
pub(super) fn begin(head: &[u8]) -> bool {
    let mut lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).filter(|l| !l.is_empty());
    let first = lines.next().and_then(item);
    let Some((name, row)) = first.zip(lines.find(|line| item(line).is_none())) else {
        return false;
    };
    match name.iter().all(u8::is_ascii_digit) {
        true => row[0].is_ascii_digit(),
        false => {
            let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
            name.iter().all(word)
                && name.iter().any(u8::is_ascii_digit)
                && row.iter().any(|byte| b",;|\t".contains(byte))
        }
    }
}

/// Maximum length of an item in bytes; it is put before each of its rows.
const LONGEST: usize = 64;

/// Returns the item on a line of the form `17:`.
fn item(line: &[u8]) -> Option<&[u8]> {
    let item = line.strip_suffix(b":")?;
    let alone =
        (1..=LONGEST).contains(&item.len()) && !item.iter().any(|b| b",;|\t:\"".contains(b));
    alone.then_some(item)
}

/// Returns the first row in `head`.
fn row(head: &[u8]) -> Option<&[u8]> {
    let lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.is_empty()).find(|line| item(line).is_none())
}

/// Returns the delimiter of the rows in `head`.
fn delimiter(head: &[u8]) -> u8 {
    let stands = |delimiter: &u8| row(head).is_some_and(|row| row.contains(delimiter));
    *b",;|\t ".iter().find(|delimiter| stands(delimiter)).unwrap_or(&b',')
}

/// Returns the options to read the rows that [`Rows`] makes of text that starts with `head`.
pub(super) fn options(head: &[u8], options: &ReadOptions) -> ReadOptions {
    let sniffed = char::from(delimiter(head)).to_string();
    // Of more fields than user, value and time, the second is the value too, as in the files of Netflix.
    let of_row = row(head).unwrap_or_default();
    let told = options.delimiter.as_deref().unwrap_or(&sniffed).as_bytes();
    let fields: Vec<&[u8]> = super::text::fields(of_row, told).collect();
    let second = (fields.len() > 3 && number(fields[1].trim_ascii()).is_some())
        .then_some(Column::Position(3));
    // User options count columns without the item column.
    let moved = |column: &Option<Column>| match column {
        Some(Column::Position(position)) => Some(Column::Position(position + 1)),
        other => other.clone(),
    };
    ReadOptions {
        user: moved(&options.user).or(Some(Column::Position(2))),
        item: Some(Column::Position(1)),
        value: moved(&options.value).or(second),
        time: moved(&options.time),
        kind: moved(&options.kind),
        delimiter: options.delimiter.clone().or(Some(sniffed)),
        header: Some(false),
        ..options.clone()
    }
}

/// Returns `found` for rows made by [`Rows`], as blocks.
pub(super) fn shaped(mut found: Found) -> Found {
    found.shape = Shape::Blocks;
    found.columns.before = 1;
    found
}

/// Reader of the rows of blocks, each prefixed with its item and a delimiter.
pub(super) struct Rows<R> {
    bytes: BufReader<R>,
    item: Vec<u8>,
    /// Delimiter, detected in the first row.
    delimiter: Option<u8>,
    /// Text ready to be taken, and the part of it that was taken.
    ready: Vec<u8>,
    taken: usize,
    lines: u64,
}

impl<R: Read> Rows<R> {
    pub fn new(bytes: R) -> Self {
        let bytes = BufReader::with_capacity(1 << 16, bytes);
        Self { bytes, item: Vec::new(), delimiter: None, ready: Vec::new(), taken: 0, lines: 0 }
    }

    /// Prepares the next line; nothing at the end.
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
        assert!(begin(b"1:\n2:\n1,5,2005-09-06\n") && begin(b"B001:\nu1,5\nu2,3\nB002:\nu1,4\n"));
        for other in
            ["user,item:\n1,2\n", "note:\n1,2\n", "1:\n2:\n", "17:\n", "1::2::3\n1::3::4\n", ""]
        {
            assert!(!begin(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn further_fields_do_not_cost_the_ratings() {
        use super::super::messy::{rows, rows_with};
        assert_eq!(
            rows("17:\n1,5,2005-09-06,x\n2,3,2005-09-07,y\n"),
            ["1 17 5 1125964800", "2 17 3 1126051200"]
        );
        let third = ReadOptions { value: Some(Column::Position(4)), ..ReadOptions::default() };
        assert_eq!(rows_with("17:\n1,5,2005-09-06,9\n", &third), ["1 17 9 1125964800"]);
    }
}
