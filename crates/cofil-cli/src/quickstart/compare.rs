//! Every algorithm on the same split, beside popularity and guessing.

use super::clean;
use crate::output::{self, duration};
use anyhow::{Context, Result};
use cofil::data::prose::number;
use cofil::data::split::{Share, Split};
use cofil::evaluate::{Measure, Measures, Metric, Protocol, evaluate};
use cofil::models::Target;
use cofil::{Algorithm, Duplicates, Interactions, Ratings, Run};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

const SHOWN: [Metric; 3] = [Metric::Ndcg(10), Metric::Recall(10), Metric::Coverage(10)];
/// Where the matrix between items gets too large for a first look.
const MOST_ITEMS: usize = 12_000;

/// What was compared and how it went, best first.
pub struct Contest {
    entries: Vec<Entry>,
    /// Names by reason.
    pub skipped: BTreeMap<String, Vec<String>>,
    split: String,
    users: usize,
}

/// One line of the leaderboard.
pub struct Entry {
    pub name: String,
    pub algorithm: Algorithm,
    measures: Measures,
    rmse: Option<f64>,
    seconds: f64,
    learned: bool,
}

/// Splits `data`, trains every algorithm on one part and judges it by the other.
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
    let constant = train.scale().0 == train.scale().1;
    let mut contest =
        Contest { entries: Vec::new(), skipped: BTreeMap::new(), split: words(&split), users: 0 };
    for algorithm in Algorithm::all() {
        let algorithm = fast(&algorithm, constant)?;
        let name = algorithm.name();
        if algorithm.target() == Target::Rating && constant {
            contest.skip("they predict values and here all are equal", name);
            continue;
        }
        if name == "ease" && train.items.len() > MOST_ITEMS {
            contest.skip("so many items take minutes", name);
            continue;
        }
        let start = Instant::now();
        let model = match algorithm.fit(&train, &mut Run::default()) {
            Ok(model) => model,
            Err(error) => {
                contest.skip(&error.to_string(), name);
                continue;
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        let mut metrics = SHOWN.to_vec();
        if algorithm.target() == Target::Rating {
            metrics.push(Metric::Rmse);
        }
        let protocol = Protocol { metrics, ..Protocol::default() };
        let report = evaluate(&*model, &train, &test, &protocol)?;
        if told {
            eprintln!("  {name:<12} trained in {}", duration(seconds));
        }
        if contest.users == 0 {
            contest.users = report.users;
            if let Some(guess) = report.baselines.get("random") {
                contest.entries.push(Entry {
                    name: "random".into(),
                    algorithm: algorithm.clone(),
                    measures: guess.clone(),
                    rmse: None,
                    seconds: 0.0,
                    learned: false,
                });
            }
        }
        let rmse = report.value(Metric::Rmse);
        let measures = report.metrics;
        contest.entries.push(Entry { name, algorithm, measures, rmse, seconds, learned: true });
    }
    contest.entries.sort_by(|a, b| b.ndcg().total_cmp(&a.ndcg()));
    Ok(contest)
}

/// `algorithm` with settings that a first look has time for.
fn fast(algorithm: &Algorithm, constant: bool) -> Result<Algorithm> {
    let name = algorithm.name();
    let mut settings = Map::new();
    match name.as_str() {
        "ials" => {
            settings.insert("factors".into(), json!(64));
            settings.insert("epochs".into(), json!(8));
        }
        "autorec-item" | "autorec-user" => {
            settings.insert("hidden".into(), json!(64));
            settings.insert("epochs".into(), json!(30));
            if constant {
                settings.insert("negatives".into(), json!(5));
            }
        }
        // Without ratings there is nothing to impute but zeros.
        "svd" if constant => {
            settings.insert("impute".into(), json!("zero"));
        }
        _ => {}
    }
    Ok(Algorithm::from_settings(&name, &settings)?)
}

fn words(split: &Split) -> String {
    match split {
        Split::Last { .. } => "the latest fifth of what each user has".into(),
        _ => "a fifth of what each user has, drawn at random".into(),
    }
}

impl Entry {
    fn ndcg(&self) -> f64 {
        self.measures.get(Metric::Ndcg(10)).map_or(0.0, |m| m.value)
    }

    fn cell(&self, metric: Metric) -> String {
        let measure = self.measures.get(metric);
        measure.map_or_else(String::new, |m| format!("{:.4}", m.value))
    }

    fn interval(&self) -> String {
        match self.measures.get(Metric::Ndcg(10)) {
            Some(Measure { low: Some(low), high: Some(high), .. }) => {
                format!("{low:.4} to {high:.4}")
            }
            _ => String::new(),
        }
    }
}

impl Contest {
    fn skip(&mut self, why: &str, name: String) {
        self.skipped.entry(why.into()).or_default().push(name);
    }

    /// The best of those that learn.
    pub fn winner(&self) -> &Entry {
        let learned = self.entries.iter().find(|entry| entry.learned);
        learned.expect("popularity can always be trained")
    }

    /// The leaderboard in letters.
    pub fn text(&self) -> String {
        let ratings = self.entries.iter().any(|entry| entry.rmse.is_some());
        let mut head = vec!["Algorithm", "NDCG@10", "95 % interval", "Recall@10", "Coverage"];
        head.extend(ratings.then_some("RMSE"));
        head.push("Training");
        let rows = self.entries.iter().map(|entry| {
            let mut row = vec![
                entry.name.clone(),
                entry.cell(Metric::Ndcg(10)),
                entry.interval(),
                entry.cell(Metric::Recall(10)),
                entry.cell(Metric::Coverage(10)),
            ];
            if ratings {
                row.push(entry.rmse.map_or_else(String::new, |x| format!("{x:.4}")));
            }
            row.push(if entry.learned { duration(entry.seconds) } else { String::new() });
            row
        });
        let right: Vec<usize> = (1..head.len()).collect();
        let mut text = format!(
            "Hidden from training: {}.\nEach algorithm ranks, for {} users, all items the user is \
             not known to have.\nHow high are the hidden ones?\n\n",
            self.split,
            number(self.users)
        );
        text += &output::lines(&head, rows, &right);
        for (why, names) in &self.skipped {
            text += &format!("\n\nNot compared, because {why}: {}.", names.join(", "));
        }
        text
    }

    /// The leaderboard for programs.
    pub fn json(&self) -> Value {
        let entry = |entry: &Entry| {
            json!({
                "name": entry.name,
                "metrics": entry.measures,
                "seconds": entry.learned.then_some(entry.seconds),
            })
        };
        self.entries.iter().map(entry).collect()
    }
}
