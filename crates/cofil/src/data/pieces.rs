//! Rows in pieces: a file is written piece by piece, so that the text of a piece fits memory.

use std::ops::Range;

/// Maximum number of bytes of text in a piece, unless one row has more.
const TEXT: usize = 16 << 20;

/// Cuts rows `0..rows` into pieces of at most `most` rows, and fewer if they have much text: `bytes` is that of a row.
pub(super) fn pieces(
    rows: usize,
    most: usize,
    bytes: impl Fn(usize) -> usize,
) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0_usize;
    std::iter::from_fn(move || {
        let mut text = 0;
        let last = rows.min(start.saturating_add(most));
        let fits = |&row: &usize| {
            text += bytes(row);
            row == start || text <= TEXT
        };
        let piece = start..start + (start..last).take_while(fits).count();
        start = piece.end;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_limited_by_rows_and_by_text() {
        let all = |rows, most, bytes: usize| -> Vec<_> { pieces(rows, most, |_| bytes).collect() };
        assert_eq!(all(7, 3, 1), [0..3, 3..6, 6..7]);
        assert_eq!(all(0, 3, 1), []);
        assert_eq!(all(5, 10, TEXT / 2), [0..2, 2..4, 4..5]);
        assert_eq!(all(3, 10, 2 * TEXT), [0..1, 1..2, 2..3]);
    }
}
