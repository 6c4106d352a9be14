//! Cleaning options, shared by every command that trains on a table.

use crate::args::input::Input;
use crate::errors::flag;
use crate::output::errln;
use anyhow::{Context, Result};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cofil::data::{Clean, CleanReport, Finding, ReadValues};
use cofil::{Duplicates, Interactions, Ratings};
use std::path::Path;

/// Cleaning options. Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Cleaning")]
pub struct Cleaning {
    /// How to merge duplicate user-item rows; first and last are by time if there are times [default: last; sum with
    /// --weight]
    #[arg(long, value_name = "WHAT", value_parser = duplicates())]
    pub duplicates: Option<Duplicates>,
    /// Drop users with fewer than N interactions; repeated together with --min-item until nothing changes
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub min_user: u32,
    /// Drop items with fewer than N interactions
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub min_item: u32,
    /// Keep rows with at least this value, and set the value to 1
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub threshold: Option<f32>,
    /// Set every value to 1; if there are values below 0, which mean dislike, pairs not above 0 are dropped
    #[arg(long)]
    pub implicit: bool,
    /// For ranking algorithms: use values as confidence weights unchanged, as with --weight. By default a rating is
    /// weighted by its position on the scale (0 for the lowest rating), and a count c by log2(1 + c)
    #[arg(long)]
    pub as_weights: bool,
}

impl Cleaning {
    /// Returns the library's settings for a table read with `read`.
    pub fn settings(&self, read: &Input) -> Clean {
        Clean {
            duplicates: self.duplicates.unwrap_or_else(|| Duplicates::usual(&read.options())),
            threshold: self.threshold,
            min_user: self.min_user,
            min_item: self.min_item,
            implicit: self.implicit,
            ..Clean::default()
        }
    }

    /// Returns how ranking algorithms use the values of a table read with `read`.
    pub fn values(&self, read: &Input) -> ReadValues {
        ReadValues::usual(&read.options(), self.as_weights)
    }

    /// Whether any cleaning was asked for.
    pub fn is_asked(&self) -> bool {
        let asked = Clean { duplicates: Duplicates::default(), ..self.settings(&Input::default()) };
        self.duplicates.is_some() || asked != Clean::default()
    }

    /// Cleans the table of file `path` and groups it by user.
    pub fn apply(
        &self,
        data: Interactions,
        read: &Input,
        path: &Path,
    ) -> Result<(Ratings, CleanReport)> {
        self.settings(read).ratings(data).with_context(|| path.display().to_string())
    }

    /// Cleans the table of file `path` and keeps its row order.
    pub fn rows(
        &self,
        data: Interactions,
        read: &Input,
        path: &Path,
    ) -> Result<(Interactions, CleanReport)> {
        self.settings(read).interactions(data).with_context(|| path.display().to_string())
    }
}

/// Prints notes on the cleaned rows to standard error.
pub fn tell_notes(report: &CleanReport) {
    report.notes.iter().for_each(tell_note);
}

/// Prints the sentences of a finding to standard error, as a clause behind `note:`.
pub fn tell_note(note: &Finding) {
    let told = note.say(flag);
    let mut letters = told.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase).collect::<String>();
    // Names and abbreviations stay as they are.
    let is_word = letters.clone().next().is_none_or(|second| !second.is_uppercase());
    let told = if is_word { first + letters.as_str() } else { told };
    errln!("note: {}", told.trim_end_matches('.'));
}

pub fn duplicates() -> impl TypedValueParser<Value = Duplicates> {
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
