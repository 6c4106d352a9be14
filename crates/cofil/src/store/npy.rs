//! Arrays as `.npy` files, which NumPy and many other tools read and write.
//!
//! The reader takes numbers and texts in either byte order, row by row or column by column. It refuses Python objects
//! (pickles), which can run code when they are read. Memory grows with the bytes that are there, not with what a header
//! claims.

use super::Tensor;
use super::atomic::{Access, write_with};
use crate::error::{Error, Result};
use crate::memory;
use crate::watch;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

/// How a file begins.
pub(crate) const NPY: &[u8] = b"\x93NUMPY";
/// Maximum length in bytes of the description at the start of a file.
const LONGEST_HEADER: usize = 1 << 16;
/// Maximum length in bytes of a text.
const LONGEST_TEXT: usize = 1 << 16;
/// Number of elements that are read at a time.
const PIECE: usize = 1 << 14;

impl Tensor<'_> {
    /// Writes the array to `path` as an `.npy` file (version 1.0, little-endian, row-major); returns its size in bytes.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_npy(&self, path: &Path) -> Result<u64> {
        write_with(path, Access::Usual, |file| self.npy_to(file))
    }

    /// Writes the array to `path` as numbers separated by commas, a line for each row (of a vector, for each element),
    /// without a header; returns its size in bytes.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_csv(&self, path: &Path) -> Result<u64> {
        let rows = self.shape().first().copied().unwrap_or(1);
        let columns: usize = self.shape().iter().skip(1).product();
        write_with(path, Access::Usual, |file| {
            let mut lines = String::new();
            for row in 0..rows {
                for column in 0..columns {
                    lines += if column == 0 { "" } else { "," };
                    lines += &self.text(row * columns + column);
                }
                lines.push('\n');
                if lines.len() > PIECE || row + 1 == rows {
                    file.write_all(lines.as_bytes())?;
                    lines.clear();
                }
            }
            Ok(())
        })
    }

    /// Writes what an `.npy` file holds.
    pub(super) fn npy_to(&self, out: &mut impl Write) -> std::io::Result<()> {
        out.write_all(&header(self.npy_kind(), self.shape()))?;
        self.bytes_in_pieces(|bytes| out.write_all(bytes))
    }
}

/// Writes texts as an array of NumPy's fixed-width Unicode; `shape` is `[]` for a single one.
pub(super) fn texts_to(
    out: &mut impl Write,
    shape: &[usize],
    texts: &[&str],
) -> std::io::Result<()> {
    let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
    out.write_all(&header(&format!("<U{width}"), shape))?;
    let mut bytes = Vec::with_capacity(4 * width);
    for text in texts {
        bytes.clear();
        text.chars().for_each(|c| bytes.extend(u32::from(c).to_le_bytes()));
        bytes.resize(4 * width, 0);
        out.write_all(&bytes)?;
    }
    Ok(())
}

fn header(kind: &str, shape: &[usize]) -> Vec<u8> {
    let lengths: Vec<String> = shape.iter().map(|n| format!("{n},")).collect();
    let shape = lengths.join(" ");
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
    // The part before the elements must be a multiple of 64 bytes long and end with a line end.
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    text += &" ".repeat(length - text.len() - 1);
    text.push('\n');
    let mut header = NPY.to_vec();
    header.extend(b"\x01\x00");
    header.extend((length as u16).to_le_bytes());
    header.extend(text.as_bytes());
    header
}

/// An array that was read, in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NumpyArray {
    /// Length of each dimension; empty for a single element.
    pub shape: Vec<usize>,
    pub elements: Elements,
}

/// The elements of a [`NumpyArray`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Elements {
    /// Numbers of any precision.
    Floats(Vec<f32>),
    /// Integers of any width, and truth values.
    Integers(Vec<i64>),
    Texts(Vec<String>),
}

/// Reads the file at `path`.
///
/// # Errors
/// If the file cannot be read, is damaged, or holds something other than numbers and texts.
pub(crate) fn read_npy(path: &Path) -> Result<NumpyArray> {
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    NumpyArray::read(BufReader::new(file)).map_err(|says| Error::data(path, None, says))
}

