//! Ranking: the best k items for one user or many, reranking, and similar items.
//!
//! ```
//! use cofil::rank::top_k;
//!
//! // The two best of four items, without item 2, which the user has.
//! assert_eq!(top_k(&[0.3, 0.9, 1.0, 0.5], 2, &[2]), [(1, 0.9), (3, 0.5)]);
//! ```

mod graph;
mod index;
mod rerank;

pub use index::Index;
pub use rerank::Rerank;
pub(crate) use rerank::Reranker;

use crate::data::{Csr, Row};
use crate::error::Result;
use crate::math::vector::LANES;
use crate::math::{Matrix, parallel, vector};
use crate::memory::check_room;
use crate::model::{Contributions, Model, User};
use crate::watch::{self, Stage};
use multiversion::multiversion;

/// Returns the `k` best of `scores` as (item, score), best first, ties broken by item. Items in `excluded`
/// (ascending) and scores that are NaN are left out.
pub fn top_k(scores: &[f32], k: usize, excluded: &[u32]) -> Vec<(u32, f32)> {
    let mut best = Best::new(k);
    best.scan(scores, |item| excluded.binary_search(&item).is_err());
    best.finish()
}

/// [`top_k`] for many users, in parallel blocks; with `unseen`, items in a user's history are left out.
pub fn top_k_all(
    model: &dyn Model,
    users: &[User<'_>],
    k: usize,
    unseen: bool,
) -> Vec<Vec<(u32, f32)>> {
    let stage = watch::stage(RECOMMENDING, users.len());
    top_k_among(model, users, k, unseen, None, &stage)
}

/// Name of the progress stage while lists are made.
pub(crate) const RECOMMENDING: &str = "recommending";

/// [`top_k_all`] for some of the users that `stage` counts. `allowed`, if given, says for each item whether it may be
/// recommended.
pub(crate) fn top_k_among(
    model: &dyn Model,
    users: &[User<'_>],
    k: usize,
    unseen: bool,
    allowed: Option<&[bool]>,
    stage: &Stage,
) -> Vec<Vec<(u32, f32)>> {
    let scratch = || Matrix::zeros(0, model.items());
    let blocks = parallel::map_with(users.len(), model.block_size(), scratch, |scores, range| {
        let users = &users[range];
        stage.add(users.len());
        scores.set_rows(users.len());
        model.score_block(users, scores);
        let list = |(r, user): (usize, &User<'_>)| {
            let scores = scores.row_mut(r);
            // NaN is never taken: cheaper than checking every good score.
            if let Some(allowed) = allowed {
                let barred = scores.iter_mut().zip(allowed).filter(|(_, allowed)| !**allowed);
                barred.for_each(|(score, _)| *score = f32::NAN);
            }
            if unseen {
                user.history.columns.iter().for_each(|&i| scores[i as usize] = f32::NAN);
            }
            top_k(scores, k, &[])
        };
        users.iter().enumerate().map(list).collect::<Vec<_>>()
    });
    blocks.into_iter().flatten().collect()
}

/// The k best scores so far, and some that were among them when they were added.
struct Best {
    k: usize,
    /// At most 2 k + 16 entries.
    kept: Vec<(u32, f32)>,
    /// Only a score above this can still be among the best: later ones with an equal score lose by item.
    threshold: Option<f32>,
}

impl Best {
    fn new(k: usize) -> Self {
        Self { k, kept: Vec::new(), threshold: None }
    }

    /// Adds those of `scores` that are above the threshold and allowed; items must ascend from call to call.
    fn scan(&mut self, scores: &[f32], allowed: impl Fn(u32) -> bool) {
        if self.k == 0 {
            return;
        }
        let mut at = 0;
        while at < scores.len() {
            if let Some(threshold) = self.threshold {
                at += skip(&scores[at..], threshold);
            }
            let end = (at + LANES).min(scores.len());
            for item in at..end {
                let score = scores[item];
                // A score above the threshold is not NaN.
                let good = self.threshold.map_or(!score.is_nan(), |threshold| score > threshold);
                if good && allowed(item as u32) {
                    self.kept.push((item as u32, score));
                }
            }
            at = end;
            if self.kept.len() >= self.k.saturating_mul(2) {
                self.cut();
                self.threshold = self.kept.get(self.k - 1).map(|kept| kept.1);
            }
        }
    }

    /// Keeps only the k best, the last of them in its place.
    fn cut(&mut self) {
        if self.k < self.kept.len() {
            self.kept.select_nth_unstable_by(self.k - 1, order);
            self.kept.truncate(self.k);
        }
    }

    fn finish(mut self) -> Vec<(u32, f32)> {
        if self.k == 0 {
            return Vec::new();
        }
        self.cut();
        self.kept.sort_unstable_by(order);
        self.kept
    }
}

/// Higher scores first, ties broken by item; zeros of both signs are equal.
fn order(a: &(u32, f32), b: &(u32, f32)) -> std::cmp::Ordering {
    (b.1 + 0.0).total_cmp(&(a.1 + 0.0)).then(a.0.cmp(&b.0))
}

/// Returns the number of scores to skip, in steps of sixteen, until one is above `threshold`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn skip(scores: &[f32], threshold: f32) -> usize {
    let chunks = scores.as_chunks::<LANES>().0;
    for (c, chunk) in chunks.iter().enumerate() {
        let above = chunk.iter().fold(false, |any, &score| any | (score > threshold));
        if above {
            return c * LANES;
        }
    }
    chunks.len() * LANES
}

/// Returns the `n` items most similar to `item`: by the cosine of item vectors if the model has them, otherwise by
/// [`Model::similarities`].
pub(crate) fn similar(model: &dyn Model, item: u32, n: usize) -> Vec<(u32, f32)> {
    match model.item_vectors() {
        Some(vectors) => nearest(vectors, item, n),
        None => {
            let mut scores = vec![0.0; model.items()];
            model.similarities(item, &mut scores);
            top_k(&scores, n, &[item])
        }
    }
}

/// [`similar`] for every item, in parallel. With `exact`, or up to [`EXACT`] items, all pairs are compared; otherwise
/// an [`Index`] finds near vectors.
///
/// # Errors
/// If the lists or an index do not fit into memory.
pub(crate) fn similar_all(
    model: &dyn Model,
    n: usize,
    exact: bool,
) -> Result<Vec<Vec<(u32, f32)>>> {
    // An item and a number for each.
    check_room("n", 2, (model.items(), "items"), n.min(model.items()))?;
    match model.item_vectors().filter(|_| !exact && model.items() > EXACT) {
        Some(vectors) => {
            let index = Index::new(vectors)?;
            Ok(for_all(model.items(), |item| index.nearest(item, n)))
        }
        None => Ok(for_all(model.items(), |item| similar(model, item, n))),
    }
}

/// Returns `answer` for each item.
fn for_all<T: Send>(items: usize, answer: impl Fn(u32) -> T + Sync) -> Vec<T> {
    let answers =
        |items: std::ops::Range<usize>| items.map(|item| answer(item as u32)).collect::<Vec<_>>();
    let stage = watch::stage("comparing items", items);
    let lists = parallel::map(items, 64, |items| {
        stage.add(items.len());
        answers(items)
    });
    lists.into_iter().flatten().collect()
}

/// Largest number of items for which all pairs are compared.
pub(crate) const EXACT: usize = 100_000;

/// Returns the `n` rows of `vectors` whose cosine with row `target` is largest; the cosine of rows of zeros is 0.
pub fn nearest(vectors: &Matrix, target: u32, n: usize) -> Vec<(u32, f32)> {
    let of_target = vectors.row(target as usize);
    let length = vector::norm(of_target);
    let cosine = |other: usize| {
        let other = vectors.row(other);
        let lengths = length * vector::norm(other);
        if lengths > 0.0 { vector::dot(of_target, other) / lengths } else { 0.0 }
    };
    let scores =
        parallel::map(vectors.rows(), NEAREST_PIECE, |rows| rows.map(cosine).collect::<Vec<_>>());
    top_k(&scores.concat(), n, &[target])
}

/// Number of rows compared in one piece.
const NEAREST_PIECE: usize = 1 << 13;

/// [`nearest`] for sparse rows.
pub(crate) fn nearest_row(rows: &Csr, target: u32, n: usize) -> Vec<(u32, f32)> {
    let mut of_target = vec![0f32; rows.cols()];
    rows.row(target as usize).iter().for_each(|(c, value)| of_target[c as usize] = value);
    let length = vector::norm(&of_target);
    let cosine = |row: usize| {
        let row = rows.row(row);
        let lengths = length * vector::norm(row.values);
        let product = row.iter().map(|(c, value)| value * of_target[c as usize]).sum::<f32>();
        if lengths > 0.0 { product / lengths } else { 0.0 }
    };
    let scores =
        parallel::map(rows.rows(), NEAREST_PIECE, |rows| rows.map(cosine).collect::<Vec<_>>());
    top_k(&scores.concat(), n, &[target])
}

/// Explains why each of `items` is recommended to a user with `history`: the `n` entries that add most to its score,
/// as (item, contribution). Entries that count against it are left out.
pub(crate) fn reasons(
    model: &dyn Model,
    history: Row<'_>,
    items: &[u32],
    n: usize,
) -> Vec<Vec<(u32, f32)>> {
    if history.is_empty() {
        return vec![Vec::new(); items.len()];
    }
    let of_item = |told: Contributions| {
        let best = top_k(&told.finite().parts, n, &[]);
        let for_it = best.into_iter().filter(|&(_, contribution)| contribution > 0.0);
        for_it.map(|(at, contribution)| (history.columns[at as usize], contribution)).collect()
    };
    model.contributions(history, items).into_iter().map(of_item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn top_k_is_sort_and_cut() {
        let mut rng = Rng::new(1, &[]);
        for n in [0usize, 1, 5, 16, 100, 1000] {
            let scores: Vec<f32> = (0..n).map(|_| rng.below(10) as f32).collect();
            let excluded: Vec<u32> = (0..n as u32).filter(|i| i % 3 == 1).collect();
            let mut naive: Vec<(u32, f32)> =
                (0..n as u32).filter(|i| i % 3 != 1).map(|i| (i, scores[i as usize])).collect();
            naive.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            for k in [0, 1, 4, 10, 200, usize::MAX] {
                let expected = &naive[..k.min(naive.len())];
                assert_eq!(top_k(&scores, k, &excluded), expected, "{k} of {n}");
            }
        }
        assert_eq!(top_k(&[f32::NAN, 1.0], 2, &[]), [(1, 1.0)]);
        // Ties go to the first items, wherever the threshold was when they came.
        let equal: Vec<(u32, f32)> = (0..10).map(|i| (i, 1.0)).collect();
        assert_eq!(top_k(&[1.0; 500], 10, &[]), equal);
        assert_eq!(top_k(&[0.0, -0.0, 0.0], 2, &[]), [(0, 0.0), (1, -0.0)]);
        let infinite = [f32::NEG_INFINITY, f32::INFINITY, f32::NAN];
        assert_eq!(top_k(&infinite, 3, &[]), [(1, f32::INFINITY), (0, f32::NEG_INFINITY)]);
    }
}
