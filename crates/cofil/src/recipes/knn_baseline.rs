//! Ratings by nearest neighbours relative to a baseline.
//! r̂_ui = b_ui + Σ_j s_ij (r_uj − b_uj) / Σ_j s_ij over the k items j rated by u that are most similar to i. With
//! users in place of items, the sum is over the k users v who rated i. b_ui = μ + b_u + b_i is that of [`Levels`]. s
//! is the correlation around the baseline over common users (items),
//!
//! s_ij = (n − 1) / (n − 1 + shrinkage) · Σ_u e_ui e_uj / √(Σ_u e_ui² Σ_u e_uj²), e = r − b,
//!
//! and only similarities above zero count. Koren, "Factor in the neighbors: scalable and accurate collaborative
//! filtering", TKDD 4(1), 2010, section 3, as in Surprise's `KNNBaseline` with `pearson_baseline`. There are two
//! differences: each item keeps a limited number of similar ones, so that memory does not grow with their square, and
//! ties at the k-th neighbour go to the smallest index.
//!
//! # When to use
//!
//! To predict ratings from few, understandable numbers: each prediction is a mean over similar items (or users) that
//! can be listed. Training only counts, so a model is quickly updated.

use super::{Range, Recipe, Target};
use crate::check::{check_count, check_not_negative};
use crate::data::levels::{self, Levels};
use crate::data::{Csr, Ratings};
use crate::error::Result;
use crate::shapes::user_neighbours::{UserNeighboursSettings, Votes};
use crate::shapes::{ItemNeighbours, UserNeighbours};
use crate::similarity::{self, ItemColumns, Rests};
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of `knn-baseline`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KnnBaseline {
    /// Neighbours are similar `items` or similar `users`.
    pub neighbours_of: Side,
    /// k, number of neighbours averaged, ≥ 1; 40 as in Surprise.
    pub neighbours: usize,
    /// Common users (items), minus one, at which a similarity counts half, ≥ 0; 100 as in Surprise and Koren.
    pub shrinkage: f32,
    /// Similar items kept per item, ≥ 1; those in the user's history vote. Takes 8 bytes × items × this. Unused with
    /// `users`.
    pub remembered: usize,
    /// Number of alternating updates of item and user biases, ≥ 1; 10 as in Surprise.
    pub epochs: usize,
    /// Shrinkage of user biases, ≥ 0; 15 as in Surprise.
    pub reg_user: f32,
    /// Shrinkage of item biases, ≥ 0; 10 as in Surprise.
    pub reg_item: f32,
}

impl Default for KnnBaseline {
    fn default() -> Self {
        Self {
            neighbours_of: Side::Items,
            neighbours: 40,
            shrinkage: 100.0,
            remembered: 1000,
            epochs: levels::EPOCHS,
            reg_user: levels::REG_USER,
            reg_item: levels::REG_ITEM,
        }
    }
}

/// Whether neighbours are users or items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Similar items among those the user rated.
    Items,
    /// Similar users among those who rated the item.
    Users,
}

impl Recipe for KnnBaseline {
    fn target(&self) -> Target {
        Target::Rating
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::choice("neighbours_of", ["items", "users"]),
            Range::log_whole("neighbours", 10, 200),
            Range::real("shrinkage", 0.0, 300.0),
            Range::log("reg_user", 1.0, 50.0),
            Range::log("reg_item", 1.0, 50.0),
        ]
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        check_count("neighbours", self.neighbours)?;
        check_count("remembered", self.remembered)?;
        check_count("epochs", self.epochs)?;
        check_not_negative("shrinkage", self.shrinkage)?;
        check_not_negative("reg_user", self.reg_user)?;
        check_not_negative("reg_item", self.reg_item)?;
        let (matrix, neighbours) = (&train.by_user, self.neighbours);
        let (mean, popular) = (train.mean(), run.popularity(train));
        let baseline = Levels::fit(matrix, mean, self.epochs, self.reg_user, self.reg_item);
        match self.neighbours_of {
            Side::Items => {
                similarity::check_lists("remembered", self.remembered, matrix)?;
                let similar = self.similar(&similarity::levelled(baseline.rests(matrix)));
                Ok(ItemNeighbours::new(&similar, baseline, popular, neighbours).into())
            }
            Side::Users => {
                let Self { reg_user, shrinkage, .. } = *self;
                let votes = Votes::Deviations { mean, reg_user, shrinkage };
                let settings = UserNeighboursSettings { neighbours, votes };
                let model = UserNeighbours::new(matrix.clone(), settings, baseline.item_bias);
                Ok(model.with_popular(popular).into())
            }
        }
    }
}

