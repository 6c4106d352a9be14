//! Errors, with messages that say what to do.

mod kind;
mod remedy;
mod shown;
mod words;

pub use kind::ErrorKind;
pub use remedy::Remedy;
pub(crate) use shown::shown;
pub use shown::visible;
pub use words::plain_words;

use shown::visible_lines;
use std::path::{Path, PathBuf};

/// Result with cofil's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// The error type of the crate. Each error names the file, line or setting at fault and, if there is one, the remedy.
/// [`kind`](Self::kind) classifies it. Messages are safe to print to a terminal, whatever files and arguments contain
/// ([`visible`]).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // === Files ===
    /// A file operation failed.
    #[error("{path}: {reason}", path = called(path), reason = visible_lines(&words::without_number(&reason.to_string())))]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        reason: std::io::Error,
    },
    /// A data file contains something that cannot be read as interactions.
    #[error("{path}{at}: {message}", path = called(path), message = visible_lines(message), at = line.map(|l| format!(":{l}")).unwrap_or_default())]
    Data {
        /// The file; `-` for standard input.
        path: PathBuf,
        /// Line, counted from 1, if the format has lines.
        line: Option<u64>,
        /// What is wrong and what to do about it.
        message: String,
    },
    /// A model file is damaged, not a model file, or from a newer version.
    #[error("{path}: {message}", path = called(path), message = visible_lines(message))]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do about it.
        message: String,
    },

    // === Settings and names ===
    /// A setting has a value that its algorithm cannot use.
    #[error("setting `{}`: {}", visible(setting), visible_lines(message))]
    Setting {
        /// Name as written in a config file.
        setting: String,
        /// What is wrong and which values are allowed.
        message: String,
    },
    /// A name or id is unknown.
    #[error("unknown {kind} `{name}`{hint}", name = visible(name), hint = hint(nearest.as_deref(), valid))]
    Unknown {
        /// The kind of name: "setting", "algorithm", "user", "item", "metric".
        kind: &'static str,
        /// The name as given.
        name: String,
        /// The nearest valid name, if one is close.
        nearest: Option<String>,
        /// All valid names; empty if there are too many to list.
        valid: Vec<String>,
    },

    // === Work ===
    /// The work was stopped by the caller ([`Stop`](crate::watch::Stop)). Nothing half-done is left behind.
    #[error("stopped")]
    Stopped,

    /// The data does not support the request: no interactions, one item, no overlap.
    #[error("{}", visible_lines(.0))]
    Unfit(String),
    /// The model, or this build of the library, does not support the request.
    #[error("{}", visible_lines(.0))]
    Unsupported(String),
    /// The machine does not have enough resources: threads, memory.
    #[error("{}", visible_lines(.0))]
    Resources(String),
    /// Training produced a number that is not finite.
    #[error("training diverged in epoch {epoch}: {what} is not finite; {hint}")]
    Diverged {
        /// Epoch, counted from 1.
        epoch: usize,
        /// The quantity that is not finite.
        what: String,
        /// The setting to change and how.
        hint: String,
    },

    /// Another error, with a remedy.
    #[error("{error}: {remedy}")]
    Curable {
        /// The error.
        error: Box<Error>,
        /// The remedy.
        remedy: Remedy,
    },
}

/// Returns the error of the operating system in an error of a library, which would put words of its own before it.
fn innermost(error: std::io::Error) -> std::io::Error {
    let mut cause = error.get_ref().map(|inner| inner as &dyn std::error::Error);
    while let Some(inner) = cause {
        let code = inner.downcast_ref().and_then(std::io::Error::raw_os_error);
        if let Some(code) = code {
            return std::io::Error::from_raw_os_error(code);
        }
        cause = inner.source();
    }
    error
}

