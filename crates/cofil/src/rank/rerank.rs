//! Reranking of a model's best items: diversity and popularity control.
//!
//! A user's best items, the *pool*, are put in a new order, one place after the other. Next comes the item i with the
//! largest
//!
//! λ (r_i − γ p_i) − (1 − λ) max(0, max_{j chosen} cos(i, j))
//!
//! - r is the score, scaled so that the pool ranges from 0 to 1, because algorithms score on different scales.
//! - p_i = ln(1 + n_i) / ln(1 + max n) is the popularity of an item that n_i users have.
//! - cos is the cosine of the model's item vectors. For a model without item vectors it is that of the items' columns
//!   of users, n_ij / √(n_i n_j). Opposite items count as unrelated, so that the values fall from place to place.
//!
//! Ties keep the order of the scores. Items outside the pool stay behind it in the old order.
//!
//! λ is the maximal marginal relevance of Carbonell and Goldstein, "The use of MMR, diversity-based reranking for
//! reordering documents and producing summaries" (SIGIR 1998). γ has the form of the popularity-dependent weights of
//! Steck, "Item popularity and recommendation accuracy" (RecSys 2011), whose power of n is subtracted in the
//! logarithm, after training instead of in it.

use crate::data::ItemUsers;
use crate::error::{Error, Result};
use crate::math::real::ln_1p;
use crate::math::{Matrix, vector};
use crate::model::Model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Reranking of a user's best items; the default leaves them as they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rerank {
    /// λ, 0 to 1: weight of relevance against diversity; 1 is relevance alone.
    pub mmr: f32,
    /// γ, popularity penalty, ≥ 0: deduction for the most popular item, on scores scaled to 0–1 in the pool.
    pub popularity_penalty: f32,
    /// Number of best items to reorder, at least the length of the list.
    pub pool: usize,
}

impl Default for Rerank {
    fn default() -> Self {
        Self { mmr: 1.0, popularity_penalty: 0.0, pool: 100 }
    }
}

impl Rerank {
    /// Whether reranking changes nothing.
    pub(crate) fn is_off(&self) -> bool {
        self.mmr == 1.0 && self.popularity_penalty == 0.0
    }

    /// Refuses settings out of range, and a pool smaller than lists of `longest` items.
    ///
    /// # Errors
    /// If a setting is refused.
    pub(crate) fn check(&self, longest: usize) -> Result<()> {
        if !(0.0..=1.0).contains(&self.mmr) {
            return Err(Error::setting("mmr", format!("must be from 0 to 1, got {}", self.mmr)));
        }
        let penalty = self.popularity_penalty;
        if !(penalty >= 0.0 && penalty.is_finite()) {
            let says = format!("must be a number of at least 0, got {penalty}");
            return Err(Error::setting("popularity_penalty", says));
        }
        match self.pool < longest && !self.is_off() {
            true => {
                let pool = self.pool;
                let says = format!("lists of {longest} items need at least {longest}, got {pool}");
                Err(Error::setting("pool", says))
            }
            false => Ok(()),
        }
    }

    /// Whether reranking `model` needs the items' users.
    pub(crate) fn needs_item_users(&self, model: &dyn Model) -> bool {
        self.popularity_penalty > 0.0 || self.mmr < 1.0 && vectors(model).is_none()
    }
}

impl fmt::Display for Rerank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mmr, popularity_penalty, pool } = self;
        write!(f, "the best {pool} by mmr {mmr} and popularity penalty {popularity_penalty}")
    }
}

/// Vectors to compare items by; a model without item vectors has none.
fn vectors(model: &dyn Model) -> Option<&Matrix> {
    model.item_vectors().filter(|vectors| vectors.cols() > 0)
}

/// A [`Rerank`] with the item data it needs.
pub(crate) struct Reranker<'a> {
    settings: Rerank,
    vectors: Option<&'a Matrix>,
    item_users: Option<&'a ItemUsers>,
    /// ln(1 + max n).
    most: f32,
}

impl<'a> Reranker<'a> {
    /// `item_users` holds the users of each item in the training data; `None` if it is not needed.
    ///
    /// # Panics
    /// If it is needed but missing.
    pub fn new(settings: Rerank, model: &'a dyn Model, item_users: Option<&'a ItemUsers>) -> Self {
        assert!(
            item_users.is_some() || !settings.needs_item_users(model),
            "what users have is needed"
        );
        let most = item_users.map_or(0, ItemUsers::most);
        Self { settings, vectors: vectors(model), item_users, most: ln_1p(most as f32) }
    }

