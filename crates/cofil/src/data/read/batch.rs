//! Rows of an Arrow record batch, for all supported column types.

use super::columns::Columns;
use super::convert::{
    Repeated, Texts, entries, floats, integers, is_bytes, is_text, ticks, unpacked, whole_decimals,
    words,
};
use super::field::{EXACT, Rules, Skip, integral, is_rounded};
use super::looks::{Looks, Seen};
use super::names::{self, Names};
use super::rows::{Rows, Tally};
use super::stamp::Stamp;
use crate::data::IdKind;
use crate::math::parallel;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{
    Array, ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, UInt64Array,
};
use arrow_schema::DataType;
use std::fmt::{Display, Write as _};

/// Number of values examined to detect the content of a column.
pub(super) const SAMPLE: usize = 100;

/// Detects the content of a column from its type and its first values.
pub(super) fn looks(column: &ArrayRef) -> Seen {
    if let Some(entries) = entries(column) {
        return looks(&entries.slice(0, entries.len().min(SAMPLE)));
    }
    match column.data_type() {
        DataType::Dictionary(_, values) if !is_text(values) => {
            unpacked(column).map_or(Looks::Text.into(), |column| looks(&column))
        }
        DataType::Null => Looks::Empty.into(),
        DataType::Struct(_) => Looks::Object.into(),
        DataType::Boolean => Looks::Number.into(),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Looks::Date.into(),
        kind if kind.is_numeric() || is_text(kind) || is_bytes(kind) => match words(column) {
            Ok(Some(words)) => {
                let words: Vec<&[u8]> = words.iter().map(str::as_bytes).collect();
                Seen::of(words.iter().copied())
            }
            _ => Looks::Text.into(),
        },
        _ => Looks::Text.into(),
    }
}

/// Appends the rows of `batch`; returns whether the time column has a time type.
pub(super) fn read_batch(
    batch: &RecordBatch,
    columns: &Columns,
    rules: &Rules<'_>,
    rows: &mut Rows,
) -> Result<bool, String> {
    let fields = Fields::new(batch, columns, rules)?;
    let column = |index: usize| batch.column(index);
    rows.users.set_kind(id_kind(&fields.user, column(columns.user)));
    rows.items.set_kind(id_kind(&fields.item, column(columns.item)));
    let (tally, length) = (rows.tally, rows.user.len());
    if rows.skipped.allowed > 0 || fields.append_columns(rules, rows).is_err() {
        // Row by row, to skip those with errors or to name the first.
        rows.shorten(length);
        rows.tally = tally;
        fields.append_rows(rules, rows)?;
    }
    Ok(matches!(fields.time, Some(Times::Typed(..))))
}

/// The used columns of a batch.
struct Fields {
    user: Ids,
    item: Ids,
    value: Option<Values>,
    time: Option<Times>,
    kind: Option<Ids>,
    rows: usize,
}

impl Fields {
    fn new(batch: &RecordBatch, columns: &Columns, rules: &Rules<'_>) -> Result<Self, String> {
        let column = |index: usize| batch.column(index);
        Ok(Self {
            user: Ids::new(column(columns.user), "user")?,
            item: Ids::new(column(columns.item), "item")?,
            value: columns.value.map(|c| Values::new(column(c), rules)).transpose()?,
            time: columns.time.map(|c| Times::new(column(c), rules)).transpose()?,
            kind: columns.kind.map(|c| Ids::new(column(c), &rules.kind_name)).transpose()?,
            rows: batch.num_rows(),
        })
    }

    /// Returns value and time of row `at` after counting it; `None` if the row is left out.
    #[inline]
    fn kept(
        &self,
        at: usize,
        rules: &Rules<'_>,
        tally: &mut Tally,
        text: &mut String,
    ) -> Result<Option<(f32, Stamp)>, String> {
        let number = self.value.as_ref().map(|v| v.get(at, rules)).transpose()?;
        let weight = match &self.kind {
            Some(kind) => Some(rules.weight(kind.get(at, text)?)?),
            None => None,
        };
        let rounded = tally.rounded;
        let Some(kept) = tally.value(number, weight)? else { return Ok(None) };
        if let (Some(Ok(number)), Some(value)) = (number, &self.value)
            && number.abs() >= EXACT
            && tally.rounded == rounded
        {
            tally.rounded += u64::from(value.is_rounded(at, number, rules));
        }
        let time = match &self.time {
            Some(time) => time.get(at, rules, tally)?,
            None => Stamp::Empty,
        };
        Ok(Some((kept, time)))
    }

