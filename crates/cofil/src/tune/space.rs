//! Search spaces, and the drawing of settings from them.

use super::{Trial, parzen};
use crate::algorithm::Algorithm;
use crate::data::Ratings;
use crate::error::{Error, Result};
use crate::math::Rng;
use crate::math::real::{exp, ln};
use crate::recipes::Range;
use crate::recipes::range::Values;
use crate::store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How settings are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// By tree-structured Parzen estimators: near earlier trials that were good.
    #[default]
    Tpe,
    /// At random, regardless of earlier trials.
    Random,
}

/// Number of random trials before the estimators are used.
const BLIND: usize = 8;
/// Number of draws in a row that repeat earlier settings before the space counts as exhausted.
const REPEATS: u64 = 100;

/// A search space: an algorithm and the ranges of its settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Space {
    /// The base settings, which are also those of the first trial.
    base: Algorithm,
    /// The ranges to draw from.
    ranges: Vec<Range>,
    /// Minimum epochs before a trial can be cut short, and maximum epochs; `None` for closed forms.
    epochs: Option<(usize, usize)>,
}

impl Space {
    /// Creates a space from the ranges that `base` declares, without the `fixed` settings. The ranges in `over` replace
    /// them or are added.
    ///
    /// # Errors
    /// If a range names an unknown setting of the algorithm, is empty, or contains values that the setting cannot have.
    pub fn new(base: Algorithm, fixed: &[&str], over: &[Range]) -> Result<Self> {
        let mut settings = settings(&base);
        let mut ranges = base.ranges();
        let declared = ranges.iter().find(|range| range.setting == "epochs").cloned();
        ranges.retain(|range| !fixed.contains(&range.setting.as_str()));
        for range in over {
            if !settings.contains_key(&range.setting) {
                return Err(Error::unknown("setting", &range.setting, settings.keys()));
            }
            if let Some(problem) = range.values.problem() {
                return Err(Error::setting(&range.setting, format!("its range {problem}")));
            }
            ranges.retain(|other| other.setting != range.setting);
            let mut range = range.clone();
            if settings[&range.setting].is_f64() {
                range.values = with_points(range.values);
            }
            for end in range.values.ends() {
                let settings = Map::from_iter([(range.setting.clone(), end)]);
                Algorithm::from_settings(base.name(), &settings)?.check_sizes()?;
            }
            if !fixed.contains(&range.setting.as_str()) {
                // The first trial, too, is in the range.
                settings.insert(
                    range.setting.clone(),
                    nearest(&range.values, &settings[&range.setting]),
                );
            }
            ranges.push(range);
        }
        let base = Algorithm::from_settings(base.name(), &settings)?;
        let most = settings.get("epochs").and_then(Value::as_u64).map(|most| most as usize);
        let spent = ranges.iter().position(|range| range.setting == "epochs");
        let epochs = match (most, spent.map(|at| ranges.remove(at))) {
            (None, _) => None,
            (_, Some(Range { values: Values::Whole { low, high, .. }, .. })) => {
                Some((low.max(1) as usize, high.max(1) as usize))
            }
            (_, Some(_)) => {
                return Err(Error::setting(
                    "epochs",
                    "its range must be of whole numbers: LOW..HIGH",
                ));
            }
            // `epochs` is fixed: run as many as set.
            (Some(most), None) => match declared.map(|range| range.values) {
                Some(Values::Whole { low, .. }) => Some(((low as usize).min(most), most)),
                _ => Some((most, most)),
            },
        };
        Ok(Self { base, ranges, epochs })
    }

    /// Limits the ranges to what data of this size can use: no more factors than users or items, no more neighbours
    /// or negatives than there are other items.
    #[must_use]
    pub fn for_data(mut self, train: &Ratings) -> Self {
        let (users, items) = (train.users.len() as u64, train.items.len() as u64);
        for range in &mut self.ranges {
            if let Values::Whole { low, high, .. } = &mut range.values {
                let most = match range.setting.as_str() {
                    "factors" => users.min(items),
                    "neighbours" | "negatives" => items.saturating_sub(1),
                    _ => u64::MAX,
                };
                *high = (*high).min(most.max(1));
                *low = (*low).min(*high);
            }
        }
        self
    }