impl Error {
    /// Creates an error of the operating system on `path`.
    pub fn io(path: impl AsRef<Path>, reason: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), reason: innermost(reason) }
    }

    /// Creates an error about the content of a data file, at `line` if known.
    pub fn data(path: impl AsRef<Path>, line: Option<u64>, message: impl Into<String>) -> Self {
        let message = plain_words(&message.into());
        Self::Data { path: path.as_ref().to_owned(), line, message }
    }

    /// Creates an error about the content of a model file.
    pub fn format(path: impl AsRef<Path>, message: impl Into<String>) -> Self {
        let message = plain_words(&message.into());
        Self::Format { path: path.as_ref().to_owned(), message }
    }

    /// Creates an error about the value of a setting.
    pub fn setting(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Setting { setting: setting.into(), message: plain_words(&message.into()) }
    }

    /// Creates an error about a name that is not in `valid`; suggests the nearest valid name.
    pub fn unknown<S: AsRef<str>>(
        kind: &'static str,
        name: &str,
        valid: impl IntoIterator<Item = S>,
    ) -> Self {
        let valid: Vec<String> = valid.into_iter().map(|v| v.as_ref().to_owned()).collect();
        let elsewhere = NAMES_ELSEWHERE.iter().filter(|names| names.contains(&name));
        let same = elsewhere.copied().flatten().find_map(|same| valid.iter().find(|v| v == same));
        let alike = valid
            .iter()
            // The edit distance is at least the difference of the lengths and costs their product to compute.
            .filter(|v| v.len() <= LONGEST_LIKE && may_be_like(name, v))
            .map(|v| (differences(name, v), v))
            .filter(|(distance, v)| *distance <= 1 + v.len() / 3)
            .min()
            .map(|(_, v)| v);
        let nearest = same.or(alike).cloned();
        let valid = if valid.len() <= 40 { valid } else { Vec::new() };
        Self::Unknown { kind, name: name.to_owned(), nearest, valid }
    }

    /// Adds a remedy to the error.
    pub fn with(self, remedy: Remedy) -> Self {
        Self::Curable { error: self.into(), remedy }
    }

    /// Returns the kind of error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { .. } => ErrorKind::Io,
            Self::Data { .. } | Self::Unfit(_) => ErrorKind::Data,
            Self::Format { .. } => ErrorKind::Format,
            Self::Unknown { kind: "user" | "item", .. } => ErrorKind::NotFound,
            // Names to choose from: of settings, algorithms, metrics, formats.
            Self::Setting { .. } | Self::Unknown { .. } => ErrorKind::Setting,
            Self::Stopped => ErrorKind::Stopped,
            Self::Unsupported(_) => ErrorKind::Unsupported,
            Self::Resources(_) => ErrorKind::Resources,
            Self::Diverged { .. } => ErrorKind::Diverged,
            Self::Curable { error, .. } => error.kind(),
        }
    }

    /// Returns the setting at fault, if a setting is at fault. An unknown setting is returned as given.
    pub fn setting_at_fault(&self) -> Option<&str> {
        match self {
            Self::Setting { setting, .. } => Some(setting),
            Self::Unknown { kind: "setting", name, .. } => Some(name),
            Self::Curable { error, .. } => error.setting_at_fault(),
            _ => None,
        }
    }

    /// Returns the remedy, if an option of the toolkit helps.
    pub fn remedy(&self) -> Option<&Remedy> {
        match self {
            Self::Curable { remedy, .. } => Some(remedy),
            _ => None,
        }
    }

    /// Returns the message, with the options of its remedy formatted by `with` as in [`Remedy::say`].
    pub fn say(&self, with: impl Fn(&str, Option<&str>) -> String) -> String {
        match self {
            Self::Curable { error, remedy } => format!("{error}: {}", remedy.say(with)),
            _ => self.to_string(),
        }
    }
}

/// Length in bytes of the longest name that is suggested.
const LONGEST_LIKE: usize = 256;

/// What other libraries call the same setting.
const NAMES_ELSEWHERE: [&[&str]; 14] = [
    &[
        "reg",
        "regularization",
        "regularisation",
        "reg_all",
        "lambda",
        "lambda_",
        "weight_decay",
        "l2",
    ],
    &["epochs", "iterations", "n_epochs", "max_iter", "n_iter", "num_epochs", "train_epochs"],
    &[
        "factors",
        "n_factors",
        "n_components",
        "num_factors",
        "embedding_size",
        "features",
        "rank",
        "dim",
        "k",
    ],
    &["learning_rate", "lr", "lr_all", "eta", "step_size"],
    &["neighbours", "neighbors", "k", "top_k", "n_neighbors", "max_nbrs", "save_nbrs"],
    &["seed", "random_state", "random_seed"],
    &["shrinkage", "shrink"],
    &["negatives", "n_negatives", "num_negatives", "neg_samples"],
    &["delimiter", "sep", "separator"],
    &["user", "user_col", "user_column", "user_id"],
    &["item", "item_col", "item_column", "item_id"],
    &["value", "value_col", "rating_col", "rating"],
    &["time", "time_col", "timestamp"],
    &["kind", "type", "type_col", "event_type"],
];

