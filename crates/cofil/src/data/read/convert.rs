//! Conversion of Arrow columns of all supported types to integers, floats or text. (The crate `arrow-cast` converts
//! between all types, but takes longest of all to build.)

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::SECONDS_IN_DAY;
use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, Int64Array, LargeListArray, LargeStringArray, PrimitiveArray,
    StringArray, StringViewArray,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, FieldRef, TimeUnit};
use arrow_select::take::take;
use chrono::NaiveDateTime;
use num_traits::AsPrimitive;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

/// Returns whether a column of this type holds text.
pub(super) fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// Returns whether a column of this type holds bytes.
pub(super) fn is_bytes(kind: &DataType) -> bool {
    use DataType::{Binary, BinaryView, FixedSizeBinary, LargeBinary};
    matches!(kind, Binary | LargeBinary | BinaryView | FixedSizeBinary(_))
}

/// Converts bytes to text: as they are if they are text; as UUIDs if each value has 16 bytes, else in hexadecimal if
/// all have the same length. `None` if they are not text.
fn bytes(column: &ArrayRef) -> Option<Texts> {
    let hexadecimal = |value: &[u8]| -> String {
        let pairs = value.iter().enumerate().map(|(at, byte)| {
            let dash = value.len() == 16 && matches!(at, 4 | 6 | 8 | 10);
            format!("{}{byte:02x}", if dash { "-" } else { "" })
        });
        pairs.collect()
    };
    match column.data_type() {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            let texts = viewed(column).as_binary_view().clone().to_string_view();
            texts.ok().map(Texts::View)
        }
        DataType::FixedSizeBinary(_) => {
            Some(Texts::Long(texts(column.as_fixed_size_binary().iter(), hexadecimal)))
        }
        _ => None,
    }
}

/// Decodes a dictionary-encoded column to a column of type `kind`.
pub(super) fn unpacked(column: &ArrayRef) -> Result<ArrayRef, String> {
    match column.as_any_dictionary_opt() {
        Some(coded) => {
            let kind = column.data_type();
            take(&viewed(coded.values()), coded.keys(), None)
                .map_err(|error| format!("a column of type {kind} cannot be read: {error}"))
        }
        None => Ok(column.clone()),
    }
}

/// Applies `to` to each value of `column`, which has values of type `A`; missing if it returns none.
fn each<A: ArrowPrimitiveType, B: ArrowPrimitiveType>(
    column: &ArrayRef,
    to: impl Fn(A::Native) -> Option<B::Native>,
) -> PrimitiveArray<B> {
    column.as_primitive::<A>().unary_opt(to)
}

/// Returns a column as whole numbers; a value is missing if it does not fit into 64 bits. `None` if the column is not
/// numeric.
pub(super) fn integers(column: &ArrayRef) -> Option<Int64Array> {
    let whole = |value: f64| {
        // 2^63, the smallest float out of range.
        let end = 9_223_372_036_854_775_808.0;
        (-end <= value && value < end).then_some(value as i64)
    };
    Some(match column.data_type() {
        DataType::Int8 => each::<Int8Type, _>(column, |v| Some(v.into())),
        DataType::Int16 => each::<Int16Type, _>(column, |v| Some(v.into())),
        DataType::Int32 => each::<Int32Type, _>(column, |v| Some(v.into())),
        DataType::Int64 => column.as_primitive::<Int64Type>().clone(),
        DataType::UInt8 => each::<UInt8Type, _>(column, |v| Some(v.into())),
        DataType::UInt16 => each::<UInt16Type, _>(column, |v| Some(v.into())),
        DataType::UInt32 => each::<UInt32Type, _>(column, |v| Some(v.into())),
        DataType::UInt64 => each::<UInt64Type, _>(column, |v| v.try_into().ok()),
        _ => floats::<Float64Type>(column)?.unary_opt(whole),
    })
}

