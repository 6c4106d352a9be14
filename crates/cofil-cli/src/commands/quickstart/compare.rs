//! Compares all algorithms on one split, with popularity and random as baselines.

use super::clean;
use crate::args::judging;
use crate::output::{self, outln};
use crate::table::{Column, Table};
use anyhow::{Context, Result};
use cofil::contest::{self, Entry};
use cofil::data::prose::number;
use cofil::data::split::{Share, Split};
use cofil::evaluate::{Measures, Metric, Protocol};
use cofil::watch::{self, Event, Judged};
use cofil::{Algorithm, Csr, Duplicates, Interactions, Ratings, Run, Suited};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The first sorts the leaderboard; the last is for algorithms that predict values.
const METRICS: [Metric; 4] =
    [Metric::Ndcg(10), Metric::Recall(10), Metric::Coverage(10), Metric::Rmse];
/// Largest item-to-item matrix that a quick tour has time for.
const MOST_ITEMS: usize = 12_000;

/// Largest number of test users: with more, networks take most of the tour, and intervals are hardly narrower.
const MOST_USERS: usize = 4_000;

/// The results, best first.
pub struct Contest {
    entries: Vec<Entry>,
    /// Settings of each algorithm whose defaults were derived from the data.
    pub defaults: BTreeMap<String, Map<String, Value>>,
    /// Metrics of the random baseline.
    guess: Measures,
    /// Names of skipped algorithms by reason.
    pub skipped: BTreeMap<String, Vec<String>>,
    split: String,
    users: usize,
    /// One in so many users is a test user.
    step: usize,
}

/// Splits `data`, trains every algorithm on the training set and evaluates it on the test set.
pub fn run(data: &Interactions, told: bool) -> Result<Contest> {
    let (rows, _) = clean().interactions(data.clone())?;
    let test = Share::Fraction(0.2);
    let split = match rows.time {
        Some(_) => Split::Last { test },
        None => Split::UserRandom { test, seed: 42 },
    };
    let part = split.apply(&rows)?.into_iter().next().context("a split has a part")?;
    let train = Ratings::new(&part.train, Duplicates::Error)?;
    let test = Ratings::new(&part.test, Duplicates::Error)?;
    let step = test.users.len().div_ceil(MOST_USERS).max(1);
    let test = one_in(step, test);
    let mut contest = Contest {
        entries: Vec::new(),
        defaults: BTreeMap::new(),
        guess: Measures::default(),
        skipped: BTreeMap::new(),
        split: words(&split),
        users: 0,
        step,
    };
    let all = Algorithm::all();
    for (at, algorithm) in all.iter().enumerate() {
        let Suited { algorithm, chosen } = fast(algorithm, &train)?;
        let name = algorithm.name();
        let (number, of) = (at + 1, all.len());
        if watch::tell(&Event::Recipe { number, of, name, judged: None }).is_break() {
            return Err(cofil::Error::Stopped.into());
        }
        if let Some(why) = algorithm.unsuited(&train) {
            contest.skip(&why, name);
            continue;
        }
        let first = contest.entries.is_empty();
        let protocol =
            Protocol { metrics: METRICS.to_vec(), baselines: first, ..Protocol::default() };
        match contest::enter(&algorithm, &train, &test, &protocol, &Run::default()) {
            Ok(entry) => {
                if told {
                    let value = entry.report.value(METRICS[0]);
                    let (metric, seconds) = (METRICS[0].to_string(), entry.seconds.fit);
                    let judged = Judged { metric, value, seconds, ..Judged::default() };
                    let _ = watch::tell(&Event::Recipe { number, of, name, judged: Some(&judged) });
                }
                if let Some(guess) = entry.report.baselines.get("random") {
                    contest.guess = guess.clone();
                    contest.users = entry.report.users;
                }
                if !chosen.is_empty() {
                    contest.defaults.insert(name.into(), chosen);
                }
                contest.entries.push(entry);
            }
            Err(cofil::Error::Stopped) => return Err(cofil::Error::Stopped.into()),
            Err(error) => contest.skip(&error.to_string(), name),
        }
    }
    contest::rank(&mut contest.entries, METRICS[0]);
    Ok(contest)
}

/// Returns `test` with the interactions of one in `step` users.
fn one_in(step: usize, test: Ratings) -> Ratings {
    if step == 1 {
        return test;
    }
    let row = |u: usize| test.by_user.row(u).iter().filter(move |_| u.is_multiple_of(step));
    let by_user = Csr::from_rows(test.items.len(), (0..test.users.len()).map(row));
    Ratings { by_user, times: None, ..test }
}

