//! Files that hold no table of a format that is read: what they seem to be, and what to do.

use super::printed::{is_aligned, is_marked};
use memchr::memmem::find;

/// Number of lines of text to examine.
const LINES: usize = 50;
/// Number of bytes in which binary files have bytes that text has not.
const NEAR: usize = 64;
const EXPORT: &str = "export the table as CSV or Parquet";
const UNPACK: &str = "unpack it, or use gzip or zstd";

/// Formats by their first bytes, and a remedy other than [`EXPORT`].
const MAGIC: &[(&[u8], &str, &str)] = &[
    (
        b"PK\x03\x04",
        "is a zip archive (or a spreadsheet, or .npz)",
        "unpack it and give the table as CSV",
    ),
    (b"\xfd7zXZ", "is compressed with xz", UNPACK),
    (b"\x04\x22\x4d\x18", "is compressed with LZ4", UNPACK),
    (b"\x1f\x9d", "is compressed with compress (.Z)", UNPACK),
    (b"7z\xbc\xaf", "is a 7z archive", "unpack it"),
    (b"Rar!\x1a", "is a rar archive", "unpack it"),
    (b"\xff\xfe", "is UTF-16 text", "save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text", "save it as UTF-8"),
    (b"SQLite format 3", "is an SQLite database", EXPORT),
    (b"\x93NUMPY", "is a NumPy array", EXPORT),
    (b"\x89HDF", "is an HDF5 file", EXPORT),
    (b"\xd0\xcf\x11\xe0", "is an old Excel file", EXPORT),
    (b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60", "is a SAS table (sas7bdat)", EXPORT),
    (b"$FL2", "is an SPSS table", EXPORT),
    (b"<stata_dta>", "is a Stata table", EXPORT),
    (b"RDX2\n", "is an R data file", EXPORT),
    (b"RDX3\n", "is an R data file", EXPORT),
    (b"Obj\x01", "is an Avro file", EXPORT),
    (b"%PDF-", "is a PDF document", EXPORT),
    (b"{\\rtf", "is a text document (RTF)", EXPORT),
    (b"%%MatrixMarket", "is a matrix in Matrix Market format", "write one row per entry"),
    (
        b"version https://git-lfs",
        "is a Git LFS pointer, not the file itself",
        "fetch it with `git lfs pull`",
    ),
];

/// Returns what a file that begins with `head` is and the remedy, if its bytes tell that it is none of the formats
/// that are read.
pub(super) fn by_bytes(head: &[u8]) -> Option<String> {
    if head.get(257..262) == Some(b"ustar") {
        return Some("is a tar archive; unpack it".into());
    }
    if let Some((_, what, remedy)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Some(format!("{what}; {remedy}"));
    }
    // Marks that may also begin a text.
    let near = &head[..head.len().min(NEAR)];
    let is_binary = near.iter().any(|&byte| byte < 8);
    let (what, remedy) = match *head {
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, ..] => ("is compressed with bzip2", UNPACK),
        [0x80, 2..=5, ..] => ("is a Python pickle, which could run any code", EXPORT),
        [b'x', 0x01 | 0x9c | 0xda, ..] if is_binary || std::str::from_utf8(near).is_err() => {
            ("is compressed with zlib", UNPACK)
        }
        [105..=115, 1 | 2, 1, 0, ..] => ("is a Stata table", EXPORT),
        [0x03 | 0x30 | 0x83 | 0x8b | 0xf5, _, 1..=12, 1..=31, ..] if is_binary => {
            ("is a dBase table", EXPORT)
        }
        [b'F', b'E', b'A', b'1', ..] if is_binary => (
            "is in the first version of Feather",
            "write it as Parquet, or as Feather of version 2",
        ),
        [b'O', b'R', b'C', ..] if is_binary => ("is an ORC file", EXPORT),
        _ if is_utf_16(near) => ("is UTF-16 text without a byte-order mark", "save it as UTF-8"),
        _ => return None,
    };
    Some(format!("{what}; {remedy}"))
}

