//! Lists of recommendations as a file, written block by block: a list for every user of a large
//! service does not fit in memory.

use super::{Catalogue, IdMap};
use crate::error::{Error, Result};
use crate::store::{Access, Pending};
use serde::Serialize;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Writes lists in the format of a file's ending; the file appears when it is finished.
///
/// `.csv` and `.parquet` have a row for each entry with columns `user`, `item`, `rank` (from 1) and
/// `score`, and `title` where the items have titles; `.jsonl` has a line for each user. The two formats of text
/// can go to a stream instead.
pub struct ListWriter<'a> {
    users: &'a Arc<IdMap>,
    items: &'a Arc<IdMap>,
    titles: Option<&'a Catalogue>,
    sink: Sink,
}

enum Sink {
    Csv(Box<csv::Writer<BufWriter<Place>>>),
    JsonLines(BufWriter<Place>),
    #[cfg(feature = "arrow")]
    Parquet(Box<parquet::Parquet>),
}

impl<'a> ListWriter<'a> {
    /// Refuses a path whose ending is not known.
    ///
    /// # Errors
    /// If it is not.
    pub fn check_path(path: &Path) -> Result<()> {
        let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("csv" | "jsonl") => Ok(()),
            #[cfg(feature = "arrow")]
            Some("parquet") => Ok(()),
            _ => Err(Error::format(
                path,
                "lists are written to a file that ends in .csv, .jsonl or .parquet",
            )),
        }
    }

    /// Begins the file at `path`, for lists over `users` and `items`, with the titles of a catalogue if there
    /// is one that has titles.
    ///
    /// # Errors
    /// If the ending is not known or the file system refuses.
    pub fn create(
        path: &Path,
        users: &'a Arc<IdMap>,
        items: &'a Arc<IdMap>,
        catalogue: Option<&'a Catalogue>,
    ) -> Result<Self> {
        let titles = catalogue.filter(|catalogue| catalogue.has_titles());
        Self::check_path(path)?;
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        let file = BufWriter::new(Place::File(Pending::create(path, Access::Usual)?));
        let sink = match ending.to_str() {
            Some("jsonl") => Sink::JsonLines(file),
            #[cfg(feature = "arrow")]
            Some("parquet") => {
                Sink::Parquet(Box::new(parquet::Parquet::new(path, file, titles.is_some())?))
            }
            _ => csv(file, titles.is_some())?,
        };
        Ok(Self { users, items, titles, sink })
    }

    /// Writes to `stream` as it goes, as `.csv` or, with `json`, as `.jsonl`.
    ///
    /// # Errors
    /// If the stream refuses.
    pub fn stream(
        stream: impl Write + Send + 'static,
        json: bool,
        users: &'a Arc<IdMap>,
        items: &'a Arc<IdMap>,
        catalogue: Option<&'a Catalogue>,
    ) -> Result<Self> {
        let titles = catalogue.filter(|catalogue| catalogue.has_titles());
        let stream = BufWriter::new(Place::Stream(Box::new(stream), 0));
        let sink = if json { Sink::JsonLines(stream) } else { csv(stream, titles.is_some())? };
        Ok(Self { users, items, titles, sink })
    }

    /// Appends the lists of `users`, one for each.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn write(&mut self, users: &[u32], lists: &[Vec<(u32, f32)>]) -> Result<()> {
        let (names, items, titles) = (self.users, self.items, self.titles);
        let title = move |item: &str| titles.and_then(|titles| titles.title(item));
        let rows = || {
            users.iter().zip(lists).flat_map(move |(&user, list)| {
                let user = names.name(user);
                let entry = move |(at, &(item, score)): (usize, &(u32, f32))| {
                    (user, items.name(item), at as u32 + 1, score)
                };
                list.iter().enumerate().map(entry)
            })
        };
        match &mut self.sink {
            Sink::Csv(csv) => {
                for (user, item, rank, score) in rows() {
                    let [rank, score] = [rank.to_string(), score.to_string()];
                    let record = [user, item, &rank, &score].into_iter();
                    let title = titles.map(|_| title(item).unwrap_or_default());
                    let written = csv.write_record(record.chain(title));
                    written.map_err(|e| io(csv.get_ref().get_ref().path(), e))?;
                }
                Ok(())
            }
            Sink::JsonLines(file) => {
                for (&user, list) in users.iter().zip(lists) {
                    let entry = |&(item, score): &(u32, f32)| {
                        let item = items.name(item);
                        Entry { item, score, title: title(item) }
                    };
                    let items = list.iter().map(entry).collect();
                    let list = List { user: names.name(user), items };
                    let line = serde_json::to_string(&list).expect("names and numbers serialize");
                    let written = writeln!(file, "{line}");
                    written.map_err(|e| Error::io(file.get_ref().path(), e))?;
                }
                Ok(())
            }
            #[cfg(feature = "arrow")]
            Sink::Parquet(parquet) => parquet.write(rows(), title),
        }
    }

    /// Puts the file in its place; returns the bytes written.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn finish(self) -> Result<u64> {
        let file = match self.sink {
            Sink::JsonLines(file) => file,
            Sink::Csv(mut csv) => {
                let flushed = csv.flush();
                let path = csv.get_ref().get_ref().path().to_owned();
                flushed.map_err(|e| Error::io(&path, e))?;
                csv.into_inner().map_err(|e| Error::io(&path, again(e.error())))?
            }
            #[cfg(feature = "arrow")]
            Sink::Parquet(parquet) => parquet.finish()?,
        };
        let path = file.get_ref().path().to_owned();
        file.into_inner().map_err(|e| Error::io(&path, again(e.error())))?.finish()
    }
}

