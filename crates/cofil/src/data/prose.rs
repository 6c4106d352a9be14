//! Formatting of numbers in sentences of reports.
//!
//! ```
//! use cofil::data::prose::{count, number, percent};
//!
//! assert_eq!(number(1_000_209), "1,000,209");
//! assert_eq!(count(1, "user"), "1 user");
//! assert_eq!(percent(0.063), "6.3 %");
//! ```

/// Formats a number with thousands separators: `12,345`.
pub fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a number with its noun: `1 user`, `12,345 users`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", number(n), if n == 1 { "" } else { "s" })
}

/// The verb after [`count`]: `has` or `have`.
pub(crate) fn have(n: usize) -> &'static str {
    if n == 1 { "has" } else { "have" }
}

/// Formats a share as a percentage: `6.3 %`. Two significant digits below 10 %, and never a misleading 0 or 100.
pub fn percent(share: f64) -> String {
    let x = 100.0 * share;
    match x {
        _ if x == 0.0 || x == 100.0 => format!("{x:.0} %"),
        _ if x < 0.001 => "less than 0.001 %".into(),
        _ if x > 99.9 => "more than 99.9 %".into(),
        _ if x < 0.01 => format!("{x:.4} %"),
        _ if x < 0.1 => format!("{x:.3} %"),
        _ if x < 1.0 => format!("{x:.2} %"),
        _ if !(9.95..99.0).contains(&x) => format!("{x:.1} %"),
        _ => format!("{x:.0} %"),
    }
}

/// Formats the value of a metric: four decimals, one from 100 on, `–` for NaN.
pub fn value(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "–".into(),
        v if v >= 100.0 => format!("{value:.1}"),
        _ => format!("{value:.4}"),
    }
}

/// Formats a range: `1 – 5` from `low` to `high`, both included; `5` if they are the same.
pub fn range(low: impl std::fmt::Display, high: impl std::fmt::Display) -> String {
    let (low, high) = (low.to_string(), high.to_string());
    if low == high { low } else { format!("{low} – {high}") }
}

/// Formats a probability: `0.0004`, and never a misleading 0.
pub fn probability(p: f64) -> String {
    if p < 0.0001 { "< 0.0001".into() } else { format!("{p:.4}") }
}

/// Formats a duration: `3.25 s`, `2 min 5 s`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.005 => "< 0.01 s".into(),
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s => format!("{} min {} s", s.round() as u64 / 60, s.round() as u64 % 60),
    }
}

/// Formats a size: `512 B`, `3.4 kB`, `1.2 GB`.
pub fn bytes(n: u64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.into_iter().find(|(size, _)| n as f64 >= *size) {
        Some((size, unit)) => format!("{:.1} {unit}", n as f64 / size),
        None => format!("{n} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_times_and_sizes_are_short() {
        assert_eq!([value(f64::NAN), value(0.5), value(1234.56)], ["–", "0.5000", "1234.6"]);
        assert_eq!([range(1, 5), range(5, 5), probability(0.25)], ["1 – 5", "5", "0.2500"]);
        assert_eq!(probability(1e-9), "< 0.0001");
        let told = [0.001, 3.0, 15.0, 179.9].map(duration);
        assert_eq!(told, ["< 0.01 s", "3.00 s", "15 s", "3 min 0 s"]);
        assert_eq!([bytes(512), bytes(3400), bytes(1_200_000_000)], ["512 B", "3.4 kB", "1.2 GB"]);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!((number(0), number(999)), ("0".into(), "999".into()));
        assert_eq!((number(1_000), number(1_000_209)), ("1,000".into(), "1,000,209".into()));
        assert_eq!((count(1, "row"), count(2_000, "row")), ("1 row".into(), "2,000 rows".into()));
        assert_eq!((percent(0.0), percent(1.0)), ("0 %".into(), "100 %".into()));
        assert_eq!((percent(0.063), percent(0.5532)), ("6.3 %".into(), "55 %".into()));
        assert_eq!((percent(0.0998), percent(0.9988)), ("10 %".into(), "99.9 %".into()));
        assert_eq!(
            (percent(0.9996), percent(1e-7)),
            ("more than 99.9 %".into(), "less than 0.001 %".into())
        );
        assert_eq!((percent(0.00295), percent(0.000066)), ("0.29 %".into(), "0.0066 %".into()));
    }
}
