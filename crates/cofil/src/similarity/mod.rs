//! Common users of items: XᵀX and related products, item by item.
//!
//! Row i of XᵀX is the sum of the rows of X of all users who have item i, each times their value for i. It is
//! collected in one dense accumulator that stays in the first-level cache, on the caller's pool, one item per task.
//! Sums run in the order of users for any number of threads, and counts are exact. For data with values of 1, users
//! are counted instead, or bits if the data are dense.

mod bits;
mod counts;
mod measure;

pub use measure::{Measure, Moments, Rests, Similarity, Weighting, idf, unit};

use crate::data::Csr;
use crate::error::Result;
use crate::math::{Matrix, parallel, vector};
use crate::memory::check_bytes;
use crate::rank;
use crate::watch;
use bits::Bits;
use counts::Counts;
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Which item's list of nearest neighbours decides which pairs count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// The recommended item's list: it is scored by its own neighbours in the history (Sarwar et al.).
    Candidate,
    /// The history item's list: it votes for its own neighbours, as in `implicit`; on MovieLens-1M this costs a fifth
    /// of the NDCG.
    History,
}

/// Name of the progress stage.
const STAGE: &str = "item similarities";
/// Number of items whose rows of XᵀX form one piece of work.
const ITEMS: usize = 8;

/// X by columns: for every item, the users who have it and the item's position in their rows.
pub struct ItemColumns<'a> {
    matrix: &'a Csr,
    starts: Vec<usize>,
    /// The row of each entry of a column, ascending.
    rows: Vec<u32>,
    /// The entry's position in its row.
    places: Vec<u32>,
    binary: bool,
}

impl<'a> ItemColumns<'a> {
    /// Sorts the entries of X (users × items) by column, by counting.
    pub fn new(matrix: &'a Csr) -> Self {
        let mut starts = vec![0usize; matrix.cols() + 1];
        matrix.columns().iter().for_each(|&c| starts[c as usize + 1] += 1);
        for c in 0..matrix.cols() {
            starts[c + 1] += starts[c];
        }
        let mut next = starts.clone();
        let (mut rows, mut places) = (vec![0u32; matrix.nnz()], vec![0u32; matrix.nnz()]);
        for (r, row) in matrix.iter().enumerate() {
            for (place, &column) in row.columns.iter().enumerate() {
                let at = &mut next[column as usize];
                (rows[*at], places[*at]) = (r as u32, place as u32);
                *at += 1;
            }
        }
        let binary = matrix.values().iter().all(|&v| v == 1.0);
        Self { matrix, starts, rows, places, binary }
    }

    /// Whether all values are 1, so that products are counts of common users.
    pub fn is_binary(&self) -> bool {
        self.binary
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.matrix.cols()
    }

    /// Number of users.
    fn users(&self) -> usize {
        self.matrix.rows()
    }

    /// Number of users who have item `i`.
    pub fn count(&self, i: usize) -> usize {
        self.starts[i + 1] - self.starts[i]
    }

    /// The users who have item `i`, ascending.
    fn users_of(&self, i: usize) -> &[u32] {
        &self.rows[self.starts[i]..self.starts[i + 1]]
    }

