//! Reading whole tables, with every column as texts or lists of texts. Item tables are read this way.

#[cfg(feature = "arrow")]
mod columnar;
mod json;
mod roles;
mod text;

pub(crate) use roles::is_id_or_title;

use super::Format;
use super::encoding::Encoding;
use super::source::Opened;
use crate::data::{IdMap, Source};
use crate::error::Result;

/// A table with all columns.
pub(crate) struct Frame {
    pub format: Format,
    pub compression: Option<&'static str>,
    pub delimiter: Option<String>,
    /// Whether the first line was a header, for delimited text.
    pub header: Option<bool>,
    /// Names of the columns, if the file has them.
    pub names: Option<Vec<String>>,
    pub columns: Vec<Cells>,
    pub rows: usize,
    /// Note on the encoding of the text.
    pub note: Option<&'static str>,
}

/// Settings that replace detection.
pub(crate) struct Told<'a> {
    pub delimiter: Option<&'a str>,
    pub header: Option<bool>,
    pub format: Option<Format>,
}

/// A column: none, one or several texts per row. Rows without a text take no memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    /// All distinct texts.
    pub words: IdMap,
    /// Rows with a text, in ascending order.
    rows: Vec<u32>,
    /// The texts of `rows[n]` are `codes[starts[n]..starts[n + 1]]`, as indices into `words`; those of the last row
    /// extend to the end.
    starts: Vec<u32>,
    codes: Vec<u32>,
    /// Whether the file has lists in this column.
    pub lists: bool,
    /// Content that is not supported: objects, bytes.
    pub foreign: Option<String>,
}

impl Cells {
    /// Appends a text to `row`, which must not be before the last row with a text.
    pub fn push(&mut self, row: usize, word: &str) -> std::result::Result<(), String> {
        let code = self.code(word)?;
        self.push_code(row, code)
    }

    /// Returns the code of `word`, which is new if it has not occurred.
    fn code(&mut self, word: &str) -> std::result::Result<u32, String> {
        self.words.insert(word).map_err(|e| e.to_string())
    }

    /// As [`push`](Self::push), for the code of a text.
    fn push_code(&mut self, row: usize, code: u32) -> std::result::Result<(), String> {
        let number = |n: usize| {
            u32::try_from(n).map_err(|_| "a table has at most 4294967295 rows and texts".to_owned())
        };
        if !self.has(row) {
            self.rows.push(number(row)?);
            self.starts.push(number(self.codes.len())?);
        }
        self.codes.push(code);
        Ok(())
    }

    /// Returns whether `row` has a text; it must not be before the last row with one.
    fn has(&self, row: usize) -> bool {
        self.rows.last().is_some_and(|&last| last as usize == row)
    }

    /// Returns the number of texts.
    fn len(&self) -> usize {
        self.codes.len()
    }

    /// Returns the codes of the texts of a row.
    pub fn row(&self, row: usize) -> &[u32] {
        // In a column without gaps, the index of a row is its number.
        let place = match self.rows.get(row) {
            Some(&at) if at as usize == row => Ok(row),
            _ => self.rows.binary_search_by(|&at| (at as usize).cmp(&row)),
        };
        let Ok(place) = place else { return &[] };
        let end = self.starts.get(place + 1).map_or(self.codes.len(), |&end| end as usize);
        &self.codes[self.starts[place] as usize..end]
    }

    /// Returns the texts of a row.
    pub fn texts(&self, row: usize) -> impl Iterator<Item = &str> {
        self.row(row).iter().map(|&code| self.words.name(code))
    }
}

/// Reads a table. `is_known` recognises further column names of a header, besides those of interaction tables.
///
/// # Errors
/// If it cannot be read or is not a table. The error names file, line and remedy.
pub(crate) fn read_frame(
    source: Source<'_>,
    told: &Told<'_>,
    is_known: impl Fn(&str) -> bool,
) -> Result<Frame> {
    super::options::check_delimiter(told.delimiter)?;
    let name = source.name().to_owned();
    let path = name.as_path();
    #[cfg(feature = "arrow")]
    if let Source::Batches { batches, .. } = source {
        return columnar::read_memory(path, batches);
    }
    let source = Opened::open(source, told.format)?;
    match source.format {
        Format::Text => text::read(path, source, told, is_known),
        Format::JsonLines => json::read(path, source),
        #[cfg(feature = "arrow")]
        Format::Parquet | Format::Arrow => columnar::read(path, source),
        #[cfg(not(feature = "arrow"))]
        Format::Parquet | Format::Arrow => Err(super::no_arrow(path)),
    }
}

impl Frame {
    /// Creates a frame without columns.
    fn empty(format: Format) -> Self {
        Self {
            format,
            compression: None,
            delimiter: None,
            header: None,
            names: None,
            columns: Vec::new(),
            rows: 0,
            note: None,
        }
    }
}

/// Creates a frame for text, without columns yet.
fn textual(source: &Opened<'_>, encoding: Encoding) -> Frame {
    Frame { compression: source.compression, note: encoding.note(), ..Frame::empty(source.format) }
}
