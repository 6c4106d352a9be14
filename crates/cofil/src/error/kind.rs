//! What kind of failure an error is: what a door answers with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of failure an error is. A command turns it into an exit status, a server into an HTTP status, a
/// binding into an exception, each by one match (`docs/errors.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A user or an item that the model or the table does not have.
    NotFound,
    /// A setting that does not exist or has a value that cannot be used: the caller's mistake.
    Setting,
    /// Data that cannot be read, or that cannot support what was asked of it.
    Data,
    /// What this model, or this build of the library, cannot do.
    Unsupported,
    /// The work was stopped from outside.
    Stopped,
    /// Training produced numbers that are not finite.
    Diverged,
    /// The operating system refused a file operation.
    Io,
    /// A model file or another file of the toolkit is damaged, foreign or from a newer version.
    Format,
    /// The machine has too little of something: memory, threads.
    Resources,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::NotFound,
        Self::Setting,
        Self::Data,
        Self::Unsupported,
        Self::Stopped,
        Self::Diverged,
        Self::Io,
        Self::Format,
        Self::Resources,
    ];

    /// The name in JSON: `not-found`, `setting`, …
    pub fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Setting => "setting",
            Self::Data => "data",
            Self::Unsupported => "unsupported",
            Self::Stopped => "stopped",
            Self::Diverged => "diverged",
            Self::Io => "io",
            Self::Format => "format",
            Self::Resources => "resources",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_written_as_they_are_shown() {
        for kind in ErrorKind::ALL {
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<ErrorKind>(&json).unwrap(), kind);
        }
    }
}
