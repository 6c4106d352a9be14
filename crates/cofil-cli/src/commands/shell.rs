//! `cofil completions` and `cofil man`: what the shell and the manual need to know.

use crate::output::outln;
use crate::{help, output};
use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arguments of `cofil completions`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  cofil completions bash > /etc/bash_completion.d/cofil")]
pub struct Completions {
    /// Shell
    shell: clap_complete::Shell,
}

pub fn completions(args: &Completions) -> Result<()> {
    // clap_complete panics if its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut help::command(), "cofil", &mut script);
    Ok(output::Stdout.write_all(&script).map_err(output::named)?)
}

/// Arguments of `cofil man`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil man | man -l -
  cofil man -o /usr/local/share/man/man1")]
pub struct Man {
    /// Folder for one page per command [default: print the main page]
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Print the written pages as JSON
    #[arg(long, requires = "output")]
    json: bool,
}

/// The JSON document of `man`.
#[derive(Serialize, JsonSchema)]
pub struct Pages {
    pages: Vec<String>,
}

pub fn man(args: &Man) -> Result<()> {
    let Some(folder) = &args.output else {
        let page = clap_mangen::Man::new(help::command());
        return Ok(page.render(&mut output::Stdout).map_err(output::named)?);
    };
    cofil::store::create_folder(folder)?;
    let mut command = help::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    write_pages(folder, &command, &mut pages)?;
    pages.sort_unstable();
    match args.json {
        true => output::json(&Pages { pages }),
        false => {
            pages.iter().for_each(|page| outln!("{}", folder.join(page).display()));
            Ok(())
        }
    }
}

/// Writes the pages of `command` and of those below it, and adds their names to `pages`.
fn write_pages(folder: &Path, command: &clap::Command, pages: &mut Vec<String>) -> Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_pages(folder, below, pages)?;
    }
    let page = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text)?;
    let name = page.get_filename();
    cofil::store::write_atomically(&folder.join(&name), &text)?;
    pages.push(name);
    Ok(())
}
