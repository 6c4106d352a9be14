//! Tables of vectors, an id and as many numbers in every row, as vector databases and indexes take and give them; and
//! files of ids.

#[cfg(feature = "arrow")]
use super::Format;
#[cfg(feature = "arrow")]
use super::arrow::{batches, decoding};
#[cfg(feature = "arrow")]
use super::convert::{floats, lists, words};
use super::frame::{Cells, Frame, Told, read_frame};
#[cfg(feature = "arrow")]
use super::source::Opened;
use crate::data::IdMap;
use crate::error::{Error, Result};
use crate::math::Matrix;
use crate::store::read_lines;
#[cfg(feature = "arrow")]
use arrow_array::{Array, RecordBatch, types::Float32Type};
use std::path::Path;

/// Maximum size in bytes of a text file of ids.
const LONGEST_IDS: u64 = 4 << 30;
/// Names of id columns.
const IDS: [&str; 6] = ["id", "item", "user", "item_id", "user_id", "key"];
/// Further names in a header.
const VECTORS: [&str; 4] = ["vector", "embedding", "vectors", "embeddings"];

const DETECT: Told<'static> = Told { delimiter: None, header: None, format: None };

/// Reads a table of vectors: CSV, JSON lines, Parquet or Arrow, compressed or not. A vector is a list, a text such as
/// `[0.5,-1]`, or the numbers in all columns besides the ids. The ids are in the column with their name, else in the
/// first that holds no vectors.
///
/// # Errors
/// If the file cannot be read, an id occurs twice, or vectors are missing or of different lengths.
pub(crate) fn read_vectors(path: &Path) -> Result<(IdMap, Matrix)> {
    let bad = |says: String| Error::data(path, None, says);
    #[cfg(feature = "arrow")]
    {
        let opened = Opened::open(path, None)?;
        if matches!(opened.format, Format::Parquet | Format::Arrow) {
            return decoding(path, || {
                let (_, batches) = batches(path, opened)?;
                let mut vectors = Vectors::default();
                for batch in batches {
                    vectors.add_batch(&batch?).map_err(bad)?;
                }
                vectors.finish().map_err(bad)
            });
        }
    }
    let frame = read_frame(path.into(), &DETECT, |name| {
        is_one_of(name, &IDS) || is_one_of(name, &VECTORS)
    })?;
    let mut vectors = Vectors::default();
    vectors.add_frame(&frame).map_err(bad)?;
    vectors.finish().map_err(bad)
}

/// Reads the ids of users or items in the order of a model: a `.txt` file with one id per line, or a table with the ids in
/// a column named `name` or `id`, else in the first.
///
/// # Errors
/// If the file cannot be read, or an id is missing or occurs twice.
pub(crate) fn read_ids(path: &Path, name: &str) -> Result<IdMap> {
    let mut ids = IdMap::new();
    if path.extension().is_some_and(|ending| ending == "txt") {
        read_lines(path, LONGEST_IDS, |id| add(&mut ids, id))?;
        return Ok(ids);
    }
    let bad = |says: String| Error::data(path, None, says);
    let known = [name, "id"];
    let frame = read_frame(path.into(), &DETECT, |found| is_one_of(found, &known))?;
    let column = named(&frame, &known).unwrap_or(0);
    let cells = frame.columns.get(column).ok_or_else(|| bad("there are no columns".into()))?;
    for row in 0..frame.rows {
        add(&mut ids, id_of(cells, row).map_err(bad)?).map_err(bad)?;
    }
    Ok(ids)
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.trim().eq_ignore_ascii_case(known))
}

/// The first column with one of these names.
fn named(frame: &Frame, names: &[&str]) -> Option<usize> {
    frame.names.as_ref()?.iter().position(|name| is_one_of(name, names))
}

fn id_of(cells: &Cells, row: usize) -> std::result::Result<&str, String> {
    let mut texts = cells.texts(row);
    match (texts.next(), texts.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(format!("row {} has no id", row + 1)),
        (Some(_), Some(_)) => Err("the id column holds lists".into()),
    }
}

