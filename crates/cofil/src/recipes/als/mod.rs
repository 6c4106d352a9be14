//! Alternating least squares: with the items fixed, each user is a ridge regression, and the other way round. One
//! epoch solves all items, then all users, so a trained user equals the fold-in of the same history.
//!
//! `als` learns values: Σ (r − μ − b_u − b_i − p_u·q_i)² + λ Σ_u n_u^ν (‖p_u‖² + b_u²) + λ Σ_i n_i^ν (‖q_i‖² + b_i²)
//! over known entries, with r in the unit of [`Scale`]. ν = 1 is the weighted λ of Zhou et al., "Large-scale parallel
//! collaborative filtering for the Netflix prize", AAIM 2008.
//!
//! `ials` learns preferences from interactions: Σ_known w (p_u·q_i − t)² + α₀ Σ_all (p_u·q_i)² + λ Σ_u (n_u + α₀
//! items)^ν ‖p_u‖² + λ Σ_i (n_i + α₀ users)^ν ‖q_i‖². Hu, Koren, Volinsky, "Collaborative filtering for implicit
//! feedback datasets", ICDM 2008, in the form of Rendle et al., "Revisiting the performance of iALS on item
//! recommendation benchmarks", RecSys 2022. [`confidence`] gives the weight w and target t of a value. The sum over
//! all pairs costs one Gram matrix.
//!
//! # When to use
//!
//! `als`: to predict ratings when a new user's predictions should equal those after training again, because a trained
//! user is the fold-in of the same history.
//!
//! `ials`: to rank when there are many items, many users, or both: its cost grows with the number of interactions. The
//! vectors suit approximate search, explanations are exact, and new users are folded in as they would be trained. Tune
//! `unobserved_weight` and `reg` together.

use super::suit::{self, Rule, Traits};
use super::{Range, Recipe, Target, check_vectors};
use crate::check::{check_count, check_not_negative};
use crate::data::{Csr, Ratings};
use crate::error::Result;
use crate::math::lanes::padded;
use crate::math::normal::{Half, Objective, Solver};
use crate::math::real::power;
use crate::math::{Matrix, Rng, syrk};
use crate::memory::check_room;
use crate::recipes::scale::Scale;
use crate::recipes::settings::settings;
use crate::shapes::factors::{FactorsSettings, ScoreFunction};
use crate::shapes::fold_in::confidence;
use crate::shapes::{Factors, FoldIn};
use crate::train::{Fitted, Learner, Loss, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How each ridge regression is solved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Exactly.
    #[default]
    Cholesky,
    /// A few steps of conjugate gradients from the last epoch's solution: faster, slightly less accurate.
    Cg,
}

settings! {
    /// Settings of `als`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Als: vectors, least_squares {
        /// λ, L2 penalty on vectors and biases, ≥ 0.
        pub reg: f32,
    }
}

impl Default for Als {
    fn default() -> Self {
        Self {
            factors: 32,
            epochs: 20,
            reg: 0.08,
            reg_exponent: 1.0,
            solver: Method::Cholesky,
            cg_steps: 3,
            init_scale: 0.1,
        }
    }
}

settings! {
    /// Settings of `ials`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Ials: vectors, least_squares {
        /// λ, L2 penalty on vectors, ≥ 0; tune together with `unobserved_weight`. The default pair is a compromise
        /// between data sets (docs/tuning.md).
        pub reg: f32,
        /// α₀, weight of "no interaction", ≥ 0, where an interaction weighs 1. Use larger values for dense data; see
        /// `reg`.
        pub unobserved_weight: f32,
        /// Confidence per unit of value, ≥ 0: an interaction of value v weighs 1 + alpha · |v|. At 0 all count the
        /// same. The α of Hu, Koren and Volinsky is alpha / unobserved_weight.
        pub alpha: f32,
    }
}

impl Default for Ials {
    fn default() -> Self {
        Self {
            factors: 64,
            epochs: 16,
            reg: 0.007,
            reg_exponent: 1.0,
            unobserved_weight: 0.15,
            alpha: 0.0,
            solver: Method::Cholesky,
            cg_steps: 3,
            init_scale: 0.1,
        }
    }
}

impl Recipe for Als {
    fn target(&self) -> Target {
        Target::Rating
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::log_whole("factors", 8, 128),
            Range::whole("epochs", 4, 30),
            Range::log("reg", 0.005, 0.5),
        ]
    }

    fn rules(&self) -> &'static [Rule] {
        &[Rule {
            setting: "reg",
            rule: "0.12 v, or 0.3 v if the residuals of user and item biases show no structure, where v is their \
                   variance in units of the scale; from 0.01 to 0.5",
        }]
    }

    fn suit(&mut self, data: &Traits<'_>) {
        self.reg = data.penalty(0.12, 0.3, 0.5).unwrap_or(self.reg);
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        check_factors(self.factors, train)?;
        check_count("epochs", self.epochs)?;
        check_not_negative("reg", self.reg)?;
        check_not_negative("reg_exponent", self.reg_exponent)?;
        check_not_negative("init_scale", self.init_scale)?;
        check_count("cg_steps", self.cg_steps)?;
        let scale = Scale::of(train);
        let values = scale.matrix(&train.by_user);
        let tables = Tables::new(values, true, run.popularity(train), self.factors)
            .with_random_users(self.init_scale, run.seed);
        let mut learner = AlsLearner { settings: self, scale, tables };
        Ok(run.learn(&mut learner, train, self.epochs)?.boxed())
    }
}

