//! Evaluation reports: each value with its interval, its number of users and the best possible value.

use super::columns::Column;
use super::{Candidates, Metric, Protocol};
use crate::data::prose::count;
use crate::rank::Rerank;
use schemars::JsonSchema;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// The result of [`evaluate`](super::evaluate). A report can be read back from JSON, except for the values of single
/// users, which are not written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Number of users with a test interaction.
    pub users: usize,
    /// Number of test interactions.
    pub interactions: usize,
    /// Number of items the model knows.
    pub items: usize,
    /// One entry for each metric of the protocol, in the same order.
    pub metrics: Measures,
    /// Baselines that learn nothing: `popularity`; `random`, the expected value of guessing; and, for `rmse` and `mae`,
    /// `mean`, which always predicts the training mean.
    pub baselines: Baselines,
    /// The same metrics for groups of users by number of training and given interactions: users with none, if any, and
    /// quartiles of the rest.
    pub activity: Vec<Activity>,
    /// Test users, items and interactions that the training data does not cover.
    pub unknown: Unknown,
    /// The evaluation settings.
    #[serde(alias = "convention")]
    pub conditions: Conditions,
    /// Notes needed to interpret the values.
    pub warnings: Vec<String>,
    /// Values of single users.
    #[serde(skip)]
    pub(super) columns: Vec<Column>,
}

/// Values by metric; a map in JSON.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(with = "BTreeMap<String, Measure>")]
pub struct Measures(pub Vec<Measure>);

/// Baselines by name; a map in JSON.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(with = "BTreeMap<String, Measures>")]
pub struct Baselines(pub Vec<(String, Measures)>);

/// The value of one metric.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measure {
    /// The metric; the key in JSON.
    #[serde(skip, default = "unnamed")]
    pub metric: Metric,
    /// The value; NaN (null in JSON) if it is defined for no user.
    #[serde(deserialize_with = "number")]
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// Number of users the metric is defined for.
    pub users: usize,
    /// The best possible value, that of a perfect ranking of the same candidates. It can be below 1: `precision@10`
    /// cannot reach 1 if users have three test items. None for metrics without a best value.
    pub max: Option<f64>,
}

/// A group of users with a similar number of interactions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    /// Fewest training and given interactions of a user in the group.
    pub from: usize,
    /// Most training and given interactions of a user in the group.
    pub to: usize,
    /// Number of users.
    pub users: usize,
    /// Metrics of the group, without intervals.
    pub metrics: Measures,
}

/// Test users, items and interactions that the training data does not cover.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unknown {
    /// Number of test users without a training interaction. They get the most popular items, unless a history is given.
    pub users: usize,
    /// Number of those users who are scored from a given history.
    pub given: usize,
    /// Number of given interactions with items the model does not know; they are left out of the histories.
    pub given_interactions: usize,
    /// Number of test items without a training interaction.
    pub items: usize,
    /// Number of relevant test interactions with items the model does not know; they count as missed.
    pub interactions: usize,
    /// Number of relevant test interactions that are also in the training data or given; they count as missed unless
    /// seen items are ranked.
    pub repeated: usize,
    /// Number of users none of whose relevant items can be recommended; they count as 0.
    pub unreachable_users: usize,
}

/// The evaluation settings behind a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conditions {
    /// The library whose definitions of the metrics were used.
    #[serde(alias = "dialect")]
    pub convention: super::Convention,
    /// Which items were ranked.
    pub candidates: String,
    /// How items with equal scores were ordered.
    pub ties: super::Ties,
    /// Diversity and popularity control, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank: Option<Rerank>,
    /// Smallest value of a relevant test interaction.
    pub relevant_from: Option<f32>,
    /// The range predicted ratings were clipped to.
    pub clip: Option<(f32, f32)>,
    /// Number of bootstrap samples behind each interval.
    pub resamples: usize,
    /// Random seed of the bootstrap samples.
    pub seed: u64,
}

impl Conditions {
    pub(super) fn new(protocol: &Protocol, clip: Option<(f32, f32)>) -> Self {
        let candidates = match &protocol.candidates {
            Candidates::All if protocol.seen => "all items".into(),
            Candidates::All => "all items except those in the user's history".into(),
            Candidates::Sampled { n, seed } => {
                let scaled = if protocol.corrected { ", ranks scaled to all items" } else { "" };
                format!("relevant items and {n} sampled unseen items (seed {seed}){scaled}")
            }
            Candidates::Given(_) => "relevant items and the candidates given for each user".into(),
        };
        Self {
            convention: protocol.convention,
            candidates,
            ties: protocol.ties,
            rerank: (!protocol.rerank.is_off()).then_some(protocol.rerank),
            relevant_from: protocol.relevant_from,
            clip,
            resamples: protocol.resamples,
            seed: protocol.seed,
        }
    }
}