impl NumpyArray {
    /// Reads an array from the bytes of an `.npy` file; the error is a message.
    pub fn read(mut input: impl Read) -> std::result::Result<Self, String> {
        let header = Header::read(&mut input)?;
        let count = header.count()?;
        let kind = header.kind()?;
        let bytes = count as u128 * kind.memory() as u128;
        if bytes > u128::from(memory::room()) {
            let size = bytes as f64 / 1e9;
            return Err(format!("an array of {size:.1} GB does not fit into memory"));
        }
        let elements = kind.elements(&mut input, count)?;
        // An archive checks its checksum at the end of the file.
        match input.read(&mut [0]) {
            Ok(0) => {}
            Ok(_) => return Err("there are more bytes than the shape says".into()),
            Err(e) => return Err(short(&e)),
        }
        let shape = header.shape;
        let elements = match (header.by_columns, &shape[..]) {
            (true, &[rows, columns]) => elements.transposed(rows, columns),
            (true, [_, _, _, ..]) => {
                return Err("an array of more than two dimensions in Fortran order".into());
            }
            _ => elements,
        };
        Ok(Self { shape, elements })
    }
}

impl Elements {
    /// Turns elements in column-major order into row-major order.
    fn transposed(self, rows: usize, columns: usize) -> Self {
        fn turned<T: Clone>(from: &[T], rows: usize, columns: usize) -> Vec<T> {
            let entry = |at: usize| from[(at % columns) * rows + at / columns].clone();
            (0..rows * columns).map(entry).collect()
        }
        match self {
            Self::Floats(all) => Self::Floats(turned(&all, rows, columns)),
            Self::Integers(all) => Self::Integers(turned(&all, rows, columns)),
            Self::Texts(all) => Self::Texts(turned(&all, rows, columns)),
        }
    }
}

/// The description at the start of a file.
#[derive(Debug)]
struct Header {
    descr: String,
    by_columns: bool,
    shape: Vec<usize>,
}

impl Header {
    fn read(input: &mut impl Read) -> std::result::Result<Self, String> {
        let mut start = [0; 8];
        input.read_exact(&mut start).map_err(|e| short(&e))?;
        if !start.starts_with(NPY) {
            return Err("not an .npy array; save it with `numpy.save`".into());
        }
        let mut length = [0; 4];
        let wide = match start[6] {
            1 => 2,
            2 | 3 => 4,
            version => return Err(format!("version {version} of the .npy format is not known")),
        };
        input.read_exact(&mut length[..wide]).map_err(|e| short(&e))?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_HEADER {
            return Err(format!("the description is longer than {LONGEST_HEADER} bytes"));
        }
        let mut text = vec![0; length];
        input.read_exact(&mut text).map_err(|e| short(&e))?;
        let text = String::from_utf8_lossy(&text);
        Self::parse(&text).ok_or_else(|| {
            let told: String = text.trim().chars().take(80).collect();
            format!("arrays of the kind `{told}` cannot be read; save plain numbers or texts")
        })
    }

