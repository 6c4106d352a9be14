//! Approximate nearest-neighbour search: finds near vectors without comparing all, for many queries on many vectors.
//!
//! A [`Graph`] finds candidates. Their similarities are then computed as in [`nearest`](super::nearest), so only the
//! selection of items is approximate.

use super::graph::Graph;
use super::{best::Entry, nearest};
use crate::error::Result;
use crate::math::{Matrix, Rng, vector};

/// Candidates per query: more than 99 in 100 of the ten nearest are found (a test, and `docs/serving.md`).
const WIDTH: usize = 96;
/// Extra candidates, because vectors scaled to length 1 may order near ones differently.
const SPARE: usize = 8;

/// A graph over the rows of a matrix.
pub struct Index<'a> {
    vectors: &'a Matrix,
    graph: Graph,
    /// The row of each node.
    rows: Vec<u32>,
    /// The node of each row that is not all zeros.
    nodes: Vec<u32>,
}

/// Marks rows without a node: rows of zeros.
const NONE: u32 = u32::MAX;

impl<'a> Index<'a> {
    /// Builds the graph on the threads of the caller's pool; the result is the same for any number of threads.
    ///
    /// # Errors
    /// If it does not fit into memory.
    pub fn new(vectors: &'a Matrix) -> Result<Self> {
        let lengths: Vec<f32> = (0..vectors.rows()).map(|r| vector::norm(vectors.row(r))).collect();
        let mut rows: Vec<u32> =
            (0..vectors.rows() as u32).filter(|&row| lengths[row as usize] > 0.0).collect();
        // The first nodes are those of the higher layers, which must be a fair sample.
        Rng::new(0, &[]).shuffle(&mut rows);
        let mut nodes = vec![NONE; vectors.rows()];
        (0..).zip(&rows).for_each(|(node, &row)| nodes[row as usize] = node);
        Graph::check_room(rows.len(), vectors.cols())?;
        let unit = Matrix::from_fn(rows.len(), vectors.cols(), |node, c| {
            let row = rows[node] as usize;
            vectors.row(row)[c] / lengths[row]
        });
        Ok(Self { vectors, graph: Graph::new(unit), rows, nodes })
    }

    /// Returns about the `n` rows whose cosine with row `target` is largest; exact for rows of zeros, and for `n` so
    /// large that comparing all is as fast.
    pub fn nearest(&self, target: u32, n: usize) -> Vec<(u32, f32)> {
        let width = WIDTH.max(n.saturating_add(1 + SPARE));
        let node = self.nodes[target as usize];
        if node == NONE || width > self.rows.len() / 8 {
            return nearest(self.vectors, target, n);
        }
        let of_target = self.vectors.row(target as usize);
        let length = vector::norm(of_target);
        let cosine = |row: u32| {
            let other = self.vectors.row(row as usize);
            vector::dot(of_target, other) / (length * vector::norm(other))
        };
        let found = self.graph.nearest(node, width).into_iter();
        let others =
            found.filter(|near| near.node != node).map(|near| self.rows[near.node as usize]);
        let mut best: Vec<(u32, f32)> = others.map(|row| (row, cosine(row))).collect();
        best.sort_unstable_by_key(|&(item, score)| Entry::new(item, score));
        best.truncate(n);
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::on_threads;

    /// Vectors clustered around many centres, like those of items; one is zero.
    fn vectors(rows: usize) -> Matrix {
        let mut rng = Rng::new(4, &[]);
        let centres = Matrix::from_fn(40, 16, |_, _| rng.normal());
        Matrix::from_fn(rows, 16, |r, c| match r {
            7 => 0.0,
            _ => centres.row(r % 40)[c] + rng.normal() * 0.7,
        })
    }

    #[test]
    fn nearly_all_of_the_nearest_are_found() {
        let vectors = vectors(8000);
        let index = Index::new(&vectors).unwrap();
        let (mut found, mut all) = (0, 0);
        for target in (0..8000).step_by(40).map(|t| t as u32 + t as u32 / 40 % 40) {
            let exact = nearest(&vectors, target, 10);
            let answer = index.nearest(target, 10);
            assert_eq!(answer.len(), 10);
            assert!(answer.windows(2).all(|w| w[0].1 >= w[1].1));
            found += exact.iter().filter(|entry| answer.contains(entry)).count();
            all += exact.len();
        }
        let recall = found as f64 / all as f64;
        assert!(recall >= 0.99, "recall@10 is {recall}");
    }

    #[test]
    fn equal_vectors_give_equal_answers_on_any_number_of_threads() {
        let vectors = vectors(2000);
        let answers = |threads| {
            let lists = || {
                let index = Index::new(&vectors).unwrap();
                (0..2000).step_by(7).map(|target| index.nearest(target, 9)).collect::<Vec<_>>()
            };
            on_threads(threads, lists).unwrap()
        };
        assert_eq!(answers(1), answers(3));
    }

    #[test]
    fn what_an_index_does_not_serve_is_compared() {
        let vectors = vectors(2000);
        let index = Index::new(&vectors).unwrap();
        assert_eq!(index.nearest(7, 3), nearest(&vectors, 7, 3), "a row of zeros");
        assert_eq!(index.nearest(0, 5000), nearest(&vectors, 0, 5000), "more than there are");
        for rows in [0, 1, 2, 9] {
            let few = Matrix::from_fn(rows, 3, |r, c| if r == 1 { 0.0 } else { (r + c) as f32 });
            let index = Index::new(&few).unwrap();
            (0..rows as u32).for_each(|r| assert_eq!(index.nearest(r, 4), nearest(&few, r, 4)));
        }
    }

    #[test]
    fn alike_vectors_are_found_as_well() {
        // Ten different vectors, each three hundred times.
        let vectors = Matrix::from_fn(3000, 8, |r, c| ((r % 10 + 1) * (c + 1) % 11) as f32 - 5.0);
        let index = Index::new(&vectors).unwrap();
        for target in (0..3000).step_by(101) {
            let answer = index.nearest(target, 10);
            assert!(answer.len() == 10 && answer.iter().all(|&(row, _)| row % 10 == target % 10));
        }
    }
}
