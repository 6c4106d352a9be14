//! Numbering of ids while reading: a table for small integers, a hash map for all other ids.

#[cfg(feature = "arrow")]
use crate::data::IdKind;
use crate::data::IdMap;

/// Integers below this are looked up in a table: 16 MB at most, of which only the used pages take memory.
pub(super) const LIMIT: u32 = 1 << 22;

/// An integer below [`LIMIT`], which is an id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Small(pub u32);

/// Parses `name` as an integer below [`LIMIT`] in canonical form: no sign, no leading zeros. So equal integers have
/// equal texts.
#[inline]
fn integer(name: &[u8]) -> Option<u32> {
    if name.len() > 7 || name.is_empty() || (name[0] == b'0' && name.len() > 1) {
        return None;
    }
    let mut n = 0;
    for &byte in name {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n * 10 + u32::from(digit);
    }
    (n < LIMIT).then_some(n)
}

/// Maps small integers to their number + 1; 0 means no number yet.
#[derive(Default)]
struct Dense(Vec<u32>);

impl Dense {
    #[inline]
    fn slot(&mut self, n: u32) -> &mut u32 {
        if n as usize >= self.0.len() {
            self.grow(n);
        }
        &mut self.0[n as usize]
    }

    #[cold]
    fn grow(&mut self, n: u32) {
        // Fresh zeroed memory takes no pages until it is touched; resizing would write to it.
        let mut wider = vec![0; (n as usize + 1).next_power_of_two().max(1024)];
        wider[..self.0.len()].copy_from_slice(&self.0);
        self.0 = wider;
    }
}

/// The ids of a whole file in order of first appearance, after those known before.
#[derive(Default)]
pub(super) struct Names {
    pub ids: IdMap,
    dense: Dense,
    /// Whether this file decides the kind of the ids.
    #[cfg(feature = "arrow")]
    first: bool,
}

impl Names {
    /// Continues the numbering of `known`.
    pub fn after(known: &IdMap) -> Self {
        Self {
            ids: known.clone(),
            dense: Dense::default(),
            #[cfg(feature = "arrow")]
            first: known.is_empty(),
        }
    }

    /// Returns the number of a name given as bytes.
    pub fn insert(&mut self, name: &[u8]) -> Result<u32, Unnamed> {
        match integer(name) {
            Some(n) => self.insert_small(n),
            None => self.ids.insert(text(name)?).map_err(|e| Unnamed(e.to_string())),
        }
    }

    /// Returns the number of an integer, which is that of its text.
    #[cfg(feature = "arrow")]
    pub fn insert_integer(&mut self, id: i64) -> Result<u32, Unnamed> {
        match u32::try_from(id) {
            Ok(n) if n < LIMIT => self.insert_small(n),
            _ => self.ids.insert_integer(id).map_err(|e| Unnamed(e.to_string())),
        }
    }

    /// Marks the ids as what their column holds, even if they look like integers, unless there were ids before.
    #[cfg(feature = "arrow")]
    pub fn set_kind(&mut self, kind: IdKind) {
        match kind {
            IdKind::Text if self.first => self.ids.set_text(),
            IdKind::Uuid if self.first => self.ids.set_uuid(),
            _ => {}
        }
    }

    /// Returns the number of an integer below [`LIMIT`].
    fn insert_small(&mut self, n: u32) -> Result<u32, Unnamed> {
        let slot = self.dense.slot(n);
        if *slot == 0 {
            *slot = self.ids.insert_integer(n.into()).map_err(|e| Unnamed(e.to_string()))? + 1;
        }
        Ok(*slot - 1)
    }

    /// Adds the ids of the next part of the file; returns the new number for each of the part's numbers.
    pub fn merge(&mut self, part: &PartIds) -> Result<Vec<u32>, Unnamed> {
        part.order
            .iter()
            .map(|key| match *key {
                Key::Integer(n) => self.insert_small(n),
                Key::Text(i) => {
                    self.ids.insert_from(&part.texts, i).map_err(|e| Unnamed(e.to_string()))
                }
            })
            .collect()
    }
}

/// The ids of a part of the file, in order of first appearance in the part.
#[derive(Default)]
pub(super) struct PartIds {
    order: Vec<Key>,
    texts: IdMap,
}

/// Numbers the ids of one part of the file after the other, each from 0.
#[derive(Default)]
pub(super) struct PartNames {
    ids: PartIds,
    dense: Dense,
    /// Maps numbers in the texts to places in the order.
    places: Vec<u32>,
}