/// Returns whether every other byte is 0, as in Latin text of two bytes per letter.
fn is_utf_16(near: &[u8]) -> bool {
    let pairs = near.chunks_exact(2);
    let all = |at: usize| pairs.clone().all(|pair| pair[at] == 0 && pair[1 - at] != 0);
    near.len() >= 4 && (all(0) || all(1))
}

/// Returns what text that begins with `head` seems to be and the remedy, if it is no table.
pub(super) fn by_lines(head: &[u8]) -> Option<String> {
    let zeros = memchr::memchr_iter(0, head).count();
    if 10 * zeros > head.len() {
        return Some(format!(
            "is not text, or is damaged, since it has many bytes of 0; {EXPORT}, or give its `format` if it is text"
        ));
    }
    // The last line may be cut off.
    let end = memchr::memrchr(b'\n', head).unwrap_or(head.len());
    let text = String::from_utf8_lossy(&head[..end]);
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES).collect();
    let first = *lines.first()?;
    let all = |is: fn(&str) -> bool| lines.iter().all(|line| is(line));
    let rows = "write one row per interaction";
    let (what, remedy) = match () {
        () if is_markup(first, head) => ("XML or HTML", EXPORT),
        () if is_pickle(first) => ("a Python pickle, which could run any code", EXPORT),
        () if is_arff(&lines) => ("an ARFF file", "leave out the lines before its rows"),
        () if is_json_array(first, head) => {
            ("JSON arrays", "write objects, such as {\"user\": 1, \"item\": 2}, one per line")
        }
        () if is_web_log(first) => ("a web server log", rows),
        () if all(is_log) => ("a program log", rows),
        () if all(|line| line.starts_with("CreateTime:") && line.contains('\t')) => {
            ("the output of Kafka's console consumer", rows)
        }
        () if all(|line| line.starts_with("- {") && line.ends_with('}')) => ("YAML", rows),
        () if is_sql(first) => ("SQL", EXPORT),
        () if is_marked(&text) || lines.iter().take(2).any(|line| is_rule(line)) => {
            ("a table printed by a database client or another program, or in Markdown", EXPORT)
        }
        () if all(is_tuple) => ("a list of tuples", "leave out the parentheses"),
        () if all(are_negatives) => (
            "negatives of test pairs",
            "give it as such when evaluating, and a table of interactions here",
        ),
        () if all(is_printed) => ("printed objects", rows),
        () if is_script(first) => ("a script with data", "leave out all but the data"),
        () if all(is_pairs) => {
            ("`key=value` pairs", "write a header with the keys, and rows with the values")
        }
        () if lines.len() > 1
            && all(is_setting)
            && (lines.iter().any(is_section) || !all(is_parted)) =>
        {
            ("settings (TOML or INI)", rows)
        }
        () if lines.len() > 1 && all(is_property) => {
            ("`key: value` lines, one for each field", rows)
        }
        () if all(is_sparse) => ("sparse vectors (svmlight)", rows),
        () if all(is_wabbit) => ("the input of Vowpal Wabbit", rows),
        () if is_aligned(&text) => ("a table printed with blanks between its columns", EXPORT),
        () => return None,
    };
    Some(format!("seems to be {what}; {remedy}, or give the delimiter if it is a table"))
}

fn is_markup(first: &str, head: &[u8]) -> bool {
    let named = first.strip_prefix('<').is_some_and(|rest| rest.starts_with(char::is_alphabetic));
    let lower = first.to_ascii_lowercase();
    let closes = || find(head, b"</").is_some() || find(head, b"/>").is_some();
    ["<?xml", "<!doctype", "<!--", "<html"].iter().any(|begin| lower.starts_with(begin))
        || (named && closes())
}

/// Returns whether the line begins a pickle of protocol 0.
fn is_pickle(first: &str) -> bool {
    let names = ["ccopy_reg", "cnumpy", "cpandas", "c__builtin__", "ccollections"];
    let memo = |rest: &str| rest.strip_prefix('p').is_some_and(|n| n.parse::<u32>().is_ok());
    let alone = !first.contains([',', ';', '|', '\t', ' ']);
    (alone && names.iter().any(|name| first.starts_with(name)))
        || ["(l", "(d", "(t"].iter().any(|mark| first.strip_prefix(mark).is_some_and(memo))
}

