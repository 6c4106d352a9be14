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
use crate::watch::{self, Stage};
use assemble::{Parts, Tally};
use cases::{Case, Histories};
use columns::{Column, Columns, ItemCounts};
use outcome::{Judge, Outcome};
use std::ops::Range;
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
    let seen = check_held_out(train, test, protocol)?;
    let setup = Setup::new(train, TestPart { ratings: test, given }, protocol);
    let reranker = || Reranker::new(protocol.rerank, model, setup.item_counts.item_users.as_ref());
    let reranker = (!protocol.rerank.is_off()).then(reranker);
    let judge = Judge::new(setup.items, test, protocol).with(reranker.as_ref());
    let outcomes = |cases: &[Case<'_>], stage: &Stage| {
        outcome::outcomes(model, &judge, &setup.values, cases, stage)
    };
    let mut report = setup.report(values, outcomes);
    report.warnings.extend(seen);
    Ok(report)
}

/// Checks what [`evaluate`] would refuse only after training: settings of the protocol, and test sets without
/// interactions or without any that was held out from training.
///
/// # Errors
/// As said.
pub fn check_test(train: &Ratings, test: &Ratings, protocol: &Protocol) -> Result<()> {
    protocol.check(test.by_user.rows())?;
    check_parts(train, test)?;
    check_held_out(train, test, protocol).map(|_| ())
}

/// Returns an error if no test interaction was held out from training, so that none can be found among the items a user
/// has not interacted with, and a warning if most were not.
fn check_held_out(train: &Ratings, test: &Ratings, protocol: &Protocol) -> Result<Option<String>> {
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
    let seen = check_held_out(train, test, protocol)?;
    let setup = Setup::new(train, TestPart { ratings: test, given }, protocol);
    let judge = Judge::new(setup.items, test, protocol);
    let outcomes = |cases: &[Case<'_>], stage: &Stage| {
        let judged = |range: Range<usize>| {
            stage.add(range.len());
            let list = |case: &Case<'_>| judge.list(case, &lists[case.row], setup.items);
            cases[range].iter().map(list).collect::<Vec<_>>()
        };
        parallel::map(cases.len(), 256, judged).into_iter().flatten().collect()
    };
    let mut report = setup.report(ReadValues::ByKind, outcomes);
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
        n => {
            let (have, count) = if n == 1 { ("has", "counts") } else { ("have", "count") };
            let n = number(n);
            report.warnings.push(format!("{n} of the test users {have} no list and {count} as 0"));
        }
    }
    Ok(report)
}

/// What an evaluation needs before any model is asked.
struct Setup<'a> {
    train: &'a Ratings,
    test: &'a Ratings,
    protocol: &'a Protocol,
    /// Number of items of the training data.
    items: usize,
    histories: Histories<'a>,
    values: Values,
    item_counts: ItemCounts,
}

/// Rows of the test set that are evaluated together. Only their values are kept, so that memory does not grow with
/// the lists of all users.
const ROWS: usize = 1 << 14;

impl<'a> Setup<'a> {
    fn new(train: &'a Ratings, part: TestPart<'a>, protocol: &'a Protocol) -> Self {
        let TestPart { ratings: test, given } = part;
        let items = train.items.len();
        let histories = Histories::new(items, train, given);
        let values = Values::new(train, items, &histories, test, protocol);
        let item_counts = ItemCounts::new(train, protocol);
        Self { train, test, protocol, items, histories, values, item_counts }
    }

