//! Names of quality measures: `ndcg@20`, `auc`, `rmse` …

use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A quality measure. Written, in files and on the command line, as its name and, after `@`, the
/// length of the list it looks at. R: a user's relevant test items; hits: those of them in the first k.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Metric {
    /// `ndcg@k`: binary gain, discount 1 / log₂(rank + 1), divided by its value for min(k, |R|) hits on top.
    Ndcg(usize),
    /// `recall@k`: hits / |R|.
    Recall(usize),
    /// `recall_capped@k`: hits / min(k, |R|).
    RecallCapped(usize),
    /// `precision@k`: hits / k.
    Precision(usize),
    /// `hr@k`: 1 if there is any hit.
    Hr(usize),
    /// `map@k`: sum of precision at each hit's rank / min(k, |R|).
    Map(usize),
    /// `mrr@k`: 1 / rank of the first hit, 0 if none is in the first k.
    Mrr(usize),
    /// `auc`: probability that a relevant item is above one that is not, per user, then averaged.
    Auc,
    /// `rmse`: root of the mean squared error of predicted values.
    Rmse,
    /// `mae`: mean absolute error of predicted values.
    Mae,
    /// `coverage@k`: share of the catalogue that is in anybody's first k.
    Coverage(usize),
    /// `novelty@k`: mean of −log₂(share of training users who have the item) over the first k.
    Novelty(usize),
    /// `gini@k`: how unevenly the first k of all users spread over the catalogue; 0 is evenly.
    Gini(usize),
    /// `popularity@k`: mean number of training interactions of the first k.
    Popularity(usize),
    /// `ild@k`: intra-list distance, the mean over pairs of the first k of 1 − the cosine of who has them.
    Ild(usize),
}

impl Metric {
    /// Every measure, with lists of length `k`.
    pub fn all(k: usize) -> Vec<Self> {
        vec![
            Self::Ndcg(k),
            Self::Recall(k),
            Self::RecallCapped(k),
            Self::Precision(k),
            Self::Hr(k),
            Self::Map(k),
            Self::Mrr(k),
            Self::Auc,
            Self::Rmse,
            Self::Mae,
            Self::Coverage(k),
            Self::Novelty(k),
            Self::Gini(k),
            Self::Popularity(k),
            Self::Ild(k),
        ]
    }

    /// Reads a list such as `ndcg@20, recall@20, auc`; what is repeated counts once.
    ///
    /// # Errors
    /// If a name is unknown or there is none.
    pub fn list(text: &str) -> Result<Vec<Self>> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut metrics: Vec<Self> = Vec::new();
        for name in names {
            let metric = name.parse()?;
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        }
        match metrics.is_empty() {
            true => Err(Error::setting("metrics", "name at least one, such as ndcg@20")),
            false => Ok(metrics),
        }
    }

    /// Whether the better of two models has the larger value. Errors, unevenness and popularity bias
    /// are better small.
    pub fn higher_is_better(self) -> bool {
        !matches!(self, Self::Rmse | Self::Mae | Self::Gini(_) | Self::Popularity(_))
    }

    /// Whether it judges predicted values: it makes sense for recipes whose target is the rating.
    pub fn is_of_values(&self) -> bool {
        matches!(self, Self::Rmse | Self::Mae)
    }

    /// Whether it looks at what is recommended, right or not, and so needs the lists themselves.
    pub(crate) fn is_of_lists(&self) -> bool {
        use Metric::{Coverage, Gini, Ild, Novelty, Popularity};
        matches!(self, Coverage(_) | Novelty(_) | Gini(_) | Popularity(_) | Ild(_))
    }

    /// Whether it judges where the relevant items are in the order.
    pub(crate) fn is_of_ranks(&self) -> bool {
        !self.is_of_values() && !self.is_of_lists()
    }

    /// k, for those that look at the first k of a list.
    pub fn cutoff(&self) -> Option<usize> {
        self.parts().1
    }

    fn parts(&self) -> (&'static str, Option<usize>) {
        match *self {
            Self::Ndcg(k) => ("ndcg", Some(k)),
            Self::Recall(k) => ("recall", Some(k)),
            Self::RecallCapped(k) => ("recall_capped", Some(k)),
            Self::Precision(k) => ("precision", Some(k)),
            Self::Hr(k) => ("hr", Some(k)),
            Self::Map(k) => ("map", Some(k)),
            Self::Mrr(k) => ("mrr", Some(k)),
            Self::Auc => ("auc", None),
            Self::Rmse => ("rmse", None),
            Self::Mae => ("mae", None),
            Self::Coverage(k) => ("coverage", Some(k)),
            Self::Novelty(k) => ("novelty", Some(k)),
            Self::Gini(k) => ("gini", Some(k)),
            Self::Popularity(k) => ("popularity", Some(k)),
            Self::Ild(k) => ("ild", Some(k)),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            // `pad` honours widths, for tables.
            (name, Some(k)) => f.pad(&format!("{name}@{k}")),
            (name, None) => f.pad(name),
        }
    }
}