fn is_arff(lines: &[&str]) -> bool {
    let stated = lines.iter().find(|line| !line.starts_with('%'));
    stated.is_some_and(|line| line.to_ascii_lowercase().starts_with("@relation"))
}

fn is_json_array(first: &str, head: &[u8]) -> bool {
    let whole = head.trim_ascii_start();
    let nested =
        whole.strip_prefix(b"[").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"["));
    let array = |line: &str| serde_json::from_str::<Vec<serde::de::IgnoredAny>>(line).is_ok();
    nested || array(first.trim_end_matches(','))
}

fn is_web_log(first: &str) -> bool {
    first.contains(" [") && first.contains("] \"") && first.contains(" HTTP/")
}

/// Returns whether the line is like `Jan 31 07:01:02 host app: …` or `2021-01-31 07:01:02,123 INFO …`.
fn is_log(line: &str) -> bool {
    const LEVELS: [&str; 8] =
        ["TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "FATAL"];
    let mut words =
        line.split_ascii_whitespace().take(4).map(|word| word.trim_matches(['[', ']', ':']));
    let words: [&str; 4] = std::array::from_fn(|_| words.next().unwrap_or_default());
    let is_clock =
        |word: &str| word.split(':').count() == 3 && word.starts_with(|c: char| c.is_ascii_digit());
    let syslog = !words[0].contains(|c: char| !c.is_alphabetic())
        && words[1].parse::<u8>().is_ok()
        && is_clock(words[2])
        && !words[3].is_empty();
    let dated =
        words[0].starts_with(|c: char| c.is_ascii_digit()) && words[0].contains(['-', '/', ':']);
    syslog || (dated && words[1..].iter().any(|word| LEVELS.contains(word)))
}

fn is_sql(first: &str) -> bool {
    let lower = first.to_ascii_lowercase();
    let begins = ["insert into ", "create table ", "drop table ", "-- ", "/*", "pragma "];
    first == "--" || begins.iter().any(|begin| lower.starts_with(begin))
}

/// Returns whether the line is a rule of a printed table, such as the one below its names: `|---|:--|`, `-----+---`,
/// `=====  ===`, `┌─────┬───┐`.
fn is_rule(line: &str) -> bool {
    let is_drawn = |c: char| ('\u{2500}'..='\u{257f}').contains(&c);
    let is_stroke = |c: char| matches!(c, '-' | '=') || is_drawn(c);
    let parts = || line.split(['|', '+', ',', ';', '\t', ' ', ':']).filter(|part| !part.is_empty());
    (parts().count() > 1 || line.starts_with(['+', '|']) || line.starts_with(is_drawn))
        && parts().next().is_some()
        && parts().all(|part| part.chars().count() > 2 && part.chars().all(is_stroke))
}

/// Words that programs write before a sum or a mean, in lower case.
pub(super) const SUMS: &[&str] = &[
    "total",
    "grand total",
    "subtotal",
    "sum",
    "all",
    "average",
    "mean",
    "summe",
    "gesamt",
    "gesamtsumme",
    "gesamtergebnis",
    "ergebnis",
    "mittelwert",
    "somme",
    "total général",
    "total general",
    "total geral",
    "moyenne",
    "suma",
    "suma total",
    "promedio",
    "totale",
    "totale complessivo",
    "media",
    "totaal",
    "eindtotaal",
    "gemiddelde",
    "razem",
    "suma końcowa",
    "итого",
    "общий итог",
    "合計",
    "総計",
    "总计",
    "總計",
    "合计",
];

/// Returns whether `text` names a sum.
pub(super) fn is_sum(text: &str) -> bool {
    SUMS.contains(&text.trim_matches([':', ' ', '"']).to_lowercase().as_str())
}

/// Returns the error for a line below a table that is no row of it: the number of rows, or a sum.
pub(super) fn footer(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?.trim();
    let lower = text.trim_matches(['(', ')']).to_ascii_lowercase();
    let mut words = lower.split_ascii_whitespace();
    let counts = words.next().is_some_and(|number| number.parse::<u64>().is_ok())
        && words.next().is_some_and(|word| ["row", "rows"].contains(&word));
    let what = match () {
        () if counts => "was written by a database client, and is no row",
        () if is_sum(text.split([',', ';', '\t', '|']).next()?) => {
            "looks like a sum, and is no row"
        }
        () => return None,
    };
    Some(format!("{} {what}; remove it", super::field::quoted(line)))
}

/// Returns whether the line is like `(ann, tea, 3),`.
fn is_tuple(line: &str) -> bool {
    let line = line.trim_start_matches('[').trim_end_matches([',', ']']);
    line.starts_with('(') && line.ends_with(')') && line.contains(',')
}

/// Returns whether the line is like `Row(user=1, item=2)` or `Rating(u1, i1, 3)`.
fn is_printed(line: &str) -> bool {
    let line = line.trim_start_matches('[').trim_end_matches([',', ']']);
    let Some((name, fields)) = line.split_once('(') else { return false };
    is_key(name) && fields.ends_with(')') && fields.contains(',') && !fields.contains('\t')
}

/// Returns whether the line has a pair in parentheses and further items, as the files of negatives of the NCF paper.
fn are_negatives(line: &str) -> bool {
    let Some((pair, items)) = line.split_once('\t') else { return false };
    is_tuple(pair) && items.split('\t').all(|item| item.trim().parse::<u64>().is_ok())
}

/// Returns whether the line begins a program text with data: `var data = [{`, `data = [`, `callback({`.
fn is_script(line: &str) -> bool {
    let value = line.split_once('=').map(|(name, value)| (name.trim(), value.trim_start()));
    value.is_some_and(|(name, value)| {
        let name = ["var ", "let ", "const "]
            .iter()
            .find_map(|word| name.strip_prefix(word))
            .unwrap_or(name);
        is_key(name.trim()) && (value.starts_with("[{") || value.starts_with('{') || value == "[")
    })
}

/// Returns whether the text can be a key.
fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || "_-./".contains(c))
}