/// The same error once more: what writers hand back with a file keeps its own.
fn again(error: &std::io::Error) -> std::io::Error {
    std::io::Error::new(error.kind(), error.to_string())
}

/// Where the text goes.
enum Place {
    File(Pending),
    /// With the bytes so far.
    Stream(Box<dyn Write + Send>, u64),
}

impl Place {
    fn path(&self) -> &Path {
        match self {
            Self::File(file) => file.path(),
            Self::Stream(..) => Path::new("-"),
        }
    }

    fn finish(self) -> Result<u64> {
        match self {
            Self::File(file) => file.finish(),
            Self::Stream(_, bytes) => Ok(bytes),
        }
    }
}

impl Write for Place {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::File(file) => file.write(text),
            Self::Stream(stream, bytes) => {
                let written = stream.write(text)?;
                *bytes += written as u64;
                Ok(written)
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stream(stream, _) => stream.flush(),
        }
    }
}

/// A table with its header.
fn csv(place: BufWriter<Place>, titles: bool) -> Result<Sink> {
    let mut csv = csv::Writer::from_writer(place);
    let names = ["user", "item", "rank", "score"].into_iter();
    let written = csv.write_record(names.chain(titles.then_some("title")));
    written.map_err(|e| io(csv.get_ref().get_ref().path(), e))?;
    Ok(Sink::Csv(Box::new(csv)))
}

/// A line of `.jsonl`.
#[derive(Serialize)]
struct List<'a> {
    user: &'a str,
    items: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    item: &'a str,
    score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
}

fn io(path: &Path, error: csv::Error) -> Error {
    Error::io(path, error.into())
}

#[cfg(feature = "arrow")]
mod parquet {
    use super::{BufWriter, Error, Path, Place, Result};
    use ::parquet::arrow::ArrowWriter;
    use ::parquet::basic::{Compression, ZstdLevel};
    use ::parquet::errors::ParquetError;
    use ::parquet::file::properties::WriterProperties;
    use arrow_array::{ArrayRef, Float32Array, RecordBatch, StringArray, UInt32Array};
    use arrow_schema::{DataType, Field, Schema};
    use std::path::PathBuf;
    use std::sync::Arc;

    pub struct Parquet {
        path: PathBuf,
        schema: Arc<Schema>,
        writer: ArrowWriter<BufWriter<Place>>,
    }

    impl Parquet {
        pub fn new(path: &Path, file: BufWriter<Place>, titles: bool) -> Result<Self> {
            let columns = [
                ("user", DataType::Utf8),
                ("item", DataType::Utf8),
                ("rank", DataType::UInt32),
                ("score", DataType::Float32),
            ];
            let field = |(name, kind)| Field::new(name, kind, false);
            let mut fields = columns.map(field).to_vec();
            fields.extend(titles.then(|| Field::new("title", DataType::Utf8, true)));
            let schema = Arc::new(Schema::new(fields));
            let packing = Compression::ZSTD(ZstdLevel::default());
            let properties = WriterProperties::builder().set_compression(packing).build();
            let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties));
            let writer = writer.map_err(|e| failed(path, &e))?;
            Ok(Self { path: path.to_owned(), schema, writer })
        }

        pub fn write<'a>(
            &mut self,
            rows: impl Iterator<Item = (&'a str, &'a str, u32, f32)> + Clone,
            title: impl Fn(&str) -> Option<&'a str>,
        ) -> Result<()> {
            let mut columns: Vec<ArrayRef> = vec![
                Arc::new(StringArray::from_iter_values(rows.clone().map(|r| r.0))),
                Arc::new(StringArray::from_iter_values(rows.clone().map(|r| r.1))),
                Arc::new(UInt32Array::from_iter_values(rows.clone().map(|r| r.2))),
                Arc::new(Float32Array::from_iter_values(rows.clone().map(|r| r.3))),
            ];
            if self.schema.fields().len() > columns.len() {
                columns.push(Arc::new(StringArray::from_iter(rows.map(|r| title(r.1)))));
            }
            let batch = RecordBatch::try_new(self.schema.clone(), columns)
                .expect("the columns are those of the schema");
            self.writer.write(&batch).map_err(|e| failed(&self.path, &e))
        }

        pub fn finish(self) -> Result<BufWriter<Place>> {
            self.writer.into_inner().map_err(|e| failed(&self.path, &e))
        }
    }

    fn failed(path: &Path, error: &ParquetError) -> Error {
        Error::format(path, format!("cannot be written: {error}"))
    }
}