    /// Appends all rows column by column, users and items in parallel: looking up their numbers is most of the work.
    fn append_columns(&self, rules: &Rules<'_>, rows: &mut Rows) -> Result<(), String> {
        let (mut left_out, mut text) = (Vec::new(), String::new());
        for at in 0..self.rows {
            match self.kept(at, rules, &mut rows.tally, &mut text)? {
                Some((value, time)) => rows.push_measures(value, time),
                None => left_out.push(at),
            }
        }
        let number = |ids: &Ids, names: &mut Names, numbers: &mut Vec<u32>| {
            numbers.reserve(self.rows - left_out.len());
            let mut left_out = left_out.iter().peekable();
            let mut repeated = Repeated::default();
            for at in 0..self.rows {
                if left_out.next_if_eq(&&at).is_none() {
                    numbers.push(ids.number(at, names, &mut repeated)?);
                }
            }
            Ok(())
        };
        let (users, items) = parallel::join(
            || number(&self.user, &mut rows.users, &mut rows.user),
            || number(&self.item, &mut rows.items, &mut rows.item),
        );
        users.and(items)
    }

    /// Appends one row after the other.
    fn append_rows(&self, rules: &Rules<'_>, rows: &mut Rows) -> Result<(), String> {
        let before = rows.tally.rows;
        let mut text = String::new();
        let (mut users, mut items) = (Repeated::default(), Repeated::default());
        for at in 0..self.rows {
            let tally = rows.tally;
            let mut row = || {
                let Some((value, time)) = self.kept(at, rules, &mut rows.tally, &mut text)? else {
                    return Ok(());
                };
                // Number neither of them if one is invalid.
                let sides = [("user", &self.user, &users), ("item", &self.item, &items)];
                for (role, ids, repeated) in sides {
                    let name = ids.get(at, &mut text).map_err(|e| format!("{role} {e}"))?;
                    if !repeated.knows(name) {
                        names::check(name).map_err(|e| format!("{role} {}", e.0))?;
                    }
                }
                rows.user.push(self.user.number(at, &mut rows.users, &mut users)?);
                rows.item.push(self.item.number(at, &mut rows.items, &mut items)?);
                rows.push_measures(value, time);
                Ok(())
            };
            let place = format_args!("row {}", before + at as u64 + 1);
            row()
                .or_else(|message: String| rows.skip(tally, place, message))
                .map_err(|message| format!("{place}: {message}"))?;
        }
        Ok(())
    }
}

/// Returns the type of the ids in `column`. 16 bytes of no other meaning are a UUID.
fn id_kind(ids: &Ids, column: &ArrayRef) -> IdKind {
    match (ids, column.data_type()) {
        (Ids::Texts(_), DataType::FixedSizeBinary(16)) => IdKind::Uuid,
        (Ids::Texts(_), _) => IdKind::Text,
        _ => IdKind::Integer,
    }
}

/// Ids of users or items, or event types.
pub(super) enum Ids {
    Integers(Int64Array),
    Naturals(UInt64Array),
    /// Integers that a writer converted to floats because some are missing.
    Floats(Float64Array),
    Texts(Texts),
}

impl Ids {
    pub fn new(column: &ArrayRef, role: &str) -> Result<Self, String> {
        if let Some(texts) = Texts::new(column) {
            return Ok(Self::Texts(texts));
        }
        let column = &unpacked(column)?;
        let kind = column.data_type();
        if is_bytes(kind) {
            return words(column)?.map(Self::Texts).ok_or_else(|| {
                format!("the {role} column has bytes that are not text; write ids as text")
            });
        }
        let ids = match kind {
            DataType::UInt64 => Some(Self::Naturals(column.as_primitive::<UInt64Type>().clone())),
            kind if kind.is_floating() => floats(column).map(Self::Floats),
            kind if kind.is_integer() => integers(column).map(Self::Integers),
            _ => match whole_decimals(column) {
                Some(ids) => Some(Self::Integers(ids.map_err(not_an_id)?)),
                None => None,
            },
        };
        ids.ok_or_else(|| {
            format!("the {role} column has type {kind}; ids must be text or integers")
        })
    }

