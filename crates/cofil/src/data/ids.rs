//! Ids of users or items, and their numbers.

mod integers;

use crate::error::{Error, Result};
use hashbrown::{DefaultHashBuilder, HashTable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;
use std::sync::OnceLock;

pub(crate) use integers::{canonical, length, write};

/// Two-way map between ids, also called names (any text), and the numbers 0, 1, 2 … in order of first appearance.
///
/// Names are stored end to end in one string, so a million ids take the size of their text and 20 bytes each. As long
/// as all of them are integers in canonical form (`7`, `-3`; not `007`), integers are stored and looked up, in 8
/// bytes each, and their text is created when a name is first requested.
#[derive(Clone, Default)]
pub struct IdMap {
    names: Names,
    /// The type that the ids were given in, if the names do not tell.
    given: Option<IdKind>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// Original type of ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IdKind {
    /// Text.
    #[default]
    Text,
    /// 64-bit integers; their names are their decimal notation.
    Integer,
    /// UUIDs; their names are in hyphenated notation. After an update with other ids, some may be text.
    Uuid,
    /// Text from a list of categories, as data frames have it.
    Category,
}

impl IdKind {
    /// Returns the type of one id, and of several, in words.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Text | Self::Category => ("text", "text"),
            Self::Integer => ("an integer", "integers"),
            Self::Uuid => ("a UUID", "UUIDs"),
        }
    }
}

/// Names in the order of their numbers.
#[derive(Clone)]
enum Names {
    /// At least one name is not an integer.
    Texts(Arena),
    /// All names are integers; their texts are created on the first request.
    Integers(Vec<i64>, OnceLock<Arena>),
}

/// Texts end to end, and the end of each.
#[derive(Clone, Default)]
struct Arena {
    text: String,
    ends: Vec<usize>,
}

impl Arena {
    fn name(&self, index: u32) -> &str {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    fn push_integer(&mut self, id: i64) {
        write(id, &mut self.text);
        self.ends.push(self.text.len());
    }

    fn of(ids: &[i64]) -> Self {
        let mut arena = Self {
            text: String::with_capacity(ids.iter().map(|&id| length(id)).sum()),
            ends: Vec::with_capacity(ids.len()),
        };
        ids.iter().for_each(|&id| arena.push_integer(id));
        arena
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::Integers(Vec::new(), OnceLock::new())
    }
}

impl IdMap {
    /// Creates an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of names.
    pub fn len(&self) -> usize {
        match &self.names {
            Names::Texts(arena) => arena.ends.len(),
            Names::Integers(ids, _) => ids.len(),
        }
    }

    /// Returns whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the original type of the ids: integers if every name is one, unless they are marked as
    /// [text](Self::set_text), [UUIDs](Self::set_uuid) or [categories](Self::set_category).
    pub fn kind(&self) -> IdKind {
        match (&self.names, self.given) {
            (_, Some(given)) => given,
            (Names::Integers(ids, _), None) if !ids.is_empty() => IdKind::Integer,
            _ => IdKind::Text,
        }
    }

    /// Marks the ids as text even if they look like integers.
    pub fn set_text(&mut self) {
        self.given = Some(IdKind::Text);
    }

    /// Marks the ids as UUIDs.
    pub fn set_uuid(&mut self) {
        self.given = Some(IdKind::Uuid);
    }

    /// Marks the ids as categories.
    pub fn set_category(&mut self) {
        self.given = Some(IdKind::Category);
    }

    /// Returns all ids in the order of their numbers, if they are of kind [`IdKind::Integer`].
    pub fn integers(&self) -> Option<&[i64]> {
        self.all_integers().filter(|_| self.kind() == IdKind::Integer)
    }

    /// Returns the names as integers if all of them can be parsed, whatever their original type.
    pub(crate) fn all_integers(&self) -> Option<&[i64]> {
        match &self.names {
            Names::Integers(ids, _) => Some(ids),
            Names::Texts(_) => None,
        }
    }

    /// Returns the number of `name`, if it is known.
    pub fn get(&self, name: &str) -> Option<u32> {
        match &self.names {
            Names::Texts(arena) => {
                self.table.find(self.hasher.hash_one(name), |&i| arena.name(i) == name).copied()
            }
            Names::Integers(..) => self.get_integer(canonical(name.as_bytes())?),
        }
    }

