//! Text models of LIBMF (Chin et al., "LIBMF: A library for parallel matrix factorization in shared-memory systems",
//! JMLR 2016).
//!
//! The header names the loss `f`, the users `m`, the items `n`, the factors `k` and the mean `b`. A row `p3 T …` is the
//! vector of user 3, a row `q3 T …` that of item 3; `F` in place of `T` marks those without interactions, whom LIBMF
//! knows nothing about: it predicts `b`.

use super::foreign::{Foreign, ForeignFormat};
use crate::data::IdMap;
use crate::data::prose::count;
use crate::error::{Error, Result};
use crate::math::Matrix;
use crate::recipes::Target;
use crate::watch;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Maximum length of a line in the header.
const HEAD: usize = 64;
/// Maximum length of a number with the space after it, and of what a row begins with.
const NUMBER: usize = 32;
/// Maximum number of factors.
const MOST_FACTORS: usize = 1 << 16;

pub(super) fn read(path: &Path) -> Result<Foreign> {
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    parse(path, BufReader::new(file))
}

/// Reads a model; `path` is for messages.
pub(super) fn parse(path: &Path, input: impl BufRead) -> Result<Foreign> {
    let mut lines = Lines { path, input, line: Vec::new(), number: 0 };
    let loss = lines.head(&["f", "solver"])? as i64;
    let (users, items) = (lines.size("m")?, lines.size("n")?);
    let factors = lines.size("k")?;
    if factors == 0 || factors > MOST_FACTORS {
        return Err(lines.bad(format!("{factors} factors; LIBMF writes 1 to {MOST_FACTORS}")));
    }
    lines.head(&["b"])?;
    let (users, user_ids) = lines.vectors('p', users, factors)?;
    let (items, item_ids) = lines.vectors('q', items, factors)?;
    let mut foreign = Foreign::of(ForeignFormat::Libmf, "libmf", users.0, items.0);
    (foreign.user_ids, foreign.item_ids) = (user_ids, item_ids);
    foreign.offset = Some(0.0);
    // 0 to 2 are losses of real values; the others are of classes and of one class.
    foreign.target = Some(if loss <= 2 { Target::Rating } else { Target::Preference });
    foreign.notes.push("users and items have the numbers of LIBMF's training file as ids".into());
    for (empty, noun) in [(users.1, "user"), (items.1, "item")] {
        if empty > 0 {
            let rows = count(empty, noun);
            foreign.notes.push(format!("skipped {rows} without interactions"));
        }
    }
    Ok(foreign)
}

struct Lines<'a, R> {
    path: &'a Path,
    input: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<'_, R> {
    fn bad(&self, says: impl Into<String>) -> Error {
        Error::data(self.path, Some(self.number), says)
    }

    /// The words of the next line, which has at most `longest` bytes.
    fn next(&mut self, longest: usize) -> Result<std::str::SplitAsciiWhitespace<'_>> {
        self.line.clear();
        self.number += 1;
        let read = self.input.by_ref().take(longest as u64).read_until(b'\n', &mut self.line);
        read.map_err(|e| Error::io(self.path, e))?;
        if self.line.is_empty() {
            return Err(self.bad("the model is cut short"));
        }
        if self.line.len() == longest && !self.line.ends_with(b"\n") {
            return Err(self.bad(format!("longer than {longest} bytes; this is not a LIBMF model")));
        }
        match std::str::from_utf8(&self.line) {
            Ok(line) => Ok(line.split_ascii_whitespace()),
            Err(_) => Err(self.bad("not a LIBMF text model")),
        }
    }

    /// The number in a line of the header that begins with one of `names`.
    fn head(&mut self, names: &[&str]) -> Result<f64> {
        let mut words = self.next(HEAD)?;
        let named = words.next().is_some_and(|name| names.contains(&name));
        match words.next().and_then(|word| word.parse().ok()).filter(|_| named) {
            Some(number) => Ok(number),
            None => Err(self.bad(format!("expected `{}` and a number", names[0]))),
        }
    }

    fn size(&mut self, name: &str) -> Result<usize> {
        let size = self.head(&[name])?;
        match size >= 0.0 && size < f64::from(u32::MAX) && size.fract() == 0.0 {
            true => Ok(size as usize),
            false => Err(self.bad(format!("`{name}` is {size}, which is not a number of rows"))),
        }
    }

    /// The vectors of all rows that have one, the number of those that have none, and the numbers of the former as ids.
    fn vectors(
        &mut self,
        letter: char,
        rows: usize,
        factors: usize,
    ) -> Result<((Matrix, usize), IdMap)> {
        let (mut ids, mut numbers, mut empty) = (IdMap::new(), Vec::new(), 0);
        for row in 0..rows {
            watch::check();
            let name = format!("{letter}{row}");
            let mut words = self.next(NUMBER * (factors + 1))?;
            let (found, has) = (words.next() == Some(&*name), words.next());
            let before = numbers.len();
            if has == Some("T") {
                numbers.extend(
                    words.by_ref().take(factors).map_while(|word| word.parse::<f32>().ok()),
                );
            }
            let rest = words.next().is_some();
            match (found, has) {
                (true, Some("F")) => empty += 1,
                (true, Some("T")) if numbers.len() - before == factors && !rest => {
                    ids.insert_integer(row as i64)?;
                }
                _ => {
                    return Err(
                        self.bad(format!("expected `{name}`, T or F, and {factors} numbers"))
                    );
                }
            }
        }
        Ok(((Matrix::from_vec(ids.len(), factors, numbers), empty), ids))
    }
}
