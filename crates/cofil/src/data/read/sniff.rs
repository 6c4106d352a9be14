//! Detecting delimiter, header and columns of delimited text from its first lines.

use super::above;
use super::columns::Columns;
use super::dated::is_dated;
use super::doubts::is_mark;
use super::field;
use super::first_rows;
use super::heads;
use super::known::is_known;
use super::layout::Layout;
use super::limits::{self, MOST_COLUMNS};
use super::looks::{Looks, Seen};
use super::quoted;
use super::{Column, Quote, ReadOptions};

/// Number of rows to examine.
const ROWS: usize = 100;
const BYTES: usize = 1 << 16;
/// Number of bytes after the end of a line in which to search for the end of an open quote.
const FAR: usize = 1 << 16;

/// Records with raw fields.
type Records = Vec<Vec<Vec<u8>>>;

/// Detects the layout of text that starts with `head`, which has whole lines, or all of the file. The error is a
/// message with its line.
pub(super) fn sniff(head: &[u8], options: &ReadOptions) -> Result<Layout, (u64, String)> {
    let mut grid = table(head, options)?;
    let table_name = grid.table_name();
    if let Some(prefix) = &table_name {
        grid.shorten_names(prefix);
    }
    let options = &match &table_name {
        Some(prefix) => options.without_table(prefix),
        None => options.clone(),
    };
    let width = grid.width();
    limits::check_columns(width).map_err(|message| (1, message))?;
    let body = &grid.rows[usize::from(grid.header)..];
    let is_judged = is_judged(&grid, body, options);
    let told = options;
    let options = &(if is_judged { judged(options) } else { options.clone() });
    first_rows::check(&grid, options).map_err(|message| (1, message))?;
    let counts = first_rows::counts_rows(&grid, options);
    let looks = |column: usize| match column {
        0 if counts => Looks::Empty.into(),
        _ => Seen::of(grid.below(column)),
    };
    let mut columns =
        Columns::resolve(grid.names(), width, looks, options).map_err(|message| (1, message))?;
    if is_judged {
        let note = "read as TREC relevance judgements: query, 0, document, relevance";
        columns.notes.push(note.into());
    }
    columns.notes.extend(first_rows::notes(head, &grid, &columns, told));
    let quote = options.quote;
    Ok(Layout { delimiter: grid.delimiter, quote, header: grid.header, width, columns })
}

/// Returns whether rows are relevance judgements of TREC: `query 0 document relevance`.
fn is_judged(grid: &Grid, body: &[Vec<Vec<u8>>], options: &ReadOptions) -> bool {
    let free = [&options.user, &options.item, &options.value].iter().all(|told| told.is_none());
    let is_unused = |field: &[u8]| field == b"0" || field.eq_ignore_ascii_case(b"q0");
    // Numbers from 1 to 5 may be ratings of an item called 0.
    let is_document =
        |field: &[u8]| field.len() > 1 && field::number(field).is_none_or(|n| n > 10.0);
    let is_level = |field: &[u8]| matches!(field, [b'0'..=b'9'] | [b'-', b'0'..=b'9']);
    free && !grid.header
        && body.iter().all(|row| match &row[..] {
            [_, unused, document, level] => {
                is_unused(unused) && is_document(document) && is_level(level)
            }
            _ => false,
        })
}

/// Returns the options to read relevance judgements.
fn judged(options: &ReadOptions) -> ReadOptions {
    let [user, item, value] = [1, 3, 4].map(|position| Some(Column::Position(position)));
    ReadOptions { user, item, value, ..options.clone() }
}

/// Detects how to split text that starts with `head`, if it is a table of at least two columns.
pub(super) fn table(head: &[u8], options: &ReadOptions) -> Result<Grid, (u64, String)> {
    let told = above::told(options);
    let Some(grid) = grid(head, &told, |_| false) else {
        return Err((1, "the file is empty; give a table of users and items".into()));
    };
    if options.header.is_none()
        && let Some(message) = heads::problem(&grid.rows)
    {
        return Err((1, message));
    }
    if told.header.is_none() && above::has_titles(head, &told, &grid) {
        return Err((1, heads::title(&grid.rows[0].join(&grid.delimiter[..]))));
    }
    match grid.width() {
        0 | 1 => Err((
            1,
            format!(
                "{} is a single field, but a table has users and items; {}",
                field::quoted(&grid.rows[0][0]),
                heads::single(
                    &grid.rows,
                    head.trim_ascii_start().split(|&b| b == b'\n').next().unwrap_or_default()
                )
            ),
        )),
        _ => Ok(grid),
    }
}

