//! `cofil predict`.

use crate::args::input::Input;
use crate::output;
use anyhow::{Context, Result};
use cofil::data::read::read_pairs;
use cofil::{Interactions, Recommender};
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
    #[arg(long, requires = "item", conflicts_with = "pairs")]
    user: Option<String>,
    /// Item of a single pair
    #[arg(long, requires = "user", conflicts_with = "pairs")]
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
    if let Some(path) = &args.output {
        output::check_writable(path)?;
    }
    let recommender = Recommender::load(&args.model)?;
    if let (Some(user), Some(item)) = (&args.user, &args.item) {
        let prediction = recommender.predict(user, item)?;
        return match args.json {
            true => output::json(
                &serde_json::json!({"user": user, "item": item, "prediction": output::value(&prediction)?}),
            ),
            false => {
                println!("{prediction}");
                Ok(())
            }
        };
    }
    let path = args.pairs.as_deref().context("name a table with --pairs")?;
    pairs(args, &recommender, path)
}

fn pairs(args: &Args, recommender: &Recommender, path: &Path) -> Result<()> {
    let (users, items) = (recommender.users(), recommender.items());
    let table = read_pairs(path, &args.read.options(), users, items)?;
    let predictions = predictions(recommender, &table.interactions);
    let rows = &table.interactions;
    let unknown = predictions.iter().filter(|p| p.is_none()).count();
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
        let row = |(at, prediction): (usize, &Option<f32>)| {
            let ((user, item), prediction) = (names(at), output::value(prediction)?);
            Ok(serde_json::json!({"user": user, "item": item, "prediction": prediction}))
        };
        let list = match args.output {
            None => Some(predictions.iter().enumerate().map(row).collect::<Result<Vec<_>>>()?),
            Some(_) => None,
        };
        return output::json(&serde_json::json!({
            "pairs": rows.len(),
            "unknown": unknown,
            "output": args.output.as_ref().map(|path| path.display().to_string()),
            "predictions": list,
            "read": table.report,
        }));
    }
    eprintln!("{}", table.report);
    if unknown > 0 {
        eprintln!(
            "{unknown} of {} pairs have a user or item that the model does not know",
            rows.len()
        );
    }
    match &args.output {
        Some(path) => println!("{}: {} predictions", path.display(), rows.len() - unknown),
        None => print!("{csv}"),
    }
    Ok(())
}

/// One prediction for each row; `None` where the user or the item is unknown. The pairs of a user
/// are scored together.
fn predictions(recommender: &Recommender, rows: &Interactions) -> Vec<Option<f32>> {
    let (users, items) = (recommender.users().len(), recommender.items().len());
    let known = |at: &usize| (rows.user[*at] as usize) < users && (rows.item[*at] as usize) < items;
    let mut order: Vec<usize> = (0..rows.len()).filter(known).collect();
    order.sort_by_key(|&at| rows.user[at]);
    let mut predictions = vec![None; rows.len()];
    for group in order.chunk_by(|&a, &b| rows.user[a] == rows.user[b]) {
        let user = recommender.user_at(rows.user[group[0]]);
        let items: Vec<u32> = group.iter().map(|&at| rows.item[at]).collect();
        let mut scores = vec![0.0; items.len()];
        recommender.model().score(user, &items, &mut scores);
        group.iter().zip(scores).for_each(|(&at, score)| predictions[at] = Some(score));
    }
    predictions
}

/// A name as CSV wants it.
fn quoted(name: &str) -> std::borrow::Cow<'_, str> {
    match name.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")).into(),
        false => name.into(),
    }
}