/// Returns a column as floats of type `T`; `None` if the column is not numeric.
pub(super) fn floats<T>(column: &ArrayRef) -> Option<PrimitiveArray<T>>
where
    T: ArrowPrimitiveType<Native: FromStr>,
    i8: AsPrimitive<T::Native>,
    i16: AsPrimitive<T::Native>,
    i32: AsPrimitive<T::Native>,
    i64: AsPrimitive<T::Native>,
    u8: AsPrimitive<T::Native>,
    u16: AsPrimitive<T::Native>,
    u32: AsPrimitive<T::Native>,
    u64: AsPrimitive<T::Native>,
    f32: AsPrimitive<T::Native>,
    f64: AsPrimitive<T::Native>,
{
    Some(match column.data_type() {
        DataType::Int8 => each::<Int8Type, T>(column, |v| Some(v.as_())),
        DataType::Int16 => each::<Int16Type, T>(column, |v| Some(v.as_())),
        DataType::Int32 => each::<Int32Type, T>(column, |v| Some(v.as_())),
        DataType::Int64 => each::<Int64Type, T>(column, |v| Some(v.as_())),
        DataType::UInt8 => each::<UInt8Type, T>(column, |v| Some(v.as_())),
        DataType::UInt16 => each::<UInt16Type, T>(column, |v| Some(v.as_())),
        DataType::UInt32 => each::<UInt32Type, T>(column, |v| Some(v.as_())),
        DataType::UInt64 => each::<UInt64Type, T>(column, |v| Some(v.as_())),
        DataType::Float16 => each::<Float16Type, T>(column, |v| Some(v.to_f32().as_())),
        DataType::Float32 => each::<Float32Type, T>(column, |v| Some(v.as_())),
        DataType::Float64 => each::<Float64Type, T>(column, |v| Some(v.as_())),
        DataType::Boolean => {
            column.as_boolean().iter().map(|truth| Some(i8::from(truth?).as_())).collect()
        }
        // Parse the decimal notation, so that the value is rounded only once.
        _ => decimals(column)?.iter().map(|v| v.and_then(|v| v.parse().ok())).collect(),
    })
}

/// Returns decimals in decimal notation; `None` if the column has another type.
fn decimals(column: &ArrayRef) -> Option<LargeStringArray> {
    fn written<D: DecimalType>(column: &ArrayRef) -> LargeStringArray {
        let numbers = column.as_primitive::<D>();
        let text = |at| numbers.is_valid(at).then(|| numbers.value_as_string(at));
        (0..numbers.len()).map(text).collect()
    }
    Some(match column.data_type() {
        DataType::Decimal32(..) => written::<Decimal32Type>(column),
        DataType::Decimal64(..) => written::<Decimal64Type>(column),
        DataType::Decimal128(..) => written::<Decimal128Type>(column),
        DataType::Decimal256(..) => written::<Decimal256Type>(column),
        _ => return None,
    })
}

/// Returns decimals as whole numbers; the error is the first that is none, or does not fit into 64 bits. `None` if the
/// column has another type.
pub(super) fn whole_decimals(column: &ArrayRef) -> Option<Result<Int64Array, String>> {
    let whole = |text: &str| {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let exact = rest.bytes().all(|digit| digit == b'0');
        whole.parse().ok().filter(|_| exact).ok_or_else(|| text.to_owned())
    };
    let written = decimals(column)?;
    Some(written.iter().map(|text| text.map(whole).transpose()).collect())
}

/// Returns dates and times as ticks since 1970, and the number of ticks per second; `None` if the column has another
/// type.
pub(super) fn ticks(column: &ArrayRef) -> Option<(Int64Array, i64)> {
    Some(match column.data_type() {
        DataType::Date32 => {
            (each::<Date32Type, _>(column, |days| Some(i64::from(days) * SECONDS_IN_DAY)), 1)
        }
        DataType::Date64 => (column.as_primitive::<Date64Type>().reinterpret_cast(), 1_000),
        DataType::Timestamp(unit, _) => match unit {
            TimeUnit::Second => {
                (column.as_primitive::<TimestampSecondType>().reinterpret_cast(), 1)
            }
            TimeUnit::Millisecond => {
                (column.as_primitive::<TimestampMillisecondType>().reinterpret_cast(), 1_000)
            }
            TimeUnit::Microsecond => {
                (column.as_primitive::<TimestampMicrosecondType>().reinterpret_cast(), 1_000_000)
            }
            TimeUnit::Nanosecond => {
                let ticks = column.as_primitive::<TimestampNanosecondType>().reinterpret_cast();
                (ticks, 1_000_000_000)
            }
        },
        _ => return None,
    })
}