/// Delimited text split into fields, before columns are resolved.
pub(super) struct Grid {
    pub delimiter: Vec<u8>,
    pub header: bool,
    /// The first rows, including the header; at least one.
    rows: Records,
}

impl Grid {
    /// Returns the number of fields per row. Above [`MOST_COLUMNS`] the number is not exact, only known to be larger.
    pub fn width(&self) -> usize {
        self.rows[0].len()
    }

    /// Returns the name of the table, with a point, that all names of columns begin with, as Hive writes them.
    fn table_name(&self) -> Option<Vec<u8>> {
        let (first, others) = self.rows[0].split_first().filter(|_| self.header)?;
        let end = first.iter().rposition(|&byte| byte == b'.')? + 1;
        let is_within = |name: &Vec<u8>| name.len() > end && name.starts_with(&first[..end]);
        (end > 1 && is_within(first) && !others.is_empty() && others.iter().all(is_within))
            .then(|| first[..end].to_vec())
    }

    fn shorten_names(&mut self, prefix: &[u8]) {
        for name in &mut self.rows[0] {
            name.drain(..prefix.len());
        }
    }

    /// Returns whether all rows have as many fields, at least two.
    pub fn is_even(&self) -> bool {
        self.width() > 1 && self.rows.iter().all(|row| row.len() == self.width())
    }

    /// Returns the rows below the header.
    pub fn body(&self) -> &[Vec<Vec<u8>>] {
        &self.rows[usize::from(self.header)..]
    }

    /// Returns the fields of a column below the header.
    pub fn below(&self, column: usize) -> impl Iterator<Item = &[u8]> + Clone {
        self.body().iter().filter_map(move |row| row.get(column)).map(|field| &field[..])
    }

    /// Returns the first rows, including the header.
    pub fn rows(&self) -> &[Vec<Vec<u8>>] {
        &self.rows
    }

    /// Returns whether there are rows below the first.
    pub fn has_rows(&self) -> bool {
        self.rows.len() > 1
    }

    /// Returns the column names, if there is a header.
    pub fn names(&self) -> Option<Vec<String>> {
        let name = |name: &Vec<u8>| String::from_utf8_lossy(name.trim_ascii()).into_owned();
        self.header.then(|| self.rows[0].iter().map(name).collect())
    }
}

/// Settings that replace detection.
pub(super) struct Told<'a> {
    pub delimiter: Option<&'a str>,
    pub quote: Option<Quote>,
    pub header: Option<bool>,
}

/// Returns the number of fields of the first row of `head`.
pub(super) fn width(head: &[u8], delimiter: &[u8], quote: Option<Quote>) -> usize {
    cut(head, delimiter, quote).first().map_or(0, Vec::len)
}

/// Detects the delimiter of text that starts with `head`.
pub(super) fn delimiter(head: &[u8]) -> Vec<u8> {
    sniff_delimiter(head, None).0
}

/// Detects how to split text that starts with `head`; `None` if it is empty. `is_known_too` recognises further column
/// names, besides those of interaction tables.
pub(super) fn grid(
    head: &[u8],
    told: &Told<'_>,
    is_known_too: impl Fn(&str) -> bool,
) -> Option<Grid> {
    let (delimiter, rows) = match told.delimiter.map(str::as_bytes) {
        Some(delimiter) => (delimiter.to_vec(), cut(head, delimiter, told.quote)),
        None => sniff_delimiter(head, told.quote),
    };
    if rows.is_empty() || head.trim_ascii().is_empty() {
        return None;
    }
    // Hive writes the name of the table before the names.
    let bare = |name: &str| name.rsplit('.').next().is_some_and(is_known);
    let is_named = |name: &str| is_known(name) || bare(name) || is_known_too(name);
    let mut rows = rows;
    if told.header != Some(false) {
        complete_header(&mut rows, is_named);
    }
    let header = told.header.unwrap_or_else(|| is_header(&rows, is_named));
    Some(Grid { delimiter, header, rows })
}