    /// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
    fn parse(text: &str) -> Option<Self> {
        let (mut descr, mut by_columns, mut shape) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{')?.trim_start();
        while !rest.starts_with('}') {
            let (key, value) = quoted(rest)?;
            let value = value.trim_start().strip_prefix(':')?.trim_start();
            let after = match key {
                "descr" => {
                    let (kind, after) = quoted(value)?;
                    descr = Some(kind.to_owned());
                    after
                }
                "fortran_order" => {
                    let yes = value.strip_prefix("True");
                    by_columns = Some(yes.is_some());
                    yes.or_else(|| value.strip_prefix("False"))?
                }
                "shape" => {
                    let (inside, after) = value.strip_prefix('(')?.split_once(')')?;
                    let lengths = inside.split(',').map(str::trim).filter(|n| !n.is_empty());
                    let lengths: Option<Vec<usize>> = lengths.map(|n| n.parse().ok()).collect();
                    shape = Some(lengths?);
                    after
                }
                _ => return None,
            };
            let after = after.trim_start();
            rest = match after.strip_prefix(',') {
                Some(more) => more.trim_start(),
                None if after.starts_with('}') => after,
                None => return None,
            };
        }
        Some(Self { descr: descr?, by_columns: by_columns?, shape: shape? })
    }

    /// Number of elements.
    fn count(&self) -> std::result::Result<usize, String> {
        let product = self.shape.iter().try_fold(1usize, |n, &length| n.checked_mul(length));
        let count = product.filter(|&n| n <= isize::MAX as usize / 8 && self.shape.len() <= 32);
        count.ok_or_else(|| "the shape has more elements than a machine can hold".into())
    }

    fn kind(&self) -> std::result::Result<Kind, String> {
        let swapped = self.descr.starts_with('>');
        let code = self.descr.trim_start_matches(['<', '>', '|', '=']);
        let (letter, width) = match code.chars().next() {
            Some(letter) => (letter, code[letter.len_utf8()..].parse::<usize>().ok()),
            None => (' ', None),
        };
        let kind = |code| Ok(Kind { code, swapped });
        match (letter, width) {
            ('f', Some(4)) => kind(Code::F32),
            ('f', Some(8)) => kind(Code::F64),
            ('b', Some(1)) => kind(Code::Signed(1)),
            ('i', Some(width @ (1 | 2 | 4 | 8))) => kind(Code::Signed(width)),
            ('u', Some(width @ (1 | 2 | 4 | 8))) => kind(Code::Unsigned(width)),
            ('U', Some(width)) if (1..=LONGEST_TEXT / 4).contains(&width) => kind(Code::Unicode(width)),
            ('S', Some(width)) if (1..=LONGEST_TEXT).contains(&width) => kind(Code::Bytes(width)),
            ('O', _) => Err(
                "the array holds Python objects (a pickle), which could run code when they are read; save numbers as \
                 float32 and ids as text, with `array.astype(str)`"
                    .into(),
            ),
            _ => Err(format!(
                "arrays of type `{}` cannot be read; save numbers as float32 and ids as text or integers",
                self.descr
            )),
        }
    }
}

/// Splits a Python string in quotes, without escapes, from the rest.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote).filter(|(inside, _)| !inside.contains('\\'))
}

fn short(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the array is cut short".into(),
        _ => format!("the array cannot be read: {error}"),
    }
}

/// Type of elements.
#[derive(Clone, Copy, Debug)]
struct Kind {
    code: Code,
    /// Whether the bytes of an element are in the opposite order of little-endian.
    swapped: bool,
}

#[derive(Clone, Copy, Debug)]
enum Code {
    F32,
    F64,
    Signed(usize),
    Unsigned(usize),
    /// Characters of four bytes.
    Unicode(usize),
    Bytes(usize),
}

impl Kind {
    /// Bytes of an element in the file.
    fn width(self) -> usize {
        match self.code {
            Code::F32 => 4,
            Code::F64 => 8,
            Code::Signed(width) | Code::Unsigned(width) | Code::Bytes(width) => width,
            Code::Unicode(width) => 4 * width,
        }
    }

    /// Bytes of an element in memory, at most.
    fn memory(self) -> usize {
        match self.code {
            Code::F32 | Code::F64 => 4,
            Code::Signed(_) | Code::Unsigned(_) => 8,
            Code::Unicode(_) | Code::Bytes(_) => size_of::<String>() + self.width(),
        }
    }

    fn elements(
        self,
        input: &mut impl Read,
        count: usize,
    ) -> std::result::Result<Elements, String> {
        match self.code {
            Code::F32 | Code::F64 => {
                Ok(Elements::Floats(self.each(input, count, |bytes| Ok(self.float(bytes)))?))
            }
            Code::Signed(_) | Code::Unsigned(_) => {
                Ok(Elements::Integers(self.each(input, count, |bytes| self.integer(bytes))?))
            }
            Code::Unicode(_) | Code::Bytes(_) => {
                Ok(Elements::Texts(self.each(input, count, |bytes| self.text(bytes))?))
            }
        }
    }

    /// Reads `count` elements piece by piece.
    fn each<T>(
        self,
        input: &mut impl Read,
        count: usize,
        convert: impl Fn(&[u8]) -> std::result::Result<T, String>,
    ) -> std::result::Result<Vec<T>, String> {
        let width = self.width();
        let piece = (PIECE / width).max(1);
        let (mut all, mut bytes) = (Vec::new(), vec![0; width * piece.min(count)]);
        while all.len() < count {
            watch::check();
            let elements = piece.min(count - all.len());
            let bytes = &mut bytes[..elements * width];
            input.read_exact(bytes).map_err(|e| short(&e))?;
            for element in bytes.chunks_exact(width) {
                all.push(convert(element)?);
            }
        }
        Ok(all)
    }

