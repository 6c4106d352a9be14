//! Validation during training.

use crate::args::input::Input;
use anyhow::{Context, Result};
use cofil::data::Clean;
use cofil::data::prose::{count, number};
use cofil::data::split::HeldOut;
use cofil::evaluate::Metric;
use cofil::{Algorithm, Interactions, Ratings};
use std::path::Path;

/// Early stopping options.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Validation")]
pub struct Validate {
    /// Validation set: a share of the data to hold out, such as 0.1, or a file. The model of the best epoch is kept
    #[arg(long, value_name = "SHARE|FILE")]
    pub valid: Option<String>,
    /// Validation metrics: rmse, ndcg@10 …, separated by commas; the first decides which epoch is best.
    /// rmse, mae and mse are measured on the training set too [default: rmse for algorithms that predict values,
    /// else ndcg@10]
    #[arg(long = "metric", aliases = ["valid-metric", "metrics"], value_name = "METRICS", value_delimiter = ',', requires = "valid")]
    pub valid_metrics: Vec<Metric>,
    /// Early stopping: stop after this many epochs without improvement
    #[arg(long, value_name = "EPOCHS", default_value_t = 5, requires = "valid")]
    pub patience: usize,
}

/// Training set and, if asked for, validation set, with notes on how they were made.
pub struct Parts {
    pub train: Ratings,
    pub valid: Option<Ratings>,
    pub note: Option<String>,
}

impl Validate {
    /// Returns the validation metric for `algorithm`, and further metrics to record.
    pub fn metrics(&self, algorithm: &Algorithm) -> (Metric, &[Metric]) {
        match self.valid_metrics.split_first() {
            Some((&first, rest)) => (first, rest),
            None => (algorithm.target().metric(), &[]),
        }
    }

    /// Returns the share of the training data to hold out, if any.
    pub fn share(&self) -> Option<f64> {
        self.valid.as_ref()?.parse().ok()
    }

    /// Returns the validation file, if one was given.
    pub fn path(&self) -> Option<&Path> {
        self.valid.as_deref().filter(|_| self.share().is_none()).map(Path::new)
    }

    /// Reads the validation file, if one was given.
    pub fn read(&self, train: Ratings, read: &Input, clean: &Clean, json: bool) -> Result<Parts> {
        match &self.valid {
            Some(path) => file(Path::new(path), train, read, clean, json),
            None => Ok(Parts { train, valid: None, note: None }),
        }
    }
}

/// Holds out a share of the cleaned rows `data`.
pub fn hold_out(data: &Interactions, share: f64, seed: u64) -> Result<Parts> {
    let HeldOut { train, valid, .. } = HeldOut::share(data, share, seed).context("--valid")?;
    let note = format!(
        "validation: {} held out at random, {} for training",
        count(valid.len(), "interaction"),
        number(train.len())
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
        "validation: {} of {name}; skipped {} with a user or item not in the training data",
        count(valid.len(), "interaction"),
        number(left_out)
    );
    Ok(Parts { train, valid: Some(valid), note: Some(note) })
}
