//! `cofil compare`.

mod fair;
mod show;

use crate::args::clean::Cleaning;
use crate::args::input::Input;
use crate::args::judging::{self, Judging, Tested};
use anyhow::{Context, Result, bail};
use cofil::contest::{self, Failure};
use cofil::data::describe::Description;
use cofil::data::split::{Share, Split};
use cofil::page::Contestant;
use cofil::{Algorithm, Duplicates, Interactions, Metric, Popularity, Protocol, Ratings, Target};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// Arguments of `cofil compare`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil compare ratings.csv
  cofil compare ratings.csv --implicit --tune 20 --report report.html
  cofil compare ratings.csv --implicit --tune 50 --journal trials --resume
  cofil compare train.csv.gz --test test.csv.gz --algorithms popularity,ease,ials --implicit --metrics ndcg@20
  cofil compare train.csv --given given.csv --test test.csv      after split --by users
  cofil compare ratings.csv --algorithms ials,ease --set ials.factors=32 --set ease.reg=200

The first metric orders the table, and is what --tune makes good, on a tenth of the training data: the test
part is only seen by the winners. Popularity and guessing (`random`) always take part. With --journal finished
trials are kept: after an interruption, even a power cut, the same command with --resume goes on from them, and
only trains and judges the winners anew.")]
pub struct Args {
    /// Table of interactions to train on
    data: PathBuf,
    /// Table of the interactions to predict [default: a tenth of DATA, drawn at random]
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Table of what users are known by whom DATA does not have: they are scored from it
    #[arg(long, value_name = "FILE", requires = "test")]
    given: Option<PathBuf>,
    /// Recipes, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    algorithms: Vec<String>,
    /// A setting of one recipe; may be repeated
    #[arg(long = "set", value_name = "ALGORITHM.SETTING=VALUE")]
    settings: Vec<String>,
    /// Leave a recipe out, and say why in the table; may be repeated
    #[arg(long = "skip", value_name = "ALGORITHM=REASON")]
    skipped: Vec<String>,
    /// Search for the settings of every recipe first, with so many trials for each
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    tune: Option<u64>,
    /// Trials at once, as far as there are threads and memory for them. What is found depends on N, but not on
    /// the number of threads
    #[arg(long, value_name = "N", default_value_t = 1, requires = "tune", value_parser = clap::value_parser!(u64).range(1..))]
    parallel: u64,
    /// Folder for the finished trials of every recipe, from which an interrupted search can go on
    #[arg(long, value_name = "FOLDER", requires = "tune")]
    journal: Option<PathBuf>,
    /// Go on from the finished trials in the folder of --journal
    #[arg(long, requires = "journal")]
    resume: bool,
    /// Seconds for the search of each recipe, and again for its training; what learns in epochs ends with
    /// the one under way. Results then depend on the machine
    #[arg(long, value_name = "SECONDS")]
    limit: Option<f64>,
    /// Write all about it into one HTML file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    judging: Judging,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: Input,
    #[command(flatten)]
    clean: Cleaning,
}

/// What is compared on.
struct Data {
    /// Clean rows before a test part was taken from them.
    all: Interactions,
    /// Clean rows to learn from.
    rows: Interactions,
    train: Ratings,
    tested: Tested,
    split: String,
}

/// What came of it.
struct Outcome {
    split: String,
    protocol: Protocol,
    /// Best first.
    contestants: Vec<Contestant>,
    differences: Vec<Option<contest::Difference>>,
    failures: Vec<Failure>,
}

