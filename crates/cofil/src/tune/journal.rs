//! The file of finished trials: what a search that was interrupted, however rudely, goes on from.
//!
//! One line of JSON each, the first for what is searched. A line is on the disk before the next trial
//! begins; a last line that was not finished is dropped.

use super::{Search, Space, Trial};
use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::store;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Bytes of the longest file: more trials than anybody runs.
const LONGEST: u64 = 32 << 20;

/// An open file of trials.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Those of an earlier run.
    trials: Vec<Trial>,
    _lock: store::Lock,
}

impl Journal {
    /// Begins the file, or goes on with the one that is there.
    ///
    /// # Errors
    /// If the file belongs to a search of something else, or to other data; if it is damaged before its
    /// last line; or if the file system refuses.
    pub fn open(
        path: &Path,
        space: &Space,
        train: &Ratings,
        valid: &Ratings,
        search: &Search,
    ) -> Result<Self> {
        let header = json!({
            "cofil-trials": 1,
            "algorithm": store::plain(space.base()).expect("settings are plain data"),
            "ranges": space.ranges(),
            "epochs": space.epochs(),
            "metric": search.metric,
            "method": search.method,
            "halving": search.halving,
            "judged": search.judged,
            "parallel": search.parallel,
            "seed": search.seed,
            "values": search.values,
            "data": [train.fingerprint(), valid.fingerprint()],
        });
        let lock = store::Lock::take(path)?;
        let text = match store::read_text(path, LONGEST) {
            Err(Error::Io { reason, .. }) if reason.kind() == std::io::ErrorKind::NotFound => {
                store::write_atomically(path, format!("{header}\n").as_bytes())?;
                format!("{header}\n")
            }
            text => text?,
        };
        // What follows the last end of a line was being written when the run ended.
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        let mut lines = text[..whole].lines();
        check(path, &header, lines.next())?;
        // Of trials side by side any can be the first to end.
        let due = |trial: &Trial, at: usize| trial.number.abs_diff(at) < search.parallel.max(1);
        let trial = |(at, line): (usize, &str)| {
            serde_json::from_str::<Trial>(line)
                .ok()
                .filter(|trial| due(trial, at))
                .ok_or_else(|| Error::format(path, format!("line {} is damaged", at + 2)))
        };
        let mut trials = lines.enumerate().map(trial).collect::<Result<Vec<_>>>()?;
        trials.sort_by_key(|trial| trial.number);
        let open = || {
            let file = OpenOptions::new().append(true).open(path)?;
            file.set_len(whole as u64)?;
            Ok(file)
        };
        let file = open().map_err(|e| Error::io(path, e))?;
        Ok(Self { path: path.to_owned(), file, trials, _lock: lock })
    }

    /// The trials there were already, by number.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// Adds a finished trial; it is on the disk when this returns.
    pub(super) fn add(&mut self, trial: &Trial) -> Result<()> {
        let line = serde_json::to_string(trial).expect("a trial is plain data") + "\n";
        // In one piece, so that a line is there or not.
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|e| Error::io(&self.path, e))
    }
}

/// Refuses the trials of another search, naming what differs.
fn check(path: &Path, header: &Value, found: Option<&str>) -> Result<()> {
    let bad = |message: String| Err(Error::format(path, message));
    let found: Value = match found.map(serde_json::from_str) {
        Some(Ok(found)) => found,
        _ => return bad("this is no file of trials; name another".into()),
    };
    if found == *header {
        return Ok(());
    }
    let parts = header.as_object().into_iter().flatten();
    let differs: Vec<&str> =
        parts.filter(|(name, value)| found[*name] != **value).map(|(name, _)| &**name).collect();
    bad(format!(
        "these are trials of another search: {} differ{}; remove the file or name another",
        differs.join(", "),
        if differs.len() == 1 { "s" } else { "" }
    ))
}
