//! Report on what a reader found and did, to show to the user.

use super::{Format, Shape};
use crate::data::prose::{count, number};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a file was read, what was left out, and what to check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadReport {
    /// Path of the file as given (`-` for standard input), or the name of a reader or of record batches.
    pub path: String,
    /// File format.
    pub format: Format,
    /// Layout of the interactions.
    #[serde(default)]
    pub shape: Shape,
    /// Compression, detected from the first bytes: `gzip` or `zstd`.
    pub compression: Option<String>,
    /// Delimiter, for delimited text.
    pub delimiter: Option<String>,
    /// Whether the first line was a header, for delimited text.
    pub header: Option<bool>,
    /// User column.
    pub user: ColumnReport,
    /// Item column.
    pub item: ColumnReport,
    /// Value column.
    pub value: Option<ColumnReport>,
    /// Time column.
    pub time: Option<ColumnReport>,
    /// Column of event types.
    pub kind: Option<ColumnReport>,
    /// Unit or notation of the time column.
    pub time_unit: Option<TimeUnit>,
    /// Columns that were not used.
    pub ignored: Vec<String>,
    /// Those of them that hold event types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread_kinds: Vec<String>,
    /// Rows in the file.
    pub rows: u64,
    /// Rows, or cells of a matrix, left out because their value was the one given as `missing`.
    pub missing: u64,
    /// Rows left out because their event type has weight 0.
    pub weightless: u64,
    /// Rows left out because they could not be read.
    #[serde(default)]
    pub bad: u64,
    /// Errors of the first unreadable rows, with their lines.
    #[serde(default)]
    pub bad_first: Vec<String>,
    /// Rows kept although their time is empty.
    pub empty_times: u64,
    /// Rows kept although their time does not fit the unit of the others; it counts as empty.
    #[serde(default)]
    pub unfit_times: u64,
    /// Values kept but rounded, because they have more digits than 32-bit floats hold.
    #[serde(default)]
    pub rounded: u64,
    /// Known users, including those given to the reader.
    pub users: usize,
    /// Known items, including those given to the reader.
    pub items: usize,
    /// Interactions kept.
    pub interactions: usize,
    /// Guesses and losses that the user should know about.
    pub notes: Vec<String>,
}

/// A column that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnReport {
    /// Its position, starting at 1. For the items of lists and of a matrix, the position of the first; 0 if the items
    /// are on lines above the rows.
    pub position: usize,
    /// Its name, if the file has names.
    pub name: Option<String>,
}

/// Unit or notation of a time column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimeUnit {
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// Microseconds since 1970.
    Microseconds,
    /// Nanoseconds since 1970.
    Nanoseconds,
    /// Numbers whose digits are a month, such as 201901, a date, such as 20190131, or a date and time, such as
    /// 201901311200 or 20190131120000.
    Spelt,
    /// Years; each means its first day.
    Years,
    /// Spreadsheet days, counted from 1900, with decimals for the time of day.
    SheetDays,
    /// Text in the format of `time_format`.
    Told,
    /// ISO 8601 dates and times, in UTC unless they have an offset.
    Iso8601,
    /// Dates such as 2019/01/31 or 2019.01.31, in UTC unless they have an offset.
    YearFirst,
    /// Dates such as 31.01.2019, in UTC unless they have an offset.
    Pointed,
    /// Dates such as 01 31, 2019, in UTC unless they have an offset.
    MonthFirst,
    /// Dates with names of months, such as Thu Jan 31 12:00:00 2019, in UTC unless they have an offset.
    Worded,
    /// Dates in several of these notations.
    Mixed,
    /// A column with a time type.
    Typed,
}

impl TimeUnit {
    /// Returns the unit of numbers with this `name` in `time_format`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "s" => Self::Seconds,
            "ms" => Self::Milliseconds,
            "us" | "µs" => Self::Microseconds,
            "ns" => Self::Nanoseconds,
            "excel" => Self::SheetDays,
            _ => return None,
        })
    }
}

impl TimeUnit {
    /// Returns the name of the unit for sentences: `Unix seconds`.
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Seconds => "Unix seconds".into(),
            Self::Milliseconds => "Unix milliseconds".into(),
            Self::Microseconds => "Unix microseconds".into(),
            Self::Nanoseconds => "Unix nanoseconds".into(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "unix s",
            Self::Milliseconds => "unix ms",
            Self::Microseconds => "unix µs",
            Self::Nanoseconds => "unix ns",
            Self::Spelt => "dates in digits",
            Self::Years => "years",
            Self::SheetDays => "spreadsheet days",
            Self::Told => "as given by time_format",
            Self::Iso8601 => "ISO 8601",
            Self::YearFirst => "year, month, day",
            Self::Pointed => "dd.mm.yyyy",
            Self::MonthFirst => "mm dd, yyyy",
            Self::Worded => "dates with names of months",
            Self::Mixed => "dates in several notations",
            Self::Typed => "timestamp",
        })
    }
}

