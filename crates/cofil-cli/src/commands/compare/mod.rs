//! `cofil compare`.

mod entrants;
mod next;
mod parts;
pub mod show;

use crate::args::clean::{self, Cleaning};
use crate::args::configs;
use crate::args::input::Input;
use crate::args::items::Items;
use crate::args::judging::Judging;
use crate::args::searching::seconds;
use crate::args::splitting::Splitting;
use crate::args::typed;
use crate::output::{self, errln, outln};
use anyhow::{Context, Result, bail};
use cofil::contest::{self, Contestant, Entrant, Plan, Round, Series, Tuning};
use cofil::data::describe::Description;
use cofil::{Metric, Target};
use parts::{Part, Tests};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Arguments of `cofil compare`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil compare ratings.csv
  cofil compare ratings.csv --implicit --tune 20 --report report.html
  cofil compare ratings.csv --implicit --tune 50 --journal trials --resume
  cofil compare ratings.csv -a popularity,ease --with ials:factors=32 \\
    --with ials:factors=128,reg=0.01 --configs settings
  cofil compare ratings.csv --folds 5 --metric rmse,mae
  cofil compare events.csv --by time --test 0.1 --seeds 3
  cofil compare train.csv --test test.csv -a popularity,ease --metric ndcg@20
  cofil compare train.csv --given given.csv --test test.csv

The table is sorted by the first metric. --tune optimises it on a tenth of the training data; the test set is used
only for the winners. The baselines `popularity` and `random` are always included.

With --folds (cross-validation) or --seeds the comparison is repeated, and the table shows mean ± standard deviation.
Each seed draws another split and trains anew; where the split is not random (--by last, --by time, --test FILE) it
only trains anew, and an algorithm without randomness counts once. With --tune every round searches its own settings;
--configs and the next commands take those of the round with the best validation value, without it those of the first.

With --journal finished trials are kept: after an interruption, even a power cut, the same command with --resume
continues from them, and only trains and evaluates the winners again.

On a narrow terminal columns are dropped in this order: model MB, memory MB, effect, fit s, the interval, p, and the
metrics from the last to the second. --json has them all.")]
#[command(mut_arg("source", Items::only_shown))]
pub struct Args {
    /// Table of interactions to train on
    data: PathBuf,
    /// Test set: a table, or the part of DATA to hold out, as a share such as 0.1 or 10%, or a number
    /// [default: 0.1; with `--by last`: 1]
    #[arg(long, value_name = "SHARE|FILE")]
    test: Option<Tests>,
    /// Histories of test users who are not in DATA; they are scored from them
    #[arg(long, value_name = "FILE", requires = "test")]
    given: Option<PathBuf>,
    /// Algorithms, comma-separated [default: all]
    #[arg(
        short,
        long = "algorithm",
        aliases = ["algorithms", "recipe"],
        value_name = "NAMES",
        value_delimiter = ','
    )]
    algorithms: Vec<String>,
    /// Add an algorithm with its own settings; repeatable, also for the same algorithm
    #[arg(long, value_name = "ALGORITHM:SETTING=VALUE,…")]
    with: Vec<String>,
    /// Setting of one algorithm; repeatable
    #[arg(short, long = "set", value_name = "ALGORITHM:SETTING=VALUE")]
    settings: Vec<String>,
    /// Skip an algorithm and show the reason; repeatable
    #[arg(long = "skip", value_name = "ALGORITHM=REASON")]
    skipped: Vec<String>,
    /// Repeat with N seeds, starting at --seed: each draws another split, if it is random, and trains anew
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Tune the settings of each algorithm first, with N trials each
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    tune: Option<u64>,
    /// Trials to run in parallel, as threads and memory allow. The outcome depends on N but not on the number
    /// of threads
    #[arg(long, value_name = "N", default_value_t = 1, requires = "tune", value_parser = clap::value_parser!(u64).range(1..))]
    parallel: u64,
    /// Folder for finished trials, from which an interrupted search can continue
    #[arg(long, value_name = "FOLDER", requires = "tune")]
    journal: Option<PathBuf>,
    /// Continue from the finished trials in the --journal folder
    #[arg(long, requires = "journal")]
    resume: bool,
    /// Time limit for the search of each algorithm, and again for its training, which ends after the running
    /// epoch. Results then depend on the machine
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    limit: Option<Duration>,
    /// Write a report as a single HTML file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Folder for the settings of each algorithm, one file each, for `cofil train --config`
    #[arg(long, value_name = "FOLDER")]
    configs: Option<PathBuf>,
    #[command(flatten)]
    items: Items,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    splitting: Splitting,
    #[command(flatten)]
    read: Input,
    #[command(flatten)]
    clean: Cleaning,
}

