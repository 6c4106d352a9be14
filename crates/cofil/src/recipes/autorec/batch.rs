//! The rows of a batch as lists of their entries, and the same entries by column.

use super::{AutoRec, AutoRecSide};
use crate::data::{Csr, Row};
use crate::math::Rng;
use crate::shapes::auto_encoder::{AutoEncoderSettings, Input};
use std::ops::Range;

/// Entries of consecutive rows: (column, number), columns ascending within a row.
#[derive(Debug, Default)]
pub struct Lists {
    /// Where each row ends.
    pub ends: Vec<usize>,
    pub columns: Vec<u32>,
    pub numbers: Vec<f32>,
}

impl Lists {
    /// The entries of row `r`.
    pub fn range(&self, r: usize) -> Range<usize> {
        let start = if r == 0 { 0 } else { self.ends[r - 1] };
        start..self.ends[r]
    }

    fn push(&mut self, column: u32, number: f32) {
        self.columns.push(column);
        self.numbers.push(number);
    }

    fn end_row(&mut self) {
        self.ends.push(self.columns.len());
    }
}

/// Inputs and outputs of the network for some rows.
#[derive(Debug, Default)]
pub struct Entries {
    pub inputs: Lists,
    /// The numbers are first the targets, then the pulls towards them.
    pub outputs: Lists,
}

impl Entries {
    /// Builds the entries of the rows `rows` of `data`; `rng` drops inputs and samples unobserved columns.
    pub fn new<S: AutoRecSide>(
        settings: &AutoRec<S>,
        scale: &AutoEncoderSettings,
        data: &Csr,
        rows: &[u32],
        rng: &Rng,
    ) -> Self {
        let mut entries = Self::default();
        for &row in rows {
            let mut rng = rng.piece(1 + u64::from(row));
            let row = data.row(row as usize);
            entries.push_inputs(row, settings.dropout, scale.input, &mut rng);
            entries.push_outputs(row, settings.negatives, data.cols(), scale, &mut rng);
        }
        entries
    }

    fn push_inputs(&mut self, row: Row<'_>, dropout: f32, input: Input, rng: &mut Rng) {
        // Kept inputs stand for the dropped ones too.
        let factor = input.factor(row.len()) / (1.0 - dropout);
        for (column, value) in row.iter() {
            if dropout == 0.0 || rng.uniform() >= dropout {
                self.inputs.push(column, factor * input.of(value));
            }
        }
        self.inputs.end_row();
    }

    fn push_outputs(
        &mut self,
        row: Row<'_>,
        negatives: usize,
        cols: usize,
        scale: &AutoEncoderSettings,
        rng: &mut Rng,
    ) {
        let drawn = unobserved(row, negatives, cols, rng);
        let mut drawn = drawn.iter().copied().peekable();
        for (column, value) in row.iter() {
            while let Some(negative) = drawn.next_if(|&d| d < column) {
                self.outputs.push(negative, scale.output.target(0.0));
            }
            let value = if negatives > 0 { f32::from(value > 0.0) } else { value };
            self.outputs.push(column, scale.output.target(value));
        }
        drawn.for_each(|negative| self.outputs.push(negative, scale.output.target(0.0)));
        self.outputs.end_row();
    }
}

/// Samples `per_entry` times as many columns as `row` has entries, uniformly from those without an entry, ascending;
/// all of them if there are not enough.
fn unobserved(row: Row<'_>, per_entry: usize, cols: usize, rng: &mut Rng) -> Vec<u32> {
    let (free, wanted) = (cols - row.len(), per_entry.saturating_mul(row.len()));
    let mut ranks: Vec<u32> = match wanted < free {
        true => (0..wanted).map(|_| rng.below(free as u32)).collect(),
        false if wanted > 0 => (0..free as u32).collect(),
        false => Vec::new(),
    };
    ranks.sort_unstable();
    // The column of rank x is x plus one for each entry before it.
    let mut before = 0;
    for rank in &mut ranks {
        while before < row.len() && row.columns[before] as usize <= *rank as usize + before {
            before += 1;
        }
        *rank += before as u32;
    }
    ranks
}

