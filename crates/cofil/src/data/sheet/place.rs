//! Destinations of a table, and compression.

use crate::data::ending::Packing;
use crate::error::{Error, Result};
use crate::store::{Access, Pending};
use flate2::write::GzEncoder;
use std::io::{BufWriter, Result as IoResult, Write};
use std::path::{Path, PathBuf};

/// A file being written, or a stream, with optional compression.
pub struct Out {
    path: PathBuf,
    packed: Packed,
}

enum Packed {
    None(BufWriter<Place>),
    Gzip(Box<GzEncoder<BufWriter<Place>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, BufWriter<Place>>>),
}

enum Place {
    File(Pending),
    /// The stream and the number of bytes written so far.
    Stream(Box<dyn Write + Send>, u64),
}

impl Out {
    /// Starts the file at `path`.
    pub fn file(path: &Path, packing: Packing) -> Result<Self> {
        let file = BufWriter::new(Place::File(Pending::create(path, Access::Usual)?));
        let packed = match packing {
            Packing::None => Packed::None(file),
            Packing::Gzip => {
                Packed::Gzip(Box::new(GzEncoder::new(file, flate2::Compression::default())))
            }
            Packing::Zstd => {
                let packer = zstd::stream::write::Encoder::new(file, 0);
                Packed::Zstd(Box::new(packer.map_err(|e| Error::io(path, e))?))
            }
        };
        Ok(Self { path: path.to_owned(), packed })
    }

    /// Writes to `stream` directly.
    pub fn stream(stream: impl Write + Send + 'static) -> Self {
        let place = Place::Stream(Box::new(stream), 0);
        Self { path: "standard output".into(), packed: Packed::None(BufWriter::new(place)) }
    }

    /// Returns the name used in errors.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves a finished file into place and returns the number of bytes written.
    pub fn finish(self) -> Result<u64> {
        let io = |e: std::io::Error| Error::io(&self.path, e);
        let file = match self.packed {
            Packed::None(file) => file,
            Packed::Gzip(packer) => packer.finish().map_err(io)?,
            Packed::Zstd(packer) => packer.finish().map_err(io)?,
        };
        // The error cannot be moved out, so it is copied.
        let again = |e: &std::io::Error| std::io::Error::new(e.kind(), e.to_string());
        match file.into_inner().map_err(|e| io(again(e.error())))? {
            Place::File(file) => file.finish(),
            Place::Stream(mut stream, bytes) => {
                stream.flush().map_err(io)?;
                Ok(bytes)
            }
        }
    }
}

impl Write for Out {
    fn write(&mut self, text: &[u8]) -> IoResult<usize> {
        match &mut self.packed {
            Packed::None(out) => out.write(text),
            Packed::Gzip(out) => out.write(text),
            Packed::Zstd(out) => out.write(text),
        }
    }

    fn flush(&mut self) -> IoResult<()> {
        match &mut self.packed {
            Packed::None(out) => out.flush(),
            Packed::Gzip(out) => out.flush(),
            Packed::Zstd(out) => out.flush(),
        }
    }
}

impl Write for Place {
    fn write(&mut self, text: &[u8]) -> IoResult<usize> {
        match self {
            Self::File(file) => file.write(text),
            Self::Stream(stream, bytes) => {
                let written = stream.write(text)?;
                *bytes += written as u64;
                Ok(written)
            }
        }
    }

    fn flush(&mut self) -> IoResult<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stream(stream, _) => stream.flush(),
        }
    }
}