    /// The rows of all users who have item `i`, with the position of `i` in each.
    pub fn of(&self, i: usize) -> impl Iterator<Item = (crate::data::Row<'a>, usize)> + '_ {
        let range = self.starts[i]..self.starts[i + 1];
        let places = self.places[range.clone()].iter();
        self.rows[range]
            .iter()
            .zip(places)
            .map(|(&r, &place)| (self.matrix.row(r as usize), place as usize))
    }

    /// Adds row `i` of XᵀX to `sums`, up to the diagonal if `sums` ends there.
    pub fn add_products(&self, i: usize, sums: &mut [f32]) {
        let whole = sums.len() > i + 1;
        for (row, place) in self.of(i) {
            let value = row.values[place];
            let end = if whole { row.len() } else { place + 1 };
            let columns = &row.columns[..end];
            match self.binary {
                true => count(columns, sums),
                false => vector::add_scaled_sparse(sums, value, columns, &row.values[..end]),
            }
        }
    }
}

/// Adds 1 to the sum of every column. Columns are distinct, so four additions can run side by side.
fn count(columns: &[u32], sums: &mut [f32]) {
    let (fours, rest) = columns.as_chunks::<4>();
    for four in fours {
        let four = four.map(|j| j as usize);
        let counted = four.map(|j| sums[j] + 1.0);
        for (j, count) in four.into_iter().zip(counted) {
            sums[j] = count;
        }
    }
    rest.iter().for_each(|&j| sums[j as usize] += 1.0);
}

/// Returns `matrix` with all values multiplied by their [`unit`], and the unit. For computations whose result stays
/// the same if penalties are multiplied by the unit's square.
pub fn in_units(matrix: &Csr) -> (Cow<'_, Csr>, f64) {
    let unit = unit(matrix.values().iter().copied());
    let mut matrix = Cow::Borrowed(matrix);
    if unit != 1.0 {
        let values = matrix.to_mut().values_mut();
        values.iter_mut().for_each(|value| *value = (f64::from(*value) * unit) as f32);
    }
    (matrix, unit)
}

/// Converts the penalty `reg` to this unit; limited to a value that already leaves no weight beside values near 1.
pub fn penalty(reg: f32, unit: f64) -> f32 {
    const MOST: f64 = 1e30;
    match unit == 1.0 {
        true => reg,
        false => (f64::from(reg) * unit * unit).min(MOST) as f32,
    }
}

/// Returns `matrix` with the values of every column multiplied by their [`unit`]: for similarities that do not depend
/// on the scale of a column.
pub fn levelled(mut matrix: Csr) -> Csr {
    let mut largest = vec![0f32; matrix.cols()];
    for (&c, &value) in matrix.columns().iter().zip(matrix.values()) {
        largest[c as usize] = largest[c as usize].max(value.abs());
    }
    let units: Vec<f64> = largest.into_iter().map(|value| unit([value])).collect();
    if units.iter().any(|&unit| unit != 1.0) {
        let (columns, values) = matrix.entries_mut();
        for (&c, value) in columns.iter().zip(values) {
            *value = (f64::from(*value) * units[c as usize]) as f32;
        }
    }
    matrix
}

/// The lower triangle of XᵀX; zeros above the diagonal.
pub fn gram(matrix: &Csr) -> Matrix {
    lower_products(&ItemColumns::new(matrix))
}

fn lower_products(by_item: &ItemColumns<'_>) -> Matrix {
    let n = by_item.items();
    let mut gram = Matrix::zeros(n, n);
    let stage = watch::stage("item products", n);
    parallel::for_each_chunk(gram.data_mut(), ITEMS * n, |piece, rows| {
        for (r, row) in rows.chunks_mut(n).enumerate() {
            let i = piece * ITEMS + r;
            by_item.add_products(i, &mut row[..=i]);
        }
        stage.add(rows.len() / n);
    });
    gram
}

/// Computes XᵀX row by row: `work` gets an item i, items that include every j with a user in common (ascending), and
/// the sums by j. Results are in the order of the items.
pub fn map_products<T: Send>(
    by_item: &ItemColumns<'_>,
    work: impl Fn(usize, &[u32], &[f32]) -> T + Sync + Send,
) -> Vec<T> {
    let n = by_item.items();
    let pairs: usize = by_item.matrix.iter().map(|row| row.len().pow(2)).sum();
    let all = || (0..n as u32).collect::<Vec<u32>>();
    if let Some(bits) = Bits::if_shorter(by_item, pairs) {
        let all = all();
        let stage = watch::stage(STAGE, n);
        let pieces = parallel::map(n, ITEMS, |items| {
            stage.add(items.len());
            let rows = bits.products(items.clone());
            let row = |(i, row): (usize, &[f32])| work(i, &all, row);
            items.zip(rows.chunks(n)).map(row).collect::<Vec<_>>()
        });
        return pieces.into_iter().flatten().collect();
    }
    // Half of the products are enough if the whole matrix is small and would be filled anyway.
    if n <= 8192 && pairs > 2 * n * n {
        let mut products = lower_products(by_item);
        products.mirror();
        let all = all();
        let row = |i| work(i, &all, products.row(i));
        let stage = watch::stage(STAGE, n);
        let pieces = parallel::map(n, ITEMS, |items| {
            stage.add(items.len());
            items.map(row).collect::<Vec<_>>()
        });
        return pieces.into_iter().flatten().collect();
    }
    if by_item.binary {
        let counts = Counts::new(by_item);
        let stage = watch::stage(STAGE, n);
        let pieces = parallel::map_with(
            n,
            ITEMS,
            || counts.scratch(),
            |scratch, items| {
                stage.add(items.len());
                let row = |i| {
                    watch::check();
                    let (items, sums) = counts.row(i, scratch);
                    work(i, items, sums)
                };
                items.map(row).collect::<Vec<_>>()
            },
        );
        return pieces.into_iter().flatten().collect();
    }
    map_sums(by_item, |sum: &mut f32, x, y| *sum = x.mul_add(y, *sum), work)
}

/// Computes a generalised product row by row: `add` gets x_ui and x_uj for every user u who has both; `work` is as in
/// [`map_products`].
pub fn map_sums<A: Copy + Default, T: Send>(
    by_item: &ItemColumns<'_>,
    add: impl Fn(&mut A, f32, f32) + Sync + Send,
    work: impl Fn(usize, &[u32], &[A]) -> T + Sync + Send,
) -> Vec<T> {
    let n = by_item.items();
    let stage = watch::stage(STAGE, n);
    let pieces = parallel::map(n, ITEMS, |items| {
        stage.add(items.len());
        let mut sums = vec![A::default(); n];
        // The last item that touched each sum.
        let mut touched_by = vec![u32::MAX; n];
        let mut touched: Vec<u32> = Vec::new();
        let row = |i: usize| {
            watch::check();
            touched.clear();
            add_sums(by_item, i, &add, &mut sums, (&mut touched_by, &mut touched));
            // Many are found sooner than sorted.
            if touched.len() > n / 16 {
                touched.clear();
                touched.extend((0..n as u32).filter(|&j| touched_by[j as usize] == i as u32));
            } else {
                touched.sort_unstable();
            }
            work(i, &touched, &sums)
        };
        items.map(row).collect::<Vec<_>>()
    });
    pieces.into_iter().flatten().collect()
}

/// One row of [`map_sums`]; `touched_by` holds the item that last started each sum, `touched` lists the sums of this
/// item.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_sums<A: Copy + Default, F: Fn(&mut A, f32, f32)>(
    by_item: &ItemColumns<'_>,
    i: usize,
    add: &F,
    sums: &mut [A],
    (touched_by, touched): (&mut [u32], &mut Vec<u32>),
) {
    for (row, place) in by_item.of(i) {
        let value = row.values[place];
        for (&j, &other) in row.columns.iter().zip(row.values) {
            let sum = &mut sums[j as usize];
            if touched_by[j as usize] != i as u32 {
                touched_by[j as usize] = i as u32;
                touched.push(j);
                *sum = A::default();
            }
            add(sum, value, other);
        }
    }
}

