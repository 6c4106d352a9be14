//! `cofil predict`.

use crate::args::clean;
use crate::args::history::{self, UnknownIds};
use crate::args::input::Input;
use crate::interrupt::reading;
use crate::output::errln;
use crate::output::{self, outln};
use anyhow::{Context, Result};
use cofil::Recommender;
use cofil::ask::{Predicted, Unknown};
use cofil::data::prose::{count, number};
use cofil::data::read::ReadReport;
use cofil::data::{Cells, Interactions, Kind, NO_TIME, SheetWriter};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::path::{Path, PathBuf};

/// Arguments of `cofil predict`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil predict model.cofil --user 42 --item 50
  cofil predict model.cofil --pairs test.csv -o predictions.parquet

Predictions are in the order of the pairs, in columns user, item, value and time (where the pairs have them)
and prediction, as .csv, .tsv or .jsonl (also with .gz or .zst), .parquet or .arrow. Pairs whose user or item
the model does not know are counted. Their ratings are predicted from the bias of the other one, as in
evaluation; an algorithm that ranks has no score for them.

Predicted ratings are clipped to the range of the training data. --probability is for gmf, mlp and neumf
with loss=bce and for logistic-mf: the probability that a pair is an interaction, at the training ratio of
negatives to interactions. Scores learned with other losses are not log-odds.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// User of one pair
    #[arg(long, requires = "item", conflicts_with = "pairs", value_parser = history::name, allow_hyphen_values = true)]
    user: Option<String>,
    /// Item of one pair
    #[arg(long, requires = "user", conflicts_with = "pairs", value_parser = history::name, allow_hyphen_values = true)]
    item: Option<String>,
    /// Table of user-item pairs; `-` for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "user")]
    pairs: Option<PathBuf>,
    /// Give probabilities of an interaction, σ(score), instead of scores: for models trained by cross-entropy
    #[arg(long)]
    probability: bool,
    /// Output file of --pairs (.csv, .tsv, .jsonl, .parquet, .arrow) [default: CSV on standard output]
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["user", "item"])]
    output: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    unknown: UnknownIds,
    #[command(flatten)]
    read: Input,
}

/// The JSON document of a table of pairs.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    /// The predictions, unless they were written to a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Predicted>>")]
    predictions: Option<Rows<'a>>,
    /// Ids that the model does not know.
    #[schemars(with = "Vec<String>")]
    unknown: Strangers<'a>,
    /// Number of pairs.
    pairs: usize,
    /// Number of pairs without a prediction.
    missing: usize,
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    read: &'a ReadReport,
}

/// The predictions for the rows of a table.
struct Rows<'a> {
    table: &'a Interactions,
    /// Whether the table has values.
    valued: bool,
    predictions: &'a [Option<f32>],
}

impl Rows<'_> {
    fn ids(&self, at: usize) -> (&str, &str) {
        let table = self.table;
        (table.users.name(table.user[at]), table.items.name(table.item[at]))
    }

    fn time(&self, at: usize) -> Option<i64> {
        self.table.time.as_ref().map(|time| time[at]).filter(|&time| time != NO_TIME)
    }

    fn row(&self, at: usize) -> Predicted {
        let (user, item) = self.ids(at);
        let (user, item) = (user.to_owned(), item.to_owned());
        let value = self.valued.then(|| self.table.value[at]);
        Predicted { user, item, value, time: self.time(at), prediction: self.predictions[at] }
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.table.len()).map(|at| self.row(at)))
    }
}

/// The ids of a table that a model with so many users and items does not know.
struct Strangers<'a>(&'a Interactions, [usize; 2]);

impl Strangers<'_> {
    fn names(&self) -> impl Iterator<Item = &str> {
        let Self(table, [users, items]) = self;
        table.users.names().skip(*users).chain(table.items.names().skip(*items))
    }
}

impl Serialize for Strangers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

pub fn run(args: &Args) -> Result<()> {
    args.output.as_deref().map_or(Ok(()), SheetWriter::check_path)?;
    output::check([args.output.as_deref()], [Some(&*args.model), args.pairs.as_deref()])?;
    let recommender = reading(&args.model, Recommender::load)?;
    if args.probability {
        recommender.check_probabilities()?;
    }
    let note_on_scores = || {
        let note = recommender.note_on_scores().filter(|_| !args.probability);
        note.iter().for_each(clean::tell_note);
    };
    if let (Some(user), Some(item)) = (&args.user, &args.item) {
        let prediction = match args.probability {
            false => one(args, &recommender, user, item)?,
            true => {
                let pair = (recommender.user_index(user)?, recommender.item(item)?);
                let probability = recommender.probabilities(&[pair.0], &[pair.1])?[0];
                probability
                    .with_context(|| format!("the model knows nothing about user `{user}`"))?
            }
        };
        let (user, item) = (user.clone(), item.clone());
        note_on_scores();
        return match args.json {
            true => {
                let prediction = Some(prediction);
                output::json(&Predicted { user, item, value: None, time: None, prediction })
            }
            false => {
                outln!("{prediction}");
                Ok(())
            }
        };
    }
    let path = args.pairs.as_deref().context("give a table with --pairs")?;
    pairs(args, &recommender, path)?;
    note_on_scores();
    Ok(())
}

