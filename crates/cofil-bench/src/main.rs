//! The command `cofil-bench`: compares cofil with other libraries on the same data at the same quality.
//!
//! An experiment is a file in `experiments/`. Cofil and every peer run in separate processes, taking
//! turns, and each prints one [`answer::Answer`]. [`verdict`] compares them and [`table`] prints the
//! result. Nothing here fails because of a time: a claim that does not hold is printed as not held.

mod answer;
mod contestant;
mod experiment;
mod gauge;
mod jobs;
mod places;
mod run;
mod table;
mod verdict;

use clap::{Parser, Subcommand};

/// Compare cofil with other libraries in speed, memory and quality.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run experiments (all by default) and print comparison tables.
    Run(run::Args),
    /// List the experiments.
    List,
    /// Run cofil's part of one experiment in this process and print the result as JSON.
    Job(jobs::Args),
}

fn main() -> std::process::ExitCode {
    let result = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::List => run::list(),
        Command::Job(args) => jobs::run(&args),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
