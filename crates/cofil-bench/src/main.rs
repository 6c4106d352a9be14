//! The command `cofil-bench`: cofil beside other libraries, on the same data and for the same quality.
//!
//! An experiment is a file in `experiments/`. Cofil and every peer run in processes of their own,
//! taken in turn, each printing one [`answer::Answer`]; [`verdict`] compares them and [`table`]
//! prints. Nothing here asserts a time: a claim that does not hold is printed as such.

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

/// Measures cofil beside other libraries.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure experiments (all if none is named) and print how cofil compares.
    Run(run::Args),
    /// List the experiments.
    List,
    /// Run cofil's part of one experiment in this process and print it as JSON.
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
