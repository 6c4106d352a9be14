//! Evaluation: metrics, protocols and confidence intervals.
//!
//! For each user with a test interaction, [`evaluate`] ranks all items they had not interacted with in training, and
//! averages the metrics over users. `docs/metrics.md` lists the conventions one by one.
//!
//! ```
//! use cofil::data::sample_set;
//! use cofil::data::split::{Share, Split};
//! use cofil::evaluate::{Metric, Protocol, evaluate};
//! use cofil::{Algorithm, Duplicates, Popularity, Ratings, Run};
//!
//! let parts = Split::UserRandom { test: Share::Fraction(0.2), seed: 1 }.apply(&sample_set()?)?;
//! let train = Ratings::new(&parts[0].train, Duplicates::Error)?;
//! let test = Ratings::new(&parts[0].test, Duplicates::Error)?;
//! let model = Algorithm::Popularity(Popularity::default()).fit(&train, &Run::default())?.model;
//! let protocol = Protocol { metrics: vec![Metric::Ndcg(10)], ..Protocol::default() };
//! let report = evaluate(&*model, &train, &test, &protocol)?;
//! let ndcg = report.metrics.get(Metric::Ndcg(10)).expect("it was asked for");
//! assert!(ndcg.low < Some(ndcg.value) && Some(ndcg.value) < ndcg.high); // a 95 % interval
//! # Ok::<(), cofil::Error>(())
//! ```

mod assemble;
mod bootstrap;
mod cases;
mod columns;
pub(crate) mod compare;
pub(crate) mod convention;
mod metric;
pub(crate) mod metrics;
mod outcome;
pub(crate) mod placement;
mod protocol;
mod report;
mod values;

pub use compare::{Difference, difference};
pub use convention::{AveragePrecision, Convention, Discount, Divisor, Meaning, Precision};
pub use metric::Metric;
pub use placement::Ties;
pub use protocol::{Candidates, Protocol, TestPart};
pub use report::{Activity, Baselines, Conditions, Measure, Measures, Report, Unknown};

use crate::data::prose::{count, number};
use crate::data::{Ratings, ReadValues, Row};
use crate::error::{Error, Result};
use crate::math::{Matrix, parallel};
use crate::model::{Model, User};
use crate::preference::likes;
use crate::rank::Reranker;
use crate::watch;
use assemble::Parts;
use cases::{Case, Histories};
use columns::{Column, ItemCounts};
use outcome::{Judge, Outcome};
use values::Values;

/// Evaluates `model`, trained on `train`, on the held-out interactions in `test`: a `&Ratings`, or a [`TestPart`] that
/// also gives histories of new users.
///
/// `test` may have users and items beyond those of `train`; the first ones must be the same. The evaluation takes one
/// pass over the users on the caller's threads. The result does not depend on the number of threads.
///
/// # Errors
/// If `test` has nothing to evaluate on, or `train` is not the data the model was trained on.
pub fn evaluate<'a>(
    model: &dyn Model,
    train: &Ratings,
    test: impl Into<TestPart<'a>>,
    protocol: &Protocol,
) -> Result<Report> {
    let values = model.reading().map_or(ReadValues::ByKind, ReadValues::As);
    evaluate_as(model, values, train, test, protocol)
}

/// Like [`evaluate`]; `values` says what users like, which the popularity baseline counts.
pub(crate) fn evaluate_as<'a>(
    model: &dyn Model,
    values: ReadValues,
    train: &Ratings,
    test: impl Into<TestPart<'a>>,
    protocol: &Protocol,
) -> Result<Report> {
    let TestPart { ratings: test, given } = test.into();
    check(model, train, test, protocol)?;
    let outcomes = |values: &Values, item_counts: &ItemCounts, cases: &[Case<'_>]| {
        let reranker = || Reranker::new(protocol.rerank, model, item_counts.item_users.as_ref());
        let reranker = (!protocol.rerank.is_off()).then(reranker);
        outcome::outcomes(model, reranker.as_ref(), values, cases, protocol)
    };
    let seen = check_held_out(train, test, protocol)?;
    let mut report = judged(train, values, TestPart { ratings: test, given }, protocol, outcomes);
    report.warnings.extend(seen);
    Ok(report)
}

