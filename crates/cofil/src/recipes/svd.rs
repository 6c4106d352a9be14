//! Truncated singular value decomposition of the filled-in rating matrix.
//!
//! The model is the best rank-k approximation U S Vᵀ of the filled matrix; singular values are split evenly, so P = U
//! √S and Q = V √S. `constant` and `zero` (PureSVD of Cremonesi, Koren, Turrin, RecSys 2010) decompose the filled
//! matrix itself. `item-mean` and `user-item-mean` decompose the differences from the means, where a gap is 0 (after
//! Sarwar et al., "Application of dimensionality reduction in recommender systems", 2000), and add the means back. A
//! user's vector is the projection of the filled row on the items, so a new user with the same history gets the same
//! one. The filled matrix is never formed.
//!
//! A rating above the value that fills its gap raises the items that go with its item, one below it lowers them: with
//! `constant`, below the middle of the scale; with the means, below the mean. A `constant` below the scale makes even the
//! lowest rating a sign of interest.
//!
//! # When to use
//!
//! For a quick, exact and deterministic factorization, or to see what imputation does. With `impute = "zero"` (PureSVD)
//! it ranks well on dense data; `factors` is all there is to tune. To predict ratings, the algorithms that leave
//! unknown entries out are better.

use super::{Preset, Range, Recipe, Target, check_vectors};
use crate::check::check_count;
use crate::data::prose::count;
use crate::data::{Csr, Ratings};
use crate::error::{Error, Result};
use crate::math::Rng;
use crate::math::svd::{Effort, Filled};
use crate::memory::check_room;
use crate::shapes::factors::{FactorsSettings, ScoreFunction};
use crate::shapes::{Factors, FoldIn};
use crate::similarity;
use crate::train::{Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The value that replaces missing ratings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Impute {
    /// The setting `constant`.
    #[default]
    Constant,
    /// The item's mean.
    ItemMean,
    /// The item's mean plus the mean difference of the user's ratings from their items' means.
    UserItemMean,
    /// 0: good for ranking; scores are not predicted ratings.
    Zero,
}

/// Settings of `svd`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Svd {
    /// k, rank of the decomposition, ≥ 1 and at most the smaller of the numbers of users and items.
    pub factors: usize,
    /// Value that replaces missing ratings: `constant`, `item-mean`, `user-item-mean` or `zero`.
    pub impute: Impute,
    /// Value for `impute` = `constant`. Not set: the midpoint of the smallest and the largest rating, or half the
    /// rating if all are equal.
    pub constant: Option<f32>,
    /// Columns of the random basis beyond k, ≥ 0; Halko et al. advise 5 to 10.
    pub oversampling: usize,
    /// Power iterations that sharpen the basis, ≥ 0: use more if singular values fall slowly. Data with a side of at
    /// most 128 are always decomposed exactly.
    pub power_iterations: usize,
}

impl Default for Svd {
    fn default() -> Self {
        Self {
            factors: 16,
            impute: Impute::Constant,
            constant: None,
            oversampling: 10,
            power_iterations: 5,
        }
    }
}

/// The baseline subtracted from ratings before the decomposition.
struct Baseline {
    offset: f32,
    user_bias: Vec<f32>,
    item_bias: Vec<f32>,
    fill: f32,
}

