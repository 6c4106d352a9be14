//! Lists of items in JSON: a line for each user, or one object with the users as keys. The items are in order, or have
//! scores; or they are the keys of an object with scores, as in the runs of `ranx`.

use super::columns::Columns;
use super::field::{Skip, quoted, shown};
use super::found::Found;
use super::json::Entry;
use super::known::{means_item, means_user, plain};
use super::lists;
use super::rows::{Rows, Start};
use super::source::Opened;
use super::words::USER;
use super::{Format, ReadOptions};
use crate::data::prose::count;
use crate::error::{Error, plain_words};
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::collections::BTreeMap;
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

/// Names of items in the objects of a list.
const ITEM: &[&str] = &["item", "itemid", "id", "iid"];

/// An entry of a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Object(BTreeMap<String, Entry>),
    Pair(Entry, Option<f32>),
    Plain(Entry),
}

/// The keys of the objects in lists.
struct Fields {
    item: String,
    /// The score or rank.
    order: Option<String>,
    /// Keys that are not read.
    ignored: Vec<String>,
}

impl Fields {
    /// Finds the fields by their names.
    fn of(object: &BTreeMap<String, Entry>) -> Self {
        let keys: Vec<String> = object.keys().cloned().collect();
        let called = ITEM.iter().find_map(|name| keys.iter().find(|key| plain(key) == **name));
        let item = called.or_else(|| keys.iter().find(|key| means_item(key)));
        let item = item.cloned().unwrap_or_else(|| "item".into());
        let others: Vec<String> = keys.into_iter().filter(|key| *key != item).collect();
        let order = lists::best(&others);
        let ignored = others.into_iter().filter(|key| Some(key) != order.as_ref()).collect();
        Self { item, order, ignored }
    }
}

/// An item with its score or rank.
type Scored = (Entry, Option<f32>);

/// Returns the item of an entry and its score. Objects have them under the keys of `fields`, which are those of the first
/// object.
fn scored(entry: Item, fields: &mut Option<Fields>) -> Result<Scored, String> {
    let mut object = match entry {
        Item::Pair(item, score) => return Ok((item, score)),
        Item::Plain(item) => return Ok((item, None)),
        Item::Object(object) => object,
    };
    let fields = fields.get_or_insert_with(|| Fields::of(&object));
    let missing = || format!("an item has no `{}`", shown(fields.item.as_bytes()));
    let item = object.remove(&fields.item).ok_or_else(missing)?;
    let score = match fields.order.as_ref().and_then(|key| object.remove(key)) {
        None | Some(Entry::Nothing) => None,
        Some(Entry::Text(number)) => Some(number.parse().map_err(|_| "scores must be numbers")?),
        Some(_) => return Err("scores must be numbers".into()),
    };
    Ok((item, score))
}

/// Where the lists are in an object.
pub(super) enum Place {
    /// The keys of a user, of their list and, if they are in a list of their own, of the scores of its items.
    Keys(String, String, Option<String>),
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
                let scores: Vec<String> = keys
                    .iter()
                    .filter(|(key, is_list)| *is_list && lists::means_order(key))
                    .map(|(key, _)| key.clone())
                    .collect();
                let other = || {
                    let mut others =
                        keys.iter().filter(|(key, is_list)| *is_list && !scores.contains(key));
                    others.next().filter(|_| others.next().is_none())
                };
                let (list, _) = called.or_else(only).or_else(other)?;
                let scores: Vec<String> = scores.into_iter().filter(|key| key != list).collect();
                Some(Self::Keys(user.clone(), list.clone(), lists::best(&scores)))
            }
            None => (!keys.is_empty() && lists.count() == keys.len()).then_some(Self::ByUser),
        }
    }

    /// Returns the names of users, items and scores, for the report.
    fn names(&self, fields: Option<&Fields>) -> [String; 3] {
        let (user, items, scores) = match self {
            Self::Keys(user, items, scores) => (user.as_str(), items.as_str(), scores.as_deref()),
            Self::ByUser => ("key", "list", None),
        };
        let of_items = fields.and_then(|fields| fields.order.as_deref());
        [user, items, scores.or(of_items).unwrap_or("score")].map(String::from)
    }

    /// Calls `take` with each user in `line` and their list. `fields` are set by the first object in a list.
    fn each(
        &self,
        line: &[u8],
        fields: &mut Option<Fields>,
        mut take: impl FnMut(&str, Vec<Scored>, Option<Vec<f32>>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut parser = serde_json::Deserializer::from_slice(line);
        let read = Lists { place: self, fields, take: &mut take }.deserialize(&mut parser);
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
    // What the entries of the first list are.
    let (mut fields, mut first) = (None, None);
    for line in block.split(|&b| b == b'\n') {
        // Errors are told when the line is read.
        let _ = place.each(line, &mut fields, |_, items, scores| {
            if first.is_none() && !items.is_empty() {
                first = Some(scores.is_some() || items.iter().any(|(_, score)| score.is_some()));
            }
            Ok(())
        });
        if first.is_some() {
            break;
        }
    }
    let is_scored = first == Some(true);
    let ignored = fields.iter().flat_map(|fields| &fields.ignored);
    let ignored: Vec<String> = ignored.map(|key| format!("`{}`", shown(key.as_bytes()))).collect();
    let note = format!("ignored in the lists: {}", ignored.join(", "));
    let columns = Columns {
        user: 0,
        item: 1,
        value: is_scored.then_some(2),
        names: Some(place.names(fields.as_ref()).to_vec()),
        notes: if ignored.is_empty() { Vec::new() } else { vec![note] },
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
                .each(line, &mut fields, |user, items, scores| {
                    push(user, with(items, scores)?, is_scored, &mut rows)
                })
                .map_err(|message| Error::data(path, Some(number), message))?;
        }
        source.block(path, &mut block)?;
    }
    Ok(Found { compression: source.compression, ..Found::new(Format::JsonLines, columns, rows) })
}

