//! The command `cofil`: arguments in, library calls, tables or JSON out.

mod convert;
mod input;
mod output;
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
    /// Train a model on a table of interactions.
    Train(train::Args),
    /// Rewrite a table in another format.
    Convert(convert::Args),
}

fn main() -> std::process::ExitCode {
    let result = match Cli::parse().command {
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
