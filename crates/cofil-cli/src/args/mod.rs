//! Options shared by commands.

pub mod choice;
pub mod clean;
pub mod configs;
pub mod history;
pub mod input;
pub mod items;
pub mod judging;
pub mod reranking;
pub mod searching;
pub mod splitting;
pub mod typed;
pub mod validation;

/// An error about arguments that only shows after they were parsed: they exclude each other, or the names in them are
/// unknown. As the parser's own errors it ends the command with status 2.
#[derive(Debug)]
pub struct Wrong(String);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

/// Returns an error about the arguments.
pub fn wrong(message: impl Into<String>) -> anyhow::Error {
    Wrong(message.into()).into()
}
