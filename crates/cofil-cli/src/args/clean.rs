//! Which rows count: the arguments that every command learning from a table shares.

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cofil::data::{Clean, CleanReport};
use cofil::{Duplicates, Interactions, Ratings};

/// What to clean. Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Cleaning")]
pub struct Cleaning {
    /// What to do with several rows of one user and item; first and last are those of their times [default: last]
    #[arg(long, value_name = "WHAT", value_parser = duplicates())]
    pub duplicates: Option<Duplicates>,
    /// Drop users with fewer interactions, again and again together with --min-item
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub min_user: u32,
    /// Drop items with fewer interactions
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub min_item: u32,
    /// Keep what has at least this value, and count it 1
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub threshold: Option<f32>,
    /// Count every interaction 1, whatever its value
    #[arg(long)]
    pub implicit: bool,
}

impl Cleaning {
    /// The library's settings.
    pub fn settings(&self) -> Clean {
        Clean {
            duplicates: self.duplicates.unwrap_or_default(),
            threshold: self.threshold,
            min_user: self.min_user,
            min_item: self.min_item,
            implicit: self.implicit,
            ..Clean::default()
        }
    }

    /// Whether anything was asked for.
    pub fn is_asked(&self) -> bool {
        self.duplicates.is_some() || self.settings() != Clean::default()
    }

    /// Cleans a table and groups it by user.
    pub fn apply(&self, data: Interactions) -> Result<(Ratings, CleanReport)> {
        Ok(self.settings().ratings(data)?)
    }

    /// Cleans a table; rows stay in the order of the file.
    pub fn rows(&self, data: Interactions) -> Result<(Interactions, CleanReport)> {
        Ok(self.settings().interactions(data)?)
    }
}

fn duplicates() -> impl TypedValueParser<Value = Duplicates> {
    let names = ["last", "first", "mean", "sum", "max", "error"];
    PossibleValuesParser::new(names).map(|name| match name.as_str() {
        "first" => Duplicates::First,
        "mean" => Duplicates::Mean,
        "sum" => Duplicates::Sum,
        "max" => Duplicates::Max,
        "error" => Duplicates::Error,
        _ => Duplicates::Last,
    })
}
