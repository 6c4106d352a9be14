//! `cofil quickstart`: a one-minute tour without a download.

mod compare;
mod toy;

use crate::args::input::Input;
use crate::args::items::{self, Items, Titles};
use crate::args::{searching, typed};
use crate::commands::compare::show;
use crate::commands::describe;
use crate::output::{self, duration, outln, score};
use anyhow::Result;
use cofil::data::Clean;
use cofil::data::sample_set;
use cofil::{Algorithm, Answer, Interactions, Query, Ratings, Recommended, Recommender, Run, Who};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `cofil quickstart`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil quickstart
  cofil quickstart ratings.csv --items movies.csv -o first-look")]
#[command(mut_arg("source", Items::kept))]
pub struct Args {
    /// Your own table of interactions [default: a bundled sample]
    data: Option<PathBuf>,
    /// The same as DATA
    #[arg(long = "data", value_name = "FILE", hide = true, conflicts_with = "data")]
    table: Option<PathBuf>,
    /// Output folder for the figure and the model
    #[arg(short, long, value_name = "FOLDER", default_value = "cofil-quickstart")]
    output: PathBuf,
    #[command(flatten)]
    items: Items,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: Input,
}

/// Known users to recommend to, and the history of a new user.
struct Cast {
    users: Vec<String>,
    new_user: Vec<String>,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Summary<'a> {
    /// The completed small matrix: `figure`, and `predictions` of unknown entries.
    toy: Value,
    /// `name`, `metrics` and `seconds` of each algorithm, best first.
    leaderboard: Value,
    /// Names of skipped algorithms by reason.
    not_compared: &'a BTreeMap<String, Vec<String>>,
    /// Settings of each algorithm whose default depends on the data.
    defaults_for_this_data: &'a BTreeMap<String, Map<String, Value>>,
    /// The best algorithm and its settings.
    winner: &'a Algorithm,
    /// Lists for some users: `who` and `answer`.
    recommendations: Vec<Value>,
    /// The model file.
    model: String,
    /// Of the model file.
    fingerprint: String,
    seconds: f64,
    /// Peak memory of the process, MiB.
    peak_memory_mb: f64,
}

pub fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    let table = args.data.as_deref().or(args.table.as_deref());
    cofil::store::create_folder(&args.output)?;
    let (figure, file) = (args.output.join("matrix.svg"), args.output.join("best.cofil"));
    output::check([Some(&*figure), Some(&*file)], [table, args.items.path()])?;
    let catalogue = args.items.read()?;
    let say = |text: &str| {
        if !args.json {
            output::prose(text);
        }
    };

    say("From a table of interactions to recommendations, in five steps.");
    heading(args, 1, "Describe the data");
    let data = load(args, table, &say)?;
    if !args.json {
        outln!("{}", describe::report(&data)?.trim_end());
    }

    heading(args, 2, "Compare the algorithms");
    let contest = compare::run(&data, !args.json)?;
    if !args.json {
        contest.print();
        let line = |(name, settings): (&String, &_)| (name.clone(), searching::settings(settings));
        show::defaults_of(&contest.defaults.iter().map(line).collect::<Vec<_>>());
    }

    heading(args, 3, "Recommend");
    let winner = contest.winner();
    let (ratings, _) = clean().ratings(data)?;
    let recommender = Recommender::train(&winner.algorithm, &ratings, &Run::default())?;
    let recommender = recommender.with_catalogue(catalogue);
    say(&format!("{} won. Retrained on all interactions, it recommends:", winner.name));
    let cast = cast(&ratings, table.is_none());
    let answers = answers(&recommender, &cast)?;
    if !args.json {
        answers.iter().for_each(|told| told.print(Titles::of_items(&recommender)));
    }

    heading(args, 4, "Save the model");
    let fingerprint = recommender.save(&file)?;
    let loaded = Recommender::load(&file)?;
    let same = cast.users.iter().all(|user| {
        let query = Query::default();
        let who = Who::user(user);
        loaded.recommend(&who, &query).ok() == recommender.recommend(&who, &query).ok()
    });
    anyhow::ensure!(same, "{}: the loaded model differs from the saved one", file.display());
    let size = output::bytes(std::fs::metadata(&file)?.len());
    say(&format!("Saved to {} ({size}).", file.display()));
    say("The loaded file gives the same answers.");

    heading(args, 5, "Complete a small matrix");
    let toy = toy::complete(&figure)?;
    if !args.json {
        outln!("{}\nFigure: {}", toy.text, figure.display());
    }

    let seconds = start.elapsed().as_secs_f64();
    if args.json {
        let figure = figure.display().to_string();
        return output::json(&Summary {
            toy: json!({"figure": figure, "predictions": toy.predictions}),
            leaderboard: contest.json(),
            not_compared: &contest.skipped,
            defaults_for_this_data: &contest.defaults,
            winner: &winner.algorithm,
            recommendations: answers.iter().map(Told::json).collect::<Result<_>>()?,
            model: file.display().to_string(),
            fingerprint,
            seconds,
            peak_memory_mb: cofil::memory::peak_mb(),
        });
    }
    let memory = cofil::memory::peak_mb();
    outln!("Total: {}, {memory:.0} MB peak memory.", duration(seconds));
    print_next(&file, &cast, &winner.name, table);
    Ok(())
}

