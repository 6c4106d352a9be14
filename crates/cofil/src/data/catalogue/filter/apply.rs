//! Applying a filter to items.

use super::{Comparison, Condition, Filter, Literal};
use crate::data::IdMap;
use crate::data::catalogue::{Attribute, Catalogue, Values};
use crate::error::{Error, Result};
use std::cmp::Ordering;

impl Filter {
    /// Checks that a filter fits the columns of `catalogue`.
    ///
    /// # Errors
    /// If a column is unknown, or is compared with a value of another kind.
    pub fn check(&self, catalogue: &Catalogue) -> Result<()> {
        Test::new(&self.0, catalogue).map(|_| ())
    }
}

impl Catalogue {
    /// Returns the numbers of those `items` that match `filter`, in ascending order. Items without a row in the
    /// catalogue never match.
    ///
    /// # Errors
    /// See [`Filter::check`].
    pub fn matching(&self, filter: &Filter, items: &IdMap) -> Result<Vec<u32>> {
        let test = Test::new(&filter.0, self)?;
        let matches = |name: &str| self.row(name).is_some_and(|row| test.holds(row));
        Ok((0u32..).zip(items.names()).filter(|(_, name)| matches(name)).map(|(i, _)| i).collect())
    }
}

/// A condition with its columns resolved. Comparisons with texts are evaluated once per distinct text.
enum Test<'a> {
    Or(Vec<Test<'a>>),
    And(Vec<Test<'a>>),
    Not(Box<Test<'a>>),
    Numbers(&'a [f64], Box<dyn Fn(f64) -> bool + 'a>),
    /// Whether each text satisfies the comparison.
    Texts(&'a Values, Vec<bool>),
    /// Whether each entry is one of the given texts, and whether the comparison is negated.
    Lists(&'a Values, Vec<bool>, bool),
    Ids(Box<dyn Fn(&str) -> bool + 'a>, &'a IdMap),
    Null(&'a Values, bool),
    Always(bool),
}

impl<'a> Test<'a> {
    fn new(condition: &'a Condition, catalogue: &'a Catalogue) -> Result<Self> {
        let tests = |parts: &'a [Condition]| -> Result<Vec<Self>> {
            parts.iter().map(|part| Self::new(part, catalogue)).collect()
        };
        match condition {
            Condition::Or(parts) => Ok(Self::Or(tests(parts)?)),
            Condition::And(parts) => Ok(Self::And(tests(parts)?)),
            Condition::Not(part) => Ok(Self::Not(Box::new(Self::new(part, catalogue)?))),
            Condition::Null(column, there) => Ok(match Meant::find(column, catalogue)? {
                Meant::Id => Self::Always(*there),
                Meant::Attribute(attribute) => Self::Null(attribute.values(), *there),
            }),
            Condition::Compare(column, comparison, value) => {
                let meant = Meant::find(column, catalogue)?;
                Self::comparing(column, meant, *comparison, std::slice::from_ref(value), catalogue)
            }
            Condition::In(column, negated, values) => {
                let meant = Meant::find(column, catalogue)?;
                let comparison = if *negated { Comparison::Unequal } else { Comparison::Equal };
                Self::comparing(column, meant, comparison, values, catalogue)
            }
        }
    }

    /// Compares with a value, or with several: `=` matches any of them, `!=` none.
    fn comparing(
        column: &str,
        meant: Meant<'a>,
        comparison: Comparison,
        values: &'a [Literal],
        catalogue: &'a Catalogue,
    ) -> Result<Self> {
        let wrong = |holds: &str, found: &Literal| {
            let remedy = match found {
                Literal::Number(number) => format!("text in quotes, such as '{number}'"),
                Literal::Text(_) => "a number, such as 1990".into(),
            };
            let message =
                format!("column `{column}` holds {holds}; compare it with {remedy}, not {found}");
            Err(Error::setting("filter", message))
        };
        let values_of = match &meant {
            Meant::Attribute(attribute) => Some(attribute.values()),
            Meant::Id => None,
        };
        if let Some(Values::Numbers(column)) = values_of {
            let mut numbers = Vec::with_capacity(values.len());
            for value in values {
                match value {
                    Literal::Number(number) => numbers.push(*number),
                    Literal::Text(_) => return wrong("numbers", value),
                }
            }
            numbers.sort_by(order_of);
            let test =
                move |x: f64| !x.is_nan() && meets(comparison, |y: &f64| order_of(&x, y), &numbers);
            return Ok(Self::Numbers(column, Box::new(test)));
        }
        let holds = match values_of {
            Some(Values::Lists { .. }) => "lists of texts",
            _ => "text",
        };
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            match value {
                Literal::Text(text) => texts.push(text.as_str()),
                Literal::Number(_) => return wrong(holds, value),
            }
        }
        texts.sort_unstable();
        let order = |word: &'a str| move |text: &&str| word.cmp(*text);
        match values_of {
            Some(values @ Values::Lists { words, .. }) => {
                if !matches!(comparison, Comparison::Equal | Comparison::Unequal) {
                    let sign = comparison.sign();
                    let message = format!(
                        "column `{column}` holds lists of texts, which have no order for `{sign}`; compare them with =, != and in"
                    );
                    return Err(Error::setting("filter", message));
                }
                let is_meant = |word| meets(Comparison::Equal, order(word), &texts);
                let meant = words.names().map(is_meant).collect();
                Ok(Self::Lists(values, meant, comparison == Comparison::Unequal))
            }
            Some(values @ Values::Texts { words, .. }) => {
                let holds = words.names().map(|word| meets(comparison, order(word), &texts));
                Ok(Self::Texts(values, holds.collect()))
            }
            _ => {
                let test = move |id: &str| meets(comparison, |text: &&str| id.cmp(*text), &texts);
                Ok(Self::Ids(Box::new(test), catalogue.ids()))
            }
        }
    }

    fn holds(&self, row: u32) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.holds(row)),
            Self::And(parts) => parts.iter().all(|part| part.holds(row)),
            Self::Not(part) => !part.holds(row),
            Self::Numbers(numbers, test) => test(numbers[row as usize]),
            Self::Texts(values, holds) => {
                values.codes(row).iter().any(|&code| holds[code as usize])
            }
            Self::Lists(values, meant, negated) => {
                let codes = values.codes(row);
                !codes.is_empty() && codes.iter().any(|&code| meant[code as usize]) != *negated
            }
            Self::Ids(test, ids) => test(ids.name(row)),
            Self::Null(values, there) => values.is_missing(row) != *there,
            Self::Always(holds) => *holds,
        }
    }
}

