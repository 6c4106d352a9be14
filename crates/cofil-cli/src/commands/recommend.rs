//! `cofil recommend`.

use crate::args::history;
use crate::args::items::{Items, Titles};
use crate::args::reranking::Reranking;
use crate::interrupt::waiting;
use crate::output::{self, score};
use anyhow::{Context, Result, bail};
use cofil::data::Filter;
use cofil::data::lists::ListWriter;
use cofil::{Query, Recommender, Scored};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Reasons shown for each item.
const REASONS: usize = 3;

/// Arguments of `cofil recommend`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil recommend model.cofil --user 42 -n 10
  cofil recommend model.cofil --history 1,50,260 -n 10
  cofil recommend model.cofil --history 1:5,50:4.5,260:1 --items u.item
  cofil recommend model.cofil --user 42 --items movies.csv --where \"genres = 'Comedy' and year >= 1990\"
  cofil recommend model.cofil --all -n 20 -o recommendations.parquet
  cofil recommend model.cofil --users users.txt -o recommendations.jsonl
  cofil recommend model.cofil --all | head
  cofil recommend model.cofil --user 42 --mmr 0.7 --popularity-penalty 0.1

--where is applied before the best are chosen: N items come back whenever there are N. docs/catalogue.md
tells what can be written.

Without --output, the lists of --all or --users go to standard output as CSV, with --json as JSON
lines.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    #[command(flatten)]
    who: Who,
    /// How many items
    #[arg(short, default_value_t = 10)]
    n: usize,
    /// File for the lists of --all or --users: .csv, .jsonl or .parquet [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Items that must not come back
    #[arg(long, value_name = "ITEM", value_delimiter = ',')]
    exclude: Vec<String>,
    /// The only items that may come back; or @FILE with one on each line
    #[arg(long, value_name = "ITEM", value_delimiter = ',')]
    candidates: Option<Vec<String>>,
    /// Only items of which this is true, such as "genre = 'Comedy' and year >= 1990"; columns are those of
    /// --items, or of the table that the model was trained with
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<Filter>,
    /// Also recommend what the user has already
    #[arg(long)]
    with_seen: bool,
    #[command(flatten)]
    reranking: Reranking,
    #[command(flatten)]
    items: Items,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// For whom.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Who {
    /// User of the training data
    #[arg(long)]
    user: Option<String>,
    /// What somebody new has chosen, as ITEM or ITEM:VALUE
    #[arg(long, value_name = "ITEM[:VALUE]", value_delimiter = ',')]
    history: Option<Vec<String>>,
    /// The users in a file, one on each line; `-` for standard input
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// Every user of the training data
    #[arg(long)]
    all: bool,
}

pub fn run(args: &Args) -> Result<()> {
    if let Some(path) = &args.output {
        ListWriter::check_path(path)?;
        output::check_writable(path)?;
    }
    let recommender = args.items.describe(Recommender::load(&args.model)?)?;
    let candidates = match &args.candidates {
        Some(names) => Some(names_or_file(names)?),
        None => None,
    };
    let exclude: Vec<&str> = args.exclude.iter().map(String::as_str).collect();
    let candidates: Option<Vec<&str>> =
        candidates.as_ref().map(|names| names.iter().map(String::as_str).collect());
    let candidates = match &args.filter {
        Some(filter) => Some(filtered(&recommender, filter, candidates)?),
        None => candidates,
    };
    let query = Query {
        n: args.n,
        exclude: &exclude,
        candidates: candidates.as_deref(),
        seen: args.with_seen,
        rerank: args.reranking.into(),
    };
    match (&args.who, &args.output) {
        (Who { user: Some(_), .. } | Who { history: Some(_), .. }, Some(_)) => {
            bail!("--output is for --all and --users; print one user's list with --json")
        }
        (Who { user: Some(user), .. }, _) => one_user(args, &recommender, user, &query),
        (Who { history: Some(history), .. }, _) => stranger(args, &recommender, history, &query),
        (who, path) => many(args, &recommender, who, path.as_deref(), &query),
    }
}

/// The candidates that `filter` lets through; of all items, if there are no others.
fn filtered<'a>(
    recommender: &'a Recommender,
    filter: &Filter,
    candidates: Option<Vec<&'a str>>,
) -> Result<Vec<&'a str>> {
    let items = recommender.items();
    let matching = recommender.matching(filter)?;
    let Some(candidates) = candidates else {
        return Ok(matching.iter().map(|&i| items.name(i)).collect());
    };
    let mut kept = Vec::new();
    for name in candidates {
        if matching.binary_search(&recommender.item(name)?).is_ok() {
            kept.push(name);
        }
    }
    Ok(kept)
}

/// An item of the list with the items of the history that it is there for.
type Explained<'a> = (Scored<'a>, Vec<Scored<'a>>);

