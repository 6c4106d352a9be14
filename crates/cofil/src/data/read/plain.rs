//! Lines of plain numbers, such as `7,1193,4.5,978300760`, parsed eight bytes at a time.
//!
//! Most large tables have such lines. All others are left to the general parser, and where this one returns a row, it
//! is the row that the general parser would return.

use super::field::{EXACT, Rules, TENS};
use super::layout::Layout;
use super::names::{LIMIT, Small};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    User,
    Item,
    Value,
    Time,
}

/// A line whose user and item are small integers.
pub(super) struct Plain {
    pub user: Small,
    pub item: Small,
    pub value: f32,
    pub time: Option<i64>,
    /// Length of the line with its end, in bytes.
    pub length: usize,
}

/// Parser of such lines.
pub(super) struct PlainLines {
    delimiter: u8,
    roles: Vec<Role>,
}

impl PlainLines {
    /// Returns the parser of tables with this layout; `None` if no line of theirs can be plain.
    pub fn new(layout: &Layout, rules: &Rules<'_>) -> Option<Self> {
        let columns = &layout.columns;
        let [delimiter] = layout.delimiter[..] else { return None };
        let told = rules.decimal_comma || rules.missing.is_some() || rules.time_format.is_some();
        if told || columns.kind.is_some() {
            return None;
        }
        let mut roles = vec![None; layout.width];
        roles[columns.user] = Some(Role::User);
        roles[columns.item] = Some(Role::Item);
        for (role, column) in [(Role::Value, columns.value), (Role::Time, columns.time)] {
            if let Some(column) = column {
                roles[column] = Some(role);
            }
        }
        // Columns that are not in use may hold text, where searching for the end takes as long as in general.
        Some(Self { delimiter, roles: roles.into_iter().collect::<Option<_>>()? })
    }

    /// Returns the row at the start of `text`; `None` if its line is not plain.
    #[inline]
    pub fn row(&self, text: &[u8]) -> Option<Plain> {
        let mut row = Plain {
            user: Small::default(),
            item: Small::default(),
            value: 1.0,
            time: None,
            length: 0,
        };
        let mut at = 0;
        let last = self.roles.len() - 1;
        for (column, role) in self.roles.iter().enumerate() {
            let field = &text[at..];
            let length = match role {
                Role::User => {
                    let (user, length) = small(field)?;
                    row.user = user;
                    length
                }
                Role::Item => {
                    let (item, length) = small(field)?;
                    row.item = item;
                    length
                }
                Role::Value => {
                    let (value, length) = decimal(field)?;
                    row.value = value;
                    length
                }
                Role::Time => {
                    let (time, length) = whole(field)?;
                    row.time = Some(time);
                    length
                }
            };
            at += length;
            if column < last {
                if *text.get(at)? != self.delimiter {
                    return None;
                }
                at += 1;
            }
        }
        row.length = match text.get(at..)? {
            [b'\n', ..] => at + 1,
            [b'\r', b'\n', ..] => at + 2,
            _ => return None,
        };
        Some(row)
    }
}

