//! Split options, shared by `split` and `compare`.

use anyhow::{Result, bail};
use cofil::data::parse_date;
use cofil::data::split::{Cut, Share, Split};

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

/// Default number of folds.
const FOLDS: u32 = 5;

impl Splitting {
    /// Whether any option was given.
    pub fn is_asked(&self) -> bool {
        self.by.is_some() || self.from.is_some() || self.folds.is_some() || self.target.is_some()
    }

    /// Returns the split method.
    pub fn by(&self) -> By {
        self.by.unwrap_or(match self {
            Self { folds: Some(_), .. } => By::Kfold,
            Self { from: Some(_), .. } => By::Time,
            Self { target: Some(_), .. } => By::Users,
            _ => By::Random,
        })
    }

    /// Returns the number of folds of `kfold`.
    pub fn folds(&self) -> u32 {
        self.folds.unwrap_or(FOLDS)
    }

    /// Returns the library's split with a test set of size `test`; by default a tenth, or one interaction per user.
    pub fn split(&self, test: Option<Share>, seed: u64) -> Result<Split> {
        let by = self.by();
        for (given, option, wanted) in [
            (self.folds.is_some(), "--folds", By::Kfold),
            (self.from.is_some(), "--from", By::Time),
            (self.target.is_some(), "--target", By::Users),
        ] {
            if given && by != wanted {
                let wanted = clap::ValueEnum::to_possible_value(&wanted);
                let wanted = wanted.as_ref().map_or("", |value| value.get_name());
                bail!("{option} goes with --by {wanted}");
            }
        }
        if test.is_some() && (self.from.is_some() || by == By::Kfold) {
            bail!("--from and --folds already set the size of the test set: omit --test");
        }
        let test = test.unwrap_or(match by {
            By::Last => Share::Count(1),
            _ => Share::Fraction(0.1),
        });
        Ok(match by {
            By::Random => Split::Random { test, seed },
            By::UserRandom => Split::UserRandom { test, seed },
            By::Last => Split::Last { test },
            By::Time => Split::Time { test: self.from.map_or(Cut::Latest(test), Cut::From) },
            By::Kfold => Split::Kfold { folds: self.folds(), seed },
            By::Users => {
                Split::Users { test, target: self.target.unwrap_or(Share::Fraction(0.2)), seed }
            }
        })
    }
}
