//! Protection of inputs: no output may overwrite what the same command reads.

use super::atomic::{Place, folder_of};
use crate::error::{Error, Result};
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Checks that writing `output` would not overwrite one of `inputs`: a file, existing or not; any file of a folder,
/// which is read as one table; or, for `-`, the file that standard input comes from.
///
/// # Errors
/// If it would, even under another name.
pub fn check_not_input<'a>(
    output: &Path,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> Result<()> {
    match inputs.into_iter().find_map(|input| clash(output, input)) {
        None => Ok(()),
        Some(what) => {
            let message = format!("{what}; name another output");
            Err(Error::io(output, std::io::Error::new(ErrorKind::AlreadyExists, message)))
        }
    }
}

/// Says why `output` must not be written if `input` is read.
fn clash(output: &Path, input: &Path) -> Option<String> {
    if input == Path::new("-") {
        let says = "is what standard input reads and would be overwritten";
        is_standard_input(output).then(|| says.into())
    } else if input.is_dir() {
        let says = || format!("is in the folder {}, which this command reads", input.display());
        is_within(output, input).then(says)
    } else if !is_same_file(output, input) {
        None
    } else if output == input {
        Some("is also read or written by this command and would be overwritten".into())
    } else {
        let input = input.display();
        Some(format!("is the same file as {input}, which this command reads or writes"))
    }
}

/// Returns whether two paths are the same file, existing or not.
fn is_same_file(a: &Path, b: &Path) -> bool {
    match (std::fs::metadata(a), std::fs::metadata(b)) {
        // Writing to a device does not overwrite what was read from it.
        (Ok(a), Ok(b)) if !a.is_file() || !b.is_file() => false,
        #[cfg(unix)]
        (Ok(a), Ok(b)) => is_same(&a, &b),
        #[cfg(not(unix))]
        (Ok(_), Ok(_)) => std::fs::canonicalize(a).ok() == std::fs::canonicalize(b).ok(),
        (Err(_), Err(_)) => resolved(a).is_some_and(|a| Some(a) == resolved(b)),
        _ => false,
    }
}

/// Returns whether `path` is, or would be, a file in `folder` or a folder in it, or is another name of a file there.
fn is_within(path: &Path, folder: &Path) -> bool {
    let is_below = || Some(resolved(path)?.starts_with(std::fs::canonicalize(folder).ok()?));
    let mut files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    is_below() == Some(true) || files.any(|file| is_same_file(path, &file.path()))
}

/// Checks that standard output does not go to `input`, a file or `-`, which would grow while it is read.
///
/// # Errors
/// If it does.
pub fn check_not_standard_output(input: &Path) -> Result<()> {
    let is_it = match input == Path::new("-") {
        true => are_same_streams(),
        false => is_stream_of(std::io::stdout(), input),
    };
    match is_it {
        false => Ok(()),
        true => {
            let message =
                "standard output goes to this file, which this command reads; name another output";
            Err(Error::io(input, std::io::Error::new(ErrorKind::AlreadyExists, message)))
        }
    }
}

/// Returns whether `path` is the file that standard input comes from.
fn is_standard_input(path: &Path) -> bool {
    is_stream_of(std::io::stdin(), path)
}

/// Returns whether `stream` is the regular file `path`.
#[cfg(unix)]
fn is_stream_of(stream: impl std::os::fd::AsFd, path: &Path) -> bool {
    match (about(stream), std::fs::metadata(path)) {
        (Some(stream), Ok(there)) => stream.is_file() && is_same(&stream, &there),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_stream_of<T>(_: T, _: &Path) -> bool {
    false
}

/// Returns whether standard input and output are one regular file.
#[cfg(unix)]
fn are_same_streams() -> bool {
    let streams = (about(std::io::stdin()), about(std::io::stdout()));
    matches!(streams, (Some(from), Some(to)) if from.is_file() && is_same(&from, &to))
}

#[cfg(not(unix))]
fn are_same_streams() -> bool {
    false
}

#[cfg(unix)]
fn about(stream: impl std::os::fd::AsFd) -> Option<Metadata> {
    let own = stream.as_fd().try_clone_to_owned().ok()?;
    std::fs::File::from(own).metadata().ok()
}

#[cfg(unix)]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Returns the absolute path of a file, existing or not, to which links lead.
pub(super) fn resolved(path: &Path) -> Option<PathBuf> {
    let (Place::New(place) | Place::File(place, _) | Place::Through(place)) =
        Place::of(path).ok()?;
    Some(std::fs::canonicalize(folder_of(&place)).ok()?.join(place.file_name()?))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn an_output_that_is_an_input_is_refused() {
        let folder = tempfile::tempdir().unwrap();
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
        // Two outputs that do not exist yet, one of them named by a link.
        symlink("new", at("dangling")).unwrap();
        for second in ["sub/../new", "dangling"] {
            assert!(check_not_input(&at("new"), [&*at(second)]).is_err(), "{second}");
            assert!(check_not_input(&at(second), [&*at("new")]).is_err(), "{second}");
        }
        assert!(check_not_input(&at("new"), [&*at("sub/new")]).is_ok());
    }

    #[test]
    fn a_folder_stands_for_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("parts/day=1")).unwrap();
        std::fs::write(at("parts/0.csv"), "x").unwrap();
        std::fs::hard_link(at("parts/0.csv"), at("twin")).unwrap();
        symlink("parts", at("link")).unwrap();
        let parts = at("parts");
        let inside = ["parts/0.csv", "parts/new", "parts/day=1/new", "link/new", "twin"];
        for output in inside {
            let told = check_not_input(&at(output), [&*parts]).unwrap_err().to_string();
            assert!(told.contains("is in the folder"), "{told}");
        }
        for output in ["new", "parts2"] {
            check_not_input(&at(output), [&*parts]).unwrap();
        }
    }
}
