//! The rows of an Arrow record batch, whatever the types of its columns.

use super::columns::{Columns, Looks};
use super::field::{Rules, Skip, Stamp, integral};
use super::names::Names;
use super::nested::{entries, is_text};
use super::rows::Rows;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int64Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, LargeStringArray, RecordBatch, UInt64Array,
};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use std::fmt::Write as _;

/// Values looked at to tell what a column holds.
pub(super) const SAMPLE: usize = 100;

/// What a column holds, by its type and its first values.
pub(super) fn looks(column: &ArrayRef) -> Looks {
    if let Some(entries) = entries(column) {
        return looks(&entries.slice(0, entries.len().min(SAMPLE)));
    }
    match column.data_type() {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Looks::Time,
        kind if kind.is_numeric() || is_text(kind) => match cast(column, &DataType::LargeUtf8) {
            Ok(texts) => Looks::of(texts.as_string::<i64>().iter().flatten().map(str::as_bytes)),
            Err(_) => Looks::Text,
        },
        _ => Looks::Text,
    }
}

fn convert(column: &ArrayRef, kind: &DataType) -> Result<ArrayRef, String> {
    cast(column, kind).map_err(|error| format!("a column cannot be read as {kind}: {error}"))
}

/// Appends the rows of `batch`; tells whether the type of the time column says what it holds.
pub(super) fn read_batch(
    batch: &RecordBatch,
    columns: &Columns,
    rules: &Rules<'_>,
    rows: &mut Rows,
) -> Result<bool, String> {
    let before = rows.tally.rows;
    let column = |index: usize| batch.column(index);
    let user = Ids::new(column(columns.user), "user")?;
    let item = Ids::new(column(columns.item), "item")?;
    let value = columns.value.map(|c| Values::new(column(c), rules)).transpose()?;
    let time = columns.time.map(|c| Times::new(column(c), rules)).transpose()?;
    let kind = columns.kind.map(|c| Ids::new(column(c), &rules.kind_name)).transpose()?;
    let mut kind_text = String::new();
    if matches!(user, Ids::Texts(_)) {
        rows.users.set_text();
    }
    if matches!(item, Ids::Texts(_)) {
        rows.items.set_text();
    }
    for at in 0..batch.num_rows() {
        let bad = |message: String| format!("row {}: {message}", before + at as u64 + 1);
        let number = value.as_ref().map(|v| v.get(at, rules)).transpose().map_err(bad)?;
        let weight = match &kind {
            Some(kind) => {
                Some(rules.weight(kind.get(at, &mut kind_text).map_err(bad)?).map_err(bad)?)
            }
            None => None,
        };
        let Some(value) = rows.tally.value(number, weight).map_err(bad)? else { continue };
        let time = match &time {
            Some(time) => rows.tally.time(time.get(at, rules).map_err(bad)?),
            None => Stamp::Empty,
        };
        let user = user.number(at, &mut rows.users).map_err(|e| bad(format!("user {e}")))?;
        let item = item.number(at, &mut rows.items).map_err(|e| bad(format!("item {e}")))?;
        rows.push_numbered(user, item, value, time);
    }
    Ok(time.is_some_and(|time| matches!(time, Times::Typed(..))))
}

/// Ids of users, items or types of events.
pub(super) enum Ids {
    Integers(Int64Array),
    Naturals(UInt64Array),
    /// What writers make of integers when some are missing.
    Floats(Float64Array),
    Texts(LargeStringArray),
}

impl Ids {
    pub fn new(column: &ArrayRef, role: &str) -> Result<Self, String> {
        Ok(match column.data_type() {
            DataType::Dictionary(_, kind) if !is_text(kind) => {
                return Self::new(&convert(column, kind)?, role);
            }
            DataType::UInt64 => Self::Naturals(column.as_primitive::<UInt64Type>().clone()),
            kind if kind.is_integer() => Self::Integers(
                convert(column, &DataType::Int64)?.as_primitive::<Int64Type>().clone(),
            ),
            kind if kind.is_floating() => Self::Floats(
                convert(column, &DataType::Float64)?.as_primitive::<Float64Type>().clone(),
            ),
            kind if is_text(kind) => {
                Self::Texts(convert(column, &DataType::LargeUtf8)?.as_string::<i64>().clone())
            }
            kind => {
                return Err(format!(
                    "the {role} column has type {kind}; ids are texts or integers"
                ));
            }
        })
    }

    /// The number of the id in row `at`.
    #[inline]
    fn number(&self, at: usize, names: &mut Names) -> Result<u32, String> {
        let number = match self {
            Self::Integers(ids) if ids.is_valid(at) => names.insert_integer(ids.value(at)),
            Self::Naturals(ids) if ids.is_valid(at) => match i64::try_from(ids.value(at)) {
                Ok(id) => names.insert_integer(id),
                Err(_) => names.insert(ids.value(at).to_string().as_bytes()),
            },
            Self::Floats(ids) if ids.is_valid(at) => match integral(ids.value(at)) {
                Some(id) => names.insert_integer(id),
                None => return Err(not_an_id(ids.value(at))),
            },
            Self::Texts(ids) if ids.is_valid(at) => names.insert(ids.value(at).as_bytes()),
            _ => names.insert(b""),
        };
        number.map_err(|e| e.0)
    }

