//! Rephrases the messages of the JSON, TOML and settings readers for people who do not write Rust.

use super::Error;

/// Returns `message` with the words of typed readers ("invalid type: string "x", expected f32"), parsers and the
/// operating system in plain words ("must be a number, not the text "x""); any other message unchanged.
pub fn plain_words(message: &str) -> String {
    let mut message = typed(message);
    for (theirs, ours) in PHRASES {
        message = message.replace(theirs, ours);
    }
    let (told, place) = split_place(&message);
    without_number(&format!("{told}{place}"))
}

/// Phrases of parsers of numbers, JSON, TOML and Parquet.
const PHRASES: [(&str, &str); 15] = [
    ("invalid digit found in string", "not a whole number"),
    ("cannot parse integer from empty string", "it is empty"),
    ("number too large to fit in target type", "the number is too large"),
    ("invalid float literal", "not a number"),
    ("EOF while parsing a value", "the text ends too early"),
    ("EOF while parsing an object", "the text ends too early"),
    ("EOF while parsing a list", "the text ends too early"),
    ("EOF while parsing a string", "the text ends too early"),
    ("expected value at line", "a value is missing or not valid at line"),
    ("invalid float, expected `inf`", "not a number; put text between quotes"),
    ("invalid basic string, expected `\"`", "a text lacks its closing quote"),
    ("string values must be quoted, expected literal string", "a value is missing or lacks quotes"),
    ("duplicate key", "a setting is given twice"),
    ("Parquet argument error: ", ""),
    ("Parquet error: ", ""),
];

/// Removes the number of an error of the operating system.
pub(super) fn without_number(message: &str) -> String {
    let Some((told, rest)) = message.split_once(" (os error ") else { return message.into() };
    match rest.split_once(')') {
        Some((number, rest)) if number.chars().all(|c| c.is_ascii_digit()) => {
            format!("{told}{rest}")
        }
        _ => message.into(),
    }
}

fn typed(message: &str) -> String {
    const BEGINS: [&str; 8] = [
        "invalid type: ",
        "invalid value: ",
        "invalid length ",
        "unknown variant `",
        "unknown field `",
        "missing field `",
        "duplicate field `",
        "data did not match any variant",
    ];
    let found = BEGINS.iter().filter_map(|&begin| Some((message.find(begin)?, begin))).min();
    let Some((at, begin)) = found else { return message.into() };
    let (before, told) = message.split_at(at);
    let (told, place) = split_place(told);
    let rest = &told[begin.len().min(told.len())..];
    let quoted: Vec<&str> = told.split('`').skip(1).step_by(2).collect();
    let name = quoted.first().copied().unwrap_or_default();
    let told = match begin {
        "invalid length " => {
            let (length, expected) = rest.split_once(", expected ").unwrap_or((rest, ""));
            format!("must be {}, not {length} of them", wanted(expected))
        }
        "invalid type: " | "invalid value: " => {
            let (given, expected) = rest.split_once(", expected ").unwrap_or((rest, ""));
            match given.strip_prefix("integer `-") {
                _ if is_no_finite(given) => {
                    let number = given.trim_start_matches("string ").trim_matches('"');
                    format!(
                        "must be {}, not {number}",
                        wanted(expected).replace("a number", "a finite number")
                    )
                }
                // The smallest number may be 0 or 1.
                Some(number) if ["u64", "usize"].contains(&expected.trim()) => {
                    format!("must not be negative, got -{}", number.trim_end_matches('`'))
                }
                _ => format!("must be {}, not {}", wanted(expected), what(given)),
            }
        }
        "unknown variant `" => Error::unknown("value", name, &quoted[1..]).to_string(),
        "unknown field `" => Error::unknown("setting", name, &quoted[1..]).to_string(),
        "missing field `" => format!("`{name}` is missing"),
        "duplicate field `" => format!("`{name}` is given twice"),
        _ => "has none of the allowed forms".into(),
    };
    format!("{before}{told}{place}")
}

/// Whether a number that JSON cannot write stands here as text.
fn is_no_finite(given: &str) -> bool {
    let text = given.strip_prefix("string \"").and_then(|rest| rest.strip_suffix('"'));
    text.is_some_and(|text| text.parse::<f64>().is_ok_and(|number| !number.is_finite()))
}

/// Splits off the position of the mistake in the text.
fn split_place(told: &str) -> (&str, String) {
    let place = told.rsplit_once(" at line ").and_then(|(told, place)| {
        let (line, column) = place.split_once(" column ")?;
        let numbers = [line, column].iter().all(|n| n.chars().all(|c| c.is_ascii_digit()));
        numbers.then(|| (told, format!(" (line {line}, column {column})")))
    });
    place.unwrap_or((told, String::new()))
}