    /// Returns the number of the integer `id`, if it is known.
    pub fn get_integer(&self, id: i64) -> Option<u32> {
        match &self.names {
            Names::Texts(_) => self.get(&id.to_string()),
            Names::Integers(ids, _) => {
                let same = |&i: &u32| ids[i as usize] == id;
                self.table.find(self.hasher.hash_one(id), same).copied()
            }
        }
    }

    /// Returns the number of `name`; adds it if it is new.
    ///
    /// # Errors
    /// If there would be more than 2³² − 1 names.
    pub fn insert(&mut self, name: &str) -> Result<u32> {
        if let Names::Integers(..) = self.names {
            match canonical(name.as_bytes()) {
                Some(id) => return self.insert_integer(id),
                None => self.keep_texts(),
            }
        }
        let hash = self.hasher.hash_one(name);
        let next = self.len();
        let Names::Texts(arena) = &mut self.names else {
            unreachable!("texts are kept from here on")
        };
        if let Some(&i) = self.table.find(hash, |&i| arena.name(i) == name) {
            return Ok(i);
        }
        let index = number(next)?;
        arena.push(name);
        let (arena, hasher) = (&*arena, &self.hasher);
        self.table.insert_unique(hash, index, |&i| hasher.hash_one(arena.name(i)));
        Ok(index)
    }

    /// Returns the number of the integer `id`; adds it if it is new. Same as inserting its name.
    ///
    /// # Errors
    /// If there would be more than 2³² − 1 names.
    pub fn insert_integer(&mut self, id: i64) -> Result<u32> {
        let Names::Integers(ids, arena) = &mut self.names else {
            return self.insert(&id.to_string());
        };
        let hash = self.hasher.hash_one(id);
        if let Some(&i) = self.table.find(hash, |&i| ids[i as usize] == id) {
            return Ok(i);
        }
        let index = number(ids.len())?;
        ids.push(id);
        if let Some(arena) = arena.get_mut() {
            arena.push_integer(id);
        }
        let (ids, hasher) = (&*ids, &self.hasher);
        self.table.insert_unique(hash, index, |&i| hasher.hash_one(ids[i as usize]));
        Ok(index)
    }

    /// Replaces integers by texts.
    fn keep_texts(&mut self) {
        let Names::Integers(ids, arena) = &mut self.names else { return };
        let arena = arena.take().unwrap_or_else(|| Arena::of(ids));
        self.table.clear();
        let hash = |&i: &u32| self.hasher.hash_one(arena.name(i));
        for i in 0..arena.ends.len() as u32 {
            self.table.insert_unique(hash(&i), i, hash);
        }
        self.names = Names::Texts(arena);
    }

    /// Returns the name with number `index`.
    ///
    /// # Panics
    /// If `index` is not a number of this map.
    pub fn name(&self, index: u32) -> &str {
        self.arena().name(index)
    }

    fn arena(&self) -> &Arena {
        match &self.names {
            Names::Texts(arena) => arena,
            Names::Integers(ids, arena) => arena.get_or_init(|| Arena::of(ids)),
        }
    }

    /// Returns whether the name with number `index` is an integer in canonical form.
    pub(crate) fn is_integer(&self, index: u32) -> bool {
        self.all_integers().is_some() || canonical(self.name(index).as_bytes()).is_some()
    }

    /// Returns the name with number `index` as a UUID; `None` if it is not written as one, with hyphens.
    ///
    /// # Panics
    /// If `index` is not a number of this map.
    pub fn uuid(&self, index: u32) -> Option<[u8; 16]> {
        uuid(self.name(index))
    }

    /// Returns all names in the order of their numbers.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        let arena = self.arena();
        (0..self.len()).map(|i| arena.name(i as u32))
    }

    /// Returns a map of the names with the given `numbers`, renumbered in that order. The kind is kept.
    ///
    /// # Panics
    /// If a number is not one of this map.
    pub fn select(&self, numbers: impl IntoIterator<Item = u32>) -> Self {
        let mut selected = Self { given: self.given, ..Self::default() };
        for number in numbers {
            selected.insert_from(self, number).expect("no more names than before");
        }
        selected
    }

