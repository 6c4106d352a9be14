//! Conclusions from a description: the kind of data, what to clean and what to measure. They are rules of thumb, each
//! with its reason. `advice` suggests what to train.

use super::{Description, Kind, warnings};
use crate::data::Finding;
use crate::data::moment::DAY;
use crate::data::prose::{count, percent};
use crate::error::Remedy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Conclusions from a description, in sentences.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Kind of data, in a sentence.
    pub kind: String,
    /// Problems to look at or to clean before training; may be empty.
    pub warnings: Vec<Finding>,
    /// Metrics that suit the data.
    pub metrics: Vec<Reasoned>,
    /// Suggested split for a realistic test.
    pub split: Reasoned,
}

/// A suggestion and its reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reasoned {
    /// The suggestion.
    pub name: String,
    /// The reason.
    pub why: String,
    /// What to do with the data first, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

impl Reasoned {
    fn new(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { name: name.into(), why: why.into(), remedy: None }
    }

    /// Returns the reason and what to do first. Option names are written by `with`, see [`Remedy::say`].
    pub fn say(&self, with: impl Fn(&str, Option<&str>) -> String) -> String {
        match &self.remedy {
            Some(remedy) => format!("{}; {}", self.why, remedy.say(with)),
            None => self.why.clone(),
        }
    }
}

impl Verdict {
    pub(super) fn on(d: &Description) -> Self {
        Self { kind: kind(d), warnings: warnings::on(d), metrics: metrics(d), split: split(d) }
    }
}

fn kind(d: &Description) -> String {
    let v = &d.values;
    match v.kind {
        Kind::Events => format!(
            "Implicit feedback: every value is {}. Missing pairs are unknown, not negative.",
            v.median
        ),
        Kind::Weights => format!(
            "Implicit feedback with weights from {} to {}. Missing pairs are unknown, not negative.",
            v.min, v.max
        ),
        Kind::Votes => format!("Binary feedback: {} negative, {} positive.", v.min, v.max),
        Kind::Ratings => {
            let steps = if v.whole { "whole numbers" } else { "fractional" };
            let (low, high) = v.scale();
            let sd = if v.suspects.is_empty() {
                format!(" Always predicting the mean gives RMSE {:.3}, the baseline to beat.", v.sd)
            } else {
                String::new()
            };
            format!("Ratings from {low} to {high} ({steps}), median {}.{sd}", v.median)
        }
        Kind::Counts => format!(
            "Counts or amounts: median {}, maximum {}. They measure confidence, not preference.",
            v.median, v.max
        ),
    }
}

fn metrics(d: &Description) -> Vec<Reasoned> {
    let k = if d.items < 200 { 5 } else { 20 };
    let short = match d.items < 200 {
        true => format!("; short lists, for only {}", count(d.items, "item")),
        false => String::new(),
    };
    let ranking = Reasoned::new(
        format!("ndcg@{k}, recall@{k}"),
        format!("whether held-out items rank high in the list{short}"),
    );
    let spread = Reasoned::new(
        "coverage, novelty",
        format!(
            "{} of the interactions go to the most popular 1 % of the items (Gini {:.2}): accuracy \
             alone rewards recommending the same items to every user",
            percent(d.per_item.top_percent),
            d.per_item.gini
        ),
    );
    let mut list = Vec::new();
    match d.values.kind {
        Kind::Ratings => {
            list.push(Reasoned::new("rmse, mae", "the error of predicted ratings"));
            list.push(ranking);
        }
        Kind::Votes => {
            list.push(Reasoned::new("auc", "whether positives score higher than negatives"));
            list.push(ranking);
        }
        Kind::Events | Kind::Counts | Kind::Weights => {
            list.push(Reasoned {
                why: ranking.why + "; not rmse, as there are no ratings",
                ..ranking
            });
        }
    }
    if d.per_item.gini > 0.5 {
        list.push(spread);
    }
    list
}

/// Rows from which on their latest tenth tells about new users.
const FEW: usize = 300;