pub fn run(args: &Args) -> Result<()> {
    let entrants = entrants::entrants(args)?;
    check(args, &entrants)?;
    let catalogue = args.items.read()?;
    let table = args.read.read(&args.data, args.json)?;
    let (all, cleaned) = args.clean.rows(table.interactions, &args.read, &args.data)?;
    if !args.json {
        clean::tell_notes(&cleaned);
    }
    let plan = plan(args, entrants)?;
    let user = all.users.names().next().unwrap_or("USER").to_owned();
    let item = all.items.names().next().unwrap_or("ITEM").to_owned();
    let next = next::Next { args, user, item };
    // Only the report describes the data before the split.
    let whole = args.report.as_ref().map(|_| all.clone());
    let mut rounds = Vec::new();
    let seeds: Vec<u64> = (0..args.seeds).map(|n| plan.seed.wrapping_add(n)).collect();
    // Each seed draws another split, if there are several.
    let draws: Vec<&[u64]> = match parts::is_random(args) {
        true => seeds.chunks(1).collect(),
        false => vec![&seeds],
    };
    let parts =
        draws.into_iter().map(|seeds| Ok((seeds, parts::parts(args, all.clone(), seeds[0])?)));
    for (seeds, parts) in parts.collect::<Result<Vec<_>>>()? {
        for part in parts {
            let Part { fold, rows, tested, split } = part?;
            for &seed in seeds {
                if let Some(fold) = fold.filter(|_| !args.json) {
                    errln!("fold {fold} of {}, seed {seed}", args.splitting.folds());
                } else if args.seeds > 1 && !args.json {
                    errln!("seed {seed}");
                }
                let plan = Plan { seed, tuning: tuning(args, fold, seed), ..plan.clone() };
                let outcome = contest::run(&plan, &rows, tested.borrowed())?;
                rounds.push(Round { fold, seed, split: split.clone(), outcome });
            }
        }
    }
    drop(all);
    let series = Series::new(rounds);
    let first = series.rounds.first().context("a split has a part")?;
    let told = match (&series.rounds[..], first.outcome.conclusion()) {
        ([_], conclusion) => conclusion.map(|found| found.say(str::to_owned)).unwrap_or_default(),
        _ => series.say(),
    };
    if let (Some(path), Some(all)) = (&args.report, &whole) {
        let name = args.data.file_name().unwrap_or(args.data.as_os_str()).to_string_lossy();
        let page = cofil::page::comparison(&cofil::page::Comparison {
            title: name.into_owned(),
            command: typed::command(),
            series: &series,
            data: &Description::of(all)?,
            fingerprint: all.fingerprint(),
            threads: cofil::math::threads(),
            catalogue: catalogue.as_deref(),
        });
        cofil::store::write_atomically(path, page.as_bytes())?;
    }
    let configs = write_configs(args, &series, &told)?;
    let is_single = series.rounds.len() == 1;
    if args.json {
        let common = show::Common {
            configs: &configs,
            read: &table.report,
            clean: &cleaned,
            peak_memory_mb: cofil::memory::peak_mb(),
        };
        return match is_single {
            true => show::json(&first.split, &first.outcome, &common),
            false => show::json_series(&series, &common),
        };
    }
    match is_single {
        true => show::table(&first.split, &first.outcome),
        false => show::series(&series),
    }
    show::defaults(&first.outcome);
    if let Some(path) = &args.report {
        outln!("\nreport  {}", path.display());
    }
    let ranked: Vec<&Contestant> = match is_single {
        true => first.outcome.contestants.iter().collect(),
        false => series.standings.iter().filter_map(|one| series.chosen(&one.name)).collect(),
    };
    next.print(&told, series.metrics.first().copied(), &ranked);
    Ok(())
}

