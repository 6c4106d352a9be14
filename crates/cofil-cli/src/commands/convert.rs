//! `cofil convert`.

use crate::args::input::Input;
use crate::output::{self, outln};
use anyhow::Result;
use cofil::Duplicates;
use cofil::data::prose::count;
use cofil::data::read::{ReadReport, write, write_sides};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `cofil convert`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil convert ratings.csv ratings.parquet
  cofil convert events.csv.gz events.csv.zst --type-col event --weight view=1,buy=5
  zcat ratings.dat.gz | cofil convert - ratings.csv --delimiter ::

  cofil convert ratings.csv ratings/ --sides

The output has columns user, item, value (unless every value is 1) and time in unix seconds (if the
table has times).")]
pub struct Args {
    /// Table to read; `-` for standard input
    input: PathBuf,
    /// Output file: .csv, .tsv, .csv.gz, .csv.zst, .jsonl, .parquet or .arrow
    output: PathBuf,
    /// Write a folder with by-user.arrow and by-item.arrow: one row per user (item) with lists that are the rows
    /// (columns) of the sparse matrix. The last of duplicate pairs is kept
    #[arg(long)]
    sides: bool,
    /// Print a JSON report
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: Input,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    read: &'a ReadReport,
    output: String,
    interactions: usize,
    bytes: u64,
}

pub fn run(args: &Args) -> Result<()> {
    match args.sides {
        true => {
            for name in ["by-user.arrow", "by-item.arrow"] {
                cofil::store::check_not_input(&args.output.join(name), [&*args.input])?;
            }
        }
        false => output::check([Some(&*args.output)], [Some(&*args.input)])?,
    }
    let table = args.read.read(&args.input, args.json)?;
    let (written, interactions) = match args.sides {
        false => (write(&args.output, &table.interactions)?, table.interactions.len()),
        true => {
            let ratings =
                table.interactions.into_ratings(Duplicates::usual(&args.read.options()))?;
            let [(_, by_user), (_, by_item)] = write_sides(&args.output, &ratings)?;
            (by_user + by_item, ratings.len())
        }
    };
    if args.json {
        let output = args.output.display().to_string();
        return output::json(&Answer { read: &table.report, output, interactions, bytes: written });
    }
    let (interactions, size) = (count(interactions, "interaction"), output::bytes(written));
    outln!("{}: {interactions}, {size}", args.output.display());
    Ok(())
}
