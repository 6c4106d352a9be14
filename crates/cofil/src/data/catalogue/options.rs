//! What the reader of a catalogue may be told.

use crate::data::read::{Column, Format};
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to read a table of items. The default finds everything out and reports what it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CatalogueOptions {
    /// Column of the ids. Default: by its name (`item`, `movieId`, `isbn` …), else the first.
    pub id: Option<Column>,
    /// Column of the titles. Default: by its name (`title`, `name` …), else the second, if it holds texts that
    /// tell items apart.
    pub title: Option<Column>,
    /// Text between fields, such as `,` or `::`. Default: sniffed, as in tables of interactions.
    pub delimiter: Option<String>,
    /// Whether the first line names the columns. Default: sniffed.
    pub header: Option<bool>,
    /// Kind of file. Default: by the first bytes.
    pub format: Option<Format>,
    /// Text between the entries of a list; columns of text in which it stands are columns of lists. Default: `|`.
    pub separator: String,
    /// Texts that stand for a missing value, beside empty ones and `\N`.
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
    /// Refuses options that contradict themselves.
    pub(super) fn check(&self) -> Result<()> {
        if self.id == Some(Column::Absent) {
            return Err(Error::setting("id", "there must be a column of ids"));
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
