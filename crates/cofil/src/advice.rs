//! What suits data: which recipe to begin with, which others are worth a try, and why. Rules of thumb.
//!
//! ```
//! use cofil::Purpose;
//! use cofil::{Algorithm, Ratings};
//!
//! let stars = [("ann", "x", 1.0), ("ann", "y", 5.0), ("bob", "x", 2.0), ("bob", "y", 4.0)];
//! let ratings = Ratings::from_triples(stars)?;
//! let advice = Algorithm::suggest(&ratings, None);
//! assert_eq!((advice.purpose, advice.algorithm.name()), (Purpose::Predict, "biased-mf".into()));
//! assert_eq!(Algorithm::suggest(&ratings, Some(Purpose::Rank)).algorithm.name(), "ials");
//! # Ok::<(), cofil::Error>(())
//! ```

use crate::algorithm::Algorithm;
use crate::data::Ratings;
use crate::data::describe::{Description, Kind, Values};
use crate::data::prose::number;
use crate::recipes::{BiasedMf, Ease, Ials, ItemKnn, Popularity, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Up to so many items a matrix between all items is advised; `ease` itself refuses only more than its
/// `max_items`.
const FEW_ITEMS: usize = 20_000;

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To say what value somebody will give an item.
    Predict,
    /// To put items in an order for somebody.
    Rank,
}

impl Purpose {
    /// What values of this kind ask for: ratings to be predicted, all else to be ranked by.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Ratings => Self::Predict,
            Kind::Votes | Kind::Counts | Kind::Events => Self::Rank,
        }
    }
}

/// The recipe to begin with, and others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// What the model is for.
    pub purpose: Purpose,
    /// The recipe to begin with, with its default settings.
    pub algorithm: Algorithm,
    /// Why this recipe suits the data.
    pub reason: String,
    /// Others that suit the data, the first to try first.
    pub alternatives: Vec<Alternative>,
}

/// Another recipe that suits the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// Name of the recipe.
    pub algorithm: String,
    /// What it is good for here.
    pub reason: String,
}

/// What advice depends on.
struct Facts<'a> {
    values: &'a Values,
    items: usize,
    density: f64,
}

impl Algorithm {
    /// The recipe to begin with on `ratings`, for `purpose` or else for what the values ask for, and why.
    pub fn suggest(ratings: &Ratings, purpose: Option<Purpose>) -> Advice {
        let pairs = ratings.users.len() as f64 * ratings.items.len() as f64;
        let values = Values::of(ratings.by_user.values());
        let density = if pairs > 0.0 { ratings.len() as f64 / pairs } else { 0.0 };
        advice(&Facts { values: &values, items: ratings.items.len(), density }, purpose)
    }

    /// Whether this recipe predicts values and `train` has only one, so that it would say the same of everything.
    pub fn lacks_values(&self, train: &Ratings) -> bool {
        let (low, high) = train.scale();
        self.target() == Target::Rating && low == high
    }

    /// Why this recipe cannot learn from `train` what it is for; `None` if nothing speaks against it.
    pub fn unsuited(&self, train: &Ratings) -> Option<String> {
        if self.lacks_values(train) {
            return Some("they predict values and here all are equal".into());
        }
        match self {
            Self::Ease(ease) if train.items.len() > ease.max_items => Some(format!(
                "of more than {} items a matrix between all takes too long",
                number(ease.max_items)
            )),
            _ => None,
        }
    }
}

impl Advice {
    /// Advice on the data that `description` describes, for `purpose` or else for what the values ask for.
    pub fn on(description: &Description, purpose: Option<Purpose>) -> Self {
        let Description { values, items, density, .. } = description;
        advice(&Facts { values, items: *items, density: *density }, purpose)
    }
}

fn advice(facts: &Facts<'_>, purpose: Option<Purpose>) -> Advice {
    let kind = facts.values.kind;
    let purpose = purpose.unwrap_or_else(|| Purpose::of(kind));
    let (algorithm, reason) = match (purpose, kind) {
        (Purpose::Predict, Kind::Ratings) => {
            let why = "the values are ratings, and it predicts them from the levels and tastes of user and item";
            (Algorithm::BiasedMf(BiasedMf::default()), why.to_owned())
        }
        (Purpose::Predict, Kind::Votes) => {
            (Algorithm::BiasedMf(BiasedMf::default()), votes().to_owned())
        }
        (Purpose::Predict, _) => {
            let why =
                "there are no ratings that could be predicted, so it ranks what people choose";
            (Algorithm::Ials(Ials::default()), why.to_owned())
        }
        (Purpose::Rank, _) => (Algorithm::Ials(Ials::default()), ranks(facts)),
    };
    let mut alternatives = alternatives(facts);
    let chosen = algorithm.name();
    alternatives.retain(|other| other.algorithm != chosen);
    Advice { purpose, algorithm, reason, alternatives }
}

fn votes() -> &'static str {
    "with `link` = sigmoid it predicts how likely a vote for is"
}

