//! JSON values as texts. Nested values are not built, so a line takes no more memory than its length, and no stack.

use super::super::field;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A value as texts.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Entry {
    Nothing,
    Text(String),
    /// A list, and the kind of an unsupported value in it, if any.
    List {
        texts: Texts,
        foreign: Option<&'static str>,
    },
    Object,
}

/// Texts end to end: a list of a million short ones takes little more memory than their length.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct Texts {
    text: String,
    ends: Vec<u32>,
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let end = end as usize;
            &self.text[std::mem::replace(&mut start, end)..end]
        })
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(parser: D) -> Result<Self, D::Error> {
        parser.deserialize_any(OfEntry { nested: false })
    }
}

/// A value inside a list.
struct Nested(Entry);

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(parser: D) -> Result<Self, D::Error> {
        parser.deserialize_any(OfEntry { nested: true }).map(Self)
    }
}

struct OfEntry {
    nested: bool,
}

impl<'de> Visitor<'de> for OfEntry {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Entry, E> {
        Ok(Entry::Nothing)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Entry, E> {
        Ok(Entry::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Entry, E> {
        Ok(Entry::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Entry, E> {
        Ok(Entry::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Entry, E> {
        // Write 4.0 as 4.
        let text = match field::integral(value) {
            Some(whole) => whole.to_string(),
            None => serde_json::Value::from(value).to_string(),
        };
        Ok(Entry::Text(text))
    }

    fn visit_str<E>(self, value: &str) -> Result<Entry, E> {
        Ok(Entry::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entry, A::Error> {
        let (mut texts, mut foreign) = (Texts::default(), None);
        if self.nested {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Entry::List { texts, foreign });
        }
        while let Some(Nested(entry)) = list.next_element()? {
            match entry {
                Entry::Nothing => {}
                Entry::Text(text) => texts.push(&text),
                Entry::List { .. } => foreign = Some("lists of lists"),
                Entry::Object => foreign = Some("objects"),
            }
        }
        Ok(Entry::List { texts, foreign })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Entry::Object)
    }
}
