//! The command `cofil`: arguments in, library calls, tables or JSON out.

mod clean;
mod convert;
mod describe;
mod input;
mod output;
mod split;
mod train;

use clap::{Parser, Subcommand};

/// Collaborative filtering: from a table of interactions to evaluated, explained recommendations.
#[derive(Parser)]
#[command(version, arg_required_else_help = true, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

// One line per subcommand; each lives in the file of its name.
#[derive(Subcommand)]
enum Command {
    /// Tell what is in a table, what looks wrong and what it is good for.
    Describe(describe::Args),
    /// Divide a table into training and test parts, and say what the test can show.
    Split(split::Args),
    /// Train a model on a table of interactions.
    Train(train::Args),
    /// Rewrite a table in another format.
    Convert(convert::Args),
}

fn main() -> std::process::ExitCode {
    let result = match Cli::parse().command {
        Command::Describe(args) => describe::run(&args),
        Command::Split(args) => split::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Convert(args) => convert::run(&args),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
