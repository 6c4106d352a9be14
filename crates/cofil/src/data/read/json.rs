//! JSON lines: one object per line, with columns by key.

use super::chunks::Lines;
use super::columns::{Columns, WIDE};
use super::field::{EXACT, Rules, is_rounded, quoted, shown};
use super::limits;
use super::looks::{Looks, Seen};
use super::names::TO_SKIP;
use super::rows::{Row, Tally};
use super::search::GUESSED;
use super::stamp::Stamp;
use super::unread::{note_nested, shortened};
use super::{ReadOptions, field};
use crate::error::plain_words;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

mod entry;
mod lines;
mod scalar;
mod shape;

pub(super) use lines::{Lines as ObjectLines, needs_lines};

pub(super) use entry::Entry;
use scalar::{KeySeed, Scalar, ScalarSeed};

/// Number of lines examined to detect the content of the keys.
const SAMPLE: usize = 100;

/// Finds the columns among the keys of the first objects of `head`.
pub(super) fn sniff(head: &[u8], options: &ReadOptions) -> Result<Columns, (u64, String)> {
    let lines = || (1u64..).zip(head.split(|&b| b == b'\n'));
    let Some((at, first)) = lines().find(|(_, line)| !line.trim_ascii().is_empty()) else {
        return Err((1, "the file is empty; give one JSON object per line".into()));
    };
    let mut keys = object(first, &Everything).map_err(|message| (at, message))?;
    if let Some(message) = shape::foreign(first) {
        return Err((at, message));
    }
    if let Some(message) = shape::lists(&keys.order, |key| is_list(first, key)) {
        return Err((at, message));
    }
    // Objects may differ; errors in one are reported when it is read.
    let limit = limits::MOST_COLUMNS;
    let (mut objects, mut counts) = (0, HashMap::<String, usize>::new());
    for (_, line) in lines().take(SAMPLE) {
        let more = object(line, &Everything).map(|keys| keys.order).unwrap_or_default();
        objects += usize::from(!more.is_empty());
        for key in more {
            if keys.order.len() < limit && keys.known.insert(key.clone()) {
                keys.order.push(key.clone());
            }
            *counts.entry(key).or_default() += 1;
        }
    }
    let keys = keys.order;
    let first_values = |column: usize| {
        let wanted = Wanted { keys: [Some(keys[column].as_str()), None, None, None, None] };
        let found = lines().take(SAMPLE).filter_map(move |(_, line)| object(line, &wanted).ok());
        found.filter_map(|[value, ..]| value)
    };
    let looks = |column: usize| {
        if first_values(column).any(|value| value.inner().is_some()) {
            return Looks::Object.into();
        }
        let text = |value| match value {
            Scalar::Integer(n) => n.to_string().into_bytes(),
            Scalar::Float(x) => x.to_string().into_bytes(),
            Scalar::Text(text) => text.into_owned().into_bytes(),
            Scalar::Truth(truth) => u8::from(truth).to_string().into_bytes(),
            Scalar::List(_) => b"[]".to_vec(),
            Scalar::Null | Scalar::Object(_) => Vec::new(),
        };
        let values: Vec<Vec<u8>> = first_values(column).map(text).collect();
        Seen::of(values.iter().map(Vec::as_slice))
    };
    let nested = |columns: Option<&Columns>| {
        let is_unread = |key: &str| columns.is_none_or(|columns| !columns.uses(key));
        let all = keys.iter().enumerate().take(WIDE).filter(|(_, key)| is_unread(key));
        let inner = all.filter_map(|(column, key)| {
            first_values(column)
                .find_map(|value| Some((key.clone() + value.inner()?.0, value.inner()?.1)))
        });
        inner.collect::<Vec<(String, Vec<String>)>>()
    };
    const UP: &str = "move it up, as `jq -c '. + .KEY'` does";
    let mut columns =
        Columns::resolve(Some(keys.clone()), keys.len(), looks, options).map_err(|message| {
            match note_nested(&nested(None), UP).filter(|_| message.contains("column found")) {
                Some(note) => {
                    (at, format!("{message}; {}", note.replacen("ignored: ", "there are ", 1)))
                }
                None => (at, message),
            }
        })?;
    let unread = nested(Some(&columns));
    // The ids may be within the objects of a list.
    let is_guessed = columns.notes.iter().any(|note| note.starts_with(GUESSED));
    let is_typed = |inner: &[String]| inner.first().is_some_and(|key| key.starts_with('$'));
    let (typed, others): (Vec<_>, Vec<_>) = unread
        .into_iter()
        .filter(|(key, _)| is_guessed || !key.ends_with("[]"))
        .partition(|(_, inner)| is_typed(inner));
    columns.notes.extend(note_nested(&others, UP));
    // The export of MongoDB tells the types of values so.
    columns
        .notes
        .extend(note_nested(&typed, "put it in its place, as `jq -c '.KEY = .KEY[]'` does"));
    let call = |key: &str| format!("`{}`", shown(key.as_bytes()));
    let told = |key: &str| columns.notes.iter().any(|note| note.contains(&call(key)));
    let is_rare = |key: &&String| {
        counts.get(*key).is_some_and(|&count| count < objects) && !columns.uses(key) && !told(key)
    };
    let rare: Vec<String> = keys.iter().filter(is_rare).map(|key| call(key)).collect();
    if !rare.is_empty() {
        let rare = shortened(&rare);
        columns.notes.push(format!("ignored: keys that not all of the first lines have: {rare}"));
    }
    Ok(columns)
}

