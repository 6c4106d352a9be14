//! Ranges of settings: declared beside the settings of each algorithm, searched by the tuner.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// A setting worth tuning, with the values worth trying.
///
/// A range over `epochs` gives the earliest point at which training may be stopped (`low`) and the longest training
/// (`high`). The tuner does not draw from it but uses it as a budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Name of the setting.
    pub setting: String,
    /// The values to try.
    pub values: Values,
}

/// The values of a range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Values {
    /// Numbers from `low` to `high`, both included.
    Real {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Whether to draw on a logarithmic scale; `low` must then be above 0.
        log: bool,
    },
    /// Whole numbers from `low` to `high`, both included.
    Whole {
        /// Lower end.
        low: u64,
        /// Upper end.
        high: u64,
        /// Whether to draw on a logarithmic scale; `low` must then be above 0.
        log: bool,
    },
    /// One of the listed values.
    Choice(Vec<Value>),
}

impl Range {
    /// Real numbers on a linear scale.
    pub fn real(setting: &str, low: f64, high: f64) -> Self {
        Self { setting: setting.into(), values: Values::Real { low, high, log: false } }
    }

    /// Real numbers above 0 on a logarithmic scale.
    pub fn log(setting: &str, low: f64, high: f64) -> Self {
        Self { setting: setting.into(), values: Values::Real { low, high, log: true } }
    }

    /// Whole numbers on a linear scale.
    pub fn whole(setting: &str, low: u64, high: u64) -> Self {
        Self { setting: setting.into(), values: Values::Whole { low, high, log: false } }
    }

    /// Whole numbers from 1 on a logarithmic scale.
    pub fn log_whole(setting: &str, low: u64, high: u64) -> Self {
        Self { setting: setting.into(), values: Values::Whole { low, high, log: true } }
    }

    /// One of several values.
    pub fn choice<V: Into<Value>>(setting: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self { setting: setting.into(), values: Values::Choice(values) }
    }
}

impl Values {
    /// Whether `value` is within the range.
    pub fn contains(&self, value: &Value) -> bool {
        match self {
            // Settings are single precision, so an end that a setting was set to may differ slightly.
            Self::Real { low, high, .. } => value.as_f64().is_some_and(|v| {
                let slack = 1e-6 * v.abs();
                (low - slack..=high + slack).contains(&v)
            }),
            Self::Whole { low, high, .. } => {
                value.as_u64().is_some_and(|v| (*low..=*high).contains(&v))
            }
            Self::Choice(values) => values.contains(value),
        }
    }

    /// Returns the two ends, or all choices.
    pub fn ends(&self) -> Vec<Value> {
        match self {
            Self::Real { low, high, .. } => vec![(*low).into(), (*high).into()],
            Self::Whole { low, high, .. } => vec![(*low).into(), (*high).into()],
            Self::Choice(values) => values.clone(),
        }
    }

    /// Why nothing can be drawn from the range; `None` if something can.
    pub fn problem(&self) -> Option<String> {
        let ordered = |low: f64, high: f64, log: bool| match (low, high) {
            _ if !low.is_finite() || !high.is_finite() => Some("both ends must be finite".into()),
            _ if low > high => Some(format!("begins at {low} but ends at {high}")),
            _ if log && low <= 0.0 => Some(format!(
                "a logarithmic range must begin above 0, but this one begins at {low}"
            )),
            // Draws take the difference, or its logarithm, of the ends.
            _ if !(high - low).is_finite() || log && !(high / low).is_finite() => {
                Some(format!("{low} and {high} are too far apart"))
            }
            _ => None,
        };
        match self {
            Self::Real { low, high, log } => ordered(*low, *high, *log),
            Self::Whole { low, high, log } => ordered(*low as f64, *high as f64, *log),
            Self::Choice(values) if values.is_empty() => Some("has no values".into()),
            Self::Choice(_) => None,
        }
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = |log: bool| if log { ":log" } else { "" };
        match self {
            Self::Real { low, high, log } => write!(f, "{low}..{high}{}", scale(*log)),
            Self::Whole { low, high, log } => write!(f, "{low}..{high}{}", scale(*log)),
            Self::Choice(values) => {
                let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
                write!(f, "{}", values.iter().map(text).collect::<Vec<_>>().join(" | "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ranges_know_what_is_in_them() {
        let reg = Range::log("reg", 0.01, 10.0).values;
        assert!(reg.contains(&json!(0.01)) && reg.contains(&json!(10)) && !reg.contains(&json!(0)));
        assert!(reg.contains(&json!(0.01_f32)), "single precision at the end");
        let factors = Range::log_whole("factors", 8, 128).values;
        assert!(factors.contains(&json!(8)) && !factors.contains(&json!(8.5)));
        let keep = Range::choice("keep", ["candidate", "history"]).values;
        assert!(keep.contains(&json!("history")) && !keep.contains(&json!("both")));
        assert_eq!(keep.ends().len(), 2);
    }

    #[test]
    fn they_are_shown_as_they_are_written() {
        assert_eq!(Range::log("reg", 0.0001, 1.0).values.to_string(), "0.0001..1:log");
        assert_eq!(Range::whole("negatives", 1, 8).values.to_string(), "1..8");
        assert_eq!(Range::choice("layers", [vec![8, 4]]).values.to_string(), "[8,4]");
    }

    #[test]
    fn what_nothing_can_be_drawn_from_is_told() {
        let told = |values: Values| values.problem().unwrap();
        assert!(told(Range::real("a", 2.0, 1.0).values).starts_with("begins at 2"));
        assert!(told(Range::log("a", 0.0, 1.0).values).starts_with("a logarithmic"));
        assert!(told(Range::real("a", 0.0, f64::NAN).values).starts_with("both ends"));
        assert!(told(Values::Choice(Vec::new())).starts_with("has no values"));
        for far in [Range::real("a", -1e308, 1e308), Range::log("a", 1e-300, 1e300)] {
            assert!(told(far.values).ends_with("are too far apart"));
        }
        assert_eq!(Range::log_whole("a", 1, 1).values.problem(), None);
        assert_eq!(Range::log_whole("a", 1, u64::MAX).values.problem(), None);
        assert_eq!(Range::log("a", 1e-150, 1e150).values.problem(), None);
    }
}
