//! Files that appear whole or not at all.

use super::lock;
use crate::error::{Error, Result};
use crate::watch;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes written at once: between such pieces the work can be stopped.
const PIECE: usize = 16 << 20;
/// Links that are followed, as the system does.
const LINKS: usize = 40;
/// How long to wait for the other end of a pipe before asking whether to stop.
const WAIT: Duration = Duration::from_millis(5);

/// Who may read a file that is new. One that takes the place of another has its mode and owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever the umask allows, as with any new file.
    Usual,
    /// Its owner alone: it holds what people have.
    Private,
}

/// Puts `bytes` at `path` through a temporary sibling, flushed to the disk before the rename. A link is
/// followed; a device or a pipe is written to as it is.
///
/// # Errors
/// If the file system refuses.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(path, Access::Usual, |file| file.write_all(bytes)).map(|_| ())
}

/// [`write_atomically`] for what is produced piece by piece; returns the size of the file.
///
/// # Errors
/// If `fill` fails or the file system refuses; `path` is then as it was.
pub(crate) fn write_with(
    path: &Path,
    access: Access,
    fill: impl FnOnce(&mut Pending) -> std::io::Result<()>,
) -> Result<u64> {
    let mut pending = Pending::create(path, access)?;
    fill(&mut pending).map_err(|e| Error::io(path, e))?;
    pending.finish()
}

/// Refuses a place where [`write_atomically`] would fail, before the work is done.
///
/// # Errors
/// If no file can be made there.
pub fn check_writable(path: &Path) -> Result<()> {
    match Place::of(path)? {
        Place::Through(_) => Ok(()),
        place => To::create(path, place, Access::Usual).map(|_| ()),
    }
}

/// Refuses to write `output` over one of `inputs`, which are read before; `-` is nobody's file.
///
/// # Errors
/// If two of them are one file, by whatever names.
pub fn check_not_input<'a>(
    output: &Path,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> Result<()> {
    let same = |input: &&Path| is_same_file(output, input);
    match inputs.into_iter().filter(|input| *input != Path::new("-")).find(same) {
        None => Ok(()),
        Some(input) => {
            let message = match input == output {
                true => {
                    "is read by this command and would be written over; name another output".into()
                }
                false => format!(
                    "is the same file as {}, which this command reads; name another output",
                    input.display()
                ),
            };
            Err(Error::io(output, std::io::Error::new(ErrorKind::AlreadyExists, message)))
        }
    }
}

/// Whether two paths are one file, there or yet to be made.
fn is_same_file(a: &Path, b: &Path) -> bool {
    match (std::fs::metadata(a), std::fs::metadata(b)) {
        // Devices are read and written to without losing anything.
        (Ok(a), Ok(b)) if !a.is_file() || !b.is_file() => false,
        #[cfg(unix)]
        (Ok(a), Ok(b)) => {
            use std::os::unix::fs::MetadataExt;
            (a.dev(), a.ino()) == (b.dev(), b.ino())
        }
        #[cfg(not(unix))]
        (Ok(_), Ok(_)) => std::fs::canonicalize(a).ok() == std::fs::canonicalize(b).ok(),
        (Err(_), Err(_)) => {
            let place = |path: &Path| {
                Some((std::fs::canonicalize(folder_of(path)).ok()?, path.file_name()?.to_owned()))
            };
            place(a).is_some_and(|a| Some(a) == place(b))
        }
        _ => false,
    }
}

/// The folder in which `path` stands.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What stands at a path, links followed.
enum Place {
    /// Nothing.
    New(PathBuf),
    /// A file, which is replaced.
    File(PathBuf, Metadata),
    /// A device or a pipe, which is written to.
    Through(PathBuf),
}

impl Place {
    fn of(path: &Path) -> Result<Self> {
        let refuse = |kind, says: &str| Error::io(path, std::io::Error::new(kind, says.to_owned()));
        let mut place = path.to_owned();
        for _ in 0..LINKS {
            let about = match std::fs::symlink_metadata(&place) {
                Ok(about) => about,
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Self::New(place)),
                Err(e) => return Err(Error::io(path, e)),
            };
            if about.is_symlink() {
                let to = std::fs::read_link(&place).map_err(|e| Error::io(path, e))?;
                place = folder_of(&place).join(to);
            } else if about.is_dir() {
                let says = "this is a folder; name a file in it";
                return Err(refuse(ErrorKind::IsADirectory, says));
            } else if about.is_file() {
                return Ok(Self::File(place, about));
            } else if is_stream(&about) {
                return Ok(Self::Through(place));
            } else {
                let says = "this is neither a file nor a pipe; name a file";
                return Err(refuse(ErrorKind::InvalidInput, says));
            }
        }
        Err(refuse(ErrorKind::InvalidInput, "the links go round in a circle; name a file"))
    }
}