/// A text column in its original representation.
pub(super) enum Texts {
    Short(StringArray),
    Long(LargeStringArray),
    View(StringViewArray),
    /// Codes of texts.
    Coded(Int64Array, Box<Self>),
}

impl Texts {
    /// Returns `None` if the column is not a text column.
    pub fn new(column: &ArrayRef) -> Option<Self> {
        Some(match column.data_type() {
            DataType::Utf8 => Self::Short(column.as_string().clone()),
            DataType::LargeUtf8 => Self::Long(column.as_string().clone()),
            DataType::Utf8View => Self::View(column.as_string_view().clone()),
            kind if is_text(kind) => {
                let coded = column.as_any_dictionary();
                let keys = integers(&arrow_array::make_array(coded.keys().to_data()))?;
                Self::Coded(keys, Box::new(Self::new(coded.values())?))
            }
            _ => return None,
        })
    }

    /// Returns the text in row `at`; `None` if it is missing.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&str> {
        match self {
            Self::Short(texts) => texts.is_valid(at).then(|| texts.value(at)),
            Self::Long(texts) => texts.is_valid(at).then(|| texts.value(at)),
            Self::View(texts) => texts.is_valid(at).then(|| texts.value(at)),
            Self::Coded(keys, texts) if keys.is_valid(at) => texts.get(keys.value(at) as usize),
            Self::Coded(..) => None,
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Short(texts) => texts.len(),
            Self::Long(texts) => texts.len(),
            Self::View(texts) => texts.len(),
            Self::Coded(keys, _) => keys.len(),
        }
    }

    /// Returns the texts that are not missing.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

/// The numbers of long texts by their place in memory. A file can repeat a text of a million letters in every row at no
/// cost, since rows refer to one copy; so it is looked up once. Places are those of arrays that stay in memory.
#[derive(Default)]
pub(super) struct Repeated(HashMap<(usize, usize), u32>);

impl Repeated {
    /// Minimum length of a long text.
    const LONG: usize = 256;

    /// Returns the number of `text`, which `number` finds.
    #[inline]
    pub fn number(
        &mut self,
        text: &str,
        number: impl FnOnce() -> Result<u32, String>,
    ) -> Result<u32, String> {
        if text.len() < Self::LONG {
            return number();
        }
        let place = Self::place(text.as_bytes());
        match self.0.get(&place) {
            Some(&number) => Ok(number),
            None => {
                let number = number()?;
                self.0.insert(place, number);
                Ok(number)
            }
        }
    }

    /// Returns whether `text` is long and has a number.
    pub fn knows(&self, text: &[u8]) -> bool {
        text.len() >= Self::LONG && self.0.contains_key(&Self::place(text))
    }

    fn place(text: &[u8]) -> (usize, usize) {
        (text.as_ptr().addr(), text.len())
    }
}

/// Returns a column that refers to the texts or bytes of `column`, if it has some: rows can then be repeated without
/// copying them.
pub(super) fn viewed(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Utf8 => Arc::new(StringViewArray::from(column.as_string::<i32>())),
        DataType::LargeUtf8 => Arc::new(StringViewArray::from(column.as_string::<i64>())),
        DataType::Binary => Arc::new(BinaryViewArray::from(column.as_binary::<i32>())),
        DataType::LargeBinary => Arc::new(BinaryViewArray::from(column.as_binary::<i64>())),
        _ => column.clone(),
    }
}

/// Returns the type that refers to texts or bytes in place of `kind`, also in lists.
pub(super) fn viewing(kind: &DataType) -> DataType {
    let entries = |field: &FieldRef| {
        Arc::new(field.as_ref().clone().with_data_type(viewing(field.data_type())))
    };
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::List(field) => DataType::List(entries(field)),
        DataType::LargeList(field) => DataType::LargeList(entries(field)),
        other => other.clone(),
    }
}

