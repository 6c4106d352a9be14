//! Item k-nearest neighbours: items with the same users vote for each other.
//!
//! score(u, i) = Σ_{j in history} r_uj s_ij over pairs (i, j) of neighbours. With x_ui the (weighted) value and n_ij
//! the number of users who have both items, s_ij is
//!
//! - cosine: x_i·x_j / (‖x_i‖ ‖x_j‖) over all users; dot: x_i·x_j;
//! - jaccard: n_ij / (n_i + n_j − n_ij), values ignored;
//! - pearson: the correlation of x_ui and x_uj over the users who have both;
//!
//! times n_ij / (n_ij + shrinkage) (Bell & Koren, "Scalable collaborative filtering with jointly derived neighborhood
//! interpolation weights", ICDM 2007). Weighting replaces r_ui. With N items, of which user u has n_u, and l_i = Σ_u
//! |r_ui|, the weights are
//!
//! - tf-idf: √r_ui (ln N − ln(1 + n_u));
//! - bm25: r_ui (k1 + 1) / (k1 (1 − b + b l_i / l̄) + r_ui) · (ln N − ln(1 + n_u));
//!
//! These are the formulas of the `implicit` package (its `BM25Recommender` is bm25 with dot). Item-based neighbours:
//! Sarwar et al., WWW 2001; Deshpande & Karypis, TOIS 2004.
//!
//! Each item keeps its k most similar others of positive similarity, ties broken by index; the setting `keep` says
//! whose list counts. An item does not vote for itself. In `implicit` it does and is one of its own K. That changes
//! nothing for items the user does not have, but makes its K our k + 1.
//!
//! # When to use
//!
//! To rank when a list has to be explained by items of the history, with a model that takes seconds to train. `slim`
//! and `ease` learn the weights that are counted here, and are more accurate at a higher cost.

use super::suit::{Rule, Traits};
use super::{Range, Recipe, Target};
use crate::check::check_count;
use crate::data::{Csr, Ratings};
use crate::error::Result;
use crate::math::real::square;
use crate::recipes::settings::settings;
use crate::shapes::ItemWeights;
use crate::shapes::item_weights::Weights;
use crate::similarity::{self, ItemColumns, Keep, Measure, Moments, Similarity, Weighting};
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

settings! {
    /// Settings of `item-knn`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct ItemKnn: similarity {
        /// Which item's list of nearest neighbours is used.
        pub keep: Keep,
    }
}

impl Default for ItemKnn {
    fn default() -> Self {
        Self {
            neighbours: 100,
            similarity: Similarity::Cosine,
            weighting: Weighting::None,
            k1: 1.2,
            b: 0.75,
            shrinkage: 0.0,
            keep: Keep::Candidate,
        }
    }
}

impl Recipe for ItemKnn {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        // Weighting applies to these two similarities only.
        vec![
            Range::log_whole("neighbours", 10, 1000),
            Range::choice("similarity", ["cosine", "dot"]),
            Range::choice("weighting", ["none", "tf-idf", "bm25"]),
            Range::real("k1", 0.0, 3.0),
            Range::real("b", 0.0, 1.0),
            Range::real("shrinkage", 0.0, 100.0),
            Range::choice("keep", ["candidate", "history"]),
        ]
    }

    fn rules(&self) -> &'static [Rule] {
        &[Rule {
            setting: "shrinkage",
            rule: "10; 0 if more than 3 % of all user–item pairs occur",
        }]
    }

    fn suit(&mut self, data: &Traits<'_>) {
        self.shrinkage = if data.density() > 0.03 { 0.0 } else { 10.0 };
    }

    fn fit(&self, train: &Ratings, _: &Run<'_>) -> Result<Fitted> {
        self.check()?;
        self.measure().check_scale(train.scale())?;
        similarity::check_lists("neighbours", self.neighbours, &train.by_user)?;
        let lists = match self.similarity {
            Similarity::Pearson => self.pearson(&train.by_user),
            Similarity::Jaccard => self.products(&pattern(&train.by_user)),
            Similarity::Cosine => {
                self.products(&similarity::levelled(self.weighted(&train.by_user)))
            }
            Similarity::Dot => self.products(&self.weighted(&train.by_user)),
        };
        let neighbours = Csr::from_rows(train.items.len(), lists);
        let weights = match self.keep {
            Keep::History => neighbours,
            Keep::Candidate => neighbours.transposed(),
        };
        let popular = train.by_user.column_counts().iter().map(|&c| c as f32).collect();
        Ok(ItemWeights { weights: Weights::Sparse(weights), popular }.into())
    }
}

