//! How good is a model: metrics, protocols, intervals.

use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::model::{Model, User};

/// A quality measure, written `ndcg@20`, `recall@20`, `rmse` …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Root mean squared error of predicted values.
    Rmse,
}

impl Metric {
    /// Whether a larger value is a better one.
    pub fn higher_is_better(self) -> bool {
        match self {
            Self::Rmse => false,
        }
    }
}

/// One metric of `model` on `test`, without interval: what early stopping watches.
///
/// # Errors
/// If `test` has nothing to measure on.
pub fn measure(model: &dyn Model, train: &Ratings, test: &Ratings, metric: Metric) -> Result<f64> {
    let Metric::Rmse = metric;
    let mut sum = 0.0;
    for u in 0..test.by_user.rows() {
        let row = test.by_user.row(u);
        let mut scores = vec![0.0; row.len()];
        model.score(User::of(train, u as u32), row.columns, &mut scores);
        sum += scores.iter().zip(row.values).map(|(s, v)| f64::from(s - v).powi(2)).sum::<f64>();
    }
    match test.is_empty() {
        true => Err(Error::Unfit("the test part has no interactions".into())),
        false => Ok((sum / test.len() as f64).sqrt()),
    }
}