/// Predicts the rating or score of one pair. An unknown user or item is treated as in a table of pairs, if the model
/// has a prediction for it.
fn one(args: &Args, recommender: &Recommender, user: &str, item: &str) -> Result<f32> {
    let known = (recommender.user_index(user), recommender.item(item));
    if (known.0.is_ok() && known.1.is_ok()) || args.unknown.rule() == Unknown::Refuse {
        return Ok(recommender.predict(user, item)?);
    }
    // Numbers behind those of the model stand for what it does not know.
    let [users, items] = [recommender.users().len() as u32, recommender.items().len() as u32];
    let pair = [
        known.0.as_ref().map_or(users, |&user| user),
        known.1.as_ref().map_or(items, |&item| item),
    ];
    let Some(prediction) = recommender.predict_many(&pair[..1], &pair[1..])[0] else {
        return Ok(recommender.predict(user, item)?);
    };
    let user = known.0.is_err().then(|| format!("user {user}"));
    let item = known.1.is_err().then(|| format!("item {item}"));
    let unknown: Vec<String> = user.into_iter().chain(item).collect();
    errln!("note: unknown {}: predicted from biases", unknown.join(" and "));
    Ok(prediction)
}

fn pairs(args: &Args, recommender: &Recommender, path: &Path) -> Result<()> {
    let (users, items) = (recommender.users(), recommender.items());
    let table = args.read.pairs(path, users, items, args.json)?;
    let rows = &table.interactions;
    let predictions = match args.probability {
        true => recommender.probabilities(&rows.user, &rows.item)?,
        false => recommender.predict_many(&rows.user, &rows.item),
    };
    let missing = predictions.iter().filter(|p| p.is_none()).count();
    let unknown = Strangers(rows, [users.len(), items.len()]);
    let refused = unknown.names().next().filter(|_| args.unknown.rule() == Unknown::Refuse);
    if let Some(name) = refused {
        // The error suggests the nearest known id.
        let is_user = rows.users.len() > users.len();
        match is_user {
            true => recommender.user_index(name).map(|_| ())?,
            false => recommender.item(name).map(|_| ())?,
        }
    }
    let without = |at: &usize| {
        let (user, item) = (rows.user[*at] as usize, rows.item[*at] as usize);
        user >= users.len() || item >= items.len()
    };
    let strange = (0..rows.len()).filter(without).count();
    let valued = table.report.has_values();
    let made = Rows { table: rows, valued, predictions: &predictions };
    if args.json && args.output.is_none() {
        let answer = Answer {
            predictions: Some(made),
            unknown,
            pairs: rows.len(),
            missing,
            output: None,
            bytes: None,
            read: &table.report,
        };
        return output::json(&answer);
    }
    let mut columns = vec![("user", Kind::Text), ("item", Kind::Text)];
    columns.extend(valued.then_some(("value", Kind::Number)));
    columns.extend(rows.time.as_ref().map(|_| ("time", Kind::Time)));
    columns.push(("prediction", Kind::Number));
    let mut writer = match &args.output {
        Some(path) => SheetWriter::create(path, &columns)?,
        None => SheetWriter::stream(output::Stdout, false, &columns)?,
    };
    let all: Vec<usize> = (0..rows.len()).collect();
    for block in all.chunks(BLOCK) {
        cofil::watch::check();
        let mut cells = vec![
            Cells::Text(block.iter().map(|&at| Some(made.ids(at).0)).collect()),
            Cells::Text(block.iter().map(|&at| Some(made.ids(at).1)).collect()),
        ];
        if valued {
            cells.push(Cells::Number(block.iter().map(|&at| Some(rows.value[at])).collect()));
        }
        if rows.time.is_some() {
            cells.push(Cells::Time(block.iter().map(|&at| made.time(at)).collect()));
        }
        cells.push(Cells::Number(block.iter().map(|&at| predictions[at]).collect()));
        writer.write(&cells)?;
    }
    if args.output.is_none() {
        // The count precedes predictions written in one go.
        tell_unknown(strange, missing, rows.len());
    }
    let size = writer.finish()?;
    let Some(path) = &args.output else { return Ok(()) };
    if args.json {
        return output::json(&Answer {
            predictions: None,
            unknown,
            pairs: rows.len(),
            missing,
            output: Some(path.display().to_string()),
            bytes: Some(size),
            read: &table.report,
        });
    }
    tell_unknown(strange, missing, rows.len());
    let predicted = count(rows.len() - missing, "prediction");
    outln!("{}: {predicted}, {}", path.display(), output::bytes(size));
    Ok(())
}

/// Pairs per written batch.
const BLOCK: usize = 1 << 14;

/// Reports how many pairs have an unknown user or item, what became of them, and which others have no prediction.
fn tell_unknown(unknown: usize, missing: usize, pairs: usize) {
    if unknown > 0 {
        let (met, pairs) = (number(unknown), count(pairs, "pair"));
        let told = match missing {
            0 => "predicted from biases",
            _ => "no prediction",
        };
        errln!("unknown user or item in {met} of {pairs}: {told}");
    }
    // Predictions from biases are of unknown ids, so these are not.
    let others = missing.saturating_sub(unknown);
    if others > 0 {
        let (others, pairs) = (number(others), count(pairs, "pair"));
        errln!(
            "no prediction for {others} of {pairs}: no user likes the item, or nothing is known of the user"
        );
    }
}