fn one_user(args: &Args, recommender: &Recommender, user: &str, query: &Query<'_>) -> Result<()> {
    let list = recommender.recommend(user, query)?;
    let explained = list
        .into_iter()
        .map(|s| Ok((s, recommender.reasons(user, s.item, REASONS)?)))
        .collect::<Result<Vec<_>>>()?;
    let known = recommender.user(user)?.history.len();
    let titles = Titles::of_items(recommender);
    if args.json {
        return print_json(json!({"user": user, "history": known}), &explained, titles);
    }
    println!("For user {user}, who has {known} items:\n");
    print_list(&explained, titles);
    if recommender.seen().nnz() == 0 && !args.with_seen {
        println!("\nThe model file does not say what users have: these items may be among it.");
    }
    Ok(())
}

fn stranger(
    args: &Args,
    recommender: &Recommender,
    history: &[String],
    query: &Query<'_>,
) -> Result<()> {
    let history = history::parse(recommender, history);
    let list = recommender.recommend_for(&history, query)?;
    let explained = list
        .into_iter()
        .map(|s| Ok((s, recommender.reasons_for(&history, s.item, REASONS)?)))
        .collect::<Result<Vec<_>>>()?;
    let titles = Titles::of_items(recommender);
    if args.json {
        let history: Vec<Value> =
            history.iter().map(|(item, value)| json!({"item": item, "value": value})).collect();
        return print_json(json!({"history": history}), &explained, titles);
    }
    let told: Vec<String> = history
        .iter()
        .map(|&(item, value)| match value == 1.0 {
            true => titles.of(item).to_owned(),
            false => format!("{} ({value})", titles.of(item)),
        })
        .collect();
    println!("For somebody with {}:\n", told.join(", "));
    print_list(&explained, titles);
    Ok(())
}

fn print_json(mut whom: Value, explained: &[Explained<'_>], titles: Titles<'_>) -> Result<()> {
    let items: Vec<Value> = explained
        .iter()
        .map(|(s, because)| {
            let mut entry = output::value(s)?;
            entry["because"] = output::value(because)?;
            Ok(entry)
        })
        .collect::<Result<_>>()?;
    whom["items"] = items.into();
    titles.add_to(&mut whom);
    output::json(&whom)
}

fn print_list(explained: &[Explained<'_>], titles: Titles<'_>) {
    let told = |because: &[Scored<'_>]| {
        because.iter().map(|s| titles.of(s.item)).collect::<Vec<_>>().join(", ")
    };
    let rows = explained.iter().enumerate().map(|(at, (s, because))| {
        let item = titles.of(s.item).to_owned();
        vec![(at + 1).to_string(), item, score(s.score), told(because)]
    });
    output::table(&["", "Item", "Score", "Because of"], rows, &[0, 2]);
}

fn many(
    args: &Args,
    recommender: &Recommender,
    who: &Who,
    path: Option<&Path>,
    query: &Query<'_>,
) -> Result<()> {
    let users: Vec<u32> = match &who.users {
        None => (0..recommender.users().len() as u32).collect(),
        Some(file) => {
            let index = |(at, name): (usize, &String)| {
                let user = recommender.user_index(name);
                user.with_context(|| format!("{}:{}", file.display(), at + 1))
            };
            lines(file)?.iter().enumerate().map(index).collect::<Result<_>>()?
        }
    };
    let names = (recommender.users(), recommender.items());
    let catalogue = recommender.catalogue().map(|catalogue| &**catalogue);
    let mut writer = match path {
        Some(path) => ListWriter::create(path, names.0, names.1, catalogue)?,
        None => {
            let stdout = std::io::stdout();
            ListWriter::stream(stdout, args.json, names.0, names.1, catalogue)?
        }
    };
    let mut rows = 0;
    recommender.recommend_each(&users, query, |users, lists| {
        rows += lists.iter().map(Vec::len).sum::<usize>();
        writer.write(users, lists)
    })?;
    let size = writer.finish()?;
    let Some(path) = path else { return Ok(()) };
    if args.json {
        return output::json(&json!({
            "output": path.display().to_string(),
            "users": users.len(),
            "rows": rows,
            "bytes": size,
        }));
    }
    println!("{}: {rows} items for {} users, {}", path.display(), users.len(), output::bytes(size));
    Ok(())
}

/// Names as given, or from a file if the only one is @FILE.
fn names_or_file(names: &[String]) -> Result<Vec<String>> {
    match names {
        [one] if one.starts_with('@') => lines(Path::new(&one[1..])),
        _ => Ok(names.to_vec()),
    }
}

/// The lines of a file, `-` for standard input, without empty ones.
fn lines(path: &Path) -> Result<Vec<String>> {
    let text = match path == Path::new("-") {
        true => waiting(|| std::io::read_to_string(std::io::stdin())),
        false => std::fs::read_to_string(path),
    };
    let text = text.with_context(|| path.display().to_string())?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Into::into).collect())
}
