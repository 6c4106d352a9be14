//! The conclusion of a comparison: which algorithm is best, and whether its lead is significant.

use super::Outcome;
use crate::data::prose::{range, value};
use crate::evaluate::{Difference, Measure, Metric, Report};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Differences with a smaller p-value, after Holm's correction, are called significant.
pub(super) const CHANCE: f64 = 0.05;

/// The conclusion of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conclusion {
    /// Name of the best algorithm.
    pub best: String,
    /// The metric by which it is the best.
    pub metric: Metric,
    /// Its value.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// Algorithms that may be behind the best only by chance.
    pub not_significant: Vec<String>,
    /// Algorithms that are significantly behind the best.
    pub behind: Vec<String>,
    /// Algorithms for which this cannot be tested, for example because there are too few users.
    pub untested: Vec<String>,
    /// Models for which this cannot be tested because they were trained on a table with other users than the best.
    #[serde(default)]
    pub apart: Vec<String>,
    /// Algorithms without a value of the metric, for example because they do not predict ratings.
    pub unmeasured: Vec<String>,
    /// The value of recommending the most popular items, if higher is better and popularity is not the best itself.
    pub popularity: Option<f64>,
}

impl Outcome {
    /// Returns the conclusion; `None` if the best algorithm has no value of the first metric.
    pub fn conclusion(&self) -> Option<Conclusion> {
        let metric = *self.metrics.first()?;
        let reports: Vec<(&str, &Report)> =
            self.contestants.iter().map(|x| (x.entry.name.as_str(), &x.entry.report)).collect();
        Conclusion::new(metric, &reports, &self.differences)
    }
}

impl Conclusion {
    /// Draws the conclusion from `reports` by name, best first, and the `differences` of the others to the best; `None`
    /// if the best has no value of `metric`.
    pub fn new(
        metric: Metric,
        reports: &[(&str, &Report)],
        differences: &[Option<Difference>],
    ) -> Option<Self> {
        let ((best, report), others) = reports.split_first()?;
        let &Measure { value, low, high, .. } =
            report.metrics.get(metric).filter(|m| !m.value.is_nan())?;
        let (mut not_significant, mut behind) = (Vec::new(), Vec::new());
        let (mut untested, mut unmeasured) = (Vec::new(), Vec::new());
        for ((other, report), difference) in others.iter().zip(differences) {
            let list = match difference {
                Some(d) if d.p < CHANCE => &mut behind,
                Some(_) => &mut not_significant,
                None if report.value(metric).is_none_or(f64::is_nan) => &mut unmeasured,
                None => &mut untested,
            };
            list.push((*other).to_owned());
        }
        let popularity = others.iter().find(|(name, _)| *name == "popularity");
        let popularity = popularity.and_then(|(_, report)| report.value(metric));
        let popularity = popularity.filter(|p| *p > 0.0 && metric.higher_is_better());
        let best = (*best).to_owned();
        Some(Self {
            best,
            metric,
            value,
            low,
            high,
            not_significant,
            behind,
            untested,
            apart: Vec::new(),
            unmeasured,
            popularity,
        })
    }

    /// Tells the untested models for which `is_apart` holds from the others: they were trained on another table.
    #[must_use]
    pub fn with_apart(mut self, is_apart: impl Fn(&str) -> bool) -> Self {
        let untested = std::mem::take(&mut self.untested);
        (self.apart, self.untested) = untested.into_iter().partition(|name| is_apart(name));
        self
    }

    /// Returns the conclusion in a few sentences. `named` formats the name of an algorithm.
    pub fn say(&self, named: impl Fn(&str) -> String) -> String {
        let list = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| named(name)).collect();
            match names.split_last() {
                Some((last, [])) => last.clone(),
                Some((last, before)) => format!("{} and {last}", before.join(", ")),
                None => String::new(),
            }
        };
        let bounds = match (self.low, self.high) {
            (Some(low), Some(high)) => {
                format!(" (95 % interval {})", range(value(low), value(high)))
            }
            _ => String::new(),
        };
        let (best, metric) = (named(&self.best), self.metric);
        if self.value <= 0.0 && metric.higher_is_better() {
            return format!("No algorithm is better than {} by {metric}.", value(self.value));
        }
        let mut text = format!("{best} is best by {metric}: {}{bounds}.", value(self.value));
        if !self.not_significant.is_empty() {
            text += &format!(
                " Its lead over {} is not significant (p ≥ 0.05 after Holm's correction).",
                list(&self.not_significant)
            );
        }
        let rest = if self.not_significant.is_empty() { "all others" } else { "the others" };
        if !self.behind.is_empty() {
            let whom = match &self.behind[..] {
                [one] => named(one),
                _ if [&self.untested, &self.apart, &self.unmeasured]
                    .iter()
                    .all(|x| x.is_empty()) =>
                {
                    rest.into()
                }
                some => list(some),
            };
            text += &format!(" Its lead over {whom} is statistically significant.");
        }
        if !self.untested.is_empty() {
            text += &format!(
                " The significance of its lead over {} cannot be tested: that needs values of several users.",
                list(&self.untested)
            );
        }
        if !self.apart.is_empty() {
            let was = if self.apart.len() == 1 { "was" } else { "were" };
            text += &format!(
                " {} {was} trained on another table, so no lead over {} can be tested: that needs the same users.",
                list(&self.apart),
                if self.apart.len() == 1 { "it" } else { "them" }
            );
        }
        if !self.unmeasured.is_empty() {
            let has = if self.unmeasured.len() == 1 { "has" } else { "have" };
            text += &format!(" {} {has} no {metric}.", list(&self.unmeasured));
        }
        if let Some(popular) = self.popularity {
            text += &format!(" Recommending the most popular items gives {}.", value(popular));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_alike_and_who_is_behind_is_told() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let mut told = Conclusion {
            best: "ease".into(),
            metric: Metric::Ndcg(10),
            value: 0.25,
            low: Some(0.2),
            high: Some(0.3),
            not_significant: names(&["ials", "slim"]),
            behind: names(&["bpr", "popularity"]),
            untested: Vec::new(),
            apart: Vec::new(),
            unmeasured: Vec::new(),
            popularity: Some(0.125),
        };
        assert_eq!(
            told.say(|name| format!("[{name}]")),
            "[ease] is best by ndcg@10: 0.2500 (95 % interval 0.2000 – 0.3000). Its lead over [ials] and \
             [slim] is not significant (p ≥ 0.05 after Holm's correction). Its lead over the others is \
             statistically significant. Recommending the most popular items gives 0.1250."
        );
        told.not_significant.clear();
        assert!(
            told.say(str::to_owned).contains("lead over all others is statistically significant.")
        );
        told.behind = names(&["bpr"]);
        told.untested = names(&["ials"]);
        told.unmeasured = names(&["mlp", "slim"]);
        let said = told.say(str::to_owned);
        assert!(
            said.contains("lead over bpr is statistically significant")
                && said.contains("of its lead over ials cannot be tested")
                && said.contains(" mlp and slim have no ndcg@10."),
            "{said}"
        );
        told.untested = names(&["ials", "um"]);
        told = told.with_apart(|name| name == "um");
        let said = told.say(str::to_owned);
        assert!(
            said.contains("lead over ials cannot be tested: that needs values of several users.")
                && said
                    .contains(" um was trained on another table, so no lead over it can be tested"),
            "{said}"
        );
        told.value = 0.0;
        assert_eq!(told.say(str::to_owned), "No algorithm is better than 0.0000 by ndcg@10.");
    }
}
