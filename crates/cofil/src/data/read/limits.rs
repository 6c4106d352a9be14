//! Limits on the input. Files beyond them are rejected with a message, so that no file, however it was made, takes
//! more memory than its size allows for. `docs/data.md` lists the limits.

use crate::error::Error;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Maximum length of a line in bytes, or of a row if quotes make it span several lines.
pub(super) use crate::store::LONGEST_LINE;
/// Maximum number of columns of a table, and of keys of a JSON object.
pub(super) const MOST_COLUMNS: usize = 1 << 16;
/// Maximum ratio of the size of a compressed file to its uncompressed size, beyond [`FREE`].
const EXPANSION: u64 = 100;
/// Uncompressed size in bytes that is always allowed.
const FREE: u64 = 32 << 20;
/// Maximum number of fields per value in a table of JSON lines, beyond [`FREE_FIELDS`].
const EMPTINESS: usize = 16;
/// Number of fields in a table of JSON lines that is always allowed, even if they are empty.
const FREE_FIELDS: usize = 1 << 24;

/// Returns an error for a table of more than [`MOST_COLUMNS`] columns.
pub(super) fn check_columns(count: usize) -> Result<(), String> {
    match count <= MOST_COLUMNS {
        true => Ok(()),
        false => Err(format!(
            "there are more than {MOST_COLUMNS} columns; write one row per user and item instead (is the \
             delimiter right?)"
        )),
    }
}

/// Returns an error for a table with hardly any values, because empty fields take memory too.
pub(super) fn check_emptiness(columns: usize, rows: usize, values: usize) -> Result<(), String> {
    match columns.saturating_mul(rows) <= EMPTINESS.saturating_mul(values) + FREE_FIELDS {
        true => Ok(()),
        false => Err(format!(
            "the lines have {columns} different keys, but each line has very few; give all lines the same keys"
        )),
    }
}

/// Returns an error for `packed` bytes of format `name` that claim to hold far more bytes or rows.
#[cfg(feature = "arrow")]
pub(super) fn check_unpacked(
    name: &str,
    packed: u64,
    unpacked: u64,
    rows: u64,
) -> Result<(), Beyond> {
    // A row takes some bytes of memory even if the file encodes a thousand equal ones in one byte.
    match unpacked.max(rows.saturating_mul(4)) <= most_unpacked(packed) {
        true => Ok(()),
        false => Err(Beyond::unpacked(name, EXPANSION)),
    }
}

fn most_unpacked(packed: u64) -> u64 {
    packed.saturating_mul(EXPANSION).saturating_add(FREE)
}

/// The error of a reader when a file exceeds a limit.
#[derive(Debug)]
pub(super) struct Beyond {
    /// Line, if it is known.
    pub line: Option<u64>,
    pub message: String,
}

impl Beyond {
    /// Returns the error for a line or row at `line` that is too long.
    pub fn line(line: Option<u64>) -> std::io::Error {
        let message = format!(
            "the line is longer than {} MiB; end each row with a line end (is the format right?)",
            LONGEST_LINE >> 20
        );
        std::io::Error::other(Self { line, message })
    }

    /// Returns the message for a row with quotes that is too long.
    pub fn row() -> String {
        format!(
            "the row is longer than {} MiB; close its quote, or double a quote that is part of a field",
            LONGEST_LINE >> 20
        )
    }

    fn unpacked(name: &str, times: u64) -> Self {
        let remedy = match name {
            "Parquet" | "Arrow" => "write it as CSV",
            _ => "unpack it first",
        };
        let message = format!(
            "the {name} data unpacks to more than {times} times its size, as a damaged or harmful file does; if \
             it is right, {remedy}"
        );
        Self { line: None, message }
    }

    /// Converts `error` to an error about `path` if a limit was exceeded.
    pub fn of(path: &Path, error: &std::io::Error) -> Option<Error> {
        let beyond = error.get_ref()?.downcast_ref::<Self>()?;
        Some(Error::data(path, beyond.line, beyond.message.clone()))
    }
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Beyond {}

/// Number of compressed bytes read so far.
pub(super) type Packed = Arc<AtomicU64>;

/// Reader of decompressed bytes that fails if they are too many for their compressed size.
pub(super) struct Unpacked<R> {
    input: R,
    name: &'static str,
    packed: Packed,
    unpacked: u64,
}

impl<R> Unpacked<R> {
    /// Creates a reader of `input`, the decompressed data; `packed` counts the compressed bytes, `name` is the
    /// compression.
    pub fn new(input: R, name: &'static str, packed: Packed) -> Self {
        Self { input, name, packed, unpacked: 0 }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(into)?;
        self.unpacked += read as u64;
        if self.unpacked > most_unpacked(self.packed.load(Ordering::Relaxed)) {
            return Err(std::io::Error::other(Beyond::unpacked(self.name, EXPANSION)));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_to_far_more_than_its_size_is_refused() {
        let packed = Packed::default();
        packed.store(1 << 20, Ordering::Relaxed);
        let most = most_unpacked(1 << 20);
        let mut bytes = Unpacked::new(std::io::repeat(1), "zstd", packed.clone());
        bytes.unpacked = most - 10;
        let mut piece = [0; 10];
        assert_eq!(bytes.read(&mut piece).unwrap(), 10);
        let error = bytes.read(&mut piece).unwrap_err();
        let told = Beyond::of(Path::new("t.zst"), &error).unwrap().to_string();
        assert!(told.starts_with("t.zst: the zstd data unpacks to more than 100 times"), "{told}");
        // A larger compressed size allows for more.
        packed.store(2 << 20, Ordering::Relaxed);
        assert_eq!(bytes.read(&mut piece).unwrap(), 10);
    }

    #[test]
    #[cfg(feature = "arrow")]
    fn claims_beyond_all_measure_are_refused() {
        let told = check_unpacked("Parquet", 1000, 1 << 40, 5).unwrap_err().to_string();
        assert!(
            told.contains("the Parquet data unpacks to more than 100 times its size"),
            "{told}"
        );
        assert!(check_unpacked("Arrow", 1000, 5000, 1 << 40).is_err());
        assert!(check_unpacked("Arrow", 1 << 20, 1 << 24, 1 << 20).is_ok());
    }

    #[test]
    fn tables_of_nothing_are_refused() {
        assert!(check_emptiness(20, 1_000_000, 2_000_000).is_ok());
        assert!(check_emptiness(60_000, 100_000, 200_000).is_err());
        assert!(check_columns(MOST_COLUMNS).is_ok() && check_columns(MOST_COLUMNS + 1).is_err());
    }
}