    /// Returns the name of the algorithm.
    pub fn name(&self) -> &'static str {
        self.base.name()
    }

    /// Returns the base settings, which are also those of the first trial.
    pub fn base(&self) -> &Algorithm {
        &self.base
    }

    /// Returns the ranges to draw from.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// Returns the minimum epochs before a trial can be cut short, and the maximum epochs; `None` for closed forms.
    pub fn epochs(&self) -> Option<(usize, usize)> {
        self.epochs
    }

    /// Returns the algorithm with the `drawn` settings in place of its own, and with the maximum epochs unless drawn.
    ///
    /// # Errors
    /// As [`Algorithm::from_settings`].
    pub fn algorithm(&self, drawn: &Map<String, Value>) -> Result<Algorithm> {
        let mut all = settings(&self.base);
        all.extend(drawn.clone());
        if let (Some((_, most)), false) = (self.epochs, drawn.contains_key("epochs")) {
            all.insert("epochs".into(), most.into());
        }
        Algorithm::from_settings(self.name(), &all)
    }

    /// Draws the settings of the trial that follows those with the settings `drawn`; `None` if there are no new
    /// settings. `past` are the trials that have ended, from best to worst. Deterministic in its arguments.
    pub(super) fn draw(
        &self,
        past: &[&Trial],
        drawn: &[Map<String, Value>],
        method: Method,
        seed: u64,
    ) -> Option<Map<String, Value>> {
        if drawn.is_empty() {
            return Some(Map::new());
        }
        let by_default = settings(&self.base);
        let same = |earlier: &Map<String, Value>, new: &Map<String, Value>| {
            let value = |setting| earlier.get(setting).or(by_default.get(setting));
            new.iter().all(|(setting, v)| value(setting) == Some(v))
        };
        let blind = method == Method::Random || past.len() < BLIND;
        for attempt in 0..REPEATS {
            let rng = Rng::new(seed, &[drawn.len() as u64, attempt]);
            let value = |(at, range): (usize, &Range)| {
                let mut rng = rng.piece(at as u64);
                let values = &range.values;
                let found = |trial: &&Trial| {
                    let value = trial.settings.get(&range.setting);
                    position(values, value.or(by_default.get(&range.setting))?)
                };
                let position = match blind {
                    true => uniform(&mut rng) * width(values),
                    false => {
                        let domain = match values {
                            Values::Choice(choices) => parzen::Domain::Choices(choices.len()),
                            _ => parzen::Domain::Interval,
                        };
                        let past: Vec<Option<f64>> = past.iter().map(found).collect();
                        parzen::next(domain, &past, &mut rng)
                    }
                };
                (range.setting.clone(), at_position(values, position))
            };
            let new: Map<String, Value> = self.ranges.iter().enumerate().map(value).collect();
            if !drawn.iter().any(|earlier| same(earlier, &new)) {
                return Some(new);
            }
        }
        None
    }
}

/// Returns the settings of `algorithm`, without its name.
fn settings(algorithm: &Algorithm) -> Map<String, Value> {
    let Ok(Value::Object(mut settings)) = store::plain(algorithm) else {
        unreachable!("settings are structs")
    };
    settings.remove("algorithm");
    settings
}

/// Converts the values of a real-valued setting to real numbers, even if they were written without a decimal point.
fn with_points(values: Values) -> Values {
    match values {
        Values::Whole { low, high, log } => {
            Values::Real { low: low as f64, high: high as f64, log }
        }
        Values::Choice(choices) => {
            let number = |choice: Value| match choice.as_f64() {
                Some(number) => number.into(),
                None => choice,
            };
            Values::Choice(choices.into_iter().map(number).collect())
        }
        real => real,
    }
}

/// Returns a number in [0, 1) with 53 random bits.
fn uniform(rng: &mut Rng) -> f64 {
    (rng.bits() >> 11) as f64 / (1u64 << 53) as f64
}

