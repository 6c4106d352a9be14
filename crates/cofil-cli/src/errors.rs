//! Exit statuses and error messages of the command line.

use cofil::{Error, ErrorKind};

/// Returns the exit status for `error`. Errors from outside the library concern files and arguments of the command.
pub fn status(error: &anyhow::Error) -> u8 {
    match error.downcast_ref().map(Error::kind) {
        Some(ErrorKind::Setting) => 2,
        Some(ErrorKind::Stopped) => 130,
        _ => 1,
    }
}

/// Formats the chain of causes, without repetitions.
pub fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = match cause.downcast_ref::<Error>() {
            Some(error) => error.say(flag),
            None => cofil::plain_words(&cause.to_string()),
        };
        let cause = spelt(&cause);
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text += &format!(": {cause}");
        }
    }
    text
}

/// Returns the message about the arguments `text` in plain words: parsers of numbers have their own.
pub fn usage(text: &str) -> String {
    let text = spelt(&unnamed(&cofil::plain_words(text)));
    let range = || {
        let (before, rest) = text.split_once(" is not in ")?;
        let (from, rest) = rest.split_once("..")?;
        let (to, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let (_, value) = before.rsplit_once(": ")?;
        let before = before.strip_suffix(value)?;
        let told = match to.trim_start_matches('=') {
            "18446744073709551615" | "4294967295" | "" => format!("must be at least {from}"),
            last => format!("must be from {from} to {last}"),
        };
        Some(format!("{before}{told}\n{after}"))
    };
    range().unwrap_or(text)
}

/// Leaves out the library's name of a setting behind the flag that it belongs to.
fn unnamed(text: &str) -> String {
    let named = text.split_once("': setting `").and_then(|(flag, rest)| {
        let (_, told) = rest.split_once("`: ")?;
        Some(format!("{flag}': {told}"))
    });
    named.unwrap_or_else(|| text.to_owned())
}

/// Read options whose flags have other names.
const RENAMED: [(&str, &str); 6] = [
    ("user", "--user-col"),
    ("item", "--item-col"),
    ("value", "--value-col"),
    ("time", "--time-col"),
    ("kind", "--type-col"),
    ("weights", "--weight"),
];
/// Read options whose flags have the same names.
const SAME: [&str; 9] = [
    "shape",
    "header",
    "delimiter",
    "quote",
    "decimal",
    "missing",
    "format",
    "time_format",
    "skip_bad",
];

/// Replaces the library's names of read options in `text` by those of the command line. The library writes them as
/// `name` = value, or alone after "set", "its" and the like; ids and names of columns are quoted in the same way.
pub fn spelt(text: &str) -> String {
    let mut text = text
        .replace("`shape` = matrix", "--matrix")
        .replace("`header` = true", "--header")
        .replace("`header` = false", "--no-header")
        .replace("`weights` such as", "--weight such as")
        .replace("in training, or `implicit`", "in training, or --implicit")
        .replace("(`given`)", "(--given)")
        .replace("setting `filter`", "--where")
        .replace("its columns (`user`, `item`)", "its columns (--user-col, --item-col)");
    let same = SAME.map(|name| (name, format!("--{}", name.replace('_', "-"))));
    let renamed = RENAMED.map(|(name, flag)| (name, flag.to_owned()));
    for (name, flag) in renamed.into_iter().chain(same) {
        text = text.replace(&format!("`{name}` = "), &format!("{flag} "));
        for before in ["set ", "set it with ", "needs ", "give ", "give its "] {
            text = text.replace(&format!("{before}`{name}`"), &format!("{before}{flag}"));
        }
    }
    text
}

/// Returns the command-line form of a library setting.
pub fn flag(option: &str, value: Option<&str>) -> String {
    let name = option.replace('_', "-");
    match (option, value) {
        // On by default.
        ("seen", _) => "without --no-seen".into(),
        ("purpose", Some(purpose)) => format!("with --for {purpose}"),
        (_, Some(value)) => format!("with --{name} {value}"),
        (_, None) => format!("with --{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use clap::CommandFactory;
    use cofil::Remedy;

    #[test]
    fn each_kind_has_its_status() {
        let of = |error: Error| status(&error.into());
        assert_eq!(of(Error::setting("reg", "must be at least 0")), 2);
        assert_eq!(of(Error::unknown("metric", "ndgc", ["ndcg"])), 2);
        assert_eq!(of(Error::unknown("user", "ann", ["bob"])), 1);
        assert_eq!(of(Error::Stopped), 130);
        assert_eq!(of(Error::Unfit("no interactions".into()).with(Remedy::Implicit)), 1);
        assert_eq!(status(&anyhow::anyhow!("no such folder")), 1);
        let told = Err::<(), _>(Error::Stopped).context("while reading").unwrap_err();
        assert_eq!((status(&told), message(&told).as_str()), (130, "while reading: stopped"));
    }

    /// Every read option that a message of the library names is told by its flag.
    #[test]
    fn options_in_messages_are_flags() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../cofil/src/data/read");
        let mut folders = vec![std::path::PathBuf::from(folder)];
        let mut found = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the sources") {
                let path = entry.expect("a file").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).expect("text");
                let (code, tests) = source.split_once("#[cfg(test)]").unwrap_or((&source, ""));
                if tests.is_empty() && code.contains("#[test]") {
                    continue;
                }
                let is_code = |line: &&str| !line.trim_start().starts_with("//");
                for line in code.lines().filter(is_code) {
                    let names = RENAMED.map(|(name, _)| name);
                    for name in SAME.iter().chain(&names).map(|name| format!("`{name}`")) {
                        found += usize::from(line.contains(&name));
                        let told = spelt(line);
                        assert!(!told.contains(&name), "{}: {told}", path.display());
                    }
                }
            }
        }
        assert!(found > 20, "{found} options in messages");
    }

    /// The first remedy of an error in a chain is told by its flags, and these exist.
    #[test]
    fn remedies_are_flags_of_the_command() {
        let error = Error::Unfit("values from 1 to 5".into());
        let error = error.with(Remedy::ImplicitOrThreshold(Some(4.0)));
        let told = message(&anyhow::Error::from(error).context("training bpr"));
        assert_eq!(
            told,
            "training bpr: values from 1 to 5: take all values as interactions with --implicit, or \
             the high ones with --threshold 4"
        );
        let train = crate::Cli::command();
        let train = train.find_subcommand("train").expect("it is there");
        let flags: Vec<&str> = train.get_arguments().filter_map(|arg| arg.get_long()).collect();
        for remedy in [
            Remedy::KeepSeen,
            Remedy::Implicit,
            Remedy::Threshold(4.0),
            Remedy::Missing(-1.0),
            Remedy::Duplicates(vec!["last".into()]),
            Remedy::MinUser(5),
            Remedy::MinItem(5),
            Remedy::Resume,
            Remedy::PredictRatings,
        ] {
            let said = remedy.say(flag);
            let named = said.split("--").nth(1).expect("a flag");
            let named = named.split(' ').next().expect("a word");
            assert!(flags.contains(&named), "{said}: no --{named} in {flags:?}");
        }
    }
}
