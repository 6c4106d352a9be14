//! Popularity: recommends the most popular items to all users.
//!
//! The score of item i is Σᵤ 2^(−age(u, i) / half-life), or the number of interactions if there is no half-life. This
//! is the baseline every other algorithm has to beat.
//!
//! # When to use
//!
//! As the baseline of every comparison, and for users about whom nothing is known. With `half_life`, for items that are
//! soon out of date, such as news.

use super::{Range, Recipe, Target};
use crate::check::check_positive;
use crate::data::{NO_TIME, Ratings};
use crate::error::{Error, Result};
use crate::math::real::exp2;
use crate::shapes::Factors;
use crate::train::{Fitted, Run};
use crate::watch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of `popularity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Popularity {
    /// Days after which an interaction counts half, > 0, measured from the latest in the data; needs times. Outlying
    /// times count as the latest of the others. Not set: all interactions count the same.
    pub half_life: Option<f32>,
}

impl Recipe for Popularity {
    fn target(&self) -> Target {
        Target::Preference
    }

    /// Nothing to tune by default; for data with times, name a range of `half_life`.
    fn ranges(&self) -> Vec<Range> {
        Vec::new()
    }

    fn needs_times(&self) -> bool {
        self.half_life.is_some()
    }

    fn fit(&self, train: &Ratings, _: &Run<'_>) -> Result<Fitted> {
        let _stage = watch::stage("counting", None);
        let mut counts = vec![0f64; train.items.len()];
        match self.half_life {
            None => train.by_user.columns().iter().for_each(|&i| counts[i as usize] += 1.0),
            Some(days) => {
                check_positive("half_life", days)?;
                let times = train.times.as_ref().ok_or_else(|| {
                    Error::setting("half_life", "the data has no times; leave it out")
                })?;
                let latest = latest(times);
                for (&item, &time) in train.by_user.columns().iter().zip(times) {
                    let age = latest.saturating_sub(time).max(0) as f64 / 86_400.0;
                    counts[item as usize] += exp2(-age / f64::from(days));
                }
            }
        }
        let counts = counts.into_iter().map(|c| c as f32).collect();
        Ok(Factors::biases_only(train.users.len(), counts).into())
    }
}

/// Returns the latest of `times`, ignoring outliers: times beyond the third quartile by more than ten times the
/// interquartile range (Tukey's fences, wider), such as a 9999-12-31 for "never".
fn latest(times: &[i64]) -> i64 {
    let mut sorted: Vec<i64> = times.iter().copied().filter(|&time| time != NO_TIME).collect();
    sorted.sort_unstable();
    let (Some(&first), Some(&third)) =
        (sorted.get(sorted.len() / 4), sorted.get(sorted.len() * 3 / 4))
    else {
        return 0;
    };
    let fence = third.saturating_add(third.saturating_sub(first).saturating_mul(FENCE));
    sorted[sorted.partition_point(|&time| time <= fence) - 1]
}

/// Number of interquartile ranges beyond which a time is an outlier.
const FENCE: i64 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::User;

    #[test]
    fn counts_and_decays() {
        let mut train =
            Ratings::from_triples([("a", "x", 1.0), ("b", "x", 1.0), ("a", "y", 1.0)]).unwrap();
        let mut scores = [0.0; 2];
        let plain = Popularity::default().fit(&train, &Run::default()).unwrap().model;
        plain.score(User::default(), &[0, 1], &mut scores);
        assert_eq!(scores, [2.0, 1.0]);
        assert!(
            Popularity { half_life: Some(1.0) }.fit(&train, &Run::default()).is_err(),
            "no times"
        );
        // Rows: a = {x at day 0, y at day 2}, b = {x at day 1}.
        train.times = Some(vec![0, 2 * 86_400, 86_400]);
        let decayed = Popularity { half_life: Some(1.0) }.fit(&train, &Run::default()).unwrap();
        let decayed = decayed.model;
        decayed.score(User::default(), &[0, 1], &mut scores);
        assert_eq!(scores, [0.75, 1.0]);
        // An outlier counts as the latest of the other times and does not age them.
        let rows = [("a", "x"), ("b", "x"), ("c", "y"), ("d", "y"), ("e", "z"), ("f", "z")];
        let mut odd = Ratings::from_triples(rows.map(|(u, i)| (u, i, 1.0))).unwrap();
        let day = 86_400;
        odd.times = Some(vec![0, day, day, 2 * day, 2 * day, 253_402_214_400]);
        let decayed = Popularity { half_life: Some(1.0) }.fit(&odd, &Run::default()).unwrap();
        let mut scores = [0.0; 3];
        decayed.model.score(User::default(), &[0, 1, 2], &mut scores);
        assert_eq!(scores, [0.75, 1.5, 2.0]);
        assert!(Popularity { half_life: Some(0.0) }.fit(&train, &Run::default()).is_err());
    }
}
