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
mod times;
mod values;
mod verdict;
mod warnings;

use super::clean::counts;
use super::order::for_each_repeat;
use super::{Interactions, ReadValues};
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use spread::{Bin, Spread, Top};
pub use times::Times;
pub(crate) use times::{notes_on_ratings, notes_on_rows};
pub(crate) use values::marks;
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

impl Description {
    /// Describes `data`, with values of the kind that they look like.
    ///
    /// # Errors
    /// If there are no interactions.
    pub fn of(data: &Interactions) -> Result<Self> {
        Self::with(data, ReadValues::ByKind)
    }

    /// Describes `data`, whose values are to be read as `values` says.
    ///
    /// # Errors
    /// If there are no interactions.
    pub fn with(data: &Interactions, values: ReadValues) -> Result<Self> {
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
            values: match values {
                ReadValues::ByKind | ReadValues::As(_) => Values::of(&data.value),
                ReadValues::AsWeights => {
                    Values { kind: Kind::Weights, suspects: Vec::new(), ..Values::of(&data.value) }
                }
            },
            per_user: Spread::of(&per_user, |i| data.users.name(i)),
            per_item: Spread::of(&per_item, |i| data.items.name(i)),
            times: Times::of(data),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::NO_TIME;
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