    /// The id in row `at`, written to `text` if it is a number; empty where there is none.
    fn get<'a>(&'a self, at: usize, text: &'a mut String) -> Result<&'a [u8], String> {
        text.clear();
        let done = match self {
            Self::Integers(ids) if ids.is_valid(at) => write!(text, "{}", ids.value(at)),
            Self::Naturals(ids) if ids.is_valid(at) => write!(text, "{}", ids.value(at)),
            Self::Floats(ids) if ids.is_valid(at) => match integral(ids.value(at)) {
                Some(id) => write!(text, "{id}"),
                None => return Err(not_an_id(ids.value(at))),
            },
            Self::Texts(ids) if ids.is_valid(at) => return Ok(ids.value(at).as_bytes()),
            _ => Ok(()),
        };
        done.expect("memory takes text");
        Ok(text.as_bytes())
    }
}

fn not_an_id(id: f64) -> String {
    format!("{id} is no id; ids are texts or whole numbers")
}

/// Values, as the column has them.
enum Values {
    Numbers(arrow_array::Float32Array),
    Texts(LargeStringArray),
}

impl Values {
    fn new(column: &ArrayRef, rules: &Rules<'_>) -> Result<Self, String> {
        match column.data_type() {
            kind if kind.is_numeric() => Ok(Self::Numbers(
                convert(column, &DataType::Float32)?.as_primitive::<Float32Type>().clone(),
            )),
            kind if is_text(kind) => {
                Ok(Self::Texts(convert(column, &DataType::LargeUtf8)?.as_string::<i64>().clone()))
            }
            kind => Err(format!("column {} has type {kind}, not numbers", rules.value_name)),
        }
    }

    fn get(&self, at: usize, rules: &Rules<'_>) -> Result<Result<f32, Skip>, String> {
        match self {
            Self::Numbers(values) if values.is_valid(at) => {
                let value = values.value(at);
                rules.checked(value, || value.to_string())
            }
            Self::Texts(values) if values.is_valid(at) => rules.value(values.value(at).as_bytes()),
            _ => rules.value(b""),
        }
    }
}

/// Times, as the column has them.
enum Times {
    /// With the number of ticks in a second.
    Typed(Int64Array, i64),
    Numbers(Int64Array),
    Texts(LargeStringArray),
}

impl Times {
    fn new(column: &ArrayRef, rules: &Rules<'_>) -> Result<Self, String> {
        let numbers = |column: &ArrayRef| {
            Ok::<_, String>(convert(column, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
        };
        match column.data_type() {
            DataType::Timestamp(unit, _) => {
                let per_second = match unit {
                    TimeUnit::Second => 1,
                    TimeUnit::Millisecond => 1_000,
                    TimeUnit::Microsecond => 1_000_000,
                    TimeUnit::Nanosecond => 1_000_000_000,
                };
                Ok(Self::Typed(numbers(column)?, per_second))
            }
            DataType::Date32 | DataType::Date64 => {
                Ok(Self::Typed(numbers(&convert(column, &DataType::Date64)?)?, 1_000))
            }
            kind if kind.is_numeric() => Ok(Self::Numbers(numbers(column)?)),
            kind if is_text(kind) => {
                Ok(Self::Texts(convert(column, &DataType::LargeUtf8)?.as_string::<i64>().clone()))
            }
            kind => Err(format!("column {} has type {kind}, not times", rules.time_name)),
        }
    }

    fn get(&self, at: usize, rules: &Rules<'_>) -> Result<Stamp, String> {
        Ok(match self {
            Self::Typed(times, ticks) if times.is_valid(at) => {
                Stamp::Seconds(times.value(at).div_euclid(*ticks))
            }
            Self::Numbers(times) if times.is_valid(at) => Stamp::Number(times.value(at)),
            Self::Texts(times) if times.is_valid(at) => {
                return rules.time(times.value(at).as_bytes());
            }
            _ => Stamp::Empty,
        })
    }
}

/// Numbers the names of lists that refer to a dictionary, in its order: a file that was written
/// from numbered names gives each its number again.
pub(super) fn number_names(
    batch: &RecordBatch,
    columns: &Columns,
    rows: &mut Rows,
) -> Result<(), String> {
    for (column, names) in [(columns.user, &mut rows.users), (columns.item, &mut rows.items)] {
        let Some(entries) = entries(batch.column(column)) else { continue };
        let DataType::Dictionary(_, kind) = entries.data_type() else { continue };
        let words = entries.as_any_dictionary().values();
        if kind.is_integer() {
            let Ids::Integers(ids) = Ids::new(words, "id")? else { continue };
            for id in ids.iter().flatten() {
                names.insert_integer(id).map_err(|e| e.0)?;
            }
            continue;
        }
        if !is_text(kind) {
            continue;
        }
        let words = cast(words, &DataType::LargeUtf8).map_err(|e| e.to_string())?;
        for word in words.as_string::<i64>().iter().flatten().filter(|word| !word.is_empty()) {
            names.insert(word.as_bytes()).map_err(|e| e.0)?;
        }
    }
    Ok(())
}
