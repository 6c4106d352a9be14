//! Formatting and parsing of times. All times are UTC.

use super::NO_TIME;
use super::prose::{count, number};
use crate::error::{Error, Result};
use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Seconds in a day.
pub(crate) const DAY: i64 = 86_400;

/// Formats a time in seconds since 1970 as `2024-05-01 12:30:00`.
pub fn date(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| format!("second {seconds}"), |t| t.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// Parses seconds since 1970, `2024-05-01`, or a date with a time, with or without an offset.
///
/// # Errors
/// If `text` is none of these.
pub fn parse_date(text: &str) -> Result<i64> {
    let text = text.trim();
    let midnight = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
    let plain = || {
        let text = text.replacen(' ', "T", 1);
        text.parse::<NaiveDateTime>().ok()
    };
    let seconds = text
        .parse()
        .ok()
        .or_else(|| Some(DateTime::parse_from_rfc3339(text).ok()?.timestamp()))
        .or_else(|| Some(midnight().or_else(plain)?.and_utc().timestamp()));
    seconds.ok_or_else(|| {
        Error::setting(
            "from",
            format!(
                "`{text}` is not a time; use 2024-05-01, 2024-05-01T12:30:00 or seconds since 1970"
            ),
        )
    })
}

/// Returns whether a time is implausible for an interaction: before 1980 or after 2100.
pub(crate) fn is_odd(time: i64) -> bool {
    !(315_532_800..=4_102_444_800).contains(&time)
}

/// Returns a note on `odd` such times among `all`; `None` if there are none.
pub(crate) fn odd_times(odd: usize, all: usize) -> Option<String> {
    let lie = match (odd, odd == all) {
        (0, _) => return None,
        (_, true) => "All times lie".to_owned(),
        (1, _) => format!("1 of {} times lies", number(all)),
        (odd, _) => format!("{} of {} times lie", number(odd), number(all)),
    };
    Some(format!(
        "{lie} before 1980 or after 2100: if the unit or the notation is wrong, set it with `time_format` (s, ms, us, \
         ns, excel, or such as %d.%m.%y)."
    ))
}

/// Returns a note on `times` later than a day after `now`, apart from [odd](is_odd) ones; `None` if there are none.
pub(crate) fn future_times(times: &[i64], now: i64) -> Option<String> {
    let (mut known, mut future, mut last) = (0, 0, now);
    for &time in times.iter().filter(|&&time| time != NO_TIME) {
        known += 1;
        if time > now + DAY && !is_odd(time) {
            future += 1;
            last = last.max(time);
        }
    }
    (future > 0).then(|| {
        let lie = if future == 1 { "lies" } else { "lie" };
        format!(
            "{} of {} {lie} in the future (up to {}): if the unit is wrong, set it with `time_format` (s, ms, us, ns or \
             excel); if the numbers count from 1960, as those of SAS and Stata, write dates instead",
            number(future),
            count(known, "time"),
            date(last)
        )
    })
}

/// Returns the seconds since 1970.
pub(crate) fn now() -> i64 {
    let passed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    passed.map_or(0, |passed| passed.as_secs() as i64)
}

/// Formats a time span in a suitable unit.
pub(crate) fn duration(seconds: i64) -> String {
    match seconds {
        1 => "1 second".into(),
        i64::MIN..120 => format!("{seconds} seconds"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => count((seconds / DAY) as usize, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_the_future_are_told() {
        let now = 1_700_000_000;
        assert_eq!(future_times(&[now, now + DAY, NO_TIME, i64::MAX], now), None);
        let told = future_times(&[now, NO_TIME, 1_927_688_710, now + 2 * DAY], now).unwrap();
        assert!(told.starts_with("2 of 3 times lie in the future (up to 2031-02-01 "), "{told}");
        let told = future_times(&[1_927_688_710], now).unwrap();
        assert!(told.starts_with("1 of 1 time lies") && told.contains("SAS and Stata"), "{told}");
    }

    #[test]
    fn moments_are_read_and_written() {
        assert_eq!(date(1_714_566_600), "2024-05-01 12:30:00");
        assert_eq!(date(i64::MAX), "second 9223372036854775807");
        for text in ["1714566600", "2024-05-01 12:30:00", "2024-05-01T14:30:00+02:00"] {
            assert_eq!(parse_date(text).unwrap(), 1_714_566_600, "{text}");
        }
        assert_eq!(parse_date("2024-05-01").unwrap(), 1_714_521_600);
        assert!(parse_date("May").unwrap_err().to_string().contains("`May` is not a time"));
        assert_eq!(
            [119, 120, 7_200, 172_800].map(duration),
            ["119 seconds", "2 minutes", "2 hours", "2 days"]
        );
    }
}
