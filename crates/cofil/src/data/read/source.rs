//! Bytes of a file or of standard input, decompressed, in blocks of whole lines.

use super::encoding::Encoding;
use super::foreign;
#[cfg(feature = "arrow")]
use super::hive::Key;
use super::json::{ObjectLines, needs_lines};
use super::limits::{Beyond, LONGEST_LINE, Packed, Unpacked};
use super::{Format, ReadOptions};
use crate::data::Source;
use crate::error::{Error, Result};
use crate::watch::{self, Stage};
use std::fs::File;
use std::io::{ErrorKind, Read};
#[cfg(feature = "arrow")]
use std::io::{Seek, Write};
use std::path::Path;
#[cfg(feature = "arrow")]
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Block size for text, so that memory does not grow with the file. It is constant because the numbering of ids must
/// not depend on it.
const BLOCK: usize = 8 << 20;
/// Number of first bytes that identify every format.
const MAGIC: usize = 4096;

/// An open file with its format and its decompressed bytes.
pub(super) struct Opened<'a> {
    pub format: Format,
    pub compression: Option<&'static str>,
    /// Encoding of the text read so far.
    pub encoding: Encoding,
    /// Whether the format was given.
    told: bool,
    /// Number of lines before the table, which only describe it.
    pub skipped: u64,
    /// Delimiter, if such a line sets it.
    separator: Option<String>,
    /// Further columns of a Parquet or Arrow file, each with one value.
    #[cfg(feature = "arrow")]
    pub keys: Vec<Key>,
    head: Vec<u8>,
    rest: Box<dyn Read + Send + 'a>,
    /// The path, if it is a file that can be opened again.
    #[cfg(feature = "arrow")]
    file: Option<PathBuf>,
    ended: bool,
    /// Number of lines in the blocks so far.
    lines: u64,
    /// Number of bytes read so far, before decompression.
    packed: Packed,
}

