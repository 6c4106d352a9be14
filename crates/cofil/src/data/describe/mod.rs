//! Describes data: summarises a table of interactions, flags problems and suggests metrics and splits.
//!
//! Everything is computed from the rows before cleaning, so that the report can suggest what to clean. A quantile is
//! always a value that occurs: the smallest value with at least the given share of the values at or below it.
//!
//! ```
//! use cofil::data::{Description, sample_set};
//!
//! let description = Description::of(&sample_set()?)?;
//! assert_eq!((description.users, description.items), (10_928, 3_836));
//! println!("{}", description.verdict.kind);
//! # Ok::<(), cofil::Error>(())
//! ```

mod spread;
mod values;
mod verdict;
mod warnings;

use super::clean::counts;
use super::moment::is_odd;
use super::order::{for_each_repeat, for_each_user, number_at};
use super::split::leakage::span;
use super::{Interactions, NO_TIME};
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use spread::{Bin, Spread, Top};
pub use values::{Kind, Suspect, Values};
pub use verdict::{Reasoned, Verdict};

/// A summary of a table of interactions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Description {
    /// Users with at least one interaction.
    pub users: usize,
    /// Items with at least one interaction.
    pub items: usize,
    /// Number of interactions.
    pub interactions: usize,
    /// Distinct (user, item) pairs.
    pub pairs: usize,
    /// Share of all possible pairs that occur.
    pub density: f64,
    /// Duplicates.
    pub duplicates: Repeats,
    /// The values of the interactions.
    pub values: Values,
    /// Interactions per user.
    pub per_user: Spread,
    /// Interactions per item. Its `gini` measures the inequality of popularity.
    pub per_item: Spread,
    /// Times of the interactions, if there are any.
    pub times: Option<Times>,
    /// Conclusions for training and evaluation.
    pub verdict: Verdict,
}

/// Pairs that occur more than once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repeats {
    /// Pairs with more than one row.
    pub pairs: usize,
    /// Rows beyond the first of each pair.
    pub rows: usize,
    /// Pairs whose rows have different values.
    pub conflicting: usize,
}

/// Times of the interactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Times {
    /// First time, in seconds since 1970.
    pub first: i64,
    /// Last time, in seconds since 1970.
    pub last: i64,
    /// Rows without a time.
    pub missing: usize,
    /// Times before 1980 or after 2100.
    #[serde(default)]
    pub odd: usize,
    /// Median time between a user's first and last interaction, in seconds, over the users with two or more timed
    /// rows.
    pub median_user_span: i64,
    /// Share of the timed rows that have the same time, to the second, as another row of the same user.
    pub tied: f64,
    /// Share of the latest tenth of the timed rows whose user has earlier interactions. Only these users are known
    /// ones in a split by time.
    pub known_in_latest_tenth: f64,
}

impl Description {
    /// Describes `data`.
    ///
    /// # Errors
    /// If there are no interactions.
    pub fn of(data: &Interactions) -> Result<Self> {
        if data.is_empty() {
            return Err(Error::Unfit("there are no interactions to describe".into()));
        }
        let per_user = counts(&data.user, data.users.len());
        let per_item = counts(&data.item, data.items.len());
        let duplicates = repeats(data)?;
        let users = per_user.iter().filter(|&&n| n > 0).count();
        let items = per_item.iter().filter(|&&n| n > 0).count();
        let pairs = data.len() - duplicates.rows;
        let mut description = Self {
            users,
            items,
            interactions: data.len(),
            pairs,
            density: pairs as f64 / (users as f64 * items as f64),
            duplicates,
            values: Values::of(&data.value),
            per_user: Spread::of(&per_user, |i| data.users.name(i)),
            per_item: Spread::of(&per_item, |i| data.items.name(i)),
            times: times(data),
            verdict: Verdict::default(),
        };
        description.verdict = Verdict::on(&description);
        Ok(description)
    }
}

