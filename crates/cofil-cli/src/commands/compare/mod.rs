//! `cofil compare`.

mod show;

use crate::args::clean::Cleaning;
use crate::args::input::Input;
use crate::args::items::Items;
use crate::args::judging::{self, Judging, Tested};
use crate::args::searching::seconds;
use crate::output::{self, outln};
use anyhow::{Context, Result};
use cofil::contest::{self, Entrant, Failure, Plan, Tuning};
use cofil::data::describe::Description;
use cofil::data::split::{Share, Split};
use cofil::{Algorithm, Duplicates, Interactions, Metric, Ratings, Target};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::time::Duration;

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
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    limit: Option<Duration>,
    /// Write all about it into one HTML file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    judging: Judging,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    items: Items,
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
    tested: Tested,
    split: String,
}

pub fn run(args: &Args) -> Result<()> {
    output::check(
        [args.report.as_deref()],
        [Some(&*args.data), args.test.as_deref(), args.given.as_deref(), args.items.path()],
    )?;
    let catalogue = args.items.read()?;
    let entrants = entrants(args)?;
    let data = data(args)?;
    let plan = plan(args, entrants)?;
    let outcome = contest::run(&plan, &data.rows, data.tested.borrowed())?;
    let Data { split, all, .. } = data;
    if let Some(path) = &args.report {
        let name = args.data.file_name().unwrap_or(args.data.as_os_str()).to_string_lossy();
        let page = cofil::page::comparison(&cofil::page::Comparison {
            title: name.into_owned(),
            command: show::command(),
            split: split.clone(),
            outcome: &outcome,
            data: &Description::of(&all)?,
            fingerprint: all.fingerprint(),
            threads: cofil::math::threads(),
            catalogue: catalogue.as_deref(),
        });
        cofil::store::write_atomically(path, page.as_bytes())?;
    }
    if args.json {
        return show::json(&split, &outcome);
    }
    show::table(&split, &outcome);
    if let Some(path) = &args.report {
        outln!("\nreport  {}", path.display());
    }
    Ok(())
}

/// How `entrants` are compared.
fn plan(args: &Args, entrants: Vec<Entrant>) -> Result<Plan> {
    // Recipes of both kinds: each is measured by what it predicts.
    let rates = entrants.iter().any(|e| e.algorithm.target() == Target::Rating);
    let rates = rates && !args.clean.implicit;
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
    let tuning = args.tune.map(|trials| Tuning {
        trials: trials as usize,
        parallel: args.parallel as usize,
        journals: args.journal.clone(),
        resume: args.resume,
    });
    Ok(Plan {
        seed: args.judging.seed,
        tuning,
        limit: args.limit,
        measure_memory: true,
        absent: skipped(args)?,
        ..Plan::new(entrants, protocol)
    })
}

/// The recipes in the order of the list, with the names of the settings they were given.
fn entrants(args: &Args) -> Result<Vec<Entrant>> {
    let mut names = args.algorithms.clone();
    if names.is_empty() {
        let metrics = args.judging.protocol(None)?.metrics;
        names = Plan::suited(&metrics).iter().map(|recipe| recipe.name().into()).collect();
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
    let mut entrants: Vec<Entrant> = Vec::new();
    for (name, settings) in names.iter().zip(&settings) {
        let algorithm = Algorithm::from_settings(name, settings)?;
        let repeated = entrants.iter().any(|other| other.algorithm.name() == *name);
        if !left_out.contains(name) && !repeated {
            let (fixed, chosen) = (settings.keys().cloned().collect(), !args.algorithms.is_empty());
            entrants.push(Entrant { algorithm, fixed, suited: true, chosen });
        }
    }
    Ok(entrants)
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
            Ok(Data { rows: all.clone(), all, tested, split })
        }
        None => {
            let split = Split::Random { test: Share::Fraction(0.1), seed: args.judging.seed };
            let mut parts = split.apply(&all)?;
            let parts = parts.remove(0);
            let test = Ratings::new(&parts.test, Duplicates::Error)?;
            let tested = Tested { test, given: None };
            let (rows, split) = (parts.train, parts.report.description);
            Ok(Data { all, rows, tested, split })
        }
    }
}
