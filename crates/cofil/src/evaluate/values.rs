//! Errors of predicted ratings.

use super::cases::{Case, Histories};
use super::{Metric, Protocol};
use crate::data::levels::{self, Levels};
use crate::data::{Ratings, Row};
use crate::model::{Model, User};

/// How ratings are predicted for pairs the model cannot know, and the range they are clipped to.
pub(super) struct Values {
    /// Levels of users and items, if any prediction needs them.
    baseline: Option<Levels>,
    mean: f32,
    /// The range predictions are clipped to.
    pub range: Option<(f32, f32)>,
}

impl Values {
    /// For the users of `test` and a model with `items` items.
    pub fn new(
        train: &Ratings,
        items: usize,
        histories: &Histories<'_>,
        test: &Ratings,
        protocol: &Protocol,
    ) -> Self {
        let mean = train.mean();
        // Values that are all the same give no range.
        let range = Some(train.scale()).filter(|(low, high)| protocol.clip && low < high);
        let is_new =
            |(row, test): (usize, Row<'_>)| known(histories.user(row), test, items) < test.len();
        let asked = protocol.metrics.iter().any(Metric::is_of_values)
            && test.by_user.iter().enumerate().any(is_new);
        let baseline = asked.then(|| {
            let (reg_user, reg_item) = (levels::REG_USER, levels::REG_ITEM);
            Levels::fit(&train.by_user, mean, levels::EPOCHS, reg_user, reg_item)
        });
        Self { baseline, mean, range }
    }

    /// Returns the sums of squared and of absolute errors of `model` for the user of `case`. Pairs unknown to the model
    /// are predicted from the levels of user and item, as far as there are any: the item's for a new user without
    /// history, the user's for an item without ratings.
    pub fn errors(&self, model: &dyn Model, case: &Case<'_>) -> [f64; 2] {
        let known = known(case.user, case.test, model.items());
        let mut predicted = vec![0.0; case.test.len()];
        model.score(case.user, &case.test.columns[..known], &mut predicted[..known]);
        if let Some(baseline) = self.baseline.as_ref().filter(|_| known < predicted.len()) {
            let bias = baseline.user_bias(case.user.history);
            for (value, &item) in predicted.iter_mut().zip(case.test.columns).skip(known) {
                *value = baseline.of(bias, item);
            }
        }
        self.compare(&predicted, case.test.values)
    }

    /// Returns the same sums for a model that always predicts the mean.
    pub fn errors_of_mean(&self, case: &Case<'_>) -> [f64; 2] {
        self.compare(&vec![self.mean; case.test.len()], case.test.values)
    }

    fn compare(&self, predicted: &[f32], actual: &[f32]) -> [f64; 2] {
        let (low, high) = self.range.unwrap_or((f32::MIN, f32::MAX));
        predicted.iter().zip(actual).fold([0.0; 2], |[square, absolute], (&p, &v)| {
            // `max` and `min` instead of `clamp`, because they also handle NaN.
            let error = f64::from(p.max(low).min(high)) - f64::from(v);
            [square + error * error, absolute + error.abs()]
        })
    }
}

/// Returns how many items of `test`, counted from the first, a model with `items` items knows; 0 for a user about whom
/// nothing is known.
fn known(user: User<'_>, test: Row<'_>, items: usize) -> usize {
    match user.index.is_none() && user.history.is_empty() {
        true => 0,
        false => test.columns.partition_point(|&item| (item as usize) < items),
    }
}
