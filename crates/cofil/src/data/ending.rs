//! Output format and compression, from the extension of a file name.

use crate::error::{Error, Result};
use std::path::Path;

/// Format of an output table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text with this delimiter.
    Text(char),
    /// JSON lines.
    Json,
    #[cfg(feature = "arrow")]
    Parquet,
    #[cfg(feature = "arrow")]
    Arrow,
}

/// Compression of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Zstd,
}

/// Returns format and compression by the extension of `path`.
///
/// # Errors
/// If the extension is unknown.
pub(crate) fn ending(path: &Path) -> Result<(Format, Packing)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let (stem, packing) = match name.rsplit_once('.') {
        Some((stem, "gz")) => (stem, Packing::Gzip),
        Some((stem, "zst")) => (stem, Packing::Zstd),
        _ => (name.as_str(), Packing::None),
    };
    let format = match (stem.rsplit_once('.').map(|(_, ending)| ending), packing) {
        (Some("csv"), _) => Format::Text(','),
        (Some("tsv"), _) => Format::Text('\t'),
        (Some("jsonl" | "ndjson"), _) => Format::Json,
        #[cfg(feature = "arrow")]
        (Some("parquet"), Packing::None) => Format::Parquet,
        #[cfg(feature = "arrow")]
        (Some("arrow" | "feather" | "ipc"), Packing::None) => Format::Arrow,
        _ => {
            let message = "unknown file extension; use .csv, .tsv or .jsonl (also with \
                           .gz or .zst), .parquet or .arrow";
            return Err(Error::data(path, None, message));
        }
    };
    Ok((format, packing))
}

/// Like [`ending`], but a name without an extension, such as that of a pipe or a device, means `.csv`.
///
/// # Errors
/// See [`ending`].
pub(crate) fn ending_or_csv(path: &Path) -> Result<(Format, Packing)> {
    match path.extension() {
        None => Ok((Format::Text(','), Packing::None)),
        Some(_) => ending(path),
    }
}
