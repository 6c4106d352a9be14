//! Reading lists: one line per user, followed by its items, as in the files of LightGCN: `0 11 12 13`.

use super::columns::Columns;
use super::found::Found;
use super::rows::Start;
use super::source::Opened;
use super::stamp::{Stamp, stamp};
use super::times::is_unix_time;
use super::{Column, Format, Quote, ReadOptions, Shape, sniff, text};
use crate::data::prose::count;
use crate::error::{Error, Result};
use crate::watch;
use std::collections::HashSet;
use std::path::Path;

/// Number of lines to examine.
const SAMPLE: usize = 100;
/// Maximum number of integers in a row. If all lines have the same length, only longer ones are lists.
const WIDE: usize = 6;
/// Minimum number of fields of a line of items, if all lines have the same length: fewer may be a row.
const NARROW: usize = 4;

/// Returns whether text that starts with `head` clearly has one line per user: integers between blanks, with a
/// different first one in each line. Lines of different lengths are lists (the last does not count, which is short in a
/// truncated table), and so are lines without times that have more fields than rows have, or that have at least four,
/// with ascending items, as programs write them.
pub(super) fn are_lists(head: &[u8], options: &ReadOptions) -> bool {
    let columns = [&options.user, &options.item, &options.value, &options.time, &options.kind];
    let named = |column: &&&Option<Column>| !matches!(column, None | Some(Column::Absent));
    let told = columns.iter().any(|column| named(&column)) || !options.weights.is_empty();
    let other = options.delimiter.as_deref().is_some_and(|delimiter| delimiter != " ");
    if told || other || options.header == Some(true) {
        return false;
    }
    let mut users = HashSet::new();
    let mut widths = Vec::new();
    let (mut times, mut ascending) = (false, true);
    let lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    for line in lines.take(SAMPLE) {
        let mut fields = line.split(|&b| b == b' ').filter(|field| !field.is_empty());
        let is_integer = |field: &[u8]| field.iter().all(u8::is_ascii_digit);
        let Some(user) = fields.next().filter(|user| is_integer(user)) else { return false };
        let (mut width, mut before) = (1, None);
        for field in fields {
            if !is_integer(field) {
                return false;
            }
            width += 1;
            // Longer numbers are larger; leading zeros are left aside.
            let item = Some((field.len(), field));
            ascending &= before < item;
            before = item;
            times |= matches!(stamp(field), Some(Stamp::Number(number)) if is_unix_time(number));
        }
        widths.push(width);
        if !users.insert(user) {
            return false;
        }
    }
    let (Some((_, before)), Some(&most)) = (widths.split_last(), widths.iter().max()) else {
        return false;
    };
    let even = before.iter().all(|&width| width == widths[0]);
    most > 1 && (!even || (!times && (most > WIDE || ascending && most >= NARROW)))
}

/// Returns an error if each line begins with the number of the items behind it, and users have no ids, as in CiteULike.
pub(super) fn check_counts(head: &[u8], options: &ReadOptions) -> std::result::Result<(), String> {
    let told = [&options.user, &options.item].iter().any(|column| column.is_some());
    let lines = head.split_inclusive(|&b| b == b'\n');
    // The last line may be cut.
    let lines = lines.filter(|line| line.ends_with(b"\n")).map(<[u8]>::trim_ascii);
    let lines: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).take(SAMPLE).collect();
    let counted = |line: &&[u8]| {
        let mut fields = line.split(|b| b.is_ascii_whitespace()).filter(|field| !field.is_empty());
        let first = fields.next().and_then(|first| std::str::from_utf8(first).ok()?.parse().ok());
        let is_whole = |field: &[u8]| field.iter().all(u8::is_ascii_digit);
        let mut items = 0;
        fields.all(|field| {
            items += 1;
            is_whole(field)
        }) && first == Some(items)
    };
    let many = lines.len() >= NARROW && lines.iter().any(|line| line.contains(&b' '));
    match many && !told && options.header != Some(true) && lines.iter().all(counted) {
        true => Err("each line begins with the number of the items behind it, and the users have no ids (as in \
                     CiteULike): put the number of the line in its place, as `awk '{$1 = NR} 1'` does"
            .into()),
        false => Ok(()),
    }
}