/// Adds an empty name to a header one field short: in front, if the rows begin with their numbers, as R writes them, or
/// at the end, if all rows end with a delimiter.
fn complete_header(rows: &mut Records, is_known: impl Fn(&str) -> bool) {
    let Some((header, body)) = rows.split_first_mut() else { return };
    let is_short = !body.is_empty() && body.iter().all(|row| row.len() == header.len() + 1);
    let is_name = |name: &Vec<u8>| std::str::from_utf8(name.trim_ascii()).is_ok_and(&is_known);
    if !is_short || !header.iter().any(is_name) {
        return;
    }
    if body.iter().all(|row| row.last().is_some_and(|field| field.trim_ascii().is_empty())) {
        header.push(Vec::new());
    } else if body.len() > 1
        && body.iter().zip(1..).all(|(row, n)| row[0] == format!("{n}").as_bytes())
    {
        header.insert(0, Vec::new());
    }
}

/// Delimiters, in the order in which they are preferred if they split alike.
const DELIMITERS: [&[u8]; 7] = [b"\t", b"::", b", ", b";", b",", b"|", b" "];

/// Detects the delimiter that splits most of the first rows into as many fields as the first row; returns it with the
/// rows. Ties go to the earlier candidate, unless it stands within a field of the later one; among `;`, `,` and `|`
/// to the one that leaves the other in a later field, else to the one that gives more fields.
fn sniff_delimiter(head: &[u8], quote: Option<Quote>) -> (Vec<u8>, Records) {
    let mut best: Option<(usize, Split)> = None;
    for candidate in DELIMITERS {
        let rows = cut(head, candidate, quote);
        let width = rows.first().map_or(0, Vec::len);
        let alike = rows.iter().filter(|row| row.len() == width).count();
        let alike = if width >= 2 { alike } else { 0 };
        let split = Split { delimiter: candidate, rows };
        // Dates contain spaces and titles commas, so those only count if no other delimiter splits better.
        let better = match &best {
            None => true,
            Some((other, _)) if alike != *other => alike > *other,
            Some((_, other)) => width >= 2 && split.beats(other),
        };
        // A blank after each comma belongs to the delimiter, unless quotes may protect it.
        let padded = *candidate != *b", "
            || (alike == split.rows.len() && split.width() == comma_width(head));
        if better && padded {
            best = Some((alike, split));
        }
    }
    let (_, split) = best.expect("the first candidate is always better than none");
    (split.delimiter.to_vec(), split.rows)
}

/// Rows split at a delimiter.
struct Split {
    delimiter: &'static [u8],
    rows: Records,
}

