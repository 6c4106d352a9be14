//! `cofil train`.

use crate::args::choice::Choice;
use crate::args::clean::{self, Cleaning};
use crate::args::input::Input;
use crate::args::items::{self, Items};
use crate::args::searching;
use crate::args::validation::{self, Parts, Validate};
use crate::args::wrong;
use crate::output::errln;
use crate::output::{self, bytes, duration};
use crate::progress::Progress;
use anyhow::Result;
use cofil::data::CleanReport;
use cofil::data::prose::{count, number};
use cofil::data::read::ReadReport;
use cofil::train::{Checkpoint, Epoch, Measured, Validation};
use cofil::{Algorithm, Metric, Ratings, Recommender, Run, Target, memory};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `cofil train`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil train ratings.csv -o model.cofil
  cofil train events.csv.gz -a ials --set factors=64 --set epochs=15 --implicit -o m.cofil
  cofil train ratings.csv -a biased-mf --valid 0.1 --patience 3 --plot curve.svg -o m.cofil
  cofil train ratings.csv --items movies.csv -o m.cofil
  cofil train ratings.csv --config best.toml --checkpoint run.ckpt --resume -o m.cofil

The same data, settings and seed give the same file, byte for byte, for any number of threads.
Ctrl-C stops after the current epoch and saves the model; a second Ctrl-C, or an epoch that takes too long,
aborts without writing. The exit status is 130 either way.")]
#[command(mut_arg("source", Items::kept))]
pub struct Args {
    /// Table of interactions; `-` for standard input
    data: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// Output model file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Random seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Fixed negatives instead of sampled ones (gmf, mlp, neumf): lines of user,n1,n2,…
    #[arg(long, value_name = "FILE")]
    negatives: Option<PathBuf>,
    /// Do not save users' histories: lists may then contain items a user already has. Algorithms that
    /// score by history (ease, item-knn …) then treat known users as new
    #[arg(long)]
    no_seen: bool,
    #[command(flatten)]
    items: Items,
    /// Plot the loss by epoch (.svg, .png), or write it (.csv)
    #[arg(long = "plot", aliases = ["curve", "figure"], value_name = "FILE")]
    curve: Option<PathBuf>,
    /// Print loss terms, learning rate and examples per second every N epochs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    every: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    validate: Validate,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    read: Input,
    #[command(flatten)]
    clean: Cleaning,
}

/// Checkpoint options.
#[derive(clap::Args)]
#[command(next_help_heading = "Checkpoints")]
struct Keep {
    /// Save the training state to FILE; --resume continues from it
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Save every N epochs, and at the end
    #[arg(long, value_name = "EPOCHS", default_value_t = 1, requires = "checkpoint")]
    checkpoint_every: usize,
    /// Continue from the checkpoint, if it exists
    #[arg(long, requires = "checkpoint")]
    resume: bool,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    /// Name and all settings.
    algorithm: &'a Algorithm,
    /// Reason for this algorithm, if none was given.
    chosen_because: Option<&'a str>,
    /// Settings whose default depends on the data.
    defaults_for_this_data: &'a Map<String, Value>,
    seed: u64,
    /// The model file.
    output: String,
    seconds: Seconds,
    /// Peak memory of the process, MiB.
    peak_memory_mb: f64,
    /// Of the model file.
    fingerprint: &'a str,
    data_fingerprint: &'a str,
    /// Whether Ctrl-C ended training after an epoch.
    interrupted: bool,
    /// Validation metric, if there is validation.
    valid_metric: Option<Metric>,
    epochs: &'a [Epoch],
    read: &'a ReadReport,
    clean: &'a CleanReport,
}

/// Times of a training.
#[derive(Serialize, JsonSchema)]
struct Seconds {
    load: f64,
    fit: f64,
    save: f64,
}

