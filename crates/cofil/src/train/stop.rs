//! Early stopping: ends training when more epochs do not improve the validation metric.

use super::Epoch;
use crate::data::Ratings;
use crate::error::Result;
use crate::evaluate::{self, Metric};
use crate::model::Model;
use crate::watch::Measured;

/// Data held out from training to decide when to stop.
#[derive(Clone, Copy, Debug)]
pub struct Validation<'a> {
    /// Held-out interactions that are not trained on; same id maps as the training data.
    pub ratings: &'a Ratings,
    /// The metric to watch.
    pub metric: Metric,
    /// Stop after this many epochs in a row without improvement (at least 1). The best epoch's model is kept.
    pub patience: usize,
    /// Minimum improvement of the metric that resets `patience`.
    pub min_improvement: f64,
    /// Further metrics to record after every epoch.
    pub also: &'a [Metric],
    /// Whether metrics of predicted values are measured on the training set too, to show how much the model fits it
    /// better than new data. It takes a prediction for every value of the training set.
    pub on_train: bool,
}

impl<'a> Validation<'a> {
    /// Watches `metric` on `ratings`, with a patience of 5 epochs, and records nothing else.
    pub fn new(ratings: &'a Ratings, metric: Metric) -> Self {
        Self { ratings, metric, patience: 5, min_improvement: 0.0, also: &[], on_train: false }
    }

    /// Returns the metric to watch, and all that is recorded if that is more.
    pub(super) fn measure(
        &self,
        model: &dyn Model,
        train: &Ratings,
    ) -> Result<(Option<f64>, Vec<Measured>)> {
        let mut metrics = vec![self.metric];
        metrics.extend(self.also.iter().copied().filter(|&metric| metric != self.metric));
        let values = evaluate::measures(model, train, self.ratings, &metrics)?;
        let watched = values[0];
        let of_values: Vec<Metric> =
            metrics.iter().copied().filter(|m| self.on_train && m.is_of_values()).collect();
        if metrics.len() == 1 && of_values.is_empty() {
            return Ok((Some(watched), Vec::new()));
        }
        let trained = match of_values.is_empty() {
            true => Vec::new(),
            false => evaluate::measures(model, train, train, &of_values)?,
        };
        let on_train =
            |metric: Metric| Some(trained[of_values.iter().position(|&other| other == metric)?]);
        let measured = metrics.iter().zip(values).map(|(&metric, validation)| Measured {
            metric: metric.to_string(),
            validation,
            train: on_train(metric),
        });
        Ok((Some(watched), measured.collect()))
    }
}

/// Tracks the metric from epoch to epoch.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    higher_is_better: bool,
    patience: usize,
    min_improvement: f64,
    /// The best value so far.
    best: Option<f64>,
    /// The value to exceed for an improvement to count; trails `best`, so that many small gains add up.
    mark: Option<f64>,
    waited: usize,
}

impl Patience {
    /// Returns the state after the epochs of `history`.
    pub fn replay(validation: &Validation<'_>, history: &[Epoch]) -> Self {
        let mut patience = Self {
            higher_is_better: validation.metric.higher_is_better(),
            patience: validation.patience.max(1),
            min_improvement: validation.min_improvement,
            best: None,
            mark: None,
            waited: 0,
        };
        for value in history.iter().filter_map(|epoch| epoch.validation) {
            patience.is_best(value);
        }
        patience
    }

    /// Adds the next epoch's value; returns whether it is the best so far.
    pub fn is_best(&mut self, value: f64) -> bool {
        let gain = |over: Option<f64>| match (over, self.higher_is_better) {
            (None, _) => f64::INFINITY,
            (Some(over), true) => value - over,
            (Some(over), false) => over - value,
        };
        let best = gain(self.best) > 0.0;
        match gain(self.mark) > self.min_improvement {
            true => (self.mark, self.waited) = (Some(value), 0),
            false => self.waited += 1,
        }
        if best {
            self.best = Some(value);
        }
        best
    }

    /// Whether patience has run out.
    pub fn is_over(&self) -> bool {
        self.waited >= self.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(patience: usize, min_improvement: f64) -> Patience {
        let ratings = Ratings::default();
        let validation = Validation::new(&ratings, Metric::Rmse);
        Patience::replay(&Validation { patience, min_improvement, ..validation }, &[])
    }

    #[test]
    fn the_best_value_and_the_end_are_found() {
        let mut falling = follow(2, 0.0);
        let best: Vec<bool> = [3.0, 2.0, 2.5, 1.9, 2.0].map(|v| falling.is_best(v)).into();
        assert_eq!(best, [true, true, false, true, false]);
        assert!(!falling.is_over());
        assert!(!falling.is_best(1.9) && falling.is_over(), "a tie is no improvement");
    }

    #[test]
    fn small_gains_are_kept_but_do_not_renew_patience() {
        let mut slow = follow(2, 0.5);
        assert!(slow.is_best(3.0) && slow.is_best(2.8) && slow.is_best(2.6));
        assert!(slow.is_over());
        let mut adding_up = follow(2, 0.5);
        assert!(adding_up.is_best(3.0) && adding_up.is_best(2.7) && adding_up.is_best(2.4));
        assert!(!adding_up.is_over());
    }

    #[test]
    fn higher_can_be_better() {
        let mut rising = Patience { higher_is_better: true, ..follow(1, 0.0) };
        assert!(rising.is_best(0.1) && rising.is_best(0.2) && !rising.is_best(0.15));
        assert!(rising.is_over());
    }
}
