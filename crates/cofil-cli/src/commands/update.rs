//! `cofil update`.

use crate::args::clean::{self, duplicates};
use crate::args::input::Input;
use crate::interrupt::reading;
use crate::output::{self, errln};
use anyhow::{Context, Result};
use cofil::data::prose::number;
use cofil::data::read::ReadReport;
use cofil::data::{Clean, CleanReport};
use cofil::store::Lock;
use cofil::{Duplicates, Recommender, Updated};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `cofil update`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil update model.cofil today.csv -o model.cofil
  cofil update model.cofil clicks.jsonl --implicit -o new.cofil --json

Users with new interactions get new vectors, and new users and items are added. What the model has learned about known
items does not change, so retrain from time to time. The output file is replaced atomically: readers see either
the old or the new file.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// Table of new events; `-` for standard input
    events: PathBuf,
    /// Output model file; may be MODEL itself
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Ignore values, as if the table had none; if there are values below 0, which mean dislike, pairs not above 0 are
    /// dropped
    #[arg(long)]
    implicit: bool,
    /// How to merge events of the same user and item, with each other and with the value in the model, which comes
    /// first [default: last; sum with --weight]
    #[arg(long, value_name = "WHAT", value_parser = duplicates())]
    duplicates: Option<Duplicates>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: Input,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    #[serde(flatten)]
    updated: &'a Updated,
    output: String,
    fingerprint: String,
    read: ReadReport,
    clean: CleanReport,
}

pub fn run(args: &Args) -> Result<()> {
    // The output may be the model itself.
    output::check([Some(&*args.output)], [Some(&*args.events)])?;
    // Another process that changes the same model would lose this change, or have its own lost.
    let _lock = Lock::output(&args.output)?;
    let mut recommender = reading(&args.model, Recommender::load)?;
    let (users, items) = (recommender.users().clone(), recommender.items().clone());
    let table = args.read.events(&args.events, &users, &items, args.json)?;
    let report = table.report.clone();
    let duplicates = args.duplicates.unwrap_or_else(|| Duplicates::usual(&args.read.options()));
    let clean = Clean { duplicates, implicit: args.implicit, ..Clean::default() };
    let (events, cleaned) =
        recommender.events(table, &clean).with_context(|| args.events.display().to_string())?;
    if !args.json {
        cleaned.sentences().iter().for_each(|sentence| errln!("cleaned: {sentence}"));
        clean::tell_notes(&cleaned);
    }
    let scale = recommender.scale();
    let updated = recommender.update(&events, duplicates)?;
    if let (Some((low, high)), 1..) = (scale, updated.off_scale) {
        errln!(
            "warning: {} off the scale of the training data, {low} to {high}",
            match updated.off_scale {
                1 => "the value of 1 event is".into(),
                n => format!("the values of {} events are", number(n)),
            }
        );
    }
    let fingerprint = recommender.save(&args.output)?;
    if args.json {
        let output = args.output.display().to_string();
        return output::json(&Answer {
            updated: &updated,
            output,
            fingerprint,
            read: report,
            clean: cleaned,
        });
    }
    output::facts(&[
        ("model", args.output.display().to_string()),
        ("events", number(updated.events)),
        (
            "users",
            format!(
                "{} with new interactions, {} of them new",
                number(updated.users),
                number(updated.new_users)
            ),
        ),
        ("items", format!("{} new", number(updated.new_items))),
        ("data", output::sizes(&recommender.card().data)),
        ("fingerprint", fingerprint),
    ]);
    Ok(())
}