impl Split {
    fn width(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// Returns whether `other` occurs in one of the first `fields` of any row.
    fn has_in_first(&self, fields: usize, other: &Self) -> bool {
        let is_in = |field: &Vec<u8>| super::text::find(field, other.delimiter).is_some();
        self.rows.iter().any(|row| row.iter().take(fields).any(is_in))
    }

    /// Returns whether `other` occurs in the first field of all rows, and in the `last` one.
    fn has_in_ends(&self, other: &Self, last: bool) -> bool {
        let is_in = |field: Option<&Vec<u8>>| {
            field.is_some_and(|field| super::text::find(field, other.delimiter).is_some())
        };
        self.rows.iter().all(|row| is_in(row.first()) && (!last || is_in(row.last())))
    }

    /// Returns whether this delimiter is likelier than the `other`, which is preferred and splits the rows alike.
    fn beats(&self, other: &Self) -> bool {
        let is_mark = |delimiter: &[u8]| matches!(delimiter, [b';' | b',' | b'|']);
        match (self.delimiter, other.delimiter) {
            // Users and items come first, and users do not contain lists.
            (own, others) if is_mark(own) && is_mark(others) => {
                let contain = |fields: usize| {
                    (self.has_in_first(fields, other), other.has_in_first(fields, self))
                };
                match (contain(1), contain(2)) {
                    ((false, true), _) | (_, (false, true)) => true,
                    ((true, false), _) | (_, (true, false)) => false,
                    _ => self.width() > other.width(),
                }
            }
            (b",", b", ") => false,
            // Names have blanks, and ids of two columns in a row rarely.
            (b" ", b"\t") => false,
            (own, others) => {
                // The other one stands in a text behind the ids: in `u1;i1;4;Lock, Stock` and `u1 i1 1,5`.
                let is_behind = self.width() > 2
                    && other.has_in_ends(self, false)
                    && !self.has_in_first(2, other);
                let is_weak = own == b" " || others == b"\t";
                // Or in one between others, so that it splits each row in the middle: `1;Monsters, Inc;5`.
                let is_within = self.width() > other.width()
                    && is_mark(own)
                    && others != b"\t"
                    && other.has_in_ends(self, true)
                    && !self.has_in_first(1, other);
                is_within || (is_behind && (!is_weak || self.begins_with_ids()))
            }
        }
    }

    /// Returns whether the first two fields of the rows below the first have digits.
    fn begins_with_ids(&self) -> bool {
        let are_ids = |row: &Vec<Vec<u8>>| row.len() > 2 && row[..2].iter().all(|id| has_digit(id));
        let below = if self.rows.len() > 1 { &self.rows[1..] } else { &self.rows[..] };
        below.iter().all(are_ids)
    }
}

/// Returns the number of fields of the first line split at commas; 0 if it contains quotes.
fn comma_width(head: &[u8]) -> usize {
    match memchr::memchr(b'"', head) {
        Some(_) => 0,
        None => cut(head, b",", None).first().map_or(0, Vec::len),
    }
}

/// Returns whether most of the first rows of `head` have as many fields as the first, at least two, between `delimiter`
/// outside of quotes.
pub(super) fn splits(head: &[u8], delimiter: &[u8]) -> bool {
    let rows = cut(head, delimiter, None);
    let width = rows.first().map_or(0, Vec::len);
    width > 1 && 2 * rows.iter().filter(|row| row.len() == width).count() > rows.len()
}

/// Returns the first rows of `head`. A quote that is not closed in it is an ordinary character.
pub(super) fn cut(head: &[u8], delimiter: &[u8], quote: Option<Quote>) -> Records {
    let mut rows = Records::new();
    let mut fields = Vec::new();
    let mut at = 0;
    while at < head.len() && rows.len() < ROWS && (at <= BYTES || rows.len() < 2) {
        let end = memchr::memchr(b'\n', &head[at..]).map_or(head.len(), |i| at + i + 1);
        let line = head[at..end].strip_suffix(b"\n").unwrap_or(&head[at..end]);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let with_quotes = quote != Some(Quote::None) && line.contains(&b'"');
        let near = &head[at..head.len().min(end + FAR)];
        let length = with_quotes.then(|| quoted::cut(near, delimiter, &mut fields)).flatten();
        match length.filter(|&length| length < near.len() || at + length == head.len()) {
            Some(length) => {
                let fields = fields.iter().take(MOST_COLUMNS + 1);
                rows.push(fields.map(|field| field.of(&head[at..]).to_vec()).collect());
                at += length;
            }
            None if line.is_empty() => at = end,
            None => {
                let fields = super::text::fields(line, delimiter).take(MOST_COLUMNS + 1);
                rows.push(fields.map(<[u8]>::to_vec).collect());
                at = end;
            }
        }
    }
    rows
}

/// Returns whether the first row is a header: it has known names or differs in kind from the rows below, and has no
/// number or date above others of its kind.
fn is_header(rows: &Records, is_known: impl Fn(&str) -> bool) -> bool {
    let (first, body) = (&rows[0], &rows[1..]);
    let field = |c: usize| first[c].trim_ascii();
    let in_body = |c: usize| body.iter().filter_map(move |row| row.get(c).map(|f| f.trim_ascii()));
    let columns = || (0..first.len()).filter(|&c| !field(c).is_empty());
    let named = columns().filter(|&c| std::str::from_utf8(field(c)).is_ok_and(&is_known));
    let named: Vec<usize> = named.collect();
    let again = |c: usize| in_body(c).any(|below| below == field(c));
    // The only known name is not a column name if it occurs again in the rows below, and no single letter is if one of
    // them does.
    let is_letter = |c: usize| field(c).len() == 1;
    let letter_again = named.iter().any(|&c| is_letter(c) && again(c));
    let is_name = |&&c: &&usize| match is_letter(c) {
        true => !letter_again,
        false => !again(c) || named.len() > 1,
    };
    let known = named.iter().filter(is_name).count();
    // A number or a date above others of its kind is a row, whatever the other fields are.
    let is_row = |c: usize| {
        let kind = Kind::of(field(c));
        kind != Kind::Text && (body.is_empty() || mostly(in_body(c), |f| Kind::of(f) == kind))
    };
    let are_texts = |c: usize| mostly(in_body(c), |f| Kind::of(f) == Kind::Text);
    if is_counted(first) && columns().any(are_texts) {
        return true;
    }
    if columns().any(is_row) {
        // Except beside several names: pandas calls a column without a name 0. And in a matrix, with users below and
        // numbers of items in the header.
        let is_above = |&c: &usize| {
            Kind::of(field(c)) == Kind::Text
                && !is_mark(field(c))
                && mostly(in_body(c), |f| Kind::of(f) == Kind::Number)
        };
        let spelt = named.iter().filter(|&&c| !is_letter(c) && !again(c)).count();
        return spelt > 1
            || columns().filter(is_above).count() > 1
            || is_matrix_header(rows, known);
    }
    if known > 0 || is_generic(first) {
        return true;
    }
    // Nobody calls a column NULL, and a column behind the first without a name is one of a row.
    let is_missing = |c: usize| {
        let filled = || in_body(c).any(|below| !below.is_empty() && !is_mark(below));
        (is_mark(field(c)) || (c > 0 && field(c).is_empty())) && filled()
    };
    // Ids such as those below.
    let is_id = |c: usize| {
        has_digit(field(c))
            && body.len() >= 3
            && mostly(in_body(c), has_digit)
            && !mostly(in_body(c), |f| Kind::of(f) == Kind::Number)
    };
    if (0..first.len()).any(is_missing) || columns().any(is_id) {
        return false;
    }
    let unlike = |c: usize| {
        let is = |kind: Kind| mostly(in_body(c), |f| Kind::of(f) == kind);
        is(Kind::Number)
            || is(Kind::Date)
            || (body.len() >= 3
                && !has_digit(field(c))
                && in_body(c).all(|f| f.is_empty() || has_digit(f)))
    };
    !body.is_empty() && (columns().any(unlike) || is_above_others(first, body))
}

/// Returns whether a row is 0, 1, 2 and so on, as pandas numbers columns.
pub(super) fn is_counted(row: &[Vec<u8>]) -> bool {
    row.len() > 1
        && row.iter().enumerate().all(|(c, field)| field.trim_ascii() == c.to_string().as_bytes())
}

/// Returns whether the names are those that programs give to columns without one: `_c0`, `V1`, `Column1`, `field_1`.
fn is_generic(row: &[Vec<u8>]) -> bool {
    const STEMS: [&str; 13] = [
        "_c", "v", "x", "col", "column", "field", "f", "var", "variable", "feature", "spalte",
        "colonne", "campo",
    ];
    let names: Vec<String> =
        row.iter().map(|name| String::from_utf8_lossy(name.trim_ascii()).to_lowercase()).collect();
    // R leaves the name of row numbers empty.
    let names = match names.split_first() {
        Some((first, others)) if first.is_empty() => others,
        _ => &names[..],
    };
    let stem = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let Some(first) = names.first().filter(|_| names.len() > 1) else { return false };
    let (own, number) = first.split_at(stem(first));
    let Ok(start @ (0 | 1)) = number.parse::<usize>() else { return false };
    STEMS.contains(&own.trim_end_matches(['_', '.', ' ', '-']))
        && names.iter().zip(start..).all(|(name, n)| *name == format!("{own}{n}"))
}

/// Returns whether the `first` row stands above fields of another kind that it has none of: words for yes and no,
/// amounts, types of events behind the ids, or texts with the mark of an address.
fn is_above_others(first: &[Vec<u8>], body: &[Vec<Vec<u8>>]) -> bool {
    let special = |looks: Looks, c: usize| match looks {
        Looks::Truth | Looks::Amount => true,
        Looks::Event => c > 1,
        _ => false,
    };
    // Of a single row below, nothing can be told.
    if body.len() < 2 {
        return false;
    }
    let mut is_above = false;
    for (c, field) in first.iter().enumerate() {
        let own = field.trim_ascii();
        let below = || {
            let fields = body.iter().filter_map(|row| row.get(c).map(|f| f.trim_ascii()));
            fields.filter(|field| !field.is_empty())
        };
        let looks = Looks::of(below());
        if special(looks, c) {
            if Looks::of(std::iter::once(own)) == looks {
                return false;
            }
            // A single letter is rather an id.
            is_above |= own.len() > 1;
        }
        for mark in [&b"@"[..], b"://"] {
            let has = |field: &[u8]| super::text::find(field, mark).is_some();
            is_above |= !own.is_empty() && !has(own) && mostly(below(), has);
        }
    }
    is_above
}

/// Returns whether the first row is the header of a matrix with numbers as items.
fn is_matrix_header(rows: &Records, known: usize) -> bool {
    let (corner, items) = (rows[0][0].trim_ascii(), &rows[0][1..]);
    let different: std::collections::BTreeSet<&[u8]> = items.iter().map(Vec::as_slice).collect();
    // A single line may be a user and numbers of items, and `u` is a user rather than a column name.
    rows.len() > 1
        && items.len() >= 2
        && different.len() == items.len()
        && items.iter().all(|item| Kind::of(item.trim_ascii()) == Kind::Number)
        && (corner.is_empty() || (known == 1 && corner.len() > 1 && Kind::of(corner) == Kind::Text))
}

/// Returns whether there are fields that are not empty, and `is` holds for all of them.
fn mostly<'a>(fields: impl Iterator<Item = &'a [u8]>, is: impl Fn(&[u8]) -> bool) -> bool {
    let mut fields = fields.filter(|field| !field.is_empty()).peekable();
    fields.peek().is_some() && fields.all(is)
}

