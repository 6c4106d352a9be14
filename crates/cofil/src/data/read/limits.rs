//! How much of a file is taken at a time. What is beyond is refused in words, so that no file, however it was made,
//! takes more memory than its size allows for. `docs/data.md` lists the limits.

use crate::error::Error;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of the longest line; of the longest row, where quotes make it go over several lines.
pub(super) const LONGEST_LINE: usize = 16 << 20;
/// Columns of the widest table, and keys of the largest JSON object.
pub(super) const MOST_COLUMNS: usize = 1 << 16;
/// How many times its size a packed file may unpack to, beside [`FREE`].
const EXPANSION: u64 = 200;
/// Bytes that any packed file may unpack to.
const FREE: u64 = 256 << 20;
/// Fields of a table of JSON lines for each value that is there, beside [`FREE_FIELDS`].
const EMPTINESS: usize = 16;
/// Fields of a table of JSON lines, whether there is anything in them or not.
const FREE_FIELDS: usize = 1 << 24;

/// Refuses a table of more than [`MOST_COLUMNS`] columns.
pub(super) fn check_columns(count: usize) -> Result<(), String> {
    match count <= MOST_COLUMNS {
        true => Ok(()),
        false => Err(format!(
            "there are more than {MOST_COLUMNS} columns; write a row for each user and item instead (is the \
             delimiter right?)"
        )),
    }
}

/// Refuses a table that is next to nothing but fields without a value, which take memory as well.
pub(super) fn check_emptiness(columns: usize, rows: usize, values: usize) -> Result<(), String> {
    match columns.saturating_mul(rows) <= EMPTINESS.saturating_mul(values) + FREE_FIELDS {
        true => Ok(()),
        false => Err(format!(
            "the lines have {columns} different keys, of which each has next to none; give all lines the same keys"
        )),
    }
}

/// Refuses a Parquet file of `size` bytes that says it holds this much more.
#[cfg(feature = "arrow")]
pub(super) fn check_parquet(
    path: &Path,
    size: u64,
    unpacked: u64,
    rows: u64,
) -> crate::error::Result<()> {
    // A row takes some bytes of memory even where the file says in one byte that a thousand are alike.
    match unpacked.max(rows.saturating_mul(4)) <= most_unpacked(size) {
        true => Ok(()),
        false => {
            let message = Beyond::unpacked("Parquet", EXPANSION).message;
            Err(Error::data(path, None, message))
        }
    }
}

fn most_unpacked(packed: u64) -> u64 {
    packed.saturating_mul(EXPANSION).saturating_add(FREE)
}

/// A file is beyond a limit: what a reader answers in place of bytes.
#[derive(Debug)]
pub(super) struct Beyond {
    /// Line, where it is known.
    pub line: Option<u64>,
    pub message: String,
}

impl Beyond {
    /// The line or the row at `line` is too long.
    pub fn line(line: Option<u64>) -> std::io::Error {
        let message = format!(
            "the line is longer than {} MiB; end each row with a line end (is the format right?)",
            LONGEST_LINE >> 20
        );
        std::io::Error::other(Self { line, message })
    }

    /// What to say of a row with quotes that is too long.
    pub fn row() -> String {
        format!(
            "the row is longer than {} MiB; close its quote, or put two for one that stands in a field",
            LONGEST_LINE >> 20
        )
    }

    fn unpacked(name: &str, times: u64) -> Self {
        let message = format!(
            "the {name} data unpacks to more than {times} times its size, as a damaged or harmful file does; if \
             it is right, unpack it first"
        );
        Self { line: None, message }
    }

    /// What `error` says of a file, if it is of this kind.
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

/// How many packed bytes were read so far.
pub(super) type Packed = Arc<AtomicU64>;

/// The bytes of something packed, as long as they are not too many for it.
pub(super) struct Unpacked<R> {
    input: R,
    name: &'static str,
    packed: Packed,
    unpacked: u64,
}

impl<R> Unpacked<R> {
    /// `input` unpacks what `packed` counts the bytes of and is called `name`.
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
        assert!(told.starts_with("t.zst: the zstd data unpacks to more than 200 times"), "{told}");
        // More that is packed allows for more.
        packed.store(2 << 20, Ordering::Relaxed);
        assert_eq!(bytes.read(&mut piece).unwrap(), 10);
    }

    #[test]
    fn tables_of_nothing_are_refused() {
        assert!(check_emptiness(20, 1_000_000, 2_000_000).is_ok());
        assert!(check_emptiness(60_000, 100_000, 200_000).is_err());
        assert!(check_columns(MOST_COLUMNS).is_ok() && check_columns(MOST_COLUMNS + 1).is_err());
    }
}
