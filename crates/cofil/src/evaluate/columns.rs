//! Turns outcomes of users into metric values. Each metric is a ratio of two sums over users.

use super::cases::Case;
use super::metrics::gini;
use super::outcome::Outcome;
use super::{Metric, Protocol};
use crate::data::{ItemUsers, Ratings};
use crate::math::parallel;
use crate::math::real::log2;

/// One metric as numerators and denominators per user. Users for whom the metric is undefined add nothing.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// The metric.
    pub metric: Metric,
    /// Numerators, by case.
    pub sums: Vec<f64>,
    /// Denominators, by case: 1 for a mean over users, the number of values for errors.
    pub weights: Vec<f64>,
    /// The value, for metrics of all lists together, which have no share per user.
    pub whole: Option<f64>,
}

impl Column {
    /// Returns the value over the `chosen` cases; NaN if there are none.
    pub fn value_of(&self, chosen: impl Fn(usize) -> bool) -> f64 {
        let pairs = self.sums.iter().zip(&self.weights).enumerate();
        let add =
            |(s, w): (f64, f64), (_, (sum, weight)): (usize, (&f64, &f64))| (s + sum, w + weight);
        let (sum, weight) = pairs.filter(|(case, _)| chosen(*case)).fold((0.0, 0.0), add);
        self.finish(sum, weight)
    }

    /// Returns the value over all users.
    pub fn value(&self) -> f64 {
        self.whole.unwrap_or_else(|| self.value_of(|_| true))
    }

    /// Returns the value from the two sums.
    pub fn finish(&self, sum: f64, weight: f64) -> f64 {
        match self.metric {
            _ if weight == 0.0 => f64::NAN,
            Metric::Rmse => (sum / weight).sqrt(),
            _ => sum / weight,
        }
    }

    /// Returns the number of users the metric is defined for.
    pub fn users(&self) -> usize {
        self.weights.iter().filter(|&&weight| weight > 0.0).count()
    }
}

/// Item popularity in the training data.
pub(super) struct ItemCounts {
    /// Training interactions by item.
    pub popularity: Vec<u32>,
    /// Number of users with interactions.
    pub users: usize,
    /// The users of each item, if needed.
    pub item_users: Option<ItemUsers>,
}

impl ItemCounts {
    pub fn new(train: &Ratings, protocol: &Protocol) -> Self {
        let users = train.by_user.iter().filter(|row| !row.is_empty()).count();
        let by_pairs = |metric: &Metric| matches!(metric, Metric::Ild(_));
        let asked = !protocol.rerank.is_off() || protocol.metrics.iter().any(by_pairs);
        let item_users = asked.then(|| ItemUsers::new(&train.by_user));
        Self { popularity: train.by_user.column_counts(), users, item_users }
    }

    /// Returns −log₂ of the share of users who have `item`. An item without users counts as if one user had it.
    fn novelty(&self, item: u32) -> f64 {
        -log2(f64::from(self.popularity[item as usize].max(1)) / self.users as f64)
    }
}

/// Returns one column for each metric of `protocol`.
pub(super) fn columns(
    protocol: &Protocol,
    cases: &[Case<'_>],
    outcomes: &[Outcome],
    item_counts: &ItemCounts,
) -> Vec<Column> {
    let mut rank = 0..;
    let meaning = protocol.convention.meaning();
    let column = |&metric: &Metric| -> Column {
        let (sums, weights): (Vec<f64>, Vec<f64>) = match metric {
            Metric::Rmse | Metric::Mae | Metric::Mse => {
                let which = usize::from(metric == Metric::Mae);
                let pair = |(o, c): (&Outcome, &Case<'_>)| (o.errors[which], c.test.len() as f64);
                outcomes.iter().zip(cases).map(pair).unzip()
            }
            Metric::Novelty(k) | Metric::Popularity(k) => {
                let of_item = |&item: &u32| match metric {
                    Metric::Novelty(_) => item_counts.novelty(item),
                    _ => f64::from(item_counts.popularity[item as usize]),
                };
                let mean = |list: &[u32]| match list.len() {
                    0 => (0.0, 0.0),
                    n => (list.iter().map(of_item).sum::<f64>() / n as f64, 1.0),
                };
                outcomes.iter().map(|o| mean(&o.list[..k.min(o.list.len())])).unzip()
            }
            Metric::Ild(k) => {
                let item_users = item_counts.item_users.as_ref().expect("the protocol asks for it");
                let pieces = parallel::map(outcomes.len(), 256, |range| {
                    let list = |o: &Outcome| distance(item_users, &o.list[..k.min(o.list.len())]);
                    outcomes[range].iter().map(list).collect::<Vec<_>>()
                });
                pieces.into_iter().flatten().unzip()
            }
            Metric::Coverage(_) | Metric::Gini(_) => {
                let listed = |o: &Outcome| (0.0, if o.list.is_empty() { 0.0 } else { 1.0 });
                outcomes.iter().map(listed).unzip()
            }
            _ => {
                let rank = rank.next().expect("the range has no end");
                let value = |(o, c): (&Outcome, &Case<'_>)| match o.ranks[rank] {
                    value if value.is_nan() => (0.0, 0.0),
                    value => {
                        let weight = meaning.weight(metric, c.relevant);
                        (value * weight, weight)
                    }
                };
                outcomes.iter().zip(cases).map(value).unzip()
            }
        };
        let whole = whole(metric, outcomes, item_counts.popularity.len());
        Column { metric, sums, weights, whole }
    };
    protocol.metrics.iter().map(column).collect()
}

/// Returns the mean of 1 − cosine over the pairs of `list`, and its weight: 0 if there are no pairs.
fn distance(item_users: &ItemUsers, list: &[u32]) -> (f64, f64) {
    let pairs =
        list.iter().enumerate().flat_map(|(at, &a)| list[..at].iter().map(move |&b| (a, b)));
    let (sum, count) = pairs.fold((0.0, 0), |(sum, count), (a, b)| {
        (sum + 1.0 - f64::from(item_users.cosine(a, b)), count + 1)
    });
    if count > 0 { (sum / f64::from(count), 1.0) } else { (0.0, 0.0) }
}

/// Returns the value of `metric` if it is one of all lists together.
fn whole(metric: Metric, outcomes: &[Outcome], items: usize) -> Option<f64> {
    let (Metric::Coverage(k) | Metric::Gini(k)) = metric else { return None };
    let mut counts = vec![0u64; items];
    for outcome in outcomes {
        outcome.list.iter().take(k).for_each(|&item| counts[item as usize] += 1);
    }
    Some(match metric {
        Metric::Gini(_) => gini(&mut counts),
        _ => counts.iter().filter(|&&c| c > 0).count() as f64 / items.max(1) as f64,
    })
}
