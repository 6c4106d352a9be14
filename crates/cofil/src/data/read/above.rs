//! Lines above a table: comments, which are skipped, and others, such as a title.

use super::known::is_known;
use super::sniff::{self, Told, grid};
use super::{Column, ReadOptions, Shape};

/// Maximum number of lines above a table that are recognised, besides comments.
const MOST: usize = 10;

/// Comments above a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comments {
    /// Number of lines, with blank ones between them.
    pub lines: u64,
    /// Their length in bytes.
    pub length: usize,
    /// Number of comments.
    count: usize,
}

impl Comments {
    /// Returns the note that they are skipped.
    pub fn note(self) -> String {
        match self.count {
            1 => "a comment line above the table is skipped".into(),
            count => format!("{count} comment lines above the table are skipped"),
        }
    }
}

/// Returns the comments above the table in `head`: lines that begin with `#` or `%` and have not as many fields as the
/// table, since ids may begin so too (hashtags). The last one may be the header, and is no comment then.
pub(super) fn comments(head: &[u8], options: &ReadOptions) -> Option<Comments> {
    let lists = options.shape == Some(Shape::Lists);
    let marks = |line: &[u8]| match *line.trim_ascii_start() {
        // In lists any number of fields may be right.
        [b'#' | b'%', second, ..] if lists => second == b' ' || second == b'#',
        [b'#' | b'%', ..] => true,
        _ => false,
    };
    let mut found: Vec<Comments> = Vec::new();
    let (mut lines, mut length, mut count) = (0, 0, 0);
    for line in head.split_inclusive(|&b| b == b'\n') {
        let blank = line.trim_ascii().is_empty();
        if !blank && !marks(line) {
            break;
        }
        (lines, length) = (lines + 1, length + line.len());
        if !blank {
            count += 1;
            found.push(Comments { lines, length, count });
        }
    }
    let told = told(options);
    let table = grid(&head[found.last()?.length..], &told, |_| false)?;
    if table.width() < 2 {
        return None;
    }
    // Above a header there are no rows.
    let is_named = |names: Vec<String>| names.iter().any(|name| is_known(name));
    if lists || table.names().is_some_and(is_named) {
        return found.pop();
    }
    while let Some(last) = found.last() {
        let before = found.len().checked_sub(2).map_or(0, |at| found[at].length);
        let line = &head[before..last.length];
        // Between blanks the mark alone would be an id, as in the `% 3 2 2` of KONECT.
        let alone = table.delimiter == b" " && line.trim_ascii_start().get(1) == Some(&b' ');
        let width = sniff::width(line, &table.delimiter, options.quote);
        if alone || width != table.width() {
            break;
        }
        found.pop();
    }
    found.pop()
}

/// Returns what is known about the layout of a table.
pub(super) fn told(options: &ReadOptions) -> Told<'_> {
    let columns = [&options.user, &options.item, &options.value, &options.time, &options.kind];
    let header = options.header.or_else(|| Column::imply_header(&columns));
    Told { delimiter: options.delimiter.as_deref(), quote: options.quote, header }
}

