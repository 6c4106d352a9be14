//! Parsing lines in parallel: blocks are cut into chunks that are parsed independently, each with its own numbering
//! of ids. Merging the ids in file order gives the same numbering as a sequential loop.

use super::names::{PartNames, Unnamed};
use super::rows::{Row, Rows, Tally};
use crate::math::parallel;

/// Size of a chunk in bytes. It is constant, so that chunks depend on the data alone.
const CHUNK: usize = 512 << 10;

/// Parser of lines.
pub(super) trait Lines: Sync {
    /// Returns the row on `line`; `None` if it is left out. Counts it in `tally`.
    fn row<'l>(&self, line: &'l [u8], tally: &mut Tally) -> Result<Option<Row<'l>>, String>;
}

/// An error message, and its offset in bytes from the start of the block.
pub(super) struct Bad {
    pub offset: usize,
    pub message: String,
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
    users: PartNames,
    items: PartNames,
    tally: Tally,
    filled: usize,
    /// Offsets of unreadable rows from the start of the chunk.
    bad: Vec<usize>,
}

/// Appends the rows of `block`, which consists of whole lines that follow `before` others.
pub(super) fn read_block(
    block: &[u8],
    before: u64,
    lines: &impl Lines,
    rows: &mut Rows,
) -> Result<(), Bad> {
    let chunks = chunks(block);
    let ends = |chunk: &[u8]| memchr::memchr_iter(b'\n', chunk).count();
    let room: Vec<usize> =
        parallel::map_all(&chunks, |c| ends(c) + usize::from(!c.ends_with(b"\n")));
    let start = rows.user.len();
    rows.lengthen(room.iter().sum());
    let offset = |chunk: &[u8]| chunk.as_ptr() as usize - block.as_ptr() as usize;
    let left = rows.skipped.allowed - rows.skipped.count;
    let skips = rows.skipped.allowed > 0;
    let parts: Vec<Result<ReadChunk, Bad>> =
        parallel::map_all(slots(&chunks, &room, start, rows), |slot| {
            let start = offset(slot.chunk);
            let moved = |bad: Bad| Bad { offset: start + bad.offset, ..bad };
            read_chunk(slot, lines, skips.then_some(left)).map_err(moved)
        });
    // The first failed chunk has the first error in the file.
    let parts = parts.into_iter().collect::<Result<Vec<ReadChunk>, Bad>>()?;
    let (mut counted, mut line) = (0, before + 1);
    for (chunk, part) in chunks.iter().zip(&parts) {
        for &at in &part.bad {
            let offset = offset(chunk) + at;
            line += ends(&block[counted..offset]) as u64;
            counted = offset;
            let why = checked(lines, line_at(chunk, at).0, &mut Tally::default());
            let message = why.err().unwrap_or_default();
            let place = format_args!("line {line}");
            rows.skipped.add(place, message).map_err(|message| Bad { offset, message })?;
        }
    }
    let tables = parts
        .iter()
        .map(|part| Ok((rows.users.merge(&part.users)?, rows.items.merge(&part.items)?)))
        .collect::<Result<Vec<_>, Unnamed>>()
        .map_err(|e| Bad { offset: 0, message: e.0 })?;
    let renumber = |ids: &mut [u32], table: &[u32]| {
        ids.iter_mut().for_each(|id| *id = table[*id as usize]);
    };
    let numbered = slots(&chunks, &room, start, rows).into_iter().zip(&parts).zip(&tables);
    parallel::for_each(numbered, |((slot, part), (users, items))| {
        renumber(&mut slot.user[..part.filled], users);
        renumber(&mut slot.item[..part.filled], items);
    });
    parts.iter().for_each(|part| rows.tally.add(&part.tally));
    rows.close_gaps(start, room.iter().zip(&parts).map(|(&room, part)| (room, part.filled)));
    Ok(())
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
fn read_chunk(slot: Slot<'_>, lines: &impl Lines, left: Option<u64>) -> Result<ReadChunk, Bad> {
    let mut part = ReadChunk::default();
    let mut next = 0;
    while next < slot.chunk.len() {
        let offset = next;
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
        let (users, items) = (&mut part.users, &mut part.items);
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
    Ok(part)
}
