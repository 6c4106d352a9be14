//! Near vectors without comparing all: for many questions to many vectors.
//!
//! A hierarchical navigable small world graph (Malkov and Yashunin, IEEE TPAMI 2020). Vectors are inserted one
//! after the other, so that equal vectors give equal graphs whatever the number of threads; questions
//! are independent. What the graph finds is compared anew, so that likenesses are those of
//! [`nearest`](super::nearest), and only which items are found is approximate.

use super::{nearest, order};
use crate::error::{Error, Result};
use crate::math::{Matrix, vector};
use crate::watch;
use usearch::{IndexOptions, MetricKind, ScalarKind};

/// Neighbours of a vector in the graph.
const CONNECTIVITY: usize = 24;
/// Candidates for them when it is inserted.
const EXPANSION_ADD: usize = 200;
/// Candidates for an answer: more than 99 in 100 of the ten nearest are found (a test, and `docs/serving.md`).
const EXPANSION_SEARCH: usize = 96;
/// More than are asked for, since single precision may order near ones otherwise.
const SPARE: usize = 8;

/// A graph over the rows of a matrix.
pub struct Index<'a> {
    vectors: &'a Matrix,
    graph: usearch::Index,
}

impl<'a> Index<'a> {
    /// Builds the graph, for questions from as many threads as the caller's pool has.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn new(vectors: &'a Matrix) -> Result<Self> {
        let refused = |e: &dyn std::fmt::Display| Error::Resources(format!("no index: {e}"));
        let options = IndexOptions {
            dimensions: vectors.cols(),
            metric: MetricKind::IP,
            quantization: ScalarKind::F32,
            connectivity: CONNECTIVITY,
            expansion_add: EXPANSION_ADD,
            expansion_search: EXPANSION_SEARCH,
            multi: false,
        };
        let graph = usearch::Index::new(&options).map_err(|e| refused(&e))?;
        let threads = rayon::current_num_threads();
        graph.reserve_capacity_and_threads(vectors.rows(), threads).map_err(|e| refused(&e))?;
        let stage = watch::stage("indexing", vectors.rows());
        for row in 0..vectors.rows() {
            watch::check();
            if let Some(unit) = unit(vectors.row(row)) {
                graph.add(row as u64, &unit).map_err(|e| refused(&e))?;
            }
            stage.add(1);
        }
        Ok(Self { vectors, graph })
    }

    /// About the `n` rows whose cosine with row `target` is largest; exactly for rows of zeros.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn nearest(&self, target: u32, n: usize) -> Result<Vec<(u32, f32)>> {
        let of_target = self.vectors.row(target as usize);
        let Some(direction) = unit(of_target) else { return Ok(nearest(self.vectors, target, n)) };
        let found = self.graph.search(&direction, n.saturating_add(1 + SPARE));
        let found =
            found.map_err(|e| Error::Resources(format!("the index does not answer: {e}")))?;
        let length = vector::norm(of_target);
        let cosine = |row: u32| {
            let other = self.vectors.row(row as usize);
            vector::dot(of_target, other) / (length * vector::norm(other))
        };
        let others = found.keys.iter().map(|&key| key as u32).filter(|&row| row != target);
        let mut best: Vec<(u32, f32)> = others.map(|row| (row, cosine(row))).collect();
        best.sort_unstable_by(order);
        best.truncate(n);
        Ok(best)
    }
}

/// `vector` at length 1, if it has any.
fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = vector::norm(vector);
    (length > 0.0).then(|| vector.iter().map(|x| x / length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    /// Vectors about many centres, as those of items are; one is zero.
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
            let answer = index.nearest(target, 10).unwrap();
            assert_eq!(answer.len(), 10);
            assert!(answer.windows(2).all(|w| w[0].1 >= w[1].1));
            found += exact.iter().filter(|entry| answer.contains(entry)).count();
            all += exact.len();
        }
        let recall = found as f64 / all as f64;
        assert!(recall >= 0.99, "recall@10 is {recall}");
    }

    #[test]
    fn equal_vectors_give_equal_answers() {
        let vectors = vectors(2000);
        let [a, b] = [Index::new(&vectors).unwrap(), Index::new(&vectors).unwrap()];
        for target in (0..2000).step_by(77) {
            assert_eq!(a.nearest(target, 9).unwrap(), b.nearest(target, 9).unwrap());
        }
        assert_eq!(a.nearest(7, 3).unwrap(), nearest(&vectors, 7, 3), "a row of zeros");
        assert_eq!(a.nearest(0, 5000).unwrap().len(), 1998, "all but itself and the row of zeros");
    }
}
