//! `cofil tune`.

use crate::args::choice::{Choice, parse_setting};
use crate::args::clean::{self, Cleaning};
use crate::args::configs;
use crate::args::input::Input;
use crate::args::judging;
use crate::args::searching::{self, Searching};
use crate::args::typed;
use crate::args::validation::{self, Parts};
use crate::args::wrong;
use crate::output::errln;
use crate::output::{self, duration, outln};
use crate::progress::Progress;
use crate::table::{Column, Table};
use anyhow::{Context, Result};
use cofil::data::CleanReport;
use cofil::data::prose::{count, number};
use cofil::data::read::ReadReport;
use cofil::evaluate::Measures;
use cofil::tune::{self, Found, Journal, Search, Space, Trial};
use cofil::{Algorithm, Duplicates, Metric, Range, Ratings, Run};
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Arguments of `cofil tune`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil tune ratings.csv -a ials --trials 50 --metric ndcg@10 --implicit -o best.toml
  cofil tune train.csv -a ease --range reg=10..5000:log --test test.csv -o best.toml
  cofil tune ratings.csv -a item-knn --choice similarity=cosine,jaccard --set keep=history -o best.toml
  cofil train ratings.csv --config best.toml -o model.cofil

A tenth of the training data is held out to evaluate trials. --test is used once, to evaluate the winner after it was
trained on all of DATA. Finished trials are kept in a file next to the output: after an interruption, even a power
cut, the same command with --resume continues from them. Same data, settings and seed give the same trials for any
number of threads, unless --limit ends them.")]
pub struct Args {
    /// Table of interactions to train on
    data: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// File for the best settings, for `cofil train --config`
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Metric to optimise [default: rmse for algorithms that predict values, else ndcg@10]
    #[arg(long, alias = "metrics", value_name = "METRIC")]
    metric: Option<Metric>,
    /// Number of trials
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    trials: u64,
    /// Validation set for the trials: a table, or the share of the training data to hold out
    #[arg(long, value_name = "SHARE|FILE", default_value = "0.1")]
    valid: String,
    /// Test set on which to evaluate the winner once
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Write all trials to FILE (.csv, .json)
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Plot the search (.svg, .png)
    #[arg(long = "plot", aliases = ["figure", "curve"], value_name = "FILE")]
    figure: Option<PathBuf>,
    /// File of finished trials [default: the --output file name followed by .trials]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Continue from the file of finished trials, if it exists
    #[arg(long)]
    resume: bool,
    /// Random seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    searching: Searching,
    #[command(flatten)]
    read: Input,
    #[command(flatten)]
    clean: Cleaning,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    /// The best settings.
    algorithm: &'a Algorithm,
    /// The metric optimised.
    metric: Metric,
    /// Its best value on the validation set.
    value: Option<f64>,
    /// Index of the best in `trials`, from 0.
    best: usize,
    /// Metrics on the test set, if there is one.
    test: Option<&'a Measures>,
    /// Ranges the settings were drawn from.
    ranges: &'a [Range],
    trials: &'a [Trial],
    /// Number of trials that the time limit stopped before anything was evaluated.
    stopped: usize,
    /// The file of settings.
    output: String,
    /// Whether Ctrl-C ended the search.
    interrupted: bool,
    /// Peak memory of the process, MiB.
    peak_memory_mb: f64,
    read: &'a ReadReport,
    clean: &'a CleanReport,
}

