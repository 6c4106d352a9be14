//! JSON lines with all keys. A column begins with the first line that has its key.

use super::super::json::{self, Entry};
use super::super::limits;
use super::{Cells, Frame, Opened, textual};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::path::Path;

pub(super) fn read(path: &Path, mut source: Opened<'_>) -> Result<Frame> {
    let mut table = Table::default();
    let mut line = 0;
    let mut block = Vec::new();
    source.block(path, &mut block)?;
    while !block.is_empty() {
        for text in block.split_inclusive(|&b| b == b'\n') {
            line += 1;
            let text = text.trim_ascii();
            if !text.is_empty() {
                table.add(text).map_err(|message| Error::data(path, Some(line), message))?;
            }
        }
        source.block(path, &mut block)?;
    }
    let Table { names, columns, rows, .. } = table;
    let texts = columns.iter().map(Cells::len).sum();
    limits::check_emptiness(columns.len(), rows, texts)
        .map_err(|message| Error::data(path, None, message))?;
    Ok(Frame { names: Some(names), columns, rows, ..textual(&source, source.encoding) })
}

/// The columns read so far.
#[derive(Default)]
struct Table {
    names: Vec<String>,
    places: HashMap<String, usize>,
    columns: Vec<Cells>,
    rows: usize,
}

impl Table {
    /// Appends the row of a line.
    fn add(&mut self, text: &[u8]) -> std::result::Result<(), String> {
        let mut entries = Vec::new();
        for (key, entry) in json::pairs(text)? {
            entries.push((self.place(key)?, entry));
        }
        // If a key occurs twice, the last value counts.
        for (place, entry) in entries.iter().rev() {
            let cells = &mut self.columns[*place];
            if !cells.has(self.rows) {
                fill(cells, self.rows, entry)?;
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Returns the column of `key`.
    fn place(&mut self, key: String) -> std::result::Result<usize, String> {
        if let Some(&place) = self.places.get(&key) {
            return Ok(place);
        }
        limits::check_columns(self.columns.len() + 1)?;
        self.names.push(key.clone());
        self.columns.push(Cells::default());
        self.places.insert(key, self.columns.len() - 1);
        Ok(self.columns.len() - 1)
    }
}

/// Writes `entry` into `row`.
fn fill(cells: &mut Cells, row: usize, entry: &Entry) -> std::result::Result<(), String> {
    match entry {
        Entry::Nothing => {}
        Entry::Text(text) => cells.push(row, text)?,
        Entry::List { texts, foreign } => {
            cells.lists = true;
            if let Some(foreign) = foreign {
                cells.foreign = Some((*foreign).into());
            }
            for text in texts.iter() {
                cells.push(row, text)?;
            }
        }
        Entry::Object => cells.foreign = Some("objects".into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Told, read_frame};
    use super::*;
    use crate::data::Source;

    fn frame(text: &str) -> Result<Frame> {
        let told = Told { delimiter: None, header: None, format: None };
        read_frame(Source::reader("t", text.as_bytes()), &told, |_| false)
    }

    #[test]
    fn values_are_texts_and_the_last_of_a_key_counts() {
        let lines = "{\"a\":4.0,\"b\":[1,null,\"x\",true]}\n\n{\"c\":{\"d\":[]},\"a\":1,\"a\":1e30}\n{\"b\":[[2],{}]}\n";
        let frame = frame(lines).unwrap();
        assert_eq!(frame.names.unwrap(), ["a", "b", "c"]);
        let texts = |column: usize, row| frame.columns[column].texts(row).collect::<Vec<_>>();
        assert_eq!((texts(0, 0), texts(0, 1), texts(0, 2)), (vec!["4"], vec!["1e+30"], vec![]));
        assert_eq!((texts(1, 0), texts(1, 1)), (vec!["1", "x", "true"], vec![]));
        assert_eq!(frame.columns[1].foreign.as_deref(), Some("objects"));
        assert_eq!(frame.columns[2].foreign.as_deref(), Some("objects"));
    }

    #[test]
    fn rows_without_a_key_take_nothing() {
        // Each line has its own key. If all columns were as long as the file, they would have 900 million cells.
        let line = |n: usize| format!("{{\"k{n}\":1}}\n");
        let many: String = (0..30_000).map(line).collect();
        let told = frame(&many).err().expect("refused").to_string();
        assert!(told.contains("give all lines the same keys"), "{told}");
        let columns: String = (0..=limits::MOST_COLUMNS).map(line).collect();
        let told = frame(&columns).err().expect("refused").to_string();
        assert!(
            told.starts_with(&format!("t:{}: there are more than", limits::MOST_COLUMNS + 1)),
            "{told}"
        );
    }
}