    /// The element in little-endian order, in eight bytes.
    fn ordered(self, bytes: &[u8]) -> [u8; 8] {
        let mut ordered = [0; 8];
        let to = ordered[..bytes.len()].iter_mut();
        match self.swapped {
            true => to.zip(bytes.iter().rev()).for_each(|(to, &byte)| *to = byte),
            false => to.zip(bytes).for_each(|(to, &byte)| *to = byte),
        }
        ordered
    }

    fn float(self, bytes: &[u8]) -> f32 {
        let bits = u64::from_le_bytes(self.ordered(bytes));
        match bytes.len() {
            4 => f32::from_bits(bits as u32),
            _ => f64::from_bits(bits) as f32,
        }
    }

    fn integer(self, bytes: &[u8]) -> std::result::Result<i64, String> {
        let bits = u64::from_le_bytes(self.ordered(bytes));
        let unused = 64 - 8 * bytes.len() as u32;
        match self.code {
            // Moves the sign to the front and back.
            Code::Signed(_) => Ok((bits << unused) as i64 >> unused),
            _ => i64::try_from(bits).map_err(|_| format!("{bits} is beyond 63 bits")),
        }
    }

    fn text(self, bytes: &[u8]) -> std::result::Result<String, String> {
        let refused = || "the array holds bytes that are not text".to_owned();
        match self.code {
            Code::Bytes(_) => {
                let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                String::from_utf8(bytes[..end].to_vec()).map_err(|_| refused())
            }
            _ => {
                let code = |bytes: &[u8]| u64::from_le_bytes(self.ordered(bytes)) as u32;
                let text: Option<String> =
                    bytes.chunks_exact(4).map(|c| char::from_u32(code(c))).collect();
                let text = text.ok_or_else(refused)?;
                Ok(text.trim_end_matches('\0').to_owned())
            }
        }
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
        let text = std::str::from_utf8(&bytes[10..128]).unwrap();
        let begins = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3,), } ";
        assert!(text.starts_with(begins) && text.ends_with(" \n"), "{text}");
        assert_eq!(&bytes[128 + 20..], 6.5f32.to_le_bytes());
        let read = read_npy(&path).unwrap();
        assert_eq!(read.shape, [2, 3]);
        assert_eq!(read.elements, Elements::Floats(matrix.data().to_vec()));
        for (tensor, says) in [
            (Tensor::u32("q", &[1, 2]), "'<u4', 'fortran_order': False, 'shape': (2,), }"),
            (Tensor::sizes("s", &[1]), "'<u8'"),
            (Tensor::bytes("t", b"ab"), "'|u1'"),
            (Tensor::i64("i", &[]), "'<i8', 'fortran_order': False, 'shape': (0,), }"),
            (Tensor::f64("f", &[0.5]), "'<f8'"),
        ] {
            let header = header(tensor.npy_kind(), tensor.shape());
            assert_eq!(header.len() % 64, 0);
            assert!(String::from_utf8_lossy(&header).contains(says), "{says}");
            let mut bytes = Vec::new();
            tensor.npy_to(&mut bytes).unwrap();
            let read = NumpyArray::read(&bytes[..]).unwrap();
            assert_eq!(read.shape, tensor.shape());
        }
        assert_eq!([tensor.text(5), Tensor::u32("q", &[7]).text(0)], ["6.5", "7"]);
    }

    /// An array as NumPy writes it: its description and its bytes.
    fn array(header: &str, bytes: &[u8]) -> Vec<u8> {
        let mut all = b"\x93NUMPY\x01\x00".to_vec();
        all.extend((header.len() as u16).to_le_bytes());
        all.extend(header.as_bytes());
        all.extend(bytes);
        all
    }

    fn read(header: &str, bytes: &[u8]) -> std::result::Result<NumpyArray, String> {
        NumpyArray::read(&array(header, bytes)[..])
    }

    fn described(descr: &str, shape: &str) -> String {
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}")
    }

    #[test]
    fn every_order_of_bytes_and_elements_is_read() {
        let big = [1.5f64, -2.0].map(f64::to_be_bytes).concat();
        let read_big = read(&described(">f8", "(2,)"), &big).unwrap();
        assert_eq!(read_big.elements, Elements::Floats(vec![1.5, -2.0]));
        let columns: Vec<u8> = [1f32, 4.0, 2.0, 5.0, 3.0, 6.0].map(f32::to_le_bytes).concat();
        let fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }";
        let turned = read(fortran, &columns).unwrap();
        assert_eq!(turned.elements, Elements::Floats(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        for (descr, bytes, expected) in [
            ("|i1", &[255u8, 3][..], [-1, 3]),
            ("<i2", &[254, 255, 3, 0], [-2, 3]),
            (">i4", &[255, 255, 255, 255, 0, 0, 0, 7], [-1, 7]),
            ("|u1", &[255, 3], [255, 3]),
            ("|b1", &[1, 0], [1, 0]),
            (">u2", &[1, 0, 0, 9], [256, 9]),
        ] {
            let found = read(&described(descr, "(2,)"), bytes).unwrap().elements;
            assert_eq!(found, Elements::Integers(expected.to_vec()), "{descr}");
        }
        let texts = read(&described("|S3", "(2,)"), b"ab\0xyz").unwrap().elements;
        assert_eq!(texts, Elements::Texts(vec!["ab".into(), "xyz".into()]));
        let mut bytes = Vec::new();
        texts_to(&mut bytes, &[3], &["é", "", "tea 🫖"]).unwrap();
        let found = NumpyArray::read(&bytes[..]).unwrap();
        assert_eq!(found.elements, Elements::Texts(vec!["é".into(), "".into(), "tea 🫖".into()]));
        // Version 2 has a longer length; NumPy writes a single number with the shape ().
        let mut two = b"\x93NUMPY\x02\x00".to_vec();
        let header = described("<f4", "()");
        two.extend((header.len() as u32).to_le_bytes());
        two.extend(header.as_bytes());
        two.extend(0.25f32.to_le_bytes());
        let one = NumpyArray::read(&two[..]).unwrap();
        assert_eq!((one.shape.len(), one.elements), (0, Elements::Floats(vec![0.25])));
    }

    #[test]
    fn hostile_arrays_are_refused_in_words() {
        for (header, bytes, says) in [
            (described("|O", "(1,)"), &b"\x80\x04."[..], "Python objects (a pickle)"),
            (described("<f4", "(2,)"), &[0; 7], "cut short"),
            (described("<f4", "(2,)"), &[0; 9], "more bytes"),
            (described("<f4", "(1000000000000,)"), &[0; 8], "does not fit into memory"),
            (described("<f4", "(4294967296, 4294967296, 4294967296)"), &[], "more elements"),
            (described("<f4", "(-1,)"), &[], "cannot be read"),
            (described("<c8", "(1,)"), &[0; 8], "type `<c8`"),
            (described("<f2", "(1,)"), &[0; 2], "type `<f2`"),
            (described("<U999999999", "(1,)"), &[], "type `<U999999999`"),
            (described("<U1", "(1,)"), &[0, 0xd8, 0, 0], "not text"),
            (described("|S1", "(1,)"), &[255], "not text"),
            (described("<u8", "(1,)"), &[255; 8], "beyond 63 bits"),
            (described("", "(1,)"), &[], "type ``"),
            (
                "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }".into(),
                &[],
                "of the kind",
            ),
            ("{'descr': '<f4', 'shape': (1,)}".into(), &[0; 4], "of the kind"),
            ("{'descr': '<f4'".into(), &[], "of the kind"),
            ("".into(), &[], "of the kind"),
        ] {
            let told = read(&header, bytes).unwrap_err();
            assert!(told.contains(says), "{header}: {told}");
        }
        let whole = array(&described("<f4", "(2,)"), &[0; 8]);
        for end in 0..whole.len() {
            assert!(NumpyArray::read(&whole[..end]).is_err(), "cut at {end}");
        }
        assert!(
            NumpyArray::read(&b"\x93NUMPY\x09\x00\x01\x00 "[..]).unwrap_err().contains("version 9")
        );
        assert!(
            NumpyArray::read(&b"\x93NUMPY\x02\x00\xff\xff\xff\xff"[..])
                .unwrap_err()
                .contains("longer than")
        );
        // Texts of no characters: a claim without bytes.
        let told = read(&described("<U0", "(1000000000000000,)"), &[]).unwrap_err();
        assert!(told.contains("type `<U0`"), "{told}");
        assert_eq!(read(&described("<f4", "(0, 5)"), &[]).unwrap().shape, [0, 5]);
    }
}
