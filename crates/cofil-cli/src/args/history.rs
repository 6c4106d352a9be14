//! User and item ids in arguments, histories, and unknown ids.

use crate::interrupt::reading;
use crate::output::errln;
use anyhow::{Result, bail};
use cofil::data::prose::number;
use cofil::data::read::{Listed, read_listed};
use cofil::data::unlike;
use cofil::{Liked, Recommender, Unknown};
use std::path::Path;

/// Parses the id of a user or item; surrounding whitespace is trimmed.
pub fn name(text: &str) -> Result<String> {
    match text.trim_ascii() {
        "" => bail!("an id must not be empty"),
        name => Ok(name.into()),
    }
}

/// Returns the ids in `values`: each value is one id that `is_known`, a comma-separated list, or @FILE with one per line.
pub fn names(values: &[String], is_known: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for value in values {
        let value = value.trim_ascii();
        match value.strip_prefix('@') {
            _ if is_known(value) => names.push(value.to_owned()),
            Some(file) => names.extend(lines(Path::new(file), &is_known)?),
            None => {
                let several = value.split(',').map(str::trim_ascii).filter(|name| !name.is_empty());
                names.extend(several.map(String::from));
            }
        }
    }
    Ok(names)
}

/// Returns each @FILE among `values`.
pub fn files(values: &[String]) -> impl Iterator<Item = &Path> {
    values.iter().filter_map(|value| value.trim_ascii().strip_prefix('@')).map(Path::new)
}

/// Returns the ids in a file (`-` for standard input), one per line; a note on a file that is no list goes to standard
/// error.
pub fn lines(path: &Path, is_known: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let Listed { names, note } = reading(path, |path| read_listed(path, &is_known))?;
    note.iter().for_each(|note| errln!("{}: note: {note}", path.display()));
    Ok(names)
}

/// Handling of unknown ids. Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct UnknownIds {
    /// Refuse ids that the model does not know, instead of skipping them with a note
    #[arg(long)]
    strict: bool,
    /// The same as --strict, or its opposite
    #[arg(long, value_enum, value_name = "WHAT", hide = true, conflicts_with = "strict")]
    unknown: Option<Rule>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Rule {
    /// Skip them with a note
    Skip,
    /// Fail with an error
    Refuse,
}

impl UnknownIds {
    /// Returns the library's value.
    pub fn rule(self) -> Unknown {
        match self.unknown {
            Some(Rule::Refuse) => Unknown::Refuse,
            None if self.strict => Unknown::Refuse,
            Some(Rule::Skip) | None => Unknown::Skip,
        }
    }
}

/// Reports skipped ids on standard error.
pub fn tell_skipped<'a>(names: impl Iterator<Item = &'a str>) {
    const FEW: usize = 5;
    let mut names = names.peekable();
    if names.peek().is_none() {
        return;
    }
    let few: Vec<&str> = names.by_ref().take(FEW).collect();
    let more = match names.count() {
        0 => String::new(),
        more => format!(" and {} more", number(more)),
    };
    let ids = if few.len() == 1 { "id" } else { "ids" };
    errln!("skipped unknown {ids}: {}{more}", few.join(", "));
}

/// Reports a skipped user and skipped items of a history on standard error, and which known ids they probably stand
/// for. A user whom the `reason` for the answer names, which is printed above it, is not named again.
pub fn tell_skipped_of(
    names: &[String],
    user: Option<&str>,
    recommender: &Recommender,
    reason: Option<&str>,
) {
    let names = || names.iter().map(String::as_str);
    let is_user = |name: &&str| Some(*name) == user;
    tell_skipped(names().filter(|name| reason.is_none() || !is_user(name)));
    let notes = [
        unlike("user", names().filter(is_user), recommender.users()),
        unlike("item", names().filter(|name| !is_user(name)), recommender.items()),
    ];
    let twins = notes.iter().flatten().filter(|note| note.contains("the same as"));
    twins.for_each(|note| errln!("note: {note}"));
}

/// Parses entries `ITEM` or `ITEM:VALUE`; an item's id may itself contain commas and colons.
pub fn parse(recommender: &Recommender, values: Option<&[String]>) -> Result<Vec<Liked>> {
    let known = |name: &str| recommender.items().get(name).is_some();
    let valued = |text: &str| -> Option<(String, f32)> {
        let (item, value) = text.rsplit_once(':')?;
        Some((item.trim_ascii().into(), value.trim().parse().ok()?))
    };
    let whole = |text: &str| known(text) || valued(text).is_some_and(|(item, _)| known(&item));
    let entries = names(values.unwrap_or_default(), whole)?;
    let entry = |text: &String| match valued(text).filter(|_| !known(text)) {
        Some((item, value)) => (item.as_str(), value).into(),
        None => text.as_str().into(),
    };
    Ok(entries.iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_commas_and_blanks_around_them() {
        let of = |values: &[&str]| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            names(&values, |name| ["a,b", "@c"].contains(&name)).unwrap()
        };
        assert_eq!(of(&["x, y,,z "]), ["x", "y", "z"]);
        assert_eq!(of(&["a,b", "x,y", "@c"]), ["a,b", "x", "y", "@c"]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names");
        std::fs::write(&path, "a, b\r\n\n -c \n").unwrap();
        assert_eq!(of(&[&format!("@{}", path.display()), "d"]), ["a, b", "-c", "d"]);
        assert_eq!(name(" -1zQ ").unwrap(), "-1zQ");
        assert!(name("  ").is_err());
    }
}
