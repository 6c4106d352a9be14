//! `cofil recommend`.

use crate::args::history::{self, UnknownIds};
use crate::args::items::{self, Items, Titles};
use crate::args::reranking::Reranking;
use crate::args::{typed, wrong};
use crate::interrupt::reading;
use crate::output::{self, errln, outln, score};
use anyhow::{Context, Result};
use cofil::data::prose::{count, number};
use cofil::data::{Filter, ListWriter, unlike};
use cofil::{Answer, Basis, Liked, Query, Recommended, Recommender, Unknown, Who};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::collections::HashSet;
use std::path::PathBuf;

/// Number of reasons shown per item.
const REASONS: usize = 3;

/// Reason shown for items that no history entry supports.
const POPULAR: &str = "(popular)";

/// Arguments of `cofil recommend`.
#[derive(clap::Args)]
#[command(
    override_usage = "cofil recommend [OPTIONS] MODEL\n       [--user|--history|--users|--all|--popular]"
)]
#[command(after_help = "Examples:
  cofil recommend model.cofil --user 42 -n 10
  cofil recommend model.cofil --history 1,50,260 -n 10
  cofil recommend model.cofil --history 1:5,50:4.5,260:1 --items u.item
  cofil recommend model.cofil --user 42 --history 50,260 -n 10
  cofil recommend model.cofil --user 42 --items movies.csv --where \"genres = 'Comedy' and year >= 1990\"
  cofil recommend model.cofil --all -n 20 -o recommendations.parquet
  cofil recommend model.cofil --users users.txt -o recommendations.jsonl
  cofil recommend model.cofil --all | head
  cofil recommend model.cofil --user 42 --mmr 0.7 --popularity-penalty 0.1
  cofil recommend model.cofil --popular

Without --output, the lists of --all or --users go to standard output as CSV, with --json as JSON
lines. A user without a known history gets the most popular items, and the answer says so.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    #[command(flatten)]
    who: Whom,
    /// Number of items
    #[arg(short, default_value_t = 10)]
    n: usize,
    /// Output file of --all, --users or a known --user: .csv, .tsv, .jsonl, .parquet or .arrow [default: standard
    /// output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Items to exclude, comma-separated, or @FILE with one per line
    #[arg(long, value_name = "ITEM", allow_hyphen_values = true)]
    exclude: Vec<String>,
    /// Recommend only from these items, comma-separated, or @FILE with one per line
    #[arg(long, value_name = "ITEM", allow_hyphen_values = true)]
    candidates: Option<Vec<String>>,
    /// Recommend only items that match, such as "genre = 'Comedy' and year >= 1990"; columns are those of
    /// --items, or of the table of items in the model file
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<Filter>,
    /// Include items the user already has
    #[arg(long = "seen", alias = "with-seen")]
    with_seen: bool,
    #[command(flatten)]
    unknown: UnknownIds,
    #[command(flatten)]
    reranking: Reranking,
    #[command(flatten)]
    items: Items,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options that say for whom to recommend.
#[derive(clap::Args)]
#[group(multiple = true)]
struct Whom {
    /// User in the training data
    #[arg(long, value_parser = history::name, allow_hyphen_values = true)]
    user: Option<String>,
    /// History of a new user: ITEM or ITEM:VALUE, comma-separated, or @FILE with one per line; with --user,
    /// interactions newer than the model
    #[arg(long, value_name = "ITEM[:VALUE]", allow_hyphen_values = true)]
    history: Option<Vec<String>>,
    /// File of users, one per line; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["user", "history", "all"])]
    users: Option<PathBuf>,
    /// All users in the training data
    #[arg(long, conflicts_with_all = ["user", "history"])]
    all: bool,
    /// The most popular items, for no user in particular, as without any of these options
    #[arg(long, conflicts_with_all = ["user", "history", "users", "all"])]
    popular: bool,
}

/// The JSON document of lists that were written to a file.
#[derive(Serialize, JsonSchema)]
pub struct Written<'a> {
    output: String,
    users: usize,
    rows: usize,
    bytes: u64,
    /// Unknown ids that were skipped.
    unknown: &'a [String],
}

/// Files of lists have the users of the model.
const NO_USER: &str =
    "--output is for the lists of --all or --users, or of a known --user; print others with --json";