/// Returns whether the line has several pairs: `user=ann item=tea`.
fn is_pairs(line: &str) -> bool {
    let key = |piece: &str| piece.split_once('=').is_some_and(|(key, _)| is_key(key));
    let mut pieces = line.split([',', ';', '\t', ' ']).map(str::trim).filter(|p| !p.is_empty());
    pieces.next().is_some_and(key) && pieces.any(key)
}

fn is_section(line: &&str) -> bool {
    line.starts_with('[') && line.ends_with(']')
}

/// Returns whether the line may have several fields.
fn is_parted(line: &str) -> bool {
    line.contains([',', ';', '|', '\t'])
}

/// Returns whether the line is a section, a comment or a key with its value: `factors = 8`.
fn is_setting(line: &str) -> bool {
    let pair = || line.split_once('=').is_some_and(|(key, _)| is_key(key.trim_end()));
    is_section(&line) || line.starts_with(['#', ';']) || pair()
}

/// Returns whether the line is a key with its value: `product/productId: B001`.
fn is_property(line: &str) -> bool {
    let line = line.strip_prefix("- ").unwrap_or(line);
    let key = line.split_once(':').filter(|(_, rest)| rest.is_empty() || rest.starts_with(' '));
    key.is_some_and(|(key, _)| is_key(key)) && !line.contains('\t')
}

/// Returns whether the line is a number and pairs of a position and a value, as in `1 3:0.5 7:2`; with the number of
/// a field before them, as of libffm: `1 0:3:0.5`; or only pairs, with commas between: `3:0.5,7:2`.
fn is_sparse(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or_default();
    let is_pair = |word: &str| {
        let mut parts = word.rsplit(':');
        let is_value = parts.next().is_some_and(|value| value.parse::<f64>().is_ok());
        let positions: Vec<&str> = parts.collect();
        is_value
            && (1..=2).contains(&positions.len())
            && positions.iter().all(|at| at.parse::<u64>().is_ok())
    };
    let mut pieces = line.split(',').map(str::trim);
    if line.contains(',') {
        return pieces.all(|piece| piece.split(':').count() == 2 && is_pair(piece));
    }
    let mut words = line.split_ascii_whitespace();
    let label = words.next().is_some_and(|word| word.parse::<f64>().is_ok());
    let mut pairs = words.filter(|word| !word.starts_with("qid:")).peekable();
    label && pairs.peek().is_some() && pairs.all(is_pair)
}

