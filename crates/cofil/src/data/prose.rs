//! Numbers as they stand in sentences of reports.
//!
//! ```
//! use cofil::data::prose::{count, number, percent};
//!
//! assert_eq!(number(1_000_209), "1,000,209");
//! assert_eq!(count(1, "user"), "1 user");
//! assert_eq!(percent(0.063), "6.3 %");
//! ```

/// `12,345`.
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

/// `1 user`, `12,345 users`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", number(n), if n == 1 { "" } else { "s" })
}

/// `6.3 %`, with two significant digits below 10 % and never a misleading 0 or 100.
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

#[cfg(test)]
mod tests {
    use super::*;

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
