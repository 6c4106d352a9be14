//! Parquet and Arrow IPC (file or stream): columns by the names of the schema, batch by batch.

use super::batch::{SAMPLE, looks, read_batch};
use super::columns::{Columns, Looks};
use super::field::Rules;
use super::nested;
use super::rows::Rows;
use super::source::Source;
use super::{Format, Found, ReadOptions};
use crate::data::IdMap;
use crate::error::{Error, Result};
use crate::watch;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use std::cell::Cell;
use std::io::BufReader;
use std::panic::AssertUnwindSafe;
use std::path::Path;

/// Rows decoded at a time.
const BATCH: usize = 1 << 16;

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is at work on a Parquet or Arrow file. A panic then means a damaged file, which
/// becomes an error: a program's panic hook may keep silent about it, as a library's must not be set.
pub fn is_decoding() -> bool {
    DECODING.get()
}

/// Reads a Parquet or Arrow IPC file, or an Arrow IPC stream.
pub(super) fn read(
    path: &Path,
    source: Source,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Found> {
    let (format, compression) = (source.format, source.compression);
    // The decoders panic on some damaged files; to the caller those are damaged like any other.
    let decode = AssertUnwindSafe(|| match format {
        Format::Parquet => read_parquet(path, source, options, users, items),
        _ => read_ipc(path, source, options, users, items),
    });
    DECODING.set(true);
    let decoded = std::panic::catch_unwind(decode);
    DECODING.set(false);
    let (columns, rows, typed_times) = decoded.unwrap_or_else(|panic| {
        let panic = watch::unless_stopped(panic);
        let reason =
            panic.downcast_ref::<String>().map_or("a size beyond the file", String::as_str);
        Err(damaged(path, reason))
    })?;
    Ok(Found { format, compression, delimiter: None, header: None, columns, rows, typed_times })
}

fn damaged(path: &Path, reason: &str) -> Error {
    let reason: String = reason.chars().take(120).collect();
    let message = format!("the data is damaged or cut short ({reason}); write the file again");
    Error::data(path, None, message)
}

fn broken(path: &Path) -> impl Fn(ArrowError) -> Error {
    move |error| damaged(path, &error.to_string())
}

fn read_parquet(
    path: &Path,
    source: Source,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<(Columns, Rows, bool)> {
    let broken = broken(path);
    let file = source.into_file(path)?;
    let metadata =
        ArrowReaderMetadata::load(&file, Default::default()).map_err(|e| broken(e.into()))?;
    let reader = |wanted: Option<&[usize]>, size: usize| {
        let file = file.try_clone().map_err(|e| Error::io(path, e))?;
        let mask = match wanted {
            Some(wanted) => {
                ProjectionMask::roots(metadata.parquet_schema(), wanted.iter().copied())
            }
            None => ProjectionMask::all(),
        };
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
        let reader = builder.with_projection(mask).with_batch_size(size).build();
        reader.map_err(|e| broken(e.into()))
    };
    let sample = reader(None, SAMPLE)?.next().transpose().map_err(&broken)?;
    let columns = resolve(metadata.schema(), sample.as_ref(), options)
        .map_err(|message| Error::data(path, None, message))?;
    let (wanted, projected) = project(&columns);
    let mut rows = Rows::new(users, items, &columns);
    let typed = read_batches(path, reader(Some(&wanted), BATCH)?, &projected, options, &mut rows)?;
    Ok((columns, rows, typed))
}

fn read_ipc(
    path: &Path,
    source: Source,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<(Columns, Rows, bool)> {
    let broken = broken(path);
    let (schema, mut batches): (SchemaRef, Box<dyn Iterator<Item = _>>) =
        if source.starts_with(b"ARROW1") {
            let file = BufReader::new(source.into_file(path)?);
            let reader = FileReader::try_new(file, None).map_err(&broken)?;
            (reader.schema(), Box::new(reader))
        } else {
            let rest = BufReader::new(source.into_rest());
            let reader = StreamReader::try_new(rest, None).map_err(&broken)?;
            (reader.schema(), Box::new(reader))
        };
    let first = batches.next().transpose().map_err(&broken)?;
    let columns = resolve(&schema, first.as_ref(), options)
        .map_err(|message| Error::data(path, None, message))?;
    let mut rows = Rows::new(users, items, &columns);
    let batches = first.map(Ok).into_iter().chain(batches);
    let typed = read_batches(path, batches, &columns, options, &mut rows)?;
    Ok((columns, rows, typed))
}

/// Appends all batches; tells whether the type of the time column says what it holds.
fn read_batches(
    path: &Path,
    batches: impl Iterator<Item = std::result::Result<RecordBatch, ArrowError>>,
    columns: &Columns,
    options: &ReadOptions,
    rows: &mut Rows,
) -> Result<bool> {
    let rules = Rules::new(options, columns);
    let mut typed = false;
    let bad = |message| Error::data(path, None, message);
    for (at, batch) in batches.enumerate() {
        watch::check();
        let batch = batch.map_err(broken(path))?;
        if at == 0 {
            nested::number_names(&batch, columns, rows).map_err(bad)?;
        }
        for piece in nested::flat(batch, columns).map_err(bad)? {
            typed |= read_batch(&piece, columns, &rules, rows).map_err(bad)?;
        }
    }
    Ok(typed)
}

fn resolve(
    schema: &SchemaRef,
    sample: Option<&RecordBatch>,
    options: &ReadOptions,
) -> std::result::Result<Columns, String> {
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let count = names.len();
    let looks = |column: usize| match sample {
        Some(batch) => looks(&batch.column(column).slice(0, batch.num_rows().min(SAMPLE))),
        None => Looks::Empty,
    };
    Columns::resolve(Some(names), count, looks, options)
}

/// The columns in use, rising, and the same columns numbered among them.
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
        names: names.map(|names| wanted.iter().map(|&w| names[w].clone()).collect()),
        ..Columns::default()
    };
    (wanted, projected)
}