/// Each item's neighbours, columns ascending.
type Lists = Vec<Vec<(u32, f32)>>;

impl ItemKnn {
    fn check(&self) -> Result<()> {
        check_count("neighbours", self.neighbours)?;
        self.measure().check()
    }

    fn measure(&self) -> Measure {
        let Self { similarity, weighting, k1, b, shrinkage, .. } = *self;
        Measure { similarity, weighting, k1, b, shrinkage }
    }

    /// Similarities that depend only on x_i·x_j, n_ij and one number per item.
    fn products(&self, matrix: &Csr) -> Lists {
        let by_item = ItemColumns::new(matrix);
        let of_item: Vec<f32> = (0..matrix.cols())
            .map(|i| match self.similarity {
                Similarity::Jaccard => by_item.count(i) as f32,
                Similarity::Dot => 1.0,
                _ => {
                    let squares =
                        by_item.of(i).map(|(row, place)| square(f64::from(row.values[place])));
                    let norm = squares.sum::<f64>().sqrt();
                    if norm > 0.0 { (1.0 / norm) as f32 } else { 0.0 }
                }
            })
            .collect();
        let similarity = |i: usize, j: u32, product: f32| match self.similarity {
            Similarity::Jaccard => product / (of_item[i] + of_item[j as usize] - product).max(1.0),
            _ => product * (of_item[i] * of_item[j as usize]),
        };
        if self.shrinkage == 0.0 {
            return similarity::map_products(&by_item, |i, items, sums| {
                self.nearest(i, items, |j| similarity(i, j, sums[j as usize]))
            });
        }
        let measure = self.measure();
        if by_item.is_binary() {
            return similarity::map_products(&by_item, |i, items, common| {
                self.nearest(i, items, |j| {
                    let common = common[j as usize];
                    similarity(i, j, common) * measure.support(common)
                })
            });
        }
        let add = |sum: &mut (f32, f32), x: f32, y: f32| *sum = (x.mul_add(y, sum.0), sum.1 + 1.0);
        similarity::map_sums(&by_item, add, |i, items, sums| {
            self.nearest(i, items, |j| {
                let (product, common) = sums[j as usize];
                similarity(i, j, product) * measure.support(common)
            })
        })
    }

    /// Correlations over common users.
    fn pearson(&self, matrix: &Csr) -> Lists {
        // A correlation is invariant to shifts: subtracting the item's mean keeps sums small.
        let mut centred = similarity::levelled(matrix.clone());
        let mut sums = vec![(0f64, 0f64); matrix.cols()];
        let (items, values) = centred.entries_mut();
        for (&i, &value) in items.iter().zip(&*values) {
            let (sum, count) = &mut sums[i as usize];
            (*sum, *count) = (*sum + f64::from(value), *count + 1.0);
        }
        for (&i, value) in items.iter().zip(values) {
            let (sum, count) = sums[i as usize];
            *value = (f64::from(*value) - sum / count) as f32;
        }
        let measure = self.measure();
        similarity::map_sums(&ItemColumns::new(&centred), Moments::add, |i, items, sums| {
            self.nearest(i, items, |j| {
                let moments = sums[j as usize];
                moments.correlation() * measure.support(moments.count)
            })
        })
    }

