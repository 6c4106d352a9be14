//! Writing interactions to files that read back the same.

use crate::data::ending::{Format, Packing, ending};
use crate::data::prose::bytes;
use crate::data::{IdMap, Interactions, NO_TIME};
use crate::error::{Error, Result};
use crate::store;
use crate::watch::{self, Stage};
use std::io::{BufWriter, Result as IoResult, Write};
use std::path::Path;

/// Writes `interactions` to `path` in the format given by the extension: `.csv`, `.tsv` or `.jsonl`, compressed if
/// followed by `.gz` or `.zst`, `.parquet` or `.arrow`. The columns are user, item, value (unless every value is 1),
/// and time if there are times (unix seconds; a timestamp in Parquet and Arrow). In Parquet and Arrow, ids are
/// integers if they are [integers](crate::data::IdKind), else text. The file appears complete or not at all. Returns
/// its size in bytes.
///
/// # Errors
/// If the extension is unknown, the ids are longer than 100 times the table, or the file system reports an error.
pub fn write(path: &Path, interactions: &Interactions) -> Result<u64> {
    let (format, packing) = ending(path)?;
    check_size(path, interactions)?;
    store::write_with(path, store::Access::Usual, |file| {
        let mut file = BufWriter::with_capacity(1 << 16, file);
        match packing {
            Packing::None => fill(&mut file, format, interactions)?,
            Packing::Gzip => {
                let level = flate2::Compression::default();
                let mut packed = flate2::write::GzEncoder::new(&mut file, level);
                fill(&mut packed, format, interactions)?;
                packed.finish()?;
            }
            Packing::Zstd => {
                let mut packed = zstd::stream::write::Encoder::new(&mut file, 0)?;
                fill(&mut packed, format, interactions)?;
                packed.finish()?;
            }
        }
        file.flush()
    })
}

fn fill(out: &mut (impl Write + Send), format: Format, data: &Interactions) -> IoResult<()> {
    match format {
        Format::Text(delimiter) => write_text(out, data, delimiter),
        Format::Json => write_json(out, data),
        #[cfg(feature = "arrow")]
        Format::Parquet => columnar::write_parquet(out, data),
        #[cfg(feature = "arrow")]
        Format::Arrow => columnar::write_arrow(out, data),
    }
}

/// Number of bytes of the ids of a row.
fn text(data: &Interactions, row: usize) -> usize {
    let size = |ids: &IdMap, id: u32| match ids.integers() {
        Some(_) => size_of::<i64>(),
        None => ids.name(id).len(),
    };
    size(&data.users, data.user[row]) + size(&data.items, data.item[row])
}

/// Refuses to write far more than the table holds: a small file may repeat one long text in every row.
fn check_size(path: &Path, data: &Interactions) -> Result<()> {
    const TIMES: usize = 100;
    const FREE: usize = 32 << 20;
    // Users and items by number, value and time.
    const ROW: usize = 20;
    let texts = [&data.users, &data.items].into_iter().filter(|ids| ids.integers().is_none());
    let sizes: Vec<usize> = texts.flat_map(|ids| ids.names().map(str::len)).collect();
    let longest = sizes.iter().copied().max().unwrap_or(0);
    if 2 * longest <= TIMES * ROW {
        return Ok(());
    }
    let held = sizes.iter().sum::<usize>() + ROW * data.len();
    let most = held.saturating_mul(TIMES).saturating_add(FREE);
    let written = (0..data.len()).map(|row| text(data, row)).fold(0, usize::saturating_add);
    if written <= most {
        return Ok(());
    }
    Err(Error::Unfit(format!(
        "{}: the ids would take {}, more than {TIMES} times the table, because ids of up to {} are repeated; if the \
         columns of users and items are right, give the ids short names",
        path.display(),
        bytes(written as u64),
        bytes(longest as u64),
    )))
}

/// From time to time, reports that row `at` is written and checks whether to stop.
fn step(stage: &Stage, at: usize) {
    const ROWS: usize = 1 << 12;
    if at.is_multiple_of(ROWS) && at > 0 {
        watch::check();
        stage.add(ROWS);
    }
}

/// Returns whether values need a column.
fn has_values(data: &Interactions) -> bool {
    data.value.iter().any(|&v| v != 1.0)
}

