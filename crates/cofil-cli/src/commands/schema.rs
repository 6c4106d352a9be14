//! `cofil schema`.

use crate::commands::{
    algorithms, compare, convert, describe, evaluate, forget, import, inspect, plot, predict,
    quickstart, recommend, shell, similar, split, train, tune, update,
};
use crate::output;
use anyhow::Result;
use cofil::ask::{Explanation, Predicted, SimilarItems, SimilarUsers};
use cofil::exchange::ExportReport;
use cofil::interview::InterviewAnswer;
use cofil::{Algorithm, Error};
use cofil_reproduce::{Report, Summary};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

/// Arguments of `cofil schema`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil schema train            what `cofil train --json` prints
  cofil schema settings         what a file for --config holds
  cofil schema                  all of them, by command

Schemas are in the form of JSON Schema 2020-12. If a command prints one of several documents, `anyOf` lists them.
Lists that recommend and similar print for all users or items are JSON lines; see docs/json.md.")]
pub struct Args {
    /// A command, or `settings` [default: all]
    name: Option<String>,
}

/// Creates the schema of one document.
type Document = fn(&mut SchemaGenerator) -> Schema;

fn document<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The documents of each command.
fn documents() -> Vec<(&'static str, Vec<Document>)> {
    vec![
        ("quickstart", vec![document::<quickstart::Summary<'_>>]),
        ("describe", vec![document::<describe::Answer<'_>>]),
        ("split", vec![document::<split::Record<'_>>, document::<split::Checked>]),
        ("train", vec![document::<train::Answer<'_>>]),
        (
            "evaluate",
            vec![document::<evaluate::Answer<'_>>, document::<evaluate::side_by_side::Answer<'_>>],
        ),
        (
            "compare",
            vec![
                document::<compare::show::Answer<'_>>,
                document::<compare::show::SeriesAnswer<'_>>,
            ],
        ),
        ("tune", vec![document::<tune::Answer<'_>>]),
        ("reproduce", vec![document::<Report>, document::<Vec<Summary>>]),
        ("recommend", vec![document::<cofil::Answer>, document::<recommend::Written<'_>>]),
        ("explain", vec![document::<Explanation>]),
        (
            "similar",
            vec![document::<SimilarItems>, document::<SimilarUsers>, document::<similar::Written>],
        ),
        ("predict", vec![document::<Predicted>, document::<predict::Answer<'_>>]),
        ("interview", vec![document::<InterviewAnswer>]),
        ("update", vec![document::<update::Answer<'_>>]),
        ("forget", vec![document::<forget::Answer<'_>>]),
        ("inspect", vec![document::<inspect::Answer<'_>>]),
        ("import", vec![document::<import::Answer<'_>>]),
        ("export", vec![document::<ExportReport>]),
        (
            "plot",
            vec![
                document::<plot::OfMatrix<'_>>,
                document::<plot::OfCurve<'_>>,
                document::<plot::OfModel>,
            ],
        ),
        ("algorithms", vec![document::<Vec<algorithms::Listed>>, document::<Map<String, Value>>]),
        ("convert", vec![document::<convert::Answer<'_>>]),
        ("man", vec![document::<shell::Pages>]),
    ]
}

/// Name of the schema of config files.
const SETTINGS: &str = "settings";

pub fn run(args: &Args) -> Result<()> {
    let all = documents();
    let Some(name) = &args.name else {
        let mut schemas: Map<String, Value> =
            all.iter().map(|(name, documents)| ((*name).into(), schema(name, documents))).collect();
        schemas.insert(SETTINGS.into(), settings());
        return output::json(&schemas);
    };
    match all.iter().find(|(other, _)| other == name) {
        Some((name, documents)) => output::json(&schema(name, documents)),
        None if name == SETTINGS => output::json(&settings()),
        None => {
            let names = all.iter().map(|(name, _)| *name).chain([SETTINGS]);
            Err(Error::unknown("command", name, names).into())
        }
    }
}

/// Returns the schema of what `cofil NAME --json` prints.
fn schema(name: &str, documents: &[Document]) -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let documents: Vec<Schema> =
        documents.iter().map(|document| document(&mut generator)).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("cofil {name} --json"),
        "anyOf": documents,
        "properties": {
            "also_read": {
                "description": "How further files were read, each with its `path`.",
                "type": "array",
                "items": {"type": "object", "required": ["path"]},
            },
        },
        "$defs": generator.take_definitions(true),
    })
}

/// Returns the schema of config files.
fn settings() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<Algorithm>().to_value()
}
