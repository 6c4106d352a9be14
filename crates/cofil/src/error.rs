//! What can go wrong, told so that the user can mend it.

use std::path::{Path, PathBuf};

/// Result with cofil's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Every failure names the file, line or setting at fault and, where there is one, the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // === Files ===
    /// The operating system refused a file operation.
    #[error("{path}: {reason}", path = path.display())]
    Io {
        /// The file concerned.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A data file holds something that cannot be read as interactions.
    #[error("{path}{at}: {message}", path = path.display(), at = line.map(|l| format!(":{l}")).unwrap_or_default())]
    Data {
        /// The file concerned; `-` for standard input.
        path: PathBuf,
        /// Line, counted from 1, where the format has lines.
        line: Option<u64>,
        /// What is wrong and what to do about it.
        message: String,
    },
    /// A model file is damaged, foreign or from a newer version.
    #[error("{path}: {message}", path = path.display())]
    Format {
        /// The file concerned.
        path: PathBuf,
        /// What is wrong and what to do about it.
        message: String,
    },

    // === Settings and names ===
    /// A setting has a value that its recipe cannot work with.
    #[error("setting `{setting}`: {message}")]
    Setting {
        /// Name as written in a config file or after `--set`.
        setting: String,
        /// What is wrong and which values are allowed.
        message: String,
    },
    /// A name that is not in the list it should come from.
    #[error("unknown {kind} `{name}`{hint}", hint = hint(nearest.as_deref(), valid))]
    Unknown {
        /// What kind of name it is: "setting", "algorithm", "user", "item", "metric".
        kind: &'static str,
        /// The name as given.
        name: String,
        /// The valid name most like it, if one is close.
        nearest: Option<String>,
        /// All valid names; empty when there are too many to list.
        valid: Vec<String>,
    },

    // === Work ===
    /// The work was stopped from outside ([`Stop`](crate::watch::Stop)); nothing half-done was left.
    #[error("stopped")]
    Stopped,

    /// The data cannot support what was asked: no interactions, one item, no overlap.
    #[error("{0}")]
    Unfit(String),
    /// Training produced a number that is not finite.
    #[error("training diverged in epoch {epoch}: {what} is not finite; {hint}")]
    Diverged {
        /// Epoch, counted from 1.
        epoch: usize,
        /// The quantity that stopped being a number.
        what: String,
        /// The setting to change and how.
        hint: String,
    },
}

impl Error {
    /// An operating-system error on `path`.
    pub fn io(path: impl AsRef<Path>, reason: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), reason }
    }

    /// Bad content of a data file, at `line` if known.
    pub fn data(path: impl AsRef<Path>, line: Option<u64>, message: impl Into<String>) -> Self {
        Self::Data { path: path.as_ref().to_owned(), line, message: message.into() }
    }

    /// Bad content of a model file.
    pub fn format(path: impl AsRef<Path>, message: impl Into<String>) -> Self {
        Self::Format { path: path.as_ref().to_owned(), message: message.into() }
    }

    /// A setting outside its range.
    pub fn setting(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Setting { setting: setting.into(), message: message.into() }
    }

    /// A name that is not among `valid`; offers the nearest one.
    pub fn unknown<S: AsRef<str>>(
        kind: &'static str,
        name: &str,
        valid: impl IntoIterator<Item = S>,
    ) -> Self {
        let valid: Vec<String> = valid.into_iter().map(|v| v.as_ref().to_owned()).collect();
        let nearest = valid
            .iter()
            .map(|v| (strsim::damerau_levenshtein(name, v), v))
            .filter(|(distance, v)| *distance <= 1 + v.len() / 3)
            .min()
            .map(|(_, v)| v.clone());
        let valid = if valid.len() <= 40 { valid } else { Vec::new() };
        Self::Unknown { kind, name: name.to_owned(), nearest, valid }
    }
}

fn hint(nearest: Option<&str>, valid: &[String]) -> String {
    let mut hint = String::new();
    if let Some(nearest) = nearest {
        hint += &format!("; did you mean `{nearest}`?");
    }
    if !valid.is_empty() {
        hint += &format!(" (valid: {})", valid.join(", "));
    }
    hint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_place_and_the_remedy() {
        let e = Error::data("ratings.csv", Some(17), "rating \"4,5\" is not a number");
        assert_eq!(e.to_string(), "ratings.csv:17: rating \"4,5\" is not a number");
        let e = Error::data("ratings.csv", None, "no data");
        assert_eq!(e.to_string(), "ratings.csv: no data");
        let e = Error::unknown("setting", "factor", ["factors", "reg"]);
        assert_eq!(
            e.to_string(),
            "unknown setting `factor`; did you mean `factors`? (valid: factors, reg)"
        );
        let e = Error::unknown("item", "zzzzzz", ["apple"]);
        assert_eq!(e.to_string(), "unknown item `zzzzzz` (valid: apple)");
        let e = Error::setting("reg", "must be at least 0, got -1");
        assert_eq!(e.to_string(), "setting `reg`: must be at least 0, got -1");
    }
}
