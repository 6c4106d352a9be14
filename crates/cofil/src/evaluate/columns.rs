//! Turns outcomes of users into metric values. Each metric is a ratio of two sums over users.

use super::cases::Case;
use super::convention::Meaning;
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
    pub sums: Vec<f32>,
    /// Denominators, by case: 1 for a mean over users, the number of values for errors.
    pub weights: Weights,
    /// The sums of both over all cases.
    total: (f64, f64),
    /// The value, for metrics of all lists together, which have no share per user.
    pub whole: Option<f64>,
}

impl Column {
    /// Creates a column without cases.
    pub fn new(metric: Metric) -> Self {
        let (sums, weights) = (Vec::new(), Weights::Ones(0));
        Self { metric, sums, weights, total: (0.0, 0.0), whole: None }
    }

    /// Adds the numerator and the denominator of one more case.
    pub fn push(&mut self, sum: f64, weight: u32) {
        self.sums.push(sum as f32);
        self.weights.push(weight);
        self.total.0 += sum;
        self.total.1 += f64::from(weight);
    }

    /// Returns the value over the `chosen` cases; NaN if there are none.
    pub fn value_of(&self, chosen: impl Fn(usize) -> bool) -> f64 {
        let add = |(sum, weight): (f64, f64), case: usize| {
            (sum + f64::from(self.sums[case]), weight + f64::from(self.weights.get(case)))
        };
        let cases = (0..self.sums.len()).filter(|&case| chosen(case));
        let (sum, weight) = cases.fold((0.0, 0.0), add);
        self.finish(sum, weight)
    }

    /// Returns the value over all users.
    pub fn value(&self) -> f64 {
        self.whole.unwrap_or_else(|| self.finish(self.total.0, self.total.1))
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
        (0..self.sums.len()).filter(|&case| self.weights.get(case) > 0).count()
    }
}

/// Denominators, by case.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Weights {
    /// So many cases, all with weight 1, as most metrics have.
    Ones(usize),
    /// The weight of each case.
    Each(Vec<u32>),
}

impl Weights {
    pub fn get(&self, case: usize) -> u32 {
        match self {
            Self::Ones(_) => 1,
            Self::Each(weights) => weights[case],
        }
    }

    fn push(&mut self, weight: u32) {
        match self {
            Self::Ones(cases) if weight == 1 => *cases += 1,
            Self::Ones(cases) => {
                let mut weights = vec![1; *cases];
                weights.push(weight);
                *self = Self::Each(weights);
            }
            Self::Each(weights) => weights.push(weight),
        }
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

/// The columns of all metrics of a protocol, one block of cases after the other.
pub(super) struct Columns<'a> {
    item_counts: &'a ItemCounts,
    meaning: Meaning,
    columns: Vec<Column>,
    /// How often each item is listed, for each metric of all lists together.
    listed: Vec<Option<Vec<u64>>>,
}

impl<'a> Columns<'a> {
    pub fn new(protocol: &Protocol, item_counts: &'a ItemCounts) -> Self {
        let counts = |metric: &Metric| {
            let of_all = matches!(metric, Metric::Coverage(_) | Metric::Gini(_));
            of_all.then(|| vec![0; item_counts.popularity.len()])
        };
        Self {
            item_counts,
            meaning: protocol.convention.meaning(),
            columns: protocol.metrics.iter().map(|&metric| Column::new(metric)).collect(),
            listed: protocol.metrics.iter().map(counts).collect(),
        }
    }

    /// Adds the outcomes of more cases.
    pub fn add(&mut self, cases: &[Case<'_>], outcomes: &[Outcome]) {
        let (mut rank, item_counts) = (0.., self.item_counts);
        for (column, listed) in self.columns.iter_mut().zip(&mut self.listed) {
            let metric = column.metric;
            match metric {
                Metric::Rmse | Metric::Mae | Metric::Mse => {
                    let which = usize::from(metric == Metric::Mae);
                    for (outcome, case) in outcomes.iter().zip(cases) {
                        column.push(outcome.errors[which], case.test.len() as u32);
                    }
                }
                Metric::Novelty(k) | Metric::Popularity(k) => {
                    let of_item = |&item: &u32| match metric {
                        Metric::Novelty(_) => item_counts.novelty(item),
                        _ => f64::from(item_counts.popularity[item as usize]),
                    };
                    for outcome in outcomes {
                        let list = &outcome.list[..k.min(outcome.list.len())];
                        match list.len() {
                            0 => column.push(0.0, 0),
                            n => column.push(list.iter().map(of_item).sum::<f64>() / n as f64, 1),
                        }
                    }
                }
                Metric::Ild(k) => {
                    let item_users =
                        item_counts.item_users.as_ref().expect("the protocol asks for it");
                    let pieces = parallel::map(outcomes.len(), 256, |range| {
                        let list =
                            |o: &Outcome| distance(item_users, &o.list[..k.min(o.list.len())]);
                        outcomes[range].iter().map(list).collect::<Vec<_>>()
                    });
                    pieces.into_iter().flatten().for_each(|(sum, weight)| column.push(sum, weight));
                }
                Metric::Coverage(k) | Metric::Gini(k) => {
                    let counts = listed.as_mut().expect("there are counts for such a metric");
                    for outcome in outcomes {
                        column.push(0.0, u32::from(!outcome.list.is_empty()));
                        let list = outcome.list.iter().take(k);
                        list.for_each(|&item| counts[item as usize] += 1);
                    }
                }
                _ => {
                    let rank = rank.next().expect("the range has no end");
                    for (outcome, case) in outcomes.iter().zip(cases) {
                        match outcome.ranks[rank] {
                            value if value.is_nan() => column.push(0.0, 0),
                            value => {
                                let weight = self.meaning.weight(metric, case.relevant);
                                column.push(value * f64::from(weight), weight);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Returns one column for each metric of the protocol.
    pub fn finish(mut self) -> Vec<Column> {
        for (column, listed) in self.columns.iter_mut().zip(self.listed) {
            let Some(mut counts) = listed else { continue };
            column.whole = Some(match column.metric {
                Metric::Gini(_) => gini(&mut counts),
                _ => counts.iter().filter(|&&c| c > 0).count() as f64 / counts.len().max(1) as f64,
            });
        }
        self.columns
    }
}

/// Returns the mean of 1 − cosine over the pairs of `list`, and its weight: 0 if there are no pairs.
fn distance(item_users: &ItemUsers, list: &[u32]) -> (f64, u32) {
    let pairs =
        list.iter().enumerate().flat_map(|(at, &a)| list[..at].iter().map(move |&b| (a, b)));
    let (sum, count) = pairs.fold((0.0, 0), |(sum, count), (a, b)| {
        (sum + 1.0 - f64::from(item_users.cosine(a, b)), count + 1)
    });
    if count > 0 { (sum / f64::from(count), 1) } else { (0.0, 0) }
}
