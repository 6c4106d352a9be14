//! Small text files: settings, ids, trials.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Maximum length of a line in bytes.
pub(crate) const LONGEST_LINE: usize = 16 << 20;

/// Reads a text file of at most `most` bytes; `-` is standard input.
///
/// # Errors
/// If the file cannot be read, is longer, or is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String> {
    let fail = |e| Error::io(path, e);
    let mut bytes = Vec::new();
    let input = open(path)?;
    input.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > most {
        return Err(too_long(path, most));
    }
    String::from_utf8(bytes).map_err(|e| {
        let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count() as u64;
        not_utf_8(path, line)
    })
}

/// Gives the lines of a text file of at most `most` bytes to `take`, without their ends and a byte-order mark; `-` is
/// standard input. It holds one line at a time, so an endless line or an endless file takes no more memory than what is
/// kept of it.
///
/// # Errors
/// If the file cannot be read, is longer, has a line of more than [`LONGEST_LINE`], or is not UTF-8, or if `take` returns
/// a message.
pub(crate) fn read_lines(
    path: &Path,
    most: u64,
    mut take: impl FnMut(&str) -> std::result::Result<(), String>,
) -> Result<()> {
    let mut input = BufReader::with_capacity(1 << 16, open(path)?.take(most.saturating_add(1)));
    let (mut bytes, mut read) = (Vec::new(), 0);
    for number in 1.. {
        bytes.clear();
        let mut line = (&mut input).take(LONGEST_LINE as u64 + 1);
        let length = line.read_until(b'\n', &mut bytes).map_err(|e| Error::io(path, e))?;
        if length == 0 {
            break;
        }
        read += length as u64;
        if length > LONGEST_LINE {
            let most = LONGEST_LINE >> 20;
            let message = format!("the line is longer than {most} MiB; name the right file");
            return Err(Error::data(path, Some(number), message));
        }
        if read > most {
            return Err(too_long(path, most));
        }
        let line = std::str::from_utf8(&bytes).map_err(|_| not_utf_8(path, number))?;
        let line =
            line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        let line = if number == 1 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        crate::watch::check();
        take(line).map_err(|message| Error::data(path, Some(number), message))?;
    }
    Ok(())
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    Ok(match path == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(File::open(path).map_err(|e| Error::io(path, e))?),
    })
}

fn too_long(path: &Path, most: u64) -> Error {
    Error::data(path, None, format!("is longer than {} MiB; name the right file", most >> 20))
}

fn not_utf_8(path: &Path, line: u64) -> Error {
    Error::data(path, Some(line), "is not valid UTF-8; save the file as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_longer_than_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        std::fs::write(&path, "é\n\n".repeat(10)).unwrap();
        assert_eq!(read_text(&path, 40).unwrap().lines().count(), 20);
        let told = read_text(&path, 39).unwrap_err().to_string();
        assert!(told.contains("is longer than"), "{told}");
        std::fs::write(&path, b"a\n\xff").unwrap();
        let told = read_text(&path, 39).unwrap_err().to_string();
        assert!(told.contains("t:2: is not valid UTF-8"), "{told}");
        #[cfg(unix)]
        assert!(read_text(Path::new("/dev/zero"), 1 << 20).is_err());
    }

    #[test]
    fn lines_are_read_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let read = |content: &[u8], most| {
            std::fs::write(&path, content).unwrap();
            let mut lines = Vec::new();
            read_lines(&path, most, |line| {
                lines.push(line.to_owned());
                if line == "bad" { Err("is bad".into()) } else { Ok(()) }
            })
            .map(|()| lines)
            .map_err(|error| error.to_string())
        };
        assert_eq!(read(b"\xef\xbb\xbfa\r\n\n\xef\xbb\xbfb", 99).unwrap(), ["a", "", "\u{feff}b"]);
        assert_eq!(read(b"", 99).unwrap(), Vec::<String>::new());
        assert_eq!(read(b"a\nb\n", 4).unwrap(), ["a", "b"]);
        for (content, most, told) in [
            (&b"a\nb\n"[..], 3, "is longer than"),
            (b"a\nbad\nc\n", 99, "t:2: is bad"),
            (b"a\n\xff\n", 99, "t:2: is not valid UTF-8"),
        ] {
            let error = read(content, most).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        #[cfg(unix)]
        {
            let error = read_lines(Path::new("/dev/zero"), 1 << 40, |_| Ok(())).unwrap_err();
            assert!(error.to_string().contains("/dev/zero:1: the line is longer than 16 MiB"));
        }
    }
}
