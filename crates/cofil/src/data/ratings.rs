//! Interactions and ratings: [`Interactions`] in the order of the file, [`Ratings`] as models use them.

use super::duplicates::Duplicates;
use super::grouping::group;
use super::{Csr, IdMap, ids};
use crate::error::{Error, Result};
use std::sync::Arc;

/// The time of an interaction without one, in data where other rows have times. It is earlier than every real time,
/// so the interaction counts as the oldest.
pub const NO_TIME: i64 = i64::MIN;

/// Interactions in the order of the file, with numbered ids. All arrays have the same length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interactions {
    /// Ids of the users.
    pub users: Arc<IdMap>,
    /// Ids of the items.
    pub items: Arc<IdMap>,
    /// The user of each interaction, as an index into `users`.
    pub user: Vec<u32>,
    /// The item of each interaction, as an index into `items`.
    pub item: Vec<u32>,
    /// Rating or weight of each interaction; 1 if the file has none.
    pub value: Vec<f32>,
    /// Time of each interaction, in seconds since 1970, if the file has times; [`NO_TIME`] in rows without one.
    pub time: Option<Vec<i64>>,
}

impl Interactions {
    /// Returns the number of interactions.
    pub fn len(&self) -> usize {
        self.user.len()
    }

    /// Returns whether there are no interactions.
    pub fn is_empty(&self) -> bool {
        self.user.is_empty()
    }

    /// Returns the interactions at `positions`, in that order. The id maps are shared.
    pub fn select(&self, positions: &[usize]) -> Self {
        Self {
            users: self.users.clone(),
            items: self.items.clone(),
            user: positions.iter().map(|&p| self.user[p]).collect(),
            item: positions.iter().map(|&p| self.item[p]).collect(),
            value: positions.iter().map(|&p| self.value[p]).collect(),
            time: self.time.as_ref().map(|t| positions.iter().map(|&p| t[p]).collect()),
        }
    }

    /// Converts the table to [`Ratings`], as [`Ratings::new`] does, and consumes it. Columns are freed one by one, so
    /// the whole table and the ratings are never in memory at the same time.
    ///
    /// # Errors
    /// See [`Ratings::new`].
    pub fn into_ratings(mut self, duplicates: Duplicates) -> Result<Ratings> {
        let (users, items) = (std::mem::take(&mut self.users), std::mem::take(&mut self.items));
        group(users, items, self.into(), duplicates)
    }

    /// Returns the BLAKE3 digest (hexadecimal) of ids, rows and times.
    pub fn fingerprint(&self) -> String {
        let mut hash = blake3::Hasher::new();
        hash_names(&mut hash, &self.users);
        hash_names(&mut hash, &self.items);
        hash_numbers(&mut hash, &self.user, |user| user.to_le_bytes());
        hash_numbers(&mut hash, &self.item, |item| item.to_le_bytes());
        hash_numbers(&mut hash, &self.value, |value| value.to_le_bytes());
        let times = self.time.as_deref().unwrap_or_default();
        hash_numbers(&mut hash, times, |time| time.to_le_bytes());
        hash.finalize().to_hex().to_string()
    }
}

/// Hashes the end of each id and then the ids. The digest is the same whether ids are stored as text or as integers.
fn hash_names(hash: &mut blake3::Hasher, ids: &IdMap) {
    hash.update(&(ids.len() as u64).to_le_bytes());
    let mut buffer = String::with_capacity(1 << 16);
    match ids.all_integers() {
        Some(integers) => {
            let mut end = 0u64;
            for &id in integers {
                end += ids::length(id) as u64;
                hash.update(&end.to_le_bytes());
            }
            for piece in integers.chunks(1 << 11) {
                buffer.clear();
                piece.iter().for_each(|&id| ids::write(id, &mut buffer));
                hash.update(buffer.as_bytes());
            }
        }
        None => {
            let (text, ends) = ids.parts();
            ends.iter().for_each(|&e| _ = hash.update(&(e as u64).to_le_bytes()));
            hash.update(text.as_bytes());
        }
    }
}

