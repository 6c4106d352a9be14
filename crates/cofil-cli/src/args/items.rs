//! Item attributes: titles, and columns to filter by.

use crate::interrupt::reading;
use crate::output::{also_read, errln};
use anyhow::{Context, Result};
use clap::Arg;
use cofil::data::catalogue::{Catalogue, CatalogueOptions};
use cofil::data::undescribed;
use cofil::{IdMap, Recommender};
use std::path::Path;
use std::sync::Arc;

/// Options for the table of items. Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct Items {
    /// Table of items with titles and columns for --where; id and title columns by name or position, else
    /// detected [default: the table in the model file]
    #[arg(long = "items", alias = "titles", value_name = "FILE[:ID:TITLE]")]
    source: Option<String>,
    /// Separator of list entries in the table of items [default: |]
    #[arg(long, value_name = "TEXT", requires = "source")]
    items_separator: Option<String>,
    /// Text that marks a missing value in the table of items; repeatable
    #[arg(long, value_name = "TEXT", requires = "source")]
    items_missing: Vec<String>,
}

impl Items {
    /// Help where the table goes into the model file.
    pub fn kept(source: Arg) -> Arg {
        source.help(
            "Table of items with titles and columns for --where, kept in the model file; id and title columns by name \
             or position, else detected",
        )
    }

    /// Help where there is no model file.
    pub fn only_shown(source: Arg) -> Arg {
        source.help(
            "Table of items with titles; id and title columns by name or position, else detected",
        )
    }

    /// Returns the path of the table, if one was given.
    pub fn path(&self) -> Option<&Path> {
        self.split().map(|(path, _)| Path::new(path))
    }

    /// Splits the option into the path and the id and title columns, if given.
    fn split(&self) -> Option<(&str, Option<[&str; 2]>)> {
        let source = self.source.as_deref()?;
        Some(match source.rsplitn(3, ':').collect::<Vec<_>>()[..] {
            [title, id, path] if !Path::new(source).exists() => (path, Some([id, title])),
            _ => (source, None),
        })
    }

    /// Reads the table, if one was given; how it was read goes to standard error.
    pub fn read(&self) -> Result<Option<Arc<Catalogue>>> {
        self.read_for(&IdMap::new())
    }

    /// Like [`read`](Self::read), for the items `known`.
    fn read_for(&self, known: &IdMap) -> Result<Option<Arc<Catalogue>>> {
        let Some((path, columns)) = self.split() else { return Ok(None) };
        let usual = CatalogueOptions::default();
        let usual = CatalogueOptions {
            separator: self.items_separator.clone().unwrap_or(usual.separator),
            missing: self.items_missing.clone(),
            ..usual
        };
        let options = match columns {
            Some([id, title]) => {
                CatalogueOptions { id: Some(id.parse()?), title: Some(title.parse()?), ..usual }
            }
            None => usual,
        };
        let (catalogue, report) =
            reading(Path::new(path), |path| Catalogue::read_for(path, &options, known))
                .context("--items")?;
        errln!("items: {}", report.summary());
        report.notes.iter().for_each(|note| errln!("items: note: {note}"));
        also_read(&report)?;
        Ok(Some(catalogue.into()))
    }

    /// Attaches the table to `recommender`, which else keeps the one from its file.
    pub fn describe(&self, recommender: Recommender) -> Result<Recommender> {
        Ok(match self.read_for(recommender.items())? {
            Some(catalogue) => {
                tell_unlike(&catalogue, recommender.items());
                recommender.with_catalogue(Some(catalogue))
            }
            None => recommender,
        })
    }
}

/// Warns on standard error if most of `items` are missing from the table.
pub fn tell_unlike(catalogue: &Catalogue, items: &IdMap) {
    undescribed(items, catalogue.ids()).iter().for_each(|note| errln!("items: note: {note}"));
}

/// Titles of items; an item without one is shown by its id.
#[derive(Clone, Copy, Default)]
pub struct Titles<'a>(Option<&'a Catalogue>);

impl<'a> Titles<'a> {
    /// Returns the titles known to `recommender`.
    pub fn of_items(recommender: &'a Recommender) -> Self {
        let catalogue = recommender.catalogue().map(|catalogue| &**catalogue);
        Self(catalogue.filter(|catalogue| catalogue.has_titles()))
    }

    /// Returns the title of `item`, if it has one.
    pub fn get(self, item: &str) -> Option<&'a str> {
        self.0?.title(item)
    }

    /// Returns the title of `item`, else its id.
    pub fn of(self, item: &'a str) -> &'a str {
        self.get(item).unwrap_or(item)
    }
}

/// Joins titles in a line, by semicolons if one has a comma of its own.
pub fn joined<T: AsRef<str>>(titles: &[T]) -> String {
    let has_comma = titles.iter().any(|title| title.as_ref().contains(','));
    let titles: Vec<&str> = titles.iter().map(AsRef::as_ref).collect();
    titles.join(if has_comma { "; " } else { ", " })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_with_commas_are_kept_apart() {
        assert_eq!(joined(&["Alien (1979)", "Heat (1995)"]), "Alien (1979), Heat (1995)");
        let told = joined(&["Usual Suspects, The (1995)", "Heat (1995)"]);
        assert_eq!(told, "Usual Suspects, The (1995); Heat (1995)");
    }
}
