//! What a reader found and did, to show to the user.

use super::{Format, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a file was read, what was left out, and what deserves a second look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadReport {
    /// The file as given (`-` for standard input), or the name of a reader or record batches.
    pub path: String,
    /// Kind of file.
    pub format: Format,
    /// How interactions lie in it.
    #[serde(default)]
    pub shape: Shape,
    /// `gzip` or `zstd`, by the first bytes.
    pub compression: Option<String>,
    /// Text between fields, for delimited text.
    pub delimiter: Option<String>,
    /// Whether the first line named the columns, for delimited text.
    pub header: Option<bool>,
    /// Column of the users.
    pub user: ColumnReport,
    /// Column of the items.
    pub item: ColumnReport,
    /// Column of the values.
    pub value: Option<ColumnReport>,
    /// Column of the times.
    pub time: Option<ColumnReport>,
    /// Column of the event types.
    pub kind: Option<ColumnReport>,
    /// What the numbers or texts of the time column are.
    pub time_unit: Option<TimeUnit>,
    /// Columns that were not used.
    pub ignored: Vec<String>,
    /// Rows of the file.
    pub rows: u64,
    /// Rows left out because their value was the sentinel of `missing`.
    pub missing: u64,
    /// Rows left out because their type has weight 0.
    pub weightless: u64,
    /// Rows left out because they could not be read.
    #[serde(default)]
    pub bad: u64,
    /// What is wrong with the first of these, with their lines.
    #[serde(default)]
    pub bad_first: Vec<String>,
    /// Rows kept whose time is empty.
    pub empty_times: u64,
    /// Rows kept whose time is none in the unit of the others, and counts as empty.
    #[serde(default)]
    pub unfit_times: u64,
    /// Values kept that have more digits than numbers here, and are rounded.
    #[serde(default)]
    pub rounded: u64,
    /// Names of users known, including those that were given.
    pub users: usize,
    /// Names of items known, including those that were given.
    pub items: usize,
    /// Interactions kept.
    pub interactions: usize,
    /// Guesses and losses the user should know of.
    pub notes: Vec<String>,
}

/// A column that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnReport {
    /// Its position, counted from 1; of the items of lists and of a matrix that of the first, and 0 where they stand
    /// above the rows.
    pub position: usize,
    /// Its name, where the file has names.
    pub name: Option<String>,
}

/// What a time column holds.
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
    /// 20190131120000.
    Spelt,
    /// Years; each stands for its first day.
    Years,
    /// Days as spreadsheets number them, from 1900 on, with decimals for the time of day.
    SheetDays,
    /// Texts as `time_format` has them.
    Told,
    /// Dates and times as ISO 8601 writes them; without an offset they are UTC.
    Iso8601,
    /// A column whose type says that it holds times.
    Typed,
}

impl TimeUnit {
    /// The unit of numbers that `time_format` calls `name`.
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

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "unix s",
            Self::Milliseconds => "unix ms",
            Self::Microseconds => "unix µs",
            Self::Nanoseconds => "unix ns",
            Self::Spelt => "yyyymmdd",
            Self::Years => "years",
            Self::SheetDays => "days of a spreadsheet",
            Self::Told => "as told",
            Self::Iso8601 => "ISO 8601",
            Self::Typed => "timestamp",
        })
    }
}

/// Before the columns: nothing of rows, which are usual.
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

/// Text whose fields are separated by `delimiter`.
pub(super) fn called(delimiter: &str) -> String {
    match delimiter {
        "\t" => "tab-separated".into(),
        "," => "comma-separated".into(),
        ";" => "semicolon-separated".into(),
        " " => "space-separated".into(),
        other => format!("separated by `{other}`"),
    }
}

/// `comma-separated, gzip, header`.
pub(crate) fn write_format(
    f: &mut fmt::Formatter<'_>,
    format: Format,
    delimiter: Option<&str>,
    compression: Option<&str>,
    header: Option<bool>,
) -> fmt::Result {
    match format {
        Format::Text => f.write_str(&called(delimiter.unwrap_or_default()))?,
        Format::JsonLines => f.write_str("JSON lines")?,
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

/// `read as: …` on one line, then a line for everything left out and every note.
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
            Shape::Matrix => f.write_str(", item=each other column")?,
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
        if self.missing > 0 {
            write!(f, "\nleft out: {} of {} rows, marked as missing", self.missing, self.rows)?;
        }
        if self.weightless > 0 {
            write!(f, "\nleft out: {} of {} rows, type of weight 0", self.weightless, self.rows)?;
        }
        if self.bad > 0 {
            let [bad, rows] = [self.bad, self.rows];
            write!(f, "\nleft out: {bad} of {rows} rows, which cannot be read")?;
            self.bad_first.iter().try_for_each(|first| write!(f, "\n  {first}"))?;
            if self.bad > self.bad_first.len() as u64 {
                f.write_str("\n  …")?;
            }
        }
        self.notes.iter().try_for_each(|note| write!(f, "\nnote: {note}"))
    }
}
