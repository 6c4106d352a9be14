//! The names of users or items and their numbers.

use crate::error::{Error, Result};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Two-way map between names (any text) and the numbers 0, 1, 2 … in order of first appearance.
///
/// Names lie end to end in one string, so a million ids cost their letters and 20 bytes each.
#[derive(Clone, Default)]
pub struct IdMap {
    text: String,
    ends: Vec<usize>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl IdMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of names.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The number of `name`, if it is known.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.table.find(self.hasher.hash_one(name), |&i| self.name(i) == name).copied()
    }

    /// The number of `name`, which is added if it is new.
    ///
    /// # Errors
    /// If there would be more than 2³² − 1 names.
    pub fn insert(&mut self, name: &str) -> Result<u32> {
        let hash = self.hasher.hash_one(name);
        let (text, ends) = (&self.text, &self.ends);
        if let Some(&i) = self.table.find(hash, |&i| name_at(text, ends, i) == name) {
            return Ok(i);
        }
        let index = u32::try_from(self.ends.len())
            .ok()
            .filter(|&i| i < u32::MAX)
            .ok_or_else(|| Error::Unfit("more than 4,294,967,294 different ids".into()))?;
        self.text.push_str(name);
        self.ends.push(self.text.len());
        let (text, ends, hasher) = (&self.text, &self.ends, &self.hasher);
        self.table.insert_unique(hash, index, |&i| hasher.hash_one(name_at(text, ends, i)));
        Ok(index)
    }

    /// The name of number `index`.
    ///
    /// # Panics
    /// If `index` did not come from this map.
    pub fn name(&self, index: u32) -> &str {
        name_at(&self.text, &self.ends, index)
    }

    /// All names in the order of their numbers.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|i| self.name(i as u32))
    }

    /// The names end to end, and where each ends: how the map is stored.
    pub fn parts(&self) -> (&str, &[usize]) {
        (&self.text, &self.ends)
    }

    /// Rebuilds a map from [`parts`](Self::parts); `None` if they do not describe one
    /// (ends out of order or inside a character, a name twice).
    pub fn from_parts(text: String, ends: Vec<usize>) -> Option<Self> {
        let mut map = Self { text: String::with_capacity(text.len()), ..Self::default() };
        let mut start = 0;
        for (i, &end) in ends.iter().enumerate() {
            let index = map.insert(text.get(start..end)?).ok()?;
            if index as usize != i {
                return None;
            }
            start = end;
        }
        (start == text.len()).then_some(map)
    }
}

fn name_at<'a>(text: &'a str, ends: &[usize], index: u32) -> &'a str {
    let index = index as usize;
    let start = if index == 0 { 0 } else { ends[index - 1] };
    &text[start..ends[index]]
}

impl std::fmt::Debug for IdMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names().take(10)).finish()
    }
}

impl PartialEq for IdMap {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
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
        assert!(IdMap::from_parts("ü".into(), vec![1, 2]).is_none(), "inside a character");
        assert!(IdMap::from_parts("ab".into(), vec![2, 1]).is_none(), "out of order");
        assert!(IdMap::from_parts("ab".into(), vec![1]).is_none(), "text left over");
    }
}
