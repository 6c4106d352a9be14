//! How a table is divided: the arguments that `split` and `compare` share.

use anyhow::{Result, bail};
use cofil::data::parse_date;
use cofil::data::split::{Cut, Share, Split};

/// Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Splitting")]
pub struct Splitting {
    /// How to split [default: random; kfold with --folds, time with --from, users with --target]
    #[arg(long, value_enum)]
    pub by: Option<By>,
    /// With `time`: the test part begins here (2024-05-01, 2024-05-01T12:30:00, seconds since 1970)
    #[arg(long, value_name = "TIME", value_parser = parse_date, allow_hyphen_values = true)]
    pub from: Option<i64>,
    /// With `kfold`: number of folds [default: 5]
    #[arg(long, value_name = "N")]
    pub folds: Option<u32>,
    /// With `users`: how much of a held-out user's interactions to predict [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    pub target: Option<Share>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// Interactions drawn from all
    Random,
    /// Interactions drawn from each user
    UserRandom,
    /// The latest of each user
    Last,
    /// Everything from one moment on
    Time,
    /// Each interaction once, in one of several folds
    Kfold,
    /// Users that training never sees
    Users,
}

/// Folds that nobody chose.
const FOLDS: u32 = 5;

impl Splitting {
    /// Whether anything was asked for.
    pub fn is_asked(&self) -> bool {
        self.by.is_some() || self.from.is_some() || self.folds.is_some() || self.target.is_some()
    }

    /// How to split.
    pub fn by(&self) -> By {
        self.by.unwrap_or(match self {
            Self { folds: Some(_), .. } => By::Kfold,
            Self { from: Some(_), .. } => By::Time,
            Self { target: Some(_), .. } => By::Users,
            _ => By::Random,
        })
    }

    /// Number of folds, with `kfold`.
    pub fn folds(&self) -> u32 {
        self.folds.unwrap_or(FOLDS)
    }

    /// The library's split, with a test part of the size `test`: a tenth, or one of each user, if nobody said.
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
            bail!("the size of the test part follows from --from or --folds: leave it out");
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
