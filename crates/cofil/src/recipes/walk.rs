//! RP3β and P3α: random walks of three steps from an item to a user who has it to another item of that user.
//!
//! The weight from item j to item i is W_ji = Σ_u (x_uj / Σ_v x_vj)^α (x_ui / Σ_k x_uk)^α / d_i^β, where d_i is the
//! number of users who have i. α sharpens or flattens the transition probabilities; β penalises popular items. β = 0
//! is P3α: Cooper et al., "Random walks in recommender systems: exact computation and simulations", WWW 2014; Paudel
//! et al., "Updatable, accurate, diverse, and scalable recommendations for interactive applications", ACM TiiS 7(1),
//! 2017.
//!
//! The user's own first step is left out: if values are equal, it scales all scores of a user alike. Values that are
//! not positive are no edges.
//!
//! # When to use
//!
//! `rp3beta`: to rank on sparse data in seconds, with control over popular items by `beta`. Few neighbours are enough.
//!
//! `p3alpha`: as `rp3beta` without the penalty for popular items; compare both.

use super::{Range, Recipe, Target};
use crate::check::{check_count, check_not_negative};
use crate::data::{Csr, Ratings};
use crate::error::Result;
use crate::math::real::power;
use crate::recipes::settings::settings;
use crate::shapes::ItemWeights;
use crate::shapes::item_weights::Weights;
use crate::similarity::{self, ItemColumns, Keep};
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

settings! {
    /// Settings of `p3alpha`: `rp3beta` without a popularity penalty.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct P3Alpha: walk {
    }
}

impl Default for P3Alpha {
    fn default() -> Self {
        Self { neighbours: 200, alpha: 1.0, keep: Keep::Candidate }
    }
}

impl Recipe for P3Alpha {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        vec![Range::log_whole("neighbours", 10, 1000), Range::real("alpha", 0.2, 2.0)]
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        let Self { neighbours, alpha, keep } = *self;
        Rp3Beta { neighbours, alpha, beta: 0.0, keep }.fit(train, run)
    }
}

settings! {
    /// Settings of `rp3beta`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Rp3Beta: walk {
        /// β, popularity penalty, ≥ 0; 0 is `p3alpha`.
        pub beta: f32,
    }
}

impl Default for Rp3Beta {
    fn default() -> Self {
        Self { neighbours: 200, alpha: 1.0, beta: 0.3, keep: Keep::Candidate }
    }
}

impl Recipe for Rp3Beta {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::log_whole("neighbours", 10, 1000),
            Range::real("alpha", 0.2, 2.0),
            Range::real("beta", 0.0, 1.0),
        ]
    }

    fn fit(&self, train: &Ratings, _: &Run<'_>) -> Result<Fitted> {
        check_count("neighbours", self.neighbours)?;
        check_not_negative("alpha", self.alpha)?;
        check_not_negative("beta", self.beta)?;
        similarity::check_lists("neighbours", self.neighbours, &train.by_user)?;
        let unit = similarity::unit(train.by_user.values().iter().copied());
        let edges = self.edges(&train.by_user, unit);
        let (from, to) = self.ends(&train.by_user, unit);
        // The product of both steps is symmetric, except for factors of one item alone.
        let lists = similarity::map_products(&ItemColumns::new(&edges), |i, items, sums| {
            let weight = |j: u32| match j as usize {
                j if j == i => 0.0,
                j => match self.keep {
                    Keep::History => sums[j] * (from[i] * to[j]),
                    Keep::Candidate => sums[j] * (from[j] * to[i]),
                },
            };
            similarity::largest(items, self.neighbours, weight)
        });
        let neighbours = Csr::from_rows(train.items.len(), lists);
        let weights = match self.keep {
            Keep::History => neighbours,
            Keep::Candidate => neighbours.transposed(),
        };
        let popular = train.by_user.column_counts().iter().map(|&c| c as f32).collect();
        Ok(ItemWeights { weights: Weights::Sparse(weights), popular }.into())
    }
}

impl Rp3Beta {
    /// x_ui^α / (Σ_k x_uk)^(α/2): the product of two of a user's entries is the user's part of a weight. All values
    /// are multiplied by `unit`, which does not change the probabilities.
    fn edges(&self, matrix: &Csr, unit: f64) -> Csr {
        let mut edges = matrix.clone();
        for u in 0..matrix.rows() {
            let row = matrix.starts()[u]..matrix.starts()[u + 1];
            let values = &mut edges.values_mut()[row];
            let sum: f64 = values.iter().map(|&x| unit * f64::from(x.max(0.0))).sum();
            let scale = power(sum, -0.5 * f64::from(self.alpha));
            for x in values {
                let edge = power(unit * f64::from(*x), f64::from(self.alpha)) * scale;
                *x = if *x > 0.0 { edge as f32 } else { 0.0 };
            }
        }
        edges
    }