impl FromStr for Metric {
    type Err = Error;

    /// Reads a name as it is written, or as other libraries write what means the same: `nDCG@10`, `hit_rate@10`,
    /// `recall_at_10`, `Precision_5`, `MAP10`, `roc_auc`.
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let (name, k) = name_and_cutoff(text)?;
        let all = Self::all(k.unwrap_or(10));
        if let Some((_, says)) = OTHERS.iter().find(|(other, _)| *other == name) {
            return Err(Error::setting("metrics", format!("`{text}` is not measured: {says}")));
        }
        let known = SAME.iter().find(|(_, others)| others.contains(&name.as_str()));
        let name = known.map_or(name.as_str(), |(name, _)| name);
        let Some(metric) = all.iter().find(|metric| metric.parts().0.replace('_', "") == name)
        else {
            // The nearest to the name as we would write it.
            let ours = k.map_or(name.to_owned(), |k| format!("{name}@{k}"));
            let mut error = Error::unknown("metric", &ours, all.iter().map(Self::to_string));
            if let Error::Unknown { name, .. } = &mut error {
                *name = text.to_owned();
            }
            return Err(error);
        };
        match metric.cutoff().is_some() == k.is_some() {
            true => Ok(*metric),
            false => Err(Error::setting("metrics", format!("write `{metric}`, not `{text}`"))),
        }
    }
}

/// What other libraries call our metrics, without case and separators.
const SAME: [(&str, &[&str]); 11] = [
    ("ndcg", &["normalizeddiscountedcumulativegain", "normalizeddcg"]),
    ("recall", &["rec"]),
    ("precision", &["prec", "p"]),
    ("hr", &["hitrate", "hitratio", "hit", "hits", "success", "ishit"]),
    ("map", &["meanaverageprecision", "averageprecision"]),
    ("mrr", &["meanreciprocalrank", "reciprocalrank", "reciprank"]),
    ("auc", &["rocauc", "aucroc", "auroc", "areaundercurve"]),
    ("rmse", &["rootmeansquarederror", "rootmeansquareerror"]),
    ("mae", &["meanabsoluteerror"]),
    ("coverage", &["itemcoverage", "catalogcoverage", "cataloguecoverage"]),
    ("ild", &["intralistdistance", "intralistdiversity"]),
];

/// What others measure and we do not, and what comes next to it.
const OTHERS: [(&str, &str); 7] = [
    ("mse", "write `rmse`, which is its root"),
    ("meansquarederror", "write `rmse`, which is its root"),
    ("dcg", "write `ndcg@k`, which divides it by the best there is"),
    ("f1", "write `precision@k,recall@k`, of which it is made"),
    ("fcp", "write `auc`, which counts pairs in the right order too"),
    ("gauc", "write `auc`, which is a mean over users too, each of whom counts alike"),
    ("logloss", "write `auc` or `ndcg@k`: scores are no probabilities"),
];

/// `NDCG_at_10` as `ndcg` and 10: a name without case and separators, and the number at its end.
fn name_and_cutoff(text: &str) -> Result<(String, Option<usize>)> {
    let refused = || {
        let message = format!("after @ must come a number above 0, got `{text}`");
        Error::setting("metrics", message)
    };
    let lower = text.to_ascii_lowercase();
    let plain = |name: &str| name.replace(['_', '-', ' '], "");
    let number = |k: &str| k.parse::<usize>().ok().filter(|&k| k > 0).ok_or_else(refused);
    if let Some((name, k)) = lower.split_once('@') {
        return Ok((plain(name), Some(number(k.trim())?)));
    }
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit());
    let k = &lower[stem.len()..];
    let cut = stem.trim_end_matches(['_', '-', ' ']);
    let cut = match cut.len() < stem.len() {
        true => cut
            .strip_suffix("_at")
            .or(cut.strip_suffix("-at"))
            .or(cut.strip_suffix(" at"))
            .unwrap_or(cut),
        false => cut,
    };
    match k.is_empty() || stem.is_empty() || stem == "f" {
        true => Ok((plain(&lower), None)),
        false => Ok((plain(cut), Some(number(k)?))),
    }
}

