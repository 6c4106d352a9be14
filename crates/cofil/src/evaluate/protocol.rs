//! How a model is judged: which items are ranked, what counts as relevant, how ties are broken.

use super::{Convention, Metric, Ties};
use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::rank::Rerank;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a model is judged by. A `&Ratings` is a test part for users that training knows.
#[derive(Clone, Copy, Debug)]
pub struct TestPart<'a> {
    /// The interactions to predict.
    pub ratings: &'a Ratings,
    /// What the users are known by beside their training interactions: whom training never saw is
    /// scored from it by fold-in, and nobody is ranked items of it. Users and items are numbered
    /// as in `ratings`, of which there may be fewer or more.
    pub given: Option<&'a Ratings>,
}

impl<'a> From<&'a Ratings> for TestPart<'a> {
    fn from(ratings: &'a Ratings) -> Self {
        Self { ratings, given: None }
    }
}

/// How to evaluate, apart from what. The default: all items a user has not interacted with are
/// ranked, every test interaction is relevant, ties count by expectation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Protocol {
    /// What to measure.
    #[schemars(with = "Vec<String>")]
    pub metrics: Vec<Metric>,
    /// Whose meaning of their names.
    #[serde(alias = "dialect")]
    pub convention: Convention,
    /// Which items are ranked for a user.
    pub candidates: Candidates,
    /// Whether ranks among sampled items are scaled to ranks among all: who is above r − 1 of m
    /// sampled items is taken to be above (r − 1) / m of all others.
    pub corrected: bool,
    /// How items of equal scores are ordered.
    pub ties: Ties,
    /// Test interactions of at least this value are relevant; all of them if not set.
    pub relevant_from: Option<f32>,
    /// Whether items of a user's history, training and given, are ranked too.
    pub seen: bool,
    /// How a user's best items are reordered before they are judged. Predicted values and baselines stay.
    pub rerank: Rerank,
    /// Whether predicted values are clipped to the range of the training values before `rmse` and
    /// `mae`.
    pub clip: bool,
    /// Bootstrap samples of the users for the 95 % intervals, 0 for none.
    pub resamples: usize,
    /// Seed of bootstrap samples; of candidates, see [`Candidates::Sampled`].
    pub seed: u64,
    /// Whether to evaluate popularity, guessing and the training mean beside the model.
    pub baselines: bool,
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            metrics: vec![Metric::Ndcg(10), Metric::Recall(10), Metric::Hr(10), Metric::Auc],
            convention: Convention::Cofil,
            candidates: Candidates::All,
            corrected: false,
            ties: Ties::Expected,
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

/// Which items are ranked for a user, beside the relevant ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Candidates {
    /// All items that the model knows and the user has not interacted with.
    #[default]
    All,
    /// `n` of those without an interaction in training or test, drawn uniformly for each user, without
    /// repetition; the same for every model.
    Sampled {
        /// How many.
        n: usize,
        /// Seed of the draw.
        seed: u64,
    },
    /// These items for each row of the test data, whatever the user has interacted with. Repeated
    /// items, and relevant items among them, count once.
    Given(Vec<Vec<u32>>),
}

impl Candidates {
    /// What must be said beside numbers on such candidates.
    pub fn warning(&self) -> Option<String> {
        let few = match self {
            Self::All => return None,
            Self::Sampled { n, .. } => format!("{n} sampled items"),
            Self::Given(_) => "given candidates".into(),
        };
        Some(format!(
            "ranked among {few}: such values are not comparable with a full ranking, and can turn the \
             order of two models round (Krichene and Rendle, KDD 2020)"
        ))
    }
}

/// Most resamples: intervals do not change any more, and each costs a pass over the users.
const MOST_RESAMPLES: usize = 10_000_000;

impl Protocol {
    /// A protocol for `metrics` alone, without intervals and baselines.
    pub fn plain(metrics: Vec<Metric>) -> Self {
        Self { metrics, resamples: 0, baselines: false, ..Self::default() }
    }

    /// The same for those metrics that `chosen` holds for.
    pub(super) fn only(&self, chosen: impl Fn(&Metric) -> bool) -> Self {
        let metrics = self.metrics.iter().copied().filter(chosen).collect();
        Self { metrics, ..self.clone() }
    }

    /// The longest list that a metric looks at.
    pub(super) fn longest(&self) -> usize {
        self.metrics.iter().filter_map(Metric::cutoff).max().unwrap_or(0)
    }

    pub(super) fn check(&self, test_rows: usize) -> Result<()> {
        if self.metrics.is_empty() {
            return Err(Error::setting("metrics", "name at least one, such as ndcg@20"));
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
            let says = "goes with sampled candidates: other ranks need no correction";
            return Err(Error::setting("corrected", says));
        }
        match &self.candidates {
            Candidates::Sampled { n: 0, .. } => {
                Err(Error::setting("sampled", "must be at least 1, got 0"))
            }
            Candidates::Given(lists) if lists.len() != test_rows => Err(Error::Unfit(format!(
                "{} candidate lists for {test_rows} users of the test part",
                lists.len()
            ))),
            _ => Ok(()),
        }
    }
}