/// Hashes numbers as bytes, in chunks: one call per number would take longer than the hashing.
fn hash_numbers<T: Copy, const N: usize>(
    hash: &mut blake3::Hasher,
    numbers: &[T],
    bytes: impl Fn(T) -> [u8; N],
) {
    let mut buffer = [[0; N]; 1 << 13];
    for piece in numbers.chunks(buffer.len()) {
        buffer.iter_mut().zip(piece).for_each(|(to, &number)| *to = bytes(number));
        hash.update(buffer[..piece.len()].as_flattened());
    }
}

/// Ratings as a sparse matrix: rows are users, columns are items. Parts of a split share the id maps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ratings {
    /// Ids of the rows.
    pub users: Arc<IdMap>,
    /// Ids of the columns.
    pub items: Arc<IdMap>,
    /// Value of each (user, item) pair.
    pub by_user: Csr,
    /// Time of each entry of `by_user`, in seconds since 1970, if the data has times; [`NO_TIME`] in entries without
    /// one.
    pub times: Option<Vec<i64>>,
}

impl Ratings {
    /// Groups interactions by user and merges duplicates as `duplicates` says. A merged entry keeps the time of the
    /// last row (of the first with [`Duplicates::First`]).
    ///
    /// # Errors
    /// If a pair occurs twice with [`Duplicates::Error`], or if a sum overflows.
    pub fn new(interactions: &Interactions, duplicates: Duplicates) -> Result<Self> {
        let (users, items) = (interactions.users.clone(), interactions.items.clone());
        group(users, items, interactions.into(), duplicates)
    }

