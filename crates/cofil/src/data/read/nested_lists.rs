//! Lists of items in JSON: a line for each user, or one object with the users as keys. The items are in order, or have
//! scores.

use super::columns::Columns;
use super::field::{Skip, quoted, shown};
use super::found::Found;
use super::json::Entry;
use super::known::{means_user, plain};
use super::rows::{Rows, Start};
use super::source::Opened;
use super::words::USER;
use super::{Format, ReadOptions};
use crate::error::{Error, plain_words};
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::fmt;
use std::path::Path;

/// Names of lists of items.
const LISTS: &[&str] = &[
    "items",
    "itemids",
    "recommendations",
    "recommended",
    "recs",
    "ranking",
    "predictions",
    "list",
];

/// An item of a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Object { item: Entry, score: Option<f32> },
    Pair(Entry, Option<f32>),
    Plain(Entry),
}

impl Item {
    /// Returns the item and its score.
    fn parts(self) -> (Entry, Option<f32>) {
        match self {
            Self::Object { item, score } | Self::Pair(item, score) => (item, score),
            Self::Plain(item) => (item, None),
        }
    }
}

/// Where the lists are in an object.
pub(super) enum Place {
    /// The keys of a user and of their list.
    Keys(String, String),
    /// Each key is a user, and each value a list.
    ByUser,
}

impl Place {
    /// Returns the place of lists in the first object of `head`, if it has some.
    pub fn find(head: &[u8]) -> Option<Self> {
        let line = head.split(|&b| b == b'\n').find(|line| !line.trim_ascii().is_empty())?;
        let mut keys = Keys(Vec::new());
        // The line may be longer than the available text; what is there is enough.
        let _ = serde_json::Deserializer::from_slice(line).deserialize_map(&mut keys);
        let Keys(keys) = keys;
        let is_user = |key: &str| USER.contains(&plain(key).as_str()) || means_user(key);
        let user = keys.iter().find(|(key, is_list)| !is_list && is_user(key));
        let mut lists = keys.iter().filter(|(_, is_list)| *is_list);
        match user {
            Some((user, _)) => {
                let called = lists.clone().find(|(key, _)| LISTS.contains(&plain(key).as_str()));
                let only = || lists.next().filter(|_| lists.next().is_none());
                let (list, _) = called.or_else(only)?;
                Some(Self::Keys(user.clone(), list.clone()))
            }
            None => (!keys.is_empty() && lists.count() == keys.len()).then_some(Self::ByUser),
        }
    }

    fn names(&self) -> [String; 3] {
        let (user, items) = match self {
            Self::Keys(user, items) => (user.as_str(), items.as_str()),
            Self::ByUser => ("key", "list"),
        };
        [user, items, "score"].map(String::from)
    }

    /// Calls `take` with each user in `line` and their list.
    fn each(
        &self,
        line: &[u8],
        mut take: impl FnMut(&str, Vec<Item>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut parser = serde_json::Deserializer::from_slice(line);
        let read = Lists { place: self, take: &mut take }.deserialize(&mut parser);
        read.and_then(|()| parser.end()).map_err(|error| {
            let message = error.to_string();
            let message = plain_words(&message);
            let message = message.split(" (line 1").next().unwrap_or_default();
            format!("{} is not the list of a user: {message}", quoted(line))
        })
    }
}

pub(super) fn read(
    path: &Path,
    mut source: Opened<'_>,
    options: &ReadOptions,
    start: Start<'_>,
    place: &Place,
) -> Result<Found, Error> {
    let (mut block, mut number) = (Vec::new(), 0);
    source.block(path, &mut block)?;
    let mut scored = None;
    for line in block.split(|&b| b == b'\n') {
        // Errors are told when the line is read.
        let _ = place.each(line, |_, items| {
            let is_empty = items.is_empty();
            let is_scored = items.into_iter().any(|item| item.parts().1.is_some());
            scored = scored.or((!is_empty).then_some(is_scored));
            Ok(())
        });
        if scored.is_some() {
            break;
        }
    }
    let scored = scored == Some(true);
    let columns = Columns {
        user: 0,
        item: 1,
        value: scored.then_some(2),
        names: Some(place.names().to_vec()),
        ..Columns::default()
    };
    let mut rows = start.rows(&columns, options);
    while !block.is_empty() {
        for line in block.split_inclusive(|&b| b == b'\n') {
            number += 1;
            crate::watch::check();
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            place
                .each(line, |user, items| push(user, items, scored, &mut rows))
                .map_err(|message| Error::data(path, Some(number), message))?;
        }
        source.block(path, &mut block)?;
    }
    Ok(Found { compression: source.compression, ..Found::new(Format::JsonLines, columns, rows) })
}

/// Appends the list of a user.
fn push(user: &str, items: Vec<Item>, scored: bool, rows: &mut Rows) -> Result<(), String> {
    for item in items {
        let (item, score) = item.parts();
        let score = score.filter(|score| !score.is_nan());
        if !scored && score.is_some() {
            return Err("some items have scores, but those of the first list have none".into());
        }
        let Entry::Text(item) = item else {
            return Err("items must be text or whole numbers".into());
        };
        let value = scored.then(|| score.ok_or(Skip::Missing));
        let Some(value) = rows.tally.value(value, None)? else { continue };
        rows.push_valued(user.as_bytes(), item.as_bytes(), value)?;
    }
    Ok(())
}

/// Collects the keys of an object, and whether their values are lists, even if the text is cut.
struct Keys(Vec<(String, bool)>);

impl<'de> Visitor<'de> for &mut Keys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key()? {
            self.0.push((key, false));
            let (_, is_list) = self.0.last_mut().expect("it was added");
            map.next_value_seed(IsList(is_list))?;
        }
        Ok(())
    }
}

/// Sets whether a value is a list as soon as it begins.
struct IsList<'a>(&'a mut bool);

impl<'de> DeserializeSeed<'de> for IsList<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for IsList<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        *self.0 = true;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// Reads the lists of an object, and gives each to `take`.
struct Lists<'a, T> {
    place: &'a Place,
    take: &'a mut T,
}

impl<'de, T> DeserializeSeed<'de> for Lists<'_, T>
where
    T: FnMut(&str, Vec<Item>) -> Result<(), String>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_map(self)
    }
}

impl<'de, T> Visitor<'de> for Lists<'_, T>
where
    T: FnMut(&str, Vec<Item>) -> Result<(), String>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut user, mut items) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match self.place {
                Place::ByUser => {
                    let items = map.next_value()?;
                    (self.take)(&key, items).map_err(A::Error::custom)?;
                }
                Place::Keys(of, _) if *of == key => user = Some(map.next_value::<Entry>()?),
                Place::Keys(_, list) if *list == key => items = Some(map.next_value()?),
                Place::Keys(..) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match (self.place, user, items) {
            (Place::ByUser, ..) => Ok(()),
            (_, Some(Entry::Text(user)), Some(items)) => {
                (self.take)(&user, items).map_err(A::Error::custom)
            }
            (Place::Keys(user, _), None | Some(Entry::Nothing), _) => {
                Err(A::Error::custom(format_args!("there is no `{}`", shown(user.as_bytes()))))
            }
            (Place::Keys(_, list), _, None) => {
                Err(A::Error::custom(format_args!("there is no `{}`", shown(list.as_bytes()))))
            }
            _ => Err(A::Error::custom("users must be text or whole numbers")),
        }
    }
}
