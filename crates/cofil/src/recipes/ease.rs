//! EASE: the best linear item-to-item model in closed form.
//!
//! Minimises ‖X − X W‖² + λ‖W‖² with diag W = 0. With G = XᵀX + λI and P = G⁻¹ the solution is
//! W_ji = −P_ji / P_ii for j ≠ i. Steck, "Embarrassingly shallow autoencoders for sparse data",
//! WWW 2019, equation 8.
//!
//! # When to use
//!
//! To rank with up to some 10,000 items: near the best on most data, in closed form with one setting. Time grows with
//! the cube of the number of items and memory with its square; `max_items` refuses more.

use super::suit::{self, Rule, Traits};
use super::{Range, Recipe, Target};
use crate::check::check_positive;
use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::math::real::square;
use crate::math::{inverse, parallel};
use crate::memory;
use crate::shapes::ItemWeights;
use crate::shapes::item_weights::Weights;
use crate::similarity;
use crate::train::{Fitted, Run};
use crate::watch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of `ease`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ease {
    /// λ, L2 penalty on item-to-item weights, > 0. Larger values give smoother, more popular recommendations. The
    /// best value grows with the interactions per item: of 20, 50, 100, 200, 300, 500 and 1000, NDCG@20 is highest at
    /// 20 on the dependencies of Debian packages (0.654; 0.603 at the default), 100 on anime (0.473; 0.472), 200 on
    /// FilmTrust, 300 on MovieLens-100K (0.357; 0.355) and 1000 on MovieLens-1M (0.338; 0.327). The default loses
    /// least over all five. The paper's best value on MovieLens-20M is 500.
    pub reg: f32,
    /// Maximum number of items; more are refused, and so are items that need more memory than is free. Memory grows
    /// with the square of their number (4.4 bytes per pair: 11 GB at 50,000), time with the cube.
    pub max_items: usize,
}

impl Default for Ease {
    fn default() -> Self {
        Self { reg: 200.0, max_items: 50_000 }
    }
}

impl Ease {
    /// Refuses data that would not fit into memory, of which `room` bytes are free, before anything is allocated.
    fn check_size(&self, items: usize, room: u64) -> Result<()> {
        // The weights and two panels of the inversion.
        let bytes = 4.4 * square(items as f64);
        let need = format!("{items} items need {:.0} GB of memory", 1e-9 * bytes);
        let instead = "use `item-knn`, whose memory does not grow with the square of their number";
        let says = if items > self.max_items {
            let limit = self.max_items;
            format!(
                "{need}, but the limit is {limit} items; drop rare items, {instead}, or raise the limit"
            )
        } else if bytes > room as f64 {
            let free = 1e-9 * room as f64;
            format!("{need}, but only {free:.1} GB are free; drop rare items, or {instead}")
        } else {
            return Ok(());
        };
        Err(Error::setting("max_items", says))
    }
}

impl Recipe for Ease {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        vec![Range::log("reg", 1.0, 10_000.0)]
    }

    fn rules(&self) -> &'static [Rule] {
        &[Rule {
            setting: "reg",
            rule: "4 m, from 10 to 1000, where m is the geometric mean of interactions per user and per item",
        }]
    }

    fn suit(&mut self, data: &Traits<'_>) {
        let middle = data.interactions / (data.users * data.items).sqrt();
        self.reg = suit::setting(4.0 * middle, 10.0, 1000.0);
    }

    fn fit(&self, train: &Ratings, _: &Run<'_>) -> Result<Fitted> {
        check_positive("reg", self.reg)?;
        self.check_size(train.items.len(), memory::room())?;
        let (x, unit) = similarity::in_units(&train.by_user);
        let mut weights = similarity::gram(&x);
        let (n, reg) = (weights.rows(), similarity::penalty(self.reg, unit));
        (0..n).for_each(|i| weights.row_mut(i)[i] += reg);
        inverse::invert_spd(&mut weights)?;
        let factors: Vec<f32> = (0..n).map(|i| -1.0 / weights.row(i)[i]).collect();
        let stage = watch::stage("item weights", n);
        parallel::for_each_chunk(weights.data_mut(), n, |j, row| {
            stage.add(1);
            row.iter_mut().zip(&factors).for_each(|(w, factor)| *w *= factor);
            // EASE's constraint: an item must not predict itself.
            row[j] = 0.0;
        });
        let popular = train.by_user.column_counts().iter().map(|&c| c as f32).collect();
        Ok(ItemWeights { weights: Weights::Dense(weights), popular }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Matrix;
    use crate::model::User;

    #[test]
    fn two_items_by_hand() {
        // X = [1 1; 1 0], λ = 1: G = [3 1; 1 2], P = [2 -1; -1 3] / 5, W_ab = 1/3, W_ba = 1/2.
        let train = Ratings::from_triples([("u", "a", 1.0), ("u", "b", 1.0), ("v", "a", 1.0)]);
        let (train, ease) = (train.unwrap(), Ease { reg: 1.0, ..Ease::default() });
        let model = ease.fit(&train, &Run::default()).unwrap().model;
        let mut scores = Matrix::zeros(2, 2);
        model.score_block(&[User::of(&train, 0), User::of(&train, 1)], &mut scores);
        for (score, exact) in scores.data().iter().zip([0.5, 1.0 / 3.0, 0.0, 1.0 / 3.0]) {
            assert!((score - exact).abs() < 1e-6, "{scores:?}");
        }
    }

    #[test]
    fn what_cannot_fit_is_refused_before_it_is_tried() {
        let train = Ratings::from_triples([("u", "a", 1.0), ("u", "b", 1.0)]).unwrap();
        let ease = Ease { max_items: 1, ..Ease::default() };
        let says = ease.fit(&train, &Run::default()).err().unwrap().to_string();
        assert!(says.starts_with("setting `max_items`: 2 items need 0 GB"), "{says}");
        assert!(says.ends_with("their number, or raise the limit"), "{says}");
    }

    #[test]
    fn what_memory_has_no_room_for_is_refused_whatever_the_limit() {
        let ease = Ease::default();
        assert!(ease.check_size(50_000, 11_000_000_001).is_ok());
        let says = ease.check_size(50_000, 10_900_000_000).unwrap_err().to_string();
        let start =
            "setting `max_items`: 50000 items need 11 GB of memory, but only 10.9 GB are free";
        assert!(says.starts_with(start) && !says.contains("raise"), "{says}");
        assert!(
            ease.check_size(50_001, u64::MAX).unwrap_err().to_string().contains("the limit is")
        );
    }
}