/// Why the recipe that ranks suits.
fn ranks(facts: &Facts<'_>) -> String {
    let values = match facts.values.kind {
        Kind::Ratings => "the values are ratings",
        Kind::Votes => "the values are votes",
        Kind::Counts => "the values are counts",
        Kind::Events => "the values are all equal",
    };
    let counted = match facts.values.kind {
        Kind::Counts => "; the count is its confidence",
        _ => "",
    };
    let prepared = prepared(facts);
    format!(
        "{values}, and it ranks what people choose{prepared}: its cost grows with the interactions, not with \
         items²{counted}"
    )
}

/// How values become interactions to rank by.
fn prepared(facts: &Facts<'_>) -> String {
    let values = facts.values;
    match (values.kind, values.liked()) {
        // Where most was rated, or dislike is below 0, having been rated says nothing good.
        (Kind::Ratings, Some(liked)) if facts.density > 0.3 || values.scale().0 < 0.0 => {
            format!(" (with `threshold` {liked})")
        }
        (Kind::Ratings, Some(liked)) => format!(" (with `implicit`, or `threshold` {liked})"),
        (Kind::Votes, _) => format!(" (with `threshold` {})", values.max),
        (Kind::Counts, _) => " (also try `implicit`: the long tail can drown the rest)".into(),
        _ => String::new(),
    }
}

/// Every recipe that is worth a try, the first to try first.
fn alternatives(facts: &Facts<'_>) -> Vec<Alternative> {
    let other = |algorithm: Algorithm, reason: String| Alternative {
        algorithm: algorithm.name().into(),
        reason,
    };
    let mut list = Vec::new();
    if facts.values.kind == Kind::Votes {
        list.push(other(Algorithm::BiasedMf(BiasedMf::default()), votes().into()));
    }
    let prepared = prepared(facts);
    list.push(other(
        Algorithm::Ials(Ials::default()),
        format!("to rank{prepared}: grows with the interactions, not with items²"),
    ));
    let weights = facts.items as f64 * facts.items as f64 * 4.0;
    let size = match weights < 1e9 {
        true => format!("{:.0} MB", (weights / 1e6).max(1.0)),
        false => format!("{:.1} GB", weights / 1e9),
    };
    let few = facts.items <= FEW_ITEMS;
    if few {
        let items = number(facts.items);
        let reason = format!("to rank{prepared}: exact, one inverse of {items} × {items} ({size})");
        list.push(other(Algorithm::Ease(Ease::default()), reason));
    }
    let why = match few {
        true => "to rank: neighbours that explain themselves".into(),
        false => {
            format!("to rank: sparse neighbours, where ease would need {size} for its weights")
        }
    };
    list.push(other(Algorithm::ItemKnn(ItemKnn::default()), why));
    let why = "what every model has to beat".into();
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
    fn values_decide_what_a_model_is_for() {
        let name =
            |ratings: &Ratings, purpose| Algorithm::suggest(ratings, purpose).algorithm.name();
        let stars = ratings(40, |u, i| ((u + i) % 5 + 1) as f32);
        let events = ratings(40, |_, _| 1.0);
        assert_eq!((name(&stars, None), name(&events, None)), ("biased-mf", "ials"));
        assert_eq!(name(&stars, Some(Purpose::Rank)), "ials");
        assert_eq!(name(&events, Some(Purpose::Predict)), "ials", "there is nothing to predict");
        let votes = Algorithm::suggest(&ratings(40, |u, i| ((u + i) % 2) as f32), None);
        assert_eq!((votes.purpose, votes.algorithm.name()), (Purpose::Rank, "ials"));
        assert_eq!(votes.alternatives[0].algorithm, "biased-mf");
        assert!(votes.alternatives[0].reason.contains("sigmoid"));
        // Nothing is worse than advice on no data but a crash.
        assert_eq!(name(&Ratings::default(), None), "ials");
    }

    #[test]
    fn a_matrix_between_items_is_advised_while_there_are_few() {
        let others = |items: usize| -> Vec<String> {
            let advice = Algorithm::suggest(&ratings(items, |_, _| 1.0), None);
            advice.alternatives.into_iter().map(|other| other.algorithm).collect()
        };
        assert_eq!(others(FEW_ITEMS), ["ease", "item-knn", "popularity"]);
        assert_eq!(others(FEW_ITEMS + 1), ["item-knn", "popularity"]);
    }

    #[test]
    fn what_cannot_be_learned_is_told() {
        let events = ratings(40, |_, _| 1.0);
        let als = Algorithm::from_settings("als", &serde_json::Map::new()).unwrap();
        assert!(als.unsuited(&events).is_some_and(|why| why.contains("all are equal")));
        assert_eq!(als.unsuited(&ratings(40, |u, _| u as f32)), None);
        let ease = |max_items| Algorithm::Ease(Ease { max_items, ..Ease::default() });
        assert_eq!(ease(40).unsuited(&events), None);
        assert!(ease(39).unsuited(&events).is_some());
    }
}