pub fn run(args: &Args, progress: &Progress) -> Result<()> {
    let path = journal_path(args)?;
    let table = args.read.read(&args.data, args.json)?;
    let (rows, cleaned) = args.clean.rows(table.interactions, &args.read, &args.data)?;
    let whole = Ratings::new(&rows, Duplicates::Error)?;
    let Parts { train, valid, note } = match args.valid.parse::<f64>() {
        Ok(share) => validation::hold_out(&rows, share, args.seed)?,
        Err(_) => validation::file(
            Path::new(&args.valid),
            whole.clone(),
            &args.read,
            &args.clean.settings(&args.read),
            args.json,
        )?,
    };
    drop(rows);
    let valid = valid.context("there is always a validation part")?;
    let chosen = args.choice.algorithm(&whole)?;
    if !args.json {
        clean::tell_notes(&cleaned);
        note.iter().for_each(|note| errln!("{note}"));
        chosen.lines().iter().for_each(|line| errln!("{line}"));
    }
    let base = chosen.algorithm;
    let metric = args.metric.unwrap_or_else(|| base.target().metric());
    let fixed = fixed(&args.choice)?;
    let fixed: Vec<&str> = fixed.iter().map(String::as_str).collect();
    let ranges = args.searching.ranges()?;
    let space = Space::new(base, &fixed, &ranges)?.for_data(&train);
    let protocol = cofil::Protocol { metrics: vec![metric], seed: args.seed, ..Default::default() };
    // Before the search, so that a mistake in the test set does not cost its hours.
    let test = args.test.as_deref().map(|path| {
        let known = (&*whole.users, &*whole.items);
        let part = judging::test_part(&args.read, path, None, known, args.json, |given| given)?;
        cofil::evaluate::check_test(&whole, part.borrowed().ratings, &protocol)
            .with_context(|| path.display().to_string())?;
        anyhow::Ok(part)
    });
    let test = test.transpose()?;
    let search = Search {
        values: args.clean.values(&args.read),
        ..args.searching.search(args.trials as usize, metric, args.seed)
    };
    let mut journal = Journal::open(&path, &space, &train, &valid, &search)?;
    progress.when_stopped(move || {
        let path = path.display();
        Some(format!("finished trials are saved in {path}; rerun with --resume to continue"))
    });
    let done = journal.trials();
    let (done, best) = (done.len(), tune::best(done, metric).and_then(|trial| trial.value));
    let found = progress.searching(search.trials, done, best, || {
        tune::search(&space, &train, &valid, &search, Some(&mut journal))
    })?;

    store_config(args, &found, metric)?;
    if let Some(path) = &args.table {
        let text = match is(path, "json") {
            true => serde_json::to_string_pretty(&found.trials)? + "\n",
            false => csv(&found.trials, metric),
        };
        cofil::store::write_atomically(path, text.as_bytes())?;
    }
    if let Some(path) = &args.figure {
        tune::figure(&found, &space, metric).save(path)?;
    }
    if progress.interrupted() {
        let judged = if args.test.is_some() { "; not evaluated on the test set" } else { "" };
        let kept = progress.kept().unwrap_or_default();
        errln!("stopped; the best so far is saved{judged}; {kept}");
    }
    let judge = |test: &judging::Tested| {
        let run = Run { seed: args.seed, values: args.clean.values(&args.read), ..Run::default() };
        let model = found.algorithm.fit(&whole, &run)?.model;
        cofil::evaluate::evaluate(&*model, &whole, test.borrowed(), &protocol)
    };
    // After Ctrl-C the winner is not trained once more.
    let tested = test.as_ref().filter(|_| !progress.interrupted()).map(judge).transpose()?;
    let best = &found.trials[found.best];
    if args.json {
        return output::json(&Answer {
            algorithm: &found.algorithm,
            metric,
            value: best.value,
            best: found.best,
            test: tested.as_ref().map(|report| &report.metrics),
            ranges: space.ranges(),
            trials: &found.trials,
            stopped: found.stopped,
            output: args.output.display().to_string(),
            interrupted: progress.interrupted(),
            peak_memory_mb: cofil::memory::peak_mb(),
            read: &table.report,
            clean: &cleaned,
        });
    }
    show(&found, metric);
    if let Some(report) = tested {
        outln!("\nOn the test set, trained on all of {}:", args.data.display());
        judging::table(&report).print();
    }
    outln!("\nsettings  {}\n\nNext:", args.output.display());
    let (data, config) = (typed::path(&args.data), typed::path(&args.output));
    let (read, clean) = (typed::again::<Input>(), typed::again::<Cleaning>());
    let train = format!("cofil train {data} --config {config}{read}{clean} -o model.cofil");
    let width = usize::from(crate::table::width()).saturating_sub(2);
    output::command(&train, width).iter().for_each(|line| outln!("  {line}"));
    Ok(())
}

