//! EASE: the best linear item-to-item model in closed form.
//!
//! Minimises Σ_u c_u ‖x_u − x_u W‖² + Σ_ji λ_j W_ji² with diag W = 0. With G = XᵀCX + Λ and P = G⁻¹ the solution is
//! W_ji = −P_ji / P_ii for j ≠ i. By default c = 1 and λ_j = λ: Steck, "Embarrassingly shallow autoencoders for sparse
//! data", WWW 2019, equation 8.
//!
//! - `dropout` p adds p / (1 − p) (XᵀCX)_jj to λ_j, which is training with entries dropped at random, on average: Steck,
//!   "Autoencoders that don't overfit towards the identity", NeurIPS 2020, equation 6.
//! - `user_exponent` β gives users the weights c_u ∝ n_u^−β, and `item_exponent` γ multiplies λ by (n_j / n̄)^γ. Both
//!   follow Park et al., "Why is normalization necessary for linear recommenders?", SIGIR 2025; weights and penalties
//!   are scaled such that `reg` keeps its meaning.
//! - `neighbours` m restricts W_ji to the m items j most similar to i. Only the inverses of G restricted to an item and
//!   its neighbours are computed: a sparse approximate inverse, as for Markov random fields by Steck, NeurIPS 2019.
//!
//! # When to use
//!
//! To rank with up to some 10,000 items: near the best on most data, in closed form with one setting. Time grows with
//! the cube of the number of items and memory with its square; `max_items` refuses more. For more items, set
//! `neighbours`: time and memory then grow with the number of items.

mod sparse;

use super::suit::{self, Rule, Traits};
use super::{Range, Recipe, Target};
use crate::check::{check_positive, check_range, check_share};
use crate::data::prose::count;
use crate::data::{Csr, Ratings};
use crate::error::{Error, Result};
use crate::math::real::{power, square};
use crate::math::{Matrix, inverse, parallel};
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
    /// p, share of the entries dropped, from 0 to below 1. Weights rely less on popular items.
    pub dropout: f32,
    /// β, from 0 to 1: users with n interactions count n^−β. With 0 each interaction counts the same, with 1 each user.
    pub user_exponent: f32,
    /// γ, from −1 to 1: the penalty of the weights from an item with n interactions is in proportion to n^γ.
    pub item_exponent: f32,
    /// m, number of items that an item gets weights from: the most similar ones. 0: all, which needs memory for the
    /// weights between all items.
    pub neighbours: usize,
    /// Maximum number of items; more are refused, and so are items that need more memory than is free. Memory grows
    /// with the square of their number (4.4 bytes per pair: 11 GB at 50,000), time with the cube.
    pub max_items: usize,
}

impl Default for Ease {
    fn default() -> Self {
        Self {
            reg: 200.0,
            dropout: 0.0,
            user_exponent: 0.0,
            item_exponent: 0.0,
            neighbours: 0,
            max_items: 50_000,
        }
    }
}

/// Leaves no weight beside values near 1.
const MOST_PENALTY: f64 = 1e30;
/// Up to this number of items, weights between all of them are the default.
const ALL: f64 = 20_000.0;
/// The default of `neighbours` beyond.
const NEIGHBOURS: usize = 200;

