//! Output of a comparison.

use crate::args::{judging, searching};
use crate::output::errln;
use crate::output::{self, outln};
use crate::table::{Column, Table};
use anyhow::Result;
use cofil::Metric;
use cofil::contest::{Conclusion, Contestant, Failure, Outcome, Series, Standing};
use cofil::data::CleanReport;
use cofil::data::prose::{count, number, probability, range};
use cofil::data::read::ReadReport;
use cofil::evaluate::{Difference, Measures, Report};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// The parts of a JSON document that do not depend on the number of rounds.
#[derive(Serialize, JsonSchema)]
pub struct Common<'a> {
    /// Config files written.
    pub configs: &'a [PathBuf],
    pub read: &'a ReadReport,
    pub clean: &'a CleanReport,
    /// Peak memory of the process, MiB.
    pub peak_memory_mb: f64,
}

/// JSON document of one round.
#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    /// How the data was split.
    split: &'a str,
    conclusion: Option<Conclusion>,
    #[serde(flatten)]
    outcome: &'a Outcome,
    #[serde(flatten)]
    common: &'a Common<'a>,
}

/// JSON document of several rounds.
#[derive(Serialize, JsonSchema)]
pub struct SeriesAnswer<'a> {
    #[serde(flatten)]
    series: &'a Series,
    #[serde(flatten)]
    common: &'a Common<'a>,
}

pub fn json(split: &str, outcome: &Outcome, common: &Common<'_>) -> Result<()> {
    output::json(&Answer { split, conclusion: outcome.conclusion(), outcome, common })
}

pub fn json_series(series: &Series, common: &Common<'_>) -> Result<()> {
    output::json(&SeriesAnswer { series, common })
}

/// A row of a leaderboard.
pub struct Line<'a> {
    pub name: &'a str,
    pub note: Option<&'a str>,
    pub report: &'a Report,
    /// Paired difference from the best.
    pub difference: Option<Difference>,
    /// Training time in seconds, peak memory in MB and model size in bytes, if known.
    pub cost: [Option<f64>; 3],
}

/// Prints the leaderboard, skipped algorithms, and the first metric by activity.
pub fn table(split: &str, outcome: &Outcome) {
    let Outcome { contestants, metrics, .. } = outcome;
    let differences = std::iter::once(&None).chain(&outcome.differences);
    let lines: Vec<Line<'_>> = contestants
        .iter()
        .zip(differences)
        .map(|(Contestant { entry, note, .. }, difference)| Line {
            name: &entry.name,
            note: note.as_deref(),
            report: &entry.report,
            difference: *difference,
            cost: [
                Some(entry.seconds.fit),
                entry.peak_memory_mb,
                Some(entry.model_bytes as f64 / 1e6),
            ],
        })
        .collect();
    leaderboard(split, metrics, &lines);
    for Failure { algorithm, error } in &outcome.failures {
        outln!("  {algorithm}: skipped: {error}");
    }
    by_activity(metrics[0], &lines);
}

/// Rank of the metrics after the first, which were asked for: dropped only when nothing else is left to drop.
const ASKED: u8 = 1;

