//! Options for reading a catalogue.

use crate::data::read::{Column, Format};
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to read a table of items. The default detects everything and reports what it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CatalogueOptions {
    /// Id column. Default: by its name (`item`, `movieId`, `isbn`, `Artikelnummer` …), else the first.
    pub id: Option<Column>,
    /// Title column. Default: by its name (`title`, `name` …), else the second, if it holds text that distinguishes
    /// the items.
    pub title: Option<Column>,
    /// Delimiter, such as `,` or `::`. Default: detected, as in tables of interactions.
    pub delimiter: Option<String>,
    /// Whether the first line is a header. Default: detected.
    pub header: Option<bool>,
    /// File format. Default: detected from the first bytes.
    pub format: Option<Format>,
    /// Separator of list entries. Text columns in which it occurs are read as lists. Default: `|`.
    pub separator: String,
    /// Texts that mean a missing value, besides empty ones and `\N`.
    pub missing: Vec<String>,
}

impl Default for CatalogueOptions {
    fn default() -> Self {
        Self {
            id: None,
            title: None,
            delimiter: None,
            header: None,
            format: None,
            separator: "|".into(),
            missing: Vec::new(),
        }
    }
}

impl CatalogueOptions {
    /// Returns an error if options contradict each other.
    pub(super) fn check(&self) -> Result<()> {
        if self.id == Some(Column::Absent) {
            return Err(Error::setting("id", "an id column is required"));
        }
        if self.separator.is_empty() {
            return Err(Error::setting(
                "separator",
                "is empty; give the text between entries of a list",
            ));
        }
        Ok(())
    }
}
