//! Arrays as `.npy` files, which NumPy and many other tools read.

use super::Tensor;
use super::atomic::{Access, write_with};
use crate::error::Result;
use std::io::Write;
use std::path::Path;

impl Tensor<'_> {
    /// Writes the array to `path` as an `.npy` file (version 1.0, little-endian, row-major); returns its size in bytes.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_npy(&self, path: &Path) -> Result<u64> {
        write_with(path, Access::Usual, |file| {
            file.write_all(&self.npy_header())?;
            self.bytes_in_pieces(|bytes| file.write_all(bytes))
        })
    }

    fn npy_header(&self) -> Vec<u8> {
        let lengths: Vec<String> = self.shape().iter().map(|n| format!("{n},")).collect();
        let shape = lengths.join(" ");
        let kind = self.npy_kind();
        let mut text =
            format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
        // The part before the elements must be a multiple of 64 bytes long and end with a line end.
        let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
        text += &" ".repeat(length - text.len() - 1);
        text.push('\n');
        let mut header = b"\x93NUMPY\x01\x00".to_vec();
        header.extend((length as u16).to_le_bytes());
        header.extend(text.as_bytes());
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Matrix;

    #[test]
    fn a_file_to_the_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.npy");
        let matrix = Matrix::from_vec(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.5]);
        let tensor = Tensor::matrix("p", &matrix);
        let size = tensor.write_npy(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!((bytes.len() as u64, bytes.len()), (size, 128 + 24));
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
        let header = std::str::from_utf8(&bytes[10..128]).unwrap();
        let begins = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3,), } ";
        assert!(header.starts_with(begins) && header.ends_with(" \n"), "{header}");
        assert_eq!(&bytes[128 + 20..], 6.5f32.to_le_bytes());
        for (tensor, says) in [
            (Tensor::u32("q", &[1, 2]), "'<u4', 'fortran_order': False, 'shape': (2,), }"),
            (Tensor::sizes("s", &[1]), "'<u8'"),
            (Tensor::bytes("t", b"ab"), "'|u1'"),
            (Tensor::i64("i", &[]), "'<i8', 'fortran_order': False, 'shape': (0,), }"),
            (Tensor::f64("f", &[0.5]), "'<f8'"),
        ] {
            let header = tensor.npy_header();
            assert_eq!(header.len() % 64, 0);
            assert!(String::from_utf8_lossy(&header).contains(says), "{says}");
        }
        assert_eq!([tensor.text(5), Tensor::u32("q", &[7]).text(0)], ["6.5", "7"]);
    }
}
