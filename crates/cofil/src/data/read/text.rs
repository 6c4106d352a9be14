//! Delimited text without quotes: blocks are cut into chunks that are parsed in parallel, each
//! numbering its own names; merging the names in file order makes the numbering that of a plain loop.

use super::field::Rules;
use super::names::PartNames;
use super::rows::{Fields, Rows, Tally};
use super::sniff::Layout;
use rayon::prelude::*;

/// Bytes of one chunk. Constant, so that pieces depend on the data alone.
const CHUNK: usize = 512 << 10;

/// What is wrong, and how many bytes from the start of the block.
pub(super) struct Bad {
    pub offset: usize,
    pub message: String,
}

/// The fields of a line.
pub(super) fn fields<'a>(line: &'a [u8], delimiter: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        match find(line, delimiter) {
            Some(end) => {
                rest = Some(&line[end + delimiter.len()..]);
                Some(&line[..end])
            }
            None => rest.take(),
        }
    })
}

/// Where `delimiter` first stands. Fields are short: a plain loop beats a vector search.
#[inline(always)]
fn find(line: &[u8], delimiter: &[u8]) -> Option<usize> {
    let first = delimiter[0];
    if delimiter.len() == 1 {
        return line.iter().position(|&b| b == first);
    }
    (0..line.len()).find(|&i| line[i] == first && line[i..].starts_with(delimiter))
}

/// Cuts `block` after the first line end past every [`CHUNK`] bytes.
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

/// A chunk's share of the arrays, and what came of it.
struct Slot<'a> {
    chunk: &'a [u8],
    user: &'a mut [u32],
    item: &'a mut [u32],
    value: &'a mut [f32],
    time: &'a mut [i64],
}

#[derive(Default)]
struct Part {
    users: PartNames,
    items: PartNames,
    tally: Tally,
    filled: usize,
}

/// Appends the rows of `block`, which has no header and no quotes.
pub(super) fn read_block(
    block: &[u8],
    layout: &Layout,
    rules: &Rules<'_>,
    rows: &mut Rows,
) -> Result<(), Bad> {
    let chunks = chunks(block);
    let lines: Vec<usize> = chunks
        .par_iter()
        .map(|chunk| {
            memchr::memchr_iter(b'\n', chunk).count() + usize::from(!chunk.ends_with(b"\n"))
        })
        .collect();
    let start = rows.user.len();
    rows.lengthen(lines.iter().sum());
    let slots = slots(&chunks, &lines, start, rows);
    let parts: Vec<Result<Part, Bad>> = slots
        .into_par_iter()
        .map(|slot| {
            let offset = slot.chunk.as_ptr() as usize - block.as_ptr() as usize;
            read_chunk(slot, layout, rules)
                .map_err(|bad| Bad { offset: offset + bad.offset, message: bad.message })
        })
        .collect();
    // The first chunk that failed failed first in the file.
    let parts = parts.into_iter().collect::<Result<Vec<Part>, Bad>>()?;
    let tables = parts
        .iter()
        .map(|part| Ok((rows.users.merge(&part.users)?, rows.items.merge(&part.items)?)))
        .collect::<Result<Vec<_>, super::names::Unnamed>>()
        .map_err(|e| Bad { offset: 0, message: e.0 })?;
    self::slots(&chunks, &lines, start, rows).into_par_iter().zip(tables).for_each(
        |(slot, (users, items))| {
            slot.user.iter_mut().for_each(|u| *u = users.get(*u as usize).copied().unwrap_or(0));
            slot.item.iter_mut().for_each(|i| *i = items.get(*i as usize).copied().unwrap_or(0));
        },
    );
    parts.iter().for_each(|part| rows.tally.add(&part.tally));
    rows.close_gaps(start, lines.iter().zip(&parts).map(|(&lines, part)| (lines, part.filled)));
    Ok(())
}

/// Hands every chunk its part of the arrays from `start` on.
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

