//! Converts a JSON array, or objects that span several lines, to JSON lines.

use std::io::Read;

/// Returns whether text that starts with `head` is an array of objects, or has objects that span several lines.
pub(in super::super) fn needs_lines(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    match text.first() {
        Some(b'[') => text[1..].trim_ascii_start().first().is_some_and(|b| b"{]".contains(b)),
        Some(b'{') => {
            let line = memchr::memchr(b'\n', text).map_or(text, |end| &text[..end]);
            line.len() < text.len() && !line.trim_ascii_end().ends_with(b"}")
        }
        _ => false,
    }
}

/// Reader of the objects of `input`, one per line, without the array around them.
pub(in super::super) struct Lines<R> {
    input: R,
    /// Number of open objects and arrays, without the outer array.
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Whether the outer array is open.
    in_array: bool,
}

impl<R> Lines<R> {
    pub fn new(input: R) -> Self {
        Self { input, depth: 0, in_string: false, escaped: false, in_array: false }
    }

    /// Returns the replacement of `byte`; `None` to drop it.
    fn byte(&mut self, byte: u8) -> Option<u8> {
        if self.in_string {
            self.in_string = self.escaped || byte != b'"';
            self.escaped = byte == b'\\' && !self.escaped;
            return Some(byte);
        }
        match byte {
            b'[' if self.depth == 0 && !self.in_array => {
                self.in_array = true;
                None
            }
            b']' if self.depth == 0 && self.in_array => {
                self.in_array = false;
                None
            }
            // The comma, or the end of the line, ends an object.
            b',' if self.depth == 0 => Some(b'\n'),
            b'\n' if self.depth == 0 && !self.in_array => Some(b'\n'),
            b'\n' | b'\r' => Some(b' '),
            _ => {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                Some(byte)
            }
        }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.input.read(into)?;
            if read == 0 {
                let open = self.depth > 0 || self.in_string || self.in_array;
                return if open && !into.is_empty() { Err(cut_short()) } else { Ok(0) };
            }
            let mut kept = 0;
            for at in 0..read {
                if let Some(byte) = self.byte(into[at]) {
                    into[kept] = byte;
                    kept += 1;
                }
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

/// Returns the error for text that ends inside an array or an object.
fn cut_short() -> std::io::Error {
    std::io::Error::other(super::super::limits::Beyond {
        line: None,
        message:
            "the JSON text is cut short: an array or object is never closed; copy the file again"
                .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> std::io::Result<String> {
        let mut found = String::new();
        Lines::new(text.as_bytes()).read_to_string(&mut found)?;
        Ok(found)
    }

    #[test]
    fn objects_of_arrays_and_of_several_lines_are_lines() {
        let nested = r#"{"a":"x, [\"]}\\","b":[1,{"c":2}]}"#;
        for text in [
            format!("[{nested},{nested}]"),
            format!("[\n  {nested},\n  {nested}\n]\n"),
            format!("{nested}\n{nested}\n"),
            format!("{}\n{nested}", nested.replace(",\"b\"", ",\n  \"b\"")),
        ] {
            let found = lines(&text).unwrap();
            let values: Vec<serde_json::Value> = found
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(|line| serde_json::from_str(line).expect(line))
                .collect();
            let expected: serde_json::Value = serde_json::from_str(nested).unwrap();
            assert_eq!(values, [expected.clone(), expected], "{text}");
        }
    }

    #[test]
    fn text_that_is_cut_short_is_refused() {
        for text in ["[", "[{\"a\":1}", "[{\"a\":1},", "{\"a\":", "{\"a\":\"x"] {
            assert!(lines(text).unwrap_err().to_string().contains("cut short"), "{text}");
        }
    }

    #[test]
    fn plain_lines_are_left_alone() {
        assert!(!needs_lines(b"{\"a\":1}\n{\"a\":2}\n"));
        assert!(!needs_lines(b"{\"a\":1}"));
        assert!(!needs_lines(b"[1, 2]"));
        assert!(!needs_lines(b"user,item\n"));
        assert!(needs_lines(b"{\n \"a\": 1\n}\n") && needs_lines(b" [\n {") && needs_lines(b"[]"));
    }
}