    /// Builds ratings from (user, item, value) triples. The last of a repeated pair counts.
    ///
    /// # Errors
    /// If a value is not finite.
    pub fn from_triples<'a>(
        triples: impl IntoIterator<Item = (&'a str, &'a str, f32)>,
    ) -> Result<Self> {
        let (mut users, mut items) = (IdMap::new(), IdMap::new());
        let mut table = Interactions::default();
        for (user, item, value) in triples {
            table.user.push(users.insert(user)?);
            table.item.push(items.insert(item)?);
            table.value.push(value);
        }
        (table.users, table.items) = (Arc::new(users), Arc::new(items));
        Self::new(&table, Duplicates::Last)
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.by_user.nnz()
    }

    /// Returns whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.by_user.nnz() == 0
    }

    /// Returns the mean of all values, or 0 if there are none.
    pub fn mean(&self) -> f32 {
        let sum: f64 = self.by_user.values().iter().map(|&v| f64::from(v)).sum();
        (sum / self.len().max(1) as f64) as f32
    }

    /// Returns the smallest and the largest value, or (0, 0) if there are none.
    pub fn scale(&self) -> (f32, f32) {
        let values = self.by_user.values();
        let Some(&first) = values.first() else { return (0.0, 0.0) };
        values.iter().fold((first, first), |(low, high), &v| (low.min(v), high.max(v)))
    }

    /// Returns the same pairs with every value 1, as implicit feedback.
    pub fn binary(&self) -> Self {
        self.clone().into_binary()
    }

    /// In-place version of [`binary`](Self::binary).
    pub(crate) fn into_binary(mut self) -> Self {
        self.by_user.values_mut().fill(1.0);
        self
    }

    /// Returns the entries of `users`, which must be ascending; all other rows are empty.
    pub fn of_users(&self, users: &[u32]) -> Self {
        let chosen = |u: &usize| users.binary_search(&(*u as u32)).is_ok();
        let rows = 0..self.by_user.rows();
        let kept = |u: usize| chosen(&u).then(|| self.by_user.row(u).iter()).into_iter().flatten();
        let by_user = Csr::from_rows(self.by_user.cols(), rows.clone().map(kept));
        let starts = self.by_user.starts();
        let times = self.times.as_ref().map(|times| {
            let kept = rows.filter(chosen).flat_map(|u| &times[starts[u]..starts[u + 1]]);
            kept.copied().collect()
        });
        Self { by_user, times, ..self.clone() }
    }

    /// Returns an error if there is nothing to learn from.
    ///
    /// # Errors
    /// If there are no entries.
    pub(crate) fn check_not_empty(&self) -> Result<()> {
        match self.is_empty() {
            true => Err(Error::Unfit("there are no interactions to learn from".into())),
            false => Ok(()),
        }
    }

    /// Returns the BLAKE3 digest (hexadecimal) of ids, entries and times.
    pub fn fingerprint(&self) -> String {
        let mut hash = blake3::Hasher::new();
        hash_names(&mut hash, &self.users);
        hash_names(&mut hash, &self.items);
        hash_numbers(&mut hash, self.by_user.starts(), |start| (start as u64).to_le_bytes());
        hash_numbers(&mut hash, self.by_user.columns(), |column| column.to_le_bytes());
        hash_numbers(&mut hash, self.by_user.values(), |value| value.to_le_bytes());
        let times = self.times.as_deref().unwrap_or_default();
        hash_numbers(&mut hash, times, |time| time.to_le_bytes());
        hash.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Interactions {
        Interactions {
            users: Arc::new(["a", "b", "c"].iter().collect()),
            items: Arc::new(["x", "y"].iter().collect()),
            user: vec![2, 0, 0, 2, 0],
            item: vec![1, 1, 0, 1, 1],
            value: vec![1.0, 2.0, 3.0, 7.0, 5.0],
            time: Some(vec![10, 20, 30, 5, 50]),
        }
    }

    #[test]
    fn users_keep_their_entries_and_times() {
        let all = Ratings::new(&table(), Duplicates::Last).unwrap();
        let of_c = all.of_users(&[1, 2]);
        assert_eq!((of_c.by_user.rows(), of_c.by_user.cols(), of_c.len()), (3, 2, 1));
        assert_eq!(of_c.by_user.row(2), all.by_user.row(2));
        assert_eq!(of_c.times.as_deref(), Some(&[10][..]));
        assert_eq!(all.of_users(&[0, 1, 2]), all);
    }

    #[test]
    fn duplicates_are_merged_as_told() {
        let merged = |how| {
            let r = Ratings::new(&table(), how).unwrap();
            assert_eq!((r.by_user.rows(), r.by_user.columns()), (3, &[0, 1, 1][..]));
            assert!(r.by_user.row(1).is_empty());
            (r.by_user.values().to_vec(), r.times.unwrap())
        };
        assert_eq!(merged(Duplicates::Last), (vec![3.0, 5.0, 1.0], vec![30, 50, 10]));
        assert_eq!(merged(Duplicates::First), (vec![3.0, 2.0, 7.0], vec![30, 20, 5]));
        assert_eq!(merged(Duplicates::Mean).0, [3.0, 3.5, 4.0]);
        assert_eq!(merged(Duplicates::Sum).0, [3.0, 7.0, 8.0]);
        assert_eq!(merged(Duplicates::Max).0, [3.0, 5.0, 7.0]);
        let refused = Ratings::new(&table(), Duplicates::Error).unwrap_err().to_string();
        assert!(refused.starts_with("user `a` and item `y` occur more than once"), "{refused}");
    }

    #[test]
    fn fingerprint_sees_every_part() {
        let base = Ratings::from_triples([("a", "x", 1.0), ("b", "y", 2.0)]).unwrap();
        let print = base.fingerprint();
        assert_eq!(print, base.clone().fingerprint());
        assert_ne!(print, base.binary().fingerprint());
        assert_ne!(
            print,
            Ratings::from_triples([("a", "x", 1.0), ("c", "y", 2.0)]).unwrap().fingerprint()
        );
        assert_ne!(print, Ratings { times: Some(vec![0, 1]), ..base }.fingerprint());
    }
}
