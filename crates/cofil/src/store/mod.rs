//! Files of named arrays: safetensors with one JSON header, a checksum, an atomic write and a
//! reader that trusts nothing. `docs/format.md` tells the layout byte by byte.

mod atomic;
mod tensor;

pub use atomic::{Pending, check_writable, write_atomically, write_with};
pub use tensor::Tensor;

use crate::error::{Error, Result};
use crate::watch;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// The version this build writes; it reads this one and all before.
pub const VERSION: u32 = 1;

/// The one metadata entry of a file, under the key `cofil`.
#[derive(Serialize, Deserialize)]
struct Envelope {
    version: u32,
    /// What the file is: "model", "checkpoint".
    content: String,
    /// BLAKE3 of header and tensors, see [`checksum`].
    checksum: String,
    header: Value,
}

/// A file in memory, checked.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    /// Whatever the writer put beside the arrays.
    pub header: Value,
    /// BLAKE3 digest (hexadecimal) of everything in the file.
    pub checksum: String,
    tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
}

/// Writes `header` and `tensors` to `path`: first to a temporary sibling, which then takes the
/// place of `path`, so that at every moment the old or the new file is there whole.
/// Returns the checksum.
///
/// # Errors
/// If the file system refuses.
pub fn write(path: &Path, content: &str, header: &Value, tensors: &[Tensor<'_>]) -> Result<String> {
    let mut sorted: Vec<_> =
        tensors.iter().map(|t| (t.name(), t.dtype(), t.shape(), t.to_bytes())).collect();
    sorted.sort_by_key(|t| t.0);
    let checksum = checksum(header, sorted.iter().map(|t| (t.0, t.1, t.2, &*t.3)));
    let envelope = Envelope {
        version: VERSION,
        content: content.into(),
        checksum: checksum.clone(),
        header: header.clone(),
    };
    let envelope = serde_json::to_string(&envelope).expect("JSON values serialize");
    let views = sorted.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.to_vec(), bytes);
        (*name, view.expect("shape and bytes come from one array"))
    });
    let metadata = HashMap::from([("cofil".to_owned(), envelope)]);
    let bytes = safetensors::serialize(views, Some(metadata)).expect("sizes are consistent");
    write_atomically(path, &bytes)?;
    Ok(checksum)
}

/// `value` as JSON with numbers as short as they can be: 0.05 and not 0.05000000074505806, which is
/// what becomes of single precision on its way through double.
///
/// # Errors
/// If `value` is no JSON: a map with keys that are no text.
pub fn plain(value: &impl Serialize) -> serde_json::Result<Value> {
    serde_json::from_str(&serde_json::to_string(value)?)
}

/// BLAKE3 over the header's JSON and each tensor's name, type, shape and bytes, by name.
fn checksum<'a>(
    header: &Value,
    tensors: impl Iterator<Item = (&'a str, Dtype, &'a [usize], &'a [u8])>,
) -> String {
    let mut hash = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        for piece in bytes.chunks(16 << 20) {
            watch::check();
            hash.update(piece);
        }
    };
    part(header.to_string().as_bytes());
    for (name, dtype, shape, bytes) in tensors {
        part(name.as_bytes());
        part(format!("{dtype:?}{shape:?}").as_bytes());
        part(bytes);
    }
    hash.finalize().to_hex().to_string()
}

/// Reads and checks a file of kind `content`.
///
/// # Errors
/// If it cannot be read, is no such file, is damaged, or is from a newer version.
pub fn read(path: &Path, content: &str) -> Result<Archive> {
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    parse(path, &bytes, content)
}

/// [`read`] from memory; `path` is for messages.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &Path, bytes: &[u8], content: &str) -> Result<Archive> {
    let bad = |message: String| Error::format(path, message);
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| {
        bad(format!(
            "not a cofil {content} file, or cut short ({e}); write it again with `cofil train`"
        ))
    })?;
    let envelope = metadata
        .metadata()
        .as_ref()
        .and_then(|m| m.get("cofil"))
        .ok_or_else(|| bad("a safetensors file, but not written by cofil".into()))?;
    let version = serde_json::from_str::<Value>(envelope)
        .ok()
        .and_then(|v| v.get("version").and_then(Value::as_u64));
    if version.is_some_and(|v| v > u64::from(VERSION)) {
        return Err(bad("written by a newer version of cofil; upgrade to read it".into()));
    }
    let envelope: Envelope =
        serde_json::from_str(envelope).map_err(|e| bad(format!("the header is damaged: {e}")))?;
    if envelope.content != content {
        return Err(bad(format!("this is a {} file, not a {content} file", envelope.content)));
    }
    let file = SafeTensors::deserialize(bytes).map_err(|e| bad(format!("damaged: {e}")))?;
    let tensors: BTreeMap<_, _> = file
        .iter()
        .map(|(name, view)| {
            (name.to_owned(), (view.dtype(), view.shape().to_vec(), view.data().to_vec()))
        })
        .collect();
    let found = checksum(
        &envelope.header,
        tensors.iter().map(|(name, (dtype, shape, data))| (&**name, *dtype, &**shape, &**data)),
    );
    if found != envelope.checksum {
        return Err(bad("the checksum does not match: the file is damaged".into()));
    }
    let (header, checksum) = (envelope.header, envelope.checksum);
    Ok(Archive { path: path.to_owned(), header, checksum, tensors })
}

