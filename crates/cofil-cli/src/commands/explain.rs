//! `cofil explain`.

use crate::args::history::{self, UnknownIds};
use crate::args::items::{Items, Titles};
use crate::interrupt::reading;
use crate::output::{self, outln};
use anyhow::Result;
use cofil::data::prose::count;
use cofil::recommender::Origin;
use cofil::{Attribution, Basis, Explanation, Recommender, Target, Who};
use std::path::PathBuf;

/// Arguments of `cofil explain`.
#[derive(clap::Args)]
#[command(override_usage = "cofil explain [OPTIONS] <MODEL> --item <ITEM> <--user|--history>")]
#[command(after_help = "Examples:
  cofil explain model.cofil --user 42 --item 50
  cofil explain model.cofil --history 1:5,260:4 --item 50 --items u.item
  cofil explain model.cofil --user 42 --item 50 --json

The score is the sum of a base (the score without a history), a contribution per history item, and a rest.
If the model is linear in the history, contributions are exact; otherwise a contribution is the drop in score
without that item, and the answer says so.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    #[command(flatten)]
    who: Whom,
    /// Item whose score to explain
    #[arg(long, value_parser = history::name, allow_hyphen_values = true)]
    item: String,
    /// Number of history items to show; --json has all
    #[arg(short, default_value_t = 10)]
    n: usize,
    #[command(flatten)]
    unknown: UnknownIds,
    #[command(flatten)]
    items: Items,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options that say for which user.
#[derive(clap::Args)]
#[group(required = true, multiple = true)]
struct Whom {
    /// User in the training data
    #[arg(long, value_parser = history::name, allow_hyphen_values = true)]
    user: Option<String>,
    /// History of a new user: ITEM or ITEM:VALUE, comma-separated, or @FILE with one per line; with --user,
    /// interactions newer than the model
    #[arg(long, value_name = "ITEM[:VALUE]", allow_hyphen_values = true)]
    history: Option<Vec<String>>,
}

pub fn run(args: &Args) -> Result<()> {
    let recommender = args.items.describe(reading(&args.model, Recommender::load)?)?;
    let titles = Titles::of_items(&recommender);
    let history = history::parse(&recommender, args.who.history.as_deref())?;
    let who = Who { user: args.who.user.clone(), history };
    let explanation = recommender.explain(&who, &args.item, args.unknown.rule())?;
    let told = explanation.reason.as_deref().filter(|_| !args.json);
    history::tell_skipped_of(&explanation.unknown, who.user.as_deref(), &recommender, told);
    if args.json {
        return output::json(&explanation);
    }
    match (&explanation.reason, explanation.basis) {
        (Some(reason), Basis::Popular) => {
            print_popular(args, &recommender, reason, explanation.score);
        }
        _ => print(args, &explanation, titles),
    }
    if recommender.seen().nnz() == 0 && args.who.user.is_some() {
        outln!("\nThe model file holds no histories, so contributions cannot be shown.");
    }
    Ok(())
}

/// Prints a score that no history contributes to.
fn print_popular(args: &Args, recommender: &Recommender, reason: &str, score: f32) {
    let item = Titles::of_items(recommender).of(&args.item);
    let card = recommender.card();
    let is_count =
        score >= 0.0 && score.fract() == 0.0 && matches!(card.origin, Origin::Trained { .. });
    let shown = match card.target() {
        Target::Rating => {
            format!("the rating of {item} by an unknown user: {}", output::score(score))
        }
        Target::Preference if is_count => {
            format!("the popularity of {item}: {}", count(score as usize, "user"))
        }
        Target::Preference => format!("the popularity of {item}: {}", output::score(score)),
    };
    let mut letters = reason.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    output::prose(&format!("{first}{}; showing {shown}.", letters.as_str()));
}

fn print(args: &Args, explanation: &Explanation, titles: Titles<'_>) {
    let whom = match &args.who.user {
        Some(user) if !explanation.unknown.contains(user) => format!("user {user}"),
        _ => "that history".to_owned(),
    };
    let score = output::score(explanation.score);
    outln!("{} scores {score} for {whom}:\n", titles.of(&args.item));
    let line = |name: &str, value: String, adds: f32| {
        let adds = output::score(adds);
        let sign = if adds.starts_with('-') { "" } else { "+" };
        vec![name.to_owned(), value, format!("{sign}{adds}")]
    };
    let all = &explanation.contributions;
    // Largest contributions of either sign.
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
        rows.push(line(&count(all.len() - shown.len(), "other"), String::new(), others as f32));
    }
    rows.push(line("base", String::new(), explanation.base));
    rows.push(line("rest", String::new(), explanation.rest));
    output::table(&["Because of", "Value", "Adds"], rows, &[1, 2]);
    outln!(
        "\n{}",
        match explanation.method {
            Attribution::Exact => "Exact: the score is a sum over the history.",
            Attribution::LeaveOneOut =>
                "Approximate: a contribution is the drop in score without the item; the rest is joint effects.",
        }
    );
}
