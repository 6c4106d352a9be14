//! Sources of tables.

#[cfg(feature = "arrow")]
use arrow_array::RecordBatch;
#[cfg(feature = "arrow")]
use arrow_schema::ArrowError;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A source of a table: a file, a reader, or Arrow record batches in memory. Paths of all common types convert into a
/// source.
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
    /// Bytes in any supported file format, compressed or not.
    Reader {
        /// Name used in messages.
        name: String,
        /// The bytes.
        reader: Box<dyn Read + Send + 'a>,
    },
    /// Record batches with a common schema. Columns are found by their names.
    #[cfg(feature = "arrow")]
    Batches {
        /// Name used in messages.
        name: String,
        /// The batches, for example from a `RecordBatchReader`.
        batches: Box<Batches<'a>>,
    },
}

/// An iterator over record batches.
#[cfg(feature = "arrow")]
pub type Batches<'a> = dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'a;

impl<'a> Source<'a> {
    /// Creates a source from the bytes of `reader`. Messages use `name`.
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'a) -> Self {
        Self::Reader { name: name.into(), reader: Box::new(reader) }
    }

    /// Creates a source from `batches`, such as a `RecordBatchReader`. Messages use `name`.
    #[cfg(feature = "arrow")]
    pub fn batches<I>(name: impl Into<String>, batches: I) -> Self
    where
        I: IntoIterator<Item = Result<RecordBatch, ArrowError>>,
        I::IntoIter: Send + 'a,
    {
        Self::Batches { name: name.into(), batches: Box::new(batches.into_iter()) }
    }

    /// Returns the name used in messages: the path, or the name that was given.
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

/// Implements the conversion from a reference to a path type.
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