/// Returns whether the value of `key` in the object of a `line` is a list.
fn is_list(line: &[u8], key: &str) -> bool {
    let wanted = Wanted { keys: [Some(key), None, None, None, None] };
    matches!(object(line, &wanted), Ok([Some(Scalar::List(_)), ..]))
}

/// Reads the keys in use from objects.
pub(super) struct Objects<'a> {
    wanted: Reader<'a>,
    rules: &'a Rules<'a>,
}

/// Number of keys to report if they first occur after the examined lines.
const FEW: usize = 5;

/// Like [`Wanted`], and collects keys that the first objects do not have.
struct Reader<'a> {
    wanted: Wanted<'a>,
    /// The keys of the first objects, in order.
    order: &'a [String],
    known: HashSet<&'a str>,
    /// The alphabetically first of the other keys, so that they do not depend on the number of threads.
    later: Mutex<BTreeSet<String>>,
}

impl Reader<'_> {
    #[cold]
    fn note(&self, key: &str) {
        let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        later.insert(key.into());
        if later.len() > FEW {
            later.pop_last();
        }
    }
}

impl<'l> Take<'l> for Reader<'_> {
    type Taken = ([Option<Scalar<'l>>; 5], usize);

    fn take<A: MapAccess<'l>>(
        &self,
        key: &str,
        map: &mut A,
        taken: &mut Self::Taken,
    ) -> Result<(), A::Error> {
        // Most objects have the same keys in the same order.
        let place = taken.1;
        taken.1 += 1;
        let usual = self.order.get(place).is_some_and(|known| known == key);
        if !usual && !self.known.contains(key) {
            self.note(key);
        }
        self.wanted.take(key, map, &mut taken.0)
    }
}

impl<'a> Objects<'a> {
    pub fn new(columns: &'a Columns, rules: &'a Rules<'a>) -> Self {
        let key = |column: Option<usize>| {
            column.and_then(|c| columns.names.as_ref().map(|names| names[c].as_str()))
        };
        let keys = [
            key(Some(columns.user)),
            key(Some(columns.item)),
            key(columns.value),
            key(columns.time),
            key(columns.kind),
        ];
        let order = columns.names.as_deref().unwrap_or_default();
        let known = order.iter().map(String::as_str).collect();
        let wanted = Reader { wanted: Wanted { keys }, order, known, later: Mutex::default() };
        Self { wanted, rules }
    }

    /// Returns a note on keys that the first objects do not have.
    pub fn later(self) -> Option<String> {
        let later = self.wanted.later.into_inner().unwrap_or_else(PoisonError::into_inner);
        let named = later.iter().map(|key| format!("`{}`", shown(key.as_bytes())));
        let named = named.collect::<Vec<_>>().join(", ");
        let more = if later.len() == FEW { " …" } else { "" };
        (!later.is_empty())
            .then(|| format!("ignored: keys missing in the first {SAMPLE} lines: {named}{more}"))
    }

