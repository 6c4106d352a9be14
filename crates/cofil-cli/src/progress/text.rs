//! Formats epochs and trials.

use crate::args::{judging, searching};
use crate::output::duration;
use cofil::Epoch;
use cofil::data::prose;
use cofil::train::Measured;
use cofil::tune::Trial;

/// Formats loss and validation metric of an epoch.
pub fn epoch(epoch: &Epoch, metric: Option<&str>) -> String {
    let mut text = format!("loss {:.6}", Digits(epoch.loss.data + epoch.loss.penalty));
    if let (Some(value), Some(metric)) = (epoch.validation, metric) {
        let mark = if epoch.best { " (best)" } else { "" };
        text += &format!("  {metric} {value:.4}{mark}");
        for Measured { metric: name, validation, train } in &epoch.measured {
            if name != metric {
                text += &format!("  {name} {validation:.4}");
            }
            text += &train.map(|train| format!(", training {train:.4}")).unwrap_or_default();
        }
    }
    text
}

/// Formats an epoch with its loss terms, learning rate and speed.
pub fn full(epoch: &Epoch, metric: Option<&str>, rate: Option<f32>, speed: f64) -> String {
    let Epoch { number, of, loss, .. } = epoch;
    let mut text = format!(
        "epoch {number}/{of}  {}  (data {:.6}, penalty {:.6})",
        self::epoch(epoch, metric),
        Digits(loss.data),
        Digits(loss.penalty)
    );
    if let Some(rate) = rate {
        text += &match rate.abs() {
            tiny if tiny > 0.0 && tiny < 1e-5 => format!("  rate {rate:.4e}"),
            _ => format!("  rate {rate}"),
        };
    }
    text + &format!("  {} examples/s", prose::number(speed.round() as usize))
}

/// Formats the best value so far.
pub fn best(metric: &str, value: Option<f64>) -> String {
    let space = if metric.is_empty() { "" } else { " " };
    value.map_or(String::new(), |v| format!("  best {metric}{space}{}", judging::value(v)))
}

/// Formats a finished trial.
pub fn trial(trial: &Trial, of: usize, metric: &str, best: bool) -> String {
    let value = match (trial.value, &trial.error) {
        (Some(value), _) => format!("{metric} {}", judging::value(value)),
        (None, Some(error)) => format!("failed: {error}"),
        (None, None) => "no value".into(),
    };
    let mark = match (best, trial.cut) {
        (true, _) => " (best)",
        (false, true) => " (stopped early)",
        (false, false) => "",
    };
    let (time, drawn) = (duration(trial.seconds), searching::settings(&trial.settings));
    format!("trial {}/{of}  {value}{mark}  {time}  {drawn}", trial.number + 1)
}

/// A number with a fixed number of significant digits, since losses span many orders of magnitude.
struct Digits(f64);

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = f.precision().unwrap_or(6) as i32;
        // The exponent in scientific notation.
        let text = format!("{:e}", self.0.abs());
        let magnitude = text.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(i32::MAX);
        match magnitude {
            -5..=12 => {
                let text = format!("{:.*}", (digits - 1 - magnitude).max(0) as usize, self.0);
                let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
                let (sign, whole) = whole.split_at(usize::from(whole.starts_with('-')));
                let whole = whole.parse().map_or_else(|_| whole.to_owned(), prose::number);
                write!(f, "{sign}{whole}{rest}")
            }
            _ => write!(f, "{:.*e}", (digits - 1) as usize, self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_keep_their_digits() {
        let told = |x: f64| format!("{:.4}", Digits(x));
        assert_eq!(told(0.0), "0.000");
        assert_eq!(told(0.001_234_5), "0.001234");
        assert_eq!(told(1_234_567.0), "1,234,567");
        assert_eq!([told(-2345.0), told(-0.5)], ["-2,345", "-0.5000"]);
        assert_eq!(told(1.5e-9), "1.500e-9");
    }
}
