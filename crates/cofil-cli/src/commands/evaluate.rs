//! `cofil evaluate`.

pub mod side_by_side;

use crate::args::input::Input;
use crate::args::judging::{self, Judging};
use crate::args::wrong;
use crate::interrupt::reading;
use crate::output::errln;
use crate::output::{self, duration, outln};
use anyhow::{Result, bail};
use cofil::data::prose::{count, number};
use cofil::data::read::Negatives;
use cofil::evaluate::{self, Candidates, Report};
use cofil::store::Tensor;
use cofil::{Duplicates, IdMap, Ratings, Recommender};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Arguments of `cofil evaluate`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil evaluate m.cofil --test test.csv.gz --metric ndcg@20,recall@20,auc
  cofil evaluate m.cofil --test test.csv.gz --metric rmse,mae --json
  cofil evaluate a.cofil b.cofil --test test.csv
  cofil evaluate m.cofil --test test.csv --negatives negatives.csv.gz --metric hr@10,ndcg@10
  cofil evaluate m.cofil --given given.csv --test test.csv       new users
  cofil evaluate --lists recs.parquet --train train.csv --test test.csv       lists made by any program

Metrics: ndcg@k, recall@k, recall_capped@k, precision@k, hr@k, map@k, mrr@k, auc, rmse, mae,
coverage@k, novelty@k, gini@k, popularity@k, ild@k. docs/metrics.md defines each.")]
pub struct Args {
    /// Model file, or several to compare
    #[arg(required_unless_present = "lists", value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// Evaluate recommendation lists instead of a model: rows of user, item and a score or rank, or in order,
    /// best first; in JSON also a list per user
    #[arg(long, value_name = "FILE", conflicts_with_all = ["models", "negatives", "sampled", "corrected", "given"])]
    #[arg(requires = "train")]
    lists: Option<PathBuf>,
    /// Test set
    #[arg(long, value_name = "FILE")]
    test: PathBuf,
    /// Histories of users in the test set; new users are scored from them
    #[arg(long, value_name = "FILE")]
    given: Option<PathBuf>,
    /// Training set; needed for --lists and for models saved without histories
    #[arg(long, value_name = "FILE")]
    train: Option<PathBuf>,
    /// Rank each user's test items among the negatives in this file: lines of user,n1,n2,…
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sampled", "corrected"])]
    negatives: Option<PathBuf>,
    /// Also show the metrics by number of training interactions per user
    #[arg(long)]
    by_activity: bool,
    /// Write every number to FILE, as CSV
    #[arg(long, alias = "csv", value_name = "FILE")]
    table: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    read: Input,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// Name of the algorithm, or the file of lists.
    algorithm: String,
    seconds: Seconds,
}

/// Times of an evaluation.
#[derive(Clone, Copy, Serialize, JsonSchema)]
struct Seconds {
    load: f64,
    evaluate: f64,
}

pub fn run(args: &Args) -> Result<()> {
    output::check(
        [args.table.as_deref()],
        [
            args.lists.as_deref(),
            Some(&*args.test),
            args.given.as_deref(),
            args.train.as_deref(),
            args.negatives.as_deref(),
        ]
        .into_iter()
        .chain(args.models.iter().map(|model| Some(&**model))),
    )?;
    match (&args.models[..], &args.lists) {
        ([model], _) => run_model(args, model),
        ([], Some(lists)) => run_lists(args, lists),
        ([], None) => bail!("give a model file, or --lists FILE"),
        (models, _) => side_by_side::run(args, models),
    }
}

/// Evaluation of one model.
struct Judged {
    report: Report,
    algorithm: String,
    seconds: Seconds,
    /// Users in the order of the report.
    users: Arc<IdMap>,
    model_bytes: usize,
}

fn run_model(args: &Args, model: &Path) -> Result<()> {
    let Judged { report, algorithm, seconds, .. } = judge(args, model)?;
    show(args, &report, algorithm, seconds)
}

fn judge(args: &Args, model: &Path) -> Result<Judged> {
    let start = Instant::now();
    let recommender = reading(model, Recommender::load)?;
    let train = trained_on(args, model, &recommender)?;
    let weigh = |given: Ratings| recommender.weigh(given);
    let known = (&**recommender.users(), &**recommender.items());
    let given = args.given.as_deref();
    let part = judging::test_part(&args.read, &args.test, given, known, args.json, weigh)?;
    let test = &part.test;
    let target = recommender.card().target();
    let mut protocol = args.judging.protocol(Some(target))?;
    if let Some(path) = &args.negatives {
        let negatives = args.read.negatives(path, &test.users, &test.items, args.json)?;
        protocol.candidates = Candidates::Given(checked(negatives, test, path)?);
    }
    let load = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let report = recommender.evaluate(&train, part.borrowed(), &protocol)?;
    let seconds = Seconds { load, evaluate: start.elapsed().as_secs_f64() };
    let algorithm = recommender.card().name();
    let model_bytes = recommender.model().tensors().iter().map(Tensor::size).sum();
    Ok(Judged { report, algorithm, seconds, users: test.users.clone(), model_bytes })
}

