//! Metric names: `ndcg@20`, `auc`, `rmse` …

use crate::error::{Error, Result, differences};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An evaluation metric. In files and on the command line it is written as a name and, after `@`, the cutoff k: the
/// number of items it looks at. R is the set of a user's relevant test items; hits are those among the first k.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Metric {
    /// `ndcg@k`: binary gain, discount 1 / log₂(rank + 1), divided by its value for min(k, |R|) hits at the top.
    Ndcg(usize),
    /// `recall@k`: hits / |R|.
    Recall(usize),
    /// `recall_capped@k`: hits / min(k, |R|).
    RecallCapped(usize),
    /// `precision@k`: hits / k.
    Precision(usize),
    /// `hr@k`: 1 if there is any hit, else 0.
    Hr(usize),
    /// `map@k`: sum of precision at the rank of each hit / min(k, |R|).
    Map(usize),
    /// `mrr@k`: 1 / rank of the first hit, 0 if none is in the first k.
    Mrr(usize),
    /// `auc`: probability that a relevant item ranks above an item that is not relevant, averaged over users.
    Auc,
    /// `rmse`: root of the mean squared error of predicted ratings.
    Rmse,
    /// `mae`: mean absolute error of predicted ratings.
    Mae,
    /// `mse`: mean squared error of predicted ratings.
    Mse,
    /// `coverage@k`: share of all items that are among the first k of any user.
    Coverage(usize),
    /// `novelty@k`: mean of −log₂(share of training users who have the item) over the first k.
    Novelty(usize),
    /// `gini@k`: how unevenly the first k of all users are spread over all items; 0 is even.
    Gini(usize),
    /// `popularity@k`: mean number of training interactions of the first k.
    Popularity(usize),
    /// `ild@k`: intra-list distance, the mean of 1 − cosine similarity over pairs of the first k, by the users who have
    /// them.
    Ild(usize),
}

impl Metric {
    /// Returns all metrics, with cutoff `k`.
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
            Self::Mse,
            Self::Coverage(k),
            Self::Novelty(k),
            Self::Gini(k),
            Self::Popularity(k),
            Self::Ild(k),
        ]
    }

    /// Parses a list such as `ndcg@20, recall@20, auc`; duplicates count once.
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

    /// Returns whether a higher value is better. For errors, `gini` and `popularity`, lower is better.
    pub fn higher_is_better(self) -> bool {
        !self.is_of_values() && !matches!(self, Self::Gini(_) | Self::Popularity(_))
    }

    /// Returns whether the metric compares predicted ratings; it needs an algorithm that predicts ratings.
    pub fn is_of_values(&self) -> bool {
        matches!(self, Self::Rmse | Self::Mae | Self::Mse)
    }

    /// Returns whether the metric looks at all recommended items, hits or not, and so needs the lists themselves.
    pub(crate) fn is_of_lists(&self) -> bool {
        use Metric::{Coverage, Gini, Ild, Novelty, Popularity};
        matches!(self, Coverage(_) | Novelty(_) | Gini(_) | Popularity(_) | Ild(_))
    }

    /// Returns whether the metric looks at the ranks of the relevant items.
    pub(crate) fn is_of_ranks(&self) -> bool {
        !self.is_of_values() && !self.is_of_lists()
    }

    /// Returns the cutoff k, if the metric has one.
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
            Self::Mse => ("mse", None),
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

    /// Parses a metric name, or the name that another library gives the same metric: `nDCG@10`, `hit_rate@10`,
    /// `recall_at_10`, `ndcg_cut_10`, `Precision_5`, `MAP10`, `roc_auc`.
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let several: Vec<&str> =
            text.split([' ', ';', '|', '\t']).filter(|t| !t.is_empty()).collect();
        if several.len() > 1 && several.iter().all(|one| one.parse::<Self>().is_ok()) {
            let says = format!("separate metrics by commas: `{}`", several.join(","));
            return Err(Error::setting("metrics", says));
        }
        let (name, k) = name_and_cutoff(text)?;
        let all = Self::all(k.unwrap_or(USUAL));
        if let Some((_, says)) = OTHERS.iter().find(|(other, _)| *other == name) {
            let says = says.replace("@k", &format!("@{}", k.unwrap_or(USUAL)));
            return Err(Error::setting("metrics", format!("`{text}` is not supported: {says}")));
        }
        let known = SAME.iter().find(|(_, others)| others.contains(&name.as_str()));
        let name = known.map_or(name.as_str(), |(name, _)| name);
        let Some(metric) = all.iter().find(|metric| metric.parts().0.replace('_', "") == name)
        else {
            let ours = k.map_or(name.to_owned(), |k| format!("{name}@{k}"));
            // The cutoff may be no cutoff.
            let valid = Self::all(USUAL);
            let mut error = Error::unknown("metric", &ours, valid.iter().map(Self::to_string));
            if let Error::Unknown { name: given, nearest, .. } = &mut error {
                *given = text.to_owned();
                // By the name alone, and strictly: most names are short, and the same cutoff is no likeness.
                let is_near = |metric: &&Self| {
                    let own = metric.parts().0.replace('_', "");
                    let most = match own.len() {
                        ..=2 => 0,
                        3..=7 => 1,
                        8.. => 2,
                    };
                    differences(&own, name) <= most
                };
                *nearest = all.iter().find(is_near).map(Self::to_string);
            }
            return Err(error);
        };
        match metric.cutoff().is_some() == k.is_some() {
            true => Ok(*metric),
            false => Err(Error::setting("metrics", format!("write `{metric}`, not `{text}`"))),
        }
    }
}

