//! Blends: several algorithms, whose scores are added with weights chosen on held-out interactions.
//!
//! score(u, i) = Σ_m w_m s_m(u, i). Each algorithm is trained without a share of the interactions (`valid`), the
//! weights are chosen on these, and all algorithms with a weight are trained again on everything. If a run has a
//! validation set, the weights are chosen on it instead, and nothing is trained twice.
//!
//! Algorithms that rank: the weights, in units of the spread of an algorithm's scores among a user's candidates, are
//! those that maximise NDCG@10 in a search of one weight after the other, from the best single algorithm on.
//! Algorithms that predict values: the weights minimise the squared error, starting from equal weights, after Jahrer,
//! Töscher, Legenstein, "Combining predictions for accurate recommender systems", KDD 2010.
//!
//! # When to use
//!
//! For the last bit of accuracy: a blend of unlike algorithms, such as `ease` and `ials`, is usually better than the
//! best of them, at the cost of training all of them. Tune each one first and name it with its settings.

mod weights;

use super::{Range, Recipe, Target};
use crate::algorithm::Algorithm;
use crate::check::check_range;
use crate::data::{Csr, Ratings};
use crate::error::{Error, Result};
use crate::math::Rng;
use crate::model::Model;
use crate::shapes::Blend as Blended;
use crate::shapes::blend::Part;
use crate::train::{Fitted, Run};
use crate::watch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Settings of `blend`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Blend {
    /// The algorithms, by name (`ease,ials`) or with settings (`["ease", {"algorithm": "ials", "factors": 128}]`). All
    /// rank, or all predict values.
    pub of: Vec<Member>,
    /// Share of the interactions held out to choose the weights, above 0 and at most 0.5; not used if the run has a
    /// validation set.
    pub valid: f32,
}

/// An algorithm of a blend. Settings that are not given get the defaults that suit the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "an algorithm of a blend is its name, or a map with its name as `algorithm` and settings"
)]
pub enum Member {
    /// Its name.
    Name(String),
    /// Its name as `algorithm`, and settings.
    Settings(Map<String, Value>),
}

impl Default for Blend {
    fn default() -> Self {
        let of = ["ease", "ials"].map(|name| Member::Name(name.into())).into();
        Self { of, valid: 0.1 }
    }
}

/// Largest number of algorithms.
const MOST: usize = 16;

impl Member {
    /// Its name and the given settings.
    fn parts(&self) -> Result<(&str, Map<String, Value>)> {
        match self {
            Self::Name(name) => Ok((name, Map::new())),
            Self::Settings(settings) => {
                let name = settings.get("algorithm").and_then(Value::as_str).ok_or_else(|| {
                    Error::setting(
                        "of",
                        "each object needs the name of its algorithm as `algorithm`",
                    )
                })?;
                let mut settings = settings.clone();
                settings.remove("algorithm");
                Ok((name, settings))
            }
        }
    }
}

impl Blend {
    /// The algorithms, with defaults in place of settings that are not given.
    pub(crate) fn algorithms(&self) -> impl Iterator<Item = Result<Algorithm>> + '_ {
        self.of.iter().map(|member| {
            let (name, settings) = member.parts()?;
            Algorithm::from_settings(name, &settings)
        })
    }

    /// The algorithms, with the defaults that suit `train` in place of settings that are not given.
    fn suited(&self, train: &Ratings) -> Result<Vec<Algorithm>> {
        let suited = |member: &Member| {
            let (name, settings) = member.parts()?;
            match Algorithm::from_settings_for(name, &settings, train)?.algorithm {
                Algorithm::Blend(_) => Err(Error::setting("of", "a blend cannot contain another")),
                algorithm => Ok(algorithm),
            }
        };
        let algorithms: Vec<Algorithm> = self.of.iter().map(suited).collect::<Result<_>>()?;
        if algorithms.is_empty() || algorithms.len() > MOST {
            let says = format!("must be 1 to {MOST} algorithms, got {}", algorithms.len());
            return Err(Error::setting("of", says));
        }
        if let Some(other) = algorithms.iter().find(|a| a.target() != algorithms[0].target()) {
            let (first, other) = (algorithms[0].name(), other.name());
            let says = format!(
                "`{first}` and `{other}` cannot be added: one predicts values, the other ranks"
            );
            return Err(Error::setting("of", says));
        }
        Ok(algorithms)
    }
}

