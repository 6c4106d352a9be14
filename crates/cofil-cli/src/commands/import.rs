//! `cofil import`.

use crate::args::input::Input;
use crate::interrupt::reading;
use crate::output::{self, errln};
use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cofil::Duplicates;
use cofil::data::Clean;
use cofil::data::prose::count;
use cofil::data::read::ReadReport;
use cofil::exchange::{
    FoldInKind, Foreign, ForeignFiles, ForeignSource, Ids, ImportOptions, ImportReport, Link,
};
use cofil::recipes::Target;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `cofil import`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil import als.npz --interactions train.csv --user-ids users.txt --item-ids items.txt -o model.cofil
  cofil import libmf.model --scale 1,5 -o model.cofil
  cofil import items.parquet --interactions clicks.csv -o model.cofil

MODEL is an .npz file with the factors of implicit, Surprise or LightFM or with user_factors and item_factors, a text
model of LIBMF, or a table (or .npy matrix) of item vectors. Its format follows from its content. Ids are those in the
file or the given ones, in the order of the model's rows; otherwise users and items are numbered from 0. Pickles are
never read, because they can run code; docs/models.md shows how each library writes an .npz file.")]
pub struct Args {
    /// Model trained with another library
    model: PathBuf,
    /// Output model file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// User vectors, if MODEL holds only item vectors
    #[arg(long, value_name = "FILE")]
    user_vectors: Option<PathBuf>,
    /// User ids: a .txt file with one per line, or a table with a column of ids
    #[arg(long, value_name = "FILE")]
    user_ids: Option<PathBuf>,
    /// Item ids, likewise
    #[arg(long, value_name = "FILE")]
    item_ids: Option<PathBuf>,
    /// Table of training interactions, for seen items, popularity and, without user vectors, fold-in
    #[arg(long, alias = "seen", value_name = "FILE")]
    interactions: Option<PathBuf>,
    /// Score type [default: from the format]
    #[arg(long, value_parser = targets())]
    target: Option<Target>,
    /// Function from the sum of inner product, biases and offset to the score: none or sigmoid
    /// [default: from the file, else none]
    #[arg(long)]
    link: Option<Link>,
    /// Smallest and largest rating, such as 1,5 [default: from the file, else those of --interactions]
    #[arg(long, value_name = "LOW,HIGH", value_parser = scale, allow_hyphen_values = true)]
    scale: Option<(f32, f32)>,
    /// Fold-in of new users: ridge (fits the values of the history) or implicit (least squares over all
    /// items, 1 in the history and 0 outside) [default: ridge for ratings, implicit for preferences]
    #[arg(long, value_name = "HOW")]
    fold_in: Option<FoldInKind>,
    /// Fold-in L2 penalty: per value with ridge, in total with implicit [default: from the file, else 0.1]
    #[arg(long)]
    reg: Option<f32>,
    /// Name of the model [default: the library and method that trained it]
    #[arg(long)]
    name: Option<String>,
    /// Who trained the model, on what data and how
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: Input,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    #[serde(flatten)]
    imported: &'a ImportReport,
    /// The model file.
    output: String,
    /// Of the model file.
    fingerprint: String,
    /// How the interactions were read.
    read: Option<ReadReport>,
}

pub fn run(args: &Args) -> Result<()> {
    let inputs = [
        Some(&args.model),
        args.user_vectors.as_ref(),
        args.user_ids.as_ref(),
        args.item_ids.as_ref(),
        args.interactions.as_ref(),
    ];
    output::check([Some(&*args.output)], inputs.map(|path| path.map(PathBuf::as_path)))?;
    let ids = |path: &Option<PathBuf>| path.clone().map(Ids::Path);
    let files = ForeignFiles {
        model: ForeignSource::Path(args.model.clone()),
        user_vectors: args.user_vectors.clone(),
        user_ids: ids(&args.user_ids),
        item_ids: ids(&args.item_ids),
    };
    let foreign = reading(&args.model, |_| Foreign::open(&files))?;
    let table = match &args.interactions {
        Some(path) => Some(args.read.events(path, foreign.users(), foreign.items(), args.json)?),
        None => None,
    };
    let clean = Clean { duplicates: Duplicates::usual(&args.read.options()), ..Clean::default() };
    let (seen, read) = table.map(|table| (table.interactions, table.report)).unzip();
    let seen = seen.map(|seen| clean.events(seen)).transpose()?.map(|(seen, _)| seen);
    let options = ImportOptions {
        name: args.name.clone(),
        description: args.description.clone(),
        target: args.target,
        link: args.link,
        scale: args.scale,
        fold_in: args.fold_in,
        reg: args.reg,
    };
    let (recommender, imported) = foreign.into_recommender(seen, &options)?;
    let fingerprint = recommender.save(&args.output)?;
    if args.json {
        let output = args.output.display().to_string();
        return output::json(&Answer { imported: &imported, output, fingerprint, read });
    }
    imported.notes.iter().for_each(|note| errln!("note: {note}"));
    let ImportReport { format, name, target, factors, fold_in, reg, link, .. } = &imported;
    let scores = match target {
        Target::Rating => "predicted ratings",
        Target::Preference => "preferences, which order items",
    };
    let link = match link {
        Link::None => "",
        Link::Sigmoid => ", after a sigmoid",
    };
    let fold_in = match fold_in {
        FoldInKind::Ridge => "ridge regression on the vectors of their items",
        FoldInKind::Implicit => "least squares over all items",
    };
    output::facts(&[
        ("model", args.output.display().to_string()),
        ("imported as", format!("{name} (format {format}, {})", count(*factors, "factor"))),
        ("data", output::sizes(&recommender.card().data)),
        ("scores", format!("{scores}{link}")),
        ("new users", format!("{fold_in}, reg {reg}")),
        ("fingerprint", fingerprint),
    ]);
    Ok(())
}

fn targets() -> impl TypedValueParser<Value = Target> {
    PossibleValuesParser::new(["rating", "preference"]).map(|name| match name.as_str() {
        "rating" => Target::Rating,
        _ => Target::Preference,
    })
}

fn scale(text: &str) -> Result<(f32, f32), String> {
    let ends = text
        .split_once(',')
        .and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
    ends.ok_or_else(|| "write the smallest and the largest rating, such as 1,5".into())
}
