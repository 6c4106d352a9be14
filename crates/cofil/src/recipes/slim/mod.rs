//! SLIM: sparse item-to-item weights, each column an elastic-net regression on the other items.
//!
//! For every item i minimise ½‖x_i − X w‖² + λ₁‖w‖₁ + (λ₂/2)‖w‖² with w_i = 0 and, unless negative
//! weights are allowed, w ≥ 0. Ning & Karypis, "SLIM: sparse linear methods for top-N recommender
//! systems", ICDM 2011, equation 3 (its β is λ₂, its λ is λ₁).
//!
//! Solved by coordinate descent on the Gram matrix G = XᵀX (Friedman, Hastie & Tibshirani, "Regularization paths for
//! generalized linear models via coordinate descent", JSS 2010, section 2.2) over a working set of items, whose own
//! small Gram matrix stays in a near cache. All other items are checked for a nonzero weight only when the working
//! set is solved. The loop ends when none has one, so the result is that of descent over all items. In a large
//! catalogue most pairs of items have no user in common. G is then kept sparse, and time and memory grow with the
//! pairs that do.
//!
//! # When to use
//!
//! To rank with up to some 20,000 items: the default there, and near the best on most data. Weights are sparse, so
//! models are small and explanations short. Beyond that many items, training takes many minutes.

mod gram;

use super::suit::{self, Rule, Traits};
use super::{Range, Recipe, Target};
use crate::check::{check_not_negative, check_positive};
use crate::data::{Csr, Ratings};
use crate::error::Result;
use crate::math::{parallel, vector};
use crate::memory;
use crate::shapes::ItemWeights;
use crate::shapes::item_weights::Weights;
use crate::similarity;
use crate::train::{Fitted, Run};
use crate::watch;
use gram::Gram;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Maximum number of items that enter the working set at once.
const ENTERING: usize = 128;
/// Maximum number of sweeps over a working set, and of working sets: far more than needed.
const SWEEPS: usize = 100;
/// Number of items a thread takes at once.
const PIECE: usize = 16;

/// Settings of `slim`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Slim {
    /// λ₁, L1 penalty, ≥ 0. Larger values give fewer weights.
    pub l1: f32,
    /// λ₂, L2 penalty, > 0. Larger values give smoother predictions.
    pub l2: f32,
    /// Whether weights must be ≥ 0, as in the paper.
    pub non_negative: bool,
    /// Stopping tolerance: descent ends when no weight changes by more, > 0.
    pub tolerance: f32,
    /// Memory limit for item–item products in GB, > 0; data that may need more, or more than is free, is refused.
    /// They take 4 bytes per pair of items, or 8 per pair of interactions of a user if that is less (up to twice as
    /// much during computation).
    pub max_memory: f32,
}

impl Default for Slim {
    fn default() -> Self {
        Self { l1: 3.0, l2: 300.0, non_negative: true, tolerance: 1e-4, max_memory: 10.0 }
    }
}

impl Recipe for Slim {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        vec![Range::log("l1", 0.1, 30.0), Range::log("l2", 1.0, 3000.0)]
    }

    fn rules(&self) -> &'static [Rule] {
        &[
            Rule { setting: "l1", rule: "1/80 of the mean interactions per item, from 0.2 to 3" },
            Rule { setting: "l2", rule: "1.25 × the mean interactions per item, from 20 to 300" },
        ]
    }

    fn suit(&mut self, data: &Traits<'_>) {
        self.l1 = suit::setting(data.per_item() / 80.0, 0.2, 3.0);
        self.l2 = suit::setting(1.25 * data.per_item(), 20.0, 300.0);
    }

    fn fit(&self, train: &Ratings, _: &Run<'_>) -> Result<Fitted> {
        check_not_negative("l1", self.l1)?;
        check_positive("l2", self.l2)?;
        check_positive("tolerance", self.tolerance)?;
        check_positive("max_memory", self.max_memory)?;
        let items = train.items.len();
        gram::check_size(items, Gram::bytes(&train.by_user), self.max_memory, memory::room())?;
        let (x, unit) = similarity::in_units(&train.by_user);
        let gram = Gram::new(&x);
        let [l1, l2] = [self.l1, self.l2].map(|reg| similarity::penalty(reg, unit));
        let slim = Self { l1, l2, ..self.clone() };
        let stage = watch::stage("item weights", items);
        let columns = parallel::map_with(items, PIECE, Regression::default, |work, range| {
            let column = |i| {
                watch::check();
                let column = slim.column(&gram, i, work);
                stage.add(1);
                column
            };
            range.map(column).collect::<Vec<_>>()
        });
        drop(stage);
        // Row i of these is column i of W.
        let into = Csr::from_rows(items, columns.into_iter().flatten());
        let popular = train.by_user.column_counts().iter().map(|&c| c as f32).collect();
        Ok(ItemWeights { weights: Weights::Sparse(into.transposed()), popular }.into())
    }
}

