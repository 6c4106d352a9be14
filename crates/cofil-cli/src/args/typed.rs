//! The command line as typed, quoted for a shell.

use clap::{ArgAction, Command};
use std::path::Path;

/// Returns the command line, quoted for a shell.
pub fn command() -> String {
    let mut words: Vec<String> =
        crate::arguments().iter().map(|arg| word(&arg.to_string_lossy())).collect();
    // The program's path is of no use to others.
    if let Some(program) = words.first_mut() {
        *program = "cofil".into();
    }
    words.join(" ")
}

/// Quotes a word if a shell needs it.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.into(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// Quotes a path if a shell needs it.
pub fn path(path: &Path) -> String {
    word(&path.to_string_lossy())
}

/// Returns the options of group `A` that this process was given, each after a space, so that another command reads
/// the same table the same way.
pub fn again<A: clap::Args>() -> String {
    let words: Vec<String> =
        crate::arguments().iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let kept = kept(&A::augment_args(Command::new("cofil")), &words);
    kept.iter().map(|kept| format!(" {}", word(kept))).collect()
}

/// Returns the options of `group` among `words`, with their values.
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
