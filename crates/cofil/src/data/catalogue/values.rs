//! Values of a column, one per item.

use crate::data::IdMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An attribute of items: a column of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub(super) name: String,
    pub(super) values: Values,
}

/// Kind of values in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeKind {
    /// Numbers.
    Number,
    /// Texts, including dates.
    Text,
    /// Lists of texts.
    List,
}

/// The value of an item. In JSON it is a number, a text or a list of texts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AttributeValue<'a> {
    /// A finite number.
    Number(f64),
    /// A text.
    Text(&'a str),
    /// At least one text.
    List(Vec<&'a str>),
}

/// Values of a column, one per row of the catalogue.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    /// NaN if missing.
    Numbers(Vec<f64>),
    /// Indices into `words`; [`MISSING`] if missing.
    Texts { words: IdMap, codes: Vec<u32> },
    /// The entries of row r are `codes[starts[r]..starts[r + 1]]`; empty if missing.
    Lists { words: IdMap, starts: Vec<usize>, codes: Vec<u32> },
}

/// Code of a missing text.
pub(super) const MISSING: u32 = u32::MAX;

impl Attribute {
    /// Returns the name of the column, as used in filters.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the kind of values.
    pub fn kind(&self) -> AttributeKind {
        match self.values {
            Values::Numbers(_) => AttributeKind::Number,
            Values::Texts { .. } => AttributeKind::Text,
            Values::Lists { .. } => AttributeKind::List,
        }
    }

    /// Returns the number of items without a value in this column.
    pub fn missing(&self) -> usize {
        (0..self.values.len() as u32).filter(|&row| self.values.is_missing(row)).count()
    }

    pub(super) fn values(&self) -> &Values {
        &self.values
    }
}

impl Values {
    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Texts { codes, .. } => codes.len(),
            Self::Lists { starts, .. } => starts.len() - 1,
        }
    }

    pub fn is_missing(&self, row: u32) -> bool {
        match self {
            Self::Numbers(numbers) => numbers[row as usize].is_nan(),
            Self::Texts { .. } | Self::Lists { .. } => self.codes(row).is_empty(),
        }
    }

    /// Returns the codes of a row: none, one, or those of a list.
    pub fn codes(&self, row: u32) -> &[u32] {
        let row = row as usize;
        match self {
            Self::Numbers(_) => &[],
            Self::Texts { codes, .. } if codes[row] == MISSING => &[],
            Self::Texts { codes, .. } => &codes[row..=row],
            Self::Lists { starts, codes, .. } => &codes[starts[row]..starts[row + 1]],
        }
    }

    /// Returns the text of a row, if there is one.
    pub fn text(&self, row: u32) -> Option<&str> {
        match self {
            Self::Texts { words, .. } => self.codes(row).first().map(|&code| words.name(code)),
            Self::Numbers(_) | Self::Lists { .. } => None,
        }
    }

    pub fn value(&self, row: u32) -> Option<AttributeValue<'_>> {
        if self.is_missing(row) {
            return None;
        }
        Some(match self {
            Self::Numbers(numbers) => AttributeValue::Number(numbers[row as usize]),
            Self::Texts { .. } => AttributeValue::Text(self.text(row)?),
            Self::Lists { words, .. } => {
                AttributeValue::List(self.codes(row).iter().map(|&code| words.name(code)).collect())
            }
        })
    }
}

/// Treats missing numbers as equal.
impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Numbers(a), Self::Numbers(b)) => {
                let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
                a.len() == b.len() && a.iter().zip(b).all(same)
            }
            (Self::Texts { words, codes }, Self::Texts { words: others, codes: other }) => {
                words == others && codes == other
            }
            (
                Self::Lists { words, starts, codes },
                Self::Lists { words: other_words, starts: other_starts, codes: other_codes },
            ) => words == other_words && starts == other_starts && codes == other_codes,
            _ => false,
        }
    }
}
