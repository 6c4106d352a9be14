//! `cofil similar`.

use crate::args::history;
use crate::args::items::{Items, Titles};
use crate::args::wrong;
use crate::interrupt::reading;
use crate::output::{self, outln};
use anyhow::Result;
use cofil::Recommender;
use cofil::ask::Likeness;
use cofil::data::ListWriter;
use cofil::data::prose::count;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `cofil similar`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil similar model.cofil --item 50 -n 10 --items u.item
  cofil similar model.cofil --user 42
  cofil similar model.cofil --all -n 20 -o similar.parquet

Similarity is the cosine of the model's vectors. Models without vectors (item-to-item weights) compare items by
their weights and users by their histories.

--all writes .csv, .tsv or .jsonl (also .gz or .zst), .parquet or .arrow; without --output it prints CSV, or JSON
lines with --json. With more than 100,000 item vectors an approximate index is used, which finds more than 99 % of
the nearest items; --exact compares all.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    #[command(flatten)]
    what: What,
    /// Number of neighbours
    #[arg(short, default_value_t = 10)]
    n: usize,
    /// Output file of --all or --item: .csv, .tsv, .jsonl, .parquet or .arrow [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// With --all: compare all items instead of using an approximate index
    #[arg(long, conflicts_with_all = ["item", "user"])]
    exact: bool,
    #[command(flatten)]
    items: Items,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options that say what to find neighbours of.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Item whose neighbours to list
    #[arg(long, value_parser = history::name, allow_hyphen_values = true)]
    item: Option<String>,
    /// User whose neighbours to list
    #[arg(long, value_parser = history::name, allow_hyphen_values = true)]
    user: Option<String>,
    /// Neighbours of every item
    #[arg(long)]
    all: bool,
}

pub fn run(args: &Args) -> Result<()> {
    args.output.as_deref().map_or(Ok(()), ListWriter::check_path)?;
    output::check([args.output.as_deref()], [Some(&*args.model), args.items.path()])?;
    let recommender = args.items.describe(reading(&args.model, Recommender::load)?)?;
    match (&args.what.item, &args.what.user) {
        (Some(item), _) if args.output.is_some() => {
            let numbers = recommender.items();
            let found = recommender.similar(item, args.n)?.items;
            let number = |name: &str| numbers.get(name).expect("an item of the model");
            let list = found.iter().map(|entry| (number(&entry.item), entry.score)).collect();
            write(args, &recommender, &[number(item)], &[list])
        }
        (None, Some(_)) if args.output.is_some() => Err(wrong(
            "--output is for the lists of --all or --item; print similar users with --json",
        )),
        (Some(item), _) => items(args, &recommender, item, Titles::of_items(&recommender)),
        (None, Some(user)) => users(args, &recommender, user),
        (None, None) => everything(args, &recommender),
    }
}

fn items(args: &Args, recommender: &Recommender, item: &str, titles: Titles<'_>) -> Result<()> {
    let similar = recommender.similar(item, args.n)?;
    if args.json {
        return output::json(&similar);
    }
    outln!("Most similar to {}:\n", titles.of(item));
    table("Item", similar.items.iter().map(|s| (titles.of(&s.item), s.score)));
    Ok(())
}

/// The JSON document of lists that were written to a file.
#[derive(Serialize, JsonSchema)]
pub struct Written {
    output: String,
    items: usize,
    rows: usize,
    bytes: u64,
}

/// Writes the neighbours of every item.
fn everything(args: &Args, recommender: &Recommender) -> Result<()> {
    let lists = recommender.similar_all(args.n, args.exact)?;
    let all: Vec<u32> = (0..lists.len() as u32).collect();
    write(args, recommender, &all, &lists)
}

/// Writes the neighbours of the items `of`.
fn write(
    args: &Args,
    recommender: &Recommender,
    of: &[u32],
    lists: &[Vec<(u32, f32)>],
) -> Result<()> {
    let catalogue = recommender.catalogue().map(|catalogue| &**catalogue);
    let items = recommender.items();
    let mut writer = match &args.output {
        Some(path) => ListWriter::create_similar(path, items, catalogue)?,
        None => ListWriter::stream_similar(output::Stdout, args.json, items, catalogue)?,
    };
    for (items, lists) in of.chunks(BLOCK).zip(lists.chunks(BLOCK)) {
        cofil::watch::check();
        writer.write(items, lists)?;
    }
    let size = writer.finish()?;
    let Some(path) = &args.output else { return Ok(()) };
    let rows: usize = lists.iter().map(Vec::len).sum();
    if args.json {
        let output = path.display().to_string();
        return output::json(&Written { output, items: lists.len(), rows, bytes: size });
    }
    let (rows, items) = (count(rows, "similar item"), count(lists.len(), "item"));
    outln!("{}: {rows} for {items}, {}", path.display(), output::bytes(size));
    Ok(())
}

/// Lists written at a time.
const BLOCK: usize = 4096;

fn users(args: &Args, recommender: &Recommender, user: &str) -> Result<()> {
    let similar = recommender.similar_users(user, args.n)?;
    if args.json {
        return output::json(&similar);
    }
    let by = match similar.by {
        Likeness::Vectors => "vectors",
        Likeness::Histories => "histories",
    };
    outln!("Most similar to user {user}, by their {by}:\n");
    table("User", similar.users.iter().map(|s| (s.user.as_str(), s.score)));
    Ok(())
}

fn table<'a>(what: &str, list: impl Iterator<Item = (&'a str, f32)>) {
    let row = |(at, (name, score)): (usize, (&str, f32))| {
        vec![(at + 1).to_string(), name.to_owned(), output::score(score)]
    };
    output::table(&["", what, "Similarity"], list.enumerate().map(row), &[0, 2]);
}
