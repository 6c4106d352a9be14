//! `cofil inspect`.

use crate::output;
use anyhow::{Context, Result};
use cofil::recommender::{Card, Changed, Origin};
use cofil::{Error, Recommender};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `cofil inspect`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  cofil inspect model.cofil")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let recommender = Recommender::load(&args.model)?;
    let size = std::fs::metadata(&args.model).map_err(|e| Error::io(&args.model, e))?.len();
    let card = recommender.card();
    let Card { cofil, origin, data, epochs, valid_metric, negatives, changes } = card;
    let (trained, imported) = match origin {
        Origin::Trained { algorithm, seed } => (Some((algorithm, *seed)), None),
        Origin::Imported(imported) => (None, Some(imported)),
    };
    let model = recommender.model();
    let arrays = model.tensors();
    let shapes = || arrays.iter().map(|a| (a.name().to_owned(), a.shape().to_vec()));
    let fingerprint = recommender.fingerprint().context("a loaded model has a fingerprint")?;
    let seen = recommender.seen().nnz();
    let catalogue = recommender.catalogue();
    let columns = || catalogue.into_iter().flat_map(|c| c.columns()).map(|column| column.name());
    if args.json {
        return output::json(&json!({
            "file": args.model.display().to_string(),
            "bytes": size,
            "fingerprint": fingerprint,
            "cofil": cofil,
            "origin": if trained.is_some() { "trained" } else { "imported" },
            "algorithm": trained.map(|(algorithm, _)| output::value(algorithm)).transpose()?,
            "imported": imported,
            "target": card.target(),
            "seed": trained.map(|(_, seed)| seed),
            "data": output::value(data)?,
            "epochs": epochs,
            "valid_metric": valid_metric,
            "negatives": negatives,
            "changes": changes,
            "shape": model.kind(),
            "arrays": shapes().collect::<std::collections::BTreeMap<_, _>>(),
            "seen": seen,
            "catalogue": catalogue.map(|catalogue| json!({
                "items": catalogue.len(),
                "columns": columns().collect::<Vec<_>>(),
            })),
        }));
    }
    let arrays: Vec<String> = shapes()
        .map(|(name, shape)| {
            let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
            format!("{name} {}", shape.join(" × "))
        })
        .collect();
    let (low, high) = data.scale;
    let mut facts = vec![
        ("file", format!("{} ({})", args.model.display(), output::bytes(size))),
        ("written by", format!("cofil {cofil}")),
    ];
    if let Some((algorithm, seed)) = trained {
        facts.extend([
            ("algorithm", algorithm.name().into()),
            ("settings", settings(algorithm)?),
            ("seed", seed.to_string()),
        ]);
    }
    if let Some(imported) = imported {
        facts.push(("imported as", imported.name.clone()));
        facts.extend(imported.description.clone().map(|text| ("description", text)));
    }
    facts.push(("data", output::sizes(data)));
    facts.push(("values", format!("{low} to {high}, mean {:.4}", data.mean)));
    if !data.fingerprint.is_empty() {
        facts.push(("data print", data.fingerprint.clone()));
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
                Changed::Updated { events } => format!("updated with {events} events"),
                Changed::Forgotten { users } => format!("{users} users forgotten"),
            })
            .collect();
        facts.push(("since then", told.join(", ")));
    }
    facts.push(("shape", format!("{}: {}", model.kind(), arrays.join(", "))));
    facts.push((
        "seen items",
        match seen {
            0 => "not in the file".into(),
            n => format!("{n}, so that nobody is recommended what they have"),
        },
    ));
    if let Some(catalogue) = catalogue {
        let known = columns().collect::<Vec<_>>().join(", ");
        facts.push(("catalogue", format!("{} items: {known}", catalogue.len())));
    }
    facts.push(("fingerprint", fingerprint.to_owned()));
    output::facts(&facts);
    Ok(())
}

/// `factors = 64, reg = 0.1`.
fn settings(algorithm: &cofil::Algorithm) -> Result<String> {
    let value = output::value(algorithm)?;
    let settings = value.as_object().into_iter().flatten().filter(|(name, _)| *name != "algorithm");
    let told: Vec<String> = settings.map(|(name, value)| format!("{name} = {value}")).collect();
    Ok(if told.is_empty() { "none".into() } else { told.join(", ") })
}