/// Checks before hours of work what can be checked.
fn check(args: &Args, entrants: &[Entrant]) -> Result<()> {
    let mut outputs = vec![args.report.clone()];
    if let Some(folder) = &args.configs {
        if args.report.as_ref() == Some(folder) {
            bail!("--report is a file and --configs a folder: name two places");
        }
        cofil::store::create_folder(folder)?;
        outputs.extend(entrants.iter().map(|x| Some(config(folder, &x.file_stem()))));
    }
    let inputs = [
        Some(&*args.data),
        args.test.as_ref().and_then(Tests::path),
        args.given.as_deref(),
        args.items.path(),
    ];
    let of = |folder: &PathBuf, entrant: &Entrant| {
        folder.join(format!("{}.trials", entrant.file_stem()))
    };
    let folder = args.journal.iter();
    let trials: Vec<PathBuf> =
        folder.flat_map(|folder| entrants.iter().map(move |one| of(folder, one))).collect();
    for trials in &trials {
        cofil::store::check_not_input(trials, inputs.into_iter().flatten())?;
    }
    let written = trials.iter().map(|trials| Some(trials.as_path()));
    output::check(outputs.iter().map(Option::as_deref), inputs.into_iter().chain(written))
}

/// Returns the settings file with the stem `stem`.
fn config(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{stem}.toml"))
}

/// Writes the settings of each algorithm, if asked for, and returns the files.
fn write_configs(args: &Args, series: &Series, told: &str) -> Result<Vec<PathBuf>> {
    let Some(folder) = &args.configs else { return Ok(Vec::new()) };
    let found = match args.tune {
        Some(_) if series.rounds.len() > 1 => {
            "Settings of the round with the best validation value. "
        }
        _ => "",
    };
    let write = |contestant: &Contestant| {
        let path = config(folder, &contestant.file_stem());
        let data = args.data.display();
        let comment = format!("{} in `cofil compare {data}`. {found}{told}", contestant.entry.name);
        configs::write(&path, &contestant.entry.algorithm, &comment)?;
        Ok(path)
    };
    let names = series.standings.iter().map(|standing| &*standing.name);
    names.filter_map(|name| series.chosen(name)).map(write).collect()
}

/// Returns the comparison plan for `entrants`.
fn plan(args: &Args, entrants: Vec<Entrant>) -> Result<Plan> {
    // With both kinds of algorithm, each is evaluated by what it predicts.
    let rates = entrants.iter().any(|e| e.algorithm.target() == Target::Rating);
    let rates = rates && !args.clean.implicit;
    let mut protocol = args.judging.protocol(rates.then_some(Target::Rating))?;
    if args.report.is_some() {
        // Metrics of the lists for the report.
        let k = protocol.metrics.iter().find_map(Metric::cutoff).unwrap_or(10);
        for metric in
            [Metric::Coverage(k), Metric::Gini(k), Metric::Novelty(k), Metric::Popularity(k)]
        {
            if !protocol.metrics.contains(&metric) && !args.judging.is_of_values()? {
                protocol.metrics.push(metric);
            }
        }
    }
    Ok(Plan {
        seed: args.judging.seed,
        limit: args.limit,
        measure_memory: true,
        absent: entrants::skipped(args)?,
        values: args.clean.values(&args.read),
        ..Plan::new(entrants, protocol)
    })
}

/// Returns the search settings; each fold and seed has its own trials.
fn tuning(args: &Args, fold: Option<u32>, seed: u64) -> Option<Tuning> {
    let journals = args.journal.as_ref().map(|folder| {
        let folder = fold.map_or(folder.clone(), |fold| folder.join(format!("fold{fold}")));
        if args.seeds > 1 { folder.join(format!("seed{seed}")) } else { folder }
    });
    args.tune.map(|trials| Tuning {
        trials: trials as usize,
        parallel: args.parallel as usize,
        journals,
        resume: args.resume,
    })
}
