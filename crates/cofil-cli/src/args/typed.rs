//! What was typed, as it can be typed again.

use clap::{ArgAction, Command};
use std::path::Path;

/// The command line, as a shell takes it.
pub fn command() -> String {
    let mut words: Vec<String> =
        std::env::args_os().map(|arg| word(&arg.to_string_lossy())).collect();
    // Where the program lies says nothing to others.
    if let Some(program) = words.first_mut() {
        *program = "cofil".into();
    }
    words.join(" ")
}

/// A word, quoted where a shell would take it for something else.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.into(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// A file's name as a word.
pub fn path(path: &Path) -> String {
    word(&path.to_string_lossy())
}

/// The options of the group `A` that this process was given, each after a space: what another command that has them
/// too needs to read the same table alike.
pub fn again<A: clap::Args>() -> String {
    let words: Vec<String> =
        std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let kept = kept(&A::augment_args(Command::new("cofil")), &words);
    kept.iter().map(|kept| format!(" {}", word(kept))).collect()
}

/// Those of `words` that are options of `group`, and their values.
fn kept(group: &Command, words: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        let name = word.strip_prefix("--").map(|name| name.split('=').next().unwrap_or(name));
        let named = |arg: &&clap::Arg| {
            let also = arg.get_all_aliases().unwrap_or_default();
            name.is_some_and(|name| arg.get_long() == Some(name) || also.contains(&name))
        };
        let Some(arg) = group.get_arguments().find(named) else { continue };
        kept.push(word.clone());
        let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
        if takes && !word.contains('=') {
            kept.extend(words.next().cloned());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::clean::Cleaning;
    use clap::Args;

    #[test]
    fn options_of_a_group_are_kept_with_their_values() {
        let line =
            "cofil compare t.csv --threshold -1 --metric auc --min-user=3 --implicit -a ease";
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let found = kept(&Cleaning::augment_args(Command::new("c")), &words);
        assert_eq!(found, ["--threshold", "-1", "--min-user=3", "--implicit"]);
    }

    #[test]
    fn words_are_quoted_for_shells() {
        assert_eq!([word("a.csv"), word("it's"), word("")], ["a.csv", "'it'\\''s'", "''"]);
    }
}