/// Describes the expected type.
fn wanted(expected: &str) -> String {
    match expected.trim() {
        "f32" | "f64" => "a number".into(),
        "struct variant" | "newtype variant" => "a name with its settings".into(),
        "unit variant" => "a name alone".into(),
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" => "a whole number from 0 to 4294967295".into(),
        "u64" | "usize" => "a whole number".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "a nonzero u32" | "a nonzero u64" | "a nonzero usize" => {
            "a whole number, at least 1".into()
        }
        "a boolean" => "true or false".into(),
        "a string" | "a borrowed string" | "string" => "a text".into(),
        "a sequence" => "a list".into(),
        "a map" => "a map of names to values".into(),
        "string or map" | "variant identifier" => "one of the allowed names".into(),
        other if other.starts_with("struct ") || other.starts_with("internally tagged enum ") => {
            "a map of names to values".into()
        }
        other if other.starts_with("enum ") => "one of the allowed names".into(),
        other => match other.strip_prefix("a tuple of size ") {
            Some(size) => format!("a list of {size}"),
            None => other.into(),
        },
    }
}

/// Describes the value that was given instead.
fn what(given: &str) -> String {
    let value = |prefix: &str| Some(given.strip_prefix(prefix)?.trim_matches('`').to_owned());
    let number =
        value("integer ").or_else(|| value("floating point ")).or_else(|| value("boolean "));
    match number {
        Some(value) => value,
        None => match given.strip_prefix("string ") {
            Some(text) => format!("the text {text}"),
            None => match given {
                "sequence" => "a list".into(),
                "unit variant" => "a name alone".into(),
                "map" | "struct" => "a map".into(),
                "null" | "unit" | "unit value" | "Option value" => "nothing".into(),
                other => other.into(),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only that it cannot be read is of interest")]
    struct Settings {
        reg: f32,
        factors: u32,
        layers: Vec<u64>,
        link: Link,
        on: bool,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Link {
        Identity,
        Sigmoid,
    }

    /// Uses the messages of the real readers, so that a change of their wording is noticed.
    #[test]
    fn no_word_of_the_readers_is_left() {
        let good = json!({"reg": 1, "factors": 2, "layers": [3], "link": "sigmoid", "on": true});
        assert!(serde_json::from_value::<Settings>(good.clone()).is_ok());
        for (name, value, says) in [
            ("reg", json!("much"), "must be a number, not the text \"much\""),
            ("reg", json!("NaN"), "must be a finite number, not NaN"),
            ("reg", json!([1, 2]), "must be a number, not a list"),
            ("reg", json!(null), "must be a number, not nothing"),
            ("factors", json!(-1), "must be a whole number from 0 to 4294967295, not -1"),
            ("factors", json!(2.5), "must be a whole number from 0 to 4294967295, not 2.5"),
            ("factors", json!(true), "must be a whole number from 0 to 4294967295, not true"),
            ("layers", json!(3), "must be a list, not 3"),
            ("layers", json!({}), "must be a list, not a map"),
            ("layers", json!([-3]), "must not be negative, got -3"),
            ("layers", json!([1.5]), "must be a whole number, not 1.5"),
            ("link", json!("sigmoit"), "unknown value `sigmoit`; did you mean `sigmoid`?"),
            ("link", json!(3), "must be one of the allowed names, not 3"),
            ("on", json!("yes"), "must be true or false, not the text \"yes\""),
            ("ref", json!(1), "unknown setting `ref`; did you mean `reg`?"),
        ] {
            let mut settings = good.clone();
            settings[name] = value;
            let told = serde_json::from_value::<Settings>(settings).unwrap_err().to_string();
            let told = plain_words(&format!("settings: {told}"));
            assert!(told.starts_with(&format!("settings: {says}")), "{name}: {told}");
        }
        let told = |text: &str| {
            plain_words(&serde_json::from_str::<Settings>(text).unwrap_err().to_string())
        };
        assert_eq!(told("{}"), "`reg` is missing (line 1, column 2)");
        assert_eq!(told("[\"a\"]"), "must be a number, not the text \"a\" (line 1, column 4)");
        assert_eq!(told("3"), "must be a map of names to values, not 3 (line 1, column 1)");
        assert_eq!(told("{\"reg\": "), "the text ends too early (line 1, column 8)");
        assert_eq!(told("{\"reg\": x}"), "a value is missing or not valid (line 1, column 9)");
        let number = "x".parse::<u32>().unwrap_err().to_string();
        assert_eq!(plain_words(&number), "not a whole number");
        let number = "x".parse::<f32>().unwrap_err().to_string();
        assert_eq!(plain_words(&number), "not a number");
        let gone = std::io::Error::from_raw_os_error(2).to_string();
        assert_eq!(plain_words(&gone), "No such file or directory");
        assert_eq!(plain_words("no room"), "no room");
    }
}