pub fn run(args: &Args, progress: &Progress) -> Result<()> {
    check(args)?;
    let catalogue = args.items.read()?;
    let start = Instant::now();
    let table = args.read.read(&args.data, args.json)?;
    let (parts, cleaned) = match args.validate.share() {
        Some(share) => {
            let (rows, report) = args.clean.rows(table.interactions, &args.read, &args.data)?;
            (validation::hold_out(&rows, share, args.seed)?, report)
        }
        None => {
            let (train, report) = args.clean.apply(table.interactions, &args.read, &args.data)?;
            (
                args.validate.read(
                    train,
                    &args.read,
                    &args.clean.settings(&args.read),
                    args.json,
                )?,
                report,
            )
        }
    };
    let Parts { train, valid, note } = parts;
    let negatives = args.negatives.as_deref().map(|path| given(path, args, &train)).transpose()?;
    if let Some(catalogue) = &catalogue {
        items::tell_unlike(catalogue, &train.items);
    }
    let load = start.elapsed().as_secs_f64();
    let chosen = args.choice.algorithm(&train)?;
    let algorithm = &chosen.algorithm;
    let (metric, also) = args.validate.metrics(algorithm);
    if !args.json {
        cleaned.sentences().iter().for_each(|sentence| errln!("cleaned: {sentence}"));
        clean::tell_notes(&cleaned);
        note.iter().for_each(|note| errln!("{note}"));
        chosen.lines().iter().for_each(|line| errln!("{line}"));
    }

    // Closed-form algorithms have no epoch to finish.
    let epochs = output::value(algorithm)?.get("epochs").is_some();
    if let Some(option) = args.by_epoch().filter(|_| !epochs) {
        return Err(wrong(format!("{option}: {} does not train in epochs", algorithm.name())));
    }
    let run = Run {
        seed: args.seed,
        validation: valid.as_ref().map(|ratings| Validation {
            patience: args.validate.patience,
            also,
            on_train: true,
            ..Validation::new(ratings, metric)
        }),
        checkpoint: args.keep.checkpoint(),
        negatives: negatives.as_deref(),
        values: args.clean.values(&args.read),
    };
    let start = Instant::now();
    if let Some(checkpoint) = run.checkpoint.clone() {
        progress.when_stopped(move || {
            let epoch = checkpoint.epoch()?;
            let path = checkpoint.path.display();
            Some(format!(
                "{path} is kept, at epoch {epoch}; repeat the command with --resume to continue"
            ))
        });
    } else if epochs {
        progress.when_stopped(|| Some("without --checkpoint FILE nothing is kept".into()));
    }
    if let Some(every) = args.every {
        progress.every(every as usize, train.by_user.nnz());
    }
    let trained = progress.training(epochs, || Recommender::train_from(algorithm, train, &run));
    let mut recommender = trained?.with_catalogue(catalogue);
    let fit = start.elapsed().as_secs_f64();

    let start = Instant::now();
    if args.no_seen {
        recommender.forget_seen();
    }
    let fingerprint = recommender.save(&args.output)?;
    let save = start.elapsed().as_secs_f64();
    let epochs = &recommender.card().epochs;
    if let Some(path) = &args.curve {
        write_curve(path, epochs, &metric.to_string())?;
    }
    if progress.interrupted() {
        let last = epochs.last().map_or(0, |last| last.number);
        errln!("stopped; the model after epoch {last} is saved");
    }
    if args.json {
        return output::json(&Answer {
            algorithm,
            chosen_because: chosen.why.as_deref(),
            defaults_for_this_data: &chosen.defaults,
            seed: args.seed,
            output: args.output.display().to_string(),
            seconds: Seconds { load, fit, save },
            peak_memory_mb: memory::peak_mb(),
            fingerprint: &fingerprint,
            data_fingerprint: &recommender.card().data.fingerprint,
            interrupted: progress.interrupted(),
            valid_metric: valid.as_ref().map(|_| metric),
            epochs,
            read: &table.report,
            clean: &cleaned,
        });
    }
    let data = &recommender.card().data;
    let size = std::fs::metadata(&args.output).map_or(0, |m| m.len());
    let trained = match (epochs.len(), epochs.last()) {
        (n, Some(last)) if n < last.of => {
            format!("{} of {} in ", number(n), count(last.of, "epoch"))
        }
        (n, Some(_)) => format!("{} in ", count(n, "epoch")),
        _ => String::new(),
    };
    let best = epochs.iter().rev().find(|e| e.best && e.validation.is_some());
    let mut facts = vec![
        ("model", format!("{} ({})", args.output.display(), bytes(size))),
        ("algorithm", told(algorithm)?),
        ("data", output::sizes(data)),
        ("trained", format!("{trained}{}", duration(fit))),
    ];
    if let Some(Epoch { number, validation: Some(value), .. }) = best {
        facts.push(("validation", format!("{metric} {value:.4} in epoch {number} (kept)")));
    }
    // An algorithm that predicts values takes them as they are.
    if let (Some(values), Target::Preference) = (data.values_sentence(), algorithm.target()) {
        facts.push(("values", values));
    }
    facts.push(("memory", format!("{:.0} MB at peak", memory::peak_mb())));
    facts.push(("fingerprint", fingerprint));
    output::facts(&facts);
    Ok(())
}

