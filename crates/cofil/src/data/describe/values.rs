//! Values of the interactions: ratings, counts, votes or plain events.

use super::spread::{Bin, quantile};
use crate::data::prose::{count, number};
use crate::math::real::{log10, square, whole_power};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Summary of the values of all rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Values {
    /// Kind of the values.
    pub kind: Kind,
    /// Number of distinct values.
    pub distinct: usize,
    /// Smallest value.
    pub min: f32,
    /// First quartile.
    pub q25: f32,
    /// Median.
    pub median: f32,
    /// Third quartile.
    pub q75: f32,
    /// Largest value.
    pub max: f32,
    /// Mean value.
    pub mean: f64,
    /// Standard deviation. It equals the RMSE of predicting the mean for every row.
    pub sd: f64,
    /// Whether all values are whole numbers.
    pub whole: bool,
    /// Bars: one per value for up to 32 distinct values, otherwise up to 25 of equal width. For counts, bars of
    /// doubling width.
    pub histogram: Vec<Bin>,
    /// Values that probably mean "no rating".
    pub suspects: Vec<Suspect>,
}

/// Kinds of values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// All values are equal: something happened.
    #[default]
    Events,
    /// Two values: negative and positive.
    Votes,
    /// A scale on which a higher value is better.
    Ratings,
    /// Numbers or amounts: never negative, with a long tail.
    Counts,
    /// Weights of events, as given.
    Weights,
}

/// A value that may be a mark instead of a rating.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suspect {
    /// The value.
    pub value: f32,
    /// Number of rows with this value.
    pub rows: usize,
    /// Share of all rows.
    pub share: f64,
    /// Why the value may not be a rating.
    pub why: String,
}

/// Distinct values in ascending order, with the number of rows of each.
type Table = [(f32, usize)];

impl Values {
    /// Summarises `values`.
    pub fn of(values: &[f32]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
            return Self::default();
        };
        let table: Vec<(f32, usize)> =
            sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect();
        let n = sorted.len() as f64;
        let mean = sorted.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let variance = sorted.iter().map(|&v| square(f64::from(v) - mean)).sum::<f64>() / n;
        let suspects = suspects(&table, sorted.len());
        let rated: Vec<(f32, usize)> =
            table.iter().copied().filter(|(v, _)| suspects.iter().all(|s| s.value != *v)).collect();
        let kind = kind(&rated);
        Self {
            kind,
            distinct: table.len(),
            min,
            q25: quantile(&sorted, 0.25),
            median: quantile(&sorted, 0.5),
            q75: quantile(&sorted, 0.75),
            max,
            mean,
            sd: variance.sqrt(),
            whole: table.iter().all(|(v, _)| v.fract() == 0.0),
            histogram: histogram(&table, kind),
            suspects,
        }
    }

    /// Returns the smallest and the largest value, without suspected marks.
    pub fn scale(&self) -> (f32, f32) {
        let real = |value: f32| self.suspects.iter().all(|s| s.value != value);
        if real(self.min) && real(self.max) {
            return (self.min, self.max);
        }
        // Next to a mark, the scale ends at the last bar, or at a value if there are few values.
        let bins = || self.histogram.iter().filter(|b| b.count > 0);
        let low = bins().map(|b| b.low as f32).find(|&v| real(v));
        let high = bins().rev().map(|b| b.high as f32).find(|&v| real(v));
        (low.unwrap_or(self.min), high.unwrap_or(self.max))
    }
}

fn kind(table: &Table) -> Kind {
    let rows: usize = table.iter().map(|(_, n)| n).sum();
    let at = |share: f64| {
        let mut below = 0;
        let rank = (rows as f64 * share).ceil() as usize;
        let found = table.iter().find(|(_, n)| {
            below += n;
            below >= rank
        });
        found.map_or(0.0, |(v, _)| *v)
    };
    let (Some(&(min, _)), Some(&(max, _))) = (table.first(), table.last()) else {
        return Kind::Events;
    };
    match table.len() {
        1 => Kind::Events,
        2 => Kind::Votes,
        // A rating scale ends where people can still tell its steps apart. Values up to twenty times the median and
        // more are amounts. Scores out of 100 have a high median, so they stay ratings.
        _ if min >= 0.0 && max > 20.0 && max > 20.0 * at(0.5).max(1.0) => Kind::Counts,
        _ if min >= 1.0 && max > 10.0 && at(0.25) == min && whole(table) => Kind::Counts,
        _ => Kind::Ratings,
    }
}

fn whole(table: &Table) -> bool {
    table.iter().all(|(v, _)| v.fract() == 0.0)
}

/// Returns the values that look like marks for "no rating", if all are on a usual scale of whole or half steps.
pub(crate) fn marks(values: &[f32]) -> Vec<Suspect> {
    // Counts of halves from -50 to 150: this runs over every table that is read.
    const LOW: f32 = -100.0;
    let mut counts = [0usize; 401];
    for value in values {
        let place = 2.0 * value - LOW;
        match counts.get_mut(place as usize) {
            Some(count) if place >= 0.0 && place.fract() == 0.0 => *count += 1,
            _ => return Vec::new(),
        }
    }
    let value = |place: usize| (place as f32 + LOW) / 2.0;
    let counted = counts.iter().enumerate().filter(|(_, n)| **n > 0);
    let table: Vec<(f32, usize)> = counted.map(|(place, &n)| (value(place), n)).collect();
    if table.is_empty() { Vec::new() } else { suspects(&table, values.len()) }
}