pub fn run(args: &Args) -> Result<()> {
    if let Some(path) = &args.report {
        crate::output::check_writable(path)?;
    }
    let mut recipes = recipes(args)?;
    if !recipes.iter().any(|(recipe, _)| recipe.name() == "popularity")
        && !args.judging.is_of_values()?
    {
        recipes.insert(0, (Algorithm::Popularity(Popularity::default()), Vec::new()));
    }
    let data = data(args)?;
    // Recipes of both kinds: each is measured by what it predicts.
    let rates = recipes.iter().any(|(r, _)| r.target() == Target::Rating) && !args.clean.implicit;
    let mut protocol = args.judging.protocol(rates.then_some(Target::Rating))?;
    if args.report.is_some() {
        // What a report tells about the lists.
        let k = protocol.metrics.iter().find_map(Metric::cutoff).unwrap_or(10);
        for metric in
            [Metric::Coverage(k), Metric::Gini(k), Metric::Novelty(k), Metric::Popularity(k)]
        {
            if !protocol.metrics.contains(&metric) && !args.judging.is_of_values()? {
                protocol.metrics.push(metric);
            }
        }
    }
    let (mut contestants, mut failures) = fair::run(args, &recipes, &data, &protocol)?;
    failures.extend(skipped(args)?);
    if contestants.is_empty() {
        let why: Vec<&str> = failures.iter().map(|failure| failure.error.as_str()).collect();
        bail!("no recipe could be compared: {}", why.join("; "));
    }
    let first = protocol.metrics[0];
    let mut entries: Vec<_> = contestants.iter().map(|x| x.entry.clone()).collect();
    contest::rank(&mut entries, first);
    let place = |x: &Contestant| entries.iter().position(|entry| entry.name == x.entry.name);
    contestants.sort_by_key(place);
    let differences = contest::behind(&entries, first);
    let Data { split, all, .. } = data;
    let outcome = Outcome { split, protocol, contestants, differences, failures };
    if let Some(path) = &args.report {
        let name = args.data.file_name().unwrap_or(args.data.as_os_str()).to_string_lossy();
        let page = cofil::page::comparison(&cofil::page::Comparison {
            title: name.into_owned(),
            command: show::command(),
            split: outcome.split.clone(),
            protocol: &outcome.protocol,
            contestants: &outcome.contestants,
            differences: &outcome.differences,
            failures: &outcome.failures,
            data: &Description::of(&all)?,
            fingerprint: all.fingerprint(),
            threads: rayon::current_num_threads(),
        });
        cofil::store::write_atomically(path, page.as_bytes())?;
    }
    if args.json {
        return show::json(&outcome);
    }
    show::table(&outcome);
    if let Some(path) = &args.report {
        println!("\nreport  {}", path.display());
    }
    Ok(())
}

/// The recipes in the order of the list, with the names of the settings they were given.
fn recipes(args: &Args) -> Result<Vec<(Algorithm, Vec<String>)>> {
    let mut names = args.algorithms.clone();
    if names.is_empty() {
        // By predicted values only what predicts them can be compared.
        let of_values = args.judging.is_of_values()?;
        let fits = |recipe: &Algorithm| !of_values || recipe.target() == Target::Rating;
        names = Algorithm::all().iter().filter(|a| fits(a)).map(|a| a.name().into()).collect();
    }
    let left_out: Vec<String> = skipped(args)?.into_iter().map(|s| s.algorithm).collect();
    let mut settings: Vec<Map<String, Value>> = vec![Map::new(); names.len()];
    for pair in &args.settings {
        let (place, value) = pair
            .split_once('=')
            .with_context(|| format!("`--set {pair}`: write ALGORITHM.SETTING=VALUE"))?;
        let (name, setting) = place
            .split_once('.')
            .with_context(|| format!("`--set {pair}`: write ALGORITHM.SETTING=VALUE"))?;
        let Some(at) = names.iter().position(|n| n == name) else {
            return Err(cofil::Error::unknown("algorithm", name, &names).into());
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        settings[at].insert(setting.into(), value);
    }
    let mut recipes: Vec<(Algorithm, Vec<String>)> = Vec::new();
    for (name, settings) in names.iter().zip(&settings) {
        let recipe = Algorithm::from_settings(name, settings)?;
        let repeated = recipes.iter().any(|(other, _)| other.name() == *name);
        if !left_out.contains(name) && !repeated {
            recipes.push((recipe, settings.keys().cloned().collect()));
        }
    }
    Ok(recipes)
}

/// Who is left out, and why.
fn skipped(args: &Args) -> Result<Vec<Failure>> {
    let all: Vec<String> = Algorithm::all().iter().map(|a| a.name().into()).collect();
    let one = |text: &String| {
        let (name, error) = text
            .split_once('=')
            .with_context(|| format!("`--skip {text}`: write ALGORITHM=REASON"))?;
        match all.iter().any(|other| other == name) {
            true => Ok(Failure { algorithm: name.into(), error: error.into() }),
            false => Err(cofil::Error::unknown("algorithm", name, &all).into()),
        }
    };
    args.skipped.iter().map(one).collect()
}

/// Training part, test part and how they were made.
fn data(args: &Args) -> Result<Data> {
    let table = args.read.read(&args.data)?;
    let (all, _) = args.clean.rows(table.interactions)?;
    match &args.test {
        Some(path) => {
            let train = Ratings::new(&all, Duplicates::Error)?;
            let weigh = |given| args.clean.settings().weigh(given);
            let known = (&*train.users, &*train.items);
            let tested = judging::test_part(&args.read, path, args.given.as_deref(), known, weigh)?;
            let split = format!("test part {}", path.display());
            Ok(Data { rows: all.clone(), all, train, tested, split })
        }
        None => {
            let split = Split::Random { test: Share::Fraction(0.1), seed: args.judging.seed };
            let mut parts = split.apply(&all)?;
            let parts = parts.remove(0);
            let test = Ratings::new(&parts.test, Duplicates::Error)?;
            let train = Ratings::new(&parts.train, Duplicates::Error)?;
            let tested = Tested { test, given: None };
            let (rows, split) = (parts.train, parts.report.description);
            Ok(Data { all, rows, train, tested, split })
        }
    }
}