impl TryFrom<String> for Metric {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for metric in Metric::all(7) {
            assert_eq!(metric.to_string().parse::<Metric>().unwrap(), metric);
            let json = serde_json::to_string(&metric).unwrap();
            assert_eq!(json, format!("\"{metric}\""));
            assert_eq!(serde_json::from_str::<Metric>(&json).unwrap(), metric);
        }
        assert_eq!(
            Metric::list("ndcg@20, HR@1 ,auc,hr@1").unwrap(),
            [Metric::Ndcg(20), Metric::Hr(1), Metric::Auc]
        );
    }

    #[test]
    fn what_others_call_them_is_understood() {
        for (written, metric) in [
            ("nDCG@10", Metric::Ndcg(10)),
            ("NDCG_at_10", Metric::Ndcg(10)),
            ("ndcg 10", Metric::Ndcg(10)),
            ("ndcg10", Metric::Ndcg(10)),
            ("normalized_discounted_cumulative_gain@5", Metric::Ndcg(5)),
            ("recall_at_10", Metric::Recall(10)),
            ("recall-10", Metric::Recall(10)),
            ("RecallCapped@3", Metric::RecallCapped(3)),
            ("Precision@5", Metric::Precision(5)),
            ("p@5", Metric::Precision(5)),
            ("hit_rate@10", Metric::Hr(10)),
            ("hitrate@1", Metric::Hr(1)),
            ("Hit@20", Metric::Hr(20)),
            ("MAP@100", Metric::Map(100)),
            ("mean_reciprocal_rank@7", Metric::Mrr(7)),
            ("ROC-AUC", Metric::Auc),
            ("RMSE", Metric::Rmse),
            ("mean_absolute_error", Metric::Mae),
            ("ItemCoverage@10", Metric::Coverage(10)),
        ] {
            assert_eq!(written.parse::<Metric>().unwrap(), metric, "{written}");
        }
    }

    #[test]
    fn mistakes_are_told_with_the_nearest_name() {
        let says = |text: &str| text.parse::<Metric>().unwrap_err().to_string();
        assert!(says("ndgc@20").contains("did you mean `ndcg@20`?"), "{}", says("ndgc@20"));
        assert_eq!(says("ndcg"), "setting `metrics`: write `ndcg@10`, not `ndcg`");
        assert_eq!(says("auc@10"), "setting `metrics`: write `auc`, not `auc@10`");
        assert!(says("ndcg@0").contains("a number above 0"));
        assert!(says("ndcg@ten").contains("a number above 0"));
        assert!(says("ndcg@1@2").contains("a number above 0"));
        assert!(says("mse").contains("write `rmse`, which is its root"), "{}", says("mse"));
        assert!(says("F1@10").contains("`precision@k,recall@k`"), "{}", says("F1@10"));
        assert!(says("f1").contains("`precision@k,recall@k`"), "{}", says("f1"));
        assert_eq!(says("HitRate"), "setting `metrics`: write `hr@10`, not `HitRate`");
        assert!(says("ndgc_at_5").contains("did you mean `ndcg@5`?"), "{}", says("ndgc_at_5"));
        assert!(says("hit_rate_0").contains("a number above 0"));
        assert!(Metric::list(" , ").unwrap_err().to_string().contains("at least one"));
    }

    #[test]
    fn kinds_partition_the_metrics() {
        for metric in Metric::all(3) {
            let kinds = [metric.is_of_values(), metric.is_of_lists(), metric.is_of_ranks()];
            assert_eq!(kinds.iter().filter(|&&k| k).count(), 1, "{metric}");
        }
        assert!(Metric::Ndcg(1).higher_is_better() && !Metric::Rmse.higher_is_better());
    }
}
