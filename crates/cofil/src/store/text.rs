//! Small text files: settings, ids, trials.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Reads a text file of at most `most` bytes; `-` is standard input.
///
/// # Errors
/// If the file cannot be read, is longer, or is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String> {
    let fail = |e| Error::io(path, e);
    let mut bytes = Vec::new();
    let input: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(File::open(path).map_err(fail)?),
    };
    input.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > most {
        let message = format!("is longer than {} MiB; name the right file", most >> 20);
        return Err(Error::data(path, None, message));
    }
    String::from_utf8(bytes).map_err(|e| {
        let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count() as u64;
        Error::data(path, Some(line), "is not valid UTF-8; save the file as UTF-8")
    })
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
}
