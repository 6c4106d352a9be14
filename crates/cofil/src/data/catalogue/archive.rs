//! Storing a catalogue as arrays of a file, and reading it back.

use super::values::{Attribute, MISSING, Values};
use super::{AttributeKind, Catalogue};
use crate::data::IdMap;
use crate::error::Result;
use crate::store::{Archive, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;

/// Description of the arrays in the header of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// Name of the id column.
    id: String,
    /// Index of the title column.
    title: Option<usize>,
    columns: Vec<HeaderColumn>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderColumn {
    name: String,
    kind: AttributeKind,
}

const IDS: &str = "catalogue.ids";
/// Most attributes, as in a table that is read.
const MOST_COLUMNS: usize = 1 << 16;

impl Catalogue {
    /// Returns the description of the arrays for the header of a file.
    pub(crate) fn header(&self) -> Value {
        let column = |c: &Attribute| HeaderColumn { name: c.name.clone(), kind: c.kind() };
        let columns = self.columns.iter().map(column).collect();
        let header = Header { id: self.id.clone(), title: self.title, columns };
        serde_json::to_value(header).expect("names serialize")
    }

    /// Returns the arrays, as described in `docs/format.md`.
    pub(crate) fn tensors(&self) -> Vec<Tensor<'_>> {
        let mut tensors = Vec::new();
        names(&mut tensors, IDS, &self.ids);
        for (at, column) in self.columns.iter().enumerate() {
            let place = format!("catalogue.{at}");
            match &column.values {
                Values::Numbers(numbers) => {
                    tensors.push(Tensor::f64(format!("{place}.numbers"), numbers));
                }
                Values::Texts { words, codes } => {
                    names(&mut tensors, &place, words);
                    tensors.push(Tensor::u32(format!("{place}.codes"), codes));
                }
                Values::Lists { words, starts, codes } => {
                    names(&mut tensors, &place, words);
                    tensors.push(Tensor::sizes(format!("{place}.starts"), starts));
                    tensors.push(Tensor::u32(format!("{place}.codes"), codes));
                }
            }
        }
        tensors
    }

    /// Rebuilds a catalogue from its [`header`](Self::header) and the arrays of `archive`.
    ///
    /// # Errors
    /// If an array is missing or the arrays do not fit together.
    pub(crate) fn from_archive(header: &Value, archive: &Archive) -> Result<Self> {
        let header: Header = serde_json::from_value(header.clone())
            .map_err(|e| archive.bad(format!("the header of the catalogue is damaged: {e}")))?;
        if header.columns.len() > MOST_COLUMNS {
            return Err(archive.bad(format!("the catalogue has more than {MOST_COLUMNS} columns")));
        }
        let mut names = HashSet::from([&*header.id]);
        if let Some(column) = header.columns.iter().find(|column| !names.insert(&column.name)) {
            let name = &column.name;
            return Err(archive.bad(format!("column `{name}` of the catalogue is damaged")));
        }
        let ids = read_names(archive, IDS)?;
        let mut columns: Vec<Attribute> = Vec::with_capacity(header.columns.len());
        for (at, HeaderColumn { name, kind }) in header.columns.into_iter().enumerate() {
            let damaged = || archive.bad(format!("column `{name}` of the catalogue is damaged"));
            let place = format!("catalogue.{at}");
            let codes = || archive.u32(&format!("{place}.codes"));
            let values = match kind {
                AttributeKind::Number => {
                    Values::Numbers(archive.f64_or_nan(&format!("{place}.numbers"))?)
                }
                AttributeKind::Text => {
                    Values::Texts { words: read_names(archive, &place)?, codes: codes()? }
                }
                AttributeKind::List => Values::Lists {
                    words: read_names(archive, &place)?,
                    starts: archive.sizes(&format!("{place}.starts"))?,
                    codes: codes()?,
                },
            };
            if !is_sound(&values, ids.len()) {
                return Err(damaged());
            }
            columns.push(Attribute { name, values });
        }
        let is_text = |title: usize| {
            columns.get(title).is_some_and(|column| column.kind() == AttributeKind::Text)
        };
        if header.title.is_some_and(|title| !is_text(title)) {
            return Err(archive.bad("the catalogue has no column for its titles"));
        }
        Ok(Self { id: header.id, ids, columns, title: header.title })
    }
}

/// Returns whether there is one value for each of `rows`, and every code is the number of a text.
fn is_sound(values: &Values, rows: usize) -> bool {
    match values {
        Values::Numbers(numbers) => numbers.len() == rows,
        Values::Texts { words, codes } => {
            let known = |code: &u32| *code == MISSING || (*code as usize) < words.len();
            codes.len() == rows && codes.iter().all(known)
        }
        Values::Lists { words, starts, codes } => {
            Some(starts.len()) == rows.checked_add(1)
                && starts[0] == 0
                && starts.is_sorted()
                && starts[rows] == codes.len()
                && codes.iter().all(|&code| (code as usize) < words.len())
        }
    }
}

fn names<'a>(tensors: &mut Vec<Tensor<'a>>, place: &str, names: &'a IdMap) {
    let (text, ends) = names.parts();
    tensors.push(Tensor::bytes(format!("{place}.text"), text.as_bytes()));
    tensors.push(Tensor::sizes(format!("{place}.ends"), ends));
}

fn read_names(archive: &Archive, place: &str) -> Result<IdMap> {
    let (text, ends) = (format!("{place}.text"), format!("{place}.ends"));
    IdMap::from_parts(archive.text(&text)?, archive.sizes(&ends)?)
        .ok_or_else(|| archive.bad(format!("the names in `{text}` are damaged")))
}
