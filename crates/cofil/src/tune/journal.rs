//! The file of finished trials, from which an interrupted search continues, even after a crash.
//!
//! Each line is JSON; the first describes the search, the others are trials. A line is on disk before the next trial
//! starts. An incomplete last line is dropped.

use super::{Search, Space, Trial};
use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::store;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Maximum file size in bytes: a million trials, or a thousand with long curves.
const LONGEST: u64 = 1 << 30;

/// An open file of trials.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Trials of earlier runs.
    trials: Vec<Trial>,
    _lock: store::Lock,
}

impl Journal {
    /// Creates the file, or continues an existing one.
    ///
    /// # Errors
    /// If the file belongs to another search or other data, is damaged before its last line, or cannot be read or
    /// written.
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
        // Text after the last line end was being written when the run ended.
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        let mut lines = text[..whole].lines();
        check(path, &header, lines.next())?;
        // Trials that run at once can end in any order.
        let due = |trial: &Trial, at: usize| trial.number.abs_diff(at) < search.parallel.max(1);
        let trial = |(at, line): (usize, &str)| {
            serde_json::from_str::<Trial>(line)
                .ok()
                .filter(|trial| due(trial, at))
                .ok_or_else(|| Error::format(path, format!("line {} is damaged", at + 2)))
        };
        let mut trials = lines.enumerate().map(trial).collect::<Result<Vec<_>>>()?;
        trials.sort_by_key(|trial| trial.number);
        let file = OpenOptions::new().append(true).open(path).map_err(|e| Error::io(path, e))?;
        // Under another name of the same file, a process may hold another lock.
        let is_taken = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        if is_taken || file.metadata().is_ok_and(|about| about.len() != text.len() as u64) {
            return Err(store::Lock::busy(path));
        }
        file.set_len(whole as u64).map_err(|e| Error::io(path, e))?;
        Ok(Self { path: path.to_owned(), file, trials, _lock: lock })
    }

    /// Returns the trials of earlier runs, by number.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// Adds a finished trial; it is on disk when this returns.
    pub(super) fn add(&mut self, trial: &Trial) -> Result<()> {
        let line = serde_json::to_string(trial).expect("a trial is plain data") + "\n";
        // One write, so that a line is complete or absent.
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|e| Error::io(&self.path, e))
    }
}

/// Maximum size in bytes of the first line: parsed JSON takes many times as much memory.
const LONGEST_HEADER: usize = 1 << 20;

/// Returns an error if the file belongs to another search; the message names what differs.
fn check(path: &Path, header: &Value, found: Option<&str>) -> Result<()> {
    let bad = |message: String| Err(Error::format(path, message));
    let short = found.filter(|found| found.len() <= LONGEST_HEADER);
    let found: Value = match short.map(serde_json::from_str) {
        Some(Ok(found)) => found,
        _ => return bad("this is not a file of trials; name another file".into()),
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
