//! Atomic writes: files appear complete or not at all.

use super::left::Listed;
use super::lock;
use crate::error::{Error, Remedy, Result};
use crate::watch;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Number of bytes written at once; the work can be stopped between pieces.
const PIECE: usize = 16 << 20;
/// Maximum number of links followed, as in the operating system.
const LINKS: usize = 40;
/// Time to wait for the other end of a pipe before checking for a stop.
const WAIT: Duration = Duration::from_millis(5);

/// Permissions of a new file. A file that replaces another keeps its mode and owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// As the umask allows.
    Usual,
    /// Readable by the owner alone, because the file holds user histories.
    Private,
}

/// Writes `bytes` to `path` through a temporary file in the same folder, flushed to disk before it is renamed. Links
/// are followed. Devices and pipes are written to directly.
///
/// # Errors
/// If the file cannot be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(path, Access::Usual, |file| file.write_all(bytes)).map(|_| ())
}

/// Writes like [`write_atomically`], for content produced piece by piece; returns the size of the file.
///
/// # Errors
/// If `fill` fails or the file cannot be written; `path` is then unchanged.
pub(crate) fn write_with(
    path: &Path,
    access: Access,
    fill: impl FnOnce(&mut Pending) -> std::io::Result<()>,
) -> Result<u64> {
    let mut pending = Pending::create(path, access)?;
    fill(&mut pending).map_err(|e| Error::io(path, e))?;
    pending.finish()
}

/// Checks, before the work is done, that [`write_atomically`] can write to `path`.
///
/// # Errors
/// If no file can be created there, or another process has locked the file.
pub fn check_writable(path: &Path) -> Result<()> {
    lock::check_free(path)?;
    match Place::of(path)? {
        Place::Through(_) => Ok(()),
        place => To::create(path, place, Access::Usual).map(|_| ()),
    }
}

/// Checks that a run does not overwrite `what` an earlier run left in the file `path`.
///
/// # Errors
/// If the file exists, unless this run is to `resume` that one.
pub fn check_new(path: &Path, what: &str, resume: bool) -> Result<()> {
    if path.metadata().is_ok_and(|about| !about.is_file() && !about.is_dir()) {
        let says = "is not a regular file; name another place";
        return Err(Error::io(path, std::io::Error::new(ErrorKind::InvalidInput, says)));
    }
    match path.exists() && !resume {
        true => Err(Error::data(path, None, format!("holds {what} already")).with(Remedy::Resume)),
        false => Ok(()),
    }
}

/// Creates `folder` and those that it is in, unless they exist. Names of new folders are flushed to disk.
///
/// # Errors
/// If a folder cannot be created.
pub fn create_folder(folder: &Path) -> Result<()> {
    let missing = folder.ancestors().take_while(|folder| {
        !folder.as_os_str().is_empty() && std::fs::symlink_metadata(folder).is_err()
    });
    let missing: Vec<&Path> = missing.collect();
    std::fs::create_dir_all(folder).map_err(|e| {
        let says = match e.kind() {
            ErrorKind::AlreadyExists => "is not a folder; name another place".into(),
            _ => format!("cannot create the folder: {e}"),
        };
        Error::io(folder, std::io::Error::new(e.kind(), says))
    })?;
    missing.iter().for_each(|folder| flush_names(folder_of(folder)));
    Ok(())
}

/// Flushes the names in a folder to disk. Some file systems cannot do this.
fn flush_names(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Returns the folder of `path`.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What is at a path, after following links.
pub(super) enum Place {
    /// Nothing.
    New(PathBuf),
    /// A file, which is replaced.
    File(PathBuf, Metadata),
    /// A device or a pipe, which is written to directly.
    Through(PathBuf),
}

impl Place {
    pub fn of(path: &Path) -> Result<Self> {
        let refuse = |kind, says: &str| Error::io(path, std::io::Error::new(kind, says.to_owned()));
        // The links of /dev/stdout and its like have no target that could be named.
        if std::fs::metadata(path).is_ok_and(|about| is_stream(&about)) {
            return Ok(Self::Through(path.to_owned()));
        }
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
            } else {
                let says = "this is neither a file nor a pipe; name a file";
                return Err(refuse(ErrorKind::InvalidInput, says));
            }
        }
        Err(refuse(ErrorKind::InvalidInput, "the link is circular; name a file"))
    }
}