/// The cutoff of examples.
const USUAL: usize = 10;

/// Other libraries' names of the metrics, without case and separators.
const SAME: [(&str, &[&str]); 12] = [
    ("ndcg", &["normalizeddiscountedcumulativegain", "normalizeddcg"]),
    ("recall", &["rec"]),
    ("precision", &["prec", "p"]),
    ("hr", &["hitrate", "hitratio", "hit", "hits", "success", "ishit"]),
    ("map", &["meanaverageprecision", "averageprecision"]),
    ("mrr", &["meanreciprocalrank", "reciprocalrank", "reciprank"]),
    ("auc", &["rocauc", "aucroc", "auroc", "areaundercurve"]),
    ("rmse", &["rootmeansquarederror", "rootmeansquareerror"]),
    ("mae", &["meanabsoluteerror"]),
    ("mse", &["meansquarederror", "meansquareerror"]),
    ("coverage", &["itemcoverage", "catalogcoverage", "cataloguecoverage"]),
    ("ild", &["intralistdistance", "intralistdiversity"]),
];

/// Metrics of other libraries that cofil lacks, and the nearest metric it has.
const OTHERS: [(&str, &str); 9] = [
    ("dcg", "write `ndcg@k`, which divides it by the best possible value"),
    ("f1", "write `precision@k,recall@k`, which it combines"),
    ("fcp", "write `auc`, which also counts correctly ordered pairs"),
    ("gauc", "write `auc`, which is also averaged over users, with equal weights"),
    ("diversity", "write `ild@k`, the mean distance of the items of a list"),
    ("serendipity", "write `novelty@k`, which is high for lists of rare items"),
    ("r2", "write `rmse`, which orders models alike"),
    ("rsquared", "write `rmse`, which orders models alike"),
    ("logloss", "write `auc` or `ndcg@k`: scores are not probabilities"),
];

