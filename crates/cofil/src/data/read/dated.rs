//! Dates and times of day in any notation. Most are not read without a format, but none of them is an id.

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Names of months in other languages, where they differ.
const MORE_MONTHS: [&str; 66] = [
    "januar",
    "jänner",
    "februar",
    "märz",
    "mär",
    "mai",
    "juni",
    "juli",
    "okt",
    "oktober",
    "dez",
    "dezember",
    "janvier",
    "janv",
    "février",
    "févr",
    "mars",
    "avril",
    "avr",
    "juin",
    "juillet",
    "juil",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
    "déc",
    "enero",
    "ene",
    "febrero",
    "marzo",
    "abril",
    "abr",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "ago",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
    "dic",
    "gennaio",
    "febbraio",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "settembre",
    "ottobre",
    "dicembre",
    "janeiro",
    "fevereiro",
    "março",
    "maio",
    "junho",
    "julho",
    "setembro",
    "outubro",
    "dezembro",
    "maart",
    "mrt",
    "mei",
    "augustus",
];
/// Words besides numbers and names of months and days.
const MARKS: [&str; 7] = ["am", "pm", "z", "utc", "gmt", "de", "del"];
/// Maximum length of a date in bytes.
const LONGEST: usize = 40;

/// Returns whether `text` is a date or a time of day, such as `31/01/2021 07:01`, `Jan 31, 2021` or `07:01:05`.
pub(super) fn is_dated(text: &[u8]) -> bool {
    if text.len() > LONGEST || !text.iter().any(u8::is_ascii_digit) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(text) else { return false };
    if is_of_dotnet(text) || is_of_east_asia(text) {
        return true;
    }
    // Java puts the name of a region behind the offset: `07:01+01:00[Europe/Berlin]`.
    let text = text.split('[').next().unwrap_or_default().to_lowercase();
    let (mut dates, mut times, mut months, mut numbers, mut zones) = (0, 0, 0, 0, 0);
    let mut is_alone = true;
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        if is_month(word) {
            months += 1;
        } else if is_date(word) {
            dates += 1;
        } else if word.split_once('t').is_some_and(|(date, time)| is_date(date) && is_hour(time)) {
            (dates, times) = (dates + 1, times + 1);
        } else if is_period(word) {
            (months, numbers) = (months + 1, numbers + 2);
        } else if is_time(word) {
            times += 1;
        } else if word.contains('.')
            && is_time(&word.splitn(4, '.').take(3).collect::<Vec<_>>().join(":"))
        {
            // With points these may be the parts of an address or a version.
            times += 1;
            is_alone = false;
        } else if dates == 1 && times == 0 && is_hour(word) {
            times += 1;
        } else if word.len() <= 4 && is_number(word.trim_end_matches('.')) {
            numbers += 1;
        } else if MARKS.contains(&word.replace('.', "").as_str())
            || begins_name(word, &DAYS)
            || is_offset(word)
        {
        } else if (word.len() <= 5 && word.bytes().all(|b| b.is_ascii_lowercase()))
            || is_region(word)
        {
            zones += 1;
        } else {
            return false;
        }
    }
    // The name of a time zone, such as CEST, only stands beside a date and a time.
    let is_bare = times == 0 || dates + months == 0;
    if zones > 1 || (zones == 1 && is_bare) || (!is_alone && dates + months == 0) {
        return false;
    }
    match months {
        0 => numbers == 0 && dates <= 1 && times <= 1 && dates + times > 0,
        // A day and a year.
        _ => months == 1 && dates == 0 && times <= 1 && numbers == 2,
    }
}

/// Returns whether `text` is a time as .NET writes it in JSON.
fn is_of_dotnet(text: &str) -> bool {
    let inner = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/"));
    inner.is_some_and(|number| {
        number.trim_start_matches('-').bytes().all(|b| b"+0123456789".contains(&b))
    })
}

/// Returns whether `text` begins with a date such as `2021年1月31日`.
fn is_of_east_asia(text: &str) -> bool {
    let date = |year: char, month: char| {
        let (first, rest) = text.split_once(year)?;
        let (second, _) = rest.split_once(month)?;
        Some(first.len() == 4 && is_number(first) && is_number(second.trim()))
    };
    [('年', '月'), ('년', '월')].iter().any(|&(year, month)| date(year, month) == Some(true))
}

fn is_month(word: &str) -> bool {
    begins_name(word, &MONTHS) || MORE_MONTHS.contains(&word.trim_end_matches('.'))
}

/// Returns whether `word` is a month or a week of a year: `apr-2014`, `2019-w05`.
fn is_period(word: &str) -> bool {
    let Some((first, rest)) = word.split_once('-') else { return false };
    let is_week = || {
        let (week, day) = rest.split_once('-').unwrap_or((rest, "1"));
        let number = week.strip_prefix('w').and_then(|week| week.parse::<u8>().ok());
        number.is_some_and(|week| (1..=53).contains(&week)) && day.len() == 1 && is_number(day)
    };
    (is_year(first) && (is_week() || is_month(rest))) || (is_month(first) && is_year(rest))
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && is_number(word) && (word.starts_with("19") || word.starts_with("20"))
}

/// Returns whether `word` is an hour.
fn is_hour(word: &str) -> bool {
    word.len() <= 2 && is_number(word) && word.parse().is_ok_and(|hour: u8| hour < 25)
}

/// Returns whether `word` names a time zone by its region: `europe/berlin`.
fn is_region(word: &str) -> bool {
    let mut parts = word.split('/');
    let is_name =
        |part: &str| part.len() > 2 && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    (2..=3).contains(&word.split('/').count()) && parts.all(is_name)
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
    let named = is_month(middle);
    let is_short_year =
        |part: &str| is_number(part) && part.len() == 2 && (separator == '/' || named);
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
            "2014-12-08 18",
            "2021-01-31T07",
            "31/01/2021 7:01:00 a.m.",
            "31-JAN-21 07.01.00 AM",
            "31-JAN-21 07.01.00.000000 AM",
            "2021-01-31 07:01:00 Europe/Berlin",
            "2021-01-31 07:01:00 America/New_York",
            "3. März 2012",
            "3 de marzo de 2012",
            "1 août 2012 07:01",
            "Apr-2014",
            "2019-W05",
            "2019-W05-1",
            "2021年1月31日",
            "/Date(1396867869277)/",
            "/Date(1396867869277+0200)/",
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
            "10.01.00",
            "1.2.3.4",
            "apr-14",
            "2019-x05",
            "march",
            "rock/pop",
            "7 de 9",
            "Mär",
        ] {
            assert!(!is_dated(text.as_bytes()), "{text}");
        }
    }
}
