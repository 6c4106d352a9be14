//! Errors of predicted values.

use super::cases::Case;
use crate::data::Ratings;
use crate::model::Model;

/// How values are predicted for pairs the model cannot know, and into which range.
pub(super) struct Values {
    items: Vec<f32>,
    mean: f32,
    /// Predictions are clipped to it.
    pub range: Option<(f32, f32)>,
}

impl Values {
    pub fn new(train: &Ratings, clip: bool) -> Self {
        let mut sums = vec![(0f64, 0u32); train.items.len()];
        for (&item, &value) in train.by_user.columns().iter().zip(train.by_user.values()) {
            let (sum, count) = &mut sums[item as usize];
            *sum += f64::from(value);
            *count += 1;
        }
        let mean = train.mean();
        let item_mean =
            |(sum, count)| if count > 0 { (sum / f64::from(count)) as f32 } else { mean };
        // Values that are all the same do not tell a range.
        let range = Some(train.scale()).filter(|(low, high)| clip && low < high);
        Self { items: sums.into_iter().map(item_mean).collect(), mean, range }
    }

    /// Σ of squared and of absolute errors of `model` for the user of `case`. A stranger without
    /// history is given each item's mean, an item without ratings the mean of all.
    pub fn errors(&self, model: &dyn Model, case: &Case<'_>) -> [f64; 2] {
        let unknown = case.user.index.is_none() && case.user.history.is_empty();
        let known = match unknown {
            true => 0,
            false => case.test.columns.partition_point(|&item| (item as usize) < model.items()),
        };
        let mut predicted = vec![0.0; case.test.len()];
        model.score(case.user, &case.test.columns[..known], &mut predicted[..known]);
        for (value, &item) in predicted.iter_mut().zip(case.test.columns).skip(known) {
            *value = *self.items.get(item as usize).unwrap_or(&self.mean);
        }
        self.compare(&predicted, case.test.values)
    }

    /// The same for a model that always says the mean.
    pub fn errors_of_mean(&self, case: &Case<'_>) -> [f64; 2] {
        self.compare(&vec![self.mean; case.test.len()], case.test.values)
    }

    fn compare(&self, predicted: &[f32], actual: &[f32]) -> [f64; 2] {
        let (low, high) = self.range.unwrap_or((f32::MIN, f32::MAX));
        predicted.iter().zip(actual).fold([0.0; 2], |[square, absolute], (&p, &v)| {
            // `max` and `min` rather than `clamp`: they also take what is not a number.
            let error = f64::from(p.max(low).min(high)) - f64::from(v);
            [square + error * error, absolute + error.abs()]
        })
    }
}
