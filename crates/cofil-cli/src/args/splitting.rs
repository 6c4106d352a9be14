//! Split options, shared by `split` and `compare`.

use crate::args::wrong;
use anyhow::Result;
use cofil::Error;
use cofil::data::parse_date;
use cofil::data::split::{self, Share, Split, SplitSettings};

/// Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Splitting")]
pub struct Splitting {
    /// Split method [default: random; kfold with --folds, time with --from, users with --target]
    #[arg(long, value_enum)]
    pub by: Option<By>,
    /// With `time`: start of the test set (2024-05-01, 2024-05-01T12:30:00, or Unix seconds)
    #[arg(long, value_name = "TIME", value_parser = parse_date, allow_hyphen_values = true)]
    pub from: Option<i64>,
    /// With `kfold`: number of folds [default: 5]
    #[arg(long, value_name = "N")]
    pub folds: Option<u32>,
    /// With `users`: share of each held-out user's interactions to predict [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    pub target: Option<Share>,
}

/// Splits of the library, with their help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// A random sample of all interactions
    Random,
    /// A random sample of each user's interactions
    UserRandom,
    /// Each user's latest interactions
    Last,
    /// All interactions from a point in time on
    Time,
    /// Cross-validation: each interaction is in the test set of one fold
    Kfold,
    /// Held-out users, absent from the training set
    Users,
}

impl From<By> for split::By {
    fn from(by: By) -> Self {
        match by {
            By::Random => Self::Random,
            By::UserRandom => Self::UserRandom,
            By::Last => Self::Last,
            By::Time => Self::Time,
            By::Kfold => Self::Kfold,
            By::Users => Self::Users,
        }
    }
}

impl Splitting {
    /// Whether any option was given.
    pub fn is_asked(&self) -> bool {
        self.by.is_some() || self.from.is_some() || self.folds.is_some() || self.target.is_some()
    }

    /// Returns the split method.
    pub fn by(&self) -> split::By {
        self.settings(None, 0).by()
    }

    /// Returns the number of folds of `kfold`.
    pub fn folds(&self) -> u32 {
        self.settings(None, 0).folds()
    }

    fn settings(&self, test: Option<Share>, seed: u64) -> SplitSettings {
        let Self { by, from, folds, target } = *self;
        SplitSettings { by: by.map(Into::into), test, seed, from, folds, target }
    }

    /// Returns the library's split with a test set of size `test`; by default a tenth, or one interaction per user.
    pub fn split(&self, test: Option<Share>, seed: u64) -> Result<Split> {
        // The library's settings are the options of the same names.
        self.settings(test, seed).split().map_err(|error| match error {
            Error::Setting { setting, message } => {
                let message = message.replace("`by` = ", "--by ");
                wrong(format!(
                    "--{setting} {}",
                    message.replace("`from` or `folds`", "--from or --folds")
                ))
            }
            other => other.into(),
        })
    }
}
