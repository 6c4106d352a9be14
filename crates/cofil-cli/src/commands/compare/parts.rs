//! Training and test sets of a comparison.

use super::Args;
use crate::args::judging::{self, Tested};
use crate::args::wrong;
use anyhow::Result;
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
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_number = || text.trim_end_matches(['%', ' ']).parse::<f64>().is_ok();
        match text.parse() {
            Ok(share) => Ok(Self::Share(share)),
            Err(_) if is_number() && !Path::new(text).exists() => {
                Err("a share lies between 0 and 1, a number of interactions is at least 1")
            }
            Err(_) => Ok(Self::File(text.into())),
        }
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

/// Whether the split is drawn at random.
pub fn is_random(args: &Args) -> bool {
    args.test.as_ref().and_then(Tests::path).is_none()
        && !matches!(args.splitting.by(), By::Last | By::Time)
}

/// Yields the splits of the cleaned rows `all`, drawn with `seed`.
pub fn parts(
    args: &Args,
    all: Interactions,
    seed: u64,
) -> Result<Box<dyn Iterator<Item = Result<Part>>>> {
    let share = match &args.test {
        Some(Tests::File(path)) => {
            if args.splitting.is_asked() {
                return Err(wrong(format!(
                    "--test {} cannot be combined with --by, --folds, --from or --target",
                    path.display()
                )));
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
            return Err(wrong("--given needs --test FILE; --by users makes both from the data"));
        }
        Some(Tests::Share(share)) => Some(*share),
        None => None,
    };
    let rounds = args.splitting.split(share, seed)?.rounds(all)?;
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