/// Working memory of one thread.
#[derive(Default)]
struct Regression {
    /// Items of the working set.
    set: Vec<u32>,
    /// Their weights.
    weights: Vec<f32>,
    /// Their Gram matrix.
    small: Vec<f32>,
    /// Buffer for the next Gram matrix.
    grown: Vec<f32>,
    /// Xᵀ(x_i − X w), of all items or of the working set.
    pull: Vec<f32>,
    /// Items about to enter, with the weight each would get.
    entering: Vec<(u32, f32)>,
}

impl Regression {
    /// Removes items with weight 0 from the working set.
    fn shrink(&mut self) {
        let Self { set, weights, small, .. } = self;
        let m = set.len();
        let kept: Vec<usize> = (0..m).filter(|&c| weights[c] != 0.0).collect();
        let mut to = 0;
        for &a in &kept {
            for &b in &kept {
                // Every cell is read before it is overwritten.
                small[to] = small[a * m + b];
                to += 1;
            }
        }
        small.truncate(to);
        let mut weighs = weights.iter().map(|w| *w != 0.0);
        set.retain(|_| weighs.next().expect("one weight for each"));
        weights.retain(|w| *w != 0.0);
    }

    /// Adds the entering items to the working set.
    fn grow(&mut self, gram: &Gram) {
        let Self { set, weights, small, grown, entering, .. } = self;
        let kept = set.len();
        set.extend(entering.iter().map(|&(j, _)| j));
        let m = set.len();
        weights.resize(m, 0.0);
        grown.clear();
        for a in 0..kept {
            grown.extend_from_slice(&small[a * kept..(a + 1) * kept]);
            grown.resize((a + 1) * m, 0.0);
        }
        for &j in &set[kept..] {
            gram.append(grown, j, set);
        }
        for a in 0..kept {
            for c in kept..m {
                grown[a * m + c] = grown[c * m + a];
            }
        }
        std::mem::swap(small, grown);
    }
}

impl Slim {
    /// Solves the regression of item `i`; returns the items with nonzero weight, ascending.
    fn column(&self, gram: &Gram, i: usize, work: &mut Regression) -> Vec<(u32, f32)> {
        work.set.clear();
        work.weights.clear();
        work.small.clear();
        for _ in 0..SWEEPS {
            if !self.enlarge(gram, i, work) {
                break;
            }
            self.descend(gram, i, work);
        }
        let weights = work.set.iter().copied().zip(work.weights.iter().copied());
        let mut weights: Vec<(u32, f32)> = weights.filter(|(_, w)| *w != 0.0).collect();
        weights.sort_unstable_by_key(|&(j, _)| j);
        weights
    }

