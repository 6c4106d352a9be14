//! Suggests an algorithm for a data set, with alternatives and reasons, by rules of thumb.
//!
//! ```
//! use cofil::Purpose;
//! use cofil::{Algorithm, Ratings};
//!
//! let stars = [("ann", "x", 1.0), ("ann", "y", 5.0), ("bob", "x", 2.0), ("bob", "y", 4.0)];
//! let ratings = Ratings::from_triples(stars)?;
//! let advice = Algorithm::suggest(&ratings, None);
//! assert_eq!((advice.purpose, advice.algorithm.name()), (Purpose::Rank, "slim"));
//! assert_eq!(Algorithm::suggest(&ratings, Some(Purpose::Predict)).algorithm.name(), "biased-mf");
//! # Ok::<(), cofil::Error>(())
//! ```

use crate::algorithm::Algorithm;
use crate::data::Ratings;
use crate::data::describe::{Description, Kind, Values};
use crate::data::prose::number;
use crate::recipes::{BiasedMf, Ease, Ials, Popularity, Slim, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Largest number of items for which algorithms are suggested whose cost grows with its square. Above it, `slim`
/// takes many minutes and the matrix of `ease` gigabytes.
const FEW_ITEMS: usize = 20_000;

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Predict the value a user will give an item.
    #[serde(alias = "rating")]
    Predict,
    /// Rank items for a user.
    #[serde(alias = "ranking")]
    Rank,
}

/// A suggested algorithm with alternatives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// What the model is for.
    pub purpose: Purpose,
    /// The suggested algorithm, with its default settings.
    pub algorithm: Algorithm,
    /// Why this algorithm suits the data.
    pub reason: String,
    /// Other algorithms that suit the data, in order of preference.
    pub alternatives: Vec<Alternative>,
}

/// Another algorithm that suits the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// Name of the algorithm.
    pub algorithm: String,
    /// What it is good for on this data.
    pub reason: String,
}

/// The properties of the data that advice depends on.
struct Facts<'a> {
    values: &'a Values,
    items: usize,
}

impl Algorithm {
    /// Suggests an algorithm for `ratings` and says why; it ranks unless `purpose` says otherwise.
    pub fn suggest(ratings: &Ratings, purpose: Option<Purpose>) -> Advice {
        let values = Values::of(ratings.by_user.values());
        advice(&Facts { values: &values, items: ratings.items.len() }, purpose)
    }

    /// Whether this algorithm predicts values but all values in `train` are equal, so that it would predict only that
    /// value.
    pub fn lacks_values(&self, train: &Ratings) -> bool {
        let (low, high) = train.scale();
        self.target() == Target::Rating && low == high
    }

    /// Why this algorithm cannot be trained sensibly on `train`; `None` if it can.
    pub fn unsuited(&self, train: &Ratings) -> Option<String> {
        if self.lacks_values(train) {
            return Some("they predict values, but all values are equal".into());
        }
        match self {
            Self::Ease(ease) if train.items.len() > ease.max_items => Some(format!(
                "a matrix between more than {} items takes too long",
                number(ease.max_items)
            )),
            _ => None,
        }
    }
}

impl Advice {
    /// Advice on described data; the suggested algorithm ranks unless `purpose` says otherwise.
    pub fn on(description: &Description, purpose: Option<Purpose>) -> Self {
        let Description { values, items, .. } = description;
        advice(&Facts { values, items: *items }, purpose)
    }
}

fn advice(facts: &Facts<'_>, purpose: Option<Purpose>) -> Advice {
    let purpose = purpose.unwrap_or(Purpose::Rank);
    let biased_mf = || Algorithm::BiasedMf(BiasedMf::default());
    let (algorithm, reason) = match (purpose, facts.values.kind) {
        (Purpose::Predict, Kind::Ratings) => (biased_mf(), predicts().to_owned()),
        (Purpose::Predict, Kind::Votes) => (biased_mf(), votes().to_owned()),
        (Purpose::Predict, _) => {
            let (algorithm, reason) = ranks(facts);
            (algorithm, format!("there are no ratings to predict; {reason}"))
        }
        (Purpose::Rank, _) => ranks(facts),
    };
    let mut alternatives = alternatives(facts);
    let chosen = algorithm.name();
    alternatives.retain(|other| other.algorithm != chosen);
    Advice { purpose, algorithm, reason, alternatives }
}

fn predicts() -> &'static str {
    "predicts ratings from mean, biases and factors"
}

fn votes() -> &'static str {
    "with `link` = sigmoid, predicts the probability of positive feedback"
}