/// Returns an error if no test interaction was held out from training, so that none can be found among the items a user
/// has not interacted with, and a warning if most were not.
pub(crate) fn check_held_out(
    train: &Ratings,
    test: &Ratings,
    protocol: &Protocol,
) -> Result<Option<String>> {
    let known = |(user, row): (usize, Row<'_>)| match user < train.by_user.rows() {
        true => {
            let history = train.by_user.row(user);
            row.columns.iter().filter(|&&item| history.get(item).is_some()).count()
        }
        false => 0,
    };
    let seen: usize = test.by_user.iter().enumerate().map(known).sum();
    let all = count(test.len(), "test interaction");
    let ranks = protocol.metrics.iter().any(|metric| !metric.is_of_values());
    if seen == test.len() && ranks && !protocol.seen {
        return Err(Error::Unfit(format!(
            "all {all} are in the training data, and what a user has is not ranked: train on a part of the data and test \
             on the rest (`cofil split`)"
        )));
    }
    Ok((2 * seen > test.len()).then(|| {
        format!(
            "{} of {all} are in the training data, so the values do not tell how well the model does on new ones: test on \
             interactions held out from training (`cofil split`)",
            number(seen)
        )
    }))
}

/// Evaluates lists of items, best first, from any source: one for each row of `test`, empty for users without a list.
///
/// Lists are evaluated as given: seen items and duplicates keep their positions and are not hits. Metrics that need
/// the whole ranking (`auc`) or predicted ratings are rejected.
///
/// # Errors
/// As [`evaluate`], and for metrics that cannot be computed from lists.
pub fn evaluate_lists<'a>(
    lists: &[Vec<u32>],
    train: &Ratings,
    test: impl Into<TestPart<'a>>,
    protocol: &Protocol,
) -> Result<Report> {
    let TestPart { ratings: test, given } = test.into();
    protocol.check(test.by_user.rows())?;
    check_parts(train, test)?;
    if lists.len() != test.by_user.rows() {
        let (lists, users) = (count(lists.len(), "list"), count(test.by_user.rows(), "user"));
        let message = format!("{lists} for {users} of the test set");
        return Err(Error::Unfit(message));
    }
    if protocol.candidates != Candidates::All {
        let message = "lists are evaluated as given: do not use sampled or given candidates";
        return Err(Error::Unfit(message.into()));
    }
    if let Some(metric) = protocol.metrics.iter().find(|metric| metric.cutoff().is_none()) {
        let says =
            format!("{metric} needs more than lists; use one with a cutoff, such as ndcg@20");
        return Err(Error::setting("metrics", says));
    }
    if !protocol.rerank.is_off() {
        let message = "lists are evaluated as given: `mmr` and `popularity_penalty` do not apply";
        return Err(Error::Unfit(message.into()));
    }
    let outcomes = |_: &Values, _: &ItemCounts, cases: &[Case<'_>]| {
        let judge = Judge::new(train.items.len(), cases, protocol);
        let stage = watch::stage("evaluating", cases.len());
        let judged = |range: std::ops::Range<usize>| {
            stage.add(range.len());
            let list = |case: &Case<'_>| judge.list(case, &lists[case.row], train.items.len());
            cases[range].iter().map(list).collect::<Vec<_>>()
        };
        parallel::map(cases.len(), 256, judged).into_iter().flatten().collect()
    };
    let seen = check_held_out(train, test, protocol)?;
    let part = TestPart { ratings: test, given };
    let mut report = judged(train, ReadValues::ByKind, part, protocol, outcomes);
    report.warnings.extend(seen);
    let listed = || test.by_user.iter().zip(lists).filter(|(_, list)| !list.is_empty());
    let is_tested = |test: Row<'_>, item: &u32| test.get(*item).is_some();
    if listed().count() > 1
        && listed().all(|(test, list)| list.iter().all(|item| is_tested(test, item)))
    {
        let says = "the lists hold only test items, so the values say nothing about recommendations: evaluate lists that \
                    were chosen from all items";
        report.warnings.push(says.into());
    }
    let without =
        test.by_user.iter().zip(lists).filter(|(t, list)| !t.is_empty() && list.is_empty());
    match without.count() {
        0 => {}
        n => report.warnings.push(format!("{n} of the test users have no list and count as 0")),
    }
    Ok(report)
}