    /// Returns the number of the name with number `index` in `other`; adds it if it is new.
    ///
    /// # Errors
    /// If there would be more than 2³² − 1 names.
    ///
    /// # Panics
    /// If `index` is not a number of `other`.
    pub fn insert_from(&mut self, other: &Self, index: u32) -> Result<u32> {
        match &other.names {
            Names::Texts(arena) => self.insert(arena.name(index)),
            Names::Integers(ids, _) => self.insert_integer(ids[index as usize]),
        }
    }

    /// Returns the names end to end, and the end of each: the stored form of the map.
    pub fn parts(&self) -> (&str, &[usize]) {
        let arena = self.arena();
        (&arena.text, &arena.ends)
    }

    /// Rebuilds a map from [`parts`](Self::parts); `None` if they are invalid (ends out of order or inside a
    /// character, or a duplicate name).
    pub fn from_parts(text: String, ends: Vec<usize>) -> Option<Self> {
        let mut start = 0;
        for &end in &ends {
            text.get(start..end)?;
            start = end;
        }
        if start != text.len() || number(ends.len()).is_err() {
            return None;
        }
        let arena = Arena { text, ends };
        let (count, hasher) = (arena.ends.len() as u32, DefaultHashBuilder::default());
        let ids = (0..count).map(|i| canonical(arena.name(i).as_bytes())).collect();
        let (names, table) = match ids {
            Some(ids) => {
                let ids: Vec<i64> = ids;
                let table = table(
                    count,
                    |i| hasher.hash_one(ids[i as usize]),
                    |i, j| ids[i as usize] == ids[j as usize],
                )?;
                // The texts exist already.
                (Names::Integers(ids, OnceLock::from(arena)), table)
            }
            None => {
                let name = |i| arena.name(i);
                let table = table(count, |i| hasher.hash_one(name(i)), |i, j| name(i) == name(j))?;
                (Names::Texts(arena), table)
            }
        };
        Some(Self { names, given: None, table, hasher })
    }
}

/// Parses a UUID in hyphenated notation.
pub(crate) fn uuid(text: &str) -> Option<[u8; 16]> {
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let mut digits = Vec::with_capacity(32);
    for (at, c) in text.bytes().enumerate() {
        match c {
            b'-' if is_hyphen(at) => {}
            _ if is_hyphen(at) => return None,
            _ => digits.push(char::from(c).to_digit(16)? as u8),
        }
    }
    let bytes: Vec<u8> = digits.as_chunks().0.iter().map(|[high, low]| high << 4 | low).collect();
    (text.len() == 36).then(|| bytes.try_into().ok()).flatten()
}

/// Returns the number of the next name after `count` others.
fn number(count: usize) -> Result<u32> {
    u32::try_from(count)
        .ok()
        .filter(|&i| i < u32::MAX)
        .ok_or_else(|| Error::Unfit("more than 4,294,967,294 different ids".into()))
}

/// Builds a hash table of the numbers below `count`; `None` if two have the same name.
fn table(
    count: u32,
    hash: impl Fn(u32) -> u64,
    same: impl Fn(u32, u32) -> bool,
) -> Option<HashTable<u32>> {
    let mut table = HashTable::with_capacity(count as usize);
    for i in 0..count {
        let own = hash(i);
        if table.find(own, |&j| same(i, j)).is_some() {
            return None;
        }
        table.insert_unique(own, i, |&j| hash(j));
    }
    Some(table)
}

impl std::fmt::Debug for IdMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names().take(10)).finish()
    }
}

/// Maps are equal if they have the same names in the same order.
impl PartialEq for IdMap {
    fn eq(&self, other: &Self) -> bool {
        match (&self.names, &other.names) {
            (Names::Texts(a), Names::Texts(b)) => a.text == b.text && a.ends == b.ends,
            (Names::Integers(a, _), Names::Integers(b, _)) => a == b,
            // One of the maps has a name that is not an integer.
            _ => false,
        }
    }
}