/// Returns `items` with `scores` from a list of their own.
fn with(mut items: Vec<Scored>, scores: Option<Vec<f32>>) -> Result<Vec<Scored>, String> {
    let Some(scores) = scores else { return Ok(items) };
    if items.len() != scores.len() {
        return Err(format!("{} but {}", count(items.len(), "item"), count(scores.len(), "score")));
    }
    items.iter_mut().zip(scores).for_each(|(item, score)| item.1 = Some(score));
    Ok(items)
}

/// Appends the list of a user.
fn push(user: &str, items: Vec<Scored>, is_scored: bool, rows: &mut Rows) -> Result<(), String> {
    for (item, score) in items {
        let score = score.filter(|score| !score.is_nan());
        if !is_scored && score.is_some() {
            return Err("some items have scores, but those of the first list have none".into());
        }
        let Entry::Text(item) = item else {
            return Err("items must be text or whole numbers".into());
        };
        let value = is_scored.then(|| score.ok_or(Skip::Missing));
        let Some(value) = rows.tally.value(value, None)? else { continue };
        rows.push_valued(user.as_bytes(), item.as_bytes(), value)?;
    }
    Ok(())
}

/// Collects the keys of an object, and whether their values are lists of items, even if the text is cut.
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

    /// Items with scores are a list too.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let first = map.next_entry::<IgnoredAny, MayBeNumber>()?;
        *self.0 = matches!(first, Some((_, MayBeNumber::Number(score))) if score.is_finite());
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MayBeNumber {
    Number(f64),
    Other(IgnoredAny),
}

/// Reads the lists of an object, and gives each to `take`.
struct Lists<'a, T> {
    place: &'a Place,
    fields: &'a mut Option<Fields>,
    take: &'a mut T,
}

impl<'de, T> DeserializeSeed<'de> for Lists<'_, T>
where
    T: FnMut(&str, Vec<Scored>, Option<Vec<f32>>) -> Result<(), String>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_map(self)
    }
}

impl<'de, T> Visitor<'de> for Lists<'_, T>
where
    T: FnMut(&str, Vec<Scored>, Option<Vec<f32>>) -> Result<(), String>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut user, mut items, mut scores) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match self.place {
                Place::ByUser => {
                    let items = map.next_value_seed(Entries(self.fields))?;
                    (self.take)(&key, items, None).map_err(A::Error::custom)?;
                }
                Place::Keys(of, ..) if *of == key => user = Some(map.next_value::<Entry>()?),
                Place::Keys(_, list, _) if *list == key => {
                    items = Some(map.next_value_seed(Entries(self.fields))?);
                }
                Place::Keys(.., of) if of.as_ref() == Some(&key) => {
                    scores = Some(map.next_value()?)
                }
                Place::Keys(..) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match (self.place, user, items) {
            (Place::ByUser, ..) => Ok(()),
            (_, Some(Entry::Text(user)), Some(items)) => {
                (self.take)(&user, items, scores).map_err(A::Error::custom)
            }
            (Place::Keys(user, ..), None | Some(Entry::Nothing), _) => {
                Err(A::Error::custom(format_args!("there is no `{}`", shown(user.as_bytes()))))
            }
            (Place::Keys(_, list, _), _, None) => {
                Err(A::Error::custom(format_args!("there is no `{}`", shown(list.as_bytes()))))
            }
            _ => Err(A::Error::custom("users must be text or whole numbers")),
        }
    }
}

/// Reads a list entry by entry, so that its objects are never in memory together.
struct Entries<'a>(&'a mut Option<Fields>);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = Vec<Scored>;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Vec<Scored>, D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Vec<Scored>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Scored>, A::Error> {
        let mut items = Vec::new();
        while let Some((item, score)) = map.next_entry::<String, Option<f32>>()? {
            items.push((Entry::Text(item), score));
        }
        Ok(items)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Scored>, A::Error> {
        let mut items = Vec::new();
        while let Some(entry) = list.next_element::<Item>()? {
            items.push(scored(entry, self.0).map_err(A::Error::custom)?);
        }
        Ok(items)
    }
}
