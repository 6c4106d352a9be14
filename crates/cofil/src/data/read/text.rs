//! Delimited text: splitting lines into fields and picking the ones in use.

use super::chunks::Lines;
use super::field::Rules;
use super::foreign::footer;
use super::layout::Layout;
use super::plain::{Plain, PlainLines};
use super::quoted::Record;
use super::rows::{Fields, Row, Rows, Tally};

/// Returns the fields of a line.
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

/// Returns the position of the first `delimiter`. Fields are short, so a plain loop beats a vectorised search.
#[inline(always)]
pub(super) fn find(line: &[u8], delimiter: &[u8]) -> Option<usize> {
    match *delimiter {
        [byte] => line.iter().position(|&b| b == byte),
        [first, second] => line.windows(2).position(|pair| pair[0] == first && pair[1] == second),
        _ => line.windows(delimiter.len()).position(|window| window == delimiter),
    }
}

/// Texts up to this length, such as `N/A`, may stand where a value or a time is missing.
const SHORT: usize = 4;

/// Splits lines and picks the fields in use.
pub(super) struct Cutter<'a> {
    delimiter: &'a [u8],
    layout: &'a Layout,
    rules: &'a Rules<'a>,
    /// Role of each column; 5 means a column not in use.
    roles: Vec<usize>,
    plain: Option<PlainLines>,
}

impl<'a> Cutter<'a> {
    pub fn new(layout: &'a Layout, rules: &'a Rules<'a>) -> Self {
        let columns = &layout.columns;
        let mut roles = vec![5; layout.width];
        roles[columns.user] = 0;
        roles[columns.item] = 1;
        for (role, column) in [(2, columns.value), (3, columns.time), (4, columns.kind)] {
            if let Some(column) = column {
                roles[column] = role;
            }
        }
        let plain = PlainLines::new(layout, rules);
        Self { delimiter: &layout.delimiter, layout, rules, roles, plain }
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
        // Surrounding blanks are not part of values, times and types.
        fields[0] = fields[0].trim_ascii();
        fields[1] = fields[1].trim_ascii();
        Ok(self.picked(fields))
    }

    /// Appends the row of a record.
    pub fn push(&self, record: &Record<'_>, rows: &mut Rows) -> Result<(), String> {
        if record.len() != self.roles.len() {
            let footer = record.fields().next().and_then(footer);
            return Err(footer.unwrap_or_else(|| match record.has_escapes() {
                true => format!(
                    "{} fields, but there are {} columns; write quotes within quotes twice (`\"\"`), not after a \
                     backslash (in Spark, set the option `escape` to `\"`)",
                    record.len(),
                    self.roles.len()
                ),
                false => self.whole().miscounted(record.len()),
            }));
        }
        if self.layout.quote.is_none() {
            record.check_lines(
                self.delimiter,
                |fields| self.is_row(fields),
                |column| self.roles[column] != 5,
            )?;
        }
        let mut fields: [&[u8]; 6] = [&[]; 6];
        self.roles.iter().zip(record.fields()).for_each(|(&role, field)| fields[role] = field);
        match self.picked(fields).read(self.rules, &mut rows.tally)? {
            Some(row) => rows.push(&row),
            None => Ok(()),
        }
    }

    /// Returns whether `fields` are those of a row: as many as there are columns, with a value and a time where they
    /// belong, or none.
    fn is_row(&self, fields: &[&[u8]]) -> bool {
        let fits = |(&role, field): (&usize, &&[u8])| match role {
            2 => field.len() <= SHORT || self.rules.value(field).is_ok(),
            3 => field.len() <= SHORT || self.rules.time(field).is_ok(),
            _ => true,
        };
        fields.len() == self.roles.len() && self.roles.iter().zip(fields).all(fits)
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
        footer(line)
            .unwrap_or_else(|| self.whole().miscounted(fields(line, self.delimiter).count()))
    }

    fn whole(&self) -> Cut<'_> {
        let Layout { header, width, .. } = *self.layout;
        Cut { delimiter: self.delimiter, header, width }
    }
}

impl Lines for Cutter<'_> {
    #[inline]
    fn row<'l>(&self, line: &'l [u8], tally: &mut Tally) -> Result<Option<Row<'l>>, String> {
        self.cut(line)?.read(self.rules, tally)
    }

    #[inline]
    fn plain(&self, text: &[u8]) -> Option<Plain> {
        self.plain.as_ref()?.row(text)
    }

    fn told(&self, message: String) -> String {
        let columns = &self.layout.columns;
        for (role, column) in [("user", columns.user), ("item", columns.item)] {
            let name = columns.name(column).filter(|name| name != role);
            if let (Some(name), Some(rest)) =
                (name, message.strip_prefix(&format!("{role} is empty")))
            {
                return format!("{role} (`{name}`) is empty{rest}");
            }
        }
        message
    }
}

/// How to split lines.
pub(super) struct Cut<'a> {
    pub delimiter: &'a [u8],
    pub header: bool,
    /// Number of fields per row.
    pub width: usize,
}

impl Cut<'_> {
    /// Returns the message for a row of `found` fields.
    pub fn miscounted(&self, found: usize) -> String {
        let first = if self.header { "header" } else { "first line" };
        let delimiter = super::field::quoted(self.delimiter);
        let remedy = match found < self.width {
            true => "complete the line".to_owned(),
            false => format!("put quotes around fields that contain {delimiter}"),
        };
        let plural = if found == 1 { "" } else { "s" };
        let lists = match !self.header && self.delimiter == b" " {
            true => " (if each line is a user and its items, use `shape` = lists)",
            false => "",
        };
        format!("{found} field{plural}, but the {first} has {}; {remedy}{lists}", self.width)
    }
}