fn run_lists(args: &Args, path: &Path) -> Result<()> {
    let start = Instant::now();
    let Some(train) = &args.train else { bail!("--lists needs --train FILE") };
    if !args.judging.reranking.is_off() {
        return Err(wrong("--mmr and --popularity-penalty do not apply to --lists"));
    }
    let train = args.read.read_with(train, &IdMap::new(), &IdMap::new(), args.json)?;
    let train = train.interactions.into_ratings(Duplicates::usual(&args.read.options()))?;
    let test = args.read.read_with(&args.test, &train.users, &train.items, args.json)?;
    let test = test.interactions.into_ratings(Duplicates::usual(&args.read.options()))?;
    let lists = args.read.lists(path, &test.users, &test.items, args.json)?;
    if lists.unknown_users > 0 {
        let users = count(lists.unknown_users, "user");
        errln!("warning: {}: {users} not in the training or test set", path.display());
    }
    let mut protocol = args.judging.protocol(None)?;
    if args.judging.metrics.is_none() {
        protocol.metrics.retain(|metric| metric.cutoff().is_some());
    }
    let load = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let report = evaluate::evaluate_lists(&lists.by_user, &train, &test, &protocol)?;
    let seconds = Seconds { load, evaluate: start.elapsed().as_secs_f64() };
    show(args, &report, path.display().to_string(), seconds)
}

/// Prints the report titled `name`.
fn show(args: &Args, report: &Report, name: String, seconds: Seconds) -> Result<()> {
    if let Some(path) = &args.table {
        cofil::store::write_atomically(path, judging::csv(report)?.as_bytes())?;
    }
    if args.json {
        return output::json(&Answer { report, algorithm: name, seconds });
    }
    for warning in &report.warnings {
        errln!("warning: {}", crate::errors::spelt(warning));
    }
    let [users, tests, items] = [
        count(report.users, "user"),
        count(report.interactions, "test interaction"),
        count(report.items, "item"),
    ];
    output::prose(&format!(
        "{name}: {users}, {tests}, {items}; ranked: {}; {}",
        report.conditions.candidates,
        duration(seconds.evaluate)
    ));
    if let Some(rerank) = report.conditions.rerank {
        outln!("reranked: {rerank}");
    }
    judging::table(report).print();
    if args.by_activity {
        outln!("\nBy number of training interactions");
        judging::activity_table(report).print();
    }
    Ok(())
}

/// Returns users' histories in the model's numbering.
fn trained_on(args: &Args, model: &Path, recommender: &Recommender) -> Result<Ratings> {
    let (users, items) = (recommender.users(), recommender.items());
    let Some(path) = &args.train else {
        if recommender.seen().nnz() == 0 {
            bail!("{}: the model file holds no histories; add --train FILE", model.display());
        }
        return Ok(recommender.histories()?);
    };
    let table = args.read.read_with(path, users, items, args.json)?;
    let train = table.interactions.into_ratings(Duplicates::usual(&args.read.options()))?;
    if (train.users.len(), train.items.len()) != (users.len(), items.len()) {
        bail!("{}: has users or items that the model was not trained on", path.display());
    }
    Ok(recommender.weigh(train))
}

/// Returns the lists of all test users.
fn checked(negatives: Negatives, test: &Ratings, path: &Path) -> Result<Vec<Vec<u32>>> {
    let tested = |u: &usize| !test.by_user.row(*u).is_empty();
    let without = |u: &usize| negatives.by_user[*u].is_empty();
    let missing = (0..test.by_user.rows()).filter(tested).filter(without).collect::<Vec<_>>();
    if let Some(&first) = missing.first() {
        bail!(
            "{}: {} of the test users {} no negatives, such as `{}`",
            path.display(),
            number(missing.len()),
            if missing.len() == 1 { "has" } else { "have" },
            test.users.name(first as u32)
        );
    }
    if negatives.unknown_items > 0 {
        errln!(
            "warning: {}: skipped {} negatives that are unknown items",
            path.display(),
            negatives.unknown_items
        );
    }
    Ok(negatives.by_user)
}
