//! Delimited text with quotes (RFC 4180), record by record.
//!
//! A field is quoted if it begins with a quote and the next quote that is not doubled ends the field; blanks around
//! the quotes are not part of it. Anything else is taken as it is: `"big al" jones` keeps its quotes, as do `5"` and
//! `a"b`.

use super::limits::{Beyond, LONGEST_LINE};
use super::source::Opened;
use crate::error::{Error, Result};
use std::ops::Range;
use std::path::Path;

/// A field of a record: the position of its text, without the quotes around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    place: Range<usize>,
    /// Whether the field is quoted.
    quoted: bool,
    /// Whether it contains doubled quotes.
    doubled: bool,
}

impl Field {
    fn plain(place: Range<usize>) -> Self {
        Self { place, quoted: false, doubled: false }
    }

    /// Returns the text of the field in `record`.
    pub fn of<'a>(&self, record: &'a [u8]) -> &'a [u8] {
        &record[self.place.clone()]
    }

    /// Returns the text without surrounding blanks, unless the field is quoted.
    fn trimmed<'a>(&self, record: &'a [u8]) -> &'a [u8] {
        let text = self.of(record);
        if self.quoted { text } else { text.trim_ascii() }
    }

    /// Returns whether the field is quoted and spans several lines.
    fn goes_over_lines(&self, record: &[u8]) -> bool {
        self.quoted && memchr::memchr2(b'\n', b'\r', self.of(record)).is_some()
    }
}

/// Splits the first record of `text` into `fields`; returns the start of the next record, or `None` if a quote is
/// still open at the end of `text`.
pub(super) fn cut(text: &[u8], delimiter: &[u8], fields: &mut Vec<Field>) -> Option<usize> {
    fields.clear();
    let mut start = 0;
    let mut line = line_end(text, 0);
    loop {
        // A quoted field may have ended on a later line.
        if start > line {
            line = line_end(text, start);
        }
        let (field, end) = match text[start..].first() {
            Some(b'"') => match enclosed(text, start, delimiter) {
                Enclosed::Field(field, end) => (field, end),
                Enclosed::Open => return None,
                Enclosed::Not => plain(&text[..line], start, delimiter),
            },
            _ => indented(&text[..line], start, delimiter)
                .unwrap_or_else(|| plain(&text[..line], start, delimiter)),
        };
        fields.push(field);
        match &text[end..] {
            [] | [b'\r'] => return Some(text.len()),
            [b'\n', ..] => return Some(end + 1),
            [b'\r', b'\n', ..] => return Some(end + 2),
            _ => start = end + delimiter.len(),
        }
    }
}

/// Returns the end of the line that contains `at`, without its line end.
fn line_end(text: &[u8], at: usize) -> usize {
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
    end - usize::from(text[at..end].ends_with(b"\r"))
}

/// Returns the unquoted field that begins at `start`, and its end: before a delimiter or at the end of the line.
fn plain(line: &[u8], start: usize, delimiter: &[u8]) -> (Field, usize) {
    let end = super::text::find(&line[start..], delimiter).map_or(line.len(), |at| start + at);
    (Field::plain(start..end), end)
}

/// Returns the quoted field behind the blanks at `start`, and its end. Its quote must be closed on the same `line`,
/// since one behind a blank may also begin a word.
fn indented(line: &[u8], start: usize, delimiter: &[u8]) -> Option<(Field, usize)> {
    let blanks = blanks(&line[start..], delimiter);
    match line[start + blanks..].first() {
        Some(b'"') if blanks > 0 => match enclosed(line, start + blanks, delimiter) {
            Enclosed::Field(field, end) => Some((field, end)),
            Enclosed::Open | Enclosed::Not => None,
        },
        _ => None,
    }
}

/// Returns the number of blanks that `text` begins with; 0 if they separate fields.
fn blanks(text: &[u8], delimiter: &[u8]) -> usize {
    match delimiter {
        [b' ', ..] => 0,
        _ => text.iter().take_while(|&&byte| byte == b' ').count(),
    }
}

enum Enclosed {
    /// A quoted field, and its end.
    Field(Field, usize),
    /// The quote is not closed in this text.
    Open,
    /// Text follows the closing quote, so the quotes are part of the text.
    Not,
}

