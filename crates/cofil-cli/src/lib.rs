//! The command `cofil`: arguments in, library calls, tables or JSON out. A library, so that the Python package has the
//! same command.

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
    algorithms, compare, convert, describe, evaluate, explain, export, forget, import, inspect,
    interview, plot, predict, quickstart, recommend, reproduce, schema, shell, similar, split,
    train, tune, update,
};
use progress::Progress;
use std::ffi::OsString;
use std::io::Write;
use std::sync::OnceLock;

/// Collaborative filtering from a table of interactions: train, evaluate, recommend, explain.
#[derive(Parser)]
#[command(name = "cofil", version, arg_required_else_help = true, propagate_version = true)]
#[command(
    max_term_width = 100,
    after_help = "Start with `cofil quickstart`, or with your own table:
  cofil describe ratings.csv
  cofil train ratings.csv -o model.cofil
  cofil recommend model.cofil --user 42

Exit status: 0 success, 1 failure (see standard error), 2 invalid arguments, 130 interrupted."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Number of threads [default: all cores]; results do not depend on it
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS as i64))]
    threads: Option<u16>,
}

// One line per subcommand; each lives in the file of its name.
#[derive(Subcommand)]
enum Command {
    /// Take a one-minute tour, on bundled data or your own
    Quickstart(quickstart::Args),
    /// Summarise a table, flag problems, suggest algorithms
    Describe(describe::Args),
    /// Split a table into training and test sets
    Split(split::Args),
    /// Train a model on a table of interactions
    Train(train::Args),
    /// Evaluate a model on held-out interactions
    Evaluate(evaluate::Args),
    /// Train several algorithms and compare them on the same test set
    Compare(compare::Args),
    /// Search for the best settings of an algorithm
    Tune(tune::Args),
    /// Rerun a published experiment and compare the numbers
    Reproduce(reproduce::Args),
    /// Recommend items to a user, to a new user with a history, or to all users
    Recommend(recommend::Args),
    /// Show how much each item in a history contributes to a score
    Explain(explain::Args),
    /// List the most similar items or users
    Similar(similar::Args),
    /// Predict values for user-item pairs
    Predict(predict::Args),
    /// Ask a new user a few well-chosen questions, then recommend
    Interview(interview::Args),
    /// Add new interactions, users and items to a model without retraining
    Update(update::Args),
    /// Remove users from a model
    Forget(forget::Args),
    /// Show the contents of a model file
    Inspect(inspect::Args),
    /// Import a model trained with another library
    Import(import::Args),
    /// Write a model as ONNX, NumPy arrays or a table of vectors
    Export(export::Args),
    /// Plot a completed matrix, a training curve, learned vectors or a network
    Plot(plot::Args),
    /// List algorithms, or the settings of one
    Algorithms(algorithms::Args),
    /// Convert a table to another format
    Convert(convert::Args),
    /// Print the JSON schema of --json output or of the settings
    Schema(schema::Args),
    /// Print a shell completion script
    Completions(shell::Completions),
    /// Print or write manual pages
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
        Command::Reproduce(args) => reproduce::run(args, progress),
        Command::Recommend(args) => recommend::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Similar(args) => similar::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Interview(args) => interview::run(args),
        Command::Update(args) => update::run(args),
        Command::Forget(args) => forget::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Import(args) => import::run(args),
        Command::Export(args) => export::run(args),
        Command::Plot(args) => plot::run(args),
        Command::Algorithms(args) => algorithms::run(args),
        Command::Convert(args) => convert::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Completions(args) => shell::completions(args),
        Command::Man(args) => shell::man(args),
    }
}

/// Exit status of a command that did what it was asked to.
const SUCCESS: u8 = 0;
/// Exit status for invalid arguments.
const INVALID: u8 = 2;

/// The arguments of this process, the name of the command first.
static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();

/// Returns the arguments of this process, the name of the command first.
fn arguments() -> &'static [OsString] {
    ARGUMENTS.get().map_or(&[], Vec::as_slice)
}

/// Stack of the thread that runs the command, whatever the limit on the one of the process (`ulimit -s`) is.
const STACK: usize = 8 << 20;

/// Runs the command with `arguments`, the name of the command first, and returns the exit status. It sets up signals
/// and messages of panics for the whole process, which is expected to end with it.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = ARGUMENTS.get_or_init(|| arguments.into_iter().collect());
    #[cfg(unix)]
    memory::reserve();
    machine::end_quietly_on_broken_pipe();
    machine::keep_silent_about_damaged_files();
    machine::survive_limits_of_file_size();
    // Named as the thread it stands for, which messages of panics show.
    let thread = std::thread::Builder::new().name("main".into()).stack_size(STACK);
    match thread.spawn(move || command(arguments)) {
        Ok(running) => running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(error) => {
            failed(&anyhow!("cannot start a thread: {error}; raise the limit on threads or memory"))
        }
    }
}

/// Parses `arguments` and runs the command they name.
fn command(arguments: &[OsString]) -> u8 {
    let parsed = help::command().try_get_matches_from(arguments);
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
        Ok(()) if progress.interrupted() => interrupt::STOPPED,
        Ok(()) => match output::finish() {
            Ok(()) => SUCCESS,
            Err(error) => failed(&error),
        },
        Err(error) if progress.interrupted() || errors::status(&error) == interrupt::STOPPED => {
            let kept = progress.kept().map_or(String::new(), |kept| format!("; {kept}"));
            errln!("stopped{kept}");
            interrupt::STOPPED
        }
        Err(error) => failed(&error),
    }
}

/// Prints help, the version, or an error about the arguments.
fn told(answer: &clap::Error) -> u8 {
    let refused = |e| anyhow!("standard output: {e}");
    let printed = match answer.use_stderr() {
        // The message quotes arguments, which may hold control characters.
        true => {
            output::tell(format_args!("{}", errors::usage(&answer.render().to_string())));
            Ok(())
        }
        false if machine::stdout_is_closed() => Err(refused(output::closed())),
        false => answer.print().and_then(|()| std::io::stdout().flush()).map_err(refused),
    };
    match printed {
        Ok(()) => u8::try_from(answer.exit_code()).unwrap_or(1),
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> u8 {
    errln!("error: {}", errors::message(error));
    match error.downcast_ref::<args::Wrong>() {
        Some(_) => INVALID,
        None => errors::status(error),
    }
}
