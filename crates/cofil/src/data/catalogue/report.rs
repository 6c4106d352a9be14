//! How a catalogue was read, to show to the user.

use super::AttributeKind;
use crate::data::prose::count;
use crate::data::read::{ColumnReport, Format, write_format};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a table of items was read, what was left out, and what deserves a second look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogueReport {
    /// The file as given; `-` for standard input.
    pub path: String,
    /// Kind of file.
    pub format: Format,
    /// `gzip` or `zstd`, by the first bytes.
    pub compression: Option<String>,
    /// Text between fields, for delimited text.
    pub delimiter: Option<String>,
    /// Whether the first line named the columns, for delimited text.
    pub header: Option<bool>,
    /// Column of the ids.
    pub id: ColumnReport,
    /// Column of the titles.
    pub title: Option<ColumnReport>,
    /// The attributes, in the order of the file.
    pub columns: Vec<AttributeReport>,
    /// Rows of the file.
    pub rows: usize,
    /// Items, which are rows with an id of their own.
    pub items: usize,
    /// Rows left out because they have no id.
    pub unnamed: usize,
    /// Rows left out because an earlier one has their id.
    pub repeated: usize,
    /// Guesses and losses the user should know of.
    pub notes: Vec<String>,
}

/// An attribute as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttributeReport {
    /// Its name, by which filters call it.
    pub name: String,
    /// What the column holds.
    pub kind: AttributeKind,
    /// Number of items without a value in this column.
    pub missing: usize,
}

/// `read as: …` on one line, then the columns, then a line for everything left out and every note.
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
                    n => format!("`{}` ({n} missing)", column.name),
                })
                .collect();
            if !names.is_empty() {
                write!(f, "\n{what}: {}", names.join(", "))?;
            }
        }
        if self.unnamed > 0 {
            write!(f, "\nleft out: {} of {} rows, without an id", self.unnamed, self.rows)?;
        }
        self.notes.iter().try_for_each(|note| write!(f, "\nnote: {note}"))
    }
}
