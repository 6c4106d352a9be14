//! `cofil update`.

use crate::args::input::Input;
use crate::output;
use anyhow::Result;
use cofil::Recommender;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `cofil update`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil update model.cofil today.csv -o model.cofil
  cofil update model.cofil clicks.jsonl --implicit -o new.cofil --json

Users with something new get new vectors, new users and items take part; what was learned of known items
stays, so train again from time to time. The file given with --output is replaced in one step: who reads it
meanwhile sees the old or the new one whole.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// Table of new events; `-` for standard input
    events: PathBuf,
    /// File for the new model; may be the old one
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Ignore the values of events, as if the table had none
    #[arg(long)]
    implicit: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: Input,
}

pub fn run(args: &Args) -> Result<()> {
    // The model may be written over: that is what an update is for.
    output::check([Some(&*args.output)], [Some(&*args.events)])?;
    let mut recommender = Recommender::load(&args.model)?;
    let (users, items) = (recommender.users().clone(), recommender.items().clone());
    let mut table = args.read.read_with(&args.events, &users, &items, args.json)?;
    let report = table.report.clone();
    if args.implicit {
        table.report.value = None;
    }
    let updated = recommender.update(&recommender.events(table))?;
    let fingerprint = recommender.save(&args.output)?;
    if args.json {
        let mut answer = output::value(&updated)?;
        answer["output"] = args.output.display().to_string().into();
        answer["fingerprint"] = fingerprint.into();
        answer["read"] = json!(report);
        return output::json(&answer);
    }
    output::facts(&[
        ("model", args.output.display().to_string()),
        ("events", updated.events.to_string()),
        (
            "users",
            format!("{} with something new, {} of them new", updated.users, updated.new_users),
        ),
        ("items", format!("{} new", updated.new_items)),
        ("data", output::sizes(&recommender.card().data)),
        ("fingerprint", fingerprint),
    ]);
    Ok(())
}
