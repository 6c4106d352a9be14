//! Arrow IPC files and streams, message by message. The size that a message claims is checked before the decoder
//! allocates for it. A file is a stream between a magic number and an index of its batches, which is not needed.

use super::limits::check_unpacked;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{Endianness, Message, root_as_message};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::sync::Arc;

/// First bytes of a file.
pub(super) const MAGIC: &[u8] = b"ARROW1";
/// Precedes the length of a message, except in files of early versions.
const MARK: [u8; 4] = [0xff; 4];

/// Iterator over the record batches.
pub(super) struct Batches<R> {
    input: R,
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
    /// Whether a message of length 0 must mark the end, as in files; streams may just end.
    is_file: bool,
    /// Number of bytes read.
    packed: u64,
    /// Number of bytes and rows they hold.
    unpacked: u64,
    rows: u64,
}

impl<R: Read> Batches<R> {
    /// Reads the schema.
    ///
    /// # Errors
    /// If the input is cut short, damaged, or of another byte order.
    pub fn open(input: R, is_file: bool) -> Result<Self, ArrowError> {
        let schema = Arc::new(Schema::empty());
        let dictionaries = HashMap::new();
        let mut batches =
            Self { input, schema, dictionaries, is_file, packed: 0, unpacked: 0, rows: 0 };
        if is_file {
            batches.input.read_exact(&mut [0; MAGIC.len()])?;
            batches.input.read_exact(&mut [0; 2])?;
        }
        // Writers pad the magic number to 8 or 64 bytes.
        let mut first = [0; 4];
        for _ in 0..64 / first.len() {
            batches.input.read_exact(&mut first)?;
            if first != [0; 4] {
                break;
            }
        }
        let head = batches.head_of(first)?.ok_or_else(cut_short)?;
        let message = parse(&head)?;
        batches.bytes(message.bodyLength())?;
        let schema = message.header_as_schema().ok_or_else(|| unexpected(&message))?;
        if schema.endianness() != Endianness::Little {
            return Err(ArrowError::IpcError("numbers are big-endian".into()));
        }
        batches.schema = Arc::new(try_fb_to_schema(schema)?);
        Ok(batches)
    }

    /// Returns the schema of all batches.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Returns the metadata of the next message; `None` at the end.
    fn head(&mut self) -> Result<Option<Vec<u8>>, ArrowError> {
        let mut first = Vec::new();
        self.input.by_ref().take(4).read_to_end(&mut first)?;
        match <[u8; 4]>::try_from(&*first) {
            Ok(first) => self.head_of(first),
            Err(_) if first.is_empty() && !self.is_file => Ok(None),
            Err(_) => Err(cut_short()),
        }
    }

    /// The same, with the four bytes already read.
    fn head_of(&mut self, mut length: [u8; 4]) -> Result<Option<Vec<u8>>, ArrowError> {
        if length == MARK {
            self.input.read_exact(&mut length)?;
        }
        match i32::from_le_bytes(length) {
            0 => Ok(None),
            length => self.bytes(length.into()).map(Some),
        }
    }

    /// Reads `size` bytes; the memory grows with those that arrive.
    fn bytes(&mut self, size: i64) -> Result<Vec<u8>, ArrowError> {
        let size =
            u64::try_from(size).map_err(|_| ArrowError::IpcError("a negative size".into()))?;
        let mut bytes = Vec::new();
        let read = self.input.by_ref().take(size).read_to_end(&mut bytes)?;
        self.packed += read as u64;
        if read as u64 == size { Ok(bytes) } else { Err(cut_short()) }
    }

    /// Returns an error if all batches so far claim far more than their bytes justify.
    fn check(&mut self, batch: &arrow_ipc::RecordBatch<'_>, body: &[u8]) -> Result<(), ArrowError> {
        let unpacked = match batch.compression() {
            None => body.len() as u64,
            Some(_) => {
                // A compressed buffer starts with its unpacked size.
                let size = |buffer: &arrow_ipc::Buffer| {
                    let start = usize::try_from(buffer.offset()).ok()?;
                    let size = body.get(start..)?.first_chunk::<8>()?;
                    u64::try_from(i64::from_le_bytes(*size)).ok()
                };
                let sizes = batch.buffers().into_iter().flatten().filter_map(size);
                sizes.fold(0, u64::saturating_add)
            }
        };
        self.unpacked = self.unpacked.saturating_add(unpacked);
        self.rows = self.rows.saturating_add(u64::try_from(batch.length()).unwrap_or(0));
        check_unpacked("Arrow", self.packed, self.unpacked, self.rows)
            .map_err(|beyond| std::io::Error::other(beyond).into())
    }

