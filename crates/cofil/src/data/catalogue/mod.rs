//! Item attributes: titles, categories, years, prices.
//!
//! ```
//! use cofil::data::catalogue::{Catalogue, CatalogueOptions};
//! # let folder = tempfile::tempdir().expect("a folder");
//! # let path = folder.path().join("movies.csv");
//! # std::fs::write(&path, "movieId,title,genres\n1,Toy Story,Animation|Comedy\n").expect("it is written");
//!
//! let (catalogue, report) = Catalogue::read(&path, &CatalogueOptions::default())?;
//! println!("{report}");
//! assert_eq!(catalogue.title("1"), Some("Toy Story"));
//! # Ok::<(), cofil::Error>(())
//! ```
//!
//! A [`Filter`] selects items by their attributes. `docs/catalogue.md` describes how tables are read and what filters
//! mean.

mod archive;
mod filter;
mod movielens;
mod options;
mod read;
mod report;
mod typed;
mod values;

pub use filter::Filter;
pub use options::CatalogueOptions;
pub use report::{AttributeReport, CatalogueReport};
pub use values::{Attribute, AttributeKind, AttributeValue};

use super::IdMap;
use serde_json::{Map, Value};
use values::Values;

/// A table of items and their attributes, indexed by id.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    /// Name of the id column.
    id: String,
    ids: IdMap,
    columns: Vec<Attribute>,
    /// Index of the title column; it holds text.
    title: Option<usize>,
}

impl Catalogue {
    /// Returns the number of items.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns the ids of the items.
    pub fn ids(&self) -> &IdMap {
        &self.ids
    }

    /// Returns the name of the id column. Filters can use it to select by id.
    pub fn id_name(&self) -> &str {
        &self.id
    }

    /// Returns the attributes, including titles, in the order of the file.
    pub fn columns(&self) -> &[Attribute] {
        &self.columns
    }

    /// Returns whether there are titles.
    pub fn has_titles(&self) -> bool {
        self.title.is_some()
    }

    /// Returns the title of item `id`; `None` if the item is unknown or has no title.
    pub fn title(&self, id: &str) -> Option<&str> {
        self.columns[self.title?].values.text(self.row(id)?)
    }

    /// Returns the value of item `id` in the column named `column`; `None` if the item or the column is unknown, or
    /// the value is missing.
    pub fn value(&self, id: &str, column: &str) -> Option<AttributeValue<'_>> {
        let row = self.row(id)?;
        self.columns.iter().find(|attribute| attribute.name == column)?.values.value(row)
    }

    /// Returns all attributes of item `id` that are not missing, by name: numbers, texts and lists of texts. `None`
    /// if the item is unknown.
    pub fn item(&self, id: &str) -> Option<Map<String, Value>> {
        let row = self.row(id)?;
        let pair = |attribute: &Attribute| {
            let value = match attribute.values.value(row)? {
                // Write whole numbers without a decimal point.
                AttributeValue::Number(x) if x.trunc() == x && x.abs() < 9e15 => (x as i64).into(),
                AttributeValue::Number(x) => x.into(),
                AttributeValue::Text(text) => text.into(),
                AttributeValue::List(texts) => texts.into(),
            };
            Some((attribute.name.clone(), value))
        };
        Some(self.columns.iter().filter_map(pair).collect())
    }

    /// Returns the row of item `id`.
    fn row(&self, id: &str) -> Option<u32> {
        self.ids.get(id)
    }
}
