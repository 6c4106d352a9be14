//! What can go wrong, told so that the user can mend it.

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

/// Every failure names the file, line or setting at fault and, where there is one, the remedy. What kind of
/// failure it is tells [`kind`](Self::kind). What it shows is fit for a terminal, whatever stands in files and
/// arguments ([`visible`]).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // === Files ===
    /// The operating system refused a file operation.
    #[error("{path}: {reason}", path = called(path))]
    Io {
        /// The file concerned.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A data file holds something that cannot be read as interactions.
    #[error("{path}{at}: {message}", path = called(path), message = visible_lines(message), at = line.map(|l| format!(":{l}")).unwrap_or_default())]
    Data {
        /// The file concerned; `-` for standard input.
        path: PathBuf,
        /// Line, counted from 1, where the format has lines.
        line: Option<u64>,
        /// What is wrong and what to do about it.
        message: String,
    },
    /// A model file is damaged, foreign or from a newer version.
    #[error("{path}: {message}", path = called(path), message = visible_lines(message))]
    Format {
        /// The file concerned.
        path: PathBuf,
        /// What is wrong and what to do about it.
        message: String,
    },

    // === Settings and names ===
    /// A setting has a value that its recipe cannot work with.
    #[error("setting `{}`: {}", visible(setting), visible_lines(message))]
    Setting {
        /// Name as written in a config file.
        setting: String,
        /// What is wrong and which values are allowed.
        message: String,
    },
    /// A name that is not in the list it should come from.
    #[error("unknown {kind} `{name}`{hint}", name = visible(name), hint = hint(nearest.as_deref(), valid))]
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
    #[error("{}", visible_lines(.0))]
    Unfit(String),
    /// The model, or this build of the library, cannot do what was asked.
    #[error("{}", visible_lines(.0))]
    Unsupported(String),
    /// The machine has too little of what the work needs: threads, memory.
    #[error("{}", visible_lines(.0))]
    Resources(String),
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

    /// Any of the others, and what helps.
    #[error("{error}: {remedy}")]
    Curable {
        /// What went wrong.
        error: Box<Error>,
        /// What helps.
        remedy: Remedy,
    },
}

impl Error {
    /// An operating-system error on `path`.
    pub fn io(path: impl AsRef<Path>, reason: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), reason }
    }

    /// Bad content of a data file, at `line` if known.
    pub fn data(path: impl AsRef<Path>, line: Option<u64>, message: impl Into<String>) -> Self {
        let message = plain_words(&message.into());
        Self::Data { path: path.as_ref().to_owned(), line, message }
    }

    /// Bad content of a model file.
    pub fn format(path: impl AsRef<Path>, message: impl Into<String>) -> Self {
        let message = plain_words(&message.into());
        Self::Format { path: path.as_ref().to_owned(), message }
    }

    /// A setting outside its range.
    pub fn setting(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Setting { setting: setting.into(), message: plain_words(&message.into()) }
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
            // The distance is never less than that of the lengths, and takes the product of both to find.
            .filter(|v| v.len() <= LONGEST_LIKE && may_be_like(name, v))
            .map(|v| (strsim::damerau_levenshtein(name, v), v))
            .filter(|(distance, v)| *distance <= 1 + v.len() / 3)
            .min()
            .map(|(_, v)| v.clone());
        let valid = if valid.len() <= 40 { valid } else { Vec::new() };
        Self::Unknown { kind, name: name.to_owned(), nearest, valid }
    }

    /// The same, and what helps.
    pub fn with(self, remedy: Remedy) -> Self {
        Self::Curable { error: self.into(), remedy }
    }

    /// What kind of failure it is.
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

    /// The setting at fault, if it is one: as given where no setting has that name.
    pub fn setting_at_fault(&self) -> Option<&str> {
        match self {
            Self::Setting { setting, .. } => Some(setting),
            Self::Unknown { kind: "setting", name, .. } => Some(name),
            Self::Curable { error, .. } => error.setting_at_fault(),
            _ => None,
        }
    }

    /// What helps, if an option of the toolkit does.
    pub fn remedy(&self) -> Option<&Remedy> {
        match self {
            Self::Curable { remedy, .. } => Some(remedy),
            _ => None,
        }
    }

    /// The message with the options of its remedy named by `with`, as [`Remedy::say`] has it.
    pub fn say(&self, with: impl Fn(&str, Option<&str>) -> String) -> String {
        match self {
            Self::Curable { error, remedy } => format!("{error}: {}", remedy.say(with)),
            _ => self.to_string(),
        }
    }
}

/// Bytes of the longest name that is offered for one that is not there.
const LONGEST_LIKE: usize = 256;

/// Whether `name` can be as like `valid` as a name that is offered.
fn may_be_like(name: &str, valid: &str) -> bool {
    // Four times as many bytes may be as many characters.
    let room = 1 + valid.len() / 3;
    name.len() <= 4 * (valid.len() + room)
        && name.chars().count().abs_diff(valid.chars().count()) <= room
}

/// A path fit for a message.
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
