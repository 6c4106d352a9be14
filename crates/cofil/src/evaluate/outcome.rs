//! The single pass over the users: scores in blocks, and from them the ranks of relevant items and the lists.

use super::cases::Case;
use super::convention::Meaning;
use super::metrics::{Discounts, Group, Placement};
use super::placement::{make_finite, place};
use super::values::Values;
use super::{Candidates, Metric, Protocol};
use crate::data::Ratings;
use crate::math::{Matrix, parallel};
use crate::model::{Model, User};
use crate::rank::{self, Reranker};
use crate::watch::Stage;

/// The outcome of one model for one user.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// One value for each metric of ranks; NaN if it is undefined.
    pub ranks: Vec<f64>,
    /// Number of items ranked.
    pub candidates: usize,
    /// The best items, as many as the longest list asked for.
    pub list: Vec<u32>,
    /// Sums of squared and of absolute errors over the test interactions.
    pub errors: [f64; 2],
}

impl Outcome {
    /// Creates an outcome from a formula instead of a model.
    pub fn of_ranks(ranks: Vec<f64>) -> Self {
        Self { ranks, ..Self::default() }
    }
}

/// Evaluates `model` on each case. The size of a work block depends only on the number of items.
pub(super) fn outcomes(
    model: &dyn Model,
    judge: &Judge<'_>,
    values: &Values,
    cases: &[Case<'_>],
    stage: &Stage,
) -> Vec<Outcome> {
    let protocol = judge.protocol;
    let mut outcomes = vec![Outcome::default(); cases.len()];
    let size = model.block_size();
    let scratch = || Matrix::zeros(0, model.items());
    parallel::for_each_chunk_with(&mut outcomes, size, scratch, |scores, block, outcomes| {
        let cases = &cases[block * size..][..outcomes.len()];
        stage.add(cases.len());
        if judge.orders() && protocol.candidates == Candidates::All {
            let users: Vec<User<'_>> = cases.iter().map(|case| case.user).collect();
            scores.set_rows(users.len());
            model.score_block(&users, scores);
            for (r, (case, outcome)) in cases.iter().zip(&mut *outcomes).enumerate() {
                judge.all(case, scores.row_mut(r), outcome);
            }
        } else if judge.orders() {
            for (case, outcome) in cases.iter().zip(&mut *outcomes) {
                judge.few(case, model, outcome);
            }
        }
        if protocol.metrics.iter().any(Metric::is_of_values) {
            for (case, outcome) in cases.iter().zip(&mut *outcomes) {
                outcome.errors = values.errors(model, case);
            }
        }
    });
    outcomes
}

/// Computes metric values from scores.
pub(super) struct Judge<'a> {
    protocol: &'a Protocol,
    ranks: Vec<Metric>,
    meaning: Meaning,
    discounts: Discounts,
    /// Largest cutoff of the metrics that look at all listed items.
    longest: usize,
    /// Largest cutoff of all metrics.
    longest_of_all: usize,
    reranker: Option<&'a Reranker<'a>>,
}

impl<'a> Judge<'a> {
    /// For the users of `test` and a model with `items` items.
    pub fn new(items: usize, test: &Ratings, protocol: &'a Protocol) -> Self {
        let (metrics, meaning) = (&protocol.metrics, protocol.convention.meaning());
        let most = test.by_user.iter().map(|row| row.len()).max().unwrap_or(0).max(items);
        let lists = metrics.iter().filter(|metric| metric.is_of_lists());
        Self {
            longest_of_all: protocol.longest(),
            reranker: None,
            protocol,
            ranks: metrics.iter().copied().filter(Metric::is_of_ranks).collect(),
            meaning,
            discounts: Discounts::for_metrics(metrics, &meaning, most),
            longest: lists.filter_map(Metric::cutoff).max().unwrap_or(0),
        }
    }

    /// Reorders the best items by `reranker` before they are evaluated.
    pub fn with(self, reranker: Option<&'a Reranker<'a>>) -> Self {
        Self { reranker, ..self }
    }

    /// Returns whether any metric needs the items in order.
    fn orders(&self) -> bool {
        self.longest > 0 || !self.ranks.is_empty()
    }

    /// Evaluates scores of all items.
    fn all(&self, case: &Case<'_>, scores: &mut [f32], outcome: &mut Outcome) {
        make_finite(scores);
        if !self.protocol.seen {
            let history = case.user.history.columns.iter();
            history.for_each(|&item| scores[item as usize] = f32::NAN);
        }
        self.rerank(scores, None);
        let candidates = case.all_candidates(scores.len(), self.protocol);
        let groups = match self.ranks.is_empty() {
            true => Vec::new(),
            false => place(scores, &case.reachable, self.protocol.ties),
        };
        outcome.candidates = candidates;
        outcome.ranks = self.values(case, &groups, [candidates; 2]);
        if self.longest > 0 {
            let list = rank::top_k(scores, self.longest, &[]);
            outcome.list = list.into_iter().map(|(item, _)| item).collect();
        }
    }

