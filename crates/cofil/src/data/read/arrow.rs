//! Reading Parquet and Arrow IPC (file or stream): columns by the names of the schema, batch by batch.

use super::batch::{SAMPLE, looks, number_names, read_batch};
use super::columns::Columns;
use super::convert::viewing;
use super::field::Rules;
use super::found::Found;
use super::hive::Key;
use super::ipc;
use super::limits::{self, Beyond};
use super::looks::{Looks, Seen};
use super::nested;
use super::rows::{Rows, Start};
use super::source::Opened;
use super::unread::note_nested;
use super::{Format, ReadOptions};
use crate::data::IdMap;
use crate::data::source::Batches;
use crate::error::{Error, Result};
use crate::watch;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::RowGroupMetaData;
use std::cell::Cell;
use std::fs::File;
use std::io::BufReader;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

pub(super) const NO_BATCHES: &str =
    "there are no record batches; give at least one, to define the columns";

/// Rows to decode at a time.
const BATCH: usize = 1 << 16;

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether this thread is decoding a Parquet or Arrow file. A panic then means a damaged file and becomes an
/// error. A program's panic hook may stay silent about it; a library must not set the hook.
pub fn is_decoding() -> bool {
    DECODING.get()
}

/// Reads a Parquet or Arrow IPC file, or an Arrow IPC stream.
pub(super) fn read(
    path: &Path,
    source: Opened<'_>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
    let (format, compression) = (source.format, source.compression);
    let found = decoding(path, || match format {
        Format::Parquet => read_parquet(path, source, options, start),
        _ => read_ipc(path, source, options, start),
    })?;
    Ok(Found { format, compression, ..found })
}

/// Runs `decode`. Decoders panic on some damaged files; the panic becomes an error like that of other damaged files.
pub(super) fn decoding<T>(path: &Path, decode: impl FnOnce() -> Result<T>) -> Result<T> {
    DECODING.set(true);
    let decoded = std::panic::catch_unwind(AssertUnwindSafe(decode));
    DECODING.set(false);
    decoded.unwrap_or_else(|panic| {
        let panic = watch::unless_stopped(panic);
        let reason =
            panic.downcast_ref::<String>().map_or("a size beyond the file", String::as_str);
        Err(damaged(path, reason))
    })
}

fn damaged(path: &Path, reason: &str) -> Error {
    let reason: String = reason.chars().take(120).collect();
    let message = format!("the data is damaged or cut short ({reason}); write the file again");
    Error::data(path, None, message)
}

/// Converts the message of a decoder to an error for the user.
fn undecoded(path: &Path, told: &str) -> Error {
    let lacks = ["Disabled feature", "NYI", "Not yet implemented", "requires the"];
    if let Some(refused) = os_error(told) {
        return Error::io(path, refused);
    }
    if told.contains("DepthLimitReached") {
        let message = "a column is nested too deeply to be read; write the file without it";
        return Error::data(path, None, message);
    }
    match lacks.iter().any(|words| told.contains(words)) {
        true => {
            let (path, told) = (path.display(), told.chars().take(120).collect::<String>());
            Error::Unsupported(format!(
                "{path}: this build cannot read the encoding of the file ({told}); write it compressed with zstd, \
                 or uncompressed"
            ))
        }
        false => damaged(path, told),
    }
}

/// Returns the error of the operating system if a decoder has passed one on. Some decoders pass on only its text,
/// which ends with the number.
fn os_error(told: &str) -> Option<std::io::Error> {
    let (_, number) = told.rsplit_once("(os error ")?;
    let number = number.split_once(')')?.0.parse().ok()?;
    Some(std::io::Error::from_raw_os_error(number))
}

/// Converts an error of a decoder to an error for the user.
pub(super) fn broken(path: &Path) -> impl Fn(ArrowError) -> Error {
    move |error| match error {
        ArrowError::IoError(_, error) if error.raw_os_error().is_some() => Error::io(path, error),
        ArrowError::IoError(told, error) => {
            Beyond::of(path, &error).unwrap_or_else(|| undecoded(path, &told))
        }
        other => undecoded(path, &other.to_string()),
    }
}