/// Returns whether text that starts with `head`, which has no header, has a list of items for a user in each line: a
/// different first field in each, at least four fields, and no decimal number, which would be a score.
pub(super) fn are_rankings(head: &[u8]) -> bool {
    let delimiter = sniff::delimiter(head);
    let mut users = HashSet::new();
    let lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    // The last line may be cut.
    let mut lines = lines.take(SAMPLE).peekable();
    while let Some(line) = lines.next() {
        let fields: Vec<&[u8]> = text::fields(line, &delimiter).map(<[u8]>::trim_ascii).collect();
        let is_score = |field: &[u8]| {
            let number = std::str::from_utf8(field).ok().and_then(|text| text.parse::<f64>().ok());
            number.is_some_and(|number| number.fract() != 0.0)
        };
        let scored = fields.iter().any(|field| is_score(field));
        let is_cut = lines.peek().is_none() && users.len() > 1;
        if !users.insert(fields[0]) || scored || (fields.len() < NARROW && !is_cut) {
            return false;
        }
    }
    !users.is_empty()
}

/// Reads lines of a user and items; `block` was already taken from `source`.
pub(super) fn read(
    path: &Path,
    mut source: Opened<'_>,
    mut block: Vec<u8>,
    options: &ReadOptions,
    start: Start<'_>,
) -> Result<Found> {
    let delimiter = match &options.delimiter {
        Some(delimiter) => delimiter.clone().into_bytes(),
        None if options.shape.is_none() => b" ".to_vec(),
        None => sniff::delimiter(&block),
    };
    let mut header = options.header == Some(true);
    let columns = Columns { user: 0, item: 1, ..Columns::default() };
    let mut rows = start.rows(&columns, options);
    let mut line = source.skipped;
    let mut alone = 0u64;
    while !block.is_empty() {
        for text in block.split_inclusive(|&b| b == b'\n') {
            line += 1;
            let text = text.trim_ascii();
            if text.is_empty() || std::mem::take(&mut header) {
                continue;
            }
            watch::check();
            let fields = text::fields(text, &delimiter).map(<[u8]>::trim_ascii);
            let mut fields = fields.map(|field| unquoted(field, options.quote));
            let user = fields.next().unwrap_or_default();
            let before = rows.tally.rows;
            for item in fields.filter(|item| !item.is_empty()) {
                let at = rows.tally;
                rows.tally.rows += 1;
                rows.push_valued(user, item, 1.0)
                    .or_else(|message| rows.skip(at, format_args!("line {line}"), message))
                    .map_err(|message| Error::data(path, Some(line), message))?;
            }
            alone += u64::from(rows.tally.rows == before);
        }
        source.block(path, &mut block)?;
    }
    let mut found = Found {
        shape: Shape::Lists,
        compression: source.compression,
        delimiter: Some(String::from_utf8_lossy(&delimiter).into_owned()),
        header: Some(options.header == Some(true)),
        encoding: source.encoding,
        ..Found::new(Format::Text, columns, rows)
    };
    if alone > 0 {
        let lines = count(alone as usize, "line");
        found.columns.notes.push(format!("skipped {lines} with a user and no item"));
    }
    Ok(found)
}

/// Removes quotes around a field, unless quoting is off.
fn unquoted(field: &[u8], quote: Option<Quote>) -> &[u8] {
    let inside = || field.strip_prefix(b"\"")?.strip_suffix(b"\"");
    inside().filter(|_| quote != Some(Quote::None)).unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_nothing_else_is_taken_for_lists() {
        let of = |text: &str| are_lists(text.as_bytes(), &ReadOptions::default());
        for text in [
            "0 11 12 13\n1 12\n2\n3 11 12\n",
            "0 11\n1 12 13\n2 11\n",
            "0 1 2 3 4 5 6 7\n1 2 3 4 5 6 7 8\n",
            "5 11 12 13 14 15 16 17\n",
            "0 11 12 13\n",
            "0 9 12 131\n1 11 14 15\n",
        ] {
            assert!(of(text), "{text}");
        }
        for text in [
            // Rows, one of them damaged, or truncated.
            "1 10 5\n1 11 4\n2 10\n",
            "1 10 5\n2 11 4\n3 10\n",
            "1 10 5 88\n2 11 4 88\n",
            "1 10 11 978300760\n2 11 12 978300761\n",
            "0 11 12\n1 12 13\n",
            "1 10 5 88 3\n2 11 4 88 3\n",
            "1 10 5 88 978300760 3 4 5\n",
            "1 10 5\n2 11 4.5\n3\n4 1\n",
            "a b c d e f\nb c d\nc d\n",
            "1,2,3,4,5,6\n2,3\n",
            "1\n2\n3\n",
            "",
        ] {
            assert!(!of(text), "{text}");
        }
    }
}