fn read_chunk(slot: Slot<'_>, layout: &Layout, rules: &Rules<'_>) -> Result<Part, Bad> {
    let mut part = Part::default();
    let cutter = Cutter::new(layout);
    let mut offset = 0;
    while offset < slot.chunk.len() {
        let rest = &slot.chunk[offset..];
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        let bad = |message: String| Bad { offset, message };
        if !line.is_empty() {
            let fields = cutter.cut(line).map_err(bad)?;
            if let Some((value, time)) = fields.read(rules, &mut part.tally).map_err(bad)? {
                let at = part.filled;
                slot.user[at] =
                    part.users.insert(fields.user).map_err(|e| bad(format!("user {}", e.0)))?;
                slot.item[at] =
                    part.items.insert(fields.item).map_err(|e| bad(format!("item {}", e.0)))?;
                if let Some(slot) = slot.value.get_mut(at) {
                    *slot = value;
                }
                if let Some(slot) = slot.time.get_mut(at) {
                    *slot = time.raw();
                }
                part.filled += 1;
            }
        }
        offset += end + 1;
    }
    Ok(part)
}

/// Cuts lines and picks the fields in use.
pub(super) struct Cutter<'a> {
    delimiter: &'a [u8],
    layout: &'a Layout,
    /// What each column is; 5 stands for a column not in use.
    roles: Vec<usize>,
}

impl<'a> Cutter<'a> {
    pub fn new(layout: &'a Layout) -> Self {
        let columns = &layout.columns;
        let mut roles = vec![5; layout.width];
        roles[columns.user] = 0;
        roles[columns.item] = 1;
        for (role, column) in [(2, columns.value), (3, columns.time), (4, columns.kind)] {
            if let Some(column) = column {
                roles[column] = role;
            }
        }
        Self { delimiter: &layout.delimiter, layout, roles }
    }

    #[inline]
    fn cut<'l>(&self, line: &'l [u8]) -> Result<Fields<'l>, String> {
        let mut fields: [&[u8]; 6] = [&[]; 6];
        let mut rest = line;
        let last = self.roles.len() - 1;
        for &role in &self.roles[..last] {
            let Some(end) = find(rest, self.delimiter) else { return Err(self.miscounted(line)) };
            fields[role] = &rest[..end];
            rest = &rest[end + self.delimiter.len()..];
        }
        if find(rest, self.delimiter).is_some() {
            return Err(self.miscounted(line));
        }
        fields[self.roles[last]] = rest;
        Ok(self.picked(fields))
    }

    /// The fields in use among all of a record.
    pub fn pick<'l>(&self, record: &'l csv::ByteRecord) -> Result<Fields<'l>, String> {
        if record.len() != self.roles.len() {
            return Err(miscounted(record.len(), self.layout));
        }
        let mut fields: [&[u8]; 6] = [&[]; 6];
        self.roles.iter().zip(record).for_each(|(&role, field)| fields[role] = field);
        Ok(self.picked(fields))
    }

    #[inline]
    fn picked<'l>(&self, fields: [&'l [u8]; 6]) -> Fields<'l> {
        let columns = &self.layout.columns;
        Fields {
            user: fields[0],
            item: fields[1],
            value: columns.value.map(|_| fields[2]),
            time: columns.time.map(|_| fields[3]),
            kind: columns.kind.map(|_| fields[4]),
        }
    }

    #[cold]
    fn miscounted(&self, line: &[u8]) -> String {
        miscounted(fields(line, self.delimiter).count(), self.layout)
    }
}

/// What to say about a row of `found` fields.
fn miscounted(found: usize, layout: &Layout) -> String {
    let first = if layout.header { "header" } else { "first line" };
    let delimiter = super::field::quoted(&layout.delimiter);
    let remedy = match found < layout.width {
        true => "complete the line".to_owned(),
        false => format!("put quotes around fields that contain {delimiter}"),
    };
    let plural = if found == 1 { "" } else { "s" };
    format!("{found} field{plural}, but the {first} has {}; {remedy}", layout.width)
}
