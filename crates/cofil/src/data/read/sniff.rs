//! Delimiter, header and columns of delimited text from its first lines.

use super::ReadOptions;
use super::columns::{Columns, Looks};
use super::field;
use super::known::is_known;
use super::layout::Layout;
use super::limits::{self, MOST_COLUMNS};

/// Rows looked at before deciding, and bytes after which no further row is.
const ROWS: usize = 100;
const BYTES: usize = 1 << 16;

/// Records of raw fields.
type Records = Vec<Vec<Vec<u8>>>;

/// The layout of text that starts with `head`; whole lines, or all of the file.
/// The error is a message with its line.
pub(super) fn sniff(head: &[u8], options: &ReadOptions) -> Result<Layout, (u64, String)> {
    let grid = table(head, options)?;
    let width = grid.width();
    limits::check_columns(width).map_err(|message| (1, message))?;
    let body = &grid.rows[usize::from(grid.header)..];
    let looks =
        |column: usize| Looks::of(body.iter().filter_map(|row| row.get(column)).map(|f| &f[..]));
    let columns =
        Columns::resolve(grid.names(), width, looks, options).map_err(|message| (1, message))?;
    Ok(Layout { delimiter: grid.delimiter, header: grid.header, width, columns })
}

/// How text that starts with `head` is cut, if it is a table of at least two columns.
pub(super) fn table(head: &[u8], options: &ReadOptions) -> Result<Grid, (u64, String)> {
    let Some(grid) = grid(head, options.delimiter.as_deref(), options.header, |_| false) else {
        return Err((1, "the file is empty; give a table of users and items".into()));
    };
    match grid.width() {
        0 | 1 => Err((
            1,
            format!(
                "{} is a single field, but a table has users and items; give the delimiter",
                field::quoted(&grid.rows[0][0])
            ),
        )),
        _ => Ok(grid),
    }
}

/// Delimited text as it is cut, whatever its columns mean.
pub(super) struct Grid {
    pub delimiter: Vec<u8>,
    pub header: bool,
    /// The first rows, the header among them; at least one.
    rows: Records,
}

impl Grid {
    /// Fields of every row; of more than [`MOST_COLUMNS`] just that they are more.
    pub fn width(&self) -> usize {
        self.rows[0].len()
    }

    /// The names of the columns, if there is a header.
    pub fn names(&self) -> Option<Vec<String>> {
        let name = |name: &Vec<u8>| String::from_utf8_lossy(name.trim_ascii()).into_owned();
        self.header.then(|| self.rows[0].iter().map(name).collect())
    }
}

/// How text that starts with `head` is cut; `None` if it is empty. `is_known_too` are names that a header has
/// beside those of tables of interactions.
pub(super) fn grid(
    head: &[u8],
    delimiter: Option<&str>,
    header: Option<bool>,
    is_known_too: impl Fn(&str) -> bool,
) -> Option<Grid> {
    let (delimiter, rows) = match delimiter {
        Some(delimiter) => (delimiter.as_bytes().to_vec(), cut(head, delimiter.as_bytes())),
        None => sniff_delimiter(head),
    };
    if rows.is_empty() {
        return None;
    }
    let is_named = |name: &str| is_known(name) || is_known_too(name);
    let header = header.unwrap_or_else(|| is_header(&rows, is_named));
    Some(Grid { delimiter, header, rows })
}

