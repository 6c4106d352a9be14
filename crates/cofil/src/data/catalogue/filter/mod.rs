//! Filters on item attributes, such as `genre = 'Comedy' and year >= 1990`.
//!
//! The grammar, from lowest to highest precedence; keywords in any case:
//!
//! ```text
//! filter     = all { "or" all }
//! all        = one { "and" one }
//! one        = "not" one | "(" filter ")" | comparison
//! comparison = column ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
//!            | column [ "not" ] "in" "(" value { "," value } ")"
//!            | column "is" [ "not" ] "null"
//! column     = a word, or any name in backticks: `release date`
//! value      = a number, or text in single or double quotes
//! ```
//!
//! Inside quotes, a quotation mark is written twice. The parser is hand-written because the grammar is small; its
//! messages say what was expected and where.

mod apply;
mod parse;
mod token;

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use token::is_word;

/// A condition on the attributes of an item.
///
/// - A column of lists (`Animation|Comedy`) is `=` a text, or `in` several, if any entry is. `!=` and `not in` hold
///   if no entry is.
/// - If the value is missing, every comparison is false, including `!=` and `not in`; test for it with `is null`.
///   `not` negates a comparison, so `not year = 1990` is true if the year is missing.
/// - Numbers are compared with numbers, text with text, by the order of its characters (ISO 8601 dates sort
///   correctly).
///
/// ```
/// use cofil::data::catalogue::Filter;
///
/// let filter: Filter = "genre = \"Comedy\" and (year >= 1990 or year is null)".parse()?;
/// assert_eq!(filter.to_string(), "genre = 'Comedy' and (year >= 1990 or year is null)");
/// # Ok::<(), cofil::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Filter(Condition);

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    /// At least two conditions.
    Or(Vec<Condition>),
    /// At least two conditions.
    And(Vec<Condition>),
    Not(Box<Condition>),
    Compare(String, Comparison, Literal),
    /// Column, whether the condition is negated, and at least one value.
    In(String, bool, Vec<Literal>),
    /// Column, and whether it must have a value.
    Null(String, bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    /// Finite.
    Number(f64),
    Text(String),
}

impl Filter {
    /// Parses a filter.
    ///
    /// # Errors
    /// If `text` is not a filter. The error says where, and what was expected.
    pub fn parse(text: &str) -> Result<Self> {
        let condition = parse::parse(text).map_err(|bad| {
            Error::setting("filter", format!("at position {}: {}", bad.position, bad.message))
        });
        condition.map(Self)
    }
}

impl FromStr for Filter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Filter {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> Self {
        filter.to_string()
    }
}

/// Writes the filter so that it can be parsed again.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(parts) => joined(f, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::And(parts) => {
                joined(f, parts, " and ", |part| matches!(part, Self::Or(_) | Self::And(_)))
            }
            Self::Not(part) => {
                f.write_str("not ")?;
                enclosed(f, part, matches!(**part, Self::Or(_) | Self::And(_)))
            }
            Self::Compare(column, comparison, value) => {
                write!(f, "{} {} {value}", Name(column), comparison.sign())
            }
            Self::In(column, negated, values) => {
                let not = if *negated { "not " } else { "" };
                write!(f, "{} {not}in (", Name(column))?;
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            Self::Null(column, there) => {
                write!(f, "{} is {}null", Name(column), if *there { "not " } else { "" })
            }
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Condition],
    word: &str,
    is_looser: impl Fn(&Condition) -> bool,
) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        f.write_str(if at > 0 { word } else { "" })?;
        enclosed(f, part, is_looser(part))?;
    }
    Ok(())
}

fn enclosed(f: &mut fmt::Formatter<'_>, part: &Condition, enclosed: bool) -> fmt::Result {
    match enclosed {
        true => write!(f, "({part})"),
        false => write!(f, "{part}"),
    }
}

impl Comparison {
    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        }
    }
}

/// A column name as the grammar writes it.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match is_word(self.0) {
            true => f.write_str(self.0),
            false => write!(f, "`{}`", self.0.replace('`', "``")),
        }
    }
}

#[cfg(test)]
mod tests;
