//! Duplicates: several interactions of the same user and item.

use super::IdMap;
use super::read::ReadOptions;
use crate::error::{Error, Remedy, Result, shown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How to merge several interactions of the same user and item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// Keep the latest. Among equal times, or without times, keep the last in the table.
    #[default]
    Last,
    /// Keep the earliest. Among equal times, or without times, keep the first in the table.
    First,
    /// Use their mean.
    Mean,
    /// Use their sum.
    Sum,
    /// Use the largest.
    Max,
    /// Return an error.
    Error,
}

impl Duplicates {
    /// Returns how to merge interactions read with `options` if nothing is said about it: a user who buys an item and
    /// views it later has done both, so the weights of event types are added.
    pub fn usual(options: &ReadOptions) -> Self {
        if options.weights.is_empty() { Self::default() } else { Self::Sum }
    }

    /// Returns whether a row with time `next` replaces an earlier row of the table with time `kept`. A row without a
    /// time only replaces another row without a time.
    pub(crate) fn replaces(self, kept: Option<i64>, next: Option<i64>) -> bool {
        match self {
            Self::First => next.is_some_and(|next| kept.is_none_or(|kept| next < kept)),
            _ => next >= kept,
        }
    }

    /// Returns the value of a pair after its row number `copies`: `kept` is the value so far, `next` that of the row,
    /// and `replaces` says whether the row replaces the one before. All merging uses this function, so that results
    /// are equal to the bit.
    pub(crate) fn join(self, kept: f32, next: f32, copies: f32, replaces: bool) -> f32 {
        match self {
            Self::Last | Self::First if replaces => next,
            Self::Last | Self::First | Self::Error => kept,
            Self::Mean => match next - kept {
                step if step.is_finite() => kept + step / copies,
                // The mean of two numbers is finite even if their difference overflows.
                _ => kept + (next / copies - kept / copies),
            },
            Self::Sum => kept + next,
            Self::Max => kept.max(next),
        }
    }
}

/// Returns the error for a pair that occurs more than once.
pub(crate) fn repeated(users: &IdMap, items: &IdMap, pair: [u32; 2]) -> Error {
    let (user, item) = (users.name(pair[0]), items.name(pair[1]));
    let says = format!("user `{user}` and item `{item}` occur more than once");
    let rules = ["last", "first", "mean", "sum", "max"].map(String::from);
    Error::Unfit(says).with(Remedy::Duplicates(rules.into()))
}

/// Returns an error, with the pair and the number of the interaction, if values that `how` adds up exceed every `f32`.
pub(crate) fn check_sums(
    how: Duplicates,
    [users, items]: [&IdMap; 2],
    [user, item]: [&[u32]; 2],
    values: &[f32],
) -> Result<()> {
    // If all values together are small enough, so are those of each pair.
    let all = || values.iter().map(|value| f64::from(value.abs())).sum::<f64>();
    if how != Duplicates::Sum || all() < f64::from(f32::MAX) / 2.0 {
        return Ok(());
    }
    let mut sums = HashMap::new();
    for (at, (pair, value)) in user.iter().zip(item).zip(values).enumerate() {
        let sum = sums.entry(pair).or_insert(0.0);
        *sum += value;
        if !sum.is_finite() {
            let [user, item] = [users.name(*pair.0), items.name(*pair.1)].map(shown);
            return Err(Error::Unfit(format!(
                "the values of user `{user}` and item `{item}` add up to more than 3.4e38 at interaction {}; scale \
                 the values down, or merge duplicates in another way",
                at + 1
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::read::{ReadOptions, read};
    use crate::data::{Clean, Interactions, Ratings, Source};

    fn table() -> Interactions {
        let text =
            "user,item,rating\nann,tea,3e8\nann,tea,-3e8\nbob,tea,1\nbob,tea,3e8\nbob,tea,3e8\n";
        let read = read(Source::reader("t", text.as_bytes()), &ReadOptions::default());
        // Files hold no such values, but tables made by a program may.
        let mut table = read.unwrap().interactions;
        table.value.iter_mut().filter(|value| value.abs() > 1.0).for_each(|value| *value *= 1e30);
        table
    }

    #[test]
    fn a_sum_beyond_every_number_is_refused_and_names_the_pair() {
        let sum = Duplicates::Sum;
        let clean = Clean { duplicates: sum, min_user: 2, ..Clean::default() };
        for told in [
            Ratings::new(&table(), sum).unwrap_err(),
            clean.interactions(table()).unwrap_err(),
            clean.ratings(table()).unwrap_err(),
        ] {
            let told = told.to_string();
            assert!(told.contains("user `bob` and item `tea`"), "{told}");
            assert!(told.contains("at interaction 5"), "{told}");
        }
    }

    #[test]
    fn means_of_far_numbers_are_between_them() {
        let means = Ratings::new(&table(), Duplicates::Mean).unwrap();
        let [ann, bob] = means.by_user.values() else { panic!("two pairs") };
        assert!(ann.abs() < 1e32 && (1.9e38..2.1e38).contains(bob), "{ann} {bob}");
    }
}