impl Recipe for Ials {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            // A trial with 256 factors takes eight times as long.
            Range::log_whole("factors", 16, 128),
            Range::whole("epochs", 4, 24),
            Range::log("reg", 0.0005, 0.1),
            Range::log("unobserved_weight", 0.003, 2.0),
        ]
    }

    fn rules(&self) -> &'static [Rule] {
        &[
            Rule {
                setting: "unobserved_weight",
                rule: "5 d^0.75, where d is the density (share of pairs that occur); from 0.005 to 1",
            },
            Rule {
                setting: "reg",
                rule: "the largest of 0.003, min(0.01, 0.46 / ∛n) and min(0.02, 2.2 / (h + w m)), where n is the number of \
                       interactions, m of items, h of interactions per user, and w the weight of unobserved entries",
            },
        ]
    }

    fn suit(&mut self, data: &Traits<'_>) {
        self.unobserved_weight = suit::setting(5.0 * power(data.density(), 0.75), 0.005, 1.0);
        let usual = (0.01 * power(1e5 / data.interactions, 1.0 / 3.0)).clamp(0.003, 0.01);
        // The penalty of a user's vector grows with the number of items: with few of them it would be next to none.
        let entries =
            data.interactions / data.users + f64::from(self.unobserved_weight) * data.items;
        self.reg = suit::setting(usual.max((2.2 / entries).min(0.02)), 0.003, 0.02);
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        check_factors(self.factors, train)?;
        check_count("epochs", self.epochs)?;
        check_not_negative("reg", self.reg)?;
        check_not_negative("reg_exponent", self.reg_exponent)?;
        check_not_negative("unobserved_weight", self.unobserved_weight)?;
        check_not_negative("alpha", self.alpha)?;
        check_not_negative("init_scale", self.init_scale)?;
        check_count("cg_steps", self.cg_steps)?;
        let values = Cow::Borrowed(&train.by_user);
        let tables = Tables::new(values, self.alpha > 0.0, run.popularity(train), self.factors)
            .with_random_users(self.init_scale, run.seed);
        let mut learner = IalsLearner { settings: self, tables };
        Ok(run.learn(&mut learner, train, self.epochs)?.boxed())
    }
}

/// Refuses vectors, or the matrix of a regression, that do not fit into memory.
fn check_factors(factors: usize, train: &Ratings) -> Result<()> {
    check_count("factors", factors)?;
    check_vectors("factors", 2, train, factors)?;
    check_room("factors", 2, (factors, "factors"), factors)
}

/// The data by item.
struct ByItem {
    starts: Vec<usize>,
    /// The user of each entry.
    users: Vec<u32>,
    /// `None` if values do not count.
    values: Option<Vec<f32>>,
}

/// The data and parameters of both algorithms: vectors padded to a multiple of 16, and biases.
struct Tables<'a> {
    by_user: Cow<'a, Csr>,
    by_item: ByItem,
    popular: Vec<f32>,
    factors: usize,
    users: Matrix,
    items: Matrix,
    user_bias: Vec<f32>,
    item_bias: Vec<f32>,
}

impl<'a> Tables<'a> {
    /// All parameters are 0. Unless `valued`, every entry counts the same.
    fn new(by_user: Cow<'a, Csr>, valued: bool, popular: Vec<f32>, factors: usize) -> Self {
        let (rows, cols, width) = (by_user.rows(), by_user.cols(), padded(factors));
        let by_item = match valued {
            true => {
                let (starts, users, values) = by_user.transposed().into_parts();
                ByItem { starts, users, values: Some(values) }
            }
            false => {
                let (starts, users) = by_user.transposed_places();
                ByItem { starts, users, values: None }
            }
        };
        Self {
            by_user,
            by_item,
            popular,
            factors,
            users: Matrix::zeros(rows, width),
            items: Matrix::zeros(cols, width),
            user_bias: vec![0.0; rows],
            item_bias: vec![0.0; cols],
        }
    }

    /// Random vectors for the users; the first half epoch computes those of the items.
    fn with_random_users(mut self, scale: f32, seed: u64) -> Self {
        let deviation = scale / (self.factors as f32).sqrt();
        let start = Rng::new(seed, &[0]);
        for (u, _) in self.by_user.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
            let mut rng = start.piece(u as u64);
            self.users.row_mut(u)[..self.factors].fill_with(|| deviation * rng.normal());
        }
        self
    }

    fn state(&mut self) -> Vec<&mut [f32]> {
        vec![self.users.data_mut(), self.items.data_mut(), &mut self.user_bias, &mut self.item_bias]
    }

    fn model(&self, settings: FactorsSettings) -> Factors {
        let cut =
            |table: &Matrix| Matrix::from_fn(table.rows(), self.factors, |r, c| table.row(r)[c]);
        Factors {
            user_bias: self.user_bias.clone(),
            item_bias: self.item_bias.clone(),
            ..Factors::new(cut(&self.users), cut(&self.items), self.popular.clone(), settings)
        }
    }
}