/// Orders numbers that are not NaN. Zeros of both signs are equal.
fn order_of(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b).expect("neither is NaN")
}

/// Returns whether a value satisfies `comparison`, given its `order` relative to others: equal to one of `others`
/// (which are ascending), or to none. Comparisons by order have a single other value.
fn meets<T>(comparison: Comparison, order: impl Fn(&T) -> Ordering, others: &[T]) -> bool {
    let is_among = || others.binary_search_by(|other| order(other).reverse()).is_ok();
    match comparison {
        Comparison::Equal => is_among(),
        Comparison::Unequal => !is_among(),
        Comparison::Less => others.iter().all(|other| order(other).is_lt()),
        Comparison::AtMost => others.iter().all(|other| order(other).is_le()),
        Comparison::Greater => others.iter().all(|other| order(other).is_gt()),
        Comparison::AtLeast => others.iter().all(|other| order(other).is_ge()),
    }
}

/// Resolution of a name in a filter.
enum Meant<'a> {
    Id,
    Attribute(&'a Attribute),
}

impl<'a> Meant<'a> {
    /// Finds a column by its name, ignoring case if there is no exact match.
    fn find(name: &str, catalogue: &'a Catalogue) -> Result<Self> {
        let is = |known: &str| known == name;
        let is_nearly = |known: &str| known.eq_ignore_ascii_case(name);
        let find = |is: &dyn Fn(&str) -> bool| {
            let attribute = catalogue.columns().iter().find(|column| is(column.name()));
            attribute.map(Self::Attribute).or_else(|| is(catalogue.id_name()).then_some(Self::Id))
        };
        find(&is).or_else(|| find(&is_nearly)).ok_or_else(|| {
            let names = catalogue.columns().iter().map(Attribute::name);
            Error::unknown("column", name, std::iter::once(catalogue.id_name()).chain(names))
        })
    }
}
