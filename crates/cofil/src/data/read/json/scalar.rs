//! A JSON value, without what is nested in it.

use super::FEW;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::borrow::Cow;
use std::fmt;

/// A JSON value as used in a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Integer(i128),
    Float(f64),
    Text(Cow<'a, str>),
    Truth(bool),
    /// A list, which a table cannot use, with the first keys of the first object in it.
    List(Vec<String>),
    /// An object, with the first of its keys.
    Object(Vec<String>),
}

impl Scalar<'_> {
    /// Returns the keys of an object, or of the objects of a list, and what marks such a list in a path.
    pub fn inner(&self) -> Option<(&'static str, Vec<String>)> {
        match self {
            Self::Object(keys) => Some(("", keys.clone())),
            Self::List(keys) if !keys.is_empty() => Some(("[]", keys.clone())),
            _ => None,
        }
    }

    /// Says what a value is that a table cannot use.
    pub fn what(&self) -> &'static str {
        if matches!(self, Self::Object(_)) { "an object" } else { "a list" }
    }
}

/// Deserializes a key; it is copied only if it contains escapes.
pub(super) struct KeySeed;

impl<'l> DeserializeSeed<'l> for KeySeed {
    type Value = Cow<'l, str>;

    fn deserialize<D: Deserializer<'l>>(self, parser: D) -> Result<Self::Value, D::Error> {
        match parser.deserialize_str(ScalarSeed)? {
            Scalar::Text(text) => Ok(text),
            _ => Err(D::Error::custom("a key is not text")),
        }
    }
}

pub(super) struct ScalarSeed;

impl<'l> DeserializeSeed<'l> for ScalarSeed {
    type Value = Scalar<'l>;

    fn deserialize<D: Deserializer<'l>>(self, parser: D) -> Result<Self::Value, D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'l> Visitor<'l> for ScalarSeed {
    type Value = Scalar<'l>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a text")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Truth(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'l str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value.into())))
    }

    fn visit_seq<A: SeqAccess<'l>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let first = list.next_element_seed(ScalarSeed)?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::List(match first {
            Some(Scalar::Object(keys)) => keys,
            _ => Vec::new(),
        }))
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut first = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            if first.len() < FEW {
                first.push(key.into_owned());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(Scalar::Object(first))
    }
}
