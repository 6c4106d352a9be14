//! Lock files, so that one process at a time writes a file, and removal of temporary files left by killed processes.

use super::atomic::{Place, folder_of};
use super::left::Listed;
use crate::error::{Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Start and end of the names of temporary files, with random letters and digits between them.
pub(super) const PREFIX: &str = ".cofil-";
pub(super) const SUFFIX: &str = ".tmp";
/// Number of these letters and digits.
pub(super) const RANDOM: usize = 6;
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
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// An exclusive lock for writing a file or into a folder: a lock file beside it, removed when this value is dropped. A
/// lock file left by a killed process does not block others.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
    _listed: Listed,
}

/// Longest name of a file that is part of the name of its lock file; the system limits names to 255 bytes.
const LONGEST_NAME: usize = 240;

/// Returns the lock file of `path`.
fn place(path: &Path) -> PathBuf {
    match (path.is_dir(), path.file_name()) {
        (false, Some(name)) => {
            let mut lock = std::ffi::OsString::from(".");
            match name.len() {
                ..=LONGEST_NAME => lock.push(name),
                _ => lock.push(blake3::hash(name.as_encoded_bytes()).to_hex().as_str()),
            }
            lock.push(".lock");
            folder_of(path).join(lock)
        }
        _ => path.join(".cofil.lock"),
    }
}

/// Returns `path` without links, which are other names of the same place.
fn resolved(path: &Path) -> PathBuf {
    super::inputs::resolved(path).unwrap_or_else(|| path.to_owned())
}

/// Opens a lock file. A pipe or a device, which could wait for ever, is refused, and so is a file with content, which is
/// somebody's.
fn open(path: &Path, place: &Path, create: bool) -> Result<File> {
    let refuse = |what: &str| {
        let says = format!("its lock {} {what}; remove or rename it", place.display());
        Err(Error::io(path, std::io::Error::new(ErrorKind::InvalidInput, says)))
    };
    match std::fs::symlink_metadata(place) {
        Ok(about) if !about.is_file() => return refuse("is not a regular file"),
        Ok(about) if about.len() > 0 => return refuse("is a file with content"),
        _ => {}
    }
    let file = OpenOptions::new().write(true).create(create).truncate(false).open(place);
    file.map_err(|e| Error::io(path, e))
}

/// Checks that no other process has locked `path`.
pub(super) fn check_free(path: &Path) -> Result<()> {
    let path = &resolved(path);
    let place = place(path);
    if !place.exists() {
        return Ok(());
    }
    match open(path, &place, false)?.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Lock::busy(path)),
        _ => Ok(()),
    }
}

impl Lock {
    /// Returns the error for a file that another process is writing.
    pub(crate) fn busy(path: &Path) -> Error {
        let says = "another process is writing it; wait for it, or name another place";
        Error::io(path, std::io::Error::new(ErrorKind::ResourceBusy, says))
    }

    /// Locks an output that is made from what is there now, such as a model that is updated in place; none if it is a
    /// device or a pipe.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn output(path: &Path) -> Result<Option<Self>> {
        match Place::of(path)? {
            Place::Through(_) => Ok(None),
            Place::New(_) | Place::File(..) => Self::take(path).map(Some),
        }
    }

    /// Locks `path`, a file or an existing folder.
    ///
    /// # Errors
    /// If another process holds the lock, or the lock file cannot be created.
    pub fn take(path: &Path) -> Result<Self> {
        let path = &resolved(path);
        let place = place(path);
        loop {
            let file = open(path, &place, true)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Self::busy(path)),
                // The file system has no locks; go on without.
                Err(TryLockError::Error(_)) => {}
            }
            // The previous owner may have removed the file between opening and locking.
            if is_at(&file, &place) {
                let listed = Listed::new(&place);
                return Ok(Self { path: place, _file: file, _listed: listed });
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
        // A file with content that has the name of a lock is no lock.
        let (file, other) = (folder.path().join("file"), folder.path().join(".file.lock"));
        std::fs::write(&other, "user,item\n").unwrap();
        for told in [Lock::take(&file).unwrap_err(), check_free(&file).unwrap_err()] {
            assert!(told.to_string().contains("is a file with content"), "{told}");
        }
        assert!(other.exists());
        std::fs::remove_file(other).unwrap();
        #[cfg(unix)]
        {
            let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
            std::os::unix::fs::symlink("file", &link).unwrap();
            let first = Lock::take(&file).unwrap();
            assert!(Lock::take(&link).is_err(), "a link to what is locked");
            drop(first);
            std::fs::remove_file(link).unwrap();
        }
        // Outputs of others are refused while it is locked, and places without a file can be locked.
        let file = folder.path().join("output");
        let first = Lock::output(&file).unwrap();
        let busy = super::super::check_writable(&file).unwrap_err().to_string();
        assert!(first.is_some() && busy.contains("another process is writing it"), "{busy}");
        drop(first);
        super::super::check_writable(&file).unwrap();
        drop(Lock::take(&folder.path().join("x".repeat(255))).unwrap());
        assert!(Lock::output(Path::new("/dev/null")).unwrap().is_none());
        #[cfg(unix)]
        {
            let lock = folder.path().join(".odd.lock");
            std::os::unix::net::UnixListener::bind(&lock).unwrap();
            let told = Lock::take(&folder.path().join("odd")).unwrap_err().to_string();
            assert!(told.contains("is not a regular file"), "{told}");
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
        let (left, _) = make(".cofil-l3ftXY.tmp", 100);
        let (new, _) = make(".cofil-newone.tmp", 1);
        let others =
            ["other", ".cofil-notes.txt", ".cofil-my note.tmp", ".cofil-old.tmp", ".cofil-.tmp"];
        let others = others.map(|name| make(name, 100).0);
        let (held, file) = make(".cofil-heldby.tmp", 100);
        file.lock().unwrap();
        sweep(folder.path());
        assert!(!left.exists() && new.exists() && held.exists());
        others.iter().for_each(|other| assert!(other.exists(), "{}", other.display()));
    }
}