/// Whether bytes can be written to it one after another: a pipe, or a device such as a terminal.
#[cfg(unix)]
fn is_stream(about: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    about.file_type().is_fifo() || about.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: &Metadata) -> bool {
    false
}

/// A file that takes its place when it is finished, and leaves no trace if it never is.
#[derive(Debug)]
pub(crate) struct Pending {
    /// As it was asked for.
    path: PathBuf,
    to: To,
}

/// Where bytes go.
#[derive(Debug)]
enum To {
    /// To a sibling, which is renamed to `place` in the end; `before` is the file it replaces.
    Sibling { file: tempfile::NamedTempFile, place: PathBuf, before: Option<Metadata> },
    /// To a device or a pipe.
    Stream { file: File, size: u64 },
}

impl To {
    fn create(path: &Path, place: Place, access: Access) -> Result<Self> {
        let (place, before) = match place {
            Place::New(place) => (place, None),
            Place::File(place, before) => (place, Some(before)),
            Place::Through(place) => {
                let file = open_stream(&place).map_err(|e| Error::io(path, e))?;
                return Ok(Self::Stream { file, size: 0 });
            }
        };
        let folder = folder_of(&place);
        lock::sweep(folder);
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        if access == Access::Usual {
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        // The error of the temporary file would name that file instead of the one asked for.
        let file = builder.prefix(lock::PREFIX).tempfile_in(folder).map_err(|error| {
            let reason = match error.kind() {
                ErrorKind::NotFound => format!("there is no folder {}", folder.display()),
                kind => format!("cannot write into {}: {kind}", folder.display()),
            };
            Error::io(path, std::io::Error::new(error.kind(), reason))
        })?;
        // Whoever finds it unlocked knows that its writer is gone.
        let _ = file.as_file().try_lock();
        Ok(Self::Sibling { file, place, before })
    }
}

/// Opens a device, or a pipe as soon as somebody reads from it.
fn open_stream(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NONBLOCK);
    loop {
        watch::check();
        match options.open(path) {
            // ENXIO: nobody reads from the pipe yet.
            Err(e) if e.raw_os_error() == Some(6) => std::thread::sleep(WAIT),
            done => return done,
        }
    }
}

/// O_NONBLOCK, so that the work can be stopped while a pipe is full.
#[cfg(any(target_os = "linux", target_os = "android"))]
const NONBLOCK: i32 = 0o4000;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
const NONBLOCK: i32 = 0x4;

impl Pending {
    /// Begins the file that is to stand at `path`.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn create(path: &Path, access: Access) -> Result<Self> {
        let to = To::create(path, Place::of(path)?, access)?;
        Ok(Self { path: path.to_owned(), to })
    }

    /// Flushes it to the disk and puts it in its place; returns its bytes.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn finish(self) -> Result<u64> {
        let Self { path, to } = self;
        let fail = |e| Error::io(&path, e);
        match to {
            To::Stream { size, .. } => Ok(size),
            To::Sibling { file, place, before } => {
                if let Some(before) = before {
                    keep_mode(file.as_file(), &before).map_err(fail)?;
                }
                file.as_file().sync_all().map_err(fail)?;
                let size = file.as_file().metadata().map_err(fail)?.len();
                file.persist(&place).map_err(|e| fail(e.error))?;
                // The name is on the disk, too. Some file systems cannot do this for folders.
                if let Ok(folder) = File::open(folder_of(&place)) {
                    let _ = folder.sync_all();
                }
                Ok(size)
            }
        }
    }
}

