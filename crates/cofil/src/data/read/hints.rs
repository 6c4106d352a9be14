//! Formats to propose for a time that is not read without one.

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

#[cfg(test)]
mod tests {
    use super::*;

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