/// Prints one row per line, best first, then the random baseline.
pub fn leaderboard(split: &str, metrics: &[Metric], lines: &[Line<'_>]) {
    let with_baselines = lines.iter().find(|line| !line.report.baselines.0.is_empty());
    let Some(report) = with_baselines.or(lines.first()).map(|line| line.report) else { return };
    let mut told: Vec<&String> = Vec::new();
    for warning in lines.iter().flat_map(|line| &line.report.warnings) {
        if !told.contains(&warning) {
            errln!("warning: {}", crate::errors::spelt(warning));
            told.push(warning);
        }
    }
    let (users, tests) =
        (count(report.users, "user"), count(report.interactions, "test interaction"));
    output::prose(&format!("{split}; {users}, {tests}"));
    let first = metrics[0];
    let costs = |at: usize| lines.iter().any(|line| line.cost[at].is_some());
    let mut columns = vec![Column::text("algorithm")];
    columns.extend(metrics.iter().enumerate().map(|(at, metric)| {
        Column::number(metric.to_string()).spare(if at == 0 { 0 } else { ASKED })
    }));
    columns.extend([
        Column::number(format!("95 % of {first}")).spare(4),
        Column::number("effect").spare(7),
        Column::number("p vs. best").spare(3),
    ]);
    let heads = [("fit s", 5), ("memory MB", 8), ("model MB", 9)];
    let shown = heads.iter().enumerate().filter(|(at, _)| costs(*at));
    columns.extend(shown.map(|(_, (head, spare))| Column::number(*head).spare(*spare)));
    let mut table = Table::new(columns);
    let cells = |name: String, measured: &Measures| {
        let value = |&m: &Metric| measured.get(m).map_or("–".into(), |m| judging::value(m.value));
        let mut row = vec![name];
        row.extend(metrics.iter().map(value));
        row.push(measured.get(first).map(judging::interval).unwrap_or_default());
        row
    };
    let cost = |at: usize, value: Option<f64>| match (at, value) {
        (_, None) => "–".into(),
        (0, Some(seconds)) => format!("{seconds:.2}"),
        (1, Some(mb)) => number(mb.round() as usize),
        (_, Some(mb)) => format!("{mb:.1}"),
    };
    for (at, line) in lines.iter().enumerate() {
        let mark = if line.note.is_some() { "†" } else { "" };
        let mut row = cells(format!("{}{mark}", line.name), &line.report.metrics);
        row.push(line.difference.map_or(String::new(), |d| format!("{:+.2}", d.effect)));
        row.push(line.difference.map_or(String::new(), |d| probability(d.p)));
        row.extend((0..3).filter(|&at| costs(at)).map(|at| cost(at, line.cost[at])));
        if at == 0 && line.report.value(first).is_some_and(|value| !value.is_nan()) {
            table.best();
        }
        table.row(row);
    }
    for (name, measures) in &report.baselines.0 {
        // In a comparison of algorithms it has its own row.
        if !lines.iter().any(|line| line.name == name) {
            table.row(cells(name.clone(), measures));
        }
    }
    table.print();
    for line in lines {
        line.note.iter().for_each(|note| outln!("† {}: {note}", line.name));
    }
}

/// Prints the first metric by number of training interactions.
pub fn by_activity(metric: Metric, lines: &[Line<'_>]) {
    let Some(groups) = lines.first().map(|line| &line.report.activity) else { return };
    if groups.len() < 2 {
        return;
    }
    outln!("\n{metric} by number of training interactions (and users)");
    let head = groups.iter().map(|g| {
        let head = format!("{} ({})", range(number(g.from), number(g.to)), number(g.users));
        Column::number(head).spare(1)
    });
    let mut table = Table::new(std::iter::once(Column::text("algorithm")).chain(head));
    for (at, line) in lines.iter().enumerate() {
        let value = |at: usize| {
            let group = line.report.activity.get(at);
            let measure = group.and_then(|group| group.metrics.get(metric));
            measure.map_or("–".into(), |m| judging::value(m.value))
        };
        if at == 0 {
            table.best();
        }
        table.row(std::iter::once(line.name.to_owned()).chain((0..groups.len()).map(value)));
    }
    table.print();
}

/// Prints the settings whose defaults were derived from the data, one line for each algorithm.
pub fn defaults(outcome: &Outcome) {
    let settings = |x: &Contestant| (x.entry.name.clone(), searching::settings(&x.defaults));
    let lines: Vec<(String, String)> =
        outcome.contestants.iter().filter(|x| !x.defaults.is_empty()).map(settings).collect();
    defaults_of(&lines);
}

/// Prints settings of algorithms under a heading.
pub fn defaults_of(lines: &[(String, String)]) {
    if !lines.is_empty() {
        outln!("\nDefaults from the data (rules: cofil algorithms NAME)");
        let lines: Vec<(&str, String)> =
            lines.iter().map(|(name, settings)| (&**name, settings.clone())).collect();
        output::facts(&lines);
    }
}

/// Prints means over all rounds, then the first metric of each round.
pub fn series(series: &Series) {
    let Series { metrics, standings, rounds } = series;
    let Some(first) = metrics.first() else { return };
    outln!("Mean ± standard deviation over {}:", count(series.distinct(), "round"));
    let mut columns = vec![Column::text("algorithm")];
    columns.extend(metrics.iter().enumerate().map(|(at, metric)| {
        Column::number(metric.to_string()).spare(if at == 0 { 0 } else { ASKED })
    }));
    columns.extend([
        Column::number("best in").spare(2),
        Column::number("wins of best").spare(4),
        Column::number("significant").spare(3),
        Column::number("fit s").spare(5),
    ]);
    let mut table = Table::new(columns);
    for (at, standing) in standings.iter().enumerate() {
        let mut row = vec![standing.name.clone()];
        row.extend(standing.metrics.iter().map(ToString::to_string));
        let lead = standing.lead;
        let of = |n: fn(cofil::contest::Lead) -> usize| {
            lead.map_or(String::new(), |lead| format!("{} of {}", n(lead), lead.of))
        };
        row.extend([
            format!("{} of {}", standing.best_in, series.distinct()),
            of(|lead| lead.ahead),
            of(|lead| lead.beyond_chance),
            format!("{:.2}", standing.fit_seconds),
        ]);
        if at == 0 {
            table.best();
        }
        table.row(row);
    }
    table.print();
    outln!("\n{first} of each round");
    let named = |standing: &Standing| Column::number(standing.name.clone());
    // If space is short, the worst algorithms are dropped first.
    let ranked = standings.iter().enumerate();
    let ranked = ranked.map(|(at, x)| named(x).spare(if at == 0 { 0 } else { 1 }));
    let mut table =
        Table::new([Column::text("fold"), Column::number("seed")].into_iter().chain(ranked));
    for (at, round) in rounds.iter().enumerate() {
        let fold = round.fold.map_or("–".into(), |fold| fold.to_string());
        let value = |standing: &Standing| {
            let value = standing.metrics.first().and_then(|spread| spread.values[at]);
            value.map_or("–".into(), judging::value)
        };
        let row = [fold, round.seed.to_string()].into_iter();
        table.row(row.chain(standings.iter().map(value)));
    }
    table.print();
    let mut told: Vec<&Failure> = Vec::new();
    for failure in rounds.iter().flat_map(|round| &round.outcome.failures) {
        if !told.contains(&failure) {
            outln!("  {}: skipped: {}", failure.algorithm, failure.error);
            told.push(failure);
        }
    }
}
