//! Names for people: what the items of a model are called.

use anyhow::{Context, Result};
use cofil::IdMap;
use cofil::data::read::{Column, ReadOptions, read_pairs};
use std::collections::HashMap;
use std::path::Path;

/// Where titles are. Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct Titling {
    /// Table of titles to show beside ids; columns by name or position
    #[arg(long, value_name = "FILE[:ID:TITLE]")]
    titles: Option<String>,
}

impl Titling {
    /// The titles; none without a table.
    pub fn read(&self) -> Result<Titles> {
        Titles::read(self.titles.as_deref())
    }
}

/// Titles by id; without a file every item goes by its id.
#[derive(Default)]
pub struct Titles(HashMap<String, String>);

impl Titles {
    /// Reads `FILE[:ID:TITLE]`, where ID and TITLE are columns by name or position.
    fn read(source: Option<&str>) -> Result<Self> {
        let Some(source) = source else { return Ok(Self::default()) };
        let parts: Vec<&str> = source.rsplitn(3, ':').collect();
        let (path, id, title) = match parts[..] {
            [title, id, path] if !Path::new(source).exists() => (path, id.parse()?, title.parse()?),
            _ => (source, Column::Position(1), Column::Position(2)),
        };
        let options = ReadOptions { user: Some(id), item: Some(title), ..ReadOptions::default() };
        let table = read_pairs(Path::new(path), &options, &IdMap::new(), &IdMap::new())
            .context("--titles")?
            .interactions;
        let pairs = table.user.iter().zip(&table.item);
        let named = pairs.map(|(&u, &i)| (table.users.name(u).into(), table.items.name(i).into()));
        Ok(Self(named.collect()))
    }

    /// What `item` is called.
    pub fn of<'a>(&'a self, item: &'a str) -> &'a str {
        self.0.get(item).map_or(item, String::as_str)
    }
}