/// Gives `file` the mode of the one it replaces, and its owner where that is allowed.
fn keep_mode(file: &File, before: &Metadata) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let now = file.metadata()?;
        if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
            // Whoever may not give files away keeps them.
            let _ = fchown(file, Some(before.uid()), Some(before.gid()));
        }
    }
    file.set_permissions(before.permissions())
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let bytes = &bytes[..bytes.len().min(PIECE)];
        loop {
            watch::check();
            match &mut self.to {
                To::Sibling { file, .. } => return file.write(bytes),
                To::Stream { file, size } => match file.write(bytes) {
                    Err(e) if e.kind() == ErrorKind::WouldBlock => std::thread::sleep(WAIT),
                    done => {
                        *size += *done.as_ref().unwrap_or(&0) as u64;
                        return done;
                    }
                },
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.to {
            To::Sibling { file, .. } => file.flush(),
            To::Stream { file, .. } => file.flush(),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn the_mode_of_a_replaced_file_is_kept() {
        let folder = folder();
        let path = folder.path().join("a");
        for wanted in [0o600, 0o640, 0o444, 0o755] {
            std::fs::write(&path, "old").unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(wanted)).unwrap();
            write_atomically(&path, b"new").unwrap();
            assert_eq!((mode(&path), std::fs::read(&path).unwrap()), (wanted, b"new".to_vec()));
            std::fs::remove_file(&path).unwrap();
        }
        write_with(&path, Access::Private, |file| file.write_all(b"ours")).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("far")).unwrap();
        std::fs::write(at("far/file"), "old").unwrap();
        symlink("far/file", at("link")).unwrap();
        symlink("link", at("second")).unwrap();
        write_atomically(&at("second"), b"new").unwrap();
        assert!(at("second").is_symlink() && at("link").is_symlink());
        assert_eq!(std::fs::read(at("far/file")).unwrap(), b"new");
        // A link to nothing becomes one to the file.
        symlink("far/none", at("dangling")).unwrap();
        check_writable(&at("dangling")).unwrap();
        write_atomically(&at("dangling"), b"made").unwrap();
        assert!(at("dangling").is_symlink());
        assert_eq!(std::fs::read(at("far/none")).unwrap(), b"made");
        symlink("nowhere/none", at("lost")).unwrap();
        let told = write_atomically(&at("lost"), b"").unwrap_err().to_string();
        assert!(told.contains("lost") && told.contains("there is no folder"), "{told}");
        symlink("round", at("round")).unwrap();
        let told = write_atomically(&at("round"), b"").unwrap_err().to_string();
        assert!(told.contains("circle"), "{told}");
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(names.len(), 6, "nothing is left behind");
    }

    #[test]
    fn devices_and_pipes_are_written_to() {
        write_atomically(Path::new("/dev/null"), b"gone").unwrap();
        let about = std::fs::metadata("/dev/null").unwrap();
        assert!(is_stream(&about), "it is a device still");
        let folder = folder();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        check_writable(&pipe).unwrap();
        let reader = {
            let pipe = pipe.clone();
            std::thread::spawn(move || std::fs::read(pipe).unwrap())
        };
        let bytes: Vec<u8> = (0..300_000_u32).map(|i| i as u8).collect();
        write_atomically(&pipe, &bytes).unwrap();
        assert!(reader.join().unwrap() == bytes, "all of it, in order");
        assert!(is_stream(&std::fs::metadata(&pipe).unwrap()));
        let told = write_atomically(Path::new("/dev/full"), b"x").unwrap_err().to_string();
        assert!(told.contains("/dev/full"), "{told}");
    }

    #[test]
    fn an_output_that_is_an_input_is_refused() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("t.csv"), "x").unwrap();
        std::fs::hard_link(at("t.csv"), at("twin")).unwrap();
        symlink("t.csv", at("link")).unwrap();
        std::fs::create_dir(at("sub")).unwrap();
        let input = at("t.csv");
        for output in [at("t.csv"), at("twin"), at("link"), at("sub/../t.csv")] {
            assert!(check_not_input(&output, [&*input]).is_err(), "{}", output.display());
        }
        for output in [at("new"), at("sub/t.csv"), PathBuf::from("/dev/null")] {
            check_not_input(&output, [&*input, Path::new("-")]).unwrap();
        }
        // Two outputs that are not there yet.
        assert!(check_not_input(&at("new"), [&*at("sub/../new")]).is_err());
        assert!(check_not_input(&at("new"), [&*at("sub/new")]).is_ok());
    }
}