fn read_parquet(
    path: &Path,
    mut source: Opened<'_>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
    let keys = std::mem::take(&mut source.keys);
    let parquet = Parquet::open(path, source)?;
    let own = parquet.metadata.schema();
    let keys = new_keys(own, keys);
    let schema = schema_with_keys(own, &keys);
    let sample = parquet.sample(path, &keys)?;
    let columns = resolve(&schema, &sample, options).map_err(|message| misread(path, message))?;
    let (mut wanted, projected) = project(&columns);
    let from_keys = wanted.split_off(wanted.partition_point(|&w| w < own.fields().len()));
    let from_keys: Vec<Key> =
        from_keys.into_iter().map(|w| keys[w - own.fields().len()].clone()).collect();
    let mut rows = start.rows(&columns, options);
    let batches = parquet.reader(path, Some(&wanted), BATCH)?;
    let batches = batches.map(|batch| with_keys(batch?, &from_keys));
    let typed_times = read_batches(path, batches, &projected, options, &mut rows)?;
    Ok(Found { typed_times, ..Found::new(Format::Parquet, columns, rows) })
}

/// Returns the `keys` that are not columns of `schema`.
fn new_keys(schema: &SchemaRef, mut keys: Vec<Key>) -> Vec<Key> {
    keys.retain(|(key, _)| schema.column_with_name(key).is_none());
    keys
}

/// Returns `schema` with a column of texts for each of `keys`.
fn schema_with_keys(schema: &SchemaRef, keys: &[Key]) -> SchemaRef {
    let own = schema.fields().iter().cloned();
    let new = keys.iter().map(|(key, _)| Arc::new(Field::new(key, DataType::Utf8, true)));
    if keys.is_empty() {
        schema.clone()
    } else {
        Arc::new(Schema::new(own.chain(new).collect::<Vec<_>>()))
    }
}

/// Returns `batch` with the value of each of `keys` in every row.
fn with_keys(batch: RecordBatch, keys: &[Key]) -> std::result::Result<RecordBatch, ArrowError> {
    if keys.is_empty() {
        return Ok(batch);
    }
    let rows = batch.num_rows();
    let schema = schema_with_keys(&batch.schema(), keys);
    let column = |(_, value): &Key| -> ArrayRef {
        Arc::new(StringArray::from(vec![value.as_deref(); rows]))
    };
    let columns = batch.columns().iter().cloned().chain(keys.iter().map(column)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, columns, &options)
}

/// An open Parquet file.
struct Parquet {
    file: File,
    metadata: ArrowReaderMetadata,
}

impl Parquet {
    fn open(path: &Path, source: Opened<'_>) -> Result<Self> {
        let file = source.into_file(path)?;
        let metadata = ArrowReaderMetadata::load(&file, Default::default());
        let metadata = metadata.map_err(|e| broken(path)(e.into()))?;
        // A dictionary may repeat a long text in every row: rows refer to it.
        let fields = metadata.schema().fields().iter();
        let viewing =
            fields.map(|field| field.as_ref().clone().with_data_type(viewing(field.data_type())));
        let schema = Schema::new_with_metadata(
            viewing.collect::<Vec<_>>(),
            metadata.schema().metadata().clone(),
        );
        let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
        let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options)
            .map_err(|e| broken(path)(e.into()))?;
        let size = file.metadata().map_err(|e| Error::io(path, e))?.len();
        let about = metadata.metadata();
        let natural = |n: i64| u64::try_from(n).unwrap_or(0);
        let groups = about.row_groups().iter().map(|group| natural(group.total_byte_size()));
        let unpacked = groups.fold(0u64, u64::saturating_add);
        // Entries of lists become rows, and take twice as much on the way.
        let entries = |group: &RowGroupMetaData| {
            let values = group.columns().iter().map(|column| natural(column.num_values()));
            let (rows, most) = (natural(group.num_rows()), values.max().unwrap_or(0));
            if most > rows { most.saturating_mul(2) } else { rows }
        };
        let rows = about.row_groups().iter().map(entries).fold(0, u64::saturating_add);
        let rows = rows.max(natural(about.file_metadata().num_rows()));
        limits::check_unpacked("Parquet", size, unpacked, rows)
            .map_err(|beyond| misread(path, beyond.message))?;
        Ok(Self { file, metadata })
    }

    /// Returns what the columns look like, and the columns of `keys` after them, by the first rows. Columns are decoded
    /// some at a time: a table may have tens of thousands.
    fn sample(&self, path: &Path, keys: &[Key]) -> Result<Vec<Seen>> {
        const AT_A_TIME: usize = 1000;
        let count = self.metadata.schema().fields().len();
        limits::check_columns(count).map_err(|message| misread(path, message))?;
        let mut found = Vec::with_capacity(count + keys.len());
        for first in (0..count).step_by(AT_A_TIME) {
            let wanted: Vec<usize> = (first..count.min(first + AT_A_TIME)).collect();
            let keys = if first + wanted.len() == count { keys } else { &[] };
            let batch = self.reader(path, Some(&wanted), SAMPLE)?.next();
            match batch.map(|batch| with_keys(batch?, keys)).transpose().map_err(broken(path))? {
                Some(batch) => found.extend(batch.columns().iter().map(looks)),
                None => found.resize(found.len() + wanted.len() + keys.len(), Looks::Empty.into()),
            }
        }
        Ok(found)
    }

    /// Reads all rows, `size` at a time: the columns `wanted`, or all.
    fn reader(
        &self,
        path: &Path,
        wanted: Option<&[usize]>,
        size: usize,
    ) -> Result<ParquetRecordBatchReader> {
        let file = self.file.try_clone().map_err(|e| Error::io(path, e))?;
        let schema = self.metadata.parquet_schema();
        let mask = match wanted {
            Some(wanted) => ProjectionMask::roots(schema, wanted.iter().copied()),
            None => ProjectionMask::all(),
        };
        let metadata = self.metadata.clone();
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
        let reader = builder.with_projection(mask).with_batch_size(size).build();
        reader.map_err(|e| broken(path)(e.into()))
    }
}