    /// Factors of the start item, (Σ_v x_vj)^−α, and of the end item, d_i^−β.
    fn ends(&self, matrix: &Csr, unit: f64) -> (Vec<f32>, Vec<f32>) {
        let mut sums = vec![0f64; matrix.cols()];
        for (&i, &x) in matrix.columns().iter().zip(matrix.values()) {
            sums[i as usize] += unit * f64::from(x.max(0.0));
        }
        let inverse = |x: f64, y: f32| if x > 0.0 { power(x, -f64::from(y)) as f32 } else { 0.0 };
        let from = sums.into_iter().map(|sum| inverse(sum, self.alpha)).collect();
        let counts = matrix.column_counts().into_iter();
        (from, counts.map(|count| inverse(f64::from(count), self.beta)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    /// W_ji from the equation, in `f64`.
    fn naive(walk: &Rp3Beta, x: &Csr, j: u32, i: u32) -> f64 {
        let (alpha, beta) = (f64::from(walk.alpha), f64::from(walk.beta));
        let value = |u: usize, i: u32| x.row(u).get(i).map_or(0.0, |x| f64::from(x.max(0.0)));
        let users = 0..x.rows();
        let of_item: f64 = users.clone().map(|v| value(v, j)).sum();
        let walks = users.clone().filter(|&u| value(u, j) > 0.0 && value(u, i) > 0.0).map(|u| {
            let of_user: f64 = (0..x.cols() as u32).map(|k| value(u, k)).sum();
            (value(u, j) / of_item).powf(alpha) * (value(u, i) / of_user).powf(alpha)
        });
        let degree = users.filter(|&u| x.row(u).get(i).is_some()).count() as f64;
        walks.sum::<f64>() / degree.powf(beta)
    }

    #[test]
    fn weights_are_those_of_the_equation() {
        let mut rng = Rng::new(1, &[]);
        let mut row = || {
            let mut row = Vec::new();
            for i in 0..12 {
                if rng.uniform() < 0.4 {
                    row.push((i, rng.below(5) as f32 - 1.0));
                }
            }
            row
        };
        let x = Csr::from_rows(12, (0..30).map(|_| row()).collect::<Vec<_>>());
        let train = Ratings {
            users: std::sync::Arc::new((0..30).map(|u| u.to_string()).collect()),
            items: std::sync::Arc::new((0..12).map(|i| i.to_string()).collect()),
            by_user: x.clone(),
            times: None,
        };
        for (alpha, beta) in [(1.0, 0.0), (0.6, 0.4), (0.0, 1.0)] {
            for keep in [Keep::Candidate, Keep::History] {
                let walk = Rp3Beta { alpha, beta, keep, neighbours: 12 };
                let model = walk.fit(&train, &Run::default()).unwrap().model;
                for j in 0..12 {
                    let history = crate::data::Row { columns: &[j], values: &[1.0] };
                    let (items, mut scores) = ((0..12).collect::<Vec<u32>>(), [0.0; 12]);
                    model.score(crate::model::User::new_user(history), &items, &mut scores);
                    for i in (0..12).filter(|&i| i != j) {
                        let (found, exact) =
                            (f64::from(scores[i as usize]), naive(&walk, &x, j, i));
                        assert!((found - exact).abs() < 1e-5 * exact.max(0.01), "{j} to {i}");
                    }
                }
            }
        }
    }

    #[test]
    fn without_beta_it_is_p3alpha() {
        let train = Ratings::from_triples([("a", "x", 1.0), ("a", "y", 2.0), ("b", "x", 1.0)]);
        let train = train.unwrap();
        let tensors = |recipe: &dyn Recipe| {
            let model = recipe.fit(&train, &Run::default()).unwrap().model;
            format!("{:?}", model.tensors())
        };
        let rp3beta = |beta| Rp3Beta { alpha: 0.7, beta, ..Rp3Beta::default() };
        let p3alpha = tensors(&P3Alpha { alpha: 0.7, ..P3Alpha::default() });
        assert_eq!(p3alpha, tensors(&rp3beta(0.0)));
        assert_ne!(p3alpha, tensors(&rp3beta(0.5)));
    }

    #[test]
    fn each_item_keeps_its_largest() {
        let rows = [vec![(0, 1.0), (1, 1.0), (2, 1.0)], vec![(0, 1.0), (1, 1.0)]];
        let x = Csr::from_rows(3, rows);
        let train = Ratings {
            users: std::sync::Arc::new(["a", "b"].iter().map(ToString::to_string).collect()),
            items: std::sync::Arc::new(["x", "y", "z"].iter().map(ToString::to_string).collect()),
            by_user: x,
            times: None,
        };
        let walk = Rp3Beta { neighbours: 1, beta: 0.0, keep: Keep::History, ..Rp3Beta::default() };
        let model = walk.fit(&train, &Run::default()).unwrap().model;
        let mut scores = [0.0; 3];
        let history = crate::data::Row { columns: &[0], values: &[1.0] };
        model.score(crate::model::User::new_user(history), &[0, 1, 2], &mut scores);
        // From x over a and b to y: (1/2)(1/3) + (1/2)(1/2); z is second and not kept.
        assert!((scores[1] - 5.0 / 12.0).abs() < 1e-6 && scores[2] == 0.0, "{scores:?}");
    }
}
