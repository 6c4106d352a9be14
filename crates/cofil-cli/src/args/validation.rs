//! Validation while training: what is held out, and what is measured on it.

use crate::args::input::Input;
use anyhow::{Context, Result};
use cofil::data::Clean;
use cofil::data::split::HeldOut;
use cofil::evaluate::Metric;
use cofil::recipes::Target;
use cofil::{Algorithm, Interactions, Ratings};
use std::path::Path;

/// When to stop training.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Validation")]
pub struct Validate {
    /// Hold out a share of the data, such as 0.1, or take a file, and keep the best epoch's model
    #[arg(long, value_name = "SHARE|FILE")]
    pub valid: Option<String>,
    /// What to measure: rmse, ndcg@10 … [default: rmse for algorithms that predict values, else ndcg@10]
    #[arg(long = "metric", aliases = ["valid-metric", "metrics"], value_name = "METRIC")]
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

    /// The validation file, if one was named.
    pub fn path(&self) -> Option<&Path> {
        self.valid.as_deref().filter(|_| self.share().is_none()).map(Path::new)
    }

    /// Reads the validation file, if one was named.
    pub fn read(&self, train: Ratings, read: &Input, clean: &Clean, json: bool) -> Result<Parts> {
        match &self.valid {
            Some(path) => file(Path::new(path), train, read, clean, json),
            None => Ok(Parts { train, valid: None, note: None }),
        }
    }
}

/// Holds a share of the clean rows `data` out.
pub fn hold_out(data: &Interactions, share: f64, seed: u64) -> Result<Parts> {
    let HeldOut { train, valid, .. } = HeldOut::share(data, share, seed).context("--valid")?;
    let note = format!(
        "validation: {} interactions held out at random, {} left to learn from",
        valid.len(),
        train.len()
    );
    Ok(Parts { train, valid: Some(valid), note: Some(note) })
}

/// Reads a validation file.
pub fn file(path: &Path, train: Ratings, read: &Input, clean: &Clean, json: bool) -> Result<Parts> {
    let name = path.display();
    let rows = read.read_with(path, &train.users, &train.items, json)?.interactions;
    let HeldOut { train, valid, left_out } =
        HeldOut::rows(train, rows, clean).context(name.to_string())?;
    let note = format!(
        "validation: {} interactions of {name}; {left_out} left out, whose user or item is not in the \
         training data",
        valid.len(),
    );
    Ok(Parts { train, valid: Some(valid), note: Some(note) })
}
