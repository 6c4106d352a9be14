//! Parsing lines in parallel: blocks are cut into chunks that are parsed independently, each with its own numbering
//! of ids. Merging the ids in file order gives the same numbering as a sequential loop.

use super::names::{PartIds, PartNames, Unnamed};
use super::plain::Plain;
use super::rows::{Row, Rows, Tally};
use super::stamp::Stamp;
use crate::math::parallel;

/// Size of a chunk in bytes. It is constant, so that chunks depend on the data alone.
const CHUNK: usize = 512 << 10;

/// Parser of lines.
pub(super) trait Lines: Sync {
    /// Returns the row on `line`; `None` if it is left out. Counts it in `tally`.
    fn row<'l>(&self, line: &'l [u8], tally: &mut Tally) -> Result<Option<Row<'l>>, String>;

    /// Returns the row at the start of `text` if its line is so simple that it need not be cut out and checked first.
    #[inline]
    fn plain(&self, _text: &[u8]) -> Option<Plain> {
        None
    }

    /// Returns the error `message` as it is told, with names of columns.
    fn told(&self, message: String) -> String {
        message
    }
}

/// An error message, and its offset in bytes from the start of the block.
pub(super) struct Bad {
    pub offset: usize,
    pub message: String,
}

/// Returns the number of line ends in `text`.
pub(super) fn line_ends(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

/// Returns the first position of `byte` in `text`.
pub(super) fn find(byte: u8, text: &[u8]) -> Option<usize> {
    let found = parallel::map(text.len(), CHUNK, |range| {
        memchr::memchr(byte, &text[range.clone()]).map(|at| range.start + at)
    });
    found.into_iter().flatten().next()
}

/// Cuts `block` after the first line end past each [`CHUNK`] bytes.
fn chunks(block: &[u8]) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    let mut rest = block;
    while !rest.is_empty() {
        let search = rest.len().min(CHUNK) - 1;
        let end = memchr::memchr(b'\n', &rest[search..]).map_or(rest.len(), |i| search + i + 1);
        let (chunk, tail) = rest.split_at(end);
        chunks.push(chunk);
        rest = tail;
    }
    chunks
}

/// A chunk's part of the arrays.
struct Slot<'a> {
    chunk: &'a [u8],
    user: &'a mut [u32],
    item: &'a mut [u32],
    value: &'a mut [f32],
    time: &'a mut [i64],
}

#[derive(Default)]
struct ReadChunk {
    users: PartIds,
    items: PartIds,
    tally: Tally,
    filled: usize,
    /// Offsets of unreadable rows from the start of the chunk.
    bad: Vec<usize>,
}

/// Appends the rows of `block`, which consists of whole lines that follow `before` others; returns the number of lines.
pub(super) fn read_block(
    block: &[u8],
    before: u64,
    lines: &impl Lines,
    rows: &mut Rows,
) -> Result<u64, Bad> {
    let chunks = chunks(block);
    let room: Vec<usize> =
        parallel::map_all(&chunks, |c| line_ends(c) + usize::from(!c.ends_with(b"\n")));
    let start = rows.user.len();
    rows.lengthen(room.iter().sum());
    let offset = |chunk: &[u8]| chunk.as_ptr() as usize - block.as_ptr() as usize;
    let left = rows.skipped.allowed - rows.skipped.count;
    let skips = rows.skipped.allowed > 0;
    let parts: Vec<Result<ReadChunk, Bad>> = parallel::map_all_with(
        slots(&chunks, &room, start, rows),
        Default::default,
        |ids, slot| {
            let start = offset(slot.chunk);
            let moved = |bad: Bad| Bad { offset: start + bad.offset, ..bad };
            read_chunk(slot, lines, ids, skips.then_some(left)).map_err(moved)
        },
    );
    // The first failed chunk has the first error in the file.
    let parts = parts.into_iter().collect::<Result<Vec<ReadChunk>, Bad>>()?;
    let (mut counted, mut line) = (0, before + 1);
    for (chunk, part) in chunks.iter().zip(&parts) {
        for &at in &part.bad {
            let offset = offset(chunk) + at;
            line += line_ends(&block[counted..offset]) as u64;
            counted = offset;
            let why = checked(lines, line_at(chunk, at).0, &mut Tally::default());
            let message = why.err().unwrap_or_default();
            let place = format_args!("line {line}");
            rows.skipped.add(place, message).map_err(|message| Bad { offset, message })?;
        }
    }
    let (all_users, all_items) = (&mut rows.users, &mut rows.items);
    let (users, items): (Result<Vec<_>, Unnamed>, Result<Vec<_>, _>) = parallel::join(
        || parts.iter().map(|part| all_users.merge(&part.users)).collect(),
        || parts.iter().map(|part| all_items.merge(&part.items)).collect(),
    );
    let full = |e: Unnamed| Bad { offset: 0, message: e.0 };
    let (users, items) = (users.map_err(full)?, items.map_err(full)?);
    let renumber = |ids: &mut [u32], table: &[u32]| {
        ids.iter_mut().for_each(|id| *id = table[*id as usize]);
    };
    let tables = users.iter().zip(&items);
    let numbered = slots(&chunks, &room, start, rows).into_iter().zip(&parts).zip(tables);
    parallel::for_each(numbered, |((slot, part), (users, items))| {
        renumber(&mut slot.user[..part.filled], users);
        renumber(&mut slot.item[..part.filled], items);
    });
    parts.iter().for_each(|part| rows.tally.add(&part.tally));
    rows.close_gaps(start, room.iter().zip(&parts).map(|(&room, part)| (room, part.filled)));
    Ok(room.iter().sum::<usize>() as u64)
}

