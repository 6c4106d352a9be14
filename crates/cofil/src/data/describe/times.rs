//! Times of the interactions, and what they say about the order of rows.

use super::spread;
use crate::data::moment::{DAY, duration, is_odd};
use crate::data::order::{for_each_user, number_at};
use crate::data::prose::percent;
use crate::data::split::leakage::span;
use crate::data::{Finding, Interactions, NO_TIME, Ratings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// Share of the users who have two or more timed rows.
    #[serde(default)]
    pub users_with_span: f64,
    /// Median time between a user's first and last interaction, in seconds, over the users with two or more timed
    /// rows.
    pub median_user_span: i64,
    /// Share of the timed rows that have the same time, to the second, as another row of the same user.
    pub tied: f64,
    /// Share of the latest tenth of the timed rows whose user has earlier interactions. Only these users are known
    /// ones in a split by time.
    pub known_in_latest_tenth: f64,
}

impl Times {
    /// Describes the times of `data`; `None` if no row has a time.
    pub(super) fn of(data: &Interactions) -> Option<Self> {
        let (time, (first, last)) = (data.time.as_ref()?, span(data)?);
        let missing = time.iter().filter(|&&time| time == NO_TIME).count();
        let timed = data.len() - missing;
        // The earliest time of the latest tenth.
        let cut = number_at(time, missing + timed - timed.div_ceil(10));
        let (mut order, mut latest, mut known) = (Order::default(), 0, 0);
        for_each_user(data, |_, rows| {
            let moments = order.add(rows.iter().map(|&at| time[at]));
            let tested = moments.iter().filter(|&&time| time >= cut).count();
            latest += tested;
            known += if tested < moments.len() { tested } else { 0 };
        });
        Some(Self {
            first,
            last,
            missing,
            odd: time.iter().filter(|&&time| time != NO_TIME && is_odd(time)).count(),
            users_with_span: order.users_with_span(),
            median_user_span: order.median_span(),
            tied: order.tied(),
            known_in_latest_tenth: known as f64 / latest as f64,
        })
    }

    /// Returns what limits the use of the order of a user's rows; may be empty.
    pub(super) fn notes(&self) -> Vec<Finding> {
        notes(self.users_with_span, self.median_user_span, self.tied)
    }
}

/// Returns what limits the use of the order of a user's rows in a table: nearly all at one time, or many with the same
/// timestamp. Nothing if there are no times.
pub(crate) fn notes_on_rows(data: &Interactions) -> Vec<Finding> {
    let Some(time) = &data.time else { return Vec::new() };
    let mut order = Order::default();
    for_each_user(data, |_, rows| _ = order.add(rows.iter().map(|&at| time[at])));
    order.notes()
}

/// [`notes_on_rows`] for grouped rows, without memory for each of them.
pub(crate) fn notes_on_ratings(data: &Ratings) -> Vec<Finding> {
    let Some(times) = &data.times else { return Vec::new() };
    let (mut order, mut from) = (Order::default(), 0);
    for row in data.by_user.iter().filter(|row| !row.is_empty()) {
        order.add(times[from..from + row.len()].iter().copied());
        from += row.len();
    }
    order.notes()
}

fn notes(users_with_span: f64, median_user_span: i64, tied: f64) -> Vec<Finding> {
    let mut told = Vec::new();
    if users_with_span > 0.5 && median_user_span < DAY {
        told.push(Finding::from(format!(
            "The median user is active for {}, so the order of interactions carries little \
             information.",
            duration(median_user_span)
        )));
    }
    if tied > 0.5 {
        told.push(Finding::from(format!(
            "{} of the interactions have the same timestamp as another of the user; ties are broken \
             by file order.",
            percent(tied)
        )));
    }
    told
}

/// Counts for the order of the rows, user by user.
#[derive(Default)]
struct Order {
    users: usize,
    timed: usize,
    tied: usize,
    /// Time between the first and the last row, of users with two or more timed rows.
    spans: Vec<i64>,
    moments: Vec<i64>,
}

impl Order {
    /// Adds a user with rows at `times`, and returns the times that are known, in ascending order.
    fn add(&mut self, times: impl Iterator<Item = i64>) -> &[i64] {
        self.moments.clear();
        self.moments.extend(times.filter(|&time| time != NO_TIME));
        self.moments.sort_unstable();
        self.users += 1;
        self.timed += self.moments.len();
        if let [first, .., last] = *self.moments {
            self.spans.push(last.saturating_sub(first));
        }
        let same = self.moments.chunk_by(|a, b| a == b);
        self.tied += same.map(<[i64]>::len).filter(|&n| n > 1).sum::<usize>();
        &self.moments
    }

    fn users_with_span(&self) -> f64 {
        self.spans.len() as f64 / self.users.max(1) as f64
    }

    fn median_span(&mut self) -> i64 {
        self.spans.sort_unstable();
        if self.spans.is_empty() { 0 } else { spread::quantile(&self.spans, 0.5) }
    }

    fn tied(&self) -> f64 {
        self.tied as f64 / self.timed.max(1) as f64
    }

    fn notes(mut self) -> Vec<Finding> {
        notes(self.users_with_span(), self.median_span(), self.tied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Duplicates;
    use std::sync::Arc;

    /// Ten users with four items each; user u has item i at `time(u, i)`.
    fn rows(time: impl Fn(u32, u32) -> i64) -> Interactions {
        let pairs = || (0..10u32).flat_map(|u| (0..4u32).map(move |i| (u, i)));
        Interactions {
            users: Arc::new((0..10).map(|u| format!("u{u}")).collect()),
            items: Arc::new((0..4).map(|i| format!("i{i}")).collect()),
            user: pairs().map(|pair| pair.0).collect(),
            item: pairs().map(|pair| pair.1).collect(),
            value: vec![1.0; 40],
            time: Some(pairs().map(|(u, i)| time(u, i)).collect()),
        }
    }

    #[test]
    fn rows_and_ratings_are_told_the_same() {
        let told = |data: &Interactions| {
            let notes: Vec<String> = notes_on_rows(data).iter().map(Finding::to_string).collect();
            let ratings = Ratings::new(data, Duplicates::Error).unwrap();
            let of_ratings = notes_on_ratings(&ratings);
            assert_eq!(of_ratings.iter().map(Finding::to_string).collect::<Vec<_>>(), notes);
            let described = Times::of(data).map_or_else(Vec::new, |times| times.notes());
            assert_eq!(described.iter().map(Finding::to_string).collect::<Vec<_>>(), notes);
            notes
        };
        let days = |i: u32| i64::from(i) * DAY;
        assert!(told(&rows(|_, i| days(i))).is_empty(), "a day between any two");
        let tied = told(&rows(|_, i| days(i / 2)));
        assert_eq!(tied.len(), 1, "{tied:?}");
        assert!(
            tied[0].starts_with("100 % of the interactions have the same timestamp"),
            "{tied:?}"
        );
        let quick = told(&rows(|u, i| days(u) + i64::from(i) * 60));
        assert_eq!(quick.len(), 1, "{quick:?}");
        assert!(quick[0].starts_with("The median user is active for 3 minutes"));
        assert_eq!(told(&rows(|u, _| days(u))).len(), 2);
        let few = told(&rows(|u, i| if u > 3 && i > 0 { NO_TIME } else { days(u) + i64::from(i) }));
        assert!(few.is_empty(), "most users have one timed row: {few:?}");
        assert!(told(&Interactions { time: None, ..rows(|_, _| 0) }).is_empty());
    }
}
