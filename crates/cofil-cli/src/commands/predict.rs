//! `cofil predict`.

use crate::args::history;
use crate::args::input::Input;
use crate::output::errln;
use crate::output::{self, outln};
use anyhow::{Context, Result};
use cofil::Recommender;
use cofil::ask::{Predicted, Predictions};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Arguments of `cofil predict`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil predict model.cofil --user 42 --item 50
  cofil predict model.cofil --pairs pairs.csv -o predictions.csv

The predictions are CSV with columns user, item and prediction, in the order of the pairs. A pair
whose user or item the model does not know has an empty prediction and is counted.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// User of a single pair
    #[arg(long, requires = "item", conflicts_with = "pairs", value_parser = history::name, allow_hyphen_values = true)]
    user: Option<String>,
    /// Item of a single pair
    #[arg(long, requires = "user", conflicts_with = "pairs", value_parser = history::name, allow_hyphen_values = true)]
    item: Option<String>,
    /// Table of pairs; `-` for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "user")]
    pairs: Option<PathBuf>,
    /// CSV file to write instead of standard output
    #[arg(short, long, value_name = "FILE", requires = "pairs")]
    output: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: Input,
}

pub fn run(args: &Args) -> Result<()> {
    output::check([args.output.as_deref()], [Some(&*args.model), args.pairs.as_deref()])?;
    let recommender = Recommender::load(&args.model)?;
    if let (Some(user), Some(item)) = (&args.user, &args.item) {
        let prediction = recommender.predict(user, item)?;
        let (user, item) = (user.clone(), item.clone());
        return match args.json {
            true => output::json(&Predicted { user, item, prediction: Some(prediction) }),
            false => {
                outln!("{prediction}");
                Ok(())
            }
        };
    }
    let path = args.pairs.as_deref().context("name a table with --pairs")?;
    pairs(args, &recommender, path)
}

fn pairs(args: &Args, recommender: &Recommender, path: &Path) -> Result<()> {
    let (users, items) = (recommender.users(), recommender.items());
    let table = args.read.pairs(path, users, items, args.json)?;
    let rows = &table.interactions;
    let predictions = recommender.predict_many(&rows.user, &rows.item);
    let missing = predictions.iter().filter(|p| p.is_none()).count();
    let unknown = || {
        let (users, items) = (users.len(), items.len());
        let of = |names: &cofil::IdMap, known: usize| {
            (known as u32..names.len() as u32).map(|u| names.name(u).to_string()).collect()
        };
        let mut unknown: Vec<String> = of(&rows.users, users);
        let items: Vec<String> = of(&rows.items, items);
        unknown.extend(items);
        unknown
    };
    let names = |at: usize| (rows.users.name(rows.user[at]), rows.items.name(rows.item[at]));
    let mut csv = String::new();
    if !args.json || args.output.is_some() {
        csv += "user,item,prediction\n";
        for (at, prediction) in predictions.iter().enumerate() {
            let (user, item) = names(at);
            let prediction = prediction.map(|p| p.to_string()).unwrap_or_default();
            writeln!(csv, "{},{},{prediction}", quoted(user), quoted(item))?;
        }
    }
    if let Some(path) = &args.output {
        cofil::store::write_atomically(path, csv.as_bytes())?;
    }
    if args.json {
        let row = |(at, &prediction): (usize, &Option<f32>)| {
            let (user, item) = names(at);
            Predicted { user: user.to_string(), item: item.to_string(), prediction }
        };
        let answer = match args.output {
            None => {
                let predictions = predictions.iter().enumerate().map(row).collect();
                output::value(&Predictions { predictions, unknown: unknown() })?
            }
            Some(_) => serde_json::json!({"unknown": unknown()}),
        };
        let mut answer = answer;
        answer["pairs"] = rows.len().into();
        answer["missing"] = missing.into();
        answer["output"] = args.output.as_ref().map(|path| path.display().to_string()).into();
        answer["read"] = serde_json::json!(table.report);
        return output::json(&answer);
    }
    if missing > 0 {
        errln!(
            "{missing} of {} pairs have a user or item that the model does not know",
            rows.len()
        );
    }
    match &args.output {
        Some(path) => outln!("{}: {} predictions", path.display(), rows.len() - missing),
        None => output::data(&csv),
    }
    Ok(())
}

/// A name as CSV wants it.
fn quoted(name: &str) -> std::borrow::Cow<'_, str> {
    match name.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")).into(),
        false => name.into(),
    }
}
