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
    use clap::Arg;

    /// Options that exclude `arg`: by its declaration, by their own, or as members of a group that takes one.
    fn excluded<'a>(command: &'a Command, arg: &Arg) -> Vec<&'a str> {
        let stated = |a: &Arg, b: &Arg| {
            command.get_arg_conflicts_with(a).iter().any(|other| other.get_id() == b.get_id())
        };
        let grouped = |other: &Arg| {
            command.get_groups().any(|group| {
                let members: Vec<_> = group.get_args().collect();
                !group.clone().is_multiple()
                    && members.contains(&arg.get_id())
                    && members.contains(&other.get_id())
            })
        };
        let others = command.get_arguments().filter(|other| other.get_id() != arg.get_id());
        let others =
            others.filter(|other| stated(arg, other) || stated(other, arg) || grouped(other));
        others.map(|other| other.get_id().as_str()).collect()
    }

    /// clap drops what an option requires if something else excludes it; the option would be ignored without a word.
    #[test]
    fn options_exclude_what_excludes_the_options_they_need() {
        let mut checked = 0;
        let mut commands = vec![command()];
        while let Some(mut command) = commands.pop() {
            command.build();
            commands.extend(command.get_subcommands().cloned());
            for arg in command.get_arguments() {
                // Only the debug format tells what an option requires.
                let told = format!("{arg:?}");
                let needs =
                    told.split("requires: [").nth(1).and_then(|rest| rest.split(']').next());
                for needed in needs.unwrap_or_default().split('"').skip(1).step_by(2) {
                    let own = excluded(&command, arg);
                    let needed = command.get_arguments().find(|other| other.get_id() == needed);
                    // Of a group each member will do.
                    let Some(needed) = needed else { continue };
                    for other in excluded(&command, needed) {
                        let (name, id) = (command.get_name(), arg.get_id());
                        let is_own = other == id.as_str() || own.contains(&other);
                        assert!(is_own, "{name}: {id} needs {needed}, which {other} excludes");
                    }
                    checked += 1;
                }
            }
        }
        assert!(checked > 5, "{checked}");
    }

    /// A group of options with a heading gives it to all options that are declared after it.
    #[test]
    fn options_of_a_command_are_under_no_heading_of_a_group() {
        let mut commands = vec![command()];
        while let Some(command) = commands.pop() {
            commands.extend(command.get_subcommands().cloned());
            for arg in command.get_arguments() {
                let is_own = ["json", "output", "source", "table", "by_activity"];
                if is_own.contains(&arg.get_id().as_str()) {
                    let (name, id) = (command.get_name(), arg.get_id());
                    assert_eq!(arg.get_help_heading(), None, "{name}: {id}");
                }
            }
        }
    }

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