/// Iterator over decoded batches.
type Decoded<'a> = Box<dyn Iterator<Item = std::result::Result<RecordBatch, ArrowError>> + 'a>;

fn open_ipc<'a>(path: &Path, source: Opened<'a>) -> Result<(SchemaRef, Decoded<'a>)> {
    let is_file = source.starts_with(ipc::MAGIC);
    let batches = ipc::Batches::open(BufReader::new(source.into_rest()), is_file);
    let batches = batches.map_err(broken(path))?;
    Ok((batches.schema(), Box::new(batches.fuse())))
}

/// Returns all columns, and their rows batch by batch.
pub(super) fn batches<'a>(
    path: &'a Path,
    source: Opened<'a>,
) -> Result<(SchemaRef, impl Iterator<Item = Result<RecordBatch>> + 'a)> {
    let (schema, batches): (SchemaRef, Decoded<'a>) = match source.format {
        Format::Parquet => {
            let parquet = Parquet::open(path, source)?;
            let reader = parquet.reader(path, None, BATCH)?;
            (parquet.metadata.schema().clone(), Box::new(reader))
        }
        _ => open_ipc(path, source)?,
    };
    Ok((schema, batches.map(move |batch| batch.map_err(broken(path)))))
}

/// Returns the column names of the file at `path`; `None` if it cannot be read twice.
pub(super) fn names(path: &Path, format: Option<Format>) -> Result<Option<Vec<String>>> {
    if !path.is_file() {
        return Ok(None);
    }
    decoding(path, || {
        let source = Opened::open(path, format)?;
        let (schema, _) = batches(path, source)?;
        Ok(Some(schema.fields().iter().map(|field| field.name().clone()).collect()))
    })
}

/// Returns an error with a `message` about the content of a file.
pub(super) fn misread(path: &Path, message: String) -> Error {
    Error::data(path, None, message)
}

fn read_ipc(
    path: &Path,
    mut source: Opened<'_>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
    let keys = std::mem::take(&mut source.keys);
    let (schema, batches) = open_ipc(path, source)?;
    let keys = new_keys(&schema, keys);
    let batches = batches.map(|batch| with_keys(batch?, &keys));
    read_stream(path, Some(schema_with_keys(&schema, &keys)), batches, options, start)
}

/// Reads record batches in memory.
pub(super) fn read_memory(
    path: &Path,
    batches: Box<Batches<'_>>,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Found> {
    read_stream(path, None, batches, options, Start::Names(users, items))
}

/// Reads batches whose columns are determined from the first one; `schema` is used if there is none.
fn read_stream(
    path: &Path,
    schema: Option<SchemaRef>,
    mut batches: impl Iterator<Item = std::result::Result<RecordBatch, ArrowError>>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
    let first = batches.next().transpose().map_err(broken(path))?;
    let Some(schema) = first.as_ref().map(RecordBatch::schema).or(schema) else {
        return Err(misread(path, NO_BATCHES.into()));
    };
    let count = schema.fields().len();
    limits::check_columns(count).map_err(|message| misread(path, message))?;
    let sample: Vec<Seen> = match &first {
        Some(batch) => {
            let rows = batch.num_rows().min(SAMPLE);
            batch.columns().iter().map(|column| looks(&column.slice(0, rows))).collect()
        }
        None => vec![Looks::Empty.into(); count],
    };
    let columns = resolve(&schema, &sample, options).map_err(|message| misread(path, message))?;
    let mut rows = start.rows(&columns, options);
    let batches = first.map(Ok).into_iter().chain(batches);
    let typed_times = read_batches(path, batches, &columns, options, &mut rows)?;
    Ok(Found { typed_times, ..Found::new(Format::Arrow, columns, rows) })
}

