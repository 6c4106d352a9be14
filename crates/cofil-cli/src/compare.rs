//! `cofil compare`.

use crate::clean::Cleaning;
use crate::input::Input;
use crate::judging::{self, Judging, Tested};
use anyhow::{Context, Result, bail};
use cofil::contest::{self, Entry};
use cofil::data::split::{Share, Split};
use cofil::evaluate::Measures;
use cofil::evaluate::compare::Difference;
use cofil::{Algorithm, Duplicates, Metric, Popularity, Protocol, Ratings, Run, Target};
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// Arguments of `cofil compare`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil compare ratings.csv
  cofil compare train.csv.gz --test test.csv.gz --algorithms popularity,ease,ials --implicit --metrics ndcg@20
  cofil compare train.csv --given given.csv --test test.csv      after split --by users
  cofil compare ratings.csv --algorithms ials,ease --set ials.factors=32 --set ease.reg=200

The first metric orders the table. Popularity and guessing (`random`) always take part.")]
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

/// The JSON document.
#[derive(Serialize)]
struct Answer<'a> {
    split: String,
    metrics: &'a [Metric],
    /// Best first.
    entries: &'a [Entry],
    /// Of the second and the following to the first, by the first metric.
    differences: &'a [Option<Difference>],
    /// Recipes that could not be trained, and why.
    failures: Vec<Failure>,
    peak_memory_mb: f64,
}

#[derive(Serialize)]
struct Failure {
    algorithm: String,
    error: String,
}

pub fn run(args: &Args) -> Result<()> {
    let mut recipes = recipes(args)?;
    if !recipes.iter().any(|recipe| recipe.name() == "popularity")
        && !args.judging.is_of_values()?
    {
        recipes.insert(0, Algorithm::Popularity(Popularity::default()));
    }
    let (train, tested, split) = data(args)?;
    // Recipes of both kinds: each is measured by what it predicts.
    let rates = recipes.iter().any(|r| r.target() == Target::Rating) && !args.clean.implicit;
    let protocol = args.judging.protocol(rates.then_some(Target::Rating))?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut failures = Vec::new();
    for (done, recipe) in recipes.iter().enumerate() {
        let name = recipe.name();
        eprint!("{name} ({} of {}) …", done + 1, recipes.len());
        let protocol = Protocol { baselines: done == 0 || entries.is_empty(), ..protocol.clone() };
        let mut run = Run { seed: args.judging.seed, ..Run::default() };
        match contest::enter(recipe, &train, tested.borrowed(), &protocol, &mut run) {
            Ok(entry) => {
                eprintln!(" {:.2} s", entry.seconds.fit + entry.seconds.evaluate);
                entries.push(entry);
            }
            Err(error) => {
                eprintln!(" {error}");
                failures.push(Failure { algorithm: name, error: error.to_string() });
            }
        }
    }
    if entries.is_empty() {
        let why: Vec<&str> = failures.iter().map(|failure| failure.error.as_str()).collect();
        bail!("no recipe could be compared: {}", why.join("; "));
    }
    contest::rank(&mut entries, protocol.metrics[0]);
    let differences = contest::behind(&entries, protocol.metrics[0]);
    let peak_memory_mb = crate::machine::peak_memory_mb();
    if args.json {
        let metrics = &protocol.metrics;
        let answer = Answer {
            split,
            metrics,
            entries: &entries,
            differences: &differences,
            failures,
            peak_memory_mb,
        };
        return crate::output::json(&answer);
    }
    show(&entries, &differences, &protocol, &split);
    Ok(())
}

/// The recipes in the order of the list, with their settings.
fn recipes(args: &Args) -> Result<Vec<Algorithm>> {
    let mut names = args.algorithms.clone();
    if names.is_empty() {
        // By predicted values only what predicts them can be compared.
        let of_values = args.judging.is_of_values()?;
        let fits = |recipe: &Algorithm| !of_values || recipe.target() == Target::Rating;
        names = Algorithm::all().iter().filter(|a| fits(a)).map(Algorithm::name).collect();
    }
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
    let recipe = |(name, settings): (&String, &Map<String, Value>)| {
        Ok(Algorithm::from_settings(name, settings)?)
    };
    names.iter().zip(&settings).map(recipe).collect()
}

/// Training part, test part and how they were made.
fn data(args: &Args) -> Result<(Ratings, Tested, String)> {
    let table = args.read.read(&args.data)?;
    match &args.test {
        Some(path) => {
            let (train, _) = args.clean.apply(table.interactions)?;
            let weigh = |given| args.clean.settings().weigh(given);
            let known = (&*train.users, &*train.items);
            let tested = judging::test_part(&args.read, path, args.given.as_deref(), known, weigh)?;
            Ok((train, tested, format!("test part {}", path.display())))
        }
        None => {
            let split = Split::Random { test: Share::Fraction(0.1), seed: args.judging.seed };
            let (data, _) = args.clean.rows(table.interactions)?;
            let mut parts = split.apply(&data)?;
            let parts = parts.remove(0);
            let test = Ratings::new(&parts.test, Duplicates::Error)?;
            let train = Ratings::new(&parts.train, Duplicates::Error)?;
            Ok((train, Tested { test, given: None }, parts.report.description))
        }
    }
}

fn show(entries: &[Entry], differences: &[Option<Difference>], protocol: &Protocol, split: &str) {
    let with_baselines = entries.iter().find(|entry| !entry.report.baselines.0.is_empty());
    let report = &with_baselines.unwrap_or(&entries[0]).report;
    for warning in &report.warnings {
        eprintln!("warning: {warning}");
    }
    println!("{split}; {} users, {} test interactions", report.users, report.interactions);
    let names = protocol.metrics.iter().map(Metric::to_string);
    let first = format!("95 % of {}", protocol.metrics[0]);
    let mut table = judging::numbers(["algorithm".to_owned()].into_iter().chain(names).chain([
        first,
        "p, to best".into(),
        "fit s".into(),
        "model MB".into(),
    ]));
    let cells = |name: String, measures: &Measures| {
        let value = |&m: &Metric| measures.get(m).map_or("–".into(), |m| judging::value(m.value));
        let mut row = vec![name];
        row.extend(protocol.metrics.iter().map(value));
        row.push(measures.get(protocol.metrics[0]).map(judging::interval).unwrap_or_default());
        row
    };
    let ps = std::iter::once(&None).chain(differences);
    for (entry, difference) in entries.iter().zip(ps) {
        let mut row = cells(entry.name.clone(), &entry.report.metrics);
        row.push(difference.map_or(String::new(), |d| format!("{:.4}", d.p)));
        row.push(format!("{:.2}", entry.seconds.fit));
        row.push(format!("{:.1}", entry.model_bytes as f64 / 1e6));
        table.add_row(row);
    }
    for (name, measures) in &report.baselines.0 {
        if *name != "popularity" {
            let mut row = cells((*name).into(), measures);
            row.extend([String::new(), "–".into(), "–".into()]);
            table.add_row(row);
        }
    }
    println!("{table}");
}