    /// Drops items with weight 0 from the working set and adds those that would get a weight above the tolerance, the
    /// largest first. Returns whether there were any.
    fn enlarge(&self, gram: &Gram, i: usize, work: &mut Regression) -> bool {
        work.shrink();
        let Regression { set, weights, pull, entering, .. } = work;
        pull.clear();
        pull.resize(gram.squares.len(), 0.0);
        gram.add(pull, 1.0, i as u32);
        for (&j, &w) in set.iter().zip(&*weights) {
            gram.add(pull, -w, j);
        }
        // An item must not predict itself, and items in the set need not enter again.
        set.iter().for_each(|&j| pull[j as usize] = 0.0);
        pull[i] = 0.0;
        entering.clear();
        for ((j, &pull), &square) in (0u32..).zip(&*pull).zip(&gram.squares) {
            let wish = if self.non_negative { pull } else { pull.abs() };
            let weight = (wish - self.l1) / (square + self.l2);
            if weight > self.tolerance {
                entering.push((j, weight));
            }
        }
        if entering.len() > ENTERING {
            let largest = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
            entering.select_nth_unstable_by(ENTERING, largest);
            entering.truncate(ENTERING);
            entering.sort_unstable_by_key(|&(j, _)| j);
        }
        work.grow(gram);
        !work.entering.is_empty()
    }

