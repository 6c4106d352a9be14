//! Formats to propose for a time that is not read without one, and numbers for what is not written as one.

use super::dated::is_dated;
use super::stamp::written_seconds;

/// Dates, and those that may be meant by the same text, next to each other.
const DATES: [&str; 18] = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%y/%m/%d",
    "%d-%m-%y",
    "%y-%m-%d",
    "%d.%m.%y",
    "%y.%m.%d",
    "%d-%b-%y",
    "%d %b %y",
    "%d-%b-%Y",
    "%Y-%m-%d",
    "%b-%Y",
    "%Y-%b",
    "%Y年%m月%d日",
];
/// What follows a date.
const CLOCKS: [&str; 8] = [
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S%.f",
    " %I:%M %p",
    " %I:%M:%S %p",
    " %I.%M.%S %p",
    " %H.%M.%S",
];
const ZONES: [&str; 2] = ["", " %Z"];
/// Formats with the year at the end.
const WHOLE: [&str; 2] = ["%a %b %d %H:%M:%S %Z %Y", "%a, %d %b %y %H:%M:%S %z"];
/// The years 1970 to 2070, in seconds: another order of the parts often gives other years.
const PLAUSIBLE: std::ops::Range<i64> = 0..3_187_296_000;

/// Returns the formats by which `text` is a time, joined by `or`; `None` if there are none.
pub(super) fn formats(text: &str) -> Option<String> {
    let words = |text: &str| text.split(' ').count();
    // A year of two digits would leave the rest of four to the name of a zone, which is any text.
    let is_zoned =
        text.rsplit(' ').next().is_some_and(|last| last.starts_with(char::is_alphabetic));
    let fits = |format: &str| {
        let may_fit = words(format) == words(text) && (is_zoned || !format.ends_with("%Z"));
        may_fit && written_seconds(text, format).is_some_and(|seconds| PLAUSIBLE.contains(&seconds))
    };
    let joined = |date: &str| {
        let after = || ZONES.iter().flat_map(|zone| CLOCKS.iter().map(move |clock| (clock, zone)));
        after().map(|(clock, zone)| format!("{date}{clock}{zone}")).find(|format| fits(format))
    };
    let whole = WHOLE.iter().map(|format| (*format).to_owned()).filter(|format| fits(format));
    let found = DATES.iter().filter_map(|date| joined(date)).chain(whole);
    let quoted = found.map(|format| match format.contains(' ') {
        true => format!("\"{format}\""),
        false => format,
    });
    let found: Vec<String> = quoted.collect();
    (!found.is_empty()).then(|| found.join(" or "))
}

/// Words for times as seen from now, which no format tells, in several languages.
const FROM_NOW: &[&str] = &[
    "ago",
    "yesterday",
    "today",
    "tomorrow",
    "now",
    "last",
    "gestern",
    "heute",
    "vor",
    "hier",
    "aujourd'hui",
    "ayer",
    "hoy",
    "hace",
    "ieri",
    "oggi",
    "ontem",
    "hoje",
];

/// Returns what `text` is and the remedy, if no format can make a time of it: a time of day without a date, a time as
/// seen from now, a quarter or a week.
pub(super) fn no_time(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    match () {
        () if is_clock(&text) => Some(
            "is a time of day without a date, which cannot be used; read no times (`time` = none), or put the dates \
             before them",
        ),
        () if is_from_now(&text) || is_span(&text) => Some(
            "is no date, and no format makes it one; read no times (`time` = none), or write dates such as 2021-01-31",
        ),
        () => None,
    }
}

/// Returns whether `text` is like `7:01`, `07:01:05.5 pm` or `07:01+01:00`.
fn is_clock(text: &str) -> bool {
    let text = text.split(['+', 'z', '[', 'a', 'p']).next().unwrap_or_default().trim();
    let parts: Vec<&str> = text.split(':').collect();
    let is_part = |part: &&str| {
        let whole = part.split(['.', ',']).next().unwrap_or_default();
        (1..=2).contains(&whole.len())
            && part.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
    };
    (2..=3).contains(&parts.len()) && parts.iter().all(is_part)
}

fn is_from_now(text: &str) -> bool {
    let words: Vec<&str> = text.split([' ', ',']).collect();
    words.len() <= 5 && words.iter().any(|word| FROM_NOW.contains(word))
}

/// Returns whether `text` is a quarter or a week, perhaps with its year: `q1 2021`, `2021-q1`, `2021q1`, `2021-w05`. A
/// week with its day is a date.
fn is_span(text: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let are_digits = |word: &str| !word.is_empty() && word.chars().all(is_digit);
    let is_mark = |word: &&str| {
        let rest = word.trim_start_matches(is_digit).strip_prefix(['q', 'w']);
        rest.is_some_and(|rest| rest.len() <= 2 && are_digits(rest))
    };
    let words = text.split([' ', '-', '/']).filter(|word| !word.is_empty());
    let (marks, others): (Vec<&str>, Vec<&str>) = words.partition(is_mark);
    marks.len() == 1 && others.len() <= 1 && others.into_iter().all(are_digits)
}

/// Letters and words for thousands, millions and billions.
const SCALES: [(&[&str], f64); 3] = [
    (&["k", "thousand", "tsd", "тыс", "千"], 1e3),
    (&["m", "mn", "mio", "million", "млн"], 1e6),
    (&["b", "bn", "g", "billion", "mrd", "млрд"], 1e9),
];