    /// Evaluates scores of the case's own candidates.
    fn few(&self, case: &Case<'_>, model: &dyn Model, outcome: &mut Outcome) {
        let candidates = case.candidates(model.items(), self.protocol).unwrap_or_default();
        let mut scores = vec![0.0; candidates.len()];
        model.score(case.user, &candidates, &mut scores);
        make_finite(&mut scores);
        self.rerank(&mut scores, Some(&candidates));
        let position = |item: &u32| candidates.binary_search(item).ok().map(|at| at as u32);
        let relevant: Vec<u32> = case.reachable.iter().filter_map(position).collect();
        let mut groups = place(&scores, &relevant, self.protocol.ties);
        outcome.candidates = candidates.len();
        if self.protocol.corrected {
            let all = case.all_candidates(model.items(), self.protocol);
            scale(&mut groups, candidates.len() - relevant.len(), all - relevant.len());
            outcome.candidates = all;
        }
        outcome.ranks = self.values(case, &groups, [outcome.candidates; 2]);
        let list = rank::top_k(&scores, self.longest, &[]);
        outcome.list = list.into_iter().map(|(at, _)| candidates[at as usize]).collect();
    }

    /// Reorders the best items by replacing their `scores` with new ones above all the rest. The scores are those of
    /// `items`, in ascending order, or of all items.
    fn rerank(&self, scores: &mut [f32], items: Option<&[u32]>) {
        let Some(reranker) = self.reranker else { return };
        let size = self.protocol.rerank.pool;
        let mut pool = rank::top_k(scores, size, &[]);
        if let Some(items) = items {
            pool.iter_mut().for_each(|(at, _)| *at = items[*at as usize]);
        }
        // The first positions do not depend on how many more are filled.
        let is_cut = |metric: &Metric| metric.cutoff().is_some();
        let cut = self.ranks.iter().all(is_cut);
        reranker.reorder(&mut pool, if cut { self.longest_of_all } else { size });
        let above_all = |place: usize| f32::from_bits(f32::MAX.to_bits() - place as u32);
        let highest = above_all(pool.len());
        scores.iter_mut().filter(|score| **score > highest).for_each(|score| *score = highest);
        for (place, (item, _)) in pool.into_iter().enumerate() {
            let at = match items {
                None => item as usize,
                Some(items) => items.binary_search(&item).expect("the pool is of the items"),
            };
            scores[at] = above_all(place);
        }
    }

    /// Evaluates a list as given; `items` is the number of all items.
    pub fn list(&self, case: &Case<'_>, list: &[u32], items: usize) -> Outcome {
        let list = &list[..list.len().min(self.longest_of_all)];
        let mut left = case.reachable.clone();
        let mut groups = Vec::new();
        for (before, item) in list.iter().enumerate() {
            if let Ok(at) = left.binary_search(item) {
                left.remove(at);
                groups.push(Group { before, size: 1, hits: 1 });
            }
        }
        let candidates = case.all_candidates(items, self.protocol);
        let ranks = self.values(case, &groups, [candidates, list.len()]);
        let list = list.iter().copied().filter(|&item| (item as usize) < items).collect();
        Outcome { ranks, candidates, list, errors: [0.0; 2] }
    }

    /// Returns the values of a perfect ranking of the case's candidates.
    pub fn ideal(&self, case: &Case<'_>, candidates: usize) -> Vec<f64> {
        let hits = case.reachable.len();
        self.values(case, &[Group { before: 0, size: hits, hits }], [candidates; 2])
    }

    /// Returns the values of random guessing: all candidates tie.
    pub fn guess(&self, case: &Case<'_>, candidates: usize) -> Vec<f64> {
        let hits = case.reachable.len();
        self.values(case, &[Group { before: 0, size: candidates, hits }], [candidates; 2])
    }

    /// Returns the values of all rank metrics.
    fn values(
        &self,
        case: &Case<'_>,
        groups: &[Group],
        [candidates, listed]: [usize; 2],
    ) -> Vec<f64> {
        let groups = if case.reachable.is_empty() { &[] } else { groups };
        let placement = Placement { groups, relevant: case.relevant, candidates, listed };
        let value =
            |&metric| placement.value(metric, &self.meaning, &self.discounts).unwrap_or(f64::NAN);
        self.ranks.iter().map(value).collect()
    }
}

/// Scales ranks among `sampled` items that are not relevant to ranks among `all`: the unbiased estimate of Krichene and
/// Rendle, KDD 2020, section 5, rounded to whole items.
fn scale(groups: &mut [Group], sampled: usize, all: usize) {
    let factor = all as f64 / sampled.max(1) as f64;
    let scaled = |others: usize| (others as f64 * factor).round() as usize;
    let mut above = 0;
    for group in groups {
        let before = group.before - above;
        let end = before + group.size - group.hits;
        group.size = scaled(end) - scaled(before) + group.hits;
        group.before = scaled(before) + above;
        above += group.hits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_among_few_are_scaled_to_ranks_among_all() {
        // Of 10 sampled others, two are above the first relevant item and one ties; there are 100 others in all.
        let mut groups =
            [Group { before: 2, size: 2, hits: 1 }, Group { before: 8, size: 2, hits: 2 }];
        scale(&mut groups, 10, 100);
        assert_eq!(groups[0], Group { before: 20, size: 11, hits: 1 });
        assert_eq!(groups[1], Group { before: 71, size: 2, hits: 2 });
    }
}
