//! Checkpoints: the state an interrupted run needs to continue exactly where it stopped.
//!
//! The file holds the learner's state, the best state so far and the history of epochs. Random numbers depend on
//! (seed, epoch, piece) alone, so no generator is saved. The file also identifies its run: algorithm, settings
//! (except the number of epochs, which may be raised), seed, data, validation set, given negatives and version. A
//! checkpoint of another run is refused.

use super::{Epoch, Learner, Run, restore};
use crate::data::{Ratings, sample};
use crate::error::{Error, Result};
use crate::store::{self, Archive, Tensor};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Where and how often to save checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The checkpoint file; replaced as a whole each time.
    pub path: PathBuf,
    /// Save after every this many epochs (at least 1), and at the end.
    pub every: usize,
    /// The algorithm with its settings, set by [`Algorithm::fit`](crate::Algorithm::fit).
    pub(super) recipe: Value,
}

/// Progress of a run.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The epochs so far.
    pub history: Vec<Epoch>,
    /// The state after the best epoch; empty without validation.
    pub best: Vec<Vec<f32>>,
}

/// The checkpoint file of one run.
pub(super) struct File {
    path: PathBuf,
    every: usize,
    /// Properties that identify the run, by name.
    identity: Map<String, Value>,
    _lock: store::Lock,
}

impl Checkpoint {
    /// Saves to `path` after every `every` epochs, and at the end.
    pub fn new(path: impl Into<PathBuf>, every: usize) -> Self {
        Self { path: path.into(), every, recipe: Value::Null }
    }

    /// Returns the number of epochs in the file; `None` if it does not exist or cannot be read.
    pub fn epoch(&self) -> Option<usize> {
        let archive = store::read(&self.path, "checkpoint").ok()?;
        Some(archive.header.get("history")?.as_array()?.len())
    }

    /// Opens the file of `run` on `train`.
    pub(super) fn open(&self, run: &Run<'_>, train: &Ratings) -> Result<File> {
        if self.every == 0 {
            return Err(Error::setting("checkpoint.every", "must be at least 1, got 0"));
        }
        let mut recipe = self.recipe.clone();
        if let Some(settings) = recipe.as_object_mut() {
            settings.remove("epochs");
        }
        let validation = run.validation.as_ref().map(|v| {
            let metric = format!("{:?}", v.metric);
            let also = format!("{:?}", v.also);
            json!([
                v.ratings.fingerprint(),
                metric,
                v.patience,
                v.min_improvement,
                also,
                v.on_train
            ])
        });
        let identity = [
            ("version of cofil", json!(env!("CARGO_PKG_VERSION"))),
            ("recipe", recipe),
            ("seed", json!(run.seed)),
            ("training data", json!(train.fingerprint())),
            ("validation", json!(validation)),
            ("negatives", json!(run.negatives.map(sample::fingerprint))),
        ];
        let identity = identity.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let lock = store::Lock::take(&self.path)?;
        Ok(File { path: self.path.clone(), every: self.every, identity, _lock: lock })
    }
}

impl File {
    /// Restores `learner` from the file if there is one. Otherwise writes a first checkpoint, so that an unwritable
    /// path is noticed before any work is done.
    pub fn resume(&self, learner: &mut impl Learner, epochs: usize) -> Result<Progress> {
        if !self.path.exists() {
            let progress = Progress::default();
            self.save(learner, &progress)?;
            return Ok(progress);
        }
        let archive = store::read(&self.path, "checkpoint")?;
        self.check_identity(&archive)?;
        let part = |name: &str| archive.header.get(name).cloned().unwrap_or(Value::Null);
        let mut history: Vec<Epoch> = serde_json::from_value(part("history"))
            .map_err(|e| archive.bad(format!("the history is damaged: {e}")))?;
        if history.len() > epochs {
            return Err(archive.bad(format!(
                "this checkpoint is at epoch {}, beyond the {epochs} asked for; raise `epochs`, or \
                 remove the file to start again",
                history.len()
            )));
        }
        history.iter_mut().for_each(|epoch| epoch.of = epochs);
        let sizes: Vec<usize> = learner.state().iter().map(|part| part.len()).collect();
        let read = |name: &str| -> Result<Vec<Vec<f32>>> {
            let numbered = sizes.iter().enumerate();
            numbered.map(|(i, &len)| archive.vector(&format!("{name}.{i}"), len)).collect()
        };
        restore(learner, &read("state")?);
        let best = match archive.has("best.0") {
            true => read("best")?,
            false => Vec::new(),
        };
        Ok(Progress { history, best })
    }

    fn check_identity(&self, archive: &Archive) -> Result<()> {
        let saved = archive.header.get("run");
        for (name, ours) in &self.identity {
            let theirs = saved.and_then(|run| run.get(name)).unwrap_or(&Value::Null);
            if theirs != ours {
                return Err(archive.bad(format!(
                    "this checkpoint is of another run: its {name} is {theirs}, not {ours}; remove \
                     it to start again, or name another file"
                )));
            }
        }
        Ok(())
    }

    /// Saves if this epoch is due, and after the last.
    pub fn save_if_due(
        &self,
        learner: &mut impl Learner,
        progress: &Progress,
        last: bool,
    ) -> Result<()> {
        match last || progress.history.len().is_multiple_of(self.every) {
            true => self.save(learner, progress),
            false => Ok(()),
        }
    }

    fn save(&self, learner: &mut impl Learner, progress: &Progress) -> Result<()> {
        let state = learner.state();
        let named = |name: &'static str| move |i: usize| format!("{name}.{i}");
        let mut tensors: Vec<Tensor<'_>> = Vec::new();
        for (i, part) in state.iter().enumerate() {
            tensors.push(Tensor::f32(named("state")(i), part));
        }
        for (i, part) in progress.best.iter().enumerate() {
            tensors.push(Tensor::f32(named("best")(i), part));
        }
        let header = json!({"run": self.identity, "history": progress.history});
        store::write(&self.path, "checkpoint", &header, &tensors)?;
        Ok(())
    }
}
