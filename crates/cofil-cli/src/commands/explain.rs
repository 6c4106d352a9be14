//! `cofil explain`.

use crate::args::history;
use crate::args::items::{Items, Titles};
use crate::output;
use anyhow::Result;
use cofil::{Attribution, Explanation, Recommender};
use std::path::PathBuf;

/// Arguments of `cofil explain`.
#[derive(clap::Args)]
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
    who: Who,
    /// Item whose score is to be explained
    #[arg(long)]
    item: String,
    /// How many items of the history to show; --json has all
    #[arg(short, default_value_t = 10)]
    n: usize,
    #[command(flatten)]
    items: Items,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// To whom.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Who {
    /// User of the training data
    #[arg(long)]
    user: Option<String>,
    /// What somebody new has chosen, as ITEM or ITEM:VALUE
    #[arg(long, value_name = "ITEM[:VALUE]", value_delimiter = ',')]
    history: Option<Vec<String>>,
}

pub fn run(args: &Args) -> Result<()> {
    let recommender = args.items.describe(Recommender::load(&args.model)?)?;
    let titles = Titles::of_items(&recommender);
    let explanation = match &args.who.user {
        Some(user) => recommender.explain(user, &args.item)?,
        None => {
            let entries = args.who.history.iter().flatten();
            let history = history::parse(&recommender, entries);
            recommender.explain_for(&history, &args.item)?
        }
    };
    if args.json {
        let mut answer = output::value(&explanation)?;
        titles.add_to(&mut answer);
        return output::json(&answer);
    }
    print(args, &explanation, titles);
    if recommender.seen().nnz() == 0 && args.who.user.is_some() {
        println!("\nThe model file does not say what users have: nothing of it can be shown.");
    }
    Ok(())
}

fn print(args: &Args, explanation: &Explanation<'_>, titles: Titles<'_>) {
    let whom = args.who.user.as_ref().map_or("that history".into(), |user| format!("user {user}"));
    let score = output::score(explanation.score);
    println!("{} scores {score} for {whom}:\n", titles.of(&args.item));
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
        .map(|c| line(titles.of(c.item), c.value.to_string(), c.contribution))
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
    println!(
        "\n{}",
        match explanation.method {
            Attribution::Exact =>
                "Exact: the score is a sum over the history, and these are its terms.",
            Attribution::LeaveOneOut =>
                "Not exact: each adds what the score loses without it; the rest is what they say together.",
        }
    );
}
