//! The command `cofil`: arguments in, library calls, tables or JSON out.

mod args;
mod commands;
mod errors;
mod help;
mod interrupt;
mod machine;
mod memory;
mod output;
mod progress;
mod table;

use crate::output::errln;
use anyhow::{Result, anyhow};
use clap::{FromArgMatches, Parser, Subcommand};
use cofil::Watch;
use cofil::math::{MOST_THREADS, on_threads};
use commands::{
    algorithms, compare, convert, describe, evaluate, explain, forget, inspect, interview, plot,
    predict, quickstart, recommend, reproduce, shell, similar, split, train, tune, update,
};
use progress::Progress;
use std::io::Write;
use std::process::ExitCode;

/// Collaborative filtering: from a table of interactions to evaluated, explained recommendations.
#[derive(Parser)]
#[command(name = "cofil", version, arg_required_else_help = true, propagate_version = true)]
#[command(
    max_term_width = 100,
    after_help = "Begin with `cofil quickstart`, or with your own table:
  cofil describe ratings.csv
  cofil train ratings.csv -o model.cofil
  cofil recommend model.cofil --user 42

Exit status: 0 done, 1 failed (what to do is on standard error), 2 wrong arguments, 130 stopped."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Threads to work with [default: all cores]; results do not depend on it
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS as i64))]
    threads: Option<u16>,
}

// One line per subcommand; each lives in the file of its name.
#[derive(Subcommand)]
enum Command {
    /// See everything work in a minute, on bundled data or your own
    Quickstart(quickstart::Args),
    /// Tell what is in a table, what looks wrong and what it is good for
    Describe(describe::Args),
    /// Divide a table into training and test parts, and say what the test can show
    Split(split::Args),
    /// Train a model on a table of interactions
    Train(train::Args),
    /// Judge a model by interactions it has not seen
    Evaluate(evaluate::Args),
    /// Train several algorithms on one table and judge each by the same interactions
    Compare(compare::Args),
    /// Search for the settings of an algorithm that suit a table
    Tune(tune::Args),
    /// Repeat a published experiment and compare
    Reproduce(reproduce::Args),
    /// Recommend items to a user, to a stranger with a history, or to everybody
    Recommend(recommend::Args),
    /// Say what each item of a history adds to a score
    Explain(explain::Args),
    /// List the items most like an item, or the users most like a user
    Similar(similar::Args),
    /// Predict the values of pairs of users and items
    Predict(predict::Args),
    /// Ask a new user a few questions, chosen to learn most, and recommend
    Interview(interview::Args),
    /// Take new events, users and items into a model without training again
    Update(update::Args),
    /// Remove users from a model
    Forget(forget::Args),
    /// Show what a model file holds
    Inspect(inspect::Args),
    /// Draw a completed matrix or a training curve
    Plot(plot::Args),
    /// List the algorithms, or the settings of one
    Algorithms(algorithms::Args),
    /// Rewrite a table in another format
    Convert(convert::Args),
    /// Print the completions of a shell
    Completions(shell::Completions),
    /// Print or write the manual pages
    Man(shell::Man),
}

fn run(command: &Command, progress: &Progress) -> Result<()> {
    match command {
        Command::Quickstart(args) => quickstart::run(args),
        Command::Describe(args) => describe::run(args),
        Command::Split(args) => split::run(args),
        Command::Train(args) => train::run(args, progress),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Tune(args) => tune::run(args, progress),
        Command::Reproduce(args) => reproduce::run(args),
        Command::Recommend(args) => recommend::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Similar(args) => similar::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Interview(args) => interview::run(args),
        Command::Update(args) => update::run(args),
        Command::Forget(args) => forget::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Plot(args) => plot::run(args),
        Command::Algorithms(args) => algorithms::run(args),
        Command::Convert(args) => convert::run(args),
        Command::Completions(args) => shell::completions(args),
        Command::Man(args) => shell::man(args),
    }
}

fn main() -> ExitCode {
    machine::end_quietly_on_broken_pipe();
    machine::keep_silent_about_damaged_files();
    machine::survive_limits_of_file_size();
    let parsed = help::command().try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(answer) => return told(&answer),
    };
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cli.threads.map_or_else(|| cores().min(MOST_THREADS), usize::from);
    let progress = Progress::new();
    let watch = Watch::new(|event| progress.show(event)).with_stop(progress.stop());
    let work = || -> Result<()> { on_threads(threads, || run(&cli.command, &progress))? };
    let done = match watch.during(|| Ok(work())) {
        Ok(done) => done,
        Err(stopped) => Err(stopped.into()),
    };
    progress.clear();
    match done {
        Ok(()) if progress.interrupted() => ExitCode::from(interrupt::STOPPED),
        Ok(()) => match output::finish() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error),
        },
        Err(error) if progress.interrupted() || errors::status(&error) == interrupt::STOPPED => {
            let kept = progress.kept().map_or(String::new(), |kept| format!("; {kept}"));
            errln!("stopped{kept}");
            ExitCode::from(interrupt::STOPPED)
        }
        Err(error) => failed(&error),
    }
}

/// Prints help, the version, or what is wrong with the arguments.
fn told(answer: &clap::Error) -> ExitCode {
    let refused = |e| anyhow!("standard output: {e}");
    let printed = match answer.use_stderr() {
        // It quotes arguments, whatever they hold.
        true => {
            output::tell(format_args!("{}", answer.render()));
            Ok(())
        }
        false if machine::stdout_is_closed() => Err(refused(output::closed())),
        false => answer.print().and_then(|()| std::io::stdout().flush()).map_err(refused),
    };
    match printed {
        Ok(()) => ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(1)),
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    errln!("error: {}", errors::message(error));
    ExitCode::from(errors::status(error))
}
