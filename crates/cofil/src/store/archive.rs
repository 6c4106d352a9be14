//! The contents of a file that was read and checked.

use crate::error::{Error, Result};
use crate::math::Matrix;
use safetensors::tensor::Dtype;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Header and arrays of a checked file. Each array can be taken once: it is moved out, not copied.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    /// The header, with whatever the writer stored besides the arrays.
    pub header: Value,
    /// BLAKE3 digest (hexadecimal) of everything in the file.
    pub checksum: String,
    arrays: BTreeMap<String, Stored>,
}

/// An array in an archive.
#[derive(Debug)]
pub(super) struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    /// [`Array::Taken`] once it was taken.
    array: RefCell<Array>,
}

impl Stored {
    pub fn new(dtype: Dtype, shape: Vec<usize>, array: Array) -> Self {
        Self { dtype, shape, array: RefCell::new(array) }
    }
}

/// The elements of an array.
#[derive(Debug, Default)]
pub(super) enum Array {
    F32(Vec<f32>),
    F64(Vec<f64>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    /// Of an element type that this version does not use.
    Other,
    #[default]
    Taken,
}

/// Moves the elements of an array of one type out of the archive.
macro_rules! take {
    ($archive:expr, $name:expr, $kind:ident) => {{
        let stored = $archive.get($name, Dtype::$kind)?;
        match stored.array.take() {
            Array::$kind(elements) => Ok(elements),
            _ => Err($archive.bad(format!("array `{}` was taken before", $name))),
        }
    }};
}

impl Archive {
    pub(super) fn new(
        path: &Path,
        header: Value,
        checksum: String,
        arrays: Vec<(String, Stored)>,
    ) -> Self {
        Self { path: path.to_owned(), header, checksum, arrays: arrays.into_iter().collect() }
    }

    /// Creates an error about this file.
    pub fn bad(&self, message: impl Into<String>) -> Error {
        Error::format(&self.path, message)
    }

    /// Moves the arrays whose names begin with `prefix` to an archive of their own, without it.
    pub fn within(&self, prefix: &str) -> Self {
        let moved = |(name, stored): (&String, &Stored)| {
            let name = name.strip_prefix(prefix)?.to_owned();
            Some((name, Stored::new(stored.dtype, stored.shape.clone(), stored.array.take())))
        };
        let (path, checksum) = (self.path.clone(), self.checksum.clone());
        let arrays = self.arrays.iter().filter_map(moved).collect();
        Self { path, header: Value::Null, checksum, arrays }
    }

    /// Returns whether there is an array `name`.
    pub fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    fn get(&self, name: &str, dtype: Dtype) -> Result<&Stored> {
        let stored =
            self.arrays.get(name).ok_or_else(|| self.bad(format!("array `{name}` is missing")))?;
        if stored.dtype != dtype {
            let found = stored.dtype;
            return Err(self.bad(format!("array `{name}` is {found:?}, expected {dtype:?}")));
        }
        Ok(stored)
    }

    /// Returns the numbers of an `f32` array, which must be finite.
    ///
    /// # Errors
    /// If the array is missing, taken, of another type, or holds NaN or infinity.
    pub fn f32(&self, name: &str) -> Result<Vec<f32>> {
        let numbers: Vec<f32> = take!(self, name, F32)?;
        match numbers.iter().all(|x| x.is_finite()) {
            true => Ok(numbers),
            false => Err(self.bad(format!("array `{name}` holds a number that is not finite"))),
        }
    }

    /// Returns the numbers of an `f64` array, with missing values as one canonical NaN.
    ///
    /// # Errors
    /// If the array is missing, taken, of another type, or holds infinity.
    pub fn f64_or_nan(&self, name: &str) -> Result<Vec<f64>> {
        let mut numbers: Vec<f64> = take!(self, name, F64)?;
        numbers.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = f64::NAN);
        match numbers.iter().any(|x| x.is_infinite()) {
            false => Ok(numbers),
            true => Err(self.bad(format!("array `{name}` holds a number that is not finite"))),
        }
    }

    /// Returns an `f32` vector of length `len`.
    ///
    /// # Errors
    /// As [`f32`](Self::f32), or if the length differs.
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

    /// Returns an `f32` matrix with `rows` rows (any number if `None`).
    ///
    /// # Errors
    /// As [`f32`](Self::f32), or if the shape differs.
    pub fn matrix(&self, name: &str, rows: Option<usize>) -> Result<Matrix> {
        let shape = &self.get(name, Dtype::F32)?.shape;
        match shape[..] {
            [r, c] if rows.is_none_or(|rows| rows == r) => {
                Ok(Matrix::from_vec(r, c, self.f32(name)?))
            }
            _ => {
                Err(self.bad(format!("array `{name}` has shape {shape:?}, expected [{rows:?}, _]")))
            }
        }
    }

    /// Returns the array `name` as a vector of `u32`.
    ///
    /// # Errors
    /// If the array is missing, taken, or of another type.
    pub fn u32(&self, name: &str) -> Result<Vec<u32>> {
        take!(self, name, U32)
    }

    /// Returns the array `name` as a vector of `i64`.
    ///
    /// # Errors
    /// If the array is missing, taken, or of another type.
    pub fn i64(&self, name: &str) -> Result<Vec<i64>> {
        take!(self, name, I64)
    }

    /// Returns the array `name` as a vector of sizes.
    ///
    /// # Errors
    /// If the array is missing, taken, of another type, or holds a size this machine cannot address.
    pub fn sizes(&self, name: &str) -> Result<Vec<usize>> {
        let numbers: Vec<u64> = take!(self, name, U64)?;
        let sizes = numbers.into_iter().map(usize::try_from).collect::<std::result::Result<_, _>>();
        sizes.map_err(|_| self.bad(format!("array `{name}` holds a size beyond this machine")))
    }

    /// Returns the array `name` as text.
    ///
    /// # Errors
    /// If the array is missing, taken, of another type, or not UTF-8.
    pub fn text(&self, name: &str) -> Result<String> {
        String::from_utf8(take!(self, name, U8)?)
            .map_err(|_| self.bad(format!("array `{name}` is not UTF-8 text")))
    }
}
