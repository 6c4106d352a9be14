//! Dates and times of day in any notation. Most are not read without a format, but none of them is an id.

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Words besides numbers and names of months and days.
const MARKS: [&str; 5] = ["am", "pm", "z", "utc", "gmt"];
/// Maximum length of a date in bytes.
const LONGEST: usize = 40;

/// Returns whether `text` is a date or a time of day, such as `31/01/2021 07:01`, `Jan 31, 2021` or `07:01:05`.
pub(super) fn is_dated(text: &[u8]) -> bool {
    if text.len() > LONGEST || !text.is_ascii() || !text.iter().any(u8::is_ascii_digit) {
        return false;
    }
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    let (mut dates, mut times, mut months, mut numbers, mut zones) = (0, 0, 0, 0, 0);
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        if begins_name(word, &MONTHS) {
            months += 1;
        } else if is_date(word) {
            dates += 1;
        } else if is_time(word) {
            times += 1;
        } else if word.len() <= 4 && is_number(word) {
            numbers += 1;
        } else if MARKS.contains(&word) || begins_name(word, &DAYS) || is_offset(word) {
        } else if word.len() <= 5 && word.bytes().all(|b| b.is_ascii_lowercase()) {
            zones += 1;
        } else {
            return false;
        }
    }
    // The name of a time zone, such as CEST, only stands beside a date and a time.
    if zones > 1 || (zones == 1 && (times == 0 || dates + months == 0)) {
        return false;
    }
    match months {
        0 => numbers == 0 && dates <= 1 && times <= 1 && dates + times > 0,
        // A day and a year.
        _ => months == 1 && dates == 0 && times <= 1 && numbers == 2,
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// Returns whether `word` has only letters and begins with one of `names`, which are the first three.
fn begins_name(word: &str, names: &[&str]) -> bool {
    let word = word.trim_end_matches('.');
    word.bytes().all(|b| b.is_ascii_lowercase()) && names.iter().any(|name| word.starts_with(name))
}

/// Returns whether `word` is a year, a month and a day in any order: `31/01/2021`, `2021/1/31`, `31-jan-21`.
fn is_date(word: &str) -> bool {
    let separator = if word.contains('/') { '/' } else { '-' };
    let parts: Vec<&str> = word.split(separator).collect();
    let [first, middle, last] = parts[..] else { return false };
    let up_to = |part: &str, most: u32| {
        is_number(part)
            && part.len() <= 2
            && part.parse().is_ok_and(|n: u32| (1..=most).contains(&n))
    };
    let is_year = |part: &str| {
        is_number(part) && part.len() == 4 && (part.starts_with("19") || part.starts_with("20"))
    };
    let is_short_year = |part: &str| is_number(part) && part.len() == 2 && separator == '/';
    let named = begins_name(middle, &MONTHS);
    let day_and_month = |day: &str, month: &str| up_to(day, 31) && up_to(month, 12);
    let either = |a: &str, b: &str| day_and_month(a, b) || day_and_month(b, a);
    (is_year(first) && (either(middle, last) || (named && up_to(last, 31))))
        || ((is_year(last) || is_short_year(last))
            && (either(first, middle) || (named && up_to(first, 31))))
}

/// Returns whether `word` is a time of day with minutes.
fn is_time(word: &str) -> bool {
    let word = word.trim_end_matches(['z', 'a', 'p', 'm']);
    let whole = word.split('.').next().unwrap_or_default();
    let parts: Vec<&str> = whole.split(':').collect();
    let is_part = |part: &str, length: usize, most: u32| {
        is_number(part)
            && part.len() <= 2
            && part.len() >= length
            && part.parse().is_ok_and(|n: u32| n <= most)
    };
    (2..=3).contains(&parts.len())
        && is_part(parts[0], 1, 24)
        && parts[1..].iter().all(|part| is_part(part, 2, 60))
}

/// Returns whether `word` is a time zone such as `+0000` or `-05:00`.
fn is_offset(word: &str) -> bool {
    word.strip_prefix(['+', '-'])
        .is_some_and(|zone| zone.len() <= 5 && is_number(&zone.replacen(':', "", 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_ids() {
        for text in [
            "31/01/2021",
            "1/31/21",
            "2021/01/31 07:01",
            "31-Jan-2021",
            "Jan 31 2021",
            "January 31, 2021 7:01 PM",
            "Tue Apr 03 18:00:06 +0000 2012",
            "Tue, 03 Apr 2012 18:00:06 GMT",
            "Tue Apr 03 18:00:06 CEST 2012",
            "07:01:05",
            "7:01 am",
        ] {
            assert!(is_dated(text.as_bytes()), "{text}");
        }
        for text in [
            "31",
            "2021",
            "1-2-3",
            "10.0.0.1",
            "may",
            "May 5",
            "march-2021-x",
            "a/b/c",
            "99/99/2021",
            "25:61",
            "at 12:30",
            "may be 5 7",
            "1/2",
            "jan",
            "sun 1",
            "",
            "12:30:45:60",
            "978-1-2021",
        ] {
            assert!(!is_dated(text.as_bytes()), "{text}");
        }
    }
}