impl<'a> Opened<'a> {
    /// Opens a file, standard input for `-`, or a reader, and examines the first bytes.
    ///
    /// # Panics
    /// If `source` is record batches, which have no bytes.
    pub fn open(source: impl Into<Source<'a>>, format: Option<Format>) -> Result<Self> {
        let source = source.into();
        let name = source.name().to_owned();
        let path = name.as_path();
        #[cfg(feature = "arrow")]
        let mut on_disk = None;
        let rest: Box<dyn Read + Send + 'a> = match source {
            Source::Reader { reader, .. } => reader,
            Source::Path(path) if path == Path::new("-") => Box::new(std::io::stdin()),
            Source::Path(path) => {
                let file = File::open(&path).map_err(|e| Error::io(&path, e))?;
                let about = file.metadata().map_err(|e| Error::io(&path, e))?;
                if about.is_dir() {
                    return Err(Error::data(path, None, "is a folder; give a file"));
                }
                #[cfg(feature = "arrow")]
                {
                    on_disk = Some(path).filter(|_| about.is_file());
                }
                Box::new(file)
            }
            #[cfg(feature = "arrow")]
            Source::Batches { .. } => unreachable!("batches are read as they are"),
        };
        let bytes = Packed::default();
        let rest = Box::new(Counted::new(path, rest, bytes.clone()));
        let packed = Self {
            format: Format::Text,
            compression: None,
            encoding: Encoding::default(),
            told: format.is_some(),
            skipped: 0,
            separator: None,
            #[cfg(feature = "arrow")]
            keys: Vec::new(),
            head: Vec::new(),
            rest,
            #[cfg(feature = "arrow")]
            file: on_disk,
            ended: false,
            lines: 0,
            packed: bytes,
        };
        let mut source = packed.unpacked(path)?;
        source.peek(path)?;
        if source.head.starts_with(b"\xef\xbb\xbf") {
            source.head.drain(..3);
        }
        source.format = match format {
            Some(format) => format,
            None => sniff_format(path, &source.head)?,
        };
        if source.format == Format::JsonLines && needs_lines(&source.head) {
            source.rewrite(|bytes| Box::new(ObjectLines::new(bytes)));
            source.peek(path)?;
        }
        if source.format == Format::Text && ends_lines_with_returns(&source.head) {
            source.rewrite(|bytes| Box::new(LineEnds(bytes)));
            source.peek(path)?;
        }
        if source.format == Format::Text
            && let Some((separator, length)) = separator_line(&source.head)
        {
            source.head.drain(..length);
            (source.separator, source.skipped, source.lines) = (Some(separator), 1, 1);
        }
        Ok(source)
    }

    /// Returns `options` with the delimiter set in the file, unless they have one.
    pub fn separated(&self, options: &ReadOptions) -> ReadOptions {
        let delimiter = options.delimiter.clone().or_else(|| self.separator.clone());
        ReadOptions { delimiter, ..options.clone() }
    }

    /// Returns an error if the text is obviously no table, unless its delimiter is given.
    pub fn check_is_table(&self, path: &Path, delimiter: Option<&str>) -> Result<()> {
        let guess = || foreign::by_lines(&self.head).filter(|_| !self.told);
        match delimiter.is_none().then(guess).flatten() {
            Some(message) => Err(Error::data(path, None, message)),
            None => Ok(()),
        }
    }

    /// Returns the first bytes of text, as long as none were taken.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Replaces all bytes by the result of `by`; nothing may have been taken yet.
    pub fn rewrite(
        &mut self,
        by: impl FnOnce(Box<dyn Read + Send + 'a>) -> Box<dyn Read + Send + 'a>,
    ) {
        let head = std::io::Cursor::new(std::mem::take(&mut self.head));
        let rest = std::mem::replace(&mut self.rest, Box::new(std::io::empty()));
        self.rest = by(Box::new(head.chain(rest)));
        self.ended = false;
    }

    /// Decompresses according to the first bytes; the file name does not matter.
    fn unpacked(mut self, path: &Path) -> Result<Self> {
        self.peek(path)?;
        let gzip = self.head.starts_with(&[0x1f, 0x8b]);
        // Frames to skip may come first.
        let zstd = self.head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
            || matches!(self.head[..], [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
        if !gzip && !zstd {
            return Ok(self);
        }
        if let Some(name) = self.compression {
            let message =
                format!("is compressed twice (with {name} on the outside); unpack it once");
            return Err(Error::data(path, None, message));
        }
        let whole = std::io::Cursor::new(std::mem::take(&mut self.head)).chain(self.rest);
        let name = if gzip { "gzip" } else { "zstd" };
        let unpacked: Box<dyn Read + Send + 'a> = if gzip {
            Box::new(flate2::read::MultiGzDecoder::new(std::io::BufReader::with_capacity(
                1 << 16,
                whole,
            )))
        } else {
            let decoder =
                zstd::stream::read::Decoder::new(whole).map_err(|e| Error::io(path, e))?;
            Box::new(decoder)
        };
        let rest = Box::new(Unpacked::new(unpacked, name, self.packed.clone()));
        Self { compression: Some(name), head: Vec::new(), rest, ended: false, ..self }
            .unpacked(path)
    }

    fn peek(&mut self, path: &Path) -> Result<()> {
        let mut head = std::mem::take(&mut self.head);
        self.fill(&mut head, MAGIC).map_err(|e| unreadable(path, self.compression, e))?;
        self.head = head;
        Ok(())
    }

    /// Reads until `into` holds `size` bytes or the file ends.
    fn fill(&mut self, into: &mut Vec<u8>, size: usize) -> std::io::Result<()> {
        if self.ended || into.len() >= size {
            return Ok(());
        }
        let wanted = size - into.len();
        into.reserve(wanted);
        let read = (&mut self.rest).take(wanted as u64).read_to_end(into)?;
        self.ended = read < wanted;
        Ok(())
    }

    /// Reads the next block of text into `block`, replacing its content: whole lines, and at the end of the file the
    /// rest. Empty at the end.
    pub fn block(&mut self, path: &Path, block: &mut Vec<u8>) -> Result<()> {
        self.next_block(block).map_err(|e| unreadable(path, self.compression, e))
    }

    fn next_block(&mut self, block: &mut Vec<u8>) -> std::io::Result<()> {
        block.clear();
        block.append(&mut self.head);
        let mut size = BLOCK;
        loop {
            self.fill(block, size)?;
            if self.ended {
                break;
            }
            if let Some(last) = memchr::memrchr(b'\n', block) {
                self.head.extend_from_slice(&block[last + 1..]);
                block.truncate(last + 1);
                break;
            }
            if size > LONGEST_LINE {
                return Err(Beyond::line(Some(self.lines + 1)));
            }
            size = (2 * size).min(LONGEST_LINE + 1);
        }
        self.lines += memchr::memchr_iter(b'\n', block).count() as u64;
        self.encoding.decode(block);
        Ok(())
    }

    /// Returns whether the decompressed bytes start with `magic`; nothing may have been taken yet.
    #[cfg(feature = "arrow")]
    pub fn starts_with(&self, magic: &[u8]) -> bool {
        self.head.starts_with(magic)
    }

    /// Returns a seekable file: the file itself, or a temporary copy.
    #[cfg(feature = "arrow")]
    pub fn into_file(self, path: &Path) -> Result<File> {
        if self.compression.is_none()
            && let Some(file) = &self.file
        {
            return File::open(file).map_err(|e| Error::io(file, e));
        }
        // Name the temporary folder, since it may be full although the file is fine.
        let full = |e| Error::io(std::env::temp_dir(), e);
        let mut copy = tempfile::tempfile().map_err(full)?;
        let compression = self.compression;
        let mut bytes = self.into_rest();
        let mut piece = vec![0; 1 << 16];
        loop {
            match bytes.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => copy.write_all(&piece[..read]).map_err(full)?,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(unreadable(path, compression, e)),
            }
        }
        copy.rewind().map_err(full)?;
        Ok(copy)
    }

    /// Returns a reader of all remaining bytes.
    #[cfg(feature = "arrow")]
    pub fn into_rest(self) -> impl Read + Send + use<'a> {
        std::io::Cursor::new(self.head).chain(self.rest)
    }
}