/// Reads the negatives at `path`, by user of `train`.
fn given(path: &Path, args: &Args, train: &Ratings) -> Result<Vec<Vec<u32>>> {
    let negatives = args.read.negatives(path, &train.users, &train.items, args.json)?;
    negatives.skipped().iter().for_each(|note| errln!("warning: {}: {note}", path.display()));
    Ok(negatives.by_user)
}

/// Formats name and settings on one line.
fn told(algorithm: &Algorithm) -> Result<String> {
    let value = output::value(algorithm)?;
    let mut settings = value.as_object().cloned().unwrap_or_default();
    settings.retain(|name, value| name != "algorithm" && !value.is_null());
    Ok(format!("{}  {}", algorithm.name(), searching::settings(&settings)).trim_end().into())
}

/// Checks before hours of work what can be checked.
fn check(args: &Args) -> Result<()> {
    args.choice.check()?;
    let checkpoint = args.keep.checkpoint.as_deref();
    output::check(
        [Some(&*args.output), args.curve.as_deref(), checkpoint],
        [
            Some(&*args.data),
            args.negatives.as_deref(),
            args.choice.config.as_deref(),
            args.items.path(),
            args.validate.path(),
        ],
    )?;
    if let Some(curve) = args.curve.as_deref().filter(|curve| !is_csv(curve)) {
        cofil::plot::check_path(curve)?;
    }
    if let Some(path) = &args.keep.checkpoint {
        cofil::store::check_new(path, "a checkpoint", args.keep.resume)?;
    }
    Ok(())
}

impl Args {
    /// An option that means something only for algorithms that train in epochs, if one was given.
    fn by_epoch(&self) -> Option<&'static str> {
        let given = [
            ("--every", self.every.is_some()),
            ("--checkpoint", self.keep.checkpoint.is_some()),
            ("--plot", self.curve.is_some()),
        ];
        given.into_iter().find_map(|(name, given)| given.then_some(name))
    }
}

impl Keep {
    fn checkpoint(&self) -> Option<Checkpoint> {
        let path = self.checkpoint.clone()?;
        Some(Checkpoint::new(path, self.checkpoint_every))
    }
}

fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

fn write_curve(path: &Path, epochs: &[Epoch], metric: &str) -> Result<()> {
    if !is_csv(path) {
        return Ok(cofil::plot::curve(epochs, metric)?.save(path)?);
    }
    let cell = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    let measured = epochs.iter().map(|epoch| &*epoch.measured).find(|m| !m.is_empty());
    let mut text = String::from("epoch,data,penalty");
    match measured {
        None => text += &format!(",{metric}"),
        Some(measured) => measured.iter().for_each(|Measured { metric, train, .. }| {
            text += &format!(",{metric}");
            text += &train.map(|_| format!(",{metric}_train")).unwrap_or_default();
        }),
    }
    for Epoch { number, loss, validation, measured: here, .. } in epochs {
        text += &format!("\n{number},{},{}", loss.data, loss.penalty);
        match measured {
            None => text += &format!(",{}", cell(*validation)),
            Some(measured) => measured.iter().enumerate().for_each(|(at, column)| {
                let here = here.get(at);
                text += &format!(",{}", cell(here.map(|m| m.validation)));
                if column.train.is_some() {
                    text += &format!(",{}", cell(here.and_then(|m| m.train)));
                }
            }),
        }
    }
    text.push('\n');
    Ok(cofil::store::write_atomically(path, text.as_bytes())?)
}
