//! Files that appear whole or not at all.

use crate::error::{Error, Result};
use crate::watch;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Bytes written at once: between such pieces the work can be stopped.
const PIECE: usize = 16 << 20;

/// Puts `bytes` at `path` through a temporary sibling, flushed to the disk before the rename.
///
/// # Errors
/// If the file system refuses.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(path, |file| file.write_all(bytes)).map(|_| ())
}

/// [`write_atomically`] for what is produced piece by piece; returns the size of the file.
///
/// # Errors
/// If `fill` fails or the file system refuses; `path` is then as it was.
pub(crate) fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut Pending) -> std::io::Result<()>,
) -> Result<u64> {
    let mut pending = Pending::create(path)?;
    fill(&mut pending).map_err(|e| Error::io(path, e))?;
    pending.finish()
}

/// Refuses a place where [`write_atomically`] would fail, before the work is done.
///
/// # Errors
/// If no file can be made there.
pub fn check_writable(path: &Path) -> Result<()> {
    Pending::create(path).map(|_| ())
}

/// A file that takes its place when it is finished, and leaves no trace if it never is.
#[derive(Debug)]
pub(crate) struct Pending {
    path: PathBuf,
    file: tempfile::NamedTempFile,
}

impl Pending {
    /// Begins the file that is to stand at `path`.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn create(path: &Path) -> Result<Self> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let fail = |kind, message: String| Error::io(path, std::io::Error::new(kind, message));
        if path.is_dir() {
            let message = "this is a folder; name a file in it".into();
            return Err(fail(std::io::ErrorKind::IsADirectory, message));
        }
        let mut builder = tempfile::Builder::new();
        // What others may read is for the umask to say, as with any new file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // The error of the temporary file would name that file instead of the one asked for.
        let file = builder.prefix(".cofil-").tempfile_in(folder).map_err(|error| {
            let reason = match error.kind() {
                std::io::ErrorKind::NotFound => format!("there is no folder {}", folder.display()),
                kind => format!("cannot write into {}: {kind}", folder.display()),
            };
            fail(error.kind(), reason)
        })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Where it is to stand.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Flushes it to the disk and puts it in its place; returns its bytes.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn finish(self) -> Result<u64> {
        let Self { path, file } = self;
        let fail = |e| Error::io(&path, e);
        file.as_file().sync_all().map_err(fail)?;
        let size = file.as_file().metadata().map_err(fail)?.len();
        file.persist(&path).map_err(|e| fail(e.error))?;
        Ok(size)
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        watch::check();
        self.file.write(&bytes[..bytes.len().min(PIECE)])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