/// Builds the report from the outcome of each case.
fn judged(
    train: &Ratings,
    values: ReadValues,
    TestPart { ratings: test, given }: TestPart<'_>,
    protocol: &Protocol,
    outcomes: impl Fn(&Values, &ItemCounts, &[Case<'_>]) -> Vec<Outcome>,
) -> Report {
    let items = train.items.len();
    let histories = Histories::new(items, train, given);
    let cases = cases::cases(items, &histories, test, protocol);
    let reading = values.reading(train.by_user.values(), false);
    let values = Values::new(train, items, &cases, protocol);
    let item_counts = ItemCounts::new(train, protocol);
    let outcomes = outcomes(&values, &item_counts, &cases);
    let columns = columns::columns(protocol, &cases, &outcomes, &item_counts);
    // Outcomes take much more memory than the columns.
    let candidates: Vec<usize> = outcomes.into_iter().map(|outcome| outcome.candidates).collect();

    let ranks = protocol.only(Metric::is_of_ranks);
    let judge = Judge::new(items, &cases, &ranks);
    // Outcomes computed by formula instead of from scores.
    let formula = |of: &(dyn Fn(&Case<'_>, usize) -> Outcome + Sync)| {
        let blocks = parallel::map(cases.len(), 256, |range| {
            range.map(|c| of(&cases[c], candidates[c])).collect::<Vec<_>>()
        });
        blocks.into_iter().flatten().collect::<Vec<_>>()
    };
    let ideal = formula(&|case, candidates| Outcome::of_ranks(judge.ideal(case, candidates)));
    let ideal = columns::columns(&ranks, &cases, &ideal, &item_counts);
    let mut baselines = Vec::new();
    if protocol.baselines {
        let orders = protocol.only(|metric| !metric.is_of_values());
        if !orders.metrics.is_empty() {
            // As the recipe `popularity` counts: users who like an item.
            let likes = likes(reading, &train.by_user).into_iter();
            let popular = Popular(likes.map(|count| count as f32).collect());
            let outcomes = outcome::outcomes(&popular, None, &values, &cases, &orders);
            baselines
                .push(("popularity", columns::columns(&orders, &cases, &outcomes, &item_counts)));
        }
        if !ranks.metrics.is_empty() {
            let guess =
                formula(&|case, candidates| Outcome::of_ranks(judge.guess(case, candidates)));
            baselines.push(("random", columns::columns(&ranks, &cases, &guess, &item_counts)));
        }
        let errors = protocol.only(Metric::is_of_values);
        if !errors.metrics.is_empty() {
            let mean = formula(&|case, _| Outcome {
                errors: values.errors_of_mean(case),
                ..Outcome::default()
            });
            baselines.push(("mean", columns::columns(&errors, &cases, &mean, &item_counts)));
        }
    }
    assemble::report(Parts {
        protocol,
        train,
        test,
        histories: &histories,
        cases: &cases,
        items,
        columns,
        ideal,
        baselines,
        range: values.range,
    })
}

/// Measures one metric of `model` on `test`, without an interval, as early stopping does. The convention is that of
/// [`Protocol::default`].
///
/// # Errors
/// If `test` has nothing to evaluate on.
pub fn measure(model: &dyn Model, train: &Ratings, test: &Ratings, metric: Metric) -> Result<f64> {
    Ok(measures(model, train, test, &[metric])?[0])
}

/// Measures several metrics in one pass, as [`measure`] does.
///
/// # Errors
/// If `test` has nothing to evaluate on for one of them.
pub fn measures(
    model: &dyn Model,
    train: &Ratings,
    test: &Ratings,
    metrics: &[Metric],
) -> Result<Vec<f64>> {
    let protocol = Protocol::plain(metrics.to_vec());
    check(model, train, test, &protocol)?;
    let histories = Histories::new(model.items(), train, None);
    let cases = cases::cases(model.items(), &histories, test, &protocol);
    let values = Values::new(train, model.items(), &cases, &protocol);
    let outcomes = outcome::outcomes(model, None, &values, &cases, &protocol);
    let counts = ItemCounts::new(train, &protocol);
    let value = |column: &Column| match column.value() {
        value if value.is_finite() => Ok(value),
        _ => {
            let metric = column.metric;
            Err(Error::Unfit(format!("no user in the test set can be measured by {metric}")))
        }
    };
    columns::columns(&protocol, &cases, &outcomes, &counts).iter().map(value).collect()
}

/// Item popularity as a model.
struct Popular(Vec<f32>);

impl Model for Popular {
    fn items(&self) -> usize {
        self.0.len()
    }

    fn score(&self, _: User<'_>, items: &[u32], scores: &mut [f32]) {
        items.iter().zip(scores).for_each(|(&i, s)| *s = self.0[i as usize]);
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        (0..users.len()).for_each(|r| scores.row_mut(r).copy_from_slice(&self.0));
    }
}

fn check(model: &dyn Model, train: &Ratings, test: &Ratings, protocol: &Protocol) -> Result<()> {
    protocol.check(test.by_user.rows())?;
    let (known, items) = (model.items(), train.items.len());
    if known != items {
        let message = format!("the model knows {known} items, the training set has {items}");
        return Err(Error::Unfit(message));
    }
    if let Candidates::Sampled { n, .. } = protocol.candidates
        && n > items
    {
        let says = format!("must be at most the number of items, {items}, got {n}");
        return Err(Error::setting("sampled", says));
    }
    check_parts(train, test)
}

fn check_parts(train: &Ratings, test: &Ratings) -> Result<()> {
    if train.is_empty() {
        let message =
            "the training set is empty: it provides the users' histories and item popularity";
        return Err(Error::Unfit(message.into()));
    }
    match test.is_empty() {
        true => Err(Error::Unfit("the test set has no interactions".into())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
