//! Metric definitions of other libraries, which use the same names for different formulas.
//!
//! A [`Convention`] is data: the variant of each metric that a library computes. The candidates and their order stay
//! those of the protocol, so a convention reproduces a library's value on the same ranked lists.
//! `tests/golden/peers.json` holds the values the libraries themselves print for some lists; the script beside it
//! makes the file.

use super::Metric;
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The library whose metric definitions a report uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// The definitions of [`Metric`].
    #[default]
    Cofil,
    /// `implicit`: precision is Σ hits / Σ min(k, |R|) over all users.
    Implicit,
    /// RecBole.
    Recbole,
    /// RecTools with its defaults: ideal NDCG has k hits, MAP is divided by |R|.
    Rectools,
    /// LensKit: NDCG discounts ranks 1 and 2 equally; recall is divided by min(k, |R|), precision and average precision
    /// by the list length.
    Lenskit,
    /// recpack.
    Recpack,
    /// ranx: MAP is divided by |R|.
    Ranx,
    /// irspack: precision is divided by the list length, MAP by |R|.
    Irspack,
    /// Elliot: MAP is the mean of precision over all ranks up to k.
    Elliot,
    /// The evaluation framework of Dacrema, Cremonesi and Jannach: ideal NDCG is not cut at k, precision and average
    /// precision are divided by the list length, and its "hit rate" is the number of hits.
    Dacrema,
}

/// The divisor of a sum over hits. L is the number of items in the list, at most k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divisor {
    /// k.
    Cutoff,
    /// |R|.
    Relevant,
    /// min(k, |R|).
    Capped,
    /// L.
    Listed,
    /// min(L, |R|).
    CappedListed,
}

/// The weight of a hit in NDCG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    /// 1 / log₂(rank + 1).
    Log,
    /// 1 / log₂(max(rank, 2)), as defined by Järvelin and Kekäläinen.
    ClippedLog,
}

/// Definitions of precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// hits / divisor, averaged over users.
    Mean(Divisor),
    /// Σ hits / Σ min(k, |R|), pooled over users.
    Pooled,
}

/// Definitions of MAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AveragePrecision {
    /// Sum of precision at the rank of each hit / divisor.
    AtHits(Divisor),
    /// Sum of precision at every rank up to k / k.
    EveryRank,
}

/// The definition of each metric that differs between libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The weight of a hit in NDCG.
    pub discount: Discount,
    /// Number of hits at the top of the ideal list of NDCG.
    pub ideal: Divisor,
    /// The divisor of recall.
    pub recall: Divisor,
    /// The definition of precision.
    pub precision: Precision,
    /// The definition of average precision.
    pub map: AveragePrecision,
    /// Whether users with an empty list are left out of metrics divided by its length; otherwise they count as 0.
    pub skips_empty: bool,
    /// Metrics that the library has; the others keep cofil's definition.
    pub has: &'static [&'static str],
}

/// The metrics that most libraries have.
const MOST: &[&str] = &["ndcg", "recall", "precision", "hr", "map", "mrr"];

/// The definitions that most libraries share.
const COMMON: Meaning = Meaning {
    discount: Discount::Log,
    ideal: Divisor::Capped,
    recall: Divisor::Relevant,
    precision: Precision::Mean(Divisor::Cutoff),
    map: AveragePrecision::AtHits(Divisor::Capped),
    skips_empty: false,
    has: MOST,
};

impl Convention {
    /// All conventions.
    pub const ALL: [Self; 10] = [
        Self::Cofil,
        Self::Implicit,
        Self::Recbole,
        Self::Rectools,
        Self::Lenskit,
        Self::Recpack,
        Self::Ranx,
        Self::Irspack,
        Self::Elliot,
        Self::Dacrema,
    ];

    /// Returns the metric definitions of this convention.
    pub fn meaning(self) -> Meaning {
        use AveragePrecision::{AtHits, EveryRank};
        use Divisor::{Capped, CappedListed, Cutoff, Listed, Relevant};
        use Precision::{Mean, Pooled};
        match self {
            Self::Cofil | Self::Recbole => COMMON,
            Self::Implicit => {
                Meaning { precision: Pooled, has: &["ndcg", "precision", "map"], ..COMMON }
            }
            Self::Rectools => Meaning { ideal: Cutoff, map: AtHits(Relevant), ..COMMON },
            Self::Lenskit => Meaning {
                discount: Discount::ClippedLog,
                recall: Capped,
                precision: Mean(Listed),
                map: AtHits(CappedListed),
                skips_empty: true,
                has: &["ndcg", "recall", "precision", "hr", "mrr"],
                ..COMMON
            },
            Self::Recpack => {
                Meaning { has: &["ndcg", "recall", "recall_capped", "precision", "mrr"], ..COMMON }
            }
            Self::Ranx => Meaning { map: AtHits(Relevant), ..COMMON },
            Self::Irspack => Meaning {
                precision: Mean(Listed),
                map: AtHits(Relevant),
                has: &["ndcg", "recall", "precision", "hr", "map"],
                ..COMMON
            },
            Self::Elliot => Meaning { map: EveryRank, ..COMMON },
            Self::Dacrema => Meaning {
                ideal: Relevant,
                precision: Mean(Listed),
                map: AtHits(CappedListed),
                has: &["ndcg", "recall", "precision", "map", "mrr"],
                ..COMMON
            },
        }
    }