    /// Reorders `pool`, which is in order of scores, and keeps the first `n` items. Scores are replaced by the values
    /// by which items were chosen, which also descend.
    pub fn reorder(&self, pool: &mut Vec<(u32, f32)>, n: usize) {
        let Rerank { mmr, .. } = self.settings;
        let relevance = self.relevance(pool);
        let likeness = self.likeness(pool);
        // By place in the pool: the items left, and their similarity to the most similar chosen item, at least 0.
        let mut left: Vec<(usize, f32)> = (0..pool.len()).map(|at| (at, 0.0)).collect();
        let mut chosen: Vec<(u32, f32)> = Vec::with_capacity(n.min(pool.len()));
        while chosen.len() < n && !left.is_empty() {
            let value = |&(at, nearest): &(usize, f32)| mmr * relevance[at] - (1.0 - mmr) * nearest;
            let mut best = (0, value(&left[0]));
            for (l, entry) in left.iter().enumerate().skip(1) {
                let value = value(entry);
                if value > best.1 {
                    best = (l, value);
                }
            }
            // `remove` keeps the order of the rest, which decides ties.
            let (at, _) = left.remove(best.0);
            if mmr < 1.0 {
                for (other, nearest) in &mut left {
                    *nearest = nearest.max(likeness(at, *other));
                }
            }
            chosen.push((pool[at].0, best.1));
        }
        drop(likeness);
        *pool = chosen;
    }

    /// Returns r − γ p by place in the pool.
    fn relevance(&self, pool: &[(u32, f32)]) -> Vec<f32> {
        let low = pool.iter().map(|&(_, score)| score).fold(f32::INFINITY, f32::min);
        let high = pool.iter().map(|&(_, score)| score).fold(f32::NEG_INFINITY, f32::max);
        let penalty = self.settings.popularity_penalty;
        let of_entry = |&(item, score): &(u32, f32)| {
            let relevance = if high > low {
                // In f64, where no difference of two scores is infinite.
                ((f64::from(score) - f64::from(low)) / (f64::from(high) - f64::from(low))) as f32
            } else {
                0.0
            };
            match self.item_users {
                Some(item_users) if penalty > 0.0 && self.most > 0.0 => {
                    let popularity = ln_1p(item_users.count(item) as f32) / self.most;
                    relevance - penalty * popularity
                }
                _ => relevance,
            }
        };
        pool.iter().map(of_entry).collect()
    }