/// Returns the values of a column as text; `None` if its type has no plain notation. Floats are written in the
/// shortest form that reads back as the same number, dates and times as ISO 8601 (with a time zone in UTC).
pub(super) fn words(column: &ArrayRef) -> Result<Option<Texts>, String> {
    let written: LargeStringArray = match column.data_type() {
        DataType::Null => LargeStringArray::new_null(column.len()),
        DataType::Boolean => texts(column.as_boolean().iter(), |v| v.to_string()),
        DataType::UInt64 => texts(column.as_primitive::<UInt64Type>().iter(), |v| v.to_string()),
        DataType::Float32 => {
            texts(column.as_primitive::<Float32Type>().iter(), |v| format!("{v:?}"))
        }
        kind if kind.is_integer() => texts(integers(column).iter().flatten(), |v| v.to_string()),
        kind if kind.is_floating() => {
            texts(floats::<Float64Type>(column).iter().flatten(), |v| format!("{v:?}"))
        }
        kind if is_text(kind) => return Ok(Texts::new(column)),
        kind if is_bytes(kind) => return Ok(bytes(column)),
        DataType::Dictionary(_, values) if values.is_numeric() => {
            return words(&unpacked(column)?);
        }
        DataType::Date32 => moments::<Date32Type>(column, |at| format!("{:?}", at.date())),
        DataType::Date64 => moments::<Date64Type>(column, |at| format!("{:?}", at.date())),
        DataType::Timestamp(unit, zone) => {
            let text = |at| format!("{at:?}{}", if zone.is_some() { "Z" } else { "" });
            match unit {
                TimeUnit::Second => moments::<TimestampSecondType>(column, text),
                TimeUnit::Millisecond => moments::<TimestampMillisecondType>(column, text),
                TimeUnit::Microsecond => moments::<TimestampMicrosecondType>(column, text),
                TimeUnit::Nanosecond => moments::<TimestampNanosecondType>(column, text),
            }
        }
        _ => match decimals(column) {
            Some(written) => written,
            None => return Ok(None),
        },
    };
    Ok(Some(Texts::Long(written)))
}

fn texts<V>(
    values: impl Iterator<Item = Option<V>>,
    text: impl Fn(V) -> String,
) -> LargeStringArray {
    values.map(|value| value.map(&text)).collect()
}

/// Formats times with `text`; missing if they are out of the calendar's range.
fn moments<T: ArrowTemporalType>(
    column: &ArrayRef,
    text: impl Fn(NaiveDateTime) -> String,
) -> LargeStringArray
where
    i64: From<T::Native>,
{
    let moments = column.as_primitive::<T>();
    let moment = |at| moments.is_valid(at).then(|| moments.value_as_datetime(at)).flatten();
    texts((0..moments.len()).map(moment), text)
}

/// Returns the lists of a column; `None` if it has none.
pub(super) fn lists(column: &ArrayRef) -> Option<LargeListArray> {
    let (field, offsets, nulls) = match column.data_type() {
        DataType::LargeList(_) => return Some(column.as_list::<i64>().clone()),
        DataType::List(field) => {
            let offsets = column.as_list::<i32>().offsets().iter().map(|&at| i64::from(at));
            (field, offsets.collect::<Vec<_>>(), column.nulls())
        }
        DataType::FixedSizeList(field, size) => {
            let offsets = (0..=column.len() as i64).map(|row| row * i64::from(*size));
            (field, offsets.collect(), column.nulls())
        }
        _ => return None,
    };
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Some(LargeListArray::new(field.clone(), offsets, entries(column)?.clone(), nulls.cloned()))
}