    fn id<'l>(&self, role: usize, value: Option<Scalar<'l>>) -> Result<Cow<'l, [u8]>, String> {
        let name = || shown(self.wanted.wanted.keys[role].unwrap_or_default().as_bytes());
        match value {
            Some(Scalar::Integer(n)) => Ok(n.to_string().into_bytes().into()),
            Some(Scalar::Text(Cow::Borrowed(text))) => Ok(text.as_bytes().into()),
            Some(Scalar::Text(Cow::Owned(text))) => Ok(text.into_bytes().into()),
            Some(Scalar::Float(x)) => match field::integral(x) {
                Some(n) => Ok(n.to_string().into_bytes().into()),
                None => Err(format!("`{}` is {x}; ids must be text or whole numbers", name())),
            },
            Some(Scalar::Truth(truth)) => {
                Err(format!("`{}` is {truth}; ids must be text or whole numbers", name()))
            }
            Some(Scalar::List(_)) => {
                Err(format!("`{}` is a list; ids must be text or whole numbers", name()))
            }
            Some(Scalar::Object(inner))
                if inner.first().is_some_and(|key| key.starts_with('$')) =>
            {
                Err(format!(
                    "`{0}` is an object; ids must be text or whole numbers: replace it by what is in it, as \
                     `jq -c '.{0} = .{0}[]'` does",
                    name()
                ))
            }
            Some(Scalar::Object(inner)) => Err(format!(
                "`{0}` is an object; ids must be text or whole numbers: put its id in its place, as \
                 `jq -c '.{0} = .{0}.{1}'` does",
                name(),
                inner
                    .iter()
                    .find(|key| *key == "id")
                    .or(inner.first())
                    .map_or("id", String::as_str)
            )),
            Some(Scalar::Null) => {
                Err(format!("`{}` is null; every line needs it{TO_SKIP}", name()))
            }
            None => {
                Err(format!("there is no `{}` in this line; every line needs it{TO_SKIP}", name()))
            }
        }
    }
}

impl Lines for Objects<'_> {
    fn row<'l>(&self, line: &'l [u8], tally: &mut Tally) -> Result<Option<Row<'l>>, String> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(None);
        }
        let ([user, item, value, time, kind], _) = object(line, &self.wanted)?;
        let rules = self.rules;
        let keys = &self.wanted.wanted.keys;
        let mut rounded = false;
        let value = match value {
            _ if keys[2].is_none() => None,
            Some(Scalar::Integer(n)) => {
                rounded = (n as f32) as i128 != n;
                Some(rules.checked(n as f32, || n.to_string())?)
            }
            Some(Scalar::Float(x)) => {
                let value = x as f32;
                rounded = value.abs() >= EXACT && f64::from(value) != x;
                Some(rules.checked(value, || x.to_string())?)
            }
            Some(Scalar::Truth(truth)) => {
                Some(rules.checked(f32::from(u8::from(truth)), || truth.to_string())?)
            }
            Some(Scalar::Text(text)) => {
                let value = rules.value(text.as_bytes())?;
                let wide = |value: &f32| {
                    value.abs() >= EXACT && is_rounded(text.as_bytes(), *value, rules.decimal_comma)
                };
                rounded = value.as_ref().is_ok_and(wide);
                Some(value)
            }
            Some(Scalar::Null) | None => Some(rules.value(b"")?),
            Some(other @ (Scalar::List(_) | Scalar::Object(_))) => {
                return Err(format!("{} is {}, not a number", rules.value_name, other.what()));
            }
        };
        let weight = match kind {
            _ if keys[4].is_none() => None,
            Some(Scalar::Text(text)) => Some(rules.weight(text.as_bytes())?),
            Some(Scalar::Integer(n)) => Some(rules.weight(n.to_string().as_bytes())?),
            Some(Scalar::Null) | None => Some(rules.weight(b"")?),
            Some(Scalar::Float(_)) => return Err(format!("{} is not a name", rules.kind_name)),
            Some(Scalar::Truth(truth)) => Some(rules.weight(truth.to_string().as_bytes())?),
            Some(other @ (Scalar::List(_) | Scalar::Object(_))) => {
                return Err(format!("{} is {}, not a name", rules.kind_name, other.what()));
            }
        };
        let before = tally.rounded;
        let Some(value) = tally.value(value, weight)? else { return Ok(None) };
        tally.rounded = tally.rounded.max(before + u64::from(rounded));
        let time = match time {
            _ if keys[3].is_none() => Stamp::Empty,
            Some(Scalar::Text(text)) => tally.written_time(text.as_bytes(), rules)?,
            Some(Scalar::Integer(n)) => tally.time(rules.time(n.to_string().as_bytes())?),
            Some(Scalar::Float(x)) => tally.time(rules.time(x.to_string().as_bytes())?),
            Some(Scalar::Null) | None => tally.time(Stamp::Empty),
            Some(Scalar::Truth(truth)) => {
                return Err(format!("{} is {truth}, not a time", rules.time_name));
            }
            Some(other @ (Scalar::List(_) | Scalar::Object(_))) => {
                return Err(format!("{} is {}, not a time", rules.time_name, other.what()));
            }
        };
        Ok(Some(Row { user: self.id(0, user)?, item: self.id(1, item)?, value, time }))
    }
}