fn heading(args: &Args, number: usize, title: &str) {
    if !args.json {
        outln!("\n\n{number}  {title}\n{}", "─".repeat(title.chars().count() + 3));
    }
}

/// Cleaning: of duplicate pairs the last is kept.
fn clean() -> Clean {
    Clean::default()
}

fn load(args: &Args, table: Option<&Path>, say: &impl Fn(&str)) -> Result<Interactions> {
    match table {
        Some(path) => {
            say(&path.display().to_string());
            say("");
            Ok(args.read.read(path, args.json)?.interactions)
        }
        None => {
            say("Bundled sample: Debian packages (users) and the packages they depend on (items).");
            say("");
            Ok(sample_set()?)
        }
    }
}

/// Users to recommend to: well-known packages of the sample; else the first users with a history of moderate length.
fn cast(ratings: &Ratings, sample: bool) -> Cast {
    if sample {
        return Cast {
            users: vec!["seaborn".into(), "inkscape".into()],
            new_user: vec!["python3-numpy".into(), "python3-pandas".into()],
        };
    }
    let fair = |u: &u32| (4..=60).contains(&ratings.by_user.row(*u as usize).len());
    let all = 0..ratings.users.len() as u32;
    let mut found: Vec<u32> = all.clone().filter(fair).take(3).collect();
    found.extend(all.take(3));
    let user = |u: &u32| ratings.users.name(*u).to_owned();
    let row = ratings.by_user.row(found[found.len().min(3) - 1] as usize);
    let new_user = row.columns.iter().take(3).map(|&i| ratings.items.name(i).to_owned()).collect();
    Cast { users: found.iter().take(2).map(user).collect(), new_user }
}

/// A list and its heading.
struct Told {
    title: String,
    who: Who,
    answer: Answer,
}

impl Told {
    fn json(&self) -> Result<Value> {
        Ok(json!({"who": self.who, "answer": output::value(&self.answer)?}))
    }

    fn print(&self, titles: Titles<'_>) {
        outln!();
        output::prose(&self.title);
        let row = |s: &Recommended| {
            let because: Vec<&str> = s.because.iter().map(|b| titles.of(&b.item)).collect();
            vec![titles.of(&s.item).to_owned(), score(s.score), items::joined(&because)]
        };
        output::table(&["Item", "Score", "Because of"], self.answer.items.iter().map(row), &[1]);
    }
}

fn answers(recommender: &Recommender, cast: &Cast) -> Result<Vec<Told>> {
    let titles = Titles::of_items(recommender);
    let query = Query { n: 5, explain: 2, ..Query::default() };
    let mut answers = Vec::new();
    for user in &cast.users {
        let history = recommender.user(user)?.history;
        let few: Vec<&str> = (history.columns.iter().take(3))
            .map(|&i| titles.of(recommender.items().name(i)))
            .collect();
        let more = match history.len().saturating_sub(few.len()) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let title = format!("{user} has {}{more}. Recommended:", few.join(", "));
        let who = Who::user(user);
        let answer = recommender.recommend(&who, &query)?;
        answers.push(Told { title, who, answer });
    }
    let who = Who::new_user(cast.new_user.clone());
    let theirs: Vec<&str> = cast.new_user.iter().map(|item| titles.of(item)).collect();
    let title = format!("A new user with {}. Recommended:", theirs.join(", "));
    let answer = recommender.recommend(&who, &query)?;
    answers.push(Told { title, who, answer });
    Ok(answers)
}

fn print_next(file: &Path, cast: &Cast, winner: &str, data: Option<&Path>) {
    let (model, user) = (typed::path(file), typed::word(&cast.users[0]));
    let data = data.map_or("ratings.csv".into(), typed::path);
    let [history, item] = [cast.new_user.join(","), cast.new_user[0].clone()];
    let [history, item] = [history, item].map(|text| typed::word(&text));
    outln!("\n\nNext\n────");
    let lines = [
        (format!("cofil recommend {model} --user {user}"), "recommend to a user"),
        (format!("cofil recommend {model} --history {history}"), "recommend to a new user"),
        (format!("cofil similar {model} --item {item}"), "similar items"),
        (format!("cofil describe {data}"), "summarise a table"),
        (format!("cofil train {data} -a {winner} -o my.cofil"), "train on it"),
        (format!("cofil algorithms {winner}"), "list the settings"),
    ];
    let width = usize::from(crate::table::width()).saturating_sub(2);
    for (command, what) in lines {
        outln!("  # {what}");
        output::command(&command, width).iter().for_each(|line| outln!("  {line}"));
    }
}