/// Returns whether there are other lines above a table, such as a title: those without which all rows have as many
/// fields as its header, if they themselves have not.
pub(super) fn has_titles(head: &[u8], told: &Told<'_>, grid: &sniff::Grid) -> bool {
    if grid.is_even() {
        return false;
    }
    let mut rest = head;
    for _ in 0..MOST {
        let Some(end) = memchr::memchr(b'\n', rest) else { return false };
        rest = &rest[end + 1..];
        let Some(below) = sniff::grid(rest, told, |_| false) else { return false };
        let differs = below.width() != grid.width() || below.delimiter != grid.delimiter;
        if below.header && below.is_even() && below.has_rows() && differs {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::messy::{refused, rows, rows_with, table};
    use super::*;

    fn notes(content: &str) -> String {
        table(content, &ReadOptions::default()).expect(content).report.notes.join("\n")
    }

    #[test]
    fn comments_above_a_table_are_skipped_with_a_note() {
        let both = ["u1 a 3", "u2 b 4"];
        for (content, count) in [
            ("# exported 2024-01-01\nuser,item,rating\nu1,a,3\nu2,b,4\n", "a comment line"),
            ("% exported\n\n\nu1,a,3\nu2,b,4\n", "a comment line"),
            (
                "# exported 2021, by me\n# twice\nuser,item,rating\nu1,a,3\nu2,b,4\n",
                "2 comment lines",
            ),
            ("#\n# by me, and you\n#\nuser,item,rating\nu1,a,3\nu2,b,4\n", "3 comment lines"),
            ("\u{feff}# one\r\nu1\ta\t3\r\nu2\tb\t4\r\n", "a comment line"),
            ("% bip weighted\n% 2 2\nu1 a 3\nu2 b 4\n", "2 comment lines"),
            ("# \"one\nu1 a 3\nu2 b 4\n", "a comment line"),
        ] {
            assert_eq!(rows(content), both, "{content:?}");
            assert!(notes(content).contains(&format!("{count} above the table")), "{content:?}");
        }
        let told = refused("# one\n\nuser,item,rating\nu1,a,3\nu2,b,five\n");
        assert!(told.starts_with("t:5: rating \"five\""), "{told}");
        // As many fields as the table, but above its header.
        assert_eq!(rows("# by me, and you\nuser,item\nu1,a\n"), ["u1 a 1"]);
        let lists = ReadOptions { shape: Some(Shape::Lists), ..ReadOptions::default() };
        assert_eq!(rows_with("# user items\n#a b c\n", &lists), ["#a b 1", "#a c 1"]);
        assert_eq!(rows("# LightGCN\n0 1 2\n1 3\n2 4 5 6\n").len(), 6);
    }

    #[test]
    fn ids_may_begin_like_comments() {
        assert_eq!(rows("#a,x\n#b,y\nc,z\n"), ["#a x 1", "#b y 1", "c z 1"]);
        assert_eq!(rows("#a,x,3\n#b,y,4\n"), ["#a x 3", "#b y 4"]);
        assert_eq!(rows("#user,item,rating\nu1,a,3\n"), ["u1 a 3"]);
        // SNAP: the last of these lines names the columns.
        let snap = "# Directed graph: web.txt\n# Nodes: 3 Edges: 3\n# FromNodeId\tToNodeId\n0\t1\n0\t2\n1\t2\n";
        assert_eq!(rows(snap), ["0 1 1", "0 2 1", "1 2 1"]);
        assert!(notes(snap).contains("2 comment lines"), "{}", notes(snap));
        // A comment between rows is no row, and not silently left out.
        assert!(refused("u1,a,3\n# half\nu2,b,4\n").contains("t:2: 1 field"));
    }

    #[test]
    fn other_lines_around_a_table_are_named() {
        for content in [
            "Some old ratings\n\nuser,item,rating\nu1,a,3\nu2,b,4\n",
            "My ratings\nuser,item,rating\nu1,a,3\nu2,b,4\n",
        ] {
            let told = refused(content);
            assert!(
                told.contains("is a title, not column names; delete the lines above the table"),
                "{told}"
            );
        }
        for footer in
            ["(2 rows)", "(2 rows affected)", "2 rows selected.", "2 rows in set (0.00 sec)"]
        {
            let told = refused(&format!("user,item,rating\nu1,a,3\nu2,b,4\n{footer}\n"));
            assert!(told.contains("t:4: ") && told.contains("a database client"), "{told}");
        }
        let told = refused("user;item;rating\nu1;a;3\nu2;b;4\nTotal;7\n");
        assert!(told.contains("t:4: ") && told.contains("looks like a sum"), "{told}");
        for printed in [
            " user | item \n------+------\n u1   | a\n(1 row)\n",
            "+------+------+\n| user | item |\n+------+------+\n| u1   | a    |\n",
            "user,item\n----,----\nu1,a\n",
            "user item\n---- ----\nu1   a\n",
            "user\titem\n----\t----\nu1\ta\n",
        ] {
            let told = refused(printed);
            assert!(told.contains("printed by a database client"), "{told}");
        }
        assert!(notes("user,item\nu1,a\nu2,b\nTotal,2\n").contains("`Total`"));
        assert!(notes("user item\nu1 a\nu2 b\n(2 rows)\n").contains("may be a footer"));
        assert_eq!(rows("user,item\n--,--\nu1,a\n")[0], "-- -- 1");
    }
}
