//! A single trial: a training that is evaluated after each epoch and may be cut short.

use super::halving::Rungs;
use super::{Search, Space, Trial};
use crate::algorithm::Algorithm;
use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::evaluate;
use crate::recipes::Target;
use crate::train::{Run, Validation};
use crate::watch::{Context, Event, Watch};
use serde_json::{Map, Value};
use std::ops::ControlFlow;
use std::time::Instant;

/// The space, data and options of a search.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub space: &'a Space,
    pub train: &'a Ratings,
    pub valid: &'a Ratings,
    pub search: &'a Search,
    pub start: Instant,
}

impl Task<'_> {
    /// Returns whether the time limit has passed.
    pub fn late(&self) -> bool {
        self.search.limit.is_some_and(|limit| self.start.elapsed() >= limit)
    }

    /// Returns the time at which the limit passes.
    fn deadline(&self) -> Option<Instant> {
        self.search.limit.and_then(|limit| self.start.checked_add(limit))
    }

    /// Tries `settings`, compared with the trials in `past`. Returns `None` if `tell`, which receives the events, ended
    /// the trial. A `bounded` trial is stopped at the time limit, and `None` if none of its epochs was evaluated; other
    /// trials end after the current epoch.
    ///
    /// # Errors
    /// If the work was stopped.
    pub fn run(
        &self,
        number: usize,
        settings: Map<String, Value>,
        past: &[Trial],
        bounded: bool,
        mut tell: impl FnMut(&Event<'_>) -> ControlFlow<()> + Send,
    ) -> Result<Option<Trial>> {
        let begun = Instant::now();
        let mut trial = Trial { number, settings, ..Trial::default() };
        let algorithm = match self.space.algorithm(&trial.settings) {
            Ok(algorithm) => algorithm,
            Err(error) => {
                trial.error = Some(error.to_string());
                return Ok(Some(trial));
            }
        };
        let mut ended = false;
        // Settings that diverge or that the algorithm rejects make a failed trial, not an error of the search.
        let until = self.deadline().filter(|_| bounded);
        if let Err(error) = self.learn(&algorithm, past, until, &mut trial, &mut ended, &mut tell) {
            match error {
                Error::Stopped if Context::current().is_stopped() || until.is_none() => {
                    return Err(Error::Stopped);
                }
                Error::Stopped if trial.value.is_none() => return Ok(None),
                Error::Stopped => trial.cut = true,
                error => {
                    (trial.value, trial.epochs) = (None, None);
                    trial.error = Some(error.to_string());
                }
            }
        }
        trial.seconds = (begun.elapsed().as_secs_f64() * 1e3).round() / 1e3;
        Ok((!ended).then_some(trial))
    }

    fn learn(
        &self,
        algorithm: &Algorithm,
        past: &[Trial],
        until: Option<Instant>,
        trial: &mut Trial,
        ended: &mut bool,
        tell: &mut (impl FnMut(&Event<'_>) -> ControlFlow<()> + Send),
    ) -> Result<()> {
        let metric = self.search.metric;
        if metric.is_of_values() && algorithm.target() == Target::Preference {
            return Err(algorithm.predicts_no_ratings(&metric.to_string()));
        }
        let rungs = Rungs::new(self.space.epochs(), self.search, past);
        let patience = self.space.epochs().map_or(1, |(_, most)| (most / 4).max(5));
        let validation = Validation { patience, ..Validation::new(self.valid, metric) };
        let most = self.space.epochs().map(|(_, most)| most);
        let Trial { number, curve, cut, value, epochs, .. } = trial;
        let number = *number;
        let in_epochs = self.space.epochs().is_some();
        let watch = Watch::new(|event| {
            let Event::Epoch { epoch, metric, rate, .. } = *event else { return tell(event) };
            if !in_epochs {
                // The epochs of one part of a blend.
                return tell(&Event::Epoch { epoch, metric, rate, trial: Some(number) });
            }
            let told = tell(&Event::Epoch { epoch, metric, rate, trial: Some(number) });
            if let Some(judged) = epoch.validation {
                curve.push((epoch.number, judged));
                if epoch.best {
                    // The setting does not count warm-up epochs.
                    *epochs = Some(epoch.number + most.unwrap_or(epoch.of) - epoch.of);
                    *value = Some(judged);
                }
            }
            if told.is_break() {
                *ended = true;
                return told;
            }
            let over = epoch.number < epoch.of && (self.late() || rungs.end(epoch.number, curve));
            *cut |= over;
            if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let watch = watch.until(until);
        let Search { seed, values, .. } = *self.search;
        let run = Run { seed, values, validation: Some(validation), ..Run::default() };
        let in_one_piece = watch.during(|| {
            let fitted = algorithm.fit(self.train, &run)?;
            let judged = in_epochs && fitted.epochs.iter().any(|epoch| epoch.validation.is_some());
            let measure = || evaluate::measure(&*fitted.model, self.train, self.valid, metric);
            (!judged).then(measure).transpose()
        });
        drop(watch);
        if let Some(judged) = in_one_piece? {
            trial.value = Some(judged);
        }
        Ok(())
    }
}
