//! Output: tables for people, JSON for programs.

use crate::interrupt::waiting;
use crate::machine;
use crate::table::{Column, Table};
use anyhow::{Result, anyhow};
use cofil::data::prose::count;
pub use cofil::data::prose::{bytes, duration};
use cofil::recommender::DataCard;
use cofil::visible;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Writer for standard output.
pub struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match machine::stdout_is_closed() {
            true => Err(closed()),
            // Output to programs is not escaped. They may take their time, as `less` does.
            false => waiting(|| match io::stdout().is_terminal() {
                true => show(bytes),
                false => io::stdout().write(bytes),
            }),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        waiting(|| io::stdout().flush())
    }
}

/// The same error of standard output with its name.
pub fn named(e: io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("standard output: {e}"))
}

/// Error for a standard output that was closed before the process started, or is not open for writing.
pub fn closed() -> io::Error {
    io::Error::other("it is closed or cannot be written to")
}

/// Writes the complete characters of `bytes` to a terminal, with control characters escaped.
fn show(bytes: &[u8]) -> io::Result<usize> {
    let whole = match std::str::from_utf8(bytes) {
        Err(e) if e.error_len().is_none() && e.valid_up_to() > 0 => e.valid_up_to(),
        _ => bytes.len(),
    };
    io::stdout().write_all(readable(&String::from_utf8_lossy(&bytes[..whole])).as_bytes())?;
    Ok(whole)
}

/// Escapes control characters in `text`, except line ends.
pub fn readable(text: &str) -> String {
    let lays_out = |c| matches!(c, '\n' | '\t');
    let pieces = text.split_inclusive(lays_out).map(|piece| {
        let (line, end) = piece.split_at(piece.trim_end_matches(lays_out).len());
        format!("{}{end}", visible(line))
    });
    pieces.collect()
}

/// First error of standard output. Later output is discarded; the command finishes its work and then fails.
static REFUSED: Mutex<Option<io::Error>> = Mutex::new(None);

/// Like `print!`, for people; never panics.
pub fn print(text: fmt::Arguments<'_>) {
    data(&readable(&text.to_string()));
}

/// Prints `text`, which is already escaped except for colours.
pub fn styled(text: &str) {
    let mut refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    if refused.is_none() {
        *refused = match machine::stdout_is_closed() {
            true => Err(closed()),
            false => waiting(|| io::stdout().write_all(text.as_bytes())),
        }
        .map_err(named)
        .err();
    }
}

