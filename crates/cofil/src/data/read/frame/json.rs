//! JSON lines, every key: a column begins with the first line that has its key.

use super::super::{field, json};
use super::{Cells, Frame, Opened, textual};
use crate::error::{Error, Result};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

pub(super) fn read(path: &Path, mut source: Opened<'_>) -> Result<Frame> {
    let mut names: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut columns: Vec<Cells> = Vec::new();
    let (mut rows, mut line) = (0, 0);
    let mut block = Vec::new();
    source.block(path, &mut block)?;
    while !block.is_empty() {
        for text in block.split_inclusive(|&b| b == b'\n') {
            line += 1;
            let text = text.trim_ascii();
            if text.is_empty() {
                continue;
            }
            let bad = |message| Error::data(path, Some(line), message);
            let mut values = Vec::new();
            for (key, value) in json::pairs(text).map_err(bad)? {
                let place = *places.entry(key).or_insert_with_key(|key| {
                    names.push(key.clone());
                    columns.push(Cells::empty(rows));
                    columns.len() - 1
                });
                values.push((place, value));
            }
            // Of a key that is there twice the last value counts.
            for (place, value) in values.iter().rev() {
                if !columns[*place].is_begun() {
                    fill(&mut columns[*place], value).map_err(bad)?;
                }
            }
            columns.iter_mut().for_each(Cells::end_row);
            rows += 1;
        }
        source.block(path, &mut block)?;
    }
    Ok(Frame { names: Some(names), columns, rows, ..textual(&source, source.encoding) })
}

/// Writes `value` into the row that is being written.
fn fill(cells: &mut Cells, value: &Value) -> std::result::Result<(), String> {
    match value {
        Value::Null => Ok(()),
        Value::Bool(value) => cells.push(if *value { "true" } else { "false" }),
        Value::Number(number) => match number.as_f64().and_then(field::integral) {
            // 4.0 is the number that 4 is.
            Some(whole) if number.is_f64() => cells.push(&whole.to_string()),
            _ => cells.push(&number.to_string()),
        },
        Value::String(text) => cells.push(text),
        Value::Array(entries) => {
            cells.lists = true;
            for entry in entries {
                match entry {
                    Value::Array(_) => cells.foreign = Some("lists of lists".into()),
                    entry => fill(cells, entry)?,
                }
            }
            Ok(())
        }
        Value::Object(_) => {
            cells.foreign = Some("objects".into());
            Ok(())
        }
    }
}
