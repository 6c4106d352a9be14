//! Lock files, so that one process at a time writes a file, and removal of temporary files left by killed processes.

use super::atomic::folder_of;
use crate::error::{Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Start and end of the names of temporary files, with random letters and digits between them.
pub(super) const PREFIX: &str = ".cofil-";
pub(super) const SUFFIX: &str = ".tmp";
/// Minimum age of a file to be removed: between creation and locking, a new file looks abandoned.
const SETTLED: Duration = Duration::from_secs(60);
/// Maximum number of names searched for abandoned files; an output folder has fewer.
const LOOKED_AT: usize = 10_000;

/// Removes temporary files of processes that were killed and so could not remove them.
pub(super) fn sweep(folder: &Path) {
    let Ok(names) = std::fs::read_dir(folder) else { return };
    for name in names.take(LOOKED_AT).flatten() {
        if !name.file_name().to_str().is_some_and(is_temporary) {
            continue;
        }
        let is_old = |file: &std::fs::Metadata| {
            let age = file.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
            file.is_file() && age.is_some_and(|age| age > SETTLED)
        };
        if !name.metadata().is_ok_and(|about| is_old(&about)) {
            continue;
        }
        let is_left = |file: File| file.try_lock().is_ok();
        if File::open(name.path()).is_ok_and(is_left) {
            let _ = std::fs::remove_file(name.path());
        }
    }
}

/// Returns whether a temporary file can have this name.
fn is_temporary(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(SUFFIX));
    random.is_some_and(|random| {
        !random.is_empty() && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// An exclusive lock for writing a file or into a folder: a lock file beside it, removed when this value is dropped. A
/// lock file left by a killed process does not block others.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Returns the error for a file that another process is writing.
    pub(crate) fn busy(path: &Path) -> Error {
        let says = "another process is writing it; wait for it, or name another place";
        Error::io(path, std::io::Error::new(ErrorKind::ResourceBusy, says))
    }

    /// Locks `path`, a file or an existing folder.
    ///
    /// # Errors
    /// If another process holds the lock, or the lock file cannot be created.
    pub fn take(path: &Path) -> Result<Self> {
        // A link is another name of the same place.
        let path = &super::inputs::resolved(path).unwrap_or_else(|| path.to_owned());
        let place = match (path.is_dir(), path.file_name()) {
            (false, Some(name)) => {
                let mut lock = std::ffi::OsString::from(".");
                lock.push(name);
                lock.push(".lock");
                folder_of(path).join(lock)
            }
            _ => path.join(".cofil.lock"),
        };
        loop {
            let mut options = OpenOptions::new();
            let file = options.write(true).create(true).truncate(false).open(&place);
            let file = file.map_err(|e| Error::io(path, e))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Self::busy(path)),
                // The file system has no locks; go on without.
                Err(TryLockError::Error(_)) => {}
            }
            // The previous owner may have removed the file between opening and locking.
            if is_at(&file, &place) {
                return Ok(Self { path: place, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Returns whether `file` is still the file at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let key = |about: std::fs::Metadata| (about.dev(), about.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(file), Ok(there)) => key(file) == key(there),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("file"), folder.path().to_owned()] {
            let first = Lock::take(&path).unwrap();
            let told = Lock::take(&path).unwrap_err().to_string();
            assert!(told.contains("another process is writing it"), "{told}");
            drop(first);
            drop(Lock::take(&path).unwrap());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no lock is left");
        #[cfg(unix)]
        {
            let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
            std::os::unix::fs::symlink("file", &link).unwrap();
            let first = Lock::take(&file).unwrap();
            assert!(Lock::take(&link).is_err(), "a link to what is locked");
            drop(first);
            std::fs::remove_file(link).unwrap();
        }
        // A lock file left by a killed process can be locked.
        std::fs::write(folder.path().join(".file.lock"), "").unwrap();
        Lock::take(&folder.path().join("file")).unwrap();
    }

    #[test]
    fn files_of_writers_that_are_gone_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, age: u64| {
            let path = folder.path().join(name);
            let file = File::create(&path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
            (path, file)
        };
        let (left, _) = make(".cofil-left.tmp", 100);
        let (new, _) = make(".cofil-new.tmp", 1);
        let others = ["other", ".cofil-notes.txt", ".cofil-my notes.tmp", ".cofil-.tmp"];
        let others = others.map(|name| make(name, 100).0);
        let (held, file) = make(".cofil-held.tmp", 100);
        file.lock().unwrap();
        sweep(folder.path());
        assert!(!left.exists() && new.exists() && held.exists());
        others.iter().for_each(|other| assert!(other.exists(), "{}", other.display()));
    }
}
