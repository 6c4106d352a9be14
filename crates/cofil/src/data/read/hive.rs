//! Columns in the names of folders, as in `year=2024/month=5/part-0.parquet`, written by Hive, Spark and others. Names
//! and values are percent-decoded.
//!
//! A key becomes one more column of each file: a last field of each row of text, a key of each JSON object, or a
//! column of texts. A column of the same name in the file comes first.

use super::known::{means_item, means_time, means_user, means_value};
use super::limits::{Beyond, LONGEST_LINE};
use super::search::Search;
use super::source::Opened;
use super::words::{ITEM, KIND, TIME, USER, VALUE};
use super::{Column, Format, Quote, ReadOptions, Shape, sniff};
use std::io::{BufRead, BufReader, Read};

/// A key, and its value unless it is missing.
pub(super) type Key = (String, Option<String>);

/// Whether a name has the meaning of a role.
type Means = fn(&str) -> bool;

/// The value that stands for a missing one.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// Returns the key and the value in the `name` of a folder, `key=value`.
pub(super) fn key(name: &str) -> Option<Key> {
    let (key, value) = name.split_once('=').filter(|(key, _)| !key.is_empty())?;
    Some((decoded(key), Some(decoded(value)).filter(|value| value != MISSING)))
}

/// Replaces `%2F` and the like by the character.
fn decoded(text: &str) -> String {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let code = match tail {
            [high, low, ..] if *first == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        bytes.push(code.map_or(*first, |(high, low)| (16 * high + low) as u8));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The layout of text without column names: the keys that have a role follow the columns of the file.
pub(super) struct Unnamed {
    width: usize,
    pub keys: Vec<String>,
}

impl Unnamed {
    /// Gives the keys their roles, as given in `options` or else by their names.
    fn new(width: usize, keys: &[Key], options: &mut ReadOptions) -> Self {
        let names: Vec<String> = keys.iter().map(|(key, _)| key.clone()).collect();
        let taken = vec![false; names.len()];
        let mut search = Search { names: Some(names.clone()), taken, notes: Vec::new() };
        let is_weighted = !options.weights.is_empty();
        let roles = options.columns_mut();
        let mut found = roles.map(|role| match role {
            Some(Column::Name(_)) => search.told(role).ok().flatten(),
            _ => None,
        });
        let named: [(&[&str], Means); 5] = [
            (USER, means_user),
            (&ITEM, means_item),
            (VALUE, means_value),
            (TIME, means_time),
            (KIND, |_| false),
        ];
        let mut roles = options.columns_mut();
        for ((role, found), (at, (known, means))) in
            roles.iter_mut().zip(&mut found).zip(named.into_iter().enumerate())
        {
            if role.is_none() && (at < 4 || is_weighted) {
                *found = search.named(known, means);
            }
        }
        let mut kept: Vec<usize> = found.iter().copied().flatten().collect();
        kept.sort_unstable();
        for (role, key) in roles.into_iter().zip(found) {
            if let Some(at) = key.and_then(|key| kept.iter().position(|&kept| kept == key)) {
                *role = Some(Column::Position(width + 1 + at));
            }
        }
        Self { width, keys: kept.into_iter().map(|key| names[key].clone()).collect() }
    }
}

/// Adds `keys` to each row of `source`, and returns the options to read it. `unnamed` is the layout of the first file
/// without column names, which the others must have too; of these rows, only keys with a role become columns.
///
/// # Errors
/// A message, if the layout is another.
pub(super) fn add(
    source: &mut Opened<'_>,
    options: &ReadOptions,
    mut keys: Vec<Key>,
    unnamed: &mut Option<Unnamed>,
) -> Result<ReadOptions, String> {
    let mut options = source.separated(options);
    if keys.is_empty() {
        return Ok(options);
    }
    match source.format {
        Format::Text => {
            let head = source.head();
            let end = memchr::memrchr(b'\n', head).map_or(head.len(), |end| end + 1);
            let rows = matches!(options.shape, None | Some(Shape::Rows));
            // A column that is a key does not make the first row a header.
            let mut of_file = options.clone();
            for role in of_file.columns_mut() {
                let is_key = |name: &String| keys.iter().any(|(key, _)| key == name);
                if matches!(role, Some(Column::Name(name)) if is_key(name)) {
                    *role = None;
                }
            }
            let Some(grid) = sniff::table(&head[..end], &of_file).ok().filter(|_| rows) else {
                return Ok(options);
            };
            let has_names = match grid.names() {
                Some(names) => {
                    keys.retain(|(key, _)| !names.contains(key));
                    true
                }
                None => {
                    let width = grid.width();
                    let layout =
                        unnamed.get_or_insert_with(|| Unnamed::new(width, &keys, &mut options));
                    if layout.width != width {
                        let first = layout.width;
                        return Err(format!("has {width} columns, the first file {first}"));
                    }
                    keys.retain(|(key, _)| layout.keys.contains(key));
                    false
                }
            };
            let delimiter = String::from_utf8_lossy(&grid.delimiter).into_owned();
            let field = |text: &str| field(text, &delimiter, options.quote);
            let header = keys.iter().map(|(key, _)| field(key)).collect();
            let row = keys.iter().map(|(_, value)| field(value.as_deref().unwrap_or(""))).collect();
            let edit = Edit::Fields { header: Some(header).filter(|_| has_names), row };
            source.rewrite(|bytes| Box::new(Edited::new(bytes, edit)));
            (options.delimiter, options.header) = (Some(delimiter), Some(has_names));
        }
        Format::JsonLines => {
            let quoted = |text: &str| serde_json::Value::from(text).to_string();
            let inside =
                |key: &str| memchr::memmem::find(source.head(), quoted(key).as_bytes()).is_some();
            keys.retain(|(key, _)| !inside(key));
            let pair = |(key, value): &Key| {
                let value = value.as_deref().map_or("null".into(), quoted);
                format!("{}:{value}", quoted(key))
            };
            let pairs = keys.iter().map(pair).collect::<Vec<_>>().join(",");
            source.rewrite(|bytes| Box::new(Edited::new(bytes, Edit::Object(pairs))));
        }
        #[cfg(feature = "arrow")]
        Format::Parquet | Format::Arrow => source.keys = keys,
        #[cfg(not(feature = "arrow"))]
        Format::Parquet | Format::Arrow => {}
    }
    Ok(options)
}

/// A delimiter and a field, in quotes if it needs them.
fn field(text: &str, delimiter: &str, quote: Option<Quote>) -> String {
    let plain = !text.contains(delimiter) && !text.contains(['"', '\n', '\r']);
    match plain || quote == Some(Quote::None) {
        true => format!("{delimiter}{text}"),
        false => format!("{delimiter}\"{}\"", text.replace('"', "\"\"")),
    }
}

/// What is added to each line.
enum Edit {
    /// Fields at the end: of the header, if it is still to come, or of a row.
    Fields { header: Option<String>, row: String },
    /// Pairs at the beginning of an object.
    Object(String),
}

/// Reader of lines with something added to each.
struct Edited<R> {
    bytes: BufReader<R>,
    edit: Edit,
    /// Text ready to be taken, and the part of it that was taken.
    ready: Vec<u8>,
    taken: usize,
    lines: u64,
}

impl<R: Read> Edited<R> {
    fn new(bytes: R, edit: Edit) -> Self {
        let bytes = BufReader::with_capacity(1 << 16, bytes);
        Self { bytes, edit, ready: Vec::new(), taken: 0, lines: 0 }
    }

    /// Prepares the next line; nothing at the end.
    fn next(&mut self) -> std::io::Result<()> {
        (self.taken, self.lines) = (0, self.lines + 1);
        self.ready.clear();
        let mut piece = (&mut self.bytes).take(LONGEST_LINE as u64 + 1);
        piece.read_until(b'\n', &mut self.ready)?;
        if self.ready.len() > LONGEST_LINE {
            return Err(Beyond::line(Some(self.lines)));
        }
        if self.ready.trim_ascii().is_empty() {
            return Ok(());
        }
        match &mut self.edit {
            Edit::Fields { header, row } => {
                let end = content(&self.ready);
                let added = header.take().unwrap_or_else(|| row.clone());
                self.ready.splice(end..end, added.into_bytes());
            }
            Edit::Object(pairs) => {
                let Some(open) = memchr::memchr(b'{', &self.ready) else { return Ok(()) };
                let is_empty = self.ready[open + 1..].trim_ascii_start().starts_with(b"}");
                let comma = if is_empty || pairs.is_empty() { "" } else { "," };
                self.ready.splice(open + 1..open + 1, format!("{pairs}{comma}").into_bytes());
            }
        }
        Ok(())
    }
}

/// Returns the length of a line without its end.
fn content(line: &[u8]) -> usize {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line).len()
}

impl<R: Read> Read for Edited<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.taken == self.ready.len() {
            self.next()?;
        }
        let ready = &self.ready[self.taken..];
        let size = ready.len().min(into.len());
        into[..size].copy_from_slice(&ready[..size]);
        self.taken += size;
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded() {
        let pair = |key: &str, value: &str| Some((key.to_owned(), Some(value.to_owned())));
        assert_eq!(key("year=2024"), pair("year", "2024"));
        assert_eq!(key("a%20b=x%2Fy%3D%C3%A9=z"), pair("a b", "x/y=é=z"));
        assert_eq!(key("rate=5%"), pair("rate", "5%"));
        assert_eq!(key("rate=5%zz%4"), pair("rate", "5%zz%4"));
        assert_eq!(key("country=__HIVE_DEFAULT_PARTITION__"), Some(("country".into(), None)));
        assert_eq!((key("year"), key("=2024")), (None, None));
    }

    #[test]
    fn lines_get_fields_and_objects_get_keys() {
        let edited = |text: &str, edit: Edit| {
            let mut all = String::new();
            Edited::new(text.as_bytes(), edit).read_to_string(&mut all).unwrap();
            all
        };
        let header = Some(field("year", ",", None));
        let row = field("a,\"b", ",", None);
        let fields = edited("user,item\r\nu,i\r\n\nv,j", Edit::Fields { header, row });
        assert_eq!(fields, "user,item,year\r\nu,i,\"a,\"\"b\"\r\n\nv,j,\"a,\"\"b\"");
        let objects = edited("{\"user\":1}\n {}\n", Edit::Object("\"year\":\"2024\"".into()));
        assert_eq!(objects, "{\"year\":\"2024\",\"user\":1}\n {\"year\":\"2024\"}\n");
    }
}
