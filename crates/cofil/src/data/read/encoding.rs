//! Text encoding: UTF-8, or Windows-1252 (which includes Latin-1) if it is not UTF-8.

use encoding_rs::WINDOWS_1252;

/// Encoding of a file, as far as it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Encoding {
    /// Only bytes that mean the same in all encodings so far.
    #[default]
    Ascii,
    /// UTF-8, or bytes that are not text: fields with invalid bytes are reported when they are read.
    Utf8,
    /// Windows-1252, which is converted to UTF-8.
    Windows1252,
    /// Bytes of another encoding, which stay as they are.
    Other,
}

impl Encoding {
    /// Converts a block of whole lines to UTF-8. The first block with a non-ASCII byte decides for the file.
    pub fn decode(&mut self, block: &mut Vec<u8>) {
        if matches!(self, Self::Utf8 | Self::Other) || block.is_ascii() {
            return;
        }
        if *self == Self::Ascii {
            *self = Self::of(block);
        }
        if *self == Self::Windows1252 && is_windows_1252(block) {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(block);
            *block = text.into_owned().into_bytes();
        }
    }

    /// Detects the encoding of `block`, which is not ASCII.
    fn of(block: &[u8]) -> Self {
        let (mut good, mut bad) = (0, 0);
        for chunk in block.utf8_chunks() {
            good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
            bad += usize::from(!chunk.invalid().is_empty());
        }
        // In Windows-1252 text, two bytes rarely happen to be a UTF-8 letter; if many do, it is damaged UTF-8.
        match bad > good {
            true if is_windows_1252(block) => Self::Windows1252,
            true if !block.contains(&0) => Self::Other,
            _ => Self::Utf8,
        }
    }

    /// Returns a note for the report.
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Ascii | Self::Utf8 => None,
            Self::Windows1252 => Some(
                "the text is not UTF-8 and is read as Windows-1252 (Latin-1); if letters look wrong, save the file as \
                 UTF-8",
            ),
            Self::Other => Some(
                "the text is neither UTF-8 nor Windows-1252: letters that are not read are shown as �; save the file as \
                 UTF-8",
            ),
        }
    }
}

/// Returns whether `block` can be Windows-1252 text: it has no control characters except white space, and none of the
/// five unassigned bytes.
fn is_windows_1252(block: &[u8]) -> bool {
    block.iter().all(|byte| match byte {
        b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => true,
        0..0x20 | 0x7f | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d => false,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes blocks one after another.
    fn decoded(blocks: &[&[u8]]) -> (Encoding, Vec<u8>) {
        let mut encoding = Encoding::default();
        let mut all = Vec::new();
        for block in blocks {
            let mut block = block.to_vec();
            encoding.decode(&mut block);
            all.extend(block);
        }
        (encoding, all)
    }

    #[test]
    fn the_first_letter_beyond_ascii_decides() {
        for (blocks, encoding, text) in [
            (&[&b"a\n"[..], b"b\n"][..], Encoding::Ascii, &b"a\nb\n"[..]),
            (&[b"a\n", "é\n".as_bytes(), b"\xe9\n"], Encoding::Utf8, b"a\n\xc3\xa9\n\xe9\n"),
            (
                &[b"a\n", b"\xe9\n", b"b\n", b"\x80\n"],
                Encoding::Windows1252,
                "a\né\nb\n€\n".as_bytes(),
            ),
        ] {
            assert_eq!(decoded(blocks), (encoding, text.to_vec()));
        }
    }

    #[test]
    fn damaged_utf8_and_bytes_that_are_no_text_stay_as_they_are() {
        for bytes in ["né à\n".as_bytes(), b"n\xc3\xa9 \xc3\n", b"\0\xe9\n"] {
            assert_eq!(decoded(&[bytes]), (Encoding::Utf8, bytes.to_vec()));
        }
        // Shift-JIS and the like.
        for bytes in [&b"\x81\n"[..], b"\xe9\x01\n", b"\x83\x86\x81\x5b,\x8f\xa4\n"] {
            assert_eq!(decoded(&[bytes]), (Encoding::Other, bytes.to_vec()));
        }
        // A block without letters does not affect the blocks that follow one with letters.
        let (_, all) = decoded(&[b"\xe9\n", b"\0\xe9\n"]);
        assert_eq!(all, b"\xc3\xa9\n\0\xe9\n");
    }
}
