//! `cofil similar`.

use crate::output;
use crate::titles::{Titles, Titling};
use anyhow::Result;
use cofil::Recommender;
use cofil::recommender::Likeness;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `cofil similar`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil similar model.cofil --item 50 -n 10 --titles u.item:1:2
  cofil similar model.cofil --user 42

Likeness is the cosine of two vectors of the model. Models of weights between items have none: items
are then compared by these weights, users by their histories.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    #[command(flatten)]
    what: What,
    /// How many
    #[arg(short, default_value_t = 10)]
    n: usize,
    #[command(flatten)]
    titles: Titling,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Like what.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Item to find others for
    #[arg(long)]
    item: Option<String>,
    /// User to find others for
    #[arg(long)]
    user: Option<String>,
}

pub fn run(args: &Args) -> Result<()> {
    let titles = args.titles.read()?;
    let recommender = Recommender::load(&args.model)?;
    match (&args.what.item, &args.what.user) {
        (Some(item), _) => items(args, &recommender, item, &titles),
        (None, Some(user)) => users(args, &recommender, user),
        (None, None) => unreachable!("one of them is required"),
    }
}

fn items(args: &Args, recommender: &Recommender, item: &str, titles: &Titles) -> Result<()> {
    let items = recommender.similar(item, args.n)?;
    if args.json {
        let items = output::value(&items)?;
        return output::json(&json!({"item": item, "items": items}));
    }
    println!("Most like {}:\n", titles.of(item));
    table("Item", items.iter().map(|s| (titles.of(s.item), s.score)));
    Ok(())
}

fn users(args: &Args, recommender: &Recommender, user: &str) -> Result<()> {
    let similar = recommender.similar_users(user, args.n)?;
    if args.json {
        let mut answer = output::value(&similar)?;
        answer["user"] = user.into();
        return output::json(&answer);
    }
    let by = match similar.by {
        Likeness::Vectors => "vectors",
        Likeness::Histories => "histories",
    };
    println!("Most like user {user}, by their {by}:\n");
    table("User", similar.users.iter().map(|s| (s.user, s.score)));
    Ok(())
}

fn table<'a>(what: &str, list: impl Iterator<Item = (&'a str, f32)>) {
    let row = |(at, (name, score)): (usize, (&str, f32))| {
        vec![(at + 1).to_string(), name.to_owned(), output::score(score)]
    };
    output::table(&["", what, "Likeness"], list.enumerate().map(row), &[0, 2]);
}