/// Returns how to write `text` as a number, if it is one with its scale or unit, or of stars: `4/5`, `1.2K`, `★★★`.
pub(super) fn number_of(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let is_star = |c: char| "★☆⭐🌟✩✭✮✯✰*½\u{fe0f}".contains(c);
    if text.chars().all(is_star) {
        return Some("write the number of stars".into());
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')?;
    let (number, rest) = (text[..end].trim_end_matches([',', '.']), &text[end..]);
    let exact: f64 = number.replace(',', ".").parse().ok()?;
    let part =
        ["½", "¼", "¾"].into_iter().zip([0.5, 0.25, 0.75]).find(|(part, _)| rest.starts_with(part));
    if let Some((_, part)) = part {
        return Some(format!("write it as {}", exact + part));
    }
    let unit = rest.trim().trim_matches('.').to_lowercase();
    let scale = SCALES.iter().find(|(words, _)| words.contains(&unit.as_str()));
    if let Some((_, scale)) = scale {
        return Some(format!("write it out: {}", (exact * scale).round()));
    }
    let is_unit = rest.starts_with([' ', '/', '('])
        || rest.starts_with(is_star)
        || rest.chars().all(char::is_alphabetic);
    (is_unit && !is_dated(text.as_bytes())).then(|| format!("write the number alone: {number}"))
}

#[cfg(test)]
mod tests {
    use super::super::messy::{notes, refused};
    use super::*;

    #[test]
    fn numbers_in_words_and_signs_are_told() {
        for (text, expected) in [
            ("4/5", "alone: 4"),
            ("4½", "write it as 4.5"),
            ("2¼ stars", "write it as 2.25"),
            ("3.5/5", "alone: 3.5"),
            ("4 out of 5", "alone: 4"),
            ("4,5 sur 5", "alone: 4,5"),
            ("4 stars", "alone: 4"),
            ("4★", "alone: 4"),
            ("3x", "alone: 3"),
            ("★★★★☆", "number of stars"),
            ("⭐⭐", "number of stars"),
            ("1.2K", "out: 1200"),
            ("3,4 Mio.", "out: 3400000"),
            ("12k", "out: 12000"),
        ] {
            let told = number_of(text.as_bytes()).expect(text);
            assert!(told.ends_with(expected), "{text}: {told}");
        }
        for text in ["good", "2021-01-31", "1/2/2021", "7:01", "A", "7f3a", "1-2"] {
            assert_eq!(number_of(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_no_format_makes_a_time_is_told() {
        for text in ["12:30", "7:01 PM", "07:01:05.25", "07:01+01:00", "7:01 a.m."] {
            assert!(no_time(text).is_some_and(|told| told.contains("a time of day")), "{text}");
        }
        for text in [
            "3 days ago",
            "2 hours ago",
            "Yesterday",
            "Q1 2021",
            "2021-Q4",
            "2021Q1",
            "2019-W05",
            "vor 3 Tagen",
        ] {
            let told = no_time(text);
            assert!(told.is_some_and(|told| told.contains("no format")), "{text}");
        }
        for text in
            ["31/01/2021", "31/01/2021 07:01", "soon", "q", "w", "2021", "07-01", "2019-W05-1", ""]
        {
            assert_eq!(no_time(text), None, "{text}");
        }
        // The remedies are those of the reader.
        let clock = refused("user,item,time\na,x,12:30\nb,y,13:45\n");
        assert!(clock.contains("a time of day") && clock.contains("`time` = none"), "{clock}");
        let ago = notes("user,item,date\na,x,3 days ago\nb,y,2 hours ago\n");
        assert!(ago.contains("convert") && ago.contains("`time` = none"), "{ago}");
    }

    #[test]
    fn all_formats_that_fit_are_proposed() {
        for (text, expected) in [
            ("01/31/2021", "%m/%d/%Y"),
            ("31/01/2021", "%d/%m/%Y"),
            ("01/02/2021", "%d/%m/%Y or %m/%d/%Y"),
            ("29-01-2021 07:01", "\"%d-%m-%Y %H:%M\""),
            ("1/31/2021 7:01 AM", "\"%m/%d/%Y %I:%M %p\""),
            ("31-01-21", "%d-%m-%y or %y-%m-%d"),
            ("1/31/21", "%m/%d/%y"),
            ("31-JAN-21 07.01.00 AM", "\"%d-%b-%y %I.%M.%S %p\""),
            ("Apr-2014", "%b-%Y"),
            ("2021年1月31日", "%Y年%m月%d日"),
            ("2021-01-31 07:01:00 Europe/Berlin", "\"%Y-%m-%d %H:%M:%S %Z\""),
            ("Tue Apr 03 18:00:06 CEST 2012", "\"%a %b %d %H:%M:%S %Z %Y\""),
        ] {
            assert_eq!(formats(text).as_deref(), Some(expected), "{text}");
            for format in expected.split(" or ") {
                crate::data::read::stamp::check_time_format(format.trim_matches('"')).unwrap();
            }
        }
        for text in ["2019-W05", "3. März 2012", "soon", ""] {
            assert_eq!(formats(text), None, "{text}");
        }
    }
}
