//! `cofil describe`.

use crate::args::clean::Cleaning;
use crate::args::input::Input;
use crate::errors::flag;
use crate::output::{self, out, outln};
use crate::table::{Column, Table, hidden, width};
use anyhow::Result;
use cofil::data::CleanReport;
use cofil::data::date;
use cofil::data::describe::{Bin, Description, Kind, Reasoned, Spread};
use cofil::data::prose::{count, number, percent};
use cofil::data::read::ReadReport;
use cofil::{Advice, Interactions};
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;

/// Arguments of `cofil describe`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil describe u.data
  cofil describe ratings.csv --missing -1 --plot ratings.svg
  cofil describe events.csv.gz --min-user 5 --min-item 5 --json

The table is described as read, or after cleaning if cleaning options are given.")]
pub struct Args {
    /// Table of interactions; `-` for standard input
    data: PathBuf,
    /// Plot values, interactions per user and item, and popularity (.svg or .png)
    #[arg(long, aliases = ["figure", "curve"], value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: Input,
    #[command(flatten)]
    clean: Cleaning,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    read: &'a ReadReport,
    /// If anything was cleaned.
    clean: Option<&'a CleanReport>,
    /// Of the described rows.
    fingerprint: String,
    description: &'a Description,
    advice: Advice,
}

pub fn run(args: &Args) -> Result<()> {
    output::check([args.plot.as_deref()], [Some(&*args.data)])?;
    let table = args.read.read(&args.data, args.json)?;
    let (data, cleaned) = match args.clean.is_asked() {
        true => args
            .clean
            .rows(table.interactions, &args.read, &args.data)
            .map(|(data, report)| (data, Some(report)))?,
        false => (table.interactions, None),
    };
    let description = Description::with(&data, args.clean.values(&args.read))?;
    if let Some(path) = &args.plot {
        cofil::plot::describe(&description).save(path)?;
    }
    if args.json {
        return output::json(&Answer {
            read: &table.report,
            clean: cleaned.as_ref(),
            fingerprint: data.fingerprint(),
            description: &description,
            advice: Advice::on(&description, None),
        });
    }
    for sentence in cleaned.iter().flat_map(|report| report.sentences()) {
        outln!("cleaned: {sentence}");
    }
    out!("{}", text(&description));
    if let Some(path) = &args.plot {
        outln!("\nwrote {}", path.display());
    }
    Ok(())
}

/// Returns the report of a table in memory.
pub fn report(data: &Interactions) -> Result<String> {
    Ok(text(&Description::of(data)?))
}

fn text(d: &Description) -> String {
    let mut out = String::new();
    let pairs = match d.duplicates.rows {
        0 => String::new(),
        _ => format!(" of {} pairs", number(d.pairs)),
    };
    let sizes = [(d.users, "user"), (d.items, "item"), (d.interactions, "interaction")];
    let [users, items, interactions] = sizes.map(|(n, noun)| count(n, noun));
    line(
        &mut out,
        &format!("{users}, {items}, {interactions}{pairs}; density {}", percent(d.density)),
    );
    if let Some(times) = &d.times {
        let days = (times.last - times.first) / 86_400;
        let (first, last) = (date(times.first), date(times.last));
        line(&mut out, &format!("{first} to {last}, {}", count(days as usize, "day")));
    }
    values(&mut out, d);
    spreads(&mut out, d);
    let verdict = &d.verdict;
    line(&mut out, "");
    wrap(&mut out, "", &verdict.kind);
    if !verdict.warnings.is_empty() {
        line(&mut out, "\nWarnings");
        let warnings = verdict.warnings.iter();
        warnings.for_each(|warning| wrap(&mut out, "  - ", &warning.say(flag)));
    }
    let pairs = |list: &[Reasoned]| -> Vec<(String, String)> {
        list.iter().map(|entry| (entry.name.clone(), entry.say(flag))).collect()
    };
    let Advice { algorithm, reason, alternatives, .. } = Advice::on(d, None);
    let others = alternatives.into_iter().map(|other| (other.algorithm, other.reason));
    let recipes: Vec<_> =
        std::iter::once((algorithm.name().to_owned(), reason)).chain(others).collect();
    advice(&mut out, "Train", &recipes);
    advice(&mut out, "Measure", &pairs(&verdict.metrics));
    advice(&mut out, "Split", &pairs(std::slice::from_ref(&verdict.split)));
    out
}

fn values(out: &mut String, d: &Description) {
    let v = &d.values;
    if v.kind == Kind::Events {
        return;
    }
    line(out, "\nValues");
    let label = |bin: &Bin| match (bin.low == bin.high, v.kind) {
        (true, _) => (bin.low as f32).to_string(),
        (_, Kind::Counts) => format!("{} to below {}", short(bin.low), short(bin.high)),
        _ => format!("{} to below {}", bin.low as f32, bin.high as f32),
    };
    bars(out, &v.histogram, label);
    let numbers = format!(
        "mean {:.3}, standard deviation {:.3}, quartiles {}, {}, {}",
        v.mean, v.sd, v.q25, v.median, v.q75
    );
    line(out, &format!("  {numbers}"));
}