/// Returns `algorithm` with settings quick enough for a tour, else with the defaults for `train`.
fn fast(algorithm: &Algorithm, train: &Ratings) -> Result<Suited> {
    let name = algorithm.name();
    let settings = match name {
        "ease" => json!({"max_items": MOST_ITEMS}),
        "ials" => json!({"factors": 64, "epochs": 8}),
        "autorec-item" | "autorec-user" => {
            json!({"hidden": 64, "epochs": 15, "period": 15, "learning_rate": 0.008})
        }
        "bpr" => json!({"epochs": 30, "learning_rate": 0.1}),
        // Fewer epochs with larger steps. Layers are small because every pair of a user and an item passes through
        // them in an evaluation.
        "gmf" => json!({"factors": 16, "epochs": 6, "learning_rate": 0.01}),
        "mlp" => json!({"layers": [32, 8], "epochs": 5, "learning_rate": 0.01}),
        "neumf" => json!({"layers": [16, 8], "epochs": 4, "learning_rate": 0.01}),
        _ => json!({}),
    };
    let settings = settings.as_object().context("settings are an object")?;
    let Suited { algorithm, chosen } = Algorithm::from_settings_for(name, settings, train)?;
    let constant = train.scale().0 == train.scale().1;
    // If all values are equal, there is nothing to predict.
    Ok(Suited { algorithm: if constant { algorithm.to_rank() } else { algorithm }, chosen })
}

fn words(split: &Split) -> String {
    match split {
        Split::Last { .. } => "the latest fifth of each user's interactions".into(),
        _ => "a random fifth of each user's interactions".into(),
    }
}

fn cell(measures: &Measures, metric: Metric) -> String {
    measures.get(metric).map_or_else(String::new, |m| format!("{:.4}", m.value))
}

fn interval(measures: &Measures) -> String {
    match measures.get(METRICS[0]) {
        Some(measure) => judging::interval(measure),
        None => String::new(),
    }
}

impl Contest {
    fn skip(&mut self, why: &str, name: &str) {
        self.skipped.entry(why.into()).or_default().push(name.into());
    }

    /// Returns the best algorithm.
    pub fn winner(&self) -> &Entry {
        self.entries.first().expect("popularity can always be trained")
    }

    /// Rows of the leaderboard with the random baseline, best first: name, metrics, seconds.
    fn lines(&self) -> Vec<(&str, &Measures, Option<f64>)> {
        let mut lines: Vec<(&str, &Measures, Option<f64>)> = self
            .entries
            .iter()
            .map(|entry| (entry.name.as_str(), &entry.report.metrics, Some(entry.seconds.fit)))
            .collect();
        let value = |measures: &Measures| measures.get(METRICS[0]).map_or(0.0, |m| m.value);
        let place = lines.iter().position(|(_, measures, _)| value(measures) < value(&self.guess));
        lines.insert(place.unwrap_or(lines.len()), ("random", &self.guess, None));
        lines
    }

    /// Prints the leaderboard.
    pub fn print(&self) {
        let lines = self.lines();
        let ratings = lines.iter().any(|(_, measures, _)| measures.get(Metric::Rmse).is_some());
        let of = if self.step == 1 { String::new() } else { format!(" (one in {})", self.step) };
        output::prose(&format!("Test set: {}.", self.split));
        output::prose(&format!(
            "For each of {} users{of}, an algorithm ranks all items not in the user's training history; the \
             metrics say how high it ranks the test items.",
            number(self.users)
        ));
        outln!();
        let mut columns = vec![
            Column::text("algorithm"),
            Column::number("ndcg@10"),
            Column::number("95 % of ndcg@10").spare(1),
            Column::number("recall@10").spare(2),
            Column::number("coverage").spare(4),
        ];
        columns.extend(ratings.then(|| Column::number("rmse").spare(3)));
        columns.push(Column::number("fit s").spare(5));
        let mut table = Table::new(columns);
        for (at, (name, measures, seconds)) in lines.iter().enumerate() {
            let mut row = vec![
                (*name).to_owned(),
                cell(measures, METRICS[0]),
                interval(measures),
                cell(measures, METRICS[1]),
                cell(measures, METRICS[2]),
            ];
            if ratings {
                row.push(cell(measures, Metric::Rmse));
            }
            row.push(seconds.map_or_else(String::new, |seconds| format!("{seconds:.2}")));
            if at == 0 {
                table.best();
            }
            table.row(row);
        }
        table.print();
        for (why, names) in &self.skipped {
            outln!();
            output::prose(&format!("Skipped, because {why}: {}.", names.join(", ")));
        }
    }

    /// The leaderboard as JSON.
    pub fn json(&self) -> Value {
        let lines = self.lines().into_iter();
        lines
            .map(|(name, measures, seconds)| {
                json!({"name": name, "metrics": measures, "seconds": seconds})
            })
            .collect()
    }
}
