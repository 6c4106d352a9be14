//! Options for reading tables. Everything left out is detected.

use super::{doubts, stamp};
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How to read a table of interactions. The default detects everything and reports what it found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// User column. Default: by its name, else the first.
    pub user: Option<Column>,
    /// Item column. Default: by its name, else the next one that does not hold dates.
    pub item: Option<Column>,
    /// Value column: ratings, counts or weights. Default: by its name; without a header the third of at most four, if
    /// it holds numbers. Without a value column every value is 1.
    pub value: Option<Column>,
    /// Time column: unix seconds, milli-, micro- or nanoseconds (detected from most of the column) or ISO 8601.
    /// Default: by its name; without a header the first remaining column that holds times.
    pub time: Option<Column>,
    /// Column of the event type, used with `weights`. Default: by its name.
    pub kind: Option<Column>,
    /// Weight of each event type. The value of a row is its weight, times the value column if there is one. Rows of a
    /// type with weight 0 are left out and counted.
    pub weights: Vec<(String, f32)>,
    /// Delimiter, such as `,` or `::`. Default: the one of tab, `::`, `;`, `,`, `|` and space that splits the first
    /// lines into equal numbers of fields.
    pub delimiter: Option<String>,
    /// Format of the times in `strftime` notation (`%d/%m/%Y %H:%M`; UTC without an offset), or the unit of numbers:
    /// `s`, `ms`, `us` or `ns` since 1970, or `excel` for spreadsheet days. Default: unix times, years, `20190131`,
    /// `31.01.2019` or ISO 8601.
    pub time_format: Option<String>,
    /// Decimal separator of values in text: `.` or `,`. Default: the point.
    pub decimal: Option<char>,
    /// Whether quotes enclose fields. Default: they do, and a quote that would enclose whole rows is an error.
    pub quote: Option<Quote>,
    /// Whether the first line is a header. Default: detected.
    pub header: Option<bool>,
    /// File format. Default: detected from the first bytes.
    pub format: Option<Format>,
    /// Value that means "no rating"; such rows are left out and counted. NaN also matches empty fields and marks
    /// such as `NA`.
    pub missing: Option<f32>,
    /// Maximum number of unreadable rows to leave out; they are counted, and the report says what is wrong with the
    /// first ones. Default: none.
    pub skip_bad: u64,
    /// Layout of the interactions in the file. Default: rows, unless the first lines clearly have another one.
    pub shape: Option<Shape>,
}

/// Layout of interactions in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// One row per interaction.
    #[default]
    Rows,
    /// One line per user, followed by its items: `0 11 12 13`, as in the files of LightGCN.
    Lists,
    /// A line `17:` with an item, followed by one row per user, as in the files of Netflix.
    Blocks,
    /// One row per user and one column per item; cells that are empty or `nan` are unknown.
    Matrix,
}

impl FromStr for Shape {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "rows" => Self::Rows,
            "lists" => Self::Lists,
            "blocks" => Self::Blocks,
            "matrix" => Self::Matrix,
            _ => {
                return Err(Error::unknown("shape", text, ["rows", "lists", "blocks", "matrix"]));
            }
        })
    }
}

/// A column, by name or by position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Column {
    /// By its name in the header.
    Name(String),
    /// By its position, starting at 1.
    Position(usize),
    /// No column; do not detect one.
    Absent,
}

impl ReadOptions {
    /// The columns that may be given: user, item, value, time and event type.
    pub(super) fn columns_mut(&mut self) -> [&mut Option<Column>; 5] {
        [&mut self.user, &mut self.item, &mut self.value, &mut self.time, &mut self.kind]
    }
}

impl Column {
    /// Returns whether there must be a header: if a column is given by its name.
    pub(crate) fn imply_header(columns: &[&Option<Self>]) -> Option<bool> {
        columns.iter().any(|column| matches!(column, Some(Self::Name(_)))).then_some(true)
    }
}

impl FromStr for Column {
    type Err = Error;

    /// Parses digits as a position, `none` as no column, anything else as a name.
    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "none" => Self::Absent,
            _ => match text.parse() {
                Ok(0) => return Err(Error::setting("column", "positions count from 1")),
                Ok(position) => Self::Position(position),
                Err(_) => Self::Name(text.into()),
            },
        })
    }
}