fn short(value: f64) -> String {
    if value.fract() == 0.0 && value >= 0.0 {
        number(value as usize)
    } else {
        (value as f32).to_string()
    }
}

fn bars(out: &mut String, bins: &[Bin], label: impl Fn(&Bin) -> String) {
    let labels: Vec<String> = bins.iter().map(label).collect();
    let width = labels.iter().map(|l| l.chars().count()).max().unwrap_or(0);
    let largest = bins.iter().map(|b| b.count).max().unwrap_or(0).max(1);
    let total: usize = bins.iter().map(|b| b.count).sum();
    for (bin, label) in bins.iter().zip(labels) {
        let bar = bar(bin.count as f64 / largest as f64);
        let (n, share) = (number(bin.count), percent(bin.count as f64 / total.max(1) as f64));
        line(out, &format!("  {label:>width$} {bar:<30} {n:>11} {share:>7}"));
    }
}

/// Draws a bar of up to 30 characters, in eighths.
fn bar(share: f64) -> String {
    const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
    let eighths = (share * 240.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.extend((eighths % 8).checked_sub(1).map(|rest| EIGHTHS[rest]));
    bar
}

fn spreads(out: &mut String, d: &Description) {
    // On a narrow terminal the least informative columns are dropped first.
    let heads = [
        ("", 0),
        ("min", 2),
        ("25 %", 1),
        ("median", 0),
        ("75 %", 1),
        ("95 %", 2),
        ("99 %", 3),
        ("max", 0),
        ("mean", 0),
        ("with 1", 3),
        ("under 5", 0),
        ("Gini", 0),
    ];
    let row = |name: &str, s: &Spread| {
        let mut cells = vec![name.to_owned()];
        let counted = [s.min, s.q25, s.median, s.q75, s.q95, s.q99, s.max];
        cells.extend(counted.map(|n| number(n as usize)));
        cells.extend([format!("{:.1}", s.mean), number(s.with_one), number(s.under_five)]);
        cells.push(format!("{:.2}", s.gini));
        cells
    };
    let mut table = Table::new(heads.map(|(head, spare)| Column::number(head).spare(spare)));
    table.row(row("per user", &d.per_user));
    table.row(row("per item", &d.per_item));
    line(out, "\nInteractions");
    let (text, dropped) = table.fit(width().saturating_sub(2), false);
    text.lines().for_each(|row| line(out, &format!("  {row}")));
    if !dropped.is_empty() {
        wrap(out, "  ", &hidden(&dropped.join(", "), width()));
    }
    let top = |s: &Spread| {
        let named = |t: &cofil::data::describe::Top| {
            format!("{} ({})", t.name, number(t.interactions as usize))
        };
        s.top.iter().map(named).collect::<Vec<_>>().join(", ")
    };
    wrap(out, "  busiest users: ", &top(&d.per_user));
    wrap(out, "  most popular items: ", &top(&d.per_item));
}

fn advice(out: &mut String, title: &str, list: &[(String, String)]) {
    line(out, &format!("\n{title}"));
    let width = list.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, why) in list {
        wrap(out, &format!("  {name:<width$}  "), why);
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{}", text.trim_end()).expect("a String takes any text");
}

/// Writes `text` after `lead`, wrapped at the terminal's width (at most 100) with a hanging indent.
pub fn wrap(out: &mut String, lead: &str, text: &str) {
    let indent = lead.chars().count();
    let mut current = lead.to_owned();
    let mut fresh = true;
    let most = usize::from(width().clamp(40, 100));
    for word in text.split(' ') {
        if !fresh && current.chars().count() + 1 + word.chars().count() > most {
            line(out, &current);
            current = " ".repeat(indent);
            fresh = true;
        }
        if !fresh {
            current.push(' ');
        }
        current.push_str(word);
        fresh = false;
    }
    line(out, &current);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_lines_fit() {
        assert_eq!((bar(0.0), bar(1.0).chars().count()), (String::new(), 30));
        assert_eq!(bar(0.5 / 30.0), "▌");
        let mut out = String::new();
        wrap(&mut out, "  - ", &"word ".repeat(40));
        assert!(out.lines().count() == 3 && out.lines().all(|l| l.chars().count() <= 100));
        assert!(out.lines().nth(1).is_some_and(|l| l.starts_with("    word")));
    }

    #[test]
    fn the_sample_is_described() {
        let text = report(&cofil::data::sample_set().expect("it is built in")).expect("data");
        assert!(
            text.starts_with("10,928 users, 3,836 items, 123,648 interactions; density 0.29 %")
        );
        assert!(text.contains("most popular items: libc6 (7,740)"), "{text}");
        assert!(text.lines().all(|l| l.chars().count() <= 100), "{text}");
    }
}
