//! Successive halving: which trials continue, and the order of trials.

use super::{Search, Trial};
use crate::evaluate::Metric;

/// Returns a number that is lower for better values; failures are worst.
pub fn badness(value: Option<f64>, metric: Metric) -> f64 {
    match value.filter(|value| !value.is_nan()) {
        Some(value) if metric.higher_is_better() => -value,
        Some(value) => value,
        None => f64::INFINITY,
    }
}

/// Returns trials from best to worst: those that ran to their end by value, then those that were cut short, later cuts
/// first, then those that failed. Ties keep their order.
pub fn ranked(trials: &[Trial], metric: Metric) -> Vec<&Trial> {
    let last = |trial: &Trial| trial.curve.last().map_or(0, |(epoch, _)| *epoch);
    let key = |trial: &Trial| {
        let group = match (trial.value, trial.cut) {
            (None, _) => 2,
            (_, true) => 1,
            (_, false) => 0,
        };
        let early = if trial.cut { usize::MAX - last(trial) } else { 0 };
        (group, early, badness(trial.value, metric))
    };
    let mut ranked: Vec<&Trial> = trials.iter().collect();
    ranked.sort_by(|a, b| {
        let ((g, e, x), (h, f, y)) = (key(a), key(b));
        (g, e).cmp(&(h, f)).then(x.total_cmp(&y))
    });
    ranked
}

/// The epochs at which trials are compared, with the results of the trials that got that far.
#[derive(Debug)]
pub struct Rungs {
    metric: Metric,
    eta: usize,
    rungs: Vec<(usize, Vec<f64>)>,
}

impl Rungs {
    /// Creates rungs at the minimum epochs, η times as many, and so on, below the maximum.
    pub fn new(epochs: Option<(usize, usize)>, search: &Search, trials: &[Trial]) -> Self {
        let (metric, eta) = (search.metric, search.halving);
        let (mut at, most) = epochs.unwrap_or((1, 1));
        let mut rungs = Vec::new();
        while eta > 1 && at < most {
            let so_far = |trial: &Trial| {
                let came = !trial.cut || trial.curve.last().is_some_and(|(last, _)| *last >= at);
                came.then(|| best_until(&trial.curve, at, metric)).flatten()
            };
            rungs.push((at, trials.iter().filter_map(so_far).collect()));
            at = at.saturating_mul(eta);
        }
        Self { metric, eta, rungs }
    }

    /// Returns whether a trial with the values of `curve` ends after `epoch`.
    pub fn end(&self, epoch: usize, curve: &[(usize, f64)]) -> bool {
        let Some((_, others)) = self.rungs.iter().find(|(at, _)| *at == epoch) else {
            return false;
        };
        let Some(own) = best_until(curve, epoch, self.metric) else { return false };
        let better = others.iter().filter(|other| **other < own).count();
        better >= ((others.len() + 1) / self.eta).max(1)
    }
}

/// Returns the best value up to an epoch, as a badness.
fn best_until(curve: &[(usize, f64)], until: usize, metric: Metric) -> Option<f64> {
    let values = curve.iter().filter(|(epoch, _)| *epoch <= until);
    values.map(|(_, value)| badness(Some(*value), metric)).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(number: usize, values: &[f64], cut: bool) -> Trial {
        let curve: Vec<_> = values.iter().enumerate().map(|(at, v)| (at + 1, *v)).collect();
        let value = values.iter().copied().reduce(f64::max);
        Trial { number, curve, value, cut, ..Trial::default() }
    }

    #[test]
    fn a_third_goes_on_from_each_rung() {
        let search = Search::new(9, Metric::Auc);
        // Rungs at 2 and 6 of 10 epochs.
        let past = [
            trial(0, &[0.5, 0.6, 0.7, 0.7, 0.7, 0.8, 0.8], false),
            trial(1, &[0.5, 0.5], true),
            trial(2, &[0.4, 0.4], true),
            trial(3, &[0.7, 0.1, 0.1, 0.1, 0.1, 0.1], true),
        ];
        let rungs = Rungs::new(Some((2, 10)), &search, &past);
        assert_eq!(rungs.rungs.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [2, 6]);
        let end = |epoch: usize, value: f64| rungs.end(epoch, &[(1, value), (epoch, value - 0.1)]);
        // Five reached the first rung, including the new trial: one continues, and the best is 0.7.
        assert!(!end(2, 0.71) && end(2, 0.69));
        assert!(!end(3, 0.1), "no rung");
        // Two of the three that reached the second rung are at 0.8 and 0.7.
        assert!(!end(6, 0.81) && end(6, 0.79));
        let whole = Rungs::new(Some((2, 10)), &Search { halving: 1, ..search }, &past);
        assert!(!whole.end(2, &[(2, 0.0)]));
        let great = Rungs::new(Some((2, 10)), &Search { halving: 1 << 62, ..search }, &past);
        assert_eq!(great.rungs.len(), 1, "four times 2⁶² is no rung");
    }

    #[test]
    fn ends_come_before_cuts_and_cuts_before_failures() {
        let past = [
            trial(0, &[], false),
            trial(1, &[0.9], true),
            trial(2, &[0.5, 0.5], true),
            trial(3, &[0.3, 0.4, 0.4], false),
            trial(4, &[0.6], false),
        ];
        let order: Vec<usize> = ranked(&past, Metric::Auc).iter().map(|t| t.number).collect();
        assert_eq!(order, [4, 3, 2, 1, 0]);
        let order: Vec<usize> = ranked(&past, Metric::Rmse).iter().map(|t| t.number).collect();
        assert_eq!(order[..2], [3, 4]);
    }
}