/// Most different values of votes.
const VOTES: usize = 5;

/// Finds values that look like marks: they are at an end of the scale, apart from all other values.
fn suspects(table: &Table, rows: usize) -> Vec<Suspect> {
    let mut found = Vec::new();
    // Votes for and against.
    if table.len() <= VOTES
        && table.iter().all(|(value, _)| table.iter().any(|(other, _)| *other == -value))
    {
        return found;
    }
    let ends = [(0, 1..table.len()), (table.len() - 1, 0..table.len() - 1)];
    for (end, rest) in ends {
        let (value, n) = table[end];
        let rest = &table[rest];
        // A scale needs two other values.
        let [first, .., last] = rest else { continue };
        if kind(rest) == Kind::Counts && value >= 0.0 {
            continue;
        }
        let range = last.0 - first.0;
        let mut steps: Vec<f32> = rest.windows(2).map(|w| w[1].0 - w[0].0).collect();
        steps.sort_unstable_by(f32::total_cmp);
        let step = quantile(&steps, 0.5);
        let gap = if end == 0 { first.0 - value } else { value - last.0 };
        let share = n as f64 / rows as f64;
        // A dozen is far from 1 to 6, but nothing unusual.
        let far = if end == 0 { 1.0 } else { 4.0 };
        let customary = value < 0.0 || value >= 9.0 && is_nines(value);
        let why = if first.0 >= 0.0 && value < 0.0 && gap > 1.5 * step {
            format!("below 0 and apart from the scale {} to {}", first.0, last.0)
        } else if gap > range / 2.0 && (customary || gap > far * range) && n > 1 {
            format!("far off the scale {} to {}", first.0, last.0)
        } else if value == 0.0 && first.0 >= 0.5 && share > 0.2 && n > 3 * first.1 {
            format!(
                "{}, against {} of the next value {}",
                count(n, "row"),
                number(first.1),
                first.0
            )
        } else {
            continue;
        };
        found.push(Suspect { value, rows: n, share, why });
    }
    found
}

/// Returns whether `value` is 9, 99, 999 …
fn is_nines(value: f32) -> bool {
    value.fract() == 0.0 && format!("{value}").bytes().all(|b| b == b'9')
}