/// Counts the bytes read, before decompression.
struct Counted<'a> {
    stage: Stage,
    file: Box<dyn Read + Send + 'a>,
    bytes: Packed,
}

impl<'a> Counted<'a> {
    fn new(path: &Path, file: Box<dyn Read + Send + 'a>, bytes: Packed) -> Self {
        // Pipes have no size.
        let size = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
        let size = size.and_then(|metadata| usize::try_from(metadata.len()).ok());
        Self { stage: watch::stage("reading", size), file, bytes }
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        watch::check();
        let read = self.file.read(into)?;
        self.stage.add(read);
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Returns whether lines end with `\r` alone, as on old Macintosh computers.
fn ends_lines_with_returns(head: &[u8]) -> bool {
    let inner = head.strip_suffix(b"\r").unwrap_or(head);
    memchr::memchr(b'\r', inner).is_some() && memchr::memchr(b'\n', head).is_none()
}

/// Reader that gives `\n` for each `\r`.
struct LineEnds<R>(R);

impl<R: Read> Read for LineEnds<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(into)?;
        into[..read].iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        Ok(read)
    }
}

/// Returns the delimiter given in the first line, as spreadsheets write it (`sep=;`), and the length of that line.
fn separator_line(head: &[u8]) -> Option<(String, usize)> {
    let end = memchr::memchr(b'\n', head)?;
    let line = std::str::from_utf8(&head[..end]).ok()?.trim_end_matches('\r').trim_matches('"');
    let (name, separator) = (line.get(..4)?, line.get(4..)?);
    let one = separator.chars().count() == 1 && !separator.contains(char::is_alphanumeric);
    (name.eq_ignore_ascii_case("sep=") && one).then(|| (separator.to_owned(), end + 1))
}