impl Recipe for Blend {
    fn target(&self) -> Target {
        let mut targets = self.algorithms().map(|a| a.map_or(Target::Preference, |a| a.target()));
        match targets.all(|target| target == Target::Rating) && !self.of.is_empty() {
            true => Target::Rating,
            false => Target::Preference,
        }
    }

    fn ranges(&self) -> Vec<Range> {
        vec![Range::real("valid", 0.05, 0.3)]
    }

    fn needs_times(&self) -> bool {
        self.algorithms().any(|a| a.is_ok_and(|a| a.needs_times()))
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        check_range("valid", self.valid, f32::MIN_POSITIVE, 0.5)?;
        let algorithms = self.suited(train)?;
        // Each algorithm would continue from the checkpoint of another.
        let run = Run { checkpoint: None, ..run.clone() };
        let stage = watch::stage("algorithms", 2 * algorithms.len());
        let fit = |algorithm: &Algorithm, train: &Ratings| -> Result<Box<dyn Model>> {
            let model = algorithm.fit_as_read(train, &run)?.model;
            stage.add(1);
            Ok(model)
        };
        let fit_all = |train: &Ratings| -> Result<Vec<Box<dyn Model>>> {
            algorithms.iter().map(|algorithm| fit(algorithm, train)).collect()
        };
        let choose = |models: &[Box<dyn Model>], train: &Ratings, valid: &Csr| match self.target() {
            Target::Preference => weights::for_ranking(models, train, valid, run.seed),
            Target::Rating => weights::for_values(models, train, valid),
        };
        let (weights, models) = match run.validation {
            Some(validation) => {
                let models = fit_all(train)?;
                (choose(&models, train, &validation.ratings.by_user), Some(models))
            }
            None => {
                let (rest, valid) = hold_out(train, self.valid, run.seed);
                let models = fit_all(&rest)?;
                (choose(&models, &rest, &valid), None)
            }
        };
        // If all held-out values are 0, so is every weight, and there would be no model.
        let weights = match weights.iter().any(|&weight| weight != 0.0) {
            true => weights,
            false => vec![1.0 / algorithms.len() as f32; algorithms.len()],
        };
        let mut models = models.map(Vec::into_iter);
        let mut parts = Vec::new();
        for (algorithm, weight) in algorithms.iter().zip(weights) {
            let trained = models.as_mut().and_then(Iterator::next);
            if weight != 0.0 {
                let model = match trained {
                    Some(model) => model,
                    None => fit(algorithm, train)?,
                };
                parts.push(Part { weight, model });
            }
        }
        Ok(Blended::new(parts).into())
    }
}