    /// Returns the function cos(i, j) by places in the pool; 0 for a vector or column of zeros.
    fn likeness<'b>(&self, pool: &'b [(u32, f32)]) -> Box<dyn Fn(usize, usize) -> f32 + 'b>
    where
        'a: 'b,
    {
        match (self.vectors, self.item_users) {
            _ if self.settings.mmr == 1.0 => Box::new(|_, _| 0.0),
            (Some(vectors), _) => {
                let mut unit = Matrix::zeros(pool.len(), vectors.cols());
                for (at, &(item, _)) in pool.iter().enumerate() {
                    let vector = vectors.row(item as usize);
                    let length = vector::norm(vector);
                    if length > 0.0 {
                        vector::add_scaled(unit.row_mut(at), 1.0 / length, vector);
                    }
                }
                Box::new(move |a, b| vector::dot(unit.row(a), unit.row(b)))
            }
            (None, Some(item_users)) => Box::new(|a, b| item_users.cosine(pool[a].0, pool[b].0)),
            (None, None) => unreachable!("`new` asks for what users have"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Csr, Ratings};
    use crate::evaluate::{self, Metric, Protocol};
    use crate::math::Rng;
    use crate::model::User;

    /// A model whose scores do not depend on the user, with vectors if it is given any.
    struct Fixed(Vec<f32>, Option<Matrix>);

    impl Model for Fixed {
        fn items(&self) -> usize {
            self.0.len()
        }

        fn score(&self, _: User<'_>, items: &[u32], scores: &mut [f32]) {
            items.iter().zip(scores).for_each(|(&i, score)| *score = self.0[i as usize]);
        }

        fn item_vectors(&self) -> Option<&Matrix> {
            self.1.as_ref()
        }
    }

    fn order(list: &[(u32, f32)]) -> Vec<u32> {
        list.iter().map(|&(item, _)| item).collect()
    }

    /// Scores 10, 9, 8, 5 become 1, 0.8, 0.6, 0. Items 0 and 1 are equal, 2 is orthogonal to them, 3 is opposite.
    #[test]
    fn four_items_by_hand() {
        let vectors = [1.0, 0.0, 2.0, 0.0, 0.0, 3.0, -1.0, 0.0];
        let vectors = Matrix::from_vec(4, 2, vectors.to_vec());
        let model = Fixed(vec![10.0, 9.0, 8.0, 5.0], Some(vectors));
        let pool = [(0, 10.0), (1, 9.0), (2, 8.0), (3, 5.0)];
        let reordered = |mmr: f32, n: usize| {
            let mut list = pool.to_vec();
            let settings = Rerank { mmr, ..Rerank::default() };
            Reranker::new(settings, &model, None).reorder(&mut list, n);
            list
        };
        assert_eq!(order(&reordered(1.0, 4)), [0, 1, 2, 3]);
        // First .5 · 1; then 1 has .5 · .8 − .5 · 1, 2 has .5 · .6 and 3 has 0: 2 is next, then 3, whose cosine with
        // 0 is negative and counts as 0, then 1.
        assert_eq!(reordered(0.5, 4), [(0, 0.5), (2, 0.3), (3, 0.0), (1, 0.4 - 0.5)]);
        assert_eq!(order(&reordered(0.5, 2)), [0, 2], "a shorter list is its beginning");
        // Diversity alone: ties in the order of scores.
        assert_eq!(order(&reordered(0.0, 4)), [0, 2, 3, 1]);
    }

    /// Three users have item 0, one has item 1, none has item 2; 7 = 2³ − 1 would be the next power.
    #[test]
    fn popularity_counts_against_items_by_its_logarithm() {
        let by_user = Csr::from_rows(3, [vec![(0, 1.0), (1, 1.0)], vec![(0, 1.0)], vec![(0, 1.0)]]);
        let item_users = ItemUsers::new(&by_user);
        let model = Fixed(vec![3.0, 2.0, 1.0], None);
        let reordered = |popularity_penalty: f32| {
            let mut list = vec![(0, 3.0), (1, 2.0), (2, 1.0)];
            let settings = Rerank { popularity_penalty, ..Rerank::default() };
            Reranker::new(settings, &model, Some(&item_users)).reorder(&mut list, 3);
            list
        };
        // p = ln 4 / ln 4, ln 2 / ln 4, 0.
        assert_eq!(reordered(0.5), [(0, 0.5), (1, 0.25), (2, 0.0)]);
        assert_eq!(reordered(1.2), [(2, 0.0), (1, 0.5 - 0.6), (0, 1.0 - 1.2)]);
    }

    /// Computes every place by comparing all items left with all items chosen.
    fn naive(
        settings: Rerank,
        pool: &[(u32, f32)],
        counts: &[f64],
        cosine: impl Fn(u32, u32) -> f64,
    ) -> Vec<u32> {
        let most = counts.iter().fold(0.0, |a: f64, &b| a.max(b));
        let (high, low) = (f64::from(pool[0].1), f64::from(pool[pool.len() - 1].1));
        let (lambda, gamma) = (f64::from(settings.mmr), f64::from(settings.popularity_penalty));
        let mut chosen: Vec<u32> = Vec::new();
        while chosen.len() < pool.len() {
            let value = |item: u32, score: f32| {
                let relevance = (f64::from(score) - low) / (high - low);
                let popularity = counts[item as usize].ln_1p() / most.ln_1p();
                let nearest = chosen.iter().map(|&j| cosine(item, j)).fold(0.0, f64::max);
                lambda * (relevance - gamma * popularity) - (1.0 - lambda) * nearest
            };
            let left = pool.iter().filter(|(item, _)| !chosen.contains(item));
            let values = left.map(|&(item, score)| (item, value(item, score)));
            let best = values.reduce(|a, b| if b.1 > a.1 { b } else { a }).unwrap();
            chosen.push(best.0);
        }
        chosen
    }

    #[test]
    fn reordering_agrees_with_its_naive_twin() {
        let mut rng = Rng::new(3, &[]);
        let items = 60;
        let rows = (0..90).map(|_| {
            let had = (0..items as u32).filter(|&i| rng.below(1 + i) < 6).collect::<Vec<_>>();
            had.into_iter().map(|i| (i, 1.0))
        });
        let by_user = Csr::from_rows(items, rows.collect::<Vec<_>>());
        let item_users = ItemUsers::new(&by_user);
        let counts: Vec<f64> = by_user.column_counts().iter().map(|&n| f64::from(n)).collect();
        let vectors: Vec<f32> = (0..items * 5).map(|_| rng.normal()).collect();
        let vectors = Matrix::from_vec(items, 5, vectors);
        let scores: Vec<f32> = (0..items).map(|_| rng.normal() * 40.0).collect();
        let pool = crate::rank::top_k(&scores, 30, &[]);
        for vectors in [Some(vectors), None] {
            let model = Fixed(scores.clone(), vectors);
            for (mmr, popularity_penalty) in [(1.0, 0.3), (0.8, 0.0), (0.4, 0.5), (0.0, 0.0)] {
                let settings = Rerank { mmr, popularity_penalty, pool: 30 };
                let cosine = |a: u32, b: u32| match &model.1 {
                    None => f64::from(item_users.cosine(a, b)),
                    Some(vectors) => {
                        let row = |i: u32| vectors.row(i as usize).iter().map(|&x| f64::from(x));
                        let dot = row(a).zip(row(b)).map(|(x, y)| x * y).sum::<f64>();
                        let [n, m] = [a, b].map(|i| row(i).map(|x| x * x).sum::<f64>().sqrt());
                        dot / (n * m)
                    }
                };
                let mut list = pool.clone();
                Reranker::new(settings, &model, Some(&item_users)).reorder(&mut list, 30);
                assert_eq!(order(&list), naive(settings, &pool, &counts, cosine), "{settings}");
                assert!(list.windows(2).all(|w| w[0].1 >= w[1].1), "values fall");
            }
        }
    }

    /// Items behind the pool keep their places, and the pool stays above them.
    #[test]
    fn the_rest_of_the_order_stays() {
        let ratings = Ratings::from_triples([
            ("a", "0", 1.0),
            ("a", "1", 1.0),
            ("a", "2", 1.0),
            ("a", "3", 1.0),
            ("a", "4", 1.0),
            ("b", "0", 1.0),
        ])
        .unwrap();
        let model = Fixed(vec![f32::MAX, 4.0, 3.0, 2.0, 1.0], None);
        // A new user should find item 1, or 3, or 0.
        let ranks = |item: u32, rerank: Rerank| {
            let by_user = Csr::from_rows(5, [vec![], vec![], vec![(item, 1.0)]]);
            let test = Ratings { by_user, ..ratings.clone() };
            let metrics = vec![Metric::Mrr(2), Metric::Auc];
            let protocol = Protocol { rerank, ..Protocol::plain(metrics) };
            let report = evaluate::evaluate(&model, &ratings, &test, &protocol).unwrap();
            [Metric::Mrr(2), Metric::Auc].map(|metric| report.value(metric).unwrap())
        };
        let swap = Rerank { popularity_penalty: 3.0, pool: 2, ..Rerank::default() };
        assert_eq!(ranks(0, Rerank::default()), [1.0, 1.0]);
        assert_eq!(ranks(0, swap), [0.5, 0.75]);
        assert_eq!(ranks(1, swap), [1.0, 1.0]);
        assert_eq!(ranks(3, swap), ranks(3, Rerank::default()));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let says = |rerank: Rerank| rerank.check(10).unwrap_err().to_string();
        let off = Rerank::default();
        assert_eq!(says(Rerank { mmr: 1.5, ..off }), "setting `mmr`: must be from 0 to 1, got 1.5");
        assert!(says(Rerank { mmr: f32::NAN, ..off }).contains("from 0 to 1"));
        for popularity_penalty in [-0.1, f32::INFINITY, f32::NAN] {
            assert!(says(Rerank { popularity_penalty, ..off }).contains("at least 0"));
        }
        let short = Rerank { mmr: 0.5, pool: 9, ..off };
        let told = "setting `pool`: lists of 10 items need at least 10, got 9";
        assert_eq!(says(short), told);
        assert!(Rerank { pool: 9, ..off }.check(10).is_ok(), "nothing is reordered");
    }
}
