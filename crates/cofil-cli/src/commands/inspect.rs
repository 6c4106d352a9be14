//! `cofil inspect`.

mod arrays;

use crate::interrupt::reading;
use crate::output::{self, outln};
use anyhow::Result;
use cofil::ask::ModelCard;
use cofil::data::prose::{count, number, range};
use cofil::recommender::{Card, Changed, Origin};
use cofil::{Error, Recommender};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `cofil inspect`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil inspect model.cofil
  cofil inspect model.cofil --arrays arrays/
  cofil inspect model.cofil --arrays arrays/ --format csv

Small arrays are printed as tables. --arrays writes each array as NAME.npy or NAME.csv (a line per row, no header),
and the ids of users and items, in the order of the arrays' rows, as users.txt and items.txt, one per line.
docs/format.md says what each array is.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// Folder for the model's arrays, one file each, created if missing
    #[arg(long, value_name = "FOLDER")]
    arrays: Option<PathBuf>,
    /// Format of the files of --arrays
    #[arg(long, value_enum, default_value_t, requires = "arrays")]
    format: arrays::Format,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    #[serde(flatten)]
    model: &'a ModelCard,
    /// Files of arrays that were written.
    written: Vec<PathBuf>,
    /// The model file.
    file: String,
    /// Its size.
    bytes: u64,
}

pub fn run(args: &Args) -> Result<()> {
    let recommender = reading(&args.model, Recommender::load)?;
    let size = std::fs::metadata(&args.model).map_err(|e| Error::io(&args.model, e))?.len();
    let model = recommender.model_card();
    let written = match &args.arrays {
        Some(folder) => arrays::write(&recommender, folder, &args.model, args.format)?,
        None => Vec::new(),
    };
    if args.json {
        let file = args.model.display().to_string();
        return output::json(&Answer { model: &model, written, file, bytes: size });
    }
    let ModelCard { fingerprint, card, shape, arrays, seen, catalogue, .. } = &model;
    let Card { cofil, origin, data, epochs, valid_metric, negatives, changes } = card;
    let arrays: Vec<String> = arrays
        .iter()
        .map(|(name, shape)| {
            let shape: Vec<String> = shape.iter().map(|&n| number(n)).collect();
            format!("{name} {}", shape.join(" × "))
        })
        .collect();
    let (low, high) = data.scale;
    let mut facts = vec![
        ("file", format!("{} ({})", args.model.display(), output::bytes(size))),
        ("written by", format!("cofil {cofil}")),
    ];
    match origin {
        Origin::Trained { algorithm, seed } => facts.extend([
            ("algorithm", algorithm.name().into()),
            ("settings", settings(algorithm)?),
            ("seed", seed.to_string()),
        ]),
        Origin::Imported(imported) => {
            facts.push(("imported as", imported.name.clone()));
            facts.extend(imported.description.clone().map(|text| ("description", text)));
        }
    }
    facts.push(("data", output::sizes(data)));
    facts.push(("values", format!("{}, mean {:.4}", range(low, high), data.mean)));
    if !data.fingerprint.is_empty() {
        facts.push(("data hash", data.fingerprint.clone()));
    }
    if let Some(last) = epochs.last() {
        let best = epochs.iter().rev().find(|e| e.best && e.validation.is_some());
        let metric = valid_metric.map_or("validation".into(), |metric| metric.to_string());
        let kept = match best.and_then(|best| Some((best.number, best.validation?))) {
            Some((number, value)) => format!("; kept epoch {number} with {metric} {value:.4}"),
            None => String::new(),
        };
        let loss = last.loss.data + last.loss.penalty;
        facts.push(("epochs", format!("{} of {}, loss {loss:.6}{kept}", last.number, last.of)));
    }
    facts.extend(negatives.clone().map(|fingerprint| ("negatives", fingerprint)));
    if !changes.is_empty() {
        let told: Vec<String> = changes
            .iter()
            .map(|change| match change {
                Changed::Updated { events } => format!("updated with {}", count(*events, "event")),
                Changed::Forgotten { users } => format!("{} forgotten", count(*users, "user")),
            })
            .collect();
        facts.push(("changes", told.join(", ")));
    }
    facts.push(("shape", format!("{shape}: {}", arrays.join(", "))));
    facts.push((
        "seen items",
        match seen {
            0 => "not in the file".into(),
            n => format!("{}, excluded from each user's lists", number(*n)),
        },
    ));
    if let Some(catalogue) = catalogue {
        let known = catalogue.columns.join(", ");
        facts.push(("catalogue", format!("{}: {known}", count(catalogue.items, "item"))));
    }
    facts.extend(fingerprint.clone().map(|fingerprint| ("fingerprint", fingerprint)));
    output::facts(&facts);
    arrays::show(&recommender);
    for path in written {
        outln!("wrote {}", path.display());
    }
    Ok(())
}

/// Formats settings as `factors = 64, reg = 0.1`.
fn settings(algorithm: &cofil::Algorithm) -> Result<String> {
    let value = output::value(algorithm)?;
    let settings = value.as_object().into_iter().flatten().filter(|(name, _)| *name != "algorithm");
    let told: Vec<String> = settings.map(|(name, value)| format!("{name} = {value}")).collect();
    Ok(if told.is_empty() { "none".into() } else { told.join(", ") })
}
