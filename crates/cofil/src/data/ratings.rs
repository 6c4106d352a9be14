//! Who rated what: [`Interactions`] as a file gives them, [`Ratings`] as models want them.

use super::duplicates::Duplicates;
use super::grouping::group;
use super::{Csr, IdMap, ids};
use crate::error::{Error, Result};
use std::sync::Arc;

/// The time of an interaction whose row has none although other rows of the data do: before every
/// real time, so that it counts as oldest wherever times are compared.
pub const NO_TIME: i64 = i64::MIN;

/// Interactions in the order of the file, ids already numbered. The arrays have equal lengths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interactions {
    /// Names of the users.
    pub users: Arc<IdMap>,
    /// Names of the items.
    pub items: Arc<IdMap>,
    /// Number of the user of each interaction.
    pub user: Vec<u32>,
    /// Number of the item of each interaction.
    pub item: Vec<u32>,
    /// Rating or weight; 1 where the file has none.
    pub value: Vec<f32>,
    /// When, in seconds since 1970, where the file says; [`NO_TIME`] in rows without.
    pub time: Option<Vec<i64>>,
}

impl Interactions {
    /// Number of interactions.
    pub fn len(&self) -> usize {
        self.user.len()
    }

    /// Whether there is no interaction.
    pub fn is_empty(&self) -> bool {
        self.user.is_empty()
    }

    /// The interactions at `positions`, in that order; names are shared.
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

    /// [`Ratings::new`] of a table that nobody needs any more: its columns go one by one, so that table and ratings
    /// are never in memory together.
    ///
    /// # Errors
    /// As [`Ratings::new`].
    pub fn into_ratings(mut self, duplicates: Duplicates) -> Result<Ratings> {
        let (users, items) = (std::mem::take(&mut self.users), std::mem::take(&mut self.items));
        group(users, items, self.into(), duplicates)
    }

    /// BLAKE3 digest (hexadecimal) of names, rows and times.
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

/// Where names end, and the names; whether they are kept as texts or as integers.
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

/// Numbers as bytes, many at a time: the digest is of vectors of bytes, and a call for each would take longer than it.
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

/// Who rated what: rows are users, columns items. Parts of a split share the id maps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ratings {
    /// Names of the rows.
    pub users: Arc<IdMap>,
    /// Names of the columns.
    pub items: Arc<IdMap>,
    /// Value of each (user, item).
    pub by_user: Csr,
    /// Seconds since 1970 of each entry of `by_user`, where the data has times; [`NO_TIME`] in
    /// entries without.
    pub times: Option<Vec<i64>>,
}

impl Ratings {
    /// Groups interactions by user; several of one pair are merged as `duplicates` says, and a merged
    /// entry keeps the time of the last (of the first for [`Duplicates::First`]).
    ///
    /// # Errors
    /// With [`Duplicates::Error`], if a pair occurs twice; if a sum is beyond every number.
    pub fn new(interactions: &Interactions, duplicates: Duplicates) -> Result<Self> {
        let (users, items) = (interactions.users.clone(), interactions.items.clone());
        group(users, items, interactions.into(), duplicates)
    }

    /// Ratings from (user, item, value) triples, the last of a repeated pair counting.
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

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.by_user.nnz()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.by_user.nnz() == 0
    }

    /// Mean of all values; 0 without any.
    pub fn mean(&self) -> f32 {
        let sum: f64 = self.by_user.values().iter().map(|&v| f64::from(v)).sum();
        (sum / self.len().max(1) as f64) as f32
    }

    /// Smallest and largest value; (0, 0) without any.
    pub fn scale(&self) -> (f32, f32) {
        let values = self.by_user.values();
        let Some(&first) = values.first() else { return (0.0, 0.0) };
        values.iter().fold((first, first), |(low, high), &v| (low.min(v), high.max(v)))
    }

    /// The same pairs with every value 1, as implicit feedback.
    pub fn binary(&self) -> Self {
        self.clone().into_binary()
    }

    /// [`binary`](Self::binary) in place.
    pub(crate) fn into_binary(mut self) -> Self {
        self.by_user.values_mut().fill(1.0);
        self
    }

    /// The entries of `users`, who rise; everybody else has none.
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

    /// Refuses data that nothing can be learned from.
    ///
    /// # Errors
    /// If there is no entry.
    pub(crate) fn check_not_empty(&self) -> Result<()> {
        match self.is_empty() {
            true => Err(Error::Unfit("there are no interactions to learn from".into())),
            false => Ok(()),
        }
    }

    /// BLAKE3 digest (hexadecimal) of names, entries and times.
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