impl Svd {
    /// Trains the model and returns it as its shape; [`Factors::singular_values`] holds the spectrum.
    ///
    /// # Errors
    /// If a setting is out of range or nothing is left to decompose.
    pub fn factorize(&self, train: &Ratings, seed: u64) -> Result<Factors> {
        let (users, items) = (train.users.len(), train.items.len());
        check_count("factors", self.factors)?;
        if self.factors > users.min(items) {
            let most = users.min(items);
            let message = format!(
                "must be at most {most} for {} and {}, got {}",
                count(users, "user"),
                count(items, "item"),
                self.factors
            );
            return Err(Error::setting("factors", message));
        }
        let width = self.factors.saturating_add(self.oversampling);
        check_vectors("oversampling", 3, train, width)?;
        // Five squares of double precision.
        check_room("oversampling", 10, (width, "columns of the basis"), width)?;
        if self.constant.is_some_and(|c| !c.is_finite()) {
            return Err(Error::setting("constant", "must be a finite number"));
        }
        let baseline = self.baseline(train);
        let mut rest = residuals(&train.by_user, &baseline);
        let unit = match similarity::unit(rest.values().iter().copied().chain([baseline.fill])) {
            // The decomposition can handle these without scaling.
            unit if (1e-12..=1e12).contains(&unit) => 1.0,
            unit => unit,
        };
        let in_units = |value: f32| (f64::from(value) * unit) as f32;
        rest.values_mut().iter_mut().for_each(|value| *value = in_units(*value));
        let columns = rest.transposed();
        let fill = in_units(baseline.fill);
        let filled = Filled { rows: (&rest).into(), columns: (&columns).into(), fill };
        let effort =
            Effort { oversampling: self.oversampling, power_iterations: self.power_iterations };
        let svd = filled.decompose(self.factors, effort, &Rng::new(seed, &[]));
        let values: Vec<f32> =
            svd.values.iter().map(|&value| (f64::from(value) / unit) as f32).collect();
        let largest = values[0];
        let far = |constant: f32| constant.abs() > 1e6 * train.scale().1.abs().max(1.0);
        if let Some(constant) = self.constant.filter(|&c| !largest.is_finite() && far(c)) {
            let says = format!("{constant} is too large beside the ratings");
            return Err(Error::setting("constant", says));
        }
        if !largest.is_finite() {
            return Err(Error::Unfit(
                "the ratings are too large to decompose; rescale them".into(),
            ));
        }
        if largest <= 1e-5 * train.scale().1.abs() {
            return Err(Error::Unfit(
                "the ratings do not differ from their means, so nothing is left to decompose; \
                 set `impute` to `zero` for data without ratings"
                    .into(),
            ));
        }
        let mut q = svd.right;
        let roots: Vec<f32> = values.iter().map(|s| s.sqrt()).collect();
        for i in 0..items {
            q.row_mut(i).iter_mut().zip(&roots).for_each(|(q, root)| *q *= root);
        }
        // P = A V S^(−1/2) = A Q S⁻¹, the projection that fold-in computes.
        let mut p = filled.times(&q);
        for u in 0..users {
            for (p, &s) in p.row_mut(u).iter_mut().zip(&svd.values) {
                *p = if s > 1e-6 * svd.values[0] { *p / s } else { 0.0 };
            }
        }
        let popular = (0..items).map(|i| columns.row(i).len() as f32).collect();
        let bias = self.impute == Impute::UserItemMean;
        let settings = FactorsSettings {
            offset: baseline.offset,
            link: ScoreFunction::Identity,
            fold_in: FoldIn::Projection { fill: baseline.fill, bias },
        };
        Ok(Factors {
            user_bias: baseline.user_bias,
            item_bias: baseline.item_bias,
            singular_values: values,
            ..Factors::new(p, q, popular, settings)
        })
    }

    fn baseline(&self, train: &Ratings) -> Baseline {
        let (users, items) = (train.users.len(), train.items.len());
        let mut baseline = Baseline {
            offset: 0.0,
            user_bias: vec![0.0; users],
            item_bias: vec![0.0; items],
            fill: 0.0,
        };
        match self.impute {
            Impute::Zero => {}
            Impute::Constant => {
                let (low, high) = train.scale();
                let low = if low == high { 0.0 } else { low };
                baseline.fill = self.constant.unwrap_or(low / 2.0 + high / 2.0);
            }
            Impute::ItemMean | Impute::UserItemMean => {
                baseline.offset = train.mean();
                let mut sums = vec![(0f64, 0f64); items];
                for row in train.by_user.iter() {
                    for (i, r) in row.iter() {
                        let (sum, count) = &mut sums[i as usize];
                        *sum += f64::from(r - baseline.offset);
                        *count += 1.0;
                    }
                }
                for (bias, (sum, count)) in baseline.item_bias.iter_mut().zip(sums) {
                    *bias = if count > 0.0 { (sum / count) as f32 } else { 0.0 };
                }
            }
        }
        if self.impute == Impute::UserItemMean {
            for (bias, row) in baseline.user_bias.iter_mut().zip(train.by_user.iter()) {
                let rest = |(i, r): (u32, f32)| {
                    f64::from(r - baseline.offset - baseline.item_bias[i as usize])
                };
                let sum: f64 = row.iter().map(rest).sum();
                *bias = (sum / row.len().max(1) as f64) as f32;
            }
        }
        baseline
    }
}