/// Prints to standard error, for people; ignores errors. A line that repeats a long input is cut in the middle.
pub fn tell(text: fmt::Arguments<'_>) {
    let text = text.to_string();
    let cut = |line: &str| {
        let begin = line.char_indices().nth(LONGEST / 2);
        let end = line.char_indices().nth_back(LONGEST / 2);
        match (begin, end) {
            (Some((begin, _)), Some((end, _))) if begin < end => {
                format!("{} … {}", &line[..begin], &line[end..])
            }
            _ => line.to_owned(),
        }
    };
    let text: String = text.split_inclusive('\n').map(cut).collect();
    let text = readable(&text);
    let text = if io::stderr().is_terminal() { wrapped(&text) } else { text };
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Wraps the lines of `text` that are wider than the terminal, between words.
fn wrapped(text: &str) -> String {
    let width = usize::from(crate::table::width());
    let line = |line: &str| match line.strip_suffix('\n').unwrap_or(line) {
        inner if inner.chars().count() > width => {
            wrap(inner, width).join("\n") + &line[inner.len()..]
        }
        _ => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Maximum number of characters of a line on standard error.
const LONGEST: usize = 2000;

/// Prints to standard output unescaped, for programs.
pub fn data(text: &str) {
    let mut refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    if refused.is_none() {
        *refused = Stdout.write_all(text.as_bytes()).map_err(named).err();
    }
}

/// Returns an error if any output was lost.
pub fn finish() -> Result<()> {
    let mut refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    match refused.take().map_or_else(|| Stdout.flush().map_err(named), Err) {
        Ok(()) => Ok(()),
        Err(e) => Err(anyhow!("{e}; output was lost")),
    }
}

/// As `print!`.
macro_rules! out {
    ($($text:tt)*) => { $crate::output::print(format_args!($($text)*)) };
}

/// As `println!`.
macro_rules! outln {
    () => { $crate::output::print(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::print(format_args!("{}\n", format_args!($($text)*))) };
}

/// As `eprintln!`.
macro_rules! errln {
    () => { $crate::output::tell(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::tell(format_args!("{}\n", format_args!($($text)*))) };
}
pub(crate) use {errln, out, outln};

/// How further files were read, besides the table that a document has under `read`.
static ALSO_READ: Mutex<Vec<Value>> = Mutex::new(Vec::new());

/// Adds how a further file was read to the JSON document of the command.
pub fn also_read(report: &impl Serialize) -> Result<()> {
    ALSO_READ.lock().unwrap_or_else(PoisonError::into_inner).push(value(report)?);
    Ok(())
}

/// A document, and how further files were read.
#[derive(Serialize)]
struct WithFiles<'a, T> {
    #[serde(flatten)]
    document: &'a T,
    also_read: &'a [Value],
}

/// Prints `document` as one JSON document, while it is made.
pub fn json(document: &impl Serialize) -> Result<()> {
    let also_read = &*ALSO_READ.lock().unwrap_or_else(PoisonError::into_inner);
    let mut out = BufWriter::new(Escaped);
    match also_read.is_empty() {
        true => serde_json::to_writer_pretty(&mut out, document)?,
        false => serde_json::to_writer_pretty(&mut out, &WithFiles { document, also_read })?,
    }
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Writes JSON to standard output, with all control characters as JSON escapes.
struct Escaped;

impl Write for Escaped {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        // The serializer and the buffer pass whole characters on.
        let text = std::str::from_utf8(json).map_err(io::Error::other)?;
        data(&escaped(text));
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The same JSON with control characters as JSON escapes.
fn escaped(json: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
    if json.bytes().all(is_plain) {
        return json.into();
    }
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        let mut letter = [0; 4];
        let letter = &*c.encode_utf8(&mut letter);
        match c != '\n' && visible(letter) != letter {
            // One escape, or a pair for a character beyond U+FFFF.
            true => letter.encode_utf16().for_each(|unit| safe += &format!("\\u{unit:04x}")),
            false => safe.push(c),
        }
    }
    safe.into()
}

/// Converts `value` to JSON with the shortest form of each number.
pub fn value(value: &impl Serialize) -> Result<Value> {
    Ok(cofil::store::plain(value)?)
}

/// Prints a table; the columns in `right` are right-aligned.
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>, right: &[usize]) {
    plain(head, rows, right).print();
}

fn plain(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>, right: &[usize]) -> Table {
    let column = |(at, &head): (usize, &&str)| match right.contains(&at) {
        true => Column::number(head),
        false => Column::text(head),
    };
    let mut table = Table::new(head.iter().enumerate().map(column));
    rows.into_iter().for_each(|row| table.row(row));
    table
}

/// Prints `name  value` lines, the values aligned.
pub fn facts(facts: &[(&str, String)]) {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let room = usize::from(crate::table::width()).saturating_sub(width + 2);
    for (name, value) in facts {
        // File names are not wrapped.
        let mut lines = wrap(value, room).into_iter();
        outln!("{name:<width$}  {}", lines.next().unwrap_or_default());
        lines.for_each(|line| outln!("{:width$}  {line}", ""));
    }
}

/// Wraps `text` at `width` characters, between words; a longer word gets its own line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    fill(text.split(' '), width)
}

fn fill<'a>(words: impl Iterator<Item = &'a str>, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines
}

/// Wraps a command at `width` characters with trailing backslashes.
pub fn command(command: &str, width: usize) -> Vec<String> {
    let mut quote = None;
    let mut apart = |c: char| {
        quote = match quote {
            None if c == '\'' || c == '"' => Some(c),
            Some(open) if c == open => None,
            other => other,
        };
        c == ' ' && quote.is_none()
    };
    let mut words: Vec<String> = Vec::new();
    for word in command.split(&mut apart) {
        match words.last_mut() {
            // An option stays with its value.
            Some(last)
                if last.starts_with('-') && !last.contains(' ') && !word.starts_with('-') =>
            {
                *last += &format!(" {word}");
            }
            _ => words.push(word.to_owned()),
        }
    }
    let lines = fill(words.iter().map(String::as_str), width.saturating_sub(4));
    let last = lines.len() - 1;
    let line = |(at, line): (usize, String)| {
        let (indent, end) = (if at == 0 { "" } else { "  " }, if at == last { "" } else { " \\" });
        format!("{indent}{line}{end}")
    };
    lines.into_iter().enumerate().map(line).collect()
}

/// Prints prose wrapped at the terminal's width.
pub fn prose(text: &str) {
    wrap(text, crate::table::width().into()).iter().for_each(|line| outln!("{line}"));
}

/// Formats the numbers of users, items and interactions.
pub fn sizes(data: &DataCard) -> String {
    let [users, items] = [count(data.users, "user"), count(data.items, "item")];
    format!("{users}, {items}, {}", count(data.interactions, "interaction"))
}

/// Formats a score with enough digits to distinguish neighbours.
pub fn score(x: f32) -> String {
    let text = match x.abs() {
        size if size >= 1000.0 => format!("{x:.0}"),
        size if size >= 10.0 => format!("{x:.2}"),
        _ => format!("{x:.4}"),
    };
    // No sign before a zero.
    if text == "-0.0000" { "0.0000".into() } else { text }
}

/// Rejects, before any work is done, outputs that cannot be written or that would overwrite one of `inputs` or each
/// other. `None`s are ignored.
pub fn check<'a>(
    outputs: impl IntoIterator<Item = Option<&'a Path>>,
    inputs: impl IntoIterator<Item = Option<&'a Path>>,
) -> Result<()> {
    let mut taken: Vec<&Path> = inputs.into_iter().flatten().collect();
    for output in outputs.into_iter().flatten() {
        cofil::store::check_not_input(output, taken.iter().copied())?;
        cofil::store::check_writable(output)?;
        taken.push(output);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_broken_between_their_words() {
        let lines = command("cofil recommend m --where \"genre = 'a b'\" --user 'x y'", 30);
        let expected = ["cofil recommend m \\", "  --where \"genre = 'a b'\" \\", "  --user 'x y'"];
        assert_eq!(lines, expected);
        assert_eq!(command("cofil man", 80), ["cofil man"]);
    }

    #[test]
    fn scores_have_no_sign_before_a_zero() {
        let told = [-1e-9, -0.0, 0.25, -0.25, 12.5, -1234.0].map(score);
        assert_eq!(told, ["0.0000", "0.0000", "0.2500", "-0.2500", "12.50", "-1234"]);
    }

    #[test]
    fn nothing_from_a_file_is_obeyed() {
        let evil = "a\tb\u{1b}[2J\n\nc\u{202e}\r\n";
        assert_eq!(readable(evil), "a\tb\\u{1b}[2J\n\nc\\u{202e}\\r\n");
        let value = serde_json::json!({"a": "\u{1b}\u{7f}\u{9b}\u{202e}é"});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let json = escaped(&text);
        assert!(json.contains("\\u001b\\u007f\\u009b\\u202eé"), "{json}");
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
        let rows = vec![vec![visible("x\u{1b}[1m").into_owned()]];
        assert!(plain(&["name"], rows, &[]).fit(80, false).0.contains("\\u{1b}"));
    }
}
