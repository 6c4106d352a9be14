//! The library's messages must not name command-line flags; only the command may.

use super::{Source, sources};

/// The string literals of `code`.
fn literals(code: &str) -> Vec<String> {
    let letters: Vec<char> = code.chars().collect();
    let at = |i: usize| letters.get(i).copied().unwrap_or('\0');
    let (mut found, mut i) = (Vec::new(), 0);
    while i < letters.len() {
        match at(i) {
            '/' if at(i + 1) == '/' => {
                while i < letters.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            // A character literal; `'a` alone would be a lifetime.
            '\'' if at(i + 1) == '\\' => i += 3,
            '\'' if at(i + 2) == '\'' => i += 2,
            'r' if raw_hashes(&letters[i + 1..]).is_some() && !is_word(at(i.wrapping_sub(1))) => {
                let hashes = raw_hashes(&letters[i + 1..]).expect("just looked");
                let start = i + 2 + hashes;
                let end = format!("\"{}", "#".repeat(hashes));
                let rest: String = letters[start..].iter().collect();
                let length = rest.find(&end).map_or(rest.len(), |bytes| bytes);
                found.push(rest[..length].to_owned());
                i = start + rest[..length].chars().count() + hashes;
            }
            '"' => {
                let mut text = String::new();
                i += 1;
                while i < letters.len() && at(i) != '"' {
                    text.push(at(i));
                    if at(i) == '\\' {
                        i += 1;
                        text.push(at(i));
                    }
                    i += 1;
                }
                found.push(text);
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// Returns the number of `#` if `rest`, the text after an `r`, continues a raw string.
fn raw_hashes(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().take_while(|&&c| c == '#').count();
    (rest.get(hashes) == Some(&'"')).then_some(hashes)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns whether `text` names a flag, such as `--implicit`.
fn names_a_flag(text: &str) -> bool {
    text.match_indices("--").any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + 2..].chars().next();
        // Variables of style sheets are written `var(--x)` and `--x:`.
        before.is_none_or(|c| " `(\n".contains(c))
            && after.is_some_and(|c| c.is_ascii_lowercase())
            && !text[..at].ends_with("var(")
    })
}

#[test]
fn the_library_names_no_flags() {
    let mut wrong = Vec::new();
    for Source { path, code } in &sources() {
        let flags = literals(code).into_iter().filter(|text| names_a_flag(text));
        wrong.extend(flags.map(|text| format!("{path}: {text:?}")));
    }
    assert!(wrong.is_empty(), "name options as the library does, or by a Remedy: {wrong:#?}");
}

#[test]
fn literals_and_flags_are_recognized() {
    let code = r##"let a = 'x'; let b = "one \" two"; // "none"
        fn f<'a>(q: char) { q == '"'; r#"a "raw" one"#; '\\'; "last" }"##;
    assert_eq!(literals(code), ["one \\\" two", "a \"raw\" one", "last"]);
    assert!(names_a_flag("train without --no-seen") && names_a_flag("`--implicit`"));
    assert!(!names_a_flag("a -- b") && !names_a_flag("------") && !names_a_flag("well--known"));
}
