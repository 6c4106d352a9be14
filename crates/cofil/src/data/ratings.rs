//! Who rated what: [`Interactions`] as a file gives them, [`Ratings`] as models want them.

use super::duplicates::{Duplicates, check_joined};
use super::{Csr, IdMap, ids};
use crate::error::{Error, Remedy, Result};
use crate::math::parallel;
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

    /// BLAKE3 digest (hexadecimal) of names, rows and times.
    pub fn fingerprint(&self) -> String {
        let mut hash = blake3::Hasher::new();
        hash_names(&mut hash, &self.users);
        hash_names(&mut hash, &self.items);
        let columns = [&self.user, &self.item];
        columns.into_iter().flatten().for_each(|c| _ = hash.update(&c.to_le_bytes()));
        self.value.iter().for_each(|v| _ = hash.update(&v.to_le_bytes()));
        self.time.iter().flatten().for_each(|t| _ = hash.update(&t.to_le_bytes()));
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
        let Interactions { users, items, user, item, value, time } = interactions;
        let order = row_order(user, item, users.len());
        let mut starts = Vec::with_capacity(users.len() + 1);
        let mut columns: Vec<u32> = Vec::with_capacity(order.len());
        let mut values: Vec<f32> = Vec::with_capacity(order.len());
        let mut times = time.as_ref().map(|_| Vec::with_capacity(order.len()));
        let mut copies = 1f32;
        let mut row = 0;
        starts.push(0);
        for &at in &order {
            while row < user[at] {
                starts.push(columns.len());
                row += 1;
            }
            let fresh = starts[row as usize] == columns.len() || columns.last() != Some(&item[at]);
            if fresh {
                copies = 1.0;
                columns.push(item[at]);
                values.push(value[at]);
                if let (Some(times), Some(time)) = (&mut times, time) {
                    times.push(time[at]);
                }
                continue;
            }
            copies += 1.0;
            let kept = values.last_mut().expect("a repeated pair follows its first");
            match duplicates {
                Duplicates::First => continue,
                Duplicates::Error => {
                    let says = format!(
                        "user `{}` and item `{}` occur more than once",
                        users.name(user[at]),
                        items.name(item[at])
                    );
                    let rules = ["last", "first", "mean", "sum", "max"].map(String::from);
                    return Err(Error::Unfit(says).with(Remedy::Duplicates(rules.into())));
                }
                rule => *kept = rule.join(*kept, value[at], copies),
            }
            check_joined(*kept, users, items, [user[at], item[at]])?;
            if let (Some(times), Some(time)) = (&mut times, time) {
                *times.last_mut().expect("as long as values") = time[at];
            }
        }
        starts.resize(users.len() + 1, columns.len());
        let by_user = Csr::from_parts(starts, columns, values, items.len())
            .ok_or_else(|| Error::Unfit("a rating is not a finite number".into()))?;
        Ok(Self { users: users.clone(), items: items.clone(), by_user, times })
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
        let mut binary = self.clone();
        binary.by_user.values_mut().fill(1.0);
        binary
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
        let mut update = |bytes: &[u8]| {
            hash.update(bytes);
        };
        self.by_user.starts().iter().for_each(|&s| update(&(s as u64).to_le_bytes()));
        self.by_user.columns().iter().for_each(|c| update(&c.to_le_bytes()));
        self.by_user.values().iter().for_each(|v| update(&v.to_le_bytes()));
        self.times.iter().flatten().for_each(|t| update(&t.to_le_bytes()));
        hash.finalize().to_hex().to_string()
    }
}

/// All positions by user; within a user by item, and repeated pairs in file order.
fn row_order(user: &[u32], item: &[u32], users: usize) -> Vec<usize> {
    let mut order = counting_order(user, users, 0..user.len());
    // Pieces of whole users, each sorted on its own; a plain second counting sort would walk
    // through all of memory once more, and alone.
    let mut pieces = Vec::new();
    let mut rest = order.as_mut_slice();
    while !rest.is_empty() {
        let middle = user[rest[(ROWS_PIECE - 1).min(rest.len() - 1)]];
        let end = rest.partition_point(|&at| user[at] <= middle);
        let (piece, tail) = rest.split_at_mut(end);
        pieces.push(piece);
        rest = tail;
    }
    parallel::for_each_with(
        pieces,
        || (Vec::new(), Vec::new()),
        |(keys, before): &mut (Vec<u64>, Vec<usize>), piece| {
            for row in piece.chunk_by_mut(|&a, &b| user[a] == user[b]) {
                if u32::try_from(row.len()).is_err() {
                    row.sort_by_key(|&at| item[at]);
                    continue;
                }
                let key = |(i, &at): (usize, &usize)| u64::from(item[at]) << 32 | i as u64;
                keys.clear();
                keys.extend(row.iter().enumerate().map(key));
                if keys.is_sorted() {
                    continue;
                }
                keys.sort_unstable();
                before.clear();
                before.extend_from_slice(row);
                let place = |key: u64| before[(key & u64::from(u32::MAX)) as usize];
                row.iter_mut().zip(keys.iter()).for_each(|(at, &key)| *at = place(key));
            }
        },
    );
    order
}

/// Least number of interactions that are sorted in one piece.
const ROWS_PIECE: usize = 1 << 14;

/// The positions in `order`, stably sorted by `key`, which is below `keys`.
pub(super) fn counting_order(
    key: &[u32],
    keys: usize,
    order: impl Iterator<Item = usize>,
) -> Vec<usize> {
    let mut next = vec![0usize; keys + 1];
    key.iter().for_each(|&k| next[k as usize + 1] += 1);
    for k in 0..keys {
        next[k + 1] += next[k];
    }
    let mut sorted = vec![0; key.len()];
    for position in order {
        let at = &mut next[key[position] as usize];
        sorted[*at] = position;
        *at += 1;
    }
    sorted
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
        assert_eq!(of_c.times.as_deref(), Some(&[5][..]));
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
        assert_eq!(merged(Duplicates::Last), (vec![3.0, 5.0, 7.0], vec![30, 50, 5]));
        assert_eq!(merged(Duplicates::First), (vec![3.0, 2.0, 1.0], vec![30, 20, 10]));
        assert_eq!(merged(Duplicates::Mean).0, [3.0, 3.5, 4.0]);
        assert_eq!(merged(Duplicates::Sum).0, [3.0, 7.0, 8.0]);
        assert_eq!(merged(Duplicates::Max).0, [3.0, 5.0, 7.0]);
        let refused = Ratings::new(&table(), Duplicates::Error).unwrap_err().to_string();
        assert!(refused.starts_with("user `a` and item `y` occur more than once"), "{refused}");
    }

    #[test]
    fn rows_are_ordered_as_by_a_stable_sort() {
        let mut rng = crate::math::Rng::new(7, &[]);
        let mut draw = |n: u32| rng.below(n);
        let (mut user, mut item) = (Vec::new(), Vec::new());
        for at in 0..100_000u32 {
            // Some users are larger than a piece, some have nothing, some come in order.
            user.push(if at % 3 == 0 { 4 } else { draw(60) * 2 });
            item.push(if at < 30_000 { at } else { draw(500) });
        }
        let mut expected: Vec<usize> = (0..user.len()).collect();
        expected.sort_by_key(|&at| (user[at], item[at]));
        assert_eq!(row_order(&user, &item, 120), expected);
        assert!(row_order(&[], &[], 0).is_empty());
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