    fn batch(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        while let Some(head) = self.head()? {
            let message = parse(&head)?;
            let version = message.version();
            let body = Buffer::from_vec(self.bytes(message.bodyLength())?);
            if let Some(batch) = message.header_as_record_batch() {
                self.check(&batch, &body)?;
                let (schema, dictionaries) = (self.schema.clone(), &self.dictionaries);
                return read_record_batch(&body, batch, schema, dictionaries, None, &version)
                    .map(Some);
            }
            let dictionary =
                message.header_as_dictionary_batch().ok_or_else(|| unexpected(&message))?;
            if let Some(values) = dictionary.data() {
                self.check(&values, &body)?;
            }
            read_dictionary(&body, dictionary, &self.schema, &mut self.dictionaries, &version)?;
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Batches<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batch().transpose()
    }
}

fn parse(head: &[u8]) -> Result<Message<'_>, ArrowError> {
    root_as_message(head).map_err(|error| {
        // What is wrong, and then on further lines where.
        let told = error.to_string();
        ArrowError::IpcError(told.lines().next().unwrap_or_default().into())
    })
}

fn unexpected(message: &Message<'_>) -> ArrowError {
    ArrowError::IpcError(format!("an unexpected message: {:?}", message.header_type()))
}

fn cut_short() -> ArrowError {
    std::io::Error::new(ErrorKind::UnexpectedEof, "a message ends early").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Source;
    use crate::data::read::{ReadOptions, Table, read};
    use arrow_array::{DictionaryArray, Float32Array, Int64Array, StringArray, types::Int32Type};
    use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};

    fn batch() -> RecordBatch {
        let users: DictionaryArray<Int32Type> = ["ann", "bob", "ann"].into_iter().collect();
        let columns: [(&str, ArrayRef); 4] = [
            ("user", Arc::new(users)),
            ("item", Arc::new(StringArray::from(vec!["tea", "tea", "jam"]))),
            ("value", Arc::new(Float32Array::from(vec![1.0, 2.0, 3.0]))),
            ("time", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn file(options: IpcWriteOptions) -> Vec<u8> {
        let batch = batch();
        let mut file =
            FileWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
        file.write(&batch).unwrap();
        file.write(&batch.slice(1, 2)).unwrap();
        file.into_inner().unwrap()
    }

    fn stream() -> Vec<u8> {
        let batch = batch();
        let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
        stream.write(&batch).unwrap();
        stream.write(&batch.slice(1, 2)).unwrap();
        stream.into_inner().unwrap()
    }

    fn table(bytes: &[u8]) -> Result<Table, String> {
        read(Source::reader("t", bytes), &ReadOptions::default()).map_err(|e| e.to_string())
    }

    fn zstd() -> IpcWriteOptions {
        let zstd = Some(arrow_ipc::CompressionType::ZSTD);
        IpcWriteOptions::default().try_with_compression(zstd).unwrap()
    }

    #[test]
    fn files_and_streams_hold_the_same_rows() {
        let plain = table(&file(IpcWriteOptions::default())).unwrap().interactions;
        assert_eq!(plain.len(), 5);
        for bytes in [stream(), file(zstd())] {
            assert_eq!(table(&bytes).unwrap().interactions, plain);
        }
        // A stream may end without a mark, a file must not.
        let (stream, file) = (stream(), file(IpcWriteOptions::default()));
        assert_eq!(table(&stream[..stream.len() - 8]).unwrap().interactions, plain);
        let end = file.windows(8).rposition(|w| w == [255, 255, 255, 255, 0, 0, 0, 0]).unwrap();
        let told = table(&file[..end]).unwrap_err();
        assert!(told.contains("damaged or cut short"), "{told}");
    }

    /// Sizes beyond all memory, as a damaged file may claim them.
    #[test]
    fn claimed_sizes_are_checked_before_memory_is_taken() {
        let message = |bytes: &[u8], at: usize| {
            let length = i32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
            (at + 8, length)
        };
        let first = |bytes: &[u8]| bytes.windows(4).position(|w| w == MARK).unwrap();
        // Unpacked sizes of the buffers of the first batch.
        let mut packed = file(zstd());
        let mut at = first(&packed);
        loop {
            let (start, length) = message(&packed, at);
            let head = packed[start..start + length].to_vec();
            let told = root_as_message(&head).unwrap();
            let body = start + length;
            if let Some(batch) = told.header_as_record_batch() {
                for buffer in batch.buffers().unwrap().iter().filter(|b| b.length() >= 8) {
                    let at = body + buffer.offset() as usize;
                    packed[at..at + 8].copy_from_slice(&(1i64 << 40).to_le_bytes());
                }
                break;
            }
            at = body + told.bodyLength() as usize;
        }
        let told = table(&packed).unwrap_err();
        assert!(told.contains("the Arrow data unpacks to more than"), "{told}");
        // The length of the body of every message in turn.
        let whole = file(IpcWriteOptions::default());
        let mut at = first(&whole);
        let mut tried = 0;
        loop {
            let (start, length) = message(&whole, at);
            if length == 0 {
                break;
            }
            let size = root_as_message(&whole[start..start + length]).unwrap().bodyLength();
            let mut bytes = whole.clone();
            let field =
                whole[start..start + length].windows(8).position(|w| w == size.to_le_bytes());
            if let Some(field) = field.filter(|_| size > 0) {
                bytes[start + field..start + field + 8]
                    .copy_from_slice(&(1i64 << 40).to_le_bytes());
                let told = table(&bytes).unwrap_err();
                assert!(told.contains("damaged or cut short"), "{told}");
                tried += 1;
            }
            at = start + length + size as usize;
        }
        assert!(tried >= 2, "{tried}");
    }
}
