//! The shape of blends: a weighted sum of the scores of several models of the same users and items.
//!
//! score(u, i) = Σ_m w_m s_m(u, i). Whatever the models can do, the blend can: new users, exact contributions,
//! updates. Models of item-to-item weights are added to one.

use super::ItemWeights;
use crate::data::{Csr, Row};
use crate::error::Result;
use crate::math::Matrix;
use crate::math::real::finite;
use crate::model::{Attribution, Change, Contributions, Forgetting, Model, User};
use crate::store::{self, Archive, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Models with their weights; at least one.
pub(crate) struct Blend {
    parts: Vec<Part>,
}

/// A model of a blend.
pub(crate) struct Part {
    /// w.
    pub weight: f32,
    /// The model.
    pub model: Box<dyn Model>,
}

/// The settings of [`Blend`] in a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlendSettings {
    parts: Vec<PartSettings>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartSettings {
    weight: f32,
    kind: String,
    settings: Value,
}

/// Largest number of models in a file.
const MOST: usize = 64;

impl Blend {
    /// Name of the shape in model files.
    pub(crate) const KIND: &str = "blend";

    /// Returns the blend of `parts`, with the models of item-to-item weights added to one.
    ///
    /// # Panics
    /// If there are no parts, which is a bug in the algorithm.
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        assert!(!parts.is_empty(), "a blend of nothing");
        let (weights, mut parts): (Vec<Part>, Vec<Part>) =
            parts.into_iter().partition(|part| part.model.kind() == ItemWeights::KIND);
        let of = |part: Part| Some((part.weight, ItemWeights::of(&*part.model)?));
        if weights.len() < 2 {
            parts.splice(0..0, weights);
        } else if let Some(weighted) = weights.into_iter().map(of).collect::<Option<Vec<_>>>() {
            let model = Box::new(ItemWeights::sum(weighted));
            parts.insert(0, Part { weight: 1.0, model });
        }
        Self { parts }
    }

    /// Reads the shape from its file.
    ///
    /// # Errors
    /// If a part is damaged, or is itself a blend.
    pub(crate) fn load(
        settings: &Value,
        archive: &Archive,
        users: usize,
        items: usize,
    ) -> Result<Self> {
        let BlendSettings { parts } = serde_json::from_value(settings.clone())
            .map_err(|e| archive.bad(format!("settings of shape blend: {e}")))?;
        if parts.is_empty() || parts.len() > MOST {
            return Err(archive.bad(format!("a blend has 1 to {MOST} models")));
        }
        let load = |(at, part): (usize, PartSettings)| {
            if part.kind == Self::KIND || !part.weight.is_finite() {
                return Err(archive.bad("the blend is damaged"));
            }
            let archive = archive.within(&prefix(at));
            let model = super::load(&part.kind, &part.settings, &archive, users, items)?;
            Ok(Part { weight: part.weight, model })
        };
        let parts = parts.into_iter().enumerate().map(load).collect::<Result<_>>()?;
        Ok(Self { parts })
    }

    /// The same blend of other models; None if one of them is missing.
    fn with(&self, model: impl Fn(&dyn Model) -> Option<Box<dyn Model>>) -> Option<Box<dyn Model>> {
        let part = |part: &Part| Some(Part { weight: part.weight, model: model(&*part.model)? });
        let parts = self.parts.iter().map(part).collect::<Option<_>>()?;
        Some(Box::new(Self { parts }))
    }
}

/// What the names of the arrays of model `at` begin with.
fn prefix(at: usize) -> String {
    format!("{at}.")
}

/// out ← out + weight · scores; the first model replaces.
fn add(out: &mut [f32], weight: f32, scores: &[f32], first: bool) {
    match first {
        true => out.iter_mut().zip(scores).for_each(|(out, s)| *out = weight * s),
        false => out.iter_mut().zip(scores).for_each(|(out, s)| *out = weight.mul_add(*s, *out)),
    }
}

impl Model for Blend {
    fn items(&self) -> usize {
        self.parts[0].model.items()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        let mut own = vec![0.0; items.len()];
        for (at, part) in self.parts.iter().enumerate() {
            part.model.score(user, items, &mut own);
            add(scores, part.weight, &own, at == 0);
        }
        scores.iter_mut().for_each(|score| *score = finite(*score));
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        let mut own = Matrix::zeros(scores.rows(), scores.cols());
        for (at, part) in self.parts.iter().enumerate() {
            part.model.score_block(users, &mut own);
            add(scores.data_mut(), part.weight, own.data(), at == 0);
        }
        scores.data_mut().iter_mut().for_each(|score| *score = finite(*score));
    }