impl KnnBaseline {
    /// Returns the most similar items of each item.
    fn similar(&self, rests: &Csr) -> Csr {
        let rows = similarity::map_sums(&ItemColumns::new(rests), Rests::add, |i, items, sums| {
            let similarity = |j: u32| match j as usize == i {
                true => 0.0,
                false => sums[j as usize].correlation(self.shrinkage),
            };
            similarity::largest(items, self.remembered, similarity)
        });
        Csr::from_rows(rests.cols(), rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;
    use crate::model::User;

    #[test]
    fn predictions_are_those_of_the_equation() {
        let mut rng = Rng::new(6, &[]);
        let row = |_| {
            let chosen: Vec<u32> = (0..25).filter(|_| rng.uniform() < 0.4).collect();
            chosen.into_iter().map(|i| (i, 1.0 + rng.below(5) as f32)).collect::<Vec<_>>()
        };
        let x = Csr::from_rows(25, (0..50).map(row).collect::<Vec<_>>());
        let train = Ratings {
            users: std::sync::Arc::new((0..50).map(|u| u.to_string()).collect()),
            items: std::sync::Arc::new((0..25).map(|i| i.to_string()).collect()),
            by_user: x.clone(),
            times: None,
        };
        let knn = KnnBaseline { neighbours: 3, shrinkage: 5.0, ..KnnBaseline::default() };
        let model = knn.fit(&train, &Run::default()).unwrap().model;
        let baseline = Levels::fit(&x, train.mean(), 10, 15.0, 10.0);
        let rests = baseline.rests(&x);
        let rest = |u: usize, i: u32| rests.row(u).get(i).map(f64::from);
        let similarity = |i: u32, j: u32| {
            let both: Vec<(f64, f64)> =
                (0..50).filter_map(|u| rest(u, i).zip(rest(u, j))).collect();
            let sum = |f: &dyn Fn(f64, f64) -> f64| both.iter().map(|p| f(p.0, p.1)).sum::<f64>();
            let others = both.len() as f64 - 1.0;
            let r = sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
            if i == j { 0.0 } else { r * others / (others + 5.0) }
        };
        let mut voted = 0;
        for u in 0..50 {
            let mut scores = [0.0; 25];
            let user = User::new_user(x.row(u));
            model.score(user, &(0..25).collect::<Vec<_>>(), &mut scores);
            for i in 0..25 {
                let mut near: Vec<(f64, f64)> =
                    (0..25).filter_map(|j| Some((similarity(i, j), rest(u, j)?))).collect();
                near.retain(|(s, _)| *s > 0.0);
                near.sort_by(|a, b| b.0.total_cmp(&a.0));
                near.truncate(3);
                let weight: f64 = near.iter().map(|(s, _)| s).sum();
                let vote: f64 = near.iter().map(|(s, r)| s * r).sum();
                let base = f64::from(baseline.of(baseline.user_bias(x.row(u)), i));
                let exact = base + if weight > 0.0 { vote / weight } else { 0.0 };
                let found = f64::from(scores[i as usize]);
                assert!((found - exact).abs() < 1e-4, "{found} for {exact}");
                voted += usize::from(near.len() == 3);
            }
        }
        assert!(voted > 400, "{voted}");
    }
}