    /// Coordinate descent over the working set.
    fn descend(&self, gram: &Gram, i: usize, work: &mut Regression) {
        let Regression { set, weights, small, pull, .. } = work;
        let m = set.len();
        pull.clear();
        gram.append(pull, i as u32, set);
        for (c, &w) in weights.iter().enumerate().filter(|(_, w)| **w != 0.0) {
            vector::add_scaled(pull, -w, &small[c * m..(c + 1) * m]);
        }
        for _ in 0..SWEEPS {
            let mut moved = 0f32;
            for c in 0..m {
                let row = &small[c * m..(c + 1) * m];
                let old = weights[c];
                let wish = row[c].mul_add(old, pull[c]);
                let size = (wish.abs() - self.l1).max(0.0);
                let size = if self.non_negative && wish < 0.0 { 0.0 } else { size.copysign(wish) };
                let new = size / (row[c] + self.l2);
                if new != old {
                    vector::add_scaled(pull, old - new, row);
                    weights[c] = new;
                    moved = moved.max((new - old).abs());
                }
            }
            if moved <= self.tolerance {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::gram::Products;
    use super::*;
    use crate::data::Row;
    use crate::math::Rng;

    fn ratings(items: usize) -> Csr {
        let mut rng = Rng::new(3, &[]);
        let rows: Vec<Vec<(u32, f32)>> = (0..80)
            .map(|u| {
                let mut row = Vec::new();
                for i in 0..items as u32 {
                    // Two tastes, so that there is something to learn.
                    let likes = if (u + i) % 2 == 0 { 0.5 } else { 0.15 };
                    if rng.uniform() < likes {
                        row.push((i, 1.0 + rng.below(3) as f32));
                    }
                }
                row
            })
            .collect();
        Csr::from_rows(items, rows)
    }

    /// Plain coordinate descent over all items until convergence, in `f64`.
    fn naive(slim: &Slim, x: &Csr, i: usize) -> Vec<f64> {
        let n = x.cols();
        let value = |u: usize, j: usize| f64::from(x.row(u).get(j as u32).unwrap_or(0.0));
        let product =
            |a: usize, b: usize| (0..x.rows()).map(|u| value(u, a) * value(u, b)).sum::<f64>();
        let gram: Vec<Vec<f64>> = (0..n).map(|a| (0..n).map(|b| product(a, b)).collect()).collect();
        let (l1, l2) = (f64::from(slim.l1), f64::from(slim.l2));
        let mut w = vec![0.0; n];
        for _ in 0..2000 {
            for j in (0..n).filter(|&j| j != i) {
                let others: f64 = (0..n).filter(|&k| k != j).map(|k| gram[j][k] * w[k]).sum();
                let wish = gram[i][j] - others;
                let size = (wish.abs() - l1).max(0.0) * wish.signum();
                w[j] = if slim.non_negative { size.max(0.0) } else { size } / (gram[j][j] + l2);
            }
        }
        w
    }

    #[test]
    fn working_sets_find_what_plain_descent_finds() {
        // More items than may enter at once.
        let x = ratings(2 * ENTERING + 7);
        let train = Ratings {
            users: std::sync::Arc::new((0..80).map(|u| u.to_string()).collect()),
            items: std::sync::Arc::new((0..x.cols()).map(|i| i.to_string()).collect()),
            by_user: x.clone(),
            times: None,
        };
        for non_negative in [true, false] {
            let slim = Slim { l1: 4.0, l2: 20.0, non_negative, tolerance: 1e-6, ..Slim::default() };
            let gram = Gram::new(&x);
            assert!(matches!(gram.products, Products::Dense(_)));
            let sparse = Gram::sparse(&x);
            assert_eq!(sparse.squares, gram.squares);
            let mut negative = 0;
            for i in [0, 1, 50] {
                let found = slim.column(&gram, i, &mut Regression::default());
                assert_eq!(slim.column(&sparse, i, &mut Regression::default()), found);
                let mut dense = vec![0.0; x.cols()];
                found.iter().for_each(|&(j, w)| dense[j as usize] = f64::from(w));
                for (j, (found, exact)) in dense.iter().zip(naive(&slim, &x, i)).enumerate() {
                    assert!((found - exact).abs() < 1e-4, "{j} for {i}: {found}, exactly {exact}");
                }
                assert!(found.len() > 3 && found.iter().all(|&(j, _)| j as usize != i));
                negative += found.iter().filter(|(_, w)| *w < 0.0).count();
            }
            assert_eq!(negative == 0, non_negative);
            assert!(slim.fit(&train, &Run::default()).is_ok());
        }
    }

    #[test]
    fn large_catalogues_take_the_memory_of_the_pairs_that_occur() {
        // Every user has two items of their own: 4 products each, while all pairs would be 40,000.
        let x = Csr::from_rows(200, (0..100u32).map(|u| [(2 * u, 1.0), (2 * u + 1, 1.0)]));
        assert_eq!(Gram::bytes(&x), 8 * 400);
        let Products::Sparse(products) = Gram::new(&x).products else { panic!("dense") };
        assert_eq!(products.nnz(), 400);
        let train = Ratings {
            users: std::sync::Arc::new((0..100).map(|u| u.to_string()).collect()),
            items: std::sync::Arc::new((0..200).map(|i| i.to_string()).collect()),
            by_user: x,
            times: None,
        };
        let slim = Slim { l1: 0.0, l2: 1.0, ..Slim::default() };
        let model = slim.fit(&train, &Run::default()).unwrap().model;
        let mut scores = [0.0; 3];
        let history = Row { columns: &[6], values: &[1.0] };
        model.score(crate::model::User::new_user(history), &[6, 7, 8], &mut scores);
        assert_eq!(scores, [0.0, 0.5, 0.0]);
        let small = Slim { max_memory: 1e-6, ..slim };
        let told = small.fit(&train, &Run::default()).err().unwrap().to_string();
        assert!(
            told.contains("max_memory") && told.contains("200 items may take 0.0 GB"),
            "{told}"
        );
    }

    #[test]
    fn two_items_by_hand() {
        // G_ab = 1, G_aa = 2, G_bb = 1: W_ba = (1 - 0.5) / (1 + 1), W_ab = (1 - 0.5) / (2 + 1).
        let train = Ratings::from_triples([("u", "a", 1.0), ("u", "b", 1.0), ("v", "a", 1.0)]);
        let slim = Slim { l1: 0.5, l2: 1.0, ..Slim::default() };
        let model = slim.fit(&train.unwrap(), &Run::default()).unwrap().model;
        let tensors = model.tensors();
        assert!(!tensors.is_empty());
        let mut scores = [0.0; 2];
        let history = Row { columns: &[0], values: &[1.0] };
        model.score(crate::model::User::new_user(history), &[0, 1], &mut scores);
        assert!((scores[1] - 0.5 / 3.0).abs() < 1e-6 && scores[0] == 0.0, "{scores:?}");
    }
}
