//! Named arrays on their way out.

use super::{Access, Checksum, Envelope, LONGEST_HEAD, Tensor, VERSION, write_with};
use crate::error::Result;
use safetensors::tensor::{Metadata, TensorInfo};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

/// Writes `header` and `tensors` to `path`: first to a temporary sibling, which then takes the
/// place of `path`, so that at every moment the old or the new file is there whole.
/// Returns the checksum.
///
/// # Errors
/// If the file system refuses.
pub fn write(path: &Path, content: &str, header: &Value, tensors: &[Tensor<'_>]) -> Result<String> {
    let mut checksum = String::new();
    write_with(path, Access::Private, |file| {
        checksum = write_to(file, content, header, tensors)?;
        Ok(())
    })?;
    Ok(checksum)
}

/// [`write()`] to anything that takes bytes, which come in large pieces: a buffer is not needed.
///
/// # Errors
/// If `out` refuses.
pub fn write_to(
    out: &mut impl Write,
    content: &str,
    header: &Value,
    tensors: &[Tensor<'_>],
) -> io::Result<String> {
    let mut sorted: Vec<&Tensor<'_>> = tensors.iter().collect();
    sorted.sort_by_key(|tensor| tensor.name());
    let mut checksum = Checksum::of_header(header);
    for tensor in &sorted {
        checksum.begin(tensor.name(), tensor.dtype(), tensor.shape(), tensor.size());
        tensor.bytes_in_pieces(|bytes| {
            checksum.update(bytes);
            Ok(())
        })?;
    }
    let checksum = checksum.finish();
    let envelope = Envelope {
        version: VERSION,
        content: content.into(),
        checksum: checksum.clone(),
        header: header.clone(),
    };
    let envelope = serde_json::to_string(&envelope).expect("JSON values serialize");
    // The order of safetensors: the largest elements first, so that each array is aligned, then by name.
    sorted.sort_by_key(|tensor| std::cmp::Reverse(tensor.dtype()));
    let mut end = 0;
    let infos = sorted.iter().map(|tensor| {
        let start = end;
        end += tensor.size();
        let (dtype, shape) = (tensor.dtype(), tensor.shape().to_vec());
        (tensor.name().to_owned(), TensorInfo { dtype, shape, data_offsets: (start, end) })
    });
    let metadata = HashMap::from([("cofil".to_owned(), envelope)]);
    let metadata = Metadata::new(Some(metadata), infos.collect())
        .expect("shape and bytes come from one array");
    let mut head = serde_json::to_vec(&metadata).expect("names and numbers serialize");
    head.resize(head.len().next_multiple_of(size_of::<u64>()), b' ');
    if head.len() as u64 > LONGEST_HEAD {
        let message =
            format!("what describes the arrays is longer than {} MiB", LONGEST_HEAD >> 20);
        return Err(io::Error::other(message));
    }
    out.write_all(&(head.len() as u64).to_le_bytes())?;
    out.write_all(&head)?;
    for tensor in sorted {
        tensor.bytes_in_pieces(|bytes| out.write_all(bytes))?;
    }
    Ok(checksum)
}