fn histogram(table: &Table, kind: Kind) -> Vec<Bin> {
    let (min, max) = (f64::from(table[0].0), f64::from(table[table.len() - 1].0));
    let fill = |edges: Vec<(f64, f64)>| {
        let last = edges.len() - 1;
        let mut at = 0;
        let mut bins: Vec<Bin> =
            edges.into_iter().map(|(low, high)| Bin { low, high, count: 0 }).collect();
        for &(value, n) in table {
            while at < last && f64::from(value) >= bins[at + 1].low {
                at += 1;
            }
            bins[at].count += n;
        }
        bins
    };
    match kind {
        _ if table.len() <= 32 => {
            let bin = |&(v, count): &(f32, usize)| Bin { low: v.into(), high: v.into(), count };
            table.iter().map(bin).collect()
        }
        Kind::Counts => {
            let below_one = (min.min(0.0), 1.0);
            let mut edges = vec![if min < 1.0 { below_one } else { (1.0, 2.0) }];
            while edges[edges.len() - 1].1 <= max {
                let low = edges[edges.len() - 1].1;
                edges.push((low, 2.0 * low));
            }
            fill(edges)
        }
        _ => {
            // The narrowest width of 1, 2 or 5 × 10ⁿ with at most 25 bars, which begin at multiples of the width.
            let least = (max - min) / 24.0;
            let power = whole_power(10.0, log10(least).floor() as i32);
            let width = [1.0, 2.0, 5.0, 10.0].map(|f| f * power).into_iter().find(|&w| w >= least);
            let width = width.unwrap_or(least);
            let (first, last) = ((min / width).floor() as i64, (max / width).floor() as i64);
            // Dividing by 1 / width gives 0.3 where multiplying by width gives 0.30000000000000004.
            let scale = (1.0 / width).round().max(1.0);
            let edge = |i: i64| if width < 1.0 { i as f64 / scale } else { i as f64 * width };
            fill((first..=last).map(|i| (edge(i), edge(i + 1))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Repeats each value as often as the table says.
    fn rows(table: &[(f32, usize)]) -> Vec<f32> {
        table.iter().flat_map(|&(v, n)| std::iter::repeat_n(v, n)).collect()
    }

    fn suspected(values: &[f32]) -> Vec<f32> {
        Values::of(values).suspects.iter().map(|s| s.value).collect()
    }

    #[test]
    fn figures_by_hand() {
        let values = Values::of(&[1.0, 2.0, 2.0, 5.0]);
        assert_eq!((values.distinct, values.min, values.median, values.max), (3, 1.0, 2.0, 5.0));
        assert_eq!((values.mean, values.sd, values.whole), (2.5, 1.5, true));
        let bars: Vec<_> = values.histogram.iter().map(|b| (b.low, b.count)).collect();
        assert_eq!(bars, [(1.0, 1), (2.0, 2), (5.0, 1)]);
        assert_eq!(Values::of(&[]), Values::default());
    }

    #[test]
    fn kinds_are_told_apart() {
        let kind = |table: &[(f32, usize)]| Values::of(&rows(table)).kind;
        assert_eq!(kind(&[(1.0, 9)]), Kind::Events);
        assert_eq!(kind(&[(-1.0, 3), (1.0, 9)]), Kind::Votes);
        assert_eq!(kind(&[(1.0, 6), (2.0, 11), (3.0, 27), (4.0, 34), (5.0, 21)]), Kind::Ratings);
        assert_eq!(kind(&[(0.5, 1), (3.0, 9), (4.0, 2)]), Kind::Ratings);
        assert_eq!(kind(&[(10.0, 5), (55.0, 20), (80.0, 30), (100.0, 9)]), Kind::Ratings);
        assert_eq!(kind(&[(1.0, 50), (2.0, 20), (3.0, 9), (14.0, 1)]), Kind::Counts);
        assert_eq!(kind(&[(0.5, 9), (3.0, 9), (40.0, 1), (7_000.0, 1)]), Kind::Counts);
    }

    #[test]
    fn marks_are_suspected_and_ratings_are_not() {
        let stars = [(1.0, 5), (2.0, 9), (3.0, 27), (4.0, 34), (5.0, 21)];
        assert!(suspected(&rows(&stars)).is_empty());
        let with = |mark: f32, n| suspected(&rows(&[&stars[..], &[(mark, n)]].concat()));
        assert_eq!((with(-1.0, 20), with(99.0, 3)), (vec![-1.0], vec![99.0]));
        assert_eq!(with(0.0, 60), [0.0], "a zero that is most of the data");
        assert!(with(0.0, 3).is_empty(), "a zero as rare as the other ends of the scale");
        assert!(with(6.0, 20).is_empty());
        let votes = [(-1.0, 20), (0.0, 30), (1.0, 50)];
        assert!(
            suspected(&rows(&votes)).is_empty()
                && suspected(&rows(&[votes[0], votes[2]])).is_empty()
        );
        // A real-valued scale around 0, with the mark of the Jester files.
        let jester: Vec<f32> = (0..400).map(|i| i as f32 / 20.0 - 10.0).collect();
        assert!(suspected(&jester).is_empty());
        assert_eq!(suspected(&[&jester[..], &[99.0, 99.0]].concat()), [99.0]);
        let plays = rows(&[(1.0, 50), (2.0, 20), (3.0, 9), (99.0, 2), (5_000.0, 2)]);
        assert!(suspected(&plays).is_empty(), "long tails are no marks");
    }

    #[test]
    fn marks_are_found_without_sorting() {
        let found = |table: &[(f32, usize)]| {
            let values = rows(table);
            let marks = marks(&values);
            assert_eq!(marks, Values::of(&values).suspects);
            marks.first().map(|mark| mark.value)
        };
        assert_eq!(found(&[(0.0, 60), (1.0, 5), (5.5, 20), (10.0, 9)]), Some(0.0));
        assert_eq!(found(&[(-1.0, 20), (6.0, 5), (8.0, 20), (10.0, 9)]), Some(-1.0));
        assert_eq!(found(&[(1.0, 5), (2.0, 9), (3.0, 27)]), None);
        assert!(marks(&[]).is_empty() && marks(&[0.3, f32::MAX, -1e9]).is_empty());
    }

    #[test]
    fn bars_hold_every_row() {
        let real: Vec<f32> = (0..=1_000).map(|i| i as f32 / 100.0).collect();
        let counts: Vec<f32> = (0..200).map(|i| (1.07f32.powi(i)).floor()).collect();
        for values in [real, counts] {
            let bars = Values::of(&values).histogram;
            assert_eq!(bars.iter().map(|b| b.count).sum::<usize>(), values.len());
            assert!(bars.windows(2).all(|w| w[0].high <= w[1].low));
        }
    }

    #[test]
    fn bars_of_real_numbers_begin_at_round_ones() {
        let jester: Vec<f32> = (0..=1_995).map(|i| (i - 995) as f32 / 100.0).collect();
        let bars = Values::of(&jester).histogram;
        assert_eq!((bars.len(), bars[0].low, bars[0].high, bars[19].low), (21, -10.0, -9.0, 9.0));
        assert_eq!((bars[1].count, bars[20].count), (100, 1), "10 itself begins a bar");
        let shares: Vec<f32> = (0..100).map(|i| i as f32 / 100.0).collect();
        let lows: Vec<f64> = Values::of(&shares).histogram.iter().map(|b| b.low).collect();
        assert_eq!(lows[..4], [0.0, 0.05, 0.1, 0.15]);
    }
}