/// Returns whether the line has a number and namespaces of features, as of Vowpal Wabbit: `1 |u ann |i tea`.
fn is_wabbit(line: &str) -> bool {
    let Some((label, rest)) = line.split_once('|') else { return false };
    let mut words = label.split_ascii_whitespace();
    let is_label = words.next().is_none_or(|word| word.parse::<f64>().is_ok());
    // A name follows the mark at once, and its features behind a blank.
    let is_space = |space: &str| !space.starts_with(' ') && space.trim_end().contains(' ');
    let are_spaces = rest.split('|').all(is_space);
    is_label && (label.is_empty() || label.ends_with(' ')) && are_spaces
}

#[cfg(test)]
mod tests {
    use super::super::ReadOptions;
    use super::super::messy::{refused, rows, rows_with};
    use super::*;

    #[test]
    fn files_of_bytes_are_named() {
        let utf_16 =
            |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let utf_16_be: Vec<u8> = "user,item".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (head, name) in [
            (&b"%PDF-1.7\n"[..], "PDF"),
            (b"r\x02\x01\0\x05\0\0\0", "Stata"),
            (b"<stata_dta><header>", "Stata"),
            (b"\x03\x7a\x01\x1f\x0a\0\0\0", "dBase"),
            (b"FEA1\0\0\0\0", "Feather"),
            (b"ORC\x0a\x03\0", "ORC"),
            (b"BZh91AY&SY\x12", "bzip2"),
            (b"x\x9c\xab\x56\x2a", "zlib"),
            (b"x\x01\x01\x05\0", "zlib"),
            (b"x\xda\x4b\x04\0", "zlib"),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60\xb3\x14", "SAS"),
            (b"\x80\x02}q\0", "pickle"),
            (b"\x80\x04\x95\x0f\0", "pickle"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
                "git lfs pull",
            ),
            (&utf_16("user,item\n1,2\n"), "UTF-16"),
            (&utf_16_be, "UTF-16"),
        ] {
            let told = by_bytes(head).unwrap_or_default();
            assert!(told.contains(name) && told.contains("; "), "{name}: {told}");
        }
        for text in
            ["BZhang,a\n", "RDX2,a\n", "ORC1,a\n", "FEA1,b\n", "x,y\n", "3,4\n", "xÚ,é\n", "r,a\n"]
        {
            assert_eq!(by_bytes(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_tables_are_named() {
        for (text, name) in [
            ("[\"u1\",\"a\",5]\n[\"u2\",\"b\",4]\n", "JSON arrays"),
            ("[[\"u1\",\"a\",5],[\"u2\",\"b\",4]]", "JSON arrays"),
            ("[\n  [\"u1\", \"a\", 5],\n  [\"u2\", \"b\", 4]\n]\n", "JSON arrays"),
            (
                "product/productId: B001\nreview/userId: A1\nreview/score: 5.0\n\nproduct/productId: B002\n",
                "`key: value` lines",
            ),
            ("- user: u1\n  item: a\n- user: u2\n  item: b\n", "`key: value` lines"),
            ("<?xml version=\"1.0\"?>\n<r user=\"1\" item=\"2\"/>\n", "XML or HTML"),
            ("<rows><row user=\"1\" item=\"2\"/></rows>", "XML or HTML"),
            ("<!DOCTYPE html>\n<html>\n", "XML or HTML"),
            ("(lp0\n(Vu1\np1\nVa\np2\nI5\ntp3\na.", "pickle"),
            ("% a comment\n@RELATION r\n@ATTRIBUTE user STRING\n@DATA\nu1,a\n", "ARFF"),
            ("[train]\nfactors = 8\nname = \"x y\"\n", "settings"),
            ("factors = 8\nepochs = 3\n", "settings"),
            (
                "1.2.3.4 - ann [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.0\" 200 2326\n",
                "web server log",
            ),
            ("Jan 31 07:01:02 host app[12]: u1 viewed a\n", "program log"),
            ("2021-01-31 07:01:02,123 INFO user=1 item=a\n", "program log"),
            ("2021-01-31T07:01:02Z [main] WARN u1 viewed a\n", "program log"),
            ("CreateTime:1612076462000\tu1\ta\nCreateTime:1612076463000\tu2\tb\n", "Kafka"),
            ("- {user: 1, item: a}\n- {user: 2, item: b}\n", "YAML"),
            ("-- PostgreSQL database dump\n\nCOPY r (u, i) FROM stdin;\n1\t2\n", "SQL"),
            ("/*!40101 SET NAMES utf8 */;\nINSERT INTO r VALUES (1,2);\n", "SQL"),
            ("1 1:0.5 3:2\n-1 2:1\n", "svmlight"),
            ("1 0:1:1 1:10:1\n0 0:2:1 1:11:0.5\n", "svmlight"),
            ("1:5,2:3\n1:4,3:1\n", "svmlight"),
            ("1 |u user1 |i item5\n-1 |u user2 |i item6\n", "Vowpal Wabbit"),
            ("(u1, a, 3)\n(u2, b, 4)\n", "tuples"),
            ("[('u1', 'a', 3),\n ('u2', 'b', 4)]\n", "tuples"),
            (
                "Row(userId=9, movieId=9, rating=3.0)\nRow(userId=9, movieId=8, rating=4.0)\n",
                "printed objects",
            ),
            ("[Rating(u2,i30,0.84),\n Rating(u2,i31,0.74)]\n", "printed objects"),
            ("(0,25)\t1064\t174\n(1,133)\t1072\t3154\n", "negatives"),
            ("var data = [{\"user\":1,\"item\":2}];\n", "script"),
            ("user=u1,item=a,rating=3\nuser=u2,item=b,rating=4\n", "`key=value` pairs"),
            ("ts=1 user=u1 item=\"a b\"\nts=2 user=u2 item=c\n", "`key=value` pairs"),
            ("INSERT INTO t VALUES (1,2,3);\n", "SQL"),
            ("| user | item |\n|---|---|\n| u1 | a |\n", "Markdown"),
            ("user,item\nu1,a\n\0\0\0\0\0\0", "bytes of 0"),
        ] {
            let told = refused(text);
            assert!(told.contains(name) && told.contains("; "), "{text:?}: {told}");
        }
    }

    #[test]
    fn tables_are_tables() {
        assert_eq!(rows("[deleted],a,3\nu2,b,4\n"), ["[deleted] a 3", "u2 b 4"]);
        assert_eq!(rows("<NA>,a,3\nu2,b,4\n"), ["<NA> a 3", "u2 b 4"]);
        let notified = "2021-01-31 07:01:02\tu1\tINFO\n2021-01-31 07:01:03\tu2\tb\n";
        assert_eq!(rows(notified), ["u1 INFO 1 1612076462", "u2 b 1 1612076463"]);
        assert_eq!(rows("(a),x,3\n(b),y,4\n"), ["(a) x 3", "(b) y 4"]);
        assert_eq!(rows("a(b),x(c),3\nd,y,4\n"), ["a(b) x(c) 3", "d y 4"]);
        assert_eq!(rows("u=1,x,3\nu=2,y,4\n"), ["u=1 x 3", "u=2 y 4"]);
        assert_eq!(rows("1 | ann | tea\n2 | bob | jam\n").len(), 2);
        assert_eq!(rows("1|ann lee|tea\n2|bob kay|jam\n").len(), 2);
        assert_eq!(rows("memo: a\tx\nmemo: b\ty\n"), ["memo: a x 1", "memo: b y 1"]);
        let told = ReadOptions { delimiter: Some(": ".into()), ..ReadOptions::default() };
        assert_eq!(rows_with("ann: tea\nbob: jam\n", &told), ["ann tea 1", "bob jam 1"]);
    }
}
