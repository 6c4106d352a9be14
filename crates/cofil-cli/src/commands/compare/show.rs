//! What a comparison prints.

use crate::args::judging;
use crate::output::errln;
use crate::output::{self, outln};
use anyhow::Result;
use cofil::Metric;
use cofil::contest::{Contestant, Failure, Outcome};
use cofil::evaluate::Measures;
use serde::Serialize;

/// The JSON document.
#[derive(Serialize)]
struct Answer<'a> {
    split: &'a str,
    #[serde(flatten)]
    outcome: &'a Outcome,
    peak_memory_mb: f64,
}

pub fn json(split: &str, outcome: &Outcome) -> Result<()> {
    output::json(&Answer { split, outcome, peak_memory_mb: cofil::memory::peak_mb() })
}

/// The leaderboard, who did not take part, and the first metric by activity.
pub fn table(split: &str, outcome: &Outcome) {
    let Outcome { contestants, metrics, .. } = outcome;
    let with_baselines =
        contestants.iter().find(|contestant| !contestant.entry.report.baselines.0.is_empty());
    let report = &with_baselines.unwrap_or(&contestants[0]).entry.report;
    for warning in &report.warnings {
        errln!("warning: {warning}");
    }
    outln!("{split}; {} users, {} test interactions", report.users, report.interactions);
    let first = metrics[0];
    let names = metrics.iter().map(Metric::to_string);
    let interval = format!("95 % of {first}");
    let rest = [&*interval, "effect", "p, to best", "fit s", "memory MB", "model MB"];
    let mut table = judging::numbers(
        ["algorithm".to_owned()].into_iter().chain(names).chain(rest.map(str::to_owned)),
    );
    let cells = |name: String, measured: &Measures| {
        let value = |&m: &Metric| measured.get(m).map_or("–".into(), |m| judging::value(m.value));
        let mut row = vec![name];
        row.extend(metrics.iter().map(value));
        row.push(measured.get(first).map(judging::interval).unwrap_or_default());
        row
    };
    let differences = std::iter::once(&None).chain(&outcome.differences);
    for (Contestant { entry, note, .. }, difference) in contestants.iter().zip(differences) {
        let mark = if note.is_some() { "*" } else { "" };
        let mut row = cells(format!("{}{mark}", entry.name), &entry.report.metrics);
        row.push(difference.map_or(String::new(), |d| format!("{:+.2}", d.effect)));
        row.push(difference.map_or(String::new(), |d| format!("{:.4}", d.p)));
        row.push(format!("{:.2}", entry.seconds.fit));
        row.push(entry.peak_memory_mb.map_or("–".into(), |mb| format!("{mb:.0}")));
        row.push(format!("{:.1}", entry.model_bytes as f64 / 1e6));
        table.add_row(row);
    }
    for (name, measures) in &report.baselines.0 {
        if name != "popularity" {
            let mut row = cells(name.clone(), measures);
            row.extend(["", "", "–", "–", "–"].map(str::to_owned));
            table.add_row(row);
        }
    }
    outln!("{table}");
    for Contestant { entry, note, .. } in contestants {
        note.iter().for_each(|note| outln!("* {}: {note}", entry.name));
    }
    for Failure { algorithm, error } in &outcome.failures {
        outln!("  {algorithm}: did not take part: {error}");
    }
    by_activity(outcome, first);
}

fn by_activity(outcome: &Outcome, metric: Metric) {
    let groups = &outcome.contestants[0].entry.report.activity;
    if groups.len() < 2 {
        return;
    }
    outln!("\n{metric} by number of training interactions");
    let head = groups.iter().map(|g| format!("{} – {} ({})", g.from, g.to, g.users));
    let mut table = judging::numbers(std::iter::once("algorithm".to_owned()).chain(head));
    for Contestant { entry, .. } in &outcome.contestants {
        let value = |at: usize| {
            let group = entry.report.activity.get(at);
            let measure = group.and_then(|group| group.metrics.get(metric));
            measure.map_or("–".into(), |m| judging::value(m.value))
        };
        table.add_row(std::iter::once(entry.name.clone()).chain((0..groups.len()).map(value)));
    }
    outln!("{table}");
}

/// The command line, as a shell takes it.
pub fn command() -> String {
    let word = |word: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
        match !word.is_empty() && word.chars().all(plain) {
            true => word,
            false => format!("'{}'", word.replace('\'', "'\\''")),
        }
    };
    let mut words: Vec<String> =
        std::env::args_os().map(|arg| word(arg.to_string_lossy().into_owned())).collect();
    // Where the program lies says nothing to others.
    if let Some(program) = words.first_mut() {
        *program = "cofil".into();
    }
    words.join(" ")
}