/// Returns what the quote at `start` begins.
fn enclosed(text: &[u8], start: usize, delimiter: &[u8]) -> Enclosed {
    let mut at = start + 1;
    let mut doubled = false;
    loop {
        let Some(quote) = memchr::memchr(b'"', &text[at..]) else { return Enclosed::Open };
        let after = at + quote + 1;
        match &text[after..] {
            [b'"', ..] => {
                doubled = true;
                at = after + 1;
            }
            rest => {
                let blanks = blanks(rest, delimiter);
                if !ends_field(&rest[blanks..], delimiter) {
                    return Enclosed::Not;
                }
                let field = Field { place: start + 1..after - 1, quoted: true, doubled };
                return Enclosed::Field(field, after + blanks);
            }
        }
    }
}

/// Returns whether a field ends before `rest`.
fn ends_field(rest: &[u8], delimiter: &[u8]) -> bool {
    matches!(rest, [] | [b'\r'] | [b'\n', ..] | [b'\r', b'\n', ..]) || rest.starts_with(delimiter)
}

/// Replaces doubled quotes by single ones in the fields that contain them.
fn undouble(record: &mut [u8], fields: &mut [Field]) {
    for field in fields.iter_mut().filter(|field| field.doubled) {
        let mut to = field.place.start;
        let mut from = to;
        while from < field.place.end {
            record[to] = record[from];
            from += if record[from] == b'"' { 2 } else { 1 };
            to += 1;
        }
        field.place.end = to;
        field.doubled = false;
    }
}

/// A record split into fields.
pub(super) struct Record<'a> {
    text: &'a [u8],
    fields: &'a [Field],
    /// Line on which the record begins, starting at 1.
    pub line: u64,
}

impl Record<'_> {
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Returns whether quotes are written after a backslash.
    pub fn has_escapes(&self) -> bool {
        memchr::memmem::find(self.text, b"\\\"").is_some()
    }

    pub fn fields(&self) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().map(|field| field.trimmed(self.text))
    }

    /// Returns an error for a field over several lines if an unclosed quote probably swallowed its content: if it
    /// contains rows of the table, of which the last may go on behind the field, or, in columns for which `is_id`
    /// returns true, a delimiter. `is_row` tells whether fields are those of a row.
    pub fn check_lines(
        &self,
        delimiter: &[u8],
        is_row: impl Fn(&[&[u8]]) -> bool,
        is_id: impl Fn(usize) -> bool,
    ) -> std::result::Result<(), String> {
        for (column, field) in self.fields.iter().enumerate() {
            if !field.goes_over_lines(self.text) {
                continue;
            }
            let inside = field.of(self.text);
            let own: Vec<&[u8]> = self.fields.iter().map(|field| field.of(self.text)).collect();
            let (before, rest) = (&own[..column], &own[column + 1..]);
            let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
            let mut lines: Vec<&[u8]> = inside.split(is_end).skip(1).collect();
            let last = lines.pop().unwrap_or_default();
            let mut cut = Vec::new();
            let mut swallows = |line: &[u8], rest: &[&[u8]]| {
                let whole = self::cut(line, delimiter, &mut cut).is_some();
                let mut fields: Vec<&[u8]> = cut.iter().map(|field| field.of(line)).collect();
                // Sentences have blanks after their commas.
                let prose = are_padded(&fields) && !are_padded(before);
                fields.extend(rest);
                whole && !prose && is_row(&fields)
            };
            let parted = || super::text::find(inside, delimiter).is_some();
            if (is_id(column) && parted())
                || swallows(last, rest)
                || lines.iter().any(|line| swallows(line, &[]))
            {
                return Err(format!(
                    "the quote before {} is closed on another line, and the lines in between look like rows, which \
                     would be lost; close it on the same line, double a quote that is part of the text, turn quoting \
                     off (`quote` = none), or keep it if the text is meant to span lines (`quote` = double)",
                    super::field::quoted(inside)
                ));
            }
        }
        Ok(())
    }
}

/// Returns whether a field after the first begins with a blank.
fn are_padded(fields: &[&[u8]]) -> bool {
    fields.iter().skip(1).any(|field| field.starts_with(b" "))
}

/// The remaining records of a file.
pub(super) struct Records<'s, 'a> {
    path: &'s Path,
    source: &'s mut Opened<'a>,
    delimiter: &'s [u8],
    /// Whole lines read so far; those before `at` are done.
    text: Vec<u8>,
    at: usize,
    /// Number of lines before `at`.
    lines: u64,
    fields: Vec<Field>,
}