/// Refuses lists of `k` similar items for each column of `matrix` if they do not fit into memory.
///
/// # Errors
/// Names `setting`, the memory needed and the memory free.
pub fn check_lists(setting: &str, k: usize, matrix: &Csr) -> Result<()> {
    // The entries as lists, then as a matrix.
    let bytes = 2 * 8 * most_similar(k, matrix);
    check_bytes(setting, bytes, &format!("lists of {k} similar items for each item"))
}

/// Upper limit of the number of entries of all lists: an item has no more similar ones than there are others, or other
/// entries of its users.
fn most_similar(k: usize, matrix: &Csr) -> u128 {
    let mut met = vec![0usize; matrix.cols()];
    for row in matrix.iter() {
        row.columns.iter().for_each(|&i| met[i as usize] += row.len() - 1);
    }
    let most = k.min(matrix.cols().saturating_sub(1));
    met.into_iter().map(|met| met.min(most) as u128).sum()
}

/// Returns the `k` largest positive values of `at(j)` over `columns`, sorted by column; ties broken by column.
pub fn largest(columns: &[u32], k: usize, at: impl Fn(u32) -> f32) -> Vec<(u32, f32)> {
    let values: Vec<f32> = columns.iter().map(|&j| at(j)).collect();
    let mut best = rank::top_k(&values, k, &[]);
    best.retain(|&(_, value)| value > 0.0);
    best.iter_mut().for_each(|(place, _)| *place = columns[*place as usize]);
    best.sort_unstable_by_key(|&(j, _)| j);
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn lists_are_no_longer_than_what_users_have_in_common() {
        let rows = [vec![(0, 1.0), (1, 1.0), (2, 1.0)], vec![(0, 1.0), (1, 1.0)], vec![(3, 1.0)]];
        let matrix = Csr::from_rows(5, rows);
        // Met are 3, 3, 2, 0 and 0 others.
        assert_eq!([1, 2, 3].map(|k| most_similar(k, &matrix)), [3, 6, 8]);
        assert_eq!(most_similar(usize::MAX, &matrix), 8);
        assert!(check_lists("neighbours", usize::MAX, &matrix).is_ok(), "they are short");
        let same = Csr::from_rows(2, vec![vec![(0, 1.0), (1, 1.0)]; 9]);
        assert_eq!(most_similar(usize::MAX, &same), 2, "each other item once");
    }

    #[test]
    fn gram_is_the_product() {
        let mut rng = Rng::new(2, &[]);
        for binary in [true, false] {
            let rows: Vec<Vec<(u32, f32)>> = (0..40)
                .map(|_| {
                    let mut row = Vec::new();
                    for i in 0..23 {
                        if rng.uniform() < 0.3 {
                            row.push((i, if binary { 1.0 } else { rng.below(9) as f32 - 4.0 }));
                        }
                    }
                    row
                })
                .collect();
            let matrix = Csr::from_rows(23, rows);
            let (gram, by_item) = (gram(&matrix), ItemColumns::new(&matrix));
            for i in 0..23 {
                let mut whole = vec![0.0; 23];
                by_item.add_products(i, &mut whole);
                for j in 0..23 {
                    let product = |row: crate::data::Row<'_>| {
                        row.get(i as u32).unwrap_or(0.0) * row.get(j as u32).unwrap_or(0.0)
                    };
                    let exact: f32 = matrix.iter().map(product).sum();
                    assert_eq!(gram.row(i)[j], if j <= i { exact } else { 0.0 });
                    assert_eq!(whole[j], exact);
                }
                assert_eq!(by_item.count(i), by_item.of(i).count());
            }
        }
    }
}