/// Returns whether the file takes a stream of bytes: a pipe, or a device such as a terminal.
#[cfg(unix)]
fn is_stream(about: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    about.file_type().is_fifo() || about.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: &Metadata) -> bool {
    false
}

/// A file that appears at its path when it is finished, and leaves no trace if it never is.
#[derive(Debug)]
pub(crate) struct Pending {
    /// The requested path.
    path: PathBuf,
    to: To,
}

/// The destination of the bytes.
#[derive(Debug)]
enum To {
    /// A temporary file in the same folder, renamed to `place` in the end; `before` describes the file it replaces.
    Sibling {
        file: tempfile::NamedTempFile,
        place: PathBuf,
        before: Option<Metadata>,
        listed: Listed,
    },
    /// A device or a pipe.
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
        // A file that replaces another gets its mode in the end, and until then is private.
        if access == Access::Usual && before.is_none() {
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        // The original error would name the temporary file instead of the requested path.
        let file = builder
            .prefix(lock::PREFIX)
            .rand_bytes(lock::RANDOM)
            .suffix(lock::SUFFIX)
            .tempfile_in(folder)
            .map_err(|error| {
                let reason = match error.kind() {
                    ErrorKind::NotFound => format!("there is no folder {}", folder.display()),
                    _ => {
                        let told = error.to_string();
                        let told = told.rsplit_once(" at path ").map_or(&*told, |(told, _)| told);
                        format!("cannot write into {}: {told}", folder.display())
                    }
                };
                Error::io(path, std::io::Error::new(error.kind(), reason))
            })?;
        // An unlocked temporary file tells others that its writer is gone.
        let _ = file.as_file().try_lock();
        let listed = Listed::new(file.path());
        if let Some(before) = &before {
            check_replaceable(&place, before, file.as_file()).map_err(|e| Error::io(path, e))?;
        }
        Ok(Self::Sibling { file, place, before, listed })
    }
}

/// Opens a device, or a pipe as soon as it has a reader.
fn open_stream(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NONBLOCK);
    loop {
        watch::check();
        match options.open(path) {
            // ENXIO: the pipe has no reader yet.
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
    /// Starts a file for `path`.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub fn create(path: &Path, access: Access) -> Result<Self> {
        let to = To::create(path, Place::of(path)?, access)?;
        Ok(Self { path: path.to_owned(), to })
    }

    /// Flushes the file to disk and moves it to its path; returns its size in bytes.
    ///
    /// # Errors
    /// If the file system returns an error.
    pub fn finish(self) -> Result<u64> {
        let Self { path, to } = self;
        let fail = |e| Error::io(&path, e);
        match to {
            To::Stream { size, .. } => Ok(size),
            To::Sibling { file, place, before, listed } => {
                if let Some(before) = before {
                    keep_mode(file.as_file(), &before).map_err(fail)?;
                }
                file.as_file().sync_all().map_err(fail)?;
                let size = file.as_file().metadata().map_err(fail)?.len();
                match file.persist(&place) {
                    Ok(_) => {}
                    // A file that is mounted there, as containers do, cannot be replaced, but written to.
                    Err(e) if e.error.kind() == ErrorKind::ResourceBusy => {
                        overwrite(e.file.path(), &place).map_err(fail)?;
                    }
                    Err(e) => return Err(fail(e.error)),
                }
                drop(listed);
                flush_names(folder_of(&place));
                Ok(size)
            }
        }
    }
}