fn repeats(data: &Interactions) -> Result<Repeats> {
    let mut found = Repeats::default();
    for_each_repeat([&data.user, &data.item], data.users.len(), |rows| {
        found.pairs += 1;
        found.rows += rows.len() - 1;
        let differ = rows.iter().any(|&at| data.value[at] != data.value[rows[0]]);
        found.conflicting += usize::from(differ);
        Ok(())
    })?;
    Ok(found)
}

fn times(data: &Interactions) -> Option<Times> {
    let (time, (first, last)) = (data.time.as_ref()?, span(data)?);
    let missing = time.iter().filter(|&&time| time == NO_TIME).count();
    let timed = data.len() - missing;
    // The earliest time of the latest tenth.
    let cut = number_at(time, missing + timed - timed.div_ceil(10));
    let (mut spans, mut tied, mut latest, mut known) = (Vec::new(), 0, 0, 0);
    let mut moments = Vec::new();
    for_each_user(data, |_, rows| {
        moments.clear();
        moments.extend(rows.iter().map(|&at| time[at]).filter(|&time| time != NO_TIME));
        moments.sort_unstable();
        if let [first, .., last] = *moments {
            spans.push(last.saturating_sub(first));
        }
        let tested = moments.iter().filter(|&&time| time >= cut).count();
        latest += tested;
        known += if tested < moments.len() { tested } else { 0 };
        let same = moments.chunk_by(|a, b| a == b);
        tied += same.map(<[i64]>::len).filter(|&n| n > 1).sum::<usize>();
    });
    spans.sort_unstable();
    let median_user_span = if spans.is_empty() { 0 } else { spread::quantile(&spans, 0.5) };
    Some(Times {
        first,
        last,
        missing,
        odd: time.iter().filter(|&&time| time != NO_TIME && is_odd(time)).count(),
        median_user_span,
        tied: tied as f64 / timed as f64,
        known_in_latest_tenth: known as f64 / latest as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn example() -> Interactions {
        Interactions {
            users: Arc::new(["a", "b", "c"].iter().collect()),
            items: Arc::new(["x", "y", "z", "never"].iter().collect()),
            user: vec![0, 0, 1, 0, 2, 2],
            item: vec![0, 1, 0, 0, 2, 2],
            value: vec![5.0, 3.0, 4.0, 2.0, 1.0, 1.0],
            time: Some(vec![100, 100, 50, 400, NO_TIME, 70]),
        }
    }

    #[test]
    fn figures_by_hand() {
        let d = Description::of(&example()).unwrap();
        assert_eq!((d.users, d.items, d.interactions, d.pairs), (3, 3, 6, 4));
        assert_eq!(d.density, 4.0 / 9.0);
        assert_eq!(d.duplicates, Repeats { pairs: 2, rows: 2, conflicting: 1 });
        assert_eq!((d.per_item.without, d.per_user.with_one, d.per_user.max), (1, 1, 3));
        let times = d.times.unwrap();
        assert_eq!((times.first, times.last, times.missing), (50, 400, 1));
        assert_eq!((times.median_user_span, times.tied), (300, 0.4));
        assert_eq!(times.known_in_latest_tenth, 1.0, "a at 400, who was there at 100");
        assert_eq!(d.values.kind, Kind::Ratings);
    }

    #[test]
    fn nothing_is_refused_and_no_times_are_none() {
        assert!(Description::of(&Interactions::default()).is_err());
        let untimed = Interactions { time: None, ..example() };
        assert_eq!(Description::of(&untimed).unwrap().times, None);
        let missing = Interactions { time: Some(vec![NO_TIME; 6]), ..example() };
        assert_eq!(Description::of(&missing).unwrap().times, None);
    }

    #[test]
    fn a_description_survives_json() {
        let d = Description::of(&example()).unwrap();
        let json = serde_json::to_string(&d).unwrap();
        assert_eq!(serde_json::from_str::<Description>(&json).unwrap(), d);
    }
}