/// Splits off a random `share` of the entries; every user keeps at least one.
fn hold_out(train: &Ratings, share: f32, seed: u64) -> (Ratings, Csr) {
    let rng = Rng::new(seed, &[u64::from(u32::MAX)]);
    let (mut rest, mut valid, mut kept) = (Vec::new(), Vec::new(), Vec::with_capacity(train.len()));
    for (u, row) in train.by_user.iter().enumerate() {
        let mut draw = rng.piece(u as u64);
        let mut left = row.len();
        let (mut own, mut held) = (Vec::with_capacity(row.len()), Vec::new());
        for entry in row.iter() {
            let out = draw.uniform() < share && left > 1;
            left -= usize::from(out);
            kept.push(!out);
            if out { held.push(entry) } else { own.push(entry) }
        }
        rest.push(own);
        valid.push(held);
    }
    let items = train.by_user.cols();
    let times = train.times.as_ref().map(|times| {
        times.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(&time, _)| time).collect()
    });
    let (users, names) = (train.users.clone(), train.items.clone());
    let rest = Ratings { users, items: names, by_user: Csr::from_rows(items, rest), times };
    (rest, Csr::from_rows(items, valid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sample_set;
    use crate::evaluate::{Metric, Protocol};
    use serde_json::json;

    fn blend(of: Value) -> Algorithm {
        let settings = json!({"of": of});
        Algorithm::from_settings("blend", settings.as_object().unwrap()).unwrap()
    }

    fn parts() -> (Ratings, Ratings) {
        let parts = crate::data::split::HeldOut::share(&sample_set().unwrap(), 0.2, 3).unwrap();
        (parts.train, parts.valid)
    }

    fn value(of: Value, (train, test): &(Ratings, Ratings), metric: Metric) -> f64 {
        let protocol = Protocol { metrics: vec![metric], ..Protocol::default() };
        let model = blend(of).fit(train, &Run::default()).unwrap().model;
        crate::evaluate::evaluate(&*model, train, test, &protocol).unwrap().metrics.0[0].value
    }

    #[test]
    fn a_blend_ranks_as_well_as_its_best_part() {
        let parts = parts();
        let ndcg = |names: Value| value(names, &parts, Metric::Ndcg(10));
        let both = ndcg(json!(["popularity", "ease"]));
        assert!(both > ndcg(json!(["popularity"])) && both > 0.98 * ndcg(json!(["ease"])));
    }

    #[test]
    fn a_blend_predicts_as_well_as_its_best_part() {
        // Levels of users and items, a taste for one half of the items, and noise.
        let mut rng = Rng::new(8, &[]);
        let mut rows = crate::Interactions {
            users: std::sync::Arc::new((0..120).map(|u| u.to_string()).collect()),
            items: std::sync::Arc::new((0..60).map(|i| i.to_string()).collect()),
            ..Default::default()
        };
        for u in 0..120 {
            for i in 0..60 {
                if rng.uniform() < 0.4 {
                    let taste = if u % 2 == i % 2 { 0.7 } else { -0.7 };
                    let levels = 0.01 * u as f32 + 0.02 * i as f32;
                    rows.user.push(u);
                    rows.item.push(i);
                    rows.value.push(2.0 + levels + taste + 0.5 * rng.normal());
                }
            }
        }
        let parts = crate::data::split::HeldOut::share(&rows, 0.2, 3).unwrap();
        let parts = (parts.train, parts.valid);
        let rmse = |names: Value| value(names, &parts, Metric::Rmse);
        let (baseline, knn, als) =
            (rmse(json!(["baseline"])), rmse(json!(["knn-baseline"])), rmse(json!(["als"])));
        let all = rmse(json!(["baseline", "knn-baseline", "als"]));
        assert!(all < 1.01 * baseline.min(knn).min(als), "{all} of {baseline}, {knn} and {als}");
    }

    #[test]
    fn held_out_zeros_leave_a_model() {
        let train = Ratings::from_triples([("a", "x", 1.0), ("a", "y", 3.0), ("b", "x", 2.0)]);
        let train = train.unwrap();
        let mut zeros = train.clone();
        zeros.by_user.values_mut().fill(0.0);
        let validation = crate::train::Validation::new(&zeros, Metric::Rmse);
        let run = Run { validation: Some(validation), ..Run::default() };
        let model = blend(json!(["baseline"])).fit(&train, &run).unwrap().model;
        let mut score = [0.0];
        model.score(crate::model::User::of(&train, 0), &[0], &mut score);
        assert!(score[0] > 0.0);
    }

    #[test]
    fn settings_of_parts_are_checked() {
        let (train, _) = parts();
        let says = |of: Value| blend(of).fit(&train, &Run::default()).unwrap_err().to_string();
        assert!(says(json!(["eese"])).contains("did you mean `ease`?"));
        assert!(says(json!([{"algorithm": "ease", "rg": 1}])).contains("did you mean `reg`?"));
        assert!(says(json!([{"reg": 1}])).starts_with("setting `of`: each object"));
        assert!(says(json!([])).contains("1 to 16 algorithms"));
        assert!(says(json!(["ease", "baseline"])).contains("one predicts values"));
        assert!(says(json!(["ease", "blend"])).contains("cannot contain another"));
    }

    #[test]
    fn everybody_keeps_an_entry_and_nothing_is_lost() {
        let (train, _) = parts();
        let (rest, valid) = hold_out(&train, 0.5, 1);
        assert_eq!(rest.len() + valid.nnz(), train.len());
        assert!(valid.nnz() > train.len() / 3);
        for u in 0..train.users.len() {
            let (all, kept) = (train.by_user.row(u), rest.by_user.row(u));
            assert_eq!(all.is_empty(), kept.is_empty());
            assert!(
                valid.row(u).iter().all(|(i, x)| kept.get(i).is_none() && all.get(i) == Some(x))
            );
        }
    }
}