impl Ease {
    /// Refuses data that would not fit into memory, of which `room` bytes are free, before anything is allocated.
    fn check_size(&self, items: usize, room: u64) -> Result<()> {
        // The weights and two panels of the inversion.
        let bytes = 4.4 * square(items as f64);
        let need = format!("{} need {:.1} GB of memory", count(items, "item"), 1e-9 * bytes);
        let instead =
            "set `neighbours` (such as 200), so that only the most similar ones get weights";
        let says = if items > self.max_items {
            let limit = count(self.max_items, "item");
            format!(
                "{need}, but the limit is {limit}; drop rare items, {instead}, or raise the limit"
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
        vec![
            Range::log("reg", 1.0, 10_000.0),
            Range::real("dropout", 0.0, 0.8),
            Range::real("user_exponent", 0.0, 1.0),
            Range::real("item_exponent", -0.5, 0.5),
        ]
    }

    fn rules(&self) -> &'static [Rule] {
        &[
            Rule {
                setting: "reg",
                rule: "4 m, from 10 to 1000, where m is the geometric mean of interactions per user and per item",
            },
            Rule { setting: "neighbours", rule: "0 (all) up to 20,000 items, 200 beyond" },
        ]
    }

    fn suit(&mut self, data: &Traits<'_>) {
        let middle = data.interactions / (data.users * data.items).sqrt();
        self.reg = suit::setting(4.0 * middle, 10.0, 1000.0);
        self.neighbours = if data.items > ALL { NEIGHBOURS } else { 0 };
    }

    fn fit(&self, train: &Ratings, _: &Run<'_>) -> Result<Fitted> {
        check_positive("reg", self.reg)?;
        check_share("dropout", self.dropout)?;
        check_range("user_exponent", self.user_exponent, 0.0, 1.0)?;
        check_range("item_exponent", self.item_exponent, -1.0, 1.0)?;
        let popular = train.by_user.column_counts().iter().map(|&c| c as f32).collect();
        let (mut x, unit) = similarity::in_units(&train.by_user);
        if self.user_exponent > 0.0 {
            weigh_users(x.to_mut(), self.user_exponent);
        }
        let penalties = self.penalties(&x, similarity::penalty(self.reg, unit));
        let weights = match self.neighbours {
            0 => {
                self.check_size(train.items.len(), memory::room())?;
                Weights::Dense(dense(&x, &penalties)?)
            }
            m => {
                similarity::check_lists("neighbours", m, &x)?;
                Weights::Sparse(sparse::weights(&x, &penalties, m)?)
            }
        };
        Ok(ItemWeights { weights, popular }.into())
    }
}

impl Ease {
    /// λ_j for each column of √C X, with λ = `reg`.
    fn penalties(&self, x: &Csr, reg: f32) -> Vec<f32> {
        let counts = x.column_counts();
        let mean = (x.nnz() as f64 / x.cols() as f64).max(f64::MIN_POSITIVE);
        let mut squares = vec![0f64; x.cols()];
        for (&j, &value) in x.columns().iter().zip(x.values()) {
            squares[j as usize] += square(f64::from(value));
        }
        let dropped = f64::from(self.dropout) / (1.0 - f64::from(self.dropout));
        let penalty = |(&count, square): (&u32, f64)| {
            // An item without interactions has no weights, whatever its penalty.
            let relative = f64::from(count.max(1)) / mean;
            let reg = f64::from(reg) * power(relative, f64::from(self.item_exponent));
            (reg + dropped * square).min(MOST_PENALTY) as f32
        };
        counts.iter().zip(squares).map(penalty).collect()
    }
}

/// Multiplies the values of users with n entries by √c, for weights c ∝ n^−`exponent` whose mean over all entries is 1.
fn weigh_users(x: &mut Csr, exponent: f32) {
    let weight = |n: usize| power(n.max(1) as f64, -f64::from(exponent));
    let sum: f64 = x.iter().map(|row| row.len() as f64 * weight(row.len())).sum();
    let mean = (sum / x.nnz() as f64).max(f64::MIN_POSITIVE);
    let lengths: Vec<usize> = x.iter().map(|row| row.len()).collect();
    let mut values = x.values_mut();
    for n in lengths {
        let (row, rest) = values.split_at_mut(n);
        let root = (weight(n) / mean).sqrt();
        row.iter_mut().for_each(|value| *value = (f64::from(*value) * root) as f32);
        values = rest;
    }
}

/// W of all pairs of items.
fn dense(x: &Csr, penalties: &[f32]) -> Result<Matrix> {
    let mut weights = similarity::gram(x);
    let n = weights.rows();
    (0..n).for_each(|i| weights.row_mut(i)[i] += penalties[i]);
    inverse::invert_spd(&mut weights)?;
    let factors: Vec<f32> = (0..n).map(|i| -1.0 / weights.row(i)[i]).collect();
    let stage = watch::stage("item weights", n);
    parallel::for_each_chunk(weights.data_mut(), n, |j, row| {
        stage.add(1);
        row.iter_mut().zip(&factors).for_each(|(w, factor)| *w *= factor);
        // EASE's constraint: an item must not predict itself.
        row[j] = 0.0;
    });
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;
    use crate::model::User;

    /// W by the normal equations of each item, restricted to `neighbours` of it, in `f64`.
    fn naive(ease: &Ease, x: &Csr, neighbours: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<f64>> {
        let n = x.cols();
        let count = |i: usize| x.iter().filter(|row| row.get(i as u32).is_some()).count() as f64;
        let of_user = |len: usize| (len as f64).powf(-f64::from(ease.user_exponent));
        let mean = x.iter().map(|row| row.len() as f64 * of_user(row.len())).sum::<f64>();
        let gram = |j: usize, i: usize| -> f64 {
            let of =
                |row: crate::data::Row<'_>, i: usize| f64::from(row.get(i as u32).unwrap_or(0.0));
            let term = |row| of(row, j) * of(row, i) * of_user(row.len());
            x.iter().map(term).sum::<f64>() * x.nnz() as f64 / mean
        };
        let mut weights = vec![vec![0.0; n]; n];
        for i in 0..n {
            let chosen = neighbours(i);
            let mut system: Vec<Vec<f64>> = chosen
                .iter()
                .map(|&j| {
                    let mut row: Vec<f64> = chosen.iter().map(|&l| gram(j, l)).collect();
                    let at = chosen.iter().position(|&l| l == j).unwrap();
                    let relative = count(j).max(1.0) * n as f64 / x.nnz() as f64;
                    let p = f64::from(ease.dropout);
                    row[at] += f64::from(ease.reg) * relative.powf(f64::from(ease.item_exponent))
                        + p / (1.0 - p) * gram(j, j);
                    row.push(gram(j, i));
                    row
                })
                .collect();
            // Gauss–Jordan; the matrix is positive definite.
            for c in 0..chosen.len() {
                let pivot = system[c].clone();
                for (r, row) in system.iter_mut().enumerate().filter(|(r, _)| *r != c) {
                    let factor = row[c] / pivot[c];
                    row.iter_mut().zip(&pivot).for_each(|(x, p)| *x -= factor * p);
                    assert!(r < chosen.len());
                }
            }
            for (c, &j) in chosen.iter().enumerate() {
                weights[j][i] = system[c][chosen.len()] / system[c][c];
            }
        }
        weights
    }

    fn random() -> Ratings {
        let mut rng = Rng::new(7, &[]);
        let mut triples = Vec::new();
        for u in 0..60 {
            for i in 0..12 {
                if rng.uniform() < 0.3 + 0.04 * i as f32 {
                    triples.push((format!("{u}"), format!("{i}"), 0.5 + rng.uniform()));
                }
            }
        }
        Ratings::from_triples(triples.iter().map(|(u, i, x)| (u.as_str(), i.as_str(), *x))).unwrap()
    }

    fn check(ease: &Ease, train: &Ratings, neighbours: impl Fn(usize) -> Vec<usize>) {
        let model = ease.fit(train, &Run::default()).unwrap().model;
        let (n, exact) = (train.items.len(), naive(ease, &train.by_user, neighbours));
        let all: Vec<u32> = (0..n as u32).collect();
        for (j, exact) in exact.iter().enumerate() {
            let history = crate::data::Row { columns: &[j as u32], values: &[1.0] };
            let mut found = vec![0.0; n];
            model.score(User::new_user(history), &all, &mut found);
            for (i, (found, exact)) in found.iter().zip(exact).enumerate() {
                assert!(
                    (f64::from(*found) - exact).abs() < 1e-4,
                    "{j} to {i}: {found} for {exact}"
                );
            }
        }
    }

    #[test]
    fn weights_solve_the_normal_equations() {
        let train = random();
        let all = |i: usize| (0..train.items.len()).filter(|&j| j != i).collect();
        for (dropout, user_exponent, item_exponent) in
            [(0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.7, 0.0), (0.3, 0.5, 0.4), (0.2, 1.0, -0.5)]
        {
            for neighbours in [0, train.items.len()] {
                let ease = Ease {
                    reg: 2.0,
                    dropout,
                    user_exponent,
                    item_exponent,
                    neighbours,
                    ..Ease::default()
                };
                check(&ease, &train, all);
            }
        }
    }

    #[test]
    fn only_the_most_similar_items_get_weights() {
        let (train, reg) = (random(), 3.0);
        let ease = Ease { reg, neighbours: 4, dropout: 0.2, ..Ease::default() };
        let x = &train.by_user;
        let product = |j: usize, i: usize| -> f64 {
            let of =
                |row: crate::data::Row<'_>, i: usize| f64::from(row.get(i as u32).unwrap_or(0.0));
            x.iter().map(|row| of(row, j) * of(row, i)).sum()
        };
        let size = |j: usize| (product(j, j) * 1.25 + f64::from(reg)).sqrt();
        let nearest = |i: usize| {
            let mut others: Vec<usize> = (0..x.cols()).filter(|&j| j != i).collect();
            let similar = |j: usize| product(j, i) / size(j);
            others.sort_by(|&a, &b| similar(b).total_cmp(&similar(a)));
            others.truncate(4);
            others.sort_unstable();
            others
        };
        check(&ease, &train, nearest);
    }

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
        assert!(says.starts_with("setting `max_items`: 2 items need 0.0 GB"), "{says}");
        assert!(says.ends_with("get weights, or raise the limit"), "{says}");
    }

    #[test]
    fn what_memory_has_no_room_for_is_refused_whatever_the_limit() {
        let ease = Ease::default();
        assert!(ease.check_size(50_000, 11_000_000_001).is_ok());
        let says = ease.check_size(50_000, 10_900_000_000).unwrap_err().to_string();
        let start =
            "setting `max_items`: 50,000 items need 11.0 GB of memory, but only 10.9 GB are free";
        assert!(says.starts_with(start) && !says.contains("raise"), "{says}");
        assert!(
            ease.check_size(50_001, u64::MAX).unwrap_err().to_string().contains("the limit is")
        );
    }
}
