//! `cofil convert`.

use crate::input::Input;
use anyhow::Result;
use cofil::data::read::write;
use std::path::PathBuf;

/// Arguments of `cofil convert`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil convert ratings.csv ratings.parquet
  cofil convert events.csv.gz events.csv.zst --type-col event --weight view=1,buy=5
  zcat ratings.dat.gz | cofil convert - ratings.csv --delimiter ::

The output has columns user, item, value (unless every value is 1) and time in unix seconds (if the
table has times).")]
pub struct Args {
    /// Table to read; `-` for standard input
    input: PathBuf,
    /// File to write: .csv, .tsv, .csv.gz, .csv.zst, .jsonl, .parquet or .arrow
    output: PathBuf,
    #[command(flatten)]
    read: Input,
    /// Print a JSON report
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let table = args.read.read(&args.input)?;
    let written = write(&args.output, &table.interactions)?;
    if args.json {
        return crate::output::json(&serde_json::json!({
            "read": table.report,
            "output": args.output.display().to_string(),
            "interactions": table.interactions.len(),
            "bytes": written,
        }));
    }
    eprintln!("{}", table.report);
    println!(
        "{}: {} interactions, {written} bytes",
        args.output.display(),
        table.interactions.len()
    );
    Ok(())
}
