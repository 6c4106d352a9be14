//! Makes text from files, arguments and requests safe for messages and terminals. Terminals obey control characters,
//! and characters that change the writing direction can make text look like other text.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Number of characters shown of a text; longer text is cut.
const LONGEST: usize = 40;

/// Returns whether `c` is invisible but has an effect: a control character, a mark of writing direction, a line or
/// paragraph separator, or a zero-width character. Joiners are allowed, because writing systems need them.
fn is_unseen(c: char) -> bool {
    let marks = ['\u{ad}', '\u{61c}', '\u{200b}', '\u{200e}', '\u{200f}', '\u{feff}'];
    let ranges = ['\u{2028}'..='\u{202e}', '\u{2060}'..='\u{206f}'];
    c.is_control() || marks.contains(&c) || ranges.iter().any(|range| range.contains(&c))
}

/// Returns `text` with control characters and other invisible characters escaped as in Rust: `\n`, `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_unseen)
}

/// Like [`visible`], but keeps the line ends of a message with several lines.
pub(super) fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_unseen(c) && c != '\n')
}

fn escaped(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match hidden(c) {
            true => write!(shown, "{}", c.escape_debug()).expect("memory takes text"),
            false => shown.push(c),
        }
    }
    shown.into()
}

/// Returns `text` from outside in a form fit for a message: short, valid and visible.
pub(crate) fn shown(text: impl AsRef<[u8]>) -> String {
    let text = text.as_ref();
    let start = String::from_utf8_lossy(&text[..text.len().min(4 * LONGEST)]);
    let mut shown: String = visible(&start.chars().take(LONGEST).collect::<String>()).into_owned();
    if start.chars().count() > LONGEST || text.len() > 4 * LONGEST {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(visible("a\u{1b}[2Jb\0\r\n\u{202e}c"), "a\\u{1b}[2Jb\\0\\r\\n\\u{202e}c");
        assert_eq!(
            visible("\u{9b}31m\u{2066}\u{2028}\u{7f}"),
            "\\u{9b}31m\\u{2066}\\u{2028}\\u{7f}"
        );
        assert_eq!(visible_lines("a\n\tb"), "a\n\\tb");
        for plain in ["pièce", "e\u{301}", "العربية", "👩\u{200d}🔬", "日本 \\ \""] {
            assert!(matches!(visible(plain), Cow::Borrowed(text) if text == plain));
        }
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(shown("é".repeat(1_000_000)).chars().count(), LONGEST + 1);
        assert_eq!(shown(b"a\n\xff"), "a\\n\u{fffd}");
    }
}