pub(super) fn has_digit(field: &[u8]) -> bool {
    field.iter().any(u8::is_ascii_digit)
}

/// Kind of a single field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A number, with a decimal point or comma.
    Number,
    /// A date or a time of day, in any order: digits with `-`, `/`, `.` or `:` between them.
    Date,
    Text,
}

impl Kind {
    fn of(field: &[u8]) -> Self {
        if field::number(field).or_else(|| field::comma_number(field)).is_some() {
            return Self::Number;
        }
        let digits = field.iter().filter(|b| b.is_ascii_digit()).count();
        let between = field.iter().filter(|b| b"-/.:".contains(b)).count();
        let others = field.len() - digits - between;
        let is_date = digits >= 4 && between >= 2 && others <= 4 && field[0].is_ascii_digit();
        match is_date || is_dated(field) {
            true => Self::Date,
            false => Self::Text,
        }
    }
}
/// Returns the end of the first row, including blank lines before it.
pub(super) fn header_end(head: &[u8], delimiter: &[u8], quote: Option<Quote>) -> usize {
    let mut start = 0;
    while start < head.len() {
        let end = memchr::memchr(b'\n', &head[start..]).map_or(head.len(), |i| start + i + 1);
        let line = head[start..end].trim_ascii_end();
        if line.contains(&b'"') && quote != Some(Quote::None) {
            let length = quoted::cut(&head[start..], delimiter, &mut Vec::new());
            return length.map_or(end, |length| start + length);
        }
        if !line.is_empty() {
            return end;
        }
        start = end;
    }
    head.len()
}
