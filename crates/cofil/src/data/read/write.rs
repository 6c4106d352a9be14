//! Writing interactions so that reading them gives the same again.

use crate::data::Interactions;
use crate::error::{Error, Result};
use crate::store;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// What the ending of a file name asks for.
enum Target {
    Text { delimiter: char, packing: Packing },
}

enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Target {
    fn of(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let (stem, packing) = match name.rsplit_once('.') {
            Some((stem, "gz")) => (stem, Packing::Gzip),
            Some((stem, "zst")) => (stem, Packing::Zstd),
            _ => (name.as_str(), Packing::None),
        };
        match (stem.rsplit_once('.').map(|(_, ending)| ending), packing) {
            (Some("csv"), packing) => Ok(Self::Text { delimiter: ',', packing }),
            (Some("tsv"), packing) => Ok(Self::Text { delimiter: '\t', packing }),
            _ => Err(Error::data(
                path,
                None,
                "the ending does not tell the format; use .csv, .tsv (also with .gz or .zst)",
            )),
        }
    }
}

/// Writes `interactions` to `path` in the format of its ending: `.csv` or `.tsv`, packed if `.gz`
/// or `.zst` follows. The columns are user, item, value unless every value is 1, and time (unix
/// seconds) where there are times. The file appears whole or not at all; returns its bytes.
///
/// # Errors
/// If the ending is another or the file system refuses.
pub fn write(path: &Path, interactions: &Interactions) -> Result<u64> {
    let bytes = match Target::of(path)? {
        Target::Text { delimiter, packing } => {
            pack(text(interactions, delimiter).into_bytes(), &packing)
                .map_err(|e| Error::io(path, e))?
        }
    };
    store::write_atomically(path, &bytes)?;
    Ok(bytes.len() as u64)
}

fn pack(bytes: Vec<u8>, packing: &Packing) -> std::io::Result<Vec<u8>> {
    match packing {
        Packing::None => Ok(bytes),
        Packing::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&bytes)?;
            encoder.finish()
        }
        Packing::Zstd => zstd::stream::encode_all(bytes.as_slice(), 0),
    }
}

/// Whether values need a column of their own.
fn has_values(interactions: &Interactions) -> bool {
    interactions.value.iter().any(|&v| v != 1.0)
}

fn text(interactions: &Interactions, delimiter: char) -> String {
    let values = has_values(interactions);
    let mut out = String::with_capacity(24 * interactions.len() + 32);
    let mut names = vec!["user", "item"];
    names.extend(values.then_some("value"));
    names.extend(interactions.time.as_ref().map(|_| "time"));
    out += &names.join(&delimiter.to_string());
    out.push('\n');
    for at in 0..interactions.len() {
        field(&mut out, interactions.users.name(interactions.user[at]), delimiter);
        out.push(delimiter);
        field(&mut out, interactions.items.name(interactions.item[at]), delimiter);
        if values {
            write!(out, "{delimiter}{}", interactions.value[at]).expect("memory takes text");
        }
        if let Some(time) = &interactions.time {
            write!(out, "{delimiter}{}", time[at]).expect("memory takes text");
        }
        out.push('\n');
    }
    out
}

/// A name, in quotes where a reader could take it for something else.
fn field(out: &mut String, name: &str, delimiter: char) {
    let special = |c| matches!(c, '"' | '\n' | '\r' | ' ') || c == delimiter;
    if !name.contains(special) {
        out.push_str(name);
        return;
    }
    out.push('"');
    for part in name.split_inclusive('"') {
        out.push_str(part);
        if part.ends_with('"') {
            out.push('"');
        }
    }
    out.push('"');
}
