//! Report on how a catalogue was read, to show to the user.

use super::AttributeKind;
use crate::data::prose::{count, number};
use crate::data::read::{ColumnReport, Format, skipped, write_format};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a table of items was read, what was left out, and what to check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogueReport {
    /// Path of the file as given; `-` for standard input.
    pub path: String,
    /// File format.
    pub format: Format,
    /// Compression, detected from the first bytes: `gzip` or `zstd`.
    pub compression: Option<String>,
    /// Delimiter, for delimited text.
    pub delimiter: Option<String>,
    /// Whether the first line was a header, for delimited text.
    pub header: Option<bool>,
    /// Id column.
    pub id: ColumnReport,
    /// Title column.
    pub title: Option<ColumnReport>,
    /// Attributes, in the order of the file.
    pub columns: Vec<AttributeReport>,
    /// Rows in the file.
    pub rows: usize,
    /// Number of items: rows with a unique id.
    pub items: usize,
    /// Rows left out because they have no id.
    pub unnamed: usize,
    /// Rows left out because an earlier row has the same id.
    pub repeated: usize,
    /// Guesses and losses that the user should know about.
    pub notes: Vec<String>,
}

/// An attribute as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttributeReport {
    /// Name of the column, as used in filters.
    pub name: String,
    /// Kind of values.
    pub kind: AttributeKind,
    /// Number of items without a value in this column.
    pub missing: usize,
}

impl CatalogueReport {
    /// Returns how the table was read in one line: `read as: …`.
    pub fn summary(&self) -> String {
        self.to_string().lines().next().unwrap_or_default().to_owned()
    }
}

/// Writes `read as: …` on one line, then the columns, then a line for each note and for rows left out.
impl fmt::Display for CatalogueReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("read as: ")?;
        write_format(
            f,
            self.format,
            self.delimiter.as_deref(),
            self.compression.as_deref(),
            self.header,
        )?;
        write!(f, ", id={}", self.id)?;
        if let Some(title) = &self.title {
            write!(f, ", title={title}")?;
        }
        write!(f, "\n{}", count(self.items, "item"))?;
        for (kind, what) in [
            (AttributeKind::Number, "numbers"),
            (AttributeKind::Text, "text"),
            (AttributeKind::List, "lists"),
        ] {
            let names: Vec<String> = self
                .columns
                .iter()
                .filter(|column| column.kind == kind)
                .map(|column| match column.missing {
                    0 => format!("`{}`", column.name),
                    n => format!("`{}` ({} missing)", column.name, number(n)),
                })
                .collect();
            if !names.is_empty() {
                write!(f, "\n{what}: {}", names.join(", "))?;
            }
        }
        if self.unnamed > 0 {
            skipped(f, self.unnamed as u64, self.rows as u64, "no id")?;
        }
        self.notes.iter().try_for_each(|note| write!(f, "\nnote: {note}"))
    }
}