    fn nearest(&self, i: usize, items: &[u32], at: impl Fn(u32) -> f32) -> Vec<(u32, f32)> {
        // An item must not vote for itself.
        let others = |j: u32| if j as usize == i { 0.0 } else { at(j) };
        similarity::largest(items, self.neighbours, others)
    }

    /// Returns the matrix with weighted values.
    fn weighted(&self, matrix: &Csr) -> Csr {
        if self.weighting == Weighting::None {
            return matrix.clone();
        }
        let mut lengths = vec![0f64; matrix.cols()];
        for (&i, &value) in matrix.columns().iter().zip(matrix.values()) {
            lengths[i as usize] += f64::from(value.abs());
        }
        let items = matrix.cols();
        let mean = (lengths.iter().sum::<f64>() / items as f64).max(f64::MIN_POSITIVE);
        let measure = self.measure();
        let mut weighted = matrix.clone();
        for u in 0..matrix.rows() {
            let (start, row) = (matrix.starts()[u], matrix.row(u));
            let idf = similarity::idf(items, row.len());
            for (at, (i, value)) in row.iter().enumerate() {
                let value = measure.weighted(value, idf, lengths[i as usize], mean);
                weighted.values_mut()[start + at] = value;
            }
        }
        weighted
    }
}

/// Returns the same entries, all 1.
fn pattern(matrix: &Csr) -> Csr {
    let mut pattern = matrix.clone();
    pattern.values_mut().fill(1.0);
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    fn ratings(binary: bool) -> Csr {
        let mut rng = Rng::new(8, &[u64::from(binary)]);
        let rows: Vec<Vec<(u32, f32)>> = (0..60)
            .map(|_| {
                let mut row = Vec::new();
                for i in 0..25 {
                    if rng.uniform() < 0.4 {
                        row.push((i, if binary { 1.0 } else { 1.0 + rng.below(5) as f32 }));
                    }
                }
                row
            })
            .collect();
        Csr::from_rows(25, rows)
    }

    /// s_ij from the equations, in f64.
    fn naive(knn: &ItemKnn, x: &Csr, i: u32, j: u32) -> f64 {
        let n = x.cols() as f64;
        let length = |i: u32| x.iter().filter_map(|row| row.get(i)).map(f64::from).sum::<f64>();
        let mean = (0..x.cols() as u32).map(length).sum::<f64>() / n;
        let (k1, b) = (f64::from(knn.k1), f64::from(knn.b));
        let weighted = |row: crate::data::Row<'_>, i: u32| {
            let value = f64::from(row.get(i)?);
            let idf = n.ln() - (1.0 + row.len() as f64).ln();
            Some(match knn.weighting {
                Weighting::None => value,
                Weighting::TfIdf => value.sqrt() * idf,
                Weighting::Bm25 => {
                    value * (k1 + 1.0) / (k1 * (1.0 - b + b * length(i) / mean) + value) * idf
                }
            })
        };
        let of = |i: u32| x.iter().filter_map(move |row| weighted(row, i)).collect::<Vec<f64>>();
        let both: Vec<(f64, f64)> =
            x.iter().filter_map(|row| weighted(row, i).zip(weighted(row, j))).collect();
        let norm = |i: u32| of(i).iter().map(|v| v * v).sum::<f64>().sqrt();
        let dot: f64 = both.iter().map(|(x, y)| x * y).sum();
        let common = both.len() as f64;
        let similarity = match knn.similarity {
            Similarity::Dot => dot,
            Similarity::Cosine => dot / norm(i) / norm(j),
            Similarity::Jaccard => common / (of(i).len() as f64 + of(j).len() as f64 - common),
            Similarity::Pearson => {
                let (mx, my) = both.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
                let (mx, my) = (mx / common, my / common);
                let sum = |f: &dyn Fn(f64, f64) -> f64| {
                    both.iter().map(|(x, y)| f(x - mx, y - my)).sum::<f64>()
                };
                sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
            }
        };
        similarity * common / (common + f64::from(knn.shrinkage))
    }

    #[test]
    fn similarities_are_those_of_the_equations() {
        use {Similarity::*, Weighting::*};
        let kinds = [
            (Cosine, None),
            (Cosine, TfIdf),
            (Cosine, Bm25),
            (Dot, None),
            (Dot, Bm25),
            (Jaccard, None),
            (Pearson, None),
        ];
        for (similarity, weighting) in kinds {
            for (shrinkage, binary) in [(0.0, true), (0.0, false), (3.0, true), (3.0, false)] {
                let knn = ItemKnn {
                    similarity,
                    weighting,
                    shrinkage,
                    neighbours: 7,
                    ..ItemKnn::default()
                };
                let x = ratings(binary);
                let lists = match similarity {
                    Pearson if binary => continue,
                    Pearson => knn.pearson(&x),
                    Jaccard => knn.products(&pattern(&x)),
                    _ => knn.products(&knn.weighted(&x)),
                };
                for (i, list) in (0u32..).zip(&lists) {
                    let mut all: Vec<f64> =
                        (0..25).filter(|&j| j != i).map(|j| naive(&knn, &x, i, j)).collect();
                    all.sort_by(|a, b| b.total_cmp(a));
                    let positive = all.iter().filter(|s| **s > 1e-6).count();
                    assert_eq!(list.len(), positive.min(7), "{knn:?}");
                    for &(j, found) in list {
                        let exact = naive(&knn, &x, i, j);
                        assert!(
                            (f64::from(found) - exact).abs() < 1e-4 * exact.max(1.0),
                            "{knn:?}"
                        );
                        assert!(
                            exact > all[6] - 1e-4,
                            "{knn:?}: {j} is not among the nearest of {i}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn whose_list_counts_is_a_choice() {
        // a is in every basket; b and c are most similar to a, a is most similar to b.
        let baskets = [("u", "a"), ("u", "b"), ("v", "a"), ("v", "b"), ("w", "a"), ("w", "c")];
        let train = Ratings::from_triples(baskets.map(|(u, i)| (u, i, 1.0))).unwrap();
        let score = |keep, from: u32, to: u32| {
            let knn = ItemKnn { neighbours: 1, keep, ..ItemKnn::default() };
            let model = knn.fit(&train, &Run::default()).unwrap().model;
            let mut score = [0.0];
            let history = crate::data::Row { columns: &[from], values: &[1.0] };
            model.score(crate::model::User::new_user(history), &[to], &mut score);
            score[0]
        };
        let (a, c) = (0, 2);
        assert_eq!(score(Keep::History, a, c), 0.0, "a's list holds b alone");
        assert!(
            (score(Keep::Candidate, a, c) - 1.0 / 3f32.sqrt()).abs() < 1e-6,
            "c's list holds a"
        );
    }

    #[test]
    fn senseless_settings_are_refused() {
        let train = Ratings::from_triples([("u", "a", 1.0), ("v", "a", 1.0)]).unwrap();
        let says =
            |knn: ItemKnn| knn.fit(&train, &Run::default()).expect_err("refused").to_string();
        let knn = ItemKnn::default;
        assert!(says(ItemKnn { neighbours: 0, ..knn() }).starts_with("setting `neighbours`"));
        assert!(says(ItemKnn { shrinkage: -1.0, ..knn() }).starts_with("setting `shrinkage`"));
        assert!(says(ItemKnn { b: 1.5, ..knn() }).starts_with("setting `b`"));
        let jaccard = ItemKnn { similarity: Similarity::Jaccard, ..knn() };
        let weighted = ItemKnn { weighting: Weighting::Bm25, ..jaccard };
        assert!(says(weighted).starts_with("setting `weighting`"));
        let pearson = ItemKnn { similarity: Similarity::Pearson, ..knn() };
        assert!(says(pearson).contains("all values are 1"));
    }
}