pub fn run(args: &Args) -> Result<()> {
    if let Some(path) = &args.output {
        ListWriter::check_path(path)?;
        let lists = [args.candidates.as_deref().unwrap_or_default(), &args.exclude];
        let inputs = [Some(&*args.model), args.who.users.as_deref(), args.items.path()];
        output::check(
            [Some(&**path)],
            inputs.into_iter().chain(lists.into_iter().flat_map(history::files).map(Some)),
        )?;
    }
    let recommender = args.items.describe(reading(&args.model, Recommender::load)?)?;
    let known = |name: &str| recommender.items().get(name).is_some();
    let candidates = match &args.candidates {
        Some(names) => Some(history::names(names, known)?),
        None => None,
    };
    let query = Query {
        n: args.n,
        exclude: history::names(&args.exclude, known)?,
        candidates,
        seen: args.with_seen,
        filter: args.filter.clone(),
        rerank: args.reranking.into(),
        explain: REASONS,
        unknown: args.unknown.rule(),
    };
    if args.output.is_some() && (args.who.history.is_some() || args.who.popular) {
        return Err(wrong(NO_USER));
    }
    let is_written = args.output.is_some() && args.who.user.is_some();
    if args.who.all || args.who.users.is_some() || is_written {
        recommender.note_on_lists().iter().for_each(|note| errln!("note: {note}"));
        return many(args, &recommender, &query);
    }
    if args.output.is_some() {
        return Err(wrong(NO_USER));
    }
    if args.who.user.is_none() && args.who.history.is_none() && !args.who.popular {
        let user = recommender.users().names().next().unwrap_or("USER");
        errln!(
            "note: these are the most popular items; name a user with --user, such as --user {}",
            typed::word(user)
        );
    }
    let history = history::parse(&recommender, args.who.history.as_deref())?;
    let who = Who { user: args.who.user.clone(), history };
    let answer = recommender.recommend(&who, &query)?;
    answer.note.iter().for_each(|note| errln!("note: {note}"));
    let told = answer.reason.as_deref().filter(|_| !args.json);
    history::tell_skipped_of(&answer.unknown, who.user.as_deref(), &recommender, told);
    tell_seen(args, &recommender, &query);
    if args.json {
        return output::json(&answer);
    }
    print(args, &recommender, &who, &answer)
}

/// Reports candidates that the user has, which are left out.
fn tell_seen(args: &Args, recommender: &Recommender, query: &Query) {
    let user = args.who.user.as_deref().and_then(|user| recommender.user(user).ok());
    let (Some(user), Some(candidates), false) = (user, &query.candidates, query.seen) else {
        return;
    };
    let has = |name: &&String| {
        recommender.items().get(name).is_some_and(|item| user.history.get(item).is_some())
    };
    let seen: Vec<&str> = candidates.iter().filter(has).map(String::as_str).collect();
    if !seen.is_empty() {
        errln!(
            "note: left out candidates that the user has ({}); add --seen to list them",
            seen.join(", ")
        );
    }
}

fn print(args: &Args, recommender: &Recommender, who: &Who, answer: &Answer) -> Result<()> {
    let titles = Titles::of_items(recommender);
    outln!("{}:\n", heading(recommender, who, answer, titles));
    if answer.items.is_empty() {
        outln!("{}", nothing_left(recommender, args, answer));
        return Ok(());
    }
    print_list(&answer.items, titles);
    let unsaid = recommender.seen().nnz() == 0 && !args.with_seen;
    if unsaid && who.user.is_some() && answer.basis == Basis::Learned {
        outln!(
            "\nThe model file holds no histories, so these may include items the user already has."
        );
    }
    Ok(())
}

/// Explains an empty list.
fn nothing_left(recommender: &Recommender, args: &Args, answer: &Answer) -> String {
    let chosen = args.filter.is_some() || args.candidates.is_some() || !args.exclude.is_empty();
    match (answer.basis, chosen) {
        _ if args.n == 0 => "No items requested (-n 0).".into(),
        (_, true) => {
            "No items left after filters (--where, --candidates, --exclude) and seen items.".into()
        }
        (Basis::Popular, false) => "The model knows no items.".into(),
        (_, false) => {
            let all = number(recommender.items().len());
            format!("The user has all {all} items; add --seen to list them.")
        }
    }
}