    fn block_size(&self) -> usize {
        self.parts.iter().map(|part| part.model.block_size()).max().unwrap_or(1)
    }

    fn needs_history(&self) -> bool {
        self.parts.iter().any(|part| part.model.needs_history())
    }

    /// The weighted sum of the models' contributions; exact if all of them are.
    fn contributions(&self, history: Row<'_>, items: &[u32]) -> Vec<Contributions> {
        let nothing = Contributions {
            base: 0.0,
            parts: vec![0.0; history.len()],
            method: Attribution::Exact,
        };
        let mut sums = vec![nothing; items.len()];
        for Part { weight, model } in &self.parts {
            for (sum, own) in sums.iter_mut().zip(model.contributions(history, items)) {
                sum.base += weight * own.base;
                sum.parts.iter_mut().zip(&own.parts).for_each(|(sum, x)| *sum += weight * x);
                if own.method == Attribution::LeaveOneOut {
                    sum.method = Attribution::LeaveOneOut;
                }
            }
        }
        sums
    }

    fn updated(&self, change: &Change<'_>) -> Option<Box<dyn Model>> {
        self.with(|model| model.updated(change))
    }

    fn without_users(&self, users: &[u32], liked: &Csr) -> Option<Forgetting> {
        let forgotten = self.parts.iter().map(|part| part.model.without_users(users, liked));
        let forgotten = forgotten.collect::<Option<Vec<_>>>()?;
        let mut remains = Vec::new();
        let part = |(part, forgetting): (&Part, Forgetting)| {
            for remaining in forgetting.remains {
                if !remains.contains(&remaining) {
                    remains.push(remaining);
                }
            }
            Part { weight: part.weight, model: forgetting.model }
        };
        let parts = self.parts.iter().zip(forgotten).map(part).collect();
        Some(Forgetting { model: Box::new(Self { parts }), remains })
    }

    fn users(&self) -> Option<usize> {
        self.parts.iter().filter_map(|part| part.model.users()).max()
    }

    fn check(&self) -> Result<()> {
        let items = self.parts.first().map(|part| part.model.items());
        let fits = |part: &Part| part.weight.is_finite() && Some(part.model.items()) == items;
        let sound = items.is_some() && self.parts.iter().all(fits);
        super::sound(Self::KIND, sound)?;
        self.parts.iter().try_for_each(|part| part.model.check())
    }

    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn settings(&self) -> Value {
        let part = |Part { weight, model }: &Part| PartSettings {
            weight: *weight,
            kind: model.kind().into(),
            settings: model.settings(),
        };
        let parts = self.parts.iter().map(part).collect();
        store::plain(&BlendSettings { parts }).expect("plain numbers and names")
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        let mut tensors = Vec::new();
        for (at, part) in self.parts.iter().enumerate() {
            let own = part.model.tensors().into_iter();
            tensors.extend(own.map(|tensor| tensor.within(&prefix(at))));
        }
        tensors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::Weights;

    #[test]
    fn item_weights_become_one_model() {
        let dense = Matrix::from_vec(2, 2, vec![0.0, 1.0, 2.0, 0.0]);
        let sparse = Csr::from_rows(2, [vec![(1, 4.0)], vec![]]);
        let part = |weight, weights: Weights| Part {
            weight,
            model: Box::new(ItemWeights { weights, popular: vec![3.0, 1.0] }),
        };
        let all = [Weights::Dense(dense), Weights::Sparse(sparse.clone()), Weights::Sparse(sparse)];
        let history = Row { columns: &[0], values: &[1.0] };
        for (from, to, expected, kind) in
            [(0, 2, 2.0 + 12.0, "dense"), (1, 3, 8.0 + 12.0, "sparse")]
        {
            let parts = all[from..to].iter().zip([2.0, 3.0]);
            let blend = Blend::new(parts.map(|(w, weight)| part(weight, w.clone())).collect());
            assert_eq!(blend.parts.len(), 1);
            assert_eq!(blend.parts[0].model.settings()["weights"], kind);
            let mut scores = [0.0; 2];
            blend.score(User::new_user(history), &[0, 1], &mut scores);
            assert_eq!(scores, [0.0, expected]);
        }
    }
}