impl Unknown {
    /// Returns warnings about the counts that are not 0, for this number of `tested` users.
    pub(super) fn warnings(&self, protocol: &Protocol, tested: usize) -> Vec<String> {
        let mut said = Vec::new();
        let ranked = protocol.metrics.iter().any(Metric::is_of_ranks);
        if self.users > self.given {
            let given = if self.given > 0 { " or given history" } else { "" };
            let users = count(self.users - self.given, "test user");
            said.push(match self.users == tested && self.given == 0 {
                true => {
                    let none = match tested {
                        1 => "the only test user has no training interactions".to_owned(),
                        _ => format!("none of the {users} has training interactions"),
                    };
                    format!("{none}: give their histories (`given`)")
                }
                false => format!("{users} without training interactions{given}"),
            });
        }
        if self.given_interactions > 0 {
            said.push(format!(
                "skipped {} with items the model does not know",
                count(self.given_interactions, "given interaction")
            ));
        }
        if self.interactions > 0 && ranked {
            said.push(format!(
                "counted as missed: {} with items the model does not know",
                count(self.interactions, "relevant interaction")
            ));
        }
        if self.repeated > 0 && ranked {
            said.push(format!(
                "counted as missed: {} also in the user's history (seen items are not ranked)",
                count(self.repeated, "relevant interaction")
            ));
        }
        said
    }
}

impl Report {
    /// Returns the value of `metric`, if it was computed.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.metrics.get(metric).map(|measure| measure.value)
    }
}

impl Measures {
    /// Returns the entry of `metric`, if there is one.
    pub fn get(&self, metric: Metric) -> Option<&Measure> {
        self.0.iter().find(|measure| measure.metric == metric)
    }
}

impl Baselines {
    /// Returns the baseline `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<&Measures> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, measures)| measures)
    }
}

impl Serialize for Measures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for measure in &self.0 {
            map.serialize_entry(&measure.metric.to_string(), measure)?;
        }
        map.end()
    }
}

impl Serialize for Baselines {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, measures)| (name, measures)))
    }
}

impl<'de> Deserialize<'de> for Measures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = entries::<D, Measure>(deserializer)?;
        let measure = |(name, measure): (String, Measure)| match name.parse() {
            Ok(metric) => Ok(Measure { metric, ..measure }),
            Err(error) => Err(D::Error::custom(error)),
        };
        named.into_iter().map(measure).collect::<Result<_, _>>().map(Self)
    }
}

impl<'de> Deserialize<'de> for Baselines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        entries(deserializer).map(Self)
    }
}

/// Reads the entries of a map in their order.
fn entries<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<(String, T)>, D::Error> {
    struct Entries<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
        type Value = Vec<(String, T)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    deserializer.deserialize_map(Entries(PhantomData))
}

/// Reads a number, and null as NaN: JSON has no other way to write a number that is not finite.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// Placeholder until the key of a [`Measure`] is known.
fn unnamed() -> Metric {
    Metric::Auc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_in_its_order() {
        let measure = |metric, value| Measure {
            metric,
            value,
            low: Some(0.25),
            high: None,
            users: 3,
            max: None,
        };
        let measures =
            Measures(vec![measure(Metric::Recall(5), 0.5), measure(Metric::Ndcg(10), 0.1)]);
        let baselines = Baselines(vec![("random".into(), measures)]);
        let text = serde_json::to_string(&baselines).unwrap();
        assert_eq!(serde_json::from_str::<Baselines>(&text).unwrap(), baselines);
        let nobody = Measures(vec![measure(Metric::Auc, f64::NAN)]);
        let text = serde_json::to_string(&nobody).unwrap();
        assert!(text.contains("null"), "{text}");
        assert!(serde_json::from_str::<Measures>(&text).unwrap().0[0].value.is_nan());
        let told = serde_json::from_str::<Measures>(&text.replace("auc", "acu")).unwrap_err();
        assert!(told.to_string().contains("did you mean `auc`"), "{told}");
    }
}