impl TryFrom<String> for Column {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Column> for String {
    fn from(column: Column) -> Self {
        match column {
            Column::Name(name) => name,
            Column::Position(position) => position.to_string(),
            Column::Absent => "none".into(),
        }
    }
}

/// Meaning of quotes in delimited text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Quote {
    /// `"` encloses a field, and `""` inside it is one quote (RFC 4180). Quoted fields may contain line breaks.
    Double,
    /// Quotes are ordinary characters.
    None,
}

impl FromStr for Quote {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "none" => Ok(Self::None),
            "double" | "\"" => Ok(Self::Double),
            _ => Err(Error::unknown("kind of quote", text, ["double", "none"])),
        }
    }
}

/// File formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Delimited text: CSV, TSV and similar formats.
    Text,
    /// JSON lines: one object per line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, file or stream; also reported for record batches in memory.
    Arrow,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "text" | "csv" | "tsv" => Ok(Self::Text),
            "jsonl" | "ndjson" | "json-lines" => Ok(Self::JsonLines),
            "parquet" => Ok(Self::Parquet),
            "arrow" | "ipc" | "feather" => Ok(Self::Arrow),
            _ => Err(Error::unknown("format", text, ["csv", "tsv", "jsonl", "parquet", "arrow"])),
        }
    }
}

impl ReadOptions {
    /// Parses `missing`: a number, or a mark such as `NA` for NaN.
    ///
    /// # Errors
    /// If `text` is neither.
    pub fn parse_missing(text: &str) -> Result<f32> {
        let mark = || doubts::is_mark(text.as_bytes()).then_some(f32::NAN);
        text.parse().ok().or_else(mark).ok_or_else(|| {
            let message = format!(
                "{text:?} is neither a number nor a mark such as NA; to leave out up to 100 rows with other texts as \
                 values: `skip_bad` = 100"
            );
            Error::setting("missing", message)
        })
    }
}

/// Returns an error if the text cannot be a delimiter.
pub(super) fn check_delimiter(delimiter: Option<&str>) -> Result<()> {
    match delimiter {
        Some(delimiter) if delimiter.is_empty() || delimiter.contains(['\n', '\r', '"']) => {
            let message = format!(
                "{delimiter:?} cannot separate fields; give a character or text such as `,`"
            );
            Err(Error::setting("delimiter", message))
        }
        _ => Ok(()),
    }
}

impl ReadOptions {
    /// Returns the options without the `prefix` of names of columns.
    pub(super) fn without_table(&self, prefix: &[u8]) -> Self {
        let mut options = self.clone();
        for role in options.columns_mut() {
            if let Some(Column::Name(name)) = role
                && name.as_bytes().starts_with(prefix)
            {
                name.drain(..prefix.len());
            }
        }
        options
    }

    /// Returns an error if options contradict each other.
    pub(super) fn check(&self) -> Result<()> {
        check_delimiter(self.delimiter.as_deref())?;
        if let Some(format) = &self.time_format {
            stamp::check_time_format(format)?;
        }
        if let Some(decimal) = self.decimal.filter(|decimal| !matches!(decimal, '.' | ',')) {
            let message = format!("{decimal:?} cannot be a decimal separator; use `.` or `,`");
            return Err(Error::setting("decimal", message));
        }
        if let Some((kind, weight)) = self.weights.iter().find(|(_, weight)| !weight.is_finite()) {
            return Err(Error::setting(
                "weights",
                format!("`{kind}` has weight {weight}; weights must be finite"),
            ));
        }
        if self.weights.is_empty()
            && matches!(self.kind, Some(Column::Name(_) | Column::Position(_)))
        {
            return Err(Error::setting(
                "weights",
                "a column of event types needs a weight for each type, such as view=1,buy=5",
            ));
        }
        for (role, column) in [("user", &self.user), ("item", &self.item)] {
            if *column == Some(Column::Absent) {
                return Err(Error::setting(role, "a user column and an item column are required"));
            }
        }
        Ok(())
    }
}
