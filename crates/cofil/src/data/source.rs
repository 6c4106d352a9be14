//! Where a table comes from.

#[cfg(feature = "arrow")]
use arrow_array::RecordBatch;
#[cfg(feature = "arrow")]
use arrow_schema::ArrowError;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where a table comes from: a file, anything that gives bytes, or Arrow record batches in memory. A path in
/// any of its forms is one.
///
/// ```
/// use cofil::data::Source;
/// use cofil::data::read::{ReadOptions, read};
///
/// let body = b"user,item,rating\nann,tea,5\nbob,tea,3\n";
/// let table = read(Source::reader("request", &body[..]), &ReadOptions::default())?;
/// assert_eq!(table.interactions.value, [5.0, 3.0]);
/// # Ok::<(), cofil::Error>(())
/// ```
pub enum Source<'a> {
    /// A file; `-` is standard input.
    Path(PathBuf),
    /// Bytes of any format that a file could have, packed or not.
    Reader {
        /// What messages call it.
        name: String,
        /// The bytes.
        reader: Box<dyn Read + Send + 'a>,
    },
    /// Record batches, all of one schema: columns are found by their names.
    #[cfg(feature = "arrow")]
    Batches {
        /// What messages call them.
        name: String,
        /// The batches, as any `RecordBatchReader` gives them.
        batches: Box<Batches<'a>>,
    },
}

/// Record batches one after another.
#[cfg(feature = "arrow")]
pub type Batches<'a> = dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'a;

impl<'a> Source<'a> {
    /// The bytes of `reader`; messages call it `name`.
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'a) -> Self {
        Self::Reader { name: name.into(), reader: Box::new(reader) }
    }

    /// The rows of `batches`, such as a `RecordBatchReader`; messages call them `name`.
    #[cfg(feature = "arrow")]
    pub fn batches<I>(name: impl Into<String>, batches: I) -> Self
    where
        I: IntoIterator<Item = Result<RecordBatch, ArrowError>>,
        I::IntoIter: Send + 'a,
    {
        Self::Batches { name: name.into(), batches: Box::new(batches.into_iter()) }
    }

    /// What messages call it: the path, or the name it was given.
    pub fn name(&self) -> &Path {
        match self {
            Self::Path(path) => path,
            Self::Reader { name, .. } => Path::new(name),
            #[cfg(feature = "arrow")]
            Self::Batches { name, .. } => Path::new(name),
        }
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Path(_) => "Path",
            Self::Reader { .. } => "Reader",
            #[cfg(feature = "arrow")]
            Self::Batches { .. } => "Batches",
        };
        f.debug_tuple(kind).field(&self.name()).finish()
    }
}

impl From<PathBuf> for Source<'_> {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

/// A path by reference, in one of its types.
macro_rules! from_path {
    ($($path:ty),*) => {
        $(impl From<$path> for Source<'_> {
            fn from(path: $path) -> Self {
                Self::Path(path.into())
            }
        })*
    };
}

from_path!(&Path, &PathBuf, &str, &String, String);