impl Archive {
    /// An error about this file.
    pub fn bad(&self, message: impl Into<String>) -> Error {
        Error::format(&self.path, message)
    }

    /// Whether there is an array `name`.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn get(&self, name: &str, dtype: Dtype) -> Result<(&[usize], &[u8])> {
        let (found, shape, data) =
            self.tensors.get(name).ok_or_else(|| self.bad(format!("array `{name}` is missing")))?;
        if *found != dtype {
            return Err(self.bad(format!("array `{name}` is {found:?}, expected {dtype:?}")));
        }
        Ok((shape, data))
    }

    /// Elements of a vector of fixed-size numbers.
    fn numbers<const N: usize, T>(
        &self,
        name: &str,
        dtype: Dtype,
        convert: fn([u8; N]) -> T,
    ) -> Result<Vec<T>> {
        let (_, data) = self.get(name, dtype)?;
        Ok(data.as_chunks().0.iter().map(|&bytes| convert(bytes)).collect())
    }

    /// All numbers of an `f32` array, which must be finite.
    ///
    /// # Errors
    /// If the array is missing, of another type, or holds NaN or infinity.
    pub fn f32(&self, name: &str) -> Result<Vec<f32>> {
        let numbers = self.numbers(name, Dtype::F32, f32::from_le_bytes)?;
        match numbers.iter().all(|x: &f32| x.is_finite()) {
            true => Ok(numbers),
            false => Err(self.bad(format!("array `{name}` holds a number that is not finite"))),
        }
    }

    /// An `f32` vector of length `len`.
    ///
    /// # Errors
    /// As [`f32`](Self::f32), or if the length is another one.
    pub fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        let numbers = self.f32(name)?;
        match numbers.len() == len {
            true => Ok(numbers),
            false => {
                let found = numbers.len();
                Err(self.bad(format!("array `{name}` has {found} numbers, expected {len}")))
            }
        }
    }

    /// An `f32` matrix with `rows` rows (any number if `None`).
    ///
    /// # Errors
    /// As [`f32`](Self::f32), or if the shape is another one.
    pub fn matrix(&self, name: &str, rows: Option<usize>) -> Result<crate::math::Matrix> {
        let (shape, _) = self.get(name, Dtype::F32)?;
        match *shape {
            [r, c] if rows.is_none_or(|rows| rows == r) => {
                Ok(crate::math::Matrix::from_vec(r, c, self.f32(name)?))
            }
            _ => {
                Err(self.bad(format!("array `{name}` has shape {shape:?}, expected [{rows:?}, _]")))
            }
        }
    }

    /// A vector of `u32`.
    ///
    /// # Errors
    /// If the array is missing or of another type.
    pub fn u32(&self, name: &str) -> Result<Vec<u32>> {
        self.numbers(name, Dtype::U32, u32::from_le_bytes)
    }

    /// A vector of `i64`.
    ///
    /// # Errors
    /// If the array is missing or of another type.
    pub fn i64(&self, name: &str) -> Result<Vec<i64>> {
        self.numbers(name, Dtype::I64, i64::from_le_bytes)
    }

    /// A vector of sizes.
    ///
    /// # Errors
    /// If the array is missing, of another type, or holds a size this machine cannot address.
    pub fn sizes(&self, name: &str) -> Result<Vec<usize>> {
        let numbers = self.numbers(name, Dtype::U64, u64::from_le_bytes)?;
        let sizes = numbers.into_iter().map(usize::try_from).collect::<std::result::Result<_, _>>();
        sizes.map_err(|_| self.bad(format!("array `{name}` holds a size beyond this machine")))
    }

    /// A text.
    ///
    /// # Errors
    /// If the array is missing, of another type, or not UTF-8.
    pub fn text(&self, name: &str) -> Result<String> {
        let (_, data) = self.get(name, Dtype::U8)?;
        String::from_utf8(data.to_vec())
            .map_err(|_| self.bad(format!("array `{name}` is not UTF-8 text")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
