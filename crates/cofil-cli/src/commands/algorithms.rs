//! `cofil algorithms`.

use crate::args::searching;
use crate::output::{self, outln};
use anyhow::Result;
use cofil::{Algorithm, Target};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Arguments of `cofil algorithms`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil algorithms
  cofil algorithms ials")]
pub struct Args {
    /// Algorithm whose settings to list
    name: Option<String>,
    /// Print JSON: names, descriptions, targets (ratings or preferences) and the settings that make them rank; or the
    /// JSON schema of one algorithm
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    match &args.name {
        Some(name) => one(name, args.json),
        None => all(args.json),
    }
}

/// An algorithm in the JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Listed {
    name: String,
    summary: String,
    /// Meaning of its scores with default settings.
    target: Target,
    /// Settings to change so that it ranks.
    to_rank: Map<String, Value>,
}

/// Prints all algorithms with a summary of each.
fn summaries() -> Result<Vec<(String, String)>> {
    let summary = |a: Algorithm| {
        let schema = Algorithm::schema(a.name())?;
        Ok((a.name().into(), text(&schema["description"])))
    };
    Algorithm::all().into_iter().map(summary).collect()
}

fn all(json: bool) -> Result<()> {
    let summaries = summaries()?;
    if json {
        let one = |((name, summary), recipe): ((String, String), Algorithm)| {
            let target = recipe.target();
            let to_rank = changed(&recipe, &recipe.clone().to_rank())?;
            Ok(Listed { name, summary, target, to_rank })
        };
        let list: Result<Vec<Listed>> =
            summaries.into_iter().zip(Algorithm::all()).map(one).collect();
        return output::json(&list?);
    }
    let row = |((name, summary), recipe): ((String, String), Algorithm)| {
        let predicts = match recipe.target() {
            Target::Rating => "values",
            Target::Preference => "ranking",
        };
        vec![name, predicts.into(), summary]
    };
    let rows = summaries.into_iter().zip(Algorithm::all()).map(row);
    output::table(&["Algorithm", "Predicts", "Summary"], rows, &[]);
    outln!("\nSettings of one: cofil algorithms NAME");
    Ok(())
}

