//! Graph filters: scores from the graph of users and items, without training.
//!
//! With R̃ = D_u^−a X D_i^−b, where D_u and D_i are the sums of the rows and columns of X, P = R̃ᵀR̃ divided by its
//! largest eigenvalue, and V the first right singular vectors of R̃, the scores of a history x are
//!
//! s = (x P + w x D_i^−b V Vᵀ D_i^b) p(P), with p(λ) = Σ_{n ≤ 4} (−t λ)ⁿ / n!
//!
//! x P is the linear filter of LinkProp (Fu et al., WWW 2022) and Turbo-CF (Park et al., SIGIR 2024). The term with V
//! is the ideal low-pass filter that GF-CF adds (Shen et al., "How powerful is graph convolution for recommendation?",
//! CIKM 2021, equation 13). p sharpens the blurred scores as one step of BSPM does (Choi et al., "Blurring-sharpening
//! process models for collaborative filtering", SIGIR 2023, early merge, Runge–Kutta of order 4). P is never formed.
//! Values that are not positive are no edges.
//!
//! # When to use
//!
//! To rank on large, sparse data: on Gowalla it is ahead of `ials`, `slim` and `ease`, after one decomposition of a
//! sparse matrix. The model holds the training data, and a list costs time in proportion to them.

use super::{Range, Recipe, Target, check_vectors};
use crate::check::{check_count, check_not_negative, check_range};
use crate::data::{Csr, Ratings};
use crate::error::{Error, Result};
use crate::math::Rng;
use crate::math::real::power;
use crate::math::svd::{Effort, Filled};
use crate::memory::check_room;
use crate::shapes::GraphFilter as Filter;
use crate::shapes::graph_filter::{GraphFilterSettings, MOST_SHARPENING};
use crate::similarity;
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of `graph-filter`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GraphFilter {
    /// k, number of singular vectors of the low-rank term, ≥ 1; at most the smaller of the numbers of users and items
    /// are used.
    pub factors: usize,
    /// w, weight of the low-rank term, ≥ 0; 0 leaves it out.
    pub low_rank: f32,
    /// t, how far scores are sharpened, from 0 (not at all) to 2.7. Larger values favour items whose neighbours are
    /// few.
    pub sharpening: f32,
    /// a, exponent of a user's degree, from 0 to 1. Larger values give less weight to users with many items.
    pub user_exponent: f32,
    /// b, exponent of an item's degree, from 0 to 1. Larger values recommend rarer items.
    pub item_exponent: f32,
    /// Power iterations of the decomposition, ≥ 0.
    pub power_iterations: usize,
}

impl Default for GraphFilter {
    fn default() -> Self {
        Self {
            factors: 256,
            low_rank: 0.3,
            sharpening: 1.0,
            user_exponent: 0.5,
            item_exponent: 0.5,
            power_iterations: 3,
        }
    }
}

/// Columns of the random basis beyond k, as Halko et al. advise.
const OVERSAMPLING: usize = 10;

impl Recipe for GraphFilter {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::log_whole("factors", 16, 512),
            Range::real("low_rank", 0.0, 1.0),
            Range::real("sharpening", 0.0, 2.7),
            Range::real("user_exponent", 0.0, 1.0),
            Range::real("item_exponent", 0.0, 1.0),
        ]
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        self.check()?;
        let smaller = train.users.len().min(train.items.len());
        // Without the low-rank term, only the largest singular value is needed.
        let factors = if self.low_rank > 0.0 { self.factors.min(smaller) } else { 1 };
        let width = factors + OVERSAMPLING;
        check_vectors("factors", 3, train, width)?;
        // Five squares of double precision.
        check_room("factors", 10, (width, "columns of the basis"), width)?;
        let (mut edges, scale) = self.normalized(&train.by_user);
        let columns = edges.transposed();
        let filled = Filled { rows: (&edges).into(), columns: (&columns).into(), fill: 0.0 };
        let effort = Effort { oversampling: OVERSAMPLING, power_iterations: self.power_iterations };
        let svd = filled.decompose(factors, effort, &Rng::new(run.seed, &[]));
        let largest = svd.values[0];
        if largest <= 0.0 {
            return Err(Error::Unfit("no value is above 0, so there is no graph".into()));
        }
        edges.values_mut().iter_mut().for_each(|edge| *edge /= largest);
        let settings = GraphFilterSettings { low_rank: self.low_rank, sharpening: self.sharpening };
        let popular = train.by_user.column_counts().iter().map(|&c| c as f32).collect();
        Ok(Filter::new(edges, scale, svd.right, popular, settings).into())
    }
}

impl GraphFilter {
    fn check(&self) -> Result<()> {
        check_count("factors", self.factors)?;
        check_not_negative("low_rank", self.low_rank)?;
        check_range("sharpening", self.sharpening, 0.0, MOST_SHARPENING)?;
        check_range("user_exponent", self.user_exponent, 0.0, 1.0)?;
        check_range("item_exponent", self.item_exponent, 0.0, 1.0)
    }

    /// D_u^−a X D_i^−b, and D_i^b. All values are first multiplied by one number, which a division by the largest
    /// singular value undoes.
    fn normalized(&self, matrix: &Csr) -> (Csr, Vec<f32>) {
        let unit = similarity::unit(matrix.values().iter().copied());
        let edge = |x: f32| unit * f64::from(x.max(0.0));
        let mut of_items = vec![0f64; matrix.cols()];
        for (&i, &x) in matrix.columns().iter().zip(matrix.values()) {
            of_items[i as usize] += edge(x);
        }
        let scales = |degrees: &[f64], exponent: f32| -> Vec<f64> {
            let scale = |&d: &f64| if d > 0.0 { power(d, f64::from(exponent)) } else { 0.0 };
            degrees.iter().map(scale).collect()
        };
        let of_users: Vec<f64> =
            matrix.iter().map(|row| row.values.iter().map(|&x| edge(x)).sum()).collect();
        let (of_items, of_users) =
            (scales(&of_items, self.item_exponent), scales(&of_users, self.user_exponent));
        let mut edges = matrix.clone();
        for (u, scale) in of_users.iter().enumerate() {
            let range = matrix.starts()[u]..matrix.starts()[u + 1];
            let columns = &matrix.columns()[range.clone()];
            for (x, &i) in edges.values_mut()[range].iter_mut().zip(columns) {
                *x = match *x > 0.0 {
                    true => (edge(*x) / (scale * of_items[i as usize])) as f32,
                    false => 0.0,
                };
            }
        }
        (edges, of_items.into_iter().map(|scale| scale as f32).collect())
    }
}