/// Returns the file of finished trials; checks before hours of work what can be checked.
fn journal_path(args: &Args) -> Result<PathBuf> {
    args.choice.check()?;
    let path = args.journal.clone().unwrap_or_else(|| {
        let mut name = args.output.clone().into_os_string();
        name.push(".trials");
        name.into()
    });
    let valid = Some(Path::new(&args.valid)).filter(|_| args.valid.parse::<f64>().is_err());
    output::check(
        [Some(&*args.output), args.table.as_deref(), args.figure.as_deref(), Some(&*path)],
        [Some(&*args.data), args.choice.config.as_deref(), args.test.as_deref(), valid],
    )?;
    if let Some(figure) = &args.figure {
        cofil::plot::check_path(figure)?;
    }
    if let Some(table) = &args.table
        && !is(table, "csv")
        && !is(table, "json")
    {
        let table = table.display();
        return Err(wrong(format!("--table {table}: the name must end in .csv or .json")));
    }
    cofil::store::check_new(&path, "finished trials", args.resume)?;
    Ok(path)
}

fn is(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

/// Settings fixed by --set; those in a config file are only the starting point of the search.
fn fixed(choice: &Choice) -> Result<Vec<String>> {
    choice.settings.iter().map(|pair| Ok(parse_setting(pair)?.0)).collect()
}

/// Writes the winner's settings with a comment that says where they come from.
fn store_config(args: &Args, found: &Found, metric: Metric) -> Result<()> {
    let best = &found.trials[found.best];
    let value = best.value.map(judging::value).unwrap_or_default();
    let trials = count(found.trials.len(), "trial");
    let comment =
        format!("The best of {trials} of `cofil tune`: {metric} {value} on the validation set.");
    configs::write(&args.output, &found.algorithm, &comment)
}

/// Formats the trials as CSV.
fn csv(trials: &[Trial], metric: Metric) -> String {
    let mut names: Vec<&String> = trials.iter().flat_map(|trial| trial.settings.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let quoted = |text: &str| match text.contains([',', '"', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let mut text = format!("trial,{metric},epochs,cut,seconds");
    names.iter().for_each(|name| _ = write!(text, ",{}", quoted(name)));
    text += ",error\n";
    for trial in trials {
        let value = trial.value.map(|v| v.to_string()).unwrap_or_default();
        let epochs = trial.epochs.map(|e| e.to_string()).unwrap_or_default();
        let Trial { number, cut, seconds, .. } = trial;
        _ = write!(text, "{},{value},{epochs},{cut},{seconds}", number + 1);
        for name in &names {
            let value = trial.settings.get(*name).map(searching::plain).unwrap_or_default();
            _ = write!(text, ",{}", quoted(&value));
        }
        _ = writeln!(text, ",{}", quoted(trial.error.as_deref().unwrap_or_default()));
    }
    text
}

/// Prints the best trials.
fn show(found: &Found, metric: Metric) {
    let mut order: Vec<&Trial> = found.trials.iter().filter(|t| t.value.is_some()).collect();
    let sign = if metric.higher_is_better() { -1.0 } else { 1.0 };
    let key = |trial: &Trial| sign * trial.value.unwrap_or(f64::NAN);
    order.sort_by(|a, b| key(a).total_cmp(&key(b)));
    let row = |trial: &&Trial| {
        let settings = match trial.settings.is_empty() {
            true => "the starting settings".to_owned(),
            false => searching::settings(&trial.settings),
        };
        vec![
            (trial.number + 1).to_string(),
            trial.value.map(judging::value).unwrap_or_default(),
            trial.epochs.map(|e| e.to_string()).unwrap_or_default(),
            duration(trial.seconds),
            settings,
        ]
    };
    let mut table = Table::new([
        Column::number("trial"),
        Column::number(metric.to_string()),
        Column::number("epochs").spare(2),
        Column::number("time").spare(1),
        Column::text("settings"),
    ]);
    for (at, trial) in order.iter().take(10).enumerate() {
        if at == 0 {
            table.best();
        }
        table.row(row(trial));
    }
    table.print();
    let failed: Vec<&str> = found.trials.iter().filter_map(|t| t.error.as_deref()).collect();
    let cut = found.trials.iter().filter(|trial| trial.cut).count();
    let seconds: f64 = found.trials.iter().map(|trial| trial.seconds).sum();
    let trials = count(found.trials.len(), "trial");
    outln!("\n{trials} in {}, {} stopped early", duration(seconds), number(cut));
    if found.stopped > 0 {
        let n = count(found.stopped, "trial");
        outln!("{n} stopped by the time limit before a first result; not counted");
    }
    if let Some(first) = failed.first() {
        output::prose(&format!("{} failed; the first: {first}", number(failed.len())));
    }
}
