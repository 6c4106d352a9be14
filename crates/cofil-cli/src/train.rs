//! `cofil train`.

use anyhow::{Context, Result};
use cofil::{Algorithm, Ratings, Recommender, Run};
use std::path::PathBuf;

/// Arguments of `cofil train`.
#[derive(clap::Args)]
pub struct Args {
    /// Table of interactions.
    data: PathBuf,
    /// Recipe to train.
    #[arg(long, default_value = "ials")]
    algorithm: String,
    /// A setting of the recipe, as NAME=VALUE; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// Model file to write.
    #[arg(short, long)]
    output: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let mut settings = serde_json::Map::new();
    for pair in &args.settings {
        let (name, value) =
            pair.split_once('=').with_context(|| format!("`--set {pair}`: write NAME=VALUE"))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        settings.insert(name.into(), value);
    }
    let algorithm = Algorithm::from_settings(&args.algorithm, &settings)?;
    let ratings = Ratings::default();
    let model = Recommender::train(&algorithm, &ratings, &mut Run::default())?;
    let fingerprint = model.save(&args.output)?;
    crate::output::json(&serde_json::json!({"fingerprint": fingerprint}))
}