/// Returns the upper end of positions, which start at 0: the fraction of a range, or the index of a choice.
fn width(values: &Values) -> f64 {
    match values {
        Values::Choice(choices) => choices.len() as f64,
        _ => 1.0,
    }
}

/// Returns `value`, or the nearest value of the range; of choices, the first.
fn nearest(values: &Values, value: &Value) -> Value {
    if values.contains(value) {
        return value.clone();
    }
    match (values, value.as_f64()) {
        (Values::Real { low, high, .. }, Some(value)) => value.clamp(*low, *high).into(),
        (Values::Whole { low, high, .. }, Some(value)) => {
            (value.round() as u64).clamp(*low, *high).into()
        }
        (Values::Real { low, .. }, None) => (*low).into(),
        (Values::Whole { low, .. }, None) => (*low).into(),
        (Values::Choice(choices), _) => choices[0].clone(),
    }
}

/// Returns the value at a position.
fn at_position(values: &Values, position: f64) -> Value {
    match values {
        Values::Real { low, high, log } => {
            let value = match log {
                true => exp(ln(*low) + position * ln(high / low)),
                false => low + position * (high - low),
            };
            short(value).clamp(*low, *high).into()
        }
        Values::Whole { low, high, log } => {
            let (from, to) = (*low as f64, *high as f64 + 1.0);
            let value = match log {
                true => exp(ln(from) + position * ln(to / from)),
                false => from + position * (to - from),
            };
            (value as u64).clamp(*low, *high).into()
        }
        Values::Choice(choices) => choices[(position as usize).min(choices.len() - 1)].clone(),
    }
}

/// Returns the position of a value; `None` if it is outside the range.
fn position(values: &Values, value: &Value) -> Option<f64> {
    let share = |v: f64, low: f64, high: f64, log: bool| match log {
        _ if high <= low => 0.0,
        true => ln(v / low) / ln(high / low),
        false => (v - low) / (high - low),
    };
    if !values.contains(value) {
        return None;
    }
    let position = match values {
        Values::Real { low, high, log } => share(value.as_f64()?, *low, *high, *log),
        // The middle of the number's interval.
        Values::Whole { low, high, log } => {
            share(value.as_f64()? + 0.5, *low as f64, *high as f64 + 1.0, *log)
        }
        Values::Choice(choices) => choices.iter().position(|choice| choice == value)? as f64,
    };
    // Positions exclude the upper end.
    Some(position.clamp(0.0, width(values) * (1.0 - 1e-9)))
}

