//! What is known about items: titles, categories, years, prices.
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
//! A [`Filter`] picks items by their attributes. `docs/catalogue.md` tells how tables are read and what filters
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

/// A table of items and their attributes, by id.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    /// What the column of the ids is called.
    id: String,
    ids: IdMap,
    columns: Vec<Attribute>,
    /// Which column has the titles; it holds texts.
    title: Option<usize>,
}

impl Catalogue {
    /// Number of items.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The ids of the items.
    pub fn ids(&self) -> &IdMap {
        &self.ids
    }

    /// What the column of the ids is called; filters can ask for ids by that name.
    pub fn id_name(&self) -> &str {
        &self.id
    }

    /// The attributes, titles among them, in the order of the file.
    pub fn columns(&self) -> &[Attribute] {
        &self.columns
    }

    /// Whether there are titles.
    pub fn has_titles(&self) -> bool {
        self.title.is_some()
    }

    /// What item `id` is called; `None` if the item is unknown or has no title.
    pub fn title(&self, id: &str) -> Option<&str> {
        self.columns[self.title?].values.text(self.row(id)?)
    }

    /// The value of item `id` in the column called `column`; `None` if the item or the column is unknown, or
    /// the value is missing.
    pub fn value(&self, id: &str, column: &str) -> Option<AttributeValue<'_>> {
        let row = self.row(id)?;
        self.columns.iter().find(|attribute| attribute.name == column)?.values.value(row)
    }

    /// All attributes of item `id` that are not missing, by name: numbers, texts and lists of texts. `None` if the
    /// item is unknown.
    pub fn item(&self, id: &str) -> Option<Map<String, Value>> {
        let row = self.row(id)?;
        let pair = |attribute: &Attribute| {
            let value = match attribute.values.value(row)? {
                // Whole numbers without a point, as they are written.
                AttributeValue::Number(x) if x.trunc() == x && x.abs() < 9e15 => (x as i64).into(),
                AttributeValue::Number(x) => x.into(),
                AttributeValue::Text(text) => text.into(),
                AttributeValue::List(texts) => texts.into(),
            };
            Some((attribute.name.clone(), value))
        };
        Some(self.columns.iter().filter_map(pair).collect())
    }

    /// The row of item `id`.
    fn row(&self, id: &str) -> Option<u32> {
        self.ids.get(id)
    }
}