/// Heading of a list: the user, and the basis of the list.
fn heading(recommender: &Recommender, who: &Who, answer: &Answer, titles: Titles<'_>) -> String {
    let told = |liked: &Liked| match liked.value {
        Some(value) if value != 1.0 => format!("{} ({value})", titles.of(&liked.item)),
        _ => titles.of(&liked.item).to_owned(),
    };
    let unknown: HashSet<&String> = answer.unknown.iter().collect();
    let known = |liked: &&Liked| !unknown.contains(&liked.item);
    let history: Vec<String> = who.history.iter().filter(known).map(told).collect();
    let history = items::joined(&history);
    match (answer.basis, &who.user) {
        (Basis::Popular, None) if who.history.is_empty() => "Most popular items".into(),
        (Basis::Popular, _) => {
            let reason = answer.reason.as_deref().unwrap_or("nothing is known of them");
            format!("Most popular items, because {reason}")
        }
        (Basis::Learned, Some(user)) => {
            let known = recommender.user(user).map_or(0, |user| user.history.len());
            format!("For user {user}, who has {}", count(known, "item"))
        }
        (_, Some(user)) if !answer.unknown.contains(user) => {
            format!("For user {user}, who also has {history}")
        }
        _ => format!("For a new user with {history}"),
    }
}

fn print_list(items: &[Recommended], titles: Titles<'_>) {
    let rows = items.iter().map(|entry| {
        let because: Vec<&str> = match entry.basis {
            Some(_) => vec![POPULAR],
            None => entry.because.iter().map(|b| titles.of(&b.item)).collect(),
        };
        let item = titles.of(&entry.item).to_owned();
        vec![entry.rank.to_string(), item, score(entry.score), items::joined(&because)]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let columns = ["", "Item", "Score", "Because of"];
    // Of a list for nobody in particular there are no reasons.
    let reasons = rows.iter().any(|row| row.last().is_some_and(|because| !because.is_empty()));
    output::table(&columns[..if reasons { 4 } else { 3 }], rows, &[0, 2]);
}

fn many(args: &Args, recommender: &Recommender, query: &Query) -> Result<()> {
    let path = args.output.as_deref();
    let prepared = recommender.prepare(query)?;
    let mut unknown: Vec<String> = prepared.unknown().map(String::from).collect();
    let users: Vec<u32> = match (&args.who.users, &args.who.user) {
        (None, Some(user)) => vec![recommender.user_index(user)?],
        (None, None) => (0..recommender.users().len() as u32).collect(),
        (Some(file), _) => {
            let mut users = Vec::new();
            let known = |name: &str| recommender.users().get(name).is_some();
            let names = history::lines(file, known)?;
            let note = unlike("user", &names, recommender.users());
            note.iter().for_each(|note| errln!("{}: note: {note}", file.display()));
            output::also_read(&json!({
                "path": file.display().to_string(),
                "rows": names.len(),
                "notes": note.as_slice(),
            }))?;
            for (at, name) in names.into_iter().enumerate() {
                // The error of an unknown user takes long: it searches all users for the nearest name.
                match (recommender.users().get(&name), query.unknown) {
                    (Some(user), _) => users.push(user),
                    (None, Unknown::Skip) => unknown.push(name),
                    (None, Unknown::Refuse) => {
                        let known = recommender.user_index(&name);
                        let place = || format!("{}:{}", file.display(), at + 1);
                        users.push(known.with_context(place)?);
                    }
                }
            }
            users
        }
    };
    history::tell_skipped(unknown.iter().map(String::as_str));
    let names = (recommender.users(), recommender.items());
    let catalogue = recommender.catalogue().map(|catalogue| &**catalogue);
    let mut writer = match path {
        Some(path) => ListWriter::create(path, names.0, names.1, catalogue)?,
        None => ListWriter::stream(output::Stdout, args.json, names.0, names.1, catalogue)?,
    };
    let (mut rows, mut without) = (0, 0);
    prepared.each(&users, |users, lists| {
        rows += lists.iter().map(Vec::len).sum::<usize>();
        without += lists.iter().filter(|list| list.is_empty()).count();
        writer.write(users, lists)
    })?;
    let size = writer.finish()?;
    if without > 0 && args.n > 0 {
        let filters = "nothing is left for them after seen items and filters";
        errln!("note: no list for {}: {filters}", count(without, "user"));
    }
    let Some(path) = path else { return Ok(()) };
    if args.json {
        return output::json(&Written {
            output: path.display().to_string(),
            users: users.len(),
            rows,
            bytes: size,
            unknown: &unknown,
        });
    }
    let (rows, users) = (count(rows, "item"), count(users.len(), "user"));
    outln!("{}: {rows} for {users}, {}", path.display(), output::bytes(size));
    Ok(())
}
