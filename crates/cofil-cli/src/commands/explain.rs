//! `cofil explain`.

use crate::args::history::{self, Strangers};
use crate::args::items::{Items, Titles};
use crate::output::{self, outln};
use anyhow::Result;
use cofil::{Attribution, Basis, Explanation, Recommender, Who};
use std::path::PathBuf;

/// Arguments of `cofil explain`.
#[derive(clap::Args)]
#[command(override_usage = "cofil explain [OPTIONS] <MODEL> --item <ITEM> <--user|--history>")]
#[command(after_help = "Examples:
  cofil explain model.cofil --user 42 --item 50
  cofil explain model.cofil --history 1:5,260:4 --item 50 --items u.item
  cofil explain model.cofil --user 42 --item 50 --json

The score is the sum of what is there without a history, what each item of the history adds, and a rest.
Where the model is linear in the history the parts are exact; else each is what the score loses without
that item, and the answer says so.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    #[command(flatten)]
    who: Whom,
    /// Item whose score is to be explained
    #[arg(long, value_parser = history::name, allow_hyphen_values = true)]
    item: String,
    /// How many items of the history to show; --json has all
    #[arg(short, default_value_t = 10)]
    n: usize,
    #[command(flatten)]
    unknown: Strangers,
    #[command(flatten)]
    items: Items,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// To whom.
#[derive(clap::Args)]
#[group(required = true, multiple = true)]
struct Whom {
    /// User of the training data
    #[arg(long, value_parser = history::name, allow_hyphen_values = true)]
    user: Option<String>,
    /// What somebody new has chosen, as ITEM or ITEM:VALUE, separated by commas, or @FILE with one on each line; with
    /// --user, what they have that the model has not seen
    #[arg(long, value_name = "ITEM[:VALUE]", allow_hyphen_values = true)]
    history: Option<Vec<String>>,
}

pub fn run(args: &Args) -> Result<()> {
    let recommender = args.items.describe(Recommender::load(&args.model)?)?;
    let titles = Titles::of_items(&recommender);
    let history = history::parse(&recommender, args.who.history.as_deref())?;
    let who = Who { user: args.who.user.clone(), history };
    let explanation = recommender.explain(&who, &args.item, args.unknown.rule())?;
    history::tell_skipped(&explanation.unknown);
    if args.json {
        return output::json(&explanation);
    }
    print(args, &explanation, titles);
    if recommender.seen().nnz() == 0 && args.who.user.is_some() {
        outln!("\nThe model file does not say what users have: nothing of it can be shown.");
    }
    Ok(())
}

fn print(args: &Args, explanation: &Explanation, titles: Titles<'_>) {
    let whom = match (&args.who.user, explanation.basis) {
        (_, Basis::Popular) => "what is popular".into(),
        (Some(user), _) if !explanation.unknown.contains(user) => format!("user {user}"),
        _ => "that history".to_owned(),
    };
    if let Some(reason) = &explanation.reason {
        outln!("This is the score by what is popular, because {reason}.\n");
    }
    let score = output::score(explanation.score);
    outln!("{} scores {score} for {whom}:\n", titles.of(&args.item));
    let line = |name: &str, value: String, adds: f32| {
        vec![
            name.to_owned(),
            value,
            format!("{}{}", if adds < 0.0 { "" } else { "+" }, output::score(adds)),
        ]
    };
    let all = &explanation.contributions;
    // What counts most either way.
    let mut shown: Vec<_> = all.iter().collect();
    shown.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    shown.truncate(args.n);
    shown.sort_by(|a, b| b.contribution.total_cmp(&a.contribution));
    let sum = |of: &mut dyn Iterator<Item = f32>| of.map(f64::from).sum::<f64>();
    let others = sum(&mut all.iter().map(|c| c.contribution))
        - sum(&mut shown.iter().map(|c| c.contribution));
    let mut rows: Vec<_> = shown
        .iter()
        .map(|c| line(titles.of(&c.item), c.value.to_string(), c.contribution))
        .collect();
    if shown.len() < all.len() {
        rows.push(line(
            &format!("{} others", all.len() - shown.len()),
            String::new(),
            others as f32,
        ));
    }
    rows.push(line("without any of them", String::new(), explanation.base));
    rows.push(line("rest", String::new(), explanation.rest));
    output::table(&["Because of", "Value", "Adds"], rows, &[1, 2]);
    outln!(
        "\n{}",
        match explanation.method {
            Attribution::Exact =>
                "Exact: the score is a sum over the history, and these are its terms.",
            Attribution::LeaveOneOut =>
                "Not exact: each adds what the score loses without it; the rest is what they say together.",
        }
    );
}