    /// Calls `on` with the users of the test set, block after block.
    fn for_each_block(&self, mut on: impl FnMut(&[Case<'_>])) {
        let rows = self.test.by_user.rows();
        for first in (0..rows).step_by(ROWS) {
            let block = first..rows.min(first + ROWS);
            on(&cases::cases(self.items, &self.histories, self.test, self.protocol, block));
        }
    }

    fn columns(&self, protocol: &Protocol) -> Columns<'_> {
        Columns::new(protocol, &self.item_counts)
    }

    /// Returns the number of users with a test interaction.
    fn users(&self) -> usize {
        self.test.by_user.iter().filter(|row| !row.is_empty()).count()
    }

    /// Builds the report from the outcome of each case.
    fn report(
        &self,
        values: ReadValues,
        outcomes: impl Fn(&[Case<'_>], &Stage) -> Vec<Outcome>,
    ) -> Report {
        let Self { train, test, protocol, items, .. } = *self;
        let ranks = protocol.only(Metric::is_of_ranks);
        let orders = protocol.only(|metric| !metric.is_of_values());
        let errors = protocol.only(Metric::is_of_values);
        // As the recipe `popularity` counts: users who like an item.
        let reading = values.reading(train.by_user.values(), false);
        let likes = likes(reading, &train.by_user).into_iter();
        let popular = Popular(likes.map(|count| count as f32).collect());
        let judge_of_orders = Judge::new(items, test, &orders);
        let judge = Judge::new(items, test, &ranks);
        let is_asked = |of: &Protocol| protocol.baselines && !of.metrics.is_empty();
        let baseline = |of: &Protocol| is_asked(of).then(|| self.columns(of));
        let mut popularity = baseline(&orders);
        let mut random = baseline(&ranks);
        let mut mean = baseline(&errors);
        let mut columns = self.columns(protocol);
        let mut ideal = self.columns(&ranks);
        let mut tally = Tally::new(train, test, &self.histories);

        let passes = 1 + usize::from(popularity.is_some());
        let stage = watch::stage("ranking", passes * self.users());
        self.for_each_block(|cases| {
            let outcomes = outcomes(cases, &stage);
            columns.add(cases, &outcomes);
            // Outcomes computed by formula instead of from scores.
            let formula = |of: &(dyn Fn(&Case<'_>, usize) -> Outcome + Sync)| {
                let blocks = parallel::map(cases.len(), 256, |range| {
                    range.map(|c| of(&cases[c], outcomes[c].candidates)).collect::<Vec<_>>()
                });
                blocks.into_iter().flatten().collect::<Vec<_>>()
            };
            ideal.add(cases, &formula(&|case, n| Outcome::of_ranks(judge.ideal(case, n))));
            if let Some(popularity) = &mut popularity {
                let judge = &judge_of_orders;
                let outcomes = outcome::outcomes(&popular, judge, &self.values, cases, &stage);
                popularity.add(cases, &outcomes);
            }
            if let Some(random) = &mut random {
                random.add(cases, &formula(&|case, n| Outcome::of_ranks(judge.guess(case, n))));
            }
            if let Some(mean) = &mut mean {
                let errors = |case: &Case<'_>| self.values.errors_of_mean(case);
                let outcome =
                    |case: &Case<'_>, _| Outcome { errors: errors(case), ..Outcome::default() };
                mean.add(cases, &formula(&outcome));
            }
            tally.add(cases, items, protocol);
        });
        drop(stage);
        let baselines = [("popularity", popularity), ("random", random), ("mean", mean)];
        let finished = |(name, columns): (_, Option<Columns<'_>>)| Some((name, columns?.finish()));
        assemble::report(Parts {
            protocol,
            test,
            tally,
            items,
            columns: columns.finish(),
            ideal: ideal.finish(),
            baselines: baselines.into_iter().filter_map(finished).collect(),
            range: self.values.range,
        })
    }
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
    let setup = Setup::new(train, test.into(), &protocol);
    let judge = Judge::new(setup.items, test, &protocol);
    let mut columns = setup.columns(&protocol);
    let stage = watch::stage("ranking", setup.users());
    setup.for_each_block(|cases| {
        columns.add(cases, &outcome::outcomes(model, &judge, &setup.values, cases, &stage));
    });
    let value = |column: &Column| match column.value() {
        value if value.is_finite() => Ok(value),
        _ => {
            let metric = column.metric;
            Err(Error::Unfit(format!("no user in the test set can be measured by {metric}")))
        }
    };
    columns.finish().iter().map(value).collect()
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