fn split(d: &Description) -> Reasoned {
    let random = match d.values.kind {
        Kind::Ratings => "random",
        _ => "user-random",
    };
    match &d.times {
        None => {
            Reasoned::new(random, "there are no times to split by; a random split is optimistic")
        }
        Some(times) if times.missing * 2 > d.interactions => {
            Reasoned::new(random, "too few rows have a time")
        }
        Some(times) if times.last - times.first < DAY => {
            Reasoned::new(random, "all interactions happened within a day")
        }
        // A tenth of a few rows says nothing.
        Some(times) if times.known_in_latest_tenth < 0.5 && d.interactions >= FEW => Reasoned::new(
            "last",
            format!(
                "only {} of the latest tenth are by known users: a split by time would mostly test new users, which \
                 deserves a test of its own; `last` lets the model see later interactions of other users",
                percent(times.known_in_latest_tenth)
            ),
        ),
        Some(_) => Reasoned::new(
            "time",
            "the model learns only from the past, as in production; `last` tests every user but lets the \
             model see later interactions of other users",
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Description, IdMap, Interactions, NO_TIME};
    use crate::error::Remedy;
    use std::sync::Arc;

    /// 60 users × 40 items, every pair with `value(user, item)` and `time(user, item)`.
    fn described(
        value: impl Fn(u32, u32) -> f32,
        time: Option<&dyn Fn(u32, u32) -> i64>,
    ) -> Description {
        let names = |n: u32| Arc::new((0..n).map(|i| i.to_string()).collect::<IdMap>());
        let pairs: Vec<(u32, u32)> = (0..60).flat_map(|u| (0..40).map(move |i| (u, i))).collect();
        let data = Interactions {
            users: names(60),
            items: names(40),
            user: pairs.iter().map(|p| p.0).collect(),
            item: pairs.iter().map(|p| p.1).collect(),
            value: pairs.iter().map(|p| value(p.0, p.1)).collect(),
            time: time.map(|time| pairs.iter().map(|p| time(p.0, p.1)).collect()),
        };
        Description::of(&data).unwrap()
    }

    #[test]
    fn each_kind_gets_its_advice() {
        let stars = described(|u, i| ((u + i) % 5 + 1) as f32, None).verdict;
        assert!(stars.kind.starts_with("Ratings from 1 to 5 (whole numbers)"), "{}", stars.kind);
        assert!(stars.kind.contains("RMSE 1.414"), "{}", stars.kind);
        assert_eq!(stars.metrics[0].name, "rmse, mae");
        let events = described(|_, _| 1.0, None);
        assert!(events.verdict.kind.starts_with("Implicit feedback: every value is 1."));
        assert_eq!(events.verdict.metrics[0].name, "ndcg@5, recall@5", "40 items");
        let [users, items] = &events.verdict.warnings[..] else { panic!("{events:?}") };
        assert!(
            users.text.starts_with("Every user has at least 40")
                && items.text.contains("at least 60")
        );
        let votes = described(|u, i| ((u + i) % 2) as f32, None).verdict;
        assert!(
            votes.kind.starts_with("Binary feedback: 0 negative, 1 positive"),
            "{}",
            votes.kind
        );
        let counts = described(|u, i| 1.3f32.powi((u * i % 41) as i32).ceil(), None).verdict;
        assert!(counts.kind.starts_with("Counts or amounts"), "{}", counts.kind);
    }

    #[test]
    fn marks_are_told_and_left_out_of_the_scale() {
        let d = described(|u, i| if (u + i) % 7 == 0 { -1.0 } else { (i % 10 + 1) as f32 }, None);
        assert!(d.verdict.kind.starts_with("Ratings from 1 to 10"), "{}", d.verdict.kind);
        let warning = &d.verdict.warnings[0];
        assert!(warning.text.starts_with("-1 in "), "{warning}");
        assert_eq!(warning.remedy, Some(Remedy::Missing(-1.0)));
    }

    #[test]
    fn times_decide_the_split() {
        let split = |time: Option<&dyn Fn(u32, u32) -> i64>| described(|_, _| 1.0, time).verdict;
        assert_eq!(split(None).split.name, "user-random");
        let years = |u: u32, i: u32| 1_000_000_000 + i64::from(i * 60 + u) * 100_000;
        assert_eq!(split(Some(&years)).split.name, "time");
        let sparse = |u: u32, i: u32| if i < 30 { NO_TIME } else { years(u, i) };
        let verdict = split(Some(&sparse));
        assert_eq!(verdict.split.name, "user-random");
        assert!(verdict.warnings[2].text.starts_with("1,800 rows (75 %) have no time"));
        let sitting = |u: u32, _: u32| 1_000_000_000 + i64::from(u) * 100_000;
        let verdict = split(Some(&sitting));
        assert_eq!(verdict.split.name, "last");
        assert!(verdict.split.why.starts_with("only 0 % of the latest tenth"));
        // The latest tenth of a few rows are a few rows.
        let few = Interactions {
            users: Arc::new(["a", "b", "c"].iter().collect()),
            items: Arc::new(["x"].iter().collect()),
            user: vec![0, 1, 2],
            item: vec![0; 3],
            value: vec![1.0; 3],
            time: Some((0..3).map(|day| 1_000_000_000 + day * 1_000_000).collect()),
        };
        assert_eq!(Description::of(&few).unwrap().verdict.split.name, "time");
        let told = verdict.warnings;
        assert!(told[2].text.starts_with("The median user is active for 0 seconds"), "{told:?}");
        assert!(
            told[3].text.starts_with("100 % of the interactions have the same timestamp as"),
            "{told:?}"
        );
        let milliseconds = |u: u32, i: u32| years(u, i) * 1_000;
        assert!(
            split(Some(&milliseconds)).warnings[2].text.starts_with("All times lie before 1980")
        );
    }
}
