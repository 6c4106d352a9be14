//! `cofil forget`.

use crate::args::history;
use crate::interrupt::reading;
use crate::output::{self, outln};
use anyhow::Result;
use cofil::data::prose::count;
use cofil::store::Lock;
use cofil::{Forgotten, Recommender};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `cofil forget`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil forget model.cofil --user 42 -o model.cofil
  cofil forget model.cofil --user 42 --user 43 --refit -o model.cofil --json

The user's id, history and vector are removed from the file. Parameters learned from all users still hold traces of
the user, and the answer lists them. With --refit the model is retrained on the remaining histories in the file, with
its own algorithm, settings and seed, and no trace remains. The output file is replaced atomically; delete other
copies yourself.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// User to remove; repeatable
    #[arg(long = "user", value_name = "USER", required = true, value_parser = history::name, allow_hyphen_values = true)]
    users: Vec<String>,
    /// Output model file; may be MODEL itself
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Retrain without the removed users
    #[arg(long)]
    refit: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    #[serde(flatten)]
    forgotten: &'a Forgotten,
    output: String,
    fingerprint: String,
    /// The option that leaves no trace, if there are traces.
    remedy: Option<&'static str>,
}

pub fn run(args: &Args) -> Result<()> {
    output::check([Some(&*args.output)], [])?;
    // Another process that changes the same model would lose this change, or have its own lost.
    let _lock = Lock::output(&args.output)?;
    let mut recommender = reading(&args.model, Recommender::load)?;
    let users: Vec<&str> = args.users.iter().map(String::as_str).collect();
    let forgotten = match args.refit {
        true => recommender.forget_and_refit(&users)?,
        false => recommender.forget(&users)?,
    };
    let fingerprint = recommender.save(&args.output)?;
    if args.json {
        return output::json(&Answer {
            forgotten: &forgotten,
            output: args.output.display().to_string(),
            fingerprint,
            remedy: (!forgotten.exact).then_some("--refit"),
        });
    }
    let exact = match forgotten.exact {
        true => "yes: no trace of the users remains".into(),
        false => format!("no: still dependent on the users: {}", forgotten.remains.join(", ")),
    };
    output::facts(&[
        ("model", args.output.display().to_string()),
        (
            "forgotten",
            format!(
                "{}, {}",
                count(forgotten.users, "user"),
                count(forgotten.interactions, "interaction")
            ),
        ),
        ("exact", exact),
        ("data", output::sizes(&recommender.card().data)),
        ("fingerprint", fingerprint),
    ]);
    if !forgotten.exact {
        outln!("\nTo remove the traces, use --refit or retrain from a table without these users.");
    }
    Ok(())
}
