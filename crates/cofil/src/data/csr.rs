//! Compressed sparse rows: the sparse matrix type of the toolkit.

use crate::math::svd::Sparse;
use crate::watch;

/// A sparse matrix stored by rows. Columns are strictly ascending within a row; all values are finite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Csr {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
    cols: usize,
}

impl<'a> From<&'a Csr> for Sparse<'a> {
    fn from(matrix: &'a Csr) -> Self {
        Self { starts: &matrix.starts, columns: &matrix.columns, values: &matrix.values }
    }
}

/// A row of a [`Csr`], or a history from another source. Columns are strictly ascending.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Row<'a> {
    /// Columns, in ascending order.
    pub columns: &'a [u32],
    /// Values, one per column.
    pub values: &'a [f32],
}

impl<'a> Row<'a> {
    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Returns whether the row has no entries.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Returns the entries in order of their columns.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, f32)> + use<'a> {
        self.columns.iter().copied().zip(self.values.iter().copied())
    }

    /// Returns the value at `column`, if there is one.
    pub fn get(&self, column: u32) -> Option<f32> {
        self.columns.binary_search(&column).ok().map(|at| self.values[at])
    }
}

impl Csr {
    /// Creates a matrix without entries.
    pub fn empty(rows: usize, cols: usize) -> Self {
        Self { starts: vec![0; rows + 1], columns: Vec::new(), values: Vec::new(), cols }
    }

    /// Builds a matrix from its three arrays: row r holds the entries `starts[r]..starts[r + 1]`. Returns `None`
    /// unless starts ascend from 0 to the number of entries, columns are strictly ascending within each row and below
    /// `cols`, and all values are finite.
    pub fn from_parts(
        starts: Vec<usize>,
        columns: Vec<u32>,
        values: Vec<f32>,
        cols: usize,
    ) -> Option<Self> {
        let sound = starts.first() == Some(&0)
            && starts.last() == Some(&columns.len())
            && columns.len() == values.len()
            && starts.is_sorted()
            && starts.windows(2).all(|w| {
                let row = &columns[w[0]..w[1]];
                row.is_sorted_by(|a, b| a < b) && row.last().is_none_or(|&c| (c as usize) < cols)
            })
            && values.iter().all(|v| v.is_finite());
        sound.then_some(Self { starts, columns, values, cols })
    }

    /// Builds a matrix row by row. The columns of each row must be strictly ascending.
    pub fn from_rows<I: IntoIterator<Item = (u32, f32)>>(
        cols: usize,
        rows: impl IntoIterator<Item = I>,
    ) -> Self {
        let mut matrix = Self { starts: vec![0], cols, ..Self::default() };
        for row in rows {
            for (column, value) in row {
                matrix.columns.push(column);
                matrix.values.push(value);
            }
            matrix.starts.push(matrix.columns.len());
        }
        debug_assert!(
            Self::from_parts(
                matrix.starts.clone(),
                matrix.columns.clone(),
                matrix.values.clone(),
                cols
            )
            .is_some()
        );
        matrix
    }

    /// Returns the three arrays: starts, columns and values.
    pub(crate) fn into_parts(self) -> (Vec<usize>, Vec<u32>, Vec<f32>) {
        (self.starts, self.columns, self.values)
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Returns the number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Returns the number of entries.
    pub fn nnz(&self) -> usize {
        self.columns.len()
    }

    /// Returns row `r`.
    pub fn row(&self, r: usize) -> Row<'_> {
        let range = self.starts[r]..self.starts[r + 1];
        Row { columns: &self.columns[range.clone()], values: &self.values[range] }
    }

    /// Returns all rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        (0..self.rows()).map(|r| self.row(r))
    }

    /// Returns the start of each row, followed by the number of entries.
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// Returns the columns of all entries, row by row.
    pub fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// Returns the values of all entries, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns the values of all entries for modification; they must stay finite.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// Returns the columns of all entries, and their values for modification; values must stay finite.
    pub(crate) fn entries_mut(&mut self) -> (&[u32], &mut [f32]) {
        (&self.columns, &mut self.values)
    }

    /// Returns the transposed matrix (counting sort, O(entries)).
    pub fn transposed(&self) -> Self {
        let mut values = vec![0f32; self.nnz()];
        let (starts, columns) = self.transpose(|at, value| values[at] = value);
        Self { starts, columns, values, cols: self.rows() }
    }

    /// Returns starts and columns of the transposed matrix, without its values.
    pub(crate) fn transposed_places(&self) -> (Vec<usize>, Vec<u32>) {
        self.transpose(|_, _| {})
    }

    /// Returns starts and columns of the transposed matrix; `put` gets the place of each value.
    fn transpose(&self, mut put: impl FnMut(usize, f32)) -> (Vec<usize>, Vec<u32>) {
        let mut starts = vec![0usize; self.cols + 1];
        for &c in &self.columns {
            starts[c as usize + 1] += 1;
        }
        for c in 0..self.cols {
            starts[c + 1] += starts[c];
        }
        let mut next = starts.clone();
        let mut columns = vec![0u32; self.nnz()];
        for (r, row) in self.iter().enumerate() {
            watch::check();
            for (c, value) in row.iter() {
                let at = &mut next[c as usize];
                columns[*at] = r as u32;
                put(*at, value);
                *at += 1;
            }
        }
        (starts, columns)
    }

    /// Returns the number of entries in each column.
    pub fn column_counts(&self) -> Vec<u32> {
        let mut counts = vec![0u32; self.cols];
        self.columns.iter().for_each(|&c| counts[c as usize] += 1);
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Csr {
        Csr::from_rows(4, [vec![(1, 2.0), (3, 4.0)], vec![], vec![(0, 1.0), (1, 5.0)]])
    }

    #[test]
    fn rows_and_columns_agree() {
        let m = example();
        assert_eq!((m.rows(), m.cols(), m.nnz()), (3, 4, 4));
        assert_eq!(m.row(2).iter().collect::<Vec<_>>(), [(0, 1.0), (1, 5.0)]);
        assert_eq!((m.row(0).get(3), m.row(0).get(2)), (Some(4.0), None));
        let t = m.transposed();
        assert_eq!((t.rows(), t.cols()), (4, 3));
        assert_eq!(t.row(1).iter().collect::<Vec<_>>(), [(0, 2.0), (2, 5.0)]);
        assert_eq!(t.transposed(), m);
        assert_eq!(m.transposed_places(), (t.starts().to_vec(), t.columns().to_vec()));
        assert_eq!(m.column_counts(), [1, 2, 0, 1]);
    }

    #[test]
    fn unsound_parts_are_refused() {
        let build = |starts: &[usize], columns: &[u32], values: &[f32]| {
            Csr::from_parts(starts.into(), columns.into(), values.into(), 3)
        };
        assert!(build(&[0, 1, 2], &[0, 2], &[1.0, 2.0]).is_some());
        assert!(build(&[], &[], &[]).is_none(), "no starts");
        assert!(build(&[0, 2, 1], &[0, 2], &[1.0, 2.0]).is_none(), "starts fall");
        assert!(build(&[0, 2], &[2, 0], &[1.0, 2.0]).is_none(), "columns fall");
        assert!(build(&[0, 2], &[1, 1], &[1.0, 2.0]).is_none(), "column twice");
        assert!(build(&[0, 1], &[3], &[1.0]).is_none(), "column too large");
        assert!(build(&[0, 1], &[0], &[f32::NAN]).is_none(), "not a number");
        assert!(build(&[0, 1], &[0, 1], &[1.0, 1.0]).is_none(), "entries left over");
    }
}
