//! What a reader may be told; everything left unsaid is sniffed.

use super::field;
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How to read a table of interactions. The default sniffs everything and reports what it found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// Column of the users. Default: by its name, else the first.
    pub user: Option<Column>,
    /// Column of the items. Default: by its name, else the next one that does not hold dates.
    pub item: Option<Column>,
    /// Column of ratings, counts or weights. Default: by its name; without names the third of at most four, if it holds
    /// numbers. Every value is 1 where there is none.
    pub value: Option<Column>,
    /// Column of times: unix seconds, milli-, micro- or nanoseconds (told apart by what most of the
    /// column are) or ISO 8601. Default: by its name; without names the first left that holds times.
    pub time: Option<Column>,
    /// Column of the type of event, used with `weights`. Default: by its name.
    pub kind: Option<Column>,
    /// Weight of each type of event; a row's value is its weight (times the value column, if there
    /// is one). Rows of a type with weight 0 are left out and counted.
    pub weights: Vec<(String, f32)>,
    /// Text between fields, such as `,` or `::`. Default: the one of tab, `::`, `;`, `,`, `|` and
    /// space that cuts the first lines alike.
    pub delimiter: Option<String>,
    /// How times are written, as `strftime` has it (`%d/%m/%Y %H:%M`; without an offset they are UTC), or the unit of
    /// numbers: `s`, `ms`, `us` or `ns` since 1970, or `excel` for the days of a spreadsheet. Default: unix times, years,
    /// `20190131`, `31.01.2019` or ISO 8601.
    pub time_format: Option<String>,
    /// What stands before the decimals of a value in text: `.` or `,`. Default: the point.
    pub decimal: Option<char>,
    /// Whether quotes around a field are no part of it. Default: they are not, and a quote that swallows whole rows
    /// is an error.
    pub quote: Option<Quote>,
    /// Whether the first line names the columns. Default: sniffed.
    pub header: Option<bool>,
    /// Kind of file. Default: by the first bytes.
    pub format: Option<Format>,
    /// Value that stands for "no rating"; such rows are left out and counted. NaN stands for empty
    /// fields as well.
    pub missing: Option<f32>,
    /// How many rows may be left out because they cannot be read; they are counted, and the report says what is wrong
    /// with the first. Default: none.
    pub skip_bad: u64,
    /// How interactions lie in the file. Default: rows, unless the first lines are unmistakably otherwise.
    pub shape: Option<Shape>,
}

/// How interactions lie in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// A row for each.
    #[default]
    Rows,
    /// A line for each user, and in it the items: `0 11 12 13`, as the files of LightGCN.
    Lists,
    /// A line `17:` that names an item, and below it a row for each user, as the files of Netflix.
    Blocks,
    /// A row for each user and a column for each item; what is empty or `nan` is unknown.
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

/// A column by name or by position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Column {
    /// By its name in the header.
    Name(String),
    /// By its position, counted from 1.
    Position(usize),
    /// No column: do not sniff one.
    Absent,
}

impl Column {
    /// Whether there is a header for certain: where a column is called by its name.
    pub(crate) fn imply_header(columns: &[&Option<Self>]) -> Option<bool> {
        columns.iter().any(|column| matches!(column, Some(Self::Name(_)))).then_some(true)
    }
}

impl FromStr for Column {
    type Err = Error;

    /// Digits are a position, `none` is no column, all else a name.
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

/// What quotes mean in delimited text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Quote {
    /// `"` around a field is no part of it, and `""` in it is one quote (RFC 4180). Whole rows may stand between quotes.
    Double,
    /// They are characters as others are.
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

/// Kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Delimited text: CSV, TSV and relatives.
    Text,
    /// One JSON object a line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, file or stream; also what record batches in memory are reported as.
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

/// Refuses text that cannot stand between fields.
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
    /// Refuses options that contradict themselves.
    pub(super) fn check(&self) -> Result<()> {
        check_delimiter(self.delimiter.as_deref())?;
        if let Some(format) = &self.time_format {
            field::check_time_format(format)?;
        }
        if let Some(decimal) = self.decimal.filter(|decimal| !matches!(decimal, '.' | ',')) {
            let message = format!("{decimal:?} cannot stand before decimals; give `.` or `,`");
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
                return Err(Error::setting(
                    role,
                    "there must be a column of users and one of items",
                ));
            }
        }
        Ok(())
    }
}
