//! Files that must not be left behind if the process ends at once, without running the clean-up of its values: when
//! memory runs out.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Temporary files and locks of this process.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes temporary files and locks of this process, which must end next. Never waits.
pub fn remove_unfinished() {
    if let Ok(paths) = UNFINISHED.try_lock() {
        for path in &*paths {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Lists a file until it is dropped.
#[derive(Debug)]
pub(super) struct Listed(PathBuf);

impl Listed {
    pub fn new(path: &Path) -> Self {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
        Self(path.to_owned())
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut paths = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        paths.retain(|path| *path != self.0);
    }
}
