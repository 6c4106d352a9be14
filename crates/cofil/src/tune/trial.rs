//! One trial: a training that is judged after each epoch, and may be cut short.

use super::halving::Rungs;
use super::{Search, Space, Trial};
use crate::algorithm::Algorithm;
use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::evaluate;
use crate::recipes::Target;
use crate::train::{Fitted, Run, Validation};
use crate::watch::{Event, Watch};
use serde_json::{Map, Value};
use std::ops::ControlFlow;
use std::time::Instant;

/// What is searched, for what, on what.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub space: &'a Space,
    pub train: &'a Ratings,
    pub valid: &'a Ratings,
    pub search: &'a Search,
    pub start: Instant,
}

impl Task<'_> {
    /// Whether no more time is left.
    pub fn late(&self) -> bool {
        self.search.limit.is_some_and(|limit| self.start.elapsed() >= limit)
    }

    /// Tries `settings`, knowing what came of `past`; `None` if `tell`, which hears of it, ended it.
    ///
    /// # Errors
    /// If the work was stopped.
    pub fn run(
        &self,
        number: usize,
        settings: Map<String, Value>,
        past: &[Trial],
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
        // Settings that diverge, or that the recipe refuses, are bad settings.
        if let Err(error) = self.learn(&algorithm, past, &mut trial, &mut ended, &mut tell) {
            match error {
                Error::Stopped => return Err(Error::Stopped),
                error => trial.error = Some(error.to_string()),
            }
        }
        trial.seconds = (begun.elapsed().as_secs_f64() * 1e3).round() / 1e3;
        Ok((!ended).then_some(trial))
    }

    fn learn(
        &self,
        algorithm: &Algorithm,
        past: &[Trial],
        trial: &mut Trial,
        ended: &mut bool,
        tell: &mut (impl FnMut(&Event<'_>) -> ControlFlow<()> + Send),
    ) -> Result<()> {
        let metric = self.search.metric;
        if metric.is_of_values() && algorithm.target() == Target::Preference {
            return Err(Error::Unsupported(format!(
                "{} ranks and predicts no values, so there is nothing to measure by {metric}",
                algorithm.name()
            )));
        }
        let rungs = Rungs::new(self.space.epochs(), self.search, past);
        let patience = self.space.epochs().map_or(1, |(_, most)| (most / 4).max(5));
        let validation = Validation { ratings: self.valid, metric, patience, min_improvement: 0.0 };
        let Trial { number, curve, cut, .. } = trial;
        let number = *number;
        let watch = Watch::new(|event| {
            let Event::Epoch { epoch, metric, rate, .. } = *event else { return tell(event) };
            let told = tell(&Event::Epoch { epoch, metric, rate, trial: Some(number) });
            if let Some(value) = epoch.validation {
                curve.push((epoch.number, value));
            }
            if told.is_break() {
                *ended = true;
                return told;
            }
            let over = epoch.number < epoch.of && (self.late() || rungs.end(epoch.number, curve));
            *cut |= over;
            if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let Search { seed, values, .. } = *self.search;
        let run = Run { seed, values, validation: Some(validation), ..Run::default() };
        let judged = watch.during(|| {
            let Fitted { model, epochs } = algorithm.fit(self.train, &run)?;
            let mut best = epochs.iter().rev();
            match best.find(|epoch| epoch.best && epoch.validation.is_some()) {
                Some(epoch) => Ok((epoch.validation, Some((epoch.number, epoch.of)))),
                None => {
                    let value = evaluate::measure(&*model, self.train, self.valid, metric)?;
                    Ok((Some(value), None))
                }
            }
        });
        drop(watch);
        let (value, epoch) = judged?;
        trial.value = value;
        trial.epochs = epoch.map(|(number, of)| {
            // Epochs that only prepare the ground are not counted by the setting.
            number + self.space.epochs().map_or(of, |(_, most)| most) - of
        });
        Ok(())
    }
}
