//! Integers as text, in a unique notation: equal integers have equal texts.

/// Parses `name` as an integer in canonical form: no plus, no leading zeros, no minus zero.
#[inline]
pub(crate) fn canonical(name: &[u8]) -> Option<i64> {
    let digits = name.strip_prefix(b"-").unwrap_or(name);
    let negative = digits.len() < name.len();
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    // Accumulate negative numbers: their range is larger by one.
    let mut below = 0i64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        below = below.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(below) } else { below.checked_neg() }
}

/// Returns the length of `id` as text, in bytes.
pub(crate) fn length(id: i64) -> usize {
    usize::from(id < 0) + id.unsigned_abs().checked_ilog10().map_or(1, |digits| digits as usize + 1)
}

/// Appends `id` as text.
pub(crate) fn write(id: i64, text: &mut String) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut left = id.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if id < 0 {
        text.push('-');
    }
    text.extend(digits[start..].iter().map(|&digit| char::from(digit)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_written_as_integers_are_is_one() {
        for text in ["", "-", "00", "07", "+7", "-0", "7.0", " 7", "x", "7x", "1e3", "--7", "-07"] {
            assert_eq!(canonical(text.as_bytes()), None, "{text}");
        }
        for text in ["9223372036854775808", "-9223372036854775809", "99999999999999999999"] {
            assert_eq!(canonical(text.as_bytes()), None, "{text} is too large");
        }
        for id in [0, 7, -7, 10, i64::MAX, i64::MIN] {
            assert_eq!(canonical(id.to_string().as_bytes()), Some(id));
        }
    }

    proptest! {
        #[test]
        fn integers_are_written_as_the_standard_library_does(id: i64, shift in 0..64) {
            let id = id >> shift;
            let mut text = String::from("x");
            write(id, &mut text);
            prop_assert_eq!(&text[1..], &id.to_string());
            prop_assert_eq!(length(id), text.len() - 1);
            prop_assert_eq!(canonical(&text.as_bytes()[1..]), Some(id));
        }

        #[test]
        fn an_integer_is_its_only_text(text in "[-+]?[0-9]{0,20}") {
            if let Some(id) = canonical(text.as_bytes()) {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
