//! Files of named arrays: safetensors with one JSON header, a checksum, an atomic write and a
//! reader that trusts nothing. `docs/format.md` tells the layout byte by byte.

use crate::error::{Error, Result};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The version this build writes; it reads this one and all before.
pub const VERSION: u32 = 1;

/// A named array to write.
#[derive(Clone, Debug)]
pub struct Tensor<'a> {
    name: Cow<'a, str>,
    shape: Vec<usize>,
    data: Data<'a>,
}

/// The element types a file may hold.
#[derive(Clone, Debug)]
enum Data<'a> {
    F32(&'a [f32]),
    U32(&'a [u32]),
    U64(Vec<u64>),
    I64(&'a [i64]),
    U8(&'a [u8]),
}

impl<'a> Tensor<'a> {
    /// A vector of `f32`.
    pub fn f32(name: impl Into<Cow<'a, str>>, data: &'a [f32]) -> Self {
        Self { name: name.into(), shape: vec![data.len()], data: Data::F32(data) }
    }

    /// A row-major matrix of `f32`.
    pub fn matrix(name: impl Into<Cow<'a, str>>, matrix: &'a crate::math::Matrix) -> Self {
        Self {
            name: name.into(),
            shape: vec![matrix.rows(), matrix.cols()],
            data: Data::F32(matrix.data()),
        }
    }

    /// A vector of `u32`.
    pub fn u32(name: impl Into<Cow<'a, str>>, data: &'a [u32]) -> Self {
        Self { name: name.into(), shape: vec![data.len()], data: Data::U32(data) }
    }

    /// A vector of sizes, stored as `u64`.
    pub fn sizes(name: impl Into<Cow<'a, str>>, data: &[usize]) -> Self {
        let data: Vec<u64> = data.iter().map(|&s| s as u64).collect();
        Self { name: name.into(), shape: vec![data.len()], data: Data::U64(data) }
    }

    /// A vector of `i64`.
    pub fn i64(name: impl Into<Cow<'a, str>>, data: &'a [i64]) -> Self {
        Self { name: name.into(), shape: vec![data.len()], data: Data::I64(data) }
    }

    /// Bytes, such as text.
    pub fn bytes(name: impl Into<Cow<'a, str>>, data: &'a [u8]) -> Self {
        Self { name: name.into(), shape: vec![data.len()], data: Data::U8(data) }
    }

    /// Name of the array.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The elements, if they are `f32`.
    pub fn as_f32(&self) -> Option<&'a [f32]> {
        match self.data {
            Data::F32(data) => Some(data),
            _ => None,
        }
    }

    /// Its length in each direction.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of bytes of the elements.
    pub fn size(&self) -> usize {
        let width = match self.data {
            Data::F32(_) | Data::U32(_) => 4,
            Data::U64(_) | Data::I64(_) => 8,
            Data::U8(_) => 1,
        };
        self.shape.iter().product::<usize>() * width
    }

    fn dtype(&self) -> Dtype {
        match self.data {
            Data::F32(_) => Dtype::F32,
            Data::U32(_) => Dtype::U32,
            Data::U64(_) => Dtype::U64,
            Data::I64(_) => Dtype::I64,
            Data::U8(_) => Dtype::U8,
        }
    }

    /// Little-endian bytes of the elements.
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        match &self.data {
            Data::F32(data) => data.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Data::U32(data) => data.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Data::U64(data) => data.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Data::I64(data) => data.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Data::U8(data) => Cow::Borrowed(data),
        }
    }
}

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
        tensors.iter().map(|t| (&*t.name, t.dtype(), t.shape.as_slice(), t.to_bytes())).collect();
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

/// Puts `bytes` at `path` through a temporary sibling, flushed to the disk before the rename.
///
/// # Errors
/// If the file system refuses.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(path, |file| file.write_all(bytes)).map(|_| ())
}

/// [`write_atomically`] for what is produced piece by piece; returns the size of the file.
///
/// # Errors
/// If `fill` fails or the file system refuses; `path` is then as it was.
pub fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> Result<u64> {
    let mut pending = Pending::create(path)?;
    fill(pending.file.as_file_mut()).map_err(|e| Error::io(path, e))?;
    pending.finish()
}

/// `value` as JSON with numbers as short as they can be: 0.05 and not 0.05000000074505806, which is
/// what becomes of single precision on its way through double.
///
/// # Errors
/// If `value` is no JSON: a map with keys that are no text.
pub fn plain(value: &impl Serialize) -> serde_json::Result<Value> {
    serde_json::from_str(&serde_json::to_string(value)?)
}

/// Refuses a place where [`write_atomically`] would fail, before the work is done.
///
/// # Errors
/// If no file can be made there.
pub fn check_writable(path: &Path) -> Result<()> {
    Pending::create(path).map(|_| ())
}

/// A file that takes its place when it is finished, and leaves no trace if it never is.
#[derive(Debug)]
pub struct Pending {
    path: PathBuf,
    file: tempfile::NamedTempFile,
}

impl Pending {
    /// Begins the file that is to stand at `path`.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn create(path: &Path) -> Result<Self> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let fail = |kind, message: String| Error::io(path, std::io::Error::new(kind, message));
        if path.is_dir() {
            let message = "this is a folder; name a file in it".into();
            return Err(fail(std::io::ErrorKind::IsADirectory, message));
        }
        let mut builder = tempfile::Builder::new();
        // What others may read is for the umask to say, as with any new file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // The error of the temporary file would name that file instead of the one asked for.
        let file = builder.prefix(".cofil-").tempfile_in(folder).map_err(|error| {
            let reason = match error.kind() {
                std::io::ErrorKind::NotFound => format!("there is no folder {}", folder.display()),
                kind => format!("cannot write into {}: {kind}", folder.display()),
            };
            fail(error.kind(), reason)
        })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Where it is to stand.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Flushes it to the disk and puts it in its place; returns its bytes.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn finish(self) -> Result<u64> {
        let Self { path, file } = self;
        let fail = |e| Error::io(&path, e);
        file.as_file().sync_all().map_err(fail)?;
        let size = file.as_file().metadata().map_err(fail)?.len();
        file.persist(&path).map_err(|e| fail(e.error))?;
        Ok(size)
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// BLAKE3 over the header's JSON and each tensor's name, type, shape and bytes, by name.
fn checksum<'a>(
    header: &Value,
    tensors: impl Iterator<Item = (&'a str, Dtype, &'a [usize], &'a [u8])>,
) -> String {
    let mut hash = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
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
