//! A validation set: a share of the training data, or separate rows.

use super::{Share, Split};
use crate::data::clean::Clean;
use crate::data::{Duplicates, IdMap, Interactions, Ratings};
use crate::error::Result;
use std::sync::Arc;

/// A training set and a validation set with shared id maps.
#[derive(Clone, Debug)]
pub struct HeldOut {
    /// The training set.
    pub train: Ratings,
    /// The validation set.
    pub valid: Ratings,
    /// Rows in neither set, because their user or item is not in the training data.
    pub left_out: usize,
}

impl HeldOut {
    /// Splits off a random `share`, between 0 and 1, of the cleaned `rows` for validation.
    ///
    /// # Errors
    /// If `share` is out of range, a pair occurs twice, or one of the sets would be empty.
    pub fn share(rows: &Interactions, share: f64, seed: u64) -> Result<Self> {
        let split = Split::Random { test: Share::Fraction(share), seed };
        let part = split.apply(rows)?.swap_remove(0);
        let train = Ratings::new(&part.train, Duplicates::Error)?;
        let valid = Ratings::new(&part.test, Duplicates::Error)?;
        Ok(Self { train, valid, left_out: 0 })
    }

    /// Uses `rows` for validation. Their values are converted by `clean`, as those of `train` were. Rows with users
    /// or items that `train` lacks are left out.
    ///
    /// # Errors
    /// See [`Clean::interactions`].
    pub fn rows(train: Ratings, rows: Interactions, clean: &Clean) -> Result<Self> {
        // The minimum counts apply to the training data only.
        let clean = Clean { min_user: 0, min_item: 0, ..clean.clone() };
        let (rows, _) = clean.interactions(rows)?;
        let known = known(&rows, &train.users, &train.items);
        let left_out = rows.len() - known.len();
        let valid = Ratings::new(&known, Duplicates::Error)?;
        Ok(Self { train, valid, left_out })
    }
}

/// Returns the rows whose user and item are in `users` and `items`, renumbered to match them.
fn known(rows: &Interactions, users: &Arc<IdMap>, items: &Arc<IdMap>) -> Interactions {
    let mut known = Interactions {
        users: users.clone(),
        items: items.clone(),
        time: rows.time.as_ref().map(|_| Vec::new()),
        ..Interactions::default()
    };
    for at in 0..rows.len() {
        let user = users.get(rows.users.name(rows.user[at]));
        let item = items.get(rows.items.name(rows.item[at]));
        if let (Some(user), Some(item)) = (user, item) {
            known.user.push(user);
            known.item.push(item);
            known.value.push(rows.value[at]);
            if let (Some(times), Some(time)) = (&mut known.time, &rows.time) {
                times.push(time[at]);
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(triples: &[(&str, &str, f32)]) -> Interactions {
        let (mut users, mut items) = (IdMap::new(), IdMap::new());
        let mut rows = Interactions::default();
        for &(user, item, value) in triples {
            rows.user.push(users.insert(user).unwrap());
            rows.item.push(items.insert(item).unwrap());
            rows.value.push(value);
        }
        (rows.users, rows.items) = (Arc::new(users), Arc::new(items));
        rows
    }

    #[test]
    fn a_share_leaves_the_rest() {
        let names: Vec<String> = (0..10).map(|i| i.to_string()).collect();
        let all: Vec<(&str, &str, f32)> = names.iter().map(|i| ("u", i.as_str(), 1.0)).collect();
        let parts = HeldOut::share(&rows(&all), 0.3, 1).unwrap();
        assert_eq!((parts.train.len(), parts.valid.len(), parts.left_out), (7, 3, 0));
        let both = |i: &u32| parts.train.by_user.row(0).get(*i).is_some();
        assert!(!parts.valid.by_user.row(0).columns.iter().any(both));
        assert!(HeldOut::share(&rows(&all), 1.5, 1).is_err());
    }

    #[test]
    fn rows_beside_the_data_take_its_numbers_and_weights() {
        let train = Ratings::from_triples([("a", "x", 1.0), ("b", "y", 1.0)]).unwrap();
        let beside = rows(&[("b", "x", 5.0), ("a", "y", 2.0), ("c", "x", 5.0), ("a", "z", 4.0)]);
        // Values of four and more count as 1; `min_user` applies to the training data only.
        let clean = Clean { threshold: Some(4.0), min_user: 10, ..Clean::default() };
        let parts = HeldOut::rows(train.clone(), beside, &clean).unwrap();
        assert_eq!(parts.left_out, 2);
        assert_eq!(parts.train, train);
        assert_eq!(parts.valid.users, train.users);
        assert!(parts.valid.by_user.row(0).is_empty());
        assert_eq!(parts.valid.by_user.row(1).columns, [0]);
        assert_eq!(parts.valid.by_user.row(1).values, [1.0]);
    }
}
