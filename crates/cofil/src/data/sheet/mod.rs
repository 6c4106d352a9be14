//! Writing result tables to files, block by block: a table for all users of a large service may not fit in memory.

#[cfg(feature = "arrow")]
mod columnar;
mod place;

use super::ending::{Format, ending_or_csv};
use super::pieces::pieces;
use crate::error::{Error, Result};
pub(super) use place::Out;
use std::io::Write;
use std::ops::Range;
use std::path::Path;

/// Type of a column of a [`SheetWriter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers.
    Count,
    /// Numbers.
    Number,
    /// Seconds since 1970; timestamps in Parquet and Arrow.
    Time,
    /// Lists of numbers; in text as `[0.5,-1]`.
    Vector,
}

/// Cells of a column; `None` is an empty cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells<'a> {
    /// Cells of a [`Kind::Text`] column.
    Text(Vec<Option<&'a str>>),
    /// Cells of a [`Kind::Count`] column.
    Count(Vec<u32>),
    /// Cells of a [`Kind::Number`] column.
    Number(Vec<Option<f32>>),
    /// Cells of a [`Kind::Time`] column.
    Time(Vec<Option<i64>>),
    /// Cells of a [`Kind::Vector`] column, all finite.
    Vector(Vec<&'a [f32]>),
}

/// Writes rows of named columns in the format given by the file extension: `.csv`, `.tsv` or `.jsonl`, compressed if
/// followed by `.gz` or `.zst`, `.parquet` or `.arrow`; `.csv` if there is no extension. The file appears when it is
/// finished.
pub struct SheetWriter {
    columns: Vec<(&'static str, Kind)>,
    sink: Sink,
}

enum Sink {
    Text(Box<csv::Writer<Out>>),
    Json(Out),
    #[cfg(feature = "arrow")]
    Columns(Box<columnar::Columns>),
}

impl SheetWriter {
    /// Checks that the extension of `path` is known.
    ///
    /// # Errors
    /// If the extension is unknown.
    pub fn check_path(path: &Path) -> Result<()> {
        ending_or_csv(path).map(|_| ())
    }

    /// Starts the file at `path`.
    ///
    /// # Errors
    /// If the extension is unknown or the file system reports an error.
    pub fn create(path: &Path, columns: &[(&'static str, Kind)]) -> Result<Self> {
        let (format, packing) = ending_or_csv(path)?;
        Self::new(Out::file(path, packing)?, format, columns)
    }

    /// Writes to `stream` row by row, as `.csv` or, with `json`, as `.jsonl`.
    ///
    /// # Errors
    /// If the stream reports an error.
    pub fn stream(
        stream: impl Write + Send + 'static,
        json: bool,
        columns: &[(&'static str, Kind)],
    ) -> Result<Self> {
        let format = if json { Format::Json } else { Format::Text(',') };
        Self::new(Out::stream(stream), format, columns)
    }

    pub(super) fn new(out: Out, format: Format, columns: &[(&'static str, Kind)]) -> Result<Self> {
        let sink = match format {
            Format::Text(delimiter) => {
                let mut csv = csv::WriterBuilder::new().delimiter(delimiter as u8).from_writer(out);
                let written = csv.write_record(columns.iter().map(|(name, _)| *name));
                written.map_err(|e| Error::io(csv.get_ref().path(), e.into()))?;
                Sink::Text(Box::new(csv))
            }
            Format::Json => Sink::Json(out),
            #[cfg(feature = "arrow")]
            Format::Parquet => Sink::Columns(Box::new(columnar::Columns::parquet(out, columns)?)),
            #[cfg(feature = "arrow")]
            Format::Arrow => Sink::Columns(Box::new(columnar::Columns::arrow(out, columns)?)),
        };
        Ok(Self { columns: columns.to_vec(), sink })
    }

    /// Appends rows: the same number of cells for each column, in the order of the columns.
    ///
    /// # Errors
    /// If the file system reports an error, or the cells do not match the columns.
    pub fn write(&mut self, cells: &[Cells<'_>]) -> Result<()> {
        let rows = cells.first().map_or(0, Cells::len);
        let fit = cells.len() == self.columns.len()
            && cells.iter().zip(&self.columns).all(|(c, (_, kind))| c.kind() == *kind)
            && cells.iter().all(|cells| cells.len() == rows);
        if !fit {
            return Err(Error::Unfit("the cells do not match the columns of the table".into()));
        }
        let text = |row| cells.iter().map(|cells| cells.bytes(row)).sum();
        for piece in pieces(rows, rows, text) {
            match piece.len() == rows {
                true => self.write_piece(cells)?,
                false => {
                    let cells: Vec<_> = cells.iter().map(|cells| cells.rows(&piece)).collect();
                    self.write_piece(&cells)?;
                }
            }
        }
        Ok(())
    }

    fn write_piece(&mut self, cells: &[Cells<'_>]) -> Result<()> {
        let rows = cells.first().map_or(0, Cells::len);
        match &mut self.sink {
            Sink::Text(csv) => {
                let mut record = csv::StringRecord::new();
                for row in 0..rows {
                    record.clear();
                    cells.iter().for_each(|cells| record.push_field(&cells.text(row)));
                    let written = csv.write_record(&record);
                    written.map_err(|e| Error::io(csv.get_ref().path(), e.into()))?;
                }
                Ok(())
            }
            Sink::Json(out) => {
                let mut text = String::new();
                for row in 0..rows {
                    let pairs = self.columns.iter().zip(cells);
                    let pair =
                        pairs.map(|((name, _), cells)| format!("\"{name}\":{}", cells.json(row)));
                    text += &format!("{{{}}}\n", pair.collect::<Vec<_>>().join(","));
                }
                out.write_all(text.as_bytes()).map_err(|e| Error::io(out.path(), e))
            }
            #[cfg(feature = "arrow")]
            Sink::Columns(columns) => columns.write(cells),
        }
    }

    /// Moves the finished file into place and returns the number of bytes written.
    ///
    /// # Errors
    /// If the file system reports an error.
    pub fn finish(self) -> Result<u64> {
        match self.sink {
            Sink::Json(out) => out.finish(),
            Sink::Text(csv) => {
                let path = csv.get_ref().path().to_owned();
                let again =
                    |error: &std::io::Error| std::io::Error::new(error.kind(), error.to_string());
                csv.into_inner().map_err(|e| Error::io(&path, again(e.error())))?.finish()
            }
            #[cfg(feature = "arrow")]
            Sink::Columns(columns) => columns.finish()?.finish(),
        }
    }
}

impl Cells<'_> {
    /// Copies the cells of some rows.
    fn rows(&self, rows: &Range<usize>) -> Self {
        match self {
            Self::Text(cells) => Self::Text(cells[rows.clone()].to_vec()),
            Self::Count(cells) => Self::Count(cells[rows.clone()].to_vec()),
            Self::Number(cells) => Self::Number(cells[rows.clone()].to_vec()),
            Self::Time(cells) => Self::Time(cells[rows.clone()].to_vec()),
            Self::Vector(cells) => Self::Vector(cells[rows.clone()].to_vec()),
        }
    }

    /// Number of bytes of a cell in memory.
    fn bytes(&self, row: usize) -> usize {
        match self {
            Self::Text(cells) => cells[row].map_or(0, str::len),
            Self::Vector(cells) => size_of_val(cells[row]),
            Self::Count(_) | Self::Number(_) | Self::Time(_) => size_of::<i64>(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Count(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Time(cells) => cells.len(),
            Self::Vector(cells) => cells.len(),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Count(_) => Kind::Count,
            Self::Number(_) => Kind::Number,
            Self::Time(_) => Kind::Time,
            Self::Vector(_) => Kind::Vector,
        }
    }

    fn text(&self, row: usize) -> String {
        match self {
            Self::Text(cells) => cells[row].unwrap_or_default().to_owned(),
            Self::Count(cells) => cells[row].to_string(),
            Self::Number(cells) => cells[row].map(|n| n.to_string()).unwrap_or_default(),
            Self::Time(cells) => cells[row].map(|t| t.to_string()).unwrap_or_default(),
            Self::Vector(cells) => list(cells[row]),
        }
    }

    fn json(&self, row: usize) -> String {
        let json = match self {
            Self::Text(cells) => serde_json::to_string(&cells[row]),
            Self::Count(cells) => serde_json::to_string(&cells[row]),
            Self::Number(cells) => serde_json::to_string(&cells[row]),
            Self::Time(cells) => serde_json::to_string(&cells[row]),
            Self::Vector(cells) => return list(cells[row]),
        };
        json.expect("texts and numbers serialize")
    }
}

/// Formats a vector as JSON and pgvector write it.
fn list(numbers: &[f32]) -> String {
    let numbers: Vec<String> = numbers.iter().map(f32::to_string).collect();
    format!("[{}]", numbers.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::read::{ReadOptions, read};

    const COLUMNS: [(&str, Kind); 4] = [
        ("user", Kind::Text),
        ("item", Kind::Text),
        ("rating", Kind::Number),
        ("time", Kind::Time),
    ];

    fn cells() -> Vec<Cells<'static>> {
        vec![
            Cells::Text(vec![Some("ann"), Some("b,\"ob")]),
            Cells::Text(vec![Some("tea"), Some("x\ty")]),
            Cells::Number(vec![Some(4.5), Some(-0.1)]),
            Cells::Time(vec![Some(1_000_000_000), Some(0)]),
        ]
    }

    #[test]
    fn every_format_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut names = vec!["a.csv", "a.tsv.gz", "a.jsonl", "a.csv.zst", "a.JSONL.gz", "a"];
        if cfg!(feature = "arrow") {
            names.extend(["a.parquet", "a.arrow"]);
        }
        for name in names {
            let path = folder.path().join(name);
            let mut writer = SheetWriter::create(&path, &COLUMNS).unwrap();
            writer.write(&cells()).unwrap();
            writer.write(&cells()).unwrap();
            let size = writer.finish().unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().len(), size, "{name}");
            let rows = read(&path, &ReadOptions::default()).unwrap().interactions;
            assert_eq!(rows.value, [4.5, -0.1, 4.5, -0.1], "{name}");
            assert_eq!(rows.time, Some(vec![1_000_000_000, 0, 1_000_000_000, 0]), "{name}");
            assert_eq!((rows.users.name(1), rows.items.name(1)), ("b,\"ob", "x\ty"), "{name}");
        }
        for name in ["a.txt", "a.parquet.gz", "a.gz"] {
            assert!(SheetWriter::create(&folder.path().join(name), &COLUMNS).is_err(), "{name}");
        }
    }

    #[test]
    fn long_texts_are_written_some_rows_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let text = "u".repeat(6 << 20);
        let cells = [
            Cells::Text(vec![Some(&text); 7]),
            Cells::Text(vec![
                Some("a"),
                Some("b"),
                Some("c"),
                Some("d"),
                Some("e"),
                None,
                Some("g"),
            ]),
            Cells::Number((0..7).map(|n| Some(n as f32)).collect()),
            Cells::Time(vec![Some(0); 7]),
        ];
        let arrow = cfg!(feature = "arrow").then_some("a.arrow");
        for name in ["a.csv", "a.jsonl"].into_iter().chain(arrow) {
            let path = folder.path().join(name);
            let mut writer = SheetWriter::create(&path, &COLUMNS).unwrap();
            writer.write(&cells).unwrap();
            writer.finish().unwrap();
            let options = ReadOptions { skip_bad: 1, ..ReadOptions::default() };
            let rows = read(&path, &options).unwrap().interactions;
            assert_eq!((rows.users.len(), rows.items.len()), (1, 6), "{name}");
            assert_eq!(rows.value, [0.0, 1.0, 2.0, 3.0, 4.0, 6.0], "{name}");
        }
    }

    #[test]
    fn empty_cells_are_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let columns = [("user", Kind::Text), ("rank", Kind::Count), ("score", Kind::Number)];
        let cells = [Cells::Text(vec![None]), Cells::Count(vec![3]), Cells::Number(vec![None])];
        for (name, text) in [
            ("a.csv", "user,rank,score\n,3,\n"),
            ("a.jsonl", "{\"user\":null,\"rank\":3,\"score\":null}\n"),
        ] {
            let path = path.with_file_name(name);
            let mut writer = SheetWriter::create(&path, &columns).unwrap();
            writer.write(&cells).unwrap();
            assert!(writer.write(&cells[..2]).is_err(), "a column is missing");
            writer.finish().unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
