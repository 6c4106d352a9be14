//! Kinds of errors, from which front ends derive exit status, HTTP status or exception.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of an error. A command maps it to an exit status, a server to an HTTP status, a language binding to an
/// exception, each with one `match` (`docs/errors.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A user or an item is not in the model or the table.
    NotFound,
    /// A setting does not exist or has an invalid value: the caller's mistake.
    Setting,
    /// The data cannot be read, or does not support the request.
    Data,
    /// The model, or this build of the library, does not support the request.
    Unsupported,
    /// The work was stopped by the caller.
    Stopped,
    /// Training produced numbers that are not finite.
    Diverged,
    /// A file operation failed.
    Io,
    /// A model file or another file of the toolkit is damaged, of another format, or from a newer version.
    Format,
    /// The machine does not have enough memory or threads.
    Resources,
}

impl ErrorKind {
    /// All kinds.
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

    /// Returns the name used in JSON: `not-found`, `setting`, …
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