/// Converts a read error to an error for the user.
pub(super) fn unreadable(path: &Path, compression: Option<&str>, error: std::io::Error) -> Error {
    if let Some(beyond) = Beyond::of(path, &error) {
        return beyond;
    }
    let told = error.to_string();
    match compression {
        Some(name)
            if error.kind() == ErrorKind::OutOfMemory || told.contains("Allocation error") =>
        {
            let path = path.display();
            Error::Resources(format!(
                "{path}: there is not enough memory to unpack the {name} data"
            ))
        }
        // The decoder's message for a window above 128 MiB.
        Some("zstd") if told.contains("too much memory") => {
            let message = "was compressed with a window above 128 MiB; unpack it first, with zstd and a long window";
            Error::data(path, None, message)
        }
        Some(name) if error.kind() == ErrorKind::UnexpectedEof => {
            let message = format!(
                "the {name} data is cut short, or something else follows it; copy the file again, or unpack it first"
            );
            Error::data(path, None, message)
        }
        Some(name) if error.raw_os_error().is_none() => Error::data(
            path,
            None,
            format!(
                "the {name} data is damaged, or something else follows it ({error}); copy the file again, or unpack it \
                 first"
            ),
        ),
        _ => Error::io(path, error),
    }
}

/// Detects the format by the first bytes. Known file formats without a table are rejected by name.
fn sniff_format(path: &Path, head: &[u8]) -> Result<Format> {
    if let Some(message) = foreign::by_bytes(head) {
        return Err(Error::data(path, None, message));
    }
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    if head.starts_with(b"ARROW1") || head.starts_with(&[0xff; 4]) {
        return Ok(Format::Arrow);
    }
    match head.trim_ascii_start().first() {
        Some(b'{') => Ok(Format::JsonLines),
        Some(b'[') if needs_lines(head) => Ok(Format::JsonLines),
        _ => Ok(Format::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_decoder_lacks_is_no_damage() {
        let path = Path::new("t.zst");
        let told = |error| unreadable(path, Some("zstd"), error).to_string();
        let window = std::io::Error::other("Frame requires too much memory for decoding");
        assert!(told(window).contains("unpack it first, with zstd and a long window"));
        let memory = std::io::Error::other("Allocation error : not enough memory");
        assert!(told(memory).contains("not enough memory to unpack"));
        let refused = std::io::Error::from_raw_os_error(24);
        assert!(told(refused).contains("Too many open files"));
        assert!(told(std::io::Error::other("Unknown frame descriptor")).contains("is damaged"));
    }

    #[test]
    fn what_stands_around_packed_data_is_passed_over_or_told() {
        use crate::data::Source;
        use crate::data::read::{ReadOptions, read};
        use std::io::Write as _;
        let gzip = |bytes: &[u8]| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), Default::default());
            packed.write_all(bytes).unwrap();
            packed.finish().unwrap()
        };
        let table = |bytes: &[u8]| {
            let found = read(Source::reader("t", bytes), &ReadOptions::default());
            found.map(|table| table.interactions.len()).map_err(|error| error.to_string())
        };
        let text = b"user,item\na,b\n";
        let zstd = zstd::encode_all(&text[..], 1).unwrap();
        // A frame to skip, as seekable archives have.
        let skippable = [&[0x5e, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4][..], &zstd].concat();
        assert_eq!(table(&skippable), Ok(1));
        assert_eq!(table(&[gzip(text), gzip(b"c,d\n")].concat()), Ok(2));
        for twice in [gzip(&gzip(text)), gzip(&zstd)] {
            let told = table(&twice).unwrap_err();
            assert!(
                told.contains("is compressed twice") && told.contains("unpack it once"),
                "{told}"
            );
        }
        for behind in [&b"garbage"[..], &[0; 1000]] {
            let told = table(&[&gzip(text), behind].concat()).unwrap_err();
            assert!(told.contains("or something else follows it"), "{told}");
        }
    }
}
