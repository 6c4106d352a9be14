//! `cofil similar`.

use crate::output;
use crate::titles::Titles;
use anyhow::Result;
use cofil::Recommender;
use std::path::PathBuf;

/// Arguments of `cofil similar`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  cofil similar model.cofil --item 50 -n 10 --titles u.item:1:2")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// Item to find others for
    #[arg(long)]
    item: String,
    /// How many
    #[arg(short, default_value_t = 10)]
    n: usize,
    /// Table of titles to show beside ids; columns by name or position
    #[arg(long, value_name = "FILE[:ID:TITLE]")]
    titles: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let titles = Titles::read(args.titles.as_deref())?;
    let recommender = Recommender::load(&args.model)?;
    let items = recommender.similar(&args.item, args.n)?;
    if args.json {
        let items = output::value(&items)?;
        return output::json(&serde_json::json!({"item": args.item, "items": items}));
    }
    println!("Most like {}:\n", titles.of(&args.item));
    let rows = items.iter().enumerate().map(|(at, s)| {
        vec![(at + 1).to_string(), titles.of(s.item).to_owned(), output::score(s.score)]
    });
    output::table(&["", "Item", "Likeness"], rows, &[0, 2]);
    Ok(())
}