/// The delimiter that cuts most of the first rows into as many fields as the very first, and the
/// rows it makes. Earlier candidates win ties, more fields beat fewer among `;`, `,` and `|`.
fn sniff_delimiter(head: &[u8]) -> (Vec<u8>, Records) {
    let candidates: [&[u8]; 7] = [b"\t", b"::", b", ", b";", b",", b"|", b" "];
    let score = |rows: &Records| {
        let width = rows.first().map_or(0, Vec::len);
        let alike = rows.iter().filter(|row| row.len() == width).count();
        (if width >= 2 { alike } else { 0 }, width)
    };
    let mut best: Option<((usize, usize), usize, Records)> = None;
    for (i, candidate) in candidates.iter().enumerate() {
        let rows = cut(head, candidate);
        let (alike, width) = score(&rows);
        // Dates hold spaces and titles commas: those compete only where nothing better cuts.
        let better = match &best {
            None => true,
            Some(((other, other_width), at, _)) => {
                alike > *other
                    || (alike == *other && width > *other_width && *at >= 3 && *candidate != b" ")
            }
        };
        // A blank after every comma belongs to the delimiter, unless quotes may protect it.
        let padded = *candidate != b", " || (alike == rows.len() && width == comma_width(head));
        if better && padded {
            best = Some(((alike, width), i, rows));
        }
    }
    let (_, i, rows) = best.expect("the first candidate is always better than none");
    (candidates[i].to_vec(), rows)
}

/// Fields of the first line cut at commas; 0 if quotes are about.
fn comma_width(head: &[u8]) -> usize {
    match memchr::memchr(b'"', head) {
        Some(_) => 0,
        None => cut(head, b",").first().map_or(0, Vec::len),
    }
}

/// The first rows of `head`.
fn cut(head: &[u8], delimiter: &[u8]) -> Records {
    let quotes = memchr::memchr(b'"', &head[..head.len().min(BYTES)]).is_some();
    if let ([delimiter], true) = (delimiter, quotes) {
        let mut reader = super::quoted::reader(*delimiter, head);
        let mut rows = Records::new();
        for record in reader.byte_records() {
            let Ok(record) = record else { break };
            rows.push(record.iter().take(MOST_COLUMNS + 1).map(<[u8]>::to_vec).collect());
            let read = record.position().map_or(0, |p| p.byte());
            if rows.len() >= ROWS || (read as usize > BYTES && rows.len() > 1) {
                break;
            }
        }
        return rows;
    }
    let mut rows = Records::new();
    let mut read = 0;
    for line in head.split(|&b| b == b'\n') {
        read += line.len();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let fields = super::text::fields(line, delimiter).take(MOST_COLUMNS + 1);
        rows.push(fields.map(<[u8]>::to_vec).collect());
        if rows.len() >= ROWS || (read > BYTES && rows.len() > 1) {
            break;
        }
    }
    rows
}

/// Whether the first row names columns: two known names, one where nothing is a number, or a text
/// above a column of numbers.
fn is_header(rows: &Records, is_known: impl Fn(&str) -> bool) -> bool {
    let first = &rows[0];
    let number = |field: &[u8]| field::number(field.trim_ascii()).is_some();
    if first.iter().any(|f| f.trim_ascii().is_empty()) {
        return false;
    }
    let known =
        first.iter().filter(|f| std::str::from_utf8(f).is_ok_and(|f| is_known(f.trim()))).count();
    let numbers = first.iter().any(|f| number(f));
    if known >= 2 || (known == 1 && !numbers) {
        return true;
    }
    !numbers
        && rows.len() > 1
        && (0..first.len())
            .any(|c| rows[1..].iter().all(|row| row.get(c).is_some_and(|f| number(f))))
}

/// Where the first row ends, blank lines before it included.
pub(super) fn header_end(head: &[u8], delimiter: &[u8]) -> usize {
    let mut start = 0;
    while start < head.len() {
        let end = memchr::memchr(b'\n', &head[start..]).map_or(head.len(), |i| start + i + 1);
        let line = head[start..end].trim_ascii_end();
        if line.contains(&b'"')
            && let [delimiter] = delimiter
        {
            let mut reader = super::quoted::reader(*delimiter, &head[start..]);
            let mut record = csv::ByteRecord::new();
            let _ = reader.read_byte_record(&mut record);
            return start + reader.position().byte() as usize;
        }
        if !line.is_empty() {
            return end;
        }
        start = end;
    }
    head.len()
}
