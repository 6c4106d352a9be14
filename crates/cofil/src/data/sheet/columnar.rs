//! Writing tables as Parquet and Arrow.

use super::{Cells, Kind, Out};
use crate::error::{Error, Result};
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use arrow_array::{
    ArrayRef, Float32Array, ListArray, RecordBatch, StringArray, TimestampMillisecondArray,
    UInt32Array,
};
use arrow_buffer::OffsetBuffer;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A Parquet or Arrow file being written.
pub struct Columns {
    path: PathBuf,
    schema: Arc<Schema>,
    writer: Writer,
}

enum Writer {
    Parquet(ArrowWriter<Out>),
    Arrow(FileWriter<Out>),
}

impl Columns {
    pub fn parquet(out: Out, columns: &[(&'static str, Kind)]) -> Result<Self> {
        let (path, schema) = (out.path().to_owned(), schema(columns));
        let packing = Compression::ZSTD(ZstdLevel::default());
        let properties = WriterProperties::builder().set_compression(packing).build();
        let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties));
        let writer = Writer::Parquet(writer.map_err(|e| failed(&path, e))?);
        Ok(Self { path, schema, writer })
    }

    pub fn arrow(out: Out, columns: &[(&'static str, Kind)]) -> Result<Self> {
        let (path, schema) = (out.path().to_owned(), schema(columns));
        let writer = FileWriter::try_new(out, &schema).map_err(|e| failed(&path, e))?;
        Ok(Self { path, schema, writer: Writer::Arrow(writer) })
    }

    pub fn write(&mut self, cells: &[Cells<'_>]) -> Result<()> {
        let columns = cells.iter().map(column).collect::<std::result::Result<Vec<_>, _>>();
        let columns = columns.map_err(|e| failed(&self.path, e))?;
        let batch = RecordBatch::try_new(self.schema.clone(), columns);
        let batch = batch.map_err(|e| failed(&self.path, e))?;
        match &mut self.writer {
            Writer::Parquet(writer) => writer.write(&batch).map_err(|e| failed(&self.path, e)),
            Writer::Arrow(writer) => writer.write(&batch).map_err(|e| failed(&self.path, e)),
        }
    }

    pub fn finish(self) -> Result<Out> {
        match self.writer {
            Writer::Parquet(writer) => writer.into_inner().map_err(|e| failed(&self.path, e)),
            // This also finishes the file.
            Writer::Arrow(writer) => writer.into_inner().map_err(|e| failed(&self.path, e)),
        }
    }
}

fn schema(columns: &[(&'static str, Kind)]) -> Arc<Schema> {
    let field = |(name, kind): &(&'static str, Kind)| {
        let kind = match kind {
            Kind::Text => DataType::Utf8,
            Kind::Count => DataType::UInt32,
            Kind::Number => DataType::Float32,
            Kind::Time => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            Kind::Vector => DataType::List(entry()),
        };
        Field::new(*name, kind, true)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// Type of the numbers in a vector.
fn entry() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, false))
}

fn column(cells: &Cells<'_>) -> std::result::Result<ArrayRef, String> {
    Ok(match cells {
        Cells::Text(cells) => Arc::new(StringArray::from_iter(cells.iter().copied())),
        Cells::Count(cells) => Arc::new(UInt32Array::from_iter_values(cells.iter().copied())),
        Cells::Number(cells) => Arc::new(Float32Array::from_iter(cells.iter().copied())),
        Cells::Time(cells) => {
            let millis = cells.iter().map(|time| match time {
                None => Ok(None),
                Some(time) => time
                    .checked_mul(1000)
                    .map(Some)
                    .ok_or_else(|| format!("time {time} is out of range for timestamps")),
            });
            let millis: TimestampMillisecondArray =
                millis.collect::<std::result::Result<_, _>>()?;
            Arc::new(millis.with_timezone("UTC"))
        }
        Cells::Vector(cells) => {
            let lengths = OffsetBuffer::from_lengths(cells.iter().map(|cell| cell.len()));
            let numbers = cells.iter().flat_map(|cell| cell.iter().copied());
            let numbers = Arc::new(Float32Array::from_iter_values(numbers));
            let lists = ListArray::try_new(entry(), lengths, numbers, None);
            Arc::new(lists.map_err(|e| e.to_string())?)
        }
    })
}

fn failed(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    match Error::io(path, std::io::Error::other(error)) {
        Error::Io { reason, .. } if reason.raw_os_error().is_none() => {
            Error::format(path, format!("cannot be written: {reason}"))
        }
        refused => refused,
    }
}
