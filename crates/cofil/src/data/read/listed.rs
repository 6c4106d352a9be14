//! Lists of ids in text files, one per line.

use super::field::shown;
use super::quoted;
use crate::error::Result;
use crate::store::read_text;
use std::path::Path;

/// Most bytes of a list.
const LONGEST: u64 = 1 << 30;

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
/// If the file cannot be read or is not UTF-8.
pub fn read_listed(path: &Path, is_known: impl Fn(&str) -> bool) -> Result<Listed> {
    let text = read_text(path, LONGEST)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines: Vec<&str> =
        text.lines().map(str::trim_ascii).filter(|line| !line.is_empty()).collect();
    let id = |line: &&str| if is_known(line) { (*line).to_owned() } else { unquoted(line) };
    let names: Vec<String> = lines.iter().map(id).collect();
    let note = match names.iter().any(|name| is_known(name)) {
        true => None,
        false => note(&lines),
    };
    Ok(Listed { names, note })
}

/// Returns the text between the quotes of a line that is a quoted field.
fn unquoted(line: &str) -> String {
    let inside = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let single = |inside: &&str| !inside.replace("\"\"", "").contains('"');
    inside.filter(single).map_or_else(|| line.to_owned(), |inside| inside.replace("\"\"", "\""))
}

/// Returns a note if the lines, none of which is a known id, are objects or rows.
fn note(lines: &[&str]) -> Option<String> {
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
}
