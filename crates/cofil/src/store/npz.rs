//! Archives of arrays as `.npz` files: `.npy` files in a zip archive, as NumPy's `savez` and `savez_compressed` write
//! them.

use super::Tensor;
use super::atomic::{Access, write_with};
use super::npy::{NumpyArray, texts_to};
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Maximum number of arrays in an archive.
const MOST_ARRAYS: usize = 1000;
/// Maximum size of an unpacked array in bytes, or times its packed size if that is more.
const MOST_UNPACKED: u64 = 1 << 26;
const MOST_TIMES: u64 = 10;

/// The arrays of an archive that have one of the names in `wanted`, and the names of all arrays. Others are not unpacked.
pub(crate) struct Npz {
    pub arrays: BTreeMap<String, NumpyArray>,
    pub names: Vec<String>,
}

impl Npz {
    /// Reads the archive at `path`.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or a wanted array holds something other than numbers and texts.
    pub fn read(path: &Path, wanted: &[&str]) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        Self::parse(path, BufReader::new(file), wanted)
    }

    /// Reads an archive like [`read`](Self::read); `path` is for messages.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(path: &Path, input: impl Read + Seek, wanted: &[&str]) -> Result<Self> {
        let bad = |says: String| Error::data(path, None, says);
        let damaged = |e| bad(format!("not an .npz archive, or damaged or cut short: {e}"));
        let mut archive = ZipArchive::new(input).map_err(damaged)?;
        if archive.len() > MOST_ARRAYS {
            return Err(bad(format!("an archive of more than {MOST_ARRAYS} arrays")));
        }
        let (mut arrays, mut names) = (BTreeMap::new(), Vec::new());
        for at in 0..archive.len() {
            let file = archive.by_index(at).map_err(damaged)?;
            let name = file.name();
            let Some(name) = name.strip_suffix(".npy").map(str::to_owned) else { continue };
            if wanted.contains(&&*name) {
                if file.size()
                    > MOST_UNPACKED.max(MOST_TIMES.saturating_mul(file.compressed_size()))
                {
                    return Err(bad(format!(
                        "array `{name}` unpacks to {} bytes, more than {MOST_TIMES} times its size; write it without \
                         compression (numpy.savez)",
                        file.size()
                    )));
                }
                let array = NumpyArray::read(BufReader::new(file));
                let array = array.map_err(|says| bad(format!("array `{name}`: {says}")))?;
                arrays.insert(name.clone(), array);
            }
            names.push(name);
        }
        Ok(Self { arrays, names })
    }
}

/// An array to write to an archive.
pub(crate) enum Entry<'a> {
    Numbers(Tensor<'a>),
    /// Texts, one for each element.
    Texts(&'a str, Vec<&'a str>),
    /// A single text.
    Text(&'a str, &'a str),
}

/// Writes an archive without compression; returns its size in bytes. The same arrays give the same bytes.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write_npz(path: &Path, entries: &[Entry<'_>]) -> Result<u64> {
    write_with(path, Access::Usual, |file| {
        // Dropped after an error, it would print one of its own.
        let mut archive = std::mem::ManuallyDrop::new(ZipWriter::new_stream(file));
        // Without a time, so that the bytes depend on the arrays alone; large, because arrays may exceed 4 GB.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(true);
        for entry in entries {
            let name = match entry {
                Entry::Numbers(tensor) => tensor.name(),
                Entry::Texts(name, _) | Entry::Text(name, _) => name,
            };
            archive.start_file(format!("{name}.npy"), options)?;
            match entry {
                Entry::Numbers(tensor) => tensor.npy_to(&mut *archive)?,
                Entry::Texts(_, texts) => texts_to(&mut *archive, &[texts.len()], texts)?,
                Entry::Text(_, text) => texts_to(&mut *archive, &[], &[text])?,
            }
        }
        std::mem::ManuallyDrop::into_inner(archive).finish()?.into_inner().flush()
    })
}

#[cfg(test)]
mod tests {
    use super::super::npy::Elements;
    use super::*;
    use crate::math::Matrix;
    use std::io::Cursor;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.npz");
        let matrix = Matrix::from_vec(2, 2, vec![1.0, 2.0, 3.0, 4.5]);
        let entries = || {
            [
                Entry::Numbers(Tensor::matrix("p", &matrix)),
                Entry::Texts("ids", vec!["a", "é b"]),
                Entry::Text("target", "rating"),
                Entry::Numbers(Tensor::i64("n", &[7])),
            ]
        };
        let size = write_npz(&path, &entries()).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len() as u64, size);
        let npz = Npz::read(&path, &["p", "ids", "target", "none"]).unwrap();
        assert_eq!(npz.names, ["p", "ids", "target", "n"]);
        assert_eq!(npz.arrays.len(), 3, "what nobody wants is not read");
        assert_eq!(npz.arrays["p"].elements, Elements::Floats(matrix.data().to_vec()));
        assert_eq!(npz.arrays["ids"].elements, Elements::Texts(vec!["a".into(), "é b".into()]));
        assert_eq!(npz.arrays["target"].shape, [0usize; 0]);
        write_npz(&path, &entries()).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "same arrays, same bytes");
    }

    #[test]
    fn damaged_archives_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.npz");
        write_npz(&path, &[Entry::Numbers(Tensor::f32("p", &[1.0, 2.0]))]).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let parse = |bytes: &[u8]| Npz::parse(&path, Cursor::new(bytes.to_vec()), &["p"]);
        for end in 0..bytes.len() {
            assert!(parse(&bytes[..end]).is_err(), "cut at {end}");
        }
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0xff;
            // No panic; the checksum of the archive covers the numbers.
            if let Ok(npz) = parse(&flipped)
                && let Some(array) = npz.arrays.get("p")
            {
                assert_eq!(array.elements, Elements::Floats(vec![1.0, 2.0]), "flipped at {at}");
            }
        }
        let told = parse(b"{}").err().map(|e| e.to_string()).unwrap_or_default();
        assert!(told.contains("not an .npz archive"), "{told}");
    }

    #[test]
    fn arrays_that_unpack_to_far_more_are_refused() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file("p.npy", packed).unwrap();
        let zeros = vec![0u8; 1 << 20];
        (0..80).for_each(|_| archive.write_all(&zeros).unwrap());
        let bytes = archive.finish().unwrap().into_inner();
        let told = Npz::parse(Path::new("m"), Cursor::new(&bytes), &["p"]);
        let told = told.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(told.contains("array `p` unpacks to 83886080 bytes"), "{told}");
    }

    #[test]
    fn packed_archives_are_read_no_further_than_they_claim() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file("p.npy", packed).unwrap();
        let zeros = vec![0f32; 1 << 16];
        Tensor::f32("p", &zeros).npy_to(&mut archive).unwrap();
        archive.start_file("evil.npy", packed).unwrap();
        let claim = "{'descr': '<f4', 'fortran_order': False, 'shape': (9000000000000,), }";
        archive.write_all(b"\x93NUMPY\x01\x00").unwrap();
        archive.write_all(&(claim.len() as u16).to_le_bytes()).unwrap();
        archive.write_all(claim.as_bytes()).unwrap();
        let bytes = archive.finish().unwrap().into_inner();
        let npz = Npz::parse(Path::new("m"), Cursor::new(&bytes), &["p"]).unwrap();
        assert_eq!(npz.arrays["p"].elements, Elements::Floats(zeros));
        let told = Npz::parse(Path::new("m"), Cursor::new(&bytes), &["evil"]);
        let told = told.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(told.contains("array `evil`") && told.contains("fit into memory"), "{told}");
    }
}
