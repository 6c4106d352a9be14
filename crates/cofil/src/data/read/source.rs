//! Bytes of a file or of standard input, unpacked, in blocks that end with a line.

use super::Format;
use crate::error::{Error, Result};
use crate::watch::{self, Stage};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Text is read in blocks of this size, so that memory stays flat whatever the size of the file.
/// It depends on nothing, as numbering must not.
const BLOCK: usize = 8 << 20;
/// Enough to tell every format by its first bytes.
const MAGIC: usize = 4096;

/// An open file: what it is, and its unpacked bytes.
pub(super) struct Source {
    pub format: Format,
    pub compression: Option<&'static str>,
    head: Vec<u8>,
    rest: Box<dyn Read + Send>,
    ended: bool,
}

impl Source {
    /// Opens `path`, or standard input for `-`, and looks at the first bytes.
    pub fn open(path: &Path, format: Option<Format>) -> Result<Self> {
        let file: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(std::io::stdin())
        } else {
            let file = File::open(path).map_err(|e| Error::io(path, e))?;
            if file.metadata().map_err(|e| Error::io(path, e))?.is_dir() {
                return Err(Error::data(path, None, "is a directory; give a file"));
            }
            Box::new(file)
        };
        let file = Box::new(Counted::new(path, file));
        let packed = Self {
            format: Format::Text,
            compression: None,
            head: Vec::new(),
            rest: file,
            ended: false,
        };
        let mut source = packed.unpacked(path)?;
        source.peek(path)?;
        source.format = match format {
            Some(format) => format,
            None => sniff_format(path, &source.head)?,
        };
        if source.format == Format::Text && source.head.starts_with(b"\xef\xbb\xbf") {
            source.head.drain(..3);
        }
        Ok(source)
    }

    /// Unpacks by magic bytes; names do not count.
    fn unpacked(mut self, path: &Path) -> Result<Self> {
        self.peek(path)?;
        let gzip = self.head.starts_with(&[0x1f, 0x8b]);
        let zstd = self.head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
        if !gzip && !zstd {
            return Ok(self);
        }
        let whole = std::io::Cursor::new(self.head).chain(self.rest);
        let rest: Box<dyn Read + Send> = if gzip {
            Box::new(flate2::read::MultiGzDecoder::new(std::io::BufReader::with_capacity(
                1 << 16,
                whole,
            )))
        } else {
            let decoder =
                zstd::stream::read::Decoder::new(whole).map_err(|e| Error::io(path, e))?;
            Box::new(decoder)
        };
        let compression = Some(if gzip { "gzip" } else { "zstd" });
        Ok(Self { format: Format::Text, compression, head: Vec::new(), rest, ended: false })
    }

    fn peek(&mut self, path: &Path) -> Result<()> {
        let mut head = std::mem::take(&mut self.head);
        self.fill(path, &mut head, MAGIC)?;
        self.head = head;
        Ok(())
    }

    /// Reads until `into` holds `size` bytes or the file ends.
    fn fill(&mut self, path: &Path, into: &mut Vec<u8>, size: usize) -> Result<()> {
        if self.ended || into.len() >= size {
            return Ok(());
        }
        let wanted = size - into.len();
        into.reserve(wanted);
        let read = (&mut self.rest)
            .take(wanted as u64)
            .read_to_end(into)
            .map_err(|e| unreadable(path, self.compression, e))?;
        self.ended = read < wanted;
        Ok(())
    }

    /// The next block, in place of what `block` holds: whole lines, and at the end of the file
    /// whatever is left. Empty when there is no more.
    pub fn block(&mut self, path: &Path, block: &mut Vec<u8>) -> Result<()> {
        block.clear();
        block.append(&mut self.head);
        let mut size = BLOCK;
        loop {
            self.fill(path, block, size)?;
            if self.ended {
                return Ok(());
            }
            if let Some(last) = memchr::memrchr(b'\n', block) {
                self.head.extend_from_slice(&block[last + 1..]);
                block.truncate(last + 1);
                return Ok(());
            }
            size *= 2;
        }
    }

    /// Whether the unpacked bytes start with `magic`; nothing may have been taken yet.
    #[cfg(feature = "arrow")]
    pub fn starts_with(&self, magic: &[u8]) -> bool {
        self.head.starts_with(magic)
    }

    /// A file to read at any place: `path` itself, or a temporary copy of what cannot be sought.
    #[cfg(feature = "arrow")]
    pub fn into_file(self, path: &Path) -> Result<File> {
        if self.compression.is_none() && path.is_file() {
            return File::open(path).map_err(|e| Error::io(path, e));
        }
        let mut copy = tempfile::tempfile().map_err(|e| Error::io(std::env::temp_dir(), e))?;
        let compression = self.compression;
        std::io::copy(&mut self.into_rest(), &mut copy)
            .and_then(|_| std::io::Seek::rewind(&mut copy))
            .map_err(|e| unreadable(path, compression, e))?;
        Ok(copy)
    }

    /// All that was not read yet.
    pub fn into_rest(self) -> impl Read + Send {
        std::io::Cursor::new(self.head).chain(self.rest)
    }
}

/// Tells how much was read, before it is unpacked.
struct Counted {
    stage: Stage,
    file: Box<dyn Read + Send>,
}

impl Counted {
    fn new(path: &Path, file: Box<dyn Read + Send>) -> Self {
        // Pipes have no size.
        let size = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
        let size = size.and_then(|metadata| usize::try_from(metadata.len()).ok());
        Self { stage: watch::stage("reading", size), file }
    }
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        watch::check();
        let read = self.file.read(into)?;
        self.stage.add(read);
        Ok(read)
    }
}

/// What a failed read means to the user.
pub(super) fn unreadable(path: &Path, compression: Option<&str>, error: std::io::Error) -> Error {
    match compression {
        Some(name) if error.kind() == ErrorKind::UnexpectedEof => {
            Error::data(path, None, format!("the {name} data is cut short; copy the file again"))
        }
        Some(name) if error.raw_os_error().is_none() => Error::data(
            path,
            None,
            format!("the {name} data is damaged ({error}); copy the file again"),
        ),
        _ => Error::io(path, error),
    }
}

/// The format by the first bytes; kinds of file that hold no table are refused by name.
fn sniff_format(path: &Path, head: &[u8]) -> Result<Format> {
    let foreign: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "is a zip archive (or a spreadsheet); unpack it and give the table as CSV"),
        (b"BZh", "is packed with bzip2; unpack it, or use gzip or zstd"),
        (b"\xfd7zXZ", "is packed with xz; unpack it, or use gzip or zstd"),
        (b"\xff\xfe", "is UTF-16 text; save it as UTF-8"),
        (b"\xfe\xff", "is UTF-16 text; save it as UTF-8"),
        (b"SQLite format 3", "is a database; export the table as CSV"),
    ];
    if let Some((_, message)) = foreign.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(Error::data(path, None, *message));
    }
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    if head.starts_with(b"ARROW1") || head.starts_with(&[0xff; 4]) {
        return Ok(Format::Arrow);
    }
    match head.trim_ascii_start().first() {
        Some(b'{') => Ok(Format::JsonLines),
        _ => Ok(Format::Text),
    }
}