/// Returns the settings of `now` that differ from `before`.
fn changed(before: &Algorithm, now: &Algorithm) -> Result<Map<String, Value>> {
    let (before, now) = (output::value(before)?, output::value(now)?);
    let now = now.as_object().into_iter().flatten();
    let new = now.filter(|(name, value)| before[name.as_str()] != **value);
    Ok(new.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn one(name: &str, json: bool) -> Result<()> {
    let mut schema = Algorithm::schema(name)?;
    let default = Algorithm::from_settings(name, &Map::new())?;
    let name = default.name();
    let (ranges, rules, presets) = (default.ranges(), default.rules(), default.presets());
    if json {
        for rule in rules {
            schema["properties"][rule.setting]["default_for_data"] = rule.rule.into();
        }
        for preset in presets {
            let told = json!({"about": preset.about, "settings": preset.settings()});
            schema["presets"][preset.name] = told;
        }
        for range in &ranges {
            schema["properties"][&range.setting]["tune"] = output::value(&range.values)?;
        }
        return output::json(&schema);
    }
    let default = output::value(&default)?;
    output::prose(&format!("{name}: {}", text(&schema["description"])));
    outln!();
    let settings = default.as_object().into_iter().flatten().filter(|(s, _)| *s != "algorithm");
    let mut rows: Vec<Vec<String>> = settings
        .map(|(setting, default)| {
            let property = &schema["properties"][setting];
            let default = if default.is_null() { "not set".into() } else { text(default) };
            vec![setting.clone(), kind(property, &schema), default, text(&property["description"])]
        })
        .collect();
    // The most important settings first, the rest by name.
    let rank = |row: &Vec<String>| {
        let first = ["factors", "k", "epochs", "reg", "learning_rate"];
        first.iter().position(|name| *name == row[0]).unwrap_or(first.len())
    };
    rows.sort_by_key(rank);
    if rows.is_empty() {
        outln!("No settings.");
        return Ok(());
    }
    let widest = |column: usize| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0);
    let (w0, w1, w2) = (widest(0).max(7), widest(1).max(4), widest(2).max(7));
    let width = usize::from(crate::table::width());
    let indent = w0 + w1 + w2 + 6;
    // Descriptions beside the settings if there is room, else below them.
    match width.saturating_sub(indent) {
        room @ 40.. => {
            outln!("{:<w0$}  {:<w1$}  {:<w2$}  Meaning", "Setting", "Type", "Default");
            for row in &rows {
                let mut lines = wrap(&row[3], room).into_iter();
                let first = lines.next().unwrap_or_default();
                outln!("{:<w0$}  {:<w1$}  {:<w2$}  {first}", row[0], row[1], row[2]);
                lines.for_each(|line| outln!("{:indent$}{line}", ""));
            }
        }
        _ => {
            outln!("{:<w0$}  {:<w1$}  Default", "Setting", "Type");
            for row in &rows {
                outln!("{:<w0$}  {:<w1$}  {}", row[0], row[1], row[2]);
                let lines = wrap(&row[3], width.saturating_sub(4));
                lines.iter().for_each(|line| outln!("    {line}"));
            }
        }
    }
    if !rules.is_empty() {
        outln!("\nDefaults derived from the data, unless set:");
        let widest = rules.iter().map(|rule| rule.setting.len()).max().unwrap_or(0);
        for rule in rules {
            let mut lines = wrap(rule.rule, width.saturating_sub(widest + 4)).into_iter();
            outln!("  {:<widest$}  {}", rule.setting, lines.next().unwrap_or_default());
            lines.for_each(|line| outln!("  {:<widest$}  {line}", ""));
        }
    }
    if !ranges.is_empty() {
        outln!("\nDefault search ranges of `cofil tune`:");
        let widest = ranges.iter().map(|range| range.setting.len()).max().unwrap_or(0);
        for range in &ranges {
            outln!("  {:<widest$}  {}", range.setting, range.values);
        }
    }
    if !presets.is_empty() {
        outln!("\nPresets (`--preset NAME`):");
        let widest = presets.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
        for preset in presets {
            let told = format!("{} {}", preset.about, searching::settings(&preset.settings()));
            let mut lines = wrap(&told, width.saturating_sub(widest + 4)).into_iter();
            outln!("  {:<widest$}  {}", preset.name, lines.next().unwrap_or_default());
            lines.for_each(|line| outln!("  {:<widest$}  {line}", ""));
        }
    }
    let is_set = |row: &&Vec<String>| row[2] != "not set";
    let example = rows.iter().filter(is_set).find(|row| row[1] != "true | false");
    if let Some(row) = example.or_else(|| rows.iter().find(is_set)) {
        outln!("\nExample: cofil train … -a {name} --set {}={}", row[0], row[2]);
    }
    Ok(())
}

/// Strips rustdoc markup.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('\n', " ").replace("[`", "`").replace("`]", "`"),
        other => other.to_string(),
    }
}

/// Returns the type of a setting in a word or two.
fn kind(property: &Value, schema: &Value) -> String {
    if let Some(path) = property["$ref"].as_str() {
        let target = schema.pointer(path.trim_start_matches('#'));
        return target.map_or_else(|| "see below".into(), |target| kind(target, schema));
    }
    if let Some(choices) = property["enum"].as_array() {
        return choices.iter().map(text).collect::<Vec<_>>().join(" | ");
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(choices) = property[several].as_array() {
            let kinds: Vec<String> = choices
                .iter()
                .filter(|choice| choice["type"] != "null")
                .map(|choice| match choice.get("const") {
                    Some(name) => text(name),
                    None => kind(choice, schema),
                })
                .collect();
            return kinds.join(" | ");
        }
    }
    if let Some(name) = property.get("const") {
        return text(name);
    }
    let types: Vec<&str> = match &property["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let words = types.iter().filter(|t| **t != "null").map(|t| match *t {
        "integer" => "whole number".to_owned(),
        "boolean" => "true | false".to_owned(),
        "array" => {
            let kinds = kind(&property["items"], schema);
            let kinds: Vec<String> = kinds.split(" | ").map(|kind| format!("{kind}s")).collect();
            format!("list of {}", kinds.join(" or "))
        }
        "object" => match property["properties"].as_object() {
            Some(fields) => {
                format!("{{{}}}", fields.keys().cloned().collect::<Vec<_>>().join(", "))
            }
            None => "table".into(),
        },
        other => other.to_owned(),
    });
    words.collect::<Vec<_>>().join(" | ")
}

/// Wraps `text` at `width` characters.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
