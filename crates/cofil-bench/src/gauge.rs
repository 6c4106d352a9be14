//! Measurement of time and memory; the counterpart of `peers/measure.py`.

use crate::answer::Figures;
use cofil::memory;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Instant;

/// Collects the measurements of one job.
pub struct Gauge {
    repeat: usize,
    start_memory_mb: f64,
    peak_memory_mb: f64,
    seconds: BTreeMap<String, f64>,
    seconds_min: BTreeMap<String, f64>,
}

impl Gauge {
    /// Creates a gauge; call this before reading any data.
    pub fn new(repeat: usize) -> Self {
        Self {
            repeat,
            start_memory_mb: memory::peak_mb(),
            peak_memory_mb: 0.0,
            seconds: BTreeMap::new(),
            seconds_min: BTreeMap::new(),
        }
    }

    /// Times `work` under `name`, `repeat` times, and returns its last result.
    pub fn time<T>(&mut self, name: &str, work: impl FnMut() -> T) -> T {
        self.runs(name, self.repeat, work)
    }

    /// Times a preparation step, which runs once and is not compared.
    pub fn once<T>(&mut self, name: &str, work: impl FnMut() -> T) -> T {
        self.runs(name, 1, work)
    }

    fn runs<T>(&mut self, name: &str, repeat: usize, mut work: impl FnMut() -> T) -> T {
        let mut runs = Vec::with_capacity(repeat);
        let mut result = None;
        for _ in 0..repeat.max(1) {
            // Free the previous model, so that it does not count in the memory of the next.
            drop(result.take());
            let start = Instant::now();
            result = Some(work());
            runs.push(start.elapsed().as_secs_f64());
        }
        self.seconds.insert(name.into(), median(&runs));
        self.seconds_min.insert(name.into(), runs.iter().copied().fold(f64::INFINITY, f64::min));
        // Read before scoring.
        self.peak_memory_mb = memory::peak_mb();
        result.expect("work ran at least once")
    }

    /// Returns the figures.
    pub fn figures(self, quality: BTreeMap<String, f64>, settings: Value) -> Figures {
        Figures {
            repeat: self.repeat,
            seconds: self.seconds,
            seconds_min: self.seconds_min,
            peak_memory_mb: self.peak_memory_mb,
            start_memory_mb: self.start_memory_mb,
            quality,
            reported: BTreeMap::new(),
            settings,
        }
    }
}

/// Returns the median of `values`; NaN if there are none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    match n {
        0 => f64::NAN,
        _ => (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_odd_even_and_none() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn timed_work_runs_as_often_as_told() {
        let mut gauge = Gauge::new(3);
        let mut calls = 0;
        gauge.once("load", || ());
        assert_eq!(
            gauge.time("fit", || {
                calls += 1;
                calls
            }),
            3
        );
        let figures = gauge.figures(BTreeMap::new(), Value::Null);
        assert!(figures.seconds_min["fit"] <= figures.seconds["fit"]);
        assert_eq!(figures.seconds.len(), 2);
    }
}