/// Assigns to each chunk its part of the arrays, from `start` on.
fn slots<'a>(
    chunks: &[&'a [u8]],
    lines: &[usize],
    start: usize,
    rows: &'a mut Rows,
) -> Vec<Slot<'a>> {
    let (mut user, mut item) = (&mut rows.user[start..], &mut rows.item[start..]);
    let mut value = rows.value.as_mut().map_or(&mut [][..], |v| &mut v[start..]);
    let mut time = rows.time.as_mut().map_or(&mut [][..], |t| &mut t[start..]);
    let mut slots = Vec::with_capacity(chunks.len());
    for (chunk, &lines) in chunks.iter().zip(lines) {
        slots.push(Slot {
            chunk,
            user: user.split_off_mut(..lines).unwrap_or_default(),
            item: item.split_off_mut(..lines).unwrap_or_default(),
            value: value.split_off_mut(..lines).unwrap_or_default(),
            time: time.split_off_mut(..lines).unwrap_or_default(),
        });
    }
    slots
}

/// Returns the line of `chunk` that begins at `at`, without its end, and the start of the next line.
fn line_at(chunk: &[u8], at: usize) -> (&[u8], usize) {
    let rest = &chunk[at..];
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    (rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]), at + end + 1)
}

/// Parses a line and checks that its ids are valid.
fn checked<'l>(
    lines: &impl Lines,
    line: &'l [u8],
    tally: &mut Tally,
) -> Result<Option<Row<'l>>, String> {
    let row = lines.row(line, tally)?;
    row.as_ref().map_or(Ok(()), Row::check)?;
    Ok(row)
}

/// Reads a chunk. If rows may be left out, it stops once more than `left` rows cannot be read.
fn read_chunk(
    slot: Slot<'_>,
    lines: &impl Lines,
    [users, items]: &mut [PartNames; 2],
    left: Option<u64>,
) -> Result<ReadChunk, Bad> {
    let mut part = ReadChunk::default();
    let mut next = 0;
    while next < slot.chunk.len() {
        let offset = next;
        if let Some(row) = lines.plain(&slot.chunk[offset..]) {
            next += row.length;
            part.tally.rows += 1;
            let at = part.filled;
            slot.user[at] = users.insert_small(row.user);
            slot.item[at] = items.insert_small(row.item);
            if let Some(value) = slot.value.get_mut(at) {
                *value = row.value;
            }
            if let (Some(time), Some(number)) = (slot.time.get_mut(at), row.time) {
                *time = part.tally.time(Stamp::Number(number)).raw();
            }
            part.filled += 1;
            continue;
        }
        let (line, end) = line_at(slot.chunk, offset);
        next = end;
        if line.is_empty() {
            continue;
        }
        let bad = |message: String| Bad { offset, message };
        let row = match left {
            None => lines.row(line, &mut part.tally).map_err(bad)?,
            Some(left) => {
                let before = part.tally;
                match checked(lines, line, &mut part.tally) {
                    Ok(row) => row,
                    Err(_) if part.bad.len() as u64 > left => break,
                    Err(_) => {
                        part.tally = Tally { rows: before.rows + 1, ..before };
                        part.bad.push(offset);
                        continue;
                    }
                }
            }
        };
        let Some(row) = row else { continue };
        let at = part.filled;
        slot.user[at] = users.insert(&row.user).map_err(|e| bad(format!("user {}", e.0)))?;
        slot.item[at] = items.insert(&row.item).map_err(|e| bad(format!("item {}", e.0)))?;
        if let Some(value) = slot.value.get_mut(at) {
            *value = row.value;
        }
        if let Some(time) = slot.time.get_mut(at) {
            *time = row.time.raw();
        }
        part.filled += 1;
    }
    (part.users, part.items) = (users.take(), items.take());
    Ok(part)
}