/// Replaces the content of `place` by that of the file `from`. The end is written first: if there is no room for it, the
/// old content stays.
fn overwrite(from: &Path, place: &Path) -> std::io::Result<()> {
    let (mut from, mut to) = (File::open(from)?, OpenOptions::new().write(true).open(place)?);
    let (old, new) = (to.metadata()?.len(), from.metadata()?.len());
    let end = [&mut from, &mut to]
        .into_iter()
        .try_for_each(|file| file.seek(SeekFrom::Start(old)).map(drop));
    let end = end.and_then(|()| std::io::copy(&mut from, &mut to)).and_then(|_| to.sync_all());
    if let Err(full) = end {
        to.set_len(old)?;
        return Err(full);
    }
    from.rewind()?;
    to.rewind()?;
    std::io::copy(&mut from.take(old), &mut to)?;
    to.set_len(new)?;
    to.sync_all()
}

/// Returns an error if the file at `place` can neither be replaced nor written to. `new` is a file in its folder.
#[cfg(unix)]
fn check_replaceable(place: &Path, before: &Metadata, new: &File) -> std::io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let refuse = |why: &str| {
        Err(std::io::Error::new(ErrorKind::PermissionDenied, format!("{why}; name another file")))
    };
    let opened = OpenOptions::new().write(true).open(place);
    // EPERM of a file that is immutable, and EROFS of one that is mounted so.
    match opened.as_ref().err().and_then(std::io::Error::raw_os_error) {
        Some(1) => return refuse("the file cannot be changed (it may be immutable, see `lsattr`)"),
        Some(30) => return refuse("the file is mounted for reading only"),
        _ => {}
    }
    let (folder, own) = (std::fs::metadata(folder_of(place))?, new.metadata()?.uid());
    if folder.mode() & 0o1000 != 0 && own != 0 && own != folder.uid() && own != before.uid() {
        return refuse(
            "the file belongs to another user, and in this folder (sticky bit) only they may replace it",
        );
    }
    if opened.is_err() && is_mounted(place) {
        return refuse("the file is mounted here and cannot be written to");
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_replaceable(_: &Path, _: &Metadata, _: &File) -> std::io::Result<()> {
    Ok(())
}

/// Returns whether the system says that something is mounted at `place`.
#[cfg(unix)]
fn is_mounted(place: &Path) -> bool {
    let Ok(place) = place.canonicalize() else { return false };
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let at = |line: &str| line.split(' ').nth(4).map(|at| at.replace("\\040", " "));
    mounts.lines().filter_map(at).any(|at| Path::new(&at) == place)
}

/// Gives `file` the mode of the file it replaces, and its owner and group if that is allowed.
fn keep_mode(file: &File, before: &Metadata) -> std::io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut))]
    let mut mode = before.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
        let now = file.metadata()?;
        let group = Some(before.gid());
        if (now.uid(), now.gid()) != (before.uid(), before.gid())
            && fchown(file, Some(before.uid()), group).is_err()
            && fchown(file, None, group).is_err()
        {
            // Another group must not get the permissions of the former one, but those of everybody.
            let everybody = (mode.mode() & 0o007) << 3;
            mode.set_mode(mode.mode() & (!0o070 | everybody));
        }
    }
    file.set_permissions(mode)
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let bytes = &bytes[..bytes.len().min(PIECE)];
        loop {
            watch::check();
            match &mut self.to {
                // The temporary file's own errors would name it instead of the requested path.
                To::Sibling { file, .. } => return file.as_file_mut().write(bytes),
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
            To::Sibling { file, .. } => file.as_file_mut().flush(),
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
        // Nobody else can read the new content before it has that mode.
        let pending = Pending::create(&path, Access::Usual).unwrap();
        let To::Sibling { file, .. } = &pending.to else { panic!("it is a file") };
        assert_eq!(mode(file.path()), 0o600);
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
        // A dangling link then points to the new file.
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
        assert!(told.contains("circular"), "{told}");
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(names.len(), 6, "nothing is left behind");
    }

    /// What the shell passes for `>(command)`: a link without a name that could be replaced.
    #[test]
    #[cfg(target_os = "linux")]
    fn an_open_pipe_is_written_to() {
        use std::os::fd::AsRawFd;
        let (mut reader, writer) = std::io::pipe().unwrap();
        let path = PathBuf::from(format!("/proc/self/fd/{}", writer.as_raw_fd()));
        write_atomically(&path, b"through").unwrap();
        drop(writer);
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "through");
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
}