/// Returns the value of the digits at the start of `text` and their number, 0 to 8; `None` if less than eight bytes are
/// left.
#[inline(always)]
fn digits(text: &[u8]) -> Option<(u32, usize)> {
    let word = u64::from_le_bytes(*text.first_chunk()?) ^ 0x3030_3030_3030_3030;
    // The highest bit of each byte that is not below 10; a carry only changes bytes behind the first of them.
    let others = (word.wrapping_add(0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080;
    let count = (others.trailing_zeros() / 8) as usize;
    if count == 0 {
        return Some((0, 0));
    }
    // Put zeros before the digits, and add neighbours: 8 digits are 4 pairs, 2 fours, one number.
    let eight = word << (64 - 8 * count);
    let pairs = eight.wrapping_mul(10).wrapping_add(eight >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let number = fours.wrapping_mul(10_000).wrapping_add(fours >> 32);
    Some((number as u32, count))
}

/// Parses an id that is a small integer in canonical form.
#[inline(always)]
fn small(text: &[u8]) -> Option<(Small, usize)> {
    let (number, count) = digits(text)?;
    let is_canonical = count == 1 || (count > 0 && text[0] != b'0');
    (is_canonical && number < LIMIT).then_some((Small(number), count))
}

/// Parses a number of up to seven digits without a sign. The digits and the power of ten are exact in `f32`, so one
/// division rounds like the full algorithm (Clinger 1990).
#[inline(always)]
fn decimal(text: &[u8]) -> Option<(f32, usize)> {
    let (whole, count) = digits(text)?;
    if count == 0 || count > 7 {
        return None;
    }
    if text[count] != b'.' {
        return ((whole as f32) < EXACT).then_some((whole as f32, count));
    }
    let (part, decimals) = digits(&text[count + 1..])?;
    // Three decimals may be thousands, which the general parser counts.
    if decimals == 0 || decimals == 3 || count + decimals > 7 {
        return None;
    }
    let mantissa = (whole * POWERS[decimals] + part) as f32;
    (mantissa < EXACT).then(|| (mantissa / TENS[decimals], count + 1 + decimals))
}

/// Powers of ten.
const POWERS: [u32; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// Parses a number of up to 16 digits without a sign or a point.
#[inline(always)]
fn whole(text: &[u8]) -> Option<(i64, usize)> {
    let (first, count) = digits(text)?;
    match count {
        0 => None,
        8 => {
            let (next, more) = digits(&text[8..])?;
            Some((i64::from(first) * i64::from(POWERS[more]) + i64::from(next), 8 + more))
        }
        _ => Some((i64::from(first), count)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunks::Lines;
    use super::super::columns::Columns;
    use super::super::rows::Tally;
    use super::super::stamp::Stamp;
    use super::super::{ReadOptions, text::Cutter};
    use super::*;
    use crate::math::Rng;

    #[test]
    fn digits_are_those_of_a_plain_loop() {
        let mut rng = Rng::new(5, &[]);
        for _ in 0..100_000 {
            let text: Vec<u8> = (0..12)
                .map(|_| match rng.below(8) {
                    0 => rng.below(256) as u8,
                    1 => b",;./:\n\r-"[rng.below(8) as usize],
                    _ => b'0' + rng.below(10) as u8,
                })
                .collect();
            let count = text.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
            let number = text[..count].iter().fold(0, |n, digit| 10 * n + u32::from(digit - b'0'));
            assert_eq!(digits(&text), Some((number, count)), "{text:?}");
        }
        assert_eq!(digits(b"1234567"), None);
    }

    #[test]
    fn rows_are_those_of_the_general_parser() {
        let columns =
            Columns { user: 2, item: 0, value: Some(1), time: Some(3), ..Columns::default() };
        let delimiter = vec![b','];
        let layout = Layout { delimiter, quote: None, header: false, width: 4, columns };
        let options = ReadOptions::default();
        let rules = Rules::new(&options, &layout.columns);
        let cutter = Cutter::new(&layout, &rules);
        let mut rng = Rng::new(11, &[]);
        let mut plain_rows = 0;
        for _ in 0..100_000 {
            let number = |rng: &mut Rng, digits: u32| match rng.below(40) {
                0 => ["", " 7", "07", "-1", "x", "4.", ".5", "1e3", "4,0", "+2", "\"3\"", "1.5.2"]
                    [rng.below(12) as usize]
                    .to_owned(),
                1 => (0..20).map(|_| '9').collect(),
                _ => (0..=rng.below(digits))
                    .map(|_| char::from(b'0' + rng.below(10) as u8))
                    .collect(),
            };
            let value = match rng.below(2) {
                0 => number(&mut rng, 9),
                _ => format!("{}.{}", number(&mut rng, 4), number(&mut rng, 5)),
            };
            let (user, item, time) =
                (number(&mut rng, 8), number(&mut rng, 7), number(&mut rng, 17));
            let line = format!("{item},{value},{user},{time}");
            let end = ["\n", "\r\n"][rng.below(2) as usize];
            let text = format!("{line}{end}{line}{end}");
            let Some(plain) = cutter.plain(text.as_bytes()) else { continue };
            plain_rows += 1;
            let mut tally = Tally::default();
            let row = cutter.row(line.as_bytes(), &mut tally).expect(&line).expect(&line);
            assert_eq!(plain.length, line.len() + end.len(), "{line}");
            assert_eq!(plain.user.0.to_string().as_bytes(), &*row.user, "{line}");
            assert_eq!(plain.item.0.to_string().as_bytes(), &*row.item, "{line}");
            assert_eq!(plain.value.to_bits(), row.value.to_bits(), "{line}");
            assert_eq!(plain.time.map(Stamp::Number), Some(row.time), "{line}");
            assert_eq!((tally.rows, tally.numeric_times, tally.rounded), (1, 1, 0), "{line}");
        }
        assert!(plain_rows > 20_000, "{plain_rows}");
    }
}
