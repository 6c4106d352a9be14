//! Files of named arrays: safetensors with one JSON header, a checksum, atomic writes and a reader that does not trust
//! its input. `docs/format.md` describes the layout byte by byte.
//!
//! ```
//! use cofil::store::{self, Tensor};
//!
//! let mut file = Vec::new();
//! let header = serde_json::json!({"made by": "an example"});
//! store::write_to(&mut file, "example", &header, &[Tensor::f32("weights", &[0.5, 0.25])])
//!     .expect("memory can be written");
//! let archive = store::parse("memory".as_ref(), &file, "example")?;
//! assert_eq!(archive.f32("weights")?, [0.5, 0.25]);
//! // A single flipped bit is detected.
//! *file.last_mut().expect("bytes") ^= 1;
//! assert!(store::parse("memory".as_ref(), &file, "example").is_err());
//! # Ok::<(), cofil::Error>(())
//! ```

mod archive;
mod atomic;
mod inputs;
mod left;
mod lock;
mod npy;
mod npz;
mod read;
mod tensor;
mod text;
mod write;

pub use archive::Archive;
pub(crate) use atomic::{Access, Pending, write_with};
pub use atomic::{check_new, check_writable, create_folder, write_atomically};
pub use inputs::{check_not_input, check_not_standard_output};
pub use left::remove_unfinished;
pub use lock::Lock;
pub(crate) use npy::{Elements, NPY, NumpyArray, read_npy};
pub(crate) use npz::{Entry, Npz, write_npz};
pub use read::{parse, read};
pub use tensor::Tensor;
pub use text::read_text;
pub(crate) use text::{LONGEST_LINE, read_lines};
pub use write::{write, write_to};

use crate::watch;
use safetensors::tensor::Dtype;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The format version that this build writes; it reads this and all earlier versions.
pub const VERSION: u32 = 1;

/// Number of bytes converted and hashed at a time, so that they stay in cache between the two. A multiple of every
/// element size.
const CHUNK: usize = 1 << 17;

/// Maximum size in bytes of the JSON at the start of a file. Parsed JSON takes many times as much memory, and large
/// data belongs in arrays.
const LONGEST_HEAD: u64 = 32 << 20;
/// Maximum number of commas in it: each stands for a value, which takes up to a few hundred bytes when parsed.
const MOST_VALUES: usize = 1 << 20;

/// Returns an error, as a message, if a file must not begin with `head`.
fn check_head(head: &[u8]) -> Result<(), String> {
    if head.len() as u64 > LONGEST_HEAD {
        return Err(format!("the header is longer than {} MiB", LONGEST_HEAD >> 20));
    }
    match head.iter().filter(|&&byte| byte == b',').count() > MOST_VALUES {
        true => Err(format!("the header has more than {MOST_VALUES} values")),
        false => Ok(()),
    }
}

/// The one metadata entry of a file, under the key `cofil`.
#[derive(Serialize, Deserialize)]
struct Envelope {
    version: u32,
    /// Kind of file: "model", "checkpoint".
    content: String,
    /// BLAKE3 digest of header and tensors, see [`Checksum`].
    checksum: String,
    header: Value,
}

/// Converts `value` to JSON with the shortest form of each number: 0.05 instead of 0.05000000074505806, which a
/// conversion from single to double precision would give.
///
/// # Errors
/// If `value` cannot be JSON, such as a map with keys that are not text.
pub fn plain(value: &impl Serialize) -> serde_json::Result<Value> {
    serde_json::from_str(&serde_json::to_string(value)?)
}

/// BLAKE3 digest of the header's JSON and each tensor's name, type, shape and bytes, in the order of names.
struct Checksum(blake3::Hasher);

impl Checksum {
    fn of_header(header: &Value) -> Self {
        let mut checksum = Self(blake3::Hasher::new());
        checksum.part(header.to_string().as_bytes());
        checksum
    }

    /// Starts an array, whose `size` bytes follow through [`update`](Self::update).
    fn begin(&mut self, name: &str, dtype: Dtype, shape: &[usize], size: usize) {
        self.part(name.as_bytes());
        self.part(format!("{dtype:?}{shape:?}").as_bytes());
        self.update(&(size as u64).to_le_bytes());
    }

    fn update(&mut self, bytes: &[u8]) {
        watch::check();
        self.0.update(bytes);
    }

    fn part(&mut self, bytes: &[u8]) {
        self.update(&(bytes.len() as u64).to_le_bytes());
        self.update(bytes);
    }

    fn finish(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::{Path, PathBuf};

    fn example(folder: &Path) -> PathBuf {
        let path = folder.join("example.cofil");
        let tensors =
            [Tensor::f32("b", &[1.5, -2.0]), Tensor::sizes("a", &[7]), Tensor::bytes("t", b"hi")];
        write(&path, "model", &json!({"z": 1, "a": [2.5]}), &tensors).unwrap();
        path
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = example(folder.path());
        let archive = read(&path, "model").unwrap();
        assert_eq!(archive.header, json!({"z": 1, "a": [2.5]}));
        assert_eq!(archive.vector("b", 2).unwrap(), [1.5, -2.0]);
        assert_eq!(archive.sizes("a").unwrap(), [7]);
        assert_eq!(archive.text("t").unwrap(), "hi");
        assert!(archive.vector("b", 3).is_err() && archive.u32("b").is_err());
        assert!(archive.f32("missing").unwrap_err().to_string().contains("`missing` is missing"));
        let bytes = std::fs::read(&path).unwrap();
        example(folder.path());
        assert_eq!(bytes, std::fs::read(&path).unwrap(), "same content, same bytes");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary left");
    }

    #[test]
    fn every_flipped_or_missing_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = example(folder.path());
        let bytes = std::fs::read(&path).unwrap();
        assert!(parse(&path, &bytes, "checkpoint").is_err(), "other content");
        for at in 0..bytes.len() {
            assert!(parse(&path, &bytes[..at], "model").is_err(), "cut at {at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            if let Ok(archive) = parse(&path, &flipped, "model") {
                // JSON escapes and padding can be spelt in more than one way.
                assert_eq!(archive.header, json!({"z": 1, "a": [2.5]}), "flipped at {at}");
            }
        }
    }
}