/// Splits `NDCG_at_10` into `ndcg` and 10: the name without case and separators, and the number at its end.
fn name_and_cutoff(text: &str) -> Result<(String, Option<usize>)> {
    let lower = text.to_ascii_lowercase();
    let plain = |name: &str| name.replace(['_', '-', ' '], "");
    let cutoff = |name: &str, k: &str| {
        let number = k.parse::<usize>().ok().filter(|&k| k > 0);
        number.ok_or_else(|| {
            let says = match k {
                "k" | "n" => {
                    format!("write a number for k, such as `{name}@{USUAL}`, not `{text}`")
                }
                _ => format!("the cutoff after @ must be a number above 0, got `{text}`"),
            };
            Error::setting("metrics", says)
        })
    };
    if let Some((name, k)) = lower.split_once('@') {
        return Ok((plain(name), Some(cutoff(name.trim(), k.trim())?)));
    }
    // Before the cutoff stands a separator, and with some a word.
    let apart = |stem: &str| {
        let name = stem.trim_end_matches(SEPARATORS);
        let word = ["at", "cut"].iter().find_map(|word| name.strip_suffix(word));
        let without = word.filter(|name| name.ends_with(SEPARATORS));
        without.unwrap_or(name).trim_end_matches(SEPARATORS).to_owned()
    };
    if let Some(stem) = ["_at_k", "-at-k", " at k"].iter().find_map(|end| lower.strip_suffix(end)) {
        cutoff(stem, "k")?;
    }
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit());
    let k = &lower[stem.len()..];
    // The digits of F1 and R² are of the name.
    match k.is_empty() || ["", "f", "r"].contains(&stem) {
        true => Ok((plain(&lower), None)),
        false => {
            let name = if stem.ends_with(SEPARATORS) { apart(stem) } else { stem.to_owned() };
            Ok((plain(&name), Some(cutoff(&name, k)?)))
        }
    }
}

/// What may stand between the words of a name.
const SEPARATORS: [char; 3] = ['_', '-', ' '];

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
            ("recall at 10", Metric::Recall(10)),
            ("ndcg_cut_10", Metric::Ndcg(10)),
            ("map_cut_10", Metric::Map(10)),
            ("recall_10", Metric::Recall(10)),
            ("P_10", Metric::Precision(10)),
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
            ("Mean Squared Error", Metric::Mse),
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
        assert!(says("F1@5").contains("`precision@5,recall@5`"), "{}", says("F1@5"));
        assert!(says("f1").contains("`precision@10,recall@10`"), "{}", says("f1"));
        assert!(says("diversity@5").contains("write `ild@5`"), "{}", says("diversity@5"));
        for letter in ["map@k", "MAP@K", "map_at_k", "map@N"] {
            let told = format!(
                "setting `metrics`: write a number for k, such as `map@10`, not `{letter}`"
            );
            assert_eq!(says(letter), told);
        }
        let told = "setting `metrics`: separate metrics by commas: `ndcg@10,recall@10`";
        assert_eq!(says("ndcg@10 recall@10"), told);
        assert_eq!(says("ndcg@10;  recall@10"), told);
        let told = says("r2");
        assert!(told.contains("write `rmse`") && !told.contains("@2"), "{told}");
        // Valid names have a usual cutoff, whatever number was read.
        assert!(says("foo3").contains("ndcg@10,"), "{}", says("foo3"));
        assert_eq!(says("HitRate"), "setting `metrics`: write `hr@10`, not `HitRate`");
        assert!(says("ndgc_at_5").contains("did you mean `ndcg@5`?"), "{}", says("ndgc_at_5"));
        assert!(says("hit_rate_0").contains("a number above 0"));
        for far in ["arp@10", "foo"] {
            let told = says(far);
            assert!(told.contains("(valid: ") && !told.contains("did you mean"), "{told}");
        }
        assert!(says("rsme").contains("`rmse`") && says("precison@5").contains("`precision@5`"));
        assert!(Metric::list(" , ").unwrap_err().to_string().contains("at least one"));
    }

    #[test]
    fn kinds_partition_the_metrics() {
        for metric in Metric::all(3) {
            let kinds = [metric.is_of_values(), metric.is_of_lists(), metric.is_of_ranks()];
            assert_eq!(kinds.iter().filter(|&&k| k).count(), 1, "{metric}");
        }
        assert!(Metric::Ndcg(1).higher_is_better() && !Metric::Gini(1).higher_is_better());
        assert!(Metric::all(3).iter().all(|m| !m.is_of_values() || !m.higher_is_better()));
    }
}
