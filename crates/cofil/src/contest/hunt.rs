//! The settings search of one entrant.

use super::plan::{Entrant, Plan, Tuning};
use crate::data::Ratings;
use crate::data::split::HeldOut;
use crate::error::{Error, Result};
use crate::store;
use crate::tune::{self, Found, Journal, Search, Space};
use std::path::{Path, PathBuf};

/// A settings search that is ready to run.
pub struct Hunt<'a> {
    space: Space,
    train: &'a Ratings,
    valid: &'a Ratings,
    search: Search,
    journal: Option<Journal>,
}

impl<'a> Hunt<'a> {
    /// Prepares the search for `entrant`. Fails here, before any work, if its journal belongs to another search.
    pub fn new(
        plan: &Plan,
        tuning: &Tuning,
        entrant: &Entrant,
        inner: &'a HeldOut,
    ) -> Result<Self> {
        let fixed: Vec<&str> = entrant.fixed.iter().map(String::as_str).collect();
        let HeldOut { train, valid, .. } = inner;
        let space = Space::new(entrant.algorithm.clone(), &fixed, &[])?.for_data(train);
        let search = Search {
            parallel: tuning.parallel,
            seed: plan.seed,
            limit: plan.limit,
            values: plan.values,
            ..Search::new(tuning.trials, plan.protocol.metrics[0])
        };
        let journal = match &tuning.journals {
            Some(folder) => {
                let path = place(folder, entrant, tuning.resume)?;
                Some(Journal::open(&path, &space, train, valid, &search)?)
            }
            None => None,
        };
        Ok(Self { space, train, valid, search, journal })
    }

    /// Runs the search.
    pub fn run(&mut self) -> Result<Found> {
        let Self { space, train, valid, search, journal } = self;
        tune::search(space, train, valid, search, journal.as_mut())
    }
}

/// Returns the path of the journal of `entrant`.
fn place(folder: &Path, entrant: &Entrant, resume: bool) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    let path = folder.join(format!("{}.trials", entrant.file_stem()));
    store::check_new(&path, "finished trials", resume)?;
    Ok(path)
}
