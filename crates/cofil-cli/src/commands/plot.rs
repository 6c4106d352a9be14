//! `cofil plot`.

use crate::args::choice::Choice;
use crate::args::clean::{self, Cleaning};
use crate::args::input::Input;
use crate::interrupt::reading;
use crate::output::errln;
use crate::output::{self, outln};
use anyhow::Result;
use cofil::data::CleanReport;
use cofil::data::read::ReadReport;
use cofil::train::Epoch;
use cofil::{Algorithm, Recommender, Run, plot};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `cofil plot`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    figure: Figure,
}

#[derive(clap::Subcommand)]
enum Figure {
    /// Train on a small table and plot the loss, the known values and the predictions of all entries
    Matrix(Matrix),
    /// Plot loss and validation metric by epoch
    Curve(Curve),
    /// Plot users and items by their learned vectors
    Map(Map),
    /// Plot the layers of an autoencoder or a neural network, with their sizes
    Network(Network),
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil plot matrix toy.csv --algorithm svd --set factors=2 -o toy.svg
  cofil plot matrix toy.csv --algorithm biased-mf --set factors=2 --set epochs=500 -o toy.png")]
struct Matrix {
    /// Table of at most 40 users and 40 items
    data: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// Random seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Output figure (.svg or .png)
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: Input,
    #[command(flatten)]
    clean: Cleaning,
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  cofil plot curve model.cofil -o curve.png")]
struct Curve {
    /// Model file
    model: PathBuf,
    /// Output figure (.svg or .png)
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil plot map model.cofil -o map.svg

Vectors of two factors are drawn as they are, longer ones as the first two principal components of
the users and items drawn, together; the axes say which. Distances are to scale; biases are not shown.
All users and items of a small model are labelled. Of a large one, 500 users, evenly chosen, and the
500 most popular items are drawn. Models that place only items in a space (autorec-user, mlp, neumf)
give a map of items.")]
struct Map {
    /// Model file
    model: PathBuf,
    /// Output figure (.svg or .png)
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  cofil plot network model.cofil -o network.svg

For autorec-item, autorec-user, gmf, mlp and neumf.")]
struct Network {
    /// Model file
    model: PathBuf,
    /// Output figure (.svg or .png)
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The JSON document of `plot matrix`.
#[derive(Serialize, JsonSchema)]
pub struct OfMatrix<'a> {
    output: String,
    algorithm: &'a Algorithm,
    read: &'a ReadReport,
    clean: &'a CleanReport,
    /// For all pairs that are not in the data.
    predictions: Vec<plot::Predicted<'a>>,
}

/// The JSON document of `plot curve`.
#[derive(Serialize, JsonSchema)]
pub struct OfCurve<'a> {
    output: String,
    epochs: &'a [Epoch],
}

/// The JSON document of `plot map` and `plot network`.
#[derive(Serialize, JsonSchema)]
pub struct OfModel {
    output: String,
}

pub fn run(args: &Args) -> Result<()> {
    match &args.figure {
        Figure::Matrix(args) => matrix(args),
        Figure::Curve(args) => curve(args),
        Figure::Map(Map { model, output, json }) => of_model(plot::map, model, output, *json),
        Figure::Network(Network { model, output, json }) => {
            of_model(plot::network, model, output, *json)
        }
    }
}

fn matrix(args: &Matrix) -> Result<()> {
    check(&args.output, [Some(&*args.data), args.choice.config.as_deref()])?;
    args.choice.check()?;
    let table = args.read.read(&args.data, args.json)?;
    let (ratings, cleaned) = args.clean.apply(table.interactions, &args.read, &args.data)?;
    let chosen = args.choice.algorithm(&ratings)?;
    if !args.json {
        clean::tell_notes(&cleaned);
        chosen.lines().iter().for_each(|line| errln!("{line}"));
    }
    let algorithm = chosen.algorithm;
    let run = Run { seed: args.seed, values: args.clean.values(&args.read), ..Run::default() };
    let recommender = Recommender::train(&algorithm, &ratings, &run)?;
    plot::completion(&recommender, &ratings)?.save(&args.output)?;
    if args.json {
        return output::json(&OfMatrix {
            output: args.output.display().to_string(),
            algorithm: &algorithm,
            read: &table.report,
            clean: &cleaned,
            predictions: plot::unknown(&recommender, &ratings),
        });
    }
    outln!("{}", args.output.display());
    Ok(())
}

fn curve(args: &Curve) -> Result<()> {
    check(&args.output, [Some(&*args.model), None])?;
    let recommender = reading(&args.model, Recommender::load)?;
    let epochs = &recommender.card().epochs;
    let metric = recommender.card().valid_metric.map(|metric| metric.to_string());
    plot::curve(epochs, metric.as_deref().unwrap_or("validation"))?.save(&args.output)?;
    if args.json {
        return output::json(&OfCurve { output: args.output.display().to_string(), epochs });
    }
    outln!("{}", args.output.display());
    Ok(())
}

/// Draws a figure of a model.
fn of_model(
    draw: fn(&Recommender) -> cofil::Result<plot::Figure>,
    model: &Path,
    output: &Path,
    json: bool,
) -> Result<()> {
    check(output, [Some(model), None])?;
    draw(&reading(model, Recommender::load)?)?.save(output)?;
    let output = output.display().to_string();
    match json {
        true => output::json(&OfModel { output }),
        false => {
            outln!("{output}");
            Ok(())
        }
    }
}

fn check(path: &Path, inputs: [Option<&Path>; 2]) -> Result<()> {
    plot::check_path(path)?;
    output::check([Some(path)], inputs)
}