impl Recipe for Svd {
    fn presets(&self) -> &'static [Preset] {
        &[Preset {
            name: "tutorial",
            about: "Matrix factorization tutorial: rank 2, unknown entries 0.5.",
            settings: || json!({"factors": 2, "impute": "constant", "constant": 0.5}),
        }]
    }

    fn target(&self) -> Target {
        match self.impute {
            Impute::Zero => Target::Preference,
            _ => Target::Rating,
        }
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::log_whole("factors", 4, 256),
            Range::choice("impute", ["constant", "item-mean", "user-item-mean", "zero"]),
        ]
    }

    fn limit(&mut self, train: &Ratings) {
        self.factors = self.factors.min(train.users.len().min(train.items.len())).max(1);
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        Ok(Factors { popular: run.popularity(train), ..self.factorize(train, run.seed)? }.into())
    }
}

/// Subtracts baseline and fill value from each rating.
fn residuals(by_user: &Csr, baseline: &Baseline) -> Csr {
    let mut rest = by_user.clone();
    let mut at = 0;
    for u in 0..by_user.rows() {
        let columns = by_user.row(u).columns;
        for (&i, value) in columns.iter().zip(&mut rest.values_mut()[at..]) {
            *value -= baseline.offset + baseline.user_bias[u] + baseline.item_bias[i as usize];
            *value -= baseline.fill;
        }
        at += columns.len();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::User;

    fn toy() -> Ratings {
        let mut triples = Vec::new();
        let names = ["0", "1", "2", "3", "4"];
        for u in 0..5 {
            for i in (0..5).filter(|i| u + i != 4) {
                triples.push((names[u], names[i], if (u < 3) == (i < 3) { 1.0 } else { 0.0 }));
            }
        }
        // Items in the order of their names.
        triples.sort_by_key(|t| (t.0 != "4", t.1.to_owned()));
        Ratings::from_triples(triples).unwrap()
    }

    #[test]
    fn folding_in_a_training_history_gives_the_trained_user() {
        let train = toy();
        for impute in [Impute::Constant, Impute::ItemMean, Impute::UserItemMean, Impute::Zero] {
            let svd = Svd { factors: 2, impute, ..Svd::default() };
            let model = svd.fit(&train, &Run::default()).unwrap().model;
            for u in 0..5 {
                let (mut known, mut folded) = ([0.0; 5], [0.0; 5]);
                model.score(User::of(&train, u), &[0, 1, 2, 3, 4], &mut known);
                let row = train.by_user.row(u as usize);
                model.score(User::new_user(row), &[0, 1, 2, 3, 4], &mut folded);
                for (known, folded) in known.iter().zip(folded) {
                    assert!((known - folded).abs() < 1e-4, "{impute:?}: {known} and {folded}");
                }
            }
        }
    }

    #[test]
    fn full_rank_gives_the_filled_matrix_back() {
        let train = toy();
        let model = Svd { factors: 5, constant: Some(0.5), ..Svd::default() }
            .fit(&train, &Run::default())
            .unwrap()
            .model;
        for u in 0..5 {
            let mut scores = [0.0; 5];
            model.score(User::of(&train, u), &[0, 1, 2, 3, 4], &mut scores);
            for (i, score) in scores.iter().enumerate() {
                let filled = train.by_user.row(u as usize).get(i as u32).unwrap_or(0.5);
                assert!((score - filled).abs() < 1e-4, "{score} for {filled}");
            }
        }
    }

    #[test]
    fn what_cannot_be_decomposed_is_told() {
        let says = |svd: Svd, train: &Ratings| svd.factorize(train, 0).unwrap_err().to_string();
        let many = Svd { factors: 6, ..Svd::default() };
        assert!(says(many, &toy()).starts_with("setting `factors`: must be at most 5"));
        assert!(says(Svd { factors: 0, ..Svd::default() }, &toy()).contains("at least 1"));
        let nan = Svd { factors: 1, constant: Some(f32::NAN), ..Svd::default() };
        assert!(says(nan, &toy()).starts_with("setting `constant`"));
        let means = Svd { factors: 1, impute: Impute::ItemMean, ..Svd::default() };
        let ones = toy().binary();
        assert!(says(means, &ones).contains("set `impute` to `zero`"));
    }
}
