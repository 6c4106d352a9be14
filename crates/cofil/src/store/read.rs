//! Reading of named arrays. Each byte goes through one small buffer, where it is hashed, into the array that the model
//! will own, so the whole file is never in memory besides the arrays. Files are read instead of memory-mapped, because
//! truncating a mapped file in use kills the process.

use super::archive::{Array, Stored};
use super::{Archive, CHUNK, Checksum, Envelope, LONGEST_HEAD, VERSION, check_head};
use crate::error::{Error, Result};
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde::Deserialize;
use std::fs::File;
use std::io::{Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

/// Reads and checks a file of kind `content`.
///
/// # Errors
/// If the file cannot be read, is of another kind, is damaged, or was written by a newer version.
pub fn read(path: &Path, content: &str) -> Result<Archive> {
    let fail = |e| Error::io(path, e);
    let file = File::open(path).map_err(fail)?;
    let about = file.metadata().map_err(fail)?;
    if about.is_file() {
        return Reader { path, size: about.len(), input: file }.archive(content);
    }
    // A pipe has no size and cannot seek.
    parse(path, &piped(file).map_err(fail)?, content)
}

/// Reads a pipe, up to the length that the header gives, because the pipe may not end.
fn piped(mut pipe: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let start = size_of::<u64>();
    pipe.by_ref().take(start as u64).read_to_end(&mut bytes)?;
    let Some(&length) = bytes.first_chunk() else { return Ok(bytes) };
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEAD {
        return Ok(bytes);
    }
    pipe.by_ref().take(length).read_to_end(&mut bytes)?;
    let head = &bytes[start..];
    let metadata =
        check_head(head).ok().and_then(|()| serde_json::from_slice::<Metadata>(head).ok());
    let arrays = metadata.map_or(0, |metadata| metadata.data_len());
    // One more byte shows whether there is too much data.
    pipe.take((arrays as u64).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads from memory like [`read`]; `path` is for messages.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &Path, bytes: &[u8], content: &str) -> Result<Archive> {
    Reader { path, size: bytes.len() as u64, input: Cursor::new(bytes) }.archive(content)
}

/// The part of the envelope that every version has.
#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// How a file begins.
#[derive(Clone, Copy)]
enum Begins {
    /// As text.
    Text,
    /// With a length and JSON, as files of the toolkit.
    Json,
    Otherwise,
}

struct Reader<'a, R> {
    path: &'a Path,
    /// Size of the input in bytes; nothing larger is ever allocated.
    size: u64,
    input: R,
}

impl<R: Read + Seek> Reader<'_, R> {
    fn archive(mut self, content: &str) -> Result<Archive> {
        let path = self.path;
        let bad = |message: String| Error::format(path, message);
        let begins = self.begins().map_err(|e| self.failed(e))?;
        let foreign = |why: String| {
            bad(match begins {
                Begins::Json => format!(
                    "not a cofil {content} file, or cut short ({why}); write it again with `cofil train`"
                ),
                Begins::Text if content == "model" => format!(
                    "not a cofil {content} file, but text; if it is a table of interactions, train a model on it first \
                     (`cofil train`)"
                ),
                Begins::Text | Begins::Otherwise => format!("not a cofil {content} file"),
            })
        };
        let length = self.head_length().map_err(|e| self.failed(e))?;
        let length = length.ok_or_else(|| foreign("the header is longer than the file".into()))?;
        if length as u64 > LONGEST_HEAD {
            return Err(foreign(format!("the header is longer than {} MiB", LONGEST_HEAD >> 20)));
        }
        let mut head = vec![0; length];
        self.input.read_exact(&mut head).map_err(|e| self.failed(e))?;
        check_head(&head).map_err(foreign)?;
        let metadata: Metadata =
            serde_json::from_slice(&head).map_err(|e| foreign(e.to_string()))?;
        drop(head);
        let start = size_of::<u64>() as u64 + length as u64;
        if start.checked_add(metadata.data_len() as u64) != Some(self.size) {
            return Err(foreign("the arrays do not fill the file".into()));
        }
        let envelope = metadata
            .metadata()
            .as_ref()
            .and_then(|m| m.get("cofil"))
            .ok_or_else(|| bad("a safetensors file, but not written by cofil".into()))?;
        let version = serde_json::from_str::<Version>(envelope);
        if version.is_ok_and(|of| of.version > u64::from(VERSION)) {
            return Err(bad("written by a newer version of cofil; upgrade to read it".into()));
        }
        let envelope: Envelope = serde_json::from_str(envelope)
            .map_err(|e| bad(format!("the header is damaged: {e}")))?;
        if envelope.content != content {
            return Err(bad(format!("this is a {} file, not a {content} file", envelope.content)));
        }
        let mut checksum = Checksum::of_header(&envelope.header);
        let mut arrays: Vec<(String, &TensorInfo)> = metadata.tensors().into_iter().collect();
        arrays.sort_by(|a, b| a.0.cmp(&b.0));
        let mut stored = Vec::with_capacity(arrays.len());
        for (name, info) in arrays {
            let (from, to) = info.data_offsets;
            checksum.begin(&name, info.dtype, &info.shape, to - from);
            self.input
                .seek(SeekFrom::Start(start + from as u64))
                .map_err(|e| Error::io(path, e))?;
            let array = self.array(info.dtype, to - from, &mut checksum)?;
            stored.push((name, Stored::new(info.dtype, info.shape.clone(), array)));
        }
        // A fuzzer could never produce a matching checksum.
        if checksum.finish() != envelope.checksum && !cfg!(fuzzing) {
            return Err(bad("the checksum does not match: the file is damaged".into()));
        }
        let (header, checksum) = (envelope.header, envelope.checksum);
        Ok(Archive::new(path, header, checksum, stored))
    }

    /// Returns how the input begins, and goes back to its start.
    fn begins(&mut self) -> std::io::Result<Begins> {
        let mut bytes = Vec::new();
        self.input.by_ref().take(512).read_to_end(&mut bytes)?;
        self.input.seek(SeekFrom::Start(0))?;
        let lays_out = |c: char| matches!(c, '\n' | '\r' | '\t');
        let is_text = |text: &str| {
            !text.is_empty() && !text.contains(|c: char| c.is_control() && !lays_out(c))
        };
        // The last character may be cut.
        let whole = match std::str::from_utf8(&bytes) {
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            _ => bytes.len(),
        };
        Ok(match std::str::from_utf8(&bytes[..whole]) {
            Ok(text) if is_text(text) => Begins::Text,
            _ if bytes.get(size_of::<u64>()) == Some(&b'{') => Begins::Json,
            _ => Begins::Otherwise,
        })
    }

    /// Reads the length of the JSON at the start; `None` if it is longer than the input.
    fn head_length(&mut self) -> std::io::Result<Option<usize>> {
        let mut length = [0; size_of::<u64>()];
        if self.size < length.len() as u64 {
            return Ok(None);
        }
        self.input.read_exact(&mut length)?;
        let (length, room) = (u64::from_le_bytes(length), self.size - length.len() as u64);
        Ok(usize::try_from(length).ok().filter(|_| length <= room))
    }

    /// Reads the next `size` bytes as numbers.
    fn array(&mut self, dtype: Dtype, size: usize, checksum: &mut Checksum) -> Result<Array> {
        Ok(match dtype {
            Dtype::F32 => Array::F32(self.numbers(size, checksum, f32::from_le_bytes)?),
            Dtype::F64 => Array::F64(self.numbers(size, checksum, f64::from_le_bytes)?),
            Dtype::U32 => Array::U32(self.numbers(size, checksum, u32::from_le_bytes)?),
            Dtype::U64 => Array::U64(self.numbers(size, checksum, u64::from_le_bytes)?),
            Dtype::I64 => Array::I64(self.numbers(size, checksum, i64::from_le_bytes)?),
            Dtype::U8 => Array::U8(self.numbers(size, checksum, |[byte]: [u8; 1]| byte)?),
            // A type that this version does not use.
            _ => {
                self.pieces(size, checksum, |_| ())?;
                Array::Other
            }
        })
    }

    fn numbers<const N: usize, T>(
        &mut self,
        size: usize,
        checksum: &mut Checksum,
        convert: fn([u8; N]) -> T,
    ) -> Result<Vec<T>> {
        let mut numbers = Vec::with_capacity(size / N);
        self.pieces(size, checksum, |bytes| {
            numbers.extend(bytes.as_chunks().0.iter().map(|&bytes| convert(bytes)));
        })?;
        Ok(numbers)
    }

    fn pieces(
        &mut self,
        size: usize,
        checksum: &mut Checksum,
        mut take: impl FnMut(&[u8]),
    ) -> Result<()> {
        let mut buffer = vec![0; CHUNK.min(size)];
        let mut left = size;
        while left > 0 {
            let piece = &mut buffer[..CHUNK.min(left)];
            self.input.read_exact(piece).map_err(|e| self.failed(e))?;
            checksum.update(piece);
            take(piece);
            left -= piece.len();
        }
        Ok(())
    }

    fn failed(&self, error: std::io::Error) -> Error {
        match error.kind() {
            ErrorKind::UnexpectedEof => {
                Error::format(self.path, "the file became shorter while it was read; try again")
            }
            _ => Error::io(self.path, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Tensor, write_to};

    #[test]
    fn a_pipe_without_an_end_is_read_as_far_as_a_file_goes() {
        let mut file = Vec::new();
        write_to(&mut file, "model", &serde_json::json!({}), &[Tensor::f32("a", &[1.0])]).unwrap();
        assert_eq!(piped(&file[..]).unwrap(), file);
        let endless = file.as_slice().chain(std::io::repeat(7));
        assert_eq!(piped(endless).unwrap().len(), file.len() + 1);
        // No header and no arrays, and a header that is too long.
        for (byte, most) in [(0, 9), (b'a', 8)] {
            let bytes = piped(std::io::repeat(byte)).unwrap();
            assert!(bytes.len() <= most && parse(Path::new("t"), &bytes, "model").is_err());
        }
    }
}
