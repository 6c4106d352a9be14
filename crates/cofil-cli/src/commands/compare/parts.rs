//! Training and test sets of a comparison.

use super::Args;
use crate::args::judging::{self, Tested};
use anyhow::{Result, bail};
use cofil::data::split::{By, Share};
use cofil::{Duplicates, Interactions, Ratings};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A test table, or the size of the test set.
#[derive(Clone, Debug)]
pub enum Tests {
    File(PathBuf),
    Share(Share),
}

impl FromStr for Tests {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Self::File(text.into()), Self::Share))
    }
}

impl Tests {
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Share(_) => None,
        }
    }
}

/// A training set, its test set, and how they were made.
pub struct Part {
    pub fold: Option<u32>,
    pub rows: Interactions,
    pub tested: Tested,
    pub split: String,
}

/// Whether there is more than one split.
pub fn is_folded(args: &Args) -> bool {
    args.splitting.by() == By::Kfold
}

/// Yields the splits of the cleaned rows `all`.
pub fn parts(args: &Args, all: Interactions) -> Result<Box<dyn Iterator<Item = Result<Part>>>> {
    let share = match &args.test {
        Some(Tests::File(path)) => {
            if args.splitting.is_asked() {
                bail!(
                    "{}: with a table of test interactions nothing is split: leave it out, or what \
                     says how to split",
                    path.display()
                );
            }
            let train = Ratings::new(&all, Duplicates::Error)?;
            let weigh = |given| args.clean.settings(&args.read).weigh(given);
            let known = (&*train.users, &*train.items);
            let given = args.given.as_deref();
            let tested = judging::test_part(&args.read, path, given, known, args.json, weigh)?;
            let split = format!("test set {}", path.display());
            let part = Part { fold: None, rows: all, tested, split };
            return Ok(Box::new(std::iter::once(Ok(part))));
        }
        Some(Tests::Share(_)) if args.given.is_some() => {
            bail!("--given needs --test FILE; --by users makes both from the data");
        }
        Some(Tests::Share(share)) => Some(*share),
        None => None,
    };
    let rounds = args.splitting.split(share, args.judging.seed)?.rounds(all)?;
    Ok(Box::new(rounds.map(|parts| {
        let parts = parts?;
        let given = parts.given.map(|given| Ratings::new(&given, Duplicates::Error)).transpose()?;
        let test = Ratings::new(&parts.test, Duplicates::Error)?;
        Ok(Part {
            fold: parts.report.fold,
            rows: parts.train,
            tested: Tested { test, given },
            split: parts.report.description,
        })
    })))
}
