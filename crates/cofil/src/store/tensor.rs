//! Named arrays to write.

use super::CHUNK;
use safetensors::tensor::Dtype;
use std::borrow::Cow;
use std::io::Result;

/// A named array to write.
#[derive(Clone, Debug)]
pub struct Tensor<'a> {
    name: Cow<'a, str>,
    shape: Vec<usize>,
    data: Data<'a>,
}

/// The elements, of one of the types a file can hold.
#[derive(Clone, Debug)]
enum Data<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
    U32(&'a [u32]),
    U64(Vec<u64>),
    I64(&'a [i64]),
    U8(&'a [u8]),
}

impl<'a> Tensor<'a> {
    /// Creates a vector of `f32`.
    pub fn f32(name: impl Into<Cow<'a, str>>, data: &'a [f32]) -> Self {
        Self { name: name.into(), shape: vec![data.len()], data: Data::F32(data) }
    }

    /// Creates a vector of `f64`.
    pub fn f64(name: impl Into<Cow<'a, str>>, data: &'a [f64]) -> Self {
        Self { name: name.into(), shape: vec![data.len()], data: Data::F64(data) }
    }

    /// Creates a row-major matrix of `f32`.
    pub fn matrix(name: impl Into<Cow<'a, str>>, matrix: &'a crate::math::Matrix) -> Self {
        Self {
            name: name.into(),
            shape: vec![matrix.rows(), matrix.cols()],
            data: Data::F32(matrix.data()),
        }
    }

    /// Creates a vector of `u32`.
    pub fn u32(name: impl Into<Cow<'a, str>>, data: &'a [u32]) -> Self {
        Self { name: name.into(), shape: vec![data.len()], data: Data::U32(data) }
    }

    /// Creates a vector of sizes, stored as `u64`.
    pub fn sizes(name: impl Into<Cow<'a, str>>, data: &[usize]) -> Self {
        let data: Vec<u64> = data.iter().map(|&s| s as u64).collect();
        Self { name: name.into(), shape: vec![data.len()], data: Data::U64(data) }
    }

    /// Creates a vector of `i64`.
    pub fn i64(name: impl Into<Cow<'a, str>>, data: &'a [i64]) -> Self {
        Self { name: name.into(), shape: vec![data.len()], data: Data::I64(data) }
    }

    /// Creates a vector of bytes, such as text.
    pub fn bytes(name: impl Into<Cow<'a, str>>, data: &'a [u8]) -> Self {
        Self { name: name.into(), shape: vec![data.len()], data: Data::U8(data) }
    }

    /// Returns the array with `prefix` before its name.
    pub(crate) fn within(self, prefix: &str) -> Self {
        Self { name: format!("{prefix}{}", self.name).into(), ..self }
    }

    /// Returns the name of the array.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the elements, if they are `f32`.
    pub fn as_f32(&self) -> Option<&'a [f32]> {
        match self.data {
            Data::F32(data) => Some(data),
            _ => None,
        }
    }

    /// Returns the elements, if they are `u32`.
    pub(crate) fn as_u32(&self) -> Option<&'a [u32]> {
        match self.data {
            Data::U32(data) => Some(data),
            _ => None,
        }
    }

    /// Returns the elements, if they are sizes.
    pub(crate) fn as_u64(&self) -> Option<&[u64]> {
        match &self.data {
            Data::U64(data) => Some(data),
            _ => None,
        }
    }

    /// Returns the element at index `at`, in row-major order, as text in its shortest form.
    ///
    /// # Panics
    /// If there is no such element.
    pub fn text(&self, at: usize) -> String {
        match &self.data {
            Data::F32(data) => data[at].to_string(),
            Data::F64(data) => data[at].to_string(),
            Data::U32(data) => data[at].to_string(),
            Data::U64(data) => data[at].to_string(),
            Data::I64(data) => data[at].to_string(),
            Data::U8(data) => data[at].to_string(),
        }
    }

    /// Returns NumPy's name of the element type.
    pub(super) fn npy_kind(&self) -> &'static str {
        match self.data {
            Data::F32(_) => "<f4",
            Data::F64(_) => "<f8",
            Data::U32(_) => "<u4",
            Data::U64(_) => "<u8",
            Data::I64(_) => "<i8",
            Data::U8(_) => "|u1",
        }
    }

    /// Returns the length of each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the size of the elements in bytes.
    pub fn size(&self) -> usize {
        let width = match self.data {
            Data::F32(_) | Data::U32(_) => 4,
            Data::F64(_) | Data::U64(_) | Data::I64(_) => 8,
            Data::U8(_) => 1,
        };
        self.shape.iter().product::<usize>() * width
    }

    pub(super) fn dtype(&self) -> Dtype {
        match self.data {
            Data::F32(_) => Dtype::F32,
            Data::F64(_) => Dtype::F64,
            Data::U32(_) => Dtype::U32,
            Data::U64(_) => Dtype::U64,
            Data::I64(_) => Dtype::I64,
            Data::U8(_) => Dtype::U8,
        }
    }

    /// Passes the little-endian bytes of the elements to `take`, piece by piece.
    pub(crate) fn bytes_in_pieces(&self, take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        match &self.data {
            Data::F32(data) => pieces(data, f32::to_le_bytes, take),
            Data::F64(data) => pieces(data, f64::to_le_bytes, take),
            Data::U32(data) => pieces(data, u32::to_le_bytes, take),
            Data::U64(data) => pieces(data, u64::to_le_bytes, take),
            Data::I64(data) => pieces(data, i64::to_le_bytes, take),
            Data::U8(data) => pieces(data, |byte| [byte], take),
        }
    }
}

fn pieces<const N: usize, T: Copy>(
    data: &[T],
    convert: fn(T) -> [u8; N],
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut bytes = vec![0; (data.len() * N).min(CHUNK)];
    for piece in data.chunks(CHUNK / N) {
        let bytes = &mut bytes[..piece.len() * N];
        bytes.as_chunks_mut().0.iter_mut().zip(piece).for_each(|(to, &x)| *to = convert(x));
        take(bytes)?;
    }
    Ok(())
}