/// Appends all batches; returns whether the time column has a time type.
fn read_batches(
    path: &Path,
    batches: impl Iterator<Item = std::result::Result<RecordBatch, ArrowError>>,
    columns: &Columns,
    options: &ReadOptions,
    rows: &mut Rows,
) -> Result<bool> {
    let rules = Rules::new(options, columns);
    let mut typed = false;
    let bad = |message| misread(path, message);
    let mut schema: Option<SchemaRef> = None;
    for (at, batch) in batches.enumerate() {
        watch::check();
        let batch = batch.map_err(broken(path))?;
        // Columns are resolved once and then used by position.
        let expected = schema.get_or_insert_with(|| batch.schema());
        if batch.schema_ref().fields() != expected.fields() {
            return Err(bad(format!("record batch {} has other columns than the first", at + 1)));
        }
        if at == 0 {
            number_names(&batch, columns, rows).map_err(bad)?;
        }
        for piece in nested::flat(batch, columns).map_err(bad)? {
            typed |= read_batch(&piece, columns, &rules, rows).map_err(bad)?;
        }
    }
    Ok(typed)
}

/// Determines the columns by their names and by what they look like in a sample.
fn resolve(
    schema: &SchemaRef,
    sample: &[Seen],
    options: &ReadOptions,
) -> std::result::Result<Columns, String> {
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let count = names.len();
    // Rows and arrays of programs have columns without names.
    let names = names.iter().any(|name| !name.is_empty()).then_some(names);
    let mut columns = Columns::resolve(names, count, |column| sample[column], options)?;
    let nested = schema.fields().iter().filter_map(|field| match field.data_type() {
        DataType::Struct(inner) if !columns.uses(field.name()) => {
            let inner = inner.iter().map(|field| field.name().clone()).collect();
            Some((field.name().as_str(), inner))
        }
        _ => None,
    });
    let nested: Vec<(&str, Vec<String>)> = nested.collect();
    columns.notes.extend(note_nested(&nested, "make it a column of its own (`unnest` in polars)"));
    Ok(columns)
}

/// Returns the columns in use, in ascending order, and the same columns as positions among them.
fn project(columns: &Columns) -> (Vec<usize>, Columns) {
    let optional = [columns.value, columns.time, columns.kind].into_iter().flatten();
    let mut wanted: Vec<usize> = [columns.user, columns.item].into_iter().chain(optional).collect();
    wanted.sort_unstable();
    let place = |column: usize| wanted.partition_point(|&w| w < column);
    let names = columns.names.as_ref();
    let projected = Columns {
        user: place(columns.user),
        item: place(columns.item),
        value: columns.value.map(place),
        time: columns.time.map(place),
        kind: columns.kind.map(place),
        of_letters: columns.of_letters,
        names: names.map(|names| wanted.iter().map(|&w| names[w].clone()).collect()),
        ..Columns::default()
    };
    (wanted, projected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    /// Messages as the decoders write them.
    #[test]
    fn only_damage_is_called_damage() {
        let path = Path::new("t.parquet");
        let of = |error: ArrowError| broken(path)(error);
        let full = "External: Too many open files (os error 24)".to_owned();
        let told = of(ArrowError::ParquetError(full));
        assert_eq!(told.kind(), ErrorKind::Io);
        assert!(told.to_string().starts_with("t.parquet: Too many open files"), "{told}");
        let refused = std::io::Error::from_raw_os_error(28);
        let told = of(ArrowError::IoError(refused.to_string(), refused));
        assert!(told.kind() == ErrorKind::Io && !told.to_string().contains("damaged"), "{told}");
        for lacking in [
            ArrowError::ParquetError("Disabled feature at compile time: brotli".into()),
            ArrowError::InvalidArgumentError(
                "zstd IPC decompression requires the zstd feature".into(),
            ),
        ] {
            let told = of(lacking);
            assert_eq!(told.kind(), ErrorKind::Unsupported);
            assert!(told.to_string().starts_with("t.parquet: this build cannot read"), "{told}");
        }
        let long = std::io::Error::other("corrupt deflate stream");
        let told = of(ArrowError::IoError(long.to_string(), long));
        assert!(told.to_string().contains("damaged or cut short (corrupt deflate"), "{told}");
    }

    #[test]
    fn a_limit_is_told_through_the_decoders() {
        let error = Beyond::line(None);
        let told = broken(Path::new("t"))(ArrowError::IoError(error.to_string(), error));
        assert!(told.to_string().starts_with("t: the line is longer than"), "{told}");
    }
}
