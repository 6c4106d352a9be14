//! Time ratios, and verdicts on whether claims hold.

use crate::experiment::Quality;
use crate::gauge::median;
use std::fmt;

/// The times of one contestant, one entry per round.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// Median within each process.
    pub medians: Vec<f64>,
    /// Minimum within each process.
    pub minima: Vec<f64>,
}

impl Times {
    /// Returns the median over the rounds.
    pub fn median(&self) -> f64 {
        median(&self.medians)
    }

    /// Returns the minimum of all runs.
    pub fn least(&self) -> f64 {
        self.minima.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Returns these times divided by `theirs`, for medians and for minimum times.
    pub fn ratio(&self, theirs: &Self) -> Ratio {
        Ratio { median: self.median() / theirs.median(), least: self.least() / theirs.least() }
    }
}

/// Cofil's time divided by a peer's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    pub median: f64,
    pub least: f64,
}

/// The verdict on a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Held,
    /// Medians and minimum times disagree, because the machine was busy.
    Unclear,
    NotHeld,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Held => "held",
            Self::Unclear => "unclear",
            Self::NotHeld => "not held",
        })
    }
}

impl From<bool> for Verdict {
    fn from(held: bool) -> Self {
        if held { Self::Held } else { Self::NotHeld }
    }
}

/// Checks that the ratio is at most `bound`.
pub fn time(ratio: Ratio, bound: f64) -> Verdict {
    match (ratio.median <= bound, ratio.least <= bound) {
        (true, true) => Verdict::Held,
        (false, false) => Verdict::NotHeld,
        _ => Verdict::Unclear,
    }
}

/// Checks that `ours` is as good as `theirs` within the tolerance; not held if a figure is missing.
pub fn quality(rule: &Quality, ours: Option<f64>, theirs: Option<f64>) -> Verdict {
    let (Some(ours), Some(theirs)) = (ours, theirs) else { return Verdict::NotHeld };
    let better = if less_is_better(&rule.metric) { theirs - ours } else { ours - theirs };
    (better >= -rule.tolerance && (!rule.exact || better <= rule.tolerance)).into()
}

/// Checks that `ours` reaches the rule's goal, if there is one.
pub fn goal(rule: &Quality, ours: Option<f64>) -> Option<Verdict> {
    let goal = rule.goal?;
    let reached =
        |ours: f64| if less_is_better(&rule.metric) { ours <= goal } else { ours >= goal };
    Some(ours.is_some_and(reached).into())
}

/// Returns whether smaller values of `metric` are better.
pub fn less_is_better(metric: &str) -> bool {
    metric.starts_with("rmse") || metric == "bce"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(metric: &str, exact: bool) -> Quality {
        Quality { metric: metric.into(), tolerance: 0.25, exact, goal: Some(1.0) }
    }

    #[test]
    fn ratios_are_of_medians_and_of_least_times() {
        let ours = Times { medians: vec![1.0, 3.0, 2.0], minima: vec![1.0, 2.0, 1.5] };
        let theirs = Times { medians: vec![4.0, 5.0, 4.0], minima: vec![4.0, 4.0, 2.0] };
        let ratio = ours.ratio(&theirs);
        assert_eq!(ratio, Ratio { median: 0.5, least: 0.5 });
        assert_eq!(time(ratio, 0.5), Verdict::Held);
        assert_eq!(time(ratio, 0.4), Verdict::NotHeld);
        assert_eq!(time(Ratio { median: 0.6, least: 0.4 }, 0.5), Verdict::Unclear);
        // Missing measurements never give a verdict of held.
        assert_eq!(time(ours.ratio(&Times::default()), 0.5), Verdict::Unclear);
        assert_eq!(time(Times::default().ratio(&ours), 0.5), Verdict::NotHeld);
    }

    #[test]
    fn quality_counts_in_the_right_direction() {
        let more = |ours, exact| quality(&rule("ndcg@20", exact), Some(ours), Some(1.0));
        assert_eq!([more(0.75, false), more(9.0, false)], [Verdict::Held; 2]);
        assert_eq!([more(0.5, false), more(9.0, true)], [Verdict::NotHeld; 2]);
        let less = |ours| quality(&rule("rmse", false), Some(ours), Some(1.0));
        assert_eq!([less(1.25), less(0.0)], [Verdict::Held; 2]);
        assert_eq!(less(1.5), Verdict::NotHeld);
        assert_eq!(quality(&rule("rmse", false), None, Some(1.0)), Verdict::NotHeld);
    }

    #[test]
    fn goals_stand_alone() {
        assert_eq!(goal(&rule("rmse", false), Some(0.9)), Some(Verdict::Held));
        assert_eq!(goal(&rule("ndcg@20", false), Some(0.9)), Some(Verdict::NotHeld));
        assert_eq!(goal(&rule("ndcg@20", false), None), Some(Verdict::NotHeld));
        assert_eq!(goal(&Quality { goal: None, ..rule("rmse", false) }, Some(0.9)), None);
    }
}