impl<'s, 'a> Records<'s, 'a> {
    /// Creates the records of `text`, which consists of whole lines that follow `lines` others, and of the rest of
    /// `source`.
    pub fn new(
        path: &'s Path,
        source: &'s mut Opened<'a>,
        delimiter: &'s [u8],
        text: Vec<u8>,
        lines: u64,
    ) -> Self {
        Self { path, source, delimiter, text, at: 0, lines, fields: Vec::new() }
    }

    /// Returns the next record that is not an empty line.
    pub fn next(&mut self) -> Result<Option<Record<'_>>> {
        loop {
            let rest = &self.text[self.at..];
            let empty = match rest {
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                _ => 0,
            };
            if empty > 0 {
                self.at += empty;
                self.lines += 1;
                continue;
            }
            if !rest.is_empty()
                && let Some(length) = cut(rest, self.delimiter, &mut self.fields)
            {
                return Ok(Some(self.take(length)));
            }
            if rest.len() > LONGEST_LINE {
                return Err(self.bad(Beyond::row()));
            }
            let open = !rest.is_empty();
            if !self.more()? {
                let message = "a quote is opened in this row and never closed; close it, double a quote that is \
                               part of the text, or turn quoting off (`quote` = none)";
                return if open { Err(self.bad(message.into())) } else { Ok(None) };
            }
        }
    }

    /// Returns an error with a `message` about the next row.
    fn bad(&self, message: String) -> Error {
        Error::data(self.path, Some(self.lines + 1), message)
    }

    fn take(&mut self, length: usize) -> Record<'_> {
        let text = &mut self.text[self.at..self.at + length];
        let line = self.lines + 1;
        self.lines += memchr::memchr_iter(b'\n', text).count() as u64;
        self.at += length;
        undouble(text, &mut self.fields);
        Record { text, fields: &self.fields, line }
    }

    /// Reads more text; returns whether there was any.
    fn more(&mut self) -> Result<bool> {
        let mut block = Vec::new();
        self.source.block(self.path, &mut block)?;
        self.text.drain(..self.at);
        self.at = 0;
        let more = !block.is_empty();
        self.text.append(&mut block);
        Ok(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns all records of `text`.
    fn records(text: &str, delimiter: &str) -> Vec<Vec<String>> {
        let mut text = text.as_bytes().to_vec();
        let (mut at, mut fields, mut found) = (0, Vec::new(), Vec::new());
        while at < text.len() {
            let length = cut(&text[at..], delimiter.as_bytes(), &mut fields).expect("closed");
            let record = &mut text[at..at + length];
            undouble(record, &mut fields);
            let texts = fields.iter().map(|f| String::from_utf8_lossy(f.of(record)).into_owned());
            found.push(texts.collect());
            at += length;
        }
        found
    }

    #[test]
    fn only_whole_fields_are_in_quotes() {
        for (text, expected) in [
            ("a,\"b\"", vec!["a", "b"]),
            ("a,\"b\"\"c\"\r\n", vec!["a", "b\"c"]),
            ("\"a\" b,c", vec!["\"a\" b", "c"]),
            ("a\"b\",c\r", vec!["a\"b\"", "c"]),
            ("\"a\",\"\"\r", vec!["a", ""]),
            ("\"a\nb\",c\n", vec!["a\nb", "c"]),
            (" \"a\",b", vec!["a", "b"]),
            ("\"a\"  , \"b,\"\"\" \r\n", vec!["a", "b,\""]),
            ("a, \"b\" c", vec!["a", " \"b\" c"]),
            ("a, \"b", vec!["a", " \"b"]),
            (",", vec!["", ""]),
        ] {
            assert_eq!(records(text, ","), [expected], "{text:?}");
        }
        assert_eq!(cut(b"a,\"b\nc", b",", &mut Vec::new()), None);
        assert_eq!(records("\"a::b\"::c\n", "::"), [["a::b", "c"]]);
        assert_eq!(records("a \"b\" c\n", " "), [["a", "b", "c"]]);
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read(
            rows in prop::collection::vec(prop::collection::vec("[ab\", \n]{0,4}", 2..4), 1..5),
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            rows.iter().for_each(|row| writer.write_record(row).unwrap());
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(records(&text, ","), rows);
        }

        #[test]
        fn any_text_is_cut_to_its_end(text in "[a\",\r\n]{0,12}") {
            let bytes = text.as_bytes();
            let (mut at, mut fields) = (0, Vec::new());
            while at < bytes.len() {
                let Some(length) = cut(&bytes[at..], b",", &mut fields) else { break };
                prop_assert!(length > 0 && at + length <= bytes.len());
                at += length;
            }
        }
    }
}