/// Returns the number of letters to insert, delete, replace or swap with the next that makes one name of the other.
pub(crate) fn differences(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(a, b)
}

/// Returns whether `name` can be close enough to `valid` for `valid` to be suggested.
fn may_be_like(name: &str, valid: &str) -> bool {
    // A character has up to four bytes.
    let room = 1 + valid.len() / 3;
    name.len() <= 4 * (valid.len() + room)
        && name.chars().count().abs_diff(valid.chars().count()) <= room
}

/// Formats a path for a message.
fn called(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

fn hint(nearest: Option<&str>, valid: &[String]) -> String {
    let mut hint = String::new();
    if let Some(nearest) = nearest {
        hint += &format!("; did you mean `{}`?", visible(nearest));
    }
    if !valid.is_empty() {
        hint += &format!(" (valid: {})", visible(&valid.join(", ")));
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
        // Libraries put words before the error of the operating system.
        let full = std::io::Error::from_raw_os_error(28);
        let wrapped = std::io::Error::other(std::io::Error::other(full));
        let e = Error::io("a.arrow", wrapped);
        assert_eq!(e.to_string(), "a.arrow: No space left on device");
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

    #[test]
    fn nothing_in_a_message_reaches_the_terminal_raw() {
        let evil = "a\u{1b}[2J\0\u{202e}b";
        for error in [
            Error::io(evil, std::io::Error::from(std::io::ErrorKind::NotFound)),
            Error::data(evil, Some(1), evil),
            Error::format(evil, evil),
            Error::setting(evil, evil),
            Error::unknown("user", evil, [evil, "b"]),
            Error::Unfit(evil.into()).with(Remedy::Implicit),
            Error::Unsupported(evil.into()),
            Error::Resources(evil.into()),
        ] {
            let told = error.to_string();
            assert!(!told.chars().any(|c| c.is_control() || c == '\u{202e}'), "{told:?}");
            assert!(!error.say(|_, _| "so".into()).contains('\u{1b}'));
        }
        assert_eq!(Error::Unfit("a\nb".into()).to_string(), "a\nb");
    }

    #[test]
    fn names_of_any_length_are_looked_for_in_no_time() {
        let long = "x".repeat(1 << 20);
        let told = Error::unknown("user", &long, [&long[1..], "x"]);
        assert!(matches!(told, Error::Unknown { nearest: None, .. }));
        for (elsewhere, here) in
            [("n_epochs", "epochs"), ("k", "neighbours"), ("lr", "learning_rate"), ("type", "kind")]
        {
            let told = Error::unknown(
                "setting",
                elsewhere,
                ["neighbours", "epochs", "learning_rate", "kind"],
            );
            assert!(told.to_string().contains(&format!("did you mean `{here}`?")), "{told}");
        }
    }

    #[test]
    fn kind_setting_and_remedy_are_told() {
        let e = Error::setting("loss", "learns no values").with(Remedy::Implicit);
        assert_eq!(e.kind(), ErrorKind::Setting);
        assert_eq!(e.setting_at_fault(), Some("loss"));
        assert_eq!(e.remedy(), Some(&Remedy::Implicit));
        assert_eq!(
            e.to_string(),
            "setting `loss`: learns no values: take all values as interactions with `implicit`"
        );
        let flag = |option: &str, _: Option<&str>| format!("by {option}");
        assert!(e.say(flag).ends_with("as interactions by implicit"));
        let kind = |kind| Error::unknown(kind, "x", ["y"]).kind();
        assert_eq!(kind("user"), ErrorKind::NotFound);
        assert_eq!(kind("setting"), ErrorKind::Setting);
        assert_eq!(Error::unknown("setting", "x", ["y"]).setting_at_fault(), Some("x"));
        assert_eq!(Error::unknown("metric", "x", ["y"]).setting_at_fault(), None);
    }
}