#[derive(Clone, Copy)]
enum Key {
    Integer(u32),
    Text(u32),
}

impl PartNames {
    /// Returns the number of a name given as bytes.
    #[inline]
    pub fn insert(&mut self, name: &[u8]) -> Result<u32, Unnamed> {
        match integer(name) {
            Some(n) => Ok(self.insert_small(Small(n))),
            None => self.insert_text(name),
        }
    }

    /// Returns the number of a small integer.
    #[inline]
    pub fn insert_small(&mut self, Small(n): Small) -> u32 {
        let slot = self.dense.slot(n);
        if *slot == 0 {
            self.ids.order.push(Key::Integer(n));
            *slot = self.ids.order.len() as u32;
        }
        *slot - 1
    }

    /// Ends the part and returns its ids.
    pub fn take(&mut self) -> PartIds {
        for key in &self.ids.order {
            if let Key::Integer(n) = *key {
                self.dense.0[n as usize] = 0;
            }
        }
        self.places.clear();
        std::mem::take(&mut self.ids)
    }

    fn insert_text(&mut self, name: &[u8]) -> Result<u32, Unnamed> {
        let i = self.ids.texts.insert(text(name)?).map_err(|e| Unnamed(e.to_string()))?;
        if i as usize == self.places.len() {
            self.places.push(self.ids.order.len() as u32);
            self.ids.order.push(Key::Text(i));
        }
        Ok(self.places[i as usize])
    }
}

/// Why a name cannot be used.
#[derive(Debug)]
pub(super) struct Unnamed(pub String);

/// Returns an error if `name` cannot be an id.
pub(super) fn check(name: &[u8]) -> Result<(), Unnamed> {
    match integer(name) {
        Some(_) => Ok(()),
        None => text(name).map(|_| ()),
    }
}

/// Remedy for rows without a user or an item.
pub(super) const TO_SKIP: &str = " (to skip up to 100 such rows: `skip_bad` = 100)";

fn text(name: &[u8]) -> Result<&str, Unnamed> {
    let empty = || format!("is empty; every interaction needs a user and an item{TO_SKIP}");
    if name.trim_ascii().is_empty() {
        return Err(Unnamed(empty()));
    }
    let text = utf8(name)?;
    // No-break and other blanks begin with such a byte.
    match name[0] >= 0x80 && text.trim().is_empty() {
        true => Err(Unnamed(empty())),
        false => Ok(text),
    }
}

/// Returns `name` as text.
pub(super) fn utf8(name: &[u8]) -> Result<&str, Unnamed> {
    std::str::from_utf8(name).map_err(|e| {
        let byte = name[e.valid_up_to()];
        Unnamed(format!(
            "{} is not valid UTF-8 (byte 0x{byte:02X}); save the file as UTF-8",
            super::field::quoted(name)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_integers_are_integers() {
        for (text, n) in [("0", Some(0)), ("7", Some(7)), ("4194303", Some(4_194_303))] {
            assert_eq!(integer(text.as_bytes()), n, "{text}");
        }
        for text in ["", "00", "07", "+7", "-7", "7.0", " 7", "4194304", "99999999999", "x"] {
            assert_eq!(integer(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn parts_merge_in_order_of_first_appearance() {
        let mut names = Names::after(&["7", "b"].iter().collect());
        let mut part = PartNames::default();
        let mut translate = |words: &[&str]| {
            let local: Vec<u32> =
                words.iter().map(|w| part.insert(w.as_bytes()).unwrap()).collect();
            let table = names.merge(&part.take()).unwrap();
            local.into_iter().map(|i| table[i as usize]).collect::<Vec<_>>()
        };
        assert_eq!(translate(&["x", "7", "x", "3000", "b"]), [2, 0, 2, 3, 1]);
        assert_eq!(translate(&["3000", "07", "7", "9999999"]), [3, 4, 0, 5]);
        assert_eq!(names.ids.names().collect::<Vec<_>>(), ["7", "b", "x", "3000", "07", "9999999"]);
        assert_eq!(names.insert(b"9999999").unwrap(), 5);
        assert!(names.insert(b"\xff").unwrap_err().0.contains("byte 0xFF"));
        for blank in ["", " ", "\u{a0}", "\u{3000} "] {
            assert!(names.insert(blank.as_bytes()).is_err());
        }
    }
}
