//! Types of columns: numbers, texts or lists.

use super::CatalogueOptions;
use super::values::{MISSING, Values};
use crate::data::IdMap;
use crate::data::read::frame::Cells;
use crate::error::Result;

/// The rows of a file that are items, and the texts that mean a missing value.
pub(super) struct Typing<'a> {
    pub rows: &'a [usize],
    pub options: &'a CatalogueOptions,
}

impl Typing<'_> {
    /// Returns numbers if all values are numbers, lists if they are lists or contain a separator, else texts.
    pub fn values(&self, cells: &Cells) -> Result<Values> {
        let is_list =
            cells.lists || cells.words.names().any(|w| w.contains(&*self.options.separator));
        if is_list {
            return self.lists(cells);
        }
        match self.numbers(cells) {
            Some(numbers) => Ok(Values::Numbers(numbers)),
            None => self.texts(cells),
        }
    }

    /// Returns texts, whatever they look like. A list becomes one text with separators.
    pub fn texts(&self, cells: &Cells) -> Result<Values> {
        let mut words = IdMap::new();
        let mut codes = Vec::with_capacity(self.rows.len());
        for &row in self.rows {
            let entries: Vec<&str> = self.entries(cells, row).collect();
            codes.push(match entries[..] {
                [] => MISSING,
                [word] => words.insert(word)?,
                _ => words.insert(&entries.join(&self.options.separator))?,
            });
        }
        Ok(Values::Texts { words, codes })
    }

    /// Returns lists. An entry that is text with separators is split.
    fn lists(&self, cells: &Cells) -> Result<Values> {
        let (mut words, mut starts, mut codes) = (IdMap::new(), vec![0], Vec::new());
        for &row in self.rows {
            for entry in self.entries(cells, row) {
                // Entries of a list are not split further, whatever they contain.
                let parts: Vec<&str> = match cells.lists {
                    true => vec![entry],
                    false => entry.split(&*self.options.separator).map(str::trim).collect(),
                };
                for part in parts.into_iter().filter(|part| !part.is_empty()) {
                    codes.push(words.insert(part)?);
                }
            }
            starts.push(codes.len());
        }
        Ok(Values::Lists { words, starts, codes })
    }

    /// Returns numbers, if there are some and every value is one. `nan` among numbers is missing.
    fn numbers(&self, cells: &Cells) -> Option<Vec<f64>> {
        let parsed: Vec<Option<f64>> = cells
            .words
            .names()
            .map(|word| match word.trim() {
                nan if nan.eq_ignore_ascii_case("nan") || self.is_missing(nan) => Some(f64::NAN),
                word => number(word),
            })
            .collect();
        if !parsed.iter().flatten().any(|number| !number.is_nan()) {
            return None;
        }
        let parsed = parsed.into_iter().collect::<Option<Vec<f64>>>()?;
        let number = |&row: &usize| match cells.row(row) {
            [] => f64::NAN,
            [code, ..] => parsed[*code as usize],
        };
        Some(self.rows.iter().map(number).collect())
    }

    /// Returns the texts of a row that are not missing values.
    fn entries<'c>(&'c self, cells: &'c Cells, row: usize) -> impl Iterator<Item = &'c str> {
        let words = cells.row(row).iter().map(|&code| cells.words.name(code).trim());
        words.filter(|word| !self.is_missing(word))
    }

    fn is_missing(&self, word: &str) -> bool {
        word.is_empty() || word == "\\N" || self.options.missing.iter().any(|m| m.trim() == word)
    }
}

/// Parses a number in ordinary notation: `007` is a name, and so is `inf`.
fn number(word: &str) -> Option<f64> {
    let digits = word.strip_prefix('-').unwrap_or(word).as_bytes();
    let begins = match digits {
        [b'0', next, ..] => !next.is_ascii_digit(),
        [b'.' | b'0'..=b'9', ..] => true,
        _ => false,
    };
    word.parse().ok().filter(|number: &f64| begins && number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn names_made_of_digits_are_no_numbers() {
        for (word, expected) in
            [("0", 0.0), ("-1.5", -1.5), (".5", 0.5), ("0.5", 0.5), ("1e3", 1e3)]
        {
            assert_eq!(number(word), Some(expected), "{word}");
        }
        for word in ["007", "-00", "+49", "inf", "-inf", "1e999", "1,5", "", "-", "12 34", "0x1"] {
            assert_eq!(number(word), None, "{word}");
        }
    }
}