/// The suggested algorithm for ranking, with the reason.
fn ranks(facts: &Facts<'_>) -> (Algorithm, String) {
    match facts.items <= FEW_ITEMS {
        true => (
            Algorithm::Slim(Slim::default()),
            "ranks by learned item-to-item weights; near the best on most data".into(),
        ),
        false => (
            Algorithm::Ials(Ials::default()),
            "ranks; scales with interactions, not with items²".into(),
        ),
    }
}

/// All algorithms worth trying, in order of preference.
fn alternatives(facts: &Facts<'_>) -> Vec<Alternative> {
    let other = |algorithm: Algorithm, reason: String| Alternative {
        algorithm: algorithm.name().into(),
        reason,
    };
    let mut list = Vec::new();
    list.push(other(
        Algorithm::Ials(Ials::default()),
        "ranking: scales with interactions, not with items²".into(),
    ));
    let weights = facts.items as f64 * facts.items as f64 * 4.0;
    let size = match weights < 1e9 {
        true => format!("{:.0} MB", (weights / 1e6).max(1.0)),
        false => format!("{:.1} GB", weights / 1e9),
    };
    let few = facts.items <= FEW_ITEMS;
    if few {
        let items = number(facts.items);
        let reason = format!("ranking: exact, one {items} × {items} matrix inverse ({size})");
        list.push(other(Algorithm::Ease(Ease::default()), reason));
    }
    match facts.values.kind {
        Kind::Ratings => list.push(other(
            Algorithm::BiasedMf(BiasedMf::default()),
            "ratings: mean, biases and factors".into(),
        )),
        Kind::Votes => list.push(other(
            Algorithm::BiasedMf(BiasedMf::default()),
            "votes: probability of positive feedback, with `link` = sigmoid".into(),
        )),
        Kind::Counts | Kind::Events | Kind::Weights => {}
    }
    let why = "baseline to beat".into();
    list.push(other(Algorithm::Popularity(Popularity::default()), why));
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Csr;
    use std::sync::Arc;

    fn ratings(items: usize, value: impl Fn(u32, u32) -> f32) -> Ratings {
        let row = |u: u32| (0..8).map(|i| (i * 4, value(u, i))).collect::<Vec<_>>();
        Ratings {
            users: Arc::new((0..50).map(|u| format!("u{u}")).collect()),
            items: Arc::new((0..items).map(|i| format!("i{i}")).collect()),
            by_user: Csr::from_rows(items, (0..50).map(row)),
            times: None,
        }
    }

    #[test]
    fn models_rank_unless_they_are_to_predict() {
        let name =
            |ratings: &Ratings, purpose| Algorithm::suggest(ratings, purpose).algorithm.name();
        let stars = ratings(40, |u, i| ((u + i) % 5 + 1) as f32);
        let events = ratings(40, |_, _| 1.0);
        assert_eq!((name(&stars, None), name(&events, None)), ("slim", "slim"));
        assert_eq!(name(&stars, Some(Purpose::Predict)), "biased-mf");
        let nothing = Algorithm::suggest(&events, Some(Purpose::Predict));
        assert_eq!(nothing.algorithm.name(), "slim");
        assert!(nothing.reason.starts_with("there are no ratings to predict"));
        let votes = ratings(40, |u, i| ((u + i) % 2) as f32);
        assert!(Algorithm::suggest(&votes, Some(Purpose::Predict)).reason.contains("sigmoid"));
        // Advice must not crash, not even without data.
        assert_eq!(name(&Ratings::default(), None), "slim");
    }

    #[test]
    fn what_grows_with_the_items_is_advised_while_there_are_few() {
        let others = |items: usize| -> Vec<String> {
            let Advice { algorithm, alternatives, .. } =
                Algorithm::suggest(&ratings(items, |_, _| 1.0), None);
            let others = alternatives.into_iter().map(|other| other.algorithm);
            std::iter::once(algorithm.name().to_owned()).chain(others).collect()
        };
        assert_eq!(others(FEW_ITEMS), ["slim", "ials", "ease", "popularity"]);
        assert_eq!(others(FEW_ITEMS + 1), ["ials", "popularity"]);
    }

    #[test]
    fn what_cannot_be_learned_is_told() {
        let events = ratings(40, |_, _| 1.0);
        let als = Algorithm::from_settings("als", &serde_json::Map::new()).unwrap();
        assert!(als.unsuited(&events).is_some_and(|why| why.contains("all values are equal")));
        assert_eq!(als.unsuited(&ratings(40, |u, _| u as f32)), None);
        let ease = |max_items| Algorithm::Ease(Ease { max_items, ..Ease::default() });
        assert_eq!(ease(40).unsuited(&events), None);
        assert!(ease(39).unsuited(&events).is_some());
    }
}