impl Method {
    fn solver(self, steps: usize) -> Solver {
        match self {
            Self::Cholesky => Solver::Cholesky,
            Self::Cg => Solver::Cg(steps),
        }
    }
}

/// The items' part of the penalty is known before the users are solved, the rest afterwards.
fn loss(items: Objective, users: Objective) -> Loss {
    Loss { data: users.data, penalty: users.penalty + items.penalty }
}

struct AlsLearner<'a> {
    settings: &'a Als,
    scale: Scale,
    tables: Tables<'a>,
}

impl Learner for AlsLearner<'_> {
    type Model = Factors;

    fn epoch(&mut self, _: usize, _: &Rng) -> Loss {
        let Als { reg, reg_exponent, .. } = *self.settings;
        let solver = self.settings.solver.solver(self.settings.cg_steps);
        let offset = self.scale.mean();
        let Tables { by_user, by_item, users, items, user_bias, item_bias, .. } = &mut self.tables;
        let penalty = |_, n: usize| reg * power(n as f32, reg_exponent);
        let base = None;
        let of_items = Half {
            starts: &by_item.starts,
            columns: &by_item.users,
            values: by_item.values.as_deref(),
            table: users,
            base,
            weigh: |_, u: u32, r| (1.0, r - offset - user_bias[u as usize]),
            penalty,
            bias: true,
            solver,
        }
        .solve(items, item_bias);
        let of_users = Half {
            starts: by_user.starts(),
            columns: by_user.columns(),
            values: Some(by_user.values()),
            table: items,
            base,
            weigh: |_, i: u32, r| (1.0, r - offset - item_bias[i as usize]),
            penalty,
            bias: true,
            solver,
        }
        .solve(users, user_bias);
        self.scale.loss(loss(of_items, of_users))
    }

    fn model(&self) -> Factors {
        let Als { reg, reg_exponent, .. } = *self.settings;
        self.scale.restored(self.tables.model(FactorsSettings {
            offset: self.scale.mean(),
            link: ScoreFunction::Identity,
            fold_in: self.scale.fold_in(reg, reg_exponent, true),
        }))
    }

    fn state(&mut self) -> Vec<&mut [f32]> {
        self.tables.state()
    }

    fn remedy(&self) -> String {
        "raise `reg`".into()
    }
}

struct IalsLearner<'a> {
    settings: &'a Ials,
    tables: Tables<'a>,
}

impl Learner for IalsLearner<'_> {
    type Model = Factors;

    fn epoch(&mut self, _: usize, _: &Rng) -> Loss {
        let Ials { reg, reg_exponent, unobserved_weight, alpha, .. } = *self.settings;
        let solver = self.settings.solver.solver(self.settings.cg_steps);
        let Tables { by_user, by_item, users, items, user_bias, item_bias, .. } = &mut self.tables;
        let weigh = |_, _, value| confidence(alpha, value);
        let penalty = |others: usize| {
            let unobserved = unobserved_weight * others as f32;
            move |_, n: usize| reg * power(n as f32 + unobserved, reg_exponent)
        };
        let base = weighted_gram(users, unobserved_weight);
        let of_items = Half {
            starts: &by_item.starts,
            columns: &by_item.users,
            values: by_item.values.as_deref(),
            table: users,
            base: Some(&base),
            weigh,
            penalty: penalty(by_user.rows()),
            bias: false,
            solver,
        }
        .solve(items, item_bias);
        let base = weighted_gram(items, unobserved_weight);
        let of_users = Half {
            starts: by_user.starts(),
            columns: by_user.columns(),
            values: by_item.values.is_some().then_some(by_user.values()),
            table: items,
            base: Some(&base),
            weigh,
            penalty: penalty(by_user.cols()),
            bias: false,
            solver,
        }
        .solve(users, user_bias);
        loss(of_items, of_users)
    }

    fn model(&self) -> Factors {
        let Ials { reg, reg_exponent, unobserved_weight, alpha, .. } = *self.settings;
        self.tables.model(FactorsSettings {
            offset: 0.0,
            link: ScoreFunction::Identity,
            fold_in: FoldIn::Implicit { reg, reg_exponent, unobserved_weight, alpha },
        })
    }

    fn state(&mut self) -> Vec<&mut [f32]> {
        self.tables.state()
    }

    fn remedy(&self) -> String {
        "raise `reg`, or lower `alpha` if the values are very large".into()
    }
}

/// α₀ TᵀT.
fn weighted_gram(table: &Matrix, weight: f32) -> Matrix {
    let mut gram = syrk::gram(table);
    gram.data_mut().iter_mut().for_each(|g| *g *= weight);
    gram
}

#[cfg(test)]
mod tests;