    /// Returns the number of the id in row `at`.
    #[inline]
    fn number(&self, at: usize, names: &mut Names, repeated: &mut Repeated) -> Result<u32, String> {
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
            Self::Texts(ids) => {
                let id = ids.get(at).unwrap_or_default();
                return repeated.number(id, || names.insert(id.as_bytes()).map_err(|e| e.0));
            }
            _ => names.insert(b""),
        };
        number.map_err(|e| e.0)
    }

    /// Returns the id in row `at`, using `text` as a buffer if it is a number; empty if it is missing.
    fn get<'a>(&'a self, at: usize, text: &'a mut String) -> Result<&'a [u8], String> {
        text.clear();
        let done = match self {
            Self::Integers(ids) if ids.is_valid(at) => write!(text, "{}", ids.value(at)),
            Self::Naturals(ids) if ids.is_valid(at) => write!(text, "{}", ids.value(at)),
            Self::Floats(ids) if ids.is_valid(at) => match integral(ids.value(at)) {
                Some(id) => write!(text, "{id}"),
                None => return Err(not_an_id(ids.value(at))),
            },
            Self::Texts(ids) => return Ok(ids.get(at).unwrap_or_default().as_bytes()),
            _ => Ok(()),
        };
        done.expect("memory takes text");
        Ok(text.as_bytes())
    }
}

fn not_an_id(id: impl Display) -> String {
    format!("{id} is not an id; ids must be text or whole numbers")
}

/// Values in the type of the column.
enum Values {
    /// Numbers, and the original numbers before rounding if any is large.
    Numbers(Float32Array, Option<Float64Array>),
    Texts(Texts),
}

impl Values {
    fn new(column: &ArrayRef, rules: &Rules<'_>) -> Result<Self, String> {
        if let Some(texts) = Texts::new(column) {
            return Ok(Self::Texts(texts));
        }
        let column = &unpacked(column)?;
        let numbers: Option<Float32Array> = floats(column);
        let numbers = numbers.ok_or_else(|| {
            format!("column {} has type {}, not numbers", rules.value_name, column.data_type())
        })?;
        let is_large = numbers.iter().flatten().any(|value| value.abs() >= EXACT);
        let wide = is_large.then(|| floats(column)).flatten();
        Ok(Self::Numbers(numbers, wide))
    }

    /// Returns whether `value`, read from row `at`, differs from the value in the file.
    fn is_rounded(&self, at: usize, value: f32, rules: &Rules<'_>) -> bool {
        match self {
            Self::Numbers(_, wide) => {
                wide.as_ref().is_some_and(|wide| wide.value(at) != f64::from(value))
            }
            Self::Texts(values) => {
                let text = values.get(at).unwrap_or_default().as_bytes();
                is_rounded(text, value, rules.decimal_comma)
            }
        }
    }

    fn get(&self, at: usize, rules: &Rules<'_>) -> Result<Result<f32, Skip>, String> {
        match self {
            Self::Numbers(values, wide) if values.is_valid(at) => {
                let value = values.value(at);
                let shown = || match wide {
                    Some(wide) => format!("{:e}", wide.value(at)),
                    None => value.to_string(),
                };
                rules.checked(value, shown)
            }
            Self::Numbers(..) => rules.value(b""),
            Self::Texts(values) => rules.value(values.get(at).unwrap_or_default().as_bytes()),
        }
    }
}

/// Times in the type of the column.
enum Times {
    /// Times and the number of ticks per second.
    Typed(Int64Array, i64),
    Numbers(Int64Array),
    Texts(Texts),
}

impl Times {
    fn new(column: &ArrayRef, rules: &Rules<'_>) -> Result<Self, String> {
        let times = Texts::new(column).map(Self::Texts);
        let column = &unpacked(column)?;
        let typed = || ticks(column).map(|(times, per_second)| Self::Typed(times, per_second));
        let times = times.or_else(typed);
        // The time format applies to numbers in their decimal notation.
        let written = rules.time_format.is_some() && times.is_none();
        let times = match written {
            true => words(column)?.map(Self::Texts),
            false => times.or_else(|| integers(column).map(Self::Numbers)),
        };
        times.ok_or_else(|| {
            format!("column {} has type {}, not times", rules.time_name, column.data_type())
        })
    }

    /// Returns the time in row `at`, and counts it.
    fn get(&self, at: usize, rules: &Rules<'_>, tally: &mut Tally) -> Result<Stamp, String> {
        let time = match self {
            Self::Typed(times, ticks) if times.is_valid(at) => {
                Stamp::Seconds(times.value(at).div_euclid(*ticks))
            }
            Self::Numbers(times) if times.is_valid(at) => Stamp::Number(times.value(at)),
            Self::Texts(times) => match times.get(at) {
                Some(time) => return tally.written_time(time.as_bytes(), rules),
                None => Stamp::Empty,
            },
            _ => Stamp::Empty,
        };
        Ok(tally.time(time))
    }
}

/// Numbers the ids of columns with a dictionary, in its order: a file written from numbered ids gives each id its
/// number again.
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
        let Some(words) = Texts::new(words) else { continue };
        for word in words.iter().filter(|word| !word.is_empty()) {
            names.insert(word.as_bytes()).map_err(|e| e.0)?;
        }
    }
    Ok(())
}
