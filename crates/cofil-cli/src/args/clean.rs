//! Which rows count: the arguments that every command learning from a table shares.

use crate::args::input::Input;
use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cofil::data::{Clean, CleanReport, ReadValues};
use cofil::{Duplicates, Interactions, Ratings};

/// What to clean. Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Cleaning")]
pub struct Cleaning {
    /// What to do with several rows of one user and item; first and last are those of their times [default: last; sum
    /// with --weight]
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
    /// For algorithms that rank: values are weights as they stand, as with --weight. By default a rating counts by its
    /// place on the scale (the worst 0), and a count c counts log2(1 + c)
    #[arg(long)]
    pub as_weights: bool,
}

impl Cleaning {
    /// The library's settings for a table that is read by `read`.
    pub fn settings(&self, read: &Input) -> Clean {
        // Somebody who buys and then looks has done both.
        let usual = if read.weights.is_empty() { Duplicates::default() } else { Duplicates::Sum };
        Clean {
            duplicates: self.duplicates.unwrap_or(usual),
            threshold: self.threshold,
            min_user: self.min_user,
            min_item: self.min_item,
            implicit: self.implicit,
            ..Clean::default()
        }
    }

    /// How algorithms that rank read the values of a table that is read by `read`.
    pub fn values(&self, read: &Input) -> ReadValues {
        match self.as_weights || !read.weights.is_empty() {
            true => ReadValues::AsWeights,
            false => ReadValues::ByKind,
        }
    }

    /// Whether anything was asked for.
    pub fn is_asked(&self) -> bool {
        let asked = Clean { duplicates: Duplicates::default(), ..self.settings(&Input::default()) };
        self.duplicates.is_some() || asked != Clean::default()
    }

    /// Cleans a table and groups it by user.
    pub fn apply(&self, data: Interactions, read: &Input) -> Result<(Ratings, CleanReport)> {
        Ok(self.settings(read).ratings(data)?)
    }

    /// Cleans a table; rows stay in the order of the file.
    pub fn rows(&self, data: Interactions, read: &Input) -> Result<(Interactions, CleanReport)> {
        Ok(self.settings(read).interactions(data)?)
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