/// Rounds to four significant digits, which are enough and easier to read.
fn short(value: f64) -> f64 {
    format!("{value:.3e}").parse().expect("a number was written")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The settings of `ease` with a range, but `reg`.
    const OTHERS: [&str; 3] = ["dropout", "user_exponent", "item_exponent"];

    fn ease() -> Algorithm {
        Algorithm::from_settings("ease", &Map::new()).unwrap()
    }

    #[test]
    fn positions_and_values_are_inverse() {
        for values in [
            Range::real("a", -2.0, 5.0).values,
            Range::log("a", 1e-4, 10.0).values,
            Range::whole("a", 3, 9).values,
            Range::log_whole("a", 8, 128).values,
            Range::choice("a", ["x", "y", "z"]).values,
            Range::whole("a", 4, 4).values,
        ] {
            for step in 0..100 {
                let value = at_position(&values, 0.01 * f64::from(step) * width(&values));
                assert!(values.contains(&value), "{values}: {value}");
                let back = at_position(&values, position(&values, &value).unwrap());
                let near = match (value.as_f64(), back.as_f64()) {
                    (Some(a), Some(b)) => (a - b).abs() <= 2e-3 * a.abs().max(1e-9),
                    _ => value == back,
                };
                assert!(near, "{values}: {value} became {back}");
            }
            for end in values.ends() {
                assert!(position(&values, &end).is_some(), "{values}: {end}");
            }
        }
        assert_eq!(position(&Range::log("a", 0.1, 1.0).values, &json!(0)), None);
    }

    #[test]
    fn every_whole_number_is_as_likely() {
        let values = Range::whole("a", 1, 4).values;
        let mut counts = [0; 4];
        for step in 0..4000 {
            let value = at_position(&values, f64::from(step) / 4000.0).as_u64().unwrap();
            counts[value as usize - 1] += 1;
        }
        assert_eq!(counts, [1000; 4]);
    }

    #[test]
    fn ranges_can_be_replaced_and_settings_fixed() {
        let over = [Range::log("reg", 10.0, 20.0)];
        let whole = [Range::log_whole("reg", 10, 20)];
        assert_eq!(Space::new(ease(), &OTHERS, &whole).unwrap().ranges(), over);
        let space = Space::new(ease(), &OTHERS, &over).unwrap();
        assert_eq!(space.ranges(), over);
        assert_eq!(space.epochs(), None);
        let all = [&OTHERS[..], &["reg"]].concat();
        assert!(Space::new(ease(), &all, &[]).unwrap().ranges().is_empty());
        let told = |over: Range| Space::new(ease(), &[], &[over]).unwrap_err().to_string();
        assert!(told(Range::real("rge", 0.0, 1.0)).contains("did you mean `reg`?"));
        assert!(told(Range::log("reg", 0.0, 1.0)).contains("its range a logarithmic"));
        assert!(told(Range::choice("reg", ["high"])).starts_with("setting `reg`: "));
        let als = Algorithm::from_settings("als", &Map::new()).unwrap();
        let space = Space::new(als.clone(), &["epochs"], &[]).unwrap();
        assert_eq!(space.epochs(), Some((4, 20)), "as many as it is set to");
        assert!(space.ranges().iter().all(|range| range.setting != "epochs"));
        let endless = |range| Space::new(als.clone(), &[], &[range]).unwrap_err().to_string();
        for range in [Range::whole("factors", 1, u64::MAX), Range::choice("factors", [8, 1 << 17])]
        {
            assert!(endless(range).starts_with("setting `factors`: must be at most 65536"));
        }
        assert!(endless(Range::whole("epochs", 1, 1 << 40)).contains("must be at most 100000"));
        let fewer = [Range::whole("epochs", 2, 3)];
        assert_eq!(Space::new(als, &[], &fewer).unwrap().epochs(), Some((2, 3)));
    }

    #[test]
    fn the_first_trial_is_in_the_given_ranges() {
        let als = Algorithm::from_settings("als", &Map::new()).unwrap();
        let first = |over: &[Range]| {
            let space = Space::new(als.clone(), &[], over).unwrap();
            settings(space.base())
        };
        assert_eq!(first(&[Range::whole("factors", 2, 8)])["factors"], 8);
        assert_eq!(first(&[Range::whole("factors", 2, 800)])["factors"], settings(&als)["factors"]);
        assert_eq!(first(&[Range::log("reg", 3.0, 9.0)])["reg"], 3.0);
        assert_eq!(first(&[Range::choice("factors", [3, 5])])["factors"], 3);
    }

    #[test]
    fn small_data_have_small_ranges() {
        let rows = (0..40).map(|n| (format!("u{n}"), format!("i{}", n % 20), 1.0));
        let rows: Vec<_> = rows.collect();
        let train = Ratings::from_triples(rows.iter().map(|(u, i, v)| (&**u, &**i, *v))).unwrap();
        let als = Algorithm::from_settings("als", &Map::new()).unwrap();
        let space = Space::new(als, &[], &[]).unwrap().for_data(&train);
        let factors = space.ranges().iter().find(|range| range.setting == "factors").unwrap();
        assert_eq!(factors.values.to_string(), "8..20:log");
    }

    #[test]
    fn a_small_space_is_used_up() {
        let over = [Range::choice("reg", [1, 2, 200])];
        let space = Space::new(ease(), &OTHERS, &over).unwrap();
        let mut drawn = Vec::new();
        while let Some(settings) = space.draw(&[], &drawn, Method::Random, 0) {
            drawn.push(settings);
        }
        // 200 is the default, which is the first trial.
        assert_eq!(drawn.len(), 3);
    }
}
