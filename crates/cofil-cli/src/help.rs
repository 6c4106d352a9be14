//! Help text layout: paragraphs below the options are wrapped at the terminal's width, examples at 80 columns.

use crate::{Cli, output};
use clap::{Command, CommandFactory};

/// Returns the command line parser.
pub fn command() -> Command {
    flowing(Cli::command())
}

/// Joins the lines of each help paragraph, for `command` and its subcommands.
fn flowing(mut command: Command) -> Command {
    if let Some(text) = command.get_after_help() {
        let text = joined(&text.to_string());
        command = command.after_help(text);
    }
    command.mut_subcommands(flowing)
}

/// Width of examples.
const NARROW: usize = 80;

/// Joins the lines of each paragraph of `text`. Empty lines and indented lines (examples) stay, unless too long.
fn joined(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let goes_on = |last: &&mut String| {
            let apart = |line: &str| line.is_empty() || line.starts_with(' ');
            !apart(line) && !apart(last)
        };
        match lines.last_mut().filter(goes_on) {
            Some(last) => *last += &format!(" {line}"),
            None => lines.extend(broken(line)),
        }
    }
    lines.join("\n")
}

/// Wraps an example: a remark, after two or more spaces, moves above it, and a long command is continued with a
/// backslash.
fn broken(line: &str) -> Vec<String> {
    let command = line.trim_start();
    let indent = &line[..line.len() - command.len()];
    if indent.is_empty() || line.chars().count() <= NARROW {
        return vec![line.to_owned()];
    }
    let (command, remark) = command.split_once("  ").unwrap_or((command, ""));
    let mut lines = Vec::new();
    if !remark.is_empty() {
        lines.push(format!("{indent}# {}", remark.trim()));
    }
    let pieces = output::command(command.trim_end(), NARROW - indent.len());
    lines.extend(pieces.iter().map(|piece| format!("{indent}{piece}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_flow_and_examples_stay() {
        let text = "Examples:\n  cofil a\n  cofil b\n\nOne\ntwo\nthree.\n\nFour";
        assert_eq!(joined(text), "Examples:\n  cofil a\n  cofil b\n\nOne two three.\n\nFour");
        let long = format!("  cofil train {}      what it does", "word ".repeat(15));
        let lines = broken(&long);
        assert_eq!(lines[0], "  # what it does");
        assert!(lines[1].ends_with(" \\") && lines[2].starts_with("    word"), "{lines:?}");
        assert!(lines.iter().all(|line| line.len() <= NARROW), "{lines:?}");
    }
}
