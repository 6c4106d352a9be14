//! Writing of named arrays.

use super::{Access, Checksum, Envelope, Tensor, VERSION, check_head, write_with};
use crate::error::Result;
use safetensors::tensor::{Metadata, TensorInfo};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

/// Writes `header` and `tensors` to `path` and returns the checksum. They are written to a temporary file in the same
/// folder, which then replaces `path`, so that either the complete old file or the complete new file is there.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, content: &str, header: &Value, tensors: &[Tensor<'_>]) -> Result<String> {
    let mut checksum = String::new();
    write_with(path, Access::Private, |file| {
        checksum = write_to(file, content, header, tensors)?;
        Ok(())
    })?;
    Ok(checksum)
}

/// Writes like [`write()`], to any writer. Bytes come in large pieces, so no buffer is needed.
///
/// # Errors
/// If writing to `out` fails.
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
    // The order of safetensors: largest elements first, so that each array is aligned, then by name.
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
    check_head(&head).map_err(io::Error::other)?;
    out.write_all(&(head.len() as u64).to_le_bytes())?;
    out.write_all(&head)?;
    for tensor in sorted {
        tensor.bytes_in_pieces(|bytes| out.write_all(bytes))?;
    }
    Ok(checksum)
}