impl<S: AsRef<str>> FromIterator<S> for IdMap {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let mut map = Self::new();
        for name in names {
            map.insert(name.as_ref()).expect("fewer than 2³² names are collected in memory");
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_go_both_ways() {
        let mut map = IdMap::new();
        for (name, index) in [("u42", 0), ("", 1), ("ü", 2), ("u42", 0), ("u4", 3)] {
            assert_eq!(map.insert(name).unwrap(), index);
        }
        assert_eq!(map.names().collect::<Vec<_>>(), ["u42", "", "ü", "u4"]);
        assert_eq!((map.get("ü"), map.get("u")), (Some(2), None));
        let (text, ends) = map.parts();
        assert_eq!(IdMap::from_parts(text.into(), ends.into()), Some(map.clone()));
        assert!(IdMap::from_parts("aa".into(), vec![1, 2]).is_none(), "a name twice");
        assert!(IdMap::from_parts("77".into(), vec![1, 2]).is_none(), "an integer twice");
        assert!(IdMap::from_parts("ü".into(), vec![1, 2]).is_none(), "inside a character");
        assert!(IdMap::from_parts("ab".into(), vec![2, 1]).is_none(), "out of order");
        assert!(IdMap::from_parts("ab".into(), vec![1]).is_none(), "text left over");
    }

    #[test]
    fn integers_are_their_names() {
        let mut map = IdMap::new();
        for (id, index) in [(7, 0), (-3, 1), (i64::MAX, 2), (7, 0), (i64::MIN, 3)] {
            assert_eq!(map.insert_integer(id).unwrap(), index);
        }
        assert_eq!((map.insert("7").unwrap(), map.get("-3"), map.get("07")), (0, Some(1), None));
        let names = ["7", "-3", "9223372036854775807", "-9223372036854775808"];
        assert_eq!(map.names().collect::<Vec<_>>(), names);
        assert_eq!(map, names.iter().collect(), "as from text");
        assert_eq!((map.kind(), map.get_integer(i64::MIN)), (IdKind::Integer, Some(3)));
        assert_eq!(map.integers(), Some(&[7, -3, i64::MAX, i64::MIN][..]));
        // Names requested before grow with the ids.
        assert_eq!((map.insert_integer(10).unwrap(), map.name(4)), (4, "10"));
        let (text, ends) = map.parts();
        let again = IdMap::from_parts(text.into(), ends.into()).unwrap();
        assert_eq!((again.kind(), again.get("10")), (IdKind::Integer, Some(4)));
        assert_eq!(again, map);
    }

    #[test]
    fn a_text_makes_texts_of_all() {
        let mut map: IdMap = ["5", "6"].iter().collect();
        assert_eq!(map.kind(), IdKind::Integer);
        for (name, index) in [("06", 2), ("6", 1), ("+5", 3), ("", 4)] {
            assert_eq!(map.insert(name).unwrap(), index);
        }
        assert_eq!((map.insert_integer(5).unwrap(), map.insert_integer(9).unwrap()), (0, 5));
        assert_eq!(map.names().collect::<Vec<_>>(), ["5", "6", "06", "+5", "", "9"]);
        assert_eq!(
            (map.kind(), map.get("6"), map.get_integer(6)),
            (IdKind::Text, Some(1), Some(1))
        );
        assert_eq!((map.get("9"), map.get("99"), map.integers()), (Some(5), None, None));
    }

    #[test]
    fn the_kind_is_kept_by_selections() {
        let mut map: IdMap = ["5", "6", "x"].iter().collect();
        assert_eq!(map.select([1, 0]).kind(), IdKind::Integer, "what is left can be read so");
        map.set_text();
        let left = map.select([1, 0, 1]);
        assert_eq!((left.kind(), left.names().collect::<Vec<_>>()), (IdKind::Text, vec!["6", "5"]));
        assert_eq!(left, ["6", "5"].iter().collect(), "names are what is compared");
        map.set_uuid();
        assert_eq!(map.select([2]).kind(), IdKind::Uuid);
        map.set_category();
        assert_eq!(
            (map.select([0, 1]).kind(), map.select([0, 1]).integers()),
            (IdKind::Category, None)
        );
        assert_eq!(IdMap::new().kind(), IdKind::Text);
    }
}