/// Returns the entries of a list column, regardless of their rows.
pub(super) fn entries(column: &ArrayRef) -> Option<&ArrayRef> {
    match column.data_type() {
        DataType::List(_) => Some(column.as_list::<i32>().values()),
        DataType::LargeList(_) => Some(column.as_list::<i64>().values()),
        DataType::FixedSizeList(..) => Some(column.as_fixed_size_list().values()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::builder::{PrimitiveDictionaryBuilder, StringDictionaryBuilder};
    use arrow_array::*;
    use std::sync::Arc;

    fn all(column: &ArrayRef) -> Option<Vec<String>> {
        let words = words(column).unwrap()?;
        Some((0..words.len()).map(|at| words.get(at).unwrap_or("-").to_owned()).collect())
    }

    /// 1, missing and 100 in each numeric type.
    fn numbers() -> Vec<ArrayRef> {
        fn of<T: ArrowPrimitiveType>(one: T::Native, hundred: T::Native) -> ArrayRef {
            Arc::new(PrimitiveArray::<T>::from_iter([Some(one), None, Some(hundred)]))
        }
        let half = |value: f32| <Float16Type as ArrowPrimitiveType>::Native::from_f32(value);
        let mut coded = PrimitiveDictionaryBuilder::<UInt8Type, Int16Type>::new();
        coded.extend([Some(1), None, Some(100)]);
        let coded: ArrayRef = Arc::new(coded.finish());
        vec![
            of::<Int8Type>(1, 100),
            of::<Int16Type>(1, 100),
            of::<Int32Type>(1, 100),
            of::<Int64Type>(1, 100),
            of::<UInt8Type>(1, 100),
            of::<UInt16Type>(1, 100),
            of::<UInt32Type>(1, 100),
            of::<UInt64Type>(1, 100),
            of::<Float16Type>(half(1.0), half(100.0)),
            of::<Float32Type>(1.0, 100.0),
            of::<Float64Type>(1.0, 100.0),
            of::<Decimal32Type>(100, 10_000),
            of::<Decimal64Type>(100, 10_000),
            of::<Decimal128Type>(100, 10_000),
            of::<Decimal256Type>(100.into(), 10_000.into()),
            unpacked(&coded).unwrap(),
        ]
    }

    #[test]
    fn every_type_of_number_is_read() {
        for column in numbers() {
            // The scale of a decimal is part of its type: 100 may mean 1.00.
            let kind = column.data_type().clone();
            let unit = if kind.is_decimal() {
                floats::<Float64Type>(&column).unwrap().value(0)
            } else {
                1.0
            };
            let found: Vec<_> = floats::<Float64Type>(&column).unwrap().iter().collect();
            assert_eq!(found, [Some(unit), None, Some(100.0 * unit)], "{kind}");
            let found: Vec<_> = floats::<Float32Type>(&column).unwrap().iter().collect();
            assert_eq!(found, [Some(unit as f32), None, Some(100.0 * unit as f32)], "{kind}");
            let found: Vec<_> = integers(&column).unwrap().iter().collect();
            assert_eq!(found, [Some(unit as i64), None, Some(100 * unit as i64)], "{kind}");
            let words = all(&column).unwrap();
            assert_eq!(words[1], "-");
            assert_eq!(words[2].parse(), Ok(100.0 * unit), "{kind}");
        }
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
        assert!(integers(&texts).is_none() && floats::<Float32Type>(&texts).is_none());
    }

    #[test]
    fn numbers_are_rounded_once_and_never_wrap() {
        // Rounded to f64 first, it is halfway between two f32; its true value is above.
        let decimal = Decimal128Array::from(vec![16_777_217_000_000_000_001])
            .with_precision_and_scale(38, 12)
            .unwrap();
        let decimal: ArrayRef = Arc::new(decimal);
        assert_eq!(floats::<Float32Type>(&decimal).unwrap().value(0), 16_777_218.0);
        assert_eq!(all(&decimal).unwrap(), ["16777217.000000000001"]);
        let wide: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, 1 << 63]));
        assert_eq!(integers(&wide).unwrap().null_count(), 2);
        assert_eq!(all(&wide).unwrap(), ["18446744073709551615", "9223372036854775808"]);
        let ends = vec![-9.3e18, i64::MIN as f64, i64::MAX as f64, f64::NAN, f64::INFINITY, 2.9];
        let ends: ArrayRef = Arc::new(Float64Array::from(ends));
        let whole: Vec<_> = integers(&ends).unwrap().iter().collect();
        assert_eq!(whole, [None, Some(i64::MIN), None, None, None, Some(2)]);
    }

    #[test]
    fn texts_are_read_from_every_layout() {
        let words = vec![Some("a"), None, Some("ß"), Some("")];
        let mut coded = StringDictionaryBuilder::<Int8Type>::new();
        coded.extend(words.clone());
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(words.clone())),
            Arc::new(LargeStringArray::from(words.clone())),
            Arc::new(StringViewArray::from(words.clone())),
            Arc::new(coded.finish()),
        ];
        for column in columns {
            let texts = Texts::new(&column).unwrap();
            let found: Vec<_> = (0..texts.len()).map(|at| texts.get(at)).collect();
            assert_eq!(found, words, "{}", column.data_type());
            assert_eq!(texts.iter().collect::<Vec<_>>(), ["a", "ß", ""]);
            let tail = Texts::new(&column.slice(1, 2)).unwrap();
            assert_eq!((tail.get(0), tail.get(1)), (None, Some("ß")));
        }
    }

    #[test]
    fn bytes_are_texts_uuids_or_hexadecimal() {
        let text: Vec<Option<&[u8]>> = vec![Some("ß".as_bytes()), None];
        let columns: [ArrayRef; 3] = [
            Arc::new(BinaryArray::from(text.clone())),
            Arc::new(LargeBinaryArray::from(text.clone())),
            Arc::new(BinaryViewArray::from(text)),
        ];
        for column in &columns {
            assert_eq!(all(column).unwrap(), ["ß", "-"], "{}", column.data_type());
        }
        let uuid: Vec<u8> = (0..16).collect();
        let fixed = |bytes: &[u8]| -> ArrayRef {
            Arc::new(FixedSizeBinaryArray::try_from_iter(std::iter::once(bytes)).unwrap())
        };
        assert_eq!(all(&fixed(&uuid)).unwrap(), ["00010203-0405-0607-0809-0a0b0c0d0e0f"]);
        assert_eq!(all(&fixed(b"\x01\xff")).unwrap(), ["01ff"]);
        let truths: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]));
        let found: Vec<_> = floats::<Float32Type>(&truths).unwrap().iter().collect();
        assert_eq!(found, [Some(1.0), None, Some(0.0)]);
    }

    #[test]
    fn dates_and_times_are_iso_8601() {
        let columns: [(ArrayRef, &str, i64); 7] = [
            (Arc::new(Date32Array::from(vec![18_262])), "2020-01-01", 1),
            (Arc::new(Date64Array::from(vec![1_577_836_800_000])), "2020-01-01", 1_000),
            (Arc::new(TimestampSecondArray::from(vec![1_577_836_801])), "2020-01-01T00:00:01", 1),
            (
                Arc::new(TimestampMillisecondArray::from(vec![1_577_836_800_250])),
                "2020-01-01T00:00:00.250",
                1_000,
            ),
            (
                Arc::new(TimestampMicrosecondArray::from(vec![1_577_836_800_000_001])),
                "2020-01-01T00:00:00.000001",
                1_000_000,
            ),
            (
                Arc::new(TimestampNanosecondArray::from(vec![1_577_836_800_000_000_000])),
                "2020-01-01T00:00:00",
                1_000_000_000,
            ),
            (
                Arc::new(TimestampSecondArray::from(vec![1_577_836_800]).with_timezone("+02:00")),
                "2020-01-01T00:00:00Z",
                1,
            ),
        ];
        for (column, word, per_second) in columns {
            assert_eq!(all(&column).unwrap(), [word]);
            let (found, unit) = ticks(&column).unwrap();
            assert_eq!((found.value(0).div_euclid(unit) / 10, unit), (157_783_680, per_second));
        }
        let beyond: ArrayRef = Arc::new(TimestampSecondArray::from(vec![i64::MAX]));
        assert_eq!(all(&beyond).unwrap(), ["-"]);
        let none: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"\xff"]));
        assert!(all(&none).is_none() && ticks(&none).is_none());
    }

    #[test]
    fn lists_of_every_width_are_alike() {
        let rows = || vec![Some(vec![Some(1), Some(2)]), None, Some(vec![Some(3), None])];
        let columns: Vec<ArrayRef> = vec![
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(rows())),
            Arc::new(LargeListArray::from_iter_primitive::<Int32Type, _, _>(rows())),
            Arc::new(FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(rows(), 2)),
        ];
        let row = |lists: &LargeListArray, at: usize| {
            let entries = lists.value(at);
            lists.is_valid(at).then(|| entries.as_primitive::<Int32Type>().iter().collect())
        };
        for column in columns {
            let found = lists(&column).unwrap();
            let found: Vec<Option<Vec<_>>> = (0..3).map(|at| row(&found, at)).collect();
            assert_eq!(found, rows(), "{}", column.data_type());
            let tail = lists(&column.slice(2, 1)).unwrap();
            assert_eq!(row(&tail, 0), rows()[2]);
        }
    }
}