/// Writes the shape before the columns; nothing for rows, the usual case.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rows => "",
            Self::Lists => "a line for each user, ",
            Self::Blocks => "blocks of an item each, ",
            Self::Matrix => "a matrix, ",
        })
    }
}

impl fmt::Display for ColumnReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "`{name}`"),
            None => write!(f, "column {}", self.position),
        }
    }
}

/// Describes text with this `delimiter`.
pub(super) fn called(delimiter: &str) -> String {
    match delimiter {
        "\t" => "tab-separated".into(),
        "," => "comma-separated".into(),
        ";" => "semicolon-separated".into(),
        " " => "space-separated".into(),
        other => format!("separated by `{other}`"),
    }
}

/// Writes format, compression and header: `comma-separated, gzip, header`.
pub(crate) fn write_format(
    f: &mut fmt::Formatter<'_>,
    format: Format,
    delimiter: Option<&str>,
    compression: Option<&str>,
    header: Option<bool>,
) -> fmt::Result {
    match format {
        Format::Text => f.write_str(&called(delimiter.unwrap_or_default()))?,
        Format::JsonLines => f.write_str("JSON")?,
        Format::Parquet => f.write_str("Parquet")?,
        Format::Arrow => f.write_str("Arrow IPC")?,
    }
    if let Some(compression) = compression {
        write!(f, ", {compression}")?;
    }
    match header {
        Some(true) => f.write_str(", header"),
        Some(false) => f.write_str(", no header"),
        None => Ok(()),
    }
}

/// Writes `skipped 1 of 4 rows (why)` on a line of its own.
pub(crate) fn skipped(
    f: &mut fmt::Formatter<'_>,
    skipped: u64,
    rows: u64,
    why: &str,
) -> fmt::Result {
    let [skipped, of] = [number(skipped as usize), count(rows as usize, "row")];
    write!(f, "\nskipped {skipped} of {of} ({why})")
}

/// Writes `read as: …` on one line, then a line for each note and for rows left out.
impl ReadReport {
    /// Returns whether the rows have values: from a column, the cells of a matrix, or the weights of their event types.
    pub fn has_values(&self) -> bool {
        self.value.is_some() || self.kind.is_some() || self.shape == Shape::Matrix
    }
}

impl fmt::Display for ReadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("read as: ")?;
        write_format(
            f,
            self.format,
            self.delimiter.as_deref(),
            self.compression.as_deref(),
            self.header,
        )?;
        write!(f, ", {}user={}", self.shape, self.user)?;
        match self.shape {
            Shape::Rows => write!(f, ", item={}", self.item)?,
            Shape::Blocks => f.write_str(", item=the line above")?,
            Shape::Lists => write!(f, ", items from column {} on", self.item.position)?,
            Shape::Matrix => f.write_str(", item=all other columns")?,
        }
        if let Some(value) = &self.value {
            write!(f, ", value={value}")?;
        }
        if let Some(kind) = &self.kind {
            write!(f, ", type={kind}")?;
        }
        if let Some(time) = &self.time {
            write!(f, ", time={time}")?;
            if let Some(unit) = self.time_unit {
                write!(f, " ({unit})")?;
            }
        }
        if self.missing > 0 && self.shape == Shape::Matrix {
            let cells = count(self.missing as usize, "cell");
            write!(f, "\nskipped {cells} (value marked as missing)")?;
        } else if self.missing > 0 {
            skipped(f, self.missing, self.rows, "value marked as missing")?;
        }
        if self.weightless > 0 {
            skipped(f, self.weightless, self.rows, "event type of weight 0")?;
        }
        if self.bad > 0 {
            skipped(f, self.bad, self.rows, "unreadable")?;
            self.bad_first.iter().try_for_each(|first| write!(f, "\n  {first}"))?;
            if self.bad > self.bad_first.len() as u64 {
                f.write_str("\n  …")?;
            }
        }
        self.notes.iter().try_for_each(|note| write!(f, "\nnote: {note}"))
    }
}