/// Adds an id, which must be new.
fn add(ids: &mut IdMap, id: &str) -> std::result::Result<(), String> {
    let next = ids.len();
    match ids.insert(id).map_err(|e| e.to_string())? as usize == next {
        true => Ok(()),
        false => Err(format!("id `{id}` occurs twice; each row needs its own")),
    }
}

/// Vectors that were read so far.
#[derive(Default)]
struct Vectors {
    ids: IdMap,
    numbers: Vec<f32>,
    /// Length of each, known from the first.
    width: Option<usize>,
}

impl Vectors {
    fn add_frame(&mut self, frame: &Frame) -> std::result::Result<(), String> {
        let is_list = |cells: &Cells| {
            cells.lists
                || cells.texts(0).next().is_some_and(|text| text.trim_start().starts_with('['))
        };
        let list = frame.columns.iter().position(is_list);
        let ids = named(frame, &IDS).filter(|&column| Some(column) != list);
        let ids = ids.or_else(|| (0..frame.columns.len()).find(|&column| Some(column) != list));
        let ids = ids.ok_or("there is no column of ids besides the vectors")?;
        for row in 0..frame.rows {
            add(&mut self.ids, id_of(&frame.columns[ids], row)?)?;
            let before = self.numbers.len();
            let columns = match list {
                Some(list) => list..list + 1,
                None => 0..frame.columns.len(),
            };
            for cells in columns.filter(|&column| column != ids).map(|at| &frame.columns[at]) {
                for text in cells.texts(row) {
                    let inside = text.trim().trim_start_matches('[').trim_end_matches(']');
                    for number in inside.split(',') {
                        let number = number.trim();
                        let parsed = number
                            .parse()
                            .map_err(|_| format!("`{number}` in row {} is not a number", row + 1));
                        self.numbers.push(parsed?);
                    }
                }
            }
            self.check_row(self.numbers.len() - before)?;
        }
        Ok(())
    }

    #[cfg(feature = "arrow")]
    fn add_batch(&mut self, batch: &RecordBatch) -> std::result::Result<(), String> {
        let columns = batch.columns();
        let list = columns.iter().position(|column| lists(column).is_some());
        let list = list.ok_or("no column holds lists of numbers")?;
        let schema = batch.schema_ref();
        let others = || (0..columns.len()).filter(|&at| at != list);
        let id = others().find(|&at| is_one_of(schema.field(at).name(), &IDS)).or(others().next());
        let id = id.ok_or("there is no column of ids besides the vectors")?;
        let ids = words(&columns[id])?.ok_or("the id column holds neither text nor integers")?;
        let vectors = lists(&columns[list]).ok_or("no column holds lists of numbers")?;
        let numbers = floats::<Float32Type>(vectors.values());
        let numbers = numbers.ok_or("the vectors hold something else than numbers")?;
        for row in 0..batch.num_rows() {
            let at = self.ids.len() + 1;
            add(&mut self.ids, ids.get(row).ok_or_else(|| format!("row {at} has no id"))?)?;
            let ends = vectors.value_offsets();
            let range = match vectors.is_null(row) {
                true => 0..0,
                false => ends[row] as usize..ends[row + 1] as usize,
            };
            if range.clone().any(|at| numbers.is_null(at)) {
                return Err(format!("a number is missing in the vector of row {at}"));
            }
            let width = range.len();
            self.numbers.extend_from_slice(&numbers.values()[range]);
            self.check_row(width)?;
        }
        Ok(())
    }

    /// Checks the length of the vector that was added last.
    fn check_row(&mut self, width: usize) -> std::result::Result<(), String> {
        match *self.width.get_or_insert(width) {
            0 => Err("the vectors have no numbers".into()),
            first if first == width => Ok(()),
            first => {
                let row = self.ids.len();
                Err(format!(
                    "the vector of row {row} has {width} numbers, but the first has {first}"
                ))
            }
        }
    }

