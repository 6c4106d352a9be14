//! How good is a model: metrics, protocols, intervals.
//!
//! [`evaluate`] ranks, for everybody with a test interaction, all items they had not interacted with
//! in training, and averages over users. `docs/metrics.md` gives the conventions one by one.

mod cases;
mod columns;
mod metric;
pub mod metrics;
mod outcome;
pub mod placement;
mod protocol;

pub use metric::Metric;
pub use placement::Ties;
pub use protocol::{Candidates, Protocol};

use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::model::Model;
use cases::Case;
use columns::{Column, Crowd};
use outcome::Values;

/// One metric of `model` on `test`, without interval: what early stopping watches. The convention is
/// that of [`Protocol::default`].
///
/// # Errors
/// If `test` has nothing to measure on.
pub fn measure(model: &dyn Model, train: &Ratings, test: &Ratings, metric: Metric) -> Result<f64> {
    let protocol = Protocol::plain(vec![metric]);
    check(model, train, test, &protocol)?;
    let cases = cases::cases(model.items(), train, test, &protocol);
    let value = judged(model, train, &cases, &protocol)[0].value();
    match value.is_finite() {
        true => Ok(value),
        false => Err(Error::Unfit(format!("nobody in the test part can be measured by {metric}"))),
    }
}

/// One column for each metric.
fn judged(
    model: &dyn Model,
    train: &Ratings,
    cases: &[Case<'_>],
    protocol: &Protocol,
) -> Vec<Column> {
    let outcomes = outcome::outcomes(model, &Values::new(train, protocol.clip), cases, protocol);
    columns::columns(protocol, cases, &outcomes, &Crowd::new(train))
}

fn check(model: &dyn Model, train: &Ratings, test: &Ratings, protocol: &Protocol) -> Result<()> {
    protocol.check(test.by_user.rows())?;
    let (known, items) = (model.items(), train.items.len());
    if known != items {
        let message = format!("the model knows {known} items, the training part has {items}");
        return Err(Error::Unfit(message));
    }
    if train.is_empty() {
        let message =
            "the training part is empty: what users have seen, and popularity, are needed";
        return Err(Error::Unfit(message.into()));
    }
    match test.is_empty() {
        true => Err(Error::Unfit("the test part has no interactions".into())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::User;

    /// Says `0` for every item, or what a table holds.
    struct Table(Vec<Vec<f32>>);

    impl Model for Table {
        fn items(&self) -> usize {
            self.0[0].len()
        }

        fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
            let row = &self.0[user.index.map_or(0, |u| u as usize + 1)];
            items.iter().zip(scores).for_each(|(&i, s)| *s = row[i as usize]);
        }
    }

    fn train() -> Ratings {
        Ratings::from_triples([
            ("a", "w", 4.0),
            ("a", "x", 2.0),
            ("b", "w", 3.0),
            ("b", "y", 5.0),
            ("c", "z", 1.0),
        ])
        .unwrap()
    }

    fn test_part(train: &Ratings, triples: &[(&str, &str, f32)]) -> Ratings {
        let (mut users, mut items) = ((*train.users).clone(), (*train.items).clone());
        let mut table = crate::data::Interactions::default();
        for &(user, item, value) in triples {
            table.user.push(users.insert(user).unwrap());
            table.item.push(items.insert(item).unwrap());
            table.value.push(value);
        }
        (table.users, table.items) = (users.into(), items.into());
        Ratings::new(&table, crate::data::Duplicates::Last).unwrap()
    }

    fn measured(model: &Table, test: &Ratings, metric: &str) -> f64 {
        measure(model, &train(), test, metric.parse().unwrap()).unwrap()
    }

    /// Items are w x y z; row 0 is for strangers.
    fn model() -> Table {
        Table(vec![
            vec![4.0, 3.0, 2.0, 1.0],
            vec![9.0, 9.0, 1.0, 2.0],
            vec![9.0, 3.0, 9.0, 3.0],
            vec![4.0, 9.0, 2.0, 5.0],
        ])
    }

    #[test]
    fn seen_items_are_not_ranked_and_ties_are_shared() {
        let train = train();
        // a: y is second of y, z. b: x and z are equal, x is relevant. c: nothing in test.
        let test = test_part(&train, &[("a", "y", 3.0), ("b", "x", 5.0)]);
        assert_eq!(measured(&model(), &test, "mrr@2"), (0.5 + 0.75) / 2.0);
        assert_eq!(measured(&model(), &test, "hr@1"), (0.0 + 0.5) / 2.0);
        assert_eq!(measured(&model(), &test, "auc"), (0.0 + 0.5) / 2.0);
        assert_eq!(measured(&model(), &test, "coverage@1"), 0.5);
        // Lists break ties by index: a gets z, b gets x, each with one training interaction of three users.
        assert_eq!(measured(&model(), &test, "popularity@1"), 1.0);
        assert!((measured(&model(), &test, "novelty@1") - 3f64.log2()).abs() < 1e-12);
    }

    #[test]
    fn errors_are_clipped_and_unknown_pairs_get_means() {
        let train = train();
        // 9 is clipped to 5; a new user gets the item's mean 3.5; a new item the mean 3.
        let test = test_part(&train, &[("b", "y", 3.0), ("new", "w", 4.0), ("a", "new", 2.0)]);
        assert_eq!(measured(&model(), &test, "mae"), (2.0 + 0.5 + 1.0) / 3.0);
        let square: f64 = (4.0 + 0.25 + 1.0) / 3.0;
        assert_eq!(measured(&model(), &test, "rmse"), square.sqrt());
    }

    #[test]
    fn strangers_are_ranked_and_unknown_items_are_missed() {
        let train = train();
        let test = test_part(&train, &[("new", "w", 1.0), ("new", "what", 1.0)]);
        assert_eq!(measured(&model(), &test, "recall@4"), 0.5);
        assert_eq!(measured(&model(), &test, "precision@1"), 1.0);
    }

    #[test]
    fn nothing_to_measure_is_told() {
        let train = train();
        let none = test_part(&train, &[]);
        let says = |test: &Ratings, metric| {
            measure(&model(), &train, test, metric).unwrap_err().to_string()
        };
        assert_eq!(says(&none, Metric::Auc), "the test part has no interactions");
    }
}
