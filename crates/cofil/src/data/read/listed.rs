//! Lists of ids in text files, one per line.

use super::field::shown;
use super::quoted;
use crate::error::Result;
use crate::store::read_lines;
use std::path::Path;

/// Most bytes of a list.
const LONGEST: u64 = 256 << 20;
/// Memory of a short id in bytes: the text and its place in the list.
const SHORT: u64 = 56;
/// Memory in bytes that a list of short ids may take beyond ten times its size.
const FREE: u64 = 200 << 20;
/// Number of lines examined to tell a table from a list.
const SAMPLE: usize = 100;

/// The ids of a list, and what is doubtful about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The ids, in the order of the file.
    pub names: Vec<String>,
    /// A note if no id is known, and the file seems to be a table.
    pub note: Option<String>,
}

/// Reads a file with one id per line (`-` is standard input). Blanks around an id are removed, and quotes too unless
/// `is_known` returns true with them. Empty lines and a byte-order mark are left out.
///
/// # Errors
/// If the file cannot be read, is not UTF-8, or has more than 256 MiB or a line of more than 16 MiB.
pub fn read_listed(path: &Path, is_known: impl Fn(&str) -> bool) -> Result<Listed> {
    let (mut names, mut first) = (Vec::new(), Vec::new());
    let (mut any_known, mut length) = (false, 0);
    read_lines(path, LONGEST, |line| {
        length += line.len() as u64 + 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        let name = if is_known(line) { line.to_owned() } else { unquoted(line) };
        any_known = any_known || is_known(&name);
        if !any_known && first.len() < SAMPLE {
            first.push(line.to_owned());
        }
        names.push(name);
        // So many ids this short are not all different.
        match SHORT * names.len() as u64 > 10 * length + FREE {
            true => Err("the list repeats short ids many times; list each id once".into()),
            false => Ok(()),
        }
    })?;
    let note = if any_known { None } else { note(&first) };
    Ok(Listed { names, note })
}

/// Returns the text between the quotes of a line that is a quoted field.
fn unquoted(line: &str) -> String {
    let inside = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let single = |inside: &&str| !inside.replace("\"\"", "").contains('"');
    inside.filter(single).map_or_else(|| line.to_owned(), |inside| inside.replace("\"\"", "\""))
}

/// Returns a note if the first lines of a list without a known id are objects or rows.
fn note(lines: &[String]) -> Option<String> {
    let first = lines.first()?;
    let mut cut = Vec::new();
    let mut width = |line: &str, delimiter: &str| {
        let whole = quoted::cut(line.as_bytes(), delimiter.as_bytes(), &mut cut).is_some();
        if whole { cut.len() } else { 0 }
    };
    let parted = ["\t", "::", ";", ",", "|"].iter().any(|delimiter| {
        let columns = width(first, delimiter);
        columns > 1 && lines.iter().all(|line| width(line, delimiter) == columns)
    });
    let what = match first.as_bytes()[0] {
        b'{' | b'[' => "JSON",
        _ if parted => "a table",
        _ => return None,
    };
    Some(format!(
        "no line is a known id, and the file seems to be {what} (`{}`): give a file with one id per line",
        shown(first.as_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, known: &[&str]) -> (Vec<String>, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ids");
        std::fs::write(&path, text).unwrap();
        let listed = read_listed(&path, |name| known.contains(&name)).unwrap();
        (listed.names, listed.note.unwrap_or_default())
    }

    #[test]
    fn ids_are_lines() {
        let known = ["u1", "a, b", "\"x\"", "say \"hi\""];
        let (names, note) =
            read("\u{feff}u1\r\n\n a, b \n\"u1\"\n\"x\"\n\"say \"\"hi\"\"\"\n\"p\" q\n", &known);
        assert_eq!(names, ["u1", "a, b", "u1", "\"x\"", "say \"hi\"", "\"p\" q"]);
        assert_eq!(note, "");
        assert_eq!(read("", &known), (Vec::new(), String::new()));
    }

    #[test]
    fn tables_are_no_lists() {
        for (text, what) in [
            ("user,rating\nu1,5\nu2,4\n", "a table (`user,rating`)"),
            ("u1\t5\nu2\t4\n", "a table"),
            ("{\"user\":\"u1\"}\n{\"user\":\"u2\"}\n", "JSON"),
        ] {
            let (_, note) = read(text, &["u1", "u2"]);
            assert!(note.contains(what) && note.contains("one id per line"), "{note}");
        }
        for text in ["u3\nu4\n", "u1\nx,y\n", "a, b\nc\n"] {
            assert_eq!(read(text, &["u1"]).1, "", "{text}");
        }
    }

    #[test]
    fn a_list_takes_memory_by_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ids");
        std::fs::write(&path, "y\n".repeat(6_000_000)).unwrap();
        let told = read_listed(&path, |_| true).unwrap_err().to_string();
        assert!(told.contains("list each id once"), "{told}");
    }
}