/// The parts to take from an object.
trait Take<'l> {
    type Taken: Default;
    fn take<A: MapAccess<'l>>(
        &self,
        key: &str,
        map: &mut A,
        taken: &mut Self::Taken,
    ) -> Result<(), A::Error>;
}

/// Takes the values of up to five keys: user, item, value, time, type.
struct Wanted<'a> {
    keys: [Option<&'a str>; 5],
}

impl<'l> Take<'l> for Wanted<'_> {
    type Taken = [Option<Scalar<'l>>; 5];

    fn take<A: MapAccess<'l>>(
        &self,
        key: &str,
        map: &mut A,
        taken: &mut Self::Taken,
    ) -> Result<(), A::Error> {
        match self.keys.iter().position(|wanted| *wanted == Some(key)) {
            Some(role) if taken[role].is_some() => {
                return Err(A::Error::custom(format_args!(
                    "the key `{}` occurs twice",
                    shown(key.as_bytes())
                )));
            }
            Some(role) => taken[role] = Some(map.next_value_seed(ScalarSeed)?),
            None => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Takes all keys in order, each once.
struct Everything;

#[derive(Default)]
struct Keys {
    order: Vec<String>,
    known: HashSet<String>,
}

impl<'l> Take<'l> for Everything {
    type Taken = Keys;

    fn take<A: MapAccess<'l>>(
        &self,
        key: &str,
        map: &mut A,
        taken: &mut Self::Taken,
    ) -> Result<(), A::Error> {
        if taken.known.insert(key.into()) {
            taken.order.push(key.into());
        }
        limits::check_columns(taken.order.len()).map_err(A::Error::custom)?;
        map.next_value::<IgnoredAny>().map(|_| ())
    }
}

/// Returns the keys of the first object of `head`, if it is complete.
pub(super) fn keys(head: &[u8]) -> Option<Vec<String>> {
    let first = head.split(|&b| b == b'\n').find(|line| !line.trim_ascii().is_empty())?;
    object(first, &Everything).ok().map(|keys| keys.order)
}

/// Returns all keys with their values, in order; a key may occur twice.
pub(super) fn pairs(line: &[u8]) -> Result<Vec<(String, Entry)>, String> {
    object(line, &Pairs)
}

struct Pairs;

impl<'l> Take<'l> for Pairs {
    type Taken = Vec<(String, Entry)>;

    fn take<A: MapAccess<'l>>(
        &self,
        key: &str,
        map: &mut A,
        taken: &mut Self::Taken,
    ) -> Result<(), A::Error> {
        limits::check_columns(taken.len() + 1).map_err(A::Error::custom)?;
        taken.push((key.into(), map.next_value()?));
        Ok(())
    }
}

/// Parses `line` as one object.
fn object<'l, T: Take<'l>>(line: &'l [u8], take: &T) -> Result<T::Taken, String> {
    let mut parser = serde_json::Deserializer::from_slice(line);
    let taken = ObjectSeed { take }.deserialize(&mut parser);
    taken.and_then(|taken| parser.end().map(|()| taken)).map_err(|error| {
        let message = error.to_string();
        let message = plain_words(&message);
        let message = message.split(" (line 1").next().unwrap_or_default();
        if [&b"{'"[..], b"{u'"].iter().any(|begin| line.trim_ascii_start().starts_with(begin)) {
            return format!(
                "{} is an object of Python, not JSON; write it with `json.dumps`, after `ast.literal_eval` if it is text",
                quoted(line)
            );
        }
        format!("{} is not a JSON object: {message} at column {}", quoted(line), error.column())
    })
}

struct ObjectSeed<'t, T> {
    take: &'t T,
}

impl<'l, T: Take<'l>> DeserializeSeed<'l> for ObjectSeed<'_, T> {
    type Value = T::Taken;

    fn deserialize<D: Deserializer<'l>>(self, parser: D) -> Result<Self::Value, D::Error> {
        parser.deserialize_map(self)
    }
}

impl<'l, T: Take<'l>> Visitor<'l> for ObjectSeed<'_, T> {
    type Value = T::Taken;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object such as {\"user\": 1, \"item\": \"a\"}")
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut taken = T::Taken::default();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            self.take.take(&key, &mut map, &mut taken)?;
        }
        Ok(taken)
    }
}
