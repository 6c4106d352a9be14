//! `cofil export`.

use crate::interrupt::reading;
use crate::output::{self, outln};
use anyhow::Result;
use cofil::Recommender;
use cofil::exchange::{ExportOptions, Side};
use std::path::PathBuf;

/// Arguments of `cofil export`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil export model.cofil model.onnx
  cofil export model.cofil model.npz
  cofil export model.cofil items.parquet
  cofil export model.cofil queries.npy --vectors users

The ending of OUTPUT chooses the format. .onnx is the whole model, for factors, item weights, auto-encoders and networks.
.npz holds its arrays. Tables (.csv, .tsv, .jsonl, .parquet, .arrow) and .npy hold one vector per item or user, for
pgvector, FAISS and others. The ids for .onnx and .npy are in OUTPUT.json.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// Output file: .onnx, .npz, .npy, .csv, .tsv, .jsonl, .parquet or .arrow
    output: PathBuf,
    /// Whose vectors to write into a table or an .npy file: items or users
    #[arg(long, value_name = "SIDE", default_value = "items")]
    vectors: Side,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let files = Recommender::exported_files(&args.output)?;
    output::check(files.iter().map(|path| Some(&**path)), [Some(&*args.model)])?;
    let recommender = reading(&args.model, Recommender::load)?;
    let exported = recommender.export(&args.output, &ExportOptions { vectors: args.vectors })?;
    if args.json {
        return output::json(&exported);
    }
    for path in &exported.files {
        outln!("wrote {}", path.display());
    }
    exported.notes.iter().for_each(|note| output::prose(note));
    Ok(())
}
