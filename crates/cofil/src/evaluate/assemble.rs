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
    pub train: &'a Ratings,
    pub test: &'a Ratings,
    pub histories: &'a Histories<'a>,
    pub cases: &'a [Case<'a>],
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
    let Parts { protocol, cases, items, .. } = parts;
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
    let unknown = unknown(&parts);
    let mut warnings: Vec<String> = protocol.candidates.warning().into_iter().collect();
    warnings.extend(protocol.convention.warning(&protocol.metrics));
    warnings.extend(unknown.warnings(protocol, cases.len()));
    Report {
        users: cases.len(),
        interactions: parts.test.len(),
        items,
        metrics,
        baselines,
        activity: activity(cases, &parts.columns),
        unknown,
        conditions: Conditions::new(protocol, parts.range),
        warnings,
        columns: parts.columns,
    }
}

fn unknown(parts: &Parts<'_>) -> Unknown {
    let trained = parts.train.by_user.column_counts();
    let is_new = |item: usize| trained.get(item).is_none_or(|&count| count == 0);
    let tested = parts.test.by_user.column_counts();
    let lost = |case: &Case<'_>| {
        let beyond = case.test.columns.len()
            - case.test.columns.partition_point(|&item| (item as usize) < parts.items);
        let is_relevant =
            |value: &&f32| parts.protocol.relevant_from.is_none_or(|from| **value >= from);
        let unknown =
            case.test.values[case.test.len() - beyond..].iter().filter(is_relevant).count();
        (unknown, case.relevant - case.reachable.len() - unknown)
    };
    let lost: Vec<(usize, usize)> = parts.cases.iter().map(lost).collect();
    let cannot = |case: &&Case<'_>| case.relevant > 0 && case.reachable.is_empty();
    let new_users = parts.cases.iter().filter(|case| case.user.index.is_none());
    Unknown {
        users: new_users.clone().count(),
        given: new_users.filter(|case| !case.user.history.is_empty()).count(),
        given_interactions: parts.histories.lost,
        items: (0..tested.len()).filter(|&i| tested[i] > 0 && is_new(i)).count(),
        interactions: lost.iter().map(|(unknown, _)| unknown).sum(),
        repeated: lost.iter().map(|(_, repeated)| repeated).sum(),
        unreachable_users: parts.cases.iter().filter(cannot).count(),
    }
}

/// Returns quartiles by number of training and given interactions, with users who have none as a group of their own.
/// Users with the same number stay together, so there may be fewer than four quartiles.
fn activity(cases: &[Case<'_>], columns: &[Column]) -> Vec<Activity> {
    let counts: Vec<usize> = cases.iter().map(|case| case.user.history.len()).collect();
    let mut sorted: Vec<usize> = counts.iter().copied().filter(|&count| count > 0).collect();
    sorted.sort_unstable();
    let mut edges = vec![0];
    edges
        .extend((1..=4).filter_map(|q| sorted.get((q * sorted.len()).div_ceil(4).checked_sub(1)?)));
    edges.dedup();
    let mut groups = Vec::new();
    let mut from = 0;
    for to in edges {
        let inside = |c: usize| (from..=to).contains(&counts[c]);
        let here: Vec<usize> =
            (0..counts.len()).filter(|&c| inside(c)).map(|c| counts[c]).collect();
        if let (Some(&low), Some(&high)) = (here.iter().min(), here.iter().max()) {
            let shared = columns.iter().filter(|column| column.whole.is_none());
            let measure = |column: &Column| Measure {
                metric: column.metric,
                value: column.value_of(inside),
                low: None,
                high: None,
                users: (0..counts.len()).filter(|&c| inside(c) && column.weights[c] > 0.0).count(),
                max: None,
            };
            let metrics = Measures(shared.map(measure).collect());
            groups.push(Activity { from: low, to: high, users: here.len(), metrics });
        }
        from = to + 1;
    }
    groups
}