    fn finish(self) -> std::result::Result<(IdMap, Matrix), String> {
        let width = self.width.ok_or("the file contains no vectors")?;
        Ok((self.ids.clone(), Matrix::from_vec(self.ids.len(), width, self.numbers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sheet::{Cells, Kind, SheetWriter};

    #[test]
    fn every_format_that_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let rows: [&[f32]; 2] = [&[0.5, -1e-9, 3.0], &[1e8, 0.1, 0.0]];
        let mut names = vec!["v.csv", "v.tsv.gz", "v.jsonl"];
        if cfg!(feature = "arrow") {
            names.extend(["v.parquet", "v.arrow"]);
        }
        for name in names {
            let path = folder.path().join(name);
            let columns = [("item", Kind::Text), ("vector", Kind::Vector)];
            let mut writer = SheetWriter::create(&path, &columns).unwrap();
            let ids = Cells::Text(vec![Some("a,b"), Some("7")]);
            writer.write(&[ids, Cells::Vector(rows.to_vec())]).unwrap();
            writer.finish().unwrap();
            let (ids, matrix) = read_vectors(&path).unwrap();
            assert_eq!(ids.names().collect::<Vec<_>>(), ["a,b", "7"], "{name}");
            assert_eq!([matrix.row(0), matrix.row(1)], rows, "{name}");
        }
        let text = std::fs::read_to_string(folder.path().join("v.csv")).unwrap();
        assert_eq!(
            text, "item,vector\n\"a,b\",\"[0.5,-0.000000001,3]\"\n7,\"[100000000,0.1,0]\"\n",
            "as COPY of pgvector takes it"
        );
    }

    fn read(name: &str, text: &str) -> std::result::Result<(Vec<String>, Vec<f32>), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let (ids, matrix) = read_vectors(&path).map_err(|e| e.to_string())?;
        Ok((ids.names().map(str::to_owned).collect(), matrix.into_data()))
    }

    #[test]
    fn vectors_may_be_lists_or_columns() {
        let expected = (vec!["7".to_owned(), "8".to_owned()], vec![1.0, 2.5, 3.0, -4.0]);
        for (name, text) in [
            ("v.csv", "id,embedding\n7,\"[1, 2.5]\"\n8,\"[3,-4]\"\n"),
            ("v.csv", "embedding,id\n\"[1,2.5]\",7\n\"[3,-4]\",8\n"),
            ("v.csv", "7,1,2.5\n8,3,-4\n"),
            ("v.txt", "7 1 2.5\n8 3 -4\n"),
            ("v.jsonl", "{\"id\":7,\"v\":[1,2.5]}\n{\"id\":8,\"v\":[3,-4]}\n"),
        ] {
            assert_eq!(read(name, text).unwrap(), expected, "{text}");
        }
        for (text, says) in [
            ("7,1,2\n7,1,2\n", "`7` occurs twice"),
            ("id,embedding\n7,\"[1,2]\"\n8,\"[1]\"\n", "row 2 has 1 numbers, but the first has 2"),
            ("id,embedding\n7,\"[1,x]\"\n", "`x` in row 1 is not a number"),
            ("id,embedding\n,\"[1,2]\"\n", "row 1 has no id"),
        ] {
            let told = read("v.csv", text).unwrap_err();
            assert!(told.contains(says), "{text}: {told}");
        }
    }

    #[test]
    fn ids_are_lines_or_a_column() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let ids = read_ids(&path, "item").map_err(|e| e.to_string())?;
            Ok::<_, String>(ids.names().map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(read("a.txt", "item\nNew York, NY\n").unwrap(), ["item", "New York, NY"]);
        assert_eq!(read("a.csv", "title,item\nAlien,7\nHeat,8\n").unwrap(), ["7", "8"]);
        assert_eq!(read("a.jsonl", "{\"id\":\"x\"}\n{\"id\":\"y\"}\n").unwrap(), ["x", "y"]);
        assert!(read("a.txt", "a\nb\na\n").unwrap_err().contains("a.txt:3: id `a` occurs twice"));
    }
}
