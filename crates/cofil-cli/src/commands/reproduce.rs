//! `cofil reproduce`.

use crate::output::{self, outln};
use crate::progress::Progress;
use crate::table::{Column, Table};
use anyhow::Result;
use cofil::data::prose::{range, value};
use cofil_reproduce::{Options, Report, Row, experiments};
use std::path::PathBuf;

/// Arguments of `cofil reproduce`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil reproduce
  cofil reproduce toy
  cofil reproduce gowalla --data downloads --seeds 1 --json

Data sets are not bundled: each experiment says which files it needs and where they are published.")]
pub struct Args {
    /// Experiment [default: list them]
    name: Option<String>,
    /// List the experiments
    #[arg(long, conflicts_with = "name")]
    list: bool,
    /// Folder of the data set or data sets
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    data: PathBuf,
    /// Number of runs, with seeds 1, 2, 3 …
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// Smoke test: one seed and few epochs; the numbers are meaningless
    #[arg(long)]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, progress: &Progress) -> Result<()> {
    let Some(name) = &args.name else { return list(args.json) };
    let options = Options { data: args.data.clone(), seeds: args.seeds, quick: args.quick };
    let report = cofil_reproduce::run(name, &options)?;
    progress.clear();
    match args.json {
        true => output::json(&output::value(&report)?),
        false => {
            print(&report);
            Ok(())
        }
    }
}

fn list(json: bool) -> Result<()> {
    let all = experiments();
    if json {
        return output::json(&all);
    }
    let rows = all.iter().map(|e| {
        let files = e.files.iter().map(|names| &*names[0]).collect::<Vec<_>>().join(", ");
        vec![e.name.clone(), e.title.clone(), if files.is_empty() { "none".into() } else { files }]
    });
    output::table(&["Experiment", "Publication", "Files"], rows, &[]);
    outln!("\nRun one with: cofil reproduce NAME --data FOLDER");
    Ok(())
}

fn print(report: &Report) {
    output::prose(&format!("{}: {}", report.experiment, report.title));
    output::prose(&report.method);
    outln!();
    let mut sources: Vec<&str> = Vec::new();
    let mut table = Table::new([
        Column::text(""),
        Column::text(""),
        Column::number("Published"),
        Column::text(""),
        Column::number("Ours"),
        Column::text("95 % over users").spare(1),
        Column::text("By seed").spare(2),
        Column::text("Verdict"),
    ]);
    report.rows.iter().for_each(|row| table.row(line(row, report.quick, &mut sources)));
    table.print();
    outln!();
    for (at, source) in sources.iter().enumerate() {
        output::prose(&format!("[{}] {source}", at + 1));
    }
    let took = output::duration(report.seconds);
    outln!();
    output::prose(&format!("Verdict: {}. It took {took}.", report.verdict));
}

/// Formats a row of the table and adds its source to `sources`.
fn line<'a>(row: &'a Row, quick: bool, sources: &mut Vec<&'a str>) -> Vec<String> {
    let (mut published, mut note) = (String::new(), String::new());
    if let Some(found) = &row.published {
        let at = sources.iter().position(|source| *source == found.source);
        let at = at.unwrap_or_else(|| {
            sources.push(&found.source);
            sources.len() - 1
        });
        published = found.wanted.clone();
        note = format!("[{}]", at + 1);
    }
    let interval = match (row.low, row.high) {
        (Some(low), Some(high)) => range(value(low), value(high)),
        _ => String::new(),
    };
    let seeds: Vec<String> = row.by_seed.iter().map(|&v| value(v)).collect();
    let verdict = row.verdict.clone().filter(|_| !quick);
    vec![
        row.recipe.clone(),
        row.metric.clone(),
        published,
        note,
        value(row.mean),
        interval,
        seeds.join(" "),
        verdict.unwrap_or_default(),
    ]
}
