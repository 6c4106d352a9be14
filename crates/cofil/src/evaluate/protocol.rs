//! Evaluation protocols: which items are ranked, which count as relevant, how ties are broken.

use super::{Convention, Metric, Ties};
use crate::data::Ratings;
use crate::data::prose::count;
use crate::error::{Error, Result};
use crate::rank::Rerank;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A test set. A `&Ratings` converts to a test set without given histories.
#[derive(Clone, Copy, Debug)]
pub struct TestPart<'a> {
    /// The held-out interactions.
    pub ratings: &'a Ratings,
    /// Histories beyond the training interactions. Users not in the training data are scored from them by fold-in, and
    /// their items are not ranked. Users and items are numbered as in `ratings`; there may be fewer or more of them.
    pub given: Option<&'a Ratings>,
}

impl<'a> From<&'a Ratings> for TestPart<'a> {
    fn from(ratings: &'a Ratings) -> Self {
        Self { ratings, given: None }
    }
}

/// How to evaluate a model. By default all items a user has not interacted with are ranked, every test interaction is
/// relevant, and ties are in the order of recommended lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Protocol {
    /// The metrics to compute.
    #[schemars(with = "Vec<String>")]
    pub metrics: Vec<Metric>,
    /// The library whose definitions of the metrics to use.
    #[serde(alias = "dialect")]
    pub convention: Convention,
    /// Which items are ranked for a user.
    pub candidates: Candidates,
    /// Whether ranks among sampled items are scaled to ranks among all items: with r − 1 of m sampled items above it,
    /// a relevant item is assumed to have (r − 1) / m of all other items above it.
    pub corrected: bool,
    /// How items with equal scores are ordered.
    pub ties: Ties,
    /// Smallest value of a relevant test interaction; all are relevant if not set.
    pub relevant_from: Option<f32>,
    /// Whether items in a user's history, from training or given, are ranked too.
    pub seen: bool,
    /// Diversity and popularity control of the evaluated lists. Predicted ratings and baselines are unaffected.
    pub rerank: Rerank,
    /// Whether predicted ratings are clipped to the range of the training values before `rmse` and `mae`.
    pub clip: bool,
    /// Number of bootstrap samples for the 95 % intervals; 0 for no intervals.
    pub resamples: usize,
    /// Random seed of the bootstrap samples; candidates have their own, see [`Candidates::Sampled`].
    pub seed: u64,
    /// Whether to evaluate the baselines too: popularity, random guessing and the training mean.
    pub baselines: bool,
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            metrics: vec![Metric::Ndcg(10), Metric::Recall(10), Metric::Hr(10), Metric::Auc],
            convention: Convention::Cofil,
            candidates: Candidates::All,
            corrected: false,
            ties: Ties::Index,
            relevant_from: None,
            seen: false,
            rerank: Rerank::default(),
            clip: true,
            resamples: 1000,
            seed: 0,
            baselines: true,
        }
    }
}

/// Which items are ranked for a user, besides the relevant ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Candidates {
    /// All items that the model knows and the user has not interacted with.
    #[default]
    All,
    /// `n` items without an interaction in training or test, drawn uniformly for each user without replacement; the
    /// same items for every model.
    Sampled {
        /// Number of items.
        n: usize,
        /// Random seed of the draw.
        seed: u64,
    },
    /// The given items for each row of the test set, even if the user has interacted with them. Duplicates, and
    /// relevant items among them, count once.
    Given(Vec<Vec<u32>>),
}

impl Candidates {
    /// Returns the warning that belongs with values on such candidates.
    pub fn warning(&self) -> Option<String> {
        let few = match self {
            Self::All => return None,
            Self::Sampled { n, .. } => format!("{n} sampled items"),
            Self::Given(_) => "given candidates".into(),
        };
        Some(format!(
            "ranked among {few}: such values are not comparable with a full ranking and can reverse the \
             order of two models (Krichene and Rendle, KDD 2020)"
        ))
    }
}

/// Largest number of resamples. More would not change the intervals, and each costs a pass over the users.
const MOST_RESAMPLES: usize = 10_000_000;

impl Protocol {
    /// Creates a protocol for `metrics` alone, without intervals and baselines.
    pub fn plain(metrics: Vec<Metric>) -> Self {
        Self { metrics, resamples: 0, baselines: false, ..Self::default() }
    }

    /// Returns the same protocol with only the `chosen` metrics.
    pub(super) fn only(&self, chosen: impl Fn(&Metric) -> bool) -> Self {
        let metrics = self.metrics.iter().copied().filter(chosen).collect();
        Self { metrics, ..self.clone() }
    }

    /// Returns the largest cutoff of the metrics.
    pub(super) fn longest(&self) -> usize {
        self.metrics.iter().filter_map(Metric::cutoff).max().unwrap_or(0)
    }

    pub(super) fn check(&self, test_rows: usize) -> Result<()> {
        if self.metrics.is_empty() {
            return Err(Error::setting("metrics", "name at least one, such as ndcg@20"));
        }
        if let Some(metric) = self.metrics.iter().find(|metric| metric.cutoff() == Some(0)) {
            let says = format!("{metric}: the length of the lists must be at least 1");
            return Err(Error::setting("metrics", says));
        }
        self.rerank.check(self.longest())?;
        if self.relevant_from.is_some_and(|from| !from.is_finite()) {
            return Err(Error::setting("relevant_from", "must be a finite number"));
        }
        if self.resamples > MOST_RESAMPLES {
            let says = format!("must be at most {MOST_RESAMPLES}, got {}", self.resamples);
            return Err(Error::setting("resamples", says));
        }
        if self.corrected && !matches!(self.candidates, Candidates::Sampled { .. }) {
            let says = "needs sampled candidates: other ranks need no correction";
            return Err(Error::setting("corrected", says));
        }
        match &self.candidates {
            Candidates::Sampled { n: 0, .. } => {
                Err(Error::setting("sampled", "must be at least 1, got 0"))
            }
            Candidates::Given(lists) if lists.len() != test_rows => Err(Error::Unfit(format!(
                "{} for {} of the test set",
                count(lists.len(), "candidate list"),
                count(test_rows, "user")
            ))),
            _ => Ok(()),
        }
    }
}