/// The same entries, column by column.
#[derive(Debug, Default)]
pub struct ByColumn {
    /// The columns that occur, ascending.
    pub columns: Vec<u32>,
    /// The end of each column's entries.
    ends: Vec<usize>,
    /// Rows and numbers of the entries.
    rows: Vec<u32>,
    numbers: Vec<f32>,
}

impl ByColumn {
    /// Sorts the entries of lists by column; `place(p, r)` is the number of row r of list p.
    pub fn new<'a>(
        cols: usize,
        lists: impl Iterator<Item = &'a Lists> + Clone,
        place: impl Fn(usize, usize) -> u32,
    ) -> Self {
        let mut next = vec![0usize; cols];
        let mut len = 0;
        for list in lists.clone() {
            list.columns.iter().for_each(|&c| next[c as usize] += 1);
            len += list.columns.len();
        }
        let mut sorted = Self { rows: vec![0; len], numbers: vec![0.0; len], ..Self::default() };
        let mut end = 0;
        for (c, next) in next.iter_mut().enumerate().filter(|(_, n)| **n > 0) {
            let start = end;
            end += *next;
            *next = start;
            sorted.columns.push(c as u32);
            sorted.ends.push(end);
        }
        for (p, list) in lists.enumerate() {
            for r in 0..list.ends.len() {
                let row = place(p, r);
                for at in list.range(r) {
                    let next = &mut next[list.columns[at] as usize];
                    sorted.rows[*next] = row;
                    sorted.numbers[*next] = list.numbers[at];
                    *next += 1;
                }
            }
        }
        sorted
    }

    /// Rows and numbers of the entries of the `g`-th column that occurs.
    pub fn get(&self, g: usize) -> (&[u32], &[f32]) {
        let start = if g == 0 { 0 } else { self.ends[g - 1] };
        (&self.rows[start..self.ends[g]], &self.numbers[start..self.ends[g]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unobserved_columns_are_drawn_evenly() {
        let mut rng = Rng::new(2, &[]);
        let columns = [0, 1, 4, 7];
        let row = Row { columns: &columns, values: &[1.0; 4] };
        let mut counts = [0u32; 30];
        for _ in 0..5000 {
            let drawn = unobserved(row, 2, 30, &mut rng);
            assert!(drawn.len() == 8 && drawn.is_sorted());
            drawn.iter().for_each(|&c| counts[c as usize] += 1);
        }
        for (c, &count) in counts.iter().enumerate() {
            let expected = if columns.contains(&(c as u32)) { 0 } else { 5000 * 8 / 26 };
            assert!(count.abs_diff(expected) < 150, "{counts:?}");
        }
        assert_eq!(unobserved(row, 3, 9, &mut rng), [2, 3, 5, 6, 8], "there are no more");
        assert!(unobserved(row, 0, 9, &mut rng).is_empty());
        let all: Vec<u32> = (0..9).collect();
        let full = Row { columns: &all, values: &[1.0; 9] };
        assert!(unobserved(full, 3, 9, &mut rng).is_empty(), "a row that has everything");
    }

    #[test]
    fn columns_partition_the_entries() {
        let list = Lists {
            ends: vec![3, 3, 5],
            columns: vec![0, 2, 9, 2, 5],
            numbers: vec![1.0, 2.0, 3.0, 4.0, 5.0],
        };
        let sorted = ByColumn::new(10, [&list, &list].into_iter(), |p, r| (10 * p + r) as u32);
        assert_eq!(sorted.columns, [0, 2, 5, 9]);
        assert_eq!(sorted.get(1), (&[0, 2, 10, 12][..], &[2.0, 4.0, 2.0, 4.0][..]));
        assert_eq!(sorted.get(3), (&[0, 10][..], &[3.0, 3.0][..]));
    }
}
