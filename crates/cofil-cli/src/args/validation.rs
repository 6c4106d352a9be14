//! Validation while training: what is held out, and what is measured on it.

use crate::args::input::Input;
use anyhow::{Context, Result};
use cofil::data::clean::Clean;
use cofil::data::split::{Share, Split};
use cofil::evaluate::Metric;
use cofil::recipes::Target;
use cofil::{Algorithm, Duplicates, IdMap, Interactions, Ratings};
use std::path::Path;

/// When to stop training.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Validation")]
pub struct Validate {
    /// Hold out a share of the data, such as 0.1, or take a file, and keep the best epoch's model
    #[arg(long, value_name = "SHARE|FILE")]
    pub valid: Option<String>,
    /// What to measure: rmse, ndcg@10 … [default: rmse for algorithms that predict values, else ndcg@10]
    #[arg(long, value_name = "METRIC")]
    pub valid_metric: Option<Metric>,
    /// Stop after so many epochs without improvement
    #[arg(long, value_name = "EPOCHS", default_value_t = 5)]
    pub patience: usize,
}

/// Data to learn from and, if asked for, data to validate on, with what was done in words.
pub struct Parts {
    pub train: Ratings,
    pub valid: Option<Ratings>,
    pub note: Option<String>,
}

impl Validate {
    /// What is measured on the validation part of `algorithm`.
    pub fn metric(&self, algorithm: &Algorithm) -> Metric {
        self.valid_metric.unwrap_or(match algorithm.target() {
            Target::Rating => Metric::Rmse,
            Target::Preference => Metric::Ndcg(10),
        })
    }

    /// Whether rows have to be held out of the training data, and how many.
    pub fn share(&self) -> Option<f64> {
        self.valid.as_ref()?.parse().ok()
    }

    /// Reads the validation file, if one was named.
    pub fn read(&self, train: Ratings, read: &Input, clean: &Clean) -> Result<Parts> {
        match &self.valid {
            Some(path) => file(Path::new(path), train, read, clean),
            None => Ok(Parts { train, valid: None, note: None }),
        }
    }
}

/// Holds a share of the clean rows `data` out.
pub fn hold_out(data: &Interactions, share: f64, seed: u64) -> Result<Parts> {
    let split = Split::Random { test: Share::Fraction(share), seed };
    let mut parts = split.apply(data).context("--valid")?;
    let part = parts.pop().context("a random split has one round")?;
    let note = format!(
        "validation: {} interactions held out at random, {} left to learn from",
        part.test.len(),
        part.train.len()
    );
    let train = Ratings::new(&part.train, Duplicates::Error)?;
    let valid = Ratings::new(&part.test, Duplicates::Error)?;
    Ok(Parts { train, valid: Some(valid), note: Some(note) })
}

/// Reads a validation file. Its rows are weighed as those of `train` were; rows of users or items that
/// `train` lacks are left out and counted.
pub fn file(path: &Path, train: Ratings, read: &Input, clean: &Clean) -> Result<Parts> {
    let name = path.display();
    let table = read.read(path)?;
    let clean = Clean { min_user: 0, min_item: 0, ..clean.clone() };
    let (rows, _) = clean.interactions(table.interactions).context(name.to_string())?;
    let all = rows.len();
    let known = known_rows(&rows, &train.users, &train.items);
    let note = format!(
        "validation: {} interactions of {name}; {} left out, whose user or item is not in the \
         training data",
        known.len(),
        all - known.len()
    );
    let valid = Ratings::new(&known, Duplicates::Error)?;
    Ok(Parts { train, valid: Some(valid), note: Some(note) })
}

/// The rows whose user and item have a number in `users` and `items`, by those numbers.
fn known_rows(
    rows: &Interactions,
    users: &std::sync::Arc<IdMap>,
    items: &std::sync::Arc<IdMap>,
) -> Interactions {
    let mut known = Interactions {
        users: users.clone(),
        items: items.clone(),
        time: rows.time.as_ref().map(|_| Vec::new()),
        ..Interactions::default()
    };
    for at in 0..rows.len() {
        let user = users.get(rows.users.name(rows.user[at]));
        let item = items.get(rows.items.name(rows.item[at]));
        if let (Some(user), Some(item)) = (user, item) {
            known.user.push(user);
            known.item.push(item);
            known.value.push(rows.value[at]);
            if let (Some(times), Some(time)) = (&mut known.time, &rows.time) {
                times.push(time[at]);
            }
        }
    }
    known
}