fn write_text(out: &mut impl Write, data: &Interactions, delimiter: char) -> IoResult<()> {
    let values = has_values(data);
    let mut names = vec!["user", "item"];
    names.extend(values.then_some("value"));
    names.extend(data.time.as_ref().map(|_| "time"));
    writeln!(out, "{}", names.join(&delimiter.to_string()))?;
    let mut line = String::new();
    let stage = watch::stage("writing", data.len());
    for at in 0..data.len() {
        step(&stage, at);
        line.clear();
        write_field(&mut line, data.users.name(data.user[at]), delimiter);
        line.push(delimiter);
        write_field(&mut line, data.items.name(data.item[at]), delimiter);
        out.write_all(line.as_bytes())?;
        if values {
            write!(out, "{delimiter}{}", data.value[at])?;
        }
        match data.time.as_ref().map(|time| time[at]) {
            None => {}
            Some(NO_TIME) => write!(out, "{delimiter}")?,
            Some(time) => write!(out, "{delimiter}{time}")?,
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes a name, in quotes if a reader could misinterpret it.
fn write_field(out: &mut String, name: &str, delimiter: char) {
    let special = |c| matches!(c, '"' | '\n' | '\r' | ' ') || c == delimiter;
    if !name.contains(special) && name.as_bytes().trim_ascii() == name.as_bytes() {
        out.push_str(name);
        return;
    }
    out.push('"');
    for part in name.split_inclusive('"') {
        out.push_str(part);
        if part.ends_with('"') {
            out.push('"');
        }
    }
    out.push('"');
}

fn write_json(out: &mut impl Write, data: &Interactions) -> IoResult<()> {
    let values = has_values(data);
    let stage = watch::stage("writing", data.len());
    for at in 0..data.len() {
        step(&stage, at);
        out.write_all(b"{\"user\":")?;
        serde_json::to_writer(&mut *out, data.users.name(data.user[at]))?;
        out.write_all(b",\"item\":")?;
        serde_json::to_writer(&mut *out, data.items.name(data.item[at]))?;
        if values {
            let value = data.value[at];
            // Readers parse through f64; the few short notations that this would round wrongly are written in full.
            let short = value.to_string();
            match short.parse::<f64>().is_ok_and(|wide| wide as f32 == value) {
                true => write!(out, ",\"value\":{short}")?,
                false => write!(out, ",\"value\":{}", f64::from(value))?,
            }
        }
        match data.time.as_ref().map(|time| time[at]) {
            None => {}
            // The first line must have all columns.
            Some(NO_TIME) => out.write_all(b",\"time\":null")?,
            Some(time) => write!(out, ",\"time\":{time}")?,
        }
        out.write_all(b"}\n")?;
    }
    Ok(())
}

#[cfg(feature = "arrow")]
mod columnar {
    use super::{IdMap, Interactions, IoResult, NO_TIME, Write, has_values, text, watch};
    use crate::data::IdKind;
    use crate::data::pieces::pieces;
    use arrow_array::{
        ArrayRef, Float32Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
    };
    use arrow_schema::{DataType, Field, Schema, TimeUnit};
    use std::sync::Arc;

    /// Maximum number of rows to convert to Arrow at a time.
    const BATCH: usize = 1 << 16;

    fn schema(data: &Interactions) -> Arc<Schema> {
        let kind = |ids: &IdMap| match ids.kind() {
            IdKind::Integer => DataType::Int64,
            IdKind::Text | IdKind::Uuid | IdKind::Category => DataType::Utf8,
        };
        let mut fields = vec![
            Field::new("user", kind(&data.users), false),
            Field::new("item", kind(&data.items), false),
        ];
        if has_values(data) {
            fields.push(Field::new("value", DataType::Float32, false));
        }
        if data.time.is_some() {
            let kind = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
            fields.push(Field::new("time", kind, true));
        }
        Arc::new(Schema::new(fields))
    }

    /// Returns the ids of `numbers`.
    fn ids(ids: &IdMap, numbers: &[u32]) -> ArrayRef {
        match ids.integers() {
            Some(integers) => {
                let ids = numbers.iter().map(|&n| integers[n as usize]);
                Arc::new(Int64Array::from_iter_values(ids))
            }
            None => {
                let names = numbers.iter().map(|&n| ids.name(n));
                Arc::new(StringArray::from_iter_values(names))
            }
        }
    }

    fn batches(
        data: &Interactions,
        schema: Arc<Schema>,
    ) -> impl Iterator<Item = IoResult<RecordBatch>> {
        let values = has_values(data);
        let stage = watch::stage("writing", data.len());
        pieces(data.len(), BATCH, |row| text(data, row)).map(move |rows| {
            watch::check();
            stage.add(rows.len());
            let mut columns: Vec<ArrayRef> = vec![
                ids(&data.users, &data.user[rows.clone()]),
                ids(&data.items, &data.item[rows.clone()]),
            ];
            if values {
                columns.push(Arc::new(Float32Array::from_iter_values(
                    data.value[rows.clone()].iter().copied(),
                )));
            }
            if let Some(time) = &data.time {
                let millis = time[rows].iter().map(|&t| match t {
                    NO_TIME => Ok(None),
                    t => t.checked_mul(1000).map(Some).ok_or_else(|| {
                        std::io::Error::other(format!("time {t} is out of range for timestamps"))
                    }),
                });
                let millis: TimestampMillisecondArray = millis.collect::<IoResult<_>>()?;
                columns.push(Arc::new(millis.with_timezone("UTC")));
            }
            RecordBatch::try_new(schema.clone(), columns).map_err(std::io::Error::other)
        })
    }

    pub fn write_parquet(out: &mut (impl Write + Send), data: &Interactions) -> IoResult<()> {
        use parquet::basic::{Compression, ZstdLevel};
        let schema = schema(data);
        let properties = parquet::file::properties::WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let mut writer =
            parquet::arrow::ArrowWriter::try_new(out, schema.clone(), Some(properties))?;
        for batch in batches(data, schema) {
            writer.write(&batch?)?;
        }
        writer.close()?;
        Ok(())
    }

    pub fn write_arrow(out: &mut impl Write, data: &Interactions) -> IoResult<()> {
        let schema = schema(data);
        let other = std::io::Error::other::<arrow_schema::ArrowError>;
        let mut writer = arrow_ipc::writer::FileWriter::try_new(out, &schema).map_err(other)?;
        for batch in batches(data, schema) {
            writer.write(&batch?).map_err(other)?;
        }
        writer.finish().map_err(other)
    }
}