    /// Returns a warning about the `metrics` that the library does not have.
    pub(super) fn warning(self, metrics: &[Metric]) -> Option<String> {
        let has = self.meaning().has;
        let is_missing = |metric: &&Metric| {
            let name = metric.to_string();
            let name = name.split('@').next().unwrap_or_default();
            metric.is_of_ranks() && !has.contains(&name)
        };
        let missing: Vec<String> =
            metrics.iter().filter(is_missing).map(Metric::to_string).collect();
        let other = self != Self::Cofil && !missing.is_empty();
        other.then(|| format!("{}: cofil's definition, as {self} has none", missing.join(", ")))
    }
}

impl Meaning {
    /// Returns the weight of one user in the mean of `metric`.
    pub(super) fn weight(&self, metric: Metric, relevant: usize) -> u32 {
        match (metric, self.precision) {
            (Metric::Precision(k), Precision::Pooled) => k.min(relevant) as u32,
            _ => 1,
        }
    }
}

impl Divisor {
    /// Returns the divisor for a cutoff of `k`, `relevant` relevant items and `listed` items in the list.
    pub(super) fn of(self, k: usize, relevant: usize, listed: usize) -> usize {
        match self {
            Self::Cutoff => k,
            Self::Relevant => relevant,
            Self::Capped => k.min(relevant),
            Self::Listed => k.min(listed),
            Self::CappedListed => k.min(listed).min(relevant),
        }
    }
}

impl fmt::Display for Convention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cofil => "cofil",
            Self::Implicit => "implicit",
            Self::Recbole => "recbole",
            Self::Rectools => "rectools",
            Self::Lenskit => "lenskit",
            Self::Recpack => "recpack",
            Self::Ranx => "ranx",
            Self::Irspack => "irspack",
            Self::Elliot => "elliot",
            Self::Dacrema => "dacrema",
        })
    }
}

impl FromStr for Convention {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|convention| convention.to_string() == text);
        found.ok_or_else(|| {
            Error::unknown("convention", text, Self::ALL.iter().map(Self::to_string))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Csr, IdMap, Ratings};
    use crate::evaluate::{Protocol, evaluate_lists};
    use serde_json::Value;
    use std::sync::Arc;

    /// Compares each value the libraries printed for the lists in `peers.json`.
    #[test]
    fn conventions_print_what_the_libraries_print() {
        let golden: Value =
            serde_json::from_str(include_str!("../../tests/golden/peers.json")).unwrap();
        let items = golden["items"].as_u64().unwrap() as usize;
        let numbers = |value: &Value| -> Vec<u32> {
            value.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as u32).collect()
        };
        let ids = |prefix: &str, n: usize| {
            Arc::new((0..n).map(|i| format!("{prefix}{i}")).collect::<IdMap>())
        };
        let mut compared = 0;
        for set in golden["sets"].as_array().unwrap() {
            let rows = |key: &str| set[key].as_array().unwrap().iter().map(numbers);
            let (lists, relevant): (Vec<_>, Vec<_>) =
                (rows("lists").collect(), rows("relevant").collect());
            let users = ids("u", lists.len());
            let part = |rows: Vec<Vec<(u32, f32)>>| Ratings {
                users: users.clone(),
                items: ids("i", items),
                by_user: Csr::from_rows(items, rows),
                times: None,
            };
            let test = part(
                relevant
                    .iter()
                    .map(|row: &Vec<u32>| row.iter().map(|&i| (i, 1.0)).collect())
                    .collect(),
            );
            // Only one user has a history, and that user is not tested.
            let mut seen = vec![vec![]; lists.len()];
            seen[lists.len() - 1] = vec![(0, 1.0)];
            let train = part(seen);
            for (library, values) in set["values"].as_object().unwrap() {
                let convention: Convention = library.parse().unwrap();
                for (metric, value) in values.as_object().unwrap() {
                    let metrics = vec![metric.parse().unwrap()];
                    let protocol = Protocol { convention, ..Protocol::plain(metrics) };
                    let report = evaluate_lists(&lists, &train, &test, &protocol).unwrap();
                    let (found, printed) = (report.metrics.0[0].value, value.as_f64().unwrap());
                    let near = (found - printed).abs() < 1e-6;
                    assert!(near, "{library}, {metric}: {found}, and {printed} in {}", set["name"]);
                    assert!(
                        report.warnings.iter().all(|w| !w.contains("cofil's definition")),
                        "{:?}",
                        report.warnings
                    );
                    compared += 1;
                }
            }
        }
        assert!(compared >= 150, "{compared}");
    }

    #[test]
    fn what_a_library_does_not_have_is_told() {
        let metrics = [Metric::Ndcg(5), Metric::Recall(5), Metric::Auc, Metric::Rmse];
        let told = Convention::Implicit.warning(&metrics).unwrap();
        assert_eq!(told, "recall@5, auc: cofil's definition, as implicit has none");
        assert_eq!(Convention::Cofil.warning(&metrics), None);
        let refused = "implicitt".parse::<Convention>().unwrap_err().to_string();
        assert!(refused.contains("did you mean `implicit`?"), "{refused}");
    }
}
