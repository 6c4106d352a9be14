//! The command `cofil`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cofil_cli::main(std::env::args_os()).into()
}
