//! Assembles the report from columns.

use super::bootstrap::intervals;
use super::cases::{Case, Histories};
use super::columns::Column;
use super::report::{Activity, Baselines, Conditions, Measure, Measures, Report, Unknown};
use super::{Metric, Protocol};
use crate::data::Ratings;

/// The parts of a report.
pub(super) struct Parts<'a> {
    pub protocol: &'a Protocol,
    pub test: &'a Ratings,
    pub tally: Tally,
    pub items: usize,
    /// Columns of the model, one for each metric of the protocol.
    pub columns: Vec<Column>,
    /// Columns of a perfect ranking, for the metrics of ranks.
    pub ideal: Vec<Column>,
    /// Baselines by name, each with the metrics that apply to it.
    pub baselines: Vec<(&'static str, Vec<Column>)>,
    /// Range of predicted ratings.
    pub range: Option<(f32, f32)>,
}

pub(super) fn report(parts: Parts<'_>) -> Report {
    let Parts { protocol, items, .. } = parts;
    let Tally { histories, unknown } = &parts.tally;
    let all = parts.columns.iter().chain(parts.baselines.iter().flat_map(|(_, columns)| columns));
    let mut ends =
        intervals(&all.collect::<Vec<_>>(), protocol.resamples, protocol.seed).into_iter();
    let best = |column: &Column| match column.metric {
        Metric::Coverage(k) => Some((column.users() as f64 * k as f64 / items as f64).min(1.0)),
        metric => parts.ideal.iter().find(|c| c.metric == metric).map(Column::value),
    };
    let mut measures = |columns: &[Column]| {
        let measure = |column: &Column| {
            let ends = ends.next().expect("one interval for each column");
            Measure {
                metric: column.metric,
                value: column.value(),
                low: ends.map(|[low, _]| low),
                high: ends.map(|[_, high]| high),
                users: column.users(),
                max: best(column),
            }
        };
        Measures(columns.iter().map(measure).collect())
    };
    let metrics = measures(&parts.columns);
    let baselines =
        parts.baselines.iter().map(|(name, columns)| ((*name).to_owned(), measures(columns)));
    let baselines = Baselines(baselines.collect());
    let mut warnings: Vec<String> = protocol.candidates.warning().into_iter().collect();
    warnings.extend(protocol.convention.warning(&protocol.metrics));
    warnings.extend(unknown.warnings(protocol, histories.len()));
    Report {
        users: histories.len(),
        interactions: parts.test.len(),
        items,
        metrics,
        baselines,
        activity: activity(histories, &parts.columns),
        unknown: *unknown,
        conditions: Conditions::new(protocol, parts.range),
        warnings,
        columns: parts.columns,
    }
}

/// What the report says of the cases besides the metrics.
#[derive(Default)]
pub(super) struct Tally {
    /// Number of training and given interactions, by case.
    histories: Vec<u32>,
    unknown: Unknown,
}

impl Tally {
    /// Counts the items that the model does not know.
    pub fn new(train: &Ratings, test: &Ratings, histories: &Histories<'_>) -> Self {
        let trained = train.by_user.column_counts();
        let is_new = |item: usize| trained.get(item).is_none_or(|&count| count == 0);
        let tested = test.by_user.column_counts();
        let items = (0..tested.len()).filter(|&item| tested[item] > 0 && is_new(item)).count();
        let unknown = Unknown { items, given_interactions: histories.lost, ..Unknown::default() };
        Self { unknown, ..Self::default() }
    }

    /// Counts more cases of a model with `items` items.
    pub fn add(&mut self, cases: &[Case<'_>], items: usize, protocol: &Protocol) {
        let is_relevant = |value: &&f32| protocol.relevant_from.is_none_or(|from| **value >= from);
        let counts = &mut self.unknown;
        for case in cases {
            let known = case.test.columns.partition_point(|&item| (item as usize) < items);
            let unknown = case.test.values[known..].iter().filter(is_relevant).count();
            let history = case.user.history.len();
            self.histories.push(history as u32);
            counts.users += usize::from(case.user.index.is_none());
            counts.given += usize::from(case.user.index.is_none() && history > 0);
            counts.interactions += unknown;
            counts.repeated += case.relevant - case.reachable.len() - unknown;
            counts.unreachable_users += usize::from(case.relevant > 0 && case.reachable.is_empty());
        }
    }
}

/// Returns quartiles by number of training and given interactions, with users who have none as a group of their own.
/// Users with the same number stay together, so there may be fewer than four quartiles.
fn activity(counts: &[u32], columns: &[Column]) -> Vec<Activity> {
    let mut sorted: Vec<u32> = counts.iter().copied().filter(|&count| count > 0).collect();
    sorted.sort_unstable();
    let mut edges = vec![0];
    edges
        .extend((1..=4).filter_map(|q| sorted.get((q * sorted.len()).div_ceil(4).checked_sub(1)?)));
    edges.dedup();
    let mut groups = Vec::new();
    let mut from = 0;
    for to in edges {
        let inside = |c: usize| (from..=to).contains(&counts[c]);
        let here: Vec<u32> = counts.iter().copied().filter(|c| (from..=to).contains(c)).collect();
        if let (Some(&low), Some(&high)) = (here.iter().min(), here.iter().max()) {
            let shared = columns.iter().filter(|column| column.whole.is_none());
            let measure = |column: &Column| Measure {
                metric: column.metric,
                value: column.value_of(inside),
                low: None,
                high: None,
                users: (0..counts.len())
                    .filter(|&c| inside(c) && column.weights.get(c) > 0)
                    .count(),
                max: None,
            };
            let metrics = Measures(shared.map(measure).collect());
            let (from, to) = (low as usize, high as usize);
            groups.push(Activity { from, to, users: here.len(), metrics });
        }
        from = to + 1;
    }
    groups
}
